"""Slices of other ontologies: what is cut, and what is kept."""

from pathlib import Path

import pytest

from poems_kg.ids import PoemsKgError
from poems_kg.links import Upstream
from poems_kg.slices import cut_slices

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
xref: MSH:D011115 "Polyneuropathies"
xref: PMID:1
xref: SNOMEDCT_US:42345000 {source="x"}
xref: UMLS:C0152025
xref: Unheard_of:1
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
    records, mappings = cut_slices({"HP:0001271", "HP:0000002", "MONDO:0017364"}, set(), [releases], {})
    found = {record.term_id: record for record in records}
    assert list(found) == ["HP:0000002", "HP:0000118", "HP:0001271", "HP:0009830", "MONDO:0017364"]
    assert found["HP:0000118"].parent_ids == ()
    assert found["HP:0001271"].parent_ids == ("HP:0009830",)
    assert found["HP:0001271"].release == "hp.obo hp/releases/2030-01-01"
    assert found["HP:0000002"].obsolete == "HP:0001271"
    assert [(mapping.predicate_id, mapping.object_id) for mapping in mappings] == [
        ("oboInOwl:hasDbXref", "mesh:D011115"),
        ("oboInOwl:hasDbXref", "snomedct:42345000"),
        ("oboInOwl:hasDbXref", "umls:C0152025"),
        ("skos:exactMatch", "ORPHA:2905"),
    ]
    assert {mapping.mapping_source for mapping in mappings} == {
        "http://purl.obolibrary.org/obo/hp/releases/2030-01-01/hp.obo",
        "http://example.org/mondo/releases/2030-01-01/exact.sssom.tsv",
    }


@pytest.mark.parametrize(
    ("file", "version", "address"),
    [
        ("maxo.obo", "releases/2030-01-01", "http://purl.obolibrary.org/obo/maxo/releases/2030-01-01/maxo.obo"),
        (
            "cl_import.obo",
            "hp/releases/2030-01-01/imports/cl_import.owl",
            "http://purl.obolibrary.org/obo/hp/releases/2030-01-01/imports/cl_import.owl",
        ),
    ],
)
def test_the_address_of_a_release_is_what_obo_gives_it(file: str, version: str, address: str, tmp_path: Path) -> None:
    pytest.importorskip("obonet")
    text = OBO.replace("hp/releases/2030-01-01", version)
    (tmp_path / file).write_text(text, encoding="utf-8")
    _, mappings = cut_slices({"HP:0001271"}, set(), [tmp_path], {})
    assert {mapping.mapping_source for mapping in mappings} == {address}


def test_what_no_release_file_has_stays_as_it_was(releases: Path) -> None:
    pytest.importorskip("obonet")
    seen = {"CL:0000786": Upstream("CL:0000786", "plasma cell", (), "", "cl.obo")}
    records, _ = cut_slices({"CL:0000786"}, set(), [releases], seen)
    assert seen["CL:0000786"] in records


def test_a_folder_without_release_files_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PoemsKgError, match=r"no \*\.obo or mondo_\*\.sssom\.tsv; give the folder"):
        cut_slices(set(), set(), [tmp_path], {})
