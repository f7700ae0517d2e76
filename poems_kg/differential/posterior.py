"""
Weigh POEMS syndrome against its rivals for one patient: prior, findings, posterior.

Findings count as independent given the disorder, which they are not: to make up for it every logarithm of a likelihood
is multiplied by ``TEMPER``, one number for all findings and disorders, so that the order of findings never matters, and
a finding that is commoner in POEMS syndrome than in every rival never speaks against it. Of findings on one line of
is-a only the narrowest that is present, and the broadest that is excluded, counts. What nobody looked for is left out.

An excluded finding has the likelihood 1 - ``FOUND`` · p: examinations miss findings, and some come later.

Every posterior is given the prior: by default each disorder is as likely as any other, among patients of whom one asks
whether they have POEMS syndrome or a rival of it. That is a convention, not an estimate. Not medical advice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from poems_kg.differential.rivals import Rivals
from poems_kg.ids import PoemsKgError
from poems_kg.patients.patient import Patient, Sex

TEMPER: Final = 0.5
"""The power of every likelihood; ``benchmarks/calibration.py`` says how it does, and how others do."""
FOUND: Final = 0.9
"""How often an examination finds a finding that the patient has or will have."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What of a patient is counted: findings on one line of is-a once. ``implied`` are those left out for that.

    Each in the order of the patient's file, which changes nothing.
    """

    observed: tuple[str, ...]
    excluded: tuple[str, ...]
    implied: tuple[str, ...]


def evidence(rivals: Rivals, observed: Iterable[str], excluded: Iterable[str]) -> Evidence:
    """
    Leave out what follows from the rest, and what cannot be excluded since something narrower is present.

    :raises PoemsKgError: if an id is no finding in use.
    """
    here, gone = tuple(dict.fromkeys(observed)), tuple(dict.fromkeys(excluded))
    broader = {finding_id: rivals.ancestors(finding_id) for finding_id in (*here, *gone)}
    shown = frozenset().union(*(broader[finding_id] for finding_id in here))
    implied = {each for each in here if any(each in broader[other] and each != other for other in here)}
    barred = frozenset(gone) - shown
    kept_observed = tuple(finding_id for finding_id in here if finding_id not in implied)
    kept_excluded = tuple(
        finding_id for finding_id in gone if finding_id in barred and not (broader[finding_id] - {finding_id}) & barred
    )
    kept = {*kept_observed, *kept_excluded}
    left = (finding_id for finding_id in (*here, *gone) if finding_id not in kept)
    return Evidence(kept_observed, kept_excluded, tuple(dict.fromkeys(left)))


def log_likelihoods(rivals: Rivals, finding_id: str, sex: Sex, *, is_excluded: bool) -> FloatArray:
    """The tempered logarithm of how likely each disorder is to show a finding, or to be found without it."""
    key = finding_id, sex, is_excluded
    known = rivals.kept_logs.get(key)
    if known is None:
        shown = rivals.probabilities(finding_id, sex)
        known = TEMPER * np.log(1 - FOUND * shown if is_excluded else shown)
        known.flags.writeable = False
        rivals.kept_logs[key] = known
    return known


def prior(rivals: Rivals, stated: Mapping[str, float] | None = None) -> FloatArray:
    """
    The prior as an array that sums to 1: what is stated by disorder, else all alike.

    :raises PoemsKgError: if it does not have one number above 0 for each disorder that is weighed, and no other.
    """
    if stated is None:
        return np.full(len(rivals.ids), 1 / len(rivals.ids))
    stated = {rivals.resolve(disorder_id): weight for disorder_id, weight in stated.items()}
    missing = [disorder_id for disorder_id in rivals.ids if disorder_id not in stated]
    strange = [disorder_id for disorder_id in stated if disorder_id not in rivals.ids]
    if missing or strange:
        raise PoemsKgError(
            f"the prior lacks {', '.join(missing) or 'none'} and has {', '.join(strange) or 'none'} too many; "
            "give one number above 0 for each disorder that is weighed"
        )
    weights = np.array([float(stated[disorder_id]) for disorder_id in rivals.ids])
    if not (np.isfinite(weights).all() and (weights > 0).all()):
        raise PoemsKgError("a prior is not a number above 0; give one for each disorder that is weighed")
    return np.asarray(weights / weights.sum())


def log_odds(rivals: Rivals, patient: Patient) -> FloatArray:
    """The tempered logarithms of the likelihood of everything that is known of a patient, one for each disorder."""
    known = evidence(rivals, patient.observed, patient.excluded)
    total = np.zeros(len(rivals.ids))
    # Sorted, so that the sum is the same to the last bit whatever the order of the file.
    for finding_id in sorted(known.observed):
        total += log_likelihoods(rivals, finding_id, patient.sex, is_excluded=False)
    for finding_id in sorted(known.excluded):
        total += log_likelihoods(rivals, finding_id, patient.sex, is_excluded=True)
    return total


def weigh(rivals: Rivals, patient: Patient, stated: Mapping[str, float] | None = None) -> FloatArray:
    """The posteriors as an array in the order of ``rivals.ids``; see :func:`posteriors`."""
    logs = np.log(prior(rivals, stated)) + log_odds(rivals, patient)
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def posteriors(rivals: Rivals, patient: Patient, stated: Mapping[str, float] | None = None) -> dict[str, float]:
    """
    The posterior probability of POEMS syndrome and of each rival, the greatest first; they sum to 1.

    :param stated: the prior by disorder, in any unit; all alike where None.
    :raises PoemsKgError: if an id is no finding in use, or the prior does not fit.
    """
    shares = weigh(rivals, patient, stated)
    order = sorted(range(len(shares)), key=lambda place: (-shares[place], place))
    return {rivals.ids[place]: float(shares[place]) for place in order}
