"""
A SPARQL 1.1 endpoint as a store: read-only queries over HTTP, each answer whole or an error.

Many servers cut an answer after so many rows, and some do not say so. An answer is therefore believed only if the
server has given more rows at once before, or has no row after the last; else it is fetched in pages until one is empty.
"""

from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse, IncompleteRead
from io import BytesIO
from time import monotonic
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from poems_kg.ids import expand, prefixes
from poems_kg.sparql import QueryError, bind_terms, check_read_only, has_dataset, page, query_form
from poems_kg.store import NO_ROWS, Row, to_value

if TYPE_CHECKING:
    from rdflib.query import Result
    from rdflib.term import Identifier, Variable

    _Rows = list[Mapping[Variable, Identifier]]

_ROWS = "application/sparql-results+json, application/sparql-results+xml;q=0.8"
_TRIPLES = "text/turtle, application/n-triples;q=0.8, application/rdf+xml;q=0.5"
_CHUNK = 1 << 16
_OURS = prefixes()["graph"]
_GRAPHS = f"""
SELECT DISTINCT ?graph WHERE {{ GRAPH ?graph {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?graph), "{_OURS}")) }} ORDER BY ?graph
"""


class RefusedError(QueryError):
    """An endpoint that answers a query with an HTTP error."""


class RemoteStore:
    """
    A SPARQL 1.1 endpoint, asked over HTTP by POST.

    Each query names as its dataset those of our graphs that are there, together as the default graph and each by its
    name, so that other graphs on the same server do not mix in; a query with a FROM of its own is left alone.
    """

    def __init__(self, url: str, timeout: float = 30.0, page_size: int = 10_000) -> None:
        """
        Name the endpoint; nothing is sent yet.

        :param timeout: seconds to wait for each answer, from the question to the last byte.
        :param page_size: the most rows to ask for at a time where the endpoint does not give all at once.
        :raises QueryError: if the address is not one of http or https, or the page has no rows.
        """
        if not url.startswith(("http://", "https://")):
            raise QueryError(f"{url}: not an http or https address; give the address of a SPARQL endpoint")
        if page_size < 1:
            raise QueryError(f"page size {page_size}: a page has at least one row; give a larger number")
        self.url = url
        self.timeout = timeout
        self.page_size = page_size
        self._most_rows = 0
        self._graphs: list[str] | None = None

    def query(self, sparql: str, bindings: "Mapping[str, Identifier] | None" = None) -> "Result":
        """
        Run a query; see :class:`poems_kg.store.Store`. The rows of a SELECT query are all there.

        The triples of CONSTRUCT and DESCRIBE are those of one answer: they do not tell how many rows they were made of,
        so nobody sees where a server cuts them. Ask with SELECT where all matter.
        """
        check_read_only(sparql)
        bound = bind_terms(sparql, bindings or {})
        result = self._ask(bound)
        if result.type == "SELECT":
            count = len(result.bindings)
            if count and count >= self._most_rows:
                result.bindings = self._whole(bound, list(result.bindings))
            self._most_rows = max(self._most_rows, count)
        return result

    def select(self, sparql: str, bindings: "Mapping[str, Identifier] | None" = None) -> tuple[list[str], list[Row]]:
        """Run a SELECT query; see :class:`poems_kg.store.Store`."""
        result = self.query(sparql, bindings)
        if result.type != "SELECT":
            raise QueryError(NO_ROWS)
        names = result.vars or []
        return [str(name) for name in names], [[to_value(row.get(name)) for name in names] for row in result.bindings]

    def _whole(self, sparql: str, rows: "_Rows") -> "_Rows":
        """All rows of a query, given those that came at once."""
        try:
            return self._rest(sparql, rows, wrapped=False)
        except RefusedError:
            # Virtuoso sorts no more than MaxSortedTopRows for LIMIT and OFFSET, and by no more than 20 columns, but it
            # counts neither in a subquery. All from the start again: rows that are alike may be in another order there.
            return self._rest(sparql, rows, wrapped=True)

    def _rest(self, sparql: str, rows: "_Rows", wrapped: bool) -> "_Rows":
        if not self._ask(page(sparql, 1, len(rows), wrapped)).bindings:
            return rows
        rows = []
        while more := self._ask(page(sparql, self.page_size, len(rows), wrapped)).bindings:
            rows += more
        return rows

    def _find_graphs(self) -> list[str]:
        """Our named graphs at the endpoint; it is asked once."""
        if self._graphs is None:
            self._graphs = []  # so that this question goes without a dataset
            try:
                self._graphs = [expand(str(row[0])) for row in self.select(_GRAPHS)[1]]
            finally:
                self._graphs = self._graphs or None
        if self._graphs is None:
            raise QueryError(f"{self.url}: no graph below {_OURS} is there; load what 'poems-kg export nquads' writes")
        return self._graphs

    def _ask(self, sparql: str) -> "Result":
        from rdflib.query import Result

        fields = [("query", sparql)]
        if not has_dataset(sparql):
            fields += [(f"{part}-graph-uri", graph) for graph in self._find_graphs() for part in ("default", "named")]
        accept = _ROWS if query_form(sparql) in {"SELECT", "ASK"} else _TRIPLES
        headers = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
        kind, body = self._send(Request(self.url, urlencode(fields).encode(), headers))  # noqa: S310 - http(s) only
        try:
            return Result.parse(BytesIO(body), content_type=kind)
        except Exception as error:  # rdflib's parsers raise what they like at an answer that is no result
            raise QueryError(f"{self.url}: the answer is no SPARQL result ({error}); check the address") from error

    def _send(self, request: Request) -> tuple[str, bytes]:
        """Send a request; gives the media type and the body of the answer."""
        deadline = monotonic() + self.timeout
        try:
            with urlopen(request, timeout=self.timeout) as answer:  # noqa: S310 - http(s) only
                # 206 and the header are how Virtuoso says that its own time was up and the rows are not all.
                if answer.status == 206 or answer.headers.get("X-SQL-State"):
                    raise QueryError(f"{self.url}: the endpoint stopped before the answer was whole; ask for less")
                return answer.headers.get_content_type(), _read(answer, deadline)
        except HTTPError as error:
            words = error.read(300).decode("utf-8", "replace").strip().splitlines()
            raise RefusedError(
                f"{self.url}: refused with {error.code} ({words[0] if words else error.reason})"
            ) from error
        except TimeoutError as error:
            raise self._too_late() from error
        except HTTPException as error:
            raise QueryError(f"{self.url}: the answer broke off ({error}); ask again") from error
        except OSError as error:
            if isinstance(getattr(error, "reason", None), TimeoutError):
                raise self._too_late() from error
            raise QueryError(f"{self.url}: no answer ({error}); check the address") from error

    def _too_late(self) -> QueryError:
        return QueryError(f"{self.url}: no whole answer in {self.timeout:g} seconds; allow more time, or ask for less")


def _read(answer: HTTPResponse, deadline: float) -> bytes:
    """
    Read a body to its end.

    :raises TimeoutError: if the clock passes the deadline first, however steadily bytes drip in.
    :raises HTTPException: if the body is shorter than announced.
    """
    chunks = []
    while chunk := answer.read1(_CHUNK):
        chunks.append(chunk)
        if monotonic() > deadline:
            raise TimeoutError
    missing = answer.length
    if missing:
        raise IncompleteRead(b"".join(chunks), missing)
    return b"".join(chunks)
