"""One entity, all claims, and the counts."""

from collections import Counter

import pytest

from poems_kg.names import UnknownTermError
from poems_kg.places import ontology_dir
from poems_kg.rules import read_knowledge


@pytest.fixture(scope="module")
def knowledge():
    return read_knowledge(ontology_dir())


def test_claims_of_the_graph_are_the_rows_of_the_tables(kg, knowledge):
    rows = [claim.to_row() for claim in kg.claims()]
    assert rows == [claim.to_row() for claim in knowledge.claim_records()]


def test_claims_of_an_entity_have_it_as_subject_or_object(kg):
    claims = kg.claims("enlarged liver")
    assert claims
    assert all("HP:0002240" in (claim.subject_id, claim.object_id) for claim in claims)


def test_claims_of_a_source_are_all_of_it(kg, knowledge):
    wanted = {claim.claim_id for claim in knowledge.claim_records() if claim.source_id == "nord-report"}
    assert {claim.claim_id for claim in kg.claims(source_id="nord-report")} == wanted


def test_show_gives_names_broader_classes_and_claims(kg):
    description = kg.show("cidp")
    assert description.entity_id == "MONDO:0006702"
    assert description.category == "Disorder"
    assert description.definition
    assert "CIDP" in [name for _, name in description.synonyms]
    assert ("skos:exactMatch", "ORPHA:2932") in description.matches
    assert all(label for _, label in description.broader)
    assert description.claims == kg.claims("MONDO:0006702")


def test_show_suggests_the_nearest_for_a_miss(kg):
    with pytest.raises(UnknownTermError, match="Hepatomegaly"):
        kg.show("hepatomegali")


def test_stats_count_what_is_there(kg, knowledge):
    counts = {(row["what"], row["kind"]): row["count"] for row in kg.stats()}
    polarity = Counter(claim.polarity for claim in knowledge.claim_records())
    assert counts["claims by polarity", "denies"] == polarity["denies"]
    assert sum(count for (what, _), count in counts.items() if what == "terms") == len(knowledge.terms)
    assert sum(count for (what, _), count in counts.items() if what == "triples") == len(kg.store.quads)
