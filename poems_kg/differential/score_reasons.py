"""
Say what speaks for any disease of the index against diseases in general, in agreement with the score that ranks it.

What each finding adds is the ranker's; here it gets its words, its figures, its claims and its sources, from the rows
of the profile in which it was found. The reasons sum to the score. Not medical advice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Final, Protocol

import numpy as np

from poems_kg.differential.explaining import AGAINST, FOR, Reason, percent, times
from poems_kg.patients.patient import Patient, Sex
from poems_kg.profiles.index import Index
from poems_kg.profiles.ragged import IntArray

IN_GENERAL: Final = "diseases in general"


class Contribution(Protocol):
    """What one finding adds to a score; positions are those of the index, -1 where there is none."""

    @property
    def finding(self) -> int:
        """The patient's finding."""

    @property
    def log_ratio(self) -> float:
        """What it adds, as a natural logarithm."""

    @property
    def matched(self) -> int:
        """The finding of the profile by which it was found."""

    @property
    def share(self) -> float:
        """The share of patients with that."""

    @property
    def relative(self) -> int:
        """The disease whose profile it is, where it was lent by a relative."""


class Scorer(Protocol):
    """What is used of a ranker."""

    def contributions(
        self, disease: int, observed: IntArray, excluded: IntArray | None = None, sex: Sex = Sex.UNKNOWN_SEX
    ) -> Sequence[Contribution]:
        """What each finding adds to the score of a disease."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What the rows of one disease say of one finding: bounds, most patients counted, claims and citations."""

    low: float | None = None
    high: float | None = None
    total: int = 0
    claims: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def explain_score(scorer: Scorer, index: Index, patient: Patient, disease_id: str) -> tuple[Reason, ...]:
    """
    Give the reasons for the score of a disease, the weightiest first.

    :raises PoemsKgError: if the index has no such disease, or an id of the patient is no finding in use.
    """
    disease = index.diseases.position(disease_id)
    positions = index.findings.positions
    found = scorer.contributions(disease, positions(patient.observed), positions(patient.excluded), patient.sex)
    reasons = [_reason(index, disease, each) for each in found]
    return tuple(sorted(reasons, key=lambda reason: (-abs(reason.log_likelihood_ratio), reason.finding_id)))


def _reason(index: Index, disease: int, each: Contribution) -> Reason:
    finding_id, label = index.findings.ids[each.finding], index.findings.names.labels[each.finding]
    owner = disease if each.relative < 0 else each.relative
    said = _said(index, owner, each.matched) if each.matched >= 0 else _Said()
    ratio = exp(each.log_ratio)
    return Reason(
        finding_id=finding_id,
        label=label,
        direction=FOR if each.log_ratio >= 0 else AGAINST,
        log_likelihood_ratio=each.log_ratio,
        matched_as=index.findings.ids[each.matched] if each.matched >= 0 else "",
        frequency=each.share if each.matched >= 0 else None,
        low=said.low,
        high=said.high,
        claims=said.claims,
        sources=said.sources,
        likelihood_ratio=ratio,
        basis="" if each.relative < 0 else f"lent by {index.diseases.labels[owner]}",
        versus=IN_GENERAL,
        text=f"{label}: {times(ratio, _own_words(index, disease, each, said), IN_GENERAL)}",
    )


def _own_words(index: Index, disease: int, each: Contribution, said: _Said) -> str:
    name = index.diseases.labels[disease]
    if each.matched < 0:
        return f"{name} (its profile says nothing of it)"
    parts = [f"taken as {percent(each.share)}"]
    if said.low is not None and said.high is not None and said.low < said.high:
        parts.append(f"published {percent(said.low)} to {percent(said.high)}")
    if said.total:
        parts.append(f"of up to {said.total} patients")
    if each.matched != each.finding:
        parts[0] = f"{index.findings.names.labels[each.matched]}: {parts[0]}"
    if each.relative >= 0:
        parts.append(f"lent by {index.diseases.labels[each.relative]}")
    return f"{name} ({', '.join(parts)})"


def _said(index: Index, disease: int, finding: int) -> _Said:
    rows = index.rows
    stretch = rows.of(disease)
    here = stretch.start + np.flatnonzero((rows.finding[stretch] == finding) & ~rows.is_negated[stretch])
    lows, highs = rows.low[here], rows.high[here]
    known = [index.claims[place] for place in rows.claim[here].tolist() if place >= 0]
    cited = [index.references[place] for row in here.tolist() for place in rows.references[row].tolist()]
    counted = rows.total[here]
    return _Said(
        low=float(np.nanmin(lows)) if np.isfinite(lows).any() else None,
        high=float(np.nanmax(highs)) if np.isfinite(highs).any() else None,
        total=int(counted.max()) if len(counted) and counted.max() > 0 else 0,
        claims=tuple(dict.fromkeys(claim.claim_id for claim in known)),
        sources=tuple(dict.fromkeys([*(claim.citation for claim in known), *cited])),
    )
