"""
Read ROBOT templates into classes: tables whose second row says what each column becomes in OWL.

What HPO and Mondo use of the language is read: ids, labels, superclasses, definitions, synonyms, cross-references.
Notes on an axiom (``>A``) are checked to stand behind one, and are not kept, since a class has no place for them.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from poems_kg.ids import standardize
from poems_kg.releases.opening import ReleaseError, open_text
from poems_kg.releases.records import Ontology, OntologyClass

_STRING: Final = re.compile(r"(?P<note>>)?(?P<kind>ID|LABEL|SC|AI|A)(?: (?P<what>\S+))?(?: SPLIT=(?P<split>\S))?")
_SCOPES: Final = {f"oboInOwl:has{scope.title()}Synonym": scope for scope in ("exact", "related", "broad", "narrow")}
_DEFINITION: Final = "IAO:0000115"
_XREF: Final = "oboInOwl:hasDbXref"


@dataclass(slots=True)
class _Said:
    """What the rows of one class say, in their order."""

    label: str = ""
    definition: str = ""
    parent_ids: list[str] = field(default_factory=list)
    synonyms: list[tuple[str, str]] = field(default_factory=list)
    xrefs: list[str] = field(default_factory=list)

    def take(self, kind: str, what: str, value: str) -> None:
        if kind == "LABEL":
            self.label = value
        elif kind == "SC":
            self.parent_ids.append(value)
        elif what in _SCOPES:
            self.synonyms.append((_SCOPES[what], value))
        elif what == _XREF:
            self.xrefs.append(standardize(value))
        elif what == _DEFINITION:
            self.definition = value


def read_template(path: Path) -> Ontology:
    """
    Read a template (TSV), plain or gzip; rows of the same id are one class.

    :raises ReleaseError: with file and line, if it has no template strings, one that is not understood, a row that is
        malformed, or is cut off.
    """
    said: dict[str, _Said] = defaultdict(_Said)
    with open_text(path, "a ROBOT template") as lines:
        rows = [(number, line) for number, line in enumerate(lines, start=1)]
    if len(rows) < 2:
        raise ReleaseError(f"{path}: has no row of template strings; it is cut off, or no ROBOT template")
    if not rows[-1][1].endswith("\n"):
        raise ReleaseError(f"{path}:{len(rows)}: the last line has no end; the file is cut off, get it again")
    headings, strings = (line.rstrip("\r\n").split("\t") for _, line in rows[:2])
    columns = _columns(path, headings, strings)
    place = next(index for index, column in enumerate(columns) if column and column["kind"] == "ID")
    for number, line in rows[2:]:
        cells = line.rstrip("\r\n").split("\t")
        if len(cells) != len(headings) or not cells[place]:
            raise ReleaseError(f"{path}:{number}: has no id, or not {len(headings)} cells; mend this row")
        for column, cell in zip(columns, cells, strict=True):
            if column and not column["note"] and cell:
                values = cell.split(column["split"]) if column["split"] else [cell]
                for value in values:
                    said[cells[place]].take(column["kind"], column["what"] or "", value)
    return Ontology("", {term_id: _to_class(term_id, record) for term_id, record in said.items()})


def _columns(path: Path, headings: list[str], strings: list[str]) -> list[re.Match[str] | None]:
    """What each column becomes; None where it is for people only."""
    if len(headings) != len(strings):
        raise ReleaseError(f"{path}:2: {len(strings)} template strings for {len(headings)} columns; mend this row")
    columns: list[re.Match[str] | None] = []
    for heading, string in zip(headings, strings, strict=True):
        column = _STRING.fullmatch(string)
        if string and (column is None or (column["note"] and (not columns or columns[-1] is None))):
            raise ReleaseError(f"{path}:2:{heading}: {string!r} is not understood; use what HPO's templates use")
        columns.append(column)
    if not any(column and column["kind"] == "ID" for column in columns):
        raise ReleaseError(f"{path}:2: no column is the ID; it is no ROBOT template")
    return columns


def _to_class(term_id: str, record: _Said) -> OntologyClass:
    return OntologyClass(
        term_id,
        record.label,
        record.definition,
        tuple(record.parent_ids),
        tuple(record.synonyms),
        tuple(record.xrefs),
    )
