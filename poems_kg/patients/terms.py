"""
Turn what a file calls a finding into an identifier in use, with a note on whatever had to be followed or overlooked.

Which findings there are is a matter of the :class:`TermBook` that the caller brings; this module knows none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from poems_kg.ids import is_curie, standardize
from poems_kg.patients.patient import PatientError
from poems_kg.spelling import normalise

_REMEMBERED = 1 << 16
"""Pairs of id and label. All of HPO with its synonyms fits; a cohort asks for the same few thousand again and again."""


class UnknownFindingError(PatientError):
    """A text that names no finding; ``nearest`` has the id and label of those that are spelt most like it."""

    def __init__(self, text: str, nearest: Sequence[tuple[str, str]] = ()) -> None:
        self.text = text
        self.nearest = tuple(nearest)
        names = ", ".join(f"{label} ({finding_id})" for finding_id, label in nearest)
        advice = f"the nearest are {names}" if names else "look it up in the Human Phenotype Ontology"
        super().__init__(f"{text}: no such finding; {advice}")


class TermBook(Protocol):
    """All findings there are: HPO's and ours, with their names and the is-a hierarchy."""

    def find(self, text: str) -> tuple[str, str]:
        """
        Find a finding by id, alternative or obsolete id, label or synonym.

        :return: the id in use, and a note on what was followed, or an empty text.
        :raises UnknownFindingError: if there is none.
        """

    def label(self, finding_id: str) -> str:
        """Give the label of an id in use."""

    def ancestors(self, finding_id: str) -> frozenset[str]:
        """Give the finding itself and all that it is a kind of."""

    def is_phenotype(self, finding_id: str) -> bool:
        """Say whether it is a finding in a patient, not a mode of inheritance, a modifier, or an onset."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a term of a file came to: an id in use or an empty text, and what is to be said of it."""

    finding_id: str
    notes: tuple[str, ...] = ()


class Terms:
    """A term book that remembers what it was asked, and knows how ids and labels stand together in files."""

    def __init__(self, book: TermBook) -> None:
        self.book = book
        self.look_up = lru_cache(_REMEMBERED)(self._look_up)
        self.ancestors = lru_cache(_REMEMBERED)(book.ancestors)

    def name(self, finding_id: str) -> str:
        """Give label and id, for messages."""
        return f"{self.book.label(finding_id)} ({finding_id})"

    def _look_up(self, term_id: str, label: str) -> Lookup:
        """Look up a term by its id, else by its label. What is no finding in a patient comes to an empty id."""
        if not term_id and not label:
            return Lookup("", ("neither id nor label; not used",))
        try:
            finding_id, note = self.book.find(term_id or label)
        except UnknownFindingError as error:
            return self._by_label(label, error) if term_id and label else Lookup("", (f"{error}; not used",))
        notes = [note] if note else []
        if not self.book.is_phenotype(finding_id):
            return Lookup("", (*notes, f"{self.name(finding_id)} is not a finding in a patient; not used"))
        if term_id and label:
            notes += self._compare(finding_id, label)
        return Lookup(finding_id, tuple(notes))

    def _by_label(self, label: str, error: UnknownFindingError) -> Lookup:
        try:
            finding_id, _ = self.book.find(label)
        except UnknownFindingError:
            return Lookup("", (f"{error}; not used",))
        if not self.book.is_phenotype(finding_id):
            return Lookup("", (f"{error}; not used",))
        return Lookup(finding_id, (f"{error.text}: no such finding; read as {self.name(finding_id)} by its label",))

    def _compare(self, finding_id: str, label: str) -> list[str]:
        """Say so where the label beside an id is not that of the id: one of the two may be a slip."""
        if normalise(label) == normalise(self.book.label(finding_id)):
            return []
        try:
            named, _ = self.book.find(label)
        except UnknownFindingError:
            named = ""
        if named == finding_id:
            return []
        other = f", and {label!r} is {self.name(named)}" if named else f", not {label!r}"
        return [f"{finding_id} is labelled {self.book.label(finding_id)!r}{other}; the id was taken"]


@lru_cache(_REMEMBERED)
def split_term(text: str) -> tuple[str, str]:
    """
    Part a term as people write it into id and label; the id has the prefix that we use.

    >>> split_term("hp:0001271"), split_term("HP:0001271 Polyneuropathy"), split_term("Polyneuropathy")
    (('HP:0001271', ''), ('HP:0001271', 'Polyneuropathy'), ('', 'Polyneuropathy'))
    """
    first, _, rest = text.strip().partition(" ")
    if is_curie(first):
        return standardize(first), rest.strip()
    return "", text.strip()
