"""What a graph says of one entity, all its claims as rows, and how much there is in it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from poems_kg.claims import Claim
from poems_kg.ids import compress, expand
from poems_kg.names import Names
from poems_kg.rdf import Graphs
from poems_kg.store import Row, Store, Value

if TYPE_CHECKING:
    from rdflib.term import Identifier

_PREFIXES = """
PREFIX IAO: <http://purl.obolibrary.org/obo/IAO_>
PREFIX graph: <https://w3id.org/poems-kg/graph/>
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX oboInOwl: <http://www.geneontology.org/formats/oboInOwl#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
_CELLS = (
    _PREFIXES
    + """
SELECT ?claim ?key ?value WHERE {
  GRAPH graph:claims { ?claim a kg:Claim ; ?key ?value . %s }
}
"""
)
_PASSAGES = (
    _PREFIXES
    + """
SELECT ?passage ?start ?end ?sha256 WHERE {
  GRAPH graph:claims {
    ?passage a kg:Passage ; kg:sha256 ?sha256 ; oa:hasSelector ?selector .
    ?selector oa:start ?start ; oa:end ?end .
  }
}
"""
)
_ABOUT = (
    _PREFIXES
    + """
SELECT ?property ?value WHERE {
  VALUES ?property {
    IAO:0000115 kg:category oboInOwl:hasExactSynonym oboInOwl:hasRelatedSynonym oboInOwl:hasBroadSynonym
    oboInOwl:hasNarrowSynonym oboInOwl:hasDbXref skos:exactMatch skos:closeMatch skos:broadMatch skos:narrowMatch
    skos:relatedMatch
  }
  ?entity ?property ?value .
} ORDER BY ?property ?value
"""
)
_BROADER = (
    _PREFIXES
    + """
SELECT ?broader WHERE {
  { GRAPH graph:asserted { ?entity rdfs:subClassOf ?broader } }
  UNION { GRAPH graph:imports { ?entity rdfs:subClassOf ?broader } }
  FILTER(ISIRI(?broader))
} ORDER BY ?broader
"""
)
_COUNTS = (
    _PREFIXES
    + """
SELECT ?what ?kind ?count WHERE {
  {
    SELECT ?what ?kind (COUNT(?thing) AS ?count) WHERE {
      VALUES (?property ?what) {
        (kg:category "terms") (kg:relation "claims by relation") (kg:polarity "claims by polarity")
        (kg:certainty "claims by certainty") (kg:kind "sources")
      }
      ?thing ?property ?kind .
    } GROUP BY ?what ?kind
  } UNION {
    { SELECT ?kind (COUNT(*) AS ?count) WHERE { GRAPH ?kind { ?subject ?predicate ?object } } GROUP BY ?kind }
    BIND("triples" AS ?what)
  }
} ORDER BY ?what DESC(?count) STR(?kind)
"""
)
_RECORD = {field.name for field in fields(Claim)}


@dataclass(frozen=True, slots=True)
class Description:
    """
    One entity: ``synonyms`` as (scope, name), ``matches`` as (predicate, id), ``broader`` as (id, label) of the
    classes right above it, and the claims that it is the subject or the object of.
    """

    entity_id: str
    label: str
    category: str
    definition: str
    synonyms: list[tuple[str, str]]
    matches: list[tuple[str, str]]
    broader: list[tuple[str, str]]
    claims: list[Claim]


def find_claims(store: Store, names: Names, entity_id: str = "", source_id: str = "") -> list[Claim]:
    """
    Claims by id: all, those with an entity as subject or object, those of a source.

    :param entity_id: a CURIE; empty for any.
    :param source_id: the bare id of a source; empty for any.
    """
    wanted = []
    if entity_id:
        wanted.append(f"?claim kg:subject|kg:object <{expand(entity_id)}> .")
    if source_id:
        wanted.append(f"?claim kg:source <{expand(f'source:{source_id}')}> .")
    cells: dict[str, list[tuple[str, Value]]] = defaultdict(list)
    # A store on disk sorts forty thousand rows six times slower than it finds them.
    for claim, key, value in sorted(store.select(_CELLS % " ".join(wanted))[1], key=_by_words):
        cells[str(claim)].append((str(key).removeprefix("kg:"), value))
    passages = {str(row["passage"]): row for row in _rows(store, _PASSAGES)}
    return [_to_claim(claim_id, pairs, passages, names) for claim_id, pairs in sorted(cells.items())]


def _by_words(row: Row) -> list[str]:
    return [str(cell) for cell in row]


def _rows(store: Store, sparql: str, **bindings: "Identifier") -> Iterator[dict[str, Value]]:
    columns, rows = store.select(sparql, bindings)
    return (dict(zip(columns, row, strict=True)) for row in rows)


def _to_claim(
    claim_id: str, pairs: list[tuple[str, Value]], passages: dict[str, dict[str, Value]], names: Names
) -> Claim:
    record: dict[str, object] = dict.fromkeys(_RECORD, "")
    record |= dict.fromkeys(("low", "high", "n", "total", "start", "end"))
    qualifiers: dict[str, list[str]] = defaultdict(list)
    for key, value in pairs:
        if key in {"low", "high"} and isinstance(value, int | float):
            record[key] = float(value)
        elif key == "passage":
            passage = passages[str(value)]
            record |= {bound: passage[bound] for bound in ("start", "end", "sha256")}
        elif key in {"subject", "object"}:
            record |= {f"{key}_id": value, f"{key}_label": names.label(str(value))}
        elif key == "source":
            record["source_id"] = str(value).removeprefix("source:")
        elif key == "relation":
            record["relation"] = str(value).removeprefix("kg:")
        elif key in _RECORD:
            record[key] = value
        elif key not in {"rdf:type", "context", "statement"}:
            qualifiers[key].append(str(value))
    record |= {"claim_id": claim_id, "qualifiers": tuple((k, "|".join(v)) for k, v in sorted(qualifiers.items()))}
    return Claim(**record)  # type: ignore[arg-type]


def describe(words: str, store: Store, names: Names, claims: list[Claim] | None = None) -> Description:
    """
    Everything said of one entity.

    :param words: label, synonym, abbreviation or CURIE, in any case.
    :param claims: those about it, by who has read them already.
    :raises UnknownTermError: if it is not in the graph.
    """
    from rdflib import URIRef

    entity_id = names.find(words)
    node = URIRef(expand(entity_id))
    about: dict[str, list[str]] = defaultdict(list)
    for row in _rows(store, _ABOUT, entity=node):
        about[str(row["property"])].append(str(row["value"]))
    broader = [str(row["broader"]) for row in _rows(store, _BROADER, entity=node)]
    scopes = ("Exact", "Related", "Broad", "Narrow")
    return Description(
        entity_id,
        names.label(entity_id),
        next(iter(about["kg:category"]), "").removeprefix("kg:"),
        next(iter(about["IAO:0000115"]), ""),
        [(scope.lower(), name) for scope in scopes for name in about[f"oboInOwl:has{scope}Synonym"]],
        [(key, value) for key, values in about.items() if "Match" in key or "Xref" in key for value in values],
        [(broad, names.label(broad)) for broad in broader],
        find_claims(store, names, entity_id) if claims is None else claims,
    )


def count(store: Store) -> list[dict[str, str | int]]:
    """How much there is: rows of ``what``, ``kind`` and ``count``."""
    return [
        {"what": str(row["what"]), "kind": _kind(str(row["kind"])), "count": int(str(row["count"]))}
        for row in _rows(store, _COUNTS)
    ]


def _kind(value: str) -> str:
    return value.removeprefix("kg:").removeprefix(compress(Graphs.asserted.value).removesuffix("asserted"))
