"""
The page for diagnosing: a form, or a Phenopacket, becomes criteria checklists, a differential, and what to ask next.

What is told of a patient is in no URL and in no cache, and is not written to disk. Not medical advice.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from poems_kg.ids import PoemsKgError, expand, is_known
from poems_kg.reports import wording
from poems_kg.reports.citations import link_parts
from poems_kg.serve.answering import answer
from poems_kg.serve.asked import Asked
from poems_kg.serve.desk import Desk
from poems_kg.serve.pages.diagnosing_examples import EXAMPLES
from poems_kg.serve.pages.diagnosing_form import (
    Form,
    Lab,
    Problem,
    form_of,
    known_specimens,
    known_tests,
    name_notes,
    read_fields,
    read_form,
    read_upload,
)
from poems_kg.serve.pages.rendering import claim_url, entity_url, read_asked, render
from poems_kg.serve.problems import NotFoundError
from poems_kg.serve.replies import Reply

if TYPE_CHECKING:
    from starlette.responses import Response

    from poems_kg.diagnosis import Diagnosis
    from poems_kg.patients.patient import Patient

TOP: Final = 10
"""Diseases of the differential, as ``poems-kg diagnose`` gives them."""
_SECONDS: Final = 60.0
"""The longest a diagnosis may take: the first of a worker opens an index of all rare diseases."""
_LEAST_ROWS: Final = 3
_SPARE_ROWS: Final = 2
"""Empty rows for lab values: as many at least, and as many below those that are filled in."""
_PRIVATE: Final = (("Cache-Control", "no-store"),)
_CLAIM: Final = re.compile(r"\b(claim:C\d+)\b")


def show_form(desk: Desk, asked: Asked) -> Reply:
    """
    The form, empty, or filled in with an example and answered.

    :raises NotFoundError: if there is no such example.
    """
    name = asked.get("example")
    if not name:
        return _render(desk, Form(), [])
    example = next((each for each in EXAMPLES if each.name == name), None)
    if example is None:
        names = ", ".join(each.name for each in EXAMPLES)
        raise NotFoundError(f"no example is called {name[:40]!r}; there are {names}")
    return _answer(desk, example.form, example.name)


def diagnose(desk: Desk, asked: Asked) -> Reply:
    """The form as it was sent with its answer, or with what is wrong with it."""
    form = read_fields(asked)
    upload = next((file for file in asked.files if file.field == "file"), None)
    if not desk.can_diagnose:
        return _render(desk, form, [])
    if upload is None:
        return _answer(desk, form)
    if not form.is_blank and asked.get("use") != "file":
        words = "the fields above are filled in, too; press Read the file to put it in their place, or take it out"
        return _render(desk, form, [Problem("file", words)])
    patient, problems = read_upload(upload, desk.diagnostician.index.findings)
    if patient is None:
        return _render(desk, form, problems)
    return _show(desk, form_of(patient, desk.diagnostician.index.findings), patient, list(patient.notes))


def _answer(desk: Desk, form: Form, example: str = "") -> Reply:
    if not desk.can_diagnose:
        return _render(desk, form, [])
    if form.is_blank:
        words = "no finding and no lab value is given; write at least one, or choose a file"
        return _render(desk, form, [Problem("observed", words)])
    patient, problems = read_form(form, desk.diagnostician.index.findings)
    if patient is None:
        return _render(desk, form, problems)
    return _show(desk, form, patient, name_notes(form, patient.notes), example)


def _show(desk: Desk, form: Form, patient: "Patient", notes: list[str], example: str = "") -> Reply:
    from poems_kg.criteria import find_criteria
    from poems_kg.reports.sections import build_stories, finding_names

    diagnostician = desk.diagnostician
    book = diagnostician.index.findings
    diagnosis = diagnostician.diagnose(patient, TOP)
    point = build_stories([diagnosis], book)[0].points[0]
    current = find_criteria("current").set_id
    return _render(
        desk,
        form,
        [],
        example,
        point=point,
        current=next(each for each in point.sets if each.verdict.set_id == current),
        cidp=wording.find_candidate(diagnosis, wording.CIDP_IDS),
        notes=notes,
        named=lambda ids: finding_names(ids, book),
        address=_addresses(desk, diagnosis),
        diseases=len(diagnostician.index.diseases.ids),
        releases=diagnostician.index.releases,
    )


def _addresses(desk: Desk, diagnosis: "Diagnosis") -> "Any":
    """Where each finding and disorder of a diagnosis leads: to its page here, else to its own address."""
    found = {*diagnosis.patient.observed, *diagnosis.patient.excluded}
    for candidate in diagnosis.candidates:
        found |= {candidate.disease_id, *candidate.other_ids, *(reason.finding_id for reason in candidate.reasons)}
    ours = desk.kg.names.labels(sorted(found))

    def address(curie: str) -> str:
        if curie in ours:
            return entity_url(curie)
        iri = expand(curie) if is_known(curie) else ""
        return iri if iri.startswith(("http://", "https://")) else ""

    return address


def _linked(text: str) -> list[tuple[str, str]]:
    """A text as words and what leads somewhere, claims of ours among it."""
    parts: list[tuple[str, str]] = []
    for words in _CLAIM.split(wording.clean(text)):
        parts += [(words, claim_url(words))] if _CLAIM.fullmatch(words) else link_parts(words)
    return parts


def _render(desk: Desk, form: Form, problems: list[Problem], example: str = "", **shown: Any) -> Reply:
    rows = [*form.labs, *[Lab()] * max(_SPARE_ROWS, _LEAST_ROWS - len(form.labs))]
    missing = "" if desk.can_diagnose else _why_not(desk)
    status = 503 if missing and not form.is_blank else 422 if problems else 200
    return render(
        "diagnose.html",
        status,
        _PRIVATE,
        here="/diagnose",
        form=form,
        rows=rows,
        problems=problems,
        problem_of=_by_field(problems),
        missing=missing,
        example=example,
        examples=EXAMPLES,
        tests=known_tests(),
        specimens=known_specimens(),
        most_bytes=desk.settings.body_bytes,
        linked=_linked,
        words=wording,
        **{"point": None, **shown},
    )


def _by_field(problems: Iterable[Problem]) -> dict[str, list[Problem]]:
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        found.setdefault(problem.field, []).append(problem)
    return found


def _why_not(desk: Desk) -> str:
    """Why nothing can be diagnosed here, and what to do about it."""
    try:
        return "" if desk.diagnostician else "nothing is there to diagnose with"
    except PoemsKgError as error:
        return str(error)


async def _respond(request: Request) -> "Response":
    asked = await read_asked(request)
    job = diagnose if request.method == "POST" else show_form
    return answer(request, await request.app.state.workers.reply(job, asked, keep=False, seconds=_SECONDS))


ROUTES: list[BaseRoute] = [Route("/diagnose", _respond, methods=["GET", "POST"])]
