"""Orphadata's products: what the records say, and one line for each way in which a file can be wrong."""

import gzip
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from poems_kg.ids import PoemsKgError
from poems_kg.releases import orphadata
from poems_kg.releases.opening import ReleaseError
from poems_kg.releases.orphanet import find_predicate
from poems_kg.releases.records import Annotation, OntologyClass

RELEASES = Path(__file__).parent / "data" / "releases"
PRODUCT1, PRODUCT4 = RELEASES / "en_product1.xml", RELEASES / "en_product4.xml"
PRODUCT3 = RELEASES / "en_product3_999.xml"
READERS: list[tuple[Callable[[Path], Iterable[object]], Path]] = [
    (orphadata.read_disorders, PRODUCT1),
    (orphadata.read_cross_references, PRODUCT1),
    (orphadata.read_classification, PRODUCT3),
    (orphadata.read_phenotypes, PRODUCT4),
]
each_reader = pytest.mark.parametrize(("read", "path"), READERS, ids=[read.__name__ for read, _ in READERS])


def write(tmp_path: Path, data: bytes | str, name: str = "en_product.xml") -> Path:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def changed(tmp_path: Path, path: Path, old: str, new: str) -> Path:
    text = path.read_bytes().decode("latin-1")
    assert old in text
    return write(tmp_path, text.replace(old, new).encode("latin-1"))


def test_the_version_is_the_one_in_the_file() -> None:
    assert orphadata.read_version(PRODUCT1) == ("1.3.42 / 4.1.8 [2029-03-03]", "2030-01-02")


def test_a_disorder_has_names_definition_and_references() -> None:
    poems = next(iter(orphadata.read_disorders(PRODUCT1)))
    assert poems == OntologyClass(
        term_id="ORPHA:2905",
        label="POEMS syndrome",
        definition="A text made for tests, with italics and n < 5.",
        synonyms=(("exact", "Crow-Fukase syndrome"), ("exact", "A synonym with an é")),
        xrefs=("MONDO:0017364", "GARD:0007411", "ICD10:X00.0", "mesh:D016878", "OMIM:999001", "UMLS:C0085404"),
    )


def test_an_obsolete_disorder_says_where_it_went() -> None:
    _, merged, given_up, not_rare = orphadata.read_disorders(PRODUCT1)
    assert (merged.is_obsolete, merged.replaced_by, merged.consider) == (True, ("ORPHA:2905",), ())
    assert (given_up.is_obsolete, given_up.replaced_by, given_up.consider) == (True, (), ("ORPHA:2905",))
    assert (not_rare.is_obsolete, not_rare.label) == (False, "NON RARE IN EUROPE: A common disorder")


def test_relations_become_skos_predicates_and_wrong_ones_nothing() -> None:
    found = {row.object_id: row for row in orphadata.read_cross_references(PRODUCT1)}
    assert {target: row.predicate_id for target, row in found.items()} == {
        "MONDO:0017364": "skos:exactMatch",
        "GARD:0007411": "skos:exactMatch",
        "ICD10:X00.0": "skos:broadMatch",
        "mesh:D016878": "skos:narrowMatch",
        "UMLS:C0085404": "oboInOwl:hasDbXref",
    }
    assert {row.subject_id for row in found.values()} == {"ORPHA:2905"}
    assert {row.subject_label for row in found.values()} == {"POEMS syndrome"}
    assert found["GARD:0007411"].mapping_justification == "semapv:UnspecifiedMatching"
    assert found["ICD10:X00.0"].mapping_justification == "semapv:ManualMappingCuration"
    assert found["ICD10:X00.0"].comment == (
        "NTBT (ORPHAcode is narrower than the targeted code used to represent it); "
        "Attributed code (ICD-10/ICD-11: The targeted code is assigned by Orphanet); Validated"
    )


@pytest.mark.parametrize(
    ("relation", "predicate"),
    [
        ("NTBT/E (narrower term maps to a broader term because of an exact mapping with a synonym)", "skos:broadMatch"),
        ("", "oboInOwl:hasDbXref"),
        ("XYZ (a relation of a later release)", "oboInOwl:hasDbXref"),
        ("W (Wrong mapping: the two concepts are different)", ""),
    ],
)
def test_a_relation_is_never_read_as_more_than_it_says(relation: str, predicate: str) -> None:
    assert find_predicate(relation) == predicate


def test_phenotypes_have_the_columns_of_hpoa() -> None:
    rows = list(orphadata.read_phenotypes(PRODUCT4))
    assert rows[0] == Annotation(
        database_id="ORPHA:2905",
        disease_name="POEMS syndrome",
        is_negated=False,
        finding_id="HP:0001271",
        reference="PMID:10000001;PMID:10000002",
        evidence_code="TAS",
        onset_id="",
        frequency="HP:0040280",
        sex="",
        modifiers=("Diagnostic criterion",),
        aspect="",
        biocuration="ORPHA:orphadata[2029-06-01]",
    )
    assert [(row.finding_id, row.frequency, row.is_negated, row.modifiers) for row in rows[1:]] == [
        ("HP:0001744", "HP:0040282", False, ()),
        ("HP:0002240", "", True, ()),
        ("HP:0001744", "HP:0040284", False, ()),
    ]
    assert (rows[3].reference, rows[3].biocuration) == ("ORPHA:999006", "ORPHA:orphadata[2030-01-02]")


@pytest.mark.parametrize(
    ("source", "reference"),
    [
        ("12[PMID]_ISBN-1[OTHER]", "PMID:12;ISBN-1[OTHER]"),
        ("12[PMID]_99999", "12[PMID]_99999"),
        ("Orphanet", "Orphanet"),
    ],
)
def test_a_source_of_another_form_is_not_lost(tmp_path: Path, source: str, reference: str) -> None:
    path = changed(tmp_path, PRODUCT4, "10000001[PMID]_10000002[PMID]", source)
    assert next(iter(orphadata.read_phenotypes(path))).reference == reference


def test_a_classification_gives_each_disorder_once_with_all_that_stands_above() -> None:
    found = {record.term_id: record.parent_ids for record in orphadata.read_classification(PRODUCT3)}
    assert found == {
        "ORPHA:999007": (),
        "ORPHA:999008": ("ORPHA:999007",),
        "ORPHA:2905": ("ORPHA:999007", "ORPHA:999008"),
    }


@each_reader
def test_files_of_2019_and_gzipped_ones_say_the_same(
    tmp_path: Path, read: Callable[[Path], Iterable[object]], path: Path
) -> None:
    old = path.read_bytes().replace(b"OrphaCode", b"OrphaNumber")
    packed = write(tmp_path, gzip.compress(old), f"{path.name}.gz")
    assert list(read(packed)) == list(read(path)) != []


def test_product_4_of_2019_had_no_sets(tmp_path: Path) -> None:
    text = PRODUCT4.read_text(encoding="utf-8")
    disorders = text[text.index("<Disorder id=") : text.index("</Disorder>")] + "</Disorder>"
    path = write(tmp_path, f'<JDBOR date="2019-11-01 04:09:39"><DisorderList>{disorders}</DisorderList></JDBOR>')
    rows = list(orphadata.read_phenotypes(path))
    assert [row.finding_id for row in rows] == ["HP:0001271", "HP:0001744", "HP:0002240"]
    assert {row.biocuration for row in rows} == {"ORPHA:orphadata[2019-11-01]"}


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    text = PRODUCT4.read_text(encoding="utf-8")
    start, end = text.index("    <HPODisorderSetStatus id"), text.index("  </HPODisorderSetStatusList>")

    def peak(times: int) -> int:
        path = write(tmp_path, text[:start] + text[start:end] * times + text[end:])
        tracemalloc.start()
        assert sum(1 for _ in orphadata.read_phenotypes(path)) == 4 * times
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(1)
    small, big = peak(100), peak(800)
    assert big < 1.5 * small


# --- Files that are wrong ---


@each_reader
@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_of_a_file_that_is_cut_off_not_one_record_is_given(
    tmp_path: Path, read: Callable[[Path], Iterable[object]], path: Path, share: float
) -> None:
    data = path.read_bytes()
    cut = write(tmp_path, data[: int(len(data) * share)])
    with pytest.raises(ReleaseError, match=r"en_product\.xml:\d+: is not whole and well-formed XML \(.*\); download"):
        next(iter(read(cut)))


@each_reader
def test_of_a_gzip_stream_that_is_cut_off_not_one_record_is_given(
    tmp_path: Path, read: Callable[[Path], Iterable[object]], path: Path
) -> None:
    packed = gzip.compress(path.read_bytes())
    for data in (packed[: len(packed) // 2], packed[:-8], packed[:200] + b"\0" + packed[201:]):
        with pytest.raises(ReleaseError, match=r"the gzip stream is broken or cut off|not whole and well-formed"):
            next(iter(read(write(tmp_path, data))))


@each_reader
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty; download"),
        (b" \n", "is empty; download"),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>", ":1: is a web page, not product . of Orphadata"),
        (b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"/>', ":1: is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4f44\n", ":1: is a Git LFS pointer"),
        (b"<feed/>", "its root is feed and not JDBOR; give product . of Orphadata"),
        (b"<JDBOR/>", "has no .*List; give product . of Orphadata"),
        (b"plain text", ":1: is not whole and well-formed XML"),
        (b"<JDBOR>\n\xe9</JDBOR>", ":2: is not whole and well-formed XML"),
        (b'<?xml version="1.0" encoding="no-such-thing"?><JDBOR/>', ":1: is not whole and well-formed XML"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE JDBOR [<!ENTITY a "b">]><JDBOR>&a;</JDBOR>', ":2: has a DTD"),
    ],
)
def test_what_is_no_product_is_one_line(
    tmp_path: Path, read: Callable[[Path], Iterable[object]], path: Path, data: bytes, said: str
) -> None:
    with pytest.raises(ReleaseError, match=said) as caught:
        list(read(write(tmp_path, data)))
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, PoemsKgError)


@each_reader
def test_a_file_that_is_not_there_is_one_line(
    tmp_path: Path, read: Callable[[Path], Iterable[object]], path: Path
) -> None:
    with pytest.raises(ReleaseError, match=r"cannot be read \(no such file or directory\); give the place of product"):
        list(read(tmp_path / path.name))


@each_reader
def test_another_product_is_refused(read: Callable[[Path], Iterable[object]], path: Path) -> None:
    for other in {PRODUCT1, PRODUCT3, PRODUCT4} - {path}:
        with pytest.raises(ReleaseError, match=r"has no .*; give product . of Orphadata"):
            list(read(other))


@pytest.mark.parametrize(
    ("read", "path", "change", "said"),
    [
        (orphadata.read_disorders, PRODUCT1, (">2905<", "><"), "Disorder 2649 has no OrphaCode"),
        (orphadata.read_disorders, PRODUCT1, (">2905<", ">29o5<"), "Disorder 2649 has OrphaCode '29o5'"),
        (
            orphadata.read_phenotypes,
            PRODUCT4,
            ("HP:0001271", "0001271"),
            "HPODisorderAssociation 11 has HPOId '0001271'",
        ),
        (orphadata.read_phenotypes, PRODUCT4, ("HP:0001271", ""), "HPODisorderAssociation 11 has no HPOId"),
        (
            orphadata.read_phenotypes,
            PRODUCT4,
            ("28405", "28406"),
            "HPODisorderAssociation 11 has the HPOFrequency 28406",
        ),
        (orphadata.read_classification, PRODUCT3, (">2905<", "><"), "Disorder 2649 has no OrphaCode"),
    ],
)
def test_an_element_that_cannot_be_understood_is_named(
    tmp_path: Path, read: Callable[[Path], Iterable[object]], path: Path, change: tuple[str, str], said: str
) -> None:
    with pytest.raises(ReleaseError, match=said):
        list(read(changed(tmp_path, path, *change)))


def test_a_version_is_not_read_from_another_file(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="its root is feed and not JDBOR"):
        orphadata.read_version(write(tmp_path, "<feed/>"))
