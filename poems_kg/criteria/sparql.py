"""
Compile a definition to one SPARQL query, which says of every record in a graph what the set and its items are.

The graph has the records as :func:`record_quads` writes them, and is-a, closed, of the findings in them and in the
definition. The query is plain SPARQL 1.1 and is asked of whatever holds that: a store in memory, or a server.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from poems_kg.criteria.definition import AllOf, AnyOf, Criteria, Has, Named, Node, Not, criteria_dir, walk
from poems_kg.criteria.evaluation import Truth
from poems_kg.criteria.records import Hierarchy, Profile, Reader, watched
from poems_kg.ids import expand
from poems_kg.patients.terms import TermBook
from poems_kg.rdf import LABEL, SUBCLASS_OF, A, iri
from poems_kg.store import Store

RECORDS: Final = iri("graph:records")
"""The named graph of the records."""
DEFINITIONS: Final = iri("graph:criteria")
"""The named graph of the definitions."""

_OURS: Final = (expand("criteria:x")[:-1], expand("kg:x")[:-1])
_HEAD: Final = """PREFIX kg: <https://w3id.org/poems-kg/vocab/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
_MARKS: Final = """{ SELECT ?record (GROUP_CONCAT(DISTINCT ?mark; SEPARATOR=" ") AS ?marks) WHERE {
    { ?record a kg:Record . BIND("" AS ?mark) }
    UNION { ?record kg:observed ?recorded . BIND(CONCAT("=<", STR(?recorded), ">") AS ?mark) }
    UNION { ?record kg:observed ?form . BIND(CONCAT("+<", STR(?form), ">") AS ?mark) }
    UNION { ?record kg:observed ?finding . ?finding rdfs:subClassOf ?form
            BIND(CONCAT("+<", STR(?form), ">") AS ?mark) }
    UNION { ?record kg:excluded ?form . BIND(CONCAT("-<", STR(?form), ">") AS ?mark) }
    UNION { ?record kg:excluded ?finding . ?form rdfs:subClassOf ?finding
            BIND(CONCAT("-<", STR(?form), ">") AS ?mark) }
  } GROUP BY ?record }"""
"""
What a record says, carried along is-a: ``=`` recorded itself, ``+`` present, ``-`` absent.

Texts, because a look into a text is cheap, and each of the hundred EXISTS that a definition would else become is not.
"""


def definition_quads(folder: Path | None = None) -> Iterator[ox.Quad]:
    """
    Give the OWL files as a named graph, to be asked beside others: which findings meet an item, and who says so.

    Labels of findings and diseases are left out, as the released graph has them.
    """
    for path in sorted((folder or criteria_dir()).glob("*.ttl")):
        for quad in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE):
            is_ours = isinstance(quad.subject, ox.BlankNode) or quad.subject.value.startswith(_OURS)
            if is_ours or quad.predicate != LABEL:
                yield ox.Quad(quad.subject, quad.predicate, quad.object, DEFINITIONS)


def record_quads(records: Mapping[str, Profile], criteria: Criteria, findings: TermBook) -> Iterator[ox.Quad]:
    """
    Write records, each by a name that can end an IRI, with is-a of all that they and the set name.

    An excluded finding above an observed one is left out.

    :raises PoemsKgError: if the hierarchy does not know a finding.
    """
    hierarchy = Hierarchy(findings)
    reader = Reader(criteria, hierarchy)
    mentioned = set(watched(criteria.rule))
    for name, (observed, excluded) in records.items():
        node = iri(f"criteria:record-{name}")
        contradicted = reader.record(observed, excluded).contradicted
        yield ox.Quad(node, A, iri("kg:Record"), RECORDS)
        for entry_id in observed:
            yield ox.Quad(node, iri("kg:observed"), iri(entry_id), RECORDS)
        for entry_id in set(excluded) - set(contradicted):
            yield ox.Quad(node, iri("kg:excluded"), iri(entry_id), RECORDS)
        mentioned.update(observed, excluded)
    for entry_id in mentioned:
        for broader in hierarchy.broader(entry_id) - {entry_id}:
            yield ox.Quad(iri(entry_id), SUBCLASS_OF, iri(broader), RECORDS)


def compile_query(criteria: Criteria) -> str:
    """
    Make the query of a set: columns ``record``, ``rule``, and ``item_1`` and so on in the order of the items.

    Each named class of the definition becomes two bindings, whether it is met and whether it is not; neither is
    unknown.
    """
    places: dict[str, int] = {}
    lines = []
    for node in reversed([part for part in walk(criteria.rule) if isinstance(part, Named)]):
        if node.class_id not in places:
            places[node.class_id] = len(places)
            lines += _bindings(node, places)
    columns = {"rule": criteria.class_id} | {f"item_{n}": item.item_id for n, item in enumerate(criteria.items, 1)}
    for column, class_id in columns.items():
        place = places[class_id]
        lines.append(f'BIND(IF(?met_{place}, "met", IF(?not_met_{place}, "not_met", "unknown")) AS ?{column})')
    body = "\n".join(f"  {line}" for line in [_MARKS, *lines])
    return f"{_HEAD}SELECT ?record {' '.join(f'?{column}' for column in columns)} WHERE {{\n{body}\n}} ORDER BY ?record"


def ask(criteria: Criteria, store: Store) -> dict[str, dict[str, Truth]]:
    """Ask a store: for the name of each record in it, truth by class id, of the set and its items."""
    class_ids = [criteria.class_id, *(item.item_id for item in criteria.items)]
    _, rows = store.select(compile_query(criteria))
    return {
        str(record).removeprefix("criteria:record-"): {
            class_id: Truth(str(value)) for class_id, value in zip(class_ids, values, strict=True)
        }
        for record, *values in rows
    }


def _bindings(node: Named, places: Mapping[str, int]) -> list[str]:
    """A named class after those that it is made of."""
    place = places[node.class_id]
    met = " || ".join([_met(node.body, places), *(_marked("=", entry.entry_id) for entry in node.recorded_as)])
    ruled_out = (_marked("-", entry.entry_id) for entry in node.ruled_out_by)
    not_met = " || ".join([_not_met(node.body, places), *ruled_out])
    return [f"BIND({met} AS ?met_{place})", f"BIND(!?met_{place} && ({not_met}) AS ?not_met_{place})"]


def _marked(mark: str, entry_id: str) -> str:
    return f'CONTAINS(?marks, "{mark}<{expand(entry_id)}>")'


def _met(node: Node, places: Mapping[str, int]) -> str:
    """The condition that a node is met."""
    match node:
        case Has(_, entry):
            return _marked("+", entry.entry_id)
        case Named():
            return f"?met_{places[node.class_id]}"
        case Not(part):
            return _not_met(part, places)
        case AllOf(parts):
            return "(" + " && ".join(_met(part, places) for part in parts) + ")"
        case AnyOf(parts):
            return "(" + " || ".join(_met(part, places) for part in parts) + ")"


def _not_met(node: Node, places: Mapping[str, int]) -> str:
    """The condition that a node is not met."""
    match node:
        case Has(_, entry):
            return _marked("-", entry.entry_id)
        case Named():
            return f"?not_met_{places[node.class_id]}"
        case Not(part):
            return _met(part, places)
        case AllOf(parts):
            return "(" + " || ".join(_not_met(part, places) for part in parts) + ")"
        case AnyOf(parts):
            return "(" + " && ".join(_not_met(part, places) for part in parts) + ")"
