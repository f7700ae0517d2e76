"""What a worker does for the tool query: run SPARQL, but find no more of the answer than is asked for."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Literal, TypeVar, cast

import pyoxigraph as ox

from poems_kg.ids import prefixes
from poems_kg.serve.assistants import wording
from poems_kg.serve.assistants.answers import Cell, Found
from poems_kg.serve.assistants.jobs import MOST_CHARACTERS, bounded, store_of, to_reply
from poems_kg.serve.assistants.sources import Bibliography
from poems_kg.serve.replies import Reply
from poems_kg.sparql import query_form
from poems_kg.store import to_plain

if TYPE_CHECKING:
    from poems_kg.serve.desk import Desk

_Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]
T = TypeVar("T")


def query(desk: "Desk", sparql: str, limit: int, offset: int) -> Reply:
    """Some of the rows or triples that a query finds."""
    store = store_of(desk)
    result = store.evaluate(sparql)
    columns: list[str] = []
    rows: list[dict[str, Cell]] = []
    truth, turtle, given, has_more = None, "", 0, False
    bibliography = Bibliography(store)
    if isinstance(result, ox.QueryBoolean):
        truth = bool(result)
    elif isinstance(result, ox.QuerySolutions):
        columns = [variable.value for variable in result.variables]
        found = [dict(zip(columns, map(to_plain, row), strict=True)) for row in _window(result, limit, offset)]
        rows = bounded(found[:limit])
        given, has_more = len(rows), len(found) > len(rows)
        bibliography.add_rows(rows)
    else:
        triples = list(_window(result, limit, offset))
        kept = _fitting(triples[:limit])
        given, has_more = len(kept), len(triples) > len(kept)
        turtle = _to_turtle(kept)
        bibliography.add_rows([{"subject": to_plain(t.subject), "object": to_plain(t.object)} for t in kept])
    answer = Found(
        form=cast("_Form", query_form(sparql)),
        columns=columns,
        rows=rows,
        labels=desk.kg.names.labels(sorted({v for row in rows for v in row.values() if isinstance(v, str)})),
        truth=truth,
        turtle=turtle,
        offset=offset,
        count=given,
        sources=bibliography.sources(),
        rest=_rest("triples" if turtle else "rows", offset, given, has_more=has_more),
    )
    return to_reply(answer, wording.tell_found)


def _window(found: Iterator[T], limit: int, offset: int) -> Iterator[T]:
    """What is wanted, and one more, which tells whether there are more."""
    return islice(found, offset, offset + limit + 1)


def _fitting(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    kept: list[ox.Triple] = []
    size = 0
    for triple in triples:
        size += len(str(triple))
        if kept and size > MOST_CHARACTERS:
            break
        kept.append(triple)
    return kept


def _to_turtle(triples: list[ox.Triple]) -> str:
    """Triples as Turtle, with the prefixes that they use and no others."""
    text = " ".join(map(str, triples))
    used = {prefix: namespace for prefix, namespace in prefixes().items() if f"<{namespace}" in text}
    written = ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=used)
    return (written or b"").decode()


def _rest(what: str, offset: int, given: int, *, has_more: bool) -> str:
    if not has_more:
        return ""
    return (
        f"Cut: these are the {what} {offset + 1} to {offset + given}, and there are more. Ask again with "
        f"offset={offset + given} (the query needs an ORDER BY to give them in the same order), or for less."
    )
