"""The NetworkX views: shape, attributes as documented, provenance kept."""

import re
from pathlib import Path

import networkx as nx
import pytest

from poems_kg.ids import compress
from poems_kg.names import Names
from poems_kg.questions import find_questions
from poems_kg.store import LocalStore
from poems_kg.views import CLONE, POEMS, VIEWS, ViewError, build_view, differential_rows
from poems_kg.views.rows import ClaimRow, percentages, render_figure, summarise

DOCS = Path(__file__).parent.parent / "docs" / "views.md"
BIPARTITE = ("disorder_findings", "differential_matrix", "evidence")


@pytest.fixture(scope="module")
def views(kg):
    return {name: kg.view(name) for name in VIEWS}


def documented(name):
    """Attribute names of a view by what has them, from the table in docs/views.md."""
    section = re.split(r"^## ", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (text,) = (part for part in section if part.startswith(f"{name}\n"))
    found = {"node": set(), "node 0": set(), "node 1": set(), "edge": set()}
    for of, attributes in re.findall(r"^\| (node|node 0|node 1|edge) \| ([\w, ]+) \|", text, flags=re.MULTILINE):
        found[of] |= set(attributes.split(", "))
    return found


def claim(**cells):
    blank = dict.fromkeys(ClaimRow.__dataclass_fields__, "") | dict.fromkeys(("low", "high", "n", "total"))
    usual = {"claim": "claim:C1", "polarity": "asserts", "certainty": "established", "relation": "has_phenotype"}
    return ClaimRow(**{**blank, **usual, "citation": "PMID:1", **cells})


@pytest.mark.parametrize("name", VIEWS)
def test_attributes_are_those_documented(views, name):
    graph, expected = views[name], documented(name)
    assert graph.number_of_nodes() > 5
    for _, data in graph.nodes(data=True):
        side = f"node {data['bipartite']}" if "bipartite" in data else "node"
        assert set(data) == expected["node"] | expected[side]
        assert data["label"]
        assert data["category"]
    for *_, data in graph.edges(data=True):
        assert set(data) == expected["edge"]


@pytest.mark.parametrize("name", VIEWS)
def test_every_edge_keeps_its_provenance(views, name):
    for *_, data in views[name].edges(data=True):
        from_ontology = data["relation"] == "subclass_of" and not data["claims"]
        assert from_ontology or (data["claims"] and data["sources"])
        assert data["claims"] == sorted(data["claims"])


@pytest.mark.parametrize("name", VIEWS)
def test_names_are_free_in_case_and_blanks(kg, views, name):
    assert nx.utils.graphs_equal(build_view(name.upper().replace("_", " "), kg.store, kg.names), views[name])


def test_an_unknown_view_suggests_the_nearest(kg):
    with pytest.raises(ViewError, match="did you mean mechanism"):
        kg.view("mechanisms")
    with pytest.raises(ViewError, match="use one of graph, "):
        kg.view("zzz")


def test_queries_have_complete_headers_and_return_what_they_say(kg):
    for name, query in find_questions("views").items():
        assert query.summary, name
        assert query.description, name
        result = kg.query(query.sparql)
        assert [str(variable) for variable in result.vars] == list(query.returns), name
        assert len(result) >= query.expects["min_rows"], name
        assert "ORDER BY" in query.sparql, name


def test_an_empty_store_gives_empty_views():
    import pyoxigraph

    store = LocalStore(pyoxigraph.Store())
    sizes = {name: build_view(name, store, Names(store)).number_of_edges() for name in VIEWS}
    assert set(sizes.values()) == {0}


@pytest.mark.parametrize("name", BIPARTITE)
def test_bipartite_sides(views, name):
    graph = views[name]
    for one, other in graph.edges:
        assert {graph.nodes[one]["bipartite"], graph.nodes[other]["bipartite"]} == {0, 1}
    first = "Claim" if name == "evidence" else "Disorder"
    assert {category for node, category in graph.nodes(data="category") if graph.nodes[node]["bipartite"] == 0} == {
        first
    }


def test_the_whole_graph_has_every_claim(views):
    graph = views["graph"]
    on_edges = {each for *_, claims in graph.edges(data="claims") for each in claims}
    on_nodes = {each for _, claims in graph.nodes(data="claims") for each in claims}
    all_claims = {node for node, category in views["evidence"].nodes(data="category") if category == "Claim"}
    assert on_edges | on_nodes == all_claims
    assert not on_edges & on_nodes


def test_similarity_is_about_poems_and_bounded(views):
    graph = views["disorder_similarity"]
    assert not graph.is_directed()
    assert graph.degree(POEMS) > 3
    matrix = nx.to_numpy_array(graph, weight="jaccard")
    assert (matrix == matrix.T).all()
    assert str(graph.number_of_nodes()) in graph.graph["corpus"]
    for _, _, data in graph.edges(data=True):
        assert 0 < data["jaccard"] <= 1
        assert data["shared"] == len(data["findings"]) == len(data["finding_labels"]) > 0
        assert data["information_content"] >= 0


def test_shared_findings_are_the_most_specific(kg, views):
    rows = kg.query(find_questions("views")["broader_findings"].sparql).bindings
    pairs = {tuple(compress(str(value)) for _, value in sorted(row.items(), reverse=True)) for row in rows}
    for _, _, data in views["disorder_similarity"].edges(data=True):
        found = set(data["findings"])
        assert not any((one, other) in pairs for one in found for other in found)


def test_matrix_rows_cover_every_cell(views):
    graph = views["differential_matrix"]
    disorders = [node for node, side in graph.nodes(data="bipartite") if side == 0]
    rows = list(differential_rows(graph))
    assert len(rows) == len(disorders) * (graph.number_of_nodes() - len(disorders))
    assert rows[0]["disorder"] == POEMS
    assert {row["presence"] for row in rows} == {"present", "excluded", "disputed", "unknown"}
    for row in rows:
        assert bool(row["sources"]) == (row["presence"] != "unknown")
        assert row["low"] is None or row["high"] is None or 0 <= row["low"] <= row["high"] <= 100
        assert not (row["inferred"] and (row["low"] is not None or row["presence"] == "excluded"))


def test_matrix_rows_of_chosen_disorders(views):
    rows = list(differential_rows(views["differential_matrix"], ["MONDO:0006702"]))
    assert {row["disorder"] for row in rows} == {"MONDO:0006702"}


def test_mechanism_is_acyclic_and_reaches_findings(views):
    graph = views["mechanism"]
    assert nx.is_directed_acyclic_graph(graph)
    reached = {node for node in nx.descendants(graph, CLONE) if graph.nodes[node]["category"] == "Finding"}
    assert "HP:0001271" in reached
    assert all(graph.nodes[u]["layer"] < graph.nodes[v]["layer"] for u, v in graph.edges)
    assert {polarity for *_, polarity in graph.edges(data="polarity")} == {"asserts"}


def test_mechanism_reports_what_it_cut_and_what_is_denied(views):
    graph = views["mechanism"]
    assert graph.graph["cut"]
    for cut in graph.graph["cut"]:
        assert nx.has_path(graph, cut["object"], cut["subject"])
        assert cut["reason"]
        assert cut["claims"]
    vegf = [edge for edge in graph.graph["denied"] if edge["object"] == POEMS]
    assert any("only factor" in condition for edge in vegf for condition in edge["conditions"])


def test_treatments_warn_of_neuropathy(views):
    harms = [target for _, target, harm in views["treatments"].edges(data="is_poems_finding") if harm]
    assert "HP:0009830" in harms


def test_evidence_has_one_source_for_each_claim(views):
    graph = views["evidence"]
    claims = [node for node, side in graph.nodes(data="bipartite") if side == 0]
    assert {graph.degree(node) for node in claims} == {1}


@pytest.mark.parametrize(
    ("cells", "share", "figure"),
    [
        ({"n": 1, "total": 3}, (33.3, 33.3), "1/3 (PMID:1)"),
        ({"low": 29.0, "high": 37.0, "unit": "%"}, (29.0, 37.0), "29–37 % (PMID:1)"),
        ({"high": 78.0, "unit": "%"}, (None, 78.0), "up to 78 % (PMID:1)"),
        ({"low": 50.0, "unit": "%"}, (50.0, None), "at least 50 % (PMID:1)"),
        ({"low": 5.0, "high": 5.0, "unit": "a"}, (None, None), "5 a (PMID:1)"),
        ({"total": 20}, (None, None), ""),
        ({"n": 0, "total": 4}, (0.0, 0.0), "0/4 (PMID:1)"),
    ],
)
def test_figures_are_as_published(cells, share, figure):
    assert percentages(claim(**cells)) == share
    assert render_figure(claim(**cells)) == figure


def test_summaries_keep_both_sides():
    denied = claim(claim="claim:C2", polarity="denies", citation="PMID:2", n=0, total=9, certainty="uncertain")
    summary = summarise([denied, claim(n=9, total=10, certainty="probable"), claim(low=20.0, high=40.0, unit="%")])
    assert (summary["polarity"], summary["certainty"]) == ("mixed", "established")
    assert (summary["low"], summary["high"]) == (20.0, 90.0)
    assert summary["sources"] == ["PMID:1", "PMID:2"]
    assert summarise([denied])["polarity"] == "denies"
