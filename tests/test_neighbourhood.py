"""One entity and what is one step away, cut out of the whole graph."""

import networkx as nx
import pytest

from poems_kg.ids import PoemsKgError
from poems_kg.views.neighbourhood import neighbourhood

HEPATOMEGALY = "HP:0002240"


@pytest.fixture(scope="module")
def whole(kg):
    return kg.view("graph")


def test_it_has_all_that_an_edge_joins_to_the_entity_and_nothing_else(whole):
    cut = neighbourhood(whole, HEPATOMEGALY)
    joined = {end for edge in whole.edges if HEPATOMEGALY in edge[:2] for end in edge[:2]}
    assert set(cut) == joined
    assert len(cut) > 3
    part = whole.subgraph(joined)
    assert (cut.adj, cut.nodes) == (part.adj, part.nodes)


def test_attributes_are_copies_and_say_whose_neighbourhood_it_is(whole):
    cut = neighbourhood(whole, HEPATOMEGALY)
    assert cut.graph["entity"] == HEPATOMEGALY
    cut.nodes[HEPATOMEGALY]["label"] = "changed"
    for *_, data in cut.edges(data=True):
        data["polarity"] = "changed"
    assert whole.nodes[HEPATOMEGALY]["label"] == "Hepatomegaly"
    assert "changed" not in {polarity for *_, polarity in whole.edges(data="polarity")}


def test_parallel_edges_and_loops_are_kept():
    graph = nx.MultiDiGraph([("A", "B"), ("A", "B"), ("A", "A"), ("B", "C"), ("D", "A"), ("D", "B")])
    assert sorted(neighbourhood(graph, "A").edges()) == [("A", "A"), ("A", "B"), ("A", "B"), ("D", "A"), ("D", "B")]
    assert sorted(neighbourhood(graph, "C").nodes) == ["B", "C"]


def test_what_is_no_node_is_one_clear_error(whole):
    with pytest.raises(PoemsKgError, match="HP:9999999 is not in the view graph"):
        neighbourhood(whole, "HP:9999999")
