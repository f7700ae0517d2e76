"""The command conflicts: where sources disagree, with both sides and what a reviewer makes of it."""

import click

from poems_kg.cli.asking import Load
from poems_kg.cli.output import format_option, print_rows
from poems_kg.conflicts import KINDS, NEW
from poems_kg.questions import ANY
from poems_kg.reviews import STATUSES

SHORT = ["conflict_id", "kind", "subject_label", "side_a", "side_b", "status", "reason"]
"""The columns of the table form; each side names its sources, and the TSV and JSON forms have them apart, too."""


@click.command()
@click.option("--kind", "-k", type=click.Choice(KINDS), help="Only conflicts of this kind.")
@click.option(
    "--term", "-t", default="", help="Only conflicts about this entity: label, synonym or CURIE, in any case."
)
@click.option("--status", "-s", type=click.Choice((NEW, *STATUSES)), help="Only conflicts with this status.")
@format_option
@click.pass_context
def conflicts(context: click.Context, kind: str | None, term: str, status: str | None, form: str) -> None:
    """
    List where sources disagree, with both sides. Exit code 1 if one is new, so nobody has reviewed it.

    \b
      poems-kg conflicts --kind taxonomic
      poems-kg conflicts --term "Castleman disease" -f tsv
    """  # noqa: D301 - click reads the backspace
    load: Load = context.obj
    answer = load().ask("conflicts", kind=kind or ANY, entity=term or ANY, status=status or ANY)
    print_rows(SHORT if form == "table" else answer.columns, answer.rows, form, "no conflicts")
    unreviewed = sum(row["status"] == NEW for row in answer)
    if form == "table" and answer.rows:
        click.echo(f"{len(answer)} conflicts, {unreviewed} new")
    if unreviewed:
        context.exit(1)


COMMANDS = (conflicts,)
