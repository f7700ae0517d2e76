"""
Say what speaks for a disorder against another, finding by finding, by how much, and who says so.

The logarithms of the reasons of one comparison and that of the prior odds sum to that of the posterior odds exactly.
Not medical advice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Final

from poems_kg.differential.pooling import Basis
from poems_kg.differential.posterior import FOUND, TEMPER, evidence, posteriors
from poems_kg.differential.profiles import Profile
from poems_kg.differential.rivals import Match, Rivals
from poems_kg.patients.patient import Patient

FOR: Final = "for"
AGAINST: Final = "against"


@dataclass(frozen=True, slots=True)
class Reason:
    """
    What one finding of a patient says about a disorder, against another (``versus``).

    ``log_likelihood_ratio`` (natural logarithm) is what is counted, ``likelihood_ratio`` how many times as likely the
    finding, or its absence, is in the disorder, before tempering. ``matched_as`` is the finding of the profile by which
    it was found; ``frequency``, ``low`` and ``high`` are the share of patients with that (0 to 1), None where the
    profile is silent. ``probability`` is what follows for the patient's own finding. ``versus_…`` say the same of the
    other disorder.
    """

    finding_id: str
    label: str
    direction: str
    log_likelihood_ratio: float
    matched_as: str = ""
    frequency: float | None = None
    low: float | None = None
    high: float | None = None
    claims: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    is_excluded: bool = False
    likelihood_ratio: float = 1.0
    probability: float = 0.0
    basis: str = ""
    versus: str = ""
    versus_matched_as: str = ""
    versus_frequency: float | None = None
    versus_probability: float = 0.0
    versus_claims: tuple[str, ...] = ()
    versus_sources: tuple[str, ...] = ()
    text: str = ""


def explain(rivals: Rivals, patient: Patient, disorder_id: str, versus: str = "") -> tuple[Reason, ...]:
    """
    Give the reasons for and against a disorder, the weightiest first.

    :param versus: the disorder to compare with; where empty, the most probable other one.
    :raises PoemsKgError: if either is not weighed, or an id of the patient is no finding in use.
    """
    place = rivals.position(disorder_id)
    if not versus:
        versus = next(other for other in posteriors(rivals, patient) if other != rivals.ids[place])
    pair = rivals.profiles[place], rivals.profiles[rivals.position(versus)]
    known = evidence(rivals, patient.observed, patient.excluded)
    found = [_reason(rivals, patient, finding_id, pair, is_excluded=False) for finding_id in known.observed]
    found += [_reason(rivals, patient, finding_id, pair, is_excluded=True) for finding_id in known.excluded]
    return tuple(sorted(found, key=lambda reason: (-abs(reason.log_likelihood_ratio), reason.finding_id)))


def _reason(
    rivals: Rivals, patient: Patient, finding_id: str, pair: tuple[Profile, Profile], *, is_excluded: bool
) -> Reason:
    own, other = (rivals.match(profile, finding_id, patient.sex) for profile in pair)
    likelihoods = [1 - FOUND * match.probability if is_excluded else match.probability for match in (own, other)]
    ratio = likelihoods[0] / likelihoods[1]
    weight = TEMPER * log(ratio)
    label = rivals.findings.label(finding_id)
    return Reason(
        finding_id=finding_id,
        label=label,
        direction=FOR if weight >= 0 else AGAINST,
        log_likelihood_ratio=weight,
        matched_as=own.matched_as,
        frequency=own.pooled.share if own.pooled else None,
        low=own.pooled.low if own.pooled else None,
        high=own.pooled.high if own.pooled else None,
        claims=claims_of(own),
        sources=citations(rivals, own),
        is_excluded=is_excluded,
        likelihood_ratio=ratio,
        probability=own.probability,
        basis=own.pooled.basis.value if own.pooled else "",
        versus=pair[1].disorder_id,
        versus_matched_as=other.matched_as,
        versus_frequency=other.pooled.share if other.pooled else None,
        versus_probability=other.probability,
        versus_claims=claims_of(other),
        versus_sources=citations(rivals, other),
        text=_words(rivals, label, ratio, [(pair[0].label, own), (pair[1].label, other)], is_excluded=is_excluded),
    )


def claims_of(match: Match) -> tuple[str, ...]:
    """The claims that the share of a match rests on; none where it rests on HPO's annotations alone."""
    return tuple(claim for claim in match.pooled.claims if claim.startswith("claim:")) if match.pooled else ()


def citations(rivals: Rivals, match: Match) -> tuple[str, ...]:
    """The sources that the share of a match rests on, as they are cited."""
    if match.pooled is None:
        return ()
    known: Mapping[str, str] = _citations(rivals)
    return tuple(dict.fromkeys(known.get(source, source) for source in match.pooled.sources))


@lru_cache(maxsize=4)
def _citations(rivals: Rivals) -> dict[str, str]:
    if rivals.knowledge is None:
        return {}
    return {source_id: entry.record.citation for source_id, entry in rivals.knowledge.sources.items()}


def times(ratio: float, one: str, other: str) -> str:
    """
    A likelihood ratio in words.

    >>> times(31.2, "A", "B"), times(0.5, "A", "B"), times(1.04, "A", "B")
    ('31 times as likely in A as in B', 'half as likely in A as in B', 'about as likely in A as in B')
    """
    if 0.45 < ratio < 0.55:
        return f"half as likely in {one} as in {other}"
    if ratio < 1 / 1.1:
        return f"{_figure(1 / ratio)} times less likely in {one} than in {other}"
    more = "about" if ratio < 1.1 else f"{_figure(ratio)} times"
    return f"{more} as likely in {one} as in {other}"


def _figure(number: float) -> str:
    return f"{number:.0f}" if number >= 9.95 else f"{number:.1f}"


def percent(share: float) -> str:
    """
    A share of patients as people write it.

    >>> percent(0.537), percent(0.015), percent(0.997), percent(1.0)
    ('54 %', '1.5 %', '99.7 %', '100 %')
    """
    return f"{100 * share:.0f} %" if 0.02 <= share <= 0.98 or share in {0, 1} else f"{100 * share:.1f} %"


def _words(rivals: Rivals, label: str, ratio: float, pair: list[tuple[str, Match]], *, is_excluded: bool) -> str:
    (own_label, own), (other_label, other) = pair
    what = f"No {label[:1].lower()}{label[1:]}" if is_excluded else label
    one, another = (
        f"{name} ({_share_words(rivals, label, match)})" for name, match in ((own_label, own), (other_label, other))
    )
    return f"{what}: {times(ratio, one, another)}"


def _share_words(rivals: Rivals, label: str, match: Match) -> str:
    pooled = match.pooled
    if pooled is None:
        return f"nothing is said, taken as {percent(match.probability)}"
    named = rivals.findings.label(match.matched_as)
    if pooled.basis is Basis.COUNTS:
        figure = f"{percent(pooled.share)}, {percent(pooled.low)} to {percent(pooled.high)}, of {pooled.total} patients"
    elif pooled.basis in {Basis.SHARES, Basis.BAND}:
        figure = f"{percent(pooled.share)}, {pooled.basis.value} {percent(pooled.low)} to {percent(pooled.high)}"
    else:
        figure = f"{pooled.basis.value}, taken as {percent(pooled.share)}"
    return figure if named == label else f"{named}: {figure}"


__all__ = ["AGAINST", "FOR", "TEMPER", "Reason", "explain", "percent", "times"]
