"""
Let HermiT say which classes of the criteria a patient belongs to: an open world, and no rule but OWL's.

A record becomes a class: whoever has what was observed and lacks what was excluded. A set is met if HermiT puts that
class below the set's, not met if nobody can belong to both, else unknown. To put the question for a class rather than
for an individual changes no answer, as the definitions name no individuals, and lets thousands be asked in one go.

Two things are settled before: an excluded finding above an observed one is left out, and records are read as the files
say (:class:`poems_kg.criteria.definition.Named`). Needs the ``reason`` extra.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from poems_kg.criteria.definition import Criteria, Named, criteria_dir, property_of, walk
from poems_kg.criteria.evaluation import Truth
from poems_kg.criteria.records import Hierarchy, Profile, Reader, watched
from poems_kg.ids import expand
from poems_kg.patients.terms import TermBook
from poems_kg.rdf import SUBCLASS_OF, A, Node, iri
from poems_kg.reasoning import Conclusions, reason

_CLASS: Final = iri("owl:Class")


def classify(
    records: Sequence[tuple[Criteria, Profile]],
    findings: TermBook,
    *,
    with_items: bool = True,
    with_denials: bool = True,
    folder: Path | None = None,
) -> list[dict[str, Truth]]:
    """
    Ask HermiT about a set, and its items, for each record; truth by class id, in the order of the records.

    All is asked at once: a question costs far less than to start HermiT.

    :param with_items: ask about the items, too, not only about the set.
    :param with_denials: ask what is not met, too; else that is unknown like the rest.
    :param folder: where the files are that the sets were read from.
    :raises PoemsKgError: if the ``reason`` extra is missing, or the hierarchy does not know a finding.
    """
    question = _Question(findings, folder or criteria_dir())
    asked = []
    for number, (criteria, profile) in enumerate(records):
        question.add(number, criteria, profile)
        items = criteria.items if with_items else ()
        asked.append((criteria.class_id, *(item.item_id for item in items)))
    question.rule_out()
    conclusions = question.ask(asked if with_denials else [()] * len(asked))
    return [
        {class_id: _truth(number, class_id, conclusions) for class_id in class_ids}
        for number, class_ids in enumerate(asked)
    ]


def _patient(number: int) -> ox.NamedNode:
    """The class of whoever is as a record says."""
    return iri(f"criteria:record-{number}")


def _both(number: int, class_id: str) -> ox.NamedNode:
    """The class of whoever is as a record says, and belongs to a class of the files."""
    return iri(f"criteria:record-{number}-{class_id.partition(':')[2]}")


def _truth(number: int, class_id: str, conclusions: Conclusions) -> Truth:
    if (_patient(number).value, expand(class_id)) in conclusions.subclasses:
        return Truth.MET
    return Truth.NOT_MET if _both(number, class_id).value in conclusions.unsatisfiable else Truth.UNKNOWN


class _Question:
    """The axioms that are put to HermiT."""

    def __init__(self, findings: TermBook, folder: Path) -> None:
        self._hierarchy = Hierarchy(findings)
        self._readers: dict[str, Reader] = {}
        self._named: dict[str, list[Named]] = {}
        self._mentioned: set[str] = set()
        self._ruled_out: list[tuple[int, str]] = []
        self._axioms = {
            quad
            for path in sorted(folder.glob("*.ttl"))
            for quad in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE)
        }

    def _prepare(self, criteria: Criteria) -> None:
        if criteria.class_id not in self._readers:
            self._readers[criteria.class_id] = Reader(criteria, self._hierarchy)
            nodes = [node for node in walk(criteria.rule) if isinstance(node, Named)]
            self._named[criteria.class_id] = [node for node in nodes if node.recorded_as or node.ruled_out_by]
            self._mentioned |= watched(criteria.rule)

    def _say(self, subject: Node, predicate: ox.NamedNode, value: Node) -> None:
        self._axioms.add(ox.Quad(subject, predicate, value))

    def _some(self, entry_id: str) -> ox.BlankNode:
        """Whoever has the finding or disease."""
        node = ox.BlankNode(f"some{entry_id.replace(':', '')}")
        self._say(node, A, iri("owl:Restriction"))
        self._say(node, iri("owl:onProperty"), iri(property_of(entry_id)))
        self._say(node, iri("owl:someValuesFrom"), iri(entry_id))
        return node

    def _no(self, node: Node) -> ox.BlankNode:
        """Whoever does not belong to a class."""
        opposite = ox.BlankNode(f"no{abs(hash(node))}")
        self._say(opposite, A, _CLASS)
        self._say(opposite, iri("owl:complementOf"), node)
        return opposite

    def add(self, number: int, criteria: Criteria, profile: Profile) -> None:
        """Say what a record says."""
        self._prepare(criteria)
        observed, excluded = profile
        record = self._readers[criteria.class_id].record(observed, excluded)
        patient = _patient(number)
        self._say(patient, A, _CLASS)
        for entry_id in observed:
            self._say(patient, SUBCLASS_OF, self._some(entry_id))
        for entry_id in set(excluded) - set(record.contradicted):
            self._say(patient, SUBCLASS_OF, self._no(self._some(entry_id)))
        absent = record.absent
        for node in self._named[criteria.class_id]:
            if any(entry.entry_id in observed for entry in node.recorded_as):
                self._say(patient, SUBCLASS_OF, iri(node.class_id))
            if any(entry.entry_id in absent for entry in node.ruled_out_by):
                self._ruled_out.append((number, node.class_id))
        self._mentioned.update(observed, excluded)

    def rule_out(self) -> None:
        """Say of each record which classes its absent findings rule out, unless HermiT puts it below them."""
        if not self._ruled_out:
            return
        conclusions = reason(self._with_hierarchy())
        for number, class_id in self._ruled_out:
            if (_patient(number).value, expand(class_id)) not in conclusions.subclasses:
                self._say(_patient(number), SUBCLASS_OF, self._no(iri(class_id)))

    def ask(self, asked: Sequence[Iterable[str]]) -> Conclusions:
        """Put the question whether each record must, or cannot, belong to each of its classes."""
        for number, class_ids in enumerate(asked):
            for class_id in class_ids:
                both = _both(number, class_id)
                self._say(both, A, _CLASS)
                self._say(both, SUBCLASS_OF, _patient(number))
                self._say(both, SUBCLASS_OF, iri(class_id))
        return reason(self._with_hierarchy())

    def _with_hierarchy(self) -> set[ox.Quad]:
        """The axioms with is-a between all that was mentioned."""
        for entry_id in self._mentioned:
            self._say(iri(entry_id), A, _CLASS)
            for other in self._hierarchy.broader(entry_id) & self._mentioned - {entry_id}:
                self._say(iri(entry_id), SUBCLASS_OF, iri(other))
        return self._axioms
