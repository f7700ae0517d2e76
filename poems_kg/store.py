"""
Where SPARQL is asked: rdflib's API on Oxigraph for a graph on this machine; ``remote`` has the store for one elsewhere.

All graphs together are the default graph of every query. Every store is read-only.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyoxigraph as ox

from poems_kg.ids import PoemsKgError, compress, prefixes
from poems_kg.sparql import QueryError, bind_terms, check_read_only

if TYPE_CHECKING:
    from rdflib import Dataset
    from rdflib.query import Result
    from rdflib.term import Identifier

Value = str | int | float | bool | None
"""A cell of an answer: CURIE or words, a number, or nothing."""

Row = list[Value]
"""One row of an answer, in the order of its columns."""

_Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_STRING = ox.NamedNode("http://www.w3.org/2001/XMLSchema#string")
NO_ROWS = "only a SELECT query has rows; ask with SELECT"
"""What is said of another query where rows are wanted."""
_POSITION = re.compile(r"error at (\d+):(\d+)")


class Store(Protocol):
    """What can be asked in SPARQL 1.1."""

    def query(self, sparql: str, bindings: "Mapping[str, Identifier] | None" = None) -> "Result":
        """
        Run a SELECT, ASK, CONSTRUCT or DESCRIBE query.

        :param bindings: value by variable name; the variable stands for it throughout the query.
        :raises QueryError: if the query is broken or an update, or the store does not answer.
        """
        ...

    def select(self, sparql: str, bindings: "Mapping[str, Identifier] | None" = None) -> tuple[list[str], list[Row]]:
        """
        Run a SELECT query and give its columns and its rows, as plain values in the order of the columns.

        :raises QueryError: as ``query`` does, and if it is no SELECT query.
        """
        ...


class LocalStore:
    """A graph in memory: ``quads`` is Oxigraph's own store, ``dataset`` the same as an rdflib ``Dataset``."""

    def __init__(self, quads: ox.Store) -> None:
        self.quads = quads
        self._dataset: Dataset | None = None

    @property
    def dataset(self) -> "Dataset":
        """The graph as an rdflib ``Dataset`` whose default graph is the union of all graphs."""
        if self._dataset is None:
            # rdflib takes longer to import than the graph takes to load; who only loads does not pay for it.
            from oxrdflib import OxigraphStore
            from rdflib import Dataset

            self._dataset = Dataset(OxigraphStore(store=self.quads), default_union=True)
            for prefix, namespace in prefixes().items():
                self._dataset.bind(prefix, namespace)
        return self._dataset

    def query(self, sparql: str, bindings: "Mapping[str, Identifier] | None" = None) -> "Result":
        """Run a query; see :class:`Store`."""
        check_read_only(sparql)
        try:
            # Oxigraph takes values only for variables that are selected, so they go in where a server gets them too.
            return self.dataset.query(bind_terms(sparql, bindings or {}))
        except SyntaxError as error:
            raise to_query_error(sparql, error) from error

    def select(self, sparql: str, bindings: "Mapping[str, Identifier] | None" = None) -> tuple[list[str], list[Row]]:
        """Run a SELECT query; see :class:`Store`."""
        result = self.evaluate(sparql, bindings)
        if not isinstance(result, ox.QuerySolutions):
            raise QueryError(NO_ROWS)
        columns = [variable.value for variable in result.variables]
        return columns, [[to_plain(term) for term in solution] for solution in result]

    def evaluate(
        self, sparql: str, bindings: "Mapping[str, Identifier] | None" = None
    ) -> ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples:
        """
        Run a query in Oxigraph's own terms; rows and triples are found as they are fetched, so that some can do.

        :raises QueryError: if the query is broken or an update.
        """
        check_read_only(sparql)
        # Straight from Oxigraph: to make rdflib's terms of an answer can take longer than to find it.
        try:
            return self.quads.query(bind_terms(sparql, bindings or {}), use_default_graph_as_union=True)
        except SyntaxError as error:
            raise to_query_error(sparql, error) from error


@lru_cache(maxsize=1 << 16)
def to_plain(term: "_Term | None") -> Value:
    """As :func:`to_value`, for a term of Oxigraph."""
    if isinstance(term, ox.NamedNode):
        return compress(term.value)
    if isinstance(term, ox.Literal) and term.language is None and term.datatype != _STRING:
        from rdflib import Literal

        return to_value(Literal(term.value, datatype=term.datatype.value))
    return term.value if isinstance(term, ox.Literal) else None if term is None else str(term)


def to_value(node: "Identifier | None") -> Value:
    """A CURIE for an IRI; a number, truth value or text for a literal; None for nothing."""
    from rdflib import Literal, URIRef

    if node is None:
        return None
    if isinstance(node, URIRef):
        return compress(str(node))
    python = node.toPython() if isinstance(node, Literal) else None
    if isinstance(python, Decimal):
        return float(python)
    return python if isinstance(python, bool | int | float) else str(node)


def to_query_error(sparql: str, error: Exception) -> QueryError:
    """What Oxigraph has against a query, in our words, with line and column where it says them."""
    message = str(error)
    position = _POSITION.search(message)
    if not position:
        return QueryError(f"not SPARQL 1.1 ({message.splitlines()[0]}); mend the query")
    line, column = int(position[1]), int(position[2])
    lines = sparql.split("\n")
    rest = lines[min(line, len(lines)) - 1][column - 1 :].strip()
    near = f"at {rest[:40]!r}" if rest else "at the end of the line"
    unknown = " (unknown prefix?)" if "Prefix not found" in message else ""
    words = f"line {line}, column {column}: not SPARQL 1.1 {near}{unknown}; mend the query there"
    return QueryError(words, line, column)


def load_store(path: Path) -> LocalStore:
    """
    Load a built graph (TriG) into memory.

    :raises PoemsKgError: if the file is missing or damaged.
    """
    quads = ox.Store()
    try:
        # Parsed first: bulk_load would give blank nodes new names, and exports would differ from run to run.
        quads.bulk_extend(ox.parse(path=str(path), format=ox.RdfFormat.TRIG))
    except OSError as error:
        reason = error.strerror or str(error)
        raise PoemsKgError(f"{path}: cannot be read ({reason}); run 'poems-kg build', or reinstall poems-kg") from error
    except SyntaxError as error:
        raise PoemsKgError(f"{path}:{error.lineno}: the graph is damaged; run 'poems-kg build' again") from error
    return LocalStore(quads)
