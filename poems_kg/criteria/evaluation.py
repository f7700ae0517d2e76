"""
Walk a definition with what was recorded of a patient: met, not met or unknown, item by item, and what is missing.

Truth is that of an open world. What was observed holds for every broader finding, what was excluded for every narrower
one; the rest is unknown, and unknown counts for nothing. For definitions in which nothing is asked for both as present
and as absent this gives exactly what follows from the OWL classes: HermiT and SPARQL say the same.

Nothing is taken from what a disease may cause, and nothing here is medical advice.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from poems_kg.criteria.definition import (
    HAS_DISEASE,
    AllOf,
    AnyOf,
    Criteria,
    Entry,
    Has,
    Item,
    Named,
    Node,
    Not,
    criteria_sets,
    leaves,
    property_of,
    walk,
)
from poems_kg.criteria.records import Hierarchy, Reader, Record, watched
from poems_kg.patients.patient import Patient
from poems_kg.patients.terms import TermBook

_KEPT: Final = 4096
"""So many verdicts are kept per set: most patients of a cohort have nothing that a set asks for, or the same."""


_Key: TypeAlias = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


class Truth(StrEnum):
    """Whether something is met, in three values."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


_OPPOSITE: Final = {Truth.MET: Truth.NOT_MET, Truth.NOT_MET: Truth.MET, Truth.UNKNOWN: Truth.UNKNOWN}


@dataclass(frozen=True, slots=True)
class ItemVerdict:
    """
    What is known of one item.

    ``met_by`` are the recorded findings that meet it; ``excluded_by`` those recorded as absent that speak against;
    ``missing`` what could still meet it and is not known, empty where the item is met or not met.
    """

    item_id: str
    label: str
    role: str
    verdict: Truth
    item: Entry
    met_by: tuple[Entry, ...]
    excluded_by: tuple[Entry, ...]
    missing: tuple[Entry, ...]
    claims: tuple[str, ...]
    citation: str

    @property
    def name(self) -> str:
        """What the item is called in every version."""
        return self.item_id.partition("-")[2]


@dataclass(frozen=True, slots=True)
class Missing:
    """A part of the rule that is still open, and the items not known that could meet it."""

    label: str
    items: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    What one version of one set says of a patient.

    ``missing`` is what keeps the verdict open, empty where it is not. ``contradicted`` are findings recorded as absent
    although something narrower was observed; they were left out.
    """

    set_id: str
    label: str
    version: str
    verdict: Truth
    concludes: Entry
    items: tuple[ItemVerdict, ...]
    missing: tuple[Missing, ...]
    contradicted: tuple[Entry, ...]
    claims: tuple[str, ...]
    citation: str

    @property
    def is_met_as_documented(self) -> bool:
        """Yes or no on what is documented so far, for a reader who wants no third value; no is not absence."""
        return self.verdict is Truth.MET


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    The versions side by side. ``rows`` has, by name of item, one verdict for each of ``verdicts``: None where that
    version has no such item.
    """

    verdicts: tuple[Verdict, ...]
    rows: Mapping[str, tuple[Truth | None, ...]]


class Evaluator:
    """Evaluates one set for many patients over one hierarchy; keeps what it has seen."""

    def __init__(self, criteria: Criteria, hierarchy: Hierarchy) -> None:
        self.criteria = criteria
        self.hierarchy = hierarchy
        self._reader = Reader(criteria, hierarchy)
        self._seen: dict[_Key, Verdict] = {}
        named = {node.class_id: node for node in walk(criteria.rule) if isinstance(node, Named)}
        self.named_in = {class_id: watched(node) for class_id, node in named.items()}
        self.untouched = {item.item_id: _untouched(item) for item in criteria.items}
        hierarchy.remember(has.entry for has in leaves(criteria.rule))

    def verdict(self, observed: Iterable[str], excluded: Iterable[str]) -> Verdict:
        """
        Say what the set says of a patient.

        :param observed: ids of findings and diseases; one of another ontology is matched as it is.
        :raises PoemsKgError: if the hierarchy does not know a finding.
        """
        record = self._reader.record(observed, excluded)
        key = (record.observed, record.excluded, record.contradicted)
        found = self._seen.get(key)
        if found is None:
            found = _Evaluation(self, record).verdict()
            if len(self._seen) < _KEPT:
                self._seen[key] = found
        return found


def _untouched(item: Item) -> ItemVerdict:
    """What is said of an item that nothing recorded bears on."""
    return ItemVerdict(
        item_id=item.item_id,
        label=item.label,
        role=item.role,
        verdict=Truth.UNKNOWN,
        item=item.item,
        met_by=(),
        excluded_by=(),
        missing=tuple(has.entry for has in leaves(item.definition)),
        claims=item.claims,
        citation=item.citation,
    )


class _Evaluation:
    """One set, one record."""

    def __init__(self, evaluator: Evaluator, record: Record) -> None:
        self._evaluator = evaluator
        self._criteria = evaluator.criteria
        self._record = record
        self._present, self._absent = record.present, record.absent
        self._recorded = self._present | self._absent
        self._truth: dict[str, Truth] = {}

    def verdict(self) -> Verdict:
        """Everything about the set."""
        criteria = self._criteria
        truth = self._of(criteria.rule)
        return Verdict(
            set_id=criteria.set_id,
            label=criteria.label,
            version=criteria.version,
            verdict=truth,
            concludes=criteria.concludes,
            items=tuple(self._item(item) for item in criteria.items),
            missing=self._missing() if truth is Truth.UNKNOWN else (),
            contradicted=self._entries(self._record.contradicted),
            claims=criteria.claims,
            citation=criteria.citation,
        )

    def _entries(self, entry_ids: Iterable[str]) -> tuple[Entry, ...]:
        return tuple(map(self._evaluator.hierarchy.entry, dict.fromkeys(entry_ids)))

    def _of(self, node: Node) -> Truth:
        match node:
            case Has(_, entry):
                return self._leaf(entry.entry_id)
            case Named():
                found = self._truth.get(node.class_id)
                if found is None:
                    found = self._truth[node.class_id] = self._named(node)
                return found
            case AnyOf(parts):
                return self._first(parts, Truth.MET, Truth.NOT_MET)
            case AllOf(parts):
                return self._first(parts, Truth.NOT_MET, Truth.MET)
            case Not(part):
                return _OPPOSITE[self._of(part)]

    def _first(self, parts: Iterable[Node], decisive: Truth, otherwise: Truth) -> Truth:
        """The decisive value if a part has it, else unknown if a part is, else the other."""
        for part in parts:
            value = self._of(part)
            if value is decisive:
                return value
            if value is Truth.UNKNOWN:
                otherwise = value
        return otherwise

    def _leaf(self, entry_id: str) -> Truth:
        if entry_id in self._present:
            return Truth.MET
        return Truth.NOT_MET if entry_id in self._absent else Truth.UNKNOWN

    def _is_touched(self, class_id: str) -> bool:
        return not self._evaluator.named_in[class_id].isdisjoint(self._recorded)

    def _named(self, node: Named) -> Truth:
        """A class of the files: its definition, then the two rules of reading records."""
        if not self._is_touched(node.class_id):
            return Truth.UNKNOWN
        if any(entry.entry_id in self._record.meets for entry in node.recorded_as):
            return Truth.MET
        value = self._of(node.body)
        if value is Truth.UNKNOWN and any(entry.entry_id in self._absent for entry in node.ruled_out_by):
            return Truth.NOT_MET
        return value

    def _item(self, item: Item) -> ItemVerdict:
        if not self._is_touched(item.item_id):
            return self._evaluator.untouched[item.item_id]
        value = self._of(item.definition)
        asked = self._evaluator.untouched[item.item_id].missing
        against = self._evaluator.named_in[item.item_id]
        unknown = [entry for entry in asked if self._leaf(entry.entry_id) is Truth.UNKNOWN]
        rules_out = self._record.rules_out
        return ItemVerdict(
            item_id=item.item_id,
            label=item.label,
            role=item.role,
            verdict=value,
            item=item.item,
            met_by=self._entries(self._support(item.definition)),
            excluded_by=self._entries(name for name in rules_out if not against.isdisjoint(rules_out[name])),
            missing=tuple(unknown) if value is Truth.UNKNOWN else (),
            claims=item.claims,
            citation=item.citation,
        )

    def _support(self, node: Node) -> Iterator[str]:
        """What was observed and makes a node hold; nothing where it does not hold."""
        if self._of(node) is not Truth.MET:
            return
        match node:
            case Has(_, entry):
                yield from (name for name, meets in self._record.meets.items() if entry.entry_id in meets)
            case AllOf(parts) | AnyOf(parts):
                for part in parts:
                    yield from self._support(part)
            case Named():
                yield from (entry.entry_id for entry in node.recorded_as if entry.entry_id in self._record.meets)
                yield from self._support(node.body)
            case Not():
                pass

    def _missing(self) -> tuple[Missing, ...]:
        """The parts of the rule that are open: mandatory items, and groups of which one or two are needed."""
        body = self._criteria.rule.body
        parts = body.parts if isinstance(body, AllOf) else (body,)
        by_class = {item.item_id: item for item in self._criteria.items}
        found = []
        for part in parts:
            if self._of(part) is Truth.UNKNOWN:
                classes = dict.fromkeys(node.class_id for node in walk(part) if isinstance(node, Named))
                items = [by_class[name] for name in classes if name in by_class]
                still_open = tuple(item.item for item in items if self._of(item.definition) is Truth.UNKNOWN)
                found.append(Missing(part.label if isinstance(part, Named) else "", still_open))
        return tuple(found)


_last: list[tuple[TermBook, dict[str, Evaluator], Hierarchy]] = []


def _evaluator(criteria: Criteria, findings: TermBook) -> Evaluator:
    """The evaluator of a set, kept as long as the same hierarchy is asked."""
    if not _last or _last[0][0] is not findings:
        _last[:] = [(findings, {}, Hierarchy(findings))]
    _, known, hierarchy = _last[0]
    found = known.get(criteria.class_id)
    if found is None or found.criteria is not criteria:
        found = known[criteria.class_id] = Evaluator(criteria, hierarchy)
    return found


def evaluate(criteria: Criteria, observed: Iterable[str], excluded: Iterable[str], findings: TermBook) -> Verdict:
    """
    Say what one version of one set says of a patient.

    :param observed: ids of findings that were seen, and of diseases that were diagnosed (Castleman disease is one).
    :param excluded: ids of findings that were looked for and not there.
    :raises PoemsKgError: if ``findings`` does not know a finding.
    """
    return _evaluator(criteria, findings).verdict(observed, excluded)


def compare(patient: Patient, findings: TermBook, criteria: Iterable[Criteria] | None = None) -> Comparison:
    """
    Evaluate every version for one patient, its diseases taken as observed, and put them side by side.

    :param criteria: the sets to compare; all where left out.
    """
    diseases = [disease_id for disease_id in patient.disease_ids if property_of(disease_id) == HAS_DISEASE]
    observed = (*patient.observed, *diseases)
    sets = criteria_sets() if criteria is None else tuple(criteria)
    verdicts = tuple(evaluate(one, observed, patient.excluded, findings) for one in sets)
    names = dict.fromkeys(item.name for verdict in verdicts for item in verdict.items)
    columns = [{item.name: item.verdict for item in verdict.items} for verdict in verdicts]
    return Comparison(verdicts, {name: tuple(column.get(name) for column in columns) for name in names})
