"""Releases joined: one id for each disorder and each finding."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poems_kg.releases.hpoa import HpoaFile
from poems_kg.releases.joining import Joined, closure, own_classes
from poems_kg.releases.opening import ReleaseError
from poems_kg.releases.reading import Releases, read_releases
from poems_kg.releases.records import Ontology, OntologyClass

DATA = Path(__file__).parent / "data" / "releases" / "linked"


@pytest.fixture
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Releases:
    """The hand-made releases."""
    monkeypatch.setenv("POEMS_KG_CACHE", str(tmp_path))
    return read_releases(DATA, lambda *_: None)


@pytest.fixture
def joined(releases: Releases) -> Joined:
    """The hand-made releases, joined as the core graph maps POEMS syndrome and CIDP."""
    return Joined(releases, {"ORPHA:2905": "MONDO:0017364", "ORPHA:2932": "MONDO:0006702"})


def test_ids_that_match_exactly_are_one_disorder(joined: Joined) -> None:
    assert joined.disorder("OMIM:999001") == joined.disorder("ORPHA:999001") == "MONDO:9990001"
    assert joined.disorder("ORPHA:2932") == "MONDO:0006702"
    assert joined.disorder("DECIPHER:999") == "decipher:999"
    assert set(joined.shown) == {"MONDO:0017364", "MONDO:0006702", "MONDO:9990001", "decipher:999"}
    assert joined.labels["MONDO:9990001"] == "swollen organ disorder"
    assert joined.labels["decipher:999"] == "Nerve and liver disorder"


def test_old_ids_are_followed_and_said(joined: Joined) -> None:
    assert "HP:9990001 is now HP:0002240: 1 annotations follow" in joined.notes
    assert "HP:0006941 is now HP:0001271: 1 annotations follow" in joined.notes
    assert {"HP:0002240", "HP:0001271"} <= joined.shown["MONDO:9990001"]


def test_what_is_negated_or_seen_in_nobody_is_not_shown(joined: Joined) -> None:
    assert "HP:0002240" not in joined.shown["MONDO:0006702"]
    assert "HP:0009830" not in joined.shown["decipher:999"]
    assert "HP:0003271" in joined.shown["decipher:999"]


def test_inheritance_is_no_finding(joined: Joined) -> None:
    assert not any("HP:0000006" in findings for findings in joined.shown.values())


def test_information_content_is_of_all_disorders(joined: Joined) -> None:
    bits = joined.information_content
    assert bits["HP:0000118"] == 0
    assert math.isclose(bits["HP:0031357"], 2)
    for finding, above in joined.findings.items():
        assert all(bits[finding] >= bits[broader] for broader in above if finding in bits)


def test_files_of_different_releases_are_refused(releases: Releases) -> None:
    assert releases.annotated
    odd = tuple(replace(row, finding_id="HP:7777777") for row in releases.annotated.annotations[:1])
    releases.annotated = HpoaFile("2030-01-01", "", odd + releases.annotated.annotations)
    with pytest.raises(ReleaseError, match=r"1 of 13 annotations .* HP:7777777; use files of the same release"):
        Joined(releases, {})


def test_a_few_unknown_ids_are_left_out_and_said(releases: Releases) -> None:
    assert releases.annotated
    rows = releases.annotated.annotations
    odd = replace(rows[0], finding_id="HP:7777777")
    releases.annotated = HpoaFile("", "", (odd, *rows * 20))
    joined = Joined(releases, {})
    assert "HP:7777777 is unknown: 1 annotations are left out" in joined.notes
    assert len(joined.annotations) == 240


def test_orphanet_s_newer_annotations_are_added_and_said(releases: Releases) -> None:
    assert releases.annotated
    first = releases.annotated.annotations[0]
    releases.further = [replace(first, aspect=""), replace(first, finding_id="HP:0001744", aspect="")]
    joined = Joined(releases, {"ORPHA:2905": "MONDO:0017364"})
    assert "1 annotations of Orphadata are not in phenotype.hpoa, and were added" in joined.notes
    assert "HP:0001744" in joined.shown["MONDO:0017364"]


def test_an_id_that_two_classes_claim_goes_to_the_lowest_and_is_said(releases: Releases) -> None:
    rows = releases.mappings["mondo-mappings"]
    releases.mappings["mondo-mappings"] = [*rows, replace(rows[0], subject_id="MONDO:0000002")]
    joined = Joined(releases, {})
    assert len([note for note in joined.notes if "several classes of Mondo" in note]) == 1
    assert "MONDO:0000002" in joined.canonical.values()


@given(st.dictionaries(st.integers(1, 30), st.sets(st.integers(31, 60), max_size=4), max_size=30))
def test_closure_is_monotone_and_reflexive(edges: dict[int, set[int]]) -> None:
    parents = {str(child): {str(parent) for parent in above} for child, above in edges.items()}
    parents |= {str(parent): {str(int(parent) + 40)} for above in parents.values() for parent in above}
    closed = closure(parents)
    for term, above in parents.items():
        assert term in closed[term]
        for parent in above:
            assert closed[term] >= closed[parent]


def test_a_class_above_itself_is_said() -> None:
    with pytest.raises(ReleaseError, match="is above itself"):
        closure({"a": ["b"], "b": ["c"], "c": ["a"]})


def test_a_class_is_described_by_its_own_ontology_only() -> None:
    def ontology(*term_ids: str) -> Ontology:
        return Ontology("", {term_id: OntologyClass(term_id, f"label {term_id}") for term_id in term_ids})

    kept = own_classes(
        {"hpo": ontology("HP:1", "HP:2", "GO:1"), "go": ontology("GO:1", "GO:2", "CL:1"), "cl": ontology("CL:1")}
    )
    assert [sorted(found.classes) for found in kept.values()] == [["HP:1", "HP:2"], ["GO:1", "GO:2"], ["CL:1"]]
