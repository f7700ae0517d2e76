"""
Read a graph back into entities, claims and is-a edges, for formats that are not RDF.

Works the same on a graph in memory and on an endpoint. What a format makes of the records is its own business.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import pyoxigraph as ox

from poems_kg.claims import Claim
from poems_kg.descriptions import find_claims
from poems_kg.exports.writing import ExportError
from poems_kg.ids import compress, expand
from poems_kg.names import Names
from poems_kg.places import ontology_dir
from poems_kg.rdf import Graphs
from poems_kg.store import LocalStore, Store
from poems_kg.vocabulary import ONTOLOGY, Vocabulary

if TYPE_CHECKING:
    import networkx as nx
    from rdflib.term import Node

_NO_NAME = re.compile(r"[^0-9A-Za-z]")
_ALL_QUADS = f"SELECT ?g ?s ?p ?o WHERE {{ VALUES ?g {{ {' '.join(map(str, Graphs.all))} }} GRAPH ?g {{ ?s ?p ?o }} }}"
_SYNONYMS = {f"oboInOwl:has{scope}Synonym": scope.lower() for scope in ("Exact", "Related", "Broad", "Narrow")}


class Exportable(Protocol):
    """What a graph must offer to be exported; a ``KnowledgeGraph`` does."""

    store: Store

    @property
    def names(self) -> Names:
        """All names in the graph."""
        ...

    def view(self, name: str) -> "nx.Graph":
        """Make one of the NetworkX views."""
        ...


@dataclass(slots=True)
class Entity:
    """
    A term, a source, or a class of another ontology above our terms.

    ``category`` is the local name of its upper class, empty where none is known; ``is_ours`` tells the rows of our own
    tables from classes imported above them; ``synonyms`` are (scope, name), ``matches`` are (SKOS predicate, id);
    ``definition_source`` is an id; ``citation`` and ``kind`` are of sources.
    """

    entity_id: str
    label: str = ""
    category: str = ""
    is_ours: bool = False
    is_class: bool = True
    definition: str = ""
    definition_source: str = ""
    synonyms: list[tuple[str, str]] = field(default_factory=list)
    matches: list[tuple[str, str]] = field(default_factory=list)
    xrefs: list[str] = field(default_factory=list)
    parent_ids: list[str] = field(default_factory=list)
    citation: str = ""
    kind: str = ""
    links: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """All synonyms, whatever their scope, each once."""
        return list(dict.fromkeys(name for _, name in self.synonyms))

    @property
    def reference(self) -> str:
        """The best identifier of a source: ``PMID:…``, else ``DOI:…``, else its address, else its id."""
        for prefix in ("PMID:", "DOI:"):
            for xref in self.xrefs:
                if xref.startswith(prefix):
                    return xref
        return self.links[0] if self.links else self.entity_id


def read_quads(store: Store) -> list[ox.Quad]:
    """
    All statements of our named graphs, sorted; not those that a linked graph has from releases of others.

    :raises ExportError: if an endpoint has no named graphs.
    """
    if isinstance(store, LocalStore):
        found = {quad for graph in Graphs.all for quad in store.quads.quads_for_pattern(None, None, None, graph)}
    else:
        rows = [{str(name): node for name, node in row.items()} for row in store.query(_ALL_QUADS).bindings]
        parts = ((_to_oxigraph(row[name]) for name in "spog") for row in rows)
        found = {ox.Quad(*quad) for quad in parts}  # type: ignore[arg-type]
        if not found:
            raise ExportError("the endpoint has no named graphs; export from poems_kg.load() instead")
    return sorted(found, key=lambda q: (str(q.graph_name), str(q.subject), str(q.predicate), str(q.object)))


def read_release(quads: Iterable[ox.Quad]) -> dict[str, str]:
    """What the ontology says of itself: ``versionInfo``, ``versionIRI``, ``title``, ``license`` and so on."""
    about = [quad for quad in quads if quad.subject == ox.NamedNode(ONTOLOGY)]
    return {quad.predicate.value.rpartition("#")[2].rpartition("/")[2]: _value(quad.object) for quad in about}


def _to_oxigraph(node: "Node") -> ox.NamedNode | ox.BlankNode | ox.Literal:
    from rdflib import BNode, Literal

    if isinstance(node, Literal):
        if node.language:
            return ox.Literal(str(node), language=node.language)
        return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype))) if node.datatype else ox.Literal(node)
    # Virtuoso names a blank node like an address, nodeID://b10001.
    return ox.BlankNode(_NO_NAME.sub("", node)) if isinstance(node, BNode) else ox.NamedNode(str(node))


def _value(node: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    """A CURIE where the node is an IRI, else its text."""
    return compress(node.value) if isinstance(node, ox.NamedNode) else str(getattr(node, "value", node))


class Content:
    """A graph as records. Everything is in the order of the ids."""

    def __init__(self, kg: Exportable) -> None:
        self.names = kg.names
        self.quads = read_quads(kg.store)
        self.claims: list[Claim] = find_claims(kg.store, kg.names)
        self.vocabulary = Vocabulary(ontology_dir() / "core.ttl")

    @cached_property
    def release(self) -> dict[str, str]:
        """What the ontology says of itself; see :func:`read_release`."""
        return read_release(self.quads)

    @cached_property
    def entities(self) -> dict[str, Entity]:
        """Terms, sources and imported classes by id."""
        about: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for quad in self.quads:
            if quad.graph_name in (Graphs.asserted, Graphs.links, Graphs.imports):
                about[_value(quad.subject)][_value(quad.predicate)].append(_value(quad.object))
        found = {
            entity_id: _to_entity(entity_id, cells)
            for entity_id, cells in sorted(about.items())
            if cells["kg:category"] or "kg:Publication" in cells["rdf:type"] or cells["IAO:0000412"]
        }
        for source, target in self._definition_sources().items():
            if source in found:
                found[source].definition_source = target
        for entity in found.values():
            entity.category = entity.category or self._category_above(entity.entity_id, about)
        return found

    def _definition_sources(self) -> dict[str, str]:
        notes: dict[str, dict[str, str]] = defaultdict(dict)
        for quad in self.quads:
            if isinstance(quad.subject, ox.BlankNode) and quad.graph_name == Graphs.asserted:
                notes[quad.subject.value][_value(quad.predicate)] = _value(quad.object)
        return {
            note["owl:annotatedSource"]: note["dcterms:source"]
            for note in notes.values()
            if note.get("owl:annotatedProperty") == "IAO:0000115" and "dcterms:source" in note
        }

    def _category_above(self, entity_id: str, about: dict[str, dict[str, list[str]]]) -> str:
        """The category that a class inherits; empty where its parents end without one."""
        seen, waiting = {entity_id}, [entity_id]
        while waiting:
            for parent_id in about[waiting.pop(0)]["rdfs:subClassOf"]:
                name = parent_id.removeprefix("kg:")
                if parent_id.startswith("kg:") and name in self.vocabulary.categories:
                    return name
                if parent_id not in seen:
                    seen.add(parent_id)
                    waiting.append(parent_id)
        return ""

    @cached_property
    def is_a(self) -> list[tuple[str, str]]:
        """Class and the class right above it, both among the entities."""
        return [
            (entity.entity_id, parent_id)
            for entity in self.entities.values()
            for parent_id in entity.parent_ids
            if parent_id in self.entities
        ]

    def reference(self, source_id: str) -> str:
        """The best identifier of a source, given its bare id; see :attr:`Entity.reference`."""
        entity = self.entities.get(f"source:{source_id}")
        return entity.reference if entity else f"source:{source_id}"

    def text_claims(self, entity_id: str) -> list[Claim]:
        """The claims of a subject that lead to words or figures instead of to a term."""
        return self._text_claims.get(entity_id, [])

    @cached_property
    def _text_claims(self) -> dict[str, list[Claim]]:
        found: dict[str, list[Claim]] = defaultdict(list)
        for claim in self.claims:
            if not claim.object_id:
                found[claim.subject_id].append(claim)
        return found

    @cached_property
    def edge_claims(self) -> list[Claim]:
        """The claims that lead to a term."""
        return [claim for claim in self.claims if claim.object_id]


def _to_entity(entity_id: str, cells: dict[str, list[str]]) -> Entity:
    def first(*keys: str) -> str:
        return next((cell for key in keys for cell in sorted(cells[key])), "")

    is_source = "kg:Publication" in cells["rdf:type"]
    return Entity(
        entity_id,
        label=first("rdfs:label"),
        category="Publication" if is_source else first("kg:category").removeprefix("kg:"),
        is_ours=is_source or bool(cells["kg:category"]),
        is_class="owl:Class" in cells["rdf:type"],
        definition=first("IAO:0000115"),
        synonyms=sorted((scope, name) for key, scope in _SYNONYMS.items() for name in cells[key]),
        matches=sorted((key, value) for key in list(cells) if key.startswith("skos:") for value in cells[key]),
        xrefs=sorted(cells["oboInOwl:hasDbXref"]),
        # A parent that is a class expression is a blank node; its name has no colon.
        parent_ids=sorted({parent for parent in cells["rdfs:subClassOf"] if ":" in parent and parent[:3] != "kg:"}),
        citation=first("dcterms:bibliographicCitation"),
        kind=first("kg:kind"),
        links=sorted(expand(link) if not link.startswith("http") else link for link in cells["rdfs:seeAlso"]),
    )
