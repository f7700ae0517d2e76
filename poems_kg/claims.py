"""
The records of the house: terms, sources, claims and class axioms, as rows of tables. No RDF, and no rules here.

A cell that cannot become its type (a number that is none) is reported as an issue by :func:`parse_claim`; what a
record may say is checked in :mod:`poems_kg.knowledge`.
"""

import re
from dataclasses import dataclass

from poems_kg.tables import Row, Table

CLAIM_COLUMNS = [
    "claim_id",
    "subject_id",
    "subject_label",
    "relation",
    "object_id",
    "object_label",
    "value",
    "unit",
    "low",
    "high",
    "n",
    "total",
    "qualifiers",
    "polarity",
    "certainty",
    "support",
    "evidence",
    "source_id",
    "start",
    "end",
    "sha256",
    "place",
    "note",
]
TERM_COLUMNS = ["term_id", "label", "category", "parent_ids", "synonyms", "definition", "definition_source"]
SOURCE_COLUMNS = ["source_id", "kind", "title", "authors", "journal", "year", "pmid", "doi", "url", "file", "sha256"]
AXIOM_COLUMNS = ["subject_id", "subject_label", "kind", "property", "filler_id", "filler_label", "claim_ids"]

SCOPES = ("exact", "related", "broad", "narrow", "abbreviation")
"""What may stand before the colon of a synonym; an abbreviation is an exact synonym of that type."""


_PLAIN_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
_WHOLE_NUMBER = re.compile(r"0|[1-9]\d{0,14}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Term:
    """
    One entity of the graph.

    ``synonyms`` are pairs of scope and name.
    """

    term_id: str
    label: str
    category: str
    parent_ids: tuple[str, ...]
    synonyms: tuple[tuple[str, str], ...]
    definition: str
    definition_source: str


@dataclass(frozen=True, slots=True)
class Source:
    """A document or publication; ``sha256`` is of the whole text where there is one, ``file`` its name."""

    source_id: str
    kind: str
    title: str
    authors: str
    journal: str
    year: str
    pmid: str
    doi: str
    url: str
    file: str
    sha256: str

    @property
    def citation(self) -> str:
        """How it is cited in short: ``PMID:…``, else ``DOI:…``, else the title."""
        if self.pmid:
            return f"PMID:{self.pmid}"
        return f"DOI:{self.doi}" if self.doi else self.title


@dataclass(frozen=True, slots=True)
class Axiom:
    """
    What holds for every member of a class: ``subject`` is (``implies``) or is by definition (``defines``) something
    that stands in ``property`` to some ``filler``. ``claim_ids`` say who states it.
    """

    subject_id: str
    subject_label: str
    kind: str
    property: str
    filler_id: str
    filler_label: str
    claim_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """
    One statement of one source. The fields are the columns of the claim tables, in order.

    ``low`` and ``high`` are in ``unit``; where that is ``%`` they lie in 0–100. ``n`` of ``total`` patients were
    counted. ``start`` and ``end`` are character offsets into the UTF-8 text of the source.
    """

    claim_id: str
    subject_id: str
    subject_label: str
    relation: str
    object_id: str
    object_label: str
    value: str
    unit: str
    low: float | None
    high: float | None
    n: int | None
    total: int | None
    qualifiers: tuple[tuple[str, str], ...]
    polarity: str
    certainty: str
    support: str
    evidence: str
    source_id: str
    start: int | None
    end: int | None
    sha256: str
    place: str
    note: str

    @property
    def share(self) -> tuple[float | None, float | None]:
        """
        Lower and upper bound of the share of patients, in percent, each None where nothing is said.

        A published percentage goes first; else n of total gives both bounds, rounded to one decimal.
        """
        if self.unit == "%" and (self.low is not None or self.high is not None):
            return self.low, self.high
        if self.n is not None and self.total:
            counted = round(100 * self.n / self.total, 1)
            return counted, counted
        return None, None

    @property
    def statement(self) -> str:
        """
        What it is about, in one text: subject, relation, object, and the sex and stage that it is limited to.

        Claims with the same statement can agree or disagree. Empty where a claim leads to no term.
        """
        if not self.object_id:
            return ""
        limits = (f" {key}={value}" for key, value in self.qualifiers if key in {"sex", "stage"})
        return f"{self.subject_id} {self.relation} {self.object_id}{''.join(limits)}"

    @property
    def context(self) -> str:
        """The limits under which it holds, in one text: all qualifiers but ``letter`` and ``versus``."""
        limits = (pair for pair in self.qualifiers if pair[0] not in {"letter", "versus"})
        return "; ".join(f"{key.replace('_', ' ')}: {value}" for key, value in limits)

    def to_row(self) -> list[str]:
        """The cells of this claim, in the order of ``CLAIM_COLUMNS``."""
        return [_render_cell(getattr(self, column)) for column in CLAIM_COLUMNS]


def _render_cell(value: str | float | tuple[tuple[str, str], ...] | None) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "; ".join(f"{key}={text}" for key, text in value)
    return value if isinstance(value, str) else format(value, ".15g")


def split_list(cell: str) -> tuple[str, ...]:
    """The items of a cell that holds several, parted by ``|``; an empty cell has none."""
    return tuple(cell.split("|")) if cell else ()


def _pairs(cell: str, separator: str, items: str) -> tuple[tuple[str, str], ...]:
    parts = cell.split(items) if cell else []
    return tuple((key, value) for key, _, value in (part.partition(separator) for part in parts))


def parse_term(row: Row) -> Term:
    """Make a term of a row of ``terms.tsv``."""
    cells = dict(row[1])
    return Term(
        **{column: cells[column] for column in ("term_id", "label", "category", "definition", "definition_source")},
        parent_ids=split_list(cells["parent_ids"]),
        synonyms=_pairs(cells["synonyms"], ":", "|"),
    )


def parse_source(row: Row) -> Source:
    """Make a source of a row of ``sources.tsv``."""
    return Source(**row[1])


def parse_axiom(row: Row) -> Axiom:
    """Make an axiom of a row of ``axioms.tsv``."""
    cells = dict(row[1])
    claim_ids = split_list(cells.pop("claim_ids"))
    return Axiom(**cells, claim_ids=claim_ids)


def _number(table: Table, row: Row, column: str) -> float | None:
    cell = row[1][column]
    if not cell:
        return None
    number = float(cell) if _PLAIN_NUMBER.fullmatch(cell) else None
    if number is None or _render_cell(number) != cell:
        table.report(
            row[0], column, "CLM01", f"{cell!r} is not a plain number", "write digits only, without trailing zeros"
        )
        return None
    return number


def _whole(table: Table, row: Row, column: str) -> int | None:
    cell = row[1][column]
    if not cell:
        return None
    if not _WHOLE_NUMBER.fullmatch(cell):
        table.report(row[0], column, "CLM02", f"{cell!r} is not a whole number", "write digits only")
        return None
    return int(cell)


def parse_claim(table: Table, row: Row) -> Claim:
    """Make a claim of a row of a claim table; a number that is none is reported in ``table`` and left out."""
    cells = row[1]
    numbers = {column: _number(table, row, column) for column in ("low", "high")}
    wholes = {column: _whole(table, row, column) for column in ("n", "total", "start", "end")}
    texts = {column: cells[column] for column in CLAIM_COLUMNS if column not in {*numbers, *wholes, "qualifiers"}}
    return Claim(**texts, **numbers, **wholes, qualifiers=_pairs(cells["qualifiers"], "=", "; "))  # type: ignore[arg-type]
