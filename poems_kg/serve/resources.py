"""
Linked data: every IRI of ours, below ``https://w3id.org/poems-kg/``, is answered at the same path, as a page or as RDF.

Which of the two, the header ``Accept`` says, or an extension (``.ttl``, ``.nt``, ``.rdf``, ``.jsonld``, ``.html``), or
``?format=``. Entities of other ontologies are at ``/entity/`` with their CURIE.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from poems_kg.ids import expand, is_known
from poems_kg.serve.answering import answer
from poems_kg.serve.asked import Asked
from poems_kg.serve.negotiation import choose
from poems_kg.serve.pages.conflicts import conflict
from poems_kg.serve.pages.entities import entity_page
from poems_kg.serve.pages.rendering import PageJob, read_asked
from poems_kg.serve.pages.resources import resource_page
from poems_kg.serve.pages.sources import claim_page, source_page
from poems_kg.serve.problems import NotAcceptableError
from poems_kg.serve.replies import Reply
from poems_kg.serve.resource_graphs import (
    BASE,
    FORMATS,
    Triples,
    about,
    claims_about,
    entity_node,
    is_ontology,
    labels,
    node_of,
    passages,
    serialize,
    whole_graph,
    whole_ontology,
)
from poems_kg.serve.resource_names import unknown

if TYPE_CHECKING:
    from poems_kg.serve.desk import Desk

EXTENSIONS: Final = {
    ".html": "text/html",
    ".ttl": "text/turtle",
    ".nt": "application/n-triples",
    ".rdf": "application/rdf+xml",
    ".jsonld": "application/ld+json",
}
_NAMES: Final = {media_type: extension for extension, media_type in EXTENSIONS.items()}
_PAGES: Final[dict[str, PageJob]] = {"claim": claim_page, "conflict": conflict, "source": source_page}
"""What has a page of its own kind."""
_CHOICES: Final = ("text/html", *FORMATS)
_OWL_CHOICES: Final = ("application/rdf+xml", *_CHOICES)
"""Of the ontology, which tools that say nothing of what they want expect as RDF/XML."""


def describe(desk: "Desk", path: str, media_type: str) -> Reply:
    """
    The RDF of a resource of ours: what is said of it, and labels; a named graph or the ontology as a whole.

    :param path: below the namespace, such as ``claim/C0001``.
    :raises NotFoundError: if there is none; it suggests the nearest.
    """
    node = node_of(path)
    if is_ontology(desk, node):
        return Reply(serialize(whole_ontology(desk), media_type), _with_charset(media_type))
    found = about(desk, node)
    if not found:
        raise unknown(desk, path)
    if path.startswith("graph/"):
        found += whole_graph(desk, node)
    elif path.startswith("POEMS_"):
        found += claims_about(desk, node)
    return _give(desk, found, media_type)


def describe_entity(desk: "Desk", words: str, media_type: str) -> Reply:
    """
    The RDF of an entity of any ontology, with the claims about it.

    :raises UnknownTermError: if it is not in the graph; it suggests the nearest.
    """
    node = entity_node(desk.kg.names.find(words))
    return _give(desk, about(desk, node) + claims_about(desk, node), media_type)


def _give(desk: "Desk", found: Triples, media_type: str) -> Reply:
    more = passages(desk, found) + labels(desk, found)
    return Reply(serialize(found + more, media_type), _with_charset(media_type))


def _with_charset(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type == "text/turtle" else media_type


# --- HTTP ---


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a request asks for: the path of a resource, the extension that came after it, and a media type."""

    path: str
    extension: str
    media_type: str

    @classmethod
    def of(cls, request: Request) -> "_Wanted":
        """
        Read a request.

        :raises NotAcceptableError: if the client takes none of what there is.
        """
        path, extension = _split(request.scope["path"])
        choices = _OWL_CHOICES if path.endswith("/poems.owl") else _CHOICES
        accept, form = request.headers.get("accept", ""), request.query_params.get("format", "")
        chosen = EXTENSIONS.get(extension) or choose(accept, choices, form)
        if chosen is None:
            raise NotAcceptableError(f"there are {', '.join(_CHOICES)}; ask for one of them in the header Accept")
        return cls(path, extension, chosen)

    def headers(self, canonical: str) -> dict[str, str]:
        """What tells the client where else, and in which other forms, the resource is."""
        here = quote(self.path, safe="/:@!$&()*+,;=~")
        links = [f'<{_quoted(canonical)}>; rel="canonical"'] if canonical else []
        links += [
            f'<{here}{extension}>; rel="alternate"; type="{media_type}"'
            for extension, media_type in EXTENSIONS.items()
            if media_type != self.media_type
        ]
        return {"Link": ", ".join(links), "Vary": "Accept, Accept-Encoding"}


def _split(path: str) -> tuple[str, str]:
    """A path, and the extension that asks for a form."""
    for extension in EXTENSIONS:
        if path.endswith(extension):
            return path.removesuffix(extension), extension
    return path, ""


def _quoted(iri: str) -> str:
    return quote(unquote(iri), safe=":/?#[]@!$&'()*+,;=~")


async def _ours(request: Request) -> Response:
    wanted = _Wanted.of(request)
    path = wanted.path.removeprefix("/")
    workers = request.app.state.workers
    if wanted.media_type == "text/html":
        job, asked = page_of(path, await read_asked(request))
        reply = await workers.reply(job, asked)
    else:
        reply = await workers.reply(describe, path, wanted.media_type)
    response = answer(request, reply)
    response.headers.update(wanted.headers(BASE + path))
    return response


def page_of(path: str, asked: Asked) -> tuple[PageJob, Asked]:
    """Which page shows a resource of ours, and what that page is asked."""
    rest = tuple(pair for pair in asked.values if pair[0] not in ("local", "format"))
    if path.startswith("POEMS_"):
        return entity_page, Asked((("curie", path.replace("_", ":", 1)), *rest))
    kind, _, local = path.partition("/")
    if kind in _PAGES:
        return _PAGES[kind], Asked((("id", local), *rest))
    return resource_page, Asked((("path", path), *rest))


async def _entity(request: Request) -> Response:
    wanted = _Wanted.of(request)
    words = wanted.path.removeprefix("/entity/")
    canonical = expand(words) if is_known(words) else ""
    kind, _, local = canonical.removeprefix(BASE).partition("/")
    if canonical.startswith(BASE) and local:
        return RedirectResponse(f"/{kind}/{quote(local, safe='')}{wanted.extension}", 303)
    workers = request.app.state.workers
    if wanted.media_type == "text/html":
        rest = tuple(pair for pair in (await read_asked(request)).values if pair[0] not in ("curie", "format"))
        reply = await workers.reply(entity_page, Asked((("curie", words), *rest)))
    else:
        reply = await workers.reply(describe_entity, words, wanted.media_type)
    response = answer(request, reply)
    response.headers.update(wanted.headers(canonical))
    return response


async def _namespace(request: Request) -> Response:
    """The path of an IRI with all that stands after the host: on to where it is answered."""
    local = request.scope["path"].removeprefix("/poems-kg").lstrip("/\\")
    return RedirectResponse(f"/{quote(local or 'poems.owl', safe='/:')}", 303)


_KINDS: Final = (
    "annotation",
    "claim",
    "conflict",
    "criteria",
    "graph",
    "mapping",
    "passage",
    "release",
    "releases",
    "source",
    "vocab",
)
ROUTES: list[BaseRoute] = [
    Route("/POEMS_{local}", _ours),
    *(Route(f"/{kind}/{{local:path}}", _ours) for kind in _KINDS),
    Route("/poems.owl", _ours),
    Route("/poems.owl.{local}", _ours),
    Route("/entity/{curie:path}", _entity),
    Route("/poems-kg", _namespace),
    Route("/poems-kg/{local:path}", _namespace),
]
