"""Phenopackets in protobuf give the patients that their JSON gives, and patients come back from their Phenopackets."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from patient_book import LABELS, Book, feature, packet

from poems_kg.patients.patient import BadRecord, Patient, Sex
from poems_kg.patients.phenopackets import FEATURE_FIELDS, MEASUREMENT_FIELDS, PACKET_FIELDS, QUANTITY_FIELDS
from poems_kg.patients.reading import read_line, read_patients
from poems_kg.patients.terms import Terms

phenopackets = pytest.importorskip("phenopackets", reason="pip install 'poems-kg[diagnose]'")
CASES = Path(__file__).parents[2] / "shared" / "cases"
BOOK = Book()
FINDINGS = sorted(finding for finding in LABELS if BOOK.is_phenotype(finding))
QUANTITIES = st.fixed_dictionaries(
    {
        "value": st.floats(0.5, 900, allow_nan=False, width=32),
        "unit": st.just({"id": "UCUM:10*9/L", "label": "10*9/L"}),
    },
    optional={
        "referenceRange": st.fixed_dictionaries(
            {"unit": st.just({"id": "UCUM:10*9/L"}), "low": st.just(130.0), "high": st.floats(200, 500, width=32)}
        )
    },
)


def to_bytes(record: dict[str, Any]) -> bytes:
    from google.protobuf.json_format import ParseDict

    data: bytes = ParseDict(record, phenopackets.Phenopacket()).SerializeToString()
    return data


def length(data: bytes) -> bytes:
    """The length of a message as protobuf writes it before one."""
    value, written = len(data), bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])


def read(path: Path, data: bytes) -> list[Patient | BadRecord]:
    path.write_bytes(data)
    return list(read_patients(path, BOOK))


def to_packet(patient: Patient) -> dict[str, Any]:
    """The Phenopacket of a patient without measurements."""
    subject: dict[str, Any] = {"id": "s", "sex": str(patient.sex)}
    if patient.age is not None:
        subject["timeAtLastEncounter"] = {"age": {"iso8601duration": f"P{patient.age:g}Y"}}
    present = [feature(finding) for finding in patient.observed]
    absent = [feature(finding, excluded=True) for finding in patient.excluded]
    diseases = [{"term": {"id": disease, "label": ""}} for disease in patient.disease_ids]
    return packet(*present, *absent, id=patient.patient_id, subject=subject, diseases=diseases)


@st.composite
def patients(draw: st.DrawFn) -> Patient:
    """Patients that say nothing twice and nothing against themselves."""
    findings = draw(st.lists(st.sampled_from(FINDINGS), min_size=1, max_size=6, unique=True))
    cut = draw(st.integers(0, len(findings)))
    observed, absent = findings[:cut], findings[cut:]
    above = set().union(*(BOOK.ancestors(finding) for finding in observed))
    excluded = [finding for finding in absent if finding not in above]
    if not observed and not excluded:
        observed = findings
    return Patient(
        draw(st.text("abc019-_ é", min_size=1).map(str.strip).filter(bool)),
        draw(st.sampled_from(Sex)),
        draw(st.none() | st.integers(0, 130).map(float)),
        tuple(observed),
        tuple(excluded),
        disease_ids=tuple(draw(st.lists(st.sampled_from(["ORPHA:2905", "MONDO:0017364"]), unique=True))),
    )


@settings(deadline=None)
@given(patients())
def test_a_patient_comes_back_from_its_phenopacket(patient):
    assert read_line(json.dumps(to_packet(patient)), Terms(BOOK), Path("f.jsonl"), 1) == patient


@settings(deadline=None)
@given(patients())
def test_a_patient_comes_back_from_a_plain_object(patient):
    record = {
        "id": patient.patient_id,
        "sex": patient.sex,
        "age": patient.age,
        "observed": patient.observed,
        "excluded": patient.excluded,
    }
    read = read_line(json.dumps(record), Terms(BOOK), Path("f.jsonl"), 1)
    assert isinstance(read, Patient)
    assert (read.observed, read.excluded, read.age, read.sex) == (
        patient.observed,
        patient.excluded,
        patient.age,
        patient.sex,
    )


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(patients(), st.lists(QUANTITIES, max_size=3))
def test_json_and_protobuf_give_the_same_patient(tmp_path, patient, quantities):
    assay = {"id": "LOINC:777-3", "label": "Platelets"}
    record = to_packet(patient) | {"measurements": [{"assay": assay, "value": {"quantity": one}} for one in quantities]}
    (in_json,) = read(tmp_path / "p.json", json.dumps(record, indent=1).encode())
    (in_protobuf,) = read(tmp_path / "p.pb", to_bytes(record))
    assert isinstance(in_json, Patient)
    assert isinstance(in_protobuf, Patient)
    for one in (in_json, in_protobuf):
        assert [note for note in one.notes if note.startswith("p.")] == list(one.notes)
    notes = [{note.partition(": ")[2] for note in one.notes} for one in (in_json, in_protobuf)]
    assert notes[0] == notes[1]
    parts = [
        (one.patient_id, one.sex, one.age, one.observed, one.excluded, one.measurements, dict(one.reasons))
        for one in (in_json, in_protobuf)
    ]
    assert parts[0] == parts[1]


def test_a_file_of_many_messages_is_read_one_by_one(tmp_path):
    messages = [to_bytes(packet(id=f"patient number {number}", files=[{"uri": "x" * 200}])) for number in range(3)]
    found = read(tmp_path / "p.pb", b"".join(length(one) + one for one in messages))
    assert [one.patient_id for one in found if isinstance(one, Patient)] == [f"patient number {n}" for n in range(3)]


WHOLE = to_bytes(packet(files=[{"uri": "x" * 200}]))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "there are no patients"),
        (b"\x0a\xff\xff", "not a Phenopacket in protobuf"),
        (length(WHOLE) + WHOLE[:-5], "the last message is cut off"),
        (b"\xff\xff\xff\xff\xff\xff", "no length of a message"),
        (b"\xff\xff\xff\x7f" + WHOLE, "a message of 268,435,455 bytes"),
    ],
)
def test_what_is_no_phenopacket_is_said(data, message, tmp_path):
    (bad,) = read(tmp_path / "p.pb", data)
    assert isinstance(bad, BadRecord)
    assert message in bad.message


def test_a_family_is_not_taken_for_a_phenopacket(tmp_path):
    from google.protobuf.json_format import ParseDict

    family = ParseDict({"id": "family", "proband": packet(), "relatives": [packet(id="p2")]}, phenopackets.Family())
    (bad,) = read(tmp_path / "p.pb", family.SerializeToString())
    assert isinstance(bad, BadRecord)
    assert "Phenopacket" in bad.message


def test_fields_are_those_of_the_schema():
    quantity = phenopackets.Quantity.DESCRIPTOR
    for known, schema in (
        (PACKET_FIELDS, phenopackets.Phenopacket.DESCRIPTOR),
        (FEATURE_FIELDS, phenopackets.PhenotypicFeature.DESCRIPTOR),
        (MEASUREMENT_FIELDS, phenopackets.Measurement.DESCRIPTOR),
        (QUANTITY_FIELDS, quantity),
    ):
        assert known == {field.json_name for field in schema.fields}
    sexes = phenopackets.Individual.DESCRIPTOR.fields_by_name["sex"].enum_type
    assert {value.name for value in sexes.values} == set(Sex)


@pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases is not here")
def test_published_cases_are_the_same_in_json_and_protobuf(tmp_path):
    for path in sorted(CASES.glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        for disease in record["diseases"]:
            disease["term"] = {key: value for key, value in disease["term"].items() if value is not None}
        from_protobuf = read(tmp_path / "p.pb", to_bytes(record))
        from_json = read(tmp_path / "p.json", json.dumps(record).encode())
        assert len(from_protobuf) == len(from_json) == 1
        (one,), (other,) = from_protobuf, from_json
        if isinstance(one, BadRecord) or isinstance(other, BadRecord):
            assert isinstance(one, BadRecord) == isinstance(other, BadRecord)
            continue
        assert (one.observed, one.excluded, one.measurements) == (other.observed, other.excluded, other.measurements)
