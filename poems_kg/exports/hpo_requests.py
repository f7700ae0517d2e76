"""
What HPO could take from the graph: new terms and synonyms as ROBOT templates, and what is held back, with the reason.

The columns of new terms are those that HPO's own tool writes for ROBOT. The ids are ours; HPO's curators replace them.
"""

import re
from typing import Final

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
from poems_kg.exports.upstream import HPO, out_of_use

NEW_TERM_COLUMNS: Final = [
    ("HPO_ID", "ID"),
    ("HPO_Label", "LABEL"),
    ("Superclass", "SC % SPLIT=|"),
    ("Definition", "A IAO:0000115"),
    ("Definition_PMID", ">A oboInOwl:hasDbXref SPLIT=|"),
    ("rdfs:comment", "A rdfs:comment"),
    ("creator orcid", "AI dc:contributor SPLIT=|"),
    ("github", "AI IAO:0000233"),
    ("Synonyms", "A oboInOwl:hasExactSynonym SPLIT=|"),
    ("synonym orcid", ">AI oboInOwl:hasDbXref SPLIT=|"),
    ("synonym pmid", ">A oboInOwl:hasDbXref SPLIT=|"),
    ("synonym types", ">AI oboInOwl:hasSynonymType"),
    ("superclass labels", ""),
    ("diseases", ""),
    ("near terms", ""),
    ("status", ""),
]
_ABNORMALITY = "HP:0000118"
_BUNDLE = re.compile(r"\b(?:and|or)\b")
"""Joins several findings in one label. HPO takes single findings: see "Bundled terms" in its guide to good terms."""
_OF_DISORDERS = ("has_phenotype", "has_cardinal_feature", "has_manifestation")


def _is_abnormality(desk: Desk, term_id: str) -> bool:
    entities, seen, waiting = desk.content.entities, {term_id}, [term_id]
    while waiting:
        entity = entities.get(waiting.pop())
        for parent_id in entity.parent_ids if entity else ():
            if parent_id not in seen:
                seen.add(parent_id)
                waiting.append(parent_id)
    return _ABNORMALITY in seen


def _candidates(desk: Desk) -> list[Entity]:
    """Findings of ours that no class of HPO matches exactly."""
    return [
        entity
        for entity in desk.content.entities.values()
        if entity.category == "Finding"
        and entity.is_ours
        and not entity.entity_id.startswith("HP:")
        and not any(pair[0] == "skos:exactMatch" and pair[1].startswith("HP:") for pair in entity.matches)
    ]


def _reason_against(desk: Desk, entity: Entity) -> tuple[str, str]:
    """Why a term is not requested, and who says so; empty where nothing is against it."""
    declined = desk.why_declined(entity.entity_id)
    if declined[0]:
        return declined
    if not _is_abnormality(desk, entity.entity_id):
        return f"not below {_ABNORMALITY} Phenotypic abnormality", ""
    if _BUNDLE.search(entity.label):
        return "bundles several findings, and HPO takes single ones", ""
    for name in (entity.label, *(words for scope, words in entity.synonyms if scope == "exact")):
        if found := desk.upstream.bearers(name):
            return f"{HPO.title} {desk.upstream.version} has {name!r} as {', '.join(found)}", ""
    if not any(reference.startswith(("PMID:", "DOI:")) for reference in definition_references(desk, entity)):
        return "no publication with PMID or DOI", ""
    return "", ""


def _parents(desk: Desk, entity: Entity, requested: set[str], retired: dict[str, str]) -> list[str]:
    """The classes of HPO and requested terms right above a term; those in between that are neither are passed over."""
    found: list[str] = []
    waiting = list(entity.parent_ids)
    while waiting:
        parent_id = waiting.pop(0)
        current = retired.get(parent_id, parent_id)
        if current.startswith("HP:") or current in requested:
            found.append(current)
        elif parent_id in desk.content.entities:
            waiting += desk.content.entities[parent_id].parent_ids
    return list(dict.fromkeys(found))


def _diseases(desk: Desk, entity: Entity) -> str:
    found = {}
    for claim in desk.content.claims:
        if claim.object_id == entity.entity_id and claim.relation in _OF_DISORDERS and claim.polarity == "asserts":
            found[claim.subject_id] = claim.subject_label
    return "|".join(f"{disorder_id} {label}" for disorder_id, label in sorted(found.items()))


def _new_terms(desk: Desk) -> list[list[str]]:
    requested = []
    for entity in _candidates(desk):
        reason, source = _reason_against(desk, entity)
        if reason:
            desk.hold("new term", entity, entity.label, reason, source)
        else:
            requested.append(entity)
    ids = {entity.entity_id for entity in requested}
    retired = out_of_use(desk.kg.store, [i for i in desk.content.entities if i.startswith("HP:")])
    rows = []
    for entity in requested:
        parents = _parents(desk, entity, ids, retired)
        references = [r for r in definition_references(desk, entity) if r.startswith(("PMID:", "DOI:"))]
        rows.append(
            [
                entity.entity_id, entity.label, "|".join(parents), entity.definition, "|".join(references), "", "", "",
                "", "", "", "", "|".join(map(desk.label, parents)), _diseases(desk, entity),
                near_terms(desk, entity), desk.upstream.term_status(),
            ]
        )  # fmt: skip
    return rows


def render_hpo_requests(kg: Exportable) -> dict[str, bytes]:
    """Make ``new_terms.tsv``, ``synonyms.tsv`` and ``held_back.tsv``."""
    desk = open_desk(kg, HPO)
    return {
        "new_terms.tsv": render_template(NEW_TERM_COLUMNS, _new_terms(desk)),
        "synonyms.tsv": render_synonyms(desk, find_synonyms(desk)),
        "held_back.tsv": render_held_back(desk),
    }
