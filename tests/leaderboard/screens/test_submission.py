"""The page of one submission says what its report says."""

from pathlib import Path

import pytest

from harness.report import Reproduction
from harness.store import read_report, write_report


def _words(app, kind="markdown"):
    return [each.value.replace("\\", "") for each in getattr(app, kind)]


def _metrics(app):
    return {each.label: each.value for each in app.metric}


def test_every_submission_can_be_chosen(full, open_full):
    app = open_full("submission")
    names = sorted(entry.report.submission.name for entry in full.stored)
    assert app.selectbox(key="name").options == names
    for name in (names[0], names[-1]):
        app.selectbox(key="name").set_value(name).run()
        assert not app.exception
        assert [each.value for each in app.title] == [name]


def test_a_link_opens_it(open_full):
    app = open_full("submission", name="leaving", on="elue/stsb", point="p4")
    assert app.title[0].value == "leaving"
    assert (app.selectbox(key="on").value, app.selectbox(key="point").value) == ("elue/stsb", "p4")


def test_all_results_are_in_the_table(full, open_full):
    report = read_report(Path(full.index.folders["deep"]))
    table = open_full("submission", name="deep").dataframe[0].value
    assert len(table) == len(report.results)
    for shown, result in zip(table.to_dict("records"), report.results, strict=True):
        assert (shown["task"], shown["point"]) == (result.task_id, result.point)
        assert shown["score"] == pytest.approx(100 * result.score.value)
        assert (shown["low"], shown["high"]) == pytest.approx(
            (100 * result.score.interval.low, 100 * result.score.interval.high)
        )
        assert shown["FLOPs (M)"] == pytest.approx(result.cost.flops.mean / 1e6)
        assert shown["parameters (M)"] == pytest.approx(result.parameters.total / 1e6)
        assert (shown["cost"], shown["lengths"], shown["answers"]) == ("measured", "declared", "declared")


def test_figures_are_those_of_the_chosen_result(full, open_full):
    report = read_report(Path(full.index.folders["holes"]))
    result = next(result for result in report.results if result.task == "sst2")
    shown = _metrics(open_full("submission", name="holes", on="elue/sst2"))
    assert shown["Score (accuracy)"] == f"{100 * result.score.value:.2f}"
    assert shown["Parameters"] == "45M"
    assert shown["Stored"] == "80B"
    assert shown["Effective FLOPs"] == "–"
    assert shown["FLOPs a sample"] == f"{result.cost.flops.mean / 1e9:.3g}G"
    assert shown["MACs a sample"] == f"{result.cost.macs.mean / 1e9:.3g}G"


def test_a_formula_is_shown_for_every_exit(open_full):
    """The paths of ``leaving`` cost stage x (7 n² + 1000 n + 3)."""
    words = _words(open_full("submission", name="leaving"))
    assert "Leaving at stage 1: FLOPs = `7 num_tokens² + 1,000 num_tokens + 3`" in words
    assert "Leaving at stage 2: FLOPs = `14 num_tokens² + 2,000 num_tokens + 6`" in words


@pytest.mark.parametrize(("name", "charts"), [("leaving", 5), ("told", 3)])
def test_charts_are_there_for_what_is_known(open_full, name, charts):
    """Costs and work; and exits and lengths where paths are known."""
    assert len(open_full("submission", name=name).get("plotly_chart")) == charts


def test_claims_are_marked(open_full):
    proved = " ".join(_words(open_full("submission", name="leaving")))
    assert "cost measured" in proved
    assert "lengths confirmed" in proved
    assert "answers declared" in proved
    assert "cost declared" in " ".join(_words(open_full("submission", name="told")))


def test_operators_without_a_formula_are_named(open_full):
    app = open_full("submission", name="unpriced")
    assert ["aten.foo" in text for text in _words(app, "warning")] == [True]
    app.selectbox(key="name").set_value("deep").run()
    assert not app.warning
    assert "Every operator that ran has a formula." in _words(app, "caption")


def test_commands_make_it_again(full, open_full):
    app = open_full("submission", name="deep", on="glue/rte")
    folder = Path(full.index.folders["deep"]).name
    assert app.code[0].value.splitlines() == [
        f"paretonlp validate submissions/{folder}",
        f"paretonlp evaluate submissions/{folder} --suite glue --tasks rte --force",
        f"paretonlp flops submissions/{folder}/model.py --tokens 128",
    ]
    assert "paretonlp 0.1.0 with torch 2.8.0 on Python 3.11.7" in " ".join(_words(app, "caption"))


def test_a_point_that_a_task_lacks_is_forgotten(open_app, keep, stored, make_result):
    results = [make_result("elue", "mrpc", "a"), make_result("elue", "mrpc", "b"), make_result("elue", "sst2", "a")]
    app = open_app(keep(stored("one", *results)), "submission", on="elue/mrpc", point="b")
    assert app.selectbox(key="point").value == "b"
    app.selectbox(key="on").set_value("elue/sst2").run()
    assert not app.exception
    assert (app.selectbox(key="point").options, app.selectbox(key="point").value) == (["a"], "a")


def test_another_submission_forgets_the_task_that_it_lacks(open_app, keep, stored, make_result):
    store = keep(stored("one", make_result("elue", "mrpc")), stored("two", make_result("glue", "rte")))
    app = open_app(store, "submission", name="one", on="elue/mrpc")
    app.selectbox(key="name").set_value("two").run()
    assert not app.exception
    assert app.selectbox(key="on").value == "glue/rte"


def test_a_name_that_is_not_there_shows_another(open_full):
    app = open_full("submission", name="nobody")
    assert not app.exception
    assert len(app.title) == 1


def test_what_is_in_no_figure_is_told_beside_them(open_full, full):
    told = next(words for words in _words(open_full("submission", name="leaving"), "caption") if "into inputs" in words)
    assert "was not measured" in told
    report = read_report(Path(full.index.folders["leaving"]))
    again = Reproduction(rows=500, answers=1.0, encode_ms=0.1234)
    results = tuple(result.model_copy(update={"reproduction": again}) for result in report.results)
    write_report(
        Path(full.index.folders["leaving"]), report.model_copy(update={"results": results, "assets_bytes": 726_063})
    )
    try:
        told = next(
            each for each in _words(open_full("submission", name="leaving"), "caption") if "into inputs" in each
        )
        assert "0.12 ms of processor time a text" in told
        assert "it can read: 726kB" in told
    finally:
        write_report(Path(full.index.folders["leaving"]), report)
