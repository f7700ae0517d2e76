"""
Find which diagnoses are of one patient at several time points, and tell what changed from one to the next.

Records that carry the same id are one patient. So are records whose ids differ in their last part alone, which is no
mere number (``case-7-first``, ``case-7-final``), of one sex, and where each has three findings or more and the next has
all of them and others. Earlier is who is younger, then who has fewer findings. The page says which ids it took for one
patient.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final

from poems_kg.patients.patient import Patient
from poems_kg.reports.wording import POEMS_IDS, find_candidate

if TYPE_CHECKING:
    from poems_kg.diagnosis import Candidate, Diagnosis
    from poems_kg.patients.terms import TermBook

_LAST_PART: Final = re.compile(r"(?P<stem>.+)[-_./@ ](?P<last>[^-_./@ ]*[^-_./@ \d][^-_./@ ]*)")

_LEAST_FINDINGS: Final = 3
"""Who shares fewer findings with another record may be another patient."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a time point brought that the one before did not have: ids of findings."""

    observed: tuple[str, ...]
    excluded: tuple[str, ...]
    no_longer: tuple[str, ...]
    measured: tuple[str, ...]


def stem_of(patient_id: str) -> str:
    """
    An id without its last part, unless that part is a mere number, which tells patients apart, not time points.

    >>> stem_of("case-7-first"), stem_of("case-7"), stem_of("patient 12")
    ('case-7', 'case-7', 'patient 12')
    """
    found = _LAST_PART.fullmatch(patient_id)
    return found["stem"] if found else patient_id


def group_stories(diagnoses: "Sequence[Diagnosis]") -> "list[list[Diagnosis]]":
    """
    Put diagnoses of one patient together, the earliest first; patients stay in the order in which they came.

    >>> group_stories([])
    []
    """
    together: dict[str, list[Diagnosis]] = {}
    for diagnosis in diagnoses:
        together.setdefault(stem_of(diagnosis.patient.patient_id), []).append(diagnosis)
    stories: list[list[Diagnosis]] = []
    for group in together.values():
        ordered = sorted(group, key=lambda each: _earliness(each.patient))
        if all(_goes_on(one.patient, other.patient) for one, other in pairwise(ordered)):
            stories.append(ordered)
        else:
            stories += _by_id(group)
    return stories


def _by_id(group: "list[Diagnosis]") -> "list[list[Diagnosis]]":
    """The diagnoses that carry the very same id together, others alone."""
    named: dict[str, list[Diagnosis]] = {}
    for diagnosis in group:
        named.setdefault(diagnosis.patient.patient_id, []).append(diagnosis)
    return [sorted(each, key=lambda one: _earliness(one.patient)) for each in named.values()]


def _earliness(patient: Patient) -> tuple[float, int]:
    """Sorts by age, then by how much is known; packets of equal standing keep the order in which they came."""
    age = -1.0 if patient.age is None else patient.age
    return age, len(patient.observed)


def _goes_on(earlier: Patient, later: Patient) -> bool:
    if earlier.patient_id == later.patient_id:
        return True
    same = earlier.sex == later.sex and (earlier.age is None) == (later.age is None)
    return same and len(earlier.observed) >= _LEAST_FINDINGS and set(earlier.observed) < set(later.observed)


def change(earlier: Patient, later: Patient) -> Change:
    """What came new between two time points, in the order of the later file."""
    known = {each.assay_id or each.assay_label for each in earlier.measurements}
    measured = [each for each in later.measurements if (each.assay_id or each.assay_label) not in known]
    return Change(
        tuple(each for each in later.observed if each not in earlier.observed),
        tuple(each for each in later.excluded if each not in earlier.excluded),
        tuple(
            each
            for each in (*earlier.observed, *earlier.excluded)
            if each not in later.observed and each not in later.excluded
        ),
        tuple(name for name, _ in groupby(each.assay_label or each.assay_id for each in measured)),
    )


def became_known(finding_ids: Iterable[str], later: Patient, book: "TermBook") -> bool:
    """Say whether a later record answers one of these findings: it, or a narrower one, is there, or it is excluded."""
    wanted = set(finding_ids)
    if not wanted.isdisjoint(later.excluded):
        return True
    return any(not wanted.isdisjoint(book.ancestors(each)) for each in later.observed)


def leading_rival(diagnosis: "Diagnosis") -> "Candidate | None":
    """The best-ranked candidate other than POEMS syndrome."""
    poems = find_candidate(diagnosis, POEMS_IDS)
    others = [each for each in diagnosis.candidates if each is not poems]
    return min(others, key=lambda each: each.rank, default=None)
