"""
Turn the mechanism into two drawings: boxes in columns for a wide page, and a column of names with arcs for a phone.

Both are plain coordinates; the templates make SVG of them, whose colours come from the style of the page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from poems_kg.drawing.layered import Box, Plan, box_height, edge_points, plan_layers
from poems_kg.drawing.mechanism import find_columns, find_main_way, find_story
from poems_kg.drawing.sheet import capitalise

if TYPE_CHECKING:
    import networkx as nx

_SCALE: Final = 104.0
"""Units of the wide drawing to one inch of its plan: a line of a label is then 14 units high."""
_BOX: Final = Box(width=1.17, gap=0.36, letters=18)
_LINE: Final = 14.0
_STEP: Final = 46.0
"""From one name of the narrow drawing to the next."""
_AXIS: Final = 112.0
"""Where the dots of the narrow drawing stand; the arcs are to the left of it, the names to the right."""
_NARROW: Final = 358.0
_NARROW_LETTERS: Final = 27

Edge = tuple[str, str]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Node:
    """A term: ``x`` and ``y`` are its middle, ``lines`` its label, with the height of each."""

    term: str
    label: str
    category: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[tuple[float, str], ...]
    is_main: bool


@dataclass(frozen=True, slots=True)
class Link:
    """
    What brings about what: ``path`` is the data of an SVG path, ``head`` that of its arrowhead; ``badge`` is where the
    number of sources stands. ``kind`` is ``main``, ``stated``, ``uncertain`` or ``denied``.
    """

    edge: Edge
    path: str
    head: str
    badge: Point
    kind: str
    sources: int
    is_contested: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Nodes and links with the size of the whole."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """What is drawn: the ways from the clone to findings, what sources deny among them, and the best supported way."""

    graph: "nx.DiGraph"
    main: tuple[str, ...]
    wide: Drawing | None
    narrow: Drawing


@lru_cache(maxsize=2)
def draw_story(graph: "nx.DiGraph") -> Story:
    """
    Draw the view ``mechanism`` both ways.

    ``wide`` is None where igraph, which lays it out, is not installed.
    """
    story = find_story(graph)
    main = find_main_way(story)
    for edge in story.edges.values():
        edge["is_denied"] = False
    for denial in graph.graph["denied"]:
        pair = denial["subject"], denial["object"]
        if pair[0] in story and pair[1] in story and not story.has_edge(*pair):
            story.add_edge(*pair, **{**denial, "is_denied": True, "support": 0})
    try:
        wide = _draw_wide(story, main)
    except ImportError:
        wide = None
    return Story(story, tuple(main), wide, _draw_narrow(story, main))


def _kind(edge: Edge, data: dict[str, Any], spine: set[Edge]) -> str:
    if data["is_denied"]:
        return "denied"
    if edge in spine:
        return "main"
    return "uncertain" if data["certainty"] == "uncertain" else "stated"


def _links(story: "nx.DiGraph", main: Sequence[str]) -> Iterator[tuple[Edge, str, int]]:
    """Edges with their kind and number of sources; what matters most comes last, and so lies on top."""
    spine = set(pairwise(main))
    for edge in sorted(story.edges, key=lambda pair: (pair in spine, story.edges[pair]["is_denied"], pair)):
        yield edge, _kind(edge, story.edges[edge], spine), len(story.edges[edge]["sources"])


# --- Wide ---


def _draw_wide(story: "nx.DiGraph", main: Sequence[str]) -> Drawing:
    plan = plan_layers(story, find_columns(story), 0.43, _BOX)
    margin = 0.3 - 2 / _SCALE

    def place(point: Point) -> Point:
        return round((point[0] - margin) * _SCALE, 1), round((plan.height - point[1]) * _SCALE, 1)

    return Drawing(
        round((plan.width - 2 * margin) * _SCALE),
        round(plan.height * _SCALE),
        tuple(_wide_node(story, plan, node, place(plan.centres[node]), node in main) for node in sorted(story)),
        tuple(
            _wide_link(edge, [place(point) for point in edge_points(plan, edge, 0)], kind, sources)
            for edge, kind, sources in _links(story, main)
        ),
    )


def _wide_node(story: "nx.DiGraph", plan: Plan, node: str, centre: Point, is_main: bool) -> Node:
    words = plan.words[node].split("\n")
    top = centre[1] - _LINE * (len(words) - 1) / 2
    return Node(
        node,
        capitalise(story.nodes[node]["label"]),
        story.nodes[node]["category"],
        *centre,
        round(plan.box.width * _SCALE, 1),
        round(box_height(plan.words[node]) * _SCALE, 1),
        tuple((round(top + _LINE * number, 1), line) for number, line in enumerate(words)),
        is_main,
    )


def _wide_link(edge: Edge, points: list[Point], kind: str, sources: int) -> Link:
    path = f"M{points[0][0]:g} {points[0][1]:g}"
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (x0 + x1) / 2
        path += f"L{x1:g} {y1:g}" if y0 == y1 else f"C{middle:g} {y0:g} {middle:g} {y1:g} {x1:g} {y1:g}"
    (x0, y0), (x1, y1) = points[:2]
    x, y = points[-1]
    badge = (round((x0 + x1) / 2, 1), round((y0 + y1) / 2, 1))
    return Link(edge, path, f"M{x - 7:g} {y - 4:g}L{x:g} {y:g}L{x - 7:g} {y + 4:g}z", badge, kind, sources, False)


# --- Narrow ---


def _draw_narrow(story: "nx.DiGraph", main: Sequence[str]) -> Drawing:
    rows = {node: number for number, node in enumerate(_order(story))}
    heights = {node: _STEP * (number + 0.6) for node, number in rows.items()}
    return Drawing(
        _NARROW,
        _STEP * (len(rows) + 0.2),
        tuple(_narrow_node(story, node, y, node in main) for node, y in heights.items()),
        tuple(
            _narrow_link(edge, heights[edge[0]], heights[edge[1]], kind, sources)
            for edge, kind, sources in _links(story, main)
        ),
    )


def _order(story: "nx.DiGraph") -> list[str]:
    """From cause to effect; a finding that nothing follows stands as soon as all its causes do."""
    import networkx as nx

    columns = find_columns(story)
    return list(
        nx.lexicographical_topological_sort(
            story, key=lambda node: (story.out_degree(node) > 0, columns[node], story.nodes[node]["label"])
        )
    )


def _narrow_node(story: "nx.DiGraph", node: str, y: float, is_main: bool) -> Node:
    from textwrap import wrap

    label = capitalise(story.nodes[node]["label"])
    lines = wrap(label, _NARROW_LETTERS)
    top = y - 8.5 * (len(lines) - 1)
    placed = tuple((round(top + 17 * number, 1), line) for number, line in enumerate(lines))
    return Node(node, label, story.nodes[node]["category"], _AXIS, y, _NARROW - _AXIS + 14, _STEP - 4, placed, is_main)


def _narrow_link(edge: Edge, start: float, end: float, kind: str, sources: int) -> Link:
    rows = round((end - start) / _STEP)
    # Arcs of one length would lie on each other where they leave a node; the longer one keeps further out.
    reach = min(_AXIS - 14, 16 + 7.2 * rows)
    left = _AXIS - reach
    turn = min(reach, (end - start) / 2)
    begin, stop = start + 3, end - 1
    path = (
        f"M{_AXIS - 8:g} {begin:g}C{left:g} {begin:g} {left:g} {begin + turn / 2:g} {left:g} {begin + turn:g}"
        f"L{left:g} {stop - turn:g}C{left:g} {stop - turn / 2:g} {left:g} {stop:g} {_AXIS - 9:g} {stop:g}"
    )
    head = f"M{_AXIS - 15:g} {stop - 4:g}L{_AXIS - 8:g} {stop:g}L{_AXIS - 15:g} {stop + 4:g}z"
    return Link(edge, path, head, (round(left, 1), round((begin + stop) / 2, 1)), kind, sources, False)
