"""The pages about all of it: what this is and rests on, how to reach the data, and the REST interface to be read."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from poems_kg.exports import FORMATS
from poems_kg.serve.answering import answer
from poems_kg.serve.asked import Asked
from poems_kg.serve.desk import Desk
from poems_kg.serve.pages.rendering import page, render, with_query
from poems_kg.serve.replies import Reply

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.responses import Response

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_VERSION: Final = """
PREFIX owl: <http://www.w3.org/2002/07/owl#>
SELECT ?version WHERE { <https://w3id.org/poems-kg/poems.owl> owl:versionInfo ?version }
"""


def show_about(desk: Desk, _asked: Asked) -> Reply:
    """What this is, what it rests on, how to reach the data, and what is done with what visitors enter."""
    counts: dict[str, list[Mapping[str, Any]]] = {}
    for row in desk.kg.stats():
        counts.setdefault(str(row["what"]), []).append(row)
    releases = []
    if desk.can_diagnose:
        releases = [(each["name"], each["version"]) for each in desk.diagnostician.index.releases]
    if desk.is_linked:
        releases = [(str(row["name"]), str(row["version"])) for row in desk.kg.ask("loaded_releases")]
    return render(
        "about.html",
        here="/about",
        graph_version=next((str(row[0]) for row in desk.kg.store.select(_VERSION)[1]), ""),
        counts=counts,
        claims=sum(int(row["count"]) for row in counts["claims by polarity"]),
        terms=sum(int(row["count"]) for row in counts["terms"]),
        sources=sum(int(row["count"]) for row in counts["sources"]),
        triples=sum(int(row["count"]) for row in counts["triples"]),
        is_linked=desk.is_linked,
        releases=releases,
        formats=sorted(FORMATS),
        settings=desk.settings,
    )


# --- REST ---


@dataclass(frozen=True, slots=True)
class Given:
    """One parameter of an operation; ``kind`` is its type in words, ``place`` path, query or header."""

    name: str
    place: str
    kind: str
    is_required: bool
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the REST interface; ``example`` is a URL that shows it, empty where it takes a body."""

    method: str
    path: str
    summary: str
    description: str
    parameters: list[Given]
    body: list[str]
    answers: list[str]
    example: str


def show_api(_desk: Desk, document: str) -> Reply:
    """
    The REST interface as a page.

    :param document: its OpenAPI description, in JSON.
    """
    api = json.loads(document)
    groups: dict[str, list[Operation]] = {}
    for tag, operation in read_operations(api):
        groups.setdefault(tag, []).append(operation)
    return render("api.html", here="/api", groups=groups, api=api)


def read_operations(api: Mapping[str, Any]) -> Iterator[tuple[str, Operation]]:
    """The operations of an OpenAPI description, in its order, each with its first tag."""
    for path, methods in api.get("paths", {}).items():
        for method in _METHODS:
            if method in methods:
                operation = methods[method]
                yield (operation.get("tags") or ["other"])[0], _operation(api, path, method, operation)


def _operation(api: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> Operation:
    raw = [_follow(api, each) for each in operation.get("parameters", [])]
    body = operation.get("requestBody", {}).get("content", {})
    good = (reply for code, reply in operation["responses"].items() if code.startswith("2"))
    answers = dict.fromkeys(kind for reply in good for kind in reply.get("content", {}))
    return Operation(
        method.upper(),
        path,
        operation.get("summary", ""),
        operation.get("description", ""),
        [_given(api, each) for each in raw],
        list(body),
        list(answers),
        "" if body or method != "get" else _example(api, path, raw),
    )


def _follow(api: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference within the document stands for."""
    while "$ref" in value:
        found: Any = api
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def _given(api: Mapping[str, Any], parameter: Mapping[str, Any]) -> Given:
    schema = _follow(api, parameter.get("schema", {}))
    default = schema.get("default")
    return Given(
        parameter["name"],
        parameter["in"],
        _kind(api, schema),
        bool(parameter.get("required")),
        "" if default is None else str(default),
        parameter.get("description") or schema.get("description", ""),
    )


def _kind(api: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """The type of a schema in words."""
    schema = _follow(api, schema)
    if "enum" in schema:
        return " or ".join(str(value) for value in schema["enum"])
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        kinds = [_kind(api, each) for each in options]
        return " or ".join(kind for kind in dict.fromkeys(kinds) if kind != "null")
    return str(schema.get("type", "any"))


def _example(api: Mapping[str, Any], path: str, parameters: list[Mapping[str, Any]]) -> str:
    """A URL that shows an operation; empty where a parameter that it needs has no example."""
    query: list[tuple[str, object]] = []
    for parameter in parameters:
        schema = _follow(api, parameter.get("schema", {}))
        if not parameter.get("required"):
            continue
        fitting = [
            *schema.get("examples", []),
            parameter.get("example"),
            schema.get("default"),
            *schema.get("enum", []),
        ]
        value = next((str(each) for each in fitting if each is not None), "")
        if not value:
            return ""
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", quote(value, safe=":"))
        elif parameter["in"] == "query":
            query.append((parameter["name"], value))
    return with_query(path, query)


@lru_cache(maxsize=4)
def _document(app: "FastAPI") -> str:
    return json.dumps(app.openapi())


async def _read_api(request: Request) -> "Response":
    return answer(request, await request.app.state.workers.reply(show_api, _document(request.app)))


ROUTES: list[BaseRoute] = [
    Route("/about", page(show_about)),
    Route("/api", _read_api),
]
