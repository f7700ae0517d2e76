"""What a worker has open while it works: the graph, its views, and all that diagnosing needs."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from poems_kg.ids import PoemsKgError
from poems_kg.knowledge_graph import KnowledgeGraph, load, load_linked
from poems_kg.places import MANIFEST
from poems_kg.serve.settings import ServeError, Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    import networkx as nx

    from poems_kg.diagnosis import Diagnostician

    Report = Callable[[str, int, int], None]


class Desk:
    """
    The graph that the settings name, opened once.

    :raises PoemsKgError: if it is missing or damaged.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.place = find_graph(settings)
        self.is_linked = self.place is not None and (self.place / MANIFEST).is_file()
        self.kg: KnowledgeGraph = load_linked(self.place) if self.is_linked else load(self.place)
        self._views: dict[str, nx.Graph] = {}

    def view(self, name: str) -> "nx.Graph":
        """
        A NetworkX view of the graph, made when first asked for; it is shared, so leave it as it is.

        :raises ViewError: if there is no such view.
        """
        if name not in self._views:
            self._views[name] = self.kg.view(name)
        return self._views[name]

    @cached_property
    def diagnostician(self) -> "Diagnostician":
        """
        All that diagnosing needs.

        :raises PoemsKgError: if a library or a release is missing; it says what to install.
        """
        return open_diagnostician(self.settings)

    @cached_property
    def can_diagnose(self) -> bool:
        """Whether diagnosing has what it needs."""
        try:
            return bool(self.diagnostician)
        except PoemsKgError:
            return False


def find_graph(settings: Settings) -> Path | None:
    """
    Which graph to serve: the one that was named, else the linked graph where one was made; None for the released one.

    A linked graph of another release is passed over where it was not asked for by name.
    """
    from poems_kg.linked import default_folder, is_linked, open_linked

    if settings.graph is not None:
        return settings.graph
    folder = default_folder()
    if not is_linked(folder):
        return None
    try:
        open_linked(folder)
    except PoemsKgError:
        return None
    return folder


def open_diagnostician(settings: Settings, report: "Report | None" = None) -> "Diagnostician":
    """
    Open what diagnosing needs; the first time on a machine, its index is made, which takes some ten seconds.

    :param report: is told how far that is.
    :raises PoemsKgError: if a library or a release is missing; it says what to install.
    """
    try:
        from poems_kg.diagnosis import Diagnostician
        from poems_kg.profiles.index import open_index
    except ImportError as error:
        raise ServeError(f"{error.name} is missing; pip install 'poems-kg[diagnose]'") from error
    index = open_index(settings.data, report) if report else open_index(settings.data)
    made = Diagnostician(index)
    _ = made.rivals
    return made
