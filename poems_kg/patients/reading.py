"""
Turn files of patients, Phenopackets or plain objects, into patients, one at a time, as they stream.

A record that cannot be used comes out as a :class:`BadRecord` in its place, and reading goes on with the next.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from poems_kg.patients.patient import BadRecord, Patient, RecordError
from poems_kg.patients.phenopackets import is_phenopacket, read_phenopacket
from poems_kg.patients.plain import is_plain, read_plain
from poems_kg.patients.records import parse, read_records
from poems_kg.patients.terms import TermBook, Terms

_GENERATION = 250_000
"""How many ids of patients are remembered at least, so that one that comes again is seen in bounded memory."""


def read_patients(path: Path, book: TermBook, content: bytes | None = None) -> Iterator[Patient | BadRecord]:
    """
    Read the patients of a file, in its order.

    :param content: what is in the file, where that is at hand; nothing is read from disk then.
    :raises PatientError: if the file cannot be opened, is broken as gzip, or needs a package that is not installed.
    """
    terms = Terms(book)
    seen = _Seen()
    is_empty = True
    for line, record in read_records(path, content):
        is_empty = False
        patient = read_record(record, terms, path, line)
        if isinstance(patient, Patient):
            earlier = seen.line_before(patient.patient_id, line)
            if earlier:
                message = f"{patient.patient_id!r} is also the patient of line {earlier}; give each its own id"
                yield BadRecord(path, line, "id", message)
                continue
        yield patient
    if is_empty:
        yield BadRecord(path, 0, "", "there are no patients in this file; give one that has some")


def read_line(text: str, terms: Terms, path: Path, line: int) -> Patient | BadRecord:
    """Read one line of a JSON Lines file."""
    return read_record(parse(text), terms, path, line)


def read_record(record: object, terms: Terms, path: Path, line: int) -> Patient | BadRecord:
    """
    Read one record that is parsed: a Phenopacket as the object of its JSON, or a plain patient.

    :param record: may be a :class:`RecordError`, which becomes a bad record.
    """
    if isinstance(record, RecordError):
        return BadRecord(path, line, record.field, record.message)
    try:
        return _read(record, terms, f"{path.name}:{line}")
    except RecordError as error:
        return BadRecord(path, line, error.field, error.message)


def _read(record: object, terms: Terms, place: str) -> Patient:
    if not isinstance(record, Mapping):
        raise RecordError("", f"a patient is an object in braces, not {_kind(record)}; write one")
    if is_plain(record):
        return read_plain(record, terms, place)
    if is_phenopacket(record):
        return read_phenopacket(record, terms, place)
    raise RecordError(
        "", "neither a Phenopacket (phenotypicFeatures) nor a plain patient (observed, excluded); add the findings"
    )


def _kind(value: object) -> str:
    kinds = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


class _Seen:
    """
    The ids of the latest patients with their lines: at least :data:`_GENERATION` of them, at most twice that.

    To find every repetition in a file of any length would take memory that grows with the file.
    """

    def __init__(self) -> None:
        self._latest: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def line_before(self, patient_id: str, line: int) -> int:
        """Give the line where the id stood before, or 0, and remember it."""
        earlier = self._latest.get(patient_id) or self._before.get(patient_id, 0)
        if not earlier:
            if len(self._latest) >= _GENERATION:
                self._before, self._latest = self._latest, {}
            self._latest[patient_id] = line
        return earlier
