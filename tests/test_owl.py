"""OWL files and ORDO: their classes as records, and one line for what is wrong."""

import gzip
from pathlib import Path

import pytest

from poems_kg.places import ontology_dir
from poems_kg.releases import ordo, owl
from poems_kg.releases.opening import ReleaseError
from poems_kg.releases.records import OntologyClass

ORDO = Path(__file__).parent / "data" / "releases" / "ordo.owl"
TURTLE = """# made for tests
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
@prefix oio: <http://www.geneontology.org/formats/oboInOwl#> .
obo:DOID_1 a owl:Class ; rdfs:label "maladie"@fr, "disease"@en ; obo:IAO_0000115 "A text." ;
  rdfs:subClassOf owl:Thing, obo:DOID_2,
    [ a owl:Restriction ; owl:onProperty obo:RO_1 ; owl:someValuesFrom obo:DOID_3 ] ;
  oio:hasExactSynonym "one" ; oio:hasRelatedSynonym "two" ; oio:hasBroadSynonym "three" ; oio:hasNarrowSynonym "four" ;
  oio:hasDbXref "UMLS:C1" ; oio:hasAlternativeId "DOID:4" .
obo:DOID_5 a owl:Class ; owl:deprecated true ; obo:IAO_0100001 obo:DOID_1 ; oio:consider "DOID:2" .
obo:RO_1 a owl:ObjectProperty ; rdfs:label "a property" .
<http://example.org/o> a owl:Ontology ; owl:versionIRI <http://example.org/o/2030-01-02/o.owl> .
"""
BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">\n<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>\n'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">&b;</rdf:RDF>'
)
OUTSIDE = '<?xml version="1.0"?>\n<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]>\n<r>&a;</r>'


def write(tmp_path: Path, data: bytes | str, name: str = "o.owl") -> Path:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


# --- Any ontology ---


@pytest.mark.parametrize("name", ["o.ttl", "o.owl", "o"])
def test_classes_have_what_the_file_says_of_them(tmp_path: Path, name: str) -> None:
    disease, obsolete = owl.read_classes(write(tmp_path, TURTLE, name))
    assert disease == OntologyClass(
        term_id="DOID:1",
        label="disease",
        definition="A text.",
        parent_ids=("DOID:2",),
        synonyms=(("exact", "one"), ("related", "two"), ("broad", "three"), ("narrow", "four")),
        xrefs=("UMLS:C1",),
        alternative_ids=("DOID:4",),
    )
    assert obsolete == OntologyClass("DOID:5", "", is_obsolete=True, replaced_by=("DOID:1",), consider=("DOID:2",))


def test_restrictions_count_only_where_they_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, TURTLE)
    asked = next(iter(owl.read_classes(path, {"http://purl.obolibrary.org/obo/RO_1": "parent_ids"})))
    assert asked.parent_ids == ("DOID:2", "DOID:3")


def test_the_version_is_the_version_iri_where_there_is_no_number(tmp_path: Path) -> None:
    assert owl.read_version(write(tmp_path, TURTLE)) == ("http://example.org/o/2030-01-02/o.owl", "2030-01-02")


def test_an_iri_that_is_none_does_not_spoil_the_file(tmp_path: Path) -> None:
    text = ORDO.read_text(encoding="utf-8").replace(
        "<skos:notation", '<skos:related rdf:resource="http://a b"/><skos:notation'
    )
    assert list(ordo.read_classes(write(tmp_path, text))) == list(ordo.read_classes(ORDO))


def test_our_own_ontology_is_read() -> None:
    found = {record.term_id: record for record in owl.read_classes(ontology_dir() / "poems.ttl")}
    assert found["MONDO:0017364"].label == "POEMS syndrome"
    assert ("exact", "Crow-Fukase syndrome") in found["MONDO:0017364"].synonyms


# --- ORDO ---


def test_a_disorder_is_below_its_type_and_its_groups() -> None:
    found = {record.term_id: record for record in ordo.read_classes(ORDO)}
    assert found["ORPHA:2905"] == OntologyClass(
        term_id="ORPHA:2905",
        label="POEMS syndrome",
        definition="A text made for tests.",
        parent_ids=("ORPHA:557493", "ORPHA:999008"),
        synonyms=(("exact", "Crow-Fukase syndrome"),),
        xrefs=("ICD10:X00.0", "MONDO:0017364"),
    )
    assert found["ORPHA:999008"].parent_ids == ("ORPHA:999007",)
    assert found["ORPHA:999009"].parent_ids == ("ORPHA:999008",)
    assert "BFO:0000050" not in found


def test_obsolete_disorders_of_ordo_say_where_they_went() -> None:
    found = {record.term_id: record for record in ordo.read_classes(ORDO)}
    assert {term_id for term_id, record in found.items() if record.is_obsolete} == {
        "ORPHA:999003",
        "ORPHA:999004",
        "ORPHA:999006",
    }
    assert found["ORPHA:999003"].replaced_by == ("ORPHA:2905",)
    assert found["ORPHA:999004"].consider == ("ORPHA:2905",)


def test_the_relations_of_ordo_become_skos_predicates_and_wrong_ones_nothing() -> None:
    icd, mondo = ordo.read_cross_references(ORDO)
    assert (icd.subject_id, icd.subject_label, icd.predicate_id, icd.object_id) == (
        "ORPHA:2905",
        "POEMS syndrome",
        "skos:broadMatch",
        "ICD10:X00.0",
    )
    assert icd.comment.endswith("; Attributed code (ICD-10/ICD-11: The targeted code is assigned by Orphanet)")
    assert (mondo.predicate_id, mondo.object_id) == ("skos:exactMatch", "MONDO:0017364")


def test_the_version_of_ordo_is_its_number_and_its_day() -> None:
    assert ordo.read_version(ORDO) == ("9.9", "2030-01-02")


def test_a_gzipped_ordo_says_the_same(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(ORDO.read_bytes()), "ordo.owl.gz")
    assert list(ordo.read_classes(path)) == list(ordo.read_classes(ORDO))


# --- Files that are wrong ---


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "is empty; download"),
        ("<!DOCTYPE html><html/>", ":1: is a web page, not an ontology in OWL"),
        (ORDO.read_bytes()[:2000], r"o\.owl:\d+: is not whole and well-formed XML"),
        (ORDO.read_bytes().partition(b"</rdf:RDF>")[0], r"o\.owl:\d+: is not whole and well-formed XML"),
        (gzip.compress(ORDO.read_bytes())[:-9], "the gzip stream is broken or cut off"),
        (b'<?xml version="1.0"?>\n<r>\n\xe9</r>', r"o\.owl:3: is not whole and well-formed XML"),
        ('<?xml version="1.0"?>\n<feed/>', "its root is feed and not rdf:RDF"),
        (BOMB, r"o\.owl:3: declares entities that are not plain and short"),
        (OUTSIDE, r"o\.owl:2: declares entities that are not plain and short"),
        (f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "{"a" * 501}">]><r/>', "declares entities"),
        (TURTLE[:-30], r"o\.owl:13: is not whole and right as RDF \(.*\); download the file again"),
        (TURTLE.replace("obo:DOID_5 a", "obo:DOID_5 b"), r"o\.owl:11: is not whole and right as RDF"),
        (TURTLE.replace("owl:Class", "rdfs:Class"), "is RDF, but declares no OWL class"),
        (
            "Prefix(:=<http://example.org/>)\nOntology(<http://example.org/>)",
            "is OWL, but not as RDF; convert it first",
        ),
        ("Prefix: : <http://example.org/>\nOntology: <http://example.org/>", "is OWL, but not as RDF"),
        (
            '<?xml version="1.0"?><Ontology xmlns="http://www.w3.org/2002/07/owl#"/>',
            "its root is Ontology and not rdf:RDF; give an ontology in OWL as RDF/XML",
        ),
    ],
)
def test_what_is_no_owl_in_rdf_is_one_line(tmp_path: Path, data: bytes | str, said: str) -> None:
    path = write(tmp_path, data)
    with pytest.raises(ReleaseError, match=said) as caught:
        list(owl.read_classes(path))
    assert "\n" not in str(caught.value)
    with pytest.raises(ReleaseError, match=said):
        list(ordo.read_classes(path))


@pytest.mark.parametrize("data", ["format-version: 1.2\n", "{}"])
def test_a_format_that_nobody_knows_is_one_line(tmp_path: Path, data: str) -> None:
    with pytest.raises(ReleaseError, match="is in no format that can be read"):
        list(owl.read_classes(write(tmp_path, data, "o.obo")))


def test_an_ontology_without_a_header_has_no_version(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"has no owl:Ontology"):
        owl.read_version(write(tmp_path, TURTLE.replace("owl:Ontology", "owl:Thing")))
