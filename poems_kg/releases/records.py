"""
What a release file says, whatever its format: classes, mappings and annotations, as rows without RDF.

Identifiers are CURIEs wherever the release has IRIs; :func:`to_curie` makes them.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

from poems_kg.ids import compress

_DAY = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_OBO_IRI = re.compile(r"http://purl\.obolibrary\.org/obo/([A-Za-z]+)_([A-Za-z0-9]+)")


@dataclass(frozen=True, slots=True)
class OntologyClass:
    """
    A class as its own ontology has it.

    ``synonyms`` are pairs of a scope (``exact``, ``related``, ``broad`` or ``narrow``) and a text. ``replaced_by`` is
    where an obsolete class was merged into, ``consider`` is what may stand in its place.
    """

    term_id: str
    label: str
    definition: str = ""
    parent_ids: tuple[str, ...] = ()
    synonyms: tuple[tuple[str, str], ...] = ()
    xrefs: tuple[str, ...] = ()
    alternative_ids: tuple[str, ...] = ()
    is_obsolete: bool = False
    replaced_by: tuple[str, ...] = ()
    consider: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ontology:
    """A whole ontology file: its version as the file gives it, and its classes by id, in the order of the file."""

    version: str
    classes: dict[str, OntologyClass] = field(repr=False)

    def current(self, term_id: str) -> str:
        """
        The id in use today for an id that may be an alternative or obsolete one; empty where there is none.

        A chain of replacements is followed to its end.
        """
        seen: set[str] = set()
        while term_id not in seen:
            seen.add(term_id)
            known = self.classes.get(term_id)
            if known is not None and not known.is_obsolete:
                return term_id
            replaced = known.replaced_by[:1] if known is not None else ()
            term_id = replaced[0] if replaced else self._by_alternative.get(term_id, "")
        return ""

    @cached_property
    def _by_alternative(self) -> dict[str, str]:
        return {old: record.term_id for record in self.classes.values() for old in record.alternative_ids}


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping from a class to a term of another vocabulary, with the names of SSSOM's columns."""

    subject_id: str
    subject_label: str
    predicate_id: str
    object_id: str
    object_label: str
    mapping_justification: str
    comment: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """
    One finding of one disease, with the columns of ``phenotype.hpoa``.

    ``frequency`` is empty, a term below HP:0040279, a count (``3/7``) or a percentage; ``is_negated`` means that
    patients do not have the finding.
    """

    database_id: str
    disease_name: str
    is_negated: bool
    finding_id: str
    reference: str
    evidence_code: str
    onset_id: str
    frequency: str
    sex: str
    modifiers: tuple[str, ...]
    aspect: str
    biocuration: str


def find_day(version: str) -> str:
    """
    Give the day in the name of a version; empty where it has none.

    >>> find_day("http://purl.obolibrary.org/obo/hp/releases/2025-01-16/hp.json")
    '2025-01-16'
    """
    found = _DAY.search(version)
    return found[0] if found else ""


def to_curie(iri: str) -> str:
    """
    Make the CURIE of an IRI by the manner of OBO or by our prefix map; the IRI itself where neither knows it.

    >>> to_curie("http://purl.obolibrary.org/obo/MAXO_0000058"), to_curie("http://www.orpha.net/ORDO/Orphanet_2905")
    ('MAXO:0000058', 'ORPHA:2905')
    """
    found = _OBO_IRI.fullmatch(iri)
    return f"{found[1]}:{found[2]}" if found else compress(iri)
