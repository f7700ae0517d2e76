"""
Screen a cohort: a file of patients becomes a file of one row for each, in their order, in bounded memory.

Batches are read as they stream, screened by workers, and kept as parts: an interrupted run goes on where it was.
A record that cannot be used is told, with its line, and the others go on.
"""

import multiprocessing
import os
import signal
import threading
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from poems_kg.cohorts.checkpoint import Bad, Part, Parts, fingerprint, resuming, write_bad
from poems_kg.cohorts.kernel import Opener, Record, Work, opened
from poems_kg.cohorts.records import BATCH, Batch, Cohort, nothing
from poems_kg.cohorts.results import Columns, Form, ScreeningError, find_form
from poems_kg.cohorts.sessions import ONE_THREAD, environment_of
from poems_kg.patients.patient import BadRecord
from poems_kg.tables import write_atomic

Report: TypeAlias = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and of how much; 0 where that is not known."""
Tell: TypeAlias = Callable[[BadRecord | str], None]
"""Is told each record that cannot be used, and what else is to be said."""

_AHEAD: Final = 2
"""Batches for each worker that are read before the first of them is finished."""


class Engine(Protocol):
    """What screens batches. Parts of different names are not joined."""

    name: str

    def fill(self, work: Work, cohort: Cohort, parts: Parts, size: int, report: Report) -> Iterator[int]:
        """Finish those parts that are not finished; gives the number of every part in its order, once it is."""


@dataclass(frozen=True, slots=True)
class Screened:
    """What came of it: rows written, and records that gave none."""

    rows: int
    bad: int


def workers_here() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def screen_cohort(
    path: Path,
    target: Path,
    opener: Opener,
    *,
    engine: Engine | None = None,
    size: int = BATCH,
    report: Report = lambda _, __, ___: None,
    tell: Tell = lambda _: None,
) -> Screened:
    """
    Screen the patients of a file.

    ``target`` is TSV or Parquet by its name; records that cannot be used are in ``target`` + ``.bad.tsv``. Of several
    patients with one id, the first has a row.

    :param size: patients of a batch, which is what is lost by an interruption for each worker.
    :raises PoemsKgError: if it cannot be read or written; what is finished stays in ``target`` + ``.parts``.
    """
    engine = engine or Processes(workers_here())
    work = Work(path, opener, find_form(target))
    before = fingerprint(path)
    if target.exists() and target.samefile(path):
        raise ScreeningError(f"{target}: is the file of patients itself; give another name")
    cohort = Cohort(path)
    report("opening the index", 0, 0)
    kernel = opened(opener)
    columns = list(kernel.columns)
    made_from = {"input": before, "index": kernel.key, "columns": columns, "batch": size, "engine": engine.name}
    with resuming(target, work.form.suffix, made_from) as (parts, note):
        if note:
            tell(note)
        bad: list[Bad] = []
        done: list[Path] = []
        for number in engine.fill(work, cohort, parts, size, report):
            done.append(parts.path(number))
            found = parts.bad(number)
            bad += found
            for one in found:
                tell(BadRecord(path, *one))
        if fingerprint(path) != before:
            raise ScreeningError(f"{path}: has changed while it was read; run it again")
        report(f"writing {target.name}", 0, 0)
        return _finish(work, target, done, bad, tell)


def _finish(work: Work, target: Path, parts: list[Path], bad: list[Bad], tell: Tell) -> Screened:
    """Join the parts without patients that come again, and write beside them what was bad."""
    count, repeated = find_repeated(work.form, parts)
    last = list(repeated.values())
    if not count and not bad:
        last.append(Bad(*_fields(nothing(work.path))))
    for one in last:
        tell(BadRecord(work.path, *one))
    write_bad(target.with_name(f"{target.name}.bad.tsv"), sorted(bad + last))
    _join(work.form, opened(work.opener).columns, parts, frozenset(repeated), target)
    return Screened(count - len(repeated), len(bad) + len(last))


def _fields(record: BadRecord) -> tuple[int, str, str]:
    return record.line, record.field, record.message


def _join(form: Form, columns: Columns, parts: Iterable[Path], dropped: frozenset[int], target: Path) -> None:
    def write(new: Path) -> None:
        with new.open("wb") as stream:
            form.join(columns, parts, dropped, stream)

    write_atomic(target, write)


def find_repeated(form: Form, parts: list[Path]) -> tuple[int, dict[int, Bad]]:
    """
    Count the rows, and find those whose patient stands in an earlier row already, by place from 0.

    Takes 8 bytes of memory a patient, and an entry for each whose id may come twice.
    """
    import numpy as np

    hashes = array("q", (hash(key.patient_id) for part in parts for key in form.keys(part)))
    count = len(hashes)
    if not count:
        return 0, {}
    ordered = np.frombuffer(hashes, np.int64)
    ordered.sort()
    suspects = set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
    first: dict[str, tuple[int, int]] = {}
    repeated: dict[int, Bad] = {}
    keys = (key for part in parts for key in form.keys(part)) if suspects else iter(())
    for place, (line, patient_id) in enumerate(keys):
        if hash(patient_id) not in suspects:
            continue
        earlier, its_line = first.setdefault(patient_id, (place, line))
        if earlier != place:
            message = f"{patient_id!r} is also the patient of line {its_line}; give each its own id"
            repeated[place] = Bad(line, "id", message)
    return count, repeated


# --- All cores of one machine ---


class Processes:
    """Workers that are processes of this machine; with one, this process does the work itself."""

    name = "local"

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def fill(self, work: Work, cohort: Cohort, parts: Parts, size: int, report: Report) -> Iterator[int]:
        """Finish those parts that are not finished; gives the number of every part in its order, once it is."""
        count = 0
        with _begin(self._workers, work) as begin:
            waiting: deque[tuple[Batch, Future[Part] | None]] = deque()

            def finish() -> int:
                nonlocal count
                batch, future = waiting.popleft()
                if future is not None:
                    parts.write(batch.number, future.result())
                count += len(batch.records)
                report(f"{count:,} patients", batch.end, cohort.total)
                return batch.number

            try:
                for batch in cohort.batches(size):
                    is_done = parts.is_done(batch.number)
                    waiting.append((batch, None if is_done else begin(batch.records)))
                    if len(waiting) > _AHEAD * self._workers:
                        yield finish()
                while waiting:
                    yield finish()
            except BrokenProcessPool as error:
                raise ScreeningError(
                    f"{cohort.path}: a worker was ended from outside, perhaps for want of memory; the same command "
                    "goes on where this run was, with fewer --workers if need be"
                ) from error


@contextmanager
def _begin(workers: int, work: Work) -> Iterator[Callable[[Sequence[Record]], Future[Part]]]:
    """Give a function that hands a batch to a worker."""
    if workers == 1:
        yield lambda records: _at_once(work, records)
        return
    # A fresh process has no locks and threads of this one; it costs a second, once.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start_worker, (work.opener,))
    try:
        with environment_of(ONE_THREAD):
            yield lambda records: pool.submit(work.part, records)
    finally:
        pool.shutdown(cancel_futures=True)


def _at_once(work: Work, records: Sequence[Record]) -> Future[Part]:
    future: Future[Part] = Future()
    future.set_result(work.part(records))
    return future


def _start_worker(opener: Opener) -> None:
    """Leave interruptions to the parent, end with it however it ends, and open the kernel."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    opened(opener)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
