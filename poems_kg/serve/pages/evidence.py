"""All claims and sources of a graph by id, read once for each worker, in the words in which pages show them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from poems_kg.claims import Claim

if TYPE_CHECKING:
    from poems_kg.serve.desk import Desk

_SOURCES: Final = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?source ?title ?citation ?whole WHERE {
  ?source a kg:Publication ; kg:citation ?citation .
  OPTIONAL { ?source rdfs:label ?title }
  OPTIONAL { ?source dcterms:bibliographicCitation ?whole }
} ORDER BY ?source ?title
"""
_DISPUTED: Final = """
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
SELECT ?conflict ?claim WHERE { ?conflict kg:claim_a|kg:claim_b ?claim } ORDER BY ?conflict ?claim
"""
_LETTERS: Final = 46
_INITIALS: Final = re.compile(r" [A-Z]{1,3}$")


@dataclass(frozen=True, slots=True)
class SourceCard:
    """A source as a link shows it: ``words`` are few enough for a line; ``whole`` is the full citation."""

    source_id: str
    words: str
    whole: str


@dataclass(frozen=True, slots=True)
class Statement:
    """
    One claim in words. ``figure`` has its number, ``value`` what the source says where that is no number, ``context``
    the limits under which it holds; ``conflicts`` are the ids of the disagreements that it is part of.
    """

    claim_id: str
    subject_id: str
    subject: str
    relation: str
    relation_words: str
    object_id: str
    object: str
    denies: bool
    certainty: str
    figure: str
    value: str
    context: str
    place: str
    source: SourceCard
    conflicts: tuple[str, ...]


class Evidence:
    """What every claim says, and who says it."""

    def __init__(self, desk: "Desk") -> None:
        self._kg = desk.kg
        self._made: dict[str, Statement] = {}

    @cached_property
    def claims(self) -> dict[str, Claim]:
        """Every claim by id."""
        return {claim.claim_id: claim for claim in self._kg.claims()}

    @cached_property
    def sources(self) -> dict[str, SourceCard]:
        """Every source by its bare id."""
        cards: dict[str, SourceCard] = {}
        for source, title, citation, whole in self._kg.store.select(_SOURCES)[1]:
            source_id = str(source).removeprefix("source:")
            card = _card(source_id, str(title or source_id), str(citation), str(whole or ""))
            cards.setdefault(source_id, card)
        return cards

    @cached_property
    def conflicts(self) -> dict[str, tuple[str, ...]]:
        """The ids of the conflicts that a claim is part of, by claim."""
        found: dict[str, tuple[str, ...]] = {}
        for conflict, claim in self._kg.store.select(_DISPUTED)[1]:
            found[str(claim)] = (*found.get(str(claim), ()), str(conflict))
        return found

    def source(self, source_id: str) -> SourceCard:
        """A source by its id, with or without the prefix ``source:``; one that is not in the graph by its id alone."""
        bare = source_id.removeprefix("source:")
        return self.sources.get(bare) or SourceCard(bare, bare, bare)

    def statement(self, claim_id: str) -> Statement:
        """A claim in words."""
        if claim_id not in self._made:
            self._made[claim_id] = self._word(self.claims[claim_id])
        return self._made[claim_id]

    def statements(self, claim_ids: Iterable[str]) -> list[Statement]:
        """Claims in words, those that assert first, the surest first."""
        found = [self.statement(claim_id) for claim_id in claim_ids if claim_id in self.claims]
        return sorted(found, key=lambda each: (each.denies, _DOUBT.get(each.certainty, 3), each.claim_id))

    def _word(self, claim: Claim) -> Statement:
        figure = figure_of(claim)
        return Statement(
            claim_id=claim.claim_id,
            subject_id=claim.subject_id,
            subject=claim.subject_label,
            relation=claim.relation,
            relation_words=self._kg.names.label(f"kg:{claim.relation}"),
            object_id=claim.object_id,
            object=claim.object_label,
            denies=claim.polarity == "denies",
            certainty=claim.certainty,
            figure=figure,
            value="" if claim.value == figure else claim.value,
            context=claim.context,
            place=claim.place,
            source=self.source(claim.source_id),
            conflicts=self.conflicts.get(claim.claim_id, ()),
        )


_DOUBT: Final = {"established": 0, "probable": 1, "uncertain": 2}


def _card(source_id: str, title: str, citation: str, whole: str) -> SourceCard:
    authors = whole.partition(title)[0].strip(" .") if title in whole else ""
    year = whole.rpartition(" ")[2].strip(" .")
    if authors and year.isdigit():
        first, comma, _ = authors.partition(",")
        family = _INITIALS.sub("", first)
        words = f"{family} et al. {year}" if comma else f"{family} {year}"
    else:
        plain = title.strip("[]")
        words = plain if len(plain) <= _LETTERS else f"{plain[: _LETTERS - 1].rstrip()}…"
    return SourceCard(source_id, words, whole or citation)


def figure_of(claim: Claim) -> str:
    """
    The number that a claim gives, as published; empty where it gives none.

    A count goes with its share, since 2 of 2 patients are not 100 % of all.
    """
    unit = "" if claim.unit in ("", "1") else f"\N{NO-BREAK SPACE}{claim.unit}"
    counted = ""
    if claim.total:
        counted = f"n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{claim.total}" if claim.n is None else ""
        counted = counted or f"{claim.n} of {claim.total}"
    words = span(claim.low, claim.high)
    if words:
        return f"{words}{unit}" + (f" ({counted})" if counted else "")
    return counted if claim.n is not None else ""


def span(low: float | None, high: float | None) -> str:
    """
    Two bounds in words.

    >>> span(5, 29), span(100, 100), span(None, 4), span(90, None), span(None, None)
    ('5–29', '100', 'up to 4', 'at least 90', '')
    """
    if low is None:
        return "" if high is None else f"up to {high:g}"
    if high is None:
        return f"at least {low:g}"
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


@lru_cache(maxsize=2)
def open_evidence(desk: "Desk") -> Evidence:
    """The evidence of the graph on a desk; made when first asked for."""
    return Evidence(desk)
