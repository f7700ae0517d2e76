"""Print rows as a table for eyes, as TSV or as JSON; say on standard error what is going on."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

FORMATS = ("table", "tsv", "json")
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


def _print_table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    shown = [column for column in columns if any(row.get(column) not in (None, "") for row in rows)]
    for column in shown:
        figures = all(isinstance(row.get(column), int | float | None) for row in rows)
        table.add_column(column.replace("_", " "), justify="right" if figures else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_flat(row.get(column))) for column in shown))
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on a terminal that says what is being done; silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield status.update
