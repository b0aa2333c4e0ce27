"""Published rows on the axes of a task, beside a frontier that they never touch."""

from pathlib import Path
from shutil import copyfile

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from harness.tasks import task
from leaderboard.building import made_index
from leaderboard.charts.frontier import Titles, frontier_figure
from leaderboard.index import open_index
from leaderboard.palette import LIGHT_THEME
from leaderboard.points import View, points_of
from leaderboard.published import reading
from leaderboard.published.reading import AXES, KINDS, architectures_on, cost_of, costs, reported, rows_of, suites

ROOT = Path(__file__).parents[2]
BERT = costs()["bert-base"]["splits"]["mrpc/test"]


def one(name: str, axis: str, **facts: str) -> pd.Series:
    rows = reported(task(name), axis)
    for column, value in facts.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of one real submission."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "store" / "dense-minilm"
    folder.mkdir(parents=True)
    for file in ("report.json", "replicates.npz"):
        copyfile(ROOT / "submissions" / "dense-minilm" / file, folder / file)
    return folder.parent


@pytest.mark.parametrize("axis", AXES)
def test_an_architecture_in_full_is_priced_by_our_counter(axis: str) -> None:
    row = one("elue/mrpc", axis, method="BERT-base", variant="full")
    assert row["x"] == BERT[axis]
    assert row["y"] == 0.831
    assert row["cost_source"] == "priced here as BERT-base"
    assert row["kind"] == reading.PRICED


def test_a_ratio_of_flops_is_taken_of_our_bert() -> None:
    facts = {"method": "FastBERT", "citation": "sun2022hashee"}
    for axis in ("flops", "macs"):
        row = one("elue/mrpc", axis, **facts)
        assert row["x"] == pytest.approx(BERT[axis] / 4.2)
        assert row["cost_source"] == "the paper's speedup 4.2 over BERT-base, priced here"
    assert pd.isna(one("elue/mrpc", "parameters", **facts)["x"])


def test_flops_of_a_paper_stay_and_are_twice_its_macs() -> None:
    rows = {
        axis: reported(task("elue/imdb"), axis).query("method == 'CascadeBERT' and cost == 'flops'") for axis in AXES
    }
    assert rows["flops"]["x"].max() == 37_897_440_000
    assert rows["macs"]["x"].tolist() == [flops / 2 for flops in rows["flops"]["x"]]
    assert rows["parameters"]["x"].unique().tolist() == [124_000_000]
    assert set(rows["flops"]["kind"]) == {reading.PAPER}


def test_speedups_in_time_and_flops_at_other_lengths_are_no_cost_of_a_sample() -> None:
    for name, method in (("glue/rte", "PABEE"), ("glue/rte", "KroneckerBERT"), ("superglue/wic", "Modular training")):
        rows = reported(task(name), "flops")
        own = rows[rows["method"] == method]
        assert len(own)
        assert own["x"].isna().all()
        assert (own["cost_source"] == "").all()
    known = reported(task("glue/rte"), "parameters").query("method == 'KroneckerBERT'")
    assert sorted(known["x"]) == [5_200_000, 14_300_000, 20_000_000]


def test_zeros_are_counted_and_said() -> None:
    row = one("glue/mnli", "flops", variant="movement 3% weights left")
    assert row["x"] == costs()["bert-base"]["splits"]["mnli/validation_matched"]["flops"]
    assert row["cost_source"] == "priced here as BERT-base, its zeros counted"


def test_a_split_of_unknown_lengths_says_whose_it_borrows() -> None:
    matched = one("glue/mnli", "flops", citation="liu2022elue", method="MobileBERT")
    mismatched = one("glue/mnli-mm", "flops", citation="liu2022elue", method="MobileBERT")
    assert mismatched["x"] == matched["x"]
    assert mismatched["cost_source"] == "priced here as MobileBERT, at the lengths of mnli/validation_matched"
    assert (
        "lengths" not in one("glue/mnli-mm", "parameters", citation="liu2022elue", method="MobileBERT")["cost_source"]
    )


def test_a_split_without_lengths_has_no_prices() -> None:
    row = {"cost": "priced", "architecture": "bert-base"}
    assert cost_of(row, "sst2/nowhere", "flops").x is None
    assert architectures_on(task("probe/sentiment")).empty


def test_the_same_data_under_two_names_shows_the_same_rows() -> None:
    glue, superglue = rows_of(task("glue/rte")), rows_of(task("superglue/rte"))
    assert glue.index.tolist() == superglue.index.tolist()
    assert set(glue["task"]) == {"glue/rte", "superglue/rte"}
    assert rows_of(task("elue/mrpc")).index.intersection(rows_of(task("glue/mrpc")).index).empty


def test_what_cannot_be_compared_is_on_no_task() -> None:
    assert suites() == ["elue", "glue", "superglue"]
    assert rows_of(task("elue/sst2")).empty
    assert rows_of(task("superglue/cb")).empty


def test_every_drawn_row_says_where_its_cost_comes_from() -> None:
    for name in ("elue/mrpc", "elue/imdb", "glue/mnli-mm", "superglue/wsc"):
        for axis in AXES:
            rows = reported(task(name), axis)
            drawn = rows["x"].notna()
            assert drawn.any()
            assert set(rows.loc[drawn, "kind"]) <= set(KINDS)
            assert (rows["cost_source"] != "").tolist() == drawn.tolist()
            assert rows.loc[drawn, "x"].between(1e6, 1e12).all()


def test_the_frontier_is_the_same_with_and_without_published_rows(store: Path) -> None:
    points = points_of(open_index(made_index(store)), View("elue", "mrpc", "flops"))
    published = reported(task("elue/mrpc"), "flops")
    assert published["y"].max() > points.rows["y"].max()
    titles = Titles("FLOPs", "Score", "FLOPs")
    alone = frontier_figure(points.rows, points.band, LIGHT_THEME, titles)
    both = frontier_figure(points.rows, points.band, LIGHT_THEME, titles, reported=published)
    for before, after in zip(alone.data, both.data, strict=False):
        assert before.name == after.name
        assert list(before.x) == list(after.x)
        assert list(before.y) == list(after.y)
    added = both.data[len(alone.data) :]
    assert sorted(trace.name for trace in added) == sorted(f"published, {kind}" for kind in KINDS)
    assert sum(len(trace.x) for trace in added) == 37
    assert all(trace.mode == "markers" and "open" in trace.marker.symbol for trace in added)


def test_published_rows_are_drawn_where_we_have_no_point(store: Path) -> None:
    points = points_of(open_index(made_index(store)), View("glue", "wnli", "flops"))
    made = frontier_figure(
        points.rows, points.band, LIGHT_THEME, Titles("FLOPs", "Score", "FLOPs"), reported(task("glue/wnli"), "flops")
    )
    assert [trace.name for trace in made.data] == ["published, priced here"]
    assert len(made.data[0].x) == 7


def test_the_page_shows_all_rows_and_keeps_those_of_a_task_apart(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARETONLP_STORE", str(store))
    page = AppTest.from_file(str(ROOT / "leaderboard" / "screens" / "published.py"), default_timeout=60).run()
    assert not page.exception
    assert page.dataframe[1].value.shape[0] == 1138
    assert not rows_of(task(f"elue/{page.selectbox(key='task').value}")).empty  # opens where there is much to compare
    page.selectbox(key="task").set_value("mrpc").run()
    assert "never mixed into it" in page.markdown[0].value
    page.toggle(key="own").set_value(True).run()
    assert page.dataframe[1].value["our task"].unique().tolist() == ["elue/mrpc"]
    page.multiselect(key="paper").set_value(["elue-site"]).run()
    assert page.dataframe[1].value["method"].unique().tolist() == ["CascadeBERT"]
    page.selectbox(key="task").set_value("sst2").run()
    assert not page.exception
    assert page.info[0].value.startswith("No published row")
