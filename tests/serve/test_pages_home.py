"""The first page: the five letters with the figures that the graph has, and nothing drawn that would mislead."""

import pytest
from html_page import HtmlPage
from made_claims import make_claim

from poems_kg.serve.asked import Asked
from poems_kg.serve.pages.bars import Stretch, draw_bar, is_drawn
from poems_kg.serve.pages.evidence import evidence
from poems_kg.serve.pages.home import build_letters, home_page
from poems_kg.views import POEMS


@pytest.fixture(scope="module")
def found(desk):
    return evidence(desk)


@pytest.fixture(scope="module")
def letters(found):
    return build_letters(found.about(POEMS), found)


@pytest.fixture(scope="module")
def home(desk):
    page = HtmlPage(home_page(desk, Asked()).body)
    page.check()
    return page


def test_letters_come_in_the_order_of_the_acronym_with_the_feature_each_stands_for(letters):
    assert [letter.letter for letter in letters] == ["P", "O", "E", "M", "S", "beyond"]
    assert [letter.measures[0].is_cardinal for letter in letters] == [True] * 5 + [False]
    assert letters[0].measures[0].fact.other_id == "HP:0001271"


def test_letters_count_every_finding_that_is_asserted(letters, found):
    findings = {
        claim.object_id
        for claim in found.about(POEMS)
        if claim.subject_id == POEMS and claim.relation == "has_phenotype" and claim.polarity == "asserts"
    }
    filed = {claim.object_id for claim in found.about(POEMS) if any(key == "letter" for key, _ in claim.qualifiers)}
    assert sum(letter.findings for letter in letters) == len(findings & filed)
    assert all(letter.findings == len(letter.measures) + letter.rest for letter in letters)


def test_every_bar_cites_who_gave_its_figures(letters):
    for measure in (measure for letter in letters for measure in letter.measures):
        drawn = {claim.source_id for claim in measure.fact.claims if is_drawn(claim)}
        assert measure.cited
        assert {source.source_id for source in measure.cited} <= drawn
        assert measure.fact.bar.sources == len(drawn)


def test_the_page_says_every_figure_in_words_and_leads_to_its_sources(home, letters):
    for measure in (measure for letter in letters for measure in letter.measures):
        assert " ".join(measure.fact.bar.words.split()) in home.text
        assert home.having("a", href=f"/entity/{measure.fact.other_id}")
        for source in measure.cited:
            assert home.having("a", href=f"/source/{source.source_id}")


def test_the_page_says_what_most_patients_are_first_told_and_what_tells_it_apart(home):
    assert "chronic inflammatory demyelinating polyradiculoneuropathy" in home.text
    assert "54–60\N{NO-BREAK SPACE}%" in "".join(data for _, data in home.texts)
    assert home.having("a", href=f"/compare?disorder={POEMS}&disorder=MONDO:0006702".replace("MONDO:", "MONDO%3A"))


def test_the_page_counts_what_the_graph_holds(home, found):
    assert f"{len(found.claims):,}" in home.text
    assert f"{len(found.conflicts)} conflicts" in home.text


@pytest.mark.parametrize(
    "door", ["/compare", "/mechanism", "/treatments", "/questions", "/conflicts", "/diagnose", "/editor"]
)
def test_the_page_has_a_door_to_each_other_page(home, door):
    assert len(home.having("a", href=door)) == 2, "one in the head, one in the page"


def test_the_page_is_not_medical_advice(home):
    assert "Not medical advice" in home.text


def test_a_bar_shows_figures_ranges_and_bounds_as_they_are():
    bar = draw_bar(
        [
            make_claim(unit="%", low=44.0, high=44.0),
            make_claim(unit="%", low=29.0, high=64.0, source_id="two"),
            make_claim(unit="%", high=80.0, source_id="three"),
            make_claim(n=25, total=38, source_id="four"),
        ]
    )
    assert bar.ticks == (44.0, 65.8)
    assert bar.stretches == (Stretch(29.0, 64.0, ""), Stretch(76.0, 80.0, "low"))
    assert (bar.low, bar.high, bar.start, bar.width, bar.sources) == (29.0, 80.0, 29.0, 51.0, 4)
    assert bar.words == "29–80\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("low", "high", "words"), [(None, 84.0, "≤84"), (95.0, None, "≥95"), (70.0, 70.0, "70"), (30.0, 79.0, "30–79")]
)
def test_words_of_a_bar_say_which_end_is_a_bound(low, high, words):
    assert draw_bar([make_claim(unit="%", low=low, high=high)]).words == f"{words}\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    "cells",
    [
        {"unit": "%", "low": 49.0, "high": 49.0, "qualifiers": (("stage", "first symptom"),)},
        {"n": 2, "total": 2},
        {"unit": "%", "low": 10.0, "high": 10.0, "polarity": "denies"},
        {"unit": "pg/mL", "low": 200.0},
        {},
    ],
    ids=["share of first symptoms", "two patients", "denied", "not a share", "no figure"],
)
def test_what_is_no_share_of_patients_is_not_drawn(cells):
    assert draw_bar([make_claim(**cells)]) is None
