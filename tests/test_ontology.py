"""Records become RDF: what is an axiom, what is a claim, and in which graph each stands."""

import random
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import Folder

from poems_kg.build import ontology_triples, render_trig, render_turtle
from poems_kg.knowledge import Knowledge
from poems_kg.ontology import Graphs, build_quads, iri
from poems_kg.rules import read_knowledge
from poems_kg.store import LocalStore

PREFIXES = """
PREFIX IAO: <http://purl.obolibrary.org/obo/IAO_>
PREFIX HP: <http://purl.obolibrary.org/obo/HP_>
PREFIX MONDO: <http://purl.obolibrary.org/obo/MONDO_>
PREFIX CL: <http://purl.obolibrary.org/obo/CL_>
PREFIX ORPHA: <http://www.orpha.net/ORDO/Orphanet_>
PREFIX RO: <http://purl.obolibrary.org/obo/RO_>
PREFIX claim: <https://w3id.org/poems-kg/claim/>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX graph: <https://w3id.org/poems-kg/graph/>
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX oboInOwl: <http://www.geneontology.org/formats/oboInOwl#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX source: <https://w3id.org/poems-kg/source/>
PREFIX sssom: <https://w3id.org/sssom/>
"""


def store_of(quads: set[ox.Quad]) -> LocalStore:
    store = ox.Store()
    store.extend(quads)
    return LocalStore(store)


@pytest.fixture(scope="module")
def knowledge(mini: Path) -> Knowledge:
    return read_knowledge(mini)


@pytest.fixture(scope="module")
def store(knowledge: Knowledge) -> LocalStore:
    return store_of(build_quads(knowledge))


# One line for each thing that must hold of mini.
HOLDS = [
    "GRAPH graph:asserted { MONDO:0017364 a owl:Class ; rdfs:subClassOf kg:Disorder ; rdfs:label 'POEMS syndrome' }",
    "GRAPH graph:asserted { MONDO:0017364 kg:category kg:Disorder ; oboInOwl:id 'MONDO:0017364' }",
    "GRAPH graph:asserted { MONDO:0017364 kg:has_phenotype HP:0002240 }",
    "GRAPH graph:asserted { MONDO:0017364 oboInOwl:hasExactSynonym 'POEMS' }",
    "GRAPH graph:asserted { ?a owl:annotatedTarget 'POEMS' ; oboInOwl:hasSynonymType kg:abbreviation ; "
    "dcterms:source source:mini-report }",
    "GRAPH graph:asserted { HP:0001271 oboInOwl:hasRelatedSynonym 'nerve damage' }",
    "GRAPH graph:asserted { ?a owl:annotatedSource HP:0001271 ; owl:annotatedProperty IAO:0000115 ; "
    "dcterms:source HP:0001271 }",
    "GRAPH graph:asserted { MONDO:0017364 rdfs:subClassOf ?r . ?r owl:onProperty RO:0002200 ; "
    "owl:someValuesFrom HP:0001271 . ?a owl:annotatedTarget ?r ; dcterms:source source:mini-report }",
    "GRAPH graph:asserted { MONDO:0017364 kg:has_attribute 'rare' }",
    "GRAPH graph:asserted { source:mini2020 a kg:Publication ; oboInOwl:hasDbXref 'DOI:10.5555/mini.2020' ; "
    "rdfs:seeAlso <https://doi.org/10.5555/mini.2020> }",
    "GRAPH graph:claims { claim:C0002 kg:subject MONDO:0017364 ; kg:relation kg:has_phenotype ; kg:object HP:0002240 ; "
    "kg:unit '%' ; kg:low 47.0 ; kg:high 47.0 ; kg:n 24 ; kg:total 51 ; kg:letter 'O' ; kg:site 'liver' }",
    "GRAPH graph:claims { claim:C0004 kg:polarity 'denies' ; kg:certainty 'probable' }",
    "GRAPH graph:claims { claim:C0001 kg:passage ?p . ?p kg:sha256 ?h ; oa:hasSource source:mini-report ; "
    "oa:hasSelector ?s . ?s oa:start 77 ; oa:end 110 }",
    "GRAPH graph:claims { claim:C0006 kg:source source:mini2020 ; kg:place 'table 1' }",
    "GRAPH graph:links { MONDO:0017364 skos:exactMatch ORPHA:2905 . MONDO:0006702 skos:closeMatch ORPHA:2932 }",
    "GRAPH graph:links { ?m a sssom:Mapping ; sssom:subject_id MONDO:0017364 ; sssom:predicate_id skos:exactMatch ; "
    "sssom:object_id ORPHA:2905 ; sssom:mapping_justification <https://w3id.org/semapv/vocab/ManualMappingCuration> ; "
    "sssom:mapping_source ?set . FILTER NOT EXISTS { ?m sssom:predicate_modifier|sssom:author_label ?x } }",
    "GRAPH graph:links { ?m sssom:subject_id MONDO:0017364 ; sssom:object_id MONDO:0006702 ; "
    "sssom:predicate_modifier sssom:NegatedPredicate ; sssom:author_label 'The poems-kg authors' ; "
    "sssom:confidence 0.9 ; sssom:mapping_date '2026-11-21' ; rdfs:comment ?why }",
    "GRAPH graph:links { HP:0001271 oboInOwl:hasDbXref ?text . ?m sssom:subject_id HP:0001271 ; sssom:object_id ?iri }",
    "GRAPH graph:imports { HP:0001271 rdfs:subClassOf HP:0009830 . HP:0009830 rdfs:label 'Peripheral neuropathy' }",
    "GRAPH graph:imports { HP:0000118 rdfs:subClassOf kg:Finding }",
]
# And for each that must not: denials are no edges and no matches, frequencies no axioms, imports rename no term.
HOLDS_NOT = [
    "CL:0000786 kg:causes HP:0002240",
    "?d rdfs:subClassOf ?r . ?r owl:someValuesFrom HP:0002240",
    "MONDO:0006702 rdfs:subClassOf ?r . ?r owl:someValuesFrom ?f",
    "GRAPH graph:imports { HP:0001271 rdfs:label ?label }",
    "GRAPH graph:asserted { HP:0001271 rdfs:subClassOf kg:Finding }",
    "GRAPH graph:asserted { ?c a kg:Claim }",
    "claim:C0006 kg:passage ?p",
    "MONDO:0017364 skos:exactMatch MONDO:0006702",
]


@pytest.mark.parametrize("pattern", HOLDS)
def test_holds(pattern: str, store: LocalStore) -> None:
    assert store.query(f"{PREFIXES} ASK {{ {pattern} }}").askAnswer


@pytest.mark.parametrize("pattern", HOLDS_NOT)
def test_does_not_hold(pattern: str, store: LocalStore) -> None:
    assert not store.query(f"{PREFIXES} ASK {{ {pattern} }}").askAnswer


def test_every_axiom_with_a_restriction_comes_from_the_axiom_table(knowledge: Knowledge, store: LocalStore) -> None:
    rows = store.query(f"{PREFIXES} SELECT ?r {{ ?r owl:someValuesFrom ?f }}").bindings
    assert len(rows) == len(knowledge.axioms)


def test_of_what_is_inferred_only_shares_are_made_here(knowledge: Knowledge) -> None:
    quads = build_quads(knowledge)
    assert {quad.graph_name for quad in quads} == set(Graphs.all) - {Graphs.conflicts}
    inferred = {quad.predicate for quad in quads if quad.graph_name == Graphs.inferred}
    figures = {"at_least", "at_most", "interval_low", "interval_high", "topic", "subset"}
    assert inferred == {iri(f"kg:{key}") for key in figures}


def test_all_claims_are_there_with_their_numbers_of_statements(knowledge: Knowledge, store: LocalStore) -> None:
    rows = store.query(f"{PREFIXES} SELECT ?c {{ ?c a kg:Claim }}").bindings
    assert len(rows) == len(knowledge.claims)


def test_a_category_of_instances_has_individuals(folder: Folder) -> None:
    row = {"category": "Place", "definition": "A country.", "definition_source": "mini2020"}
    folder.add("terms.tsv", term_id="POEMS:0000001", label="Japan", **row)
    quads = build_quads(read_knowledge(folder.path))
    assert ox.Quad(iri("POEMS:0000001"), iri("rdf:type"), iri("kg:Place"), Graphs.asserted) in quads
    assert ox.Quad(iri("POEMS:0000001"), iri("rdf:type"), iri("owl:Class"), Graphs.asserted) not in quads


def test_a_term_with_only_a_foreign_parent_still_hangs_below_its_category(folder: Folder) -> None:
    row = {"definition": "A kind.", "definition_source": "mini2020"}
    folder.add("links/upstream.tsv", term_id="MAXO:0000003", label="diagnostic procedure", release="maxo.obo")
    kinds = [
        ("POEMS:0000001", "One", "DiagnosticTest", "MAXO:0000003", True),
        ("POEMS:0000002", "Two", "Finding", "HP:0009830", False),
    ]
    for term_id, label, category, parent_id, _ in kinds:
        folder.add("terms.tsv", term_id=term_id, label=label, category=category, parent_ids=parent_id, **row)
    quads = build_quads(read_knowledge(folder.path))
    for term_id, _, category, _, expected in kinds:
        edge = ox.Quad(iri(term_id), iri("rdfs:subClassOf"), iri(f"kg:{category}"), Graphs.asserted)
        assert (edge in quads) is expected


def test_an_obsolete_class_is_marked(folder: Folder) -> None:
    folder.set("links/upstream.tsv", "HP:0009830", obsolete="HP:0001271")
    quads = build_quads(read_knowledge(folder.path))
    assert ox.Quad(iri("HP:0009830"), iri("owl:deprecated"), ox.Literal(True), Graphs.imports) in quads


def test_old_doi_becomes_a_lawful_address(folder: Folder) -> None:
    folder.set("sources.tsv", "mini2020", doi="10.1002/1097(2000)23:7<1051::aid>3.0.co;2-v")
    text = render_trig(build_quads(read_knowledge(folder.path)))
    assert b"%3C1051" in text
    assert b'"DOI:10.1002/1097(2000)23:7<1051::aid>3.0.co;2-v"' in text


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_does_not_matter(seed: int, knowledge: Knowledge, folder: Folder) -> None:
    shuffle = random.Random(seed).shuffle  # noqa: S311 - nothing is secret here
    for path in sorted(folder.path.rglob("*.tsv")):
        name = str(path.relative_to(folder.path))
        header, *rows = folder.read(name)
        shuffle(rows)
        folder.write(name, [header, *rows])
    ours, theirs = build_quads(knowledge), build_quads(read_knowledge(folder.path))
    assert render_trig(theirs) == render_trig(ours)
    assert render_turtle(ontology_triples(theirs)) == render_turtle(ontology_triples(ours))
