"""The board as one file: it needs nobody, and nobody's words do anything in it."""

import re
from html.parser import HTMLParser

import pytest
from plotly.offline import get_plotlyjs

from harness.cli import export as verb
from harness.findings import ParetoNLPError
from harness.tasks import SUITES
from leaderboard.static_page import static_page

BAD = "<img src=x onerror=alert(1)>&\"'</script><script>alert(2)</script>"


class Page(HTMLParser):
    """The tags of a page with their attributes, the rows of its tables, and its words outside scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.rows, self._raw, self._cell = [], [], [], False, False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._raw = tag in {"script", "style"}
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self._cell = True
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self._raw = self._raw and tag not in {"script", "style"}
        self._cell = self._cell and tag not in {"td", "th"}

    def handle_data(self, data):
        if self._raw:
            return
        self.words.append(data)
        if self._cell:
            self.rows[-1][-1] += data

    def ids(self):
        return [attrs["id"] for tag, attrs in self.tags if tag == "h2"]


@pytest.fixture(scope="module")
def text(full):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(full.cache))
        return static_page(full.folder, "elue", [])


@pytest.fixture(scope="module")
def own(text):
    """The page without plotly.js."""
    assert text.count(get_plotlyjs()) == 1
    return text.replace(get_plotlyjs(), "")


def test_it_asks_no_other_host(own):
    for tag, attrs in Page(own).tags:
        assert tag not in {"link", "iframe", "img", "base", "object", "embed"}
        assert "src" not in attrs
        assert tag != "a" or attrs["href"].startswith("#")
    assert not re.search(r"https?:|//cdn|@import|url\(", own)


def test_there_is_a_board_for_the_aggregate_and_each_task(own):
    page = Page(own)
    names = ["all", *(task.name for task in SUITES["elue"].tasks)]
    assert page.ids() == [f"elue-{name}" for name in names]
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert links == [f"#elue-{name}" for name in names]
    assert own.count("Plotly.newPlot(") == len(names)


def test_tables_show_the_boards(full, own):
    found = [row for row in Page(own).rows if row[1] != "submission"]
    expected = []
    for task in ["", *(task.name for task in SUITES["elue"].tasks)]:
        rows = sorted(
            full.board("elue", task).rows, key=lambda row: (row.costs["flops"] is None, row.costs["flops"] or 0)
        )
        for row in rows:
            mark = "●" if row.on_frontier else "" if row.ranked else "○"
            chance = "–" if row.frontier_probability is None else f"{row.frontier_probability:.0%}"
            claims = [row.marks.cost, row.marks.lengths, row.marks.predictions]
            expected.append(
                [mark, row.submission, row.point, row.method, f"{100 * row.score.value:.2f}", chance, *claims]
            )
    assert [[*row[:5], row[6], *row[9:]] for row in found] == expected


def test_one_task_is_one_board(full, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(full.cache))
    page = Page(static_page(full.folder, "glue", ["rte"]).replace(get_plotlyjs(), ""))
    assert page.ids() == ["glue-rte"]


def test_notes_are_there(full, own):
    words = "".join(Page(own).words)
    assert all(note in words for note in full.index.notes["elue/mrpc"])


@pytest.fixture
def bad(keep, stored, make_result):
    """A store whose names are markup."""
    result = make_result("elue", "mrpc", BAD)
    return keep(stored(BAD, result, noise=0.01, method=BAD, backbone=BAD), stored("b", result, method="svd"))


def test_names_are_words(bad):
    text = static_page(bad, "elue", ["mrpc"]).replace(get_plotlyjs(), "")
    page = Page(text)
    assert not {"img", "b", "i", "svg"} & {tag for tag, _ in page.tags}
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert [row[1:4] for row in page.rows[1:]] == [[BAD, BAD, BAD], ["b", BAD, "svd"]]
    assert text.count("</script>") == text.count("<script")
    assert "<script>alert" not in text


def test_costs_that_nobody_knows_are_dashes(keep, stored, make_result):
    nothing = {"provenance": "declared", "tracing": "declared", "flops": None, "macs": None}
    result = make_result(cost=nothing, counts={"provenance": "declared", "total": None})
    page = Page(static_page(keep(stored("one", result)), "elue", []).replace(get_plotlyjs(), ""))
    assert [row[7:9] for row in page.rows[1:]] == [["–", "–"]], "FLOPs and parameters"
    assert page.ids() == ["elue-mrpc"]


@pytest.mark.parametrize("tasks", [[], ["rte"]])
@pytest.mark.parametrize("others", [True, False])
def test_nothing_to_show_is_explained(keep, stored, make_result, tasks, others):
    store = keep(stored("one", make_result())) if others else keep()
    with pytest.raises(ParetoNLPError, match=r"No report in .* has results on superglue"):
        static_page(store, "superglue", tasks)


def test_the_command_writes_the_page(run, bad, tmp_path):
    file = tmp_path / "page" / "board.html"
    file.parent.mkdir()
    file.write_text("former")
    outcome = run("export", "--html", file, "--suite", "elue", "--store", bad)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", f"{file} written\n")
    assert file.read_text() == static_page(bad, "elue", [])
    assert list(file.parent.iterdir()) == [file]


def test_a_failure_leaves_the_former_page(run, bad, tmp_path, monkeypatch):
    file = tmp_path / "page" / "board.html"
    file.parent.mkdir()
    file.write_text("former")
    outcome = run("export", "--html", file, "--suite", "superglue", "--store", bad)
    assert outcome.code == 1
    assert "has results on superglue" in " ".join(outcome.err.split())

    def full_disk(*_paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("harness.atomic.os.replace", full_disk)
    outcome = run("export", "--html", file, "--suite", "elue", "--store", bad)
    assert outcome.code == 1
    assert "No space left on device" in outcome.err
    assert file.read_text() == "former"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--html", "board.html", "--format", "csv"], 2, "give one of --format and --html"),
        ([], 2, "give one of --format and --html"),
        (["--html", "board.html", "--suite", "elou"], 1, "elue"),
        (["--html", "board.html", "--suite", "elue", "--task", "mprc"], 1, "Did you mean 'mrpc'?"),
        (["--html", "board.html", "--suite", "glue-test"], 1, "glue-test"),
        (["--html", "nowhere/board.html", "--suite", "elue"], 1, "there is no folder nowhere"),
        (["--html", "board.html", "--suite", "elue", "--store", "missing"], 1, "missing is no folder"),
    ],
)
def test_a_wrong_call_is_explained_and_writes_nothing(run, bad, tmp_path, monkeypatch, words, code, said):
    monkeypatch.chdir(tmp_path)
    store = [] if "--store" in words else ["--store", bad]
    outcome = run("export", *words, *store)
    assert outcome.code == code
    assert said in " ".join(re.sub("[│╭╮╰╯─]", "", outcome.err).split())
    assert list(tmp_path.glob("**/*.html")) == []


def test_without_the_leaderboards_libraries_it_says_what_to_install(run, bad, tmp_path, monkeypatch):
    monkeypatch.setattr(verb, "find_spec", lambda name: None if name == "plotly" else object())
    outcome = run("export", "--html", tmp_path / "board.html", "--suite", "elue", "--store", bad)
    assert outcome.code == 1
    assert 'pip install "paretonlp[leaderboard]"' in " ".join(outcome.err.split())
