from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings import ParetoNLPError
from harness.submission import inspect_submission, model_source
from harness.submission.model_source import defines, parse_source, top_level

Inspected = Callable[[Path], list[tuple[str, str | None, int | None]]]


@pytest.mark.parametrize(
    "source",
    [
        "def build_model(dataset, rank): ...",
        "def build_model(dataset, **options): ...",
        "def build_model(dataset, rank=4, width=3): ...",
        "def build_model(dataset, *, rank): ...",
        "def build_stages(dataset, **options): ...",
        "def build_modules(dataset, **o): ...\ndef build_model(dataset, **o): ...",
        "from layers import build_model",
        "from layers import make as build_model",
        "from layers import *",
        "import functools\nbuild_model = functools.partial(print, 1)",
        "try:\n    from a import build_model\nexcept ImportError:\n    def build_model(dataset, **options): ...",
        "if True:\n    x = 1\nelse:\n    def build_model(dataset, rank): ...",
        "def build_model(dataset, rank): ...\ndef build_inputs(dataset, sizes, rank): ...",
        "def build_model(dataset, rank): ...\ndef encode(example, dataset, **o): ...",
        "import harnessing\nfrom . import harness\nfrom .baselines import x\ndef build_model(dataset, rank): ...",
        "x = '\\d'\ndef build_model(dataset, rank): ...",
    ],
)
def test_what_is_in_order(folder: Path, inspected: Inspected, source: str) -> None:
    (folder / "model.py").write_text(source)
    assert inspected(folder) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\ndef build_model(dataset:\n", [("python-syntax", 2)]),
        ("def build_model(dataset, rank): ...\nx = '\0'\n", [("not-text", 2)]),
        ("x = " + "(" * 5000, [("python-syntax", 1)]),
        ("x = " + "-" * 200_000 + "1", [("python-syntax", None)]),
        ("x = 1\n", [("model-function", None)]),
        ("class build_model: ...\ndef f():\n    def build_stages(dataset): ...\n", []),
        ("\ndef build_model(rank): ...\n", [("model-signature", 2)]),
        ("def build_model(): ...\n", [("model-signature", 1)]),
        ("async def build_model(dataset, rank): ...\n", [("model-signature", 1)]),
        ("def build_model(dataset, rank): ...\n\ndef encode(dataset, example, rank): ...\n", [("model-signature", 3)]),
        ("def build_model(dataset, rank): ...\ndef build_inputs(dataset, **o): ...\n", [("model-signature", 2)]),
        ("def build_model(dataset, ranks=1): ...\n", [("model-option", 1)] * 2),
        ("def build_model(dataset, rank, width): ...\n", [("model-option", 1)] * 2),
        ("def build_model(dataset, rank): ...\ndef encode(example, dataset): ...\n", [("model-option", 2)] * 2),
        ("def build_model(dataset, rank, *, width): ...\n", [("model-option", 1)] * 2),
        ("import os\nimport harness.cost\ndef build_model(dataset, rank): ...\n", [("python-import", 2)]),
        ("def build_model(dataset, rank):\n    from baselines.layers import x\n", [("python-import", 2)]),
        ("def build_model(dataset, rank): ...\ndef build_stages(dataset, rank): ...\n", [("model-two-forms", None)]),
        ("def build_model(dataset, rank): ...\ndef encoder(example, dataset, rank): ...\n", [("model-function", 2)]),
    ],
)
def test_findings(folder: Path, inspected: Inspected, source: str, expected: list[tuple[str, int | None]]) -> None:
    (folder / "model.py").write_text(source)
    assert inspected(folder) == [(code, "model.py", row) for code, row in expected]


def test_other_files_are_looked_at_too(folder: Path, inspected: Inspected) -> None:
    (folder / "layers").mkdir()
    (folder / "layers" / "__init__.py").write_text("\n\nimport leaderboard\n")
    (folder / "helper.py").write_bytes("é".encode("utf-16"))
    assert inspected(folder) == [("not-utf8", "helper.py", None), ("python-import", "layers/__init__.py", 3)]


def test_a_misspelt_builder_is_named(folder: Path) -> None:
    (folder / "model.py").write_text("def build_modle(dataset, rank): ...\n")
    _, found = inspect_submission(folder)
    assert "'build_modle' is there. Did you mean 'build_model'?" in str(found[0])


def test_a_misspelt_option_is_named(folder: Path) -> None:
    (folder / "model.py").write_text("def build_model(dataset, ranks=1): ...\n")
    _, found = inspect_submission(folder)
    assert "does not take 'rank', an option of point 'rank-8'" in str(found[0])
    assert "Did you mean 'ranks'?" in str(found[0])


def test_nothing_is_run(folder: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    source = f"open({str(marker)!r}, 'w')\ndef build_model(dataset, rank): ...\n"
    (folder / "model.py").write_text(source)
    (folder / "conftest.py").write_text(source)
    assert inspect_submission(folder)[0] is not None
    assert not marker.exists()


def test_whether_a_name_is_defined(folder: Path) -> None:
    assert defines(folder / "model.py", "build_model")
    assert not defines(folder / "model.py", "encode")
    (folder / "model.py").write_text("def (")
    with pytest.raises(ParetoNLPError):
        defines(folder / "model.py", "encode")


@given(st.text() | st.text("def build_model(dataset):\n \t='\"[]{}*,@\\"))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        top_level(parse_source(text, "model.py"))
    except ParetoNLPError as error:
        assert error.findings  # noqa: PT017


def test_caps(folder: Path, inspected: Inspected, monkeypatch: pytest.MonkeyPatch) -> None:
    good = "def build_model(dataset, rank): ...\n"
    (folder / "model.py").write_text(good + "import harness\n" * 50)
    assert inspected(folder) == [("python-import", "model.py", row) for row in range(2, 22)]
    (folder / "model.py").write_text(good + "".join(f"def encode{number}(): ...\n" for number in range(50)))
    assert inspected(folder) == [("model-function", "model.py", row) for row in range(2, 22)]
    (folder / "model.py").write_text(good + "#" * 256 * 1024)
    assert inspected(folder) == [("file-too-large", "model.py", None)]
    (folder / "model.py").write_text(good)
    (folder / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(model_source, "MAX_ALL_BYTES", len(good) + 6)
    assert inspected(folder) == []
    (folder / "z.py").write_text("#")
    assert inspected(folder) == [("file-too-large", "z.py", None)]
