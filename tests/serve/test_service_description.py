"""What the service says of itself: in the words of the vocabularies, true, and found in the way editors look for it."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import RDF, SH, VOID
from starlette.testclient import TestClient

from poems_kg.questions import find_questions
from poems_kg.rdf import Graphs
from poems_kg.serve.desk import Desk
from poems_kg.serve.service_description import (
    DATASET,
    EXAMPLES,
    NAMESPACES,
    SERVICE,
    Description,
    describes_itself,
    description,
)

ENDPOINT = "http://127.0.0.1:8000/sparql"
TURTLE = {"Accept": "text/turtle"}
SD_TERMS = {
    *("Service", "endpoint", "supportedLanguage", "SPARQL11Query", "feature", "UnionDefaultGraph", "resultFormat"),
    *("defaultDataset", "Dataset", "defaultGraph", "Graph", "namedGraph", "NamedGraph", "name"),
}
"""Those of https://www.w3.org/ns/sparql-service-description that are used; rdflib knows the other vocabularies."""


@pytest.fixture(scope="module")
def described(desk: Desk) -> Description:
    return description(desk, ENDPOINT)


def names(described: Description) -> Iterator[str]:
    for part in described.parts.values():
        for quad in part:
            yield from (node.value for node in quad.triple if isinstance(node, ox.NamedNode))


def ask(described: Description, sparql: str) -> list[list[str]]:
    lines = "".join(f"PREFIX {name}: <{iri}> " for name, iri in NAMESPACES.items())
    found = described.store.query(f"{lines} PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> {sparql}")
    assert isinstance(found, ox.QuerySolutions)
    return [[term.value for term in row] for row in found]


def test_every_term_is_in_its_vocabulary(described: Description) -> None:
    used = {key: {name for name in names(described) if name.startswith(iri)} for key, iri in NAMESPACES.items()}
    assert {name.removeprefix(NAMESPACES["sd"]) for name in used["sd"]} == SD_TERMS
    assert all(URIRef(name) in VOID for name in used["void"])
    assert all(URIRef(name) in SH for name in used["sh"] - {NAMESPACES["sh"].rstrip("#")})
    assert all(used.values()), "each prefix that is declared is used"


def test_the_service_is_described(described: Description) -> None:
    assert ask(described, "SELECT ?s ?e { ?s a sd:Service ; sd:endpoint ?e }") == [[ENDPOINT, ENDPOINT]]
    formats = {row[0] for row in ask(described, "SELECT ?f { ?s sd:resultFormat ?f }")}
    assert len(formats) == 8
    assert "http://www.w3.org/ns/formats/SPARQL_Results_JSON" in formats
    graphs = ask(described, "SELECT ?n { ?s sd:defaultDataset [ sd:namedGraph [ sd:name ?n ] ] } ORDER BY ?n")
    assert graphs == [[graph.value] for graph in sorted(Graphs.all, key=lambda graph: graph.value)]
    assert "10,000 rows" in ask(described, "SELECT ?c { ?s a sd:Service ; rdfs:comment ?c }")[0][0]


def test_what_it_holds_is_true(described: Description, desk: Desk) -> None:
    ((triples, classes),) = ask(described, "SELECT ?t ?c { ?d a void:Dataset ; void:triples ?t ; void:classes ?c }")
    assert desk.kg.store.select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[1] == [[int(triples)]]
    assert desk.kg.store.select("SELECT (COUNT(DISTINCT ?c) AS ?n) { ?s a ?c }")[1] == [[int(classes)]]
    uses = ask(
        described,
        """SELECT ?n { ?part void:class <https://w3id.org/poems-kg/vocab/Claim> ; void:propertyPartition ?edge .
        ?edge void:property <https://w3id.org/poems-kg/vocab/source> ; void:triples ?n }""",
    )
    sparql = "PREFIX kg: <https://w3id.org/poems-kg/vocab/> SELECT (COUNT(*) AS ?n) { ?c a kg:Claim ; kg:source ?s }"
    assert desk.kg.store.select(sparql)[1] == [[int(uses[0][0])]]


def test_every_question_about_the_graph_is_an_example_that_runs(described: Description, desk: Desk) -> None:
    rows = ask(
        described,
        """SELECT ?example ?comment ?query { ?example a sh:SPARQLExecutable, sh:SPARQLSelectExecutable ;
        rdfs:comment ?comment ; sh:select ?query ; sh:prefixes [ sh:declare [ sh:prefix "kg" ] ] ;
        schema:target ?endpoint }""",
    )
    expected = {name: one for name, one in find_questions().items() if not one.needs}
    assert {row[0].rpartition("/")[2] for row in rows} == set(expected)
    for example, comment, sparql in rows:
        name = example.rpartition("/")[2]
        assert comment == expected[name].summary
        assert desk.kg.store.select(sparql)[1] == [list(row.values()) for row in desk.kg.ask(name)], name


EDITORS_ASK = [
    """PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
    SELECT DISTINCT ?example ?comment ?query WHERE { ?example a sh:SPARQLExecutable ; rdfs:comment ?comment ;
      sh:select|sh:ask|sh:construct|sh:describe ?query } ORDER BY ?example""",
    """PREFIX sh: <http://www.w3.org/ns/shacl#> SELECT DISTINCT ?prefix ?namespace
    WHERE { [] sh:namespace ?namespace ; sh:prefix ?prefix } ORDER BY ?prefix""",
    """PREFIX void: <http://rdfs.org/ns/void#> SELECT DISTINCT ?class ?property WHERE {
      ?part void:class ?class ; void:propertyPartition [ void:property ?property ] }""",
]
"""How an editor of the community finds examples, prefixes and completion: with SPARQL, at the endpoint."""


@pytest.mark.parametrize("sparql", EDITORS_ASK)
def test_editors_find_it_by_sparql(client: TestClient, sparql: str) -> None:
    rows = client.get("/sparql", params={"ac": "1", "query": sparql}).json()["results"]["bindings"]
    assert len(rows) > 40


def test_the_graph_itself_has_none_of_it(client: TestClient) -> None:
    sparql = "SELECT ?s { ?s a ?kind FILTER(STRENDS(STR(?kind), 'SPARQLExecutable')) }"
    assert client.get("/sparql", params={"query": sparql}).json()["results"]["bindings"] == []
    sparql = "PREFIX sh: <http://www.w3.org/ns/shacl#> ASK { ?s a <https://w3id.org/poems-kg/vocab/Claim> }"
    assert client.get("/sparql", params={"query": sparql}).json()["boolean"] is True, "a mere prefix does not matter"


@pytest.mark.parametrize(
    ("sparql", "expected"),
    [
        ("PREFIX sh: <http://www.w3.org/ns/shacl#> SELECT * { ?s a sh:SPARQLExecutable }", True),
        ("SELECT * { ?s a <http://rdfs.org/ns/void#Dataset> }", True),
        ("PREFIX sh: <http://www.w3.org/ns/shacl#> SELECT * { ?s ?p 'sh:select' } # sh:select", False),
        ("PREFIX sh: <http://example.org/> SELECT * { ?s a sh:SPARQLExecutable }", False),
        ("PREFIX sh:<http://www.w3.org/ns/shacl#>PREFIX a:<http://a/> ASK{?s a:b ?o}", False),
        ("PREFIX a:<http://a/>PREFIX sh:<http://www.w3.org/ns/shacl#> ASK{?s sh:select ?o}", True),
        ("prefix sh: # x\n <http://www.w3.org/ns/shacl#> ASK { ?s a|sh:select ?o }", True),
    ],
)
def test_a_query_about_the_service_is_told_from_others(sparql: str, expected: bool) -> None:
    assert describes_itself(sparql) is expected


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/sparql", SERVICE),
        ("/sparql?default-graph-uri=x:a", SERVICE),
        ("/.well-known/void", DATASET),
        ("/.well-known/sparql-examples", EXAMPLES),
        ("/.well-known/sparql-examples/findings", EXAMPLES),
    ],
)
@pytest.mark.parametrize("form", [ox.RdfFormat.TURTLE, ox.RdfFormat.RDF_XML, ox.RdfFormat.JSON_LD])
def test_each_part_has_an_address(client: TestClient, desk: Desk, path: str, part: str, form: ox.RdfFormat) -> None:
    answer = client.get(path, headers={"Accept": form.media_type})
    assert answer.headers["content-type"].split(";")[0] == form.media_type
    expected = description(desk, "http://testserver/sparql").parts[part]
    assert len(list(ox.parse(answer.content, format=form))) == len({quad.triple for quad in expected})


def test_it_is_turtle_with_prefixes_for_who_does_not_care(client: TestClient) -> None:
    answer = client.get("/sparql")
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    graph = Graph().parse(data=answer.text, format="turtle")
    service = URIRef("http://testserver/sparql")
    assert (service, RDF.type, URIRef(f"{NAMESPACES['sd']}Service")) in graph
    assert "a sd:Service" in answer.text


def test_a_format_that_rdf_has_not_is_refused(client: TestClient) -> None:
    answer = client.get("/.well-known/void", headers={"Accept": "text/csv"})
    assert answer.status_code == 406


def test_an_example_that_is_none_is_not_found(client: TestClient) -> None:
    answer = client.get("/.well-known/sparql-examples/findngs", headers=TURTLE)
    assert answer.status_code == 404
    assert "findings" in answer.text


def test_the_address_is_that_under_which_the_client_knows_it(client: TestClient) -> None:
    answer = client.get("/sparql", headers={**TURTLE, "Host": "example.org:8080"})
    assert "<http://example.org:8080/sparql> a sd:Service" in answer.text
    sparql = urlencode(
        {"query": f"SELECT ?t {{ ?e <{NAMESPACES['schema']}target> ?t ; a <{SH.SPARQLExecutable}> }} LIMIT 1"}
    )
    answer = client.get(f"/sparql?{sparql}", headers={"Host": "example.org:8080"})
    assert answer.json()["results"]["bindings"][0]["t"]["value"] == "http://example.org:8080/sparql"
