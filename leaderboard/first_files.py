"""The files that a browser needs for the first view: kept in memory, compressed once, and named in the page itself.

Streamlit's page names the files of its frame alone. What draws controls, tables and charts are some sixty more, which a
browser learns of layer by layer, when the first of each kind is to be drawn; and Streamlit reads and sends every one of
them anew, as it is. Here the page says from the start what will be asked for.
"""

import gzip
import mimetypes
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

DRAWN = (*("BidiComponent", "DataFrame", "DownloadButton", "Html", "PageLink", "Selectbox", "Slider"),)
"""Streamlit's names of what the first view is made of."""

PAGES = ("/", "/task")
"""Paths of the pages that are made of it."""

FOREVER = "public, immutable, max-age=31536000"
"""Of files whose names change with what is in them."""

_IMPORTED = re.compile(r"""(?:from|import)\s*["']\./([^"']+\.js)["']""")
_NAMED = re.compile(r'(?:href|src)="\./(static/[^"]+)"')
_LINKS = {
    ".js": '<link rel="modulepreload" crossorigin href="./{}">',
    ".css": '<link rel="preload" as="style" crossorigin href="./{}">',
    ".woff2": '<link rel="preload" as="font" type="font/woff2" crossorigin href="./{}">',
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in memory."""

    kind: str
    plain: bytes
    packed: bytes
    """As gzip has it; empty where that is no smaller."""
    caching: str

    @classmethod
    def of(cls, content: bytes, name: str, caching: str) -> "Kept":
        """With the type that the name tells."""
        packed = gzip.compress(content, 6, mtime=0)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return cls(kind, content, packed if len(packed) < len(content) else b"", caching)

    def response(self, packed: bool) -> Response:
        """What is sent to a browser that can unpack, or cannot."""
        headers = {"Cache-Control": self.caching, "Vary": "Accept-Encoding"}
        if packed and self.packed:
            return Response(self.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=self.kind)
        return Response(self.plain, headers=headers, media_type=self.kind)


class FirstFiles:
    """Answers for these files and pages; everything else is the app's."""

    def __init__(self, app: ASGIApp, files: Mapping[str, Kept]) -> None:
        self.app = app
        self.files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        kept = self.files.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if kept is None:
            await self.app(scope, receive, send)
            return
        answer = kept.response("gzip" in Headers(scope=scope).get("accept-encoding", ""))
        await answer(scope, receive, send)


def first_files(streamlit: Path, own: Iterable[Path]) -> dict[str, Kept]:
    """By path of the address: the pages, and what they need of Streamlit's files and of our own.

    Args:
        streamlit: the folder with Streamlit's ``index.html``.
        own: scripts that the app serves as ``app/static/<name>``.

    """
    page = (streamlit / "index.html").read_text("utf-8")
    named = dict.fromkeys(_NAMED.findall(page))
    later = [name for name in _needed(streamlit) if name not in named]
    links = [_LINKS[Path(name).suffix].format(name) for name in later]
    files = {f"/{name}": Kept.of((streamlit / name).read_bytes(), name, FOREVER) for name in (*named, *later)}
    for script in own:
        name = f"app/static/{script.name}"
        links.append(f'<script async src="./{name}"></script>')
        files[f"/{name}"] = Kept.of(script.read_bytes(), name, "no-cache")
    whole = Kept.of(page.replace("</head>", "".join(links) + "</head>").encode(), "index.html", "no-cache")
    return {**files, **dict.fromkeys(PAGES, whole)}


def _needed(streamlit: Path) -> list[str]:
    """The files of what is drawn, with all that they import, the importing ones first; names below the folder."""
    scripts = streamlit / "static" / "js"
    waiting = [file.name for name in DRAWN for file in scripts.glob(f"{name}.*.js")]
    found: dict[str, None] = {}
    while waiting:
        name = waiting.pop(0)
        if name not in found and (scripts / name).is_file():
            found[name] = None
            waiting += _IMPORTED.findall((scripts / name).read_text("utf-8"))
    styles = [file.name for name in DRAWN for file in (streamlit / "static" / "css").glob(f"{name}.*.css")]
    fonts = [file.name for file in (streamlit / "static" / "media").glob("MaterialSymbols-*.woff2")]
    return [f"static/js/{name}" for name in found] + [
        *(f"static/css/{name}" for name in styles),
        *(f"static/media/{name}" for name in fonts),
    ]
