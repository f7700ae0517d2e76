"""
Everything that the tables hold, read in one go.

:func:`read_tables` returns all records with the line that each stands in, and every problem of form;
:func:`read_knowledge` also applies the rules of :mod:`poems_kg.rules` and refuses data that breaks them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Generic, Literal, TypeVar

from poems_kg.claims import (
    AXIOM_COLUMNS,
    CLAIM_COLUMNS,
    SOURCE_COLUMNS,
    TERM_COLUMNS,
    Axiom,
    Claim,
    Source,
    Term,
    parse_axiom,
    parse_claim,
    parse_source,
    parse_term,
)
from poems_kg.ids import PoemsKgError
from poems_kg.links import (
    MAPPING_COLUMNS,
    UPSTREAM_COLUMNS,
    TermMapping,
    Upstream,
    parse_mapping,
    parse_upstream,
)
from poems_kg.reviews import REVIEW_COLUMNS, Review, parse_review
from poems_kg.tables import Issue, Row, Table, read_table
from poems_kg.vocabulary import Vocabulary

RecordT = TypeVar("RecordT")


@dataclass(frozen=True, slots=True)
class Entry(Generic[RecordT]):
    """A record and the place that it was read at."""

    table: Table
    line: int
    record: RecordT

    def report(
        self, column: str, code: str, message: str, solution: str, *, level: Literal["ERROR", "WARN"] = "ERROR"
    ) -> None:
        """Add an issue at a cell of this record."""
        self.table.report(self.line, column, code, message, solution, level=level)


@dataclass(slots=True)
class Knowledge:
    """
    All records by id (claims in table order), the vocabulary they use, and the tables they came from.

    ``classes`` are the rows of ``upstream.tsv``, of which ``upstream`` has the records by id; ``cut`` are the rows of
    ``mappings.sssom.tsv``, ``curated`` those of ``curated.sssom.tsv``.
    """

    vocabulary: Vocabulary
    terms: dict[str, Entry[Term]] = field(default_factory=dict)
    sources: dict[str, Entry[Source]] = field(default_factory=dict)
    claims: dict[str, Entry[Claim]] = field(default_factory=dict)
    axioms: list[Entry[Axiom]] = field(default_factory=list)
    upstream: dict[str, Upstream] = field(default_factory=dict)
    classes: list[Entry[Upstream]] = field(default_factory=list)
    cut: list[Entry[TermMapping]] = field(default_factory=list)
    curated: list[Entry[TermMapping]] = field(default_factory=list)
    reviews: dict[str, Entry[Review]] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)

    @property
    def mappings(self) -> list[TermMapping]:
        """All mappings, those cut from release files first."""
        return [entry.record for entry in (*self.cut, *self.curated)]

    @property
    def issues(self) -> list[Issue]:
        """All problems found so far, by file and line."""
        return sorted(issue for table in self.tables for issue in table.issues)

    def label(self, entity_id: str) -> str:
        """The label of a term, the title of a ``source:…``; empty for an unknown id."""
        if entity_id.startswith("source:"):
            source = self.sources.get(entity_id.removeprefix("source:"))
            return source.record.title if source else ""
        term = self.terms.get(entity_id)
        return term.record.label if term else ""

    def category(self, entity_id: str) -> str:
        """The category of a term, ``Publication`` for a ``source:…``; empty for an unknown id."""
        if entity_id.startswith("source:"):
            return "Publication" if entity_id.removeprefix("source:") in self.sources else ""
        term = self.terms.get(entity_id)
        return term.record.category if term else ""

    def claim_records(self) -> list[Claim]:
        """The claims alone, by id."""
        return [self.claims[claim_id].record for claim_id in sorted(self.claims)]


def read_tables(folder: Path) -> Knowledge:
    """
    Read all tables of an ontology folder; what is wrong with them is in ``issues``.

    :raises PoemsKgError: if the folder or ``core.ttl`` is missing or unreadable.
    """
    if not folder.is_dir():
        raise PoemsKgError(f"{folder}: no such folder; give the folder that has core.ttl and terms.tsv")
    knowledge = Knowledge(Vocabulary(folder / "core.ttl"))

    def read(name: str, columns: Sequence[str]) -> Table:
        table = read_table(folder / name, columns, f"{folder.name}/{name}")
        knowledge.tables.append(table)
        return table

    def entries(table: Table, parse: Callable[[Row], RecordT]) -> list[Entry[RecordT]]:
        return [Entry(table, row[0], parse(row)) for row in table.rows]

    def by_id(entries: list[Entry[RecordT]], column: str) -> dict[str, Entry[RecordT]]:
        found: dict[str, Entry[RecordT]] = {}
        for entry in entries:
            key = getattr(entry.record, column)
            first = found.setdefault(key, entry)
            if first is not entry:
                place = f"{first.table.file}:{first.line}"
                entry.report(column, "TAB09", f"{key} is given a second time", f"it stands at {place}; remove one")
        return found

    knowledge.terms = by_id(entries(read("terms.tsv", TERM_COLUMNS), parse_term), "term_id")
    knowledge.sources = by_id(entries(read("sources.tsv", SOURCE_COLUMNS), parse_source), "source_id")
    knowledge.axioms = entries(read("axioms.tsv", AXIOM_COLUMNS), parse_axiom)
    knowledge.reviews = by_id(entries(read("reviews.tsv", REVIEW_COLUMNS), parse_review), "conflict_id")
    claims: list[Entry[Claim]] = []
    paths = sorted((folder / "claims").glob("*.tsv"))
    if not paths:
        knowledge.tables.append(none := Table(f"{folder.name}/claims"))
        none.report(0, "", "TAB01", "has no *.tsv in it", "restore the folder")
    for path in paths:
        table = read(f"claims/{path.name}", CLAIM_COLUMNS)
        claims += entries(table, partial(parse_claim, table))
    knowledge.claims = by_id(claims, "claim_id")
    upstream = by_id(entries(read("links/upstream.tsv", UPSTREAM_COLUMNS), parse_upstream), "term_id")
    knowledge.upstream = {term_id: entry.record for term_id, entry in upstream.items()}
    knowledge.classes = list(upstream.values())
    knowledge.cut = entries(read("links/mappings.sssom.tsv", MAPPING_COLUMNS), parse_mapping)
    knowledge.curated = entries(read("links/curated.sssom.tsv", MAPPING_COLUMNS), parse_mapping)
    return knowledge
