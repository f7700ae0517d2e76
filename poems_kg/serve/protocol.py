"""
The SPARQL 1.1 Protocol at ``/sparql``: from a request to one query with its dataset, which a worker answers.

Queries come by GET, in a form, or as they are. Updates are refused. What the service can do, holds and may be asked is
told in RDF at ``/sparql`` without a query, ``/.well-known/void`` and ``/.well-known/sparql-examples``.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from poems_kg.ids import PoemsKgError
from poems_kg.questions import QuestionError, find_question
from poems_kg.serve.answering import answer
from poems_kg.serve.negotiation import choose
from poems_kg.serve.problems import ForbiddenError, MediaTypeError, NotFoundError
from poems_kg.serve.replies import Reply
from poems_kg.serve.results import ROWS, TRIPLES, TRUTHS, Query, Wanted, answer_description, answer_query
from poems_kg.serve.service_description import DATASET, EXAMPLES, SERVICE

FORM: Final = "application/x-www-form-urlencoded"
DIRECT: Final = "application/sparql-query"
UPDATE: Final = "application/sparql-update"
METHODS: Final = ("GET", "POST", "OPTIONS")

_MOST_PARAMETERS: Final = 1000
_LONG: Final = 1 << 16
"""From so many bytes on, a form is read in a thread, so that nobody else waits for it."""
_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")

Pairs = Sequence[tuple[str, str]]


class RequestError(PoemsKgError):
    """A request that the protocol does not know: no query, more than one, or text that is not UTF-8."""


async def sparql(request: Request) -> Response:
    """Answer one operation of the protocol."""
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": ", ".join(("GET", "HEAD", "POST", "OPTIONS"))})
    parameters = await _read(request)
    refuse_updates(parameters)
    accept, short_name = ", ".join(request.headers.getlist("accept")), _first(parameters, "format")
    if request.method != "POST" and not any(name == "query" for name, _ in parameters):
        if _is_browser(accept, short_name):
            return RedirectResponse("/editor", 303, {"Vary": "Accept"})
        return await _describe(request, SERVICE)
    query = find_query(parameters)
    if request.method != "POST" and _is_browser(accept, short_name) and not query.default_graphs + query.named_graphs:
        return RedirectResponse(f"/editor?{urlencode({'query': query.text})}", 303, {"Vary": "Accept"})
    wanted = Wanted(*(choose(accept, list(types), short_name) for types in (ROWS, TRUTHS, TRIPLES)))
    workers = request.app.state.workers
    reply: Reply = await workers.reply(answer_query, query, wanted, endpoint_of(request), lane="query")
    return answer(request, reply)


async def void(request: Request) -> Response:
    """What the graph holds, as VoID."""
    return await _describe(request, DATASET)


async def examples(request: Request) -> Response:
    """
    What may be asked, as SHACL-based SPARQL examples; the same document has all of them.

    :raises NotFoundError: if the path names an example that is none; it suggests the nearest.
    """
    try:
        find_question(request.path_params.get("name", "findings"))
    except QuestionError as error:
        raise NotFoundError(str(error)) from error
    return await _describe(request, EXAMPLES)


async def _describe(request: Request, part: str) -> Response:
    accept = ", ".join(request.headers.getlist("accept"))
    # A browser asks for pages and takes the rest as a last resort; there is no page of this.
    media_type = choose(accept, list(TRIPLES), request.query_params.get("format", ""))
    reply = await request.app.state.workers.reply(
        answer_description, part, media_type, endpoint_of(request), lane="page"
    )
    return answer(request, reply)


def _is_browser(accept: str, short_name: str) -> bool:
    """Whether a page is liked better than every result; a range such as ``*/*`` does not ask for one."""
    return "text/html" in accept.lower() and choose(accept, ["text/html", *ROWS, *TRIPLES], short_name) == "text/html"


def endpoint_of(request: Request) -> str:
    """
    The URL of the endpoint as the client knows it.

    :raises RequestError: if the header ``Host`` is none.
    """
    host = request.headers.get("host", "localhost")
    if not _HOST.fullmatch(host):
        raise RequestError("the header Host names no host; send it as host:port")
    return f"{request.url.scheme}://{host}{request.scope.get('root_path', '')}/sparql"


# --- Reading a request ---


async def _read(request: Request) -> Pairs:
    """
    All parameters of an operation; a query that is the body itself is one of them.

    :raises MediaTypeError: if the body is neither a form nor a query.
    :raises ForbiddenError: if it is an update.
    :raises RequestError: if it is not UTF-8, or has too many parameters, or comes with GET.
    """
    parameters = read_parameters(request.scope["query_string"])
    body = await request.body()
    if request.method != "POST":
        if body:
            raise RequestError(f"{request.method} takes no body; send the query by POST, or in the URL")
        return parameters
    media_type, charset = read_content_type(request.headers.get("content-type", ""))
    if charset not in {"", "utf-8", "utf8"}:
        raise MediaTypeError("the charset of a body is UTF-8 and no other; send it as UTF-8")
    if media_type == UPDATE:
        raise ForbiddenError("the graph is read-only; ask with query")
    if media_type == DIRECT:
        return [*parameters, ("query", _decode(body))]
    if media_type == FORM:
        if len(body) < _LONG:
            return [*parameters, *read_parameters(body)]
        return [*parameters, *await asyncio.to_thread(read_parameters, body)]
    raise MediaTypeError(f"a query is posted as {FORM} or {DIRECT}; name one as Content-Type")


def read_content_type(header: str) -> tuple[str, str]:
    """
    Media type and charset of a header ``Content-Type``, in small letters.

    >>> read_content_type('Application/SPARQL-Query; Charset="UTF-8"')
    ('application/sparql-query', 'utf-8')
    """
    media_type, *parameters = header.split(";")
    pairs = dict(parameter.partition("=")[::2] for parameter in parameters)
    charset = next((value for name, value in pairs.items() if name.strip().lower() == "charset"), "")
    return media_type.strip().lower(), charset.strip().strip('"').lower()


def read_parameters(encoded: bytes) -> list[tuple[str, str]]:
    """
    Names and values of a query string or form, decoded once.

    :raises RequestError: if they are not UTF-8, or too many.

    >>> read_parameters(b"query=100%2541+x&query=")
    [('query', '100%41 x'), ('query', '')]
    """
    text = _decode(encoded)
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except UnicodeDecodeError as error:
        raise RequestError("a parameter is not UTF-8; encode it as UTF-8") from error
    except ValueError as error:
        raise RequestError(f"there are more than {_MOST_PARAMETERS} parameters; send fewer") from error


def refuse_updates(parameters: Pairs) -> None:
    """
    Let nothing through that is to change the graph.

    :raises ForbiddenError: if there is an update among the parameters.
    """
    if any(name in {"update", "using-graph-uri", "using-named-graph-uri"} for name, _ in parameters):
        raise ForbiddenError("the graph is read-only; ask with query")


def find_query(parameters: Pairs) -> Query:
    """
    The one query among the parameters, and its dataset.

    :raises RequestError: if there is none, or more than one.
    """
    queries = _all(parameters, "query")
    if len(queries) != 1:
        found = "there is no parameter query" if not queries else f"there are {len(queries)} parameters query"
        raise RequestError(f"{found}; send exactly one")
    default_graphs, named_graphs = (_all(parameters, f"{kind}-graph-uri") for kind in ("default", "named"))
    return Query(queries[0], tuple(default_graphs), tuple(named_graphs))


def _all(parameters: Pairs, name: str) -> list[str]:
    return [value for key, value in parameters if key == name]


def _first(parameters: Pairs, name: str) -> str:
    return next(iter(_all(parameters, name)), "")


def _decode(encoded: bytes) -> str:
    try:
        return encoded.decode()
    except UnicodeDecodeError as error:
        raise RequestError(f"byte {error.start + 1} is not UTF-8; send all text as UTF-8") from error


ROUTES: list[BaseRoute] = [
    Route("/sparql", sparql, methods=METHODS),
    Route("/sparql/", sparql, methods=METHODS),
    Route("/.well-known/void", void),
    Route("/.well-known/sparql-examples", examples),
    Route("/.well-known/sparql-examples/{name}", examples),
]
