"""
NetworkX views of the graph: each made from the rows of ``queries/views``, each with documented attributes.

A node's key is its CURIE; every node has ``label`` and ``category``. Every edge has ``relation``, ``claims`` (claim
ids) and ``sources`` (citations). What else there is stands in the docstring of each builder, and in ``docs/views.md``.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Final

import networkx as nx

from poems_kg.ids import PoemsKgError
from poems_kg.names import Names
from poems_kg.store import Store
from poems_kg.views.disorders import (
    LETTER_NAMES,
    LETTERS,
    build_differential_matrix,
    build_disorder_findings,
    build_disorder_similarity,
    differential_rows,
)
from poems_kg.views.mechanism import CLONE, build_mechanism
from poems_kg.views.rows import POEMS
from poems_kg.views.treatments import HARMS, build_treatments
from poems_kg.views.whole import build_evidence, build_graph

__all__ = [
    "CLONE",
    "HARMS",
    "LETTERS",
    "LETTER_NAMES",
    "POEMS",
    "VIEWS",
    "ViewError",
    "build_view",
    "differential_rows",
]

VIEWS: Final[Mapping[str, str]] = {
    "graph": "The whole graph: all terms, and all that is said between them",
    "disorder_findings": "Disorders and the findings that sources assert or deny of them",
    "disorder_similarity": "Which disorders resemble which, by the findings that they share",
    "differential_matrix": "Disorders against findings: present, excluded, disputed or unknown",
    "mechanism": "How the plasma cell clone brings about the findings, as a graph without cycles",
    "treatments": "Treatments with their classes, targets, goals, outcomes and cautions",
    "evidence": "Claims and the sources that state them",
}
"""What can be seen: summary by name."""

_BUILDERS: Final[Mapping[str, Callable[[Store, Names], nx.Graph]]] = {
    "graph": build_graph,
    "disorder_findings": build_disorder_findings,
    "disorder_similarity": build_disorder_similarity,
    "differential_matrix": build_differential_matrix,
    "mechanism": build_mechanism,
    "treatments": build_treatments,
    "evidence": build_evidence,
}


class ViewError(PoemsKgError):
    """A view that there is not."""


def build_view(name: str, store: Store, names: Names) -> nx.Graph:
    """
    Make a view by name; hyphens and blanks stand for underscores.

    :raises ViewError: if there is none of that name; it suggests the nearest.
    """
    typed = name.strip().casefold().replace("-", "_").replace(" ", "_")
    if typed not in _BUILDERS:
        close = get_close_matches(typed, VIEWS, n=1, cutoff=0.4)
        hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(VIEWS)}"
        raise ViewError(f"no view is called {name!r}; {hint}")
    return _BUILDERS[typed](store, names)
