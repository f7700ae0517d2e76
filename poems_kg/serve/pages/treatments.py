"""The page of treatments: when each is used, what it aims at and achieves, and what calls for caution."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.routing import BaseRoute, Route

from poems_kg.ids import PoemsKgError
from poems_kg.serve.pages.claim_words import ShownClaim, unit_words
from poems_kg.serve.pages.evidence import Evidence, SourceRecord, evidence
from poems_kg.serve.pages.rendering import page, render, with_query
from poems_kg.serve.pages.statements import show_claims, sources_of, span
from poems_kg.views import HARMS, POEMS

if TYPE_CHECKING:
    import networkx as nx

    from poems_kg.names import Names
    from poems_kg.serve.asked import Asked
    from poems_kg.serve.desk import Desk
    from poems_kg.serve.replies import Reply

CERTAINTIES: Final = ("established", "probable", "uncertain")
NO_LINE: Final = "none"
"""The value of ``line`` for treatments of which no source says in which line they are given."""

ORDERS: Final = {"line": "Line", "certainty": "Certainty", "goal": "Goal", "class": "Class"}
"""What the list may be grouped by: words by value of ``by``."""

_USES: Final = ("applied_to_treat", "studied_to_treat")
_AIMS: Final = ("has_goal", "ameliorates", "decreases")
_AIM_WORDS: Final = {"has_goal": "Goals", "ameliorates": "Improvement of", "decreases": "Lowering of"}
_ACTS: Final = frozenset({"targets", "increases", "decreases", "affects"})
_PLAIN_ACTS: Final = frozenset({"targets", "affects"})
_LIMITS: Final = ("line", "role", "condition", "stage")


@dataclass(frozen=True, slots=True)
class Item:
    """
    What is said of a treatment and one other thing. ``figure`` has its figures, ``low`` and ``width`` are percent, 0
    where there is no share; ``is_finding`` says that it is itself a finding of POEMS syndrome.
    """

    target_id: str
    label: str
    relation: str
    is_denied: bool
    is_finding: bool
    figure: str
    low: float
    width: float
    claims: list[ShownClaim]

    @property
    def sources(self) -> list[SourceRecord]:
        """Who says so."""
        return sources_of(self.claims)


@dataclass(frozen=True, slots=True)
class Use:
    """
    When it is given, by all who say it in the same words.

    ``how`` is ``used`` or ``studied``; ``limits`` are line, role, condition and stage, as (name, words).
    """

    how: str
    is_denied: bool
    certainty: str
    limits: tuple[tuple[str, str], ...]
    claims: list[ShownClaim]

    @property
    def sources(self) -> list[SourceRecord]:
        """Who says so."""
        return sources_of(self.claims)


@dataclass(frozen=True, slots=True)
class Treatment:
    """One treatment of POEMS syndrome. ``lines`` and ``certainties`` are those that any source gives."""

    term: str
    label: str
    classes: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, str], ...]
    uses: list[Use]
    aims: list[Item]
    acts: list[Item]
    outcomes: list[Item]
    cautions: list[Item]
    aim_ids: frozenset[str]
    sources: int
    claims: int

    @property
    def lines(self) -> list[str]:
        """The lines of treatment that sources name."""
        return sorted({words for use in self.uses for name, words in use.limits if name == "line"})

    @property
    def certainties(self) -> list[str]:
        """How sure sources are that it is used, the surest first."""
        return sorted({use.certainty for use in self.uses if not use.is_denied}, key=CERTAINTIES.index)

    @property
    def is_denied(self) -> bool:
        """Whether all that speak of its use say that it is not to be used."""
        return all(use.is_denied for use in self.uses)


@dataclass(frozen=True, slots=True)
class Aim:
    """Something that treatment is to achieve: ``group`` is the relation by which sources say so."""

    term: str
    label: str
    group: str
    claims: list[ShownClaim]
    treatments: tuple[str, ...]

    @property
    def sources(self) -> list[SourceRecord]:
        """Who names it."""
        return sources_of(self.claims)


def treatments(desk: "Desk", asked: "Asked") -> "Reply":
    """
    The page ``/treatments``.

    :raises UnknownTermError: for a goal that is not in the graph; it suggests the nearest.
    :raises PoemsKgError: for a line, certainty or order that there is not.
    """
    graph, book, names = desk.view("treatments"), evidence(desk), desk.kg.names
    found = list_treatments(graph, book, names)
    aims = list_aims(graph, found, book, names)
    lines = sorted({line for each in found for line in each.lines}, key=lambda line: (line != "first", line))
    line = _choice("line", asked.get("line"), [*lines, NO_LINE])
    certainty = _choice("certainty", asked.get("certainty"), CERTAINTIES)
    by = _choice("by", asked.get("by"), ORDERS) or "line"
    goal = names.find(asked.get("goal"), "TreatmentGoal") if asked.get("goal").strip() else ""
    kept = [each for each in found if _fits(each, goal, line, certainty)]

    def url(**changes: str) -> str:
        values = {"goal": goal, "line": line, "certainty": certainty, "by": by if by != "line" else ""} | changes
        return with_query("/treatments", values)

    return render(
        "treatments.html",
        here="/treatments",
        groups=_groups(kept, by, lines, aims),
        found=found,
        kept=kept,
        aims=aims,
        aim_words=_AIM_WORDS,
        lines=lines,
        certainties=CERTAINTIES,
        orders=ORDERS,
        goal=goal,
        goal_label=names.label(goal) if goal else "",
        line=line,
        certainty=certainty,
        by=by,
        url=url,
        no_line=NO_LINE,
    )


def _choice(name: str, typed: str, allowed: Iterable[str]) -> str:
    value = typed.strip()
    choices = list(allowed)
    if value and value not in choices:
        raise PoemsKgError(f"{name}={value} is not known; use {', '.join(choices)}")
    return value


def _fits(each: Treatment, goal: str, line: str, certainty: str) -> bool:
    has_line = not line or (line in each.lines if line != NO_LINE else not each.lines)
    return has_line and (not goal or goal in each.aim_ids) and (not certainty or certainty in each.certainties)


# --- What is said of each ---


def list_treatments(graph: "nx.MultiDiGraph", book: Evidence, names: "Names") -> list[Treatment]:
    """The treatments that sources use, study or advise against in POEMS syndrome, those with most sources first."""
    serving = _alike(graph)
    found = []
    for node in graph:
        keys = set(graph[node].get(POEMS, {}))
        if graph.nodes[node]["category"] == "Treatment" and keys & {
            f"{no}{use}" for use in _USES for no in ("", "not ")
        }:
            found.append(_treatment(graph, node, serving.get(node, set()), book, names))
    return sorted(found, key=lambda each: (-each.sources, each.label.casefold()))


def _alike(graph: "nx.MultiDiGraph") -> dict[str, set[str]]:
    """
    Goals by the treatments that serve them without a source that says so in one claim.

    Such a treatment lowers what another lowers to that end.
    """
    lowering: dict[str, set[str]] = defaultdict(set)
    for node, target, key in graph.edges(keys=True):
        if key == "decreases":
            lowering[target].add(node)
    found: dict[str, set[str]] = defaultdict(set)
    for node, goal, key in graph.edges(keys=True):
        if key == "has_goal" and node != POEMS:
            for target in (target for target, others in lowering.items() if node in others):
                for other in lowering[target]:
                    found[other].add(goal)
    return found


def _treatment(graph: "nx.MultiDiGraph", node: str, serving: set[str], book: Evidence, names: "Names") -> Treatment:
    items = [
        _item(graph, (target, key), data, book, names)
        for _, target, key, data in graph.out_edges(node, keys=True, data=True)
        if target != POEMS and data["claims"]
    ]
    uses = [data for data in graph[node].get(POEMS, {}).values() if data["relation"] in _USES]
    about = [data for *_, data in graph.out_edges(node, data=True)]
    asserted = [item for item in items if not item.is_denied]
    return Treatment(
        node,
        graph.nodes[node]["label"],
        _others(graph, node, "subclass_of"),
        _others(graph, node, "has_part"),
        _uses([claim for data in uses for claim in data["claims"]], book, names),
        _ranked(item for item in asserted if item.relation in ("has_goal", "ameliorates")),
        _acts(asserted),
        _ranked(item for item in items if item.relation == "has_outcome"),
        _ranked(item for item in items if item.relation in HARMS),
        frozenset(item.target_id for item in asserted if item.relation in _AIMS) | serving,
        len({source for data in about for source in data["sources"]}),
        len({claim for data in about for claim in data["claims"]}),
    )


def _others(graph: "nx.MultiDiGraph", node: str, key: str) -> tuple[tuple[str, str], ...]:
    ends = [target for _, target, each in graph.out_edges(node, keys=True) if each == key]
    return tuple(sorted(((end, graph.nodes[end]["label"]) for end in ends), key=lambda pair: pair[1].casefold()))


def _acts(items: Sequence[Item]) -> list[Item]:
    """What it acts on, each once: to lower or raise something says more than to act on it."""
    told = sorted((item for item in items if item.relation in _ACTS), key=lambda item: item.relation in _PLAIN_ACTS)
    return _ranked({item.target_id: item for item in reversed(told)}.values())


def _ranked(items: Iterable[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (item.is_denied, -item.is_finding, -len(item.sources), item.label.casefold()))


def _item(graph: "nx.MultiDiGraph", end: tuple[str, str], data: dict[str, Any], book: Evidence, names: "Names") -> Item:
    claims = show_claims(data["claims"], book, names)
    target, key = end
    low, high = data["low"], data["high"]
    figures = list(dict.fromkeys(figure for claim in claims if (figure := _figure(claim))))
    has_share = low is not None and high is not None
    # A lone figure stands as it is published, so that two of two patients do not pass for 100 %.
    several = f"{span(low, high)}\N{NO-BREAK SPACE}%" if has_share else ""
    figure = figures[0] if len(figures) == 1 else several
    return Item(
        target,
        graph.nodes[target]["label"],
        data["relation"],
        key.startswith("not "),
        data["is_poems_finding"],
        figure,
        float(low) if has_share else 0.0,
        max(float(high) - float(low), 2.0) if has_share else 0.0,
        claims,
    )


def _figure(claim: ShownClaim) -> str:
    """The figures of a claim, with its own words where they have the number."""
    words = claim.claim.value
    if any(character.isdigit() for character in words):
        unit = unit_words(claim.claim.unit)
        words = words if not unit or unit in words else f"{words}\N{NO-BREAK SPACE}{unit}"
        return f"{words} ({claim.figures})" if claim.figures else words
    return f"in {claim.claim.total:,} patients" if claim.figures.startswith("of ") else claim.figures


def _uses(claim_ids: Sequence[str], book: Evidence, names: "Names") -> list[Use]:
    grouped: dict[tuple[str, bool, str, tuple[tuple[str, str], ...]], list[ShownClaim]] = defaultdict(list)
    for claim in show_claims(claim_ids, book, names):
        told = dict(claim.claim.qualifiers)
        limits = tuple((name, told[name].replace("|", ", ")) for name in _LIMITS if name in told)
        how = "used" if claim.claim.relation == "applied_to_treat" else "studied"
        grouped[how, claim.is_denied, claim.claim.certainty, limits].append(claim)
    made = [Use(*key, claims) for key, claims in grouped.items()]
    return sorted(made, key=lambda use: (use.is_denied, "line" not in dict(use.limits), -len(use.sources)))


# --- By goal, line and certainty ---


def list_aims(graph: "nx.MultiDiGraph", found: Sequence[Treatment], book: Evidence, names: "Names") -> list[Aim]:
    """What treatment of POEMS syndrome is to achieve, as sources say: goals, what is improved, what is lowered."""
    claims: dict[tuple[str, str], list[str]] = defaultdict(list)
    known = {each.term for each in found} | {POEMS}
    for node, target, data in graph.edges(data=True):
        if node in known and target != POEMS and data["relation"] in _AIMS and data["polarity"] == "asserts":
            claims[data["relation"], target] += data["claims"]
    aims = [
        Aim(
            target,
            graph.nodes[target]["label"],
            relation,
            show_claims(sorted(set(ids)), book, names),
            tuple(each.term for each in found if target in each.aim_ids),
        )
        for (relation, target), ids in claims.items()
    ]
    return sorted(aims, key=lambda aim: (_AIMS.index(aim.group), -len(aim.treatments), aim.label.casefold()))


def _groups(
    kept: Sequence[Treatment], by: str, lines: Sequence[str], aims: Sequence[Aim]
) -> list[tuple[str, str, list[Treatment]]]:
    """Heads with an explanation and the treatments under each; one may stand under several."""
    heads: list[tuple[str, str, list[Treatment]]] = []
    if by == "line":
        heads = [
            (f"{line} line" if line == "first" else line, "", [t for t in kept if line in t.lines]) for line in lines
        ]
        rest = [each for each in kept if not each.lines]
        heads.append(("Line not stated", "No source in this graph says in which line these are given.", rest))
    elif by == "certainty":
        heads = [
            (f"{certainty}, as at least one source has it", "", [t for t in kept if certainty in t.certainties[:1]])
            for certainty in CERTAINTIES
        ]
        heads.append(("Advised against", "", [each for each in kept if each.is_denied]))
    elif by == "goal":
        heads = [
            (f"{_AIM_WORDS[aim.group]} {aim.label}" if aim.group != "has_goal" else aim.label, "", members)
            for aim in aims
            if (members := [each for each in kept if aim.term in each.aim_ids])
        ]
        none = [each for each in kept if not any(aim.term in each.aim_ids for aim in aims)]
        heads.append(("No goal of its own stated", "", none))
    else:
        labels = sorted({label for each in kept for _, label in each.classes}, key=str.casefold)
        heads = [(label, "", [t for t in kept if label in dict(t.classes).values()]) for label in labels]
        heads.append(("Without a class", "", [each for each in kept if not each.classes]))
    return [head for head in heads if head[2]]


ROUTES: Final[list[BaseRoute]] = [Route("/treatments", page(treatments))]
