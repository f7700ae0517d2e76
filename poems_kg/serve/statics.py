"""Styles, scripts and pictures of the explorer: read once, named by what is in them, so that browsers may keep them."""

import gzip
import mimetypes
import re
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from poems_kg.serve.problems import NotFoundError
from poems_kg.serve.replies import Reply

_FOLDER: Final = Path(__file__).parent / "static"
_BUILT: Final = _FOLDER / "built"
_STYLE: Final = "explorer.css"
_REASON: Final = "not-built.txt"
"""Says why there are no scripts, where the installation could not make them."""
_NAMED_BY_CONTENT: Final = re.compile(r"-[A-Z0-9]{8}\.js$")
"""Parts of scripts that scripts import themselves, with the digest in their name."""


def has_scripts() -> bool:
    """Whether the installation made the scripts; without them the pages are plain, and whole."""
    return (_BUILT / "site.js").is_file()


def why_plain() -> str:
    """Why there are no scripts; empty where there are."""
    if has_scripts():
        return ""
    reason = _BUILT.parent / _REASON
    return reason.read_text(encoding="utf-8").strip() if reason.is_file() else "they have not been built"


@cache
def _files() -> dict[str, Reply]:
    """All files by their path; the styles of all rooms are one."""
    found = {
        path.relative_to(_FOLDER).as_posix(): path.read_bytes()
        for path in sorted(_FOLDER.rglob("*"))
        if path.is_file() and path.suffix not in {".txt", ".map"}
    }
    styles = [name for name in found if name.startswith("style/")]
    # The tokens come first, the others by name.
    ordered = sorted(styles, key=lambda name: (name != "style/base.css", name))
    found[_STYLE] = b"\n".join(found.pop(name) for name in ordered)
    return {name: _to_reply(name, body) for name, body in found.items()}


def _to_reply(name: str, body: bytes) -> Reply:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    media_type = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    packed = gzip.compress(body, 9, mtime=0) if kind.startswith("text/") or kind.endswith(("json", "xml")) else b""
    return Reply(body, media_type, packed=packed, etag=f'"{_digest(body)}"')


def _digest(body: bytes) -> str:
    return blake2b(body, digest_size=8).hexdigest()


def static(path: str) -> str:
    """The URL of a file, which changes with what is in it."""
    files = _files()
    return f"/static/{path}?v={files[path].etag[1:-1]}" if path in files else f"/static/{path}"


async def _serve(request: Request) -> Response:
    from poems_kg.serve.answering import answer

    path = request.path_params["path"]
    reply = _files().get(path)
    if reply is None:
        raise NotFoundError(f"there is no file {path!r} here")
    response = answer(request, reply)
    if "v" in request.query_params or _NAMED_BY_CONTENT.search(path):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


ROUTES: list[BaseRoute] = [Route("/static/{path:path}", _serve)]
