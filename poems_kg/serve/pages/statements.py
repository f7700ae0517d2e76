"""Claims as matrices, drawings and lists show them: in an order that tells most first, with who makes them."""

from collections.abc import Iterable
from typing import Final
from weakref import WeakKeyDictionary

from poems_kg.names import Names
from poems_kg.serve.pages.claim_words import ShownClaim, show_claim
from poems_kg.serve.pages.evidence import Evidence, SourceRecord

_DOUBT: Final = {"established": 0, "probable": 1, "uncertain": 2}

_SHOWN: "WeakKeyDictionary[Evidence, dict[str, ShownClaim]]" = WeakKeyDictionary()
"""A matrix has a thousand claims, the same on each page: they are put into words once."""


def show_claims(claim_ids: Iterable[str], book: Evidence, names: Names) -> list[ShownClaim]:
    """Claims in words, those that assert first, then the surest."""
    known = _SHOWN.setdefault(book, {})
    found = []
    for claim_id in claim_ids:
        if claim_id not in known:
            known[claim_id] = show_claim(book.claims[claim_id], book, names)
        found.append(known[claim_id])
    return sorted(found, key=lambda each: (each.is_denied, _DOUBT[each.claim.certainty], each.claim.claim_id))


def sources_of(claims: Iterable[ShownClaim]) -> list[SourceRecord]:
    """Who makes some claims, each once, in their order."""
    return list({claim.source.source_id: claim.source for claim in claims}.values())


def span(low: float | None, high: float | None) -> str:
    """
    Two bounds in words.

    >>> span(5, 29), span(100, 100), span(None, None)
    ('5–29', '100', '')
    """
    if low is None:
        return "" if high is None else f"≤\N{NO-BREAK SPACE}{high:g}"
    if high is None:
        return f"≥\N{NO-BREAK SPACE}{low:g}"
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def mid_sentence(label: str) -> str:
    """
    A label as it stands inside a sentence: without its capital, unless it begins with an abbreviation.

    >>> mid_sentence("Lower limb pain"), mid_sentence("IgM level"), mid_sentence("POEMS syndrome")
    ('lower limb pain', 'IgM level', 'POEMS syndrome')
    """
    first = label.partition(" ")[0]
    return label if any(letter.isupper() for letter in first[1:]) else label[:1].lower() + label[1:]
