"""SPARQL text as tokens: what a query may do, and how values are put into it."""

from copy import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal as Text
from pyoxigraph import NamedNode, Quad, QuerySolutions, Store
from rdflib import Literal, URIRef

from poems_kg.sparql import QueryError, bind_terms, check_read_only, variables
from poems_kg.store import LocalStore

XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.mark.parametrize(
    ("sparql", "answers"),
    [
        ("ASK { ?s ?p 'SERVICE' }", 1),
        ('SELECT * { ?s ?p "DELETE \\" LOAD" }', 1),
        ("SELECT * { ?s ?p '''INSERT\n DATA''' }", 1),
        ("SELECT * { ?s <http://example.org/DROP> ?clear } # CLEAR ALL", 3),
        ("PREFIX load: <http://example.org/> SELECT * { ?s load:DROP ?service }", 3),
        ("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", 3),
        ("DESCRIBE <http://example.org/>", 3),
    ],
)
def test_reading_is_let_through_and_answered(sparql: str, answers: int) -> None:
    node, drop = NamedNode("http://example.org/"), NamedNode("http://example.org/DROP")
    store = Store()
    store.extend(Quad(node, drop, Text(words)) for words in ("SERVICE", 'DELETE " LOAD', "INSERT\n DATA"))
    result = LocalStore(store).query(sparql)
    assert result, "an ASK query has one answer, whatever it is"
    assert len(result) == answers


@pytest.mark.parametrize(
    "sparql",
    [
        "DROP ALL",
        "with <http://a> delete { ?s ?p ?o } where { ?s ?p ?o }",
        "SELECT * { SERVICE <http://a> {} }",
        "?s ?p ?o",
        "# SELECT",
    ],
)
def test_anything_else_is_refused(sparql: str) -> None:
    with pytest.raises(QueryError):
        check_read_only(sparql)


HIDDEN_CALLS = {
    "after a comment": "SELECT * { #\nSERVICE#\n<x:y>#\n{} }",
    "with a comment that is no IRI": "SELECT * { FILTER(1<2)SERVICE#>\n<x:y>{} }",
    "behind an escaped quote in an IRI": r"SELECT * { FILTER(<x:y>!=<x:\u0041'>) SERVICE <x:y> {} FILTER('a'='a') }",
    "behind an escaped hash in an IRI": r"SELECT * { FILTER(<x:y>!=<x:\u0041#>) SERVICE <x:y> {} }",
    "with an empty prefix": "PREFIX : <x:y> SELECT * { SERVICE: {} }",
    "with an undeclared prefix": "PREFIX : <x:> SELECT * { SERVICE:y {} }",
    "with a declared prefix": "PREFIX : <x:> PREFIX service: <x:z> SELECT * { service:y {} }",
    "silently": "PREFIX : <x:> SELECT * { SERVICESILENT:y#\n{} SERVICE:y {} }",
    "after a number": "SELECT * { ?s ?p 1e5SERVICE<x:y>{} }",
    "after a number, with a prefix": "PREFIX : <x:> SELECT * { ?s ?p 1e5SERVICE:y {} }",
    "after a string that is no IRI": "SELECT * { FILTER(1<'a#>b' || true)SERVICE<x:y>{} FILTER('c'='c') }",
    "after a group that is no IRI": "SELECT * { FILTER(true||EXISTS{}<'a#>b')SERVICE<x:y>{} FILTER('c'='c') }",
    "after a comment that is no IRI": "SELECT * { ?s ?p ?o FILTER(true||1<?o#>'''\n)SERVICE<x:y>{} #'''\n }",
}


@pytest.mark.parametrize("sparql", HIDDEN_CALLS.values(), ids=HIDDEN_CALLS)
def test_a_hidden_call_of_another_server_is_refused(sparql: str) -> None:
    store = Store()
    store.add(Quad(NamedNode("x:s"), NamedNode("x:p"), Text("1e5", datatype=NamedNode(f"{XSD}double"))))
    with pytest.raises(OSError, match="scheme"):
        list(store.query(sparql))
    with pytest.raises(QueryError, match="SERVICE"):
        check_read_only(sparql)


@pytest.mark.parametrize(
    "sparql", [r"SELECT * { S\u0045RVICE <http://a> {} }", r"ASK { ?s ?p '\u0027) SERVICE <http://a> {} } #' }"]
)
def test_a_call_in_escapes_is_refused_for_servers_that_read_those_first(sparql: str) -> None:
    with pytest.raises(QueryError, match="SERVICE"):
        check_read_only(sparql)


@pytest.mark.parametrize(
    "sparql",
    [
        "PREFIX service: <http://a/service#> SELECT * { ?service service:service 'SERVICE' . } # SERVICE",
        "PREFIX service: <http://a/> SELECT * FROM service:x { GRAPH service:x { ?s a service:x } }",
        "SELECT * { ?s <http://a/service> ?o FILTER(?o IN (<http://a/service>, <http://b>) && 1 < 2) }",
        "SELECT * { VALUES (?s ?o) { (<http://a> <http://service>) } }",
        "SELECT * { ?s ?p '''SERVICE <http://a> {}''', 'service'@en-service }",
    ],
)
def test_the_word_service_may_be_in_names_and_strings(sparql: str) -> None:
    check_read_only(sparql)
    assert isinstance(Store().query(sparql), QuerySolutions)


PIECES = (
    *("?s ?p ?o .", "?s ?p 1e5", "?s ?p true", "?s ?p 'x'@en", "?s ?p :b'c'", r"?s ?p <x:\u0041'>.", r"<x:\u0041#>"),
    *("FILTER(1<2)", "FILTER(1<?q#>", "FILTER(1<'a#>b')", "FILTER(1<'''a#>b''')", "FILTER(EXISTS{}<'a#>b')", "FILTER("),
    *(
        "SERVICE<x:y>{}",
        "SERVICE :a{}",
        "SERVICE:a{}",
        "SERVICE:",
        "SERVICE",
        "service ",
        "SILENT",
        "<x:y>",
        ":a",
        "a:b",
    ),
    *("OPTIONAL{}", "{}", "{", "}", "UNION", "GRAPH :a{}", "GRAPH ", "BIND(", "AS ?c)", "VALUES ?v{1}", "VALUES(?v){("),
    *(
        "'",
        "'''",
        '"',
        "#",
        "\n",
        ".",
        " ",
        ",",
        ";",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        "<<",
        ">>",
        "<<:a:b'x#>'>>",
        "(:a|<x:y>)",
    ),
    *(
        "1",
        "1e5",
        "true",
        "?a",
        "_:x",
        "@en",
        "-",
        "*",
        "/",
        "!",
        "&&",
        "||",
        "=",
        "^^",
        "MINUS{}",
        "NOT ",
        "IN(",
        "\\",
    ),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_what_is_let_through_calls_no_other_server(pieces: list[str]) -> None:
    sparql = f"PREFIX : <x:> PREFIX a: <x:> PREFIX service: <x:> SELECT * {{ {''.join(pieces)} }}"
    try:
        check_read_only(sparql)
        result = Store().query(sparql, base_iri="x:/")
    except (QueryError, SyntaxError):
        return
    # Oxigraph raises an OSError when it is made to call an address that is none of HTTP.
    assert isinstance(list(result), list)


def test_a_query_is_not_nested_so_deeply_that_it_ends_the_process() -> None:
    check_read_only(f"SELECT * {'{' * 200}{'}' * 200}")
    with pytest.raises(QueryError, match="deep"):
        check_read_only(f"SELECT * {'{' * 201}{'}' * 201}")
    check_read_only(f"SELECT * {{ ?s ?p '{'(' * 5000}' }} # {'{' * 5000}")


@pytest.mark.parametrize(
    ("sparql", "line", "column"),
    [("SELECT * {\n  ?s ?é }", 2, 10), ("ASK { ?s foo:bar ?o }", 1, 17), ("SELECT", 1, 7)],
)
def test_an_error_says_where_it_is(sparql: str, line: int, column: int) -> None:
    with pytest.raises(QueryError, match=f"line {line}, column {column}") as caught:
        LocalStore(Store()).query(sparql)
    assert (caught.value.line, caught.value.column) == (line, column)
    again = copy(caught.value)
    assert (str(again), again.line, again.column) == (str(caught.value), line, column)


def test_variables_are_named_once_in_order() -> None:
    assert variables("SELECT ?b $a { ?b ?p '?no' . # ?neither\n <http://x?y> ?p ?a }") == ["b", "a", "p"]


def test_only_whole_variables_are_bound() -> None:
    bound = bind_terms("SELECT ?x ?xy { ?x ?p '?x' } # ?x", {"x": URIRef("http://a")})
    assert bound == "SELECT <http://a> ?xy { <http://a> ?p '?x' } # ?x"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40))
def test_any_text_is_bound_as_that_text(text: str) -> None:
    assert LocalStore(Store()).select("SELECT (?_word AS ?said) WHERE {}", {"_word": Literal(text)})[1] == [[text]]
