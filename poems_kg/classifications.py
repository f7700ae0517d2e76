"""
Turn who puts a term below which classes into the classes that they do not agree on.

What SPARQL cannot say well: each source's classes are closed over everything broader that is known, by is-a and by
exact matches, and of all classes that divide the sources only the most general are named.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from poems_kg.links import ROOTS
from poems_kg.reasoning import closure


@dataclass(frozen=True, slots=True)
class Dispute:
    """
    A class that some sources put a term below and others, which classify it too, do not.

    ``ways`` has, by source, the classes named by it that lead to the disputed one; ``others`` the classes that the
    sources on the other side name instead.
    """

    class_id: str
    ways: Mapping[str, tuple[str, ...]]
    others: Mapping[str, tuple[str, ...]]


def find_disputes(placements: Mapping[str, Set[str]], broader: Mapping[str, Set[str]]) -> list[Dispute]:
    """
    Compare where sources put one term.

    :param placements: the classes right above the term, by source.
    :param broader: the classes right above a class; classes that lead to each other are one class.

    >>> broader = {"ORDO:tumor": {"MONDO:neoplasm"}, "MONDO:neoplasm": set()}
    >>> [d.class_id for d in find_disputes({"ordo": {"ORDO:tumor"}, "doid": {"DOID:blood"}}, broader)]
    ['DOID:blood', 'MONDO:neoplasm']
    """
    above = {
        class_id: {class_id, *closure(class_id, broader)}
        for class_id in {*broader, *(c for classes in placements.values() for c in classes)}
    }
    for class_id in {broad for classes in above.values() for broad in classes} - above.keys():
        above[class_id] = {class_id, *closure(class_id, broader)}

    def one_name(class_id: str) -> str:
        same = [other for other in above[class_id] if class_id in above[other]]
        return min(same, key=lambda other: (not other.startswith("MONDO:"), other))

    closed = {
        source: {one_name(broad) for class_id in classes for broad in above[class_id]} - ROOTS.keys()
        for source, classes in placements.items()
    }
    camps = {
        class_id: frozenset(source for source, classes in closed.items() if class_id in classes)
        for class_id in set().union(*closed.values())
    }
    disputed = {class_id for class_id, camp in camps.items() if len(camp) < len(placements)}
    found = []
    for class_id in sorted(disputed):
        # Who agrees on the broader class and is silent on the narrower one is less specific, not opposed.
        if any(one_name(other) in disputed - {class_id} for other in above[class_id]):
            continue
        camp = camps[class_id]
        ways = {s: tuple(sorted(c for c in placements[s] if class_id in above[c])) for s in sorted(camp)}
        others = {s: tuple(sorted(placements[s])) for s in sorted(placements.keys() - camp)}
        found.append(Dispute(class_id, ways, others))
    return found
