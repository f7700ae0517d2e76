"""
Turn a batch of records into a part of the result: read each, screen the patients, keep apart what is none.

This is all that a worker does, be it a process of this machine or of a Spark cluster; it opens its kernel once, itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from poems_kg.cohorts.checkpoint import Bad, Part
from poems_kg.cohorts.results import LINE, Columns, Form, Row
from poems_kg.ids import PoemsKgError
from poems_kg.patients.patient import BadRecord, Patient
from poems_kg.patients.reading import read_record
from poems_kg.patients.records import parse_bytes
from poems_kg.patients.terms import Terms


class Record(NamedTuple):
    """A record of the input, as bytes of JSON or as read from another format, and the line or row that it stands in."""

    line: int
    content: object


class Kernel(Protocol):
    """
    What reads and screens patients.

    ``key`` names data and release: results of the same key can be joined. ``columns`` are those of the rows.
    """

    key: str
    columns: Columns

    def read(self, record: Record, path: Path) -> Patient | BadRecord:
        """Read one record of a file."""

    def screen(self, patients: Sequence[Patient]) -> Sequence[Row]:
        """Give one row for each patient, in their order."""


Opener: TypeAlias = Callable[[], Kernel]
"""Opens a kernel where it is called; can be pickled, and hashed, so that a process opens each but once."""


def read_content(record: Record, terms: Terms, path: Path) -> Patient | BadRecord:
    """Read a record whatever it comes as: how kernels read."""
    content = parse_bytes(record.content) if isinstance(record.content, bytes) else record.content
    return read_record(content, terms, path, record.line)


@cache
def opened(opener: Opener) -> Kernel:
    """Open a kernel, once in a process."""
    return opener()


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done with each batch of a file; can be pickled, and done wherever the kernel can be opened."""

    path: Path
    opener: Opener
    form: Form

    def part(self, records: Sequence[Record]) -> Part:
        """Make a part of a batch; patients that the kernel refuses are bad records, too."""
        kernel = opened(self.opener)
        patients: list[tuple[int, Patient]] = []
        bad: list[Bad] = []
        for record in records:
            read = _read(kernel, record, self.path)
            if isinstance(read, Patient):
                patients.append((record.line, read))
            else:
                bad.append(read)
        try:
            rows = kernel.screen([patient for _, patient in patients])
        except PoemsKgError:
            patients, rows = _screen_singly(kernel, patients, bad)
        lined = [{**row, LINE: line} for (line, _), row in zip(patients, rows, strict=True)]
        return Part(self.form.render(kernel.columns, lined), tuple(sorted(bad)))


def _read(kernel: Kernel, record: Record, path: Path) -> Patient | Bad:
    try:
        read = kernel.read(record, path)
    except PoemsKgError as error:
        return Bad(record.line, "", str(error))
    return read if isinstance(read, Patient) else Bad(read.line, read.field, read.message)


def _screen_singly(
    kernel: Kernel, patients: Sequence[tuple[int, Patient]], bad: list[Bad]
) -> tuple[list[tuple[int, Patient]], list[Row]]:
    """Screen one after the other, so that one that is refused does not take the others with it."""
    kept: list[tuple[int, Patient]] = []
    rows: list[Row] = []
    for line, patient in patients:
        try:
            rows += kernel.screen([patient])
        except PoemsKgError as error:
            bad.append(Bad(line, "", str(error)))
        else:
            kept.append((line, patient))
    return kept, rows
