"""
Turn the OWL files of ``ontology/criteria`` into trees of what a patient must have, each item with role and claims.

The tree is the definition, node for node: nothing is added, and whatever OWL says that no reader here understands is
an error. Labels, roles, claims and the two rules of reading records (:class:`Named`) are annotations of the classes.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import pyoxigraph as ox

from poems_kg.claims import SOURCE_COLUMNS, Source
from poems_kg.ids import PoemsKgError, compress
from poems_kg.places import ontology_dir
from poems_kg.tables import read_table

SHARED: Final = "shared.ttl"
"""The file of what all sets share; every other file of the folder defines one set."""

HAS_PHENOTYPE: Final = "RO:0002200"
HAS_DISEASE: Final = "RO:0016002"
_FILLERS: Final = {HAS_PHENOTYPE: ("HP:", "POEMS:"), HAS_DISEASE: ("MONDO:", "ORPHA:")}


def property_of(entry_id: str) -> str:
    """The property that a definition ties a patient to a finding or a disease by."""
    return HAS_PHENOTYPE if entry_id.startswith(_FILLERS[HAS_PHENOTYPE]) else HAS_DISEASE


class CriteriaError(PoemsKgError):
    """A definition that cannot be read; the message says which class of which file, and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding or disease by id and label."""

    entry_id: str
    label: str


@dataclass(frozen=True, slots=True)
class Has:
    """The patient has the finding or disease, or a narrower one. ``has`` is the property of OWL."""

    has: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The part is known not to hold."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class Named:
    """
    A class of the files: an item, a group of items, or findings that show one thing.

    Two rules of how records are read, which are no logic: what stands in ``recorded_as`` meets the class where it was
    recorded itself, not a narrower one; where something in ``ruled_out_by``, or a broader finding, was recorded as
    absent, the class is not met, unless something recorded meets it.
    """

    class_id: str
    label: str
    body: "Node"
    recorded_as: tuple[Entry, ...] = ()
    ruled_out_by: tuple[Entry, ...] = ()


Node: TypeAlias = Has | AllOf | AnyOf | Not | Named


@dataclass(frozen=True, slots=True)
class Item:
    """
    One item of a set.

    ``item`` is what the claims name as the item; ``role`` is as there: ``mandatory major``, ``other major`` or
    ``minor``. ``claims`` state it; ``citation`` is that of the sources of the set.
    """

    item_id: str
    label: str
    role: str
    item: Entry
    definition: Named
    claims: tuple[str, ...]
    citation: str

    @property
    def name(self) -> str:
        """What the item is called in every version: the part of its id after the hyphen."""
        return self.item_id.partition("-")[2]


@dataclass(frozen=True, slots=True)
class Criteria:
    """
    One version of one set. ``version`` is its year, ``undated`` where the source has none.

    ``set_id`` is the term of the set; ``concludes`` what whoever meets it is said to have. ``rule`` is the class as
    defined, ``items`` are those in it, in the order of the definition. ``claims`` state the rule.
    """

    set_id: str
    class_id: str
    label: str
    version: str
    concludes: Entry
    is_current: bool
    rule: Named
    items: tuple[Item, ...]
    claims: tuple[str, ...]
    source_ids: tuple[str, ...]
    citation: str


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, each as often as it is used, in the order of the definition."""
    yield node
    match node:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from walk(part)
        case Not(part):
            yield from walk(part)
        case Named():
            yield from walk(node.body)
        case Has():
            pass


def leaves(node: Node) -> tuple[Has, ...]:
    """What a patient may have to meet a node, each once, in the order of the definition."""
    return tuple(dict.fromkeys(part for part in walk(node) if isinstance(part, Has)))


def criteria_dir() -> Path:
    """The folder of the OWL files."""
    return ontology_dir() / "criteria"


@cache
def criteria_sets(folder: Path | None = None) -> tuple[Criteria, ...]:
    """
    Read every set of the folder, by default the one that comes with the package; oldest version first.

    :raises CriteriaError: if a file is missing or not Turtle, or a definition is none that can be read.
    """
    folder = folder or criteria_dir()
    paths = sorted(path for path in folder.glob("*.ttl") if path.name != SHARED)
    if not paths:
        raise CriteriaError(f"{folder}: no criteria here; restore the files, or reinstall poems-kg")
    citations = _citations(folder.parent)
    shared = _triples(folder / SHARED)
    found = [_File(path, [*shared, *_triples(path)], citations).criteria() for path in paths]
    return tuple(sorted(found, key=lambda criteria: (criteria.version, criteria.class_id)))


def find_criteria(name: str, folder: Path | None = None) -> Criteria:
    """
    One set by its id, its class or its label, or the version in use for ``current``.

    :raises CriteriaError: if there is none.
    """
    sets = criteria_sets(folder)
    for criteria in sets:
        if name == "current" and criteria.is_current:
            return criteria
        if name.casefold() in {criteria.set_id.casefold(), criteria.class_id.casefold(), criteria.label.casefold()}:
            return criteria
    known = ", ".join(f"{criteria.set_id} ({criteria.label})" for criteria in sets)
    raise CriteriaError(f"{name}: no criteria set; use 'current' or one of {known}")


def _citations(folder: Path) -> dict[str, str]:
    table = read_table(folder / "sources.tsv", SOURCE_COLUMNS, "sources.tsv")
    sources = (Source(**cells) for _, cells in table.rows)
    return {source.source_id: source.citation for source in sources}


def _triples(path: Path) -> list[ox.Triple]:
    try:
        return [quad.triple for quad in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE)]
    except OSError as error:
        raise CriteriaError(f"{path}: cannot be read ({error.strerror}); restore the file") from error
    except SyntaxError as error:
        raise CriteriaError(f"{path}:{error.lineno}: not Turtle ({error.msg}); mend this line") from error


class _File:
    """Reads the classes of one set from its triples and the shared ones."""

    def __init__(self, path: Path, triples: list[ox.Triple], citations: dict[str, str]) -> None:
        self._path = path
        self._citations = citations
        self._about: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._open: list[str] = []
        for triple in triples:
            value = triple.object.value if not isinstance(triple.object, ox.Triple) else ""
            if isinstance(triple.object, ox.NamedNode):
                value = compress(value)
            elif isinstance(triple.object, ox.BlankNode):
                value = f"_:{value}"
            if not isinstance(triple.subject, ox.Triple):
                subject = compress(triple.subject.value)
                subject = f"_:{subject}" if isinstance(triple.subject, ox.BlankNode) else subject
                self._about[subject][compress(triple.predicate.value)].append(value)
        self._named: dict[str, Named] = {}

    def _error(self, class_id: str, problem: str, way_out: str) -> CriteriaError:
        return CriteriaError(f"{self._path}: {class_id} {problem}; {way_out}")

    def _all(self, subject: str, predicate: str) -> tuple[str, ...]:
        return tuple(self._about[subject].get(predicate, ()))

    def _one(self, subject: str, predicate: str) -> str:
        values = self._all(subject, predicate)
        if len(values) != 1:
            raise self._error(subject, f"has {len(values)} values of {predicate}", "write exactly one")
        return values[0]

    def _entry(self, entry_id: str) -> Entry:
        return Entry(entry_id, self._one(entry_id, "rdfs:label"))

    def criteria(self) -> Criteria:
        """The set that the file defines."""
        heads = [subject for subject in self._about if "kg:criteria_set" in self._about[subject]]
        if len(heads) != 1:
            raise CriteriaError(f"{self._path}: {len(heads)} classes with kg:criteria_set; write exactly one")
        head = heads[0]
        rule = self._class(head)
        source_ids = tuple(source.removeprefix("source:") for source in self._all(head, "dcterms:source"))
        citation = "; ".join(self._cite(head, source_id) for source_id in source_ids)
        set_id = self._one(head, "kg:criteria_set")
        seen = dict.fromkeys(
            node.class_id for node in walk(rule) if isinstance(node, Named) and self._all(node.class_id, "kg:item")
        )
        if not seen:
            raise self._error(head, "has no items", "give the classes that are items kg:item and kg:criterion")
        return Criteria(
            set_id=set_id,
            class_id=head,
            label=self._one(set_id, "rdfs:label"),
            version=self._one(head, "kg:edition"),
            concludes=self._entry(self._one(head, "kg:concludes")),
            is_current=self._all(head, "kg:is_current") == ("true",),
            rule=rule,
            items=tuple(self._item(class_id, citation) for class_id in seen),
            claims=self._all(head, "kg:stated_by"),
            source_ids=source_ids,
            citation=citation,
        )

    def _cite(self, head: str, source_id: str) -> str:
        citation = self._citations.get(source_id)
        if citation is None:
            raise self._error(head, f"cites source:{source_id}, which is unknown", "add it to sources.tsv first")
        return citation

    def _item(self, class_id: str, citation: str) -> Item:
        claims = self._all(class_id, "kg:stated_by")
        if not claims:
            raise self._error(class_id, "is an item that no claim states", "name the claims with kg:stated_by")
        return Item(
            item_id=class_id,
            label=self._one(class_id, "rdfs:label"),
            role=self._one(class_id, "kg:criterion"),
            item=self._entry(self._one(class_id, "kg:item")),
            definition=self._named[class_id],
            claims=claims,
            citation=citation,
        )

    def _class(self, class_id: str) -> Named:
        if class_id in self._open:
            raise self._error(class_id, "is defined by itself", "take it out of its own definition")
        if class_id not in self._named:
            self._open.append(class_id)
            self._named[class_id] = Named(
                class_id,
                self._one(class_id, "rdfs:label"),
                self._node(self._one(class_id, "owl:equivalentClass"), class_id),
                tuple(map(self._entry, self._all(class_id, "kg:recorded_as"))),
                tuple(map(self._entry, self._all(class_id, "kg:ruled_out_by"))),
            )
            self._open.pop()
        return self._named[class_id]

    def _node(self, name: str, class_id: str) -> Node:
        """The expression of a name or blank node; ``class_id`` is the class that it stands in, for messages."""
        if not name.startswith("_:"):
            return self._class(name)
        said = set(self._about[name]) - {"rdf:type"}
        if said == {"owl:intersectionOf"}:
            return AllOf(self._list(self._one(name, "owl:intersectionOf"), class_id))
        if said == {"owl:unionOf"}:
            return AnyOf(self._list(self._one(name, "owl:unionOf"), class_id))
        if said == {"owl:complementOf"}:
            return Not(self._node(self._one(name, "owl:complementOf"), class_id))
        if said == {"owl:onProperty", "owl:someValuesFrom"}:
            has, entry_id = self._one(name, "owl:onProperty"), self._one(name, "owl:someValuesFrom")
            if not entry_id.startswith(_FILLERS.get(has, ())):
                raise self._error(class_id, f"has {has} some {entry_id}", f"use {HAS_PHENOTYPE} or {HAS_DISEASE}")
            return Has(has, self._entry(entry_id))
        words = ", ".join(sorted(said)) or "nothing"
        raise self._error(
            class_id, f"says {words}", "use only intersectionOf, unionOf, complementOf and someValuesFrom"
        )

    def _list(self, cell: str, class_id: str) -> tuple[Node, ...]:
        parts: list[Node] = []
        while cell != "rdf:nil":
            parts.append(self._node(self._one(cell, "rdf:first"), class_id))
            cell = self._one(cell, "rdf:rest")
        return tuple(parts)
