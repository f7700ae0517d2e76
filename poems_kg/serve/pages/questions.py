"""
The questions, each with a form made from its parameters, its answer as a table and as files, and its SPARQL.

A URL has all that was asked, so that it gives the same answer to whoever opens it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from starlette.routing import BaseRoute, Route

from poems_kg.ids import PoemsKgError
from poems_kg.names import UnknownTermError
from poems_kg.questions import ANY, LINKED, Answer, Parameter, Question, QuestionError, bind, find_question
from poems_kg.questions import find_questions as read_questions
from poems_kg.reports.wording import clean
from poems_kg.serve.asked import Asked
from poems_kg.serve.desk import Desk
from poems_kg.serve.pages.answer_table import lay_out, to_csv, to_tsv
from poems_kg.serve.pages.rendering import page, render, with_query
from poems_kg.serve.problems import NotFoundError
from poems_kg.serve.replies import Reply
from poems_kg.sparql import bind_terms

ROWS: Final = 200
"""Rows on one page; the files have all."""
_FEW: Final = 40
"""Values that are offered for a parameter, at most."""
_ALL_RARE: Final = "all rare disorders"
_OTHER: Final = "other topics"
_FORMS: Final = {
    "csv": "text/csv; charset=utf-8; header=present",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "json": "application/json",
}
_OURS: Final = frozenset({"page"})
"""What a URL may have beside the parameters of the question."""


@dataclass(frozen=True, slots=True)
class Field:
    """
    One parameter in the form: what stands in it, what that came to, and what is wrong with it.

    ``choices`` are the values that the graph has, where these are few. ``problem`` is empty where nothing is wrong.
    """

    parameter: Parameter
    value: str
    is_free: bool
    entity_id: str = ""
    choices: tuple[str, ...] = ()
    problem: str = ""
    nearest: tuple[tuple[str, str], ...] = ()


# --- The list ---


def show_questions(desk: Desk, _asked: Asked) -> Reply:
    """All questions under their topics."""
    topics: dict[str, list[Question]] = {}
    for question in read_questions().values():
        topic = _ALL_RARE if question.needs == LINKED else question.tags[0]
        topics.setdefault(topic, []).append(question)
    alone = [topic for topic, questions in topics.items() if len(questions) == 1 and topic != _ALL_RARE]
    topics[_OTHER] = [topics.pop(topic)[0] for topic in sorted(alone)]
    ordered = sorted(topics.items(), key=lambda each: (each[0] in (_OTHER, _ALL_RARE), -len(each[1]), each[0]))
    return render("questions.html", topics=ordered, is_linked=desk.is_linked, all_rare=_ALL_RARE, here="/questions")


# --- One question ---


def show_question(desk: Desk, asked: Asked) -> Reply:
    """
    One question with its form, and its answer where it can be given.

    :raises NotFoundError: if there is no such question.
    :raises QuestionError: for a parameter that it does not have.
    """
    question = _find(asked.get("name"))
    fields = _fields(desk, question, asked)
    given = _given(fields)
    needs_linked = question.needs == LINKED and not desk.is_linked
    problems = [field for field in fields if field.problem]
    answer = None if needs_linked or problems else desk.kg.ask(question.name, **given)
    values = _answered(desk, question, asked, given, answer) if answer is not None else {"answer": None}
    return render(
        "question.html",
        404 if problems else 200,
        question=question,
        fields=fields,
        problems=problems,
        needs_linked=needs_linked,
        here="/questions",
        **values,
    )


def _answered(desk: Desk, question: Question, asked: Asked, given: Mapping[str, str], answer: Answer) -> dict[str, Any]:
    pages = max(1, -(-len(answer) // ROWS))
    typed = asked.get("page", "1")
    if not typed.isascii() or not typed.isdigit() or not 1 <= int(typed[:9]) <= pages:
        raise NotFoundError(f"{question.name} has no page {typed[:40]!r} of its answer; it has {pages}")
    number = int(typed)
    start = (number - 1) * ROWS
    path = f"/questions/{question.name}"
    sparql = bind_terms(question.sparql, bind(question, given, desk.kg.names))
    return {
        "answer": answer,
        "table": lay_out(answer, answer.rows[start : start + ROWS], question.returns),
        "start": start,
        "page_number": number,
        "pages": pages,
        "page_url": lambda other: with_query(path, {**given, "page": other if other > 1 else ""}),
        "url": with_query(path, given),
        "files": [(form.upper(), with_query(f"{path}.{form}", given)) for form in _FORMS],
        "sparql": sparql,
        "editor_url": with_query("/editor", {"query": sparql}),
    }


def send_answer(desk: Desk, asked: Asked) -> Reply:
    """
    The answer to a question as a file: CSV, TSV or JSON, each with all rows and all columns.

    :raises NotFoundError: if there is no such question, or no such form.
    :raises QuestionError: for a wrong or missing parameter, or where only the linked graph can answer.
    :raises UnknownTermError: for an entity that is not in the graph.
    """
    form = asked.get("form")
    if form not in _FORMS:
        raise NotFoundError(f"an answer is not to be had as {form[:40]!r}; ask for {', '.join(_FORMS)}")
    question = _find(asked.get("name"))
    fields = _fields(desk, question, asked, with_choices=False, is_lenient=False)
    answer = desk.kg.ask(question.name, **_given(fields))
    if form == "json":
        rows = [{column: row.get(column) for column in answer.columns} for row in answer.rows]
        body = json.dumps(rows, ensure_ascii=False, indent=1).encode("utf-8", "replace")
    else:
        body = (to_csv if form == "csv" else to_tsv)(answer.columns, answer.rows)
    return Reply(body, _FORMS[form], 200, (("Content-Disposition", f'attachment; filename="{question.name}.{form}"'),))


def _find(name: str) -> Question:
    try:
        return find_question(name)
    except QuestionError as error:
        advice = str(error).replace("run 'poems-kg ask' for the list", "/questions has the list")
        raise NotFoundError(advice) from error


# --- The form ---


def _fields(
    desk: Desk, question: Question, asked: Asked, *, with_choices: bool = True, is_lenient: bool = True
) -> list[Field]:
    typed = dict(asked.values[sum(name in ("name", "form") for name, _ in asked.values[:2]) :])
    unknown = set(typed) - set(question.parameters) - _OURS
    if unknown:
        has = ", ".join(question.parameters) or "none"
        raise QuestionError(f"{question.name} has no parameter {', '.join(sorted(unknown))[:100]}; it has {has}")
    return [
        _field(desk, question, parameter, typed, with_choices=with_choices, is_lenient=is_lenient)
        for parameter in question.parameters.values()
    ]


def _field(
    desk: Desk,
    question: Question,
    parameter: Parameter,
    typed: Mapping[str, str],
    *,
    with_choices: bool,
    is_lenient: bool,
) -> Field:
    words = clean(typed.get(parameter.name, parameter.default or "")).strip()
    is_free = parameter.is_optional and words.casefold() in ("", ANY)
    if not words and not is_free:
        words = parameter.default or ""
    choices = _choices(desk, question.name, parameter) if with_choices else ()
    if is_free or not parameter.is_entity or (question.needs == LINKED and not desk.is_linked):
        # What is no entity stays in the form as it is, and gets an empty answer where the graph does not have it.
        return Field(parameter, "" if is_free else words, is_free, choices=choices)
    try:
        entity_id = desk.kg.names.find(words, parameter.category)
    except UnknownTermError as error:
        if not is_lenient:
            raise
        problem = f"{words[:200]!r} names nothing in the graph"
        return Field(parameter, words, False, "", choices, problem, tuple(error.nearest))
    return Field(parameter, _shown(desk, entity_id, words, parameter.category), False, entity_id, choices)


def _shown(desk: Desk, entity_id: str, words: str, category: str) -> str:
    """The label of what was meant, if it means the same again; else what was typed."""
    label = desk.kg.names.label(entity_id)
    try:
        return label if desk.kg.names.find(label, category) == entity_id else words
    except PoemsKgError:
        return words


def _given(fields: list[Field]) -> dict[str, str]:
    """What to ask with; entities by id, and nothing where that comes to the same."""
    given: dict[str, str] = {}
    for field in fields:
        if not field.is_free:
            given[field.parameter.name] = field.entity_id or field.value
        elif field.parameter.default is not None:
            given[field.parameter.name] = ANY
    return given


@lru_cache(maxsize=512)
def _choices(desk: Desk, name: str, parameter: Parameter) -> tuple[str, ...]:
    """The values that a parameter which may be left free can have, as the answer with it left free shows them."""
    question = find_question(name)
    if not parameter.is_optional or parameter.name not in question.returns or (question.needs and not desk.is_linked):
        return ()
    answer = desk.kg.ask(name, **{parameter.name: ANY})
    found = {str(row[parameter.name]) for row in answer if row.get(parameter.name) is not None}
    if parameter.is_entity:
        found = {answer.labels.get(value, value) for value in found}
    return tuple(sorted(found)) if len(found) <= _FEW else ()


ROUTES: list[BaseRoute] = [
    Route("/questions", page(show_questions)),
    Route("/questions/{name}.{form}", page(send_answer)),
    Route("/questions/{name}", page(show_question)),
]
