"""The tools that an assistant is given, as an MCP server: it hands the work to the workers, and their answers back."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Annotated, Any, Final, Literal, Protocol

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, InputRequiredResult, TextContent, ToolAnnotations
from pydantic import Field, ValidationError

from poems_kg.ids import PoemsKgError
from poems_kg.serve.assistants import answers, diagnosing, jobs, querying
from poems_kg.serve.problems import WorkerLostError, log
from poems_kg.serve.replies import Reply
from poems_kg.serve.workers import Lane

INSTRUCTIONS: Final = """\
The knowledge graph of POEMS syndrome (MONDO:0017364): its findings and how often they occur, synonyms, related \
disorders and what tells them apart, mechanisms, tests, published diagnostic criteria, treatments. Every statement is \
a claim of a source, with the place of the passage; sources may disagree, and the graph keeps both sides.

How to work: find the entity with search; prefer ask_question over query, its queries are tested (list_questions \
has them); use show for all claims on one entity, query for what no question covers, diagnose for the findings of a \
patient. Terms may be given as label, synonym, abbreviation or CURIE, in any case.

Always cite: every answer has its sources. Say so where sources disagree (polarity 'denies', different figures). \
An answer that was cut says so in 'rest', with how to get the rest. For research and education; not medical advice, \
and say that whenever you use diagnose."""


class Answering(Protocol):
    """As :meth:`poems_kg.serve.workers.Workers.reply`."""

    async def __call__(
        self,
        job: Callable[..., Reply],
        *args: Hashable,
        lane: Lane = ...,
        keep: bool = ...,
        seconds: float | None = ...,
    ) -> Reply:
        """Have a job done."""
        ...


_DIAGNOSING: Final = 60.0
"""Seconds for a diagnosis: it takes a fraction of one, but a worker that makes its first has all to open for it."""

Opening = Callable[[], AbstractAsyncContextManager[Answering]]
"""Gives what does the work for as long as the server runs."""

Limit = Annotated[int, Field(ge=1, le=500, description="The most rows or claims to give.")]
Offset = Annotated[int, Field(ge=0, le=1_000_000, description="How many to pass over, to get the rest of an answer.")]
Term = Annotated[str, Field(min_length=1, max_length=500)]
Words = Annotated[str, Field(max_length=500)]


def make_server(opening: Opening) -> MCPServer[Answering]:
    """
    The server with its tools.

    :param opening: is entered once, before the first tool is called.
    """

    @asynccontextmanager
    async def lifespan(_: MCPServer[Answering]) -> AsyncIterator[Answering]:
        async with opening() as reply:
            yield reply

    # Before the SDK does so, in boxes of 80 columns and down to what clients ask.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    server = _Server(
        name="poems-kg",
        title="The knowledge graph of POEMS syndrome",
        instructions=INSTRUCTIONS,
        website_url="https://w3id.org/poems-kg/",
        version=version("poems-kg"),
        lifespan=lifespan,
        log_level="WARNING",
        subscriptions=False,
    )
    for tool, title in _TOOLS.items():
        description = " ".join((tool.__doc__ or "").split())
        server.add_tool(tool, title=title, description=description, annotations=_SAFE, structured_output=True)
    server.resource(
        "poems-kg://entity/{curie}",
        name="entity",
        title="An entity with its claims",
        description="What show answers for an entity, as JSON: definition, synonyms, broader classes, first 50 claims.",
        mime_type="application/json",
    )(entity)
    return server


class _Server(MCPServer[Answering]):
    """A server that refuses arguments that a tool does not have, and says in one line what is wrong with others."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Answering, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        tools = {tool.name: tool for tool in await self.list_tools()}
        if name not in tools:
            return _failed(f"there is no tool {name!r}; there are {', '.join(tools)}")
        takes = tools[name].input_schema["properties"]
        unknown = sorted(set(arguments) - set(takes))
        if unknown:
            return _failed(f"{name} has no argument {', '.join(map(repr, unknown))}; it has {', '.join(takes)}")
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, ToolError):
                # Our own words, without what the SDK sets before them.
                return _failed(str(cause))
            if not isinstance(cause, ValidationError):
                raise
            found = (
                f"{'.'.join(map(str, each['loc']))}: {each['msg'].lower()}"
                for each in cause.errors(include_url=False, include_input=False)
            )
            return _failed(f"{name}: {'; '.join(found)}; the input schema says what it takes")


def _failed(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=message)], is_error=True)


_SAFE: Final = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


async def _call(
    context: Context[Answering, Any],
    job: Callable[..., Reply],
    *args: Hashable,
    lane: Lane = "page",
    keep: bool = True,
    seconds: float | None = None,
) -> CallToolResult:
    reply = context.request_context.lifespan_context
    try:
        made = json.loads((await reply(job, *args, lane=lane, keep=keep, seconds=seconds)).body)
    except PoemsKgError as error:
        if isinstance(error, WorkerLostError):
            log(error)
        raise ToolError(str(error)) from error
    return CallToolResult(content=[TextContent(type="text", text=made["text"])], structured_content=made["answer"])


# --- The tools: what they say of themselves is for assistants ---


async def list_questions(
    context: Context[Answering, Any],
    *,
    about: Annotated[Words, Field(description="Only questions with all these words, such as 'treatment'.")] = "",
    details: Annotated[
        bool, Field(description="Also say what the columns mean, and give the SPARQL, of the first five.")
    ] = False,
) -> Annotated[CallToolResult, answers.Questions]:
    """
    List the questions that the graph has tested queries for, with their parameters. Call it first when you do not yet
    know which question fits. With details it also shows the SPARQL, which is the best model for a query of your own.
    """
    return await _call(context, jobs.list_questions, about, details)


async def ask_question(
    context: Context[Answering, Any],
    *,
    name: Annotated[Term, Field(description="Name of the question, as list_questions gives it.")],
    parameters: Annotated[
        dict[Annotated[str, Field(max_length=100)], Words] | None,
        Field(description="Value by parameter, such as {'finding': 'enlarged liver'}; others keep their defaults."),
    ] = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Annotated[CallToolResult, answers.Rows]:
    """
    Answer one of the questions: a table with figures as published, polarity, certainty and citation in each row. Use it
    for findings and their frequency, differences between disorders, mechanisms, tests, criteria, treatments, prognosis,
    names, conflicts between sources. Entities in parameters may be labels, synonyms, abbreviations or CURIEs.
    """
    given = tuple(sorted((parameters or {}).items()))
    return await _call(context, jobs.ask_question, name, given, limit, offset)


async def search(
    context: Context[Answering, Any],
    *,
    text: Annotated[Term, Field(description="A word, the beginning of one, a synonym, or an id of any database.")],
    category: Annotated[Words, Field(description="Only this category, such as Finding, Disorder or Treatment.")] = "",
    limit: Annotated[int, Field(ge=1, le=50, description="The most matches to give.")] = 10,
) -> Annotated[CallToolResult, answers.Matches]:
    """
    Find the entities that words may mean, with their CURIE, category and definition. Use it to learn what something is
    called here before you ask about it, or when another tool says that it does not know a term.
    """
    return await _call(context, jobs.search, text, category, limit)


async def show(
    context: Context[Answering, Any],
    *,
    term: Annotated[Term, Field(description="Label, synonym, abbreviation or CURIE of an entity.")],
    relation: Annotated[
        Words, Field(description="Only claims of this relation, such as has_phenotype; 'relations' lists them.")
    ] = "",
    limit: Limit = 30,
    offset: Offset = 0,
) -> Annotated[CallToolResult, answers.Entity]:
    """
    Show one entity: definition, synonyms, ids elsewhere, broader classes, and what each source claims of it, with
    figures, limits, polarity and the place of the passage. Use it to see the evidence. POEMS syndrome itself has over a
    thousand claims: give a relation.
    """
    return await _call(context, jobs.show, term, relation, limit, offset)


async def query(
    context: Context[Answering, Any],
    *,
    sparql: Annotated[str, Field(min_length=1, max_length=100_000, description="A SPARQL 1.1 query, with prefixes.")],
    limit: Limit = 100,
    offset: Offset = 0,
) -> Annotated[CallToolResult, answers.Found]:
    """
    Run a read-only SPARQL 1.1 query (SELECT, ASK, CONSTRUCT, DESCRIBE) where no question fits. Time and rows are
    limited; no SERVICE, no updates. All named graphs together are the default graph. A claim is a node: PREFIX kg:
    <https://w3id.org/poems-kg/vocab/> SELECT ?claim ?finding ?low ?high ?source WHERE { ?claim kg:subject
    <http://purl.obolibrary.org/obo/MONDO_0017364> ; kg:relation kg:has_phenotype ; kg:object ?finding ; kg:source
    ?source OPTIONAL { ?claim kg:low ?low ; kg:high ?high } }. Select ?claim or ?source so that the answer can name its
    sources; list_questions with details shows more queries.
    """
    return await _call(context, querying.query, sparql, limit, offset, lane="query")


async def diagnose(
    context: Context[Answering, Any],
    *,
    observed: Annotated[
        list[Term] | None, Field(max_length=200, description="Findings that are present: labels, synonyms or HPO ids.")
    ] = None,
    excluded: Annotated[
        list[Term] | None, Field(max_length=200, description="Findings that were looked for and are absent.")
    ] = None,
    sex: Literal["", "female", "male"] = "",
    age: Annotated[float | None, Field(ge=0, le=130, description="In years.")] = None,
    phenopacket: Annotated[
        dict[str, Any] | None,
        Field(description="A GA4GH Phenopacket v2 in place of all that; it may have measurements."),
    ] = None,
    top: Annotated[int, Field(ge=1, le=20, description="Diseases to give.")] = 5,
) -> Annotated[CallToolResult, answers.Diagnosis]:
    """
    NOT MEDICAL ADVICE, and say so. Apply every published version of the diagnostic criteria of POEMS syndrome to a
    patient's findings, rank all rare diseases with what speaks for and against, and say what to test next. What is
    neither present nor excluded is unknown and never counts against. Nothing is kept; give no names.
    """
    case = diagnosing.Case(
        observed=tuple(observed or ()),
        excluded=tuple(excluded or ()),
        sex=sex,
        age=age,
        phenopacket="" if phenopacket is None else json.dumps(phenopacket),
        top=top,
    )
    return await _call(context, diagnosing.diagnose, case, keep=False, seconds=_DIAGNOSING)


_TOOLS: Final[dict[Callable[..., Any], str]] = {
    list_questions: "List questions",
    ask_question: "Ask a question",
    search: "Search for an entity",
    show: "Show an entity with its evidence",
    query: "Run a SPARQL query",
    diagnose: "Apply criteria to a patient's findings (not medical advice)",
}


async def entity(curie: str, context: Context[Answering, Any]) -> str:
    """An entity as a resource: the same as the tool ``show`` gives."""
    from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

    from poems_kg.names import UnknownTermError

    try:
        made = await context.request_context.lifespan_context(jobs.show, curie, "", 50, 0)
    except UnknownTermError as error:
        raise ResourceNotFoundError(str(error)) from error
    except PoemsKgError as error:
        raise ResourceError(str(error)) from error
    return json.dumps(json.loads(made.body)["answer"], ensure_ascii=False)
