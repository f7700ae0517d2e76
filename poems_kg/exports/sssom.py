"""
SSSOM: all mappings of our terms, those of other sets, those of our own, and those that are denied.

What another set says of a pair is a row of its own, with that set as ``mapping_source``; no day is given for it where
the set gives none.
"""

from collections import defaultdict

import pyoxigraph as ox
import yaml

from poems_kg.exports.content import Content, Exportable
from poems_kg.ids import compress, prefixes
from poems_kg.links import NOT
from poems_kg.ontology import Graphs
from poems_kg.tables import render_table
from poems_kg.vocabulary import ONTOLOGY

COLUMNS = [
    "subject_id", "subject_label", "subject_category", "predicate_id", "predicate_modifier", "object_id",
    "object_label", "mapping_justification", "author_label", "mapping_date", "confidence", "mapping_source",
    "object_source", "comment",
]  # fmt: skip
MAPPING_SET = "https://w3id.org/poems-kg/mappings/poems.sssom.tsv"
_KEY = ("subject_id", "predicate_id", "predicate_modifier", "object_id", "mapping_source")


def mapping_rows(content: Content) -> list[dict[str, str]]:
    """One row for each mapping in the graph, by subject, predicate, modifier, object and set."""
    nodes: dict[str, dict[str, str]] = defaultdict(dict)
    for quad in content.quads:
        if quad.graph_name == Graphs.links:
            value = quad.object.value if isinstance(quad.object, ox.Literal) else compress(str(quad.object)[1:-1])
            nodes[str(quad.subject)][compress(quad.predicate.value).rpartition(":")[2]] = value
    rows = []
    for cells in nodes.values():
        if cells.get("type") == "sssom:Mapping":
            subject = content.entities[cells["subject_id"]]
            target = content.entities.get(cells["object_id"])
            row = {column: cells.get(column, "") for column in COLUMNS}
            row["subject_label"] = subject.label
            row["subject_category"] = subject.category
            row["predicate_modifier"] = NOT if row["predicate_modifier"] else ""
            row["object_label"] = row["object_label"] or (target.label if target else "")
            row["mapping_source"] = row["mapping_source"] or MAPPING_SET
            rows.append(row)
    return sorted(rows, key=lambda row: tuple(row[column] for column in _KEY))


def _header(content: Content, rows: list[dict[str, str]]) -> str:
    """The metadata of the set, as YAML behind ``#``."""
    ids = [row[column] for row in rows for column in COLUMNS if column.endswith(("_id", "_source", "_justification"))]
    used = sorted({curie.partition(":")[0] for curie in ids} & prefixes().keys())
    release = content.release
    metadata = {
        "mapping_set_id": MAPPING_SET,
        "mapping_set_version": release.get("versionInfo", ""),
        "mapping_set_title": "Mappings of the knowledge graph of POEMS syndrome",
        "mapping_set_description": "What other vocabularies call the terms of the graph, each row with who says so; "
        "rows with the modifier Not are denied.",
        "license": release.get("license", ""),
        "creator_label": [release.get("creator", "")],
        "publication_date": release.get("versionInfo", ""),
        "subject_source": ONTOLOGY,
        "subject_source_version": release.get("versionInfo", ""),
        "mapping_set_source": sorted({row["mapping_source"] for row in rows} - {MAPPING_SET}),
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
