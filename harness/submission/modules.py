"""ELUE's ``modules`` column: which modules ran for a sample, in order, each with its input's shape.

Grammar (Liu et al. 2022, section 3.3), blanks allowed between any two signs::

    modules = entry { ";" entry } [ ";" ]
    entry   = "(" size { "," size } [ "," ] ")" "," name
    size    = digit { digit }          from 1; the batch dimension is left out
    name    = any signs but blanks, ";", ",", "(" and ")"
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.findings import ParetoNLPError, fail
from harness.submission.manifest import MAX_SIZE
from harness.submission.text import quoted

MAX_TEXT = 64 * 1024
MAX_NAME = 200
MAX_DIMENSIONS = 8

_TOKEN = re.compile(r"[(),;]|[^\s(),;]+")
_END = ""
_SIGNS = ("(", ")", ",", ";", _END)


class ModuleRun(NamedTuple):
    """One executed module: its name in ``module_list`` and its input's shape without the batch."""

    name: str
    shape: tuple[int, ...]


@lru_cache(maxsize=4096)
def parse_modules(text: str) -> tuple[ModuleRun, ...]:
    """The modules of one sample, in the order of execution.

    >>> parse_modules("(21),emb; (21,768),layer_1; (768),exit_1")[1]
    ModuleRun(name='layer_1', shape=(21, 768))

    Raises:
        ParetoNLPError: ``modules-syntax``, with the position of the sign at fault.

    """
    if len(text) > MAX_TEXT:
        raise _fault(text, MAX_TEXT, f"goes on beyond {MAX_TEXT:,} signs")
    return _Parser(text).modules()


def format_modules(runs: Iterable[ModuleRun]) -> str:
    """The text that ``parse_modules`` reads, in one spelling."""
    return "; ".join(f"({','.join(map(str, run.shape))}),{run.name}" for run in runs)


def distinct_modules(
    column: Iterable[str],
) -> tuple[tuple[tuple[ModuleRun, ...], ...], NDArray[np.int64]]:
    """The distinct module sequences of a column, in order of appearance, and each row's number.

    Two spellings of one sequence count as one.

    Raises:
        ParetoNLPError: ``modules-syntax``.

    """
    numbers: dict[tuple[ModuleRun, ...], int] = {}
    by_text: dict[str, int] = {}
    rows: list[int] = []
    for text in column:
        number = by_text.get(text)
        if number is None:
            number = numbers.setdefault(parse_modules(text), len(numbers))
            by_text[text] = number
        rows.append(number)
    return tuple(numbers), np.array(rows, dtype=np.int64)


class _Parser:
    """Recursive descent over signs and words; one of look-ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        found = [(match[0], match.start()) for match in _TOKEN.finditer(text)]
        self.tokens = iter([*found, (_END, len(text))])
        self.current, self.position = next(self.tokens)

    def modules(self) -> tuple[ModuleRun, ...]:
        runs = [self.entry()]
        while self.current == ";":
            self.advance()
            if self.current == _END:
                break
            runs.append(self.entry())
        if self.current != _END:
            raise self.wrong("';' or the end")
        return tuple(runs)

    def entry(self) -> ModuleRun:
        self.expect("(")
        sizes = [self.size()]
        while self.current == ",":
            self.advance()
            if self.current == ")":
                break
            if len(sizes) == MAX_DIMENSIONS:
                raise self.wrong(f"{MAX_DIMENSIONS} dimensions at most")
            sizes.append(self.size())
        self.expect(")")
        self.expect(",")
        name = self.current
        if name in _SIGNS or len(name) > MAX_NAME or not name.isprintable():
            raise self.wrong(f"the name of a module, {MAX_NAME} signs at most")
        self.advance()
        return ModuleRun(name, tuple(sizes))

    def size(self) -> int:
        word = self.current
        if not (word.isascii() and word.isdigit()):
            raise self.wrong("a whole number")
        size = int(word) if len(word) < 10 else MAX_SIZE + 1
        if not 1 <= size <= MAX_SIZE:
            raise self.wrong(f"a size from 1 to {MAX_SIZE:,}")
        self.advance()
        return size

    def expect(self, sign: str) -> None:
        if self.current != sign:
            raise self.wrong(repr(sign))
        self.advance()

    def advance(self) -> None:
        self.current, self.position = next(self.tokens)

    def wrong(self, expected: str) -> ParetoNLPError:
        found = quoted(self.current) if self.current else "the end"
        return _fault(self.text, self.position, f"has {found}", expected)


def _fault(text: str, position: int, problem: str, expected: str | None = None) -> ParetoNLPError:
    return fail(
        "modules-syntax",
        f"{quoted(text)} {problem} at sign {position + 1}.",
        column="modules",
        expected=expected,
        remedy="An entry is (sizes of the input),name and entries are parted by ';'.",
    )
