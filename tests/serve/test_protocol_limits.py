"""Queries that take too much are really stopped, while others are answered; many clients at once are served."""

import asyncio
import multiprocessing
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from poems_kg.places import graph_file
from poems_kg.serve.app import make_app
from poems_kg.serve.settings import Settings

SETTINGS = Settings(graph=graph_file(), workers=2)
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
"""Counts through a million billion rows, and takes hardly any memory."""
GREEDY = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?i"
"""Has to hold as many rows before the first is known."""
SMALL = "ASK { <http://purl.obolibrary.org/obo/MONDO_0017364> ?p ?o }"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="looks at processes as POSIX has them")


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app with workers of its own, any number of requests at once."""
    app = make_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=120) as client:
            yield client


def run(settings: Settings, check: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    async def serve_and_check() -> None:
        async with serving(settings) as client:
            await check(client)

    asyncio.run(serve_and_check())


async def ask(client: httpx.AsyncClient, sparql: str) -> httpx.Response:
    return await client.post("/sparql", content=sparql, headers={"Content-Type": "application/sparql-query"})


def workers() -> set[int]:
    return {child.pid for child in multiprocessing.active_children() if child.pid is not None}


def test_a_query_that_runs_over_is_stopped_and_others_go_on(cache: Path) -> None:
    async def check(client: httpx.AsyncClient) -> None:
        before = workers() - others
        started = time.monotonic()
        slow = asyncio.create_task(ask(client, ENDLESS))
        answered = 0
        while not slow.done():
            assert (await ask(client, f"{SMALL} # {answered}")).json() == {"head": {}, "boolean": True}
            answered += 1
        assert answered > 3, "small queries are answered all the time"
        stopped = await slow
        assert stopped.status_code == 503
        assert stopped.headers["retry-after"] == "5"
        assert "stopped after 3 seconds" in stopped.json()["detail"]
        assert 3 <= time.monotonic() - started < 30
        async with asyncio.timeout(30):
            while not before - workers():
                await ask(client, SMALL)
        assert len(before - workers()) == 1, "its process is gone, and only that"
        assert (await ask(client, SMALL)).status_code == 200

    others = workers()
    run(replace(SETTINGS, seconds=3.0, workers=3), check)
    for child in multiprocessing.active_children():
        if child.pid not in others:
            child.join(30)
    assert workers() == others, "no process is left"


def test_a_query_that_takes_all_memory_is_stopped_and_the_server_lives_on(cache: Path) -> None:
    async def check(client: httpx.AsyncClient) -> None:
        greedy, small = await asyncio.gather(ask(client, GREEDY), ask(client, SMALL))
        assert greedy.status_code == 507
        assert "memory" in greedy.json()["detail"]
        assert small.status_code == 200
        assert (await ask(client, f"{SMALL} # again")).status_code == 200

    run(replace(SETTINGS, seconds=100.0, memory_bytes=600 << 20), check)


def test_fifty_clients_at_once_are_served(cache: Path) -> None:
    async def check(client: httpx.AsyncClient) -> None:
        queries = [f"SELECT ?s {{ ?s ?p ?o }} LIMIT {n}" for n in range(1, 51)]
        answers = await asyncio.gather(*(ask(client, sparql) for sparql in queries))
        assert [answer.status_code for answer in answers] == [200] * 50
        assert [len(answer.json()["results"]["bindings"]) for answer in answers] == list(range(1, 51))

    run(replace(SETTINGS, patience=100.0, seconds=60.0), check)


def test_a_query_that_crashes_the_engine_costs_only_itself(cache: Path) -> None:
    async def check(client: httpx.AsyncClient) -> None:
        deep = await ask(client, "SELECT * { FILTER(" + "!" * 100_000 + "true) }")
        assert deep.status_code in {400, 500, 503}
        assert (await ask(client, SMALL)).status_code == 200

    run(SETTINGS, check)
