"""SPARQLWrapper, the client that most people ask endpoints with from Python, works against the server unchanged."""

from typing import Any
from xml.dom.minidom import Document

import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import OWL, RDF
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

POEMS = "http://purl.obolibrary.org/obo/MONDO_0017364"
SELECT = f"SELECT ?kind ?none WHERE {{ <{POEMS}> a ?kind }}"
ASK = f"ASK {{ <{POEMS}> a ?kind }}"
CONSTRUCT = f"CONSTRUCT WHERE {{ <{POEMS}> a ?kind }}"
DESCRIBE = f"DESCRIBE <{POEMS}>"
WAYS = [(GET, URLENCODED), (POST, URLENCODED), (POST, POSTDIRECTLY)]


@pytest.fixture(params=WAYS, ids=" ".join)
def wrapper(server: str, request: pytest.FixtureRequest) -> SPARQLWrapper:
    method, way = request.param
    made = SPARQLWrapper(f"{server}/sparql")
    made.setMethod(method)
    made.setRequestMethod(way)
    made.setTimeout(30)
    return made


def ask(wrapper: SPARQLWrapper, sparql: str, format: str) -> Any:
    wrapper.setQuery(sparql)
    wrapper.setReturnFormat(format)
    return wrapper.query().convert()


def test_rows_come_in_each_format(wrapper: SPARQLWrapper) -> None:
    rows = ask(wrapper, SELECT, JSON)
    assert rows["head"]["vars"] == ["kind", "none"]
    assert {"kind": {"type": "uri", "value": str(OWL.Class)}} in rows["results"]["bindings"]
    document = ask(wrapper, SELECT, XML)
    assert isinstance(document, Document)
    assert str(OWL.Class) in [node.firstChild.data for node in document.getElementsByTagName("uri")]
    assert f"{OWL.Class}," in ask(wrapper, SELECT, CSV).decode().splitlines()
    assert f"<{OWL.Class}>\t" in ask(wrapper, SELECT, TSV).decode().splitlines()


def test_a_truth_value_comes_in_each_format(wrapper: SPARQLWrapper) -> None:
    assert ask(wrapper, ASK, JSON)["boolean"] is True
    assert ask(wrapper, ASK, XML).getElementsByTagName("boolean")[0].firstChild.data == "true"


@pytest.mark.parametrize("sparql", [CONSTRUCT, DESCRIBE])
@pytest.mark.parametrize("format", [XML, RDFXML, TURTLE, N3, JSONLD])
def test_a_graph_comes_in_each_format(wrapper: SPARQLWrapper, sparql: str, format: str) -> None:
    found = ask(wrapper, sparql, format)
    graph = found if isinstance(found, Graph) else Graph().parse(data=found, format="turtle")
    assert (URIRef(POEMS), RDF.type, OWL.Class) in graph


def test_a_dataset_is_named(wrapper: SPARQLWrapper) -> None:
    wrapper.addDefaultGraph("https://w3id.org/poems-kg/graph/claims")
    assert ask(wrapper, ASK, JSON)["boolean"] is False
    wrapper.clearParameter("default-graph-uri")
    wrapper.addNamedGraph("https://w3id.org/poems-kg/graph/asserted")
    assert ask(wrapper, f"ASK {{ GRAPH ?g {{ <{POEMS}> a ?kind }} }}", JSON)["boolean"] is True


def test_what_is_wrong_is_told(wrapper: SPARQLWrapper) -> None:
    with pytest.raises(QueryBadFormed, match="line 1, column"):
        ask(wrapper, "SELECT * WHERE { ?s foo:bar ?o }", JSON)
