"""
Ask a graph what is wrong with it, by the queries in ``queries/checks``; each is named for the defect that it finds.

A check file has three header lines, ``#+ problem:``, ``#+ solution:`` and ``#+ level:``, and selects ``?entity``,
``?property`` and ``?value``. What single rows of the tables may say is checked in :mod:`poems_kg.rules`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import pyoxigraph as ox

from poems_kg.conflicts import find_conflicts
from poems_kg.ids import PoemsKgError, compress
from poems_kg.knowledge import Entry, read_tables
from poems_kg.names import Names
from poems_kg.ontology import build_quads
from poems_kg.places import queries_dir
from poems_kg.reviews import Review
from poems_kg.rules import check_knowledge
from poems_kg.store import LocalStore, Store
from poems_kg.tables import Issue

if TYPE_CHECKING:
    from rdflib.term import Node

Level = Literal["ERROR", "WARN", "INFO"]
LEVELS: tuple[Level, ...] = ("ERROR", "WARN", "INFO")
"""How bad a defect is: it stops a release; it should be mended; it is worth a look."""

_HEADER = re.compile(r"^#\+ (problem|solution|level): (\S.*?)\s*$", re.MULTILINE)


class CheckError(PoemsKgError):
    """A check file that is not as it must be."""


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of defect: what is wrong when the query finds something, and what to do about it."""

    name: str
    level: Level
    problem: str
    solution: str
    sparql: str


@dataclass(frozen=True, slots=True)
class Defect:
    """
    One thing that a check found, with the names that an :class:`~poems_kg.tables.Issue` has beside its own.

    ``entity_id``, ``property_id`` and ``value`` are CURIEs where there is one; ``entity_label`` is empty where the
    entity has none.
    """

    check: Check
    entity_id: str
    entity_label: str
    property_id: str
    value: str

    @property
    def level(self) -> Level:
        """The level of the check."""
        return self.check.level

    @property
    def code(self) -> str:
        """The name of the check."""
        return self.check.name

    @property
    def file(self) -> str:
        """The entity, which stands where an issue has its file."""
        return self.entity_id

    @property
    def row(self) -> int:
        """None: what is wrong is in the graph, not in one line."""
        return 0

    @property
    def column(self) -> str:
        """The property concerned."""
        return self.property_id

    @property
    def message(self) -> str:
        """What is wrong, with label and value."""
        entity = f"{self.entity_label}: " if self.entity_label else ""
        value = f" ({self.value})" if self.value else ""
        return f"{entity}{self.check.problem.rstrip('.')}{value}"

    @property
    def solution(self) -> str:
        """What to do about it."""
        return self.check.solution

    def __str__(self) -> str:
        return f"{self.entity_id}:{self.property_id}: {self.code} {self.message}; {self.solution}"


def read_check(path: Path) -> Check:
    """
    Read a check file.

    :raises CheckError: if it cannot be read, or its header lacks a line or has an unknown level.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CheckError(f"{path}: cannot be read ({error}); restore the file") from error
    header = dict(_HEADER.findall(text))
    missing = {"problem", "solution", "level"} - header.keys()
    if missing:
        raise CheckError(f"{path}: the header lacks {', '.join(sorted(missing))}; write them as '#+ level: ERROR'")
    if header["level"] not in LEVELS:
        raise CheckError(f"{path}: {header['level']!r} is no level; use {', '.join(LEVELS)}")
    body = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#+"))
    return Check(path.stem, cast(Level, header["level"]), header["problem"], header["solution"], body)


@cache
def find_checks() -> dict[str, Check]:
    """
    All checks by name.

    :raises CheckError: if a check file is not as it must be.
    """
    return {path.stem: read_check(path) for path in sorted((queries_dir() / "checks").glob("*.rq"))}


def run_checks(store: Store, checks: Iterable[Check] | None = None) -> list[Defect]:
    """
    Everything that checks find in a graph, the worst first, then by check, entity, property and value.

    :param checks: those to run; all where none are given.
    :raises QueryError: if the store does not answer.
    """
    chosen = list(find_checks().values()) if checks is None else list(checks)
    rows = [(check, row) for check in chosen for row in store.query(check.sparql).bindings]
    if not rows:
        return []
    names = Names(store)
    found = set()
    for check, row in rows:
        cells = {str(variable): _cell(node) for variable, node in row.items()}
        entity_id = cells.get("entity", "")
        label = names.label(entity_id).removeprefix(entity_id)
        found.add(Defect(check, entity_id, label, cells.get("property", ""), cells.get("value", "")))
    return sorted(found, key=_order)


def _order(defect: Defect) -> tuple[int, str, str, str, str]:
    return LEVELS.index(defect.level), defect.code, defect.entity_id, defect.property_id, defect.value


def _cell(node: "Node") -> str:
    return compress(str(node))


def check_folder(folder: Path) -> list[Issue | Defect]:
    """
    Everything that is wrong with an ontology folder.

    The rows of all tables first. Only where they hold no error can a graph be made of them, and then the graph is
    asked too; no reasoner is needed for that.

    :raises PoemsKgError: if the folder or ``core.ttl`` is missing or unreadable.
    """
    knowledge = read_tables(folder)
    check_knowledge(knowledge)
    found: list[Issue | Defect] = list(knowledge.issues)
    if any(issue.level == "ERROR" for issue in knowledge.issues):
        return found
    quads = ox.Store()
    quads.extend(build_quads(knowledge))
    store = LocalStore(quads)
    _check_reviews(store, knowledge.reviews)
    return [*knowledge.issues, *run_checks(store)]


def _check_reviews(store: Store, reviews: Mapping[str, Entry[Review]]) -> None:
    """Report the reviews of what is no conflict any more."""
    conflicts = {conflict.conflict_id: conflict for conflict in find_conflicts(store)}
    for conflict_id, entry in reviews.items():
        conflict = conflicts.get(conflict_id)
        review = entry.record
        if conflict is None:
            solution = "remove the review, or look what happened to the claims"
            entry.report("conflict_id", "REV06", "is no conflict any more", solution, level="WARN")
        elif (review.kind, review.subject_label) != (conflict.kind, conflict.subject_label):
            message = f"{review.kind} on {review.subject_label!r} is not what the id stands for"
            entry.report("kind", "REV07", message, f"write {conflict.kind} and {conflict.subject_label!r}")
