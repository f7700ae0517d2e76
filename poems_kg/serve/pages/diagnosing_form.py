"""
Turn what was typed into the form for diagnosing, or a file beside it, into a patient, and a patient into a form.

What is typed is read as a Phenopacket that says the same, so that a form and a file are read by one reader. Unlike in a
file, a line that names no finding is a problem here: who typed it can mend it.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from poems_kg.ids import PoemsKgError
from poems_kg.patients.ages import AgeError, check_age, years
from poems_kg.patients.assays import read_assays
from poems_kg.patients.measuring import ABSENT, PRESENT
from poems_kg.patients.patient import BadRecord, Measurement, Patient, RecordError, Sex
from poems_kg.patients.phenopackets import read_phenopacket
from poems_kg.patients.reading import read_patients
from poems_kg.patients.terms import TermBook, Terms, UnknownFindingError, split_term
from poems_kg.serve.asked import Asked, Upload
from poems_kg.spelling import normalise

PLACE: Final = "form"
"""Where findings that were typed stand, in the notes."""
MOST_LINES: Final = 300
"""Findings, and lab values, of one patient; no published case comes near to that."""
_LONGEST: Final = 200
"""Characters of a line; the longest name of a finding in HPO is below this."""
_MOST_PROBLEMS: Final = 10
"""Lines that are told to be wrong; to look for the nearest names of one takes its time."""
_SEXES: Final = {"": Sex.UNKNOWN_SEX, "female": Sex.FEMALE, "male": Sex.MALE, "other": Sex.OTHER_SEX}
_FEATURE: Final = re.compile(r"phenotypicFeatures\[(\d+)\](?:\.type)?")
_MEASURED: Final = re.compile(r"measurements\[(\d+)\](?:\.[\w.]+)?")


@dataclass(frozen=True, slots=True)
class Lab:
    """One row of lab values, as typed: test, value with its unit, specimen, and the bounds of the normal range."""

    assay: str = ""
    value: str = ""
    unit: str = ""
    specimen: str = ""
    low: str = ""
    high: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing is in it."""
        return not any(astuple(self))


@dataclass(frozen=True, slots=True)
class Form:
    """All fields as they were typed; findings one a line."""

    observed: str = ""
    excluded: str = ""
    sex: str = ""
    age: str = ""
    labs: tuple[Lab, ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether no finding and no lab value is in it."""
        return not self.observed.strip() and not self.excluded.strip() and all(lab.is_blank for lab in self.labs)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field, and the findings or tests (id, label) that may be meant."""

    field: str
    message: str
    nearest: tuple[tuple[str, str], ...] = ()


def read_fields(asked: Asked) -> Form:
    """The form as it was sent."""
    columns = [asked.all(name)[: MOST_LINES + 1] for name in Lab.__slots__]
    rows = max(map(len, columns))
    filled = [[text.strip() for text in column] + [""] * (rows - len(column)) for column in columns]
    labs = [Lab(*cells) for cells in zip(*filled, strict=True)]
    return Form(
        asked.get("observed").replace("\r\n", "\n"),
        asked.get("excluded").replace("\r\n", "\n"),
        asked.get("sex"),
        asked.get("age").strip(),
        tuple(lab for lab in labs if not lab.is_blank),
    )


# --- From the form to a patient ---


def read_form(form: Form, book: TermBook) -> tuple[Patient | None, list[Problem]]:
    """
    The patient that the form tells of, or what is wrong with it.

    :raises PatientError: if a unit must be converted and pint is not installed.
    """
    problems: list[Problem] = []
    features = _features(form, book, problems)
    record: dict[str, Any] = {
        "id": "patient",
        "subject": {"sex": _sex(form.sex, problems).value, **_encounter(form.age, problems)},
        "phenotypicFeatures": [
            {"type": {"id": term_id, "label": label}, "excluded": field == "excluded"}
            for field, _, term_id, label in features
        ],
        "measurements": list(_measurements(form.labs, problems)),
    }
    if problems:
        return None, problems
    try:
        return read_phenopacket(record, Terms(book), PLACE), []
    except RecordError as error:
        found = _FEATURE.match(error.field)
        field = features[int(found[1])][0] if found else "observed"
        return None, [Problem(field, _name_places(error.message, [each[:2] for each in features]))]


def _features(form: Form, book: TermBook, problems: list[Problem]) -> list[tuple[str, int, str, str]]:
    """The field and line of each finding that was typed, with its id and label."""
    features = []
    for field, text in (("observed", form.observed), ("excluded", form.excluded)):
        lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
        if len(lines) > MOST_LINES:
            problems.append(Problem(field, f"{len(lines)} lines are more than {MOST_LINES}; leave some out"))
            continue
        for number, line in lines:
            problem = _check_line(field, line, book) if len(problems) < _MOST_PROBLEMS else None
            if problem:
                problems.append(problem)
            features.append((field, number, *split_term(line)))
    return features


def _check_line(field: str, line: str, book: TermBook) -> Problem | None:
    if len(line) > _LONGEST:
        return Problem(field, f"“{line[:40]}…” has more than {_LONGEST} characters; write one finding a line")
    term_id, label = split_term(line)
    try:
        finding_id, _ = book.find(term_id or label)
    except UnknownFindingError as error:
        return Problem(field, f"“{error.text}”: no such finding", error.nearest)
    if not book.is_phenotype(finding_id):
        return Problem(field, f"“{line}” is {book.label(finding_id)} ({finding_id}), not a finding in a patient")
    return None


def _sex(text: str, problems: list[Problem]) -> Sex:
    if text not in _SEXES:
        problems.append(Problem("sex", f"“{text[:40]}” is none of female, male, other"))
    return _SEXES.get(text, Sex.UNKNOWN_SEX)


def _encounter(text: str, problems: list[Problem]) -> dict[str, Any]:
    if not text:
        return {}
    try:
        age = _number(text)
        age = years(text.upper()) if age is None else check_age(age, text)
    except AgeError:
        problems.append(Problem("age", f"“{text[:40]}” is no age; write years from 0 to 130, such as 49"))
        return {}
    return {"timeAtLastEncounter": {"age": {"iso8601duration": f"P{age:.6f}".rstrip("0").rstrip(".") + "Y"}}}


def _measurements(labs: tuple[Lab, ...], problems: list[Problem]) -> Iterator[dict[str, Any]]:
    if len(labs) > MOST_LINES:
        problems.append(Problem("assay-1", f"more than {MOST_LINES} lab values; leave some out"))
        return
    for number, lab in enumerate(labs, start=1):
        yield _measurement(lab, number, problems)


def _measurement(lab: Lab, number: int, problems: list[Problem]) -> dict[str, Any]:
    def complain(field: str, message: str, nearest: tuple[tuple[str, str], ...] = ()) -> None:
        problems.append(Problem(f"{field}-{number}", message, nearest))

    if not lab.assay:
        complain("assay", "the test is missing; name it")
    elif len(lab.assay) > _LONGEST or read_assays().find(Measurement("", lab.assay)) is None:
        complain("assay", f"“{lab.assay[:40]}” is no test that a threshold is known for", _near_tests(lab.assay))
    value, low, high = (_number(text) for text in (lab.value, lab.low, lab.high))
    is_words = normalise(lab.value[:_LONGEST]) in PRESENT | ABSENT
    if not lab.value:
        complain("value", "the value is missing")
    elif value is None and not is_words:
        complain("value", f"“{lab.value[:40]}” is no number, positive or negative; write one, with a decimal point")
    elif value is not None and value < 0:
        complain("value", f"a value of {value:g} cannot be")
    elif value is not None and not lab.unit:
        complain("unit", "the unit is missing; write it in UCUM, such as g/L")
    for field, text, bound in (("low", lab.low, low), ("high", lab.high, high)):
        if text and bound is None:
            complain(field, f"“{text[:40]}” is no number; write one, with a decimal point")
    if low is not None and high is not None and low > high:
        complain("high", "the normal range ends before it starts")
    if lab.specimen and lab.specimen not in known_specimens():
        complain("specimen", f"“{lab.specimen[:40]}” is no specimen that is known; choose one, or leave it open")
    bounds = {name: bound for name, bound in (("low", low), ("high", high)) if bound is not None}
    quantity: dict[str, Any] = {"unit": {"label": lab.unit[:_LONGEST]}, "value": value}
    if bounds:
        quantity["referenceRange"] = bounds
    result = {"ontologyClass": {"label": lab.value[:_LONGEST]}} if is_words else {"quantity": quantity}
    return {
        "assay": {"label": lab.assay[:_LONGEST]},
        "value": result,
        "procedure": {"bodySite": {"label": lab.specimen}} if lab.specimen in known_specimens() else {},
    }


def _number(text: str) -> float | None:
    try:
        number = float(text.replace("\N{MINUS SIGN}", "-")) if len(text) < 40 and "_" not in text else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _near_tests(text: str) -> tuple[tuple[str, str], ...]:
    from rapidfuzz import fuzz, process

    close = process.extract(text[:_LONGEST].casefold(), known_tests(), scorer=fuzz.WRatio, limit=3, score_cutoff=60)
    return tuple(("", label) for label, _, _ in close)


@cache
def known_tests() -> tuple[str, ...]:
    """What the tests are called that lab values can be given for."""
    return tuple(sorted({assay.label for assay in read_assays().by_name.values()}, key=str.casefold))


@cache
def known_specimens() -> tuple[str, ...]:
    """What tests are made of."""
    return tuple(sorted({label for assay in read_assays().by_name.values() for label in assay.specimens.values()}))


# --- From a file to a patient, and from a patient to the form ---


def read_upload(upload: Upload, book: TermBook) -> tuple[Patient | None, list[Problem]]:
    """The one patient of a file, or what is wrong with it; nothing is written to disk."""
    path = Path(re.split(r"[/\\]", upload.filename)[-1][-100:] or "file")
    try:
        first, *others = _first_two(read_patients(path, book, upload.content))
    except PoemsKgError as error:
        return None, [Problem("file", f"file {error}")]
    if isinstance(first, BadRecord):
        return None, [Problem("file", f"file {first}")]
    if others:
        advice = "give one at a time here, or run poems-kg diagnose with the file"
        return None, [Problem("file", f"file {path}: more than one patient; {advice}")]
    return first, []


def _first_two(found: Iterator[Patient | BadRecord]) -> list[Patient | BadRecord]:
    return [each for _, each in zip(range(2), found, strict=False)]


def form_of(patient: Patient, book: TermBook) -> Form:
    """The form that tells of a patient: what is recorded and measured, not what follows from it."""
    results = {each.result_id for each in patient.measurements}
    recorded = [each for each in patient.observed if each not in patient.reasons or each in results]
    return Form(
        "\n".join(_line(finding_id, book) for finding_id in recorded),
        "\n".join(_line(finding_id, book) for finding_id in patient.excluded if finding_id not in patient.reasons),
        next((name for name, sex in _SEXES.items() if sex is patient.sex), ""),
        "" if patient.age is None else f"{patient.age:.4g}",
        tuple(lab for each in patient.measurements if (lab := _lab(each)) is not None),
    )


def _line(finding_id: str, book: TermBook) -> str:
    """The label of a finding where that says it all; else its id with the label behind it."""
    label = book.label(finding_id)
    try:
        return label if book.find(label) == (finding_id, "") else f"{finding_id} {label}"
    except UnknownFindingError:
        return f"{finding_id} {label}"


def _lab(given: Measurement) -> Lab | None:
    """A row for a measurement; none where nothing can follow from it."""
    assays = read_assays()
    assay = assays.find(given)
    words = "positive" if normalise(given.result_id) in PRESENT else "negative"
    if assay is None or (given.value is None and normalise(given.result_id) not in PRESENT | ABSENT):
        return None
    made_of = list(assays.specimens_of(assay, given.specimen).values()) if given.specimen else []
    label = given.assay_label if assays.find(Measurement("", given.assay_label)) is assay else assay.label
    numbers = ("" if bound is None else f"{bound:.15g}" for bound in (given.reference_low, given.reference_high))
    value = words if given.value is None else f"{given.value:.15g}"
    return Lab(label, value, given.unit, made_of[0] if len(made_of) == 1 else "", *numbers)


def _name_places(message: str, lines: list[tuple[str, int]]) -> str:
    """A message with the fields of the form in place of those of a Phenopacket."""

    def name(found: re.Match[str]) -> str:
        field, line = lines[int(found[1])]
        return f"line {line} of the findings {'present' if field == 'observed' else 'excluded'}"

    message = _FEATURE.sub(name, message)
    return _MEASURED.sub(lambda found: f"lab value {int(found[1]) + 1}", message)


def name_notes(form: Form, notes: tuple[str, ...]) -> list[str]:
    """The notes on a patient of the form, with the fields of the form in them."""
    lines = [
        (field, number)
        for field, text in (("observed", form.observed), ("excluded", form.excluded))
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip()
    ]
    return [_name_places(note.removeprefix(f"{PLACE}: "), lines) for note in notes]
