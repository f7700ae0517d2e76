"""
Describe the service in RDF: what it can do (SPARQL 1.1 Service Description), holds (VoID), and may be asked (SHACL).

The community's editors and federated engines read these to offer completion, examples and result formats. The examples
are our questions, as the SPARQL examples of SIB have them. Editors fetch all of it with SPARQL: a query that uses a
term of these vocabularies is therefore answered from the description, which is no part of the graph.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pyoxigraph as ox

from poems_kg.ids import expand, prefixes
from poems_kg.questions import LINKED, bind, find_questions
from poems_kg.rdf import Graphs
from poems_kg.serve.desk import Desk
from poems_kg.sparql import bind_terms, uses_namespace
from poems_kg.store import LocalStore
from poems_kg.vocabulary import ONTOLOGY

NAMESPACES: Final = {
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "void": "http://rdfs.org/ns/void#",
    "sh": "http://www.w3.org/ns/shacl#",
    "schema": "https://schema.org/",
    "foaf": "http://xmlns.com/foaf/0.1/",
}
"""Of the vocabularies that only descriptions use."""

SERVICE, DATASET, EXAMPLES = "service", "dataset", "examples"
"""The parts of a description."""

_OWN: Final = tuple(NAMESPACES[name] for name in ("sd", "void", "sh"))
_FORMATS: Final = (
    *(getattr(ox.QueryResultsFormat, name) for name in ("JSON", "XML", "CSV", "TSV")),
    *(getattr(ox.RdfFormat, name) for name in ("TURTLE", "N_TRIPLES", "RDF_XML", "JSON_LD")),
)
_ABOUT: Final = ("dcterms:title", "dcterms:description", "dcterms:license", "dcterms:creator", "owl:versionInfo")
_CLASSES: Final = "SELECT ?class (COUNT(*) AS ?count) { ?entity a ?class } GROUP BY ?class ORDER BY ?class"
_PROPERTIES: Final = """
SELECT ?class ?property (COUNT(*) AS ?count) { ?entity a ?class ; ?property ?value } GROUP BY ?class ?property
ORDER BY ?class ?property
"""
_TOTAL: Final = "SELECT (COUNT(*) AS ?count) { ?s ?p ?o }"

_Object = ox.NamedNode | ox.BlankNode | ox.Literal


@dataclass(frozen=True)
class Description:
    """The description of a service; ``parts`` by name, ``store`` has all of them."""

    parts: dict[str, list[ox.Quad]]
    store: ox.Store


def describes_itself(sparql: str) -> bool:
    """Whether a query asks of the service, not of the graph: it uses a term of the vocabularies for that."""
    return uses_namespace(sparql, _OWN)


@lru_cache(maxsize=8)
def description(desk: Desk, endpoint: str) -> Description:
    """
    Describe the service.

    :param endpoint: its URL, as the client knows it; it ends in ``/sparql``.
    """
    parts = {
        SERVICE: list(_describe_service(desk, endpoint)),
        DATASET: list(_describe_dataset(desk, endpoint)),
        EXAMPLES: list(_describe_examples(desk, endpoint)),
    }
    store = ox.Store()
    for part in parts.values():
        store.extend(part)
    # What a service can do is of little use without what it holds.
    parts[SERVICE] += parts[DATASET]
    return Description(parts, store)


def _describe_service(desk: Desk, endpoint: str) -> Iterator[ox.Quad]:
    service, dataset, union = ox.NamedNode(endpoint), _dataset(endpoint), _part(endpoint, "all")
    settings = desk.settings
    limits = (
        f"Read-only. A query may run {settings.seconds:g} seconds. An answer has {settings.rows:,} rows or triples at "
        "most; where it was cut, the header Poems-Kg-Truncated-At says so."
    )
    yield from _say(
        service,
        ("rdf:type", _iri("sd:Service")),
        ("sd:endpoint", service),
        ("sd:supportedLanguage", _iri("sd:SPARQL11Query")),
        ("sd:feature", _iri("sd:UnionDefaultGraph")),
        ("sd:defaultDataset", dataset),
        ("rdfs:comment", ox.Literal(limits, language="en")),
        *(("sd:resultFormat", ox.NamedNode(form.iri)) for form in _FORMATS),
    )
    yield from _say(dataset, ("rdf:type", _iri("sd:Dataset")), ("sd:defaultGraph", union))
    yield from _say(union, ("rdf:type", _iri("sd:Graph")))
    names = sorted(name.value for name in _quads(desk).named_graphs() if isinstance(name, ox.NamedNode))
    for name in names:
        graph = _part(endpoint, f"graph-{name.rpartition('/')[2]}")
        yield from _say(dataset, ("sd:namedGraph", graph))
        yield from _say(graph, ("rdf:type", _iri("sd:NamedGraph")), ("sd:name", ox.NamedNode(name)))


def _describe_dataset(desk: Desk, endpoint: str) -> Iterator[ox.Quad]:
    dataset = _dataset(endpoint)
    document = ox.NamedNode(dataset.value.partition("#")[0])
    yield from _say(document, ("rdf:type", _iri("void:DatasetDescription")), ("foaf:primaryTopic", dataset))
    about = [
        (term, quad.object)
        for term in _ABOUT
        for quad in _quads(desk).quads_for_pattern(ox.NamedNode(ONTOLOGY), _iri(term), None, Graphs.asserted)
        if not isinstance(quad.object, ox.Triple)
    ]
    counts = _count(desk)
    yield from _say(
        dataset,
        ("rdf:type", _iri("void:Dataset")),
        ("void:sparqlEndpoint", ox.NamedNode(endpoint)),
        ("void:uriSpace", ox.Literal("https://w3id.org/poems-kg/")),
        ("void:exampleResource", ox.NamedNode(expand("MONDO:0017364"))),
        ("void:triples", ox.Literal(counts.triples)),
        ("void:classes", ox.Literal(len(counts.classes))),
        *about,
    )
    for place, (kind, count) in enumerate(counts.classes.items(), 1):
        part = _part(endpoint, f"class-{place}")
        yield from _say(dataset, ("void:classPartition", part))
        yield from _say(part, ("void:class", ox.NamedNode(kind)), ("void:entities", ox.Literal(count)))
        for row, (term, uses) in enumerate(counts.properties[kind], 1):
            edge = _part(endpoint, f"class-{place}-property-{row}")
            yield from _say(part, ("void:propertyPartition", edge))
            yield from _say(edge, ("void:property", ox.NamedNode(term)), ("void:triples", ox.Literal(uses)))


def _describe_examples(desk: Desk, endpoint: str) -> Iterator[ox.Quad]:
    home = endpoint.removesuffix("/sparql") + "/.well-known/sparql-examples/"
    declared = ox.BlankNode("sparql_examples_prefixes")
    yield from _say(
        declared, ("rdf:type", _iri("owl:Ontology")), ("owl:imports", ox.NamedNode(NAMESPACES["sh"].rstrip("#")))
    )
    for name, namespace in prefixes().items():
        prefix = ox.BlankNode(f"prefix_{name}")
        text = ox.Literal(namespace, datatype=_iri("xsd:anyURI"))
        yield from _say(declared, ("sh:declare", prefix))
        yield from _say(prefix, ("sh:prefix", ox.Literal(name)), ("sh:namespace", text))
    for name, question in find_questions().items():
        if question.needs == LINKED and not desk.is_linked:
            continue
        sparql = bind_terms(question.sparql, bind(question, {}, desk.kg.names))
        yield from _say(
            ox.NamedNode(home + name),
            ("rdf:type", _iri("sh:SPARQLExecutable")),
            ("rdf:type", _iri("sh:SPARQLSelectExecutable")),
            ("rdfs:comment", ox.Literal(question.summary, language="en")),
            ("sh:prefixes", declared),
            ("sh:select", ox.Literal(sparql)),
            ("schema:target", ox.NamedNode(endpoint)),
            *(("schema:keywords", ox.Literal(tag)) for tag in question.tags),
        )


# --- What it holds ---


@dataclass(frozen=True, slots=True)
class _Counts:
    """Triples, entities by class, and uses of properties by class, in our own graphs."""

    triples: int
    classes: dict[str, int]
    properties: dict[str, list[tuple[str, int]]]


@lru_cache(maxsize=2)
def _count(desk: Desk) -> _Counts:
    classes = {kind.value: int(count.value) for kind, count in _rows(desk, _CLASSES)}
    properties: dict[str, list[tuple[str, int]]] = {kind: [] for kind in classes}
    for kind, term, count in _rows(desk, _PROPERTIES):
        properties[kind.value].append((term.value, int(count.value)))
    ((total,),) = _rows(desk, _TOTAL)
    return _Counts(int(total.value), classes, properties)


def _rows(desk: Desk, sparql: str) -> list[list[ox.NamedNode | ox.Literal]]:
    """Rows over our own graphs: to count through the releases of a linked graph would take long."""
    found = _quads(desk).query(sparql, default_graph=list(Graphs.all))
    assert isinstance(found, ox.QuerySolutions)  # noqa: S101 - only SELECT queries are asked here
    return [list(row) for row in found]


def _quads(desk: Desk) -> ox.Store:
    store = desk.kg.store
    assert isinstance(store, LocalStore)  # noqa: S101 - a desk has no other
    return store.quads


# --- Terms ---


def _dataset(endpoint: str) -> ox.NamedNode:
    return _part(endpoint, "dataset")


def _part(endpoint: str, name: str) -> ox.NamedNode:
    return ox.NamedNode(f"{endpoint.removesuffix('/sparql')}/.well-known/void#{name}")


def _iri(curie: str) -> ox.NamedNode:
    prefix, _, name = curie.partition(":")
    return ox.NamedNode(NAMESPACES[prefix] + name if prefix in NAMESPACES else expand(curie))


def _say(subject: ox.NamedNode | ox.BlankNode, *pairs: tuple[str, _Object]) -> Iterator[ox.Quad]:
    for term, value in pairs:
        yield ox.Quad(subject, _iri(term), value)
