"""Stores: the graph in memory, and the same behind an HTTP endpoint on this machine."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs

import pytest
from rdflib import Literal, URIRef

import poems_kg
from poems_kg.ids import PoemsKgError, expand
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.sparql import QueryError
from poems_kg.store import RemoteStore, load_store

LABEL = "SELECT ?label WHERE { ?entity <http://www.w3.org/2000/01/rdf-schema#label> ?label } ORDER BY ?label LIMIT 5"
POEMS = URIRef(expand("MONDO:0017364"))


@pytest.fixture(scope="module")
def endpoint(kg: KnowledgeGraph) -> Iterator[str]:
    """The address of a server that answers by its path: ``/sparql`` truly, ``/garbage`` and codes as named."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            kind, code, answer = "application/sparql-results+json", 200, b"{"
            if self.path == "/sparql":
                answer = kg.store.query(parse_qs(body)["query"][0]).serialize(format="json") or b""
            elif self.path != "/garbage":
                kind, code, answer = "text/plain", int(self.path[1:]), b"no, because\nof this"
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("name", ["names", "findings_by_letter", "treatment_goals", "polarity_disagreements"])
def test_an_endpoint_gives_the_same_answers(kg: KnowledgeGraph, endpoint: str, name: str) -> None:
    far = poems_kg.connect(f"{endpoint}/sparql").ask(name)
    near = kg.ask(name)
    assert near.rows
    assert (far.columns, far.rows, far.labels) == (near.columns, near.rows, near.labels)


def test_query_and_select_agree_on_both_stores(kg: KnowledgeGraph, endpoint: str) -> None:
    for store in (kg.store, RemoteStore(f"{endpoint}/sparql")):
        columns, rows = store.select(LABEL)
        assert columns == ["label"]
        assert [[str(row[0])] for row in store.query(LABEL)] == rows


def test_values_are_bound_on_both_stores(kg: KnowledgeGraph, endpoint: str) -> None:
    sparql = "SELECT ?label WHERE { ?_it_iri <http://www.w3.org/2000/01/rdf-schema#label> ?label }"
    for store in (kg.store, RemoteStore(f"{endpoint}/sparql")):
        assert store.select(sparql, {"_it_iri": POEMS})[1] == [["POEMS syndrome"]]


def test_cells_are_plain_values(kg: KnowledgeGraph) -> None:
    sparql = f"SELECT (1 AS ?i) (1.5 AS ?d) (true AS ?b) ('x'@en AS ?t) ({POEMS.n3()} AS ?c) (?none AS ?n) WHERE {{}}"
    assert kg.store.select(sparql)[1] == [[1, 1.5, True, "x", "MONDO:0017364", None]]


@pytest.mark.parametrize(
    ("path", "says"),
    [("400", "refused with 400 (no, because)"), ("500", "refused with 500"), ("garbage", "no SPARQL result")],
)
def test_a_bad_answer_is_one_error(endpoint: str, path: str, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        RemoteStore(f"{endpoint}/{path}").query(LABEL)
    assert says in str(caught.value)
    assert f"{endpoint}/{path}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_closed_port_is_one_error() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(QueryError, match="no answer"):
        RemoteStore(f"http://127.0.0.1:{port}/sparql", timeout=2).query(LABEL)


@pytest.mark.parametrize("address", ["file:///etc/hosts", "ftp://example.org", "sparql", ""])
def test_only_http_addresses_are_taken(address: str) -> None:
    with pytest.raises(QueryError, match="not an http or https address"):
        RemoteStore(address)


@pytest.mark.parametrize(
    "sparql",
    [
        "SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "select * where { service silent <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "INSERT DATA { <http://a> <http://b> <http://c> }",
        "DELETE WHERE { ?s ?p ?o }",
        "CLEAR ALL",
        "LOAD <http://127.0.0.1:9/>",
        "",
    ],
)
def test_both_stores_refuse_what_is_not_reading(kg: KnowledgeGraph, sparql: str) -> None:
    for store in (kg.store, RemoteStore("http://127.0.0.1:9/")):
        for run in (store.query, store.select):
            with pytest.raises(QueryError):
                run(sparql)


def test_broken_sparql_names_line_and_column(kg: KnowledgeGraph) -> None:
    for run in (kg.store.query, kg.store.select):
        with pytest.raises(QueryError, match=r"^line 2, column \d+: not SPARQL 1\.1 at '.*'; mend the query there$"):
            run("SELECT ?s\nWHERE { ?s ?p ; ; 7 }")


def test_an_unknown_prefix_is_named_as_such(kg: KnowledgeGraph) -> None:
    with pytest.raises(QueryError, match="unknown prefix"):
        kg.store.select("SELECT * WHERE { ?s nowhere:p ?o }")


def test_only_select_has_rows(kg: KnowledgeGraph, endpoint: str) -> None:
    for store in (kg.store, RemoteStore(f"{endpoint}/sparql")):
        with pytest.raises(QueryError, match="SELECT"):
            store.select("ASK { ?s ?p ?o }")


def test_a_value_cannot_change_the_query(kg: KnowledgeGraph) -> None:
    hostile = Literal('x" } SELECT * WHERE { ?s ?p ?o } # \\ \n')
    assert kg.store.select("SELECT (?_word AS ?said) WHERE {}", {"_word": hostile})[1] == [[str(hostile)]]


def test_a_missing_or_damaged_graph_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(PoemsKgError, match="cannot be read"):
        load_store(tmp_path / "graph.trig")
    damaged = tmp_path / "damaged.trig"
    damaged.write_text("<http://a> <http://b> .\n", encoding="utf-8")
    with pytest.raises(PoemsKgError, match=r"damaged\.trig:1: the graph is damaged"):
        load_store(damaged)
