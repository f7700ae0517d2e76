"""Completion of names in sorted arrays, on names made by hand and on many made ones."""

from time import perf_counter

from hypothesis import given, settings
from hypothesis import strategies as st

from poems_kg.completion import Completion, Match
from poems_kg.spelling import normalise

LIVER = [
    (0, Match("HP:0002240", "Hepatomegaly", "Hepatomegaly", "label", "Finding")),
    (0, Match("HP:0002240", "Hepatomegaly", "enlarged liver", "exact", "Finding")),
    (0, Match("HP:0002240", "Hepatomegaly", "HP:0002240", "id", "Finding")),
    (0, Match("UBERON:0002107", "liver", "liver", "label", "AnatomicalEntity")),
    (1, Match("MONDO:1", "liver disease", "liver disease", "label", "Disorder")),
    (1, Match("MONDO:2", "Liver", "Liver", "related", "Disorder")),
]


def names(text, **options):
    return [match.name for match in Completion(LIVER).complete(text, **options)]


def test_the_very_name_comes_first_then_beginnings_then_later_words_of_ours_before_others():
    assert names("LIVER") == ["liver", "Liver", "enlarged liver", "liver disease"]
    assert names("live") == ["liver", "enlarged liver", "liver disease", "Liver"]


def test_words_may_stand_in_any_order_and_be_cut_off():
    assert names("liv enl", like=99) == ["enlarged liver"]


def test_a_misspelt_name_is_found_by_likeness():
    assert names("hepatomegly") == ["Hepatomegaly"]
    assert names("hepatomegly", like=99) == []


def test_each_entity_comes_once_and_of_the_category_asked_for():
    assert [match.entity_id for match in Completion(LIVER).complete("e")] == ["HP:0002240"]
    assert names("liver", category="Disorder") == ["Liver", "liver disease"]
    assert names("liver", category="Treatment") == []


def test_ids_are_completed_once_they_look_like_ids():
    assert names("hp:00022") == names("0002240") == ["HP:0002240"]
    assert names("hp") == []


def test_nothing_typed_and_nothing_wanted_give_nothing():
    assert names("") == names(" '- ") == names("liver", count=0) == names("liver", count=-1) == []
    assert Completion([]).complete("liver") == []


WORDS = st.text("abc é'-", max_size=9)


@settings(deadline=None, derandomize=True)
@given(st.lists(WORDS, max_size=12), WORDS, st.integers(0, 5))
def test_whatever_begins_so_is_found_and_no_more_than_asked_for(made, typed, count):
    matches = [Match(f"X:{place}", name, name, "label", "") for place, name in enumerate(made)]
    completion = Completion((0, match) for match in matches)
    found = completion.complete(typed, count=count)
    assert len({match.entity_id for match in found}) == len(found) <= count
    key = normalise(typed)
    begin = {match.entity_id for match in matches if key and f" {key}" in f" {normalise(match.name)}"}
    everything = [match.entity_id for match in completion.complete(typed, count=len(made) + 1)]
    assert begin <= set(everything)
    assert {match.entity_id for match in found} == set(everything[:count])
    assert set(everything[: len(begin)]) == begin


def test_forty_thousand_names_are_quick():
    made = [
        f"{first} {second} syndrome {n}" for n in range(100) for first in "abcdefghij" for second in "klmnopqrstuvwx"
    ]
    completion = Completion((0, Match(f"X:{n}", name, name, "label", "")) for n, name in enumerate(made * 3))
    for typed in ("a", "syndrome", "synd a", "j x sindrome 7", "zzzzzzzz"):
        started = perf_counter()
        completion.complete(typed)
        # Ten times what it takes, so that a busy machine does not fail it.
        assert perf_counter() - started < 0.3, typed
