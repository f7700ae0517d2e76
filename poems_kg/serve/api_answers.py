"""Jobs of the REST interface: what the library says, as TSV or as the JSON that ``api_models`` describes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from poems_kg.claims import CLAIM_COLUMNS, Claim
from poems_kg.names import UnknownTermError
from poems_kg.questions import ANY, Answer, Question, QuestionError, find_question, find_questions
from poems_kg.serve.problems import NotFoundError
from poems_kg.serve.replies import Reply, to_json
from poems_kg.views import VIEWS, ViewError
from poems_kg.views.neighbourhood import neighbourhood

if TYPE_CHECKING:
    from poems_kg.serve.desk import Desk

TSV: Final = "text/tab-separated-values; charset=utf-8"
Values = tuple[tuple[str, str], ...]
"""Names and values of a query string."""

_CITATIONS: Final = """
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
SELECT ?source ?citation WHERE { ?source a kg:Publication ; kg:citation ?citation } ORDER BY ?source ?citation
"""


def to_tsv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Reply:
    """Rows as TSV, as the command prints them with ``-f tsv``."""
    lines = ["\t".join(columns), *("\t".join(_flat(row.get(column)) for column in columns) for row in rows)]
    return Reply("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"), TSV)


def _flat(value: object) -> str:
    text = "" if value is None else format(value, ".15g") if isinstance(value, float) else str(value)
    return text.replace("\t", " ").replace("\n", " ")


# --- Questions ---


def list_questions(_: "Desk", form: str) -> Reply:
    """All questions, with their parameters and columns."""
    questions = find_questions().values()
    if form == "tsv":
        return to_tsv(["name", "summary"], [{"name": each.name, "summary": each.summary} for each in questions])
    return to_json({"questions": [_question(each) for each in questions]})


def _question(question: Question) -> dict[str, Any]:
    kept = ("name", "is_entity", "is_optional", "default", "category")
    return {
        "name": question.name,
        "summary": question.summary,
        "description": question.description,
        "tags": question.tags,
        "needs": question.needs,
        "parameters": [{key: asdict(each)[key] for key in kept} for each in question.parameters.values()],
        "columns": [{"name": name, "meaning": meaning} for name, meaning in question.returns.items()],
        "url": f"/api/questions/{question.name}",
    }


def ask(desk: "Desk", name: str, given: Values, form: str) -> Reply:
    """
    The answer to a question.

    :raises NotFoundError: if there is no such question; it suggests the nearest.
    """
    try:
        question = find_question(name)
    except QuestionError as error:
        raise NotFoundError(str(error)) from error
    # What is left empty in a form was not given.
    answer = desk.kg.ask(question.name, **{key: value for key, value in given if value})
    if form == "tsv":
        return to_tsv(answer.columns, answer.rows)
    return to_json(_answer(question, answer))


def _answer(question: Question, answer: Answer) -> dict[str, Any]:
    return {
        "question": question.name,
        "summary": question.summary,
        "columns": [{"name": name, "meaning": question.returns.get(name, "")} for name in answer.columns],
        "rows": answer.rows,
        "labels": dict(answer.labels),
        "notes": list(answer.notes),
    }


def list_conflicts(desk: "Desk", kind: str, status: str, entity: str, form: str) -> Reply:
    """Conflicts with both sides, as the question ``conflicts`` has them."""
    given = (("kind", kind or ANY), ("status", status or ANY), ("entity", entity or ANY))
    return ask(desk, "conflicts", given, form)


def list_terms(desk: "Desk", category: str, form: str) -> Reply:
    """Terms by category, as the question ``terms`` has them."""
    return ask(desk, "terms", (("category", category or ANY),), form)


def list_sources(desk: "Desk", form: str) -> Reply:
    """Sources, as the question ``sources`` has them."""
    return ask(desk, "sources", (), form)


# --- Entities and claims ---


def show(desk: "Desk", entity: str) -> Reply:
    """
    Everything said of one entity.

    :raises UnknownTermError: if it is not in the graph; it suggests the nearest.
    """
    description = desk.kg.show(entity)
    return to_json({**asdict(description), "claims": _cited(desk, description.claims)})


def list_claims(desk: "Desk", entity: str, source: str, part: tuple[int, int], form: str) -> Reply:
    """
    Some claims of all, of an entity, or of a source.

    :param part: how many to leave out from the start, and the most to give.
    :raises UnknownTermError: if the entity, or the source, is not in the graph; it suggests the nearest.
    """
    source_id = source.removeprefix("source:")
    known = _citations(desk)
    if source_id and f"source:{source_id}" not in known:
        near = get_close_matches(f"source:{source_id}", known, n=3, cutoff=0.7)
        raise UnknownTermError(source, [(each, desk.kg.names.label(each)) for each in near])
    claims = desk.kg.claims(entity, source_id)
    offset, limit = part
    some = claims[offset : offset + limit]
    if form == "tsv":
        return to_tsv(CLAIM_COLUMNS, [dict(zip(CLAIM_COLUMNS, claim.to_row(), strict=True)) for claim in some])
    return to_json({"total": len(claims), "offset": offset, "claims": _cited(desk, some)})


def _cited(desk: "Desk", claims: Sequence[Claim]) -> list[dict[str, Any]]:
    citations = _citations(desk)
    return [{**asdict(each), "citation": citations.get(f"source:{each.source_id}", each.source_id)} for each in claims]


def _citations(desk: "Desk") -> dict[str, str]:
    return {str(source): str(citation) for source, citation in desk.kg.store.select(_CITATIONS)[1]}


def search(desk: "Desk", text: str, category: str, count: int, form: str) -> Reply:
    """What the beginning of a name may become."""
    matches = [asdict(match) for match in desk.kg.names.search(text, "" if category == "any" else category, count)]
    if form == "tsv":
        return to_tsv(["entity_id", "label", "name", "scope", "category"], matches)
    return to_json({"matches": matches})


# --- Views and counts ---


def list_views(_: "Desk", form: str) -> Reply:
    """All views."""
    rows = [{"name": name, "summary": summary, "url": f"/api/views/{name}"} for name, summary in VIEWS.items()]
    return to_tsv(["name", "summary", "url"], rows) if form == "tsv" else to_json({"views": rows})


def view(desk: "Desk", name: str) -> Reply:
    """
    A view in NetworkX's node-link form.

    :raises NotFoundError: if there is no such view; it suggests the nearest.
    """
    import networkx as nx

    try:
        graph = desk.view(name)
    except ViewError as error:
        raise NotFoundError(str(error)) from error
    return to_json(nx.node_link_data(graph, edges="edges"))


def show_neighbourhood(desk: "Desk", entity: str) -> Reply:
    """
    An entity and what is one step away, as a drawing needs it.

    :raises UnknownTermError: if it is not in the graph; it suggests the nearest.
    :raises NotFoundError: if it is, but claims are not about it.
    """
    entity_id = desk.kg.names.find(entity)
    whole = desk.view("graph")
    if entity_id not in whole:
        raise NotFoundError(f"{entity_id} has no neighbours, for no claim is about it; ask for a term of /api/terms")
    graph = neighbourhood(whole, entity_id)
    nodes = [
        {"id": each, "label": data["label"], "category": data["category"]} for each, data in graph.nodes(data=True)
    ]
    kept = ("relation", "polarity", "claims", "sources", "figures")
    edges = [
        {"id": f"{source}|{key}|{target}", "source": source, "target": target}
        | {"label": desk.kg.names.label(f"kg:{data['relation']}")}
        | {name: data[name] for name in kept}
        for source, target, key, data in graph.edges(keys=True, data=True)
    ]
    return to_json({"entity": entity_id, "nodes": nodes, "edges": edges})


def stats(desk: "Desk", form: str) -> Reply:
    """How much there is in the graph."""
    counts = desk.kg.stats()
    return to_tsv(["what", "kind", "count"], counts) if form == "tsv" else to_json({"counts": counts})
