import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from baselines import regress_cli
from harness.findings import ParetoNLPError
from harness.regression import Checked, Drift, Outcome, read_expectation, spread_of
from harness.tasks.types import Task

DRIFT = Drift("small", "flops", 1.0, 2.0, "the same", "the folder changed: model.py", "low", "probe/sentiment")
WITHIN = Drift(
    "small", "score", 0.8, 0.801, "the paired interval", "predictions", "low", "probe/sentiment", fails=False
)
CURVES = {seed: {task: {"low": (10.0, 0.5 + seed / 100)} for task in ("sentiment", "similarity")} for seed in (0, 1, 2)}
COMMITTED = Path(__file__).parents[2]


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)
    regress_cli.register(app)
    return app


@pytest.fixture
def expected(tmp_path: Path) -> Path:
    """A copy of what is expected of the committed baselines."""
    return Path(shutil.copytree(COMMITTED / "baselines" / "expected", tmp_path / "expected"))


def outcome_of(monkeypatch: pytest.MonkeyPatch, *drifts: Drift) -> list[tuple[object, ...]]:
    """Checking comes to these drifts; the arguments that it is called with."""
    calls = []

    def check(*arguments: object) -> Outcome:
        calls.append(arguments)
        return Outcome(drifts, (Checked("small", "s/small", "low", "probe/sentiment"),))

    monkeypatch.setattr("harness.regression.check", check)
    return calls


@pytest.mark.parametrize(("drifts", "code"), [((), 0), ((WITHIN,), 0), ((WITHIN, DRIFT), 1)])
def test_what_drifts_is_told_and_decides_the_exit_code(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, drifts: tuple[Drift, ...], code: int
) -> None:
    calls = outcome_of(monkeypatch, *drifts)
    result = CliRunner().invoke(app, ["regress", "s/small", "--format", "json"])
    assert result.exit_code == code
    assert [drift["what"] for drift in json.loads(result.stdout)] == [drift.what for drift in drifts]
    assert calls[0][0] == [Path("s/small")]
    table = CliRunner().invoke(app, ["regress", "s/small"])  # a narrow terminal folds cells between words
    assert ("model.py" in table.output) == (DRIFT in drifts)


@pytest.mark.parametrize(("arguments", "ending"), [((), "-probe"), (("--suite", "elue"), "-minilm")])
def test_by_default_all_are_checked_of_which_something_is_expected_on_the_suite(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, expected: Path, arguments: Sequence[str], ending: str
) -> None:
    calls = outcome_of(monkeypatch)
    given = ["regress", "--store", "where", "--expected", str(expected), *arguments]
    CliRunner().invoke(app, given, catch_exceptions=False)
    named = sorted(path.stem for path in expected.glob(f"*{ending}.json"))
    assert len(named) == 9
    assert sorted(path.as_posix() for path in calls[0][0]) == [f"where/{name}" for name in named]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["s/small", "--update"], "An expectation changes for a reason"),
        (["s/small", "--update", "--reason", "  "], "An expectation changes for a reason"),
        (["--expected", "/nowhere"], "--update --reason"),
        (["s/stranger", "--expected", "/nowhere"], "Nothing is expected of stranger"),
        (["s/stranger", "--expected", "/nowhere", "--retrain"], "No spread of seeds is recorded for stranger"),
        (
            ["s/stranger", "--expected", "/nowhere", "--retrain", "--update", "--reason", "First spread"],
            "Nothing is expected of stranger",
        ),
        (["--suite", "prob"], "Did you mean 'probe'?"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_done(app: typer.Typer, arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["regress", *arguments])
    assert isinstance(result.exception, ParetoNLPError)
    assert said in str(result.exception)


def test_an_update_is_told_and_goes_into_the_changelog(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("harness.regression.update", lambda *_: (["small, probe: 2 of flops"], []))
    arguments = ["regress", "s/small", "--update", "--reason", "Dearer softmax", "--expected", str(tmp_path)]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert "small, probe: 2 of flops" in result.output
    changelog = (tmp_path / "CHANGELOG.md").read_text()
    assert ": Dearer softmax\n\n- small, probe: 2 of flops\n" in changelog


def test_a_spread_is_recorded_of_three_seeds_and_then_compared_with(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, expected: Path, tmp_path: Path
) -> None:
    seeds: list[int] = []
    curves = dict(CURVES)

    def train_anew(_folder: Path, tasks: Sequence[Task], seed: int, *_: object) -> object:
        assert [task.name for task in tasks] == ["sentiment", "similarity"]
        seeds.append(seed)
        return curves[seed]

    monkeypatch.setattr("baselines.retraining.train_anew", train_anew)
    monkeypatch.setattr("baselines.retraining.curve_of", lambda *_: curves[0])
    before = read_expectation(expected / "dense-probe.json").suites["probe"]
    base = ["regress", str(COMMITTED / "submissions" / "dense-probe"), "--expected", str(expected), "--retrain"]
    CliRunner().invoke(app, [*base, "--update", "--reason", "First spread"], catch_exceptions=False)
    assert seeds == [1, 2]  # what is published is from seed 0
    after = read_expectation(expected / "dense-probe.json").suites["probe"]
    assert after == before.model_copy(update={"spread": spread_of(CURVES)})  # and nothing else
    assert CliRunner().invoke(app, base, catch_exceptions=False).exit_code == 0
    assert seeds == [1, 2, 0]
    curves[0] = curves[0] | {"similarity": {"low": (10.0, 0.1)}}
    assert CliRunner().invoke(app, base, catch_exceptions=False).exit_code == 1


def test_a_training_that_fails_leaves_all_that_is_expected(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch, expected: Path
) -> None:
    def train_anew(folder: Path, _tasks: Sequence[Task], seed: int, *_: object) -> object:
        if folder.name == "svd-probe":
            raise RuntimeError("out of memory")
        return CURVES[seed]

    monkeypatch.setattr("baselines.retraining.train_anew", train_anew)
    monkeypatch.setattr("baselines.retraining.curve_of", lambda *_: CURVES[0])
    before = {path: path.read_bytes() for path in expected.iterdir()}
    folders = [str(COMMITTED / "submissions" / name) for name in ("dense-probe", "svd-probe")]
    update = ["--retrain", "--update", "--reason", "Never"]
    result = CliRunner().invoke(app, ["regress", *folders, "--expected", str(expected), *update])
    assert str(result.exception) == "out of memory"
    assert {path: path.read_bytes() for path in expected.iterdir()} == before


def test_weights_that_are_not_there_are_told_in_a_line(app: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = Drift("small", "weights", "there", "not there", "any", "non-zeros are not compared", fails=False)
    outcome_of(monkeypatch, absent, absent)
    result = CliRunner().invoke(app, ["regress", "s/small"])
    assert result.exit_code == 0
    assert "small: weights of 2 results are not there, so non-zeros are not compared" in result.output
    assert "drifted   ·" not in result.output  # no table
