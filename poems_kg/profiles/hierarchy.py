"""Join HPO's classes and the findings of our tables: positions, the closures of is-a, and every name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from poems_kg.claims import Term
from poems_kg.knowledge import Knowledge
from poems_kg.links import ancestors as upstream_ancestors
from poems_kg.profiles.findings import SCOPES, FindingNames
from poems_kg.profiles.ragged import Ragged, ragged
from poems_kg.profiles.storage import Contents
from poems_kg.releases.joining import closure
from poems_kg.releases.records import Ontology
from poems_kg.spelling import normalise


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """
    Findings by position: ``hpo_count`` classes of HPO, then ours; the closures hold each finding itself.

    ``nearest_hpo`` has for a class of HPO itself, for a finding of ours the most specific classes of HPO above it.
    """

    ids: list[str]
    positions: dict[str, int]
    hpo_count: int
    ancestors: Ragged
    hpo_ancestors: Ragged
    hpo_parents: Ragged
    nearest_hpo: Ragged

    def store(self, contents: Contents) -> None:
        """Put ids and closures where :class:`Findings` reads them."""
        contents.texts["finding_ids"] = self.ids
        contents.add_ragged("ancestors", self.ancestors)
        contents.add_ragged("descendants", self.ancestors.transposed(len(self.ids)))
        contents.add_ragged("hpo_ancestors", self.hpo_ancestors)
        contents.add_ragged("hpo_parents", self.hpo_parents)
        contents.add_ragged("nearest_hpo", self.nearest_hpo)


def current(finding_id: str, hpo: Ontology) -> str:
    """The id in use for one of our tables: HPO's by now where it has another, else the id itself."""
    return hpo.current(finding_id) or finding_id


def own_findings(knowledge: Knowledge) -> Iterator[Term]:
    """The findings of our tables, HPO's classes among them."""
    return (entry.record for entry in knowledge.terms.values() if entry.record.category == "Finding")


def build_hierarchy(hpo: Ontology, knowledge: Knowledge) -> Hierarchy:
    """
    Close is-a, with and without our tables.

    A class of HPO that our tables use and this release of HPO has not yet stands where ``links/upstream.tsv`` has it.

    :raises ReleaseError: if a finding is above itself.
    """
    in_use = {record.term_id: record for record in hpo.classes.values() if not record.is_obsolete}
    published = {
        finding_id: [parent for parent in record.parent_ids if parent in in_use]
        for finding_id, record in in_use.items()
        if finding_id.startswith("HP:")
    }
    both = {finding_id: set(above) for finding_id, above in published.items()}
    for term in own_findings(knowledge):
        named = (term.term_id, *term.parent_ids)
        for finding_id in {*named}.union(*(upstream_ancestors(one, knowledge.upstream) for one in named)):
            record, found = knowledge.upstream.get(finding_id), current(finding_id, hpo)
            if found not in published:
                above = record.parent_ids if record else ()
                both.setdefault(found, set()).update(current(parent, hpo) for parent in above)
        both[current(term.term_id, hpo)].update(current(parent, hpo) for parent in term.parent_ids)
    ids = [*sorted(published), *sorted(both.keys() - published.keys())]
    positions = {finding_id: position for position, finding_id in enumerate(ids)}
    closed, hpo_closed = closure(both), closure(published)

    above_ours = {i: closed[i] & published.keys() for i in ids[len(published) :]}
    nearest = {i: above - {b for a in above for b in hpo_closed[a] if b != a} for i, above in above_ours.items()}

    def rows(sets: Iterable[Iterable[str]]) -> Ragged:
        return ragged(sorted(positions[finding_id] for finding_id in one) for one in sets)

    return Hierarchy(
        ids,
        positions,
        len(published),
        ancestors=rows(closed[finding_id] for finding_id in ids),
        hpo_ancestors=rows(hpo_closed.get(i) or above_ours[i] for i in ids),
        hpo_parents=rows(published.get(i, ()) for i in ids),
        nearest_hpo=rows(nearest.get(i) or ({i} & published.keys()) for i in ids),
    )


def build_names(hpo: Ontology, knowledge: Knowledge, hierarchy: Hierarchy) -> dict[str, object]:
    """Labels, synonyms and former ids, as :class:`FindingNames` has them; our label goes before HPO's."""
    labels: dict[str, str] = {}
    named: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for finding_id, scope, name in _all_names(hpo, knowledge):
        if finding_id in hierarchy.positions:
            if scope == "label":
                labels.setdefault(finding_id, name)
            named[finding_id].append((scope, name))
    for finding_id in hierarchy.ids:  # of upper classes that only links/upstream.tsv has
        labels.setdefault(finding_id, knowledge.upstream[finding_id].label if finding_id not in labels else "")
    replaced, retired = _former_ids(hpo)
    names = FindingNames(
        labels=[labels[finding_id] for finding_id in hierarchy.ids],
        synonyms=[
            sorted({name for _, name in named[finding_id]} - {labels[finding_id]}) for finding_id in hierarchy.ids
        ],
        keys=_keys(hierarchy, named),
        replaced=replaced,
        retired=retired,
    )
    return asdict(names)


def _all_names(hpo: Ontology, knowledge: Knowledge) -> Iterator[tuple[str, str, str]]:
    """Every id in use with a scope and a name; ours first."""
    for term in own_findings(knowledge):
        finding_id = current(term.term_id, hpo)
        yield finding_id, "label", term.label
        for scope, name in term.synonyms:
            yield finding_id, "exact" if scope == "abbreviation" else scope, name
    for record in hpo.classes.values():
        if not record.is_obsolete:
            yield record.term_id, "label", record.label
            for scope, name in record.synonyms:
                yield record.term_id, scope if scope in SCOPES else "related", name


def _keys(hierarchy: Hierarchy, named: dict[str, list[tuple[str, str]]]) -> dict[str, list[int]]:
    """
    By normalised name: the place of the scope in ``SCOPES``, then the positions of those that have it in that scope.

    A phenotypic abnormality goes before a class that is none, such as a mode of inheritance.
    """
    root = hierarchy.positions.get("HP:0000118", -1)
    best: dict[str, dict[int, tuple[int, bool]]] = defaultdict(dict)
    for finding_id, names in named.items():
        position = hierarchy.positions[finding_id]
        is_other = position < hierarchy.hpo_count and root not in hierarchy.hpo_ancestors[position]
        for scope, name in names:
            rank = SCOPES.index(scope), is_other
            known = best[normalise(name)]
            known[position] = min(rank, known.get(position, rank))
    keys: dict[str, list[int]] = {}
    for key, ranks in sorted(best.items()):
        first = min(ranks.values())
        if key:
            keys[key] = [first[0], *sorted(position for position, rank in ranks.items() if rank == first)]
    return keys


def _former_ids(hpo: Ontology) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Alternative and obsolete ids: those that another replaces, and those that nothing does."""
    replaced: dict[str, str] = {}
    retired: dict[str, list[str]] = {}
    for record in hpo.classes.values():
        for former in ((record.term_id,) if record.is_obsolete else ()) + record.alternative_ids:
            found = hpo.current(former)
            if found and found != former:
                replaced[former] = found
            elif not found:
                retired[former] = list(record.consider)
    return dict(sorted(replaced.items())), dict(sorted(retired.items()))
