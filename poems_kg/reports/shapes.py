"""What a page and a picture need of a diagnosis, and of a disease in it."""

# ruff: noqa: D102 - the fields are described where the records are made

from collections.abc import Sequence
from typing import Protocol

from poems_kg.criteria import Verdict
from poems_kg.differential.explaining import Reason
from poems_kg.differential.next_steps import NextStep
from poems_kg.patients.patient import Patient


class Candidate(Protocol):
    """One disease of the differential."""

    @property
    def disease_id(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def rank(self) -> int: ...
    @property
    def score(self) -> float: ...
    @property
    def posterior(self) -> float | None: ...
    @property
    def other_ids(self) -> Sequence[str]: ...
    @property
    def reasons(self) -> Sequence[Reason]: ...


class Diagnosis(Protocol):
    """All that was found out about one patient."""

    @property
    def patient(self) -> Patient: ...
    @property
    def verdicts(self) -> Sequence[Verdict]: ...
    @property
    def candidates(self) -> Sequence[Candidate]: ...
    @property
    def next_steps(self) -> Sequence[NextStep]: ...
    @property
    def notes(self) -> Sequence[str]: ...
