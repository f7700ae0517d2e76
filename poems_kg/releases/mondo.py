"""Read Mondo's mapping sets (SSSOM TSV) and the edges of its rare subset (KGX TSV) into mappings and is-a pairs."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from poems_kg.releases.opening import ReleaseError, open_text
from poems_kg.releases.records import Mapping

_SSSOM: Final = ("subject_id", "predicate_id", "object_id", "mapping_justification")
_EDGES: Final = ("subject", "predicate", "object")


@dataclass(frozen=True, slots=True)
class MappingSet:
    """A mapping set with the version, licence and prefix map that its header gives."""

    version: str
    licence: str
    prefixes: dict[str, str]
    mappings: tuple[Mapping, ...]


def read_sssom(path: Path) -> MappingSet:
    """
    Read an SSSOM TSV file with its metadata in the header, plain or gzip.

    :raises ReleaseError: with file and line, if the header is not YAML, a column is missing, a row is malformed, or
        the file is cut off.
    """
    import yaml

    metadata: list[str] = []
    with open_text(path, "a table of Mondo") as lines:
        body = _Body(path, lines, metadata)
        rows = csv.DictReader(body, delimiter="\t", quoting=csv.QUOTE_NONE)
        mappings = tuple(
            Mapping(
                row["subject_id"],
                row.get("subject_label") or "",
                row["predicate_id"],
                row["object_id"],
                row.get("object_label") or "",
                row["mapping_justification"],
                row.get("comment") or "",
            )
            for row in _checked(path, rows, body, _SSSOM)
        )
    try:
        header = yaml.safe_load("".join(metadata)) or {}
    except yaml.YAMLError as error:
        raise ReleaseError(f"{path}: the metadata behind '#' is not YAML; fetch the file again") from error
    if not isinstance(header, dict):
        raise ReleaseError(f"{path}: the metadata behind '#' has no keys; it is no SSSOM file")
    version = str(header.get("mapping_set_version", ""))
    return MappingSet(version, str(header.get("license", "")), dict(header.get("curie_map") or {}), mappings)


def read_edges(path: Path) -> dict[str, set[str]]:
    """
    Read the is-a edges of a KGX edge table: broader classes by class.

    :raises ReleaseError: as :func:`read_sssom`.
    """
    parents: dict[str, set[str]] = {}
    with open_text(path, "a table of Mondo") as lines:
        body = _Body(path, lines, [])
        rows = csv.DictReader(body, delimiter="\t", quoting=csv.QUOTE_NONE)
        for row in _checked(path, rows, body, _EDGES):
            if row["predicate"] == "biolink:subclass_of":
                parents.setdefault(row["subject"], set()).add(row["object"])
    if not parents:
        raise ReleaseError(f"{path}: has no biolink:subclass_of edge; give an edge table of Mondo")
    return parents


class _Body:
    """The lines of a table; those behind ``#`` go to ``metadata``."""

    def __init__(self, path: Path, lines: Iterable[str], metadata: list[str]) -> None:
        self._path = path
        self._lines = lines
        self._metadata = metadata
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        line = "\n"
        for line in self._lines:
            self.number += 1
            if line.startswith("#"):
                self._metadata.append(line[1:].removeprefix(" "))
            else:
                yield line
        if not line.endswith("\n"):
            raise ReleaseError(f"{self._path}:{self.number}: the last line has no end; it is cut off, fetch it again")


def _checked(path: Path, rows: "csv.DictReader[str]", body: _Body, needed: tuple[str, ...]) -> Iterator[dict[str, str]]:
    missing = set(needed) - set(rows.fieldnames or ())
    if missing:
        raise ReleaseError(f"{path}: has no column {', '.join(sorted(missing))}; it is another file, or cut off")
    for row in rows:
        if None in row or not all(row[column] for column in needed):
            raise ReleaseError(f"{path}:{body.number}: a row with cells missing or too many; fetch the file again")
        yield row
