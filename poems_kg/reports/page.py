"""Fill the templates: everything that comes from outside is escaped there, none of it is ever marked as safe."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from poems_kg.ids import PoemsKgError
from poems_kg.reports.citations import link_parts
from poems_kg.reports.sections import build_stories, finding_names, set_name
from poems_kg.reports.wording import (
    NOT_ADVICE,
    POEMS_IDS,
    TRUTH_WORDS,
    capitalise,
    clean,
    count,
    entry_labels,
    labels_of,
    number,
    percent,
    person,
    quantity,
    ratio_words,
    reference_range,
)

if TYPE_CHECKING:
    from jinja2 import Environment

    from poems_kg.diagnosis import Diagnosis
    from poems_kg.patients.terms import TermBook

_TEMPLATES: Final = Path(__file__).parent / "templates"


class ReportError(PoemsKgError):
    """A report that cannot be made: no diagnosis, or a missing library."""


def report(diagnoses: "Sequence[Diagnosis]", book: "TermBook", versions: Mapping[str, str] | None = None) -> str:
    """
    Lay diagnoses out as one HTML page; those of one patient at several time points are told as a story.

    :param book: what knows the labels of findings.
    :param versions: what the diagnoses rest on, as name and release, such as ``{"HPO": "2025-01-16"}``.
    :raises ReportError: without any diagnosis, or where jinja2 is missing.
    """
    if not diagnoses:
        raise ReportError("there is no patient to report on; give at least one diagnosis")
    stories = build_stories(diagnoses, book)
    # The order of the first patient; a set that only others have comes after.
    sets = dict.fromkeys(set_name(each) for diagnosis in diagnoses for each in diagnosis.verdicts)
    return (
        _environment()
        .get_template("report.html")
        .render(
            stories=stories,
            sets=list(sets),
            versions=dict(versions or {}),
            patients=len(diagnoses),
            labels=lambda ids: labels_of(ids, book),
            named=lambda ids: finding_names(ids, book),
        )
    )


@cache
def _environment() -> "Environment":
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise ReportError(f"{error.name} is missing; install poems-kg with its 'diagnose' extra") from error
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_clean,
    )
    made.filters |= {
        "capitalise": capitalise,
        "entries": entry_labels,
        "link_parts": lambda text: link_parts(clean(text)),
        "number": number,
        "percent": percent,
        "person": person,
        "quantity": quantity,
        "ratio": ratio_words,
        "reference_range": reference_range,
        "truth": lambda verdict: TRUTH_WORDS[str(verdict)],
    }
    made.globals |= {"count": count, "not_advice": NOT_ADVICE, "poems_ids": POEMS_IDS}
    return made


def _clean(value: Any) -> Any:
    # What is already markup is the template's own, made of values that came through here.
    return clean(value) if type(value) is str else value
