"""A kernel for the tests of cohorts: it knows every HP id, ranks by arithmetic, and can be told to fail."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from poems_kg.cohorts.kernel import Record, read_content
from poems_kg.cohorts.results import Columns, Row
from poems_kg.ids import PoemsKgError
from poems_kg.patients.patient import BadRecord, Patient
from poems_kg.patients.terms import Terms, UnknownFindingError


class Book:
    """Every HP id is a finding that is a kind of nothing."""

    def find(self, text: str) -> tuple[str, str]:
        if not text.startswith("HP:"):
            raise UnknownFindingError(text)
        return text, ""

    def label(self, finding_id: str) -> str:
        return f"finding {finding_id}"

    def ancestors(self, finding_id: str) -> frozenset[str]:
        return frozenset({finding_id})

    def is_phenotype(self, finding_id: str) -> bool:
        return finding_id.startswith("HP:")


@dataclass(frozen=True)
class OpenSmall:
    """
    Opens it.

    ``breaks_at`` is a patient at whom the work breaks off, after ``kill`` the process; ``key`` is the state of data.
    """

    breaks_at: str = ""
    key: str = "small 1"

    def __call__(self) -> "SmallKernel":
        return SmallKernel(self)


COLUMNS = {
    "patient_id": str, "sex": str, "observed": int, "verdict_small": str, "poems_rank": int, "poems_score": float,
    "poems_posterior": float, "reasons": str,
}  # fmt: skip


class SmallKernel:
    """The kernel itself."""

    def __init__(self, opener: OpenSmall) -> None:
        self.columns: Columns = COLUMNS
        self._opener = opener
        self.key = opener.key
        self._terms = Terms(Book())

    def read(self, record: Record, path: Path) -> Patient | BadRecord:
        return read_content(record, self._terms, path)

    def screen(self, patients: Sequence[Patient]) -> list[Row]:
        return [self._screen(patient) for patient in patients]

    def _screen(self, patient: Patient) -> Row:
        if self._opener.breaks_at == f"kill {patient.patient_id}":
            os._exit(1)
        if patient.patient_id == self._opener.breaks_at:
            raise RuntimeError("broken off")
        if "HP:0000666" in patient.observed:
            raise PoemsKgError("HP:0000666: nobody can have this; leave it out")
        total = sum(int(finding[3:]) for finding in patient.observed)
        return {
            "patient_id": patient.patient_id,
            "sex": patient.sex.value,
            "observed": len(patient.observed),
            "verdict_small": "unknown" if patient.excluded else "met",
            "poems_rank": total % 97,
            "poems_score": total / 7,
            "poems_posterior": None if total % 2 else 1 / (1 + total),
            "reasons": f"{patient.observed[0]} für" if patient.observed else "",
        }
