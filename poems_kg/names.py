"""What people type for an entity (label, synonym, abbreviation, CURIE or IRI, in any case) and the id that it means."""

import re
from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches

from poems_kg.ids import PoemsKgError, compress
from poems_kg.store import Store

_NAMES = """
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
PREFIX oboInOwl: <http://www.geneontology.org/formats/oboInOwl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?term ?category ?rank ?name WHERE {
  VALUES (?property ?rank) {
    (rdfs:label 0) (oboInOwl:hasExactSynonym 1) (oboInOwl:hasRelatedSynonym 2)
    (oboInOwl:hasNarrowSynonym 3) (oboInOwl:hasBroadSynonym 3)
  }
  ?term ?property ?name .
  OPTIONAL { ?term kg:category ?category }
  FILTER(ISIRI(?term))
} ORDER BY ?term ?rank STR(?name)
"""
_NOT_WORD = re.compile(r"[^\w]+")


class UnknownTermError(PoemsKgError):
    """Words that name nothing in the graph; ``nearest`` has up to three (id, label) pairs that come close."""

    def __init__(self, words: str, nearest: list[tuple[str, str]]) -> None:
        self.nearest = nearest
        hint = "; ".join(f"{label} ({entity_id})" for entity_id, label in nearest)
        super().__init__(f"{words!r} names nothing in the graph; " + (f"did you mean {hint}?" if hint else "check it"))


@dataclass(frozen=True, slots=True)
class Named:
    """An entity under one of its names. ``rank`` is 0 for the label, more for synonyms further off."""

    entity_id: str
    category: str
    rank: int
    name: str


def normalise(words: str) -> str:
    """
    Fold case, punctuation and possessives, so that spellings that differ only there are the same.

    >>> normalise("Castleman's  Disease") == normalise("castleman disease")
    True
    """
    folded = words.casefold().replace("'s", "").replace("’s", "")
    return _NOT_WORD.sub(" ", folded).strip()


class Names:
    """All names in a graph."""

    def __init__(self, store: Store) -> None:
        self._by_name: dict[str, list[Named]] = defaultdict(list)
        self._labels: dict[str, str] = {}
        for row in store.query(_NAMES).bindings:
            values = {str(key): str(value) for key, value in row.items() if value is not None}
            entity_id = compress(values["term"])
            category = compress(values.get("category", "")).removeprefix("kg:")
            named = Named(entity_id, category, int(values["rank"]), values["name"])
            self._by_name[normalise(named.name)].append(named)
            if named.rank == 0:
                self._labels[entity_id] = named.name
        self._ids = {entity_id.casefold(): entity_id for entity_id in self._labels}

    def label(self, entity_id: str) -> str:
        """The label of an entity; the id itself where it has none."""
        return self._labels.get(entity_id, entity_id)

    def find(self, words: str, category: str = "") -> str:
        """
        The CURIE of what is meant.

        :param category: the category preferred where a name has several meanings, such as ``Finding``.
        :raises UnknownTermError: if nothing has that name; it suggests the nearest.
        """
        typed = words.strip()
        if typed.startswith(("http://", "https://")):
            typed = compress(typed)
        if typed.casefold() in self._ids:
            return self._ids[typed.casefold()]
        meanings = self._by_name.get(normalise(typed), [])
        if meanings:
            best = min(meanings, key=lambda m: (bool(category) and m.category != category, m.rank, m.entity_id))
            return best.entity_id
        raise UnknownTermError(words, self.nearest(typed))

    def nearest(self, words: str, count: int = 3) -> list[tuple[str, str]]:
        """The entities whose names are most like some words, as (id, label)."""
        close = get_close_matches(normalise(words), self._by_name, n=count * 3, cutoff=0.6)
        found = dict.fromkeys(min(self._by_name[name], key=lambda m: m.rank).entity_id for name in close)
        return [(entity_id, self.label(entity_id)) for entity_id in found][:count]
