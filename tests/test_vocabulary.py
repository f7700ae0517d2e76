"""``core.ttl`` as the rules that tables keep."""

from pathlib import Path

import pytest

from poems_kg.ids import PoemsKgError
from poems_kg.places import ontology_dir
from poems_kg.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(ontology_dir() / "core.ttl")


def test_categories_say_what_their_members_are(vocabulary: Vocabulary) -> None:
    assert vocabulary.categories["Disorder"].members == "class"
    assert vocabulary.categories["Organisation"].members == "instance"
    assert {category.members for category in vocabulary.categories.values()} == {"class", "instance"}
    assert all(category.label and category.biolink for category in vocabulary.categories.values())


def test_relations_know_their_ends_and_their_biolink_predicate(vocabulary: Vocabulary) -> None:
    has_phenotype = vocabulary.relations["has_phenotype"]
    assert has_phenotype.biolink == "biolink:has_phenotype"
    assert has_phenotype.subjects == {"Disorder", "Finding"}
    assert has_phenotype.objects == {"Finding"}
    assert not has_phenotype.takes_text
    assert vocabulary.relations["has_age"].takes_text
    categories = set(vocabulary.categories)
    for relation in vocabulary.relations.values():
        assert relation.label
        assert relation.definition
        assert relation.subjects | relation.objects <= categories
        assert not (relation.takes_text and relation.objects)


def test_synonym_relations_know_their_property(vocabulary: Vocabulary) -> None:
    assert vocabulary.same_as("has_exact_synonym").endswith("oboInOwl#hasExactSynonym")
    assert vocabulary.same_as("causes") == ""


def test_qualifiers_are_no_relations(vocabulary: Vocabulary) -> None:
    assert {"letter", "sex", "versus", "stage"} <= vocabulary.qualifiers
    assert not vocabulary.qualifiers & vocabulary.relations.keys()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, r"core\.ttl: cannot be read; restore the file"),
        (b"<a> <b> .\n", r"core\.ttl:1: not Turtle"),
        (b"\xff\xfe", r"core\.ttl:1: not Turtle"),
    ],
)
def test_spoilt_core_is_one_line(data: bytes | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "core.ttl"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(PoemsKgError, match=words) as caught:
        Vocabulary(path)
    assert "\n" not in str(caught.value)
