"""
Orphadata's XML products into records: disorders and cross-references (product 1), classifications (3), phenotypes (4).

All share the root ``<JDBOR date= version=>``; structure and identifiers are those of the releases that Orphanet keeps
in ``Orphanet/Orphadata_aggregated`` and of its generator of ORDO, ``Orphanet/java_ORDO``. In 2019 ``OrphaCode`` was
still called ``OrphaNumber``, and product 4 had no ``HPODisorderSetStatus``; both forms are read. Texts are taken in the
language of the file.

A file is first parsed whole without keeping anything, so that no record of a broken file is ever given; this also
refuses every DTD, so that no entity can grow. Then records are given one by one in memory that does not grow.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from poems_kg.releases.opening import ReleaseError, open_release, read_root
from poems_kg.releases.orphanet import find_predicate, find_target
from poems_kg.releases.records import Annotation, Mapping, OntologyClass

_FREQUENCIES = {
    "28405": "HP:0040280",
    "28412": "HP:0040281",
    "28419": "HP:0040282",
    "28426": "HP:0040283",
    "28433": "HP:0040284",
    "28440": "HP:0040285",
}
"""
HPO's frequencies (Obligate, Very frequent, Frequent, Occasional, Very rare, Excluded) by the ``id`` of
``HPOFrequency``, as ``monarch-initiative/hpoannotqc`` maps them when HPO takes these annotations over.
"""

_EXCLUDED = "HP:0040285"

_OBSOLETE_FLAGS = {"455", "459", "461"}
"""Obsolete entity, Deprecated entity, Obsolete with resources (``GenerateOrdo.java``). Disorders that are not rare in
Europe (456) are inactive in Orphanet but not obsolete."""

_VALIDATED = "21611"
_MOVED_TO = "21471"
_REFERRED_TO = "27341"
_MARKUP = re.compile(r"</?(?:i|b|u|em|strong|sub|sup|p|br)\s*/?>", re.IGNORECASE)
_CITATION = re.compile(r"(.+?)\[([A-Za-z]+)\](?:_|$)")

_Step = tuple[str, ET.Element, list[ET.Element]]


def read_version(path: Path) -> tuple[str, str]:
    """
    Give the version and the day (``2025-12-09``) that the file says of itself.

    :raises ReleaseError: if it is not a product of Orphadata.
    """
    attributes = _root_attributes(path, "a product of Orphadata", whole=False)
    return attributes.get("version", ""), attributes.get("date", "")[:10]


def read_disorders(path: Path) -> Iterator[OntologyClass]:
    """
    Read the names of all disorders, groups and subtypes from product 1 (``en_product1.xml``).

    Synonyms are exact: Mondo reads Orphanet's so. There are no parents in this product.

    :raises ReleaseError: if the file is not whole, or not this product.
    """
    for disorder in _items(path, "product 1 of Orphadata", "ExternalReferenceList"):
        yield _disorder(path, disorder)


def read_cross_references(path: Path) -> Iterator[Mapping]:
    """
    Read the cross-references of product 1 (``en_product1.xml``) as mappings.

    ``comment`` has Orphanet's relations and validation status in its words. What Orphanet calls a wrong mapping is
    left out; a relation that is missing or new is ``oboInOwl:hasDbXref``, which claims no more than the file does. The
    justification of a mapping that Orphanet has not validated is unspecified.

    :raises ReleaseError: if the file is not whole, or not this product.
    """
    for disorder in _items(path, "product 1 of Orphadata", "ExternalReferenceList"):
        term_id, label = _term_id(path, disorder), _text(disorder, "Name")
        for reference in disorder.iterfind("ExternalReferenceList/ExternalReference"):
            relation = _text(reference, "DisorderMappingRelation/Name")
            validation = reference.find("DisorderMappingValidationStatus")
            is_validated = validation is not None and validation.get("id") == _VALIDATED
            justification = "semapv:ManualMappingCuration" if is_validated else "semapv:UnspecifiedMatching"
            words = ("DisorderMappingRelation", "DisorderMappingICDRelation", "DisorderMappingValidationStatus")
            comment = "; ".join(filter(None, (_text(reference, f"{word}/Name") for word in words)))
            target, predicate = _target(reference), find_predicate(relation)
            if target and predicate:
                yield Mapping(term_id, label, predicate, target, "", justification, comment)


def read_phenotypes(path: Path) -> Iterator[Annotation]:
    """
    Read the phenotypes of product 4 (``en_product4.xml``).

    As in ``phenotype.hpoa``, evidence is TAS, and an excluded finding is negated and has no frequency. ``reference``
    has the publications that Orphanet gives for the disorder, joined by ``;``, or else the disorder. ``modifiers``
    holds Orphanet's word for the diagnostic weight ("Diagnostic criterion", "Pathognomonic sign"), where it has one;
    HPO has no term for it. ``aspect`` is empty: it depends on HPO's hierarchy, which this product does not have.

    :raises ReleaseError: if the file is not whole, or not this product, or has a frequency that HPO does not.
    """
    title = "product 4 of Orphadata"
    day = _root_attributes(path, title, whole=False).get("date", "")[:10]
    for item in _items(path, title, "HPODisorderAssociationList"):
        nested = item.find("Disorder")
        disorder = item if nested is None else nested
        term_id, label = _term_id(path, disorder), _text(disorder, "Name")
        references = _references(_text(item, "Source")) or term_id
        curated = f"ORPHA:orphadata[{_text(item, 'ValidationDate')[:10] or day}]"
        for association in disorder.iterfind("HPODisorderAssociationList/HPODisorderAssociation"):
            frequency = _frequency(path, association)
            is_negated = frequency == _EXCLUDED
            weight = _text(association, "DiagnosticCriteria/Name")
            yield Annotation(
                database_id=term_id,
                disease_name=label,
                is_negated=is_negated,
                finding_id=_finding_id(path, association),
                reference=references,
                evidence_code="TAS",
                onset_id="",
                frequency="" if is_negated else frequency,
                sex="",
                modifiers=(weight,) if weight else (),
                aspect="",
                biocuration=curated,
            )


def read_classification(path: Path) -> Iterator[OntologyClass]:
    """
    Read one classification of product 3 (``en_product3_156.xml``): names and parents, each disorder once.

    Parents say what stands directly above in Orphanet's tree, be it a group or, above a subtype, a disorder. A
    disorder has other parents in other classifications. These records are kept until the end of the file.

    :raises ReleaseError: if the file is not whole, or not this product.
    """
    title = "product 3 of Orphadata"
    found: dict[str, OntologyClass] = {}
    branch: list[str] = []
    for event, element, above in _steps(path, title, "ClassificationList"):
        if event == "start" and element.tag == "ClassificationNode":
            branch.append("")
        elif event == "end" and element.tag == "Disorder" and branch:
            term_id = branch[-1] = _term_id(path, element)
            record = found.get(term_id) or OntologyClass(term_id, _text(element, "Name"))
            parents = {*record.parent_ids, *branch[-2:-1]}
            found[term_id] = replace(record, parent_ids=tuple(sorted(parents)))
        elif event == "end" and element.tag == "ClassificationNode":
            branch.pop()
            above[-1].clear()
    yield from found.values()


# --- Walking through a file ---


def _root_attributes(path: Path, title: str, *, whole: bool) -> dict[str, str]:
    root, attributes = read_root(path, title, whole=whole)
    if root != "JDBOR":
        raise ReleaseError(f"{path}: is XML, but its root is {root} and not JDBOR; give {title}")
    return attributes


def _steps(path: Path, title: str, *lists: str) -> Iterator[_Step]:
    """Give each start and end of an element with the open elements above it; ``lists`` are names below the root."""
    _root_attributes(path, title, whole=True)
    above: list[ET.Element] = []
    names: set[str] = set()
    with open_release(path, title) as stream:
        for event, element in ET.iterparse(stream, events=("start", "end")):  # noqa: S314 — read_root has refused every DTD
            if event == "end":
                above.pop()
            elif len(above) == 1:
                names.add(element.tag)
            yield event, element, above
            if event == "start":
                above.append(element)
    if not names & set(lists):
        raise ReleaseError(f"{path}: has no {' or '.join(lists)}; give {title}")


def _items(path: Path, title: str, contents: str) -> Iterator[ET.Element]:
    """Give the elements of the list below the root; one without ``contents`` in it is of another product."""
    for event, element, above in _steps(path, title, "DisorderList", "HPODisorderSetStatusList"):
        if event == "end" and len(above) == 2 and above[-1].tag in ("DisorderList", "HPODisorderSetStatusList"):
            if element.find(contents) is None and element.find(f"Disorder/{contents}") is None:
                raise ReleaseError(f"{path}: {element.tag} {element.get('id')} has no {contents}; give {title}")
            yield element
            above[-1].clear()


# --- What an element says ---


def _text(element: ET.Element, place: str) -> str:
    return (element.findtext(place) or "").strip()


def _term_id(path: Path, disorder: ET.Element) -> str:
    code = _text(disorder, "OrphaCode") or _text(disorder, "OrphaNumber")
    if not code.isdecimal():
        what = f"OrphaCode {code!r}" if code else "no OrphaCode"
        raise ReleaseError(f"{path}: Disorder {disorder.get('id')} has {what}; download the file again")
    return f"ORPHA:{code}"


def _disorder(path: Path, disorder: ET.Element) -> OntologyClass:
    flags = {flag.get("id") for flag in disorder.iterfind("DisorderFlagList/DisorderFlag")}
    synonyms = (_text(synonym, ".") for synonym in disorder.iterfind("SynonymList/Synonym"))
    references = (_target(reference) for reference in disorder.iterfind("ExternalReferenceList/ExternalReference"))
    moved, referred = _successors(disorder, _MOVED_TO), _successors(disorder, _REFERRED_TO)
    return OntologyClass(
        term_id=_term_id(path, disorder),
        label=_text(disorder, "Name"),
        definition=_definition(disorder),
        synonyms=tuple(("exact", synonym) for synonym in synonyms if synonym),
        xrefs=tuple(dict.fromkeys(filter(None, references))),
        is_obsolete=bool(flags & _OBSOLETE_FLAGS),
        replaced_by=moved,
        consider=referred,
    )


def _successors(disorder: ET.Element, kind: str) -> tuple[str, ...]:
    """Where this disorder went. Associations that end at it are listed too, but there the target has no code."""
    found = []
    for association in disorder.iterfind("DisorderDisorderAssociationList/DisorderDisorderAssociation"):
        relation = association.find("DisorderDisorderAssociationType")
        code = _text(association, "TargetDisorder/OrphaCode") or _text(association, "TargetDisorder/OrphaNumber")
        if relation is not None and relation.get("id") == kind and code:
            found.append(f"ORPHA:{code}")
    return tuple(found)


def _definition(disorder: ET.Element) -> str:
    sections = "SummaryInformationList/SummaryInformation/TextSectionList/TextSection"
    # Texts carry HTML for italics and the like, escaped.
    texts = (_MARKUP.sub("", _text(section, "Contents")) for section in disorder.iterfind(sections))
    return next((" ".join(text.split()) for text in texts if text), "")


def _target(reference: ET.Element) -> str:
    return find_target(_text(reference, "Source"), _text(reference, "Reference"))


def _references(source: str) -> str:
    """``9843004[PMID]_30969522[PMID]`` as CURIEs; a source of another form stays as it is."""
    found = _CITATION.findall(source)
    if "".join(f"{text}[{kind}]_" for text, kind in found).rstrip("_") != source.rstrip("_"):
        return source
    return ";".join(f"PMID:{text}" if kind == "PMID" else f"{text}[{kind}]" for text, kind in found)


def _finding_id(path: Path, association: ET.Element) -> str:
    finding_id = _text(association, "HPO/HPOId")
    if not re.fullmatch(r"HP:\d{7}", finding_id):
        what = f"HPOId {finding_id!r}" if finding_id else "no HPOId"
        raise ReleaseError(
            f"{path}: HPODisorderAssociation {association.get('id')} has {what}; download the file again"
        )
    return finding_id


def _frequency(path: Path, association: ET.Element) -> str:
    element = association.find("HPOFrequency")
    number = None if element is None else element.get("id")
    if number and number not in _FREQUENCIES:
        raise ReleaseError(
            f"{path}: HPODisorderAssociation {association.get('id')} has the HPOFrequency {number}, for which no term "
            "of HPO is known; tell the authors of poems-kg"
        )
    return _FREQUENCIES[number] if number else ""
