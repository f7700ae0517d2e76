"""The command serve: the graph over HTTP for browsers and programs, and as tools for assistants."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from poems_kg.cli.output import progress_bar
from poems_kg.ids import PoemsKgError

if TYPE_CHECKING:
    from poems_kg.serve import Settings


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; others than your own may come."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 for a free one.",
)
@click.option(
    "--workers", type=click.IntRange(2, 64), help="Processes that do the work; else as many as suit the machine."
)
@click.option(
    "--seconds", type=click.FloatRange(min=0.1), default=10.0, show_default=True, help="Longest that a query may run."
)
@click.option("--rows", type=click.IntRange(min=1), default=10_000, show_default=True, help="Most rows of an answer.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of release files for diagnosing, as 'poems-kg diagnose' takes it.",
)
@click.option("--mcp", is_flag=True, help="Serve tools for an assistant over standard input and output instead.")
@click.pass_context
def serve(
    context: click.Context,
    *,
    host: str,
    port: int,
    workers: int | None,
    seconds: float,
    rows: int,
    data: Path | None,
    mcp: bool,
) -> None:
    """
    Serve the graph: an explorer for the browser, a SPARQL endpoint, linked data, REST, tools for assistants.

    Serves the linked graph where 'poems-kg link build' made one, else the released graph; --graph names another.
    Nothing is sent anywhere, and nothing that is asked is kept. Stop it with Ctrl-C.

    \b
      poems-kg serve                     # then open http://127.0.0.1:8000/
      poems-kg serve --port 8080 --seconds 30
      poems-kg serve --mcp               # for the configuration of an assistant
    """  # noqa: D301 - click reads the backspace
    settings = _settings(context, host=host, port=port, seconds=seconds, rows=rows, data=data)
    if workers:
        from dataclasses import replace

        settings = replace(settings, workers=workers)
    if mcp:
        from poems_kg.serve.assistants import run_stdio

        run_stdio(settings)
        return
    from poems_kg.serve.running import run

    with progress_bar() as bar:
        run(settings, click.echo, bar)


def _settings(context: click.Context, **given: object) -> "Settings":
    path, endpoint = context.obj.path, context.obj.endpoint
    if endpoint:
        raise PoemsKgError("serve needs a graph on this machine; leave out --endpoint")
    try:
        from poems_kg.serve import Settings
        from poems_kg.serve.app import make_app  # noqa: F401 - says at once whether all libraries are there
    except ImportError as error:
        raise PoemsKgError(f"{error.name} is missing; pip install 'poems-kg[serve]'") from error
    return Settings(graph=Path(path) if path else None, **given)  # type: ignore[arg-type]


COMMANDS = (serve,)
