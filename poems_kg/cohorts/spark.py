"""
Screen a cohort on Apache Spark: Spark reads and numbers raw records, and executors work on them with the same kernel.

Executors write the parts of the result, so they must see the input and the folder of the result at the same paths as
the driver, as on one machine or a shared file system. The driver joins the parts, as it does those of one machine.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from poems_kg.cohorts.checkpoint import Parts
from poems_kg.cohorts.kernel import Record, Work
from poems_kg.cohorts.records import Cohort, columns_of, row_to_json
from poems_kg.cohorts.results import ScreeningError
from poems_kg.cohorts.screening import Report
from poems_kg.cohorts.sessions import LOCAL, open_session

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

_BOM: Final = b"\xef\xbb\xbf"
_GLOB: Final = re.compile(r"([][{}*?\\,])")
_TASKS_A_CORE: Final = 4
_ARROW_ROWS: Final = 1000
"""Records that Spark hands to Python at once."""


class Spark:
    """
    Screens on Spark.

    A session that is given is used and left open; else one is opened at ``master`` and closed.
    """

    name = "spark"

    def __init__(self, master: str = LOCAL, session: "SparkSession | None" = None) -> None:
        self._master = master
        self._session = session

    @contextmanager
    def _open(self) -> Iterator["SparkSession"]:
        if self._session is not None:
            yield self._session
            return
        with open_session(self._master) as session:
            yield session

    def fill(self, work: Work, cohort: Cohort, parts: Parts, size: int, report: Report) -> Iterator[int]:
        """
        Finish those parts that are not finished; gives the number of every part in its order, once all are.

        :raises ScreeningError: if Spark cannot do it, or the file is neither lines nor Parquet.
        """
        if not cohort.is_parquet and not cohort.is_lines:
            raise ScreeningError(
                f"{cohort.path}: is one document, which Spark cannot divide; leave out --engine spark, or give lines"
            )
        report("starting Spark", 0, 0)
        with self._open() as shared, _clear_errors(cohort.path):
            # A session of our own on the same cluster: its settings are not those of whoever gave the other.
            session = shared.newSession()
            cores = session.sparkContext.defaultParallelism
            session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(_ARROW_ROWS))
            # The file is read twice, and has to be divided in the same way though executors come and go.
            session.conf.set("spark.sql.files.minPartitionNum", str(cores))
            report("numbering the records", 0, 0)
            raw, lines = number_rows(session, cohort) if cohort.is_parquet else number_lines(session, cohort)
            count = -(-lines // size)
            tasks = max(1, min(count, max(cores * _TASKS_A_CORE, count // 16)))
            divided = raw.selectExpr(f"(line - 1) div {size} AS part", "line", "content")
            ordered = divided.repartition(tasks, "part").sortWithinPartitions("line")
            finished = ordered.mapInArrow(_filler(work, parts), "part long, lines long")
            with _watching(parts, count, report):
                done = finished.collect()
        if sum(row["lines"] for row in done) != lines:
            raise ScreeningError(f"{cohort.path}: Spark did not read it twice alike; run it again")
        lacking = [number for number in range(count) if not parts.is_done(number)]
        if lacking:
            raise ScreeningError(
                f"{parts.folder}: what executors wrote is not there; name a result on a file system that they share"
            )
        yield from range(count)


def _uri(path: Path) -> str:
    """Name a file to Spark, which would take some characters for patterns."""
    return "file://" + _GLOB.sub(r"\\\1", str(path.absolute()))


def number_lines(session: "SparkSession", cohort: Cohort) -> tuple["DataFrame", int]:
    """Give line and content of the lines of a file, as bytes, and how many there are."""
    from pyspark.sql import functions as f

    text = session.read.text(_uri(cohort.path), lineSep="\n").select(
        f.col("value").cast("binary").alias("content"),
        f.col("_metadata.file_block_start").alias("start"),
        f.monotonically_increasing_id().alias("at"),
    )
    # Ids rise by one within a block of the file; blocks are put one after the other.
    blocks = text.groupBy("start").agg(f.count("*").alias("count"), f.min("at").alias("first")).collect()
    shifts: list[tuple[int, int]] = []
    lines = 0
    for block in sorted(blocks, key=itemgetter("start")):
        shifts.append((block["start"], lines + 1 - block["first"]))
        lines += block["count"]
    if not lines and next(cohort.batches(1), None):
        raise ScreeningError(f"{cohort.path}: Spark passes over names that begin with _ or a full stop; rename it")
    by_block = session.createDataFrame(shifts, "start long, shift long")
    numbered = text.join(f.broadcast(by_block), "start").selectExpr("at + shift AS line", "content")
    return numbered, lines


def number_rows(session: "SparkSession", cohort: Cohort) -> tuple["DataFrame", int]:
    """Give number and content of the rows of a Parquet file, as lines of JSON, and how many there are."""
    rows = session.read.parquet(_uri(cohort.path))
    kept = [f"`{name}`" for name in columns_of(rows.columns)]
    numbered = rows.selectExpr("_metadata.row_index + 1 AS line", *kept)
    return numbered.mapInArrow(_rows_to_json, "line long, content binary"), cohort.total


# --- What executors run ---


def _rows_to_json(batches: Iterable["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
    import pyarrow as pa

    for batch in batches:
        contents = [row_to_json(row) for row in batch.drop_columns(["line"]).to_pylist()]
        columns = [batch.column("line"), pa.array(contents, pa.binary())]
        yield pa.RecordBatch.from_arrays(columns, ["line", "content"])


def _filler(work: Work, parts: Parts) -> Callable[[Iterable["pa.RecordBatch"]], Iterator["pa.RecordBatch"]]:
    """Make the function that executors call with the records of some parts, in their order."""

    def fill(batches: Iterable["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        import pyarrow as pa

        for number, group in groupby(_lines_of(batches), key=itemgetter(0)):
            count = 0
            records: list[Record] = []
            for _, line, content in group:
                count += 1
                text = content.removeprefix(_BOM) if line == 1 else content
                if text.strip():
                    records.append(Record(line, text))
            if not parts.is_done(number):
                parts.write(number, work.part(records))
            yield pa.RecordBatch.from_pydict({"part": [number], "lines": [count]})

    return fill


def _lines_of(batches: Iterable["pa.RecordBatch"]) -> Iterator[tuple[int, int, bytes]]:
    for batch in batches:
        yield from zip(*(batch.column(name).to_pylist() for name in ("part", "line", "content")), strict=True)


# --- What the driver does meanwhile ---


@contextmanager
def _watching(parts: Parts, count: int, report: Report) -> Iterator[None]:
    """Tell every second how many parts there are."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(1):
            report("batches on Spark", len(parts.numbers()), count)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    """Turn Spark's errors, which are pages long, into one line."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise ScreeningError(f"{path}: Spark could not go on ({_gist(error)})") from error


def _gist(error: Any) -> str:
    """The message of the error that an executor met in Python, else the first line."""
    text = str(error)
    errors = re.findall(r"^[\w.]+(?:Error|Exception): (.+)$", text, re.MULTILINE)
    return (errors[0] if errors else text.partition("\n")[0]).strip()
