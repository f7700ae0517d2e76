"""Where the tables, the queries and the built graph are: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

MANIFEST = "linked.json"
"""The file that a folder with a linked graph has."""

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parent


def _place(name: str) -> Path:
    packed = _PACKAGE / "_packed" / name
    return packed if packed.is_dir() else _CHECKOUT / name


def ontology_dir() -> Path:
    """The folder of the tables, ``core.ttl`` and ``poems.ttl``."""
    return _place("ontology")


def queries_dir() -> Path:
    """The folder of the questions, the checks and the views (``*.rq``)."""
    return _place("queries")


def graph_file() -> Path:
    """The built graph that :func:`poems_kg.load` reads (TriG)."""
    return _PACKAGE / "graph.trig"
