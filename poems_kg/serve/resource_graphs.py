"""RDF about one resource: what has it as subject, blank nodes and labels; of an entity, the claims about it, too."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from poems_kg.build import ontology_triples
from poems_kg.ids import compress, expand, prefixes
from poems_kg.places import ontology_dir
from poems_kg.rdf import LABEL, Graphs, Node, iri, number
from poems_kg.serve.problems import NotFoundError, TooLargeError
from poems_kg.store import LocalStore
from poems_kg.vocabulary import ONTOLOGY

if TYPE_CHECKING:
    from poems_kg.serve.desk import Desk

BASE: Final = ONTOLOGY.removesuffix("poems.owl")
"""Below which all IRIs of ours are."""
FORMATS: Final = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}
"""By media type, what is liked best first."""
MOST_TRIPLES: Final = 300_000
"""Of a named graph that is given whole; all of ours are far below."""

_GRAPHS: Final = {
    "asserted": "The ontology as people wrote it: vocabulary, terms, axioms, and one plain edge for each statement",
    "inferred": "What follows: broader classes and broader findings, closed; keys of names",
    "claims": "Who says what, where, how surely, with which figures",
    "links": "Mappings to other ontologies, and who says so",
    "imports": "Classes of other ontologies above ours: label and is-a",
    "conflicts": "Where sources disagree, with both sides",
    "linked": "What joins our terms to the releases of other ontologies",
    "releases": "Which releases of other ontologies are here",
}
_SUBJECT, _OBJECT, _CLAIM = iri("kg:subject"), iri("kg:object"), iri("kg:Claim")
_PASSAGE, _SELECTOR = iri("kg:passage"), iri("oa:hasSelector")
_ANNOTATED: Final = iri("owl:annotatedSource")
_VERSION: Final = iri("owl:versionIRI")
_TYPE: Final = iri("rdf:type")

Triples = list[ox.Triple]


def store_of(desk: "Desk") -> ox.Store:
    """The quads behind a desk; what is served is always on this machine."""
    assert isinstance(desk.kg.store, LocalStore)  # noqa: S101 - a desk loads a graph, and never connects to one
    return desk.kg.store.quads


def node_of(path: str) -> ox.NamedNode:
    """
    The node of ours that a path stands for.

    :raises NotFoundError: if it cannot be part of an IRI.
    """
    try:
        return ox.NamedNode(BASE + path)
    except ValueError as error:
        raise NotFoundError(f"{path!r} cannot be part of an IRI; look at /about for what there is") from error


def about(desk: "Desk", node: ox.NamedNode) -> Triples:
    """What has a node as subject, with the blank nodes that belong to it, and axioms that annotate it; sorted."""
    quads = store_of(desk)
    if node.value == f"{BASE}graph/{node.value.rpartition('/')[2]}":
        return _about_graph(quads, node)
    return _sorted(_with_blank_nodes(quads, node) | _with_blank_nodes(criteria(), node))


def _with_blank_nodes(quads: ox.Store, node: ox.NamedNode) -> set[ox.Triple]:
    found: set[ox.Triple] = set()
    todo: list[Node] = [node]
    axioms = (quad.subject for quad in quads.quads_for_pattern(None, _ANNOTATED, node, None))
    todo += [subject for subject in axioms if isinstance(subject, ox.BlankNode)]
    seen: set[Node] = set(todo)
    while todo:
        for quad in quads.quads_for_pattern(todo.pop(), None, None, None):
            found.add(quad.triple)
            if isinstance(quad.object, ox.BlankNode) and quad.object not in seen:
                seen.add(quad.object)
                todo.append(quad.object)
    return found


def claims_about(desk: "Desk", node: ox.NamedNode) -> Triples:
    """All that is said of the claims that have a node as subject or object."""
    quads = store_of(desk)
    claims = {
        quad.subject for end in (_SUBJECT, _OBJECT) for quad in quads.quads_for_pattern(None, end, node, Graphs.claims)
    }
    return _sorted(
        quad.triple for claim in claims for quad in quads.quads_for_pattern(claim, None, None, Graphs.claims)
    )


def passages(desk: "Desk", triples: Iterable[ox.Triple]) -> Triples:
    """Where in a text the passages are that triples lead to, with their hashes."""
    found = {triple.object for triple in triples if triple.predicate == _PASSAGE}
    said = [triple for each in found if isinstance(each, ox.NamedNode) for triple in about(desk, each)]
    selectors = {triple.object for triple in said if triple.predicate == _SELECTOR}
    return said + [triple for each in selectors if isinstance(each, ox.NamedNode) for triple in about(desk, each)]


def labels(desk: "Desk", triples: Iterable[ox.Triple]) -> Triples:
    """The labels of all that triples lead to."""
    objects = {triple.object for triple in triples if isinstance(triple.object, ox.NamedNode)}
    return _sorted(
        quad.triple
        for quads in (store_of(desk), criteria())
        for each in objects
        for quad in quads.quads_for_pattern(each, LABEL, None, None)
    )


def _about_graph(quads: ox.Store, graph: ox.NamedNode) -> Triples:
    """Words and size of a named graph, which nothing in it says."""
    if not quads.contains_named_graph(graph):
        return []
    name = graph.value.rpartition("/")[2]
    counted = quads.query(f"SELECT (COUNT(*) AS ?size) WHERE {{ GRAPH {graph} {{ ?s ?p ?o }} }}")
    size = int(next(counted)["size"].value)  # type: ignore[arg-type]
    void = "http://rdfs.org/ns/void#"
    return _sorted(
        (
            ox.Triple(graph, _TYPE, ox.NamedNode(f"{void}Dataset")),
            ox.Triple(graph, ox.NamedNode(f"{void}triples"), number(size)),
            ox.Triple(graph, iri("dcterms:description"), ox.Literal(_GRAPHS.get(name, f"The release {name}"))),
            ox.Triple(graph, iri("dcterms:isPartOf"), ox.NamedNode(ONTOLOGY)),
        )
    )


@cache
def criteria() -> ox.Store:
    """The published criteria as OWL definitions with the vocabulary of these, which the graph only names."""
    quads = ox.Store()
    for path in sorted((ontology_dir() / "criteria").glob("*.ttl")):
        quads.bulk_extend(ox.parse(path=str(path), format=ox.RdfFormat.TURTLE))
    return quads


def is_ontology(desk: "Desk", node: ox.NamedNode) -> bool:
    """Whether a node is the ontology, or the release of it that is served."""
    found = store_of(desk).quads_for_pattern(ox.NamedNode(ONTOLOGY), _VERSION, None, None)
    return node.value == ONTOLOGY or node in {quad.object for quad in found}


def whole_graph(desk: "Desk", graph: ox.NamedNode) -> Triples:
    """
    All triples of a named graph.

    :raises TooLargeError: if there are more than :data:`MOST_TRIPLES`.
    """
    found: list[ox.Triple] = []
    for quad in store_of(desk).quads_for_pattern(None, None, None, graph):
        if len(found) == MOST_TRIPLES:
            name = graph.value.rpartition("/")[2]
            raise TooLargeError(f"graph:{name} has more than {MOST_TRIPLES:,} triples; ask /sparql for parts of it")
        found.append(quad.triple)
    return _sorted(found)


def whole_ontology(desk: "Desk") -> Triples:
    """The ontology as released."""
    quads = store_of(desk)
    graphs = (Graphs.asserted, Graphs.imports, Graphs.links)
    return _sorted(
        ontology_triples(quad for graph in graphs for quad in quads.quads_for_pattern(None, None, None, graph))
    )


def serialize(triples: Triples, media_type: str) -> bytes:
    """Triples in a format of :data:`FORMATS`; the same bytes for the same triples."""
    used = {compress(term.value).partition(":")[0] for term in _iris(triples)}
    named = {prefix: namespace for prefix, namespace in prefixes().items() if prefix in used}
    lines = (ox.serialize(triples, format=FORMATS[media_type], prefixes=named) or b"").splitlines(keepends=True)
    header = [line for line in lines if line.startswith(b"@prefix ")]
    # pyoxigraph writes the prefixes in an order that changes from run to run.
    return b"".join([*sorted(header), *lines[len(header) :]]) if header else b"".join(lines)


def _iris(triples: Triples) -> Iterator[ox.NamedNode]:
    for triple in triples:
        for term in (triple.subject, triple.predicate, triple.object):
            if isinstance(term, ox.NamedNode):
                yield term


def _sorted(triples: Iterable[ox.Triple]) -> Triples:
    return sorted(set(triples), key=lambda t: (str(t.subject), str(t.predicate), str(t.object)))


def referring(desk: "Desk", node: ox.NamedNode, most: int) -> tuple[list[tuple[str, str]], bool]:
    """
    What leads to a node, as pairs of subject and predicate (CURIEs), and whether there is more.

    :param most: the most to give.
    """
    found: dict[tuple[str, str], None] = {}
    for quad in store_of(desk).quads_for_pattern(None, None, node, None):
        if isinstance(quad.subject, ox.NamedNode):
            found[compress(quad.subject.value), compress(quad.predicate.value)] = None
        if len(found) > most:
            return list(found)[:most], True
    return sorted(found), False


def entity_node(entity_id: str) -> ox.NamedNode:
    """The node of a CURIE whose prefix is known."""
    return ox.NamedNode(expand(entity_id))
