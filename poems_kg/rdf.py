"""The named graphs, and small makers of RDF nodes."""

from typing import Final

import pyoxigraph as ox

from poems_kg.ids import expand

Node = ox.NamedNode | ox.BlankNode
Object = Node | ox.Literal


def iri(curie: str) -> ox.NamedNode:
    """The node of a CURIE."""
    return ox.NamedNode(expand(curie))


class Graphs:
    """The named graphs of the store."""

    asserted: Final = iri("graph:asserted")
    """The ontology as people wrote it: vocabulary, terms, axioms, and one plain edge for each asserted statement."""
    inferred: Final = iri("graph:inferred")
    """Only what follows: broader classes and broader findings, closed."""
    claims: Final = iri("graph:claims")
    """Who says what, where, how surely, with which figures."""
    links: Final = iri("graph:links")
    """Mappings to other ontologies: a plain triple for each that holds, and a node for each that says who says so."""
    imports: Final = iri("graph:imports")
    """Classes of other ontologies above ours: label and is-a."""

    conflicts: Final = iri("graph:conflicts")
    """Where the above disagree, with both sides; made by :mod:`poems_kg.conflicts`, not here."""

    all: Final = (asserted, inferred, claims, links, imports, conflicts)


A: Final = iri("rdf:type")
LABEL: Final = iri("rdfs:label")
SUBCLASS_OF: Final = iri("rdfs:subClassOf")
DEFINITION: Final = iri("IAO:0000115")
SOURCE: Final = iri("dcterms:source")
_XSD = "http://www.w3.org/2001/XMLSchema#"


def text(value: str) -> ox.Literal:
    """A plain string literal."""
    return ox.Literal(value)


def number(value: float) -> ox.Literal:
    """An ``xsd:decimal``, or an ``xsd:integer`` for an int, in its shortest form."""
    if isinstance(value, int):
        return ox.Literal(str(value), datatype=ox.NamedNode(f"{_XSD}integer"))
    return ox.Literal(format(value, ".15g"), datatype=ox.NamedNode(f"{_XSD}decimal"))
