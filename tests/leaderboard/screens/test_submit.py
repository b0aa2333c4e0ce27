"""Handing in a zip: what is wrong with it, its report, and its place on the board."""

import io
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from harness.store import read_report
from leaderboard.store import ALLOW, DATA_DIR

ROWS = 24
GOLD = [0, 1] * (ROWS // 2)


def _manifest(name="mine", **card):
    cost = {"flops": 1.5e9, "parameters": 66_000_000}
    return {
        "name": name,
        "method": "distillation",
        "sizes": {},
        "points": [{"name": "full", "declared": {"mrpc": cost}}],
        **card,
    }


def _zip(manifest, answers=GOLD):
    """A submission without code; every answer as given."""
    lines = "".join(f"{number}\t{answer}\n" for number, answer in enumerate(answers))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("submission.yaml", yaml.safe_dump(manifest))
        archive.writestr("predictions/full/elue/mrpc.tsv", f"index\tprediction\n{lines}")
    return stream.getvalue()


@pytest.fixture
def board(keep, stored, make_result):
    """A store with a submission that is called ``taken``."""
    return keep(stored("taken", make_result(), noise=0.01))


@pytest.fixture
def upload(open_app, board, tmp_path, monkeypatch):
    """``upload(content, allow=)``: the page after a file of that content was chosen."""
    texts = {name: [f"word {number}" for number in range(ROWS)] for name in ("sentence1", "sentence2")}
    (tmp_path / "data" / "mrpc").mkdir(parents=True)
    pq.write_table(pa.table({**texts, "label": GOLD}), tmp_path / "data" / "mrpc" / "test.parquet")

    def build(content, *, allow=False):
        app = open_app(board, "submit")
        monkeypatch.setenv(DATA_DIR, str(tmp_path / "data"))
        monkeypatch.setenv(ALLOW, "1" if allow else "0")
        app.file_uploader(key="zip").set_value(("mine.zip", content, "application/zip"))
        return app.run()

    return build


def _words(elements):
    return " ".join(each.value.replace("\\", "") for each in elements)


@pytest.mark.parametrize("allow", [True, False])
def test_it_says_whether_something_is_kept(open_app, board, monkeypatch, allow):
    app = open_app(board, "submit")
    monkeypatch.setenv(ALLOW, "1" if allow else "0")
    app.run()
    assert any("it keeps nothing" in each.value for each in app.caption) != allow
    assert app.file_uploader(key="zip").allowed_type == [".zip"]


@pytest.mark.parametrize(
    "content",
    [b"", b"no zip", _zip(_manifest())[:-40], b"PK\x05\x06" + bytes(18)],
    ids=["none", "text", "cut", "empty"],
)
def test_a_broken_zip_is_refused(upload, content):
    app = upload(content)
    assert not app.exception
    assert "mend" in app.error[-1].value
    assert len(app.error) >= 2, "and what is wrong with it"
    assert not app.button
    assert not app.success


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_zip(_manifest(points=[])), "points"),
        (_zip(_manifest(), GOLD[:-1]), str(ROWS)),
        (_zip(_manifest(), [*GOLD[:-1], 7]), "mrpc.tsv"),
        (_zip(_manifest(name="No Name")), "name"),
    ],
)
def test_everything_wrong_is_said_with_its_place(upload, content, said):
    app = upload(content)
    assert not app.exception
    assert said in _words(app.error)
    assert "To do" in _words(app.error) or "Expected" in _words(app.error)
    assert not app.button


def test_words_of_a_submission_are_words(upload):
    app = upload(_zip({"<img src=x>": 1, **_manifest()}))
    assert not app.exception
    assert "\\<img src=x\\>" in " ".join(each.value for each in app.error)


def test_a_report_is_made_and_nothing_kept(upload, board):
    before = sorted(path.name for path in board.iterdir())
    app = upload(_zip(_manifest()))
    assert "mine is in order" in _words(app.success)
    assert app.selectbox(key="on-suite").options == ["elue"]
    app.button(key="evaluate").click().run()
    assert not app.exception
    (row,) = app.dataframe[0].value.to_dict("records")
    assert (row["task"], row["point"], row["score"], row["cost"]) == ("elue/mrpc", "full", 100, "declared")
    assert (row["FLOPs (M)"], row["parameters (M)"]) == (1500, 66)
    assert len(app.get("download_button")) == 2, "the table and the report"
    assert [button.key for button in app.button] == ["evaluate"]
    assert sorted(path.name for path in board.iterdir()) == before


def test_the_score_is_that_of_its_answers(upload):
    answers = np.array(GOLD)
    answers[:6] = 1 - answers[:6]
    app = upload(_zip(_manifest(), answers.tolist()))
    app.button(key="evaluate").click().run()
    (row,) = app.dataframe[0].value.to_dict("records")
    right = {"accuracy": 18 / 24, "f1": 2 * 9 / (2 * 9 + 3 + 3)}
    assert row["score"] == pytest.approx(100 * np.mean(list(right.values())))


def test_it_comes_to_the_board(upload, board, open_app):
    app = upload(_zip(_manifest()), allow=True)
    app.button(key="evaluate").click().run()
    app.button(key="keep").click().run()
    assert not app.exception
    assert "mine is on the board" in _words(app.success)
    assert sorted(path.name for path in board.iterdir()) == ["00", "mine"]
    report = read_report(board / "mine")
    assert (report.submission.name, [result.score.value for result in report.results]) == ("mine", [1.0])
    app.button(key="keep").click().run()
    assert "has a submission 'mine'" in _words(app.error), "once"


def test_a_name_that_is_taken_is_refused(upload, board):
    app = upload(_zip(_manifest("taken")), allow=True)
    app.button(key="evaluate").click().run()
    app.button(key="keep").click().run()
    assert not app.exception
    assert "has a submission 'taken'" in _words(app.error)
    assert sorted(path.name for path in board.iterdir()) == ["00"]


def test_another_file_forgets_the_former_report(upload):
    app = upload(_zip(_manifest()))
    app.button(key="evaluate").click().run()
    assert app.dataframe
    app.file_uploader(key="zip").set_value(("other.zip", _zip(_manifest("other")), "application/zip"))
    app.run()
    assert "other is in order" in _words(app.success)
    assert not app.dataframe
    app.file_uploader(key="zip").set_value(None)
    app.run()
    assert not app.success


def test_reports_that_a_stranger_brings_are_not_shown(upload):
    stream = io.BytesIO(_zip(_manifest()))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("report.json", '{"schema_version": 1}')
        archive.writestr("replicates.npz", "x")
    app = upload(stream.getvalue(), allow=True)
    app.button(key="evaluate").click().run()
    assert not app.exception
    assert [row["score"] for row in app.dataframe[0].value.to_dict("records")] == [100]
