"""
Draw the views of :mod:`poems_kg.views`, and what was found out about a patient, as SVG or PNG files to be looked at.

Needs the ``draw`` extra (matplotlib and igraph). The same graph gives the same SVG, byte for byte.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

import networkx as nx

from poems_kg.ids import PoemsKgError
from poems_kg.tables import write_bytes_atomic
from poems_kg.views import POEMS

if TYPE_CHECKING:
    from poems_kg.drawing.sheet import Sheet

_PICTURES: Final = {
    "graph": ("whole", "draw_graph"),
    "disorder_findings": ("disorders", "draw_disorder_findings"),
    "disorder_similarity": ("similarity", "draw_disorder_similarity"),
    "differential_matrix": ("differential", "draw_differential_matrix"),
    "mechanism": ("mechanism", "draw_mechanism"),
    "treatments": ("treatments", "draw_treatments"),
    "evidence": ("evidence", "draw_evidence"),
}

_CENTRED: Final = frozenset({"disorder_similarity", "differential_matrix"})


class DrawingError(PoemsKgError):
    """A picture that cannot be made: no such view, another suffix, a missing library, an unwritable target."""


def draw(name: str, graph: nx.Graph, path: Path) -> None:
    """
    Draw a view into a file.

    :param name: the name of the view that ``graph`` is, as in :data:`poems_kg.views.VIEWS`.
    :param path: the target; its suffix, ``.svg`` or ``.png``, says which.
    :raises DrawingError: for another name or suffix, a missing library, or a target that cannot be written (what stood
        there is untouched).
    """
    check_suffix(path)
    if name not in _PICTURES:
        raise DrawingError(f"there is no picture of {name!r}; use one of {', '.join(_PICTURES)}")
    if graph.number_of_nodes() == 0 or (name in _CENTRED and POEMS not in graph):
        raise DrawingError(f"the view {name} has nothing to draw; load a graph that has claims")
    room, function = _PICTURES[name]
    _require("igraph")
    _require("matplotlib.style")
    write_sheet(path, lambda: getattr(import_module(f"poems_kg.drawing.{room}"), function)(graph))


def check_suffix(path: Path) -> None:
    """
    Refuse the name of a picture that says neither SVG nor PNG.

    :raises DrawingError: if it does not.
    """
    if path.suffix.casefold() not in (".svg", ".png"):
        raise DrawingError(f"{path}: pictures are written as SVG or PNG; end the name in .svg or .png")


def write_sheet(path: Path, draw_sheet: Callable[[], "Sheet"]) -> None:
    """
    Write what a function draws, nobody's own settings counting while it draws; the file is written whole or not at all.

    :raises DrawingError: for another suffix, a missing library, or a target that cannot be written.
    """
    check_suffix(path)
    style = _require("matplotlib.style")
    settings = import_module("poems_kg.drawing.sheet").SETTINGS
    with style.context(["default", settings]):
        data = draw_sheet().render(path.suffix.casefold())
    try:
        write_bytes_atomic(path, data)
    except PoemsKgError as error:
        raise DrawingError(str(error)) from error


def _require(library: str) -> ModuleType:
    try:
        return import_module(library)
    except ImportError as error:
        raise DrawingError(f"{error.name} is missing; install poems-kg with its 'draw' extra") from error
