"""
Turn a file of patients into batches of records as they stream, without reading what a record says.

Lines of JSON stay bytes and rows of Parquet become such lines, so that workers do the work of parsing. Other files
(one JSON document, protobuf) are parsed here.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from poems_kg.cohorts.kernel import Record
from poems_kg.cohorts.results import ScreeningError, require_pyarrow
from poems_kg.patients.patient import BadRecord
from poems_kg.patients.records import is_lines, read_lines, read_records

BATCH: Final = 1000
"""Records of a batch, unless another number is asked for."""
_BATCH_BYTES: Final = 16_000_000
"""A batch of long records ends when it has so many bytes: a few batches are in memory at any time."""
_COLUMNS: Final = {"id": True, "sex": False, "age": False, "observed": True, "excluded": False, "disease": False}
"""Columns of Parquet that are read, and whether they must be there."""
_LISTS: Final = ("observed", "excluded")
_GZIP: Final = b"\x1f\x8b"
_MAGIC: Final = b"PAR1"


class Batch(NamedTuple):
    """Records that are screened together; ``end`` of the input's ``total`` is read with them."""

    number: int
    records: tuple[Record, ...]
    end: int


def is_parquet(path: Path) -> bool:
    """
    Say whether a file is Parquet, by its first bytes.

    :raises ScreeningError: if it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ScreeningError(f"{path}: cannot be read ({reason}); give a file of patients") from error


class Cohort:
    """A file of patients. ``total`` is how much is to be read: rows of Parquet, bytes of JSON Lines, 0 if not known."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_parquet = is_parquet(path)
        self.is_lines = not self.is_parquet and is_lines(path)
        self.total = count_rows(path) if self.is_parquet else path.stat().st_size if self.is_plain else 0

    @property
    def is_plain(self) -> bool:
        """Whether it is lines that are not packed."""
        with self.path.open("rb") as stream:
            return self.is_lines and stream.read(2) != _GZIP

    def batches(self, size: int) -> Iterator[Batch]:
        """
        Give the records in the order of the file, always in the same batches.

        :raises PoemsKgError: if the file is broken.
        """
        read = _read_rows if self.is_parquet else read_lines if self.is_lines else read_records
        held: list[Record] = []
        number = length = whole = 0
        for line, content in read(self.path):
            held.append(Record(line, content))
            length += len(content) if isinstance(content, bytes) else 0
            if len(held) >= size or length >= _BATCH_BYTES:
                whole += length
                yield Batch(number, tuple(held), held[-1].line if self.is_parquet else whole)
                number, length, held = number + 1, 0, []
        if held:
            yield Batch(number, tuple(held), self.total)


def nothing(path: Path) -> BadRecord:
    """What is wrong with a file without any record."""
    return BadRecord(path, 0, "", "there are no patients in this file; give one that has some")


# --- Parquet ---


def _open(path: Path) -> Any:
    """
    Open Parquet and look at its columns.

    :raises ScreeningError: if it is broken, or has not the columns of patients.
    """
    require_pyarrow(path)
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise ScreeningError(f"{path}: is not whole and readable Parquet ({_first(error)}); write it again") from error
    lacking = [name for name, is_needed in _COLUMNS.items() if is_needed and name not in file.schema_arrow.names]
    if lacking:
        raise ScreeningError(
            f"{path}: has no column {lacking[0]!r}; patients are rows of id, sex, observed and excluded, lists of terms"
        )
    for field in file.schema_arrow:
        if field.name in _COLUMNS and not _fits(field.name, field.type):
            wanted = "lists of texts" if field.name in _LISTS else "texts"
            raise ScreeningError(f"{path}: column {field.name!r} is {field.type}; it must be {wanted}")
    return file


def _fits(name: str, found: Any) -> bool:
    """Say whether the type of a column of Parquet can be read; whole numbers are ids, any number is an age."""
    from pyarrow import types

    if types.is_null(found):
        return True
    if name in _LISTS:
        return (types.is_list(found) or types.is_large_list(found)) and _is_text(found.value_type)
    is_number = types.is_integer(found) if name == "id" else name == "age" and types.is_floating(found)
    return is_number or (name == "age" and types.is_integer(found)) or _is_text(found)


def _is_text(found: Any) -> bool:
    from pyarrow import types

    kind = found.value_type if types.is_dictionary(found) else found
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind))


def count_rows(path: Path) -> int:
    """
    Count the patients of a Parquet file.

    :raises ScreeningError: if it is broken, or has not the columns of patients.
    """
    return int(_open(path).metadata.num_rows)


def columns_of(names: Iterable[str]) -> list[str]:
    """Give those columns of Parquet that are read."""
    return [name for name in _COLUMNS if name in names]


def _read_rows(path: Path) -> Iterator[tuple[int, bytes]]:
    import pyarrow as pa

    file = _open(path)
    number = 0
    try:
        for rows in file.iter_batches(BATCH, columns=columns_of(file.schema_arrow.names)):
            for row in rows.to_pylist():
                number += 1
                yield number, row_to_json(row)
    except (OSError, pa.ArrowException) as error:
        raise ScreeningError(f"{path}:{number + 1}: the Parquet is broken ({_first(error)}); write it again") from error


def row_to_json(row: Mapping[str, Any]) -> bytes:
    """Make a row of Parquet the line of JSON that says the same; nulls are left out."""
    return json.dumps({name: value for name, value in row.items() if value is not None}).encode()


def _first(error: BaseException) -> str:
    return str(error).partition("\n")[0]
