"""Read ``ontology/core.ttl``: categories, relations and qualifiers that tables may use, with their Biolink names."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from poems_kg.ids import PoemsKgError, compress, expand

ONTOLOGY = "https://w3id.org/poems-kg/poems.owl"


@dataclass(frozen=True, slots=True)
class Category:
    """An upper class. Its terms are subclasses (``class``) or individuals (``instance``)."""

    name: str
    label: str
    members: str
    biolink: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation of claims; ``subjects`` and ``objects`` are the categories allowed, empty for any."""

    name: str
    label: str
    definition: str
    biolink: str
    subjects: frozenset[str]
    objects: frozenset[str]
    takes_text: bool


class Vocabulary:
    """The hand-written part of the ontology, as triples and as the rules that the tables keep."""

    def __init__(self, path: Path) -> None:
        """
        Read the file.

        :raises PoemsKgError: if it is missing or not Turtle.
        """
        try:
            self.triples = [quad.triple for quad in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE)]
        except OSError as error:
            raise PoemsKgError(f"{path}: cannot be read; restore the file") from error
        except SyntaxError as error:
            raise PoemsKgError(f"{path}:{error.lineno}: not Turtle ({error.msg}); mend this line") from error
        self._about: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for triple in self.triples:
            if isinstance(triple.subject, ox.NamedNode) and not isinstance(triple.object, ox.BlankNode | ox.Triple):
                value = triple.object.value
                if isinstance(triple.object, ox.NamedNode):
                    value = compress(value)
                self._about[compress(triple.subject.value)][compress(triple.predicate.value)].append(value)

    def _first(self, term: str, predicate: str) -> str:
        values = self._about[term].get(predicate, [])
        return values[0] if values else ""

    def _biolink(self, term: str) -> str:
        for match in ("skos:exactMatch", "skos:closeMatch", "skos:broadMatch"):
            for value in self._about[term].get(match, []):
                if value.startswith("biolink:"):
                    return value
        return ""

    def _local(self, term: str, predicate: str) -> frozenset[str]:
        return frozenset(value.removeprefix("kg:") for value in self._about[term].get(predicate, []))

    def _typed(self, kind: str) -> list[str]:
        return [t for t in self._about if t.startswith("kg:") and kind in self._about[t].get("rdf:type", [])]

    @property
    def creators(self) -> tuple[str, ...]:
        """Who made the ontology, as it says of itself."""
        return tuple(self._about[ONTOLOGY].get("dcterms:creator", ()))

    @cached_property
    def categories(self) -> dict[str, Category]:
        """Category by local name, in the order of the file."""
        found = {}
        for term in self._typed("owl:Class"):
            members = self._first(term, "kg:members")
            if members:
                name = term.removeprefix("kg:")
                found[name] = Category(name, self._first(term, "rdfs:label"), members, self._biolink(term))
        return found

    @cached_property
    def qualifiers(self) -> frozenset[str]:
        """The keys that the ``qualifiers`` cell may use."""
        return frozenset(term.removeprefix("kg:") for term in self._typed("kg:Qualifier"))

    @cached_property
    def relations(self) -> dict[str, Relation]:
        """Relation by local name, in the order of the file."""
        found = {}
        for term in self._typed("kg:Relation"):
            name = term.removeprefix("kg:")
            found[name] = Relation(
                name,
                self._first(term, "rdfs:label"),
                self._first(term, "IAO:0000115"),
                self._biolink(term),
                self._local(term, "kg:subject_category"),
                self._local(term, "kg:object_category"),
                self._first(term, "kg:takes_text") == "true",
            )
        return found

    def same_as(self, relation: str) -> str:
        """The oboInOwl property that says the same as a relation; empty where there is none."""
        matches = self._about[f"kg:{relation}"].get("skos:exactMatch", [])
        return next((expand(match) for match in matches if match.startswith("oboInOwl:")), "")
