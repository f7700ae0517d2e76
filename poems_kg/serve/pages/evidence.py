"""
All claims, sources and conflicts of a graph, read once by a worker and found by what they are about.

Pages take what they show from here; what is in the graph is not changed and not judged.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from poems_kg.claims import Claim
from poems_kg.ids import PoemsKgError, expand, is_curie
from poems_kg.store import Store

if TYPE_CHECKING:
    from poems_kg.knowledge_graph import KnowledgeGraph
    from poems_kg.serve.desk import Desk

_PREFIXES: Final = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
PREFIX oboInOwl: <http://www.geneontology.org/formats/oboInOwl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
_SOURCES: Final = (
    _PREFIXES
    + """
SELECT ?source ?title ?kind ?citation ?reference ?year ?id ?page ?licence ?sha256 WHERE {
  ?source kg:citation ?citation ; kg:kind ?kind ; rdfs:label ?title .
  OPTIONAL { ?source dcterms:bibliographicCitation ?reference }
  OPTIONAL { ?source dcterms:date ?year }
  OPTIONAL { ?source dcterms:license ?licence }
  OPTIONAL { ?source kg:sha256 ?sha256 }
  OPTIONAL { ?source oboInOwl:hasDbXref ?id }
  OPTIONAL { ?source rdfs:seeAlso ?page }
}
"""
)
_CONFLICTS: Final = (
    _PREFIXES
    + """
SELECT ?conflict ?kind ?status ?subject ?object ?side_a ?side_b ?about ?claim WHERE {
  ?conflict kg:conflict_kind ?kind ; kg:status ?status ; kg:disputed_subject ?subject ; kg:side_a ?side_a ;
    kg:side_b ?side_b ; kg:concerns ?about .
  OPTIONAL { ?conflict kg:disputed_object ?object }
  OPTIONAL { ?conflict kg:claim_a|kg:claim_b ?claim }
}
"""
)
_KINDS_OF_EVIDENCE: Final = (
    _PREFIXES
    + """
SELECT DISTINCT ?code ?label WHERE { ?claim kg:evidence ?code . ?code rdfs:label ?label } ORDER BY ?code
"""
)
_RELATIONS: Final = (
    _PREFIXES
    + """
SELECT ?relation ?label WHERE { ?relation a kg:Relation ; rdfs:label ?label } ORDER BY ?relation
"""
)
_CATEGORIES: Final = _PREFIXES + "SELECT ?term ?category WHERE { ?term kg:category ?category }"
_FIRST_AUTHOR: Final = re.compile(r"(?P<name>\S+(?: \S+){0,2}?) [A-Z][A-Z-]{0,3}(?=,| \(|$)")
_SHORT_LETTERS: Final = 32


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """
    A document, publication or database that claims come from.

    ``authors`` and ``published`` (journal, release, year) are empty where the graph has none; ``pages`` are ids or
    words with the addresses that they lead to, the first the one to cite; ``licence`` is an address or empty.
    """

    source_id: str
    title: str
    kind: str
    citation: str
    authors: str
    published: str
    year: str
    pages: tuple[tuple[str, str], ...]
    licence: str
    sha256: str

    @property
    def short(self) -> str:
        """What it is called in a line of text: first author or title, cut where that is long, and year."""
        first = _FIRST_AUTHOR.match(self.authors)
        if first:
            name = first["name"]
        elif self.kind == "database":
            name = _cut(self.title.partition(" (")[0])
        else:
            name = _cut(self.authors.removesuffix(", et al") or self.title.strip("[]"))
        return name if not self.year or self.year in name else f"{name} {self.year}"


def _cut(words: str) -> str:
    """A title in short: cut between words, unless that would leave too little of it."""
    if len(words) <= _SHORT_LETTERS:
        return words
    some = words[: _SHORT_LETTERS - 1]
    whole = some.rpartition(" ")[0].rstrip(" ,:;(–-")
    return f"{whole if len(whole) >= _SHORT_LETTERS * 2 // 3 else some}…"


@dataclass(frozen=True, slots=True)
class ConflictRecord:
    """A disagreement between sources: its kind, its status, what it is about, and both sides in words."""

    conflict_id: str
    kind: str
    status: str
    subject_id: str
    object_id: str
    side_a: str
    side_b: str


class Evidence:
    """
    What a graph's sources say, and where they disagree.

    ``claims`` by id; ``sources`` by bare id; ``conflicts`` by id; ``kinds_of_evidence`` (labels of ECO) by CURIE;
    ``relations`` (labels) by local name; ``categories`` of our own terms by CURIE.
    """

    def __init__(self, kg: "KnowledgeGraph") -> None:
        self.claims: dict[str, Claim] = {claim.claim_id: claim for claim in kg.claims()}
        self.sources = _read_sources(kg.store)
        self.kinds_of_evidence = {str(code): str(label) for code, label in kg.store.select(_KINDS_OF_EVIDENCE)[1]}
        relations = kg.store.select(_RELATIONS)[1]
        self.relations = {str(relation).removeprefix("kg:"): str(label) for relation, label in relations}
        self.categories = {
            str(term): str(name).removeprefix("kg:") for term, name in sorted(kg.store.select(_CATEGORIES)[1])
        }
        self.conflicts: dict[str, ConflictRecord] = {}
        self._concerning: dict[str, dict[str, ConflictRecord]] = defaultdict(dict)
        self._disputed: dict[str, dict[str, ConflictRecord]] = defaultdict(dict)
        self._read_conflicts(kg.store)
        self._about: dict[str, list[Claim]] = defaultdict(list)
        self._said_by: dict[str, list[Claim]] = defaultdict(list)
        for claim in self.claims.values():
            for entity_id in dict.fromkeys((claim.subject_id, claim.object_id)):
                self._about[entity_id].append(claim)
            self._said_by[claim.source_id].append(claim)
        del self._about[""]

    def _read_conflicts(self, store: Store) -> None:
        columns, rows = store.select(_CONFLICTS)
        # Sorted here: a store on disk takes long for it.
        for row in sorted(rows, key=lambda row: [str(cell) for cell in row]):
            cells = {column: "" if value is None else str(value) for column, value in zip(columns, row, strict=True)}
            about, claim = cells.pop("about"), cells.pop("claim")
            ends = {f"{end}_id": cells.pop(end) for end in ("conflict", "subject", "object")}
            record = self.conflicts.setdefault(ends["conflict_id"], ConflictRecord(**ends, **cells))
            self._concerning[about][record.conflict_id] = record
            if claim:
                self._disputed[claim][record.conflict_id] = record

    def about(self, entity_id: str) -> list[Claim]:
        """The claims that an entity is the subject or the object of, by id."""
        return self._about.get(entity_id, [])

    def said_by(self, source_id: str) -> list[Claim]:
        """The claims of a source, by its bare id, in the order of their places in it."""
        return sorted(self._said_by.get(source_id, []), key=_place)

    def conflicts_of(self, claim_id: str) -> list[ConflictRecord]:
        """The conflicts that a claim stands on one side of."""
        return list(self._disputed.get(claim_id, {}).values())

    def conflicts_about(self, entity_id: str) -> list[ConflictRecord]:
        """The conflicts that concern an entity."""
        return list(self._concerning.get(entity_id, {}).values())


def _place(claim: Claim) -> tuple[bool, int, str, str]:
    return claim.start is None, claim.start or 0, claim.place, claim.claim_id


def _read_sources(store: Store) -> dict[str, SourceRecord]:
    columns, rows = store.select(_SOURCES)
    together: dict[str, dict[str, dict[str, None]]] = {}
    for row in sorted(rows, key=lambda row: [str(cell) for cell in row]):
        cells = together.setdefault(str(row[0]), {column: {} for column in columns})
        for column, value in zip(columns, row, strict=True):
            if value is not None:
                cells[column][str(value)] = None
    return {source.removeprefix("source:"): _to_source(source, cells) for source, cells in together.items()}


def _to_source(source: str, cells: dict[str, dict[str, None]]) -> SourceRecord:
    first = {column: next(iter(values), "") for column, values in cells.items()}
    authors, _, published = first["reference"].partition(first["title"])
    return SourceRecord(
        source.removeprefix("source:"),
        first["title"],
        first["kind"],
        first["citation"],
        authors.removesuffix(". ").removesuffix("."),
        published.removeprefix(". "),
        first["year"],
        tuple(_pages(cells["id"], cells["page"])),
        first["licence"],
        first["sha256"],
    )


def _pages(ids: dict[str, None], pages: dict[str, None]) -> list[tuple[str, str]]:
    """PMID, DOI and the like with their addresses, each once; other addresses under the name of their host."""
    found = {_address(words): words for words in sorted(ids, reverse=True)}
    for page in pages:
        address = _address(page)
        host = re.sub(r"^https?://(www\.)?", "", address).partition("/")[0]
        found.setdefault(address, page if page != address else host)
    return [(words, address) for address, words in found.items() if address.startswith(("http://", "https://"))]


def _address(page: str) -> str:
    """The address of a page, be it one or an id; empty for an id that leads nowhere."""
    if page.startswith(("http://", "https://")):
        return page
    try:
        return expand(page) if is_curie(page) else ""
    except PoemsKgError:
        return ""


_READ: "WeakKeyDictionary[KnowledgeGraph, Evidence]" = WeakKeyDictionary()


def evidence(desk: "Desk") -> Evidence:
    """What the sources of the graph on a desk say; read when first asked for."""
    if desk.kg not in _READ:
        _READ[desk.kg] = Evidence(desk.kg)
    return _READ[desk.kg]
