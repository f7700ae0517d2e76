"""Slices of other ontologies: what is cut, and what is kept."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poems_kg.ids import PoemsKgError
from poems_kg.links import (
    MAPPING_COLUMNS,
    UPSTREAM_COLUMNS,
    CrossReference,
    Upstream,
    ancestors,
    cut_slices,
    parse_cross_reference,
    parse_upstream,
)

OBO = """format-version: 1.2
data-version: hp/releases/2030-01-01

[Term]
id: HP:0000001
name: All

[Term]
id: HP:0000118
name: Phenotypic abnormality
is_a: HP:0000001 ! All

[Term]
id: HP:0009830
name: Peripheral neuropathy
is_a: HP:0000118 ! Phenotypic abnormality

[Term]
id: HP:0001271
name: Polyneuropathy
is_a: HP:0009830 ! Peripheral neuropathy

[Term]
id: HP:0000002
name: obsolete Old name
is_obsolete: true
replaced_by: HP:0001271

[Term]
id: HP:0000003
name: Unasked for
is_a: HP:0009830 ! Peripheral neuropathy
"""
SSSOM = """# mapping_set_version: http://example.org/mondo/releases/2030-01-01/exact.sssom.tsv
subject_id\tsubject_label\tpredicate_id\tobject_id\tobject_label\tmapping_justification
MONDO:0017364\tPOEMS syndrome\tskos:exactMatch\tOrphanet:2905\tPOEMS syndrome\tsemapv:ManualMappingCuration
MONDO:0000009\tanother\tskos:exactMatch\tOrphanet:9\tanother\tsemapv:ManualMappingCuration
"""
EDGES = "subject\tpredicate\tobject\nMONDO:0017364\tbiolink:subclass_of\tMONDO:0000001\n"
IDS = st.sampled_from([f"X:{number}" for number in range(6)])
SLICES = st.dictionaries(IDS, st.lists(IDS, max_size=3).map(tuple)).map(
    lambda edges: {term_id: Upstream(term_id, "", parents, "", "") for term_id, parents in edges.items()}
)


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """A folder of release files."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "hp.obo").write_text(OBO, encoding="utf-8")
    (tmp_path / "mondo_exact.sssom.tsv").write_text(SSSOM, encoding="utf-8")
    (tmp_path / "mondo_edges.tsv").write_text(EDGES, encoding="utf-8")
    return tmp_path


def test_a_slice_has_our_terms_and_what_is_above_them_up_to_the_root(releases: Path) -> None:
    pytest.importorskip("obonet")
    records, references = cut_slices({"HP:0001271", "HP:0000002", "MONDO:0017364"}, set(), [releases], {})
    found = {record.term_id: record for record in records}
    assert list(found) == ["HP:0000002", "HP:0000118", "HP:0001271", "HP:0009830", "MONDO:0017364"]
    assert found["HP:0000118"].parent_ids == ()
    assert found["HP:0001271"].parent_ids == ("HP:0009830",)
    assert found["HP:0001271"].release == "hp.obo hp/releases/2030-01-01"
    assert found["HP:0000002"].obsolete == "HP:0001271"
    assert [reference.object_id for reference in references] == ["Orphanet:2905"]
    assert references[0].mapping_set_version.endswith("exact.sssom.tsv")


def test_what_no_release_file_has_stays_as_it_was(releases: Path) -> None:
    pytest.importorskip("obonet")
    seen = {"CL:0000786": Upstream("CL:0000786", "plasma cell", (), "", "cl.obo")}
    records, _ = cut_slices({"CL:0000786"}, set(), [releases], seen)
    assert seen["CL:0000786"] in records


def test_a_folder_without_release_files_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PoemsKgError, match=r"no \*\.obo or mondo_\*\.sssom\.tsv; give the folder"):
        cut_slices(set(), set(), [tmp_path], {})


@given(SLICES, IDS, IDS, IDS)
def test_more_edges_never_take_an_ancestor_away(slice_: dict[str, Upstream], start: str, low: str, high: str) -> None:
    before = ancestors(start, slice_)
    parents = slice_[low].parent_ids if low in slice_ else ()
    after = ancestors(start, slice_ | {low: Upstream(low, "", (*parents, high), "", "")})
    assert before <= after


def test_rows_and_records() -> None:
    record = Upstream("HP:1", "One", ("HP:2", "HP:3"), "", "hp.obo")
    assert parse_upstream((2, dict(zip(UPSTREAM_COLUMNS, record.to_row(), strict=True)))) == record
    reference = CrossReference("HP:1", "One", "skos:exactMatch", "X:1", "", "semapv:ManualMappingCuration", "v")
    assert parse_cross_reference((2, dict(zip(MAPPING_COLUMNS, reference.to_row(), strict=True)))) == reference
