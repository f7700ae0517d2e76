"""What people type for an entity, and what is meant."""

import pytest

from poems_kg.ids import expand
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.names import UnknownTermError, normalise


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("POEMS syndrome", "MONDO:0017364"),
        ("poems SYNDROME", "MONDO:0017364"),
        ("POEMS", "MONDO:0017364"),
        ("Crow-Fukase syndrome", "MONDO:0017364"),
        ("crow fukase syndrome", "MONDO:0017364"),
        ("MONDO:0017364", "MONDO:0017364"),
        ("mondo:0017364", "MONDO:0017364"),
        (expand("MONDO:0017364"), "MONDO:0017364"),
        ("  CIDP ", "MONDO:0006702"),
        ("castleman's disease", "MONDO:0015564"),
        ("ORPHA:2905", "MONDO:0017364"),
        ("Orphanet:2905", "MONDO:0017364"),
        ("MEDGEN:39276", "MONDO:0017364"),
        ("SCTID:79268002", "MONDO:0017364"),
        ("umls:c0085404", "MONDO:0017364"),
        ("http://snomed.info/id/79268002", "MONDO:0017364"),
        ("Orphanet:570438", "ORPHA:570438"),
        ("SNOMEDCT_US:80515008", "HP:0002240"),
    ],
)
def test_labels_synonyms_abbreviations_and_ids_are_found(kg: KnowledgeGraph, typed: str, meant: str) -> None:
    assert kg.names.find(typed) == meant


def test_every_label_finds_its_entity_or_one_of_the_same_name(kg: KnowledgeGraph) -> None:
    for row in kg.store.select(
        "SELECT ?term ?label WHERE { ?term <https://w3id.org/poems-kg/vocab/category> ?category ;"
        " <http://www.w3.org/2000/01/rdf-schema#label> ?label } ORDER BY ?term"
    )[1]:
        found = kg.names.find(str(row[1]))
        assert normalise(kg.names.label(found)) == normalise(str(row[1]))


@pytest.mark.parametrize("typed", ["POEMS sindrome", "poem syndrome"])
def test_a_miss_suggests_the_nearest(kg: KnowledgeGraph, typed: str) -> None:
    with pytest.raises(UnknownTermError) as caught:
        kg.names.find(typed)
    assert ("MONDO:0017364", "POEMS syndrome") in caught.value.nearest
    assert "did you mean" in str(caught.value)


def test_an_id_that_several_have_suggests_each(kg: KnowledgeGraph) -> None:
    shared: dict[str, set[str]] = {}
    query = "SELECT ?t ?x { ?t <http://www.geneontology.org/formats/oboInOwl#hasDbXref> ?x }"
    for term, xref in kg.store.select(query)[1]:
        if not str(term).startswith("source:"):
            shared.setdefault(str(xref), set()).add(str(term))
    exact = {
        str(row[0])
        for row in kg.store.select("SELECT ?x { ?t <http://www.w3.org/2004/02/skos/core#exactMatch> ?x }")[1]
    }
    xref = min(xref for xref, terms in shared.items() if len(terms) > 1 and xref not in exact)
    with pytest.raises(UnknownTermError) as caught:
        kg.names.find(xref)
    assert {entity_id for entity_id, _ in caught.value.nearest} <= shared[xref]


@pytest.mark.parametrize("typed", ["", "   ", "qqqqxxxx", '"} DROP ALL #', "http://example.org/unknown", "HP:9999999"])
def test_what_names_nothing_is_one_error(kg: KnowledgeGraph, typed: str) -> None:
    with pytest.raises(UnknownTermError) as caught:
        kg.names.find(typed)
    assert "\n" not in str(caught.value)


def test_an_id_without_label_is_its_own_label(kg: KnowledgeGraph) -> None:
    assert kg.names.label("HP:9999999") == "HP:9999999"
    assert kg.names.label("MONDO:0017364") == "POEMS syndrome"


@pytest.mark.parametrize(
    ("typed", "category", "meant", "scope"),
    [
        ("poem", "", "MONDO:0017364", "label"),
        ("CROW FUK", "", "MONDO:0017364", "exact"),
        ("cidp", "", "MONDO:0006702", "exact"),
        ("fukase", "Disorder", "MONDO:0017364", "exact"),
        ("enlarged liver", "Finding", "HP:0002240", "exact"),
        ("liver enl", "Finding", "HP:0002240", "exact"),
        ("hepatomegly", "", "HP:0002240", "label"),
        ("HP:0002240", "", "HP:0002240", "id"),
        ("hp:000224", "", "HP:0002240", "id"),
        ("ORPHA:2905", "", "MONDO:0017364", "id"),
        (expand("MONDO:0017364"), "Disorder", "MONDO:0017364", "id"),
    ],
)
def test_search_completes_names_and_ids(kg: KnowledgeGraph, typed: str, category: str, meant: str, scope: str) -> None:
    found = kg.names.search(typed, category)
    match = next(match for match in found if match.entity_id == meant)
    assert match in found[:2]
    assert (match.label, match.scope) == (kg.names.label(meant), scope)
    assert {each.category for each in found} == {category} or not category


def test_search_gives_each_entity_once_and_no_more_than_asked_for(kg: KnowledgeGraph) -> None:
    found = kg.names.search("s", count=40)
    assert len({match.entity_id for match in found}) == len(found) == 40
    assert kg.names.search("s", count=3) == found[:3]
    assert kg.names.search("POEMS syndrome", count=0) == kg.names.search("", count=5) == []


def test_search_knows_sources_but_no_vocabulary(kg: KnowledgeGraph) -> None:
    found = kg.names.search("h", count=10_000)
    assert "Publication" in {match.category for match in found}
    assert not [match for match in found if match.entity_id.startswith("kg:")]


@pytest.mark.parametrize(
    "typed", ["qqqqxxxx", '"} DROP ALL #', "http://example.org/unknown", "\x00", "\ud800", "a" * 5000]
)
def test_search_finds_nothing_for_what_names_nothing(kg: KnowledgeGraph, typed: str) -> None:
    assert kg.names.search(typed) == []


def test_search_reaches_all_diseases_of_a_linked_graph(mini_linked: KnowledgeGraph) -> None:
    found = mini_linked.names.search("disorder in the crowd 7", "Disorder", 20)
    assert found[0].label == "DISORDER IN THE CROWD 7"
    assert len(found) > 10
