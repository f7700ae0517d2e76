"""Fill a template: everything that comes from outside is escaped there, and no page has a script or style inside it."""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartParser
from starlette.requests import Request

from poems_kg.drawing.sheet import capitalise, category_words
from poems_kg.reports.wording import clean
from poems_kg.serve.asked import Asked, Upload
from poems_kg.serve.replies import HTML, Header, Reply
from poems_kg.serve.statics import has_scripts, static

if TYPE_CHECKING:
    from starlette.responses import Response

    from poems_kg.serve.desk import Desk
    from poems_kg.serve.workers import Lane

NOT_ADVICE: Final = "Not medical advice. For research and education."
_TEMPLATES: Final = Path(__file__).parent.parent / "templates"

# What is told of a patient is not written to disk, as Starlette does with files above 1 MiB; bodies are bounded anyway.
MultiPartParser.spool_max_size = 1 << 30

PageJob = Callable[["Desk", Asked], Reply]


def render(template: str, status: int = 200, headers: tuple[Header, ...] = (), /, **values: Any) -> Reply:
    """Fill a template of ``templates``; a name in it that has no value is an error."""
    text = environment().get_template(template).render(values)
    return Reply(text.encode("utf-8", "replace"), HTML, status, headers)


def page(job: PageJob, lane: "Lane" = "page", *, keep: bool = True) -> "Callable[[Request], Any]":
    """
    An endpoint that has a page made of what was asked: values of the path, the query string and a form.

    :param keep: whether the same page may be given to the next who asks for it; not for anything about patients.
    """

    async def endpoint(request: Request) -> "Response":
        from poems_kg.serve.answering import answer

        reply = await request.app.state.workers.reply(job, await read_asked(request), lane=lane, keep=keep)
        return answer(request, reply)

    return endpoint


async def read_asked(request: Request) -> Asked:
    """Path, query string and form of a request."""
    values = [(name, str(value)) for name, value in request.path_params.items()]
    values += [(name, value) for name, value in request.query_params.multi_items()]
    files: list[Upload] = []
    if request.method == "POST":
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files.append(Upload(name, value.filename or "", await value.read()))
                else:
                    values.append((name, value))
    return Asked(tuple(values), tuple(file for file in files if file.content))


@lru_cache(maxsize=1 << 14)
def entity_url(entity_id: str) -> str:
    """Where the page of an entity is, by its CURIE."""
    return f"/entity/{quote(entity_id, safe=':')}"


@lru_cache(maxsize=1 << 14)
def claim_url(claim_id: str) -> str:
    """Where the page of a claim is; with or without the prefix ``claim:``."""
    return f"/claim/{quote(claim_id.removeprefix('claim:'), safe='')}"


@lru_cache(maxsize=1 << 14)
def source_url(source_id: str) -> str:
    """Where the page of a source is; with or without the prefix ``source:``."""
    return f"/source/{quote(source_id.removeprefix('source:'), safe='')}"


def question_url(name: str, /, **parameters: str) -> str:
    """Where a question is asked, with values for its parameters."""
    return with_query(f"/questions/{quote(name, safe='')}", parameters)


def with_query(path: str, parameters: Mapping[str, object] | list[tuple[str, object]]) -> str:
    """A path with a query string; parameters that are empty are left out."""
    pairs = parameters.items() if isinstance(parameters, Mapping) else parameters
    query = urlencode([(name, str(value)) for name, value in pairs if value not in (None, "")], errors="replace")
    return f"{path}?{query}" if query else path


@cache
def environment() -> Environment:
    """What all templates have at hand."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else "" if value is None else value,
    )
    made.filters |= {"capitalise": capitalise, "category_words": category_words}
    made.globals |= {
        "NOT_ADVICE": NOT_ADVICE,
        "claim_url": claim_url,
        "entity_url": entity_url,
        "has_scripts": has_scripts,
        "question_url": question_url,
        "source_url": source_url,
        "static": static,
        "version": version("poems-kg"),
        "with_query": with_query,
    }
    return made
