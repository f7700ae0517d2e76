"""
Place an entity in the middle and what claims relate it to around it, by category: the picture that a page draws.

Only numbers and words come from here; the template draws them. Who cannot see it has the lists of claims on the page.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, log2, pi, sin
from textwrap import wrap
from typing import Final

from poems_kg.drawing.sheet import COLOURS, capitalise, fit
from poems_kg.serve.pages.facts import Section

MOST: Final = 38
_FIRST: Final = (
    "Disorder",
    "Finding",
    "MolecularEntity",
    "Process",
    "DiagnosticTest",
    "Treatment",
    "OutcomeMeasure",
    "CriteriaSet",
    "AnatomicalEntity",
)
"""Of each of these categories a few are drawn, however few sources tell of them."""

_LEAST_EACH: Final = 2
_MOST_LEVEL: Final = 16
"""Up to so many labels fit level beside their nodes; more are turned outward."""

_LETTERS: Final = 29
_LINE: Final = 13
"""Letters in a line of the circle in the middle."""

_GAP: Final = 0.7
"""Between two categories, as a share of the way from node to node."""


@dataclass(frozen=True, slots=True)
class Node:
    """
    One neighbour: where its mark and its label stand, and how its line runs.

    ``angle`` is by how many degrees the label is turned, ``anchor`` where on it the point (``text_x``, ``text_y``) is.
    """

    entity_id: str
    label: str
    words: str
    category: str
    relations: str
    is_denied: bool
    x: float
    y: float
    radius: float
    line: str
    line_width: float
    text_x: float
    text_y: float
    angle: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """
    The picture: its size, the entity in the middle in lines, its neighbours, and how many of each category.

    ``categories`` are category, neighbours drawn and neighbours that there are; ``more`` is how many are not drawn.
    """

    width: int
    height: int
    x: float
    y: float
    title: tuple[str, ...]
    nodes: tuple[Node, ...]
    categories: tuple[tuple[str, int, int], ...]
    more: int


@dataclass(slots=True)
class _Neighbour:
    entity_id: str
    label: str
    category: str
    relations: dict[str, None]
    sources: int
    is_asserted: bool


def draw_neighbours(
    label: str, sections: Iterable[Section], broader: Iterable[tuple[str, str]], categories: dict[str, str]
) -> Drawing | None:
    """
    Draw what an entity has to do with others; None where it has nothing to do with any.

    :param broader: classes right above it, as id and label.
    :param categories: category by id; what has none is left grey.
    """
    neighbours = _collect(sections, broader, categories)
    if not neighbours:
        return None
    chosen = _choose(neighbours)
    is_level = len(chosen) <= _MOST_LEVEL
    width, height = (900, 130 + 26 * max(len(chosen), 8)) if is_level else (920, 920)
    centre = width / 2, height / 2
    reach = (width / 2 - 240, height / 2 - 40) if is_level else (215.0, 215.0)
    counted: dict[str, int] = defaultdict(int)
    for each in neighbours:
        counted[each.category] += 1
    drawn = {category: sum(each.category == category for each in chosen) for category in counted}
    return Drawing(
        width,
        height,
        *centre,
        _title(label),
        tuple(_place(chosen, centre, reach, is_level)),
        tuple((category, drawn[category], counted[category]) for category in sorted(counted, key=_order)),
        len(neighbours) - len(chosen),
    )


def _title(label: str) -> tuple[str, ...]:
    """A label in a few short lines, as the circle in the middle has room for."""
    lines = wrap(fit(capitalise(label), 4 * _LINE), _LINE, break_long_words=False)
    return tuple(fit(line, _LINE + 2) for line in lines[:4])


def _collect(
    sections: Iterable[Section], broader: Iterable[tuple[str, str]], categories: dict[str, str]
) -> list[_Neighbour]:
    found: dict[str, _Neighbour] = {}
    for section in sections:
        for fact in section.facts:
            if not fact.other_id or fact.other_id.startswith("source:"):
                continue
            one = found.get(fact.other_id)
            if one is None:
                category = categories.get(fact.other_id, "")
                one = found[fact.other_id] = _Neighbour(fact.other_id, fact.other_label, category, {}, 0, False)
            one.relations[section.heading] = None
            one.sources += fact.asserting + fact.denying
            one.is_asserted = one.is_asserted or bool(fact.asserting)
    for entity_id, label in broader:
        if not entity_id.startswith("kg:") and entity_id not in found:
            found[entity_id] = _Neighbour(entity_id, label, categories.get(entity_id, ""), {"A kind of": None}, 1, True)
    return list(found.values())


def _order(category: str) -> tuple[int, str]:
    known = list(COLOURS)
    return (known.index(category) if category in known else len(known), category)


def _weight(one: _Neighbour) -> tuple[int, str]:
    return -one.sources, one.label.casefold()


def _choose(neighbours: Sequence[_Neighbour]) -> list[_Neighbour]:
    """The neighbours that most sources tell of, and a few of every category; category by category."""
    ranked = sorted(neighbours, key=_weight)
    by_category: dict[str, list[_Neighbour]] = defaultdict(list)
    for one in ranked:
        by_category[one.category].append(one)
    few = [one for category in _FIRST for one in by_category.get(category, ())[:_LEAST_EACH]]
    chosen = [*few, *(one for one in ranked if one not in few)][:MOST]
    return sorted(chosen, key=lambda one: (_order(one.category), _weight(one)))


def _place(
    chosen: Sequence[_Neighbour], centre: tuple[float, float], reach: tuple[float, float], is_level: bool
) -> Iterable[Node]:
    sectors: dict[str, list[_Neighbour]] = defaultdict(list)
    for one in chosen:
        sectors[one.category].append(one)
    step = 2 * pi / (len(chosen) + _GAP * len(sectors))
    at = -pi / 2 + step * _GAP / 2
    for group in sectors.values():
        middle = at + step * len(group) / 2
        for one in group:
            yield _node(one, (at + step / 2, middle), centre, reach, is_level)
            at += step
        at += step * _GAP


def _node(
    one: _Neighbour,
    angles: tuple[float, float],
    centre: tuple[float, float],
    reach: tuple[float, float],
    is_level: bool,
) -> Node:
    """A neighbour at the first of two angles; its line sets out towards the second, the middle of its category."""
    angle, middle = angles

    def point(turn: float, share: float, further: float = 0) -> tuple[float, float]:
        return (
            round(centre[0] + cos(turn) * (reach[0] * share + further), 1),
            round(centre[1] + sin(turn) * (reach[1] * share + further), 1),
        )

    x, y = point(angle, 1)
    radius = round(4 + min(log2(1 + one.sources), 4), 1)
    (x1, y1), (x2, y2) = point(middle, 0.45), point(angle, 0.72)
    is_left = cos(angle) < 0
    text_x, text_y = point(angle, 1, radius + 7)
    degrees = round(angle * 180 / pi + (180 if is_left else 0), 2)
    return Node(
        one.entity_id,
        one.label,
        fit(capitalise(one.label), _LETTERS),
        one.category,
        ", ".join(heading.lower() for heading in one.relations),
        not one.is_asserted,
        x,
        y,
        radius,
        f"M{centre[0]} {centre[1]}C{x1} {y1} {x2} {y2} {x} {y}",
        round(1 + min(log2(max(one.sources, 1)), 4) / 2, 2),
        text_x,
        text_y,
        0 if is_level else degrees,
        "end" if is_left else "start",
    )
