"""Draw the mechanism: from the plasma cell clone on the left to the findings on the right."""

from itertools import pairwise
from textwrap import fill
from typing import Any

import networkx as nx

from poems_kg.drawing.layered import draw_boxes, edge_points, plan_layers
from poems_kg.drawing.sheet import FAINT, INK, NOT_ADVICE, STRONG, Sheet, capitalise

_MOST_EDGES = 60


def draw_mechanism(graph: nx.DiGraph) -> Sheet:
    """
    Draw what lies on a way from the clone to a finding.

    Left out are shortcuts to a finding where a longer way is drawn, and beyond 60 edges those with the fewest sources.
    """
    story = find_story(graph)
    plan = plan_layers(story, find_columns(story), 0.5)
    notes = _notes(graph, int(plan.width / 0.072))
    foot = 0.75 + 0.16 * (notes.count("\n") + 1)
    says = (
        "Left to right: what brings about what, by way of vascular endothelial growth factor (VEGF) and others. "
        "The thicker a line, the more sources state it; a number counts them where there are several. "
        f"{NOT_ADVICE}"
    )
    sheet = Sheet(plan.width, plan.height + foot, "From the plasma cell clone to the findings of POEMS syndrome", says)
    main = find_main_way(story)
    spine = set(pairwise(main))
    for edge in sorted(story.edges, key=lambda pair: (pair in spine, pair)):
        data = story.edges[edge]
        count = len(data["sources"])
        points = edge_points(plan, edge, foot)
        colour = STRONG if edge in spine else "#777777" if count > 1 else FAINT
        dash = "dashed" if data["certainty"] == "uncertain" else "solid"
        sheet.curve(points, linewidth=0.7 + 0.7 * min(count, 6), color=colour, linestyle=dash, zorder=2)
        if count > 1:
            _draw_count(sheet, points, str(count), colour)
    heavy = {node: {"linewidth": 2.2, "edgecolor": STRONG} for node in main}
    draw_boxes(sheet, story, plan, foot, heavy)
    lines: list[tuple[str, str, dict[str, Any]]] = [
        ("best supported way", "line", {"color": STRONG, "linewidth": 3}),
        ("stated", "line", {"color": "#777777"}),
        ("uncertain", "line", {"color": "#777777", "linestyle": "dashed"}),
    ]
    categories = {category for _, category in story.nodes(data="category")}
    sheet.text(0.3, 0.2 + 0.08 * (notes.count("\n") + 1), notes, size=8, color=INK)
    sheet.legend(foot - 0.3, [*sheet.categories(categories), *lines])
    return sheet


def _draw_count(sheet: Sheet, points: list[tuple[float, float]], words: str, colour: str) -> None:
    (x0, y0), (x1, y1) = points[:2]
    badge = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": colour, "linewidth": 0.6}
    sheet.text((x0 + x1) / 2, (y0 + y1) / 2, words, size=7, ha="center", color=colour, weight="bold", bbox=badge)


def find_story(graph: nx.DiGraph) -> nx.DiGraph:
    """
    What is drawn of the mechanism: ways from the clone to findings, without shortcuts to a finding.

    :return: edges have ``support`` too, the number of their sources; there are at most 60.
    """
    chosen = nx.DiGraph()
    chosen.add_nodes_from((node, data) for node, data in graph.nodes(data=True) if data["on_path"])
    chosen.add_edges_from((u, v, data) for u, v, data in graph.edges(data=True) if data["on_path"])
    start = graph.graph["start"]
    chosen.add_node(start, **graph.nodes[start])
    essential = nx.transitive_reduction(chosen)
    for subject, target in list(chosen.edges):
        if chosen.nodes[target]["category"] == "Finding" and not essential.has_edge(subject, target):
            chosen.remove_edge(subject, target)
    ranked = sorted(chosen.edges, key=lambda pair: (-len(chosen.edges[pair]["sources"]), pair))
    chosen.remove_edges_from(ranked[_MOST_EDGES:])
    kept = {start} | nx.descendants(chosen, start)
    story: nx.DiGraph = nx.DiGraph(chosen.subgraph(sorted(kept)))
    for edge in story.edges:
        story.edges[edge]["support"] = len(story.edges[edge]["sources"])
    return story


def find_main_way(story: nx.DiGraph) -> list[str]:
    """The nodes of the way with most sources, up to its first finding: what that leads to is an aside."""
    onward = [edge for edge in story.edges if story.nodes[edge[0]]["category"] != "Finding"]
    return list(nx.dag_longest_path(story.edge_subgraph(onward), weight="support")) if onward else []


def find_columns(story: nx.DiGraph) -> dict[str, int]:
    """Column by node: as far left as its causes allow; findings that nothing follows stand in the last."""
    layers = {node: layer for layer, nodes in enumerate(nx.topological_generations(story)) for node in nodes}
    last = max(layers.values(), default=0)
    return {node: last if story.out_degree(node) == 0 else layer for node, layer in layers.items()}


def _notes(graph: nx.DiGraph, letters: int) -> str:
    """What sources deny of the causes, and which feedback was cut, in words."""

    def say(edge: dict[str, Any]) -> str:
        subject, target = (capitalise(graph.nodes[edge[end]]["label"]) for end in ("subject", "object"))
        conditions = f" [{'; '.join(edge['conditions'])}]" if edge["conditions"] else ""
        words = f"{subject} {edge['relation'].replace('_', ' ')} {target}{conditions}"
        return f"{words} ({', '.join(edge['sources'])})"

    lines = []
    for head, edges in (("Denied by sources: ", graph.graph["denied"]), ("Feedback, cut: ", graph.graph["cut"])):
        if edges:
            lines.append(fill(head + "; ".join(say(edge) for edge in edges) + ".", letters))
    return "\n".join(lines)
