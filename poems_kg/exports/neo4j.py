"""
Neo4j bulk import: ``nodes.csv`` and ``relationships.csv`` with the typed headers of ``neo4j-admin database import``.

Terms, sources and imported classes are nodes. A claim that leads to a term is a relationship; a claim that leads to
words or figures becomes a node of its own, so that it keeps all it has.
"""

import csv
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import Any

from poems_kg.claims import Claim
from poems_kg.exports.content import Content, Entity, Exportable
from poems_kg.ids import expand

_CLAIM_FIELDS = {
    "relation": "relation", "value": "value", "unit": "unit", "low:double": "low", "high:double": "high",
    "n:long": "n", "total:long": "total", "polarity": "polarity", "certainty": "certainty", "support": "support",
    "evidence": "evidence", "place": "place", "start:long": "start", "end:long": "end", "sha256": "sha256",
    "note": "note",
}  # fmt: skip
_CLAIM_COLUMNS = [*_CLAIM_FIELDS, "qualifiers:string[]", "source", "publication"]
NODE_COLUMNS = ["id:ID", "label", "definition", "synonyms:string[]", "matches:string[]", "xrefs:string[]", "iri", "citation", *_CLAIM_COLUMNS, ":LABEL"]  # fmt: skip  # noqa: E501
RELATIONSHIP_COLUMNS = [":START_ID", ":END_ID", ":TYPE", "id", *_CLAIM_COLUMNS]


def _entity_node(entity: Entity) -> dict[str, Any]:
    labels = [entity.category or "Class", *([] if entity.is_ours else ["Imported"])]
    return {
        "id:ID": entity.entity_id,
        "label": entity.label,
        "definition": entity.definition,
        "synonyms:string[]": entity.names,
        "matches:string[]": [f"{predicate} {target}" for predicate, target in entity.matches],
        "xrefs:string[]": entity.xrefs,
        "iri": expand(entity.entity_id),
        "citation": entity.citation,
        ":LABEL": labels,
    }


def _claim_cells(claim: Claim, content: Content) -> dict[str, Any]:
    cells = {column: getattr(claim, name) for column, name in _CLAIM_FIELDS.items()}
    qualifiers = [f"{key}={text}" for key, text in claim.qualifiers]
    reference = content.reference(claim.source_id)
    return cells | {
        "qualifiers:string[]": qualifiers,
        "source": f"source:{claim.source_id}",
        "publication": reference,
    }


def _claim_node(claim: Claim, content: Content) -> dict[str, Any]:
    cells = _claim_cells(claim, content)
    label = f"{claim.relation}: {claim.value}" if claim.value else claim.relation
    return cells | {"id:ID": claim.claim_id, "label": label, "iri": expand(claim.claim_id), ":LABEL": ["Claim"]}


def _relationship(start: str, end: str, kind: str, **cells: Any) -> dict[str, Any]:
    return {":START_ID": start, ":END_ID": end, ":TYPE": kind.upper(), **cells}


def _relationships(content: Content) -> list[dict[str, Any]]:
    made = []
    for claim in content.claims:
        if claim.object_id:
            kind = claim.relation if claim.polarity == "asserts" else f"not_{claim.relation}"
            cells = _claim_cells(claim, content) | {"id": claim.claim_id}
            made.append(_relationship(claim.subject_id, claim.object_id, kind, **cells))
        else:
            made.append(_relationship(claim.subject_id, claim.claim_id, "has_claim", id=claim.claim_id))
    made += [
        _relationship(child, parent, "is_a", id=f"{child}--is_a--{parent}", relation="is_a")
        for child, parent in content.is_a
    ]
    return made


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(item.replace(";", ",") for item in value)
    text = format(value, ".15g") if isinstance(value, float) else str(value)
    # neo4j-admin reads one record a line unless told otherwise.
    return " ".join(text.split("\n"))


def _csv(columns: list[str], records: Iterable[Mapping[str, Any]]) -> bytes:
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(record.get(column)) for column in columns] for record in records)
    return buffer.getvalue().encode()


def render_neo4j(kg: Exportable) -> dict[str, bytes]:
    """Make ``nodes.csv`` and ``relationships.csv``; items of a list are parted by ``;``."""
    content = Content(kg)
    nodes = [_entity_node(entity) for entity in content.entities.values()]
    nodes += [_claim_node(claim, content) for claim in content.claims if not claim.object_id]
    relationships = _relationships(content)
    return {"nodes.csv": _csv(NODE_COLUMNS, nodes), "relationships.csv": _csv(RELATIONSHIP_COLUMNS, relationships)}
