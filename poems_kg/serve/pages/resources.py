"""The page of a resource that has no page of its own kind: what it is, what is said of it, and what leads to it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pyoxigraph as ox

from poems_kg.ids import compress
from poems_kg.rdf import LABEL, Node, iri
from poems_kg.serve.asked import Asked
from poems_kg.serve.pages.evidence import evidence
from poems_kg.serve.pages.rendering import entity_url, render
from poems_kg.serve.pages.sources import to_statement
from poems_kg.serve.replies import Reply
from poems_kg.serve.resource_graphs import BASE, Triples, about, criteria, entity_node, is_ontology, node_of, referring
from poems_kg.serve.resource_names import unknown
from poems_kg.vocabulary import ONTOLOGY

if TYPE_CHECKING:
    from poems_kg.serve.desk import Desk

MOST_VALUES: Final = 100
"""Of one property, and of what leads to a resource, that a page gives; RDF has all."""
_TITLE: Final = iri("dcterms:title")
_DEEPEST: Final = 4
"""How deep a class expression is put in words."""

_KINDS: Final = {
    "annotation": ("Annotation", "One annotation of a disorder with a finding, as HPO's file has it."),
    "criteria": ("Criterion", "A part of published diagnostic criteria, as a class that a patient falls into or not."),
    "graph": ("Named graph", "A part of the knowledge graph; as RDF it comes whole."),
    "mapping": ("Mapping", "What an entity is in another ontology, and who says so."),
    "passage": ("Passage", "A place in the text of a source: position and hash, for the text is under copyright."),
    "poems.owl": ("Ontology", "The ontology as released; as RDF it comes whole."),
    "release": ("Release", "A release of another ontology that this graph is linked to."),
    "releases": ("Ontology", "The ontology as released on that day; as RDF it comes whole."),
    "vocab": ("Vocabulary", "A class or property of this graph's own vocabulary."),
}
_EXTENSIONS: Final = (("ttl", "Turtle"), ("nt", "N-Triples"), ("rdf", "RDF/XML"), ("jsonld", "JSON-LD"))


@dataclass(frozen=True, slots=True)
class Value:
    """A text, where it leads (empty if nowhere), and the id of what is there."""

    text: str
    url: str = ""
    id: str = ""

    @property
    def is_elsewhere(self) -> bool:
        """Whether it leads off this server."""
        return self.url.startswith("http")


@dataclass(frozen=True, slots=True)
class Property:
    """What is said in one respect, and how much more of it RDF has."""

    predicate: Value
    values: list[Value]
    more: int


def resource_page(desk: "Desk", asked: Asked) -> Reply:
    """
    The page of a resource of ours, by its ``path`` below the namespace.

    :raises UnknownTermError: if there is none; it suggests the nearest.
    """
    path = asked.get("path")
    node = node_of(path)
    if is_ontology(desk, node):
        found, node = about(desk, ox.NamedNode(ONTOLOGY)), ox.NamedNode(ONTOLOGY)
    else:
        found = about(desk, node)
    if not found:
        raise unknown(desk, path)
    return _render(desk, node, found, f"/{quote(path, safe='/:')}")


def _render(desk: "Desk", node: ox.NamedNode, found: Triples, path: str) -> Reply:
    kind, lead = _KINDS.get(path.split("/")[1], ("Entity", ""))
    words = _Words(desk, found)
    referred, has_more = referring(desk, node, MOST_VALUES)
    return render(
        "resource.html",
        title=words.title(node),
        iri=node.value,
        kind=kind,
        lead=lead,
        properties=words.properties(node),
        referred=[(words.value(subject), words.value(predicate)) for subject, predicate in referred],
        has_more=has_more,
        forms=[(f"{path}.{extension}", name) for extension, name in _EXTENSIONS],
    )


class _Words:
    """Puts RDF in words, with links to what is here and elsewhere."""

    def __init__(self, desk: "Desk", found: Triples) -> None:
        self._desk = desk
        self._found: dict[Node, list[ox.Triple]] = {}
        for triple in found:
            self._found.setdefault(triple.subject, []).append(triple)  # type: ignore[arg-type]

    def title(self, node: ox.NamedNode) -> str:
        stated = (triple.object for triple in self._found[node] if triple.predicate in (LABEL, _TITLE))
        first = next(stated, None)
        return first.value if isinstance(first, ox.Literal) else compress(node.value)

    def properties(self, node: ox.NamedNode) -> list[Property]:
        """In the order of their names, what an axiom adds to the node at the end."""
        by_predicate: dict[str, list[Value]] = {}
        for triple in self._found[node]:
            values = by_predicate.setdefault(compress(triple.predicate.value), [])
            values.append(self.value(triple.object))
        return [
            Property(self.value(predicate), values[:MOST_VALUES], max(0, len(values) - MOST_VALUES))
            for predicate, values in sorted(by_predicate.items())
        ]

    def value(self, term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | str) -> Value:
        """A term, or the CURIE of one, as text with a link."""
        if isinstance(term, ox.BlankNode):
            return Value(self._expression(term))
        if isinstance(term, ox.NamedNode):
            return self._entity(compress(term.value), term.value)
        if isinstance(term, str):
            return self._entity(term, entity_node(term).value if ":" in term and "//" not in term else term)
        return Value(term.value if isinstance(term, ox.Literal) else str(term))

    def _entity(self, curie: str, address: str) -> Value:
        label = self._label(curie, address)
        if address.startswith(BASE) and not curie.startswith("POEMS:"):
            return Value(label, f"/{quote(address.removeprefix(BASE), safe='/:')}", curie)
        if label != curie:
            return Value(label, entity_url(curie), curie)
        return Value(curie, address if address.startswith(("http://", "https://")) else "")

    def _label(self, curie: str, address: str) -> str:
        claim = evidence(self._desk).claims.get(curie)
        if claim:
            return to_statement(claim, evidence(self._desk), self._desk.kg.names).words
        label = self._desk.kg.names.label(curie)
        if label == curie and address.startswith(BASE):
            # Some of the vocabulary of the criteria stands beside them only.
            stated = criteria().quads_for_pattern(ox.NamedNode(address), LABEL, None)
            label = next((quad.object.value for quad in stated if isinstance(quad.object, ox.Literal)), curie)
        return label

    def _expression(self, node: ox.BlankNode, depth: int = 0) -> str:
        """A class expression, list or selector in words."""
        parts = []
        for triple in self._found.get(node, []):
            value = triple.object
            if isinstance(value, ox.BlankNode):
                said = self._expression(value, depth + 1) if depth < _DEEPEST else "…"
            else:
                said = self.value(value).text
            parts.append(f"{self.value(triple.predicate).text}: {said}")
        return f"[{'; '.join(parts)}]"
