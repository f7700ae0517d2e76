"""Which media type a client is given, by RFC 9110: its examples in our words, and what must hold for every header."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poems_kg.serve.negotiation import SHORT_NAMES, choose

JSON, XML, CSV, TSV = (
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
)
CHOICES = (JSON, "application/json", XML, CSV, TSV)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("text/*", CSV),
        (CSV, CSV),
        ("TEXT/CSV", CSV),
        (f"{CSV};q=0.5, {XML};q=0.9", XML),
        (f"{XML}, {JSON}", JSON),
        (f"{JSON};q=0.1, */*;q=0.2", "application/json"),
        ("text/csv, */*", CSV),
        ("text/csv;q=0, text/*", TSV),
        ("text/*, text/csv;q=0", TSV),
        ("text/*;q=0.3, text/tab-separated-values;q=0.2, */*;q=0.1", CSV),
        ("image/png", None),
        ("image/png, text/csv;q=0.001", CSV),
        ("*/*;q=0", None),
        ("text/csv;q=0", None),
        (f"{CSV};charset=utf-8", CSV),
        (f'{CSV};charset="UTF-8";q=0.5, {XML};q=0.4', CSV),
        (f"{CSV};header=absent;q=0.9", CSV),
        (f"{CSV};header=absent, {CSV};q=0, {XML};q=0.1", XML),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
        (f'text/plain;note="a,{XML}", {CSV};q=0.2', CSV),
        (f'text/plain;note="a\\",{XML}", {CSV};q=0.2', CSV),
    ],
)
def test_the_best_of_what_is_offered_is_chosen(accept: str, expected: str | None) -> None:
    assert choose(accept, CHOICES) == expected


@pytest.mark.parametrize(
    "broken", ["nonsense", "/", "text", "*/csv", ";q=1", "text/csv;q=2", "text/csv;q=high", "é/é", ",,"]
)
def test_what_is_no_media_range_is_passed_over(broken: str) -> None:
    assert choose(broken, CHOICES) == JSON, "nothing was said that can be understood"
    assert choose(f"{broken}, {XML}", CHOICES) == XML


@pytest.mark.parametrize(
    ("name", "expected"), [("csv", CSV), ("XML", XML), (" tsv ", TSV), ("json", JSON), ("turtle", XML), ("odd", XML)]
)
def test_a_short_name_decides_where_it_means_a_choice(name: str, expected: str) -> None:
    assert choose(XML, CHOICES, name) == expected


def test_every_short_name_is_lower_case() -> None:
    assert all(name == name.casefold() for name in SHORT_NAMES)


def test_nothing_is_chosen_where_nothing_is_offered() -> None:
    assert choose("*/*", []) is None
    assert choose("", []) is None


WEIGHTS = st.integers(0, 1000).map(lambda n: f"{n / 1000:.3f}")
RANGES = st.sampled_from([*CHOICES, "text/*", "application/*", "*/*", "text/html", "image/*"])
HEADERS = st.lists(st.tuples(RANGES, WEIGHTS), max_size=8)


def written(parts: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name};q={weight}" for name, weight in parts)


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_header_gives_a_choice_or_nothing(accept: str, name: str) -> None:
    assert choose(accept, CHOICES, name) in {None, *CHOICES}


@given(HEADERS)
def test_what_weighs_nothing_is_never_chosen(parts: list[tuple[str, str]]) -> None:
    chosen = choose(written([*parts, (CSV, "0")]), CHOICES)
    named = [float(weight) for name, weight in parts if name == CSV]
    assert chosen != CSV or max(named) > 0


@given(HEADERS, st.randoms())
def test_the_order_of_the_parts_does_not_matter(parts: list[tuple[str, str]], chance: Random) -> None:
    shuffled = list(parts)
    chance.shuffle(shuffled)
    assert choose(written(shuffled), CHOICES) == choose(written(parts), CHOICES)


@given(HEADERS.filter(len))
def test_no_choice_that_is_named_weighs_more_than_the_chosen(parts: list[tuple[str, str]]) -> None:
    chosen = choose(written(parts), CHOICES)
    named = {choice: max(float(w) for name, w in parts if name == choice) for choice, _ in parts if choice in CHOICES}
    heaviest = max(named.values(), default=0.0)
    if heaviest > 0:
        assert chosen is not None
        assert named.get(chosen, heaviest) == heaviest


@given(HEADERS, st.permutations(CHOICES))
def test_something_is_chosen_whatever_the_order_of_the_offer(parts: list[tuple[str, str]], offer: list[str]) -> None:
    assert (choose(written(parts), offer) is None) == (choose(written(parts), CHOICES) is None)


@given(st.integers(1, 20_000))
def test_a_long_header_takes_no_longer_than_its_length(length: int) -> None:
    assert choose('"' * length, CHOICES) == JSON
    assert choose("a/" + "b;" * (length // 2), CHOICES) in {None, JSON}
    assert choose(CSV + ' ;a="' * (length // 5), CHOICES) in {CSV, None, JSON}
