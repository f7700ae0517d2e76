"""
The command ``poems-kg``: parse, call one function of the library, print.

Exit codes: 0 all is well, 1 something was found that needs a look, 2 it could not run.
"""

import sys

import click

from poems_kg.cli import (
    asking,
    conflicts,
    curating,
    diagnosing,
    linking,
    making,
    screening,
    serving,
    synthesizing,
    touring,
)
from poems_kg.ids import PoemsKgError
from poems_kg.knowledge_graph import KnowledgeGraph, connect, load, load_linked
from poems_kg.questions import LINKED


class Graph:
    """The graph that the options name, loaded when a command first needs it."""

    def __init__(self, path: str | None, endpoint: str | None, timeout: float) -> None:
        self.path, self.endpoint, self.timeout = path, endpoint, timeout
        self._graph: KnowledgeGraph | None = None

    def __call__(self, needs: str = "") -> KnowledgeGraph:
        """Load or connect; where no option names a graph, one that needs the linked graph gets that."""
        if self._graph is None:
            if self.endpoint:
                self._graph = connect(self.endpoint, self.timeout)
            else:
                self._graph = load_linked() if needs == LINKED and self.path is None else load(self.path)
        return self._graph


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--graph", "path", metavar="PATH", help="A built graph.trig or its folder, or the folder of a linked graph."
)
@click.option("--endpoint", metavar="URL", help="Ask a SPARQL 1.1 endpoint instead.")
@click.option("--timeout", type=float, default=30.0, show_default=True, help="Seconds to wait for the endpoint.")
@click.version_option(package_name="poems-kg")
@click.pass_context
def cli(context: click.Context, path: str | None, endpoint: str | None, timeout: float) -> None:
    """
    The knowledge graph of POEMS syndrome: every statement with its source.

    Start with 'poems-kg tour'. For research and education; not medical advice.
    """
    context.obj = Graph(path, endpoint, timeout)


for room in (asking, conflicts, making, curating, linking, diagnosing, screening, serving, synthesizing, touring):
    for command in room.COMMANDS:
        cli.add_command(command)


def main() -> None:
    """Run the command; every error is one clear line on standard error."""
    try:
        sys.exit(cli.main(prog_name="poems-kg", standalone_mode=False) or 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except PoemsKgError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
