"""Claims in the words in which matrices, drawings and lists show them: short, each with its source."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from poems_kg.claims import Claim
from poems_kg.serve.pages.bars import figure_words
from poems_kg.serve.pages.evidence import Evidence, SourceRecord

_DOUBT: Final = {"established": 0, "probable": 1, "uncertain": 2}


@dataclass(frozen=True, slots=True)
class SourceLink:
    """A source as a link: what it is called in a line of text, and the whole title."""

    source_id: str
    short: str
    title: str


@dataclass(frozen=True, slots=True)
class Statement:
    """
    One claim in words. ``figure`` has its number, ``context`` the limits under which it holds; ``conflicts`` are the
    ids of the disagreements that it is part of.
    """

    claim: Claim
    relation: str
    figure: str
    context: str
    source: SourceLink
    conflicts: tuple[str, ...]

    @property
    def denies(self) -> bool:
        """Whether the source says that it is not so."""
        return self.claim.polarity == "denies"


def to_statement(claim: Claim, evidence: Evidence) -> Statement:
    """A claim in words."""
    return Statement(
        claim,
        evidence.relations.get(claim.relation, claim.relation.replace("_", " ")),
        figure_words(claim),
        claim.context,
        to_source(claim.source_id, evidence.sources),
        tuple(conflict.conflict_id for conflict in evidence.conflicts_of(claim.claim_id)),
    )


def to_statements(claim_ids: Iterable[str], evidence: Evidence) -> list[Statement]:
    """Claims in words, those that assert first, then the surest."""
    found = [to_statement(evidence.claims[claim_id], evidence) for claim_id in claim_ids]
    return sorted(found, key=lambda each: (each.denies, _DOUBT[each.claim.certainty], each.claim.claim_id))


def to_source(source_id: str, sources: dict[str, SourceRecord]) -> SourceLink:
    """A source as a link, by its bare id; one that the graph does not describe goes by its id."""
    record = sources.get(source_id)
    return SourceLink(source_id, record.short, record.title) if record else SourceLink(source_id, source_id, source_id)


def sources_of(statements: Iterable[Statement]) -> list[SourceLink]:
    """Who makes some statements, each once, in their order."""
    return list(dict.fromkeys(statement.source for statement in statements))


def span(low: float | None, high: float | None) -> str:
    """
    Two bounds in words.

    >>> span(5, 29), span(100, 100), span(None, 4), span(90, None), span(None, None)
    ('5–29', '100', '≤ 4', '≥ 90', '')
    """
    if low is None:
        return "" if high is None else f"≤\N{NO-BREAK SPACE}{high:g}"
    if high is None:
        return f"≥\N{NO-BREAK SPACE}{low:g}"
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def mid_sentence(label: str) -> str:
    """
    A label as it stands inside a sentence: without its capital, unless it begins with an abbreviation or a name.

    >>> mid_sentence("Lower limb pain"), mid_sentence("IgM level"), mid_sentence("POEMS syndrome")
    ('lower limb pain', 'IgM level', 'POEMS syndrome')
    """
    first = label.partition(" ")[0]
    return label if any(letter.isupper() for letter in first[1:]) else label[:1].lower() + label[1:]
