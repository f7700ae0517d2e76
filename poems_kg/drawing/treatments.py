"""Draw treatments in columns: class, treatment, what it acts on, what it aims at and achieves, and what to mind."""

from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap
from typing import Any, Final

import networkx as nx

from poems_kg.drawing.sheet import AGAINST, COLOURS, GREY, NOT_ADVICE, Sheet, capitalise, text_width
from poems_kg.views import HARMS, POEMS

_MOST_ROWS: Final = 24
_MOST_ITEMS: Final = 5
_LINE: Final = 0.155
_USES: Final = frozenset({"applied_to_treat", "studied_to_treat"})
_AIMS: Final = frozenset({"has_goal", "ameliorates", "has_outcome"})
_ACTS: Final = frozenset({"targets", "increases", "decreases", "affects"})
_COLUMNS: Final = (
    ("Class", 0.25, 1.75),
    ("Treatment", 2.2, 2.3),
    ("Acts on", 4.75, 2.2),
    ("Aims and outcomes", 7.2, 3.6),
    ("Side effects and cautions", 11.05, 2.9),
)
"""Head, left side and width of each column, in inches."""


@dataclass(frozen=True, slots=True)
class _Item:
    """One thing said of a treatment: its words, the colour of its dot, and whether it is itself a POEMS finding."""

    words: str
    colour: str
    is_poems_finding: bool


def draw_treatments(graph: nx.MultiDiGraph) -> Sheet:
    """Draw the treatments used for POEMS syndrome, by class; at most 24, those with most sources."""
    rows = _choose_rows(graph)
    cells = {node: [_items(graph, node, kind) for kind in (_ACTS, _AIMS, HARMS)] for node in rows}
    names = {node: wrap(capitalise(graph.nodes[node]["label"]), 30) for node in rows}
    lines = {node: [_lay_out(items, place) for place, items in enumerate(cells[node], 2)] for node in rows}
    heads = _heads(graph, rows)
    heights = {
        node: 0.14 + _LINE * max(len(names[node]) + 1, len(heads.get(node, ())), *map(len, lines[node]))
        for node in rows
    }
    used = sum(data["role"] in ("class", "treatment") for _, data in graph.nodes(data=True))
    says = (
        f"What sources say of {len(rows)} treatments of POEMS syndrome, of {used} in the graph. Figures are as "
        "published, the lowest and the highest where there are several; nothing is pooled. A red dot marks a harm that "
        f"is itself a finding of POEMS syndrome. {NOT_ADVICE}"
    )
    sheet = Sheet(14.2, sum(heights.values()) + 1.0, "Treatments of POEMS syndrome", says)
    y = sheet.height - 0.35
    for head, x, _ in _COLUMNS:
        sheet.text(x, y, head, size=9, weight="bold")
    y -= 0.18
    for node in rows:
        rule = "#999999" if node in heads else "#E5E5E5"
        sheet.axes.plot([0.25, 13.95], [y, y], color=rule, linewidth=0.8, zorder=1)
        for number, line in enumerate(heads.get(node, ())):
            sheet.text(0.25, y - 0.16 - number * _LINE, line, size=8, color="#555555")
        _draw_row(sheet, y, heights[node], names[node], lines[node])
        _draw_use(sheet, graph, node, y, len(names[node]))
        y -= heights[node]
    categories = {graph.nodes[target]["category"] for node in rows for target in graph[node]} - {
        "Disorder",
        "Treatment",
    }
    mark: tuple[str, str, dict[str, Any]] = ("finding of POEMS syndrome", "mark", {"words": "●", "color": AGAINST})
    sheet.legend(0.25, [*sheet.categories(categories), mark])
    return sheet


def _heads(graph: nx.MultiDiGraph, rows: list[str]) -> dict[str, list[str]]:
    """The name of a class, as lines, by the first treatment of that class."""
    firsts = {}
    for _, group in groupby(rows, key=lambda node: _class_of(graph, node)):
        first = next(group)
        firsts[first] = wrap(capitalise(_class_of(graph, first)), 26)
    return firsts


def _choose_rows(graph: nx.MultiDiGraph) -> list[str]:
    """Treatments of POEMS syndrome, by class and label."""
    sources: dict[str, set[str]] = {}
    for node in graph:
        if graph.nodes[node]["category"] == "Treatment" and any(graph.has_edge(node, POEMS, key) for key in _USES):
            sources[node] = {each for *_, found in graph.out_edges(node, data="sources") for each in found}
    kept = sorted(sources, key=lambda node: (-len(sources[node]), node))[:_MOST_ROWS]
    return sorted(kept, key=lambda node: (_class_of(graph, node) or "~", graph.nodes[node]["label"].casefold(), node))


def _class_of(graph: nx.MultiDiGraph, node: str) -> str:
    parents = [parent for _, parent, key in graph.out_edges(node, keys=True) if key == "subclass_of"]
    return min((graph.nodes[parent]["label"] for parent in parents), default="")


def _items(graph: nx.MultiDiGraph, node: str, relations: frozenset[str]) -> list[_Item]:
    found: dict[str, tuple[int, _Item]] = {}
    for _, target, data in graph.out_edges(node, data=True):
        if data["relation"] in relations and data["polarity"] == "asserts" and target != POEMS:
            about = graph.nodes[target]
            harm = data["is_poems_finding"]
            colour = AGAINST if harm else COLOURS.get(about["category"], GREY)
            improved = data["relation"] == "ameliorates"
            words = f"Improves {about['label']}" if improved else capitalise(about["label"])
            item = _Item(words + _figure(data), colour, harm)
            count = len(data["sources"])
            if target not in found or found[target][0] < count:
                found[target] = (count, item)
    ranked = sorted(found.values(), key=lambda pair: (-pair[1].is_poems_finding, -pair[0], pair[1].words))
    return [item for _, item in ranked]


def _figure(data: dict[str, Any]) -> str:
    """What was published: a lone figure as it stands, so that two of two patients do not pass for 100 %."""
    figures = [figure.partition(" (")[0] for figure in data["figures"]]
    if len(figures) == 1:
        return _close_up(f" · {figures[0]}")
    low, high = data["low"], data["high"]
    if low is None or high is None:
        return ""
    share = f"{low:.0f}" if round(low) == round(high) else f"{low:.0f}–{high:.0f}"
    return _close_up(f" · {share} % in {len(figures)} reports")


def _close_up(words: str) -> str:
    """Keep figure and unit on one line."""
    return " " + words.strip().replace(" ", "\N{NO-BREAK SPACE}")


def _lay_out(items: list[_Item], column: int) -> list[tuple[str, str]]:
    """Lines of a cell: words, and the colour of the dot before them (empty for a line that goes on)."""
    letters = int((_COLUMNS[column][2] - 0.2) / text_width("x", 8))
    lines = []
    for item in items[:_MOST_ITEMS]:
        first, *rest = wrap(item.words, letters)
        lines += [(first, item.colour), *((words, "") for words in rest)]
    hidden = len(items) - _MOST_ITEMS
    return [*lines, (f"and {hidden} more", "")] if hidden > 0 else lines


def _draw_row(sheet: Sheet, y: float, height: float, names: list[str], cells: list[list[tuple[str, str]]]) -> None:
    _, left, width = _COLUMNS[1]
    sheet.box(left + width / 2, y - height / 2, width, height - 0.08, COLOURS["Treatment"], linewidth=0)
    for number, line in enumerate(names):
        sheet.text(left + 0.1, y - 0.16 - number * _LINE, line, size=8, weight="bold")
    for (_, x, _), lines in zip(_COLUMNS[2:], cells, strict=True):
        for number, (words, colour) in enumerate(lines):
            place = y - 0.16 - number * _LINE
            if colour:
                sheet.axes.scatter([x + 0.05], [place], s=26, color=colour, linewidths=0, zorder=4)
            sheet.text(x + 0.17, place, words, size=8)


def _draw_use(sheet: Sheet, graph: nx.MultiDiGraph, node: str, y: float, line: int) -> None:
    """Say under the name how sure sources are that it is used, and how many there are."""
    uses = [graph.edges[node, POEMS, key] for key in sorted(_USES) if graph.has_edge(node, POEMS, key)]
    count = len({source for use in uses for source in use["sources"]})
    verb = "used" if uses[0]["relation"] == "applied_to_treat" else "under study"
    words = f"{verb}, {uses[0]['certainty']}; {count} source{'s' if count > 1 else ''}"
    sheet.text(_COLUMNS[1][1] + 0.1, y - 0.16 - line * _LINE, words, size=7, color="#444444")
