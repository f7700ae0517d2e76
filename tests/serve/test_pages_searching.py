"""Search: any name finds its entity and says which name it was; what is typed is only ever text."""

import pytest
from html_page import HtmlPage
from made_claims import HOSTILE

from poems_kg.serve.asked import Asked
from poems_kg.serve.pages.searching import search_page


def search(desk, text):
    page = HtmlPage(search_page(desk, Asked((("text", text),))).body)
    page.check()
    return page


def hits(page):
    return [found["href"] for found in page.having("a") if found["href"].startswith("/entity/")]


def test_a_synonym_finds_its_entity_first_and_is_named(desk):
    page = search(desk, "enlarged liver")
    assert hits(page)[0] == "/entity/HP:0002240"
    assert "found as enlarged liver , another name of it" in page.text


@pytest.mark.parametrize(
    ("text", "entity_id"),
    [
        ("POEMS syndrome", "MONDO:0017364"),
        ("ORPHA:2905", "MONDO:0017364"),
        ("CIDP", "MONDO:0006702"),
        ("HP:0001085", "HP:0001085"),
    ],
)
def test_labels_abbreviations_and_ids_find_their_entity_first(desk, text, entity_id):
    page = search(desk, text)
    assert hits(page)[0] == f"/entity/{entity_id}"
    assert "Nothing is called" not in page.text


def test_a_miss_says_so_and_suggests_the_nearest(desk):
    page = search(desk, "papiledema")
    assert "Nothing is called “papiledema”" in page.text
    assert hits(page)[0] == "/entity/HP:0001085"


def test_what_is_like_nothing_leads_on(desk):
    page = search(desk, "zzzzqqqq")
    assert "Nothing is called “zzzzqqqq”" in page.text
    assert not hits(page)
    assert page.having("a", href="/search?text=enlarged+liver")


def test_no_text_shows_examples_that_all_find_something(desk):
    page = search(desk, " ")
    examples = [found["href"] for found in page.having("a") if found["href"].startswith("/search?text=")]
    assert len(examples) > 3
    for example in examples:
        assert hits(search(desk, example.partition("=")[2].replace("+", " ").replace("%3A", ":")))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(desk, text):
    page = search(desk, text)
    assert not page.having("script", type="text/javascript")
    assert not page.having("img")
    assert "49" not in page.words_in("h1")


def test_what_was_typed_stays_in_the_field(desk):
    page = search(desk, '"liver" & <spleen>')
    assert page.having("input", id="search-text")[0]["value"] == '"liver" & <spleen>'
