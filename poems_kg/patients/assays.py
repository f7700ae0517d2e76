"""
Turn what a file calls a laboratory test into a test that ``ontology/assays.tsv`` knows, with its specimens.

A test is found by a code, or by its name, whatever the order of the words; what is not in the table stays unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from poems_kg.ids import standardize
from poems_kg.patients.patient import Measurement
from poems_kg.places import ontology_dir
from poems_kg.spelling import normalise
from poems_kg.tables import DataError, read_table

COLUMNS = [
    "test_id",
    "test_label",
    "specimen_ids",
    "specimen_labels",
    "codes",
    "names",
    "molar_mass",
    "molar_mass_source",
]
_FILLERS = {
    "in",
    "of",
    "or",
    "the",
    "by",
    "level",
    "levels",
    "concentration",
    "measurement",
    "mass",
    "number",
    "units",
    "volume",
}
"""Words that make no other test of a name; LOINC puts the kind of quantity into it."""

BLOOD = "UBERON:0000178"
"""A sample of blood may have been measured as serum or as plasma, so to name it says neither."""


@dataclass(frozen=True, slots=True)
class Assay:
    """
    A test, made of one of ``specimens`` (label by id).

    ``molar_mass`` is that of what it measures, in g/mol, None where the table has none.
    """

    test_id: str
    label: str
    specimens: Mapping[str, str]
    molar_mass: float | None = None


@dataclass(frozen=True, slots=True)
class Assays:
    """All tests by the codes and names that files have for them, and all specimens by id and name."""

    by_name: Mapping[str, Assay]
    specimens: Mapping[str, str]

    def find(self, measurement: Measurement) -> Assay | None:
        """Find the test of a measurement by its code, by its name, or by the local part of a code of the file's own."""
        local = measurement.assay_id.partition(":")[2]
        for name in (standardize(measurement.assay_id), measurement.assay_label, local):
            found = self.by_name.get(_key(name))
            if found is not None:
                return found
        return None

    def specimens_of(self, assay: Assay, specimen: str) -> Mapping[str, str]:
        """
        Give the specimens that a measurement can have been made of; none if it was made of another.

        :param specimen: id or name as the file has it, or an empty text.
        """
        known = self.specimens.get(_key(specimen), "")
        if not specimen or (known == BLOOD and BLOOD not in assay.specimens):
            return assay.specimens
        return {known: assay.specimens[known]} if known in assay.specimens else {}


@lru_cache(1 << 14)
def _key(name: str) -> str:
    """Fold a name so that the order of words and fillers do not matter."""
    return " ".join(sorted(word for word in normalise(name.replace("_", " ")).split() if word not in _FILLERS))


@cache
def read_assays(folder: Path | None = None) -> Assays:
    """
    Read ``assays.tsv``.

    :param folder: of the tables, if not the package's own.
    :raises DataError: if the table is not of its form, or a name stands for two tests.
    """
    table = read_table((folder or ontology_dir()) / "assays.tsv", COLUMNS, "assays.tsv")
    by_name: dict[str, Assay] = {}
    specimens: dict[str, str] = {_key(BLOOD): BLOOD, "blood": BLOOD}
    for line, row in table.rows:
        ids, labels = row["specimen_ids"].split("|"), row["specimen_labels"].split("|")
        if len(ids) != len(labels):
            table.report(line, "specimen_labels", "THR01", "not as many as specimen_ids", "write one for each id")
            continue
        mass = float(row["molar_mass"]) if row["molar_mass"] else None
        assay = Assay(row["test_id"], row["test_label"], dict(zip(ids, labels, strict=True)), mass)
        for specimen_id, label in assay.specimens.items():
            specimens |= {_key(name): specimen_id for name in (specimen_id, label, label.removeprefix("blood "))}
        for name in (*row["codes"].split("|"), *row["names"].split("|")):
            if name and by_name.setdefault(_key(name), assay) is not assay:
                table.report(line, "names", "THR02", f"{name!r} is also the name of another test", "keep it in one row")
    if table.issues:
        raise DataError(table.issues)
    return Assays(by_name, specimens)
