"""
Thresholds as data: ``ontology/thresholds.tsv`` says which value of which test makes which finding, and who says so.

This module reads the table and compares a value with one row; what follows from several rows is :mod:`.measuring`'s.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from poems_kg.patients.patient import Measurement, Sex
from poems_kg.patients.units import convert
from poems_kg.places import ontology_dir
from poems_kg.tables import DataError, Table, read_table

COLUMNS = [
    "threshold_id",
    "test_id",
    "test_label",
    "specimen_id",
    "specimen_label",
    "comparison",
    "limit",
    "unit",
    "sex",
    "min_age",
    "effect",
    "otherwise",
    "finding_id",
    "finding_label",
    "source_id",
    "claim_id",
    "place",
    "note",
]
_COMPARISONS = (">", ">=", "<", "<=")
_RANGES = ("above range", "below range")
_PRESENT = "present"


class Effect(StrEnum):
    """What a value makes of a finding; NONE where it says nothing."""

    OBSERVED = "observed"
    EXCLUDED = "excluded"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Threshold:
    """
    One row: a value that compares so with the limit has ``effect`` on the finding, any other has ``otherwise``.

    ``specimen_id``, ``sex`` and ``min_age`` (years) are empty where the row is for all.
    """

    threshold_id: str
    specimen_id: str
    comparison: str
    limit: float | None
    unit: str
    sex: Sex | None
    min_age: float | None
    effect: Effect
    otherwise: Effect
    finding_id: str
    source_id: str
    claim_id: str

    @property
    def is_range(self) -> bool:
        """Whether the limit is the reference range that the file gives beside the value."""
        return self.comparison in _RANGES

    @property
    def is_result(self) -> bool:
        """Whether the row is for a result in words, present or absent."""
        return self.comparison == _PRESENT

    def judge(self, measurement: Measurement, molar_mass: float | None) -> Effect:
        """
        Say what a measured value makes of the finding.

        :raises UnitError: if the value cannot be turned into the unit of the limit.
        """
        value = measurement.value
        if value is None:
            return Effect.NONE
        if self.is_range:
            bound = measurement.reference_high if self.comparison == "above range" else measurement.reference_low
            if bound is None:
                return Effect.NONE
            holds = value > bound if self.comparison == "above range" else value < bound
            return self.effect if holds else self.otherwise
        if self.limit is None:
            return Effect.NONE
        value = convert(value, measurement.unit, self.unit, molar_mass)
        holds = {
            ">": value > self.limit,
            ">=": value >= self.limit,
            "<": value < self.limit,
            "<=": value <= self.limit,
        }[self.comparison]
        return self.effect if holds else self.otherwise

    def wording(self, measurement: Measurement, effect: Effect) -> str:
        """Say how the value stands to the limit and who set it, for the reader."""
        is_met = effect is self.effect
        if self.is_result:
            return f"{'present' if is_met else 'absent'} ({self.cited})"
        if self.is_range:
            low, high = measurement.reference_low, measurement.reference_high
            bounds = f"{low:g} to {high:g}" if low and high else f"up to {high:g}" if high else f"from {low or 0:g}"
            return f"{'' if is_met else 'not '}{self.comparison.split()[0]} the reference range {bounds} ({self.cited})"
        return f"{'' if is_met else 'not '}{self.comparison} {self.limit:g} {self.unit} ({self.cited})"

    @property
    def cited(self) -> str:
        """The threshold, its source, and the claim where there is one."""
        return ", ".join(part for part in (self.threshold_id, self.source_id, self.claim_id) if part)


@cache
def read_thresholds(folder: Path | None = None) -> Mapping[str, Mapping[str, tuple[Threshold, ...]]]:
    """
    Read ``thresholds.tsv``: the rows by test, and within a test by finding.

    :param folder: of the tables, if not the package's own.
    :raises DataError: if the table is not of its form.
    """
    table = read_table((folder or ontology_dir()) / "thresholds.tsv", COLUMNS, "thresholds.tsv")
    found: defaultdict[str, defaultdict[str, tuple[Threshold, ...]]] = defaultdict(lambda: defaultdict(tuple))
    for line, row in table.rows:
        threshold = _parse(table, line, row)
        if threshold is not None:
            found[row["test_id"]][threshold.finding_id] += (threshold,)
    if table.issues:
        raise DataError(table.issues)
    return {test_id: dict(by_finding) for test_id, by_finding in found.items()}


def _parse(table: Table, line: int, row: dict[str, str]) -> Threshold | None:
    before = len(table.issues)
    needs_limit = row["comparison"] in _COMPARISONS
    if not needs_limit and row["comparison"] not in (*_RANGES, _PRESENT):
        wanted = ", ".join((*_COMPARISONS, *_RANGES, _PRESENT))
        table.report(line, "comparison", "THR01", f"{row['comparison']!r} is none", f"write one of {wanted}")
    if needs_limit != bool(row["limit"] and row["unit"]):
        table.report(line, "limit", "THR01", "limit and unit go with a comparison", "give both, or neither")
    if not row["effect"] and not row["otherwise"]:
        table.report(line, "effect", "THR01", "the row has no effect", "write observed or excluded")
    for column in ("test_id", "finding_id", "source_id"):
        if not row[column]:
            table.report(line, column, "THR01", "empty", "fill the cell")
    try:
        return _threshold(row) if len(table.issues) == before else None
    except ValueError as error:
        table.report(line, "", "THR01", f"{error}", "write a number, a sex of Phenopackets, observed or excluded")
        return None


def _threshold(row: dict[str, str]) -> Threshold:
    return Threshold(
        row["threshold_id"],
        row["specimen_id"],
        row["comparison"],
        float(row["limit"]) if row["limit"] else None,
        row["unit"],
        Sex(row["sex"]) if row["sex"] else None,
        float(row["min_age"]) if row["min_age"] else None,
        Effect(row["effect"]),
        Effect(row["otherwise"]),
        row["finding_id"],
        row["source_id"],
        row["claim_id"],
    )
