"""
Say what is still open for one patient, and how much each answer is expected to tell, for all open findings at once.

The information of findings is the entropy, in bits, that the posterior among POEMS syndrome and its rivals is expected
to lose by knowing them, each outcome as likely as the posterior of today makes it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from poems_kg.differential.posterior import log_likelihoods, weigh
from poems_kg.differential.rivals import POEMS, Rivals
from poems_kg.patients.patient import Patient, Sex

JOINT: Final = 3
"""Findings of one test that are weighed together: their outcomes double with each."""
KIND: Final = 0.1
"""A finding that fewer than this share of HPO's diseases show, and that a profile names, is one kind of thing."""
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Question:
    """
    One finding that is open: what knowing it is expected to tell (bits), how likely it is, and what POEMS syndrome
    would have with it and without.
    """

    finding_id: str
    information: float
    probability: float
    if_present: float
    if_absent: float


@dataclass(frozen=True, slots=True)
class _Chances:
    """
    Every finding that a profile names, by place, and how likely each disorder is to show it: ``shown`` as it is,
    ``present`` and ``absent`` the likelihoods that the posterior counts, tempered. One row a finding.
    """

    named: tuple[str, ...]
    shown: FloatArray
    present: FloatArray
    absent: FloatArray


@lru_cache(maxsize=8)
def _chances(rivals: Rivals, sex: Sex) -> _Chances:
    named = tuple(sorted({finding_id for profile in rivals.profiles for finding_id in profile.shares}))
    counted = [
        np.exp([log_likelihoods(rivals, finding_id, sex, is_excluded=gone) for finding_id in named])
        for gone in (False, True)
    ]
    return _Chances(named, np.array([rivals.probabilities(finding_id, sex) for finding_id in named]), *counted)


class Asking:
    """What is open for one patient, and what each answer would change; ``questions`` are by finding."""

    def __init__(self, rivals: Rivals, patient: Patient) -> None:
        self.rivals = rivals
        self.shares = weigh(rivals, patient)
        self._chances = _chances(rivals, patient.sex)
        self._places = {finding_id: place for place, finding_id in enumerate(self._chances.named)}
        self.questions = {question.finding_id: question for question in self._ask(self._open(patient))}

    def _open(self, patient: Patient) -> list[int]:
        """The places of the findings that neither follow from what is known, nor are a further kind of it."""
        broader = self.rivals.ancestors
        observed = frozenset(patient.observed)
        present = frozenset().union(*(broader(finding_id) for finding_id in observed))
        absent = frozenset(patient.excluded) - present
        kinds = {each for each in present if each in self._places and self.rivals.shown(each) < KIND}

        def is_open(finding_id: str) -> bool:
            above = broader(finding_id)
            is_known_kind = observed.isdisjoint(above) and not kinds.isdisjoint(above)
            return finding_id not in present and absent.isdisjoint(above) and not is_known_kind

        return [place for finding_id, place in self._places.items() if is_open(finding_id)]

    def _ask(self, places: list[int]) -> list[Question]:
        chances, poems = self._chances, self.rivals.position(POEMS)
        likely = chances.shown[places] @ self.shares
        present, absent = (_posteriors(self.shares * counted[places]) for counted in (chances.present, chances.absent))
        expected = likely * entropy(present) + (1 - likely) * entropy(absent)
        information = entropy(self.shares) - expected
        columns = (information.tolist(), likely.tolist(), present[:, poems].tolist(), absent[:, poems].tolist())
        return [Question(chances.named[place], *values) for place, *values in zip(places, *columns, strict=True)]

    def information(self, finding_ids: Sequence[str]) -> float:
        """What knowing these findings together is expected to tell, in bits."""
        if len(finding_ids) == 1:
            return self.questions[finding_ids[0]].information
        rows = [self._places[finding_id] for finding_id in finding_ids]
        outcomes = np.array(list(product((True, False), repeat=len(rows))))[:, :, None]
        shown = self._chances.shown[rows]
        likely = np.where(outcomes, shown, 1 - shown).prod(axis=1) @ self.shares
        counted = np.where(outcomes, self._chances.present[rows], self._chances.absent[rows]).prod(axis=1)
        return float(entropy(self.shares) - likely @ entropy(_posteriors(self.shares * counted)))

    def best(self, finding_ids: Iterable[str]) -> tuple[str, ...]:
        """The most telling of these questions, up to ``JOINT``, none on a line of is-a with another."""
        kept: list[str] = []
        for question in sorted((self.questions[each] for each in finding_ids), key=_order):
            if len(kept) == JOINT:
                break
            if not any(self.on_one_line(question.finding_id, each) for each in kept):
                kept.append(question.finding_id)
        return tuple(kept)

    def on_one_line(self, one: str, other: str) -> bool:
        """Whether one finding is the other, or broader or narrower."""
        return one in self.rivals.ancestors(other) or other in self.rivals.ancestors(one)


def _order(question: Question) -> tuple[float, str]:
    return -question.information, question.finding_id


def _posteriors(weights: FloatArray) -> FloatArray:
    """Rows of weights as rows that sum to 1."""
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def entropy(shares: FloatArray) -> FloatArray:
    """The uncertainty among disorders, in bits; of each row where there are several."""
    return np.asarray(-(shares * np.log2(np.maximum(shares, np.finfo(float).tiny))).sum(axis=-1))


__all__ = ["JOINT", "Asking", "Question", "entropy"]
