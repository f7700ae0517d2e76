"""What a worker does for the tool diagnose: read findings or a Phenopacket, and say what criteria and figures say."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from poems_kg.ids import PoemsKgError
from poems_kg.serve.assistants import wording
from poems_kg.serve.assistants.answers import Candidate, Criteria, Diagnosis, Item, Reason, Source, Step
from poems_kg.serve.assistants.jobs import store_of, to_reply
from poems_kg.serve.assistants.sources import Bibliography
from poems_kg.serve.replies import Reply

if TYPE_CHECKING:
    from poems_kg import criteria, diagnosis
    from poems_kg.differential import explaining
    from poems_kg.patients.patient import Patient
    from poems_kg.patients.terms import TermBook
    from poems_kg.profiles.index import Index
    from poems_kg.serve.desk import Desk


@dataclass(frozen=True, slots=True)
class Case:
    """
    What an assistant says of a patient: findings as they were typed, or a Phenopacket as JSON.

    ``age`` is in years; ``top`` the number of diseases to give.
    """

    observed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    sex: str = ""
    age: float | None = None
    phenopacket: str = ""
    top: int = 5


def prepare(desk: "Desk") -> Reply:
    """Open all that diagnosing needs, and make it if it was never made on this machine."""
    return Reply(str(len(desk.diagnostician.index.releases)).encode())


def diagnose(desk: "Desk", case: Case) -> Reply:
    """Criteria, differential and next steps for one patient."""
    index = desk.diagnostician.index
    if bool(case.phenopacket) == bool(case.observed or case.excluded):
        raise PoemsKgError("give findings in observed and excluded, or a phenopacket; one of the two")
    patient = _read(case.phenopacket, index.findings) if case.phenopacket else _typed(case, index.findings)
    made = desk.diagnostician.diagnose(patient, case.top)
    answer = _to_answer(made, index, Bibliography(store_of(desk)))
    return to_reply(answer, wording.tell_diagnosis)


def _typed(case: Case, book: "TermBook") -> "Patient":
    from poems_kg.patients.patient import Sex
    from poems_kg.patients.plain import read_terms

    sex = Sex[case.sex.upper()] if case.sex else Sex.UNKNOWN_SEX
    return read_terms(case.observed, book, excluded=case.excluded, sex=sex, age=case.age)


def _read(phenopacket: str, book: "TermBook") -> "Patient":
    from poems_kg.patients.patient import BadRecord
    from poems_kg.patients.reading import read_line
    from poems_kg.patients.terms import Terms

    found = read_line(phenopacket, Terms(book), Path("phenopacket"), 1)
    if isinstance(found, BadRecord):
        raise PoemsKgError(f"phenopacket: {found.field}: {found.message}" if found.field else found.message)
    return found


def _to_answer(made: "diagnosis.Diagnosis", index: "Index", bibliography: Bibliography) -> Diagnosis:
    from poems_kg.diagnosis import NOT_ADVICE

    for reason in (reason for candidate in made.candidates for reason in candidate.reasons):
        bibliography.add_claims((*reason.claims, *reason.versus_claims))
    for verdict in made.verdicts:
        bibliography.add_citations(verdict.citation)
    for step in made.next_steps:
        bibliography.add_claims(step.claims)
    book = index.findings
    return Diagnosis(
        not_advice=NOT_ADVICE,
        understood={
            "present": _labelled(made.patient.observed, book),
            "excluded": _labelled(made.patient.excluded, book),
        },
        criteria=[_criteria(each) for each in made.verdicts],
        differential=[_candidate(each) for each in made.candidates],
        next=[
            Step(
                label=step.label,
                test=step.test_id,
                findings=[*step.finding_labels],
                bits=round(step.information, 4),
                how=step.how,
                settles=[*step.settles],
                citations=[*step.sources],
            )
            for step in made.next_steps
        ],
        notes=[*made.notes],
        sources=[*bibliography.sources(), *_releases(index)],
        rest="",
    )


def _releases(index: "Index") -> list[Source]:
    """The releases that the ranking of all diseases rests on."""
    from poems_kg.releases.catalogue import find_entry

    return [
        Source(
            source="",
            citation=f"{each['file']} {each['version']}",
            title=next((entry.title for entry in find_entry(each["name"])), each["file"]),
            url="",
            passages=[],
            more_passages=0,
        )
        for each in index.releases
    ]


def _labelled(finding_ids: Iterable[str], book: "TermBook") -> list[str]:
    return [f"{book.label(each)} ({each})" for each in finding_ids]


def _criteria(verdict: "criteria.Verdict") -> Criteria:
    from poems_kg.reports.wording import missing_words

    return Criteria(
        set=verdict.set_id,
        label=verdict.label,
        verdict=verdict.verdict.value,
        items=[
            Item(
                item=item.item_id,
                label=item.label,
                role=item.role,
                verdict=item.verdict.value,
                met_by=[each.label for each in item.met_by],
                excluded_by=[each.label for each in item.excluded_by],
            )
            for item in verdict.items
        ],
        missing=missing_words(verdict),
        citation=verdict.citation,
    )


def _candidate(candidate: "diagnosis.Candidate") -> Candidate:
    return Candidate(
        id=candidate.disease_id,
        label=candidate.label,
        rank=candidate.rank,
        score=round(candidate.score, 6),
        posterior=None if candidate.posterior is None else round(candidate.posterior, 6),
        reasons_for=_reasons(candidate, "for"),
        reasons_against=_reasons(candidate, "against"),
    )


def _reasons(candidate: "diagnosis.Candidate", direction: str) -> list[Reason]:
    from poems_kg.diagnosis import CIDP, MOST_REASONS
    from poems_kg.differential.rivals import POEMS

    given = None if candidate.disease_id in {POEMS, CIDP} else MOST_REASONS
    return [_reason(each) for each in candidate.reasons if each.direction == direction][:given]


def _reason(reason: "explaining.Reason") -> Reason:
    return Reason(
        finding=reason.finding_id,
        label=reason.label,
        excluded=reason.is_excluded,
        log_likelihood_ratio=round(reason.log_likelihood_ratio, 4),
        versus=reason.versus,
        text=reason.text,
        claims=[*reason.claims],
        citations=[*reason.sources],
    )
