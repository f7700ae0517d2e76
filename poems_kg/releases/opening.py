"""
Open release files, plain or gzipped, and turn whatever is wrong with one as a file into one clear line.

What the file says is no business of this module; it knows bytes, gzip and whether XML is well-formed.
"""

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.parsers import expat

from poems_kg.ids import PoemsKgError

_CHUNK = 1 << 16
_GZIP = b"\x1f\x8b"
_HTML = re.compile(rb"\s*(?:\xef\xbb\xbf)?(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html[\s>])", re.IGNORECASE)
_GIT_LFS = b"version https://git-lfs.github.com/"
_LONGEST_ENTITY = 500
"""Characters. OWL files abbreviate namespaces by entities, which are shorter than this."""


class ReleaseError(PoemsKgError):
    """A release file that cannot be read; the message says the file, the row where there is one, and what to do."""


@contextmanager
def open_release(path: Path, title: str) -> Iterator["io.BufferedReader[Any]"]:
    """
    Open a file, unpacked if it is gzipped, at its first byte.

    :param title: what the file should be, for messages: "ORDO in OWL".
    :raises ReleaseError: also from within the block: if the file is missing, empty, cut off in its gzip stream, a web
        page, or a Git LFS pointer in place of the file.
    """
    try:
        with path.open("rb") as plain:
            packed = plain.peek(len(_GZIP))[: len(_GZIP)] == _GZIP
            with io.BufferedReader(gzip.GzipFile(fileobj=plain)) if packed else plain as stream:
                _refuse_substitutes(path, title, stream.peek(1024)[:1024])
                yield stream
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ReleaseError(f"{path}: the gzip stream is broken or cut off; download {title} again") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ReleaseError(f"{path}: cannot be read ({reason}); give the place of {title}") from error


@contextmanager
def open_text(path: Path, title: str) -> Iterator[io.TextIOWrapper]:
    """
    Open a file as UTF-8 text, unpacked if it is gzipped, line ends as they are.

    :raises ReleaseError: as :func:`open_release`, and if a byte is not UTF-8.
    """
    with open_release(path, title) as stream:
        try:
            with io.TextIOWrapper(stream, encoding="utf-8", newline="") as text:
                yield text
        except UnicodeDecodeError as error:
            bad = error.object[error.start : error.start + 1].hex()
            raise ReleaseError(f"{path}: has a byte (0x{bad}) that is not UTF-8; download {title} again") from error


def _refuse_substitutes(path: Path, title: str, head: bytes) -> None:
    if not head.strip():
        raise ReleaseError(f"{path}: is empty; download {title} again")
    if _HTML.match(head):
        raise ReleaseError(f"{path}:1: is a web page, not {title}; look at it in a browser, then download again")
    if head.startswith(_GIT_LFS):
        raise ReleaseError(f"{path}:1: is a Git LFS pointer, not {title}; run git lfs pull, or download the file")


class _RootFoundError(Exception):
    """Ends the parsing where only the root was asked for."""


def read_root(path: Path, title: str, *, whole: bool = True, entities: bool = False) -> tuple[str, dict[str, str]]:
    """
    Give the name and attributes of the root element, after proof that the XML is well-formed.

    With ``whole``, no reader has to fear that a file ends, or stops being XML, half way through. No entity is ever
    fetched, and entities that could grow without bound are refused before anything expands them.

    :param whole: parse to the end; otherwise stop at the root.
    :param entities: allow a DTD with entities that have no entities in them; otherwise a DTD is an error.
    :raises ReleaseError: if the file is not well-formed, with its row.
    """
    root: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()

    def fail(what: str) -> ReleaseError:
        return ReleaseError(f"{path}:{parser.CurrentLineNumber}: {what}; download {title} from its own publisher")

    def start(name: str, attributes: dict[str, str]) -> None:
        root.append((name, attributes))
        parser.StartElementHandler = None
        if not whole:
            raise _RootFoundError

    def start_doctype(*_: object) -> None:
        if not entities:
            raise fail(f"has a DTD, which {title} never has")

    def declare(_name: str, is_parameter: bool, value: str | None, *_: object) -> None:
        if is_parameter or value is None or "&" in value or len(value) > _LONGEST_ENTITY:
            raise fail("declares entities that are not plain and short")

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = start_doctype
    parser.EntityDeclHandler = declare
    with open_release(path, title) as stream:
        try:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except _RootFoundError:
            pass
        except (expat.ExpatError, LookupError, ValueError) as error:
            if isinstance(error, PoemsKgError):
                raise
            row = getattr(error, "lineno", parser.CurrentLineNumber)
            said = str(error).partition(": line")[0]
            raise ReleaseError(
                f"{path}:{row}: is not whole and well-formed XML ({said}); download {title} again"
            ) from error
    return root[0]
