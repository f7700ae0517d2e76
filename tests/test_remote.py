"""An endpoint as a store: whole answers from servers that cut, refuse, break off or are slow, all on this machine."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from rdflib import URIRef

import poems_kg
from poems_kg.ids import expand
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.rdf import Graphs
from poems_kg.remote import RemoteStore
from poems_kg.sparql import QueryError

JSON = "application/sparql-results+json"
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
CATEGORY = "<https://w3id.org/poems-kg/vocab/category> <https://w3id.org/poems-kg/vocab/Organisation>"
ORDERED = f"SELECT ?label WHERE {{ ?entity {CATEGORY} ; {LABEL} ?label }} ORDER BY ?label"
LABELS = f"{ORDERED} LIMIT 12"
POEMS = URIRef(expand("MONDO:0017364"))
CAP = 7


class Server(ThreadingHTTPServer):
    """
    Answers by the path. ``sparql`` answers truly; ``cap`` gives at most seven rows and does not say so; ``wrap`` is a
    ``cap`` that takes OFFSET only around a subquery; the others misbehave as they are called.
    """

    daemon_threads = True

    def __init__(self, kg: KnowledgeGraph) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.kg = kg
        self.asked: list[dict[str, list[str]]] = []
        self.over = Event()

    def questions(self) -> list[dict[str, list[str]]]:
        """What was asked but for which graphs there are."""
        return [fields for fields in self.asked if "DISTINCT ?graph" not in fields["query"][0]]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = parse_qs(body)
        self.server.asked.append(fields)
        getattr(self, f"answer_{urlsplit(self.path).path.strip('/')}")(fields["query"][0])

    def reply(self, code: int, kind: str, body: bytes, length: int | None = None) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def answer_sparql(self, query: str, rows: int | None = None, code: int = 200) -> None:
        result = self.server.kg.query(query)
        if result.type in {"CONSTRUCT", "DESCRIBE"}:
            self.reply(code, "text/turtle", result.serialize(format="turtle") or b"")
            return
        if result.type == "SELECT":
            result.bindings = result.bindings[:rows]
        self.reply(code, JSON, result.serialize(format="json") or b"")

    def answer_cap(self, query: str) -> None:
        self.answer_sparql(query, CAP)

    def answer_empty(self, query: str) -> None:
        self.answer_sparql(query, 0)

    def answer_wrap(self, query: str) -> None:
        if "\nLIMIT 1 OFFSET" in query and "{ {" not in query:
            self.reply(400, "text/plain", b"too many rows to sort")
        else:
            self.answer_sparql(query, CAP)

    def answer_partial(self, query: str) -> None:
        self.answer_sparql(query, CAP, 206)

    def answer_refuse(self, _: str) -> None:
        self.reply(400, "text/plain", b"no, because\nof this")

    def answer_fail(self, _: str) -> None:
        self.reply(500, "text/plain", b"")

    def answer_html(self, _: str) -> None:
        self.reply(200, "text/html", b"<html><p>Welcome</p></html>")

    def answer_garbage(self, _: str) -> None:
        self.reply(200, JSON, b"{")

    def answer_broken(self, _: str) -> None:
        self.reply(200, JSON, b'{"head": ', 4000)
        self.close_connection = True

    def answer_silence(self, _: str) -> None:
        self.server.over.wait(30)

    def answer_drip(self, _: str) -> None:
        self.reply(200, JSON, b" ", 4000)
        while not self.server.over.wait(0.05):
            try:
                self.wfile.write(b" ")
            except OSError:
                return

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def server(kg: KnowledgeGraph) -> Iterator[Server]:
    with Server(kg) as running:
        thread = Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.over.set()
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["sparql", "cap", "wrap"])
@pytest.mark.parametrize("name", ["names", "disorder_groups", "treatment_goals", "polarity_disagreements"])
def test_an_endpoint_gives_the_same_answers(kg: KnowledgeGraph, server: Server, name: str, path: str) -> None:
    remote = KnowledgeGraph(RemoteStore(server.url(path)))
    remote.names = kg.names
    there, here = remote.ask(name), kg.ask(name)
    assert len(here) > CAP
    assert (there.columns, there.rows, there.labels) == (here.columns, here.rows, here.labels)


@pytest.mark.parametrize("path", ["sparql", "cap", "wrap"])
@pytest.mark.parametrize("page_size", [5, CAP, 1000])
@pytest.mark.parametrize(
    "sparql",
    [
        ORDERED,
        LABELS,
        f"{ORDERED} OFFSET 3 LIMIT 9",
        f"{ORDERED} VALUES ?entity {{ <{expand('POEMS:0000214')}> <{expand('POEMS:0000222')}> }}",
        f"SELECT ?entity WHERE {{ ?entity {CATEGORY} }} # a comment, not the end",
        f"SELECT DISTINCT (STR(?p) AS ?q) (COUNT(*) AS ?n) WHERE {{ ?s {CATEGORY} ; ?p ?o }} GROUP BY ?p ORDER BY ?n",
        f"SELECT * WHERE {{ ?entity {CATEGORY} ; {LABEL} ?label }}",
        f"PREFIX s: <http://a/>\nSELECT ?s\nFROM <{Graphs.asserted.value}>\n{{ ?s {CATEGORY} FILTER(?s != s:LIMIT) }}",
        f"SELECT ?s WHERE {{ ?s {CATEGORY} FILTER(STR(?s) != 'ORDER BY ?s LIMIT 3 OFFSET 1') }}",
        "SELECT ?s WHERE { ?s <http://example.org/nothing> ?o } ORDER BY ?s",
    ],
    ids=["order", "limit", "offset", "values", "comment", "groups", "star", "from", "text", "empty"],
)
def test_no_row_is_lost_or_doubled(kg: KnowledgeGraph, server: Server, sparql: str, page_size: int, path: str) -> None:
    columns, rows = RemoteStore(server.url(path), page_size=page_size).select(sparql)
    assert columns == kg.store.select(sparql)[0]
    assert sorted(map(repr, rows)) == sorted(map(repr, kg.store.select(sparql)[1]))


def test_an_answer_is_believed_only_when_nothing_follows(server: Server) -> None:
    server.asked.clear()
    RemoteStore(server.url("cap"), page_size=5).select(LABELS)
    # Seven rows, a look beyond them, then 5 + 5 + 2 rows and an empty page.
    assert len(server.questions()) == 6


def test_fewer_rows_than_a_server_has_given_before_are_all(server: Server) -> None:
    store = RemoteStore(server.url("sparql"))
    store.select(LABELS)
    server.asked.clear()
    assert len(store.select(f"{ORDERED} LIMIT 11")[1]) == 11
    assert len(server.questions()) == 1
    # As many as ever may be as many as it gives.
    assert len(store.select(LABELS)[1]) == 12
    assert len(server.questions()) == 3


def test_our_graphs_are_the_dataset(kg: KnowledgeGraph, server: Server) -> None:
    names = sorted({str(quad.graph_name.value) for quad in kg.store.quads})
    store = RemoteStore(server.url("sparql"))
    server.asked.clear()
    store.query("ASK { ?s ?p ?o }")
    store.query(f"ASK FROM <{names[0]}> {{ ?s ?p ?o }}")
    ours, theirs = server.questions()
    assert ours["default-graph-uri"] == ours["named-graph-uri"] == names
    assert theirs.keys() == {"query"}


def test_an_endpoint_without_our_graphs_is_one_error(server: Server) -> None:
    store = RemoteStore(server.url("empty"))
    for _ in range(2):
        with pytest.raises(QueryError, match=r"no graph below https://w3id\.org/poems-kg/graph/ is there; load"):
            store.query("ASK { ?s ?p ?o }")


def test_other_forms_of_query_are_answered(kg: KnowledgeGraph, server: Server) -> None:
    store = RemoteStore(server.url("sparql"))
    assert store.query("ASK { ?s ?p ?o }").askAnswer
    described = store.query(f"CONSTRUCT {{ ?s {LABEL} ?o }} WHERE {{ ?s {LABEL} ?o FILTER(?s = <{POEMS}>) }}").graph
    assert described is not None
    assert [str(label) for label in described.objects()] == ["POEMS syndrome"]


def test_values_are_bound(server: Server) -> None:
    sparql = f"SELECT ?label WHERE {{ ?_it_iri {LABEL} ?label }}"
    assert RemoteStore(server.url("sparql")).select(sparql, {"_it_iri": POEMS})[1] == [["POEMS syndrome"]]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("refuse", "refused with 400 (no, because)"),
        ("fail", "refused with 500 (Internal Server Error)"),
        ("html", "no SPARQL result"),
        ("garbage", "no SPARQL result"),
        ("broken", "the answer broke off"),
        ("partial", "stopped before the answer was whole"),
        ("silence", "no whole answer in 0.4 seconds; allow more time"),
        ("drip", "no whole answer in 0.4 seconds; allow more time"),
    ],
)
def test_a_bad_answer_is_one_error(server: Server, path: str, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        # A busy machine may need longer than that for an answer that does come.
        RemoteStore(server.url(path), timeout=0.4 if "0.4 seconds" in says else 30).query(LABELS)
    assert says in str(caught.value)
    assert server.url(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_fails_on_the_second_page_is_an_error(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = count()

    def fail_later(handler: Handler, query: str) -> None:
        handler.answer_cap(query) if next(pages) < 5 else handler.answer_fail(query)

    monkeypatch.setattr(Handler, "answer_sparql_once", fail_later, raising=False)
    with pytest.raises(QueryError, match="refused with 500"):
        RemoteStore(server.url("sparql_once")).query(LABELS)


def test_a_closed_port_is_one_error() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(QueryError, match="no answer"):
        RemoteStore(f"http://127.0.0.1:{port}/sparql", timeout=2).query(LABELS)


@pytest.mark.parametrize("address", ["file:///etc/hosts", "ftp://example.org", "sparql", ""])
def test_only_http_addresses_are_taken(address: str) -> None:
    with pytest.raises(QueryError, match="not an http or https address"):
        poems_kg.connect(address)


def test_a_page_has_rows() -> None:
    with pytest.raises(QueryError, match="a page has at least one row"):
        poems_kg.connect("http://127.0.0.1:9/", page_size=0)


@pytest.mark.parametrize(
    "sparql",
    [
        "INSERT DATA { <http://a> <http://b> <http://c> }",
        "CLEAR ALL",
        "SELECT * { SERVICE <http://127.0.0.1:9/> {} }",
        "",
    ],
)
def test_what_is_not_reading_is_never_sent(server: Server, sparql: str) -> None:
    server.asked.clear()
    store = RemoteStore(server.url("sparql"))
    for run in (store.query, store.select):
        with pytest.raises(QueryError):
            run(sparql)
    assert not server.asked


def test_only_select_has_rows(server: Server) -> None:
    with pytest.raises(QueryError, match="SELECT"):
        RemoteStore(server.url("sparql")).select("ASK { ?s ?p ?o }")
