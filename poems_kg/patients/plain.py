"""
Turn plain objects (``id``, ``sex``, ``age``, ``observed``, ``excluded``) and typed lists of terms into patients.

Terms are ids, labels or synonyms, or objects with ``id`` and ``label``; other fields of an object are left alone.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache

from poems_kg.ids import standardize
from poems_kg.patients.ages import AgeError, check_age, years
from poems_kg.patients.collecting import Collector, read_sex
from poems_kg.patients.patient import Patient, PatientError, RecordError, Sex
from poems_kg.patients.terms import TermBook, Terms, split_term

FIELDS = ("id", "sex", "age", "observed", "excluded", "disease")


def is_plain(record: Mapping[str, object]) -> bool:
    """Say whether an object is of this form."""
    return "observed" in record or "excluded" in record


def read_plain(record: Mapping[str, object], terms: Terms, place: str) -> Patient:
    """
    Read one object.

    :param place: file and line, for the notes.
    :raises RecordError: if it has no id or no findings, contradicts itself, or a field is not of its form.
    """
    collector = Collector(terms, place)
    patient_id = record.get("id")
    if not isinstance(patient_id, str | int) or isinstance(patient_id, bool) or not str(patient_id).strip():
        raise RecordError("id", "no id of the patient; add one")
    for name in ("observed", "excluded"):
        _add_all(collector, name, record.get(name), is_excluded=name == "excluded")
    for name in record:
        meant = _misspelt(name)
        if meant:
            collector.note(name, f"not read; the field is called {meant!r}")
    collector.settle()
    disease = record.get("disease")
    return collector.patient(
        str(patient_id).strip(),
        read_sex(collector, "sex", record.get("sex")),
        _age(collector, record.get("age")),
        disease_ids=(standardize(disease),) if isinstance(disease, str) and disease else (),
        where="observed",
    )


def _add_all(collector: Collector, name: str, values: object, *, is_excluded: bool) -> None:
    if values is None:
        return
    if not isinstance(values, list | tuple):
        raise RecordError(name, f"{values!r} is no list of terms; write [{values!r}]")
    for number, value in enumerate(values):
        where = f"{name}[{number}]"
        if isinstance(value, str):
            collector.add(where, *split_term(value), is_excluded=is_excluded)
        elif isinstance(value, Mapping):
            term_id, label = (str(value.get(key) or "").strip() for key in ("id", "label"))
            collector.add(where, standardize(term_id), label, is_excluded=is_excluded)
        else:
            raise RecordError(where, f"{value!r} is no term; write an HP id or a label")


def _age(collector: Collector, value: object) -> float | None:
    """Age in years, from a number or an ISO 8601 duration."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return check_age(float(value), value)
        return years(str(value))
    except AgeError as error:
        collector.note("age", f"{error}; the age is left unknown")
        return None


@cache
def _misspelt(name: str) -> str:
    """The field of ours that a name comes near to. Whoever writes ``exclude`` does not want it overlooked."""
    if name in FIELDS:
        return ""
    near = get_close_matches(name.casefold(), FIELDS[3:5], n=1, cutoff=0.85)
    return near[0] if near else ""


def read_terms(
    observed: Iterable[str],
    book: TermBook,
    *,
    excluded: Iterable[str] = (),
    sex: Sex = Sex.UNKNOWN_SEX,
    age: float | None = None,
    patient_id: str = "patient",
) -> Patient:
    """
    Make a patient of terms that somebody typed. Unlike a file, a term that is none is an error here.

    :raises UnknownFindingError: if a term is no finding.
    :raises PatientError: if there are none, if one is both present and excluded, or if the age cannot be.
    """
    collector = Collector(Terms(book), "command line")
    for terms, is_excluded in ((observed, False), (excluded, True)):
        for text in terms:
            term_id, label = split_term(text)
            book.find(term_id or label)
            collector.add(text, term_id, label, is_excluded=is_excluded)
    try:
        collector.settle()
        return collector.patient(patient_id, sex, None if age is None else check_age(age, age), where="terms")
    except AgeError as error:
        raise PatientError(f"{error}; give years from 0 to 130") from None
