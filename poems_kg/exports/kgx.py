"""
KGX: nodes and edges in the terms of the Biolink Model, as TSV and as JSON lines.

One edge for each claim that leads to a term, under the id of the claim, and one for each is-a of the ontology. A claim
that leads to words or figures is kept on its subject, in ``text_claims``, as JSON.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from poems_kg.claims import Claim
from poems_kg.exports.content import Content, Entity, Exportable
from poems_kg.exports.writing import render_json_line
from poems_kg.ids import compress, expand
from poems_kg.tables import render_table

Record = dict[str, Any]

NODE_COLUMNS = (
    "id", "category", "name", "description", "synonym", "xref", "provided_by", "iri", "mappings", "text_claims",
)  # fmt: skip
EDGE_COLUMNS = (
    "id", "subject", "predicate", "object", "category", "primary_knowledge_source", "knowledge_level", "agent_type",
    "publications", "negated", "has_evidence", "has_count", "has_total", "has_quotient", "has_percentage",
    "frequency_qualifier", "sex_qualifier", "original_predicate", "value", "unit", "low", "high", "claim_qualifiers",
    "certainty", "support", "source", "place", "passage_start", "passage_end", "passage_sha256", "note",
)  # fmt: skip
POEMS_KG = "infores:poems-kg"
_SEX = {"male": "PATO:0000384", "female": "PATO:0000383"}
_INFORES = {"CHEBI", "CL", "GO", "MAXO", "MONDO", "NCIT", "Orphanet", "PR", "UBERON"}
_SAME = ("value", "unit", "low", "high", "certainty", "support", "place", "note")
_FREQUENCIES = (
    ("HP:0040285", 0.0, 0.0), ("HP:0040284", 1.0, 4.0), ("HP:0040283", 5.0, 29.0), ("HP:0040282", 30.0, 79.0),
    ("HP:0040281", 80.0, 99.0), ("HP:0040280", 100.0, 100.0),
)  # fmt: skip
"""HPO's own frequency classes with the bounds of their definitions, in percent: excluded, very rare, occasional,
frequent, very frequent, obligate."""


def frequency_class(low: float | None, high: float | None) -> str:
    """
    The HPO frequency class that holds a whole range of percentages; empty where none does.

    >>> frequency_class(80, 95), frequency_class(20, 60)
    ('HP:0040281', '')
    """
    if low is None or high is None:
        return ""
    return next((name for name, least, most in _FREQUENCIES if least <= low and high <= most), "")


def percent_range(claim: Claim) -> tuple[float | None, float | None]:
    """The share of patients in percent: as published, else reckoned from the counts; None where there is none."""
    if claim.unit == "%":
        return claim.low, claim.high
    if claim.n is not None and claim.total:
        share = round(100 * claim.n / claim.total, 1)
        return share, share
    return None, None


def _node(entity: Entity, content: Content) -> Record:
    same = {target for predicate, target in entity.matches if predicate == "skos:exactMatch"}
    category = content.vocabulary.categories.get(entity.category)
    biolink = category.biolink if category else ""
    return {
        "id": entity.entity_id,
        "category": [biolink or "biolink:NamedThing"],
        "name": entity.label,
        "description": entity.definition or entity.citation,
        "synonym": entity.names,
        "xref": sorted({*entity.xrefs, *same}),
        "provided_by": [POEMS_KG],
        "iri": expand(entity.entity_id),
        "mappings": [f"{predicate} {target}" for predicate, target in entity.matches],
        "text_claims": [_text_claim(claim, content) for claim in content.text_claims(entity.entity_id)],
    }


def _text_claim(claim: Claim, content: Content) -> str:
    """A claim as JSON on one line; ``|`` is written as an escape, since it parts the items of a list."""
    cells = {key: value for key, value in asdict(claim).items() if value not in ("", None, ())}
    cells["qualifiers"] = dict(claim.qualifiers)
    cells["publications"] = [content.reference(claim.source_id)]
    return render_json_line(cells).replace("|", "\\u007c")


def _edge(claim: Claim, content: Content) -> Record:
    low, high = percent_range(claim)
    relation = content.vocabulary.relations[claim.relation]
    predicate = relation.biolink or "biolink:related_to"
    subject, target = content.entities[claim.subject_id], content.entities[claim.object_id]
    is_phenotype = (subject.category, target.category) == ("Disorder", "Finding")
    is_phenotype = is_phenotype and predicate == "biolink:has_phenotype"
    return {
        "id": claim.claim_id,
        "subject": claim.subject_id,
        "predicate": predicate,
        "object": claim.object_id,
        "category": ["biolink:DiseaseToPhenotypicFeatureAssociation" if is_phenotype else "biolink:Association"],
        "primary_knowledge_source": POEMS_KG,
        "knowledge_level": "knowledge_assertion",
        "agent_type": "manual_agent",
        "publications": [content.reference(claim.source_id)],
        "negated": claim.polarity == "denies",
        "has_evidence": [claim.evidence],
        "has_count": claim.n,
        "has_total": claim.total,
        "has_quotient": round(claim.n / claim.total, 4) if claim.n is not None and claim.total else None,
        "has_percentage": low if low == high else None,
        "frequency_qualifier": frequency_class(low, high) if is_phenotype else "",
        "sex_qualifier": _SEX.get(dict(claim.qualifiers).get("sex", ""), ""),
        "original_predicate": f"kg:{claim.relation}",
        **{key: getattr(claim, key) for key in _SAME},
        "claim_qualifiers": [f"{key}={text.replace('|', ',')}" for key, text in claim.qualifiers],
        "source": f"source:{claim.source_id}",
        "passage_start": claim.start,
        "passage_end": claim.end,
        "passage_sha256": claim.sha256,
    }


def _is_a_edge(entity_id: str, parent_id: str) -> Record:
    prefix = entity_id.partition(":")[0]
    origin = "hpo" if prefix == "HP" else prefix.lower() if prefix in _INFORES else "poems-kg"
    return {
        "id": f"{entity_id}--subclass_of--{parent_id}",
        "subject": entity_id,
        "predicate": "biolink:subclass_of",
        "object": parent_id,
        "category": ["biolink:Association"],
        "primary_knowledge_source": f"infores:{origin}",
        "knowledge_level": "knowledge_assertion",
        "agent_type": "manual_agent",
        "publications": [],
        "negated": False,
        "original_predicate": compress("http://www.w3.org/2000/01/rdf-schema#subClassOf"),
    }


def _records(kg: Exportable) -> tuple[list[Record], list[Record]]:
    content = Content(kg)
    nodes = [_node(entity, content) for entity in content.entities.values()]
    edges = [_edge(claim, content) for claim in content.edge_claims]
    return nodes, edges + [_is_a_edge(*pair) for pair in content.is_a]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "|".join(item.replace("|", "/") for item in value)
    # Readers of KGX take | as the end of an item in any column.
    return format(value, ".15g") if isinstance(value, float) else str(value).replace("|", "/")


def _tsv(columns: Iterable[str], records: Iterable[Mapping[str, Any]]) -> bytes:
    names = list(columns)
    return render_table(names, ([_cell(record.get(name)) for name in names] for record in records)).encode()


def _jsonl(columns: Iterable[str], records: Iterable[Mapping[str, Any]]) -> bytes:
    """JSON lines; what a record has not is left out."""
    names = list(columns)
    kept = ({name: record[name] for name in names if record.get(name) not in (None, "", [])} for record in records)
    return "".join(render_json_line(record) + "\n" for record in kept).encode()


def render_kgx_tsv(kg: Exportable) -> dict[str, bytes]:
    """Make ``poems_nodes.tsv`` and ``poems_edges.tsv``; items of a list are parted by ``|``."""
    nodes, edges = _records(kg)
    return {"poems_nodes.tsv": _tsv(NODE_COLUMNS, nodes), "poems_edges.tsv": _tsv(EDGE_COLUMNS, edges)}


def render_kgx_jsonl(kg: Exportable) -> dict[str, bytes]:
    """Make ``poems_nodes.jsonl`` and ``poems_edges.jsonl``."""
    nodes, edges = _records(kg)
    return {"poems_nodes.jsonl": _jsonl(NODE_COLUMNS, nodes), "poems_edges.jsonl": _jsonl(EDGE_COLUMNS, edges)}
