"""The files of the first view: the same bytes as on disk, packed where a browser can unpack, and all of them named."""

import gzip
import re
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from leaderboard.drawing import BUNDLE
from leaderboard.first_files import DRAWN, FOREVER, FirstFiles, first_files

STREAMLIT = Path(streamlit.__file__).parent / "static"


@pytest.fixture(scope="module")
def files():
    return first_files(STREAMLIT, [BUNDLE])


@pytest.fixture(scope="module")
def client(files):
    other = Route("/{path:path}", lambda _request: PlainTextResponse("the app's"))
    return TestClient(FirstFiles(Starlette(routes=[other]), files))


@pytest.mark.parametrize("encoding", ["gzip, deflate, br", "identity"])
def test_every_file_arrives_as_it_is(client, files, encoding):
    for path in files:
        answer = client.get(path, headers={"Accept-Encoding": encoding})
        assert answer.status_code == 200
        if path.startswith("/static/"):
            assert answer.content == (STREAMLIT / path[1:]).read_bytes()
            assert answer.headers["cache-control"] == FOREVER
        if encoding == "identity":
            assert "content-encoding" not in answer.headers
    assert client.get(f"/app/static/{BUNDLE.name}").content == BUNDLE.read_bytes()


def test_text_is_packed(client):
    with client.stream("GET", "/", headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "no-cache"
    assert gzip.decompress(packed).startswith(b"<!--")


def test_the_rest_is_the_apps(client):
    for path in ("/compare", "/static/js/none.js", "/_stcore/health"):
        assert client.get(path).text == "the app's"
    assert client.post("/").text != client.get("/").text


def test_the_page_names_what_it_names_and_more(client, files):
    """Each file once, each there is."""
    files_in = re.compile(r'(?:href|src)="\./((?:app/)?static/[^"]+)"')
    named = files_in.findall(client.get("/").text)
    assert len(named) == len(set(named))
    before = set(files_in.findall((STREAMLIT / "index.html").read_text()))
    assert before < set(named)
    assert {f"/{name}" for name in set(named) - before} < set(files)


def test_streamlit_still_calls_them_so():
    """A new version may divide its files otherwise: nothing breaks then, but the first view is slower."""
    for name in DRAWN:
        assert len(list((STREAMLIT / "static" / "js").glob(f"{name}.*.js"))) == 1, name


def test_what_is_imported_comes_along(tmp_path):
    scripts = tmp_path / "static" / "js"
    scripts.mkdir(parents=True)
    (tmp_path / "index.html").write_text('<head><script src="./static/js/a.js"></script></head>')
    (scripts / "a.js").write_text("1")
    (scripts / "Slider.x1.js").write_text('import{a}from"./a.js";import"./b.js";export default 1')
    (scripts / "b.js").write_text('import c from "./c.js"; import("./later.js")')
    (scripts / "c.js").write_text("export default import('./gone.js')")
    (scripts / "later.js").write_text("2")
    found = first_files(tmp_path, [])
    assert set(found) == {"/", "/task", *(f"/static/js/{name}.js" for name in ("a", "Slider.x1", "b", "c"))}
