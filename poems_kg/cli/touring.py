"""The tour."""

import click


@click.command()
def tour() -> None:
    """A short guided answer to what people ask."""
