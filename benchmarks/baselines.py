"""The two formulas that the score of all diseases is measured against, in plain numpy, on the same index."""

import numpy as np

from poems_kg.profiles.index import Index
from poems_kg.profiles.ragged import FloatArray, IntArray, Ragged, unique_pairs

PSEUDO_PATIENTS = 20.0
"""Shares of formula B are drawn by so many patients to one half."""
BAND_PATIENTS = 20.0
"""A band or percentage without a count weighs like so many patients in formula B."""


def closed(index: Index, profiles: Ragged) -> Ragged:
    """For each finding the diseases that show it or a narrower one."""
    owners = np.repeat(np.arange(len(profiles)), profiles.lengths)
    broader, ends = index.findings.ancestor_rows.gather(profiles.indices)
    return unique_pairs(broader, np.repeat(owners, np.diff(ends)), len(index.findings), len(profiles))


class ResnikSum:
    """
    Formula A: the sum over the patient's findings of the best Resnik similarity, plus half the average the other way.

    The best similarity is the information content of the most telling finding that is above both.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        rows = index.rows
        used = ~rows.is_negated & ~rows.is_curated
        count = len(index.diseases)
        self.profiles = unique_pairs(rows.disease[used], rows.finding[used], count, len(index.findings))
        self.showing = closed(index, self.profiles)
        total = int((self.profiles.lengths > 0).sum())
        self.telling = np.log(total / np.maximum(self.showing.lengths, 1)).astype(np.float32)
        self._owners = np.repeat(np.arange(count), self.profiles.lengths)
        self._best: dict[int, FloatArray] = {}

    def scores(self, observed: IntArray) -> FloatArray:
        """One score for each disease."""
        total = np.zeros(len(self.profiles), np.float32)
        for finding in observed.tolist():
            total += self._forward(finding)
        return total + 0.5 * self._backward(observed)

    def _forward(self, finding: int) -> FloatArray:
        best = self._best.get(finding)
        if best is None:
            best = self._best[finding] = np.zeros(len(self.profiles), np.float32)
            for broader in self._from_common_to_rare(self.index.findings.ancestor_rows[finding]):
                best[self.showing[broader]] = self.telling[broader]
        return best

    def _backward(self, observed: IntArray) -> FloatArray:
        """The average over the findings of each disease of the best similarity to any of the patient's."""
        best = np.zeros(len(self.index.findings), np.float32)
        above = np.unique(self.index.findings.ancestor_rows.gather(observed)[0])
        for broader in self._from_common_to_rare(above):
            best[self.index.findings.descendant_rows[broader]] = self.telling[broader]
        sums = np.bincount(self._owners, weights=best[self.profiles.indices], minlength=len(self.profiles))
        average: FloatArray = sums / np.maximum(self.profiles.lengths, 1)
        return average

    def _from_common_to_rare(self, findings: IntArray) -> list[int]:
        ordered: list[int] = findings[np.argsort(self.telling[findings], kind="stable")].tolist()
        return ordered


class LogRatioSum:
    """
    Formula B: the sum over the patient's findings of log max F(disease, a) / P(a) over all broader findings a.

    F is the greatest share of patients of a finding of the disease at or below a, P its mean over all diseases.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        disease, finding, share = self._shares()
        broader, ends = index.findings.ancestor_rows.gather(finding)
        owners = np.repeat(np.arange(len(finding)), np.diff(ends))
        keys = broader.astype(np.int64) * len(index.diseases) + disease[owners]
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
        greatest = np.maximum.reduceat(share[owners][order], starts)
        keys = keys[order][starts]
        counts = np.bincount(keys // len(index.diseases), minlength=len(index.findings))
        sums = np.bincount(keys // len(index.diseases), weights=greatest, minlength=len(index.findings))
        mean = sums / len(index.diseases)
        self.ends = np.concatenate([[0], np.cumsum(counts)])
        self.diseases = (keys % len(index.diseases)).astype(np.int32)
        self.logs = np.log(greatest / mean[keys // len(index.diseases)]).astype(np.float32)
        self._best: dict[int, FloatArray] = {}

    def _shares(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Disease, finding and pooled share of every annotation of HPO."""
        rows = self.index.rows
        used = ~rows.is_negated & ~rows.is_curated
        has_figure = ~np.isnan(rows.low[used])
        is_counted = rows.total[used] > 0
        patients = np.where(is_counted, rows.total[used], np.where(has_figure, BAND_PATIENTS, 0.0))
        middle = np.nan_to_num((rows.low[used] + rows.high[used]) / 2)
        keys = rows.disease[used].astype(np.int64) * len(self.index.findings) + rows.finding[used]
        pairs, inverse = np.unique(keys, return_inverse=True)
        total = np.bincount(inverse, weights=patients)
        having = np.bincount(inverse, weights=patients * middle)
        share = (having + PSEUDO_PATIENTS / 2) / (total + PSEUDO_PATIENTS)
        return pairs // len(self.index.findings), pairs % len(self.index.findings), share

    def scores(self, observed: IntArray) -> FloatArray:
        """One score for each disease."""
        total = np.zeros(len(self.index.diseases), np.float32)
        for finding in observed.tolist():
            if finding not in self._best:
                best = np.zeros(len(self.index.diseases), np.float32)
                for broader in self.index.findings.ancestor_rows[finding].tolist():
                    stretch = slice(self.ends[broader], self.ends[broader + 1])
                    found = self.diseases[stretch]
                    best[found] = np.maximum(best[found], self.logs[stretch])
                self._best[finding] = best
            total += self._best[finding]
        return total
