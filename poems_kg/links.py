"""
What other ontologies say of our terms: labels, is-a (``links/upstream.tsv``) and mappings (``mappings.sssom.tsv``).

Both tables are slices, cut from release files by :func:`cut_slices` and never edited by hand. They let labels be
checked, and broader findings be known, on a machine that has none of those files.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from poems_kg.ids import PoemsKgError
from poems_kg.tables import Row

ROOTS = {"HP:0000118": "Finding", "MONDO:0000001": "Disorder"}
"""Classes below which all classes belong to one of our categories. Slices reach up to them; other ontologies'
upper levels are left out."""

UPSTREAM_COLUMNS = ["term_id", "label", "parent_ids", "obsolete", "release"]
MAPPING_COLUMNS = [
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "mapping_set_version",
]


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
class CrossReference:
    """One SSSOM mapping of a term of ours; ``mapping_set_version`` is the address of the release it was read in."""

    subject_id: str
    subject_label: str
    predicate_id: str
    object_id: str
    object_label: str
    mapping_justification: str
    mapping_set_version: str

    def to_row(self) -> list[str]:
        """The cells, in the order of ``MAPPING_COLUMNS``."""
        return [getattr(self, column) for column in MAPPING_COLUMNS]


def parse_upstream(row: Row) -> Upstream:
    """Make a record of a row of ``upstream.tsv``."""
    cells = row[1]
    parents = tuple(cells["parent_ids"].split("|")) if cells["parent_ids"] else ()
    return Upstream(cells["term_id"], cells["label"], parents, cells["obsolete"], cells["release"])


def parse_cross_reference(row: Row) -> CrossReference:
    """Make a record of a row of ``mappings.sssom.tsv``."""
    return CrossReference(**row[1])


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


# --- Cutting slices from release files ---


def _files(folders: Iterable[Path], pattern: str) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob(pattern))


def _read_obo(path: Path) -> Iterator[Upstream]:
    import obonet

    graph = obonet.read_obo(path, ignore_obsolete=False)
    release = f"{path.name} {graph.graph.get('data-version', 'no version given')}"
    for term_id, data in graph.nodes(data=True):
        if "name" in data:
            replaced = data.get("replaced_by", ["true"])[0] if data.get("is_obsolete") == "true" else ""
            yield Upstream(term_id, data["name"], tuple(sorted(data.get("is_a", []))), replaced, release)


def _read_sssom(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as lines:
        version = ""
        body: list[str] = []
        for line in lines:
            if line.startswith("# mapping_set_version:"):
                version = line.partition(":")[2].strip()
            elif not line.startswith("#"):
                body.append(line)
        for row in csv.DictReader(body, delimiter="\t"):
            yield {"object_label": "", **row, "mapping_set_version": version}


def _cut(record: Upstream, kept: Set[str]) -> Upstream:
    parents = () if record.term_id in ROOTS else tuple(parent for parent in record.parent_ids if parent in kept)
    return replace(record, parent_ids=parents)


def cut_slices(
    term_ids: Set[str], parent_ids: Set[str], folders: list[Path], seen: Mapping[str, Upstream]
) -> tuple[list[Upstream], list[CrossReference]]:
    """
    Cut what the release files in ``folders`` say of our terms and of all classes above them.

    :param parent_ids: classes that our tables name as parents; they get no mappings.
    :param folders: searched at any depth for ``*.obo``, Mondo's ``mondo_*.sssom.tsv`` and its ``mondo*edges.tsv``.
    :param seen: the present slice; a record of it stays where no release file has the term.
    :raises PoemsKgError: if a folder has none of these files.
    """
    files = _files(folders, "*.obo")
    mapping_files = _files(folders, "mondo_*.sssom.tsv")
    if not files and not mapping_files:
        raise PoemsKgError(
            f"{', '.join(map(str, folders))}: no *.obo or mondo_*.sssom.tsv; give the folder of the files"
        )
    known: dict[str, Upstream] = {}
    for path in files:
        own_prefix = path.stem.partition("_")[0].casefold()
        for record in _read_obo(path):
            # Ontologies carry copies of each other's classes; what a class's own file says goes first.
            if record.term_id not in known or record.term_id.casefold().startswith(f"{own_prefix}:"):
                known[record.term_id] = record
    mappings = [row for path in mapping_files for row in _read_sssom(path)]
    parents: dict[str, set[str]] = {}
    for path in _files(folders, "mondo*edges.tsv"):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                if row["predicate"] == "biolink:subclass_of":
                    parents.setdefault(row["subject"], set()).add(row["object"])
    for row in mappings:
        mondo_id, release = row["subject_id"], row["mapping_set_version"]
        above = tuple(sorted(parents.get(mondo_id, ())))
        known.setdefault(mondo_id, Upstream(mondo_id, row["subject_label"], above, "", release))
        if row["object_label"]:
            known.setdefault(row["object_id"], Upstream(row["object_id"], row["object_label"], (), "", release))
    wanted = term_ids | parent_ids
    records = {**seen, **known}
    kept = wanted | {
        above for term_id in wanted for above in ancestors(term_id, records) if ROOTS.keys() & ancestors(above, records)
    }
    kept = (kept | ROOTS.keys()) & records.keys()
    slice_ = [_cut(records[term_id], kept) for term_id in sorted(kept)]
    references = {
        CrossReference(**{column: row[column] for column in MAPPING_COLUMNS})
        for row in mappings
        if row["subject_id"] in term_ids
    }
    return slice_, sorted(references)
