"""
What people type for an entity (label, synonym, abbreviation, CURIE or IRI, in any case) and the id that it means.

The id may also be one that the entity has in another ontology (``ORPHA:2905``, ``SCTID:79268002``), or had in an
earlier release of its own. Names are looked up as they are asked for: a linked graph has too many to read them all.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from poems_kg.completion import Completion, Match
from poems_kg.ids import PoemsKgError, compress, expand, is_curie, is_known, standardize
from poems_kg.rdf import LABEL, iri
from poems_kg.spelling import normalise
from poems_kg.store import Row, Store

_PREFIXES = """
PREFIX IAO: <http://purl.obolibrary.org/obo/IAO_>
PREFIX HP: <http://purl.obolibrary.org/obo/HP_>
PREFIX graph: <https://w3id.org/poems-kg/graph/>
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
PREFIX oboInOwl: <http://www.geneontology.org/formats/oboInOwl#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
_CORE_LABELS = (
    _PREFIXES
    + """
SELECT DISTINCT ?term ?label WHERE {
  VALUES ?graph { graph:asserted graph:imports }
  GRAPH ?graph { ?term rdfs:label ?label }
  FILTER(ISIRI(?term))
} ORDER BY ?term STR(?label)
"""
)
_LABELS = (
    _PREFIXES
    + """
SELECT DISTINCT ?term ?label WHERE { VALUES ?term { %s } ?term rdfs:label ?label } ORDER BY ?term STR(?label)
"""
)
_NAMED = _PREFIXES + "SELECT DISTINCT ?term WHERE { ?term kg:name_key ?_key } ORDER BY ?term"
_MEANINGS = (
    _PREFIXES
    + """
SELECT DISTINCT ?term ?property ?name ?category ?is_disorder ?is_finding WHERE {
  VALUES ?term { %s }
  ?term ?property ?name
  FILTER(?property IN (rdfs:label, oboInOwl:hasExactSynonym, oboInOwl:hasRelatedSynonym, oboInOwl:hasNarrowSynonym,
    oboInOwl:hasBroadSynonym))
  OPTIONAL { ?term kg:category ?category }
  OPTIONAL { ?term kg:information_sum ?is_disorder }
  OPTIONAL { ?term kg:information_content ?is_finding }
} ORDER BY ?term ?property STR(?name)
"""
)
_SAME = (
    _PREFIXES
    + """
SELECT DISTINCT ?term ?how ?rank WHERE {
  { ?_entity_iri kg:category ?kind . BIND(?_entity_iri AS ?term) BIND("" AS ?how) BIND(0 AS ?rank) }
  UNION { ?_entity_iri kg:information_sum ?kind . BIND(?_entity_iri AS ?term) BIND("" AS ?how) BIND(0 AS ?rank) }
  UNION { ?term skos:exactMatch ?_entity_iri ; kg:category ?kind . BIND("same" AS ?how) BIND(1 AS ?rank) }
  UNION { ?term skos:exactMatch ?_entity_iri ; kg:information_sum ?kind . BIND("same" AS ?how) BIND(1 AS ?rank) }
  UNION { ?term kg:database_id ?_curie ; kg:information_sum ?kind . BIND("same" AS ?how) BIND(1 AS ?rank) }
  UNION { ?_entity_iri IAO:0100001 ?term . BIND("replaced" AS ?how) BIND(2 AS ?rank) }
  UNION { ?term oboInOwl:hasAlternativeId ?_curie . BIND("replaced" AS ?how) BIND(2 AS ?rank) }
  UNION { ?_entity_iri rdfs:label ?label . BIND(?_entity_iri AS ?term) BIND("" AS ?how) BIND(3 AS ?rank) }
  UNION { ?term oboInOwl:hasDbXref ?_curie ; kg:category ?kind . BIND("same" AS ?how) BIND(4 AS ?rank) }
} ORDER BY ?rank ?term ?how
"""
)
_KEYS = _PREFIXES + "SELECT DISTINCT ?key WHERE { ?term kg:name_key ?key }"
_NAMES = (
    _PREFIXES
    + """
SELECT DISTINCT ?term ?property ?name WHERE {
  VALUES ?property {
    rdfs:label oboInOwl:hasExactSynonym oboInOwl:hasRelatedSynonym oboInOwl:hasNarrowSynonym oboInOwl:hasBroadSynonym
  }
  ?term ?property ?name
}
"""
)
# Each kind by itself, the surest last: to join them in one query takes ten times as long on a linked graph.
_KINDS = tuple(
    _PREFIXES + f"SELECT DISTINCT ?term {kind} WHERE {{ {pattern} }}"
    for kind, pattern in (
        ('("" AS ?kind) (2 AS ?tier)', "?term a owl:Class"),
        ('("Publication" AS ?kind) (3 AS ?tier)', "?term a kg:Publication"),
        ('("Finding" AS ?kind) (1 AS ?tier)', "?term kg:information_content ?bits"),
        ('("Disorder" AS ?kind) (1 AS ?tier)', "?term kg:information_sum ?bits"),
        ("?kind (0 AS ?tier)", "?term kg:category ?kind"),
    )
)
_VOCABULARY = ("kg:", "sssom:")
"""Prefixes of what is said with, rather than of."""
_RANKS = {
    "rdfs:label": 0,
    "oboInOwl:hasExactSynonym": 1,
    "oboInOwl:hasRelatedSynonym": 2,
    "oboInOwl:hasNarrowSynonym": 3,
    "oboInOwl:hasBroadSynonym": 3,
}
_SCOPES = {"rdfs:label": "label"} | {
    f"oboInOwl:has{scope}Synonym": scope.lower() for scope in ("Exact", "Related", "Narrow", "Broad")
}
_CROSS_REFERENCE = 4
"""The rank of a cross-reference in ``_SAME``: whoever made it does not say how near the two are."""
_LIKE = 60
"""How like a name must be to be suggested, of 100."""


class UnknownTermError(PoemsKgError):
    """Words that name nothing in the graph; ``nearest`` has up to three (id, label) pairs that come close."""

    def __init__(self, words: str, nearest: list[tuple[str, str]]) -> None:
        self.nearest = nearest
        hint = "; ".join(f"{label} ({entity_id})" for entity_id, label in nearest)
        super().__init__(f"{words!r} names nothing in the graph; " + (f"did you mean {hint}?" if hint else "check it"))


@dataclass(frozen=True, slots=True)
class Meaning:
    """The entity that some words mean. ``note`` says so where they are an id that is not in use any more."""

    entity_id: str
    note: str = ""


class Names:
    """The names in a graph, looked up as they are asked for and remembered."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: dict[tuple[str, str], Meaning] = {}
        self._other_labels: dict[str, str] = {}

    @cached_property
    def _labels(self) -> dict[str, str]:
        """The labels of the core graph: read once, since every answer needs some."""
        return _first_labels(self._store.select(_CORE_LABELS)[1])

    def label(self, entity_id: str) -> str:
        """The label of an entity; the id itself where it has none."""
        return self.labels([entity_id]).get(entity_id, entity_id)

    def labels(self, entity_ids: Iterable[str]) -> dict[str, str]:
        """The labels of those entities that have one, by id."""
        wanted = list(dict.fromkeys(entity_ids))
        unknown = [i for i in wanted if i not in self._labels and i not in self._other_labels and is_known(i)]
        for start in range(0, len(unknown), 500):
            some = unknown[start : start + 500]
            values = " ".join(f"<{expand(entity_id)}>" for entity_id in some)
            found = _first_labels(self._store.select(_LABELS % values)[1])
            self._other_labels.update({entity_id: found.get(entity_id, "") for entity_id in some})
        known = ((i, self._labels.get(i) or self._other_labels.get(i, "")) for i in wanted)
        return {entity_id: label for entity_id, label in known if label}

    def find(self, words: str, category: str = "") -> str:
        """
        The CURIE of what is meant.

        :param category: the category preferred where a name has several meanings, such as ``Finding``.
        :raises UnknownTermError: if nothing has that name; it suggests the nearest.
        """
        return self.meaning(words, category).entity_id

    def meaning(self, words: str, category: str = "") -> Meaning:
        """
        The entity that is meant, with a note where the words are an id that has been replaced.

        :raises UnknownTermError: as :meth:`find`.
        """
        asked = words, category
        if asked not in self._found:
            typed = words.strip()
            self._found[asked] = self._by_id(typed) or self._by_name(typed, category) or self._miss(words)
        return self._found[asked]

    def _by_id(self, typed: str) -> Meaning | None:
        curie = compress(typed) if typed.startswith(("http://", "https://")) else typed
        if not is_curie(curie):
            return None
        prefix, _, local = standardize(curie).partition(":")
        if not is_known(f"{prefix}:{local}"):
            return None
        # Ids that have letters have capitals: UMLS:C0085404.
        return self._same(typed, f"{prefix}:{local}") or self._same(typed, f"{prefix}:{local.upper()}")

    def _same(self, typed: str, curie: str) -> Meaning | None:
        from rdflib import Literal, URIRef

        bindings = {"_entity_iri": URIRef(expand(curie)), "_curie": Literal(curie)}
        rows = self._store.select(_SAME, bindings)[1]
        best = list(dict.fromkeys((str(term), how) for term, how, rank in rows if rank == rows[0][2]))
        if not best:
            return None
        if rows[0][2] == _CROSS_REFERENCE and len(best) > 1:
            # Several have it as a mere cross-reference: nothing says which of them is meant.
            raise UnknownTermError(typed, [(entity_id, self.label(entity_id)) for entity_id, _ in best[:3]])
        entity_id, how = best[0]
        return Meaning(entity_id, f"{curie} is now {entity_id}" if how == "replaced" else "")

    def _by_name(self, typed: str, category: str = "") -> Meaning | None:
        from rdflib import Literal

        key = normalise(typed)
        terms = [str(row[0]) for row in self._store.select(_NAMED, {"_key": Literal(key)})[1]] if key else []
        if not terms:
            return None
        columns, rows = self._store.select(_MEANINGS % " ".join(f"<{expand(term)}>" for term in terms))
        ranked = []
        for cells in (dict(zip(columns, row, strict=True)) for row in rows):
            if normalise(str(cells["name"])) == key:
                kind = _category(cells["category"], cells["is_disorder"], cells["is_finding"])
                is_other = bool(category) and kind != category
                ranked.append((is_other, not kind, _RANKS[str(cells["property"])], str(cells["term"])))
        return Meaning(min(ranked)[3])

    def _miss(self, words: str) -> Meaning:
        raise UnknownTermError(words, self.nearest(words))

    def nearest(self, words: str, count: int = 3) -> list[tuple[str, str]]:
        """The entities whose names are most like some words, as (id, label)."""
        from rapidfuzz import fuzz, process

        key = normalise(words)
        if not key:
            return []
        close = process.extract(key, self._keys, scorer=fuzz.ratio, limit=count * 3, score_cutoff=_LIKE)
        meanings = (self._by_name(name) for name, _, _ in close)
        found = list(dict.fromkeys(meaning.entity_id for meaning in meanings if meaning))[:count]
        labels = self.labels(found)
        return [(entity_id, labels.get(entity_id, entity_id)) for entity_id in found]

    def search(self, text: str, category: str = "", count: int = 10) -> list[Match]:
        """
        Complete what someone has begun to type: entities of that very name, then those with a name one of whose words
        begins so, then those with a name that is like it. An id of another ontology gives the entity that has it.

        The names are read and sorted when this is first used: a second or two on a linked graph.

        :param category: only entities of this category, such as ``Finding``; empty for any.
        :param count: the most to give.
        """
        known = self._identified(text, category) if count > 0 else None
        return [known] if known else self._completion.complete(text, category, count, _LIKE)

    def _identified(self, text: str, category: str) -> Match | None:
        """The entity of an id, whole, of whichever ontology."""
        typed = text.strip()
        try:
            meaning = self._by_id(typed)
        except UnknownTermError:
            return None
        kind = self._kinds.get(meaning.entity_id, (0, ""))[1] if meaning else ""
        if meaning is None or category not in ("", kind):
            return None
        return Match(meaning.entity_id, self.label(meaning.entity_id), typed, "id", kind)

    @cached_property
    def _kinds(self) -> dict[str, tuple[int, str]]:
        """Tier and category of all entities: ours, those of diseases and findings everywhere, classes, sources."""
        kinds: dict[str, tuple[int, str]] = {}
        for query in _KINDS:
            for term, kind, tier in self._store.select(query)[1]:
                if not str(term).startswith(_VOCABULARY):
                    kinds[str(term)] = int(tier or 0), str(kind).removeprefix("kg:")
        return kinds

    @cached_property
    def _completion(self) -> Completion:
        kinds = self._kinds
        # Sorted here: the engine takes ten times as long for it.
        rows = sorted((str(t), str(key), str(name)) for t, key, name in self._store.select(_NAMES)[1] if t in kinds)
        labels = _first_labels([[term, name] for term, key, name in rows if key == "rdfs:label"])
        matches = [(labels.get(term, term), term, name, _SCOPES[key]) for term, key, name in rows]
        matches += [(labels.get(term, term), term, term, "id") for term in dict.fromkeys(term for term, *_ in rows)]
        return Completion(
            (kinds[term][0], Match(term, label, name, scope, kinds[term][1])) for label, term, name, scope in matches
        )

    @cached_property
    def _keys(self) -> list[str]:
        return sorted(str(row[0]) for row in self._store.select(_KEYS)[1])


def _first_labels(rows: list[Row]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for entity_id, label in rows:
        labels.setdefault(str(entity_id), str(label))
    return labels


def _category(stated: object, is_disorder: object, is_finding: object) -> str:
    """The category that our tables give, else what other ontologies use it for."""
    if stated is not None:
        return str(stated).removeprefix("kg:")
    return "Disorder" if is_disorder is not None else "Finding" if is_finding is not None else ""


_KEY = iri("kg:name_key")
_NAMING = frozenset({LABEL, *(iri(f"oboInOwl:has{scope}Synonym") for scope in ("Exact", "Related", "Narrow", "Broad"))})


def key_quads(quads: Iterable[ox.Quad], graph: ox.NamedNode) -> Iterator[ox.Quad]:
    """For every name among quads, the key under which :class:`Names` looks it up."""
    for quad in quads:
        if quad.predicate in _NAMING and isinstance(quad.subject, ox.NamedNode):
            yield ox.Quad(quad.subject, _KEY, ox.Literal(normalise(quad.object.value)), graph)  # type: ignore[union-attr]
