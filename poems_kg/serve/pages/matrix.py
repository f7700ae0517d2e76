"""
Turn the differential matrix into rows of cells with their evidence, and sort them.

Which disorders stand in it, and how it looks, is no business of this module.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from poems_kg.names import Names
from poems_kg.serve.pages.bars import FEWEST_PATIENTS
from poems_kg.serve.pages.claim_words import ShownClaim
from poems_kg.serve.pages.evidence import Evidence
from poems_kg.serve.pages.statements import show_claims, span
from poems_kg.views import LETTER_NAMES, differential_rows

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, slots=True)
class Column:
    """A disorder: ``short`` is its abbreviation, empty where it has none that is shorter than its name."""

    disorder_id: str
    label: str
    short: str

    @property
    def name(self) -> str:
        """What it is called where there is little room."""
        return self.short or self.label


@dataclass(frozen=True, slots=True)
class Cell:
    """
    What sources say of one finding in one disorder; ``figure`` in words, ``low`` and ``high`` in percent.

    ``order`` sorts: unknown, excluded, disputed or inferred, present without a figure, then by frequency.
    """

    cell_id: str
    disorder_id: str
    finding_id: str
    presence: str
    inferred: bool
    figure: str
    low: float
    width: float
    order: float
    sources: int
    shown: list[ShownClaim]

    @property
    def known(self) -> bool:
        """Whether anything is stated."""
        return self.presence != "unknown"


@dataclass(frozen=True, slots=True)
class Row:
    """A finding with a cell for each disorder."""

    finding_id: str
    label: str
    group: str
    cells: tuple[Cell, ...]
    is_shared: bool
    is_distinguishing: bool
    difference: float


_CELLS: "WeakKeyDictionary[nx.Graph, dict[str, Cell]]" = WeakKeyDictionary()
"""Cells by id, as far as they have been asked for; they are the same whatever stands beside them."""


def make_rows(graph: "nx.Graph", columns: Sequence[Column], book: Evidence, names: Names) -> Iterator[Row]:
    """The findings of which something is stated in one of the disorders, by group and label."""
    ids = [column.disorder_id for column in columns]
    said = _said_apart(book, ids)
    known = _CELLS.setdefault(graph, {})
    for finding, members in groupby(differential_rows(graph, ids), key=lambda cell: str(cell["finding"])):
        found = list(members)
        if all(cell["presence"] == "unknown" for cell in found):
            continue
        cells = tuple(_cell(cell, known, book, names) for cell in found)
        own, *others = cells
        gaps = [_gap(own, other) for other in others]
        yield Row(
            finding_id=finding,
            label=found[0]["finding_label"],
            group=found[0]["group"],
            cells=cells,
            is_shared=_has(own) and any(map(_has, others)),
            is_distinguishing=finding in said or any(gap > 0 for gap in gaps),
            difference=gaps[0] if gaps else 0.0,
        )


def _said_apart(book: Evidence, ids: Sequence[str]) -> set[str]:
    """The findings by which a source tells the first disorder from one of the others."""
    found = set()
    for claim in book.claims.values():
        if claim.relation == "distinguished_by" and claim.polarity == "asserts":
            pair = {claim.subject_id, dict(claim.qualifiers).get("versus", "")}
            if ids[0] in pair and pair <= set(ids):
                found.add(claim.object_id)
    return found


def _cell(cell: dict[str, Any], known: dict[str, Cell], book: Evidence, names: Names) -> Cell:
    cell_id = f"{cell['finding']}-{cell['disorder']}".replace(":", "_")
    if cell_id not in known:
        known[cell_id] = _make_cell(cell_id, cell, book, names)
    return known[cell_id]


def _make_cell(cell_id: str, cell: dict[str, Any], book: Evidence, names: Names) -> Cell:
    low, high = cell["low"], cell["high"]
    # Where sources differ, what the fewer of them deny must not hide below what the others assert.
    is_disputed = cell["presence"] == "disputed"
    has_figure = low is not None or high is not None
    bottom, top = 0.0 if low is None else float(low), 100.0 if high is None else float(high)
    if has_figure:
        order = (bottom + top) / 2
    else:
        order = {"unknown": -4.0, "excluded": -3.0, "disputed": -2.0, "present": -1.0}[cell["presence"]]
        order -= 0.5 if cell["inferred"] else 0.0
    shown = show_claims(cell["claims"], book, names)
    few = _in_few(shown) if has_figure else ""
    return Cell(
        cell_id=cell_id,
        disorder_id=cell["disorder"],
        finding_id=cell["finding"],
        presence=cell["presence"],
        inferred=cell["inferred"],
        figure=few or (f"{span(_rounded(low), _rounded(high))}\N{NO-BREAK SPACE}%" if has_figure else ""),
        low=bottom,
        width=max(top - bottom, 3.0) if has_figure and not few else 0.0,
        order=order,
        sources=len(cell["sources"]),
        shown=sorted(shown, key=lambda each: is_disputed and not each.is_denied),
    )


def _in_few(shown: Sequence[ShownClaim]) -> str:
    """The counts of shares that were all counted in a handful of patients: 2 of 2 must not pass for 100 %."""
    counted = [each.claim for each in shown if each.claim.share != (None, None) and not each.is_denied]
    if not all((each.total or FEWEST_PATIENTS) < FEWEST_PATIENTS and each.n is not None for each in counted):
        return ""
    return ", ".join(dict.fromkeys(f"{each.n} of {each.total}" for each in counted))


def _rounded(bound: float | None) -> float | None:
    """A bound short enough for a cell; its evidence has it as published."""
    return None if bound is None else round(bound, 1)


def _has(cell: Cell) -> bool:
    return cell.presence in ("present", "disputed")


def _gap(one: Cell, other: Cell) -> float:
    """Percentage points between two ranges that do not overlap; 100 where one is excluded and the other present."""
    if {one.presence, other.presence} == {"present", "excluded"}:
        return 100.0
    if not (one.width and other.width):
        return 0.0
    # A mark has a least width in the picture; what is compared are the bounds that were published.
    bounds = [(cell.low, 2 * cell.order - cell.low) for cell in (one, other)]
    return max(0.0, bounds[0][0] - bounds[1][1], bounds[1][0] - bounds[0][1])


def shows(row: Row, show: str) -> bool:
    """Whether a row is among those that ``show`` names."""
    return show == "all" or (row.is_shared if show == "shared" else row.is_distinguishing)


def sort_rows(rows: list[Row], sort: str, ids: Sequence[str]) -> list[Row]:
    """Rows in the order that is asked for; those that are alike stay by group and label."""
    if sort == "finding":
        return sorted(rows, key=lambda row: row.label.casefold())
    if sort == "known":
        return sorted(rows, key=lambda row: -sum(cell.known for cell in row.cells))
    if sort == "difference":
        return sorted(rows, key=lambda row: -row.difference)
    if sort in ids:
        place = list(ids).index(sort)
        return sorted(rows, key=lambda row: -row.cells[place].order)
    rank = {group: number for number, group in enumerate(dict.fromkeys(row.group for row in rows))}
    return sorted(rows, key=lambda row: (rank[row.group], -sum(cell.known for cell in row.cells)))


def group_rows(rows: list[Row], sort: str) -> list[tuple[str, list[Row]]]:
    """Rows under their heads; all under an empty one where they are not sorted by group."""
    if sort != "group":
        return [("", rows)] if rows else []
    return [(group_words(group), list(members)) for group, members in groupby(rows, key=lambda row: row.group)]


def group_words(group: str) -> str:
    """
    The head over a group of findings.

    >>> group_words("O"), group_words("Abnormality of the nervous system")
    ('O · Organomegaly', 'Nervous system')
    """
    if group in LETTER_NAMES:
        return LETTER_NAMES[group] if len(group) > 1 else f"{group} · {LETTER_NAMES[group]}"
    words = group.removeprefix("Abnormality of ").removeprefix("the ")
    return words[:1].upper() + words[1:]
