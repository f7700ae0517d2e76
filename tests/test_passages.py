"""Passages: found by a phrase, found again in a copy, and missed where the copy differs."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import DATA
from hypothesis import given
from hypothesis import strategies as st

from poems_kg.claims import Claim, Source
from poems_kg.ids import PoemsKgError
from poems_kg.knowledge import Knowledge, read_tables
from poems_kg.passages import MAX_LENGTH, digest, find_drift, find_file, locate, read_text, sentences

TEXTS = DATA / "mini" / "texts"
TEXT = read_text(TEXTS / "mini_report.txt")
PIECES = [
    "Liver is large",
    ". ",
    "? ",
    "e.g. ",
    "Dr. A",
    "\n",
    "\r\n",
    "• ",
    "- ",
    "1. ",
    "  ",
    "”",
    "1999;",
    "Aé",
    "i.e.",
]
ANY_TEXT = st.lists(st.sampled_from(PIECES) | st.characters(exclude_categories=["Cs"])).map("".join)
BULLET = re.compile(r"[•*\-–]|\d{1,2}\.")


@pytest.fixture(scope="module")
def knowledge(mini: Path) -> Knowledge:
    return read_tables(mini)


@pytest.fixture(scope="module")
def report(knowledge: Knowledge) -> Source:
    return knowledge.sources["mini-report"].record


@given(ANY_TEXT)
def test_sentences_cover_all_but_blanks_and_bullets_and_do_not_overlap(text: str) -> None:
    place = 0
    for start, end in sentences(text):
        assert place <= start < end <= len(text)
        assert text[start:end].strip() == text[start:end]
        assert "\n" not in text[start:end]
        left = text[place:start].strip()
        assert not left or BULLET.fullmatch(left)
        place = end
    assert not text[place:].strip()


@given(ANY_TEXT, st.data())
def test_a_located_passage_is_in_the_text_with_its_hash(text: str, data: st.DataObject) -> None:
    spans = list(sentences(text))
    if not spans:
        return
    start, end = data.draw(st.sampled_from(spans))
    found = locate(text, text[start:end])
    for passage in found:
        assert 0 <= passage.start < passage.end <= len(text)
        assert passage.sha256 == digest(text[passage.start : passage.end])
        assert text[start:end] in text[passage.start : passage.end]
    assert any(passage.start <= start and end <= passage.end for passage in found)


def test_a_sentence_does_not_end_at_an_abbreviation() -> None:
    (passage,) = locate(TEXT, "24 of 51")
    assert TEXT[passage.start : passage.end] == "The liver is enlarged in 24 of 51 patients, i.e. 47 %."


def test_a_list_item_is_a_passage_without_its_bullet() -> None:
    (passage,) = locate(TEXT, "Weakness")
    assert TEXT[passage.start : passage.end] == "Weakness of the legs"


def test_a_phrase_that_stands_twice_has_two_passages() -> None:
    assert len(locate(TEXT, "POEMS syndrome")) == 2


@pytest.mark.parametrize(
    ("phrase", "words"),
    [("", "the phrase is empty"), ("  ", "the phrase is empty"), ("poems SYNDROME", "is not in the text")],
)
def test_a_phrase_that_cannot_be_found(phrase: str, words: str) -> None:
    with pytest.raises(PoemsKgError, match=words):
        locate(TEXT, phrase)


def test_a_passage_that_is_too_long() -> None:
    with pytest.raises(PoemsKgError, match=f"take a phrase within {MAX_LENGTH}"):
        locate("word " * 200, "word word")


def claims(knowledge: Knowledge) -> list[Claim]:
    return knowledge.claim_records()


def test_no_drift_in_the_same_text(knowledge: Knowledge, report: Source) -> None:
    assert find_drift(report, TEXT, claims(knowledge)) == []


def test_an_inserted_line_moves_what_follows(knowledge: Knowledge, report: Source) -> None:
    line = "A new line.\n"
    changed = TEXT.replace("Signs\n", f"{line}Signs\n")
    drift = find_drift(report, changed, claims(knowledge))
    at = TEXT.index("Signs")
    moved = {claim.claim_id for claim in claims(knowledge) if claim.start is not None and claim.start > at}
    assert {claim_id for one in drift for claim_id in one.claim_ids} == moved
    assert all(one.found_at == one.start + len(line) for one in drift)
    assert str(drift[0]) == f"mini-report:198-215: passage moved to {198 + len(line)}; look again at claim:C0003"


def test_a_changed_word_loses_its_passage_only(knowledge: Knowledge, report: Source) -> None:
    changed = TEXT.replace("24 of 51", "25 of 51")
    drift = find_drift(report, changed, claims(knowledge))
    assert [(one.claim_ids, one.found_at) for one in drift] == [(("claim:C0002",), None)]
    assert str(drift[0]).endswith("passage is gone; look again at claim:C0002")


def test_a_removed_sentence_is_gone_and_the_rest_has_moved(knowledge: Knowledge, report: Source) -> None:
    sentence = "Every patient has polyneuropathy. "
    drift = find_drift(report, TEXT.replace(sentence, ""), claims(knowledge))
    assert drift[0].claim_ids == ("claim:C0001",)
    assert drift[0].found_at is None
    assert all(one.found_at == one.start - len(sentence) for one in drift[1:])
    assert len(drift) == 5


def test_a_wrong_hash_is_drift(knowledge: Knowledge, report: Source) -> None:
    claim = replace(knowledge.claims["claim:C0001"].record, sha256="0" * 64)
    assert [one.found_at for one in find_drift(report, TEXT, [claim])] == [None]


def test_a_text_cut_off_loses_its_end(knowledge: Knowledge, report: Source) -> None:
    drift = find_drift(report, TEXT[:180], claims(knowledge))
    assert {one.start for one in drift} == {198, 217, 269}
    assert all(one.found_at is None for one in drift)


def test_a_copy_is_found_by_name_else_by_hash(report: Source, tmp_path: Path) -> None:
    assert find_file(report, TEXTS) == TEXTS / "mini_report.txt"
    other = tmp_path / "renamed.txt"
    other.write_bytes((TEXTS / "mini_report.txt").read_bytes())
    assert find_file(report, tmp_path) == other
    other.write_text("another text", encoding="utf-8")
    with pytest.raises(PoemsKgError, match="no copy of mini-report"):
        find_file(report, tmp_path)
    with pytest.raises(PoemsKgError, match="no such folder"):
        find_file(report, tmp_path / "none")


def test_an_unreadable_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"ab\xff")
    with pytest.raises(PoemsKgError, match="byte 2 is not UTF-8"):
        read_text(tmp_path / "bad.txt")
    with pytest.raises(PoemsKgError, match="cannot be read"):
        read_text(tmp_path / "none.txt")


def test_line_ends_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"One.\r\nTwo.\r\n")
    text = read_text(tmp_path / "a.txt")
    assert [text[start:end] for start, end in sentences(text)] == ["One.", "Two."]
