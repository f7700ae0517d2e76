"""
Read and write the hand-edited tables: UTF-8, tab-separated, one header line, no quoting, Unix line ends.

A table is read whole and every problem in it is reported; a file is written whole or not at all.
What a column means is no business of this module.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from poems_kg.ids import PoemsKgError

Row: TypeAlias = tuple[int, dict[str, str]]
"""Line number in the file (the header is line 1), and cell by column."""


@dataclass(frozen=True, slots=True, order=True)
class Issue:
    """One problem in the data. ``column`` is a column name, or empty where the whole line or file is meant."""

    file: str
    row: int
    column: str
    code: str
    message: str
    solution: str
    level: Literal["ERROR", "WARN"] = "ERROR"

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.row, self.column) if part)
        return f"{place}: {self.code} {self.message}; {self.solution}"


class DataError(PoemsKgError):
    """Data that cannot be used; ``issues`` has every problem found."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        self.issues = list(issues)
        super().__init__("\n".join(str(issue) for issue in issues))


@dataclass(slots=True)
class Table:
    """The rows of one file, and what is wrong with its form."""

    file: str
    rows: list[Row] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    def report(
        self,
        row: int,
        column: str,
        code: str,
        message: str,
        solution: str,
        *,
        level: Literal["ERROR", "WARN"] = "ERROR",
    ) -> None:
        """Add an issue at a cell of this table."""
        self.issues.append(Issue(self.file, row, column, code, message, solution, level))


def read_table(path: Path, columns: Sequence[str], name: str) -> Table:
    """
    Read a table; what is wrong with its form is in ``issues`` and the rows concerned are left out.

    :param columns: the header that the file must have.
    :param name: how messages call the file.
    """
    table = Table(name)
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "unknown reason"
        table.report(0, "", "TAB01", f"cannot be read ({reason.lower()})", "restore the file")
        return table
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        table.report(line, "", "TAB02", f"byte {error.start} is not UTF-8", "save the file as UTF-8")
        return table
    if text.startswith("\ufeff"):
        table.report(1, "", "TAB03", "starts with a byte-order mark", "save the file as UTF-8 without it")
        text = text[1:]
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        table.report(line, "", "TAB04", "has Windows or old Mac line ends", "save the file with Unix line ends")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text and not text.endswith("\n"):
        line = text.count("\n") + 1
        table.report(line, "", "TAB05", "the last line has no line end: the file may be cut off", "complete the line")
    _split(table, text, columns)
    return table


def _split(table: Table, text: str, columns: Sequence[str]) -> None:
    header, *lines = text.split("\n")
    if header.split("\t") != list(columns):
        wanted = " · ".join(columns)
        table.report(1, "", "TAB06", "the header is not what it must be", f"write the columns {wanted}")
        return
    for number, line in enumerate(lines[:-1] if text.endswith("\n") else lines, start=2):
        cells = line.split("\t")
        if len(cells) != len(columns):
            table.report(
                number, "", "TAB07", f"{len(cells)} cells instead of {len(columns)}", "add or remove tabs in this line"
            )
            continue
        for column, cell in zip(columns, cells, strict=True):
            if cell != cell.strip():
                table.report(number, column, "TAB08", "blank space at an end of the cell", "remove it")
        table.rows.append((number, dict(zip(columns, cells, strict=True))))


def render_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write rows as the text of a table, in the order given; tabs and line ends in a cell become blanks."""
    clean = str.maketrans("\t\n\r", "   ")
    lines = ["\t".join(columns), *("\t".join(cell.translate(clean) for cell in row) for row in rows)]
    return "\n".join(lines) + "\n"


def write_atomic(path: Path, write: Callable[[Path], None]) -> None:
    """
    Let ``write`` fill a new file beside ``path``, then put it in place of ``path`` in one step.

    :raises PoemsKgError: if the target cannot be written; what stood at ``path`` is untouched.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise PoemsKgError(f"{path}: cannot be written ({reason}); choose another place") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_bytes_atomic(path: Path, data: bytes) -> None:
    """
    Write a file, whole or not at all.

    :raises PoemsKgError: if the target cannot be written; what stood at ``path`` is untouched.
    """

    def write(new: Path) -> None:
        new.write_bytes(data)

    write_atomic(path, write)


def write_text_atomic(path: Path, text: str) -> None:
    """Write a text as UTF-8 with Unix line ends; see :func:`write_bytes_atomic`."""
    write_bytes_atomic(path, text.encode("utf-8"))
