"""The REST interface below ``/api``: each path calls one function of the library; ``/openapi.json`` has all."""

from collections.abc import Callable, Hashable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from poems_kg.questions import Question, find_questions
from poems_kg.serve import api_answers as jobs
from poems_kg.serve import api_diagnosing, api_models
from poems_kg.serve.answering import answer
from poems_kg.serve.problems import PROBLEM
from poems_kg.serve.workers import Job

DIAGNOSIS_SECONDS: Final = 60.0
"""The longest a diagnosis may take: the first of a worker opens an index of all rare diseases."""
_PROBLEM: Final[dict[str, Any]] = {"content": {PROBLEM: {"schema": api_models.Problem.model_json_schema()}}}
_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {"description": "The request cannot be answered; detail says what to do", **_PROBLEM},
    "5XX": {"description": "The server is busy, or stopped what took too long", **_PROBLEM},
}
_AS_TSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/tab-separated-values": {"schema": {"type": "string"}}}}
}

router = APIRouter(prefix="/api", responses=_PROBLEMS)
_ANSWERS: Final = {name: api_models.question_answer(question) for name, question in find_questions().items()}
EntityPath = Annotated[
    str, Path(description="Label, synonym, abbreviation or CURIE, in any case.", min_length=1, max_length=500)
]
NamePath = Annotated[str, Path(description="As the list of all has it.", max_length=200)]


async def _take_no_query(_: Annotated[api_models.Query, Query()]) -> None:
    """Refuse a query string where none is taken."""


_NO_QUERY: Final = [Depends(_take_no_query)]


async def _reply(request: Request, job: Job, *args: Hashable) -> Response:
    return answer(request, await request.app.state.workers.reply(job, *args))


async def _listing(request: Request, asked: api_models.ListQuery, job: Job, *args: Hashable) -> Response:
    """As :func:`_reply`, in the form that is asked for."""
    accepts = request.headers.get("accept", "")
    form = asked.format or ("tsv" if "text/tab-separated-values" in accepts and "json" not in accepts else "json")
    response = await _reply(request, job, *args, form)
    response.headers["Vary"] = f"Accept, {response.headers['Vary']}"
    return response


@router.get("/questions", response_model=api_models.Questions, responses=_AS_TSV, tags=["questions"])
async def list_questions(request: Request, asked: Annotated[api_models.ListQuery, Query()]) -> Response:
    """List all questions, with their parameters and columns."""
    return await _listing(request, asked, jobs.list_questions)


def _ask(question: Question) -> Callable[..., Any]:
    """The endpoint of one question."""
    query = api_models.question_query(question)

    async def endpoint(request: Request, asked: api_models.ListQuery) -> Response:
        given = tuple(sorted(asked.model_dump(exclude={"format"}).items()))
        return await _listing(request, asked, jobs.ask, question.name, given)

    endpoint.__annotations__["asked"] = Annotated[query, Query()]
    return endpoint


for _question in find_questions().values():
    router.add_api_route(
        f"/questions/{_question.name}",
        _ask(_question),
        response_model=_ANSWERS[_question.name],
        responses=_AS_TSV,
        summary=_question.summary,
        description=_question.description,
        tags=["questions"],
        operation_id=f"ask_{_question.name}",
    )


@router.get("/questions/{name}", include_in_schema=False)
async def ask(request: Request, name: NamePath) -> Response:
    """Answer a question whose name is written in another way, such as with hyphens."""
    asked = api_models.ListQuery.model_validate({"format": request.query_params.get("format")})
    given = tuple(sorted((key, value) for key, value in request.query_params.items() if key != "format"))
    return await _listing(request, asked, jobs.ask, name, given)


@router.get("/entities/{entity:path}", response_model=api_models.Entity, dependencies=_NO_QUERY, tags=["entities"])
async def show(request: Request, entity: EntityPath) -> Response:
    """Show what is said of one entity: definition, names, mappings, claims with their sources and passages."""
    return await _reply(request, jobs.show, entity)


@router.get("/claims", response_model=api_models.Claims, responses=_AS_TSV, tags=["entities"])
async def list_claims(request: Request, asked: Annotated[api_models.ClaimsQuery, Query()]) -> Response:
    """List claims: all, those about an entity, or those of a source."""
    part = asked.offset, asked.limit
    return await _listing(request, asked, jobs.list_claims, asked.entity, asked.source, part)


@router.get("/sources", response_model=_ANSWERS["sources"], responses=_AS_TSV, tags=["entities"])
async def list_sources(request: Request, asked: Annotated[api_models.ListQuery, Query()]) -> Response:
    """List all sources, with how many claims rest on each."""
    return await _listing(request, asked, jobs.list_sources)


@router.get("/terms", response_model=_ANSWERS["terms"], responses=_AS_TSV, tags=["entities"])
async def list_terms(request: Request, asked: Annotated[api_models.TermsQuery, Query()]) -> Response:
    """List entities, by category."""
    return await _listing(request, asked, jobs.list_terms, asked.category)


@router.get("/search", response_model=api_models.Matches, responses=_AS_TSV, tags=["entities"])
async def search(request: Request, asked: Annotated[api_models.SearchQuery, Query()]) -> Response:
    """Complete what someone has begun to type, by labels, synonyms and ids."""
    return await _listing(request, asked, jobs.search, asked.text, asked.category, asked.count)


@router.get("/conflicts", response_model=_ANSWERS["conflicts"], responses=_AS_TSV, tags=["entities"])
async def list_conflicts(request: Request, asked: Annotated[api_models.ConflictsQuery, Query()]) -> Response:
    """List where sources disagree, with both sides."""
    return await _listing(request, asked, jobs.list_conflicts, asked.kind, asked.status, asked.entity)


@router.get("/views", response_model=api_models.Views, responses=_AS_TSV, tags=["graphs"])
async def list_views(request: Request, asked: Annotated[api_models.ListQuery, Query()]) -> Response:
    """List the NetworkX views."""
    return await _listing(request, asked, jobs.list_views)


@router.get("/views/{name}", response_model=api_models.View, dependencies=_NO_QUERY, tags=["graphs"])
async def view(request: Request, name: NamePath) -> Response:
    """Give a view in NetworkX's node-link form."""
    return await _reply(request, jobs.view, name)


@router.get("/neighbourhood", response_model=api_models.Neighbourhood, tags=["graphs"])
async def neighbourhood(request: Request, asked: Annotated[api_models.NeighbourhoodQuery, Query()]) -> Response:
    """Give an entity and what is one step away, as a drawing needs it."""
    return await _reply(request, jobs.show_neighbourhood, asked.entity)


@router.get("/stats", response_model=api_models.Stats, responses=_AS_TSV, tags=["graphs"])
async def stats(request: Request, asked: Annotated[api_models.ListQuery, Query()]) -> Response:
    """Count terms, claims, sources and triples."""
    return await _listing(request, asked, jobs.stats)


_PATIENT: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        model.model_json_schema(ref_template="#/components/schemas/{model}")
                        for model in (api_diagnosing.PlainPatient, api_diagnosing.Phenopacket)
                    ]
                }
            }
        },
    }
}


@router.post("/diagnose", response_model=api_diagnosing.Diagnosis, openapi_extra=_PATIENT, tags=["diagnosis"])
async def diagnose(request: Request, asked: Annotated[api_models.DiagnoseQuery, Query()]) -> Response:
    """
    Say which criteria a patient meets, which diseases fit, why, and what to test next. Not medical advice.

    The patient is a Phenopacket v2, or lists of findings; it is neither kept nor logged.
    """
    workers, body = request.app.state.workers, await request.body()
    reply = await workers.reply(api_diagnosing.diagnose, body, asked.top, keep=False, seconds=DIAGNOSIS_SECONDS)
    return answer(request, reply)


ROUTES: list[BaseRoute] = router.routes
