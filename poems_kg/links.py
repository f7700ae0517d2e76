"""
What is known of our terms beyond our tables: labels and is-a (``links/upstream.tsv``), and mappings.

``upstream.tsv`` and ``mappings.sssom.tsv`` are slices, cut from release files by :mod:`poems_kg.slices` and never
edited by hand. They let labels be checked, and broader findings be known, on a machine that has none of those files.
``curated.sssom.tsv`` has the mappings that people made or read elsewhere, in the same columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from poems_kg.tables import Row

ROOTS = {"HP:0000118": "Finding", "MONDO:0000001": "Disorder"}
"""Classes below which all classes belong to one of our categories. Slices reach up to them; other ontologies'
upper levels are left out."""

UPSTREAM_COLUMNS = ["term_id", "label", "parent_ids", "obsolete", "release"]
MAPPING_COLUMNS = [
    "subject_id",
    "subject_label",
    "predicate_id",
    "predicate_modifier",
    "object_id",
    "object_label",
    "mapping_justification",
    "author_label",
    "mapping_date",
    "confidence",
    "mapping_source",
    "object_source",
    "comment",
]
"""Slots of SSSOM, in the order of its tables."""

CROSS_REFERENCE = "oboInOwl:hasDbXref"
"""The predicate of mappings whose makers do not say how near the two are."""

MATCHES = ("skos:exactMatch", "skos:closeMatch", "skos:broadMatch", "skos:narrowMatch", "skos:relatedMatch")
NOT = "Not"
"""The ``predicate_modifier`` of a mapping that is denied."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """
    A class as its own ontology has it. ``obsolete`` is empty, or the id that replaces it, or ``true``; ``release``
    says which file of which release it was read in.
    """

    term_id: str
    label: str
    parent_ids: tuple[str, ...]
    obsolete: str
    release: str

    def to_row(self) -> list[str]:
        """The cells, in the order of ``UPSTREAM_COLUMNS``."""
        return [self.term_id, self.label, "|".join(self.parent_ids), self.obsolete, self.release]


@dataclass(frozen=True, slots=True, order=True)
class TermMapping:
    """
    One SSSOM mapping of a term of ours, as text.

    ``mapping_source`` is the set that says so, a ``source:…`` or the address of a release, and empty where it is ours;
    ``object_source`` is where the object was seen with its label. ``author_label`` is empty where a set names none.
    """

    subject_id: str
    subject_label: str
    predicate_id: str
    predicate_modifier: str
    object_id: str
    object_label: str
    mapping_justification: str
    author_label: str
    mapping_date: str
    confidence: str
    mapping_source: str
    object_source: str
    comment: str

    @property
    def is_negative(self) -> bool:
        """Whether it says that the two do not match in that way."""
        return self.predicate_modifier == NOT

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What makes it another mapping than all others: who says what of which two."""
        return (self.subject_id, self.predicate_id, self.predicate_modifier, self.object_id, self.mapping_source)

    def to_row(self) -> list[str]:
        """The cells, in the order of ``MAPPING_COLUMNS``."""
        return [getattr(self, column) for column in MAPPING_COLUMNS]


def parse_upstream(row: Row) -> Upstream:
    """Make a record of a row of ``upstream.tsv``."""
    cells = row[1]
    parents = tuple(cells["parent_ids"].split("|")) if cells["parent_ids"] else ()
    return Upstream(cells["term_id"], cells["label"], parents, cells["obsolete"], cells["release"])


def parse_mapping(row: Row) -> TermMapping:
    """Make a record of a row of ``mappings.sssom.tsv`` or ``curated.sssom.tsv``."""
    return TermMapping(**row[1])


def ancestors(term_id: str, upstream: Mapping[str, Upstream]) -> set[str]:
    """All broader classes of a term within a slice, the term itself left out."""
    found: set[str] = set()
    waiting = [term_id]
    while waiting:
        record = upstream.get(waiting.pop())
        new = set(record.parent_ids) - found if record else set()
        found |= new
        waiting += new
    return found
