"""
Turn the answer to a question into a table for eyes: labels that are links, figures in one column, nothing twice.

What is left out or put together here is whole in the CSV, TSV and JSON of the same answer.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from poems_kg.figures import figure_words
from poems_kg.ids import expand, is_known
from poems_kg.questions import Answer
from poems_kg.reports.citations import link_parts
from poems_kg.serve.pages.rendering import claim_url, entity_url, source_url
from poems_kg.store import Value

Part = tuple[str, str]
"""Words and where they lead; no address where they lead nowhere."""

_WORDS_ONLY: Final = frozenset({"kg", "oboInOwl", "skos", "semapv", "rdfs", "owl", "biolink"})
"""Prefixes of relations and the like, which have no page of their own."""
_FIGURES: Final = ("low", "high", "unit", "n", "total")
_LONG: Final = 40
"""Characters from which on a cell needs a wide column."""
_YES: Final = {True: "yes", False: "no"}


@dataclass(frozen=True, slots=True)
class Cell:
    """
    One cell: its lines, each of words that may lead somewhere.

    ``entity_id`` stands beside a label in small; ``sort`` is what the cell is sorted by, where that is not its text.
    """

    lines: tuple[tuple[Part, ...], ...] = ()
    entity_id: str = ""
    sort: str = ""
    is_number: bool = False

    @property
    def text(self) -> str:
        """All its words."""
        return "; ".join("".join(words for words, _ in line) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it is called, and what its cells mean; ``is_long`` where they are sentences."""

    name: str
    title: str
    meaning: str
    is_number: bool
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows; ``same`` has the columns whose cell is the same in every row, and that cell."""

    columns: list[Column]
    rows: list[list[Cell]]
    same: list[tuple[Column, Cell]]


def lay_out(answer: Answer, rows: Sequence[Mapping[str, Value]], meanings: Mapping[str, str]) -> Table:
    """
    Lay out some rows of an answer; columns without a value in all of it, or with one and the same, are no columns.

    :param meanings: by column, as the question says it.
    """
    wanted = [name for name in answer.columns if not _is_beside(name, answer.columns)]
    made: dict[str, tuple[Column, list[Cell]]] = {}
    same: list[tuple[Column, Cell]] = []
    for name in wanted:
        prefix = _figures_of(name, answer.columns)
        is_figures = prefix is not None and name == f"{prefix}low"
        if prefix is not None and not is_figures:
            continue
        cells = [_cell(name, row, answer, prefix if is_figures else None) for row in rows]
        column = _column(name, meanings, prefix if is_figures else None, cells)
        if len(answer) > 1 and _is_same(answer, name, prefix if is_figures else None):
            if cells and cells[0].lines:
                same.append((column, cells[0]))
        else:
            made[name] = (column, cells)
    columns = [column for column, _ in made.values()]
    return Table(columns, [list(row) for row in zip(*(cells for _, cells in made.values()), strict=True)], same)


def _is_beside(name: str, columns: Sequence[str]) -> bool:
    """Whether a column is shown within another: a label with its id, source and claim with their citation."""
    if name.endswith("_label"):
        return name.removesuffix("_label") in columns or f"{name.removesuffix('_label')}_id" in columns
    kind, _, side = name.partition("_")
    return kind in ("source", "claim") and _joined("citation", side) in columns


def _joined(kind: str, side: str) -> str:
    return f"{kind}_{side}" if side else kind


def _figures_of(name: str, columns: Sequence[str]) -> str | None:
    """The prefix of the group of figures that a column is of, such as ``other_``; None where it is of none."""
    for figure in _FIGURES:
        prefix = name.removesuffix(figure)
        if name.endswith(figure) and (not prefix or prefix.endswith("_")) and f"{prefix}low" in columns:
            return prefix
    return None


def _column(name: str, meanings: Mapping[str, str], prefix: str | None, cells: Sequence[Cell]) -> Column:
    if prefix is not None:
        of = f" ({prefix.rstrip('_')})" if prefix else ""
        meaning = "what was reported: figures as published with their unit, then patients with it of patients examined"
        return Column(name, f"reported{of}", meaning, is_number=True)
    is_number = any(cell.lines for cell in cells) and all(cell.is_number or not cell.lines for cell in cells)
    is_long = sum(len(cell.text) > _LONG for cell in cells) > len(cells) / 5
    return Column(name, name.removesuffix("_id").replace("_", " "), meanings.get(name, ""), is_number, is_long)


def _is_same(answer: Answer, name: str, prefix: str | None) -> bool:
    names = [name] if prefix is None else [f"{prefix}{figure}" for figure in _FIGURES]
    if name.startswith("citation"):
        names += [_joined(kind, name.partition("_")[2]) for kind in ("source", "claim")]
    first = answer.rows[0]
    return all(row.get(each) == first.get(each) for row in answer.rows for each in names)


def _cell(name: str, row: Mapping[str, Value], answer: Answer, prefix: str | None) -> Cell:
    if prefix is not None:
        return _figures_cell({figure: row.get(f"{prefix}{figure}") for figure in _FIGURES} | _unit(row, prefix))
    value = row.get(name)
    if not isinstance(value, str):
        return _number(value)
    if name.startswith("citation") or name.endswith("citation"):
        side = name.partition("_")[2] if name.startswith("citation") else ""
        return _citation(value, row.get(_joined("source", side)), row.get(_joined("claim", side)))
    if name.startswith("sources_"):
        return Cell(tuple(((part, source_url(part)),) for part in value.split("|")))
    return _words(value, str(row.get(f"{name.removesuffix('_id')}_label") or ""), answer.labels)


def _number(value: float | None) -> Cell:
    if value is None:
        return Cell()
    if isinstance(value, bool):
        return Cell((((_YES[value], ""),),))
    # A year has no comma.
    words = f"{value:,.15g}" if abs(value) >= 10_000 else f"{value:.15g}"
    return Cell((((words, ""),),), "", str(value), is_number=True)


def _unit(row: Mapping[str, Value], prefix: str) -> dict[str, Value]:
    """The unit of figures; a share of the other of two disorders is in the unit of the row, or in percent."""
    unit = row.get(f"{prefix}unit") or row.get("unit")
    return {"unit": unit if unit or "unit" in row else "%"}


def _figures_cell(figures: Mapping[str, Value]) -> Cell:
    n, total = figures.get("n"), figures.get("total")
    bounds = figure_words({**figures, "n": None, "total": None})
    counts = "" if n is None and total is None else f"n = {n}" if total is None else f"of {total}"
    if n is not None and total is not None:
        counts = f"{n} of {total}"
    words = ", ".join(part for part in (bounds, counts) if part) if n is not None else f"{bounds} {counts}".strip()
    share = 100 * n / total if isinstance(n, int | float) and isinstance(total, int | float) and total else None
    by = next((each for each in (figures.get("high"), figures.get("low"), share) if each is not None), None)
    return Cell((((words, ""),),) if words else (), "", "" if by is None else str(by), is_number=True)


def _citation(value: str, source: Value, claim: Value) -> Cell:
    """Who says it, with a link to the source, and below it the claim."""
    if isinstance(source, str) and source:
        claims = ((("claim ", ""), (claim.removeprefix("claim:"), claim_url(claim))),) if isinstance(claim, str) else ()
        return Cell((((value, source_url(source)),), *claims))
    return Cell(tuple(tuple(link_parts(part)) for part in value.split("; ")))


def _words(value: str, label: str, labels: Mapping[str, str]) -> Cell:
    """A CURIE as its label with a link, words as they stand."""
    if not value:
        return Cell()
    prefix, colon, local = value.partition(":")
    if not colon or not is_known(value):
        return Cell(tuple(tuple(link_parts(line)) for line in value.split(" | ")))
    label = label or labels.get(value, "")
    if prefix in _WORDS_ONLY:
        return Cell((((label or (local.replace("_", " ") if prefix == "kg" else value), ""),),))
    address = address_of(value, is_ours=bool(label))
    shown = label or (local if prefix in {"claim", "conflict"} else value)
    return Cell((((shown, address),),), value if label and prefix != "source" else "")


def address_of(curie: str, *, is_ours: bool) -> str:
    """
    Where a CURIE leads: to its page here, else to its own address.

    :param is_ours: whether the graph has a label for it, and so a page.
    """
    prefix, _, local = curie.partition(":")
    if prefix == "claim":
        return claim_url(curie)
    if prefix == "source":
        return source_url(curie)
    if prefix == "conflict":
        return f"/conflict/{quote(local, safe='')}"
    address = entity_url(curie) if is_ours else expand(curie)
    return address if address.startswith(("/", "http://", "https://")) else ""


# --- The same answer as a file ---


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Value]]) -> bytes:
    """Rows as CSV (RFC 4180) in UTF-8, with a header; nothing for no value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_plain(row.get(column)) for column in columns] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def to_tsv(columns: Sequence[str], rows: Iterable[Mapping[str, Value]]) -> bytes:
    """Rows as tab-separated values in UTF-8, as ``poems-kg ask --format tsv`` prints them."""
    lines = ["\t".join(columns)]
    for row in rows:
        cells = (_plain(row.get(column)).replace("\t", " ").replace("\n", " ") for column in columns)
        lines.append("\t".join(cells))
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _plain(value: Value) -> str:
    return "" if value is None else format(value, ".15g") if isinstance(value, float) else str(value)
