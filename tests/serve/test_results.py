"""Answers as bytes: cut between two rows wherever there are too many, whole in every other case."""

import contextlib
import csv
import io
from dataclasses import dataclass, replace
from typing import cast

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.serve.desk import Desk
from poems_kg.serve.problems import TooLargeError
from poems_kg.serve.replies import Reply
from poems_kg.serve.results import ROWS, TRUNCATED, Query, Wanted, answer_query
from poems_kg.serve.settings import Settings
from poems_kg.sparql import QueryError
from poems_kg.store import LocalStore

ENDPOINT = "http://localhost/sparql"
FORMATS = [name for name in ROWS if name.startswith(("application/sparql", "text"))]


@dataclass
class SmallDesk:
    """As much of a desk as answers need."""

    kg: KnowledgeGraph
    settings: Settings


def desk_of(*texts: str, rows: int = 3, reply_bytes: int = 1 << 20) -> Desk:
    store = ox.Store()
    graph, node = ox.NamedNode("x:g"), ox.NamedNode("x:p")
    store.extend(ox.Quad(ox.NamedNode(f"x:{n}"), node, ox.Literal(text), graph) for n, text in enumerate(texts))
    return cast(Desk, SmallDesk(KnowledgeGraph(LocalStore(store)), Settings(rows=rows, reply_bytes=reply_bytes)))


def ask(desk: Desk, sparql: str, media_type: str = FORMATS[0]) -> Reply:
    return answer_query(desk, Query(sparql), Wanted(media_type, media_type, "application/n-triples"), ENDPOINT)


def read(body: bytes, media_type: str) -> list[list[str | None]]:
    """The values of an answer as text, None where one is not bound; CSV cannot tell that from empty text."""
    if media_type == "text/csv":
        return [[cell or None for cell in row] for row in csv.reader(io.StringIO(body.decode(), newline=""))][1:]
    found = ox.parse_query_results(body, ROWS[media_type])
    assert isinstance(found, ox.QuerySolutions)
    return [[None if term is None else term.value for term in row] for row in found]


PARTS = st.sampled_from([*"},{\"\\\n'<>& éa:;?\t", "},{", '"},{"', "<result>", "\\\\", '""', "\r\n"])
HARD = st.lists(PARTS, min_size=1, max_size=12).map("".join)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(HARD, max_size=8),
    st.integers(1, 6),
    st.sampled_from(FORMATS),
)
def test_a_cut_answer_is_the_start_of_the_whole_one(texts: list[str], rows: int, media_type: str) -> None:
    sparql = "SELECT ?s ?o ?none { ?s ?p ?o } ORDER BY ?s"
    whole = ask(desk_of(*texts, rows=100), sparql, media_type)
    cut = ask(desk_of(*texts, rows=rows), sparql, media_type)
    assert whole.headers == (("Vary", "Accept"),)
    expected = [[f"x:{n}", text, None] for n, text in enumerate(texts)]
    assert read(whole.body, media_type) == expected
    assert read(cut.body, media_type) == expected[:rows]
    assert ((TRUNCATED, str(rows)) in cut.headers) == (len(texts) > rows)
    if len(texts) <= rows:
        assert cut == whole


@pytest.mark.parametrize("media_type", FORMATS)
@pytest.mark.parametrize("count", [2, 3, 4, 5000])
def test_rows_with_nothing_in_them_are_counted_too(media_type: str, count: int) -> None:
    texts = [""] * count
    reply = ask(desk_of(*texts), "SELECT ?none { ?s ?p ?o }", media_type)
    assert ((TRUNCATED, "3") in reply.headers) == (count > 3)
    if media_type.startswith("text"):
        assert reply.body.count(b"\n") == 1 + min(count, 3)
    else:
        assert read(reply.body, media_type) == [[None]] * min(count, 3)


@pytest.mark.parametrize("media_type", FORMATS)
def test_text_that_looks_like_many_rows_is_not_cut(media_type: str) -> None:
    text = '},{<result>\r\n\n"' * 5_000
    reply = ask(desk_of(text, text), "SELECT ?o { ?s ?p ?o }", media_type)
    assert reply.headers == (("Vary", "Accept"),)
    assert read(reply.body, media_type) == [[text]] * 2


def test_triples_are_cut_as_rows_are() -> None:
    sparql = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
    reply = ask(desk_of(*"abcd"), sparql)
    assert (TRUNCATED, "3") in reply.headers
    assert reply.body.count(b"\n") == 3
    reply = ask(desk_of(*"abc"), sparql)
    assert reply.headers == (("Vary", "Accept"),)
    assert reply.body.count(b"\n") == 3


def test_no_more_is_evaluated_than_is_given() -> None:
    wide = " ".join(f"?s{n} ?p{n} ?o{n} ." for n in range(9))
    reply = ask(desk_of(*map(str, range(100))), f"SELECT * {{ {wide} }}")
    assert (TRUNCATED, "3") in reply.headers


@pytest.mark.parametrize("sparql", ["SELECT ?o { ?s ?p ?o }", "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"])
def test_an_answer_that_is_too_large_is_stopped(sparql: str) -> None:
    desk = desk_of("x" * 5000, "y" * 5000, reply_bytes=6000)
    with pytest.raises(TooLargeError):
        ask(desk, sparql)


def test_a_limit_of_its_own_is_no_cut() -> None:
    reply = ask(desk_of(*"abcdef"), "SELECT ?o { ?s ?p ?o } LIMIT 3")
    assert reply.headers == (("Vary", "Accept"),)
    assert len(read(reply.body, FORMATS[0])) == 3


@given(st.text(max_size=60))
def test_any_text_is_answered_or_refused(sparql: str) -> None:
    with contextlib.suppress(QueryError):
        assert ask(desk_of("a"), sparql).body


def test_the_released_graph_is_answered_as_the_library_answers_it(desk: Desk) -> None:
    from poems_kg.questions import bind, find_question
    from poems_kg.sparql import bind_terms
    from poems_kg.store import to_plain

    question = find_question("findings")
    sparql = bind_terms(question.sparql, bind(question, {}, desk.kg.names))
    reply = ask(desk, sparql)
    found = ox.parse_query_results(reply.body, ox.QueryResultsFormat.JSON)
    assert isinstance(found, ox.QuerySolutions)
    columns, rows = desk.kg.store.select(sparql)
    assert [variable.value for variable in found.variables] == columns
    assert [[to_plain(term) for term in row] for row in found] == rows
    assert len(rows) > 100


def test_settings_of_the_desk_count() -> None:
    desk = desk_of(*"abcd")
    desk.settings = replace(desk.settings, rows=2)
    assert (TRUNCATED, "2") in ask(desk, "SELECT * { ?s ?p ?o }").headers
