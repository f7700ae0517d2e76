"""
Cut slices from the release files of other ontologies: what they say of our terms and of all classes above them.

Ids get the prefixes of our own map. A cross-reference to a vocabulary that the map does not have is left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from poems_kg.ids import PoemsKgError, is_known, standardize
from poems_kg.links import CROSS_REFERENCE, MAPPING_COLUMNS, ROOTS, TermMapping, Upstream, ancestors
from poems_kg.releases.mondo import read_edges, read_sssom
from poems_kg.releases.obo import read_obo

_OBO = "http://purl.obolibrary.org/obo/"
_PUBLICATIONS = ("pubmed", "doi")
"""Prefixes of what a class is documented by; a cross-reference to these is no mapping."""


@dataclass(slots=True)
class _Releases:
    """What all release files say, by id: classes, the cross-references of each, and rows of mapping sets."""

    classes: dict[str, Upstream] = field(default_factory=dict)
    references: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    addresses: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)


def _files(folders: Iterable[Path], pattern: str) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob(pattern))


def _address(version: str, path: Path) -> str:
    """The address that OBO gives to a release file: ``hp/releases/2025-01-16`` in ``hp.obo`` → ``…/hp.obo``."""
    if version.startswith("releases/"):
        version = f"{path.stem}/{version}"
    return f"{_OBO}{version}" if version.endswith(".owl") else f"{_OBO}{version}/{path.name}"


def _add_ontology(releases: _Releases, path: Path) -> None:
    ontology = read_obo(path)
    own_prefix = path.stem.partition("_")[0].casefold()
    for term_id, record in ontology.classes.items():
        # Ontologies carry copies of each other's classes; what a class's own file says goes first.
        if term_id in releases.classes and not term_id.casefold().startswith(f"{own_prefix}:"):
            continue
        replaced = (record.replaced_by or ("true",))[0] if record.is_obsolete else ""
        release = f"{path.name} {ontology.version or 'no version given'}"
        releases.classes[term_id] = Upstream(term_id, record.label, tuple(sorted(record.parent_ids)), replaced, release)
        releases.references[term_id] = list(record.xrefs)
        releases.addresses[term_id] = _address(ontology.version, path) if ontology.version else ""


def _mapping_rows(path: Path) -> Iterator[dict[str, str]]:
    found = read_sssom(path)
    for row in found.mappings:
        ids = {"subject_id": standardize(row.subject_id), "object_id": standardize(row.object_id)}
        yield {**asdict(row), **ids, "mapping_source": found.version}


def _read_releases(folders: list[Path]) -> _Releases:
    obo_files = _files(folders, "*.obo")
    mapping_files = _files(folders, "mondo_*.sssom.tsv")
    if not obo_files and not mapping_files:
        raise PoemsKgError(
            f"{', '.join(map(str, folders))}: no *.obo or mondo_*.sssom.tsv; give the folder of the files"
        )
    releases = _Releases()
    for path in obo_files:
        _add_ontology(releases, path)
    releases.rows = [row for path in mapping_files for row in _mapping_rows(path)]
    parents: dict[str, set[str]] = defaultdict(set)
    for path in _files(folders, "mondo*edges.tsv"):
        for term_id, above in read_edges(path).items():
            parents[term_id] |= above
    for row in releases.rows:
        mondo_id, release = row["subject_id"], row["mapping_source"]
        broader = tuple(sorted(parents.get(mondo_id, ())))
        releases.classes.setdefault(mondo_id, Upstream(mondo_id, row["subject_label"], broader, "", release))
        if row["object_label"]:
            releases.classes.setdefault(
                row["object_id"], Upstream(row["object_id"], row["object_label"], (), "", release)
            )
    return releases


def _cut(record: Upstream, kept: Set[str]) -> Upstream:
    parents = () if record.term_id in ROOTS else tuple(parent for parent in record.parent_ids if parent in kept)
    return replace(record, parent_ids=parents)


def _mapping(**cells: str) -> TermMapping:
    return TermMapping(**{column: cells.get(column, "") for column in MAPPING_COLUMNS})


def _cross_references(releases: _Releases, term_id: str) -> Iterator[TermMapping]:
    """What the file of a class gives as its cross-references, as mappings of the kind that says no more than that."""
    for words in releases.references.get(term_id, []):
        object_id = standardize(words)
        prefix = object_id.partition(":")[0]
        if is_known(object_id) and prefix not in _PUBLICATIONS and object_id != term_id:
            known = releases.classes.get(object_id)
            yield _mapping(
                subject_id=term_id,
                subject_label=releases.classes[term_id].label,
                predicate_id=CROSS_REFERENCE,
                object_id=object_id,
                object_label=known.label if known else "",
                mapping_justification="semapv:UnspecifiedMatching",
                mapping_source=releases.addresses[term_id],
            )


def cut_slices(
    term_ids: Set[str], parent_ids: Set[str], folders: list[Path], seen: Mapping[str, Upstream]
) -> tuple[list[Upstream], list[TermMapping]]:
    """
    Cut what the release files in ``folders`` say of our terms and of all classes above them.

    :param parent_ids: classes that our tables name as parents; they get no mappings.
    :param folders: searched at any depth for ``*.obo``, Mondo's ``mondo_*.sssom.tsv`` and its ``mondo*edges.tsv``.
    :param seen: the present slice; a record of it stays where no release file has the term.
    :raises PoemsKgError: if a folder has none of these files.
    """
    releases = _read_releases(folders)
    wanted = term_ids | parent_ids
    records = {**seen, **releases.classes}
    kept = wanted | {
        above for term_id in wanted for above in ancestors(term_id, records) if ROOTS.keys() & ancestors(above, records)
    }
    kept = (kept | ROOTS.keys()) & records.keys()
    slice_ = [_cut(records[term_id], kept) for term_id in sorted(kept)]
    mappings = {_mapping(**row) for row in releases.rows if row["subject_id"] in term_ids}
    for term_id in term_ids:
        mappings.update(_cross_references(releases, term_id))
    return slice_, sorted(mappings)
