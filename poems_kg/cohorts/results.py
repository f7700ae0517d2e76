"""
Turn screened patients into the files of a result, TSV or Parquet: part by part first, then joined into one.

A part has the columns of the result and before them the line of the record, which tells repetitions apart and is left
out of the result. What a column means is no business of this module.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, Protocol, TypeAlias

from poems_kg.ids import PoemsKgError
from poems_kg.tables import render_table

LINE: Final = "line"
PATIENT: Final = "patient_id"
NOTE: Final = "For research and education; not medical advice."
_ROW_GROUP = 1 << 16
"""Rows of a group of the Parquet file that are held in memory, at least; a part more at most."""

Columns: TypeAlias = Mapping[str, type]
"""``str``, ``int`` or ``float`` by name, in the order of the result; ``patient_id`` is one of them."""
Row: TypeAlias = Mapping[str, Any]
"""A value, or None, by column."""


class ScreeningError(PoemsKgError):
    """A cohort that cannot be screened: the message says which file, and what to do."""


class Key(NamedTuple):
    """Which patient a row of a part is about: the line of the record, and the id."""

    line: int
    patient_id: str


class Form(Protocol):
    """A form of the result: how a part is written and read again, and how parts become one file."""

    suffix: str

    def render(self, columns: Columns, rows: Sequence[Row]) -> bytes:
        """Write a part; rows have ``line`` besides the columns."""

    def keys(self, part: Path) -> Iterator[Key]:
        """Give the patients of a part in its order."""

    def join(self, columns: Columns, parts: Iterable[Path], dropped: frozenset[int], stream: BinaryIO) -> None:
        """
        Write the result.

        :param dropped: places of rows, counted from 0 over all parts, that are left out.
        """


def find_form(path: Path) -> Form:
    """
    Give the form that the name of a file asks for.

    :raises ScreeningError: if it is none of ours, or pyarrow is not installed.
    """
    suffix = path.suffix.casefold()
    if suffix == Tsv.suffix:
        return Tsv()
    if suffix != Parquet.suffix:
        raise ScreeningError(f"{path}: a result is TSV or Parquet; give a name that ends in .tsv or .parquet")
    require_pyarrow(path)
    return Parquet()


def require_pyarrow(path: Path) -> None:
    """
    Make sure that Parquet can be read and written.

    :raises ScreeningError: if pyarrow is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise ScreeningError(f"{path}: Parquet needs pyarrow; pip install 'poems-kg[parquet]'") from error


class Tsv:
    """Tab-separated text with one header line, UTF-8; None is an empty cell, a float has all its digits."""

    suffix = ".tsv"

    def render(self, columns: Columns, rows: Sequence[Row]) -> bytes:
        """Write a part, without its header."""
        names = [LINE, *columns]
        cells = [["" if row[name] is None else str(row[name]) for name in names] for row in rows]
        return render_table(names, cells).partition("\n")[2].encode()

    def keys(self, part: Path) -> Iterator[Key]:
        """Give the patients of a part in its order."""
        with part.open(encoding="utf-8", newline="\n") as lines:
            for text in lines:
                line, patient_id, _ = text.split("\t", 2)
                yield Key(int(line), patient_id)

    def join(self, columns: Columns, parts: Iterable[Path], dropped: frozenset[int], stream: BinaryIO) -> None:
        """Write the header, then the parts without the lines of the records."""
        stream.write(render_table(list(columns), []).encode())
        place = 0
        for part in parts:
            with part.open("rb") as lines:
                for text in lines:
                    if place not in dropped:
                        stream.write(text.partition(b"\t")[2])
                    place += 1


class Parquet:
    """Apache Parquet with typed columns, written by pyarrow; None is null."""

    suffix = ".parquet"

    def _schema(self, columns: Columns) -> Any:
        import pyarrow as pa

        types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
        return pa.schema([(name, types[kind]) for name, kind in columns.items()])

    def render(self, columns: Columns, rows: Sequence[Row]) -> bytes:
        """Write a part."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = self._schema({LINE: int, **columns})
        arrays = [pa.array([row[field.name] for row in rows], field.type) for field in schema]
        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_arrays(arrays, schema=schema), buffer)
        return buffer.getvalue()

    def keys(self, part: Path) -> Iterator[Key]:
        """Give the patients of a part in its order."""
        import pyarrow.parquet as pq

        table = pq.read_table(part, columns=[LINE, PATIENT])
        yield from map(Key, table[LINE].to_pylist(), table[PATIENT].to_pylist())

    def join(self, columns: Columns, parts: Iterable[Path], dropped: frozenset[int], stream: BinaryIO) -> None:
        """Write the parts without the lines of the records, in groups of rows of about one size."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = self._schema(columns).with_metadata({"note": NOTE})
        with pq.ParquetWriter(stream, schema) as writer:
            held: list[Any] = []
            place = count = 0

            def write() -> None:
                if count:
                    writer.write_table(pa.concat_tables(held).cast(schema), row_group_size=count)

            for part in parts:
                table = pq.read_table(part)
                if dropped:
                    kept = [at not in dropped for at in range(place, place + len(table))]
                    place, table = place + len(table), table.filter(pa.array(kept, pa.bool_()))
                held.append(table.drop_columns(LINE))
                count += len(table)
                if count >= _ROW_GROUP:
                    write()
                    held, count = [], 0
            write()
