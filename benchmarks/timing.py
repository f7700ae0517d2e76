"""What the benchmarks share: medians, a limit of time, peak memory, steps in processes of their own, and tables."""

import multiprocessing
import resource
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

RUNS = 7
"""How often a quick action is repeated for its median."""


class StepError(Exception):
    """A step that failed, or that took too long and was ended."""


Send = Callable[[object], None]
"""Hands a result of a step to the process that started it."""


def seconds(action: Callable[[], object], runs: int = RUNS, budget: float = float("inf")) -> float:
    """
    Median wall-clock seconds of an action after one warm-up.

    :param budget: seconds after which it is not repeated any more.
    """
    action()
    times: list[float] = []
    while len(times) < runs and (not times or sum(times) < budget):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


@contextmanager
def limited(limit: float) -> Iterator[None]:
    """
    Stop Python code that runs longer than some seconds.

    :raises TimeoutError: in the midst of that code.
    """

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    # Repeated: code that catches every error would go on for ever after a single alarm.
    signal.setitimer(signal.ITIMER_REAL, limit, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def peak_memory() -> float:
    """The most memory that this process has held so far, in GB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e9 if sys.platform == "darwin" else most / 1e6  # bytes there, kB elsewhere


def apart(step: Callable[..., None], *arguments: object, limit: float) -> Iterator[Any]:
    """
    Run a step in a fresh process, so that time and memory are its own; gives what it sends, as it comes.

    :param step: a function of a module; its first argument is a :data:`Send`.
    :param limit: seconds after which the process is ended.
    :raises StepError: if it is ended, or fails; what it has sent until then has been given.
    """
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sending, step, arguments))
    end = time.monotonic() + limit
    process.start()
    sending.close()
    try:
        while receiving.poll(max(0.0, end - time.monotonic())):
            yield receiving.recv()
        raise StepError(f"over {limit:g} s")
    except EOFError as error:
        process.join()
        if process.exitcode:
            raise StepError(f"{step.__name__} ended with code {process.exitcode}; its error is above") from error
    finally:
        process.kill()
        process.join()


def _run(sending: Connection, step: Callable[..., None], arguments: Sequence[object]) -> None:
    step(sending.send, *arguments)
    sending.close()


def say(words: str) -> None:
    """Tell whoever waits what is being done."""
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


def rows(answer: Iterable[object]) -> list[str]:
    """Rows in an order of their own, for comparing."""
    return sorted(str(row) for row in answer)


def table(header: Sequence[str], cells: Iterable[Sequence[object]], words: int = 1) -> str:
    """
    A Markdown table.

    :param words: how many columns at the left hold words; the others are figures, to the right.
    """
    rule = ["---" if column < words else "--:" for column in range(len(header))]
    lines = [header, rule, *cells]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"
