"""A patient as a record: what is present, what is excluded, what was measured. What is in neither list is unknown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from poems_kg.ids import PoemsKgError


class PatientError(PoemsKgError):
    """A patient that cannot be used; the message says which, where in the file, and what to do."""


class RecordError(PatientError):
    """A record that is refused; ``field`` says which part of it, the message why and what to do."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        super().__init__(f"{field}: {message}" if field else message)


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record of a file that gives no patient. ``line`` is 1-based; ``field`` is empty where the whole is meant."""

    path: Path
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else f"{self.path}"
        return ": ".join(part for part in (place, self.field, self.message) if part)


class Sex(StrEnum):
    """The values of a Phenopacket's ``subject.sex``."""

    UNKNOWN_SEX = "UNKNOWN_SEX"
    FEMALE = "FEMALE"
    MALE = "MALE"
    OTHER_SEX = "OTHER_SEX"


@dataclass(frozen=True, slots=True)
class Measurement:
    """
    One measured value, as the file gives it.

    ``value`` is in ``unit`` (UCUM code; empty where the file has none), None where the result is ``result_id``, a
    class. ``reference_low`` and ``reference_high`` are in the same unit. ``place`` says where in the file it stands.
    """

    assay_id: str
    assay_label: str
    value: float | None = None
    unit: str = ""
    result_id: str = ""
    specimen: str = ""
    reference_low: float | None = None
    reference_high: float | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """
    One patient at one time. Findings are ids in use, each once, in the order of the file.

    ``age`` is in years, None where unknown. ``reasons`` says for a finding that nobody recorded why it is held: the
    measurement, the threshold and its source. ``notes`` are lines for the reader: ids followed, measurements not used.
    """

    patient_id: str
    sex: Sex = Sex.UNKNOWN_SEX
    age: float | None = None
    observed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    disease_ids: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
