"""
How alike a patient's findings and the profile of every disease are, by the measures of the field, for all at once.

Two classes of HPO are compared by Resnik, Lin, or Jiang and Conrath; two sets of classes by combining the best matches
of either side. simGIC compares two sets at once. Which disease is likely is another matter: this only compares.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from poems_kg.profiles.closed import Closed, close
from poems_kg.profiles.findings import Findings
from poems_kg.profiles.index import Index
from poems_kg.profiles.ragged import FloatArray, IntArray, Ragged
from poems_kg.profiles.storage import ProfilesError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

REMEMBERED: Final = 1280
"""Classes whose comparison with all diseases is remembered: 100 kB each, for Resnik and for the others together."""
BROAD: Final = 250
"""How many classes, those that tell least, count as broad. Their rows are filled beforehand."""
BLOCK: Final = 8
"""Patients compared at a time: enough that profiles are read once for several, and few enough that their arrays (0.8 MB
each) stay near the processor and are not given back to the system and asked for again, as larger ones are."""


class Measure(StrEnum):
    """How two classes of HPO are compared; simGIC compares two sets."""

    RESNIK = "resnik"
    LIN = "lin"
    JIANG_CONRATH = "jiang-conrath"
    SIMGIC = "simgic"


class Combination(StrEnum):
    """How the best matches of either side become one figure; the definitions are in ``docs/similarity.md``."""

    BMA = "bma"
    BMWA = "bmwa"
    MAXIMUM = "maximum"
    FUNSIM_AVERAGE = "funsim-average"
    FUNSIM_MAXIMUM = "funsim-maximum"


class Similarity:
    """Compares patients with all diseases; what it has compared it remembers, so that later patients cost less."""

    def __init__(
        self, index: Index, information_content: FloatArray | None = None, profiles: Ragged | None = None
    ) -> None:
        """
        Make ready.

        :param information_content: of each finding, instead of the index's own.
        :param profiles: classes of HPO of each disease, by position, instead of the index's own; any number of rows.
        :raises ProfilesError: if a class of a profile has less information content than one above it.
        """
        self._findings = index.findings
        content = index.information_content if information_content is None else information_content
        self._content = content.astype(np.float64)
        self._closed = _closed(index, self._content, information_content, profiles)
        _check(self._closed, self._content, index.findings)
        self._count = len(self._closed.profiles)
        self._owners = self._count + len(self._closed.classes)
        self._size = self._closed.profiles.lengths.astype(np.float64)
        self._sum = self._matrix(np.ones(len(self._closed.weights)))
        self._weighted = self._matrix(self._closed.weights.astype(np.float64))
        self._weight = self._weighted @ np.ones(len(self._closed.classes))
        self._broad_rows = self._compare_broad()
        self._resnik = lru_cache(REMEMBERED)(self._compare_by_resnik)
        self._other = lru_cache(REMEMBERED)(self._compare)

    def _matrix(self, values: FloatArray) -> "csr_matrix":
        """Diseases by classes, so that figures of classes can be summed over profiles."""
        from scipy.sparse import csr_matrix

        rows, classes = self._closed.profiles, self._closed.classes
        columns = np.searchsorted(classes, rows.indices).astype(np.int32)
        return csr_matrix((values, columns, rows.indptr), shape=(self._count, len(classes)))

    # --- Patients ---

    def scores(
        self,
        findings: IntArray | Sequence[int],
        measure: Measure = Measure.RESNIK,
        combination: Combination = Combination.BMA,
    ) -> FloatArray:
        """
        Compare one patient with every disease.

        :param findings: positions of what the patient has, in any order; ours stand for the nearest classes of HPO.
        :param combination: of no concern to simGIC.
        :return: one figure for each disease, 0 where either side has nothing.
        """
        [scores] = self.many([findings], measure, combination)
        return scores

    def many(
        self,
        patients: Iterable[IntArray | Sequence[int]],
        measure: Measure = Measure.RESNIK,
        combination: Combination = Combination.BMA,
    ) -> Iterator[FloatArray]:
        """Compare many patients with every disease, as they come, in their order; see :meth:`scores`."""
        waiting = iter(patients)
        while block := [self._as_classes(findings) for findings in islice(waiting, BLOCK)]:
            if measure is Measure.SIMGIC:
                yield from map(self._simgic, block)
            else:
                yield from self._combine([self._match(classes, measure) for classes in block], combination)

    def _as_classes(self, findings: IntArray | Sequence[int]) -> list[int]:
        nearest = self._findings.nearest_hpo_rows
        return sorted({class_ for finding in findings for class_ in nearest[int(finding)].tolist()})

    def _match(self, classes: Sequence[int], measure: Measure) -> list[FloatArray]:
        if measure is Measure.RESNIK:
            return [self._resnik(class_) for class_ in classes]
        return [self._other(class_, measure) for class_ in classes]

    def _combine(self, matched: Sequence[Sequence[FloatArray]], combination: Combination) -> Iterator[FloatArray]:
        """From how each class of each patient matches every owner to one figure for each disease, by patient."""
        diseases, classes = slice(self._count), slice(self._count, None)
        if combination is Combination.MAXIMUM:
            for matches in matched:
                yield _best(matches, diseases, self._count).astype(np.float64)
            return
        # The other way round: for each class of a profile the best of the patient's, summed by disease.
        length = len(self._closed.classes)
        best = np.stack([_best(matches, classes, length) for matches in matched])
        matrix = self._weighted if combination is Combination.BMWA else self._sum
        backward = np.ascontiguousarray((matrix @ best.T.astype(np.float64, order="C")).T)
        for matches, back in zip(matched, backward, strict=True):
            forward = np.zeros(self._count)
            for one in matches:
                forward += one[diseases]
            yield self._figure(forward, back, len(matches), combination)

    def _figure(self, forward: FloatArray, back: FloatArray, count: int, combination: Combination) -> FloatArray:
        """From the sums of the best matches of either side to one figure for each disease."""
        if not count:
            return forward
        if combination in (Combination.BMA, Combination.BMWA):
            return (forward + back) / ((self._size if combination is Combination.BMA else self._weight) + count)
        means = forward / count, _divide(back, self._size)
        if combination is Combination.FUNSIM_AVERAGE:
            return (means[0] + means[1]) / 2.0
        best: FloatArray = np.maximum(*means)
        return best

    # --- Two classes ---

    def _compare_broad(self) -> dict[int, FloatArray]:
        """The rows of broad classes by Resnik: for each as for its parents, but for owners of the class itself."""
        shown = np.flatnonzero(self._closed.showing.lengths)
        # By what they tell, so that no broad class tells more than one that is not; and one above a broad one is broad.
        limit = np.sort(self._content[shown])[:BROAD].max(initial=0)
        broad = shown[self._content[shown] <= limit]
        rows: dict[int, FloatArray] = {}
        for class_ in sorted(broad.tolist(), key=lambda one: len(self._findings.hpo_ancestor_rows[one])):
            parents = [rows[parent] for parent in self._findings.hpo_parent_rows[class_].tolist()]
            rows[class_] = _best(parents, slice(None), self._owners)
            rows[class_][self._closed.showing[class_]] = self._content[class_]
        return rows

    def _compare_by_resnik(self, class_: int) -> FloatArray:
        """
        The most that a common ancestor tells, for every owner.

        Of two ancestors the narrower tells more, so that a row is filled from the top of HPO down. It begins with the
        rows of the broad ones, which are there, since they cost most and many classes have them in common.
        """
        above = self._findings.hpo_ancestor_rows[class_].tolist()
        narrow = [one for one in above if one not in self._broad_rows]
        nearest = {parent for one in narrow for parent in self._findings.hpo_parent_rows[one].tolist()} or {class_}
        rows = [self._broad_rows[one] for one in sorted(nearest & self._broad_rows.keys())]
        best = _best(rows, slice(None), self._owners)
        for one in sorted(narrow, key=self._content.__getitem__):
            best[self._closed.showing[one]] = self._content[one]
        return best

    def _compare(self, class_: int, measure: Measure) -> FloatArray:
        """
        By Lin, or by Jiang and Conrath, for every owner.

        Of its classes below one common ancestor that which tells least is best: the others are as near to the patient,
        and further away.
        """
        own, closed = self._content[class_], self._closed
        above = self._findings.hpo_ancestor_rows[class_]
        # Of those that tell nothing, which all owners have, one is enough.
        above = np.append(above[self._content[above] > 0], above[self._content[above] == 0][:1])
        owners, ends = closed.showing.gather(above)
        least, _ = Ragged(closed.showing.indptr, closed.least).gather(above)
        told = np.where(least < 0, 0.0, self._content[least])
        common = np.repeat(self._content[above], np.diff(ends))
        best = np.zeros(self._owners)
        np.maximum.at(best, owners, (_lin if measure is Measure.LIN else _jiang_conrath)(own, told, common))
        if measure is Measure.JIANG_CONRATH and not own:
            # A class is like itself even if it tells nothing.
            rows = closed.profiles
            best[np.searchsorted(rows.indptr, np.flatnonzero(rows.indices == class_), "right") - 1] = 1
            best[self._count + np.flatnonzero(closed.classes == class_)] = 1
        return best.astype(np.float32)

    # --- Two sets ---

    def _simgic(self, classes: Sequence[int]) -> FloatArray:
        """What the common ancestors of both sets tell, of what those of either do."""
        above = np.unique(self._findings.hpo_ancestor_rows.gather(np.array(classes, np.int64))[0])
        owners, ends = self._closed.showing.gather(above)
        told = np.repeat(self._content[above], np.diff(ends))
        common = self._by_disease(owners, told)
        either = self._told_by_profiles + self._content[above].sum() - common
        return _divide(common, either)

    @cached_property
    def _told_by_profiles(self) -> FloatArray:
        """What all ancestors of each profile tell together."""
        showing = self._closed.showing
        told = np.repeat(self._content, showing.lengths)
        return self._by_disease(showing.indices, told)

    def _by_disease(self, owners: IntArray, told: FloatArray) -> FloatArray:
        return np.bincount(owners, weights=told, minlength=self._owners)[: self._count].astype(np.float64)


def _divide(above: FloatArray | float, below: FloatArray) -> FloatArray:
    """Quotients, 0 where there is nothing to divide by."""
    found: FloatArray = np.zeros(len(below))
    np.divide(above, below, out=found, where=below > 0)
    return found


def _best(rows: Sequence[FloatArray], part: slice, length: int) -> FloatArray:
    """The greatest of all rows, place by place, in a part of them; 0 where there is no row."""
    if not rows:
        return np.zeros(length, np.float32)
    best = rows[0][part].copy()
    for row in rows[1:]:
        np.maximum(best, row[part], out=best)
    return best


def _lin(own: float, other: FloatArray, common: FloatArray) -> FloatArray:
    return _divide(2.0 * common, own + other)


def _jiang_conrath(own: float, other: FloatArray, common: FloatArray) -> FloatArray:
    distance = own + other - 2.0 * common + 1.0
    return _divide(1.0, np.where(other > 0, distance, 0.0)) if own else np.zeros(len(other))


def _closed(
    index: Index, content: FloatArray, information_content: FloatArray | None, profiles: Ragged | None
) -> Closed:
    if information_content is None and profiles is None:
        # Read, not mapped: the first patient shall not wait for the disk.
        found = index.closed
        showing = Ragged(np.array(found.showing.indptr), np.array(found.showing.indices))
        return replace(found, showing=showing, least=np.array(found.least))
    rows = index.closed.profiles if profiles is None else profiles
    weights: FloatArray = index.closed.weights if profiles is None else np.ones(len(rows.indices), np.float32)
    return close(rows, weights, index.findings.hpo_ancestor_rows, content)


def _check(closed: Closed, content: FloatArray, findings: Findings) -> None:
    """Best matches are looked for from the top of HPO down, which is right only where lower classes tell more."""
    shown = np.flatnonzero(closed.showing.lengths)
    above, ends = findings.hpo_ancestor_rows.gather(shown)
    is_wrong = content[above] > np.repeat(content[shown], np.diff(ends))
    if is_wrong.any():
        place = int(np.searchsorted(ends, np.flatnonzero(is_wrong)[0], "right")) - 1
        raise ProfilesError(
            f"{findings.ids[shown[place]]} stands in a profile and has less information content than a class above it; "
            "count the diseases of all profiles"
        )
