"""The page that compares disorders: a matrix of findings, what they share, and what tells the first two apart."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from starlette.routing import BaseRoute, Route

from poems_kg.ids import PoemsKgError, expand
from poems_kg.names import Names
from poems_kg.serve.pages.claim_words import ShownClaim
from poems_kg.serve.pages.evidence import Evidence, SourceRecord, evidence
from poems_kg.serve.pages.rendering import page, render, with_query
from poems_kg.serve.pages.statements import mid_sentence, show_claims, sources_of, span
from poems_kg.views import POEMS, differential_rows

if TYPE_CHECKING:
    import networkx as nx

    from poems_kg.serve.asked import Asked
    from poems_kg.serve.desk import Desk
    from poems_kg.serve.replies import Reply

SHOW: Final = {
    "all": "All findings",
    "shared": "Shared",
    "distinguishing": "Tell apart",
}
"""Which findings are shown: words by value of ``show``."""

SORTS: Final = {
    "group": "Letter and body system, best known first",
    "finding": "Name of the finding",
    "known": "In how many it is known",
    "difference": "How far the first two differ",
}
"""By what rows are sorted: words by value of ``sort``; the CURIE of a disorder sorts by how often it has them."""

PRESENCE: Final = {
    "present": "present",
    "excluded": "excluded",
    "disputed": "disputed: sources differ",
    "unknown": "unknown: nothing is stated",
}
_HEADS: Final = {
    "P": "P · Polyneuropathy",
    "O": "O · Organomegaly",
    "E": "E · Endocrinopathy",
    "M": "M · Monoclonal protein",
    "S": "S · Skin changes",
    "beyond": "Beyond the letters",
}
_RIVALS: Final = 6
"""How many disorders stand beside POEMS syndrome where none is asked for."""

_ABBREVIATIONS: Final = """
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
PREFIX oboInOwl: <http://www.geneontology.org/formats/oboInOwl#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
SELECT DISTINCT ?term ?name WHERE {
  ?axiom oboInOwl:hasSynonymType ?type ; owl:annotatedSource ?term ; owl:annotatedTarget ?name .
  ?term kg:category kg:Disorder .
} ORDER BY ?term DESC(STRLEN(?name)) STR(?name)
"""


_KINDS: Final = """
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
SELECT ?kind WHERE {
  BIND(<%s> AS ?term)
  { ?term kg:category kg:Disorder } UNION { ?term kg:information_sum ?kind }
}
"""


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
    column: Column
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


@dataclass(slots=True)
class Apart:
    """
    One thing that tells two disorders apart, for the first of them: ``figure`` against ``other_figure`` where sources
    give percentages.
    """

    feature_id: str
    feature: str
    direction: str
    figure: str = ""
    other_figure: str = ""
    gap: float = 0.0
    bounds: tuple[float, ...] = ()
    values: list[str] = field(default_factory=list)
    shown: list[ShownClaim] = field(default_factory=list)

    @property
    def sources(self) -> list[SourceRecord]:
        """Who says so."""
        return sources_of(self.shown)


def compare(desk: "Desk", asked: "Asked") -> "Reply":
    """
    The page ``/compare``.

    :raises UnknownTermError: for a disorder that is not in the graph; it suggests the nearest.
    :raises PoemsKgError: for something that is no disorder, or an unknown ``show`` or ``sort``.
    """
    graph = desk.view("differential_matrix")
    wanted, silent = find_disorders(desk, asked.all("disorder"))
    columns = _columns(desk, wanted)
    show, sort = asked.get("show") or "all", asked.get("sort") or "group"
    if show not in SHOW:
        raise PoemsKgError(f"show={show} is not known; use {', '.join(SHOW)}")
    if sort not in SORTS and sort not in wanted:
        raise PoemsKgError(f"sort={sort} is not known; use {', '.join(SORTS)}, or the id of one of the disorders")
    rows = list(make_rows(graph, columns, evidence(desk), desk.kg.names))
    kept = sort_rows([row for row in rows if shows(row, show)], sort, wanted)
    first, second = columns[0], columns[1] if len(columns) > 1 else None
    chosen: list[tuple[str, object]] = [("disorder", disorder_id) for disorder_id in wanted]

    def url(**changes: str) -> str:
        values = {"show": show, "sort": sort} | changes
        plain = {"show": "all", "sort": "group"}
        return with_query(
            "/compare", chosen + [(name, value) for name, value in values.items() if value != plain[name]]
        )

    return render(
        "comparing.html",
        here="/compare",
        columns=columns,
        first=first,
        second=second,
        groups=_groups(kept, sort),
        rows=kept,
        counts={name: sum(shows(row, name) for row in rows) for name in SHOW},
        apart=tell_apart(desk, first, second) if second else ([], []),
        choices=_choices(desk, graph, wanted),
        silent=silent,
        show=show,
        sort=sort,
        mid_sentence=mid_sentence,
        show_words=SHOW,
        sort_words=SORTS,
        presence_words=PRESENCE,
        url=url,
        rival_url=lambda rival: with_query(
            "/compare",
            [("disorder", each) for each in dict.fromkeys((wanted[0], rival, *wanted))],
        ),
    )


def find_disorders(desk: "Desk", words: Iterable[str]) -> tuple[list[str], list[str]]:
    """
    The disorders that are meant, each once, and the labels of those of which no finding is stated.

    Where none is meant, these are POEMS syndrome and those nearest to it.

    :raises UnknownTermError: for words that name nothing.
    :raises PoemsKgError: for what is no disorder.
    """
    graph, names = desk.view("differential_matrix"), desk.kg.names
    found: list[str] = []
    silent: list[str] = []
    for typed in dict.fromkeys(word.strip() for word in words if word.strip()):
        term = names.find(typed, "Disorder")
        if graph.nodes.get(term, {}).get("bipartite") == 0:
            found.append(term)
        elif not _is_disorder(desk, term):
            raise PoemsKgError(f"{names.label(term)} ({term}) is no disorder; choose disorders to compare")
        else:
            silent.append(names.label(term))
    return list(dict.fromkeys(found)) or nearest_rivals(desk), silent


def _is_disorder(desk: "Desk", term: str) -> bool:
    return bool(desk.kg.store.select(_KINDS % expand(term))[1])


def nearest_rivals(desk: "Desk", count: int = _RIVALS) -> list[str]:
    """POEMS syndrome and the disorders that share most with it, by information content."""
    likeness = desk.view("disorder_similarity")
    near = likeness.adj.get(POEMS, {})
    ranked = sorted(near, key=lambda other: (-near[other]["information_content"], other))
    return [POEMS, *ranked[:count]]


def _columns(desk: "Desk", disorder_ids: Iterable[str]) -> list[Column]:
    short: dict[str, str] = {}
    for term, name in desk.kg.store.select(_ABBREVIATIONS)[1]:
        short.setdefault(str(term), str(name))
    labels = {disorder_id: desk.kg.names.label(disorder_id) for disorder_id in disorder_ids}
    return [
        Column(disorder_id, label, name if len(name := short.get(disorder_id, "")) < len(label) else "")
        for disorder_id, label in labels.items()
    ]


def _choices(desk: "Desk", graph: "nx.Graph", wanted: Sequence[str]) -> list[tuple[str, str, bool]]:
    """Every disorder of which findings are stated, the chosen first, as id, label and whether it is chosen."""
    others = {node for node, side in graph.nodes(data="bipartite") if side == 0} - set(wanted)
    ranked = [*wanted, *sorted(others, key=lambda node: desk.kg.names.label(node).casefold())]
    return [(node, desk.kg.names.label(node), node in wanted) for node in ranked]


# --- The matrix ---


def make_rows(graph: "nx.Graph", columns: Sequence[Column], book: Evidence, names: Names) -> Iterator[Row]:
    """The findings of which something is stated in one of the disorders, by group and label."""
    ids = [column.disorder_id for column in columns]
    said = _said_apart(book, ids)
    for number, (finding, members) in enumerate(
        groupby(differential_rows(graph, ids), key=lambda cell: str(cell["finding"]))
    ):
        found = list(members)
        if all(cell["presence"] == "unknown" for cell in found):
            continue
        cells = tuple(
            _cell(f"{number}-{place}", column, cell, book, names)
            for place, (column, cell) in enumerate(zip(columns, found, strict=True))
        )
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


def _cell(cell_id: str, column: Column, cell: dict[str, Any], book: Evidence, names: Names) -> Cell:
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
    return Cell(
        cell_id=cell_id,
        column=column,
        presence=cell["presence"],
        inferred=cell["inferred"],
        figure=f"{span(_rounded(low), _rounded(high))}\N{NO-BREAK SPACE}%" if has_figure else "",
        low=bottom,
        width=max(top - bottom, 3.0) if has_figure else 0.0,
        order=order,
        sources=len(cell["sources"]),
        shown=sorted(show_claims(cell["claims"], book, names), key=lambda each: is_disputed and not each.is_denied),
    )


def _rounded(bound: float | None) -> float | None:
    """A bound short enough for a cell; its evidence has it as published."""
    return None if bound is None else round(bound, 1)


def _has(cell: Cell) -> bool:
    return cell.presence in ("present", "disputed")


def _gap(one: Cell, other: Cell) -> float:
    """Percentage points between two ranges that do not overlap; 100 where one is excluded and the other present."""
    if {one.presence, other.presence} == {"present", "excluded"}:
        return 100.0
    if not (one.figure and other.figure):
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


def _groups(rows: list[Row], sort: str) -> list[tuple[str, list[Row]]]:
    if sort != "group":
        return [("", rows)] if rows else []
    return [(group_words(group), list(members)) for group, members in groupby(rows, key=lambda row: row.group)]


def group_words(group: str) -> str:
    """
    The head over a group of findings.

    >>> group_words("O"), group_words("Abnormality of the nervous system")
    ('O · Organomegaly', 'Nervous system')
    """
    words = _HEADS.get(group) or group.removeprefix("Abnormality of ").removeprefix("the ")
    return words[:1].upper() + words[1:]


# --- What tells two disorders apart ---

_MIRRORED: Final = {
    "more frequent": "less frequent",
    "less frequent": "more frequent",
    "higher": "lower",
    "lower": "higher",
    "present": "absent",
    "absent": "present",
}


def tell_apart(desk: "Desk", first: Column, second: Column) -> tuple[list[Apart], list[Apart]]:
    """
    What tells the first disorder from the second: by figures of both, widest gap first; and by what sources say.

    What sources deny to tell them apart comes last in the second list, with the direction ``no help``.
    """
    answer = desk.kg.ask("distinguishing_features", disorder=first.disorder_id, other=second.disorder_id)
    book, names, graph = evidence(desk), desk.kg.names, desk.view("differential_matrix")
    figures: dict[str, Apart] = {}
    said: dict[str, Apart] = {}
    for row in sorted(answer, key=lambda row: (row["subject"] != first.disorder_id, row["basis"] == "stated")):
        feature, label = str(row["feature"]), str(row["feature_label"])
        if row["basis"] == "frequency":
            made = Apart(feature, label, str(row["direction"]))
            bounds = [float(str(row[key])) for key in ("low", "high", "other_low", "other_high")]
            made.figure = f"{span(*bounds[:2])}\N{NO-BREAK SPACE}%"
            made.other_figure = f"{span(*bounds[2:])}\N{NO-BREAK SPACE}%"
            made.gap = max(bounds[0] - bounds[3], bounds[2] - bounds[1])
            made.bounds = tuple(bounds)
            for disorder in (first.disorder_id, second.disorder_id):
                given = graph.edges[disorder, feature]["claims"]
                _add_claims(made, (each for each in given if book.claims[each].share != (None, None)), book, names)
            figures[feature] = made
            continue
        direction = "no help" if row["polarity"] == "denies" else str(row["direction"] or "")
        if row["subject"] != first.disorder_id:
            direction = _MIRRORED.get(direction, direction)
        made = said.setdefault(feature, Apart(feature, label, direction))
        _add_claims(made, [str(row["claim"])], book, names)
        if row["value"] and row["subject"] == first.disorder_id:
            made.values.append(str(row["value"]))
    for feature in figures.keys() & said.keys():
        figures[feature].shown += said.pop(feature).shown
    return (
        sorted(figures.values(), key=lambda each: (-each.gap, each.feature)),
        sorted(said.values(), key=lambda each: (each.direction == "no help", -len(each.sources), each.feature)),
    )


def _add_claims(made: Apart, claim_ids: Iterable[str], book: Evidence, names: Names) -> None:
    known = {each.claim.claim_id for each in made.shown}
    made.shown += show_claims((each for each in claim_ids if each not in known), book, names)


ROUTES: Final[list[BaseRoute]] = [Route("/compare", page(compare))]
