"""
What a graph knows of HPO or Mondo, and what it does not: names, mappings, ids that are out of use.

The core graph has the labels, is-a and mappings of our terms only. All names are known where the ontology was joined to
the graph, and some where claims say what its own page has. Nothing is called missing that was not looked at.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from poems_kg.exports.content import Content, Exportable
from poems_kg.exports.sssom import mapping_rows
from poems_kg.ids import expand, prefixes
from poems_kg.links import NOT
from poems_kg.spelling import normalise
from poems_kg.store import Row, Store

if TYPE_CHECKING:
    from rdflib.term import Identifier

_PREFIXES = """
PREFIX IAO: <http://purl.obolibrary.org/obo/IAO_>
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
PREFIX oboInOwl: <http://www.geneontology.org/formats/oboInOwl#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
_VERSION = (
    _PREFIXES
    + """
SELECT DISTINCT ?version WHERE {
  ?release a kg:Release ; kg:release_name ?_name ; owl:versionInfo ?version
} ORDER BY ?version
"""
)
_NAMES = _PREFIXES + "SELECT DISTINCT ?name WHERE { ?_term_iri kg:upstream_name ?name } ORDER BY ?name"
_MATCHES = _PREFIXES + "SELECT DISTINCT ?match WHERE { ?_term_iri kg:upstream_match ?match } ORDER BY ?match"
_BEARERS = (
    _PREFIXES
    + """
SELECT DISTINCT ?term ?name WHERE {
  ?term kg:name_key ?_key .
  { ?term kg:upstream_name ?name }
  UNION {
    GRAPH ?_graph_iri {
      ?term rdfs:label|oboInOwl:hasExactSynonym|oboInOwl:hasRelatedSynonym|oboInOwl:hasBroadSynonym|
        oboInOwl:hasNarrowSynonym ?name
    }
  }
  FILTER NOT EXISTS { ?term owl:deprecated true }
} ORDER BY ?term ?name
"""
)
_OUT_OF_USE = (
    _PREFIXES
    + """
SELECT DISTINCT ?old ?new WHERE {
  VALUES (?old ?text) { %s }
  { ?old owl:deprecated true . OPTIONAL { ?old IAO:0100001 ?new } }
  UNION { ?new oboInOwl:hasAlternativeId ?text }
} ORDER BY ?old ?new
"""
)
_SYNONYMS: Final = {f"has_{scope}_synonym" for scope in ("exact", "related", "broad", "narrow")} | {"has_abbreviation"}
SCOPE_NOT_SEEN: Final = "synonym, scope not seen"
"""What the qualifier ``attribute`` says where a name was seen among the synonyms of an ontology, without its scope."""


@dataclass(frozen=True, slots=True)
class Authority:
    """
    An ontology that takes requests.

    ``release`` is its name in the catalogue, ``mapping_sets`` where its own mappings come from, ``abbreviation`` its
    type of synonym for one.
    """

    title: str
    prefix: str
    release: str
    mapping_sets: str
    abbreviation: str


_OBO = "http://purl.obolibrary.org/obo/"
HPO: Final = Authority("HPO", "HP", "hpo", f"{_OBO}hp/", f"{_OBO}hp#abbreviation")
MONDO: Final = Authority("Mondo", "MONDO", "mondo", f"{_OBO}mondo/", f"{_OBO}mondo#ABBREVIATION")


def out_of_use(store: Store, term_ids: list[str]) -> dict[str, str]:
    """Those of the ids that are obsolete or were merged, with the id to use instead; empty where there is none."""
    values = " ".join(f'(<{expand(term_id)}> "{term_id}")' for term_id in sorted(set(term_ids)))
    found: dict[str, str] = {}
    for old, new in store.select(_OUT_OF_USE % values)[1]:
        found[str(old)] = found.get(str(old)) or ("" if new is None else str(new))
    return found


class Upstream:
    """One ontology as a graph knows it."""

    def __init__(self, authority: Authority, kg: Exportable, content: Content) -> None:
        self.authority = authority
        self._store = kg.store
        self._content = content

    def _select(self, sparql: str, **bindings: "Identifier") -> list[Row]:
        return self._store.select(sparql, bindings)[1]

    @cached_property
    def version(self) -> str:
        """The release whose names were joined to the graph; empty where none was."""
        from rdflib import Literal

        rows = self._select(_VERSION, _name=Literal(self.authority.release))
        return str(rows[-1][0]) if rows else ""

    @cached_property
    def _seen(self) -> dict[str, dict[str, str]]:
        """Names by term that claims about the ontology's own page give, as keys, each with the title of the source."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        page = prefixes()[self.authority.prefix]
        for claim in self._content.claims:
            source = self._content.entities.get(f"source:{claim.source_id}")
            is_name = claim.relation in _SYNONYMS or dict(claim.qualifiers).get("attribute") == SCOPE_NOT_SEEN
            if is_name and source and any(link.startswith(page) for link in source.links):
                found[claim.subject_id][normalise(claim.value)] = source.label
        return found

    def has_name(self, term_id: str, words: str) -> bool:
        """Whether the ontology is known to have a name for one of our terms, in whatever scope and spelling."""
        from rdflib import URIRef

        key = normalise(words)
        names = [self._content.entities[term_id].label]
        if self.version:
            names += [str(row[0]) for row in self._select(_NAMES, _term_iri=URIRef(expand(term_id)))]
        return key in self._seen[term_id] or key in map(normalise, names)

    def name_status(self, term_id: str) -> str:
        """What was looked at before a name was called missing."""
        if self.version:
            return f"not among the names of {term_id} in {self.authority.title} {self.version}"
        if self._seen[term_id]:
            title = next(iter(self._seen[term_id].values()))
            return f"not among the synonyms of {term_id} that were seen in {title}; its release was not loaded"
        return f"not checked: the synonyms of {self.authority.title} were not loaded"

    def bearers(self, words: str) -> list[str]:
        """The classes of the ontology in use that have a name; nothing where its names were not loaded."""
        from rdflib import Literal, URIRef

        if not self.version:
            return []
        key, graph = normalise(words), URIRef(expand(f"graph:{self.authority.release}"))
        rows = self._select(_BEARERS, _key=Literal(key), _graph_iri=graph)
        mine = f"{self.authority.prefix}:"
        return sorted({str(term) for term, name in rows if normalise(str(name)) == key and str(term).startswith(mine)})

    def term_status(self) -> str:
        """What was looked at before a class was called missing."""
        if self.version:
            return f"no class with this name in {self.authority.title} {self.version}"
        return f"no class is mapped to it; not checked: the names of {self.authority.title} were not loaded"

    @cached_property
    def _mappings(self) -> list[dict[str, str]]:
        """The rows of the ontology's own sets that are in the graph."""
        return [
            row
            for row in mapping_rows(self._content)
            if row["mapping_source"].startswith(self.authority.mapping_sets) and row["predicate_modifier"] != NOT
        ]

    def mapping(self, term_id: str, other_id: str) -> tuple[str, str]:
        """How the ontology maps a class to an entry elsewhere, and in which set; empty where it is not known to."""
        from rdflib import URIRef

        for row in self._mappings:
            if (row["subject_id"], row["object_id"]) == (term_id, other_id):
                return row["predicate_id"], row["mapping_source"]
        found = {str(row[0]) for row in self._select(_MATCHES, _term_iri=URIRef(expand(term_id)))}
        return ("oboInOwl:hasDbXref", "a release that was joined") if other_id in found else ("", "")

    def mapping_status(self, other_id: str) -> str:
        """What was looked at before a mapping was called missing."""
        prefix = other_id.partition(":")[0]
        if self.version:
            return f"not among the cross-references of {self.authority.title} {self.version}"
        sets = {row["mapping_source"] for row in self._mappings if row["object_id"].startswith(f"{prefix}:")}
        if sets:
            return f"not in {max(sets)}"
        return f"not checked: no mappings of {self.authority.title} to {prefix} were loaded"
