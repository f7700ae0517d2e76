"""Measurements become findings by thresholds with a source; whatever is missing leaves them unknown."""

import json
from pathlib import Path
from typing import Any

import pytest
from patient_book import Book, feature, packet

from poems_kg.patients.patient import BadRecord, Patient
from poems_kg.patients.reading import read_line
from poems_kg.patients.terms import Terms
from poems_kg.patients.units import UnitError, convert, ucum

VEGF, PLATELETS, HEMOGLOBIN = "HP:0031052", "HP:0001894", "HP:0001900"
POLYCYTHEMIA, THROMBOCYTOPENIA, PARAPROTEIN = "HP:0001901", "HP:0001873", "HP:0031047"


def measured(
    label: str, value: float | None, unit: str = "", *, low: float | None = None, high: float | None = None, **more: Any
) -> dict[str, Any]:
    quantity: dict[str, Any] = {"value": value, "unit": {"id": f"UCUM:{unit}"} if unit else {}}
    if low is not None or high is not None:
        bounds = {"low": low, "high": high}
        quantity["referenceRange"] = {name: bound for name, bound in bounds.items() if bound is not None}
    return {"assay": {"id": "LOCAL:1", "label": label}, "value": {"quantity": quantity}} | more


def at(age: str) -> dict[str, Any]:
    return {"age": {"iso8601duration": age}}


def patient_with(*measurements: dict[str, Any], features: tuple[dict[str, Any], ...] = (), **more: Any) -> Patient:
    record = packet(*(features or (feature("HP:0001085"),)), measurements=list(measurements), **more)
    patient = read_line(json.dumps(record), Terms(Book()), Path("file.jsonl"), 7)
    assert isinstance(patient, Patient), patient
    return patient


def state(patient: Patient, finding_id: str) -> str:
    return "observed" * (finding_id in patient.observed) + "excluded" * (finding_id in patient.excluded)


@pytest.mark.parametrize(
    ("label", "value", "unit", "finding", "expected"),
    [
        ("VEGF, plasma", 201, "pg/mL", VEGF, "observed"),
        ("VEGF, plasma", 200, "pg/mL", VEGF, ""),
        ("VEGF, plasma", 97, "pg/mL", VEGF, ""),
        ("VEGF, plasma", 96, "pg/mL", VEGF, "excluded"),
        ("VEGF, plasma", 0.201, "ng/mL", VEGF, "observed"),
        ("VEGF, plasma", 201, "ng/L", VEGF, "observed"),
        ("VEGF, serum", 1500, "pg/mL", VEGF, "observed"),
        ("VEGF, serum", 1020, "pg/mL", VEGF, "observed"),
        ("VEGF, serum", 900, "pg/mL", VEGF, ""),
        ("VEGF", 1500, "pg/mL", VEGF, "observed"),
        ("VEGF", 500, "pg/mL", VEGF, ""),
        ("VEGF", 50, "pg/mL", VEGF, ""),
        ("Platelets", 451, "10*9/L", PLATELETS, "observed"),
        ("Platelets", 451_000, "/uL", PLATELETS, "observed"),
        ("Platelets", 451, "10*3/uL", PLATELETS, "observed"),
        ("Platelets", 420, "10*9/L", PLATELETS, ""),
        ("Platelets", 400, "10*9/L", PLATELETS, "excluded"),
        ("Platelets", 149, "10*9/L", THROMBOCYTOPENIA, "observed"),
        ("Platelets", 150, "10*9/L", THROMBOCYTOPENIA, "excluded"),
        ("Hemoglobin", 19.4, "g/dL", POLYCYTHEMIA, "observed"),
        ("Hemoglobin", 194, "g/L", POLYCYTHEMIA, "observed"),
        ("Hemoglobin", 17, "g/dL", POLYCYTHEMIA, ""),
        ("Hemoglobin", 17, "g/dL", HEMOGLOBIN, "observed"),
        ("Hemoglobin", 16.5, "g/dL", POLYCYTHEMIA, "excluded"),
        ("Monoclonal protein quantity", 4, "g/L", PARAPROTEIN, "observed"),
        ("Monoclonal protein quantity", 0, "g/L", PARAPROTEIN, ""),
    ],
)
def test_a_limit_makes_a_finding_of_a_value(label, value, unit, finding, expected):
    patient = patient_with(measured(label, value, unit))
    assert state(patient, finding) == expected
    assert (finding in patient.reasons) == bool(expected)


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (380, 131, 362, "observed"),
        (460, 131, 500, "excluded"),
        (300, 131, 362, "excluded"),
        (500, 131, None, "observed"),
    ],
)
def test_the_range_of_the_laboratory_goes_before_a_general_limit(value, low, high, expected):
    patient = patient_with(measured("Platelets", value, "10*9/L", low=low, high=high))
    assert state(patient, PLATELETS) == expected


def test_a_range_needs_no_specimen():
    assert state(patient_with(measured("VEGF", 175, "pg/mL", high=38.3)), VEGF) == "observed"
    assert state(patient_with(measured("VEGF", 30, "pg/mL", high=38.3)), VEGF) == "excluded"


def test_a_range_in_another_unit_is_converted():
    given = measured("Platelets", 380, "10*9/L", high=362_000)
    given["value"]["quantity"]["referenceRange"]["unit"] = {"id": "UCUM:/uL"}
    patient = patient_with(given)
    assert state(patient, PLATELETS) == "observed"
    assert patient.measurements[0].reference_high == 362


def test_a_range_in_a_unit_that_does_not_fit_is_left_out_and_said():
    given = measured("Platelets", 380, "10*9/L", high=362)
    given["value"]["quantity"]["referenceRange"]["unit"] = {"id": "UCUM:g/L"}
    patient = patient_with(given)
    assert state(patient, PLATELETS) == "excluded"
    assert [note for note in patient.notes if "measurements[0].value.quantity.referenceRange" in note]


def test_a_reason_names_value_limit_threshold_source_and_claim():
    patient = patient_with(measured("VEGF, plasma", 512, "pg/mL"))
    assert patient.reasons == {
        VEGF: "VEGF, plasma 512 pg/mL: > 200 pg/mL (threshold:T001, dispenzieri2012, claim:C0982), "
        "> 200 pg/mL (threshold:T002, patient-article, claim:C0274)"
    }


@pytest.mark.parametrize(
    ("given", "note"),
    [
        (measured("VEGF, plasma", 512), "measurements[0]: VEGF, plasma: the value 512 has no unit; not used"),
        (measured("VEGF, plasma", -5, "pg/mL"), "a value of -5 pg/mL cannot be; not used"),
        (measured("VEGF, plasma", None, "pg/mL"), "no value; files made from protobuf leave out a value of 0"),
        (
            measured("VEGF, plasma", 512, "pmol/L"),
            "measurements[0].value.quantity.unit: VEGF, plasma 512 pmol/L: pmol/L",
        ),
        (measured("VEGF, plasma", 512, "bananas"), "'bananas' is no UCUM unit; not used"),
        (measured("VEGF, plasma", 512, "[IU]/L"), "[IU]/L cannot be turned into pg/mL"),
        (measured("VEGF", 500, "pg/mL"), "hangs on the specimen, which is not given; Elevated vascular"),
        (measured("Platelets", 420, "10*9/L"), "the sources differ (excluded: not >= 450 10*9/L (threshold:T007"),
        (measured("Platelets", 420, "10*9/L", low=400, high=100), "from 400 to 100 ends before it starts; not used"),
        (measured("Ferritin", 420, "ug/L"), "measurements: no threshold is known for Ferritin"),
        (measured("VEGF, serum", 333, "pg/mL"), "nothing follows from VEGF, serum 333 pg/mL"),
        (
            measured("VEGF", 512, "pg/mL", procedure={"bodySite": {"id": "UBERON:0001359"}}),
            "the specimen 'UBERON:0001359' is none that the test is made of; not used",
        ),
    ],
)
def test_what_is_missing_or_cannot_be_is_noted_and_leaves_findings_unknown(given, note):
    patient = patient_with(given)
    assert patient.observed == ("HP:0001085",)
    assert VEGF not in patient.excluded
    assert [line for line in patient.notes if note in line and line.startswith("file.jsonl:7: ")], patient.notes


def test_a_value_that_is_no_number_is_refused():
    for value in ("NaN", "512", True):
        record = packet(measurements=[measured("VEGF, plasma", 1, "pg/mL")])
        record["measurements"][0]["value"]["quantity"]["value"] = value
        bad = read_line(json.dumps(record), Terms(Book()), Path("file.jsonl"), 7)
        assert isinstance(bad, BadRecord)
        assert bad.field == "measurements[0].value.quantity.value"
        assert bad.message.endswith("is no number; write one")


def test_a_specimen_named_beside_the_test_is_heeded():
    serum = measured("VEGF", 512, "pg/mL", procedure={"bodySite": {"id": "X:1", "label": "Serum"}})
    plasma = measured("VEGF", 512, "pg/mL", procedure={"bodySite": {"id": "UBERON:0001969"}})
    assert (state(patient_with(serum), VEGF), state(patient_with(plasma), VEGF)) == ("", "observed")


def test_limits_for_men_and_women_are_both_tried_where_the_sex_is_not_known():
    nobody = {"id": "s"}
    assert state(patient_with(measured("Hemoglobin", 19, "g/dL"), subject=nobody), POLYCYTHEMIA) == "observed"
    between = patient_with(measured("Hemoglobin", 17, "g/dL"), subject=nobody)
    assert state(between, POLYCYTHEMIA) == ""
    assert [note for note in between.notes if "hangs on the sex, which is not given" in note]


def test_limits_for_adults_are_not_for_children():
    child = {"id": "s", "sex": "MALE", "timeAtLastEncounter": at("P3Y")}
    assert state(patient_with(measured("Platelets", 500, "10*9/L"), subject=child), PLATELETS) == ""
    ranged = patient_with(measured("Platelets", 500, "10*9/L", high=450), subject=child)
    assert state(ranged, PLATELETS) == "observed"


def test_what_is_recorded_holds_and_a_contradiction_is_noted():
    recorded = patient_with(
        measured("Platelets", 200, "10*9/L"),
        measured("VEGF, plasma", 900, "pg/mL"),
        features=(feature(PLATELETS), feature(VEGF, excluded=True)),
    )
    assert (state(recorded, PLATELETS), state(recorded, VEGF)) == ("observed", "excluded")
    assert recorded.reasons.keys() == {THROMBOCYTOPENIA}
    assert [
        note for note in recorded.notes if "Thrombocytosis (HP:0001894) is present (phenotypicFeatures[0].type)" in note
    ]
    assert [note for note in recorded.notes if "is excluded (phenotypicFeatures[1].type); that holds" in note]


def test_an_exclusion_of_something_broader_holds_against_a_value():
    patient = patient_with(measured("Platelets", 500, "10*9/L"), features=(feature("HP:0011873", excluded=True),))
    assert state(patient, PLATELETS) == ""
    assert state(patient, "HP:0011873") == "excluded"


def test_the_latest_value_decides():
    earlier = measured("Platelets", 200, "10*9/L", timeObserved=at("P42Y"))
    later = measured("Platelets", 500, "10*9/L", timeObserved=at("P43Y"))
    for order in ((earlier, later), (later, earlier)):
        patient = patient_with(*order)
        assert state(patient, PLATELETS) == "observed"
        assert [note for note in patient.notes if "an earlier value; Platelets 500 10*9/L decides" in note]
        assert len(patient.measurements) == 2


def test_values_without_a_time_hold_only_where_they_agree():
    agreeing = patient_with(measured("Platelets", 500, "10*9/L"), measured("Platelets", 600, "10*9/L"))
    assert state(agreeing, PLATELETS) == "observed"
    differing = patient_with(measured("Platelets", 500, "10*9/L"), measured("Platelets", 200, "10*9/L"))
    assert state(differing, PLATELETS) == ""
    assert state(differing, THROMBOCYTOPENIA) == "excluded"
    assert [note for note in differing.notes if "it is not said which is the later; Thrombocytosis" in note]


def test_two_tests_that_say_opposite_things_leave_a_finding_unknown():
    patient = patient_with(measured("Hemoglobin", 16, "g/dL"), measured("Hematocrit", 56, "%"))
    assert state(patient, POLYCYTHEMIA) == ""
    assert [note for note in patient.notes if "Polycythemia (HP:0001901) is left unknown (excluded by" in note]


def test_a_result_that_is_a_finding_is_present():
    result = {"assay": {"label": "M protein type"}, "value": {"ontologyClass": {"id": PARAPROTEIN}}}
    patient = patient_with(result)
    assert patient.observed == ("HP:0001085", PARAPROTEIN)
    assert patient.reasons == {PARAPROTEIN: "M protein type: Paraproteinemia"}


@pytest.mark.parametrize(
    ("result", "expected"), [("PATO:0000467", "observed"), ("Positive", "observed"), ("negative", "")]
)
def test_a_result_in_words_is_judged(result, expected):
    name = "id" if ":" in result else "label"
    given = {"assay": {"label": "Serum immunofixation"}, "value": {"ontologyClass": {name: result}}}
    assert state(patient_with(given), PARAPROTEIN) == expected


def test_the_parts_of_a_complex_value_are_measurements():
    parts = [
        {"type": {"id": "LOINC:777-3"}, "quantity": {"value": 500, "unit": {"id": "UCUM:10*9/L"}}},
        {"type": {"id": "LOINC:718-7"}, "quantity": {"value": 12, "unit": {"id": "UCUM:g/dL"}}},
    ]
    patient = patient_with({"assay": {"label": "Blood count"}, "complexValue": {"typedQuantities": parts}})
    assert (state(patient, PLATELETS), state(patient, HEMOGLOBIN)) == ("observed", "excluded")
    assert [one.place for one in patient.measurements] == [
        f"measurements[0].complexValue.typedQuantities[{number}]" for number in (0, 1)
    ]


@pytest.mark.parametrize(
    ("value", "unit", "target", "molar_mass", "expected"),
    [
        (123, "umol/L", "mg/dL", 113.118, 1.3914),
        (1.3914, "mg/dL", "umol/L", 113.118, 123.0),
        (5, "u[IU]/mL", "m[IU]/L", None, 5),
        (5, "UCUM:uIU/mL", "mIU/L", None, 5),
        (1.6, "g/24h", "mg/d", None, 1600),
        (45, "%", "L/L", None, 0.45),
        (1, "{cells}/uL", "10*6/L", None, 1),
    ],
)
def test_units_are_converted(value, unit, target, molar_mass, expected):
    assert convert(value, unit, target, molar_mass) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("unit", "target"),
    [("umol/L", "mg/dL"), ("[IU]/L", "10*9/L"), ("K/uL", "10*9/L"), ("g", "g/L"), ("{ratio}", "g/L")],
)
def test_units_of_different_things_are_not(unit, target):
    with pytest.raises(UnitError, match="cannot be turned into"):
        convert(1, unit, target)


@pytest.mark.parametrize("unit", ["", "mg//L", "pounds"])
def test_what_is_no_unit_is_said(unit):
    with pytest.raises(UnitError, match="is no UCUM unit"):
        convert(1, unit, "g/L")


def test_spellings_beside_ucum_are_read_and_ucum_is_left_alone():
    assert [ucum(text) for text in ("m[IU]/L", "[iU]/L", "IU/L", "10^3/uL", "g/L", "mcg/dL")] == [
        "m[IU]/L",
        "[IU]/L",
        "[IU]/L",
        "10*3/uL",
        "g/L",
        "ug/dL",
    ]
