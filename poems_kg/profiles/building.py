"""Turn releases and our tables into the arrays of the index; the only place where files of either are read."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from poems_kg.claims import Claim
from poems_kg.figures import setting, subset
from poems_kg.ids import standardize
from poems_kg.knowledge import Knowledge, read_tables
from poems_kg.places import ontology_dir
from poems_kg.profiles.closed import close, profiles_in_hpo
from poems_kg.profiles.hierarchy import Hierarchy, build_hierarchy, build_names, current
from poems_kg.profiles.index import BOTH_SEXES, EVIDENCE, FEMALE, MALE, Found, Report
from poems_kg.profiles.ragged import BoolArray, FloatArray, IntArray, Ragged, ragged, unique_pairs
from poems_kg.profiles.storage import Contents
from poems_kg.releases.hpoa import parse_frequency
from poems_kg.releases.joining import Joined
from poems_kg.releases.reading import Releases
from poems_kg.releases.records import Annotation
from poems_kg.tables import DataError

_SEX = {"MALE": MALE, "FEMALE": FEMALE, "male": MALE, "female": FEMALE}
_HPOA_SOURCE = "hpoa2025"
"""The source of claims that repeat rows of HPO's annotations."""


def build(files: Sequence[Found], report: Report) -> Contents:
    """
    Read all files and make everything.

    :raises ReleaseError: if a file is damaged, or HPO and its annotations do not go together.
    :raises DataError: if our tables are malformed.
    """
    releases = Releases()
    for number, (entry, path, origin) in enumerate(files, start=1):
        report(f"reading {path.name}", number, len(files) + 1)
        releases.read(entry, path, origin)
    report("making the index", len(files) + 1, len(files) + 1)
    knowledge = read_tables(ontology_dir())
    if errors := [issue for issue in knowledge.issues if issue.level == "ERROR"]:
        raise DataError(errors)
    joined = Joined(releases, _own_matches(knowledge))
    hierarchy = build_hierarchy(releases.hpo, knowledge)
    contents = Contents()
    hierarchy.store(contents)
    contents.texts["finding_names"] = build_names(releases.hpo, knowledge, hierarchy)
    rows = _Rows(joined, knowledge, hierarchy)
    rows.store(contents)
    _store_diseases(contents, rows, joined, knowledge)
    _store_counts(contents, hierarchy, len(rows.disease_ids))
    contents.texts["releases"] = [
        {
            "name": file.name,
            "file": file.path.name,
            "version": file.version,
            "sha256": file.sha256,
            "origin": file.origin,
        }
        for file in releases.files
    ]
    contents.texts["notes"] = joined.notes
    return contents


def _own_matches(knowledge: Knowledge) -> dict[str, str]:
    """The id of each of our disorders by the ids that match it exactly."""
    return {
        standardize(row.object_id): row.subject_id
        for row in knowledge.mappings
        if row.predicate_id == "skos:exactMatch"
        and not row.is_negative
        and knowledge.category(row.subject_id) == "Disorder"
    }


@dataclass(slots=True)
class _Row:
    """One annotation, with the columns of :class:`poems_kg.profiles.index.Rows`; the disease by its id."""

    disease_id: str
    finding: int
    n: int = -1
    total: int = -1
    low: float = float("nan")
    high: float = float("nan")
    sex: int = BOTH_SEXES
    is_negated: bool = False
    is_curated: bool = False
    is_limited: bool = False
    evidence: int = 0
    onset: int = -1
    claim: int = -1
    references: list[int] = field(default_factory=list)


class _Rows:
    """All rows, and the texts that they point at."""

    def __init__(self, joined: Joined, knowledge: Knowledge, hierarchy: Hierarchy) -> None:
        self.joined, self.knowledge, self.hierarchy = joined, knowledge, hierarchy
        self.claims: list[Claim] = []
        self._references: dict[str, int] = {}
        repeated = self._repeated_claims()
        self.rows = [self._published(row, repeated) for row in joined.annotations if row.aspect == "P"]
        self.rows += [self._curated(claim) for claim in self._own_claims() if claim.source_id != _HPOA_SOURCE]
        self.disease_ids = sorted({row.disease_id for row in self.rows})

    def _own_claims(self) -> Iterator[Claim]:
        """Claims that a disorder has, or has not, a finding."""
        for claim in self.knowledge.claim_records():
            if claim.relation == "has_phenotype" and self.knowledge.category(claim.subject_id) == "Disorder":
                yield claim

    def _repeated_claims(self) -> dict[tuple[str, int], int]:
        """By disease and finding, the place of the claim that repeats a row of HPO's annotations."""
        return {
            (self.joined.disorder(claim.subject_id), self._finding(claim.object_id)): self._add_claim(claim)
            for claim in self._own_claims()
            if claim.source_id == _HPOA_SOURCE
        }

    def _finding(self, finding_id: str) -> int:
        return self.hierarchy.positions[current(finding_id, self.joined.releases.hpo)]

    def _add_claim(self, claim: Claim) -> int:
        self.claims.append(claim)
        return len(self.claims) - 1

    def _reference(self, name: str) -> int:
        return self._references.setdefault(name, len(self._references))

    def _published(self, row: Annotation, repeated: dict[tuple[str, int], int]) -> _Row:
        disease_id, finding = self.joined.disorder(row.database_id), self.hierarchy.positions[row.finding_id]
        frequency = parse_frequency(row.frequency)
        made = _Row(disease_id, finding, sex=_SEX.get(row.sex, BOTH_SEXES), is_negated=row.is_negated)
        if frequency is not None:
            made.low, made.high = frequency.low / 100, frequency.high / 100
            made.is_negated |= frequency.high == 0
            if frequency.n is not None and frequency.total is not None:
                made.n, made.total = frequency.n, frequency.total
                made.low = made.high = frequency.n / frequency.total
        made.evidence = EVIDENCE.index(row.evidence_code) if row.evidence_code in EVIDENCE else 0
        made.onset = self.hierarchy.positions.get(row.onset_id, -1)
        made.claim = repeated.get((disease_id, finding), -1)
        names = (name.strip() for name in row.reference.split(";"))
        made.references = [self._reference(name) for name in names if name]
        return made

    def _curated(self, claim: Claim) -> _Row:
        made = _Row(self.joined.disorder(claim.subject_id), self._finding(claim.object_id), is_curated=True)
        made.n = -1 if claim.n is None else claim.n
        made.total = -1 if claim.total is None else claim.total
        low, high = claim.share
        if claim.n is not None and claim.total and not claim.unit:
            low = high = 100 * claim.n / claim.total
        made.low = float("nan") if low is None else low / 100
        made.high = float("nan") if high is None else high / 100
        made.is_negated = claim.polarity == "denies" or high == 0
        made.sex = _SEX.get(dict(claim.qualifiers).get("sex", ""), BOTH_SEXES)
        limits = [limit for limit in subset(claim).split("; ") if limit and not limit.startswith("sex=")]
        made.is_limited = bool(setting(claim) or limits)
        made.claim = self._add_claim(claim)
        made.references = [self._reference(self.knowledge.sources[claim.source_id].record.citation)]
        return made

    def store(self, contents: Contents) -> None:
        """Put all columns and texts where :class:`poems_kg.profiles.index.Index` reads them."""
        places = {disease_id: place for place, disease_id in enumerate(self.disease_ids)}
        self.rows.sort(key=lambda row: (places[row.disease_id], row.finding))  # else in the order of the file
        columns: dict[str, IntArray | FloatArray | BoolArray] = {
            "disease": np.array([places[row.disease_id] for row in self.rows], np.int32)
        }
        for name in ("finding", "n", "total", "onset", "claim"):
            columns[name] = np.array([getattr(row, name) for row in self.rows], np.int32)
        for name in ("low", "high"):
            columns[name] = np.array([getattr(row, name) for row in self.rows], np.float32)
        for name in ("sex", "evidence"):
            columns[name] = np.array([getattr(row, name) for row in self.rows], np.uint8)
        for name in ("is_negated", "is_curated", "is_limited"):
            columns[name] = np.array([getattr(row, name) for row in self.rows], np.bool_)
        columns["disease_starts"] = np.searchsorted(columns["disease"], np.arange(len(places) + 1)).astype(np.int32)
        contents.arrays |= {f"rows.{name}": column for name, column in columns.items()}
        contents.add_ragged("rows.references", ragged(row.references for row in self.rows))
        contents.texts["references"] = list(self._references)
        contents.texts["claims"] = [
            [
                claim.claim_id, claim.source_id, self.knowledge.sources[claim.source_id].record.citation,
                claim.certainty, claim.qualifiers,
            ]
            for claim in self.claims
        ]  # fmt: skip


def _store_diseases(contents: Contents, rows: _Rows, joined: Joined, knowledge: Knowledge) -> None:
    places = {disease_id: place for place, disease_id in enumerate(rows.disease_ids)}
    databases: dict[str, set[str]] = defaultdict(set)
    for row in joined.annotations:
        databases[joined.disorder(row.database_id)].add(row.database_id)
    equivalents = {other: places[one] for other, one in sorted(joined.canonical.items()) if one in places}
    for disease_id in rows.disease_ids:
        for database_id in databases[disease_id]:
            equivalents[standardize(database_id)] = places[disease_id]
    contents.texts["disease_ids"] = rows.disease_ids
    contents.texts["disease_names"] = {
        "labels": [knowledge.label(disease_id) or joined.labels[disease_id] for disease_id in rows.disease_ids],
        "other_ids": [sorted(databases[disease_id]) for disease_id in rows.disease_ids],
        "equivalents": equivalents,
    }


def _store_counts(contents: Contents, hierarchy: Hierarchy, disease_count: int) -> None:
    """How many diseases show each finding, how much that tells, and the profile of each disease."""
    disease, finding = contents.arrays["rows.disease"], contents.arrays["rows.finding"]
    is_present = ~contents.arrays["rows.is_negated"]
    is_published = is_present & ~contents.arrays["rows.is_curated"]
    count = len(hierarchy.ids)
    published = unique_pairs(disease[is_published], finding[is_published], disease_count, count)

    def show(closed: Ragged) -> IntArray:
        broader, ends = closed.gather(published.indices)
        owners = np.repeat(np.repeat(np.arange(disease_count), published.lengths), np.diff(ends))
        shown = unique_pairs(owners, broader, disease_count, count)
        return np.bincount(shown.indices, minlength=count)

    is_ours = np.arange(count) >= hierarchy.hpo_count
    counts = np.where(is_ours, show(hierarchy.ancestors), show(hierarchy.hpo_ancestors)).astype(np.int32)
    total = int((published.lengths > 0).sum())
    content = np.log(total / np.maximum(counts, 1)).astype(np.float32)
    contents.arrays["counts"] = counts
    contents.arrays["information_content"] = content
    shares = _shares(contents)[is_present]
    profiles, weights = profiles_in_hpo(
        disease[is_present], finding[is_present], shares, disease_count, hierarchy.nearest_hpo
    )
    contents.add_ragged("profiles", unique_pairs(disease[is_present], finding[is_present], disease_count, count))
    closed = close(profiles, weights, hierarchy.hpo_ancestors, content)
    contents.add_ragged("closed.profiles", closed.profiles)
    contents.add_ragged("closed.showing", closed.showing)
    contents.arrays["closed.weights"] = closed.weights
    contents.arrays["closed.classes"] = closed.classes
    contents.arrays["closed.least"] = closed.least


def _shares(contents: Contents) -> FloatArray:
    """The share of patients of each row, 0 to 1: the middle of its bounds, or the one that it has; NaN for none."""
    low, high = contents.arrays["rows.low"], contents.arrays["rows.high"]
    ends = np.stack([np.where(np.isnan(low), high, low), np.where(np.isnan(high), low, high)])
    return np.asarray(ends.mean(axis=0))
