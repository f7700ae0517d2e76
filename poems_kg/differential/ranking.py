"""
Rank every disease of HPO's annotations for one patient by one score, the same for all diseases. Not medical advice.

The score is the logarithm of how much likelier the patient's findings are in the disease than among all diseases
together: a sum over findings, so that each says what it adds. ``docs/differential.md`` derives it and measures it.
"""

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np

from poems_kg.differential import relatives, weights
from poems_kg.patients.patient import Sex
from poems_kg.profiles import storage
from poems_kg.profiles.index import Index
from poems_kg.profiles.ragged import BoolArray, FloatArray, IntArray, Ragged
from poems_kg.profiles.storage import read_array, read_ragged

REDUNDANCY: Final = 0.3
"""How much a finding counts less for each other one of the patient that speaks for the same diseases."""
STRIDE: Final = 8
"""Whether two findings speak for the same diseases is seen on every eighth disease."""
KEPT_FINDINGS: Final = 4096
"""Findings whose scores for all diseases stay in memory, some 45 kB each; the longest unused is dropped."""

KEPT_DISEASES: Final = 256
"""Diseases of which the parts of the score stay in memory, some 300 kB each."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """
    What one finding of a patient adds to the score of a disease.

    ``log_ratio`` is a natural logarithm, times ``weight``, which is below 1 where others of the patient's findings
    speak for the same diseases. ``matched`` is the finding of the profile that gives most of it, with its ``share`` of
    patients; -1 where nothing in the profile tells more than chance. ``relative`` is the disease whose profile that is,
    where it was lent by a relative; -1 where it is the disease's own.
    """

    finding: int
    log_ratio: float
    matched: int = -1
    share: float = float("nan")
    relative: int = -1
    weight: float = 1.0


class Ranker:
    """
    The score of every disease for a patient, and what each finding adds to it.

    Excluded findings do not count against a disease: on published patients every way to count them made the ranking
    worse. Unknown ones are neutral. Arrays are made once for each index, in some ten seconds, then mapped from disk.
    """

    def __init__(self, index: Index) -> None:
        """
        Open the arrays that were made from the index, or make them.

        :raises ProfilesError: if they cannot be written, or are damaged.
        """
        self.index = index
        # Not in the folder of the index, which may be removed when others are made while this one is open.
        folder = index.folder.parent.parent / "ranking" / f"{index.folder.name}-{_constants()}"
        if not storage.is_whole(folder):
            storage.fill(folder, lambda: weights.build_weights(index))
        self._open(folder)
        self._cache: OrderedDict[int, tuple[FloatArray, FloatArray]] = OrderedDict()
        self._implied: dict[int, list[int]] = {}
        self._lines = lru_cache(KEPT_DISEASES)(self._make_lines)

    def _open(self, folder: Path) -> None:
        self._columns: Ragged = read_ragged(folder, "columns")
        self._values: FloatArray = read_array(folder, "columns.values")
        self._full: FloatArray = read_array(folder, "full")
        self._full_row: IntArray = read_array(folder, "full.row")
        self._denominators: FloatArray = read_array(folder, "denominators")
        self._is_phenotype: BoolArray = read_array(folder, "is_phenotype")
        self._limited: IntArray = read_array(folder, "limited")
        self._commonness: FloatArray = read_array(folder, "commonness")
        self._expected: FloatArray = read_array(folder, "expected")
        self._relatives: Ragged = read_ragged(folder, "relatives")
        self._relative_weights: FloatArray = read_array(folder, "relatives.weights")
        self._share_starts: IntArray = read_array(folder, "shares.starts")
        self._share_findings: IntArray = read_array(folder, "shares.finding")
        self._shares: FloatArray = read_array(folder, "shares.share")

    def __reduce__(self) -> tuple[type["Ranker"], tuple[Index]]:
        return Ranker, (self.index,)

    # --- All diseases ---

    def scores(self, observed: IntArray, excluded: IntArray | None = None, sex: Sex = Sex.UNKNOWN_SEX) -> FloatArray:
        """
        One score for each disease, higher is likelier; 0 is as likely as for any patient.

        :param observed: positions of findings; those that others of them imply, and those that are no phenotypic
            abnormality, add nothing.
        :param excluded: an observed finding that stands here too is taken for unknown; see the class.
        :param sex: findings that only the other sex has are left out of profiles.
        """
        telling = self.telling(observed, excluded)
        if not telling:
            return np.zeros(len(self.index.diseases), np.float32)
        total = self._weights(telling) @ np.stack([self._column(finding)[0] for finding in telling])
        count = len(self.index.diseases)
        scores: FloatArray = total[:count]
        if sex in _PLACES and len(self._limited):
            start = count + _PLACES[sex] * len(self._limited)
            scores[self._limited] = total[start : start + len(self._limited)]
        return scores

    def rank(self, scores: FloatArray, disease: int) -> int:
        """The rank of a disease, from 1; of equal scores the one that stands first in the index goes first."""
        own = scores[disease]
        return 1 + int((scores > own).sum()) + int((scores[:disease] == own).sum())

    def telling(self, observed: IntArray, excluded: IntArray | None = None) -> list[int]:
        """The findings that count: phenotypic abnormalities that no other of them implies, in ascending order."""
        denied = set() if excluded is None else set(excluded.tolist())
        given = {finding for finding in observed.tolist() if self._is_phenotype[finding]} - denied
        implied: set[int] = set()
        for finding in given:
            implied.update(self._broader(finding))
        return sorted(given - implied)

    def _broader(self, finding: int) -> list[int]:
        """All that a finding implies, but for itself."""
        found = self._implied.get(finding)
        if found is None:
            above = self.index.findings.ancestor_rows[finding].tolist()
            found = self._implied[finding] = [broader for broader in above if broader != finding]
        return found

    def _weights(self, telling: list[int]) -> FloatArray:
        """How much each finding counts: less if it correlates, over all diseases, with others of the patient's."""
        directions = np.stack([self._column(finding)[1] for finding in telling])
        alike = np.maximum(directions @ directions.T, 0.0)
        counts: FloatArray = 1.0 / (1.0 + REDUNDANCY * (alike.sum(axis=1) - np.diagonal(alike)))
        return counts

    def _column(self, finding: int) -> tuple[FloatArray, FloatArray]:
        """What a finding adds to the score of each profile, and how that varies over diseases, as a unit vector."""
        known = self._cache.get(finding)
        if known is not None:
            self._cache.move_to_end(finding)
            return known
        column = np.full(len(self._denominators), weights.BACKGROUND, np.float32)
        for broader in self.index.findings.ancestor_rows[finding].tolist():
            row = self._full_row[broader]
            if row >= 0:
                column += self._full[row]
            else:
                stretch = slice(self._columns.indptr[broader], self._columns.indptr[broader + 1])
                column[self._columns.indices[stretch]] += self._values[stretch]
        np.log(column, out=column)
        column -= self._denominators
        direction = column[: len(self.index.diseases) : STRIDE]
        direction = direction - direction.mean()
        direction /= max(float(np.linalg.norm(direction)), 1e-6)
        self._cache[finding] = column, direction
        if len(self._cache) > KEPT_FINDINGS:
            self._cache.popitem(last=False)
        return column, direction

    # --- One disease ---

    def contributions(
        self, disease: int, observed: IntArray, excluded: IntArray | None = None, sex: Sex = Sex.UNKNOWN_SEX
    ) -> tuple[Contribution, ...]:
        """What each finding adds to the score of a disease, the greatest first; see :meth:`scores`."""
        profile = self._profile(disease, sex)
        telling = self.telling(observed, excluded)
        weighed = zip(telling, self._weights(telling).tolist(), strict=True) if telling else ()
        lines = self._lines(profile, disease)
        found = [self._contribution(lines, profile, finding, weight) for finding, weight in weighed]
        return tuple(sorted(found, key=lambda one: -one.log_ratio))

    def _profile(self, disease: int, sex: Sex) -> int:
        place = int(np.searchsorted(self._limited, disease))
        if sex not in _PLACES or place == len(self._limited) or self._limited[place] != disease:
            return disease
        return len(self.index.diseases) + _PLACES[sex] * len(self._limited) + place

    def _contribution(self, lines: "_Lines", profile: int, finding: int, weight: float) -> Contribution:
        log_ratio = weight * float(self._column(finding)[0][profile])
        is_above = np.zeros(len(self.index.findings), np.bool_)
        is_above[self.index.findings.ancestor_rows[finding]] = True
        told = np.bincount(lines.owner, np.where(is_above[lines.broader], lines.told, 0.0), len(lines.named))
        ratios = told * lines.strength
        # What tells no more than its own share of patients is found by chance.
        ratios[ratios <= lines.share] = 0.0
        if not len(ratios) or not ratios.any():
            return Contribution(finding, log_ratio, weight=weight)
        best = int(ratios.argmax())
        named, share, relative = int(lines.named[best]), float(lines.share[best]), int(lines.relative[best])
        return Contribution(finding, log_ratio, named, share, relative, weight)

    def _make_lines(self, profile: int, disease: int) -> "_Lines":
        """The findings of a profile, and of those that lend to it, made ready to be matched."""
        stretch = slice(self._relatives.indptr[disease], self._relatives.indptr[disease + 1])
        lenders = self._relatives.indices[stretch]
        lent = self._relative_weights[stretch] / np.maximum(self._expected[lenders], weights.LEAST_LENT)
        owners, factors = np.concatenate([[profile], lenders]), np.concatenate([[1.0], lent])
        parts = [np.arange(self._share_starts[owner], self._share_starts[owner + 1]) for owner in owners]
        lengths = [len(part) for part in parts]
        rows = np.concatenate(parts)
        named, share = self._share_findings[rows], self._shares[rows]
        broader, ends = self.index.findings.ancestor_rows.gather(named)
        owner = np.repeat(np.arange(len(named)), np.diff(ends))
        rarity = self.index.information_content
        meant = np.exp(-weights.UPWARD * np.maximum(rarity[named[owner]] - rarity[broader], 0.0))
        return _Lines(
            named=named,
            share=share,
            relative=np.repeat(np.where(owners == profile, -1, owners), lengths),
            strength=share * np.repeat(factors, lengths) / np.bincount(owner, meant, len(named)),
            owner=owner,
            broader=broader,
            told=meant / self._commonness[broader],
        )


@dataclass(frozen=True, slots=True)
class _Lines:
    """
    The annotated findings that a disease has or is lent: ``named``, with the ``share`` of patients, the ``relative``
    that lends it (-1 for its own) and how much it counts; and for each class above it what it tells.
    """

    named: IntArray
    share: FloatArray
    relative: IntArray
    strength: FloatArray
    owner: IntArray
    broader: IntArray
    told: FloatArray


_PLACES: Final = {Sex.FEMALE: 0, Sex.MALE: 1}
"""Which of the profiles after those of all diseases hold for a sex."""


def _constants() -> str:
    """A name for all that was chosen, so that arrays of other choices are not taken."""
    chosen = {
        f"{module.__name__}.{name}": value
        for module in (weights, relatives)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, (int, float))
    }
    return sha256(repr([_FORMAT, *sorted(chosen.items())]).encode()).hexdigest()[:12]


_FORMAT: Final = 4
"""Raised when arrays change their meaning."""
