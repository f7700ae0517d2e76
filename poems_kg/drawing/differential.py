"""Draw the differential matrix as a heat map: findings in groups as rows, disorders as columns, POEMS first."""

from collections import Counter
from itertools import groupby
from textwrap import fill, shorten
from typing import Any, Final

import networkx as nx

from poems_kg.drawing.sheet import AGAINST, INK, NOT_ADVICE, Sheet, capitalise
from poems_kg.views import LETTERS, POEMS, differential_rows

_MOST_COLUMNS: Final = 14
_MOST_ROWS: Final = 72
_EACH_LETTER: Final = 4
_CELL: Final = 0.62
_ROW: Final = 0.2
_LEFT: Final = 5.9
_HEADS: Final = {
    "P": "P · polyneuropathy",
    "O": "O · organomegaly",
    "E": "E · endocrinopathy",
    "M": "M · monoclonal protein",
    "S": "S · skin changes",
    "beyond": "Beyond the letters",
}
_NO_FIGURE: Final = "#DCE6EE"

Row = tuple[str, str, list[dict[str, Any]]]


def draw_differential_matrix(graph: nx.Graph) -> Sheet:
    """
    Draw POEMS syndrome and at most 13 disorders it shares most findings with, over at most 72 findings.

    A finding is shown where two disorders or more have something said about it; where these are too many, those
    with most direct statements, and of each letter of the acronym at least the first four.
    """
    columns = _choose_columns(graph)
    rows = _choose_rows(graph, columns)
    groups = [(group, list(members)) for group, members in groupby(rows, key=lambda row: row[0])]
    says = (
        f"What sources say of each finding in each disorder; {len(rows)} findings on which two or more of these "
        f"disorders can be compared. An empty cell means unknown, not absent. Ranges such as 30–79 are frequency "
        f"classes of HPO. {NOT_ADVICE}"
    )
    body = _ROW * (len(rows) + 0.6 * len(groups))
    height = 0.75 + body + 2.3
    sheet = Sheet(
        _LEFT + _CELL * len(columns) + 1.9, height, "POEMS syndrome beside the disorders that share its findings", says
    )
    top = 0.75 + body
    for number, disorder in enumerate(columns):
        x = _LEFT + _CELL * (number + 0.5)
        words = fill(capitalise(graph.nodes[disorder]["label"]), 42)
        weight = "bold" if disorder == POEMS else "normal"
        sheet.text(x, top + 0.1, words, size=8, rotation=45, weight=weight, rotation_mode="anchor", linespacing=1.0)
    y = top
    for group, members in groups:
        y -= _ROW * 0.6
        low = y - _ROW * len(members)
        words = fill(_HEADS.get(group, group.removeprefix("Abnormality of ").removeprefix("the ")), 22)
        sheet.axes.plot([0.25, _LEFT + _CELL * len(columns)], [y + _ROW * 0.3] * 2, color="#CCCCCC", linewidth=0.6)
        sheet.text(0.28, (y + low) / 2, capitalise(words), size=8.5, weight="bold", linespacing=1.05)
        for _, label, cells in members:
            y -= _ROW
            sheet.text(
                _LEFT - 0.12, y + _ROW / 2, shorten(capitalise(label), 62, placeholder=" …"), size=7.5, ha="right"
            )
            for number, cell in enumerate(cells):
                _draw_cell(sheet, _LEFT + _CELL * number, y, cell)
    _draw_legend(sheet)
    return sheet


def _choose_columns(graph: nx.Graph) -> list[str]:
    own = set(graph[POEMS])
    others = [node for node, side in graph.nodes(data="bipartite") if side == 0 and node != POEMS]
    ranked = sorted(others, key=lambda node: (-len(own & set(graph[node])), -graph.degree(node), node))
    return [POEMS, *ranked[: _MOST_COLUMNS - 1]]


def _choose_rows(graph: nx.Graph, columns: list[str]) -> list[Row]:
    cells = list(differential_rows(graph, columns))
    found: list[tuple[str, Row]] = []
    direct: Counter[str] = Counter()
    for finding, members in groupby(cells, key=lambda cell: str(cell["finding"])):
        row = list(members)
        known = [cell for cell in row if cell["presence"] != "unknown"]
        stated = sum(not cell["inferred"] for cell in known)
        if len(known) > 1 and stated > 1:
            direct[finding] = stated + len(known)
            found.append((finding, (row[0]["group"], row[0]["finding_label"], row)))
    ranked = sorted(found, key=lambda pair: (-direct[pair[0]], pair[0]))
    ahead: Counter[str] = Counter()
    first: dict[str, bool] = {}
    for finding, (group, _, _) in ranked:
        # No letter of the acronym may be crowded out by the others.
        first[finding] = group in LETTERS and ahead[group] < _EACH_LETTER
        ahead[group] += 1
    kept = set(sorted(first, key=lambda finding: (not first[finding], -direct[finding], finding))[:_MOST_ROWS])
    chosen = [row for finding, row in found if finding in kept]
    # Groups in the order of the letters; a body system is a group of findings that no source files under a letter.
    return sorted(chosen, key=lambda row: (LETTERS.index(row[0]) if row[0] in LETTERS else len(LETTERS), row[0]))


def _figure(cell: dict[str, Any]) -> str:
    low, high = cell["low"], cell["high"]
    if low is None or high is None:
        return f"≤{high:.0f}" if high is not None else f"≥{low:.0f}" if low is not None else ""
    return f"{low:.0f}" if round(low) == round(high) else f"{low:.0f}–{high:.0f}"


def _shade(cell: dict[str, Any]) -> tuple[str, str]:
    """Fill and ink of a cell: the darker, the more frequent (the middle of what is published)."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    bounds = [bound for bound in (cell["low"], cell["high"]) if bound is not None]
    if not bounds:
        return _NO_FIGURE, INK
    middle = sum(bounds) / len(bounds)
    return to_hex(colormaps["YlGnBu"](0.12 + 0.78 * middle / 100)), "white" if middle > 58 else INK


def _draw_cell(sheet: Sheet, x: float, y: float, cell: dict[str, Any]) -> None:
    from matplotlib.patches import Rectangle

    presence = cell["presence"]
    fill_colour, ink = _shade(cell) if presence in ("present", "disputed") else ("#F1F1F1", AGAINST)
    words = {"unknown": "", "excluded": "✕", "disputed": f"{_figure(cell)} ±"}.get(presence, _figure(cell) or "+")
    if presence == "present" and cell["inferred"]:
        fill_colour, words = _NO_FIGURE, "(+)"
    size = (_CELL - 0.03, _ROW - 0.025)
    sheet.axes.add_patch(Rectangle((x + 0.015, y + 0.0125), *size, facecolor=fill_colour, linewidth=0, zorder=2))
    if words:
        heavy = "bold" if presence == "excluded" else "normal"
        sheet.text(x + _CELL / 2, y + _ROW / 2 - 0.005, words, size=7, ha="center", color=ink, weight=heavy)


def _draw_legend(sheet: Sheet) -> None:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    shades = [
        (f"{share} %", "box", {"colour": to_hex(colormaps["YlGnBu"](0.12 + 0.78 * share / 100))})
        for share in (5, 25, 50, 75, 100)
    ]
    plain = {"size": 8}
    marks: list[tuple[str, str, dict[str, Any]]] = [
        ("present, no figure", "mark", {"words": "+", **plain}),
        ("only a narrower finding is stated", "mark", {"words": "(+)", **plain}),
        ("excluded by a source", "mark", {"words": "✕", "color": AGAINST, "weight": "bold", **plain}),
        ("sources differ", "mark", {"words": "±", **plain}),
    ]
    sheet.text(0.28, 0.55, "Percent of patients as published, lowest and highest; darker means more frequent:", size=8)
    sheet.legend(0.3, [*shades, *marks])
