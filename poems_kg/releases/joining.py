"""
Join whole releases: HPO, its annotations and the disease vocabularies become findings and disorders with one id each.

Rows in, rows out. Old ids are followed to those in use and every change is noted; nothing of a release is altered.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property

from poems_kg.ids import standardize
from poems_kg.releases.hpoa import disease_names, is_present
from poems_kg.releases.opening import ReleaseError
from poems_kg.releases.reading import Releases
from poems_kg.releases.records import Annotation, Ontology

TELLING_BITS = 5.0
"""Information content from which a finding tells disorders apart: at most one disorder in thirty-two shows it. Likeness
is measured over these alone, since what nearly all disorders show makes none of them alike."""
MAX_UNKNOWN = 0.01
"""Share of annotations whose finding may be missing from the ontology; more means that the two files do not go
together, because releases of both are made at the same time."""


def closure(parents: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """
    Every class with all classes above it, itself among them.

    :raises ReleaseError: if a class is above itself.

    >>> sorted(closure({"c": ["b"], "b": ["a"]})["c"])
    ['a', 'b', 'c']
    """
    done: dict[str, frozenset[str]] = {}
    for start in parents:
        path, waiting = set(), [(start, False)]
        while waiting:
            term_id, is_ready = waiting.pop()
            above = parents.get(term_id, ())
            if is_ready:
                path.discard(term_id)
                done[term_id] = frozenset((term_id,)).union(*(done[parent] for parent in above))
            elif term_id not in done:
                if term_id in path:
                    raise ReleaseError(f"{term_id} is above itself; the ontology is damaged, fetch it again")
                path.add(term_id)
                waiting.append((term_id, True))
                waiting += [(parent, False) for parent in above]
    return done


def own_classes(ontologies: Mapping[str, Ontology]) -> dict[str, Ontology]:
    """
    The classes that each ontology is to speak for, so that no class is described twice.

    Ontologies carry copies of each other's classes. A class belongs to the ontology whose commonest prefix it has, else
    to the first that has it.
    """
    owner: dict[str, str] = {}
    for name, ontology in ontologies.items():
        prefixes = Counter(term_id.partition(":")[0] for term_id in ontology.classes)
        owner.setdefault(prefixes.most_common(1)[0][0], name)
    taken: set[str] = set()
    found = {}
    for name, ontology in ontologies.items():
        kept = {
            term_id: record
            for term_id, record in ontology.classes.items()
            if term_id not in taken and owner.get(term_id.partition(":")[0], name) == name
        }
        taken |= kept.keys()
        found[name] = Ontology(ontology.version, kept)
    return found


class Joined:
    """
    Releases joined: each disorder and each finding under one id.

    ``annotations`` have ids in use; ``notes`` say what was followed or left out, a line each with its count.
    """

    def __init__(self, releases: Releases, canonical: Mapping[str, str]) -> None:
        """
        Join.

        :param canonical: the id to use for an id of a disorder, as the core graph maps them; Mondo's sets add to it.
        :raises ReleaseError: if annotations and ontology do not go together.
        """
        self.releases = releases
        self.notes: list[str] = []
        self.canonical = self._exact_matches() | dict(canonical)
        self.annotations = self._follow()
        names = disease_names(self.annotations)
        self.labels: dict[str, str] = {}
        for mappings in releases.mappings.values():
            for row in mappings:
                if row.subject_label:
                    self.labels.setdefault(row.subject_id, row.subject_label)
        for database_id, name in names.items():
            self.labels.setdefault(self.disorder(database_id), name)

    def disorder(self, database_id: str) -> str:
        """The one id of a disorder: Mondo's where an exact match is known, else that of the database."""
        standard = standardize(database_id)
        return self.canonical.get(standard, standard)

    def _exact_matches(self) -> dict[str, str]:
        """
        Mondo's id for every id that exactly matches one, as Mondo's own sets have it.

        Where several classes of Mondo claim the same id, the match says little, and the lowest id is taken.
        """
        found: dict[str, str] = {}
        several: set[str] = set()
        for row in sorted(self.releases.mappings["mondo-mappings"], key=lambda row: row.subject_id):
            if row.predicate_id == "skos:exactMatch":
                target = standardize(row.object_id)
                if found.setdefault(target, row.subject_id) != row.subject_id:
                    several.add(target)
        if several:
            self.notes.append(f"{len(several)} ids match several classes of Mondo exactly; the lowest was taken")
        return found

    def _further(self) -> list[Annotation]:
        """Orphanet's own annotations that HPO's file does not have: it holds those of an earlier release."""
        known = {(row.database_id, row.finding_id) for row in self.releases.hpoa.annotations}
        new = [row for row in self.releases.further if (row.database_id, row.finding_id) not in known]
        if new:
            self.notes.append(f"{len(new)} annotations of Orphadata are not in phenotype.hpoa, and were added")
        return [replace(row, aspect="P") for row in new]

    def _follow(self) -> list[Annotation]:
        """Annotations with findings in use; those with unknown ones are left out."""
        hpo, hpoa = self.releases.hpo, self.releases.hpoa
        published = [*hpoa.annotations, *self._further()]
        current: dict[str, str] = {}
        changed: Counter[tuple[str, str]] = Counter()
        unknown: Counter[str] = Counter()
        kept = []
        for row in published:
            finding_id = current.get(row.finding_id)
            if finding_id is None:
                finding_id = current[row.finding_id] = hpo.current(row.finding_id)
            if not finding_id:
                unknown[row.finding_id] += 1
            elif finding_id != row.finding_id:
                changed[row.finding_id, finding_id] += 1
                kept.append(replace(row, finding_id=finding_id))
            else:
                kept.append(row)
        if unknown.total() > MAX_UNKNOWN * len(published):
            worst = unknown.most_common(1)[0][0]
            raise ReleaseError(
                f"phenotype.hpoa {hpoa.version}: {unknown.total()} of {len(published)} annotations have findings "
                f"that HPO {hpo.version} does not know, such as {worst}; use files of the same release"
            )
        self.notes += [f"{old} is now {new}: {count} annotations follow" for (old, new), count in changed.items()]
        self.notes += [f"{old} is unknown: {count} annotations are left out" for old, count in unknown.items()]
        return kept

    @cached_property
    def findings(self) -> dict[str, frozenset[str]]:
        """Every class of HPO in use with all classes above it, itself among them."""
        classes = self.releases.hpo.classes.values()
        return closure({record.term_id: record.parent_ids for record in classes if not record.is_obsolete})

    @cached_property
    def disorders(self) -> dict[str, frozenset[str]]:
        """Every class of Mondo whose broader classes are known, with all of them, itself among them."""
        return closure(self.releases.parents)

    @cached_property
    def shown(self) -> dict[str, frozenset[str]]:
        """
        The findings that each disorder shows, with the broader ones.

        Phenotypic abnormalities only: neither inheritance nor course, nothing negated or seen in no patient.
        """
        direct: dict[str, set[str]] = defaultdict(set)
        for row in self.annotations:
            if row.aspect == "P" and is_present(row):
                direct[self.disorder(row.database_id)].add(row.finding_id)
        nothing = frozenset[str]()
        return {
            disorder_id: nothing.union(*(self.findings[finding_id] for finding_id in finding_ids))
            for disorder_id, finding_ids in direct.items()
        }

    @cached_property
    def information_content(self) -> dict[str, float]:
        """
        How much each finding tells, in bits: minus the logarithm of the share of disorders that show it.

        Counted over all annotated disorders, of OMIM, Orphanet and DECIPHER. Findings that none shows are left out.
        """
        counts = Counter(finding_id for finding_ids in self.shown.values() for finding_id in finding_ids)
        return {finding_id: -math.log2(count / len(self.shown)) for finding_id, count in counts.items()}
