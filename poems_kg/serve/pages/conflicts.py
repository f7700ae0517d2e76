"""The pages of conflicts: where sources disagree, both sides beside each other, and what a reviewer makes of it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from starlette.routing import BaseRoute, Route

from poems_kg.conflicts import KINDS, NEW, Rule, find_rules
from poems_kg.ids import PoemsKgError
from poems_kg.questions import ANY
from poems_kg.reviews import STATUSES
from poems_kg.serve.pages.claim_words import ShownClaim
from poems_kg.serve.pages.evidence import Evidence, SourceRecord, evidence
from poems_kg.serve.pages.rendering import page, render, with_query
from poems_kg.serve.pages.statements import show_claims
from poems_kg.serve.problems import NotFoundError

if TYPE_CHECKING:
    from poems_kg.knowledge_graph import KnowledgeGraph
    from poems_kg.serve.asked import Asked
    from poems_kg.serve.desk import Desk
    from poems_kg.serve.replies import Reply

KIND_WORDS: Final = {
    "taxonomic": "what is below what",
    "lexical": "what is called what",
    "numeric": "how often, how much, how long",
    "logical": "whether it is so",
    "identifier": "which id is meant",
    "criteria": "what counts for the diagnosis",
}
"""What each kind of conflict is about."""

_ALL: Final = """
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
SELECT ?conflict ?kind ?status ?rule ?subject ?relation ?object ?side_a ?sources_a ?side_b ?sources_b ?reason WHERE {
  ?conflict kg:conflict_kind ?kind ; kg:status ?status ; kg:found_by ?rule ; kg:disputed_subject ?subject ;
    kg:disputed_relation ?relation ; kg:side_a ?side_a ; kg:side_b ?side_b .
  OPTIONAL { ?conflict kg:disputed_object ?object }
  OPTIONAL { ?conflict kg:sources_a ?sources_a }
  OPTIONAL { ?conflict kg:sources_b ?sources_b }
  OPTIONAL { ?conflict kg:reason ?reason }
} ORDER BY ?conflict
"""
_CLAIMS: Final = """
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
SELECT ?conflict ?side ?claim WHERE {
  VALUES (?side ?key) { ("a" kg:claim_a) ("b" kg:claim_b) }
  ?conflict ?key ?claim .
} ORDER BY ?conflict ?side ?claim
"""
_NAMED: Final = re.compile(r"[A-Za-z][\w-]*\w")
"""What may be the id of a source that a side or a reviewer names."""
_IS_ID: Final = re.compile(r"[\d_-]")
"""What tells the id of a source from a plain word, where it does not stand in brackets of its own."""
_TOPICS: Final = {"has_criterion": "as a criterion"}
"""What a conflict is about whose relation has no object; for other relations a colon and its label."""
_ON_A_PAGE: Final = 25

Pieces = tuple[str | SourceRecord, ...]
"""A text cut where it names sources."""


@dataclass(frozen=True, slots=True)
class Side:
    """
    One side of a conflict. ``lines`` are its statements, each as pieces of text and of sources; ``sources`` are all
    that stand for it, ``claim_ids`` their claims where these are in the graph.
    """

    lines: tuple[Pieces, ...]
    sources: tuple[SourceRecord, ...]
    claim_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A conflict with both sides; ``relation`` is in words, ``object_id`` empty where it leads to text."""

    conflict_id: str
    kind: str
    status: str
    rule: str
    subject_id: str
    subject: str
    relation: str
    object_id: str
    object: str
    sides: tuple[Side, Side]
    reason: Pieces

    @property
    def local_id(self) -> str:
        """Its id without the prefix."""
        return self.conflict_id.removeprefix("conflict:")

    @property
    def problem(self) -> str:
        """What it means that the rule found it; empty for a rule that this release does not have."""
        rule = find_rules().get(self.rule)
        return rule.problem if rule else ""

    @property
    def found_by(self) -> Rule | None:
        """The rule that found it."""
        return find_rules().get(self.rule)


_READ: "WeakKeyDictionary[KnowledgeGraph, dict[str, Disagreement]]" = WeakKeyDictionary()


def read_disagreements(desk: "Desk") -> dict[str, Disagreement]:
    """All conflicts of the graph on a desk by id, in the order of kind, subject and id; read when first asked for."""
    if desk.kg not in _READ:
        store, book = desk.kg.store, evidence(desk)
        claims: dict[tuple[str, str], list[str]] = {}
        for conflict_id, side, claim in store.select(_CLAIMS)[1]:
            claims.setdefault((str(conflict_id), str(side)), []).append(str(claim))
        columns, rows = store.select(_ALL)
        made: dict[str, Disagreement] = {}
        for row in rows:
            cells = {name: "" if value is None else str(value) for name, value in zip(columns, row, strict=True)}
            made[cells["conflict"]] = _disagreement(desk, cells, claims, book)
        ranked = sorted(
            made.values(), key=lambda each: (KINDS.index(each.kind), each.subject.casefold(), each.conflict_id)
        )
        _READ[desk.kg] = {each.conflict_id: each for each in ranked}
    return _READ[desk.kg]


def _disagreement(
    desk: "Desk", cells: dict[str, str], claims: dict[tuple[str, str], list[str]], book: Evidence
) -> Disagreement:
    names = desk.kg.names
    relation = cells["relation"].removeprefix("kg:")
    label = book.relations.get(relation) or names.label(cells["relation"]).rpartition(":")[2].replace("_", " ")
    if not cells["object"]:
        label = _TOPICS.get(relation, f": {label}")
    sides = [
        Side(
            tuple(_pieces(line, book) for line in cells[f"side_{side}"].split(" | ")),
            tuple(_source(each, book) for each in cells[f"sources_{side}"].split("|") if each),
            tuple(claims.get((cells["conflict"], side), ())),
        )
        for side in "ab"
    ]
    return Disagreement(
        cells["conflict"],
        cells["kind"],
        cells["status"],
        cells["rule"],
        cells["subject"],
        names.label(cells["subject"]),
        label,
        cells["object"],
        names.label(cells["object"]) if cells["object"] else "",
        (sides[0], sides[1]),
        _pieces(cells["reason"], book),
    )


def _pieces(text: str, book: Evidence) -> Pieces:
    """A text cut where it names sources that the graph has."""
    found: list[str | SourceRecord] = []
    done = 0
    for match in _NAMED.finditer(text):
        is_alone = text[: match.start()].endswith("(") and text[match.end() :].startswith(")")
        if match[0] in book.sources and (is_alone or _IS_ID.search(match[0])):
            found += [text[done : match.start()], book.sources[match[0]]]
            done = match.end()
    return tuple(piece for piece in (*found, text[done:]) if piece)


def _source(source_id: str, book: Evidence) -> SourceRecord:
    """A source by its id; a mapping may name the address of a file, which stands for itself."""
    plain = SourceRecord(source_id, source_id, "file", source_id, "", "", "", (), "", "")
    return book.sources.get(source_id, plain)


# --- All ---


def conflicts(desk: "Desk", asked: "Asked") -> "Reply":
    """
    The page ``/conflicts``.

    :raises UnknownTermError: for an entity that is not in the graph; it suggests the nearest.
    :raises PoemsKgError: for a kind or status that there is not.
    """
    found = list(read_disagreements(desk).values())
    kind = _choice("kind", asked.get("kind"), KINDS)
    status = _choice("status", asked.get("status"), (NEW, *STATUSES))
    typed = asked.get("entity").strip()
    entity = "" if typed.casefold() in ("", ANY) else desk.kg.names.find(typed)
    if entity:
        concerning = {each.conflict_id for each in evidence(desk).conflicts_about(entity)}
        found = [each for each in found if each.conflict_id in concerning]
    kinds = Counter(each.kind for each in found if status in ("", each.status))
    statuses = Counter(each.status for each in found if kind in ("", each.kind))
    kept = [each for each in found if kind in ("", each.kind) and status in ("", each.status)]

    start = _offset(asked.get("offset"))
    shown = kept[start : start + _ON_A_PAGE]

    def url(**changes: str) -> str:
        return with_query("/conflicts", {"kind": kind, "status": status, "entity": entity} | changes)

    return render(
        "conflicts.html",
        here="/conflicts",
        kept=kept,
        shown=shown,
        start=start,
        pages=range(0, len(kept), _ON_A_PAGE) if len(kept) > _ON_A_PAGE else (),
        kind=kind,
        status=status,
        entity=entity,
        entity_label=desk.kg.names.label(entity) if entity else "",
        kinds=[(each, kinds[each]) for each in KINDS],
        statuses=[(each, statuses[each]) for each in (NEW, *STATUSES)],
        kind_words=KIND_WORDS,
        total=len(read_disagreements(desk)),
        url=url,
    )


def _offset(typed: str) -> int:
    if not typed:
        return 0
    if not (typed.isascii() and typed.isdigit() and len(typed) < 7):
        raise PoemsKgError(f"offset={typed} is no number of conflicts to pass over; use 0, {_ON_A_PAGE} and so on")
    return int(typed)


def _choice(name: str, typed: str, allowed: Sequence[str]) -> str:
    value = typed.strip().casefold()
    if value in ("", ANY):
        return ""
    if value not in allowed:
        raise PoemsKgError(f"{name}={typed} is not known; use {', '.join(allowed)}")
    return value


# --- One ---


def conflict(desk: "Desk", asked: "Asked") -> "Reply":
    """
    The page of one conflict, whose id is the path parameter ``id``.

    :raises NotFoundError: if there is none of that id.
    """
    typed = asked.get("id").strip()
    known = read_disagreements(desk)
    found = known.get(f"conflict:{typed.removeprefix('conflict:')}")
    if found is None:
        raise NotFoundError(f"there is no conflict {typed!r} in this graph; /conflicts lists all {len(known)}")
    book, names = evidence(desk), desk.kg.names
    claims: list[list[ShownClaim]] = [show_claims(side.claim_ids, book, names) for side in found.sides]
    return render(
        "conflict.html",
        here="/conflicts",
        each=found,
        claims=claims,
        related=_related(found, known.values()),
        kind_words=KIND_WORDS,
    )


def _related(found: Disagreement, all_of_them: Iterable[Disagreement]) -> list[Disagreement]:
    """Other conflicts on the same subject."""
    return [each for each in all_of_them if each.subject_id == found.subject_id and each is not found]


ROUTES: Final[list[BaseRoute]] = [Route("/conflicts", page(conflicts))]
