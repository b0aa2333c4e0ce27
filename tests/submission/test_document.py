"""docs/submission.md against the code: its examples are read, its codes are those that there are."""

import ast
import re
from pathlib import Path

import pytest

from harness import atomic, submission
from harness.submission import parse_modules, read_manifest, read_predictions
from harness.tasks import task

SOURCES = [*sorted(Path(submission.__file__).parent.glob("*.py")), Path(atomic.__file__)]
TEXT = (Path(__file__).parents[2] / "docs" / "submission.md").read_text()
EXAMPLES = re.findall(r"```(\w*)\n(.*?)```", TEXT, re.DOTALL)
NO_CODES = {"utf-8"}


def test_every_code_is_told_and_every_code_told_is_there() -> None:
    strings = {
        node.value
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    codes = {text for text in strings if re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", text)} - NO_CODES
    table = TEXT.partition("## Findings")[2]
    assert set(re.findall(r"`([a-z0-9-]+)`", table)) == codes


def test_the_manifest_is_read(tmp_path: Path) -> None:
    (text,) = [text for language, text in EXAMPLES if language == "yaml"]
    (tmp_path / "submission.yaml").write_text(text)
    reading = read_manifest(tmp_path / "submission.yaml")
    assert reading.findings == ()
    assert reading.manifest is not None
    assert set(re.findall(r"^(\w+):", text, re.MULTILINE)) == set(type(reading.manifest).model_fields)


@pytest.mark.parametrize("rows", [2, None])
def test_the_predictions_are_read(tmp_path: Path, rows: int | None) -> None:
    (text,) = [text for _, text in EXAMPLES if text.startswith("index\t")]
    (tmp_path / "mrpc.tsv").write_text(text)
    found = read_predictions(tmp_path / "mrpc.tsv", task("elue/mrpc"), rows, {"num_tokens": 128})
    assert found.answers.tolist() == [1, 0]


def test_the_modules_are_read() -> None:
    (text,) = [text for _, text in EXAMPLES if text.startswith("modules =")]
    assert [run.name for run in parse_modules(text.partition("name   ")[2].strip())] == ["emb", "layer_1", "exit_1"]
