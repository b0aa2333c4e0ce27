from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from baselines.cli import register
from harness.findings import ParetoNLPError


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return app


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--suite", "elue", "--tasks", "mprc"], "Did you mean 'elue/mrpc'?"),
        (["--suite", "eleu"], "Did you mean 'elue'?"),
        (["--suite", "elue", "--max-train", "many"], "20000,imdb=4000"),
        (["--suite", "elue", "--max-train", "imbd=40"], "Did you mean 'imdb'?"),
        (["--suite", "elue", "--out", "Dense MiniLM"], "lower-case letters"),
    ],
)
def test_what_is_wrong_with_an_option_is_said_before_anything_is_loaded(
    app: typer.Typer, arguments: list[str], said: str
) -> None:
    result = CliRunner().invoke(app, ["baseline", "dense", "--backbone", "/nowhere", *arguments])
    assert isinstance(result.exception, ParetoNLPError)
    assert said in str(result.exception)


def test_the_verb_trains_publishes_and_has_the_predictions_written(
    app: typer.Typer, backbone_folder: Path, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    monkeypatch.setattr("harness.write_predictions", lambda *a, **k: calls.append((a, k)), raising=False)
    out = tmp_path / "submissions" / "dense-tiny"
    options = {
        "--backbone": backbone_folder,
        "--suite": "elue",
        "--tasks": "stsb,mrpc",
        "--points": "layers-3,layers-1",
        "--data-dir": data_dir,
        "--out": out,
        "--max-train": 8,
    }
    arguments = [str(part) for pair in options.items() for part in pair]
    result = CliRunner(env={"PARETONLP_CACHE": str(tmp_path / "cache")}).invoke(
        app, ["baseline", "dense", *arguments], catch_exceptions=False
    )
    assert result.exit_code == 0
    ((arguments, options),) = calls
    assert arguments == (out, "elue", ["mrpc", "stsb"])
    assert options["data_dir"] == data_dir
    assert sorted(path.name for path in (out / "weights").iterdir()) == ["layers-1", "layers-3"]
    assert len(list((tmp_path / "cache" / "training").iterdir())) == 4
