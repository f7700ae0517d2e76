"""
Turn what an answer shows (claims, sources, citations, ids of entities) into the sources that it rests on.

What no source can be named for rests on the release of the graph, which has a citation as well.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import permutations

from poems_kg.claims import split_list
from poems_kg.ids import expand, is_known, standardize
from poems_kg.serve.assistants.answers import Cell, Passage, Source
from poems_kg.store import LocalStore

MOST_PASSAGES = 10
"""Passages of one source that are given; a source that is all over an answer has many more."""
_AT_A_TIME = 500
"""Ids in one query."""
_OURS = frozenset({"claim", "source"})
"""Prefixes of what is in the graph or is nothing: no citation of something elsewhere."""
_CITING = ("source", "citation", "reference", "said_by", "listed_by", "publication")
"""In the name of a column that has sources or citations, maybe several in a cell."""

_PREFIXES = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
_SOURCES = (
    _PREFIXES
    + """
SELECT DISTINCT ?source ?citation ?title ?url WHERE {
  ?source kg:citation ?citation ; rdfs:label ?title .
  OPTIONAL { ?source rdfs:seeAlso ?url }
} ORDER BY ?source ?url
"""
)
_CLAIMS = (
    _PREFIXES
    + """
SELECT DISTINCT ?claim ?source ?place ?start ?end WHERE {
  VALUES ?claim { %s }
  ?claim kg:source ?source .
  OPTIONAL { ?claim kg:place ?place }
  OPTIONAL { ?claim kg:passage/oa:hasSelector ?selector . ?selector oa:start ?start ; oa:end ?end }
} ORDER BY ?claim
"""
)
_BETWEEN = (
    _PREFIXES
    + """
SELECT DISTINCT ?claim ?subject ?object WHERE {
  VALUES ?subject { %s }
  ?claim kg:subject ?subject ; kg:object ?object .
} ORDER BY ?claim
"""
)
_RELEASES = (
    _PREFIXES
    + """
SELECT DISTINCT ?name ?title ?version ?origin WHERE {
  ?release kg:release_name ?name ; rdfs:label ?title .
  OPTIONAL { ?release owl:versionInfo ?version }
  OPTIONAL { ?release kg:origin ?origin }
} ORDER BY ?name
"""
)
_GRAPH = (
    _PREFIXES
    + """
SELECT DISTINCT ?release ?title ?version WHERE {
  <https://w3id.org/poems-kg/poems.owl> owl:versionIRI ?release ; dcterms:title ?title ; owl:versionInfo ?version .
} ORDER BY ?release
"""
)


@lru_cache(maxsize=2)
def known_sources(store: LocalStore) -> dict[str, Source]:
    """All sources of a graph by CURIE, without passages."""
    found: dict[str, Source] = {}
    for source, citation, title, url in store.select(_SOURCES)[1]:
        # PubMed and DOI come first in the order of their addresses only by luck, so they are preferred by name.
        if str(source) not in found or str(url).startswith("pubmed:"):
            found[str(source)] = _source(str(source), str(citation), str(title), "" if url is None else str(url))
    return found


@lru_cache(maxsize=2)
def release_of(store: LocalStore) -> Source:
    """The release of the graph itself, which every answer rests on."""
    rows = store.select(_GRAPH)[1]
    if not rows:
        return _source("", "a graph made with poems-kg, without a release of its own", "", "")
    release, title, version = map(str, rows[0])
    return _source(release, f"{title}, release {version}", title, "")


def releases_of(store: LocalStore) -> list[Source]:
    """The releases of other projects that a linked graph was made of; none in the core graph."""
    return [
        _source("", f"{title} {version or ''}".strip(), str(title), str(origin))
        for _, title, version, origin in store.select(_RELEASES)[1]
    ]


def _is_address(text: Cell) -> bool:
    return str(text).startswith(("http://", "https://"))


def _source(source: str, citation: str, title: str, url: str) -> Source:
    address = expand(url) if is_known(url) else url if _is_address(url) else ""
    return Source(source=source, citation=citation, title=title, url=address, passages=[], more_passages=0)


class Bibliography:
    """Collects what an answer rests on."""

    def __init__(self, store: LocalStore) -> None:
        self._store = store
        self._known = known_sources(store)
        self._by_citation = {source.citation: key for key, source in self._known.items()}
        self._sources: dict[str, Source] = {}
        self._claims: dict[str, None] = {}

    def add_claims(self, claim_ids: Iterable[str]) -> None:
        """Add the sources of claims, with the passages."""
        self._claims.update(dict.fromkeys(claim_ids))

    def add_source(self, source_id: str) -> bool:
        """Add a source by its CURIE or bare id; says whether there is such a source."""
        curie = source_id if source_id.startswith("source:") else f"source:{source_id}"
        if curie in self._known:
            self._sources.setdefault(curie, self._known[curie])
        return curie in self._known

    def add_citations(self, text: str) -> None:
        """Add what a cell cites: ids of sources parted by ``|``, or citations parted by ``;``."""
        if not self._add_citation(text):
            for part in split_list(text.replace("; ", "|")):
                self._add_citation(part.strip())

    def _add_citation(self, text: str) -> bool:
        if self.add_source(text) or self.add_source(self._by_citation.get(text, text)):
            return True
        if is_known(standardize(text)) and text.partition(":")[0] not in _OURS:
            self._sources.setdefault(text, _source("", text, text, standardize(text)))
            return True
        return False

    def add_rows(self, rows: Sequence[Mapping[str, Cell]], entity_ids: Iterable[str] = ()) -> None:
        """
        Add what rows show; a row that names no source rests on the claims between the entities in it.

        :param entity_ids: the entities that all rows are about, such as those of the parameters.
        """
        common = {each for each in entity_ids if is_known(each)}
        uncited: list[set[str]] = []
        for row in rows:
            is_cited = False
            for column, value in row.items():
                if isinstance(value, str) and value.startswith("claim:"):
                    self._claims[value] = None
                    is_cited = True
                elif isinstance(value, str) and (
                    value.startswith("source:") or any(part in column for part in _CITING)
                ):
                    self.add_citations(value)
                    is_cited = True
            if not is_cited:
                uncited.append({value for value in row.values() if isinstance(value, str) and is_known(value)} | common)
        self._add_claims_between(uncited)

    def _add_claims_between(self, groups: Sequence[set[str]]) -> None:
        """Add the claims that lead from one entity of a group to another of the same."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        subjects = sorted(set().union(*groups))
        for start in range(0, len(subjects), _AT_A_TIME):
            values = " ".join(f"<{expand(each)}>" for each in subjects[start : start + _AT_A_TIME])
            for claim, subject, target in self._store.select(_BETWEEN % values)[1]:
                found[str(subject), str(target)].append(str(claim))
        for group in groups:
            for pair in permutations(sorted(group), 2):
                self.add_claims(found.get(pair, ()))

    def sources(self, *, always: Sequence[Source] = ()) -> list[Source]:
        """
        What was added, each once, in the order of the citations.

        :param always: what to rest on where nothing was added; the release of the graph where that is empty, too.
        """
        passages: dict[str, list[Passage]] = defaultdict(list)
        wanted = [claim_id for claim_id in self._claims if is_known(claim_id)]
        for start in range(0, len(wanted), _AT_A_TIME):
            values = " ".join(f"<{expand(claim_id)}>" for claim_id in wanted[start : start + _AT_A_TIME])
            for claim, source, place, begin, end in self._store.select(_CLAIMS % values)[1]:
                self.add_source(str(source))
                passages[str(source)].append(
                    Passage(
                        claim=str(claim),
                        place="" if place is None else str(place),
                        start=begin if isinstance(begin, int) else None,
                        end=end if isinstance(end, int) else None,
                    )
                )
        found = [
            source.model_copy(
                update={
                    "passages": passages[key][:MOST_PASSAGES],
                    "more_passages": max(0, len(passages[key]) - MOST_PASSAGES),
                }
            )
            for key, source in sorted(self._sources.items(), key=lambda item: (item[1].citation, item[0]))
        ]
        return found or list(always) or [release_of(self._store)]
