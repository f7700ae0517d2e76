"""
Turn what is in a diagnosis into the words that a page and a picture show alike.

Nothing here knows HTML or matplotlib, and nothing is decided here: figures are rounded, labels found, texts cleaned.
"""

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from poems_kg.ids import PoemsKgError
from poems_kg.patients.patient import Measurement, Patient, Sex

if TYPE_CHECKING:
    from poems_kg.criteria import Entry, Missing, Verdict
    from poems_kg.diagnosis import Candidate, Diagnosis
    from poems_kg.differential.explaining import Reason
    from poems_kg.patients.terms import TermBook

NOT_ADVICE: Final = "Not medical advice."
POEMS_IDS: Final = frozenset({"MONDO:0017364", "ORPHA:2905"})
CIDP_IDS: Final = frozenset({"MONDO:0006702", "ORPHA:2932"})
"""The ids under which the two disorders may come that are told apart side by side."""

TRUTH_WORDS: Final = {"met": "Met", "not_met": "Not met", "unknown": "Unknown"}
_SEX_WORDS: Final = {
    Sex.FEMALE: "female",
    Sex.MALE: "male",
    Sex.OTHER_SEX: "other sex",
    Sex.UNKNOWN_SEX: "sex not stated",
}
# Control characters, which XML cannot have, and those that turn the direction of what stands after them.
_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_MOST_RATIO: Final = 1000


def clean(text: str) -> str:
    """A text with every character replaced that a page cannot show, or that would disturb its neighbours."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)


def capitalise(label: str) -> str:
    """A label with a capital first letter, abbreviations and the like untouched."""
    return label[:1].upper() + label[1:]


def label_of(finding_id: str, book: "TermBook") -> str:
    """The label of a finding; what the book does not know stands as it is."""
    try:
        return capitalise(book.label(finding_id)) or finding_id
    except (KeyError, PoemsKgError):
        return finding_id


def labels_of(finding_ids: Iterable[str], book: "TermBook") -> list[str]:
    """The labels of findings, in their order, each once."""
    return list(dict.fromkeys(label_of(each, book) for each in finding_ids))


def entry_labels(entries: "Iterable[Entry]") -> list[str]:
    """The labels of entries, in their order, each once."""
    return list(dict.fromkeys(capitalise(each.label) or each.entry_id for each in entries))


def missing_words(verdict: "Verdict") -> list[str]:
    """What keeps a criteria set from being met: parts of its rule that are open, or else the items that are not met."""
    if verdict.missing:
        return [_open_part(each) for each in verdict.missing]
    if TRUTH_WORDS[verdict.verdict] != "Not met":
        return []
    found = []
    for item in verdict.items:
        if item.verdict == "not_met":
            excluded = "; ".join(entry_labels(item.excluded_by))
            found.append(f"{capitalise(item.label)}: ruled out" + (f", for {excluded} is excluded" if excluded else ""))
    return found


def _open_part(part: "Missing") -> str:
    items = entry_labels(part.items)
    if part.label and len(items) < 2:
        return capitalise(part.label)
    words = " or ".join(items)
    return f"{capitalise(part.label)}: {words}" if part.label else words


def person(patient: Patient) -> str:
    """Sex and age in words, age in whole years from two years on."""
    if patient.age is None:
        age = "age not stated"
    elif patient.age < 2:
        age = f"{patient.age * 12:.0f} months"
    else:
        age = f"{math.floor(patient.age)} years"
    return f"{_SEX_WORDS[patient.sex]}, {age}"


def count(number: int, one: str, many: str = "") -> str:
    """
    A number with its noun.

    >>> count(1, "finding"), count(2, "finding"), count(0, "is", "are")
    ('1 finding', '2 findings', '0 are')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def percent(share: float | None) -> str:
    """
    A share of one in percent, never rounded to nothing or to certainty; empty for None and for not a number.

    >>> print(*map(percent, (0.9, 0.123, 0.041, 0.00001, 0.99999, 0.0)), sep=", ")
    90 %, 12 %, 4.1 %, <0.1 %, >99.9 %, 0 %
    """
    if share is None or math.isnan(share):
        return ""
    if share in (0, 1):
        return f"{share * 100:.0f}\N{NO-BREAK SPACE}%"
    if share < 0.001:
        return "<0.1\N{NO-BREAK SPACE}%"
    if share > 0.999:
        return ">99.9\N{NO-BREAK SPACE}%"
    places = 1 if share < 0.0995 or share > 0.99 else 0
    return f"{share * 100:.{places}f}".removesuffix(".0") + "\N{NO-BREAK SPACE}%"


def number(value: float) -> str:
    """A score or a number of bits with two places, or that there is none."""
    return f"{value:.2f}" if math.isfinite(value) else "without a figure"


def grounds(reason: "Reason", book: "TermBook") -> str:
    """Why a finding says what it says: the sentence that comes with it, else how often it is seen and as what."""
    if reason.text:
        absent = f"No {reason.label[:1].lower()}{reason.label[1:]}: "
        return reason.text.removeprefix(absent if reason.is_excluded else f"{reason.label}: ")
    parts = []
    if reason.matched_as and reason.matched_as != reason.finding_id:
        parts.append(f"as {label_of(reason.matched_as, book)}")
    frequency = frequency_words(reason)
    if frequency:
        parts.append(f"seen in {frequency}")
    return ", ".join(parts)


def frequency_words(reason: "Reason") -> str:
    """How often the finding is seen in the disease, with its interval where there is one; empty where nobody says."""
    middle, low, high = percent(reason.frequency), percent(reason.low), percent(reason.high)
    return f"{middle} ({low} to {high})" if middle and low and high and low != high else middle


def side_words(frequency: float | None, probability: float) -> str:
    """How often a finding is seen in one of two diseases, or what is taken where nothing is said of it."""
    said = percent(frequency)
    if said:
        return said
    taken = percent(probability)
    return f"nothing said, taken as {taken}" if taken else "nothing said"


def ratio_words(log_ratio: float) -> str:
    """
    A natural log of a likelihood ratio as a factor: what speaks for with ×, what speaks against with ÷.

    >>> ratio_words(2.5), ratio_words(-0.7), ratio_words(0.01), ratio_words(9), ratio_words(-9)
    ('×12', '÷2.0', '×1', '×>1,000', '÷>1,000')
    """
    if math.isnan(log_ratio):
        return "no figure"
    sign = "÷" if log_ratio < 0 else "×"
    # No exponential of what is out of range, and none of infinity.
    ratio = math.exp(min(abs(log_ratio), 50))
    if ratio >= _MOST_RATIO:
        return f"{sign}>1,000"
    if ratio < 1.05:
        return "×1"
    return f"{sign}{ratio:.0f}" if ratio >= 9.95 else f"{sign}{ratio:.1f}"


def quantity(measurement: Measurement) -> str:
    """Value and unit of a measurement as the file gives them."""
    if measurement.value is None:
        return ""
    value = f"{measurement.value:,.6g}" if abs(measurement.value) < 1e6 else f"{measurement.value:g}"
    return f"{value} {_unit(measurement)}".strip()


def reference_range(measurement: Measurement) -> str:
    """The reference range of a measurement, empty where the file has none."""
    low, high = measurement.reference_low, measurement.reference_high
    if low is None and high is None:
        return ""
    if low is None:
        return f"up to {high:g} {_unit(measurement)}".strip()
    return (f"from {low:g}" if high is None else f"{low:g}–{high:g}") + f" {_unit(measurement)}".rstrip()


def _unit(measurement: Measurement) -> str:
    return measurement.unit.removeprefix("UCUM:")


def is_disease(candidate: "Candidate", ids: frozenset[str]) -> bool:
    """Say whether a candidate is the disease of these ids."""
    return not ids.isdisjoint((candidate.disease_id, *candidate.other_ids))


def find_candidate(diagnosis: "Diagnosis", ids: frozenset[str]) -> "Candidate | None":
    """The candidate that has one of these ids."""
    return next((each for each in diagnosis.candidates if is_disease(each, ids)), None)
