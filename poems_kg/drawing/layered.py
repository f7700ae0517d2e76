"""Lay out the boxes of a graph without cycles in columns from left to right, and the ways of the edges between them."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from textwrap import fill
from typing import Any, Final

import networkx as nx

from poems_kg.drawing.sheet import COLOURS, GREY, Sheet, capitalise

_BEND: Final = 0.1
_CLEAR: Final = 0.08


@dataclass(frozen=True, slots=True)
class Box:
    """How wide boxes are and how far apart columns stand, in inches; and how many letters a line of a label has."""

    width: float = 1.75
    gap: float = 0.95
    letters: int = 24


BOX: Final = Box()


@dataclass(frozen=True, slots=True)
class Plan:
    """Centres of boxes, points that edges pass, wrapped labels, and the size of the whole and its boxes, in inches."""

    centres: dict[str, tuple[float, float]]
    bends: dict[tuple[str, str], list[tuple[float, float]]]
    words: dict[str, str]
    width: float
    height: float
    box: Box = BOX


def box_height(words: str) -> float:
    """Height of a box that holds some lines."""
    return 0.17 + 0.135 * (words.count("\n") + 1)


def plan_layers(graph: nx.DiGraph, layers: Mapping[str, int], row: float = 0.5, box: Box = BOX) -> Plan:
    """
    Place nodes in columns by Sugiyama's method (igraph), with bends where an edge passes a column.

    :param layers: column by node, from 0; every edge leads to a later column.
    :param row: inches from one line of boxes to the next.
    """
    import igraph

    # Long edges are cut into steps of one column: igraph does not say where its own bends lie.
    steps: list[tuple[Hashable, Hashable]] = []
    columns: dict[Hashable, int] = {node: layers[node] for node in sorted(graph)}
    passed: dict[tuple[str, str], list[Hashable]] = {}
    for edge in sorted(graph.edges):
        passed[edge] = [(edge, column) for column in range(layers[edge[0]] + 1, layers[edge[1]])]
        columns |= {bend: layers[edge[0]] + number for number, bend in enumerate(passed[edge], start=1)}
        steps += pairwise([edge[0], *passed[edge], edge[1]])
    index = {node: number for number, node in enumerate(columns)}
    drawing = igraph.Graph(len(index), [(index[u], index[v]) for u, v in steps], directed=True)
    layout = drawing.layout_sugiyama(layers=list(columns.values()), hgap=1, vgap=1, maxiter=500)
    words = {node: fill(capitalise(graph.nodes[node]["label"]), box.letters) for node in graph}
    heights = {node: box_height(words[node]) if node in words else _BEND for node in columns}
    ys = _spread({node: -layout[index[node]][0] * row for node in columns}, columns, heights)
    foot = min((ys[node] - heights[node] / 2 for node in columns), default=0.0)
    top = max((ys[node] + heights[node] / 2 for node in columns), default=0.0)

    def place(node: Hashable) -> tuple[float, float]:
        return (0.3 + box.width / 2 + columns[node] * (box.width + box.gap), 0.15 + ys[node] - foot)

    return Plan(
        {node: place(node) for node in graph},
        {edge: [place(bend) for bend in bends] for edge, bends in passed.items()},
        words,
        0.6 + box.width + max(layers.values(), default=0) * (box.width + box.gap),
        0.3 + top - foot,
        box,
    )


def _spread(
    ys: dict[Hashable, float], columns: Mapping[Hashable, int], heights: Mapping[Hashable, float]
) -> dict[Hashable, float]:
    """Move what stands in a column apart, downwards, where boxes of several lines would touch."""
    floor: dict[int, float] = {}
    spread = {}
    for node in sorted(columns, key=lambda node: -ys[node]):
        half = heights[node] / 2
        spread[node] = min(ys[node], floor.get(columns[node], inf) - half)
        floor[columns[node]] = spread[node] - half - _CLEAR
    return spread


def draw_boxes(sheet: Sheet, graph: nx.DiGraph, plan: Plan, dy: float, styles: Mapping[str, Mapping[str, Any]]) -> None:
    """
    Draw the nodes of a plan.

    :param dy: how far the plan is lifted above the foot of the sheet.
    :param styles: style of the box by node, where it differs from the usual.
    """
    for node, (x, y) in plan.centres.items():
        colour = COLOURS.get(graph.nodes[node]["category"], GREY)
        sheet.box(x, y + dy, plan.box.width, box_height(plan.words[node]), colour, **styles.get(node, {}))
        sheet.text(x, y + dy, plan.words[node], size=8, ha="center", linespacing=1.05)


def edge_points(plan: Plan, edge: tuple[str, str], dy: float) -> list[tuple[float, float]]:
    """The way of an edge, from the right side of one box to the left side of the other."""
    (x0, y0), (x1, y1) = plan.centres[edge[0]], plan.centres[edge[1]]
    half = plan.box.width / 2
    way: list[tuple[float, float]] = [(x0 + half, y0 + dy)]
    for x, y in plan.bends[edge]:
        # An edge crosses the column that it passes level, so that it stays clear of the boxes there.
        way += [(x - half, y + dy), (x + half, y + dy)]
    return [*way, (x1 - half, y1 + dy)]
