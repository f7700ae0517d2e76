"""Tools for assistants that speak the Model Context Protocol (MCP), over standard input and output, or at ``/mcp``."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poems_kg.serve.settings import Settings


def run_stdio(settings: "Settings") -> None:
    """
    Serve one assistant over standard input and output until it closes them; nothing else goes to standard output.

    :raises PoemsKgError: if the graph cannot be opened.
    """
    from poems_kg.serve.assistants.stdio import run

    run(settings)
