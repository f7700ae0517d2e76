"""
What Mondo could take from the graph: synonyms, cross-references and new terms as ROBOT templates, and what we dispute.

The columns are those of Mondo's own templates. The ids of new terms are ours; Mondo's curators replace them.
"""

import re
from typing import Final

import pyoxigraph as ox

from poems_kg.exports.content import Entity, Exportable
from poems_kg.exports.requests import (
    Desk,
    definition_references,
    find_synonyms,
    near_terms,
    open_desk,
    render_held_back,
    render_synonyms,
    render_template,
)
from poems_kg.exports.upstream import MONDO, out_of_use
from poems_kg.ids import compress
from poems_kg.links import NOT
from poems_kg.tables import render_table

NEW_TERM_COLUMNS: Final = [
    ("Mondo ID", "ID"),
    ("Label", "LABEL"),
    ("parent class", "SC %"),
    ("exact synonym", "A oboInOwl:hasExactSynonym"),
    ("xref synonym", ">A oboInOwl:hasDbXref"),
    ("Definition", "A IAO:0000115"),
    ("Definition Xref", ">A oboInOwl:hasDbXref SPLIT=|"),
    ("xref", "A oboInOwl:hasDbXref"),
    ("source", ">A oboInOwl:source"),
    ("parent label", ""),
    ("near terms", ""),
    ("status", ""),
]
XREF_COLUMNS: Final = [
    ("mondo_id", "ID"),
    ("mondo_label", ""),
    ("xref_id", "A oboInOwl:hasDbXref"),
    ("source_id", ">A oboInOwl:source"),
    ("mapping_predicate", ">A oboInOwl:source"),
    ("xref_label", ""),
    ("comment", ""),
    ("status", ""),
]
DISPUTED_COLUMNS: Final = [
    "mondo_id", "mondo_label", "xref_id", "xref_label", "mondo_says", "mondo_set", "we_say", "confidence", "comment",
]  # fmt: skip
_PREFIXES: Final = {
    "ORPHA": "Orphanet", "umls": "UMLS", "snomedct": "SCTID", "mesh": "MESH", "medgen": "MEDGEN", "gard": "GARD",
    "nord": "NORD", "omim": "OMIM", "icd10": "ICD10WHO", "icd10cm": "ICD10CM", "icd11": "icd11.foundation",
    "meddra": "MedDRA", "nando": "NANDO",
}  # fmt: skip
"""The prefixes of Mondo's own files where they are not Bioregistry's, which are ours."""
_PREDICATES: Final = {
    "skos:exactMatch": "MONDO:equivalentTo",
    "skos:closeMatch": "MONDO:relatedTo",
    "skos:relatedMatch": "MONDO:relatedTo",
    "skos:broadMatch": "MONDO:mondoIsNarrowerThanSource",
    "skos:narrowMatch": "MONDO:mondoIsBroaderThanSource",
}
"""What Mondo's guide for editors writes beside a cross-reference. A ``broadMatch`` leads to what is broader."""
_INVERSE: Final = {"skos:broadMatch": "skos:narrowMatch", "skos:narrowMatch": "skos:broadMatch"}
_CAPITAL = re.compile(r"[A-Z][a-z]+(?=\W|$)")
_EQUIVALENT = "http://www.w3.org/2002/07/owl#equivalentClass"


def to_mondo(curie: str) -> str:
    """
    Write an id with the prefix that Mondo's files have for it.

    >>> to_mondo("ORPHA:2905"), to_mondo("snomedct:79268002"), to_mondo("DOID:14039")
    ('Orphanet:2905', 'SCTID:79268002', 'DOID:14039')
    """
    prefix, _, local = curie.partition(":")
    return f"{_PREFIXES.get(prefix, prefix)}:{local}"


def _swapped(row: dict[str, str]) -> dict[str, str]:
    """The same mapping, said of its object."""
    return row | {
        "subject_id": row["object_id"],
        "subject_label": row["object_label"],
        "predicate_id": _INVERSE.get(row["predicate_id"], row["predicate_id"]),
        "object_id": row["subject_id"],
        "object_label": row["subject_label"],
    }


def _mappings(desk: Desk) -> list[dict[str, str]]:
    """All mappings between a class of Mondo and an entry elsewhere that Mondo does not state itself, Mondo first."""
    found = []
    for stated in desk.mappings:
        row = _swapped(stated) if stated["object_id"].startswith("MONDO:") else stated
        is_theirs = row["mapping_source"].startswith(MONDO.mapping_sets)
        elsewhere = not row["object_id"].startswith(("MONDO:", "POEMS:"))
        if row["subject_id"].startswith("MONDO:") and elsewhere and not is_theirs:
            found.append(row)
    return found


def _xrefs(desk: Desk) -> list[list[str]]:
    """Matches that somebody verified and Mondo is not known to have."""
    rows = {}
    for row in _mappings(desk):
        pair = row["subject_id"], row["object_id"]
        is_verified = (
            row["mapping_justification"] == "semapv:ManualMappingCuration" and row["predicate_id"] in _PREDICATES
        )
        if is_verified and row["predicate_modifier"] != NOT and not desk.upstream.mapping(*pair)[0]:
            rows[pair] = [
                row["subject_id"], row["subject_label"], to_mondo(row["object_id"]), row["mapping_source"],
                _PREDICATES[row["predicate_id"]], row["object_label"], row["comment"],
                desk.upstream.mapping_status(row["object_id"]),
            ]  # fmt: skip
    return [rows[pair] for pair in sorted(rows)]


def _disputes(desk: Desk) -> dict[tuple[str, str], list[str]]:
    """Mappings of Mondo that we deny, with what we say in their place."""
    said = {
        (row["subject_id"], row["object_id"]): row["predicate_id"]
        for row in _mappings(desk)
        if row["predicate_modifier"] != NOT
    }
    rows = {}
    for row in _mappings(desk):
        pair = row["subject_id"], row["object_id"]
        predicate, source = desk.upstream.mapping(*pair)
        if row["predicate_modifier"] == NOT and predicate == row["predicate_id"]:
            rows[pair] = [
                row["subject_id"], row["subject_label"], to_mondo(row["object_id"]), row["object_label"], predicate,
                source, said.get(pair, ""), row["confidence"], row["comment"],
            ]  # fmt: skip
    return rows


def _candidates(desk: Desk, disputed: set[str]) -> list[Entity]:
    """Disorders of ours that no class of Mondo matches, and entries elsewhere whose only match we deny."""
    return [
        entity
        for entity in desk.content.entities.values()
        if entity.category == "Disorder"
        and entity.is_ours
        and (entity.entity_id.startswith("POEMS:") or entity.entity_id in disputed)
        and not any(pair[0] == "skos:exactMatch" and pair[1].startswith("MONDO:") for pair in entity.matches)
    ]


def _broader(entity: Entity) -> list[str]:
    """The classes right above a term: its parents, else the classes of Mondo that it is mapped to as broader."""
    mapped = [target for predicate, target in entity.matches if predicate == "skos:broadMatch"]
    return entity.parent_ids or [target for target in mapped if target.startswith("MONDO:")]


def _reason_against(desk: Desk, entity: Entity, defined: set[str]) -> tuple[str, str]:
    """Why a term is not requested, and who says so; empty where nothing is against it."""
    declined = desk.why_declined(entity.entity_id)
    if declined[0]:
        return declined
    if entity.entity_id in defined:
        return "a group of ours, made by its definition for the reasoner", ""
    if not _broader(entity):
        return "no broader class of Mondo is known", ""
    if found := desk.upstream.bearers(entity.label):
        return f"{MONDO.title} {desk.upstream.version} has the name as {', '.join(found)}", ""
    if not definition_references(desk, entity):
        return "no publication or page that can be cited", ""
    return "", ""


def lower_initial(label: str, labels: list[str]) -> str:
    """
    Write a label as Mondo does: with a small letter, unless the first word is a proper name or has other capitals.

    :param labels: labels of Mondo, which show what is a proper name: it has its capital there.

    >>> lower_initial("Multiple lesions", ["plasma cell myeloma"]), lower_initial("IgM neuropathy", [])
    ('multiple lesions', 'IgM neuropathy')
    >>> lower_initial("Castleman variant", ["multicentric Castleman disease"])
    'Castleman variant'
    """
    first = _CAPITAL.match(label)
    if first is None or any(re.search(rf"\b{first[0]}\b", known) for known in labels):
        return label
    return label[:1].lower() + label[1:]


def _new_terms(desk: Desk, disputed: set[str]) -> list[list[str]]:
    defined = {
        compress(quad.subject.value)
        for quad in desk.content.quads
        if quad.predicate.value == _EQUIVALENT and isinstance(quad.subject, ox.NamedNode)
    }
    labels = [entity.label for entity in desk.content.entities.values() if entity.entity_id.startswith("MONDO:")]
    retired = out_of_use(desk.kg.store, [i for i in desk.content.entities if i.startswith("MONDO:")])
    rows = []
    for entity in _candidates(desk, disputed):
        reason, source = _reason_against(desk, entity, defined)
        if reason:
            desk.hold("new term", entity, entity.label, reason, source)
            continue
        is_ours = entity.entity_id.startswith("POEMS:")
        xref, kind = ("", "") if is_ours else (to_mondo(entity.entity_id), "MONDO:equivalentTo")
        near, status = near_terms(desk, entity), desk.upstream.term_status()
        if entity.entity_id in disputed:
            status = "Mondo has it as the same as another class; see disputed_xrefs.tsv"
        # A parent that is out of use and has no successor is no parent; a curator finds one.
        for parent_id in [parent for i in _broader(entity) if (parent := retired.get(i, i))]:
            rows.append(
                [
                    entity.entity_id, lower_initial(entity.label, labels), parent_id, "", "", entity.definition,
                    "|".join(definition_references(desk, entity)), xref, kind, desk.label(parent_id), near,
                    status,
                ]
            )  # fmt: skip
    return rows


def render_mondo_requests(kg: Exportable) -> dict[str, bytes]:
    """Make ``synonyms.tsv``, ``xrefs.tsv``, ``new_terms.tsv``, ``disputed_xrefs.tsv`` and ``held_back.tsv``."""
    desk = open_desk(kg, MONDO)
    disputes = _disputes(desk)
    disputed = {other_id for _, other_id in disputes}
    return {
        "synonyms.tsv": render_synonyms(desk, find_synonyms(desk)),
        "xrefs.tsv": render_template(XREF_COLUMNS, _xrefs(desk)),
        "new_terms.tsv": render_template(NEW_TERM_COLUMNS, _new_terms(desk, disputed)),
        "disputed_xrefs.tsv": render_table(DISPUTED_COLUMNS, [disputes[pair] for pair in sorted(disputes)]).encode(),
        "held_back.tsv": render_held_back(desk),
    }
