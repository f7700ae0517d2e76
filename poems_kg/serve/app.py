"""Put the rooms together: one app that has a SPARQL endpoint, linked data, REST, pages and tools for assistants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from poems_kg.ids import PoemsKgError
from poems_kg.serve import api, protocol, resources, statics
from poems_kg.serve.ahead import reply_ahead, reply_first
from poems_kg.serve.answering import answer_error, answer_problem
from poems_kg.serve.assistants import mount
from poems_kg.serve.limits import Limits, SafeHeaders
from poems_kg.serve.pages import (
    about,
    comparing,
    conflicts,
    diagnosing,
    editor,
    home,
    mechanism,
    questions,
    searching,
    sources,
    treatments,
)
from poems_kg.serve.problems import WorkerLostError, log
from poems_kg.serve.settings import Settings
from poems_kg.serve.warming import warm
from poems_kg.serve.workers import Workers

_ROUTES: tuple[list[BaseRoute], ...] = (
    statics.ROUTES,
    protocol.ROUTES,
    api.ROUTES,
    resources.ROUTES,
    mount.ROUTES,
    home.ROUTES,
    searching.ROUTES,
    sources.ROUTES,
    comparing.ROUTES,
    mechanism.ROUTES,
    treatments.ROUTES,
    conflicts.ROUTES,
    questions.ROUTES,
    editor.ROUTES,
    diagnosing.ROUTES,
    about.ROUTES,
)
"""Of every room, in the order in which they are tried."""


def make_app(settings: Settings) -> FastAPI:
    """The app; its workers start with its lifespan, and end with it."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Workers(settings, warm) as workers:
            app.state.workers = workers
            async with mount.open_assistants(app, workers, settings):
                await reply_first(workers)
                ahead = asyncio.create_task(reply_ahead(workers))
                yield
                ahead.cancel()

    app = FastAPI(
        title="poems-kg",
        summary="The knowledge graph of POEMS syndrome: every statement with its source.",
        description="For research and education. Not medical advice.",
        version=version("poems-kg"),
        license_info={"name": "CC BY 4.0 (data), MIT (code)"},
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[
            Middleware(SafeHeaders),
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "POST", "OPTIONS"],
                allow_headers=["*"],
                expose_headers=["*"],
            ),
            Middleware(Limits, settings=settings),
        ],
    )
    app.state.settings = settings
    for routes in _ROUTES:
        app.router.routes.extend(routes)
    app.add_exception_handler(PoemsKgError, _on_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(Exception, _on_fault)
    return app


async def _on_error(request: Request, error: Exception) -> Response:
    if isinstance(error, WorkerLostError):
        log(error)
    return answer_error(request.scope, error)


async def _on_fault(request: Request, error: Exception) -> Response:
    return await _on_error(request, WorkerLostError.of(error))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these only
    details = {
        404: f"nothing is at {request.url.path}; start at /",
        405: f"{request.method} is not for {request.url.path}; see the header Allow",
    }
    title = str(error.detail)
    document = {
        "type": "about:blank",
        "title": title,
        "status": error.status_code,
        "detail": details.get(error.status_code, title),
    }
    return answer_problem(request.scope, document, dict(error.headers or {}))


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for these only
    found = [f"{' '.join(str(part) for part in each['loc'])}: {each['msg']}" for each in error.errors()]
    document = {
        "type": "about:blank",
        "title": "Not as described",
        "status": 422,
        "detail": f"{'; '.join(found)}; /openapi.json says what is taken",
    }
    return answer_problem(request.scope, document)
