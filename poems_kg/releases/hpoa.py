"""
Read ``phenotype.hpoa``, HPO's annotations of diseases, whole; and what its frequencies mean in percent.

The cells are kept as the file has them. Whether an id is still in use is for the ontology to say.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from poems_kg.releases.opening import ReleaseError, open_text
from poems_kg.releases.records import Annotation

COLUMNS: Final = (
    "database_id", "disease_name", "qualifier", "hpo_id", "reference", "evidence", "onset", "frequency", "sex",
    "modifier", "aspect", "biocuration",
)  # fmt: skip
ASPECTS: Final = {
    "P": "phenotypic abnormality",
    "I": "mode of inheritance",
    "C": "onset and clinical course",
    "M": "clinical modifier",
    "H": "past medical history",
}
"""What the ``aspect`` column says an annotation is about."""

FREQUENCY_CLASSES: Final = {
    "HP:0040280": ("Obligate", 100.0, 100.0),
    "HP:0040281": ("Very frequent", 80.0, 99.0),
    "HP:0040282": ("Frequent", 30.0, 79.0),
    "HP:0040283": ("Occasional", 5.0, 29.0),
    "HP:0040284": ("Very rare", 1.0, 4.0),
    "HP:0040285": ("Excluded", 0.0, 0.0),
}
"""Label, and lowest and highest percentage of cases, as the definitions of these classes in HPO give them."""

_ID = re.compile(r"[A-Za-z][\w.]*:[\w.]+")
_COUNTS = re.compile(r"(\d+)/(\d+)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")


@dataclass(frozen=True, slots=True)
class HpoaFile:
    """All annotations of a file; ``version`` is its own release, ``hpo_version`` that of the HPO it was made with."""

    version: str
    hpo_version: str
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class Frequency:
    """How many patients have a finding: percent (0 to 100), n of total where counted, and the HPO class if one."""

    low: float
    high: float
    n: int | None = None
    total: int | None = None
    class_id: str = ""


@lru_cache(maxsize=1 << 14)
def parse_frequency(text: str) -> Frequency | None:
    """
    Read a ``frequency`` cell: ``n/N``, a percentage, or an HPO class; None where it is empty.

    :raises ValueError: for anything else, n above N, or a percentage above 100.

    >>> parse_frequency("3/4")
    Frequency(low=75.0, high=75.0, n=3, total=4, class_id='')
    >>> parse_frequency("HP:0040283")
    Frequency(low=5.0, high=29.0, n=None, total=None, class_id='HP:0040283')
    """
    if not text:
        return None
    if text in FREQUENCY_CLASSES:
        _, low, high = FREQUENCY_CLASSES[text]
        return Frequency(low, high, class_id=text)
    if counts := _COUNTS.fullmatch(text):
        n, total = int(counts[1]), int(counts[2])
        if n <= total and total:
            share = round(100 * n / total, 2)
            return Frequency(share, share, n, total)
    elif (percent := _PERCENT.fullmatch(text)) and float(percent[1]) <= 100:
        return Frequency(float(percent[1]), float(percent[1]))
    raise ValueError(f"{text!r} is no frequency: not n/N, a percentage up to 100, or a class below HP:0040279")


def read_hpoa(path: Path) -> HpoaFile:
    """
    Read an annotation file, plain or gzip.

    :raises ReleaseError: with file and line, if it is no such file, a row is malformed, or it is cut off.
    """
    header: dict[str, str] = {}
    annotations: list[Annotation] = []
    line, number, has_columns = "", 0, False
    with open_text(path, "phenotype.hpoa") as lines:
        for number, line in enumerate(lines, start=1):
            cells = line.rstrip("\r\n").split("\t")
            if line.startswith("#"):
                key, _, value = line[1:].partition(":")
                header[key.strip()] = value.strip().strip('"')
            elif not has_columns:
                if tuple(cells) != COLUMNS:
                    raise ReleaseError(f"{path}:{number}: not the header of phenotype.hpoa; give that file")
                has_columns = True
            else:
                annotations.append(_to_annotation(path, number, cells))
    if not annotations:
        raise ReleaseError(f"{path}: has no annotation; it is empty, cut off, or another file")
    if not line.endswith("\n"):
        raise ReleaseError(f"{path}:{number}: the last line has no end; the file is cut off, fetch it again")
    return HpoaFile(header.get("version", ""), header.get("hpo-version", ""), tuple(annotations))


def _to_annotation(path: Path, number: int, cells: list[str]) -> Annotation:
    if len(cells) != len(COLUMNS):
        raise ReleaseError(f"{path}:{number}: {len(cells)} cells instead of {len(COLUMNS)}; fetch the file again")
    row = dict(zip(COLUMNS, cells, strict=True))
    for column in ("database_id", "hpo_id"):
        if not _ID.fullmatch(row[column]):
            raise ReleaseError(f"{path}:{number}:{column}: {row[column]!r} is no id; fetch the file again")
    if row["qualifier"] not in ("", "NOT") or row["aspect"] not in ASPECTS:
        raise ReleaseError(
            f"{path}:{number}: qualifier {row['qualifier']!r}, aspect {row['aspect']!r}: not as the format has them"
        )
    try:
        parse_frequency(row["frequency"])
    except ValueError as error:
        raise ReleaseError(f"{path}:{number}:frequency: {error}; fetch the file again") from error
    modifiers = tuple(part.strip() for part in row["modifier"].split(";") if part.strip())
    return Annotation(
        row["database_id"], row["disease_name"], row["qualifier"] == "NOT", row["hpo_id"], row["reference"],
        row["evidence"], row["onset"], row["frequency"], row["sex"].upper(), modifiers, row["aspect"],
        row["biocuration"],
    )  # fmt: skip


def is_present(annotation: Annotation) -> bool:
    """Whether the disease is said to have the finding: not negated, and not in none of the patients."""
    frequency = parse_frequency(annotation.frequency)
    return not annotation.is_negated and (frequency is None or frequency.high > 0)


def disease_names(annotations: Iterable[Annotation]) -> dict[str, str]:
    """The name of each disease by database id: the first that the file gives."""
    names: dict[str, str] = {}
    for annotation in annotations:
        names.setdefault(annotation.database_id, annotation.disease_name)
    return names
