"""What a worker does for a tool: ask the library, and hand back the answer in its form and as a text, in one JSON."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final, TypeVar, cast

from poems_kg.ids import PoemsKgError, expand, is_known
from poems_kg.questions import LINKED, find_question, find_questions
from poems_kg.serve.assistants import wording
from poems_kg.serve.assistants.answers import (
    Answer,
    Cell,
    Claim,
    Entity,
    Match,
    Matches,
    Parameter,
    Question,
    Questions,
    Rows,
)
from poems_kg.serve.assistants.sources import Bibliography, known_sources, release_of, releases_of
from poems_kg.serve.replies import JSON, Reply
from poems_kg.spelling import normalise
from poems_kg.store import LocalStore, Row

if TYPE_CHECKING:
    from poems_kg import claims, questions
    from poems_kg.serve.desk import Desk

Pairs = tuple[tuple[str, str], ...]
"""Names and values, as something that can be hashed."""

AnswerT = TypeVar("AnswerT", bound=Answer)
MOST_DETAILED: Final = 5
"""Questions that are given with their queries at a time."""
MOST_CHARACTERS: Final = 60_000
"""In the rows of an answer, together: what is given to an assistant takes up its attention."""
SOURCES_OF_MATCH: Final = 3
"""Sources that are named for each thing found, those with the most claims on it."""
MOST_IN_CELL: Final = 4_000
"""Characters of one cell."""


def store_of(desk: "Desk") -> LocalStore:
    """The store of the graph, which a server always has on its own machine."""
    return cast("LocalStore", desk.kg.store)


def to_reply(answer: AnswerT, tell: Callable[[AnswerT], str]) -> Reply:
    """An answer in both its forms: an object with ``text`` and ``answer``."""
    document = {"text": tell(answer), "answer": answer.model_dump(mode="json")}
    # A lone surrogate has no UTF-8; it can only have come from what a client sent.
    return Reply(json.dumps(document, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace"), JSON)


def _rest(what: str, offset: int, given: int, total: int) -> str:
    """Say what was left out of an answer of so many; empty if nothing was."""
    if offset == 0 and given == total:
        return ""
    shown = f"{what} {offset + 1} to {offset + given} of {total}" if given else f"there are only {total} {what}"
    more = f"; ask again with offset={offset + given} for the next" if given and offset + given < total else ""
    return f"These are {shown}{more}." if given else f"Nothing from offset={offset} on: {shown}."


def list_questions(desk: "Desk", about: str, details: bool) -> Reply:
    """The questions that have all words of a text in their name, summary, description or tags."""
    words = normalise(about.replace("_", " ")).split()
    found = [question for question in find_questions().values() if all(word in _words(question) for word in words)]
    given = found[:MOST_DETAILED] if details else found
    rest = ""
    if len(given) < len(found):
        others = ", ".join(question.name for question in found[MOST_DETAILED:])
        rest = f"Details of {len(given)} of {len(found)} questions; ask for the others by name: {others}."
    answer = Questions(
        questions=[_question(question, details=details) for question in given],
        sources=[release_of(store_of(desk))],
        rest=rest,
    )
    return to_reply(answer, wording.tell_questions)


def _words(question: "questions.Question") -> str:
    texts = (question.name.replace("_", " "), question.summary, question.description, *question.tags)
    return normalise(" ".join(texts))


def _question(question: "questions.Question", *, details: bool) -> Question:
    return Question(
        name=question.name,
        summary=question.summary,
        tags=question.tags,
        parameters=[
            Parameter(
                name=each.name,
                takes=(each.category or "entity") if each.is_entity else "text",
                default=each.default,
                is_optional=each.is_optional,
            )
            for each in question.parameters.values()
        ],
        needs=question.needs,
        description=question.description if details else "",
        columns={name: str(text) for name, text in question.returns.items()} if details else {},
        sparql=question.sparql if details else "",
    )


def ask_question(desk: "Desk", name: str, given: Pairs, limit: int, offset: int) -> Reply:
    """Some rows of the answer to a question."""
    question = find_question(name)
    found = desk.kg.ask(question.name, **dict(given))
    rows = bounded(found.rows[offset : offset + limit])
    meant = _meant(desk, question, dict(given))
    bibliography = Bibliography(store_of(desk))
    bibliography.add_rows(rows, [value for value in meant.values() if ":" in value])
    answer = Rows(
        question=question.name,
        summary=question.summary,
        description=question.description,
        parameters=meant,
        columns={column: str(question.returns.get(column, "")) for column in found.columns},
        rows=rows,
        labels=_labels_in(rows, found.labels),
        offset=offset,
        total=len(found),
        notes=list(found.notes),
        sources=bibliography.sources(always=releases_of(store_of(desk)) if question.needs == LINKED else ()),
        rest=_rest("rows", offset, len(rows), len(found)),
    )
    return to_reply(answer, wording.tell_rows)


def _meant(desk: "Desk", question: "questions.Question", given: Mapping[str, str]) -> dict[str, str]:
    """What each parameter was taken for; those that were left free are left out."""
    from poems_kg.ids import compress
    from poems_kg.questions import bind

    bound = bind(question, given, desk.kg.names)
    variables = {each.variable: each for each in question.parameters.values()}
    return {
        variables[key].name: compress(str(value)) if variables[key].is_entity else str(value)
        for key, value in bound.items()
    }


def bounded(rows: "Iterable[Mapping[str, Cell]]") -> list[dict[str, Cell]]:
    """As many of the rows, one at least, as there is room for; texts that are too long are cut, and say so."""
    kept: list[dict[str, Cell]] = []
    size = 0
    for row in rows:
        short = {column: _cut(value) for column, value in row.items()}
        size += sum(len(column) + len(str(value)) for column, value in short.items())
        if kept and size > MOST_CHARACTERS:
            break
        kept.append(short)
    return kept


def _cut(value: Cell) -> Cell:
    if isinstance(value, str) and len(value) > MOST_IN_CELL:
        return f"{value[:MOST_IN_CELL]}… (cut; {len(value)} characters)"
    # JSON has no number for what is none, and none for infinity.
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _labels_in(rows: Iterable[Mapping[str, Cell]], labels: Mapping[str, str]) -> dict[str, str]:
    shown = {value for row in rows for value in row.values() if isinstance(value, str)}
    return {key: label for key, label in labels.items() if key in shown}


_ABOUT = """
PREFIX IAO: <http://purl.obolibrary.org/obo/IAO_>
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
SELECT ?entity ?definition ?source (COUNT(DISTINCT ?claim) AS ?claims) WHERE {
  VALUES ?entity { %s }
  OPTIONAL { ?entity IAO:0000115 ?definition }
  OPTIONAL { ?claim kg:subject|kg:object ?entity ; kg:source ?source }
} GROUP BY ?entity ?definition ?source ORDER BY ?entity DESC(?claims) ?source
"""
_CATEGORIES = """
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
SELECT DISTINCT ?category WHERE { ?entity kg:category ?category } ORDER BY ?category
"""


def search(desk: "Desk", text: str, category: str, limit: int) -> Reply:
    """Entities that a text may mean."""
    categories = {str(row[0]).removeprefix("kg:") for row in store_of(desk).select(_CATEGORIES)[1]}
    wanted = next((each for each in categories if each.casefold() == category.strip().casefold()), "")
    if category.strip() and not wanted:
        has = ", ".join(sorted(categories))
        raise PoemsKgError(f"there is no category {category!r}; give one of {has}, or none")
    found = desk.kg.names.search(text, wanted, limit + 1)
    about: dict[str, list[Row]] = defaultdict(list)
    values = " ".join(f"<{expand(each.entity_id)}>" for each in found[:limit] if is_known(each.entity_id))
    for entity, *cells in store_of(desk).select(_ABOUT % values)[1]:
        about[str(entity)].append(cells)
    bibliography = Bibliography(store_of(desk))
    matches = []
    for each in found[:limit]:
        rows = about[each.entity_id]
        for _, source, _ in rows[:SOURCES_OF_MATCH]:
            bibliography.add_source(str(source))
        matches.append(
            Match(
                id=each.entity_id,
                label=each.label,
                category=each.category,
                name=each.name,
                definition=next((str(row[0]) for row in rows if row[0] is not None), ""),
                claims=sum(row[2] for row in rows if isinstance(row[2], int) and row[1] is not None),
            )
        )
    rest = f"There are more; ask with a limit above {limit}, or with more words." if len(found) > limit else ""
    answer = Matches(matches=matches, sources=bibliography.sources(), rest=rest)
    return to_reply(answer, wording.tell_matches)


def show(desk: "Desk", term: str, relation: str, limit: int, offset: int) -> Reply:
    """An entity with some of its claims."""
    described = desk.kg.show(term)
    relations = dict(Counter(claim.relation for claim in described.claims).most_common())
    wanted = relation.strip().casefold().replace(" ", "_").removeprefix("kg:")
    if wanted and wanted not in relations:
        has = ", ".join(relations) or "none"
        raise PoemsKgError(f"{described.label} has no claims of the relation {relation!r}; it has {has}")
    chosen = [claim for claim in described.claims if claim.relation == wanted or not wanted]
    shown = chosen[offset : offset + limit]
    bibliography = Bibliography(store_of(desk))
    bibliography.add_claims(claim.claim_id for claim in shown)
    citations = {key: source.citation for key, source in known_sources(store_of(desk)).items()}
    answer = Entity(
        id=described.entity_id,
        label=described.label,
        category=described.category,
        definition=described.definition,
        synonyms=[f"{name} ({scope})" for scope, name in described.synonyms],
        matches=[f"{match} ({predicate})" for predicate, match in described.matches],
        broader=dict(described.broader),
        relations=relations,
        claims=[_claim(claim, citations) for claim in shown],
        offset=offset,
        total=len(chosen),
        sources=bibliography.sources(),
        rest=_rest("claims", offset, len(shown), len(chosen)),
    )
    return to_reply(answer, wording.tell_entity)


def _claim(claim: "claims.Claim", citations: Mapping[str, str]) -> Claim:
    from dataclasses import asdict

    from poems_kg.figures import figure_words

    source = f"source:{claim.source_id}"
    return Claim(
        claim=claim.claim_id,
        subject=claim.subject_id,
        subject_label=claim.subject_label,
        relation=claim.relation,
        object=claim.object_id,
        object_label=claim.object_label,
        value=claim.value,
        figures=figure_words(asdict(claim)),
        context=claim.context,
        polarity=claim.polarity,
        certainty=claim.certainty,
        source=source,
        citation=citations.get(source, ""),
        place=claim.place,
        start=claim.start,
        end=claim.end,
        note=claim.note,
    )
