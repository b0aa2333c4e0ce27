"""What can be said of model.py without running it: it is parsed, never imported."""

import ast
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from harness.findings import Finding, ParetoNLPError, did_you_mean
from harness.submission.manifest import Manifest
from harness.submission.text import bytes_read, read_text

MODEL_FILE = "model.py"
MAX_SOURCE_BYTES = 256 * 1024
"""Of one file: what Python's own parser needs for a long f-string grows with its square."""
MAX_ALL_BYTES = 8 * 1024**2
"""Of all Python files of a folder together."""
_MOST_FINDINGS = 20
OURS = frozenset({"harness", "baselines", "leaderboard"})

BUILDERS = ("build_model", "build_stages", "build_modules")
_LEADING = {
    "build_model": ("dataset",),
    "build_stages": ("dataset",),
    "build_modules": ("dataset",),
    "build_inputs": ("dataset", "sizes"),
    "encode": ("example", "dataset"),
}
"""The functions that are looked for, with the parameters that come before the options."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class ModelSource:
    """The names that model.py defines at its top; None as value where it is no plain ``def``."""

    functions: Mapping[str, Function | None]
    star_import: bool
    """Whether a ``from ... import *`` may define further names."""


def source_findings(root: Path, files: Collection[str], manifest: Manifest | None) -> Iterator[Finding]:
    """What is wrong with the Python files of a folder; nothing is run.

    Codes: ``python-syntax``, ``python-import``, ``model-function``, ``model-signature``,
    ``model-option``, ``model-two-forms``, and those of ``read_text``.
    """
    left = MAX_ALL_BYTES
    for name in sorted(name for name in files if name.endswith(".py")):
        left -= (root / name).stat().st_size
        if left < 0:
            yield _too_much(name)
            return
        try:
            tree = parse_source(read_text(root / name, name, MAX_SOURCE_BYTES), name)
        except ParetoNLPError as error:
            yield from error.findings
            continue
        yield from islice(_own_imports(tree, name), _MOST_FINDINGS)
        if name == MODEL_FILE:
            yield from _model_findings(top_level(tree), manifest)


def _too_much(name: str) -> Finding:
    return Finding(
        "file-too-large",
        f"The Python files together are larger than {bytes_read(MAX_ALL_BYTES)}.",
        file=name,
        expected=f"{bytes_read(MAX_ALL_BYTES)} at most",
        remedy="Leave out what the model does not need; data belong under assets/.",
    )


def parse_source(text: str, file: str) -> ast.Module:
    """The syntax tree of a Python file.

    Raises:
        ParetoNLPError: ``python-syntax``, with its line.

    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a stranger's "\\d" is no concern of the terminal
            return ast.parse(text, file)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        # MemoryError and RecursionError: what the parser raises for nesting without end.
        reason = error.msg if isinstance(error, SyntaxError) else "nested too deeply"
        row = error.lineno if isinstance(error, SyntaxError) else None
        finding = Finding("python-syntax", f"The file is not Python: {reason}.", file=file, row=row or None)
        raise ParetoNLPError(finding) from error


def top_level(tree: ast.Module) -> ModelSource:
    """The names that a module defines at its top, inside ``if``, ``try`` and ``with`` too."""
    functions: dict[str, Function | None] = {}
    star = False
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        statement = pending.pop(0)
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                functions[statement.name] = statement
            case ast.ClassDef():
                functions[statement.name] = None
            case ast.Import() | ast.ImportFrom():
                star = star or any(alias.name == "*" for alias in statement.names)
                functions |= {alias.asname or alias.name: None for alias in statement.names}
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                functions |= {
                    node.id: None
                    for node in ast.walk(statement)
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
                }
            case ast.If() | ast.With() | ast.For() | ast.While():
                pending += [*statement.body, *getattr(statement, "orelse", [])]
            case ast.Try():
                handled = [inner for handler in statement.handlers for inner in handler.body]
                pending += [*statement.body, *handled, *statement.orelse, *statement.finalbody]
    return ModelSource(functions, star)


def defines(path: Path, name: str) -> bool:
    """Whether a Python file defines a name at its top, as far as parsing tells.

    Raises:
        ParetoNLPError: the file cannot be read or is not Python.

    """
    return name in top_level(parse_source(read_text(path, path.name, MAX_SOURCE_BYTES), path.name)).functions


def _own_imports(tree: ast.Module, file: str) -> Iterator[Finding]:
    """Imports of the harness's own packages, anywhere in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        else:
            continue
        for name in names:
            if name.split(".")[0] in OURS:
                yield Finding(
                    "python-import",
                    f"The file imports {name!r}.",
                    file=file,
                    row=node.lineno,
                    expected="files of the folder, torch, transformers; nothing of ParetoNLP",
                    remedy="Copy what is needed into the folder.",
                )


def _model_findings(source: ModelSource, manifest: Manifest | None) -> Iterator[Finding]:
    found = [name for name in BUILDERS if name in source.functions]
    if not found and not source.star_import:
        yield _no_builder(source)
    if {"build_model", "build_stages"} <= set(found):
        yield Finding(
            "model-two-forms",
            "model.py defines build_model and build_stages: the stages are what is run.",
            file=MODEL_FILE,
            severity="note",
        )
    yield from islice(_misspelled(source), _MOST_FINDINGS)
    for name, leading in _LEADING.items():
        function = source.functions.get(name)
        if function is not None:
            wrong = list(_signature(function, leading))
            yield from wrong
            if manifest is not None and not wrong:
                yield from _options(function, leading, manifest)


def _no_builder(source: ModelSource) -> Finding:
    hints = [
        f"{name!r} is there. {did_you_mean(name, BUILDERS[:2])}"
        for name in source.functions
        if get_close_matches(name, BUILDERS[:2], cutoff=0.6)
    ]
    return Finding(
        "model-function",
        "model.py builds no model.",
        file=MODEL_FILE,
        expected="def build_model(dataset, **options) or def build_stages(dataset, **options)",
        remedy=hints[0] if hints else None,
    )


def _misspelled(source: ModelSource) -> Iterator[Finding]:
    """Functions whose names come close to those of the two optional ones that are not there."""
    for wanted in ("build_inputs", "encode"):
        if wanted in source.functions:
            continue
        for name, function in source.functions.items():
            if function is not None and get_close_matches(name, [wanted], cutoff=0.85):
                if name in _LEADING:
                    continue
                yield Finding(
                    "model-function",
                    f"model.py defines {name!r}, which nothing calls.",
                    file=MODEL_FILE,
                    row=function.lineno,
                    remedy=f"Did you mean {wanted!r}?",
                    severity="note",
                )


def _signature(function: Function, leading: Sequence[str]) -> Iterator[Finding]:
    """Whether a function takes what the harness hands it, in that order."""
    arguments = function.args
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    expected = f"def {function.name}({', '.join(leading)}, **options)"
    if isinstance(function, ast.AsyncFunctionDef):
        yield Finding(
            "model-signature",
            f"{function.name} is an async function.",
            file=MODEL_FILE,
            row=function.lineno,
            expected=expected,
        )
    if positional[: len(leading)] != list(leading):
        yield Finding(
            "model-signature",
            f"{function.name} takes ({', '.join(positional)}).",
            file=MODEL_FILE,
            row=function.lineno,
            expected=expected,
        )


def _options(function: Function, leading: Sequence[str], manifest: Manifest) -> Iterator[Finding]:
    """Whether every point's options are arguments of a function, and none is missing."""
    arguments = function.args
    named = [argument.arg for argument in arguments.args[len(leading) :]]
    defaults = len(arguments.defaults)
    required = set(named[: max(0, len(named) - defaults)]) | {
        argument.arg
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    }
    named += [argument.arg for argument in arguments.kwonlyargs]
    for point in manifest.points:
        unknown = [] if arguments.kwarg else sorted(set(point.options) - set(named))
        missing = sorted(required - set(point.options))
        messages = [(f"does not take {name!r}, an option of", did_you_mean(name, named)) for name in unknown] + [
            (f"needs {name!r}, which is no option of", "") for name in missing
        ]
        for message, remedy in messages:
            yield Finding(
                "model-option",
                f"{function.name} {message} point {point.name!r}.",
                file=MODEL_FILE,
                row=function.lineno,
                expected="every option as keyword argument, or **options",
                remedy=remedy or None,
            )
