"""
Fetch one file over HTTP into its place: whole and checked, or not at all; a transfer that broke off is gone on with.

What has arrived waits in ``NAME.part``, and beside it ``NAME.part.json`` says of which file of the server it is the
beginning. Two processes must not fetch the same target at once. Nothing here knows what a file is good for.
"""

import contextlib
import errno
import hashlib
import http.client
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from poems_kg.ids import PoemsKgError

_CHUNK = 1 << 16
_TRIES = 3
"""Immediate tries before the user is asked to try again."""

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class FetchError(PoemsKgError):
    """A file that could not be fetched; what stood at the target is untouched."""


class _BrokeOffError(Exception):
    """The connection failed before the file was complete."""


class _StartAnewError(Exception):
    """What the server offers does not go on where the part ends."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file in its place; ``size`` in bytes. ``url`` is after redirects; what the server did not say is empty."""

    path: Path
    sha256: str
    size: int
    url: str
    last_modified: str = ""
    etag: str = ""


def quiet(done: int, total: int | None) -> None:
    """Report nothing."""


def download(
    url: str,
    target: Path,
    sha256: str = "",
    report: Callable[[int, int | None], None] = quiet,
    timeout: float = 30.0,
) -> Download:
    """
    Fetch a file, going on where an earlier try broke off if the server can tell that it is still the same file.

    From a server that gives no length, an end that came too early is noticed only by ``sha256``.

    :param target: replaced in one step once all is there; folders above it are made.
    :param sha256: the checksum that the file must have, in hexadecimal; empty accepts any.
    :param report: called with the bytes so far and, if the server says, the bytes in all.
    :param timeout: seconds without a byte after which the connection counts as broken.
    :raises FetchError: if the file is not to be had, or is not the right one, or cannot be written.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise FetchError(f"{url}: does not begin with http:// or https://; give such an address")
    if target.is_dir():
        raise FetchError(f"{target}: is a folder; give the name of a file")
    part = _Part(target, url)
    reason = ""
    for _ in range(_TRIES):
        try:
            answer = _transfer(part, report, timeout)
        except _BrokeOffError as error:
            reason = str(error)
        except _StartAnewError as error:
            reason = str(error)
            part.discard()
        else:
            return _put_in_place(part, target, sha256.strip().lower(), answer)
    if part.validator():
        raise FetchError(f"{url}: broke off after {part.size()} bytes ({reason}); run the same command again to go on")
    raise FetchError(f"{url}: cannot be fetched ({reason}); check the connection, then run the same command again")


class _Part:
    """The beginning of a file on disk, and the note that says of which file of the server."""

    def __init__(self, target: Path, url: str) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self.note = target.with_name(f"{target.name}.part.json")
        self.url = url

    def size(self) -> int:
        """Bytes that have arrived."""
        with contextlib.suppress(OSError):
            return self.path.stat().st_size
        return 0

    def validator(self) -> str:
        """What If-Range has to say to go on with the part; empty if it cannot be gone on with."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            return str(note["validator"]) if note["url"] == self.url and self.size() else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def begin(self, validator: str) -> None:
        """Empty the part and note what it will be the beginning of."""
        self.discard()
        with _on_disk(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if validator:
                self.note.write_text(json.dumps({"url": self.url, "validator": validator}), encoding="utf-8")

    def discard(self) -> None:
        """Remove part and note; the part first, for a part with another's note would be taken for the wrong file."""
        with _on_disk(self.path):
            self.path.unlink(missing_ok=True)
            self.note.unlink(missing_ok=True)


@contextlib.contextmanager
def _on_disk(path: Path) -> Iterator[None]:
    """Say in one line what the disk refuses."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FetchError(f"{path}: the disk is full; free some space, then run the same command again") from error
        reason = (error.strerror or str(error)).lower()
        raise FetchError(f"{path}: cannot be written ({reason}); choose another place") from error


def _transfer(part: _Part, report: Callable[[int, int | None], None], timeout: float) -> http.client.HTTPResponse:
    """Fill the part to the end of the file; gives the response for what its headers say."""
    validator = part.validator()
    start = part.size() if validator else 0
    headers = {"User-Agent": "poems-kg", "Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": validator}
    with _connect(urllib.request.Request(part.url, headers=headers), timeout) as response:  # noqa: S310 — scheme checked
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise FetchError(f"{part.url}: came compressed, which was not asked for; fetch it another way")
        if response.status == http.HTTPStatus.PARTIAL_CONTENT:
            total = _total_of_range(response.headers, start, validator)
        elif response.status == http.HTTPStatus.OK:
            start = 0
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdecimal() else None
            part.begin(_validator(response.headers))
        else:
            raise FetchError(f"{part.url}: the server answered {response.status}; check the address")
        done = _append(response, part, start, lambda so_far: report(so_far, total))
    if total is not None and done != total:
        raise _BrokeOffError(f"{total} bytes were announced")
    return response


def _connect(request: urllib.request.Request, timeout: float) -> http.client.HTTPResponse:
    opener = urllib.request.OpenerDirector()
    # Not build_opener: it would let a redirect lead to ftp.
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    url = request.full_url
    try:
        response: http.client.HTTPResponse = opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise _StartAnewError("the server has no more of it") from error
        advice = "try again later" if error.code == 429 or error.code >= 500 else "check the address"
        said = " ".join(str(error.reason).split())
        raise FetchError(f"{url}: the server answered {error.code} {said}; {advice}") from error
    except (http.client.InvalidURL, UnicodeError) as error:
        raise FetchError(f"{url}: is not a right address ({error}); check it") from error
    except (OSError, http.client.HTTPException) as error:
        raise _BrokeOffError(_reason(error)) from error
    return response


def _append(response: http.client.HTTPResponse, part: _Part, start: int, report: Callable[[int], None]) -> int:
    """Write what comes to the end of the part; gives its size."""
    done = start
    with _on_disk(part.path):
        file = part.path.open("ab" if start else "wb")
    with file:
        report(done)
        while True:
            try:
                # read1 gives what is there: read would lose up to a chunk when the connection breaks.
                chunk = response.read1(_CHUNK)
            except (OSError, http.client.HTTPException) as error:
                raise _BrokeOffError(_reason(error)) from error
            if not chunk:
                with _on_disk(part.path):
                    os.fsync(file.fileno())
                return done
            with _on_disk(part.path):
                file.write(chunk)
                file.flush()
            done += len(chunk)
            report(done)


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", None) or error
    said = getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
    return " ".join(str(said).split()).lower()


def _total_of_range(headers: Message, start: int, validator: str) -> int | None:
    """Give the size of the whole file from the header of a partial answer; None if it is not said."""
    found = _RANGE.fullmatch(headers.get("Content-Range", ""))
    if not found or not start or int(found[1]) != start:
        raise _StartAnewError("the server sent another range than the one asked for")
    name = "ETag" if validator.startswith('"') else "Last-Modified"
    if headers.get(name, validator) != validator:
        raise _StartAnewError("the file on the server has changed")
    return None if found[2] == "*" else int(found[2])


def _validator(headers: Message) -> str:
    """
    Give what tells this very file from any other that the server may have at the address; empty if nothing does.

    RFC 9110, 13.1.5: a strong ETag, or, only without any ETag, a Last-Modified at least a second before Date.
    """
    etag = headers.get("ETag", "")
    if etag:
        return "" if etag.startswith("W/") else etag
    modified = headers.get("Last-Modified", "")
    try:
        age = parsedate_to_datetime(headers.get("Date", "")) - parsedate_to_datetime(modified)
    except (TypeError, ValueError):
        return ""
    return modified if age.total_seconds() >= 1 else ""


def _put_in_place(part: _Part, target: Path, wanted: str, response: http.client.HTTPResponse) -> Download:
    with _on_disk(part.path), part.path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if wanted and found != wanted:
        part.discard()
        raise FetchError(
            f"{part.url}: has the SHA-256 {found} and not {wanted}; the release has changed, or the file is not it"
        )
    size = part.size()
    with _on_disk(target):
        part.path.replace(target)
        part.note.unlink(missing_ok=True)
    headers = response.headers
    return Download(target, found, size, response.url, headers.get("Last-Modified", ""), headers.get("ETag", ""))
