"""The page that compares disorders: a matrix of findings, what they share, and what tells the first two apart."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from markupsafe import Markup
from starlette.routing import BaseRoute, Route

from poems_kg.ids import PoemsKgError, expand
from poems_kg.names import Names
from poems_kg.serve.pages.bars import Bar, draw_bar
from poems_kg.serve.pages.claim_words import ShownClaim
from poems_kg.serve.pages.evidence import Evidence, SourceRecord, evidence
from poems_kg.serve.pages.matrix import Cell, Column, Row, group_rows, make_rows, shows, sort_rows
from poems_kg.serve.pages.rendering import environment, page, render, with_query
from poems_kg.serve.pages.statements import mid_sentence, show_claims, sources_of, span
from poems_kg.views import POEMS
from poems_kg.views.rows import read_rows

if TYPE_CHECKING:
    import networkx as nx

    from poems_kg.knowledge_graph import KnowledgeGraph
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

_OFTEN: Final = 50.0
_MOST: Final = 6
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
    show, sort = _choose(asked, wanted)
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
        groups=group_rows(kept, sort),
        rows=kept,
        counts={name: sum(shows(row, name) for row in rows) for name in SHOW},
        apart=tell_apart(desk, first, second) if second else ([], []),
        unmatched=find_unmatched(rows, _broader(desk.kg), set(graph[second.disorder_id])) if second else [],
        choices=_choices(desk, graph, wanted),
        silent=silent,
        show=show,
        sort=sort,
        mid_sentence=mid_sentence,
        show_words=SHOW,
        sort_words=SORTS,
        cell_html=_cell_html(desk),
        url=url,
        rival_url=lambda rival: with_query(
            "/compare",
            [("disorder", each) for each in dict.fromkeys((wanted[0], rival, *wanted))],
        ),
    )


def _choose(asked: "Asked", wanted: list[str]) -> tuple[str, str]:
    """Which rows to show, and in which order."""
    show, sort = asked.get("show") or "all", asked.get("sort") or "group"
    if show not in SHOW:
        raise PoemsKgError(f"show={show} is not known; use {', '.join(SHOW)}")
    if sort not in SORTS and sort not in wanted:
        raise PoemsKgError(f"sort={sort} is not known; use {', '.join(SORTS)}, or the id of one of the disorders")
    return show, sort


_DRAWN: "WeakKeyDictionary[KnowledgeGraph, dict[str, Markup]]" = WeakKeyDictionary()
"""Cells as HTML by id: a page has two thousand, and the next page has most of them, too."""


def _cell_html(desk: "Desk") -> Callable[[Row, Column, Cell], Markup]:
    """What makes the HTML of a cell, once."""
    known = _DRAWN.setdefault(desk.kg, {})
    macro = environment().get_template("matrix_parts.html").module.cell  # type: ignore[attr-defined]

    def draw(row: Row, column: Column, cell: Cell) -> Markup:
        if cell.cell_id not in known:
            known[cell.cell_id] = macro(row, column, cell)
        return known[cell.cell_id]

    return draw


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
        made = said.setdefault(feature, Apart(feature, label, direction, _own_figure(graph, first, feature)))
        _add_claims(made, [str(row["claim"])], book, names)
        if row["value"] and row["subject"] == first.disorder_id:
            made.values.append(str(row["value"]))
    for feature in figures.keys() & said.keys():
        figures[feature].shown += said.pop(feature).shown
    return (
        sorted(figures.values(), key=lambda each: (-each.gap, each.feature)),
        sorted(
            said.values(),
            key=lambda each: (each.direction == "no help", -len(each.sources), not each.figure, each.feature),
        ),
    )


def _own_figure(graph: "nx.Graph", first: Column, feature: str) -> str:
    """How often the first disorder has a finding; empty for a test, and where nobody says."""
    edge = graph.get_edge_data(first.disorder_id, feature) or {"low": None, "high": None}
    words = span(edge["low"], edge["high"])
    return f"{words}\N{NO-BREAK SPACE}%" if words else ""


def find_unmatched(
    rows: Iterable[Row], broader: Mapping[str, frozenset[str]], known: Set[str]
) -> list[tuple[Row, Bar]]:
    """
    Findings that at least half of the patients with the first disorder have, and of which the second has no word.

    :param broader: the broader findings of each.
    :param known: the findings of which something is stated for the second; what is narrower than one of them is left
        out, since there is a word on it.
    """
    found = []
    for row in rows:
        own = row.cells[0]
        is_open = len(row.cells) > 1 and not row.cells[1].known and known.isdisjoint(broader.get(row.finding_id, ()))
        bar = draw_bar(each.claim for each in own.shown) if is_open and not own.inferred else None
        if bar and own.presence == "present" and bar.low >= _OFTEN:
            found.append((row, bar))
    return sorted(found, key=lambda pair: (-pair[1].low, -pair[0].cells[0].sources, pair[0].label))[:_MOST]


_BROADER: "WeakKeyDictionary[KnowledgeGraph, dict[str, frozenset[str]]]" = WeakKeyDictionary()


def _broader(kg: "KnowledgeGraph") -> dict[str, frozenset[str]]:
    if kg not in _BROADER:
        pairs: dict[str, set[str]] = defaultdict(set)
        for row in read_rows("broader_findings", kg.store):
            pairs[str(row["finding"])].add(str(row["broader"]))
        _BROADER[kg] = {finding: frozenset(above) for finding, above in pairs.items()}
    return _BROADER[kg]


def _add_claims(made: Apart, claim_ids: Iterable[str], book: Evidence, names: Names) -> None:
    known = {each.claim.claim_id for each in made.shown}
    made.shown += show_claims((each for each in claim_ids if each not in known), book, names)


ROUTES: Final[list[BaseRoute]] = [Route("/compare", page(compare))]
