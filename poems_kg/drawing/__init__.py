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
    from poems_kg.reports.shapes import Diagnosis, Labels

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
    suffix = _suffix(path)
    if name not in _PICTURES:
        raise DrawingError(f"there is no picture of {name!r}; use one of {', '.join(_PICTURES)}")
    if graph.number_of_nodes() == 0 or (name in _CENTRED and POEMS not in graph):
        raise DrawingError(f"the view {name} has nothing to draw; load a graph that has claims")
    room, function = _PICTURES[name]
    _write(path, suffix, ("igraph", "matplotlib.style"), room, lambda module: getattr(module, function)(graph))


def draw_checklist(diagnosis: "Diagnosis", book: "Labels", path: Path) -> None:
    """
    Draw which items of the criteria a patient meets, every version in a column.

    :param path: the target; its suffix, ``.svg`` or ``.png``, says which.
    :raises DrawingError: as :func:`draw`; also where no criteria were applied.
    """
    suffix = _suffix(path)
    if not diagnosis.verdicts:
        raise DrawingError("no criteria were applied to this patient; there is no checklist to draw")
    _write(path, suffix, ("matplotlib.style",), "patients", lambda module: module.checklist(diagnosis, book))


def draw_differential(diagnosis: "Diagnosis", book: "Labels", path: Path) -> None:
    """
    Draw the diseases ranked for a patient, and what speaks for and against POEMS syndrome and the best of the others.

    :param path: the target; its suffix, ``.svg`` or ``.png``, says which.
    :raises DrawingError: as :func:`draw`; also where no disease was ranked.
    """
    suffix = _suffix(path)
    if not diagnosis.candidates:
        raise DrawingError("no disease was ranked for this patient; there is no differential to draw")
    _write(path, suffix, ("matplotlib.style",), "patients", lambda module: module.differential(diagnosis, book))


def _suffix(path: Path) -> str:
    suffix = path.suffix.casefold()
    if suffix not in (".svg", ".png"):
        raise DrawingError(f"{path}: pictures are written as SVG or PNG; end the name in .svg or .png")
    return suffix


def _write(
    path: Path, suffix: str, libraries: tuple[str, ...], room: str, draw_sheet: Callable[[ModuleType], "Sheet"]
) -> None:
    """Draw a sheet by a module of this room, nobody's own settings counting, and write it whole or not at all."""
    try:
        for library in libraries:
            import_module(library)
        style = import_module("matplotlib.style")
    except ImportError as error:
        raise DrawingError(f"{error.name} is missing; install poems-kg with its 'draw' extra") from error
    settings = import_module("poems_kg.drawing.sheet").SETTINGS
    with style.context(["default", settings]):
        data = draw_sheet(import_module(f"poems_kg.drawing.{room}")).render(suffix)
    try:
        write_bytes_atomic(path, data)
    except PoemsKgError as error:
        raise DrawingError(str(error)) from error
