"""Workers: what runs over is really ended, what goes wrong is told and survived, and nothing is left behind."""

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from poems_kg.ids import PoemsKgError
from poems_kg.names import UnknownTermError
from poems_kg.patients.terms import UnknownFindingError
from poems_kg.serve.desk import Desk
from poems_kg.serve.problems import TooBusyError, TooLargeError, TooSlowError, WorkerLostError
from poems_kg.serve.replies import Reply
from poems_kg.serve.settings import ServeError, Settings
from poems_kg.serve.workers import Workers
from poems_kg.sparql import QueryError

LONG = 60.0
"""Seconds for what is to be stopped by something else than its time limit."""
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"


# --- Jobs: another process finds them by their name ---


def pid(desk: Desk, *_: object) -> Reply:
    return Reply(str(os.getpid()).encode())


def tell(desk: Desk, file: str) -> Reply:
    """Leave a line in a file with each run."""
    with Path(file).open("a", encoding="utf-8") as lines:
        lines.write(f"{os.getpid()}\n")
    return pid(desk)


def tell_and_hang(desk: Desk, file: str) -> Reply:
    tell(desk, file)
    threading.Event().wait()
    raise AssertionError


def tell_and_ask(desk: Desk, file: str) -> Reply:
    """Hang where no Python runs: in the query engine."""
    tell(desk, file)
    desk.kg.query(ENDLESS)
    raise AssertionError


def tell_and_wait(desk: Desk, file: str, go: str) -> Reply:
    """End once another file is there."""
    tell(desk, file)
    while not Path(go).exists():
        threading.Event().wait(0.01)
    return pid(desk)


def leave(desk: Desk, code: int) -> Reply:
    os._exit(code)


def abort(desk: Desk) -> Reply:
    os.abort()


def take_memory(desk: Desk, size: int) -> Reply:
    return Reply(bytes(size)[:10])


def give(desk: Desk, size: int, status: int = 200) -> Reply:
    return Reply(os.urandom(size), status=status)


def fail(desk: Desk, kind: str) -> Reply:
    if kind == "term":
        raise UnknownTermError("hepatomegali", [("HP:0002240", "Hepatomegaly")])
    if kind == "finding":
        raise UnknownFindingError("hepatomegali", [("HP:0002240", "Hepatomegaly")])
    desk.kg.query("SELECT * {\n ?s ?p")
    raise AssertionError


def divide(desk: Desk, by: int) -> Reply:
    return Reply(str(1 / by).encode())


# --- Workers to try them on ---


class Pool:
    """Workers, called from a thread that is not theirs."""

    def __init__(self, portal: BlockingPortal, workers: Workers) -> None:
        self._portal = portal
        self._workers = workers

    def start(self, job: Callable[..., Reply], *args: Any, **how: Any) -> "Future[Reply]":
        async def ask() -> Reply:
            return await self._workers.reply(job, *args, **how)

        return self._portal.start_task_soon(ask)

    def ask(self, job: Callable[..., Reply], *args: Any, **how: Any) -> bytes:
        return self.start(job, *args, **how).result(LONG).body

    def pids(self, folder: Path) -> set[int]:
        """The processes of all workers, seen at work at the same time."""
        file, go = folder / f"pids{next(_NUMBERS)}", folder / f"go{next(_NUMBERS)}"
        count = self._workers.count
        asked = [self.start(tell_and_wait, str(file), str(go), keep=False) for _ in range(count)]
        assert becomes(lambda: len(told(file)) == count)
        go.touch()
        return {int(each.result(LONG).body) for each in asked}


_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A small graph of a hundred triples, and small limits where they are tried."""
    graph = tmp_path_factory.mktemp("graph") / "graph.trig"
    graph.write_text("".join(f"<a:s{n}> <a:p> <a:o> .\n" for n in range(100)), encoding="utf-8")
    return Settings(
        graph=graph,
        workers=3,
        seconds=LONG,
        patience=LONG,
        cache_bytes=80_000,
        reply_bytes=1 << 20,
        memory_bytes=1 << 30,
    )


@contextmanager
def opened(settings: Settings) -> Iterator[Pool]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Workers(settings)) as workers:
        yield Pool(portal, workers)


@pytest.fixture(scope="module")
def pool(settings: Settings) -> Iterator[Pool]:
    with opened(settings) as made:
        yield made


def is_running(process: int) -> bool:
    """Whether there is such a process that has not ended; one that nobody has asked after yet has."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def becomes(is_so: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Look until something is so; False if it does not come to be."""
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            return False
        threading.Event().wait(0.01)
    return True


def told(file: Path) -> list[int]:
    return [int(line) for line in file.read_text(encoding="utf-8").split()] if file.exists() else []


# --- Time ---


@pytest.mark.parametrize("job", [tell_and_hang, tell_and_ask])
def test_what_runs_over_is_ended_with_its_process(job, pool, tmp_path):
    file = tmp_path / "pid"
    with pytest.raises(TooSlowError, match=r"stopped after 1\.5 seconds"):
        pool.ask(job, str(file), lane="query", keep=False, seconds=1.5)
    (process,) = told(file)
    assert becomes(lambda: not is_running(process))
    assert process not in pool.pids(tmp_path)


def test_the_limit_is_that_of_the_settings_where_a_job_has_none(settings, tmp_path):
    with opened(replace(settings, seconds=0.2)) as pool, pytest.raises(TooSlowError, match=r"after 0\.2 seconds"):
        pool.ask(tell_and_hang, str(tmp_path / "pid"), keep=False)


def test_workers_that_were_ended_are_replaced(pool, tmp_path):
    before = pool.pids(tmp_path)
    for code in range(3):
        with pytest.raises(WorkerLostError):
            pool.ask(leave, code, keep=False)
    after = pool.pids(tmp_path)
    assert len(before) == len(after) == 3
    assert not before & after


# --- Faults ---


def test_a_worker_that_crashes_is_told_and_survived(pool):
    with pytest.raises(WorkerLostError, match="exit code 3"):
        pool.ask(leave, 3, keep=False)
    assert pool.ask(pid, keep=False)


def test_a_worker_that_ended_while_it_was_idle_troubles_nobody(pool, tmp_path):
    for process in pool.pids(tmp_path):
        os.kill(process, 9)
        assert becomes(lambda process=process: not is_running(process))
    assert is_running(int(pool.ask(pid, keep=False)))
    assert len(pool.pids(tmp_path)) == 3


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [("term", UnknownTermError, "did you mean Hepatomegaly"), ("finding", UnknownFindingError, "the nearest are")],
)
def test_an_error_of_the_library_comes_back_whole(kind, error, words, pool):
    with pytest.raises(error, match=words) as caught:
        pool.ask(fail, kind)
    assert list(caught.value.nearest) == [("HP:0002240", "Hepatomegaly")]
    assert str(caught.value).count("hepatomegali") == 1


def test_the_place_of_a_syntax_error_comes_back(pool):
    with pytest.raises(QueryError, match="line 2, column") as caught:
        pool.ask(fail, "query")
    assert caught.value.line == 2


def test_a_fault_of_ours_ends_no_worker_and_is_for_the_log_only(pool, tmp_path):
    before = pool.pids(tmp_path)
    with pytest.raises(WorkerLostError, match="the fault is its own") as caught:
        pool.ask(divide, 0)
    assert "division" not in str(caught.value)
    assert "ZeroDivisionError" in "".join(caught.value.__notes__)
    assert pool.pids(tmp_path) == before


def test_an_argument_that_cannot_be_sent_ends_no_worker(pool, tmp_path):
    before = pool.pids(tmp_path)
    with pytest.raises(Exception, match="pickle"):
        pool.ask(pid, lambda: None)
    assert pool.pids(tmp_path) == before


def test_a_graph_that_is_missing_is_told_on_entering(settings, tmp_path):
    missing = replace(settings, graph=tmp_path / "none.trig")
    with pytest.raises(PoemsKgError, match=r"none\.trig"), opened(missing):
        pytest.fail("there is nothing to open")


# --- Memory and size ---


def test_memory_is_bounded_and_the_worker_goes_on(pool, tmp_path):
    before = pool.pids(tmp_path)
    with pytest.raises(TooLargeError, match="memory"):
        pool.ask(take_memory, 2 << 30, keep=False)
    assert pool.ask(take_memory, 1 << 20, keep=False) == bytes(10)
    assert pool.pids(tmp_path) == before


def test_a_library_that_gives_up_for_want_of_memory_is_survived(pool):
    with pytest.raises(TooLargeError, match="memory"):
        pool.ask(abort, keep=False)
    assert pool.ask(pid, keep=False)


def test_an_answer_that_is_too_long_is_refused(pool, settings):
    with pytest.raises(TooLargeError, match="MiB"):
        pool.ask(give, settings.reply_bytes + 1)


# --- Waiting ---


def test_queries_leave_a_worker_for_pages(pool, tmp_path):
    files = [tmp_path / f"{n}" for n in range(4)]
    queries = [pool.start(tell_and_hang, str(file), lane="query", keep=False, seconds=4.0) for file in files]
    assert becomes(lambda: sum(map(bool, map(told, files))) == 2)
    for _ in range(20):
        assert pool.ask(pid, keep=False)
    assert sum(map(bool, map(told, files))) <= 3, "pages were answered only after the queries had been ended"
    for query in queries:
        assert isinstance(query.exception(LONG), TooSlowError)
    assert all(map(told, files))


def test_who_waits_too_long_is_told(settings, tmp_path):
    with opened(replace(settings, workers=2, patience=0.3)) as pool:
        files = [tmp_path / "a", tmp_path / "b"]
        hanging = [pool.start(tell_and_hang, str(file), keep=False, seconds=5.0) for file in files]
        assert becomes(lambda: all(map(told, files)))
        with pytest.raises(TooBusyError, match="busy"):
            pool.ask(pid, keep=False)
        assert [type(each.exception(LONG)) for each in hanging] == [TooSlowError] * 2
        assert becomes(lambda: pool.start(pid, keep=False).exception(LONG) is None)


def test_a_job_that_nobody_waits_for_any_more_is_ended_after_a_while(pool, tmp_path):
    file = tmp_path / "pid"
    asked = pool.start(tell_and_hang, str(file), lane="query", keep=False, seconds=LONG)
    assert becomes(lambda: bool(told(file)))
    asked.cancel()
    assert becomes(lambda: not is_running(told(file)[0]), seconds=10)
    assert len(pool.pids(tmp_path)) == 3


def test_a_job_that_is_nearly_done_costs_no_worker_when_its_client_leaves(pool, tmp_path):
    before = pool.pids(tmp_path)
    file, go = tmp_path / "pid", tmp_path / "go"
    asked = pool.start(tell_and_wait, str(file), str(go), keep=False)
    assert becomes(lambda: bool(told(file)))
    asked.cancel()
    go.touch()
    assert pool.pids(tmp_path) == before


def test_who_leaves_the_line_is_not_waited_for(settings, tmp_path):
    with opened(replace(settings, workers=2)) as pool:
        busy_file, go, files = tmp_path / "busy", tmp_path / "go", [tmp_path / f"{n}" for n in range(5)]
        busy = [pool.start(tell_and_wait, str(busy_file), str(go), keep=False) for _ in range(2)]
        assert becomes(lambda: len(told(busy_file)) == 2)
        gone = [pool.start(tell, str(file), keep=False) for file in files]
        for each in gone:
            each.cancel()
        go.touch()
        assert all(each.result(LONG).body for each in busy)
        assert pool.ask(pid, keep=False)
        assert not any(map(told, files))


# --- What is kept ---


def test_a_reply_is_kept_unless_it_must_not_be(pool, tmp_path):
    kept, fresh = tmp_path / "kept", tmp_path / "fresh"
    first = pool.ask(tell, str(kept))
    assert [pool.ask(tell, str(kept)) for _ in range(3)] == [first] * 3
    assert len(told(kept)) == 1
    for _ in range(3):
        pool.ask(tell, str(fresh), keep=False)
    assert len(told(fresh)) == 3


def test_what_is_no_success_or_too_long_is_not_kept(pool):
    assert pool.ask(give, 100, 404) != pool.ask(give, 100, 404)
    assert pool.ask(give, 20_000) != pool.ask(give, 20_000)
    assert pool.ask(give, 100) == pool.ask(give, 100)


def test_what_is_kept_is_bounded(pool):
    first = pool.ask(give, 3_000, 200)
    assert pool.ask(give, 3_000, 200) == first
    for size in range(3_001, 3_030):
        pool.ask(give, size, 200)
    assert pool.ask(give, 3_000, 200) != first


# --- The end ---


def test_nothing_is_left_behind(settings, tmp_path):
    file = tmp_path / "pid"
    with opened(settings) as pool:
        processes = pool.pids(tmp_path)
        pool.start(tell_and_hang, str(file), keep=False, seconds=LONG)
        assert becomes(lambda: bool(told(file)))
    assert becomes(lambda: not any(map(is_running, processes)))
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    started = {int(each) for each in children.read_text(encoding="utf-8").split()} if children.exists() else set()
    assert not started & processes


def test_workers_that_cannot_start_leave_nothing_behind(settings, tmp_path):
    graph = tmp_path / "graph.trig"
    graph.write_text("no graph", encoding="utf-8")
    with pytest.raises(PoemsKgError), opened(replace(settings, graph=graph)):
        pytest.fail("there is nothing to open")
    assert issubclass(ServeError, PoemsKgError)
