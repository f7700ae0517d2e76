"""``poems-kg synthesize``: write patients who never were, for load tests and calibration."""

from pathlib import Path

import click

from poems_kg.cli.output import progress_bar


@click.command()
@click.option("-n", "--number", type=click.IntRange(1, 100_000_000), default=1000, show_default=True, help="Patients.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=0, show_default=True, help="The same gives the same.")
@click.option(
    "-o", "--output", "path", required=True, type=click.Path(dir_okay=False, path_type=Path), help="FILE.jsonl[.gz]"
)
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of release files.")
def synthesize(number: int, seed: int, path: Path, data: Path | None) -> None:
    r"""
    Write synthetic patients of POEMS syndrome and its rivals, drawn from the curated frequencies.

    Each record says so: its id starts with 'synthetic-' and it has "synthetic": true. They are for load tests and
    calibration, never to be mixed with real cases.

    \b
    Example: poems-kg synthesize -n 100000 --seed 1 -o cohort.jsonl.gz
    """
    from poems_kg.cohorts.synthesis import synthesizer, write_cohort
    from poems_kg.profiles.index import open_index

    with progress_bar() as report:
        write_cohort(synthesizer(open_index(data, report), seed), number, path, report)
    click.echo(f"{path}: {number} synthetic patients, seed {seed}; not real cases, not medical advice", err=True)


COMMANDS = (synthesize,)
