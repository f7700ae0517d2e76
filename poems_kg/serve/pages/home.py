"""The first page: POEMS syndrome at a glance, letter by letter, how often each finding is seen, and who says so."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.routing import BaseRoute, Route

from poems_kg.claims import Claim
from poems_kg.descriptions import Description, describe
from poems_kg.serve.asked import Asked
from poems_kg.serve.pages.bars import is_drawn
from poems_kg.serve.pages.evidence import Evidence, SourceRecord, evidence
from poems_kg.serve.pages.facts import Fact, to_fact
from poems_kg.serve.pages.rendering import page, question_url, render, with_query
from poems_kg.serve.replies import Reply
from poems_kg.views import LETTER_NAMES, LETTERS, POEMS

if TYPE_CHECKING:
    from poems_kg.serve.desk import Desk

_DRAWN: Final = 6
"""How many findings of a letter are drawn: those that most sources tell of."""

_EXAMPLES: Final = ("enlarged liver", "Crow-Fukase", "VEGF", "HP:0002240")
_NAME_LETTERS: Final = 30
_CITED: Final = 2
"""How many sources stand beside a bar; the others are a link away."""

_TERMS: Final = """
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
SELECT (COUNT(DISTINCT ?term) AS ?terms) WHERE { ?term kg:category ?category }
"""


@dataclass(frozen=True, slots=True)
class Measure:
    """
    One finding with its bar; ``cited`` are the sources of the figures drawn, the first few of them.

    ``url`` leads to all claims that it rests on, ``others`` says how many more sources than ``cited`` these have.
    """

    fact: Fact
    is_cardinal: bool
    cited: tuple[SourceRecord, ...]
    others: int
    url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """
    A letter of the acronym, or what lies beyond them, with the findings drawn.

    ``rest`` counts its other findings, all of which are at ``url``.
    """

    letter: str
    name: str
    measures: tuple[Measure, ...]
    findings: int
    rest: int
    url: str


@dataclass(frozen=True, slots=True)
class FirstTold:
    """
    The disorder that most sources say patients are first told they have, and by which share of them.

    ``abbreviation`` is empty where it has none.
    """

    fact: Fact
    abbreviation: str
    measure: Measure
    compare_url: str


def home_page(desk: "Desk", _asked: Asked) -> Reply:
    """The first page."""
    found = evidence(desk)
    claims = found.about(POEMS)
    about = describe(POEMS, desk.kg.store, desk.kg.names, claims)
    conflicts = list(found.conflicts.values())
    return render(
        "home.html",
        about=about,
        other_names=_other_names(about),
        letters=build_letters(claims, found),
        first_told=_first_told(claims, found),
        axis=(0, 25, 50, 75, 100),
        examples=_EXAMPLES,
        counts={
            "claims": len(found.claims),
            "sources": len(found.sources),
            "terms": desk.kg.store.select(_TERMS)[1][0][0],
            "conflicts": len(conflicts),
            "reviewed": sum(conflict.status == "reviewed" for conflict in conflicts),
        },
        is_linked=desk.is_linked,
    )


def _other_names(about: Description) -> list[str]:
    """The exact synonyms that are neither a part of the label nor a whole description."""
    return [
        name
        for scope, name in about.synonyms
        if scope == "exact" and name not in about.label and len(name) <= _NAME_LETTERS
    ]


def build_letters(claims: Iterable[Claim], found: Evidence) -> list[Letter]:
    """Findings of POEMS syndrome under the letter that most sources file each under."""
    by_finding: dict[str, list[Claim]] = defaultdict(list)
    cardinal: set[str] = set()
    for claim in claims:
        if claim.subject_id == POEMS and claim.relation == "has_phenotype":
            by_finding[claim.object_id].append(claim)
        elif claim.subject_id == POEMS and claim.relation == "has_cardinal_feature":
            cardinal.add(claim.object_id)
    by_letter: dict[str, list[Fact]] = defaultdict(list)
    for finding, group in by_finding.items():
        letter = _letter(group)
        if letter and any(claim.polarity == "asserts" for claim in group):
            by_letter[letter].append(to_fact(finding, group[0].object_label, group, found))
    return [_to_letter(letter, by_letter[letter], cardinal, found) for letter in LETTERS if by_letter[letter]]


def _letter(claims: Iterable[Claim]) -> str:
    counted = Counter(text for claim in claims for key, text in claim.qualifiers if key == "letter")
    return min(counted, key=lambda letter: (-counted[letter], LETTERS.index(letter)), default="")


def _to_letter(letter: str, facts: list[Fact], cardinal: set[str], found: Evidence) -> Letter:
    drawn = [fact for fact in facts if fact.bar]
    drawn.sort(key=lambda fact: (fact.other_id not in cardinal, -fact.asserting, fact.other_label.casefold()))
    measures = [to_measure(fact, found, fact.other_id in cardinal) for fact in drawn[:_DRAWN]]
    url = question_url("findings_by_letter", letter=letter)
    return Letter(letter, LETTER_NAMES[letter], tuple(measures), len(facts), len(facts) - len(measures), url)


def to_measure(fact: Fact, found: Evidence, is_cardinal: bool = False, most: int = _CITED) -> Measure:
    """A fact with the sources of the figures that its bar shows, at most so many of them."""
    drawn = [claim.source_id for claim in fact.claims if is_drawn(claim)]
    cited = [found.sources[source_id] for source_id in dict.fromkeys(drawn)][:most]
    claim = fact.claims[0]
    url = with_query("/claims", {"entity": claim.subject_id, "other": claim.object_id, "relation": claim.relation})
    return Measure(fact, is_cardinal, tuple(cited), fact.asserting + fact.denying - len(cited), url)


def _first_told(claims: Iterable[Claim], found: Evidence) -> FirstTold | None:
    by_disorder: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.subject_id == POEMS and claim.relation == "misdiagnosed_as":
            by_disorder[claim.object_id].append(claim)
    facts = [to_fact(disorder, group[0].object_label, group, found) for disorder, group in by_disorder.items()]
    with_figures = [fact for fact in facts if fact.bar]
    if not with_figures:
        return None
    fact = max(with_figures, key=lambda fact: fact.asserting)
    compare = with_query("/compare", [("disorder", POEMS), ("disorder", fact.other_id)])
    abbreviations = (claim.value for claim in found.about(fact.other_id) if claim.relation == "has_abbreviation")
    return FirstTold(fact, next(abbreviations, ""), to_measure(fact, found, most=len(fact.claims)), compare)


ROUTES: list[BaseRoute] = [Route("/", page(home_page))]
