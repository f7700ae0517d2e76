"""
The SPARQL editor: a query in a form, and below it its answer, or the place in it that is wrong.

Shows the first rows only; ``/sparql`` gives the rest, in every format of the protocol.
"""

from dataclasses import replace
from functools import lru_cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from poems_kg.ids import PoemsKgError, compress, is_known, prefixes
from poems_kg.questions import ANY, LINKED, Question, bind, find_question
from poems_kg.questions import find_questions as read_questions
from poems_kg.serve.answering import answer
from poems_kg.serve.asked import Asked
from poems_kg.serve.desk import Desk
from poems_kg.serve.pages.answer_table import Cell, address_of
from poems_kg.serve.pages.rendering import page, read_asked, render, with_query
from poems_kg.serve.problems import (
    NotFoundError,
    TooBusyError,
    TooLargeError,
    TooSlowError,
    WorkerLostError,
    log,
    status_of,
)
from poems_kg.serve.replies import Reply, to_json
from poems_kg.sparql import QueryError, bind_terms
from poems_kg.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

_Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

ROWS: Final = 300
"""Rows, or triples, on the page."""
OURS: Final = "https://w3id.org/poems-kg/"
_PREFIXES: Final = ("kg", "graph", "rdfs", "HP", "MONDO", "POEMS")
"""Those that a new query begins with."""
_FORMATS: Final = (("CSV", "csv"), ("TSV", "tsv"), ("JSON", "json"), ("XML", "xml"))
_GRAPH_FORMATS: Final = (("Turtle", "ttl"), ("N-Triples", "nt"), ("JSON-LD", "jsonld"), ("RDF/XML", "rdf"))
_PLAIN_TYPES: Final = frozenset({"string", "integer", "decimal", "double", "boolean"})
_NUMBERS: Final = frozenset({"integer", "decimal", "double", "float", "gYear"})
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_FIRST: Final = """\
# The findings of POEMS syndrome that most sources state
SELECT ?finding ?label (COUNT(DISTINCT ?source) AS ?sources)
WHERE {
  ?claim kg:subject MONDO:0017364 ;
         kg:relation kg:has_phenotype ;
         kg:polarity "asserts" ;
         kg:object ?finding ;
         kg:source ?source .
  ?finding rdfs:label ?label .
}
GROUP BY ?finding ?label
ORDER BY DESC(?sources) ?label
LIMIT 20
"""
_VOCABULARY: Final = """
PREFIX IAO: <http://purl.obolibrary.org/obo/IAO_>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?term ?label (SAMPLE(?definition) AS ?about) (MAX(?is_property) AS ?property) WHERE {
  ?term a ?type ; rdfs:label ?label .
  FILTER(STRSTARTS(STR(?term), "https://w3id.org/poems-kg/vocab/"))
  BIND(IF(?type = owl:Class, 0, 1) AS ?is_property)
  OPTIONAL { ?term IAO:0000115|rdfs:comment ?definition }
} GROUP BY ?term ?label ORDER BY ?term
"""
_GRAPHS: Final = "SELECT DISTINCT ?graph WHERE { GRAPH ?graph { ?subject ?predicate ?object } } ORDER BY ?graph"


def show_editor(desk: Desk, asked: Asked, failed: str = "", status: int = 200) -> Reply:
    """
    The editor with a query, and its answer.

    :param failed: why the query came to no answer, where it has been tried already, with the status of that.
    :raises NotFoundError: if an example is asked for that there is not.
    """
    name, query = asked.get("example"), asked.get("query").replace("\r\n", "\n")
    if name:
        query = _example(desk, name)
    shown: dict[str, Any] = {"problem": failed, "listing": [], "result": None}
    if query.strip() and not failed:
        try:
            shown["result"] = evaluate(desk, query)
        except QueryError as error:
            status = 400
            shown |= {"problem": str(error), "listing": mark_place(query, error.line, error.column)}
    formats = _GRAPH_FORMATS if shown["result"] and shown["result"]["kind"] == "graph" else _FORMATS
    return render(
        "editor.html",
        status,
        here="/editor",
        query=query or _start(),
        topics=_topics(desk),
        prefixes=prefixes(),
        rows_shown=ROWS,
        settings=desk.settings,
        files=[(label, with_query("/sparql", {"query": query, "format": short})) for label, short in formats],
        **shown,
    )


def _start() -> str:
    lines = [f"PREFIX {prefix}: <{prefixes()[prefix]}>" for prefix in _PREFIXES]
    return "\n".join(lines) + "\n\n" + _FIRST


def _topics(desk: Desk) -> dict[str, list[Question]]:
    topics: dict[str, list[Question]] = {}
    for question in read_questions().values():
        if question.needs != LINKED or desk.is_linked:
            topics.setdefault(question.tags[0], []).append(question)
    return dict(sorted(topics.items()))


def _example(desk: Desk, name: str) -> str:
    """The SPARQL of a question with its defaults in it."""
    try:
        question = find_question(name)
        given = {each.name: ANY for each in question.parameters.values() if each.default is None}
        return bind_terms(question.sparql, bind(question, given, desk.kg.names))
    except PoemsKgError as error:
        raise NotFoundError(f"there is no example {name[:60]!r} for this graph ({error})") from error


# --- The answer ---


def evaluate(desk: Desk, query: str) -> dict[str, Any]:
    """
    What a query gives: its ``kind`` (``table``, ``graph`` or ``truth``), and the first rows or triples.

    :raises QueryError: if the query is broken, an update, or asks another server.
    """
    store = desk.kg.store
    assert isinstance(store, LocalStore)  # noqa: S101 - a desk opens nothing else
    try:
        found = store.evaluate(query)
        if isinstance(found, ox.QueryBoolean):
            return {"kind": "truth", "truth": bool(found)}
        if isinstance(found, ox.QueryTriples):
            triples = list(islice(found, ROWS + 1))
            used = {name: namespace for name, namespace in prefixes().items() if _uses(triples, namespace)}
            text = ox.serialize(triples[:ROWS], format=ox.RdfFormat.TURTLE, prefixes=used)
            return {"kind": "graph", "turtle": (text or b"").decode(), "count": min(len(triples), ROWS)} | {
                "is_cut": len(triples) > ROWS
            }
        solutions = list(islice(found, ROWS + 1))
    except (OSError, RuntimeError, UnicodeEncodeError) as error:
        # What only shows while rows are found, and what cannot be written in UTF-8.
        raise QueryError(f"the query failed as it ran ({error}); mend it") from error
    columns = [variable.value for variable in found.variables]
    rows = [_row(desk, list(solution)) for solution in solutions[:ROWS]]
    are_numbers = [
        bool(rows) and all(row[place].is_number or not row[place].lines for row in rows)
        for place in range(len(columns))
    ]
    return {
        "kind": "table",
        "columns": list(zip(columns, are_numbers, strict=True)),
        "rows": rows,
        "is_cut": len(solutions) > ROWS,
    }


def _uses(triples: "Sequence[ox.Triple]", namespace: str) -> bool:
    return any(
        isinstance(node, ox.NamedNode) and node.value.startswith(namespace)
        for triple in triples
        for node in (triple.subject, triple.predicate, triple.object)
    )


def _row(desk: Desk, terms: list[_Term | None]) -> list[Cell]:
    """The cells of a row; no label beside an IRI where it is in the row anyway."""
    texts = {term.value for term in terms if isinstance(term, ox.Literal)}
    return [
        replace(cell, entity_id="") if cell.entity_id in texts else cell for cell in map(partial(_cell, desk), terms)
    ]


def _cell(desk: Desk, term: _Term | None) -> Cell:
    if term is None:
        return Cell()
    if isinstance(term, ox.NamedNode):
        curie = compress(term.value)
        label = desk.kg.names.labels([curie]).get(curie, "") if is_known(curie) else ""
        return Cell((((curie, _address(term.value, curie, label)),),), label)
    if not isinstance(term, ox.Literal):
        return Cell((((str(term), ""),),))
    kind = term.datatype.value.removeprefix(_XSD)
    beside = f"@{term.language}" if term.language else "" if kind in _PLAIN_TYPES else compress(term.datatype.value)
    lines = tuple(((line, ""),) for line in term.value.splitlines() or [""])
    return Cell(lines, beside, "", kind in _NUMBERS)


def _address(iri: str, curie: str, label: str) -> str:
    """Where an IRI leads: what is ours to its page here, an entity to its page, all else to itself."""
    if iri.startswith(OURS) and not curie.startswith(("claim:", "source:", "POEMS:")):
        return "/" + iri.removeprefix(OURS)
    if is_known(curie):
        return address_of(curie, is_ours=bool(label) and curie.partition(":")[0] not in {"rdf", "rdfs", "owl"})
    return iri if iri.startswith(("http://", "https://")) else ""


def mark_place(query: str, line: int | None, column: int | None) -> list[tuple[int, str, str, bool]]:
    r"""
    The lines of a query around a place, as number, words before the place, words from there on, whether it is the line.

    >>> mark_place("SELECT *\nWHER { }", 2, 1)
    [(1, 'SELECT *', '', False), (2, '', 'WHER { }', True)]
    """
    if line is None or column is None:
        return []
    lines = query.split("\n")
    wrong = min(line, len(lines))
    listing = []
    for number in range(max(1, wrong - 3), min(len(lines), wrong + 3) + 1):
        text = lines[number - 1]
        at = column - 1 if number == wrong else len(text)
        listing.append((number, text[:at], text[at:], number == wrong))
    return listing


# --- What the script of the editor completes ---


def send_vocabulary(desk: Desk, _asked: Asked) -> Reply:
    """Prefixes, the terms of our vocabulary, the named graphs and the limits, as JSON."""
    return _vocabulary(desk)


@lru_cache(maxsize=2)
def _vocabulary(desk: Desk) -> Reply:
    rows = desk.kg.store.select(_VOCABULARY)[1]
    terms = [
        {"id": term, "label": label, "kind": "property" if is_property else "class", "about": about or ""}
        for term, label, about, is_property in rows
    ]
    graphs = [{"id": row[0], "label": row[0], "kind": "graph", "about": ""} for row in desk.kg.store.select(_GRAPHS)[1]]
    limits = {"rows": desk.settings.rows, "seconds": desk.settings.seconds}
    return to_json({"prefixes": prefixes(), "terms": [*terms, *graphs], "limits": limits})


async def _edit(request: Request) -> "Response":
    """The page, also where the query had to be stopped: then with the query in it, and why."""
    asked = await read_asked(request)
    workers = request.app.state.workers
    has_query = bool(asked.get("query").strip() or asked.get("example"))
    try:
        reply = await workers.reply(show_editor, asked, "", 200, lane="query" if has_query else "page")
    except (TooSlowError, TooBusyError, TooLargeError, WorkerLostError) as error:
        if isinstance(error, WorkerLostError):
            log(error)
        status, _ = status_of(error)
        reply = await workers.reply(show_editor, asked, str(error), status, keep=False)
    return answer(request, reply)


ROUTES: list[BaseRoute] = [
    Route("/editor", _edit),
    Route("/editor/vocabulary.json", page(send_vocabulary)),
]
