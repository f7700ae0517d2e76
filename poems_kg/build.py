"""
Make the released files from the tables: ``poems.ttl``, the OWL ontology, and ``graph.trig``, all named graphs.

Both are the same, byte for byte, from run to run and from machine to machine, and are replaced only when all is well.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from poems_kg.conflicts import conflict_quads, find_conflicts
from poems_kg.ids import PoemsKgError, compress, prefixes
from poems_kg.names import key_quads
from poems_kg.ontology import Graphs, build_quads
from poems_kg.reasoning import infer, reason
from poems_kg.rules import read_knowledge
from poems_kg.store import LocalStore
from poems_kg.tables import write_bytes_atomic

if TYPE_CHECKING:
    from rdflib import Graph

_STRING = "http://www.w3.org/2001/XMLSchema#string"

ONTOLOGY_FILE = "poems.ttl"
GRAPH_FILE = "graph.trig"


def _quiet(_: str) -> None:
    pass


def build_graph(folder: Path, report: Callable[[str], None] = _quiet) -> frozenset[ox.Quad]:
    """
    Build all named graphs from an ontology folder.

    :param report: is told what comes next, for a progress display.
    :raises DataError: with all problems in the tables.
    :raises PoemsKgError: if a file is missing, or the ontology has a class that nothing can belong to.
    """
    report("reading the tables")
    knowledge = read_knowledge(folder)
    report("writing axioms and claims as RDF")
    quads = build_quads(knowledge)
    report("reasoning with HermiT")
    conclusions = reason(quads)
    if not conclusions.is_consistent:
        names = ", ".join(sorted(compress(iri) for iri in conclusions.unsatisfiable))
        raise PoemsKgError(f"nothing can belong to {names}; look at the parents and categories of these terms")
    report("closing is-a and findings")
    quads |= infer(quads, conclusions)
    quads |= set(key_quads(quads, Graphs.inferred))
    report("looking for conflicts")
    store = ox.Store()
    store.extend(quads)
    reviews = {conflict_id: entry.record for conflict_id, entry in knowledge.reviews.items()}
    return frozenset(quads | conflict_quads(find_conflicts(LocalStore(store)), reviews))


def ontology_triples(quads: Iterable[ox.Quad]) -> set[ox.Triple]:
    """The triples of the released OWL file: what is asserted, imported and linked."""
    graphs = (Graphs.asserted, Graphs.imports, Graphs.links)
    return {quad.triple for quad in quads if quad.graph_name in graphs}


def to_rdflib(triples: Iterable[ox.Triple]) -> "Graph":
    """The triples as an rdflib ``Graph`` with our prefixes; blank nodes keep their names, plain strings stay plain."""
    from rdflib import BNode, Graph, Literal, URIRef

    def term(node: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> "BNode | Literal | URIRef":
        if isinstance(node, ox.Literal):
            datatype = None if node.language or node.datatype.value == _STRING else URIRef(node.datatype.value)
            return Literal(node.value, lang=node.language, datatype=datatype)
        if isinstance(node, ox.Triple):
            raise TypeError("the ontology has no triples about triples")
        return BNode(node.value) if isinstance(node, ox.BlankNode) else URIRef(node.value)

    graph = Graph()
    for prefix, namespace in prefixes().items():
        graph.bind(prefix, namespace)
    for triple in triples:
        graph.add((term(triple.subject), term(triple.predicate), term(triple.object)))
    return graph


def render_turtle(triples: Iterable[ox.Triple]) -> bytes:
    """Turtle as people read it: by kind and name, restrictions in place, the same bytes for the same triples."""
    return to_rdflib(triples).serialize(format="turtle", encoding="utf-8")


def render_trig(quads: Iterable[ox.Quad]) -> bytes:
    """All named graphs as TriG, sorted: the same bytes for the same quads."""
    ordered = sorted(quads, key=lambda q: (str(q.graph_name), str(q.subject), str(q.predicate), str(q.object)))
    text = ox.serialize(ordered, format=ox.RdfFormat.TRIG, prefixes=prefixes())
    lines = (text or b"").splitlines(keepends=True)
    header = [line for line in lines if line.startswith(b"@prefix ")]
    # pyoxigraph writes the prefixes in an order that changes from run to run.
    return b"".join([*sorted(header), *lines[len(header) :]])


def write_build(quads: frozenset[ox.Quad], ontology_file: Path, graph_file: Path) -> None:
    """
    Write ``poems.ttl`` and ``graph.trig``, each whole or not at all.

    :raises PoemsKgError: if a target cannot be written; what stood there is untouched.
    """
    write_bytes_atomic(ontology_file, render_turtle(ontology_triples(quads)))
    write_bytes_atomic(graph_file, render_trig(quads))
