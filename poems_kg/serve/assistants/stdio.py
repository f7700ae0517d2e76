"""Serve one assistant over standard input and output."""

import logging
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

import anyio

from poems_kg.ids import PoemsKgError
from poems_kg.serve.assistants.diagnosing import diagnose, prepare
from poems_kg.serve.assistants.server import Answering, make_server
from poems_kg.serve.desk import Desk
from poems_kg.serve.replies import Reply
from poems_kg.serve.settings import Settings
from poems_kg.serve.workers import Lane, Workers

_PREPARING: Final = 900.0
"""Seconds that making the index may take; half a minute is usual."""


def run(settings: Settings) -> None:
    """
    Serve until the client closes standard input.

    :raises PoemsKgError: if the graph cannot be opened.
    """
    # So that a graph that is missing is told in one line, before there is a client to talk to.
    Desk(settings)
    # One assistant asks one thing at a time; a second worker is for a query that runs over, a third for preparing.
    few = replace(settings, workers=min(settings.workers, 3))

    @asynccontextmanager
    async def opening() -> AsyncIterator[Answering]:
        # Inside the transport, which has taken standard output for itself: whatever a worker prints goes elsewhere.
        async with Workers(few) as workers, anyio.create_task_group() as tasks:
            prepared = anyio.Event()
            tasks.start_soon(_prepare, workers, prepared)

            async def reply(
                job: Callable[..., Reply],
                *args: Hashable,
                lane: Lane = "page",
                keep: bool = True,
                seconds: float | None = None,
            ) -> Reply:
                if job is diagnose:
                    await prepared.wait()
                return await workers.reply(job, *args, lane=lane, keep=keep, seconds=seconds)

            yield reply
            tasks.cancel_scope.cancel()

    anyio.run(make_server(opening).run_stdio_async)


async def _prepare(workers: Workers, prepared: anyio.Event) -> None:
    """Have the index for diagnosing made: the first time on a machine, that takes longer than a client waits for us."""
    try:
        await workers.reply(prepare, keep=False, seconds=_PREPARING)
    except PoemsKgError as error:
        # Whoever asks for a diagnosis is told in full; all other tools do without.
        logging.getLogger(__name__).warning("no diagnosing: %s", error)
    finally:
        prepared.set()
