import shutil
from pathlib import Path

import pytest

from baselines import retraining
from baselines.recipe import Request
from harness.findings import ParetoNLPError
from harness.report import Report, Result
from harness.store import read_report
from harness.submission import load_submission
from harness.tasks.choosing import tasks_of

DENSE = Path(__file__).parents[2] / "submissions" / "dense-probe"
POINTS = tuple(point.name for point in load_submission(DENSE).manifest.points)
SENTIMENT = tasks_of("probe", ["sentiment"])


def of_sentiment() -> Report:
    """The committed report, as far as it tells of sentiment."""
    report = read_report(DENSE)
    return report.model_copy(update={"results": tuple(r for r in report.results if r.task == "sentiment")})


def test_a_baseline_is_trained_by_its_own_recipe_from_the_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []

    def build(request: Request, backbone: object) -> Path:
        asked.append(request)
        assert backbone.source == str(retraining.BACKBONES / "probe-bert")  # type: ignore[attr-defined]
        request.cache.mkdir(parents=True)
        folder = Path(shutil.copytree(DENSE, request.out, ignore=shutil.ignore_patterns("report.json")))
        (folder / "trained.safetensors").touch()  # as training leaves weights, which the committed folder lacks
        return folder

    monkeypatch.setattr("baselines.methods.dense.build", build)
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr("harness.write_predictions", lambda *given: calls.append(given), raising=False)
    monkeypatch.setattr("harness.evaluate", lambda *given: calls.append(given) or of_sentiment(), raising=False)
    curve = retraining.train_anew(DENSE, SENTIMENT, 7, tmp_path, print)
    (request,) = asked
    assert (request.seed, request.points, request.tasks) == (7, POINTS[:2], tuple(SENTIMENT))
    assert request.cache.is_relative_to(tmp_path)
    assert request.out.is_relative_to(tmp_path)
    assert calls == [(request.out, "probe", ["sentiment"])] * 2  # predicted, then evaluated
    assert set(curve) == {"sentiment"}
    assert set(curve["sentiment"]) == set(POINTS)
    assert list(tmp_path.rglob("*.safetensors"))
    retraining.forget(tmp_path)
    assert list(tmp_path.rglob("*.safetensors")) == []


def test_the_cheapest_points_are_trained_anew_of_those_on_all_tasks() -> None:
    report = read_report(DENSE)
    like = next(result for result in report.results if result.task == "sentiment")

    def result(point: str, task: str, flops: float) -> Result:
        assert like.cost.flops is not None
        cost = like.cost.model_copy(update={"flops": like.cost.flops.model_copy(update={"mean": flops})})
        return like.model_copy(update={"point": point, "task": task, "cost": cost})

    costs = {"a": 3e6, "b": 1e6, "c": 2e6, "d": 2e6}
    results = [result(point, task, flops) for point, flops in costs.items() for task in ("sentiment", "inference")]
    results.append(result("classes-only", "sentiment", 5e5))
    both = tasks_of("probe", ["sentiment", "inference"])
    assert retraining.cheapest_points(report.model_copy(update={"results": tuple(results)}), both) == ("b", "c")


def test_a_spread_is_made_of_what_is_published_and_two_other_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = tasks_of("probe", ["sentiment", "inference", "similarity"])
    ends = retraining.spread_tasks(tasks)
    assert [task.name for task in ends] == ["sentiment", "similarity"]
    assert retraining.spread_tasks(SENTIMENT) == tuple(SENTIMENT)
    monkeypatch.setattr(retraining, "train_anew", lambda *given: {"seed": given[2]})
    curves = retraining.seed_curves(DENSE, ends, tmp_path, print)
    assert {seed: curve for seed, curve in curves.items() if seed} == {1: {"seed": 1}, 2: {"seed": 2}}
    assert {task: set(points) for task, points in curves[0].items()} == {
        "sentiment": set(POINTS[:2]),
        "similarity": set(POINTS[:2]),
    }
    committed = {(r.task, r.point): r.score.value for r in read_report(DENSE).results}
    assert curves[0]["similarity"][POINTS[0]][1] == committed["similarity", POINTS[0]]


def test_a_submission_of_another_backbone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParetoNLPError, match=r"a method of .*dense.* on a backbone of"):
        retraining.train_anew(DENSE.parent / "dense-minilm", SENTIMENT, 0, tmp_path, print)
