"""What lies in a folder of ELUE's own form: prediction files, and Python files with the modules."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.findings import Finding, ParetoNLPError, errors, fail
from harness.submission.model_source import MAX_SOURCE_BYTES, parse_source, top_level
from harness.submission.prediction_tsv import TsvTable
from harness.submission.staging import staged
from harness.submission.text import quoted, read_text
from harness.submission.tree import Tree

MODEL_NAMES = ("module_list", "entire_model")
_ANSWER = ("pred", "prediction")
_TASKS = {
    "sst2": ("sst2", "sst"),
    "imdb": ("imdb",),
    "snli": ("snli",),
    "scitail": ("scitail",),
    "mrpc": ("mrpc",),
    "stsb": ("stsb", "sts"),
}
"""ELUE's tasks, with the words by which file names tell them."""


@dataclass(frozen=True, slots=True)
class EluePredictions:
    """A prediction file: where it is, and what its name lets suppose."""

    path: str
    answer_column: str
    has_modules: bool
    task: str | None
    """The task that the path speaks of, without a suite."""
    point: str
    """The setting that the path speaks of: what is left of it."""


@dataclass(frozen=True, slots=True)
class ElueSource:
    """The files of a folder in ELUE's form."""

    predictions: tuple[EluePredictions, ...]
    models: tuple[str, ...]
    """Python files that define ``module_list`` and ``entire_model``."""
    helpers: tuple[str, ...]
    """The other Python files."""


@contextmanager
def staged_source(source: Path) -> Iterator[tuple[Path, ElueSource]]:
    """A copy of a folder, for as long as the block lasts, and what is in it; nothing of it is run.

    Raises:
        ParetoNLPError: ``import-source``, ``import-column``, and what reading the files finds.

    """
    if not source.is_dir():
        raise fail("import-source", f"There is no folder {source}.", expected="a folder")
    with staged(source) as (copy, tree):
        yield copy, _read_source(copy, tree, source)


def _read_source(copy: Path, tree: Tree, source: Path) -> ElueSource:
    findings = list(tree.findings)
    predictions: list[EluePredictions] = []
    models: list[str] = []
    helpers: list[str] = []
    for name in tree.files:
        try:
            if name.endswith(".tsv"):
                predictions.append(_predictions(copy, name))
            elif name.endswith(".py"):
                text = read_text(copy / name, name, MAX_SOURCE_BYTES)
                defined = top_level(parse_source(text, name)).functions
                is_model = all(wanted in defined for wanted in MODEL_NAMES)
                (models if is_model else helpers).append(name)
        except ParetoNLPError as error:
            findings += error.findings
    if not predictions and not findings:
        findings.append(
            Finding(
                "import-source",
                f"{source} holds no .tsv file.",
                expected="prediction files with the columns index, pred and modules",
            )
        )
    if errors(findings):
        raise ParetoNLPError(*findings)
    return ElueSource(tuple(predictions), tuple(models), tuple(helpers))


def read_rows(path: Path, file: EluePredictions) -> list[tuple[str, ...]]:
    """The rows of a prediction file as texts: index, answer and, where it has them, modules.

    Raises:
        ParetoNLPError: where the file is no table.

    """
    table = TsvTable(path, file.path)
    columns = ("index", file.answer_column, *(("modules",) if file.has_modules else ()))
    rows: list[tuple[str, ...]] = []
    for batch in table.batches(columns):
        rows += zip(*(batch[name].to_pylist() for name in columns), strict=True)
    if table.left_out:
        raise ParetoNLPError(*table.findings())
    return rows


def _predictions(source: Path, name: str) -> EluePredictions:
    columns = TsvTable(source / name, name).columns
    answer = next((column for column in _ANSWER if column in columns), None)
    strange = sorted(set(columns) - {"index", "modules", *_ANSWER})
    if answer is None or "index" not in columns or strange or len(set(columns)) < len(columns):
        raise fail(
            "import-column",
            f"The columns are {quoted(', '.join(columns))}.",
            file=name,
            row=1,
            expected="index, pred (or prediction) and, for measured costs, modules",
        )
    task, point = _guess(name)
    return EluePredictions(name, answer, "modules" in columns, task, point)


def _guess(name: str) -> tuple[str | None, str]:
    """The task and the setting that a path speaks of: ``patience_4/SST-2.tsv``."""
    path = re.sub(r"\b(sst|sts)[-_ ](2|b)", r"\1\2", PurePosixPath(name).stem.lower())
    folder = PurePosixPath(name).parent.as_posix().lower()
    words = [word for word in re.split(r"[^a-z0-9.]+", f"{folder}/{path}") if word.strip(".")]
    found: str | None = None
    rest: list[str] = []
    for word in words:
        task = next((task for task, spellings in _TASKS.items() if word in spellings), None)
        if task is not None and found in (None, task):
            found = task
        else:
            rest.append(word)
    return found, slug(rest) or "default"


def slug(words: Sequence[str]) -> str:
    """Words as a name of the manifest."""
    kept = re.sub(r"[^a-z0-9._-]+", "-", "-".join(words).lower())[:64]
    return kept.strip("._-")
