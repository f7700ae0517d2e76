"""OBO files, whole or refused."""

import gzip
from pathlib import Path

import pytest

from poems_kg.releases.obo import read_obo
from poems_kg.releases.opening import ReleaseError

HP = Path(__file__).parent / "data" / "releases" / "linked" / "hp.obo"


def test_a_class_has_all_that_the_file_says() -> None:
    ontology = read_obo(HP)
    record = ontology.classes["HP:0001271"]
    assert ontology.version == "hp/releases/2025-01-16"
    assert record.label == "Polyneuropathy"
    assert record.definition == 'A text made for tests, with a "quoted" word.'
    assert record.parent_ids == ("HP:0009830",)
    assert record.synonyms == (("exact", "Peripheral nerve disease"), ("related", "Many-nerve trouble"))
    assert record.xrefs == ("UMLS:C0152025", "SNOMEDCT_US:42345000")
    assert record.alternative_ids == ("HP:0006941",)
    assert not record.is_obsolete


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("HP:0002240", "HP:0002240"),
        ("HP:0006941", "HP:0001271"),
        ("HP:9990001", "HP:0002240"),
        ("HP:9990003", ""),
        ("HP:1234567", ""),
    ],
)
def test_old_ids_are_followed_to_the_one_in_use(old: str, new: str) -> None:
    assert read_obo(HP).current(old) == new


def test_replacements_that_go_in_a_circle_end(tmp_path: Path) -> None:
    path = tmp_path / "circle.obo"
    term = "[Term]\nid: X:{a}\nname: obsolete\nis_obsolete: true\nreplaced_by: X:{b}\n\n"
    path.write_text("format-version: 1.2\n\n" + term.format(a=1, b=2) + term.format(a=2, b=1), encoding="utf-8")
    assert read_obo(path).current("X:1") == ""


def test_gzip_reads_as_plain(tmp_path: Path) -> None:
    packed = tmp_path / "hp.obo.gz"
    packed.write_bytes(gzip.compress(HP.read_bytes()))
    assert read_obo(packed) == read_obo(HP)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda _: b"", "is empty"),
        (lambda data: data[:-400], "cut off"),
        (lambda data: data[: data.index(b"[Term]\nid: HP:0003271")], "HP:0003271"),
        (lambda _: b"id\tname\n1\t2\n", "no OBO file"),
        (lambda _: b"<html><body>404</body></html>\n", "web page"),
        (lambda data: data.replace(b"name: All\n", b"name All\n"), "not OBO"),
        (lambda data: data.replace(b"Hepatomegaly", b"\xff\xfe"), "not UTF-8"),
        (lambda _: b"format-version: 1.2\n", "no class"),
        (lambda data: gzip.compress(data)[:-30], "cut off"),
    ],
    ids=[
        "empty",
        "cut in a line",
        "cut between classes",
        "table",
        "web page",
        "malformed",
        "bytes",
        "no class",
        "gzip",
    ],
)
def test_a_damaged_or_foreign_file_is_one_clear_line(tmp_path: Path, spoil, said: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "hp.obo"
    path.write_bytes(spoil(HP.read_bytes()))
    with pytest.raises(ReleaseError) as caught:
        read_obo(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="cannot be read"):
        read_obo(tmp_path / "none.obo")
