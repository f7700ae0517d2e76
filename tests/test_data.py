"""The real tables: true, sorted, cited, and every fact of the two documents covered."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from poems_kg.checks import check_folder
from poems_kg.claims import CLAIM_COLUMNS
from poems_kg.knowledge import Knowledge, read_tables
from poems_kg.passages import digest, find_drift, find_file, read_text, sentences
from poems_kg.places import ontology_dir

SOURCES = Path(__file__).parent.parent.parent / "shared" / "sources"
DOCUMENTS = ("patient-article", "nord-report")
TABLES = sorted(path.relative_to(ontology_dir()).as_posix() for path in ontology_dir().rglob("*.tsv"))

NO_FACT = ("It is possible that the main title", "Please check the synonyms", "(For information on ", "(For more info")
"""How sentences begin that only lead to another part of the same document."""
NO_HEADING = ("National Organization for Rare Disorders, Inc.",)
"""Headings that end as a sentence does."""


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return read_tables(ontology_dir())


@pytest.fixture(scope="module")
def texts(knowledge: Knowledge) -> dict[str, str]:
    if not SOURCES.is_dir():
        pytest.skip(f"the source texts are not at {SOURCES}")
    return {name: read_text(find_file(knowledge.sources[name].record, SOURCES)) for name in DOCUMENTS}


def test_nothing_is_wrong_with_the_data() -> None:
    assert [str(problem) for problem in check_folder(ontology_dir()) if problem.level != "INFO"] == []


@pytest.mark.parametrize("name", TABLES)
def test_rows_are_sorted_by_id(name: str) -> None:
    rows = (ontology_dir() / name).read_text(encoding="utf-8").splitlines()[1:]
    keys = [row.split("\t") for row in rows]
    columns = slice(None) if name in ("axioms.tsv", "links/mappings.sssom.tsv") else slice(1)
    ids = [tuple(row[columns]) for row in keys]
    if name.startswith("claims/"):
        assert ids == sorted(ids, key=lambda key: (len(key[0]), key)), name
    else:
        assert ids == sorted(ids), name


def test_claims_are_written_as_they_are_read(knowledge: Knowledge) -> None:
    for table in knowledge.tables:
        if "/claims/" in table.file:
            cells = {row["claim_id"]: [row[column] for column in CLAIM_COLUMNS] for _, row in table.rows}
            assert cells == {claim_id: knowledge.claims[claim_id].record.to_row() for claim_id in cells}


def test_qualifiers_are_in_alphabetical_order(knowledge: Knowledge) -> None:
    wrong = [
        claim.claim_id
        for claim in knowledge.claim_records()
        if [key for key, _ in claim.qualifiers] != sorted(key for key, _ in claim.qualifiers)
    ]
    assert wrong == []


def test_both_documents_and_the_literature_speak(knowledge: Knowledge) -> None:
    cited = {claim.source_id for claim in knowledge.claim_records()}
    assert set(DOCUMENTS) < cited
    assert len(cited) > 20


def test_polarity_and_certainty_are_kept(knowledge: Knowledge) -> None:
    claims = knowledge.claim_records()
    assert {claim.polarity for claim in claims} == {"asserts", "denies"}
    assert {claim.certainty for claim in claims} == {"established", "probable", "uncertain"}


def test_rivals_have_findings_of_their_own(knowledge: Knowledge) -> None:
    subjects = {claim.subject_label for claim in knowledge.claim_records() if claim.relation == "has_phenotype"}
    rivals = ["chronic inflammatory demyelinating", "AL amyloidosis", "Guillain-Barre", "Castleman", "CANOMAD"]
    rivals += ["monoclonal gammopathy", "myeloma"]
    assert [rival for rival in rivals if not any(rival in subject for subject in subjects)] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_passage_is_found_again(name: str, knowledge: Knowledge, texts: dict[str, str]) -> None:
    source = knowledge.sources[name].record
    assert digest(texts[name]) == source.sha256
    assert [str(drift) for drift in find_drift(source, texts[name], knowledge.claim_records())] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_passage_begins_and_ends_with_a_sentence(name: str, knowledge: Knowledge, texts: dict[str, str]) -> None:
    starts, ends = (set(offsets) for offsets in zip(*sentences(texts[name]), strict=True))
    wrong = {
        (claim.start, claim.end): claim.claim_id
        for claim in knowledge.claim_records()
        if claim.source_id == name and not (claim.start in starts and claim.end in ends)
    }
    assert wrong == {}


def uncovered(name: str, knowledge: Knowledge, text: str) -> Iterator[str]:
    """Sentences of a document that no claim points at."""
    passages = [(claim.start, claim.end) for claim in knowledge.claim_records() if claim.source_id == name]
    for start, end in sentences(text):
        if not any(left is not None and right is not None and left < end and right > start for left, right in passages):
            yield text[start:end]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_sentence_with_a_fact_has_a_claim(name: str, knowledge: Knowledge, texts: dict[str, str]) -> None:
    left = list(uncovered(name, knowledge, texts[name]))
    assert len(left) / len(list(sentences(texts[name]))) <= 0.12
    facts = [
        words
        for words in left
        if words.endswith((".", "!", "?", ".)")) and not words.startswith(NO_FACT) and words not in NO_HEADING
    ]
    assert facts == []
