"""
SSSOM: the mappings of our terms, those cut from other ontologies and those of our own to classes that are only near.

No day is given for a single mapping, because none is known; the day of publication stands in the header.
"""

import yaml

from poems_kg.exports.content import Content, Exportable
from poems_kg.ids import prefixes
from poems_kg.links import MAPPING_COLUMNS, CrossReference
from poems_kg.places import ontology_dir
from poems_kg.tables import read_table, render_table

COLUMNS = [
    "subject_id", "subject_label", "subject_category", "predicate_id", "object_id", "object_label",
    "mapping_justification", "mapping_source",
]  # fmt: skip
MAPPING_SET = "https://w3id.org/poems-kg/mappings/poems.sssom.tsv"
_MANUAL = "semapv:ManualMappingCuration"
_SKOS = ("skos:exactMatch", "skos:closeMatch", "skos:broadMatch", "skos:narrowMatch", "skos:relatedMatch")


def _cut_mappings() -> dict[tuple[str, str, str], CrossReference]:
    """The mappings that were cut from other ontologies, by subject, predicate and object."""
    table = read_table(ontology_dir() / "links" / "mappings.sssom.tsv", MAPPING_COLUMNS, "mappings.sssom.tsv")
    records = [CrossReference(**cells) for _, cells in table.rows]
    return {(record.subject_id, record.predicate_id, record.object_id): record for record in records}


def mapping_rows(content: Content) -> list[dict[str, str]]:
    """One row for each mapping in the graph, by subject, predicate and object."""
    cut = _cut_mappings()
    rows = []
    for entity in content.entities.values():
        if not entity.is_ours or entity.category == "Publication":
            continue
        stated = [pair for pair in entity.matches if pair[0] in _SKOS]
        stated += [("oboInOwl:hasDbXref", xref) for xref in entity.xrefs]
        for predicate, target in sorted(stated):
            record = cut.get((entity.entity_id, predicate, target))
            known = content.entities.get(target)
            rows.append(
                {
                    "subject_id": entity.entity_id,
                    "subject_label": entity.label,
                    "subject_category": entity.category,
                    "predicate_id": predicate,
                    "object_id": target,
                    "object_label": record.object_label if record else known.label if known else "",
                    "mapping_justification": record.mapping_justification if record else _MANUAL,
                    "mapping_source": record.mapping_set_version if record else MAPPING_SET,
                }
            )
    return rows


def _header(content: Content, rows: list[dict[str, str]]) -> str:
    """The metadata of the set, as YAML behind ``#``."""
    ids = [row[column] for row in rows for column in ("subject_id", "object_id", "predicate_id")]
    used = sorted({name.partition(":")[0] for name in [*ids, _MANUAL]})
    release = content.release
    metadata = {
        "mapping_set_id": MAPPING_SET,
        "mapping_set_version": release.get("versionInfo", ""),
        "mapping_set_title": "Mappings of the knowledge graph of POEMS syndrome",
        "license": release.get("license", ""),
        "creator_label": [release.get("creator", "")],
        "publication_date": release.get("versionInfo", ""),
        "curie_map": {prefix: prefixes()[prefix] for prefix in used},
    }
    text = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)
    return "".join(f"# {line}\n" for line in text.splitlines())


def render_sssom(kg: Exportable) -> bytes:
    """Make SSSOM TSV with its metadata in the header."""
    content = Content(kg)
    rows = mapping_rows(content)
    table = render_table(COLUMNS, ([row[column] for column in COLUMNS] for row in rows))
    return (_header(content, rows) + table).encode()
