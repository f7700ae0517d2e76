"""
Do the work in processes that can be stopped: each has the graph open, takes one job at a time, and hands back a reply.

Nothing inside Python can stop a query that runs over, so its process is ended and another takes its place; the memory
of a process is bounded the same way. Queries of clients never get all processes, so that pages are always served.
"""

import asyncio
import contextlib
import gzip
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import blake2b
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final, Literal

from cachetools import LRUCache

from poems_kg.ids import PoemsKgError
from poems_kg.serve.desk import Desk
from poems_kg.serve.problems import TooBusyError, TooLargeError, TooSlowError, WorkerLostError, log
from poems_kg.serve.replies import Reply
from poems_kg.serve.settings import ServeError, Settings

Lane = Literal["page", "query"]
Job = Callable[..., Reply]
"""A function of a module, so that another process finds it. Takes a desk, then what can be pickled and hashed."""

_CONTEXT: Final = multiprocessing.get_context("spawn")
_PACKED: Final = range(1_000, 4 << 20)
"""Bytes of a body that is worth compressing: neither too short to gain, nor too long to wait for."""
_ABANDONED: Final = 1.0
"""Seconds that a job may go on after whoever asked for it went away."""
_MOST_WAITING: Final = 500


class Workers:
    """
    A fixed number of worker processes. Use as ``async with Workers(settings) as workers``.

    :param warm: a job that each does before its first, so that nobody waits for what all need.
    :raises ServeError: on entering, if the graph cannot be opened.
    """

    def __init__(self, settings: Settings, warm: Callable[[Desk], object] | None = None) -> None:
        self.settings = settings
        self._warm = warm
        self.count = max(2, settings.workers)
        self._line = _Line()
        self._threads = ThreadPoolExecutor(self.count * 2, "worker")
        self._kept: LRUCache[Hashable, Reply] = LRUCache(settings.cache_bytes, getsizeof=lambda reply: reply.size)
        self._all: set[_Worker] = set()
        self._replacing: set[asyncio.Task[None]] = set()
        self._is_over = False

    async def __aenter__(self) -> "Workers":
        try:
            await asyncio.gather(*(self._start() for _ in range(self.count)))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_over = True
        for task in self._replacing:
            task.cancel()
        ended = list(self._all)
        for worker in ended:
            worker.end()
        for worker in ended:
            await asyncio.to_thread(worker.wait_until_ended)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def reply(
        self,
        job: Job,
        *args: Hashable,
        lane: Lane = "page",
        keep: bool = True,
        seconds: float | None = None,
    ) -> Reply:
        """
        Have a job done.

        :param lane: ``query`` for what clients write themselves.
        :param keep: whether the reply may be given again to who asks the same; not for anything about patients.
        :param seconds: the longest it may run; the limit of the settings where none is given.
        :raises TooSlowError: if it ran over.
        :raises TooBusyError: if no worker came free in time.
        :raises TooLargeError: if it took more memory than there is for it.
        :raises PoemsKgError: what the job itself raises.
        """
        key = (job, args)
        if keep and (kept := self._kept.get(key)):
            return kept
        worker = await self._take(lane)
        work = asyncio.create_task(self._run(worker, lane, job, args, seconds or self.settings.seconds))
        try:
            made = await asyncio.shield(work)
        except asyncio.CancelledError:
            # Who asked went away. Most jobs are as good as done, and to start another worker costs more than they do.
            asyncio.get_running_loop().call_later(_ABANDONED, work.cancel)
            raise
        if isinstance(made, Exception):
            raise made
        if keep and made.status == 200 and made.size < self.settings.cache_bytes // 8:
            self._kept[key] = made
        return made

    async def _take(self, lane: Lane) -> "_Worker":
        """A free worker, once there is one; it is to be given back."""
        try:
            async with asyncio.timeout(self.settings.patience):
                while not (worker := await self._line.take(lane)).is_alive():
                    # Ended from outside while it had nothing to do: no reason to fail whoever comes next.
                    self._give_back(worker, lane)
        except TimeoutError as error:
            raise TooBusyError("all workers are busy; try again in a while") from error
        return worker

    def _give_back(self, worker: "_Worker", lane: Lane) -> None:
        """Let the next one have a worker; replace it where it was stopped."""
        self._line.give_back(worker, lane)
        if not worker.is_sound:
            self._all.discard(worker)
            if not self._is_over:
                task = asyncio.create_task(self._replace())
                self._replacing.add(task)
                task.add_done_callback(self._replacing.discard)

    async def _start(self) -> None:
        worker = _Worker(self.settings, self._warm)
        self._all.add(worker)
        await asyncio.get_running_loop().run_in_executor(self._threads, worker.wait_until_ready)
        self._line.join(worker)

    async def _replace(self) -> None:
        """Start another worker; where that fails, say so and try again, for the graph may be on its way back."""
        while True:
            try:
                return await self._start()
            except PoemsKgError as error:
                log(error)
                await asyncio.sleep(1)

    async def _run(
        self, worker: "_Worker", lane: Lane, job: Job, args: tuple[object, ...], seconds: float
    ) -> "Reply | PoemsKgError":
        """What the job made, or why it made nothing; whoever stops waiting for this stops the worker."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                return await loop.run_in_executor(self._threads, worker.call, job, args)
        except TimeoutError:
            worker.end()
            return TooSlowError(f"stopped after {seconds:g} seconds; ask for less, or add a LIMIT")
        except asyncio.CancelledError:
            worker.end()
            raise
        finally:
            self._give_back(worker, lane)


class _Line:
    """
    Who waits for a worker, first come, first served; pages go before queries.

    A query begins only where another worker is left that runs no query, so that pages never wait for one.
    """

    def __init__(self) -> None:
        self._free: list[_Worker] = []
        self._alive = 0
        self._asking = 0
        self._waiting: dict[Lane, deque[asyncio.Future[_Worker]]] = {"page": deque(), "query": deque()}

    def join(self, worker: "_Worker") -> None:
        """Take in a worker that is ready."""
        self._alive += 1
        self._free.append(worker)
        self._hand_out()

    async def take(self, lane: Lane) -> "_Worker":
        """The next worker that is free for a lane."""
        if sum(map(len, self._waiting.values())) >= _MOST_WAITING:
            raise TooBusyError(f"{_MOST_WAITING} requests are waiting already; try again in a while")
        turn: asyncio.Future[_Worker] = asyncio.get_running_loop().create_future()
        self._waiting[lane].append(turn)
        self._hand_out()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back(turn.result(), lane)
            elif turn in self._waiting[lane]:
                self._waiting[lane].remove(turn)
            raise

    def give_back(self, worker: "_Worker", lane: Lane) -> None:
        """A worker has ended its job; one that was stopped is alive no more."""
        self._asking -= lane == "query"
        if worker.is_sound:
            self._free.append(worker)
        else:
            self._alive -= 1
        self._hand_out()

    def _hand_out(self) -> None:
        while self._free and (lane := self._next()):
            turn = self._waiting[lane].popleft()
            # Who gave up has been told so, but may not have left the line yet.
            if not turn.cancelled():
                self._asking += lane == "query"
                turn.set_result(self._free.pop())

    def _next(self) -> Lane | None:
        """The lane whose turn it is."""
        if self._waiting["page"]:
            return "page"
        return "query" if self._waiting["query"] and self._alive - self._asking > 1 else None


class _Worker:
    """One process, seen from the server. Its methods block."""

    def __init__(self, settings: Settings, warm: Callable[[Desk], object] | None) -> None:
        self._here, there = _CONTEXT.Pipe()
        self._process: BaseProcess = _CONTEXT.Process(target=_work, args=(there, settings, warm), daemon=True)
        self._process.start()
        there.close()
        self.is_sound = True

    def wait_until_ready(self) -> None:
        try:
            problem = self._here.recv()
        except (EOFError, OSError) as error:
            raise ServeError("a worker ended while it opened the graph; try again") from error
        if problem:
            raise problem

    def call(self, job: Job, args: tuple[object, ...]) -> "Reply | PoemsKgError":
        """What the job made, or what it raised."""
        try:
            self._here.send((job, args))
            made: Reply | PoemsKgError = self._here.recv()
        except (EOFError, OSError):
            self.is_sound = False
            self.wait_until_ended()
            if self._process.exitcode == -signal.SIGABRT:
                return TooLargeError("stopped, because it took more memory than there is for it; ask for less")
            return WorkerLostError(f"its worker ended (exit code {self._process.exitcode}); try again")
        return made

    def wait_until_ended(self) -> None:
        """Wait for the process, which has no reason to stay, so that nothing is left of it."""
        self._process.join(5)

    def is_alive(self) -> bool:
        """Whether there still is a process; one that has ended is sound no more."""
        self.is_sound = self.is_sound and self._process.is_alive()
        return self.is_sound

    def end(self) -> None:
        self.is_sound = False
        self._process.kill()


# --- In the process of a worker ---


def _work(server: Connection, settings: Settings, warm: Callable[[Desk], object] | None) -> None:
    # Ctrl-C goes to all processes of a terminal; the server ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        desk = Desk(settings)
        if warm:
            warm(desk)
    except PoemsKgError as error:
        server.send(error)
        return
    _bound_memory(settings.memory_bytes)
    server.send(None)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            job, args = server.recv()
            server.send(_do(job, args, desk))


def _do(job: Job, args: tuple[object, ...], desk: Desk) -> "Reply | PoemsKgError":
    started = time.perf_counter()
    try:
        reply = job(desk, *args)
    except PoemsKgError as error:
        return error
    except MemoryError:
        return TooLargeError("it took more memory than there is for it; ask for less")
    except Exception as error:
        # A worker outlives a bug in one job.
        return WorkerLostError.of(error)
    if len(reply.body) > desk.settings.reply_bytes:
        return TooLargeError(f"the answer has more than {desk.settings.reply_bytes >> 20} MiB; ask for less")
    packed = gzip.compress(reply.body, 5, mtime=0) if len(reply.body) in _PACKED else b""
    etag = f'"{blake2b(reply.body, digest_size=12).hexdigest()}"'
    took = ("Server-Timing", f"work;dur={(time.perf_counter() - started) * 1000:.1f}")
    return replace(reply, packed=packed, etag=etag, headers=(*reply.headers, took))


def _bound_memory(most: int) -> None:
    """Bound what this process takes for its own; what it maps from files, which others share, does not count."""
    try:
        import resource
    except ImportError:
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
