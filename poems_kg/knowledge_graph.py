"""The front of the library: a graph that can be asked, seen and exported, on this machine or at an endpoint."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from poems_kg.names import Names
from poems_kg.places import MANIFEST, graph_file
from poems_kg.questions import Answer, answer, find_question
from poems_kg.store import LocalStore, Store, load_store

if TYPE_CHECKING:
    import networkx as nx
    from rdflib.query import Result

    from poems_kg.claims import Claim
    from poems_kg.descriptions import Description


class KnowledgeGraph:
    """
    A graph of POEMS syndrome. Make one with :func:`poems_kg.load` or :func:`poems_kg.connect`.

    ``store`` takes SPARQL; ``names`` knows what people call things.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    @cached_property
    def names(self) -> Names:
        """All names in the graph; read when first used."""
        return Names(self.store)

    def ask(self, name: str, /, **parameters: str) -> Answer:
        """
        Answer one of the questions in ``queries/questions``.

        :param parameters: as the question names them; entities by label, synonym, abbreviation or CURIE.
        :raises QuestionError: if there is no such question, or a parameter is wrong or missing.
        :raises UnknownTermError: if an entity is not in the graph; it suggests the nearest.
        """
        return answer(find_question(name), parameters, self.store, self.names)

    def query(self, sparql: str) -> "Result":
        """
        Run any SPARQL 1.1 query; all named graphs together are the default graph.

        :raises QueryError: if the query is broken, or is not read-only.
        """
        return self.store.query(sparql)

    def show(self, term: str) -> "Description":
        """
        Everything said of one entity, with all its claims.

        :param term: label, synonym, abbreviation or CURIE, in any case.
        :raises UnknownTermError: if it is not in the graph; it suggests the nearest.
        """
        from poems_kg.descriptions import describe

        return describe(term, self.store, self.names)

    def claims(self, term: str = "", source_id: str = "") -> "list[Claim]":
        """
        Claims by id: all, those with an entity as subject or object, those of a source.

        :param term: label, synonym, abbreviation or CURIE, in any case; empty for any.
        :param source_id: the bare id of a source, such as ``nord-report``; empty for any.
        :raises UnknownTermError: if the entity is not in the graph; it suggests the nearest.
        """
        from poems_kg.descriptions import find_claims

        return find_claims(self.store, self.names, self.names.find(term) if term else "", source_id)

    def stats(self) -> list[dict[str, str | int]]:
        """How many terms, claims, sources and triples there are: rows of ``what``, ``kind`` and ``count``."""
        from poems_kg.descriptions import count

        return count(self.store)

    def view(self, name: str) -> "nx.Graph":
        """
        Make one of the NetworkX views; :mod:`poems_kg.views` lists them with their attributes.

        :raises ViewError: if there is no such view.
        """
        from poems_kg.views import build_view

        return build_view(name, self.store, self.names)

    def export(self, format: str, path: str | Path) -> list[Path]:
        """
        Write the graph in a format of :mod:`poems_kg.exports`; gives the files written.

        :raises ExportError: if there is no such format.
        :raises PoemsKgError: if the target cannot be written.
        """
        from poems_kg.exports import export

        return export(format, self, Path(path))


def load(path: str | Path | None = None) -> KnowledgeGraph:
    """
    Load the released graph, or one that ``poems-kg build -o DIR`` made. Needs no Java and no network.

    :param path: a ``graph.trig``, or the folder that has it; or the folder of a linked graph.
    :raises PoemsKgError: if the file is missing or damaged.
    """
    if path is None:
        return KnowledgeGraph(load_store(graph_file()))
    chosen = Path(path)
    if (chosen / MANIFEST).is_file():
        return load_linked(chosen)
    return KnowledgeGraph(load_store(chosen / "graph.trig" if chosen.is_dir() else chosen))


def load_linked(folder: str | Path | None = None) -> KnowledgeGraph:
    """
    Open the linked graph: ours, joined to HPO, its annotations of all rare diseases, and what else was there.

    :param folder: where ``poems-kg link build -o`` made it; else where ``poems-kg link build`` puts it.
    :raises PoemsKgError: if it is not there, is damaged, or was made with another release of this package.
    """
    from poems_kg.linked import open_linked

    return KnowledgeGraph(open_linked(None if folder is None else Path(folder)))


def connect(url: str, timeout: float = 30.0, page_size: int = 10_000) -> KnowledgeGraph:
    """
    Use the graph at a SPARQL 1.1 endpoint that holds our named graphs; ``queries/README.md`` says how to load them.

    :param timeout: seconds to wait for each answer.
    :param page_size: the most rows to ask for at a time where the endpoint does not give all at once.
    :raises QueryError: if the address is not one of http or https, or the page has no rows.
    """
    from poems_kg.remote import RemoteStore

    return KnowledgeGraph(RemoteStore(url, timeout, page_size))


__all__ = ["KnowledgeGraph", "LocalStore", "connect", "load", "load_linked"]
