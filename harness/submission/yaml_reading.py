"""YAML from a stranger: plain data with the line of every key, and nothing else that YAML can do.

Read are mappings, lists and scalars under the core schema of YAML 1.2 (so ``1e-3`` is a number and
``no`` is text, unlike in PyYAML's YAML 1.1). Refused are anchors, aliases, merge keys, tags and
duplicate keys: none has a use here, and with them 600 bytes can keep a reader busy for minutes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from harness.findings import Finding, ParetoNLPError, fail
from harness.submission.text import quoted

KeyPath = tuple[str | int, ...]
MAX_DEPTH = 20

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
# Control characters, line separators, direction overrides and lone surrogates.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class YamlDocument:
    """The data of a document, and the 1-based line of every key and list item by its path."""

    data: Any
    rows: Mapping[KeyPath, int]

    def row(self, path: KeyPath) -> int | None:
        """The line of a path, or of the nearest thing around it that has one."""
        for length in range(len(path), -1, -1):
            if (row := self.rows.get(path[:length])) is not None:
                return row
        return None


def resolve_plain(text: str) -> str | int | float | bool | None:
    """What an unquoted scalar means under the core schema of YAML 1.2 (decimal numbers only)."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text.replace(".", "", 1))
    return text


def parse_yaml(text: str, file: str) -> YamlDocument:
    """Plain data of one YAML document.

    Raises:
        ParetoNLPError: ``yaml-syntax``, ``yaml-alias``, ``yaml-tag``, ``yaml-merge``,
            ``yaml-depth``, ``yaml-duplicate-key``, ``yaml-key`` or ``yaml-control-character``.

    """
    reader = _Reader(file)
    try:
        events = reader.checked(yaml.parse(text, Loader=yaml.SafeLoader))
        first = next(events, None)
        data = None if first is None else reader.build(first, events, ())
        more = next(events, None)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "the syntax is wrong"
        row = None if mark is None else mark.line + 1
        raise fail("yaml-syntax", f"This is not YAML: {problem}.", file=file, row=row) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # ValueError and OverflowError: PyYAML lets those of chr() and int() through ("\UFFFFFFFF").
        raise fail("yaml-syntax", f"This is not YAML: {quoted(str(error))}.", file=file) from error
    if more is not None:
        reader.note("yaml-syntax", "A second document begins here.", more, "one document")
    if reader.findings:
        raise ParetoNLPError(*reader.findings)
    return YamlDocument(data, reader.rows)


class _Reader:
    """Builds data from PyYAML's events.

    They are made one by one, so what is refused is never expanded. Events are ``Any``: the type
    stubs know no attributes of the scalar, alias and collection events.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.rows: dict[KeyPath, int] = {}
        self.findings: list[Finding] = []

    def checked(self, events: Iterator[Any]) -> Iterator[Any]:
        """The events that carry data; the first that has no use here ends the reading."""
        depth = 0
        for event in events:
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
                message = "Anchors and aliases are not read."
                raise self.refusal("yaml-alias", message, event, "Write the value out.")
            if getattr(event, "tag", None) is not None:
                message = f"Tags such as {quoted(event.tag)} are not read."
                raise self.refusal("yaml-tag", message, event, "Leave the tag out.")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif not isinstance(event, yaml.ScalarEvent):
                continue
            if depth > MAX_DEPTH:
                message = f"Nested deeper than {MAX_DEPTH} levels."
                raise self.refusal("yaml-depth", message, event, "Make it flatter.")
            yield event

    def build(self, event: Any, events: Iterator[Any], path: KeyPath) -> Any:
        """The value that begins with ``event``."""
        self.rows.setdefault(path, _row(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(item := next(events), yaml.SequenceEndEvent):
                items.append(self.build(item, events, (*path, len(items))))
            return items
        return self._scalar(event)

    def _mapping(self, events: Iterator[Any], path: KeyPath) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self.note("yaml-key", "A key is a list or a mapping.", event, "a word as key")
                self.build(event, events, (*path, "?"))
                self.build(next(events), events, (*path, "?"))
                continue
            self._scalar(event)
            key = event.value
            if key == "<<" and event.style is None:
                message = "Merge keys (<<) are not read."
                raise self.refusal("yaml-merge", message, event, "Write the keys out.")
            if key in mapping:
                message = f"The key {quoted(key)} is on line {self.rows[*path, key]} already."
                self.note("yaml-duplicate-key", message, event, "every key once")
            else:
                self.rows[*path, key] = _row(event)
            value = self.build(next(events), events, (*path, key))
            mapping.setdefault(key, value)
        return mapping

    def _scalar(self, event: Any) -> str | int | float | bool | None:
        text: str = event.value
        if unprintable := _UNPRINTABLE.search(text):
            message = f"The text holds the character {unprintable[0]!r}."
            self.note("yaml-control-character", message, event, "printable text")
        return resolve_plain(text) if event.style is None else text

    def note(self, code: str, message: str, event: Any, expected: str) -> None:
        """Keep a finding and read on."""
        self.findings.append(Finding(code, message, self.file, _row(event), expected=expected))

    def refusal(self, code: str, message: str, event: Any, remedy: str) -> ParetoNLPError:
        """The error that ends the reading; what was found before is told with it."""
        last = Finding(
            code,
            message,
            self.file,
            _row(event),
            expected="plain mappings, lists and values",
            remedy=remedy,
        )
        return ParetoNLPError(*self.findings, last)


def _row(event: Any) -> int:
    return int(event.start_mark.line) + 1


def dump_yaml(data: Mapping[str, Any]) -> str:
    """YAML that ``parse_yaml`` reads back to the same data: no aliases, and texts stay texts."""
    return yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    ambiguous = not isinstance(resolve_plain(text), str)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if ambiguous else None)


_Dumper.add_representer(str, _represent_text)
