"""A small hierarchy of findings for the tests of criteria: classes of HPO from a slice, and ours from the tables."""

import csv
import json
from functools import cache
from pathlib import Path

from poems_kg.places import ontology_dir

SLICE = Path(__file__).parent / "data" / "criteria" / "findings.tsv"
CASES = Path(__file__).parents[2] / "shared" / "cases"


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


class Book:
    """A ``TermBook`` as far as criteria ask one."""

    def __init__(self) -> None:
        self._labels: dict[str, str] = {}
        self._parents: dict[str, set[str]] = {}
        terms = (row for row in read_rows(ontology_dir() / "terms.tsv") if row["category"] == "Finding")
        for row in [*read_rows(SLICE), *terms]:
            finding_id = row.get("finding_id") or row["term_id"]
            self._labels[finding_id] = row["label"]
            self._parents.setdefault(finding_id, set()).update(filter(None, row["parent_ids"].split("|")))
        self.ancestors = cache(self._ancestors)

    def find(self, text: str) -> tuple[str, str]:
        return text, ""

    def label(self, finding_id: str) -> str:
        return self._labels[finding_id]

    def _ancestors(self, finding_id: str) -> frozenset[str]:
        return frozenset([finding_id]).union(*(self.ancestors(parent) for parent in self._parents[finding_id]))

    def is_phenotype(self, finding_id: str) -> bool:
        return finding_id in self._labels


def read_cases() -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    """Name, verdict of ``cases.tsv``, observed findings and diseases, excluded findings, of each published patient."""
    cases = []
    for row in read_rows(CASES / "cases.tsv"):
        packet = json.loads((CASES / row["file"]).read_text(encoding="utf-8"))
        findings = packet["phenotypicFeatures"]
        observed = [entry["type"]["id"] for entry in findings if not entry.get("excluded")]
        diseases = [entry["term"]["id"] for entry in packet.get("diseases", []) if entry["term"]["id"]]
        excluded = [entry["type"]["id"] for entry in findings if entry.get("excluded")]
        name = row["file"].removesuffix(".json")
        cases.append((name, row["mayo_criteria_met"], (*observed, *diseases), tuple(excluded)))
    return cases
