"""SPARQL text as tokens: what a query may do, and how values are put into it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal as Text
from pyoxigraph import NamedNode, Quad, Store
from rdflib import Literal, URIRef

from poems_kg.sparql import QueryError, bind_terms, check_read_only, variables
from poems_kg.store import LocalStore


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


def test_variables_are_named_once_in_order() -> None:
    assert variables("SELECT ?b $a { ?b ?p '?no' . # ?neither\n <http://x?y> ?p ?a }") == ["b", "a", "p"]


def test_only_whole_variables_are_bound() -> None:
    bound = bind_terms("SELECT ?x ?xy { ?x ?p '?x' } # ?x", {"x": URIRef("http://a")})
    assert bound == "SELECT <http://a> ?xy { <http://a> ?p '?x' } # ?x"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40))
def test_any_text_is_bound_as_that_text(text: str) -> None:
    assert LocalStore(Store()).select("SELECT (?_word AS ?said) WHERE {}", {"_word": Literal(text)})[1] == [[text]]
