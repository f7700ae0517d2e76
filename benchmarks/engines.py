"""The SPARQL engines that are compared: each loads the same statements and gives an answer as rows of plain words."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from poems_kg.ids import compress
from poems_kg.linked import open_linked
from poems_kg.store import to_value

Cells = list[tuple[str, ...]]
"""Rows of an answer: ids as CURIEs, numbers in one way of writing, nothing as empty text."""


class TooLongError(Exception):
    """A query that was stopped."""


class Engine(Protocol):
    """What can be asked."""

    statements: int
    """How many statements it holds."""

    def ask(self, sparql: str, limit: float) -> Cells:
        """
        Run a SELECT query.

        :raises TooLongError: if it runs longer than ``limit`` seconds.
        """
        ...


def plain(value: object) -> str:
    """A cell as words, the same from every engine."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return format(float(value), ".9g")
    return str(value)


def as_cells(rows: Iterable[Iterable[object]]) -> Cells:
    """Rows that can be compared with those of another engine."""
    return sorted(tuple(plain(value) for value in row) for row in rows)


class Ours:
    """The linked graph, opened from disk. Oxigraph cannot be stopped: a limit must be set from another process."""

    def __init__(self, folder: Path) -> None:
        self.store = open_linked(folder)
        self.statements = len(self.store.quads)

    def ask(self, sparql: str, limit: float) -> Cells:  # noqa: ARG002
        """Run a query; see :class:`Engine`."""
        return as_cells(self.store.select(sparql)[1])


class Rdflib:
    """rdflib's own store and engine, all graphs together as the default graph."""

    def __init__(self, quads: Path) -> None:
        from rdflib import Dataset

        self.dataset = Dataset(default_union=True)
        self.dataset.parse(quads, format="nquads")
        self.statements = sum(len(graph) for graph in self.dataset.graphs())

    def ask(self, sparql: str, limit: float) -> Cells:
        """Run a query; see :class:`Engine`."""
        from timing import limited

        try:
            with limited(limit):
                result = self.dataset.query(sparql)
                return as_cells([to_value(row.get(name)) for name in result.vars or []] for row in result.bindings)
        except TimeoutError as error:
            raise TooLongError from error


class Owlready2:
    """owlready2's quadstore in memory and its own SPARQL, which it translates into SQL; one graph with everything."""

    def __init__(self, triples: Path) -> None:
        import owlready2

        self.world = owlready2.World()
        # The quadstore alone: to load it as an ontology would besides make Python classes of its properties.
        with triples.open("rb") as lines:
            self.world.get_ontology("https://w3id.org/poems-kg/linked#").graph.parse(lines, format="ntriples")
        self.statements = len(self.world.graph)

    def ask(self, sparql: str, limit: float) -> Cells:
        """Run a query; see :class:`Engine`."""
        import sqlite3

        end = time.monotonic() + limit
        self.world.graph.db.set_progress_handler(lambda: time.monotonic() > end, 100_000)
        try:
            query = self.world.prepare_sparql(sparql, error_on_undefined_entities=False)
            return as_cells(self._row(query.column_types, cells) for cells in query.execute_raw())
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise TooLongError from error
            raise
        finally:
            self.world.graph.db.set_progress_handler(None, 0)

    def _row(self, kinds: list[str], cells: tuple[Any, ...]) -> list[object]:
        """As its own ``execute`` reads a row: one cell for an entity, and a cell with its datatype for what else."""
        found: list[object] = []
        place = 0
        while place < len(cells):
            if kinds[place] == "objs":
                found.append(self._entity(cells[place]))
                place += 1
            else:
                value, datatype = cells[place : place + 2]
                is_entity = datatype == "o" and isinstance(value, int)
                found.append(self._entity(value) if is_entity or value is None else self._literal(value, datatype))
                place += 2
        return found

    def _entity(self, number: int | None) -> str | None:
        if number is None:
            return None
        return compress(self.world._unabbreviate(number)) if number > 0 else f"_:{-number}"

    def _literal(self, value: object, datatype: object) -> object:
        return value if datatype in {None, 0, "", "o"} else self.world._to_python(value, datatype)


PEERS: dict[str, Callable[[Path], Engine]] = {"rdflib": Rdflib, "owlready2": Owlready2}
