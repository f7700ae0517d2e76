"""
Bring together what is said of one patient: criteria of every version, ranked diseases, reasons, what to do next.

Nothing is weighed here: the rooms below do that, and say on what sources. Not medical advice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from poems_kg.criteria import Entry, Verdict, compare
from poems_kg.differential.explaining import Reason, explain
from poems_kg.differential.next_steps import NextStep, next_steps
from poems_kg.differential.posterior import weigh
from poems_kg.differential.ranking import Ranker
from poems_kg.differential.rivals import POEMS, Rivals, rivals
from poems_kg.differential.score_reasons import explain_score
from poems_kg.patients.patient import Patient
from poems_kg.profiles.index import Index
from poems_kg.profiles.ragged import FloatArray

NOT_ADVICE: Final = "Not medical advice: published criteria and figures, applied to the findings that were given."
CIDP: Final = "MONDO:0006702"
"""What most patients with POEMS syndrome are first told that they have; so it is always set beside it."""
MOST_STEPS: Final = 8
"""Next steps that are given; each after that tells less than all of these."""
MOST_REASONS: Final = 5
"""Reasons for, and against, that the JSON of a candidate has; POEMS syndrome and CIDP have all."""
STRONGEST: Final = 3
"""Reasons for, and against, that a row of a screened cohort names."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    One disease of the differential.

    ``rank`` is among all diseases, ``score`` a natural logarithm of a likelihood ratio. ``posterior`` (0 to 1) is among
    POEMS syndrome and its rivals alone; None for all others. ``disease_id`` is Mondo's or ours where there is one, else
    as HPO's annotations write it; ``other_ids`` are the same disease in other databases. ``reasons`` compare POEMS
    syndrome with its strongest rival, a rival with POEMS syndrome, and any other disease with diseases in general, as
    its score does.
    """

    disease_id: str
    label: str
    rank: int
    score: float
    posterior: float | None
    other_ids: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """
    All that is said of one patient.

    ``candidates`` are the first of all diseases by rank, and POEMS syndrome and CIDP wherever they stand.
    """

    patient: Patient
    verdicts: tuple[Verdict, ...]
    candidates: tuple[Candidate, ...]
    next_steps: tuple[NextStep, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScreeningRow:
    """
    What a screened cohort says of one patient: ``verdicts`` by id of the criteria set, rank and posterior of POEMS
    syndrome, the rival with the highest posterior, and the strongest reasons for and against.
    """

    patient_id: str
    sex: str
    observed: int
    excluded: int
    verdicts: dict[str, str]
    poems_rank: int
    poems_score: float
    poems_posterior: float
    best_rival_id: str
    best_rival_label: str
    best_rival_posterior: float
    reasons: str


class Diagnostician:
    """Everything that is needed for any number of patients, opened once."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.ranker = Ranker(index)

    @cached_property
    def rivals(self) -> Rivals:
        """POEMS syndrome and its rivals."""
        return rivals(self.index)

    @cached_property
    def _place_of_rival(self) -> dict[int, int]:
        """For the place of a disease in the index, its place among the rivals."""
        return {self.index.diseases.position(each): place for place, each in enumerate(self.rivals.ids)}

    def scores(self, patient: Patient) -> FloatArray:
        """The score of every disease, in the order of the index."""
        positions = self.index.findings.positions
        return self.ranker.scores(positions(patient.observed), positions(patient.excluded), patient.sex)

    def diagnose(self, patient: Patient, top: int = 10) -> Diagnosis:
        """
        Say all that there is to say of a patient.

        :param top: how many diseases to give, at least 1.
        :raises PoemsKgError: if the patient has an id that is no finding in use.
        """
        verdicts = compare(patient, self.index.findings).verdicts
        scores = self.scores(patient)
        posteriors = weigh(self.rivals, patient)
        first = _best(scores, top)
        always = [self.index.diseases.position(disease_id) for disease_id in (POEMS, CIDP)]
        places = [*first, *sorted(set(always) - set(first), key=lambda place: -scores[place])]
        return Diagnosis(
            patient=patient,
            verdicts=verdicts,
            candidates=tuple(self._candidate(patient, place, scores, posteriors) for place in places),
            next_steps=tuple(next_steps(self.rivals, patient, verdicts))[:MOST_STEPS],
            notes=patient.notes,
        )

    def _candidate(self, patient: Patient, place: int, scores: FloatArray, posteriors: FloatArray) -> Candidate:
        diseases = self.index.diseases
        rival = self._place_of_rival.get(place)
        published = diseases.other_ids[place]
        own_id = diseases.ids[place]
        # Where there is no class of Mondo's or ours, the id is written as HPO's annotations write it.
        disease_id = own_id if own_id.startswith(("MONDO:", "POEMS:")) or not published else published[0]
        return Candidate(
            disease_id=disease_id,
            label=diseases.labels[place],
            rank=self.ranker.rank(scores, place),
            score=float(scores[place]),
            posterior=None if rival is None else float(posteriors[rival]),
            other_ids=tuple(other_id for other_id in published if other_id != disease_id),
            reasons=self._reasons(patient, place),
        )

    def _reasons(self, patient: Patient, place: int) -> tuple[Reason, ...]:
        disease_id = self.index.diseases.ids[place]
        if place not in self._place_of_rival:
            return explain_score(self.ranker, self.index, patient, disease_id)
        return explain(self.rivals, patient, disease_id, "" if disease_id == POEMS else POEMS)

    def screen(self, patients: Sequence[Patient]) -> list[ScreeningRow]:
        """One row for each patient, in their order; what a cohort keeps of a diagnosis."""
        return [self._screen(patient) for patient in patients]

    def _screen(self, patient: Patient) -> ScreeningRow:
        verdicts = compare(patient, self.index.findings).verdicts
        scores, posteriors = self.scores(patient), weigh(self.rivals, patient)
        poems, place = self.index.diseases.position(POEMS), self.rivals.position(POEMS)
        others = np.where(np.arange(len(posteriors)) == place, -1.0, posteriors)
        best = int(others.argmax())
        best_id = self.rivals.ids[best]
        return ScreeningRow(
            patient_id=patient.patient_id,
            sex=patient.sex.value,
            observed=len(patient.observed),
            excluded=len(patient.excluded),
            verdicts={verdict.set_id: verdict.verdict.value for verdict in verdicts},
            poems_rank=self.ranker.rank(scores, poems),
            poems_score=float(scores[poems]),
            poems_posterior=float(posteriors[place]),
            best_rival_id=best_id,
            best_rival_label=self.rivals.profiles[best].label,
            best_rival_posterior=float(posteriors[best]),
            reasons=_strongest(explain(self.rivals, patient, POEMS, best_id)),
        )


def _best(scores: FloatArray, count: int) -> list[int]:
    """The places of the highest scores, the highest first; of equal ones the first in the index goes first."""
    count = min(max(count, 1), len(scores))
    least = np.partition(scores, -count)[-count]
    among = np.flatnonzero(scores >= least)
    return [int(place) for place in among[np.argsort(-scores[among], kind="stable")][:count]]


def _strongest(reasons: Sequence[Reason]) -> str:
    """The weightiest reasons for and against, by finding; what was excluded is written with "no" before it."""
    parts = []
    for direction in ("for", "against"):
        named = [
            f"{'no ' if reason.is_excluded else ''}{reason.label} ({reason.finding_id})"
            for reason in reasons
            if reason.direction == direction and reason.log_likelihood_ratio
        ]
        if named:
            parts.append(f"{direction}: {', '.join(named[:STRONGEST])}")
    return "; ".join(parts)


# --- As JSON ---


def to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """The object that ``diagnose --format jsonl`` prints; ``docs/diagnose.md`` says what its fields are."""
    return {
        "patient_id": diagnosis.patient.patient_id,
        "criteria": [_verdict(verdict) for verdict in diagnosis.verdicts],
        "differential": [_disease(candidate) for candidate in diagnosis.candidates],
        "next": [_step(step) for step in diagnosis.next_steps],
        "notes": [*diagnosis.notes, NOT_ADVICE],
    }


def _entries(entries: Sequence[Entry]) -> list[dict[str, str]]:
    return [{"id": entry.entry_id, "label": entry.label} for entry in entries]


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "set": verdict.set_id,
        "label": verdict.label,
        "version": verdict.version,
        "verdict": verdict.verdict.value,
        "met_as_documented": verdict.is_met_as_documented,
        "items": [
            {
                "item": item.item_id,
                "label": item.label,
                "role": item.role,
                "verdict": item.verdict.value,
                "met_by": _entries(item.met_by),
                "excluded_by": _entries(item.excluded_by),
                "missing": [entry.entry_id for entry in item.missing],
                "citation": item.citation,
            }
            for item in verdict.items
        ],
        "missing": [{"label": part.label, "items": _entries(part.items)} for part in verdict.missing],
        "citation": verdict.citation,
    }


def _disease(candidate: Candidate) -> dict[str, Any]:
    found: dict[str, Any] = {
        "disease_id": candidate.disease_id,
        "label": candidate.label,
        "rank": candidate.rank,
        "score": round(candidate.score, 6),
        "other_ids": list(candidate.other_ids),
    }
    if candidate.posterior is not None:
        found["posterior"] = round(candidate.posterior, 6)
    given = None if candidate.disease_id in {POEMS, CIDP} else MOST_REASONS
    for direction in ("for", "against"):
        found[direction] = [_reason(each) for each in candidate.reasons if each.direction == direction][:given]
    return found


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "finding": reason.finding_id,
        "label": reason.label,
        "excluded": reason.is_excluded,
        "log_likelihood_ratio": round(reason.log_likelihood_ratio, 4),
        "versus": reason.versus,
        "text": reason.text,
        "claims": list(reason.claims),
        "sources": list(reason.sources),
    }


def _step(step: NextStep) -> dict[str, Any]:
    return {
        "label": step.label,
        "test": step.test_id,
        "findings": list(step.finding_ids),
        "bits": round(step.information, 4),
        "invasiveness": step.invasiveness,
        "how": step.how,
        "settles": list(step.settles),
        "claims": list(step.claims),
        "sources": list(step.sources),
    }


__all__ = ["CIDP", "NOT_ADVICE", "Candidate", "Diagnosis", "Diagnostician", "ScreeningRow", "to_json"]
