"""Print rows as a table for eyes, as TSV or as JSON; say on standard error what is going on."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import click

from poems_kg.figures import figure_words

FORMATS = ("table", "tsv", "json")
Report = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and of how much; 0 where that is not known."""

PIPE_WIDTH = 160
"""Columns of a table that goes to no terminal."""

format_option = click.option(
    "--format", "-f", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="Form of the output."
)


def print_rows(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], form: str, empty: str = "no rows") -> None:
    """Print rows in one of ``FORMATS``; in a table, figures stand right and columns without any cell are left out."""
    if form == "json":
        click.echo(
            json.dumps([{column: row.get(column) for column in columns} for row in rows], ensure_ascii=False, indent=1)
        )
    elif form == "tsv":
        click.echo("\t".join(columns))
        for row in rows:
            click.echo("\t".join(_flat(row.get(column)) for column in columns))
    elif rows:
        _print_table(columns, rows)
    else:
        click.echo(empty)


def _flat(value: Any) -> str:
    text = "" if value is None else format(value, ".15g") if isinstance(value, float) else str(value)
    return text.replace("\t", " ").replace("\n", " ")


_FIGURES = ("low", "high", "unit", "n", "total")
_USUAL = {"polarity": "asserts", "certainty": "established"}


def condense(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[dict[str, Any]]]:
    """
    Make rows fit a screen: figures in one column, no id beside its label, nothing that is the usual case.

    The TSV and JSON forms keep every column.
    """
    spare = {column for column in columns if f"{column}_label" in columns} | {"source", "claim"} - {columns[0]}
    kept = [column for column in columns if column not in spare and (column not in _FIGURES or "low" not in columns)]
    if "low" in columns:
        kept.insert(min(columns.index("low"), len(kept)), "figures")
    short = [
        {**row, "figures": figure_words(row), **{c: "" for c, usual in _USUAL.items() if row.get(c) == usual}}
        for row in rows
    ]
    return kept, short


def _print_table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    shown = [column for column in columns if any(row.get(column) not in (None, "") for row in rows)]
    share = console.width // max(len(shown), 1) - 2
    for column in shown:
        is_number = all(isinstance(row.get(column), int | float | None) for row in rows)
        longest = max(len(_flat(row.get(column))) for row in rows)
        name = column.removesuffix("_label").replace("_", " ")
        justify: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(name, justify=justify, overflow="fold", min_width=max(1, min(longest, share, 18)))
    for row in rows:
        table.add_row(*(Text(_flat(row.get(column))) for column in shown))
    console.print(table)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on a terminal that says what is being done; silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield status.update


@contextmanager
def progress_bar() -> Iterator[Report]:
    """A bar on a terminal for what is done, how much of it and of how much (0 if not known); silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _, __, ___: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, count="")

        def report(what: str, done: int, total: int) -> None:
            count = f"{done:,} of {total:,}" if total else f"{done:,}" if done else ""
            bar.update(task, description=what, completed=done, total=total or None, count=count)

        yield report
