"""Draw disorders and findings as a bipartite graph: disorders on the left, the findings they share on the right."""

from collections import Counter
from collections.abc import Iterator
from textwrap import shorten
from typing import Final

import networkx as nx

from poems_kg.drawing.sheet import AGAINST, COLOURS, FAINT, NOT_ADVICE, STRONG, Sheet, capitalise
from poems_kg.views import POEMS

_MOST_FINDINGS: Final = 60
_ROW: Final = 0.205
_LEFT: Final = 4.9
_RIGHT: Final = 9.4


def draw_disorder_findings(graph: nx.Graph) -> Sheet:
    """Draw the findings that sources name for two disorders or more; the 60 named for most where they are more."""
    counts = Counter(finding for _, finding, polarity in _pairs(graph) if polarity != "denies")
    shared = [finding for finding, count in counts.items() if count > 1]
    findings = sorted(shared, key=lambda node: (-counts[node], node))[:_MOST_FINDINGS]
    disorders = sorted({disorder for finding in findings for disorder in graph[finding]})
    # Each side is put in the order of the mean place of its neighbours, so that fewer lines cross.
    disorders.sort(key=lambda node: (node != POEMS, -sum(finding in graph[node] for finding in findings), node))
    height_of = {disorder: number for number, disorder in enumerate(disorders)}
    findings.sort(key=lambda node: (sum(height_of[d] for d in graph[node]) / graph.degree(node), node))
    hidden = sum(side == 1 for _, side in graph.nodes(data="bipartite")) - len(findings)
    says = (
        f"A line for each finding that a source names for a disorder. Shown are {len(findings)} findings named for two "
        f"disorders or more; the view has {hidden} others. {NOT_ADVICE}"
    )
    body = _ROW * len(findings)
    sheet = Sheet(_RIGHT + 4.2, body + 0.9, "Findings that disorders have in common", says)
    step = body / max(len(disorders), 1)
    left = {node: 0.65 + body - (number + 0.5) * step for number, node in enumerate(disorders)}
    right = {node: 0.65 + body - (number + 0.5) * _ROW for number, node in enumerate(findings)}
    for finding in findings:
        for disorder in sorted(graph[finding]):
            denied = graph.edges[disorder, finding]["polarity"] == "denies"
            colour = AGAINST if denied else STRONG if disorder == POEMS else FAINT
            dash = "dashed" if denied else "solid"
            points = [(_LEFT, left[disorder]), (_RIGHT, right[finding])]
            over = 2 if denied or disorder == POEMS else 1
            sheet.curve(points, arrow=False, color=colour, linestyle=dash, linewidth=1.1, zorder=over)
        count = counts[finding]
        sheet.axes.scatter([_RIGHT], [right[finding]], s=10 + 8 * count, color=COLOURS["Finding"], zorder=4)
        words = shorten(capitalise(graph.nodes[finding]["label"]), 52, placeholder=" …")
        sheet.text(_RIGHT + 0.14, right[finding], f"{words} ({count})", size=8)
    for disorder, y in left.items():
        sheet.axes.scatter([_LEFT], [y], s=70, color=STRONG if disorder == POEMS else COLOURS["Disorder"], zorder=4)
        words = shorten(capitalise(graph.nodes[disorder]["label"]), 68, placeholder=" …")
        weight = "bold" if disorder == POEMS else "normal"
        sheet.text(_LEFT - 0.14, y, words, size=8, ha="right", weight=weight)
    sheet.legend(
        0.3,
        [
            ("POEMS syndrome", "line", {"color": STRONG}),
            ("another disorder", "line", {"color": FAINT}),
            ("denied by a source", "line", {"color": AGAINST, "linestyle": "dashed"}),
            ("in brackets: for how many disorders sources name it", "mark", {"words": "(n)", "size": 8}),
        ],
    )
    return sheet


def _pairs(graph: nx.Graph) -> Iterator[tuple[str, str, str]]:
    """Disorder, finding and polarity of each edge."""
    for one, other, polarity in graph.edges(data="polarity"):
        yield (one, other, polarity) if graph.nodes[one]["bipartite"] == 0 else (other, one, polarity)
