"""Make the linked graph: find the releases, read them, join them to the core graph, and write the store."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from poems_kg.ids import compress
from poems_kg.linked.folder import replacing, write_store
from poems_kg.linked.quads import (
    LINKED,
    annotation_quads,
    computed_quads,
    disorder_quads,
    hierarchy_quads,
    mapping_quads,
    ontology_quads,
    release_quads,
    upstream_quads,
)
from poems_kg.names import key_quads
from poems_kg.places import graph_file
from poems_kg.rdf import LABEL, Graphs, iri
from poems_kg.releases.joining import Joined, own_classes
from poems_kg.releases.opening import ReleaseError
from poems_kg.releases.reading import read_releases
from poems_kg.releases.records import Ontology, find_day

Report = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is done, and how much there is; 0 where that is not known."""

BATCH: Final = 1_000_000
"""Quads that are handed to the store at a time: more is faster, and takes more memory (about 1 kB each)."""


_IMPORTED: Final = iri("IAO:0000412")
_CATEGORY: Final = iri("kg:category")


def quiet(_: str, __: int = 0, ___: int = 0) -> None:
    """Report nothing."""


def build_linked(
    folder: Path, data: Path | None = None, is_older_allowed: bool = False, report: Report = quiet
) -> Joined:
    """
    Build the linked graph in a folder; gives what was joined, with notes on what was followed or left out.

    :param data: folder of release files, searched at any depth by their names.
    :param is_older_allowed: whether a release of HPO may be older than the one the core graph was made with.
    :raises ReleaseError: if a release is missing, damaged, older than it must be, or does not go with the others.
    :raises LinkedError: if the folder cannot be written, or another build of it is under way. What was there stays.
    """
    core = list(ox.parse(path=str(graph_file()), format=ox.RdfFormat.TRIG))
    with replacing(folder) as new:
        releases = read_releases(data, report)
        if not is_older_allowed:
            _check_age(core, releases.hpo)
        report("joining", 0, 0)
        joined = Joined(releases, _canonical(core))

        def fill(store: ox.Store) -> None:
            _fill(store, core, joined, report)

        write_store(new, fill)
    return joined


def _fill(store: ox.Store, core: list[ox.Quad], joined: Joined, report: Report) -> None:
    releases = joined.releases

    said = {quad.triple for quad in core}
    labelled = {quad.subject for quad in core if quad.predicate == LABEL}
    terms = {quad.subject for quad in core if quad.predicate == _CATEGORY}

    def described() -> Iterator[ox.Quad]:
        yield from release_quads(releases.files, joined.notes)
        for name, ontology in own_classes(releases.ontologies).items():
            yield from ontology_quads(name, ontology)
        for name, mappings in releases.mappings.items():
            yield from mapping_quads(name, mappings)
        if "mondo" not in releases.ontologies:
            yield from hierarchy_quads(releases.parents)
        yield from disorder_quads(joined)

    def everything() -> Iterator[ox.Quad]:
        # All graphs together are what is asked: nothing may stand in two of them, and a term has one label, ours first.
        yield from core
        for quad in described():
            if quad.subject in terms:
                yield from upstream_quads(quad)
            if quad.triple in said:
                continue
            if quad.predicate == LABEL:
                if quad.subject in labelled:
                    continue
                labelled.add(quad.subject)
            yield quad
            yield from key_quads([quad], LINKED)
        # These have properties of their own, which nothing else has.
        yield from annotation_quads(joined)
        yield from computed_quads(joined)

    written, quads = 0, everything()
    with _without_collector():
        while first := next(quads, None):
            # Handed over one by one: a list of so many would take as much memory again.
            store.bulk_extend(chain([first], islice(quads, BATCH - 1)))
            written += BATCH
            report("writing statements", written, 0)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Let Python not look for cycles among millions of rows that have none: it would double the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _canonical(core: list[ox.Quad]) -> dict[str, str]:
    """The id of each of our disorders by the ids that match it exactly, so that they are one without Mondo's sets."""
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
    days = [find_day(str(quad.object)) for quad in core if quad.predicate == _IMPORTED and "hp.obo" in str(quad.object)]
    made_with, found = max(days, default=""), find_day(hpo.version)
    if found < made_with:
        raise ReleaseError(
            f"HPO {hpo.version or 'without version'} is older than that of {made_with}, which the core graph was made "
            "with; fetch a newer one with 'poems-kg link fetch hpo hpoa', or allow it with --older"
        )
