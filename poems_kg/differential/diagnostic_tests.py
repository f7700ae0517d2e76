"""
Turn the claims on diagnostic tests into what each finds and how much it asks of the patient.

Which test finds what is said by claims. How invasive a test is stands in ``ontology/invasiveness.tsv``, a statement of
the curators: by the test itself, else by the most invasive of the classes above it and the specimens that it uses.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from poems_kg.claims import Claim
from poems_kg.differential.profiles import with_broader
from poems_kg.ids import PoemsKgError
from poems_kg.knowledge import Knowledge
from poems_kg.places import ontology_dir
from poems_kg.tables import read_table

FILE: Final = "invasiveness.tsv"
COLUMNS: Final = ("class_id", "class_label", "level", "how", "author", "date", "note")
FINDS: Final = ("detects", "assesses", "diagnoses")
"""Relations from a test to a finding, the most direct first; a weaker one is used where there is no more direct one."""


@dataclass(frozen=True, slots=True)
class Invasiveness:
    """How much a test asks of a patient: 0 talk and look, 1 blood, 2 from outside, 3 a needle, 4 tissue."""

    level: int
    how: str


@dataclass(frozen=True, slots=True)
class DiagnosticTest:
    """
    A test, what it finds with the claims that say so, and how invasive it is; None where nobody says.

    What it ``detects`` it finds with all narrower kinds; what it only helps to diagnose, not its kinds.
    """

    test_id: str
    label: str
    finds: Mapping[str, tuple[str, ...]]
    detects: frozenset[str]
    invasiveness: Invasiveness | None

    def claims_for(self, finding_id: str, broader: frozenset[str]) -> tuple[str, ...]:
        """The claims that it finds a finding, none where it does not; ``broader`` has that and all broader ones."""
        found = [each for each in self.finds if each == finding_id or (each in broader and each in self.detects)]
        return tuple(claim for each in found for claim in self.finds[each])


@lru_cache(maxsize=4)
def read_invasiveness(folder: Path) -> Mapping[str, Invasiveness]:
    """
    Read the table.

    :raises PoemsKgError: if it is missing, or a row of it cannot be used; the message says which.
    """
    table = read_table(folder / FILE, COLUMNS, f"{folder.name}/{FILE}")
    for issue in table.issues:
        raise PoemsKgError(f"{issue.file}:{issue.row}: {issue.message}; {issue.solution}")
    found = {}
    for line, row in table.rows:
        if row["level"] not in set("01234"):
            raise PoemsKgError(f"{table.file}:{line}: level {row['level']!r} is none; write 0, 1, 2, 3 or 4")
        found[row["class_id"]] = Invasiveness(int(row["level"]), row["how"])
    return found


def diagnostic_tests(knowledge: Knowledge) -> list[DiagnosticTest]:
    """The tests that find something, by id."""
    best: dict[str, int] = {}
    for claim, rank in _finding_claims(knowledge):
        best[claim.object_id] = min(best.get(claim.object_id, rank), rank)
    finds: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for claim, rank in _finding_claims(knowledge):
        if rank == best[claim.object_id]:
            finds[claim.subject_id][claim.object_id].append(claim.claim_id)
    levels = read_invasiveness(ontology_dir())
    return [
        DiagnosticTest(
            test_id,
            knowledge.label(test_id),
            {finding_id: tuple(sorted(claims)) for finding_id, claims in sorted(found.items())},
            frozenset(finding_id for finding_id in found if best[finding_id] == 0),
            invasiveness(knowledge, levels, test_id),
        )
        for test_id, found in sorted(finds.items())
    ]


def _finding_claims(knowledge: Knowledge) -> Iterator[tuple[Claim, int]]:
    for entry in knowledge.claims.values():
        claim = entry.record
        is_said = claim.polarity == "asserts" and claim.relation in FINDS
        if is_said and knowledge.category(claim.object_id) == "Finding":
            yield claim, FINDS.index(claim.relation)


def invasiveness(knowledge: Knowledge, levels: Mapping[str, Invasiveness], test_id: str) -> Invasiveness | None:
    """How invasive a test is; None where the table has neither it, nor a class above it, nor a specimen of it."""
    above = with_broader(knowledge, test_id)
    if test_id in levels:
        return levels[test_id]
    specimens = {
        entry.record.object_id
        for entry in knowledge.claims.values()
        if entry.record.relation == "uses_specimen" and entry.record.subject_id == test_id
    }
    stated = [levels[each] for each in sorted(above | specimens) if each in levels]
    return max(stated, key=lambda each: each.level) if stated else None
