"""
Turn a SPARQL query into the bytes of its answer, in a worker; where there are too many rows it is cut, and says so.

Oxigraph writes the rows itself, which is three times as quick as to make Python's objects of them. What it has written
is watched while it comes, and where there are more rows than may be, the rest is cut off between two rows.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import IO, Final, cast

import pyoxigraph as ox

from poems_kg.ids import compress, prefixes
from poems_kg.serve.desk import Desk
from poems_kg.serve.problems import NotAcceptableError, TooLargeError
from poems_kg.serve.replies import Header, Reply
from poems_kg.serve.service_description import NAMESPACES, describes_itself, description
from poems_kg.sparql import QueryError, check_read_only, has_dataset
from poems_kg.store import LocalStore, to_query_error

TRUNCATED: Final = "Poems-Kg-Truncated-At"
"""The header that says after how many rows or triples an answer was cut; one without it is whole."""

BASE: Final = "https://w3id.org/poems-kg/"
"""What relative IRIs in a query are relative to."""

_JSON, _XML, _CSV, _TSV = (getattr(ox.QueryResultsFormat, name) for name in ("JSON", "XML", "CSV", "TSV"))
ROWS: Final = {
    "application/sparql-results+json": _JSON,
    "application/json": _JSON,
    "application/sparql-results+xml": _XML,
    "application/xml": _XML,
    "text/csv": _CSV,
    "text/tab-separated-values": _TSV,
}
"""What a SELECT query can be answered in, what is liked best first."""

TRUTHS: Final = {name: form for name, form in ROWS.items() if form in {_JSON, _XML}}
"""What an ASK query can be answered in: CSV and TSV are specified for rows only."""

TRIPLES: Final = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}
"""What a CONSTRUCT or DESCRIBE query can be answered in, and every description of the service."""

_CHARSETS: Final = {
    "text/csv": "text/csv; charset=utf-8; header=present",
    "text/tab-separated-values": "text/tab-separated-values; charset=utf-8",
    "text/turtle": "text/turtle; charset=utf-8",
}
_NOT_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_LOCAL_NAME: Final = re.compile(r"[^\W\d][\w.-]*$")


@dataclass(frozen=True, slots=True)
class Query:
    """A query and the dataset that the protocol names for it; without one, its own FROM counts, else all graphs."""

    text: str
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The media type to answer in by the kind of query, None where none of those there are will do."""

    rows: str | None
    truth: str | None
    triples: str | None


def answer_query(desk: Desk, query: Query, wanted: Wanted, endpoint: str) -> Reply:
    """
    Run a query and write its answer.

    :param endpoint: the URL under which the service was asked, for a query about the service itself.
    :raises QueryError: if it is broken, or would do more than read.
    :raises NotAcceptableError: if the client takes none of the formats that there are for such an answer.
    :raises TooLargeError: if the answer is larger than the settings allow.
    """
    check_read_only(query.text)
    headers: list[Header] = [("Vary", "Accept")]
    paper = _Paper(desk.settings.reply_bytes)
    try:
        result = _evaluate(desk, query, endpoint)
        match result:
            case ox.QuerySolutions():
                media_type = _acceptable(wanted.rows, "rows", ROWS)
                cut = _write_rows(result, paper, ROWS[media_type], desk.settings.rows)
            case ox.QueryBoolean():
                media_type = _acceptable(wanted.truth, "a truth value", TRUTHS)
                result.serialize(cast("IO[bytes]", paper), format=TRUTHS[media_type])
                cut = False
            case _:
                media_type = _acceptable(wanted.triples, "triples", TRIPLES)
                triples = list(islice(result, desk.settings.rows + 1))
                cut = len(triples) > desk.settings.rows
                _write_triples(triples[: desk.settings.rows], paper, media_type)
    except SyntaxError as error:
        raise to_query_error(query.text, error) from error
    except (RuntimeError, OSError) as error:
        # An extension function that is not there, say: that is found out only as the rows come.
        raise QueryError(f"it cannot be answered ({error}); mend the query") from error
    if cut:
        headers.append((TRUNCATED, str(desk.settings.rows)))
    _check_xml(media_type, paper.body)
    return Reply(bytes(paper.body), _CHARSETS.get(media_type, media_type), headers=tuple(headers))


def answer_description(desk: Desk, part: str, media_type: str | None, endpoint: str) -> Reply:
    """
    Write a part of the description of the service.

    :raises NotAcceptableError: if the client takes none of the formats of RDF.
    """
    media_type = _acceptable(media_type, "triples", TRIPLES)
    paper = _Paper(desk.settings.reply_bytes)
    _write_triples([quad.triple for quad in description(desk, endpoint).parts[part]], paper, media_type, NAMESPACES)
    return Reply(bytes(paper.body), _CHARSETS.get(media_type, media_type), headers=(("Vary", "Accept"),))


def _evaluate(desk: Desk, query: Query, endpoint: str) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
    if describes_itself(query.text):
        return description(desk, endpoint).store.query(query.text, base_iri=BASE)
    store = desk.kg.store
    assert isinstance(store, LocalStore)  # noqa: S101 - a desk has no other
    if not query.default_graphs and not query.named_graphs:
        is_free = not has_dataset(query.text)
        return store.quads.query(query.text, base_iri=BASE, use_default_graph_as_union=is_free)
    return store.quads.query(
        query.text,
        base_iri=BASE,
        default_graph=[_graph(name) for name in query.default_graphs],
        named_graphs=[_graph(name) for name in query.named_graphs],
    )


def _graph(name: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(name)
    except ValueError as error:
        raise QueryError(f"{name!r} names no graph ({error}); give an absolute IRI") from error


def _acceptable(media_type: str | None, what: str, choices: Iterable[str]) -> str:
    if media_type is None:
        raise NotAcceptableError(f"{what} can be had as {', '.join(choices)}; accept one of these")
    return media_type


# --- Rows ---


class _Paper:
    """
    What is written on, up to so many bytes.

    :raises TooLargeError: when more is written.
    """

    def __init__(self, most: int) -> None:
        self.body = bytearray()
        self._most = most

    def write(self, piece: bytes) -> int:
        """Take a piece."""
        self.body += piece
        if len(self.body) > self._most:
            raise TooLargeError(f"the answer has more than {self._most >> 20} MiB; ask for less")
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """
    How a format parts its rows, so that an answer can be cut between two.

    ``mark`` comes once for each row, give or take ``more``: that many marks beyond the row limit, there is one row too
    many. It is cut after the first ``kept`` bytes of the mark ``back`` before that one. In text between quotes, the
    same bytes are no mark; ``escapes`` tells whether a backslash goes before a quote within a text.
    """

    mark: bytes
    more: int
    back: int
    kept: int
    tail: bytes
    has_quotes: bool
    escapes: bool
    head: bytes
    link: bytes

    def count(self, body: bytes | bytearray, start: int) -> int:
        """Marks from a place on, those within texts, too: no fewer than there are."""
        return body.count(self.mark, max(0, start - len(self.mark) + 1))

    def find_end(self, body: bytes | bytearray, rows: int) -> int | None:
        """Where so many rows end, if there are more."""
        enough = rows + self.more
        marks = list(islice(self._marks(body), enough))
        return marks[enough - self.back - 1] + self.kept if len(marks) == enough else None

    def _marks(self, body: bytes | bytearray) -> Iterator[int]:
        place, start, is_text = body.find(self.mark), 0, False
        while place >= 0:
            if self.has_quotes:
                between = body[start:place]
                if self.escapes:
                    between = between.replace(b"\\\\", b"").replace(b'\\"', b"")
                is_text ^= between.count(b'"') % 2 == 1
            if not is_text:
                yield place
            start = place + len(self.mark)
            place = body.find(self.mark, start)

    def close(self, body: bytearray, end: int, rows: int) -> None:
        """Cut an answer at the end of a row, and say so where the format has a place for it."""
        del body[end:]
        body += self.tail
        if self.head:
            place = body.index(self.head)
            body[place:place] = self.link % rows


_LAYOUTS: Final = {
    _JSON: _Layout(b"},{", 0, 0, 1, b"]}}", True, True, head=b'"vars":[', link=b'"link":["#truncated-at-%d"],'),
    _XML: _Layout(
        b"<result>", 1, 0, 0, b"</results></sparql>", False, False, b"</head>", b'<link href="#truncated-at-%d"/>'
    ),
    _CSV: _Layout(b"\r\n", 2, 1, 2, b"", True, False, b"", b""),
    _TSV: _Layout(b"\n", 2, 1, 1, b"", False, False, b"", b""),
}


class _Enough(Exception):  # noqa: N818 - it is no error
    """More rows than may be were written."""


class _Rows:
    """What rows are written on; it has them stopped soon after there are too many."""

    def __init__(self, paper: _Paper, layout: _Layout, most: int) -> None:
        self.end: int | None = None
        self._paper = paper
        self._layout = layout
        self._most = most
        self._marks = 0
        self._look = most + layout.more

    def write(self, piece: bytes) -> int:
        """Take a piece."""
        if self.end is None:
            start = len(self._paper.body)
            self._paper.write(piece)
            self._marks += self._layout.count(self._paper.body, start)
            if self._marks >= self._look:
                self.end = self._layout.find_end(self._paper.body, self._most)
                # Marks within texts are counted, too; each further look is at twice as many.
                self._look = 2 * self._marks
        if self.end is not None:
            raise _Enough
        return len(piece)

    def flush(self) -> None:
        """Look a last time whether there are too many."""
        if self.end is None and self._marks >= self._most + self._layout.more:
            self.end = self._layout.find_end(self._paper.body, self._most)


def _write_rows(result: ox.QuerySolutions, paper: _Paper, form: ox.QueryResultsFormat, most: int) -> bool:
    """Write no more rows than may be; says whether there were more."""
    layout = _LAYOUTS[form]
    rows = _Rows(paper, layout, most)
    with contextlib.suppress(_Enough):
        result.serialize(cast("IO[bytes]", rows), format=form)
    rows.flush()
    if rows.end is None:
        return False
    layout.close(paper.body, rows.end, most)
    return True


# --- Triples ---


def _write_triples(
    triples: list[ox.Triple], paper: _Paper, media_type: str, more_prefixes: Mapping[str, str] = MappingProxyType({})
) -> None:
    """
    Write triples, with those of our prefixes that they use, and more of their own.

    :raises NotAcceptableError: for RDF/XML of a property whose IRI has no name at its end.
    """
    form = TRIPLES[media_type]
    if form == ox.RdfFormat.N_TRIPLES:
        ox.serialize(triples, cast("IO[bytes]", paper), format=form)
        return
    properties = {triple.predicate.value for triple in triples}
    if form == ox.RdfFormat.RDF_XML and not all(map(_LOCAL_NAME.search, properties)):
        raise NotAcceptableError("a property has an IRI that RDF/XML cannot write; accept text/turtle")
    nodes = {node.value for triple in triples for node in (triple.subject, triple.object) if type(node) is ox.NamedNode}
    used = {compress(name).partition(":")[0] for name in nodes | properties}
    declared = {name: iri for name, iri in prefixes().items() if name in used} | dict(more_prefixes)
    ox.serialize(triples, cast("IO[bytes]", paper), format=form, prefixes=declared)


def _check_xml(media_type: str, body: bytearray) -> None:
    if media_type.endswith("xml") and _NOT_XML.search(body):
        raise NotAcceptableError("a text has a character that XML cannot have; accept JSON or Turtle")
