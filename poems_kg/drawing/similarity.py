"""Draw the likeness of disorders: POEMS syndrome in the centre, the others the nearer the more they share with it."""

from collections.abc import Mapping
from math import cos, pi, sin
from textwrap import fill, shorten
from typing import Any, Final

import networkx as nx

from poems_kg.drawing.sheet import COLOURS, FAINT, NOT_ADVICE, STRONG, Sheet, capitalise
from poems_kg.views import POEMS

_MOST: Final = 18
_RADIUS: Final = 3.45
_PANEL: Final = 9.6


def draw_disorder_similarity(graph: nx.Graph) -> Sheet:
    """Draw the disorders that share findings with POEMS syndrome, at most 18, and list what they share."""
    ranked = sorted(graph[POEMS], key=lambda other: (-graph[POEMS][other]["information_content"], other))[:_MOST]
    height = max(9.0, 1.2 + 0.42 * len(ranked))
    says = (
        "The nearer to the centre and the thicker the line, the more a disorder shares with POEMS syndrome, rare "
        f"findings counting for more (information content in bits, over {graph.graph['corpus']}). Circles grow with "
        f"the number of findings known here; few findings known means little can be shared. {NOT_ADVICE}"
    )
    sheet = Sheet(9.2 + _PANEL, height, "Which disorders resemble POEMS syndrome", says)
    _draw_network(sheet, graph, ranked, height / 2)
    _draw_list(sheet, graph, ranked, height)
    lines: list[tuple[str, str, Mapping[str, Any]]] = [
        ("shares findings with POEMS syndrome", "line", {"color": STRONG, "linewidth": 3}),
        ("two other disorders that share a quarter of their findings or more", "line", {"color": FAINT}),
    ]
    sheet.legend(0.22, lines)
    return sheet


def _draw_network(sheet: Sheet, graph: nx.Graph, ranked: list[str], middle: float) -> None:
    centre = (4.55, middle)
    most = max((graph[POEMS][other]["information_content"] for other in ranked), default=1.0) or 1.0
    places = {POEMS: centre}
    for number, other in enumerate(ranked):
        angle = pi / 2 - 2 * pi * number / len(ranked)
        nearness = graph[POEMS][other]["information_content"] / most
        radius = _RADIUS * (1 - 0.55 * nearness)
        places[other] = (centre[0] + radius * cos(angle) * 1.05, centre[1] + radius * sin(angle))
    for one, other in sorted(graph.subgraph(ranked).edges):
        if graph[one][other]["jaccard"] >= 0.25:
            (x0, y0), (x1, y1) = places[one], places[other]
            sheet.axes.plot([x0, x1], [y0, y1], color=FAINT, linewidth=1, zorder=1)
    for other in ranked:
        x, y = places[other]
        nearness = graph[POEMS][other]["information_content"] / most
        sheet.axes.plot(
            [centre[0], x], [centre[1], y], color=STRONG, linewidth=0.8 + 5 * nearness, alpha=0.75, zorder=2
        )
    for node, (x, y) in places.items():
        size = 60 + 9 * graph.nodes[node]["findings"]
        colour = STRONG if node == POEMS else COLOURS["Disorder"]
        sheet.axes.scatter([x], [y], s=size, color=colour, edgecolors="white", linewidths=1.2, zorder=4)
        if node == POEMS:
            sheet.text(x, y, "POEMS", size=8, ha="center", color="white", weight="bold")
            continue
        sideways, upwards = (x - centre[0]) / _RADIUS, (y - centre[1]) / _RADIUS
        length = (sideways**2 + upwards**2) ** 0.5
        sideways, upwards = sideways / length, upwards / length
        words = fill(capitalise(graph.nodes[node]["label"]), 20, break_long_words=False)
        lift = 0.06 + (size**0.5) / 135
        align = "left" if sideways > 0.35 else "right" if sideways < -0.35 else "center"
        level = "center" if abs(upwards) < 0.8 else "bottom" if upwards > 0 else "top"
        place = (x + lift * sideways, y + lift * upwards)
        sheet.text(*place, words, size=7.5, ha=align, va=level, linespacing=1.05)


def _draw_list(sheet: Sheet, graph: nx.Graph, ranked: list[str], height: float) -> None:
    left, top = 9.3, height - 0.35
    heads = ((0.0, "Disorder"), (3.0, "Shared"), (3.6, "Information, bits"), (5.5, "Rarest findings in common"))
    for x, words in heads:
        sheet.text(left + x, top, words, size=8.5, weight="bold")
    most = max((graph[POEMS][other]["information_content"] for other in ranked), default=1.0) or 1.0
    step = (top - 0.75) / max(len(ranked), 1)
    for number, other in enumerate(ranked, start=1):
        edge, y = graph[POEMS][other], top - number * step + step / 2 - 0.22
        sheet.axes.plot([left, left + _PANEL - 0.2], [y + step / 2] * 2, color="#EEEEEE", linewidth=0.8)
        sheet.text(left, y, fill(capitalise(graph.nodes[other]["label"]), 38), size=8, linespacing=1.05)
        sheet.text(left + 3.25, y, str(edge["shared"]), size=8, ha="center")
        length = 1.25 * edge["information_content"] / most
        sheet.axes.barh([y], [length], height=0.17, left=left + 3.6, color=STRONG, zorder=2)
        sheet.text(left + 3.65 + length, y, f"{edge['information_content']:.0f}", size=8)
        rarest = shorten("; ".join(edge["finding_labels"][:4]), 112, placeholder=" …")
        sheet.text(left + 5.5, y, fill(rarest, 57), size=8, linespacing=1.05)
