"""What to say of a path of ours at which nothing is: the ids of its kind that come nearest."""

from typing import TYPE_CHECKING, Final

from poems_kg.ids import compress
from poems_kg.names import UnknownTermError
from poems_kg.serve.resource_graphs import BASE, criteria, store_of

if TYPE_CHECKING:
    from poems_kg.serve.desk import Desk

_IDS: Final = """
SELECT DISTINCT ?id WHERE { ?id a ?kind FILTER(STRSTARTS(STR(?id), "https://w3id.org/poems-kg/%s/")) } LIMIT 20000
"""
_KINDS: Final = ("claim", "conflict", "mapping", "passage", "release", "source", "vocab")
_LIKE: Final = 70
"""How like an id must be to be suggested, of 100."""


def unknown(desk: "Desk", path: str) -> UnknownTermError:
    """The error for a path at which nothing is, with the nearest of the same kind."""
    from rapidfuzz import fuzz, process

    kind, wanted = path.partition("/")[0], compress(BASE + path)
    if kind == "graph":
        ids = [compress(graph.value) for graph in store_of(desk).named_graphs()]
    elif kind == "criteria":
        ids = sorted({compress(quad.subject.value) for quad in criteria() if quad.subject.value.startswith(BASE)})
    elif kind in _KINDS:
        ids = [str(row[0]) for row in desk.kg.store.select(_IDS % kind)[1]]
    else:
        return UnknownTermError(wanted, desk.kg.names.nearest(wanted))
    close = process.extract(wanted, ids, scorer=fuzz.ratio, limit=3, score_cutoff=_LIKE)
    return UnknownTermError(wanted, [(each, desk.kg.names.label(each)) for each, *_ in close])
