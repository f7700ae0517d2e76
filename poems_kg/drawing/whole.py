"""Draw the whole graph: POEMS syndrome in the centre, terms around it in sectors by category, links as bent chords."""

from math import cos, degrees, pi, sin
from textwrap import shorten
from typing import Any, Final

import networkx as nx

from poems_kg.drawing.sheet import COLOURS, FAINT, GREY, STRONG, Sheet, capitalise, category_words
from poems_kg.views import POEMS

_MOST_TERMS: Final = 165
_MOST_IN_SECTOR: Final = 70
_FEWEST_IN_SECTOR: Final = 3
_SPACE: Final = 0.165
_LABEL: Final = 3.0
_GAP: Final = 2
_ORDER: Final = ("Finding", "Process", "Cell", "MolecularEntity", "DiagnosticTest", "CriteriaSet", "Disorder")

Point = tuple[float, float]


def draw_graph(graph: nx.MultiDiGraph) -> Sheet:
    """
    Draw the terms with most claims: at most 165, and at most 70 of one category; publications and references left out.

    Categories with fewer than three terms are left out too.
    """
    weights = _weigh(graph)
    sectors = _choose(graph, weights)
    shown = [term for terms in sectors.values() for term in terms]
    count = len(shown) + _GAP * len(sectors)
    radius = max(2.6, count * _SPACE / (2 * pi))
    side = 2 * (radius + _LABEL)
    claims = len({claim for _, _, ids in graph.edges(data="claims") for claim in ids})
    says = (
        f"The {len(shown)} terms with most claims, of {graph.number_of_nodes()}; {claims} claims link terms. A dot "
        "grows with the claims about its term; blue lines lead to POEMS syndrome, grey ones join the rest."
    )
    sheet = Sheet(side, side + 0.5, "The knowledge graph of POEMS syndrome", says)
    centre = (side / 2, side / 2 + 0.5)
    angles = _place(sectors, count)
    _draw_links(sheet, graph, angles, centre, radius)
    for category, terms in sectors.items():
        for term in terms:
            words = shorten(capitalise(graph.nodes[term]["label"]), 46, placeholder=" …")
            _draw_term(sheet, centre, radius, angles[term], (words, COLOURS.get(category, GREY), weights[term]))
    sheet.axes.scatter([centre[0]], [centre[1]], s=3600, color=STRONG, edgecolors="white", linewidths=2, zorder=6)
    sheet.text(*centre, "POEMS\nsyndrome", size=9, ha="center", color="white", weight="bold", zorder=7)
    totals = {category: sum(graph.nodes[term]["category"] == category for term in graph) for category in sectors}
    sheet.legend(
        0.45,
        [
            (
                f"{category_words(category)} ({len(terms)} of {totals[category]})",
                "box",
                {"colour": COLOURS.get(category, GREY)},
            )
            for category, terms in sectors.items()
        ],
    )
    return sheet


def _weigh(graph: nx.MultiDiGraph) -> dict[str, int]:
    """How many claims there are about each term."""
    claims = {node: set(data["claims"]) for node, data in graph.nodes(data=True)}
    for subject, target, ids in graph.edges(data="claims"):
        claims[subject] |= set(ids)
        claims[target] |= set(ids)
    return {node: len(ids) for node, ids in claims.items()}


def _choose(graph: nx.MultiDiGraph, weights: dict[str, int]) -> dict[str, list[str]]:
    wanted = [n for n in graph if n != POEMS and weights[n] and graph.nodes[n]["category"] != "Publication"]
    ranked = sorted(wanted, key=lambda node: (-weights[node], node))
    sectors: dict[str, list[str]] = {}
    for node in ranked:
        sector = sectors.setdefault(graph.nodes[node]["category"], [])
        if len(sector) < _MOST_IN_SECTOR and sum(map(len, sectors.values())) < _MOST_TERMS:
            sector.append(node)
    names = [*_ORDER, *sorted(set(sectors) - set(_ORDER))]
    label = graph.nodes(data="label")
    return {
        name: sorted(sectors[name], key=lambda node: (label[node].casefold(), node))
        for name in names
        if len(sectors.get(name, [])) >= _FEWEST_IN_SECTOR
    }


def _place(sectors: dict[str, list[str]], count: int) -> dict[str, float]:
    angles, slot = {}, 0
    for terms in sectors.values():
        for term in terms:
            angles[term] = pi / 2 - 2 * pi * (slot + 0.5) / count
            slot += 1
        slot += _GAP
    return angles


def _draw_term(sheet: Sheet, centre: Point, radius: float, angle: float, look: tuple[str, str, int]) -> None:
    words, colour, weight = look
    x, y = centre[0] + radius * cos(angle), centre[1] + radius * sin(angle)
    size = 14 + 6 * min(weight, 30)
    sheet.axes.scatter([x], [y], s=size, color=colour, edgecolors="#555555", linewidths=0.5, zorder=4)
    reach = radius + 0.13
    place = (centre[0] + reach * cos(angle), centre[1] + reach * sin(angle))
    turn = degrees(angle) % 360
    flipped = 90 < turn < 270
    style: dict[str, Any] = {"rotation": turn - 180 if flipped else turn, "ha": "right" if flipped else "left"}
    sheet.text(*place, words, size=7.5, rotation_mode="anchor", va="center_baseline", **style)


def _draw_links(sheet: Sheet, graph: nx.MultiDiGraph, angles: dict[str, float], centre: Point, radius: float) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    def at(term: str, reach: float) -> Point:
        return centre[0] + reach * cos(angles[term]), centre[1] + reach * sin(angles[term])

    for one, other in sorted({(min(u, v), max(u, v)) for u, v in graph.edges() if u != v}):
        ends = [term for term in (one, other) if term in angles]
        if POEMS in (one, other) and ends:
            (x, y) = at(ends[0], radius)
            sheet.axes.plot([centre[0], x], [centre[1], y], color=STRONG, linewidth=0.7, alpha=0.35, zorder=2)
        elif len(ends) == 2:
            points = [at(one, radius), at(one, radius * 0.55), at(other, radius * 0.55), at(other, radius)]
            path = Path(points, [Path.MOVETO, *[Path.CURVE4] * 3])
            sheet.axes.add_patch(PathPatch(path, fill=False, edgecolor=FAINT, linewidth=0.6, alpha=0.7, zorder=1))
