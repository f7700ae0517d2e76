"""How the plasma cell clone brings about the findings: what sources say of causes, as a graph without cycles."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import networkx as nx

from poems_kg.names import Names
from poems_kg.store import Store
from poems_kg.views.rows import POEMS, ClaimRow, add_term, read_claims, summarise

CLONE: Final = "POEMS:0000102"
"""Clonal plasma cell: where the mechanism starts."""


def build_mechanism(store: Store, names: Names) -> nx.DiGraph:
    """
    Causes and effects, from the plasma cell clone over VEGF and cytokines to findings; always acyclic.

    Nodes: ``label``, ``category``, ``layer`` (length of the longest way here from a first cause) and ``on_path`` (lies
    on a way from the clone to a finding). Edges: the attributes of :func:`poems_kg.views.rows.summarise`, and
    ``on_path``. Claims that POEMS syndrome itself raises something are left out: they tell what patients have, not why.

    Edges are what sources assert. ``graph.graph["cut"]`` has the edges left out because they close a cycle, and
    ``graph.graph["denied"]`` what sources deny, even where others assert it; each is a dict with ``subject``,
    ``object``, the attributes of an edge, and for cuts ``reason``.
    """
    asserted: dict[tuple[str, str], list[ClaimRow]] = defaultdict(list)
    denied: dict[tuple[str, str], list[ClaimRow]] = defaultdict(list)
    category = {CLONE: "Cell"}
    for claim in read_claims("mechanism", store):
        if claim.subject not in (POEMS, claim.object):
            (asserted if claim.asserts else denied)[claim.subject, claim.object].append(claim)
            category[claim.subject], category[claim.object] = claim.subject_category, claim.object_category
    graph = nx.DiGraph(view="mechanism", start=CLONE)
    for term in sorted(category):
        add_term(graph, term, category[term], names)
    graph.add_edges_from((*pair, summarise(claims)) for pair, claims in sorted(asserted.items()))
    graph.graph["denied"] = [_report(pair, summarise(claims)) for pair, claims in sorted(denied.items())]
    graph.graph["cut"] = [_report(pair, data) for pair, data in _cut_cycles(graph)]
    _mark(graph)
    return graph


def _report(pair: tuple[str, str], data: dict[str, Any]) -> dict[str, Any]:
    return {"subject": pair[0], "object": pair[1], **data}


def _cut_cycles(graph: nx.DiGraph) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """
    Remove one edge of each cycle, until there is none, and give what was removed.

    The edge that leads back furthest towards the clone goes first: that is the feedback. Among equals it is the one
    with the fewest sources.
    """
    distance = nx.single_source_shortest_path_length(graph, CLONE)
    while not nx.is_directed_acyclic_graph(graph):
        inside = {node: part for part in nx.strongly_connected_components(graph) for node in part}
        in_cycle = [(u, v) for u, v in graph.edges if inside[u] is inside[v]]

        def backwards(pair: tuple[str, str]) -> tuple[int, int, tuple[str, str]]:
            back = distance.get(pair[0], 0) - distance.get(pair[1], 0)
            return (-back, len(graph.edges[pair]["sources"]), pair)

        pair = min(in_cycle, key=backwards)
        data = dict(graph.edges[pair])
        graph.remove_edge(*pair)
        yield pair, {**data, "reason": "closes a cycle: leads back towards the plasma cell clone"}


def _mark(graph: nx.DiGraph) -> None:
    for layer, nodes in enumerate(nx.topological_generations(graph)):
        for node in nodes:
            graph.nodes[node]["layer"] = layer
    findings = [node for node, category in graph.nodes(data="category") if category == "Finding"]
    from_clone = {CLONE} | nx.descendants(graph, CLONE)
    to_finding = set(findings).union(*(nx.ancestors(graph, finding) for finding in findings))
    on_path = from_clone & to_finding
    for node in graph:
        graph.nodes[node]["on_path"] = node in on_path
    for subject, target in graph.edges:
        graph.edges[subject, target]["on_path"] = subject in on_path and target in on_path
