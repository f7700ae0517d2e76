"""The graph in memory as a store: plain rows, values bound as values, and nothing but reading."""

from pathlib import Path

import pytest
from rdflib import Literal, URIRef

from poems_kg.ids import PoemsKgError, expand
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.sparql import QueryError
from poems_kg.store import load_store

LABEL = "SELECT ?label WHERE { ?entity <http://www.w3.org/2000/01/rdf-schema#label> ?label } ORDER BY ?label LIMIT 5"
POEMS = URIRef(expand("MONDO:0017364"))


def test_cells_are_plain_values(kg: KnowledgeGraph) -> None:
    sparql = f"SELECT (1 AS ?i) (1.5 AS ?d) (true AS ?b) ('x'@en AS ?t) ({POEMS.n3()} AS ?c) (?none AS ?n) WHERE {{}}"
    assert kg.store.select(sparql)[1] == [[1, 1.5, True, "x", "MONDO:0017364", None]]


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
def test_what_is_not_reading_is_refused(kg: KnowledgeGraph, sparql: str) -> None:
    for run in (kg.store.query, kg.store.select):
        with pytest.raises(QueryError):
            run(sparql)


def test_broken_sparql_names_line_and_column(kg: KnowledgeGraph) -> None:
    for run in (kg.store.query, kg.store.select):
        with pytest.raises(QueryError, match=r"^line 2, column \d+: not SPARQL 1\.1 at '.*'; mend the query there$"):
            run("SELECT ?s\nWHERE { ?s ?p ; ; 7 }")


def test_an_unknown_prefix_is_named_as_such(kg: KnowledgeGraph) -> None:
    with pytest.raises(QueryError, match="unknown prefix"):
        kg.store.select("SELECT * WHERE { ?s nowhere:p ?o }")


def test_only_select_has_rows(kg: KnowledgeGraph) -> None:
    with pytest.raises(QueryError, match="SELECT"):
        kg.store.select("ASK { ?s ?p ?o }")


def test_values_are_bound(kg: KnowledgeGraph) -> None:
    sparql = "SELECT ?label WHERE { ?_it_iri <http://www.w3.org/2000/01/rdf-schema#label> ?label }"
    assert kg.store.select(sparql, {"_it_iri": POEMS})[1] == [["POEMS syndrome"]]


def test_query_and_select_agree(kg: KnowledgeGraph) -> None:
    columns, rows = kg.store.select(LABEL)
    assert columns == ["label"]
    assert [[str(row[0])] for row in kg.store.query(LABEL)] == rows


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
