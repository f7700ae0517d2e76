"""RDF as files: the ontology as Turtle, RDF/XML and JSON-LD; all named graphs as N-Quads and TriG."""

import json
from typing import Any

import pyoxigraph as ox

from poems_kg.build import ontology_triples, render_trig, render_turtle, to_rdflib
from poems_kg.exports.content import Exportable, read_quads
from poems_kg.exports.writing import render_json
from poems_kg.ids import prefixes

_OBO = {"obo": "http://purl.obolibrary.org/obo/"}
"""RDF/XML and JSON-LD shorten an IRI at its last ``/`` or ``#`` only; this one prefix serves all OBO ontologies."""


def _short_prefixes() -> dict[str, str]:
    return _OBO | {prefix: iri for prefix, iri in prefixes().items() if iri.endswith(("/", "#"))}


def render_ontology_turtle(kg: Exportable) -> bytes:
    """Make the released OWL file, byte for byte."""
    return render_turtle(ontology_triples(read_quads(kg.store)))


def render_rdfxml(kg: Exportable) -> bytes:
    """Make the ontology as RDF/XML, subjects in order."""
    triples = sorted(ontology_triples(read_quads(kg.store)), key=lambda t: (str(t.subject), str(t.predicate), str(t)))
    return ox.serialize(triples, format=ox.RdfFormat.RDF_XML, prefixes=_short_prefixes()) or b""


def render_jsonld(kg: Exportable) -> bytes:
    """Make the ontology as JSON-LD with a context, nodes and values in order."""
    graph = to_rdflib(ontology_triples(read_quads(kg.store)))
    text = graph.serialize(format="json-ld", context=_short_prefixes(), sort_keys=True)
    document = json.loads(text)
    # rdflib gives nodes and values in an order that changes from run to run.
    nodes = [_sort_values(node) for node in document["@graph"]]
    return render_json({"@context": document["@context"], "@graph": sorted(nodes, key=lambda node: str(node["@id"]))})


def _sort_values(value: Any) -> Any:
    if isinstance(value, list):
        return sorted((_sort_values(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, dict):
        # The items of an RDF list keep their order.
        return {key: cell if key == "@list" else _sort_values(cell) for key, cell in sorted(value.items())}
    return value


def render_nquads(kg: Exportable) -> bytes:
    """Make N-Quads of all named graphs, one statement a line."""
    return ox.serialize(read_quads(kg.store), format=ox.RdfFormat.N_QUADS) or b""


def render_all_trig(kg: Exportable) -> bytes:
    """Make TriG of all named graphs, byte for byte the built graph that ships with the package."""
    return render_trig(read_quads(kg.store))
