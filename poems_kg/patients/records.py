"""
Turn files (JSON, JSON Lines, protobuf; gzip as it is) into the objects of their records, one at a time, as they stream.

What an object means is no business of this module. A record that is none gives an error in its place.
"""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import IO, Any, TypeAlias

from poems_kg.patients.messages import read_messages
from poems_kg.patients.patient import PatientError, RecordError

LONGEST = 10_000_000
"""Bytes, or characters, of one record. The longest of phenopacket-store is far below."""

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
_PROTOBUF = (".pb", ".protobuf")
_BLANK = " \t\r\n"

Found: TypeAlias = tuple[int, object]
"""Line (in protobuf the number of the message), and what is there, or the error that stands in its place."""


def read_records(path: Path, content: bytes | None = None) -> Iterator[Found]:
    """
    Read the objects of a file.

    :param content: what is in the file, where that is at hand; nothing is read from disk then.
    :raises PatientError: if the file cannot be opened, is broken as gzip, or needs a package that is not installed.
    """
    with _open(path, content) as stream:
        if _is_protobuf(path):
            yield from enumerate(read_messages(stream, LONGEST), start=1)
        else:
            yield from _read_json(stream)


def is_lines(path: Path) -> bool:
    """
    Say whether a file is JSON Lines, a record in each, and not one document or protobuf.

    :raises PatientError: as :func:`read_records`.
    """
    if _is_protobuf(path):
        return False
    with _open(path) as stream:
        first, _ = _find_first(stream)
    return not _starts_list(first) and not _starts_document(first)


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """
    Give the lines of JSON Lines that are not blank, unread, with their number; of an overlong line, the beginning.

    Lines end in a line feed, which is not given.

    :raises PatientError: as :func:`read_records`.
    """
    with _open(path) as stream:
        yield from _split(stream, *_find_first(stream))


def parse(text: str) -> object:
    """Read one object in JSON; gives a :class:`RecordError` where it is none."""
    return _Parser().parse(text)[1]


def parse_bytes(data: bytes) -> object:
    """Read one object in JSON from a line of :func:`read_lines`; gives a :class:`RecordError` where it is none."""
    return _Parser().parse_bytes(data)[1]


def _is_protobuf(path: Path) -> bool:
    return any(suffix.casefold() in _PROTOBUF for suffix in path.suffixes[-2:])


@contextmanager
def _open(path: Path, content: bytes | None = None) -> Iterator[IO[bytes]]:
    """Open a file, unpacked if it is gzipped."""
    try:
        with path.open("rb") if content is None else io.BufferedReader(io.BytesIO(content)) as plain:
            packed = plain.peek(len(_GZIP))[: len(_GZIP)] == _GZIP
            with io.BufferedReader(gzip.GzipFile(fileobj=plain), _CHUNK) if packed else plain as stream:
                yield stream
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise PatientError(f"{path}: the gzip stream is broken or cut off; copy the file again") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise PatientError(f"{path}: cannot be read ({reason}); give the place of a file with patients") from error


def _find_first(stream: IO[bytes]) -> tuple[bytes, int]:
    """Give the first line that is not blank, without a byte-order mark, and its number."""
    line = 1
    first = stream.readline(LONGEST + 1).removeprefix(codecs.BOM_UTF8)
    while first and not first.strip():
        line += 1
        first = stream.readline(LONGEST + 1)
    return first, line


def _read_json(stream: IO[bytes]) -> Iterator[Found]:
    first, line = _find_first(stream)
    if _starts_list(first):
        yield from _Elements(first, stream, line)
    elif _starts_document(first):
        offset, record = _Parser().parse_bytes(first + stream.read(LONGEST + 1 - len(first)))
        yield line + offset, record
    else:
        parser = _Parser()
        yield from ((number, parser.parse_bytes(data)[1]) for number, data in _split(stream, first, line))


def _starts_list(first: bytes) -> bool:
    return first.lstrip().startswith(b"[")


def _starts_document(first: bytes) -> bool:
    """Say whether a line opens an object that the next lines go on with: it then ends in a brace, bracket or comma."""
    text = first.strip()
    return len(first) <= LONGEST and first.endswith(b"\n") and text.startswith(b"{") and text[-1:] in b"{[,:"


def _split(stream: IO[bytes], first: bytes, line: int) -> Iterator[tuple[int, bytes]]:
    while first:
        if first.strip():
            yield line, first.removesuffix(b"\n")
        rest = first if len(first) > LONGEST else b""
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(_CHUNK)
        first = stream.readline(LONGEST + 1)
        line += 1


class _Parser:
    """JSON's decoder, which here refuses an object with a name twice: the second list would replace the first."""

    def __init__(self) -> None:
        self._decoder = JSONDecoder(object_pairs_hook=self._make)
        self._twice = ""

    def _make(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs) and not self._twice:
            names = [name for name, _ in pairs]
            self._twice = next(name for name in names if names.count(name) > 1)
        return made

    def decode(self, text: str, start: int) -> tuple[object, int]:
        """
        Read the value that starts at a place, and say where it ends.

        :raises JSONDecodeError: if there is none, or it is cut off.
        """
        self._twice = ""
        try:
            value, end = self._decoder.raw_decode(text, start)
        except RecursionError:
            return RecordError("", "nested too deeply for a patient; look what it is"), len(text)
        if self._twice:
            return RecordError(self._twice, "stands twice in one object; join the two"), end
        return value, end

    def parse(self, text: str) -> tuple[int, object]:
        """Read a text that is one value; gives the lines before an error, and the value or the error."""
        start = len(text) - len(text.lstrip(_BLANK))
        try:
            value, end = self.decode(text, start)
        except JSONDecodeError as error:
            return error.lineno - 1, _not_json(error)
        if text[end:].strip(_BLANK):
            extra = JSONDecodeError("Extra data", text, end)
            return extra.lineno - 1, _not_json(extra)
        return 0, value

    def parse_bytes(self, data: bytes) -> tuple[int, object]:
        """Read bytes that are one value; see :meth:`parse`."""
        if len(data) > LONGEST:
            return 0, RecordError("", f"longer than {LONGEST:,} bytes, which no record of one patient is; divide it")
        try:
            return self.parse(data.decode("utf-8"))
        except UnicodeDecodeError as error:
            return data.count(b"\n", 0, error.start), RecordError("", "has a byte that is not UTF-8; save it as UTF-8")


def _not_json(error: JSONDecodeError) -> RecordError:
    what = error.msg[:1].lower() + error.msg[1:]
    return RecordError("", f"not JSON ({what}, column {error.colno}); correct it")


class _Elements:
    """The elements of an array, each decoded by itself, so that a file of any length is read in bounded memory."""

    def __init__(self, start: bytes, stream: IO[bytes], line: int) -> None:
        self._stream = stream
        self._to_text = codecs.getincrementaldecoder("utf-8")()
        self._text = self._to_text.decode(start).lstrip(_BLANK)
        self._at = 1
        self._line = line
        self._counted = 0
        self._parser = _Parser()

    def __iter__(self) -> Iterator[Found]:
        try:
            yield from self._elements()
        except UnicodeDecodeError:
            yield self._line, RecordError("", "has a byte that is not UTF-8; save the file as UTF-8")

    def _elements(self) -> Iterator[Found]:
        following = self._next()
        while following != "]":
            if not following:
                yield self._line, RecordError("", "the list of patients is not closed; the file may be cut off")
                return
            value = self._value()
            yield self._line, value
            if isinstance(value, RecordError) and not value.field:
                # Nobody can say where the next element begins.
                return
            following = self._next()
            if following == ",":
                self._at += 1
                following = self._next()
            elif following not in {"", "]"}:
                yield self._line, RecordError("", "no comma after the patient before; the rest is not read")
                return

    def _more(self) -> bool:
        """Read on; what was used up is let go."""
        self._count()
        chunk = self._stream.read(max(_CHUNK, len(self._text) - self._at))
        self._text = self._text[self._at :] + self._to_text.decode(chunk, final=not chunk)
        self._at = self._counted = 0
        return bool(chunk)

    def _count(self) -> None:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at

    def _next(self) -> str:
        """Give the next character that is not blank, or an empty text at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANK:
                self._at += 1
            if self._at < len(self._text):
                self._count()
                return self._text[self._at]
            if not self._more():
                return ""

    def _value(self) -> object:
        while True:
            try:
                value, end = self._parser.decode(self._text, self._at)
            except JSONDecodeError as error:
                length = len(self._text) - self._at
                if length <= LONGEST and self._more():
                    continue
                if length > LONGEST:
                    return RecordError("", f"not JSON, or longer than {LONGEST:,} characters; the rest is not read")
                self._line += self._text.count("\n", self._at, error.pos)
                return _not_json(error)
            self._at = end
            return value
