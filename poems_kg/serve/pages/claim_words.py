"""Put a claim into the words that pages show: its figures, its limits, its place in the source, its evidence."""

from dataclasses import dataclass
from typing import Final

from poems_kg.claims import Claim
from poems_kg.ids import is_known
from poems_kg.names import Names
from poems_kg.reports.wording import capitalise
from poems_kg.serve.pages.evidence import ConflictRecord, Evidence, SourceRecord

_UNITS: Final = {
    "a": "years",
    "mo": "months",
    "d": "days",
    "wk": "weeks",
    "h": "hours",
    "male:female": "men to one woman",
    "/100000": "in 100,000",
    "10*9/L": "×10⁹/L",
}
"""Units of UCUM that are no words or signs that people write."""


@dataclass(frozen=True, slots=True)
class ShownClaim:
    """
    A claim as pages show it.

    ``figures`` are as published; ``limits`` are what it is limited to, as name, words, and the id of the entity that
    the words name or nothing; ``place`` is the section and the characters of the passage.
    """

    claim: Claim
    source: SourceRecord
    figures: str
    limits: tuple[tuple[str, str, str], ...]
    place: str
    evidence: str
    conflicts: tuple[ConflictRecord, ...]

    @property
    def is_denied(self) -> bool:
        """Whether the source says that it is not so."""
        return self.claim.polarity == "denies"


def show_claim(claim: Claim, evidence: Evidence, names: Names) -> ShownClaim:
    """Put a claim into words."""
    return ShownClaim(
        claim,
        evidence.sources[claim.source_id],
        claim_figures(claim),
        tuple(_limit(key, text, names) for key, text in claim.qualifiers if key != "letter"),
        claim_place(claim),
        evidence.kinds_of_evidence.get(claim.evidence, "").removesuffix(" used in manual assertion"),
        tuple(evidence.conflicts_of(claim.claim_id)),
    )


def _limit(key: str, text: str, names: Names) -> tuple[str, str, str]:
    label = names.label(text) if is_known(text) else ""
    name = {"versus": "compared with"}.get(key, key.replace("_", " "))
    return (name, capitalise(label), text) if label else (name, text.replace("|", ", "), "")


def claim_place(claim: Claim) -> str:
    """Where in the source it stands: section, table or page, and the characters of the passage where they are known."""
    if claim.start is None:
        return claim.place
    passage = f"characters {claim.start:,}–{claim.end:,}"
    return f"{claim.place}, {passage}" if claim.place else passage


def claim_figures(claim: Claim) -> str:
    """
    What a claim gives in figures, as published: percentages or values with their unit, and in whom they were counted.

    Empty where it gives none; without a value where its own words say the number already.
    """
    counts = _counts(claim)
    value = "" if any(character.isdigit() for character in claim.value) else _value(claim)
    if not value and not claim.value and claim.n is not None and claim.share[0] is not None:
        value = f"{claim.share[0]:g}\N{NO-BREAK SPACE}%"
    return f"{value} ({counts})" if value and counts else value or counts


def _counts(claim: Claim) -> str:
    if claim.total is None:
        return "" if claim.n is None else f"n = {claim.n:,}"
    return f"of {claim.total:,}" if claim.n is None else f"{claim.n:,} of {claim.total:,}"


def _value(claim: Claim) -> str:
    low, high = claim.low, claim.high
    if low is None and high is None:
        return ""
    if low == high:
        words = f"{low:,.15g}"
    elif low is None:
        words = f"up to {high:,.15g}"
    else:
        words = f"at least {low:,.15g}" if high is None else f"{low:,.15g}–{high:,.15g}"
    unit = unit_words(claim.unit)
    return f"{words}\N{NO-BREAK SPACE}{unit}" if unit else words


def unit_words(unit: str) -> str:
    """
    A unit of UCUM as people write it: annotations lose their braces, and time is in words.

    >>> unit_words("{cases}"), unit_words("%{predicted}"), unit_words("mo"), unit_words("1")
    ('cases', '% predicted', 'months', '')
    """
    if unit in {"", "1"}:
        return ""
    return _UNITS.get(unit) or unit.replace("{", " ").replace("}", "").strip()
