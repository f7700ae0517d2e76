"""Turn diagnoses into what the templates lay out: stories of time points, rows of bars, lines of words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from poems_kg.differential.rivals import tables
from poems_kg.reports.stories import Change, became_known, change, group_stories, leading_rival
from poems_kg.reports.wording import (
    CIDP_IDS,
    POEMS_IDS,
    capitalise,
    clean,
    entry_labels,
    find_candidate,
    grounds,
    label_of,
    missing_words,
    side_words,
)

if TYPE_CHECKING:
    from poems_kg.criteria import ItemVerdict, Verdict
    from poems_kg.diagnosis import Candidate, Diagnosis
    from poems_kg.differential.explaining import Reason
    from poems_kg.patients.terms import TermBook

_LEAST_SCALE: Final = math.log(20)
_MOST_SCALE: Final = math.log(1000)
_HALF: Final = 100.0
_NEXT_IN_STORY: Final = 3
_FEW_SETS: Final = 3


@dataclass(frozen=True, slots=True)
class Bar:
    """A diverging bar in a field 200 wide with its zero in the middle; ``side`` is ``for`` or ``against``."""

    x: float
    width: float
    side: str
    log_ratio: float


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One finding in one disease, with its bar and why."""

    label: str
    is_excluded: bool
    bar: Bar
    grounds: str
    claims: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairRow:
    """One finding in POEMS syndrome and in CIDP: how often in each, and for which of them it speaks by how much."""

    label: str
    is_excluded: bool
    in_poems: str
    in_cidp: str
    bar: Bar
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """
    A candidate with its reasons as rows, from what speaks most for it to what speaks most against it.

    ``ids`` are all its ids, each once. ``versus`` is the label of the disease that it is weighed against, empty where
    the reasons do not say.
    """

    candidate: "Candidate"
    is_poems: bool
    ids: list[str]
    versus: str
    rows: list[ReasonRow]


@dataclass(frozen=True, slots=True)
class Set:
    """
    One version of the criteria: its items by role, and what it lacks.

    ``is_open`` says whether the page shows the items at once: where there are few sets, else those of the newest.
    """

    verdict: "Verdict"
    name: str
    roles: "list[tuple[str, list[ItemVerdict]]]"
    lacks: list[str]
    is_open: bool


@dataclass(frozen=True, slots=True)
class ItemRow:
    """
    One item in every version: its verdict in each, empty where that version has no such item.

    ``role`` is that in the newest version that has the item. The last three are what meets it in any version, what is
    excluded, and what could still meet it.
    """

    label: str
    role: str
    verdicts: list[str]
    met_by: list[str]
    excluded_by: list[str]
    missing: list[str]


@dataclass(frozen=True, slots=True)
class TimePoint:
    """
    One diagnosis with all that its sections show; ``anchor`` is its place on the page.

    ``asked`` are the next steps that would have told most, each with whether the next time point had the answer.
    """

    anchor: str
    name: str
    diagnosis: "Diagnosis"
    explained: list[Explained]
    poems: "Candidate | None"
    rival: "Candidate | None"
    pairs: list[PairRow]
    sets: list[Set]
    item_rows: list[ItemRow]
    missing: list[tuple[str, list[str]]]
    change: Change | None
    asked: list[tuple[str, bool]]
    most_bits: float


@dataclass(frozen=True, slots=True)
class Story:
    """One patient at one time point or at several, the earliest first."""

    anchor: str
    title: str
    points: list[TimePoint]


def build_stories(diagnoses: "Sequence[Diagnosis]", book: "TermBook") -> list[Story]:
    """All that the templates need, patient by patient."""
    stories = []
    for number, group in enumerate(group_stories(diagnoses), start=1):
        ids = [each.patient.patient_id for each in group]
        points = []
        for place, diagnosis in enumerate(group):
            around = group[place - 1] if place else None, group[place + 1] if place + 1 < len(group) else None
            anchor = f"patient-{number}" + (f"-{place + 1}" if len(group) > 1 else "")
            points.append(_time_point(anchor, diagnosis, around, book))
        stories.append(Story(f"patient-{number}", _common_name(ids), points))
    return stories


def _common_name(ids: list[str]) -> str:
    """What the ids of one patient have in common, without the joint before the part that differs."""
    first, *others = ids
    length = len(first)
    for other in others:
        length = min(
            length, next((n for n, pair in enumerate(zip(first, other, strict=False)) if pair[0] != pair[1]), length)
        )
    return first if length == len(first) else first[:length].rstrip("-_./@ ") or first


def _time_point(
    anchor: str, diagnosis: "Diagnosis", around: "tuple[Diagnosis | None, Diagnosis | None]", book: "TermBook"
) -> TimePoint:
    """A time point; ``around`` are the ones before and after it."""
    patient = diagnosis.patient
    before, after = around
    sets = _sets(diagnosis)
    return TimePoint(
        anchor=anchor,
        name=patient.patient_id,
        diagnosis=diagnosis,
        explained=explain_all(diagnosis, book),
        poems=find_candidate(diagnosis, POEMS_IDS),
        rival=leading_rival(diagnosis),
        pairs=pair_rows(diagnosis),
        sets=sets,
        item_rows=item_rows(diagnosis),
        missing=_missing(sets),
        change=change(before.patient, patient) if before else None,
        asked=[
            (capitalise(each.label), bool(after and became_known(each.finding_ids, after.patient, book)))
            for each in diagnosis.next_steps[:_NEXT_IN_STORY]
        ],
        most_bits=max((each.information for each in diagnosis.next_steps), default=0.0),
    )


def _sets(diagnosis: "Diagnosis") -> list[Set]:
    verdicts = diagnosis.verdicts
    newest = max((each.version for each in verdicts if each.version.isdigit()), default="")
    few = len(verdicts) <= _FEW_SETS
    return [
        Set(each, set_name(each), _by_role(each), missing_words(each), few or each.version == newest)
        for each in verdicts
    ]


def set_name(verdict: "Verdict") -> str:
    """What a version of a set is called: its label, with the year where the label does not say it."""
    label = capitalise(verdict.label)
    return label if not verdict.version.isdigit() or verdict.version in label else f"{label}, {verdict.version}"


def item_rows(diagnosis: "Diagnosis") -> list[ItemRow]:
    """Every item of every version once, by the part of its id after the hyphen; those of the newest version first."""
    columns = [{_item_name(item): item for item in verdict.items} for verdict in diagnosis.verdicts]
    # Sets without a year come last, for theirs is not known to be the newest wording.
    years = [verdict.version if verdict.version.isdigit() else "" for verdict in diagnosis.verdicts]
    newest = [column for _, column in sorted(zip(years, columns, strict=True), key=itemgetter(0), reverse=True)]
    rows = []
    for name in dict.fromkeys(name for column in newest for name in column):
        items = [column[name] for column in newest if name in column]
        rows.append(
            ItemRow(
                label=capitalise(items[0].label.partition(":")[0]),
                role=items[0].role,
                verdicts=[str(column[name].verdict) if name in column else "" for column in columns],
                met_by=entry_labels(entry for item in items for entry in item.met_by),
                excluded_by=entry_labels(entry for item in items for entry in item.excluded_by),
                missing=entry_labels(entry for item in items for entry in item.missing),
            )
        )
    return rows


def _item_name(item: "ItemVerdict") -> str:
    """What an item is called in every version."""
    return item.item_id.partition("-")[2] or item.item_id


def _missing(sets: list[Set]) -> list[tuple[str, list[str]]]:
    """What is missing, versions that lack the same put together."""
    together: dict[tuple[str, ...], list[str]] = {}
    for each in sets:
        together.setdefault(tuple(each.lacks), []).append(each.name)
    return [(", ".join(names), list(lacks)) for lacks, names in together.items()]


def _by_rank(candidate: "Candidate") -> tuple[int, str]:
    return candidate.rank, candidate.disease_id


def _by_role(verdict: "Verdict") -> "list[tuple[str, list[ItemVerdict]]]":
    """The items of a criteria set under their roles, in the order of the set."""
    roles: dict[str, list[ItemVerdict]] = {}
    for item in verdict.items:
        roles.setdefault(item.role, []).append(item)
    return list(roles.items())


def scale_of(reasons: "Sequence[Reason]") -> float:
    """The natural log of the ratio that fills half a field: the greatest there is, from 20 to 1,000."""
    greatest = max((abs(each.log_likelihood_ratio) for each in reasons), default=0.0)
    return min(max(greatest, _LEAST_SCALE), _MOST_SCALE)


def _bar(log_ratio: float, scale: float) -> Bar:
    width = round(min(abs(log_ratio) / scale, 1) * _HALF, 1)
    if log_ratio < 0:
        return Bar(round(_HALF - width, 1), width, "against", log_ratio)
    return Bar(_HALF, width, "for", log_ratio)


def explain_all(diagnosis: "Diagnosis", book: "TermBook") -> list[Explained]:
    """The candidates by rank, all bars on one scale."""
    scale = scale_of([reason for each in diagnosis.candidates for reason in each.reasons])
    poems = find_candidate(diagnosis, POEMS_IDS)
    names = {name: each.label for each in diagnosis.candidates for name in (each.disease_id, *each.other_ids)}
    found = []
    for candidate in sorted(diagnosis.candidates, key=_by_rank):
        versus = next((each.versus for each in candidate.reasons if each.versus), "")
        rows = [
            ReasonRow(
                label=capitalise(reason.label),
                is_excluded=reason.is_excluded,
                bar=_bar(reason.log_likelihood_ratio, scale),
                grounds=grounds(reason, book),
                claims=len(reason.claims),
                sources=tuple(dict.fromkeys((*reason.sources, *reason.versus_sources))),
            )
            for reason in sorted(candidate.reasons, key=_by_ratio)
        ]
        ids = list({each.casefold(): each for each in (*candidate.other_ids, candidate.disease_id)}.values())[::-1]
        label = names.get(versus) or (tables().label(versus) if versus else "")
        found.append(Explained(candidate, candidate is poems, ids, capitalise(label), rows))
    return found


def _by_ratio(reason: "Reason") -> tuple[float, str]:
    return -reason.log_likelihood_ratio, reason.finding_id


def pair_rows(diagnosis: "Diagnosis") -> list[PairRow]:
    """
    POEMS syndrome beside CIDP, from what tells most for the first to what tells most for the second.

    Empty where the reasons of neither were weighed against the other: figures against others cannot be compared.
    """
    for own, other, sign in ((POEMS_IDS, CIDP_IDS, 1), (CIDP_IDS, POEMS_IDS, -1)):
        candidate = find_candidate(diagnosis, own)
        reasons = [each for each in candidate.reasons if each.versus in other] if candidate else []
        if reasons:
            scale = scale_of(reasons)
            ordered = sorted(reasons, key=lambda each: (-sign * each.log_likelihood_ratio, each.finding_id))
            return [_pair_row(each, sign, scale) for each in ordered]
    return []


def _pair_row(reason: "Reason", sign: int, scale: float) -> PairRow:
    sides = (
        side_words(reason.frequency, reason.probability),
        side_words(reason.versus_frequency, reason.versus_probability),
    )
    return PairRow(
        label=capitalise(reason.label),
        is_excluded=reason.is_excluded,
        in_poems=sides[0 if sign > 0 else 1],
        in_cidp=sides[1 if sign > 0 else 0],
        bar=_bar(sign * reason.log_likelihood_ratio, scale),
        sources=tuple(dict.fromkeys((*reason.sources, *reason.versus_sources))),
    )


def finding_names(finding_ids: Sequence[str], book: "TermBook") -> list[tuple[str, str]]:
    """Findings as id and label."""
    return [(each, clean(label_of(each, book))) for each in finding_ids]
