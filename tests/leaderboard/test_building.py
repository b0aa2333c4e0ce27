"""When an index is made, of what, and what happens to the former ones."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from harness.findings import ParetoNLPError
from harness.quality.intervals import COUNT
from harness.store import write_replicates, write_report
from leaderboard import writing
from leaderboard.building import made_index
from leaderboard.index import open_index


@pytest.fixture
def two(keep, stored, make_result):
    """A store with ``one`` in 00 and ``two`` in 01."""
    return keep(
        stored("one", make_result(score=0.7), noise=0.01),
        stored("two", make_result(score=0.8, flops=2e9), noise=0.01, method="svd"),
    )


def _calls(store):
    """What an index says of its making."""
    said = []
    made_index(store, lambda what, done, total: said.append((what, done, total)))
    return said


def test_it_is_in_the_cache_and_nowhere_else(two, cache):
    before = sorted(two.rglob("*"))
    place = made_index(two)
    assert cache in place.parents
    assert sorted(two.rglob("*")) == before


def test_what_a_killed_process_left_goes_and_another_at_work_stays(two, cache):
    boards = made_index(two).parent
    left, at_work = boards / ".making-left", boards / ".making-now"
    for folder in (left, at_work):
        folder.mkdir()
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(left, (two_days_ago, two_days_ago))
    os.utime(next(two.rglob("report.json")), (0, 0))  # another state: another index
    place = made_index(two)
    assert {each.name for each in boards.iterdir()} == {place.name, at_work.name}


def test_progress_goes_up_to_the_end(two):
    said = _calls(two)
    assert [(done, total) for what, done, total in said if what == "reading reports"] == [(1, 2), (2, 2)]
    for what in dict.fromkeys(what for what, _, _ in said):
        last = [(done, total) for each, done, total in said if each == what][-1]
        assert last[0] == last[1] > 0


def test_nothing_changed_nothing_is_made(two):
    place = made_index(two)
    times = {path: path.stat().st_mtime_ns for path in place.iterdir()}
    (two / "00" / "predictions").mkdir()
    (two / "elsewhere").mkdir()
    (two / "notes.txt").write_text("not a report")
    assert _calls(two) == []
    assert made_index(two) == place
    assert {path: path.stat().st_mtime_ns for path in place.iterdir()} == times


def test_another_report_another_index(two, make_report, make_result):
    place = made_index(two)
    write_report(two / "00", make_report("one", make_result(score=0.75)))
    renewed = made_index(two)
    assert renewed != place
    assert open_index(renewed).rows.set_index("submission")["score"].to_dict() == {"one": 0.75, "two": 0.8}
    assert list(renewed.parent.iterdir()) == [renewed], "the former one is gone"


def test_new_and_lost_reports_and_replicates_are_seen(two, make_report, make_result):
    sizes = [len(open_index(made_index(two)).rows)]
    (two / "02").mkdir()
    write_report(two / "02", make_report("three", make_result()))
    sizes.append(len(open_index(made_index(two)).rows))
    (two / "00" / "report.json").unlink()
    index = open_index(made_index(two))
    sizes.append(len(index.rows))
    assert sizes == [2, 3, 2]
    assert sorted(index.folders) == ["three", "two"]
    write_replicates(two / "01", {"full/elue/mrpc": np.full(COUNT, 0.25)})
    index = open_index(made_index(two))
    (number,) = index.rows.index[index.rows["submission"] == "two"]
    assert (index.scores(np.array([number])) == 0.25).all()


def test_stores_do_not_share_an_index(two, tmp_path, make_report, make_result):
    other = tmp_path / "other"
    (other / "00").mkdir(parents=True)
    write_report(other / "00", make_report("else", make_result()))
    places = made_index(two), made_index(other)
    assert [sorted(open_index(place).folders) for place in places] == [["one", "two"], ["else"]]
    assert made_index(two) == places[0], "and none ends another's"


@pytest.mark.parametrize(
    "content", ['{"schema_version": 1, "submission": 3}', "", "[]", '{"schema_version": 99}', "\0"]
)
def test_a_broken_report_is_named_and_the_rest_is_up(two, content):
    (two / "broken").mkdir()
    (two / "broken" / "report.json").write_text(content)
    index = open_index(made_index(two))
    assert index.findings
    assert all("broken/report.json" in finding for finding in index.findings)
    assert sorted(index.rows["submission"]) == ["one", "two"]
    assert sorted(index.folders) == ["one", "two"]


def test_a_name_that_is_there_twice_is_named_and_the_first_is_shown(two, make_report, make_result):
    (two / "zz").mkdir()
    write_report(two / "zz", make_report("one", make_result(score=0.1)))
    index = open_index(made_index(two))
    (finding,) = index.findings
    assert "zz/report.json" in finding
    assert "'one'" in finding
    assert Path(index.folders["one"]).name == "00"
    assert sorted(index.rows["score"]) == [0.7, 0.8]


def test_broken_replicates_leave_the_score(two):
    (two / "00" / "replicates.npz").write_bytes(b"no archive")
    index = open_index(made_index(two))
    assert len(index.findings) == 1
    assert "00/replicates.npz" in index.findings[0]
    row = index.rows.set_index("submission").loc["one"]
    assert (row["score"], row["has_replicates"]) == (0.7, False)


def test_findings_do_not_tell_where_the_store_is(two, make_report, make_result):
    """The board is public."""
    (two / "zz").mkdir()
    write_report(two / "zz", make_report("one", make_result()))
    (two / "broken").mkdir()
    (two / "broken" / "report.json").write_text("{}")
    findings = open_index(made_index(two)).findings
    assert len(findings) == 2
    assert not any(str(two) in finding for finding in findings)


def test_hidden_folders_are_not_read(two, make_report, make_result):
    (two / ".coming-x").mkdir()
    write_report(two / ".coming-x", make_report("three", make_result()))
    assert sorted(open_index(made_index(two)).folders) == ["one", "two"]


def test_an_empty_store_has_an_empty_index(tmp_path):
    (tmp_path / "none").mkdir()
    index = open_index(made_index(tmp_path / "none"))
    assert index.rows.empty
    assert index.incomplete.empty
    assert index.elue.empty
    assert index.replicates.shape == (0, COUNT)
    assert (index.suites, index.tasks("elue"), index.findings, dict(index.folders)) == ([], [], [], {})
    assert index.board("elue", "").empty


def test_a_report_without_results_is_in_no_board(keep, stored):
    index = open_index(made_index(keep(stored("planned"))))
    assert (index.suites, list(index.folders)) == ([], ["planned"])


def test_a_store_that_is_none_is_explained(tmp_path):
    with pytest.raises(ParetoNLPError, match=r"nowhere is no folder\."):
        made_index(tmp_path / "nowhere")


def test_what_is_stopped_leaves_nothing(two, cache):
    def stop(*_progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made_index(two, stop)
    assert [path for path in cache.rglob("*") if path.is_file()] == []
    assert len(open_index(made_index(two)).rows) == 2


def test_two_at_a_time_both_have_an_index(two):
    """A server and a command may find the same new report."""
    with ThreadPoolExecutor(4) as pool:
        places = list(pool.map(made_index, [two] * 4))
    assert len(set(places)) == 1
    assert len(open_index(places[0]).rows) == 2


def test_blocks_make_no_difference(full, monkeypatch):
    """Of the least and the most over the replicates, which are compared block by block."""
    monkeypatch.setattr(writing, "BLOCK", 3)
    index = open_index(made_index(full.folder))
    for name in ("score", "elue", "kept"):
        for end in ("", "_low", "_high", "_least", "_most"):
            assert index.rows[f"{name}{end}"].tolist() == pytest.approx(
                full.index.rows[f"{name}{end}"].tolist(), nan_ok=True
            )
    drawn = np.asarray(index.replicates)
    assert index.rows["score_least"].tolist() == drawn.min(axis=1).tolist()
    assert index.rows["score_most"].tolist() == drawn.max(axis=1).tolist()
