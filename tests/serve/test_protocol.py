"""The SPARQL 1.1 Protocol, case by case: what it asks of a service that answers queries, in our own words."""

import csv
import io
import json
from collections.abc import Mapping
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from poems_kg.knowledge_graph import KnowledgeGraph, connect
from poems_kg.rdf import Graphs
from poems_kg.serve.protocol import (
    DIRECT,
    FORM,
    UPDATE,
    RequestError,
    find_query,
    read_content_type,
    read_parameters,
)
from poems_kg.serve.results import BASE, TRUNCATED

FORM_TYPE = {"Content-Type": FORM}
DIRECT_TYPE = {"Content-Type": DIRECT}
JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
ASSERTED, CLAIMS = Graphs.asserted.value, Graphs.claims.value
POEMS = "http://purl.obolibrary.org/obo/MONDO_0017364"
SUBJECT = "https://w3id.org/poems-kg/vocab/subject"
IS_ENTITY = f"ASK {{ <{POEMS}> a ?kind }}"
HAS_CLAIM = f"ASK {{ ?claim <{SUBJECT}> <{POEMS}> }}"
BOTH = f"{IS_ENTITY[:-1]} . {HAS_CLAIM[5:]}"
"""Of two graphs: what POEMS syndrome is stands in one, what is claimed of it in another."""


def get(client: TestClient, *pairs: tuple[str, str], accept: str = "*/*", path: str = "/sparql"):
    return client.get(f"{path}?{urlencode(pairs)}", headers={"Accept": accept})


def post(
    client: TestClient, body: str | bytes, headers: Mapping[str, str], *pairs: tuple[str, str], accept: str = "*/*"
):
    content = body.encode() if isinstance(body, str) else body
    return client.post(f"/sparql?{urlencode(pairs)}", content=content, headers={"Accept": accept, **headers})


def read_xml(response) -> ElementTree.Element:
    return ElementTree.fromstring(response.content)  # noqa: S314 - from our own server


def truth(response) -> bool:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == JSON
    answered = response.json()["boolean"]
    assert isinstance(answered, bool)
    return answered


# --- Three ways to send a query ---


@pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
def test_a_query_comes_by_get(client: TestClient, path: str) -> None:
    assert truth(get(client, ("query", IS_ENTITY), path=path))


def test_a_query_comes_in_a_form(client: TestClient) -> None:
    assert truth(post(client, urlencode({"query": IS_ENTITY}), FORM_TYPE))
    assert truth(post(client, urlencode({"query": IS_ENTITY}), {"Content-Type": f"{FORM}; charset=UTF-8"}))


def test_a_query_comes_as_it_is(client: TestClient) -> None:
    assert truth(post(client, IS_ENTITY, DIRECT_TYPE))
    assert truth(post(client, IS_ENTITY, {"Content-Type": "Application/SPARQL-Query;charset=utf-8"}))


def test_parameters_come_in_any_order_and_others_do_not_matter(client: TestClient) -> None:
    assert truth(get(client, ("default-graph-uri", ASSERTED), ("timeout", "30000"), ("query", IS_ENTITY)))


@pytest.mark.parametrize("text", ["100%41", "a+b", "a&b=c", "é𝕏", "%", "%2541", "\t;"])
def test_text_is_decoded_once_and_only_once(client: TestClient, text: str) -> None:
    sparql = f'SELECT ("{text}" AS ?said) {{}}'
    answers = [
        post(client, sparql, DIRECT_TYPE),
        post(client, urlencode({"query": sparql}), FORM_TYPE),
        get(client, ("query", sparql)),
    ]
    for answer in answers:
        assert answer.json()["results"]["bindings"] == [{"said": {"type": "literal", "value": text}}], answer.text


def test_a_url_may_have_bare_utf8(client: TestClient) -> None:
    answer = client.get("/sparql?query=" + quote('SELECT ("', safe="") + "é" + quote('" AS ?x) {}', safe=""))
    assert answer.json()["results"]["bindings"][0]["x"]["value"] == "é"


def test_a_relative_iri_is_made_absolute(client: TestClient) -> None:
    found = post(client, "SELECT (IRI(<claim/x>) AS ?iri) {}", DIRECT_TYPE).json()
    assert found["results"]["bindings"][0]["iri"] == {"type": "uri", "value": f"{BASE}claim/x"}


# --- The dataset ---


def test_all_graphs_together_are_the_default_graph(client: TestClient) -> None:
    assert truth(post(client, BOTH, DIRECT_TYPE))
    assert truth(post(client, f"ASK {{ GRAPH <{CLAIMS}> {{ ?s ?p ?o }} }}", DIRECT_TYPE))


def test_from_in_the_query_counts_where_the_protocol_names_none(client: TestClient) -> None:
    assert truth(post(client, IS_ENTITY.replace("ASK", f"ASK FROM <{ASSERTED}>"), DIRECT_TYPE))
    assert not truth(post(client, HAS_CLAIM.replace("ASK", f"ASK FROM <{ASSERTED}>"), DIRECT_TYPE))
    assert truth(post(client, BOTH.replace("ASK", f"ASK FROM <{ASSERTED}> FROM <{CLAIMS}>"), DIRECT_TYPE))
    named = f"ASK FROM NAMED <{CLAIMS}> {{ GRAPH ?g {{ ?s ?p ?o }} FILTER NOT EXISTS {{ ?s ?p ?o }} }}"
    assert truth(post(client, named, DIRECT_TYPE)), "the default graph is empty where only named ones are given"


@pytest.mark.parametrize("how", ["get", "form", "form and URL", "direct"])
def test_default_graphs_of_the_protocol(client: TestClient, how: str) -> None:
    def ask(sparql: str, *graphs: str):
        named = [("default-graph-uri", graph) for graph in graphs]
        if how == "get":
            return get(client, ("query", sparql), *named)
        if how == "form":
            return post(client, urlencode([("query", sparql), *named]), FORM_TYPE)
        return post(
            client, *(((urlencode({"query": sparql})), FORM_TYPE) if "form" in how else (sparql, DIRECT_TYPE)), *named
        )

    assert truth(ask(IS_ENTITY, ASSERTED))
    assert not truth(ask(HAS_CLAIM, ASSERTED))
    assert truth(ask(BOTH, ASSERTED, CLAIMS)), "several are one graph"
    assert not truth(ask(f"ASK {{ GRAPH <{ASSERTED}> {{ ?s ?p ?o }} }}", ASSERTED)), "none is named then"
    assert not truth(ask("ASK { ?s ?p ?o }", "http://example.org/not-there"))


def test_named_graphs_of_the_protocol(client: TestClient) -> None:
    both = f"ASK {{ GRAPH ?a {{ <{POEMS}> a ?kind }} GRAPH ?b {{ ?c <{SUBJECT}> <{POEMS}> }} }}"
    names = [("named-graph-uri", ASSERTED), ("named-graph-uri", CLAIMS)]
    assert truth(get(client, ("query", both), *names))
    assert truth(post(client, both, DIRECT_TYPE, *names))
    assert not truth(post(client, both, DIRECT_TYPE, names[0]))
    assert not truth(post(client, "ASK { ?s ?p ?o }", DIRECT_TYPE, names[0])), "the default graph is empty then"


def test_a_whole_dataset_of_the_protocol(client: TestClient) -> None:
    sparql = f"{IS_ENTITY[:-1]} . GRAPH ?g {{ ?c <{SUBJECT}> <{POEMS}> }} }}"
    assert truth(post(client, sparql, DIRECT_TYPE, ("default-graph-uri", ASSERTED), ("named-graph-uri", CLAIMS)))
    assert not truth(post(client, sparql, DIRECT_TYPE, ("default-graph-uri", CLAIMS), ("named-graph-uri", ASSERTED)))


def test_the_dataset_of_the_protocol_goes_before_that_of_the_query(client: TestClient) -> None:
    sparql = HAS_CLAIM.replace("ASK", f"ASK FROM <{ASSERTED}>")
    assert truth(post(client, sparql, DIRECT_TYPE, ("default-graph-uri", CLAIMS)))
    assert truth(get(client, ("query", sparql), ("default-graph-uri", CLAIMS)))


@pytest.mark.parametrize("name", ["not an IRI", "relative", "", "http://a/<script>"])
def test_a_graph_that_is_no_iri_is_refused(client: TestClient, name: str) -> None:
    answer = get(client, ("query", "ASK {}"), ("named-graph-uri", name))
    assert answer.status_code == 400
    assert "graph" in answer.json()["detail"]


# --- Formats ---

SELECT = f"SELECT ?kind ?none {{ <{POEMS}> a ?kind }}"
CONSTRUCT = f"CONSTRUCT {{ <{POEMS}> a ?kind }} WHERE {{ <{POEMS}> a ?kind }}"
DESCRIBE = f"DESCRIBE <{POEMS}>"
CLASS = "http://www.w3.org/2002/07/owl#Class"


@pytest.mark.parametrize("asked", [JSON, "application/json", "*/*", "application/*", "image/png, */*;q=0.1", ""])
def test_rows_in_json(client: TestClient, asked: str) -> None:
    answer = post(client, SELECT, DIRECT_TYPE, accept=asked)
    assert answer.headers["content-type"] == (asked if asked == "application/json" else JSON)
    assert answer.json()["head"]["vars"] == ["kind", "none"]
    assert {"kind": {"type": "uri", "value": CLASS}} in answer.json()["results"]["bindings"]


@pytest.mark.parametrize("asked", [XML, "application/xml"])
def test_rows_in_xml(client: TestClient, asked: str) -> None:
    answer = post(client, SELECT, DIRECT_TYPE, accept=asked)
    assert answer.headers["content-type"] == asked
    root = read_xml(answer)
    assert CLASS in [uri.text for uri in root.iter("{http://www.w3.org/2005/sparql-results#}uri")]


def test_rows_in_csv_and_tsv(client: TestClient) -> None:
    answer = post(client, SELECT, DIRECT_TYPE, accept="text/csv")
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    header, *rows = csv.reader(io.StringIO(answer.content.decode(), newline=""))
    assert header == ["kind", "none"]
    assert [CLASS, ""] in rows
    answer = post(client, SELECT, DIRECT_TYPE, accept="text/tab-separated-values")
    assert answer.headers["content-type"] == "text/tab-separated-values; charset=utf-8"
    assert f"<{CLASS}>\t" in answer.text.split("\n")[1:]


def test_a_truth_value_in_json_and_xml_only(client: TestClient) -> None:
    assert truth(post(client, IS_ENTITY, DIRECT_TYPE))
    answer = post(client, IS_ENTITY, DIRECT_TYPE, accept=XML)
    assert read_xml(answer)[1].text == "true"
    answer = post(client, IS_ENTITY, DIRECT_TYPE, accept="text/csv")
    assert answer.status_code == 406, "CSV and TSV are specified for the rows of SELECT"
    assert JSON in answer.text
    assert truth(post(client, IS_ENTITY, DIRECT_TYPE, accept="text/csv, */*;q=0.1"))


@pytest.mark.parametrize("sparql", [CONSTRUCT, DESCRIBE])
@pytest.mark.parametrize(
    "form", [ox.RdfFormat.TURTLE, ox.RdfFormat.N_TRIPLES, ox.RdfFormat.RDF_XML, ox.RdfFormat.JSON_LD]
)
def test_graphs_in_every_format(client: TestClient, sparql: str, form: ox.RdfFormat) -> None:
    answer = post(client, sparql, DIRECT_TYPE, accept=form.media_type)
    assert answer.headers["content-type"].split(";")[0] == form.media_type
    triples = {quad.triple for quad in ox.parse(answer.content, format=form)}
    kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    assert ox.Triple(ox.NamedNode(POEMS), kind, ox.NamedNode(CLASS)) in triples


def test_a_graph_is_turtle_unless_something_else_is_asked_for(client: TestClient) -> None:
    answer = post(client, CONSTRUCT, DIRECT_TYPE)
    assert answer.headers["content-type"] == "text/turtle; charset=utf-8"
    assert "@prefix MONDO: " in answer.text
    assert "MONDO:0017364 a owl:Class" in answer.text


def test_the_client_says_what_it_likes_best(client: TestClient) -> None:
    answer = post(client, SELECT, DIRECT_TYPE, accept=f"{JSON};q=0.2, text/csv;q=0.7, {XML};q=0.5")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "accept" in [name.strip().lower() for name in answer.headers["vary"].split(",")]


@pytest.mark.parametrize(("sparql", "accept"), [(SELECT, "text/turtle"), (CONSTRUCT, JSON), (SELECT, "image/png")])
def test_a_format_that_cannot_be_had_is_not_given(client: TestClient, sparql: str, accept: str) -> None:
    answer = post(client, sparql, DIRECT_TYPE, accept=accept)
    assert answer.status_code == 406
    assert "can be had as" in answer.text


@pytest.mark.parametrize(("name", "media_type"), [("csv", "text/csv"), ("xml", XML), ("json", JSON)])
def test_a_link_names_its_format(client: TestClient, name: str, media_type: str) -> None:
    answer = get(client, ("query", SELECT), ("format", name), accept="text/html,application/xml;q=0.9,*/*;q=0.8")
    assert answer.headers["content-type"].split(";")[0] == media_type


def test_xml_that_could_not_be_read_is_not_sent(client: TestClient) -> None:
    sparql = 'SELECT ("\\u0001" AS ?x) {}'
    assert post(client, sparql, DIRECT_TYPE).json()["results"]["bindings"][0]["x"]["value"] == "\x01"
    assert post(client, sparql, DIRECT_TYPE, accept=XML).status_code == 406
    sparql = "CONSTRUCT { <http://a/> <http://a/1> 2 } WHERE {}"
    assert post(client, sparql, DIRECT_TYPE, accept="text/turtle").status_code == 200
    assert post(client, sparql, DIRECT_TYPE, accept="application/rdf+xml").status_code == 406


def test_head_is_get_without_the_body(client: TestClient) -> None:
    answer = client.head(f"/sparql?{urlencode({'query': IS_ENTITY})}")
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, JSON, b"")


def test_a_browser_is_shown_the_editor(client: TestClient) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    answer = client.get("/sparql", headers={"Accept": browser})
    assert (answer.status_code, answer.headers["location"]) == (303, "/editor")
    answer = get(client, ("query", 'ASK { ?s ?p "\r\nX: y&é" }'), accept=browser)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/editor?query=ASK+%7B+%3Fs+%3Fp+%22%0D%0AX%3A+y%26%C3%A9%22+%7D"
    assert "x" not in answer.headers
    answer = get(client, ("query", IS_ENTITY), ("default-graph-uri", ASSERTED), accept=browser)
    assert answer.headers["content-type"] == "application/xml", "the editor has no place for a dataset"


# --- What is refused ---


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_allowed(client: TestClient, method: str) -> None:
    answer = client.request(method, f"/sparql?{urlencode({'query': IS_ENTITY})}", headers=FORM_TYPE)
    assert answer.status_code == 405
    assert {"GET", "HEAD", "POST"} <= {name.strip() for name in answer.headers["allow"].split(",")}


def test_options_say_which_methods_there_are(client: TestClient) -> None:
    answer = client.options("/sparql")
    assert answer.status_code == 204
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"


def test_there_is_exactly_one_query(client: TestClient) -> None:
    twice = [("query", "ASK {}"), ("query", "SELECT * {}")]
    for answer in (
        get(client, *twice),
        post(client, urlencode(twice), FORM_TYPE),
        post(client, "ASK {}", DIRECT_TYPE, twice[0]),
        post(client, urlencode(twice[:1]), FORM_TYPE, twice[1]),
    ):
        assert answer.status_code == 400
        assert "exactly one" in answer.json()["detail"]
    assert post(client, "", FORM_TYPE).status_code == 400
    assert post(client, "", DIRECT_TYPE).status_code == 400


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json", "multipart/form-data; boundary=x", "application/sparql", ""]
)
@pytest.mark.parametrize("body", ["query=ASK%20%7B%7D", "ASK {}"])
def test_a_body_in_another_format_is_not_taken(client: TestClient, kind: str, body: str) -> None:
    answer = post(client, body, {"Content-Type": kind} if kind else {})
    assert answer.status_code == 415
    assert FORM in answer.json()["detail"]


def test_text_is_utf8_and_nothing_else(client: TestClient) -> None:
    answer = post(client, "ASK {}".encode("utf-16"), {"Content-Type": f"{DIRECT}; charset=UTF-16"})
    assert answer.status_code == 415
    for answer in (
        post(client, "ASK {}".encode("utf-16"), DIRECT_TYPE),
        post(client, 'ASK { ?s ?p "é" }'.encode("latin-1"), DIRECT_TYPE),
        post(client, "query=ASK%20%7B%20%3Fs%20%3Fp%20%22%E9%22%7D", FORM_TYPE),
        client.get("/sparql?query=ASK%20%7B%20%3Fs%20%3Fp%20%22%E9%22%7D"),
        post(client, "query=%ED%A0%80", FORM_TYPE),
    ):
        assert answer.status_code == 400
        assert "UTF-8" in answer.json()["detail"]


def test_get_takes_no_body(client: TestClient) -> None:
    answer = client.request("GET", f"/sparql?{urlencode({'query': IS_ENTITY})}", content=b"query=ASK+%7B%7D")
    assert answer.status_code == 400


def test_updates_are_refused(client: TestClient) -> None:
    for answer in (
        post(client, "update=CLEAR+ALL", FORM_TYPE),
        post(client, "CLEAR ALL", {"Content-Type": UPDATE}),
        get(client, ("update", "CLEAR ALL")),
        post(client, urlencode({"query": "ASK {}", "update": "CLEAR ALL"}), FORM_TYPE),
    ):
        assert answer.status_code == 403
        assert "read-only" in answer.json()["detail"]
    for sparql in ("CLEAR ALL", "LOAD <http://example.org/>", "INSERT DATA { <x:a> <x:b> 1 }"):
        assert post(client, sparql, DIRECT_TYPE).status_code == 400
    assert truth(post(client, IS_ENTITY, DIRECT_TYPE))


def test_other_servers_are_not_called(client: TestClient) -> None:
    answer = post(client, "SELECT * { SERVICE SILENT <http://127.0.0.1:1/> { ?s ?p ?o } }", DIRECT_TYPE)
    assert answer.status_code == 400
    assert "SERVICE" in answer.json()["detail"]


def test_an_error_of_syntax_says_where(client: TestClient) -> None:
    answer = post(client, "SELECT * {\n  ?s foo:bar ?o }", DIRECT_TYPE)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["line"], answer.json()["column"]) == (2, 13)
    answer = post(client, "SELECT * {\n  ?s foo:bar ?o }", DIRECT_TYPE, accept="text/csv")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("line 2, column 13: ")


def test_a_function_that_is_not_there_is_told_of(client: TestClient) -> None:
    answer = post(client, "SELECT (<http://example.org/f>(1) AS ?x) {}", DIRECT_TYPE)
    assert answer.status_code == 400
    assert "http://example.org/f" in answer.json()["detail"]


def test_a_host_that_is_none_is_refused(client: TestClient) -> None:
    answer = client.get("/sparql", headers={"Host": 'x"><script>', "Accept": "text/turtle"})
    assert answer.status_code == 400


def test_too_many_parameters_are_refused(client: TestClient) -> None:
    answer = post(client, "&".join(["default-graph-uri=x:a"] * 1001), FORM_TYPE)
    assert answer.status_code == 400
    assert "1000" in answer.json()["detail"]


def test_scripts_of_other_sites_may_ask(client: TestClient) -> None:
    answer = client.get("/sparql", params={"query": IS_ENTITY}, headers={"Origin": "http://example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"
    wanted = {
        "Origin": "http://example.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = client.options("/sparql", headers=wanted)
    assert answer.status_code == 200
    assert "POST" in answer.headers["access-control-allow-methods"]


# --- Limits ---


def test_an_answer_that_was_cut_says_so(client: TestClient) -> None:
    everything = "SELECT ?s ?p ?o { ?s ?p ?o }"
    whole = post(client, f"{everything} LIMIT 10000", DIRECT_TYPE)
    assert TRUNCATED.lower() not in whole.headers
    assert "link" not in whole.json()["head"]
    answer = post(client, everything, DIRECT_TYPE)
    assert answer.headers[TRUNCATED] == "10000"
    assert len(answer.json()["results"]["bindings"]) == 10_000
    assert answer.json()["head"]["link"] == ["#truncated-at-10000"]
    answer = post(client, everything, DIRECT_TYPE, accept=XML)
    root = read_xml(answer)
    assert len(root[1]) == 10_000
    assert root[0][-1].get("href") == "#truncated-at-10000"
    answer = post(client, "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", DIRECT_TYPE, accept="application/n-triples")
    assert answer.headers[TRUNCATED] == "10000"
    assert answer.text.count("\n") == 10_000


# --- Reading, for every input ---

NAMES = st.sampled_from(["query", "default-graph-uri", "named-graph-uri", "format", "other"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.lists(st.tuples(NAMES, TEXTS), max_size=8))
def test_what_is_encoded_is_read_again(pairs: list[tuple[str, str]]) -> None:
    assert read_parameters(urlencode(pairs).encode()) == pairs


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(encoded: bytes) -> None:
    try:
        pairs = read_parameters(encoded)
    except RequestError:
        return
    assert all(isinstance(text, str) and text.encode() is not None for pair in pairs for text in pair)


@given(st.lists(st.tuples(NAMES, TEXTS), max_size=8))
def test_one_query_and_no_other_number_is_taken(pairs: list[tuple[str, str]]) -> None:
    queries = [value for name, value in pairs if name == "query"]
    if len(queries) == 1:
        found = find_query(pairs)
        assert found.text == queries[0]
        assert list(found.default_graphs) == [value for name, value in pairs if name == "default-graph-uri"]
    else:
        with pytest.raises(RequestError):
            find_query(pairs)


@given(st.text(max_size=60))
def test_any_content_type_is_read(header: str) -> None:
    media_type, charset = read_content_type(header)
    assert ";" not in media_type + charset


def test_an_answer_in_json_is_json_to_the_last_byte(client: TestClient) -> None:
    answer = post(client, 'SELECT ("},{" AS ?x) ("\\"" AS ?y) { VALUES ?v { 1 2 3 } }', DIRECT_TYPE)
    assert len(json.loads(answer.content)["results"]["bindings"]) == 3


def test_our_own_client_has_the_same_rows_and_all_of_them(server: str, kg: KnowledgeGraph) -> None:
    far = connect(f"{server}/sparql", timeout=60)
    assert far.ask("findings").rows == kg.ask("findings").rows
    everything = "SELECT ?s ?p ?o { ?s ?p ?o }"
    assert len(far.query(f"{everything} LIMIT 10001").bindings) == 10_001, "fetched in pages where one answer is cut"
