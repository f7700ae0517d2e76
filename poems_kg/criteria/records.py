"""
Carry what was recorded of a patient along is-a to what a definition asks for: present up, absent down.

The hierarchy is a ``TermBook``; a finding below a class of a definition meets it, an absent finding above one rules it
out. Diseases, and ids of other ontologies, are matched as they are. Nothing else is concluded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from poems_kg.criteria.definition import Criteria, Entry, Named, Node, leaves, walk
from poems_kg.patients.terms import TermBook

_FINDINGS: Final = ("HP:", "POEMS:")

Profile: TypeAlias = tuple[Sequence[str], Sequence[str]]
"""What was observed, findings and diseases, and what was excluded."""


@dataclass(frozen=True, slots=True)
class Record:
    """
    What matters to one set of what was recorded.

    ``observed`` and ``excluded`` are the ids recorded that bear on the set, ``meets`` and ``rules_out`` the classes of
    the definition that each bears on; ``present`` and ``absent`` those classes together. ``contradicted`` are
    excluded findings left out because a narrower one was observed.
    """

    observed: tuple[str, ...]
    excluded: tuple[str, ...]
    meets: Mapping[str, frozenset[str]]
    rules_out: Mapping[str, frozenset[str]]
    contradicted: tuple[str, ...]

    @property
    def present(self) -> frozenset[str]:
        """Everything that the observed findings are."""
        return frozenset().union(*self.meets.values())

    @property
    def absent(self) -> frozenset[str]:
        """Everything that the excluded findings exclude."""
        return frozenset().union(*self.rules_out.values())


def watched(node: Node) -> frozenset[str]:
    """All findings and diseases that a definition names, those of the rules of reading among them."""
    named = [part for part in walk(node) if isinstance(part, Named)]
    read = {entry.entry_id for part in named for entry in (*part.recorded_as, *part.ruled_out_by)}
    return frozenset(read.union(has.entry.entry_id for has in leaves(node)))


class Hierarchy:
    """A ``TermBook`` as the definitions ask it, with what was asked before kept."""

    def __init__(self, findings: TermBook) -> None:
        self.findings = findings
        self._broader: dict[str, frozenset[str]] = {}
        self._entries: dict[str, Entry] = {}

    def broader(self, entry_id: str) -> frozenset[str]:
        """
        The id itself and everything above it.

        :raises PoemsKgError: if it is a finding that the hierarchy does not know.
        """
        found = self._broader.get(entry_id)
        if found is None:
            found = frozenset([entry_id])
            if entry_id.startswith(_FINDINGS):
                found |= self.findings.ancestors(entry_id)
            self._broader[entry_id] = found
        return found

    def remember(self, entries: Iterable[Entry]) -> None:
        """Keep the labels of diseases, which no ``TermBook`` has."""
        self._entries |= {entry.entry_id: entry for entry in entries if not entry.entry_id.startswith(_FINDINGS)}

    def entry(self, entry_id: str) -> Entry:
        """The id with its label; a disease that no set names has its id for a label."""
        found = self._entries.get(entry_id)
        if found is None:
            label = self.findings.label(entry_id) if entry_id.startswith(_FINDINGS) else entry_id
            found = self._entries[entry_id] = Entry(entry_id, label)
        return found


class Reader:
    """Keeps of a patient's record what bears on one set; asks the hierarchy once about each finding."""

    def __init__(self, criteria: Criteria, hierarchy: Hierarchy) -> None:
        self.hierarchy = hierarchy
        self._watched = watched(criteria.rule)
        self._meets: dict[str, frozenset[str]] = {}
        self._rules_out: dict[str, frozenset[str]] = {}

    def record(self, observed: Iterable[str], excluded: Iterable[str]) -> Record:
        """
        Read what was observed and excluded.

        :raises PoemsKgError: if the hierarchy does not know a finding.
        """
        observed = tuple(observed)
        meets = {entry_id: found for entry_id in observed if (found := self._met(entry_id))}
        rules_out = {entry_id: found for entry_id in excluded if (found := self._ruled_out(entry_id))}
        contradicted = tuple(
            entry_id for entry_id in rules_out if any(entry_id in self.hierarchy.broader(other) for other in observed)
        )
        for entry_id in contradicted:
            del rules_out[entry_id]
        return Record(tuple(meets), tuple(rules_out), meets, rules_out, contradicted)

    def _met(self, entry_id: str) -> frozenset[str]:
        found = self._meets.get(entry_id)
        if found is None:
            found = self._meets[entry_id] = self.hierarchy.broader(entry_id) & self._watched
        return found

    def _ruled_out(self, entry_id: str) -> frozenset[str]:
        found = self._rules_out.get(entry_id)
        if found is None:
            below = (other for other in self._watched if entry_id in self.hierarchy.broader(other))
            found = self._rules_out[entry_id] = frozenset(below)
        return found
