"""Patients from files: what is read, what is noted, what is refused."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from patient_book import Book, feature, packet

from poems_kg.patients.patient import BadRecord, Patient, PatientError, Sex
from poems_kg.patients.plain import read_terms
from poems_kg.patients.reading import read_line, read_patients
from poems_kg.patients.terms import Terms, UnknownFindingError

PATIENTS = Path(__file__).parent / "data" / "patients"


@pytest.fixture
def book() -> Book:
    return Book()


def read(record: object, book: Book) -> Patient | BadRecord:
    return read_line(json.dumps(record), Terms(book), Path("file.jsonl"), 7)


def patient_of(record: object, book: Book) -> Patient:
    patient = read(record, book)
    assert isinstance(patient, Patient), patient
    return patient


def test_phenopacket_is_read_with_what_is_present_and_what_is_excluded(book):
    patient = patient_of(packet(feature("HP:0001085"), feature("HP:0001744", excluded=True)), book)
    assert patient == Patient("p1", Sex.MALE, 43.0, ("HP:0001085",), ("HP:0001744",))


def test_plain_objects_take_ids_labels_and_synonyms(book):
    record = {
        "id": 5,
        "sex": "f",
        "age": 60,
        "observed": ["HP:0001085", "Enlarged spleen"],
        "excluded": ["polyneuritis"],
    }
    patient = patient_of(record, book)
    assert patient == Patient("5", Sex.FEMALE, 60.0, ("HP:0001085", "HP:0001744"), ("HP:0001271",))


def test_an_obsolete_id_is_followed_and_said(book):
    patient = patient_of({"id": "a", "observed": ["HP:0001471"]}, book)
    assert patient.observed == ("HP:0000020",)
    assert patient.notes == ("file.jsonl:7: observed[0]: HP:0001471 is now HP:0000020",)


@pytest.mark.parametrize(
    ("record", "note"),
    [
        (packet(feature("HP:0001085", "Swollen optic disc")), "HP:0001085 is labelled 'Papilledema', not 'Swollen"),
        (packet(feature("HP:0001085", "Splenomegaly")), "and 'Splenomegaly' is Splenomegaly (HP:0001744); the id was"),
        (packet(feature("HP:9999999", "Papilledema")), "read as Papilledema (HP:0001085) by its label"),
        (packet(feature("HP:0001085"), feature("HP:9999999", "")), "phenotypicFeatures[1].type: HP:9999999: no such"),
        (packet(feature("HP:0001085"), feature("HP:0000006")), "is not a finding in a patient; not used"),
        (packet(feature("HP:0001085"), {"type": None}), "phenotypicFeatures[1].type: neither id nor label"),
        (packet(somethingElse=1), "somethingElse: not a field of Phenopacket v2; not read"),
        ({"id": "a", "observed": ["HP:0001085"], "exclude": ["HP:0001744"]}, "the field is called 'excluded'"),
        ({"id": "a", "observed": ["HP:0001085"], "age": 131}, "age: an age of 131 cannot be; the age is left unknown"),
        ({"id": "a", "observed": ["HP:0001085"], "sex": "XX"}, "sex: 'XX' is none of UNKNOWN_SEX, FEMALE"),
    ],
)
def test_what_can_be_overlooked_is_noted(record, note, book):
    patient = patient_of(record, book)
    assert patient.observed == ("HP:0001085",)
    assert [line for line in patient.notes if note in line and line.startswith("file.jsonl:7: ")]


@pytest.mark.parametrize(
    ("record", "field", "message"),
    [
        (
            packet(feature("HP:0001085"), feature("HP:0001085", excluded=True)),
            "phenotypicFeatures[1].type",
            "present in",
        ),
        (packet(feature("HP:9999999", "")), "phenotypicFeatures", "no findings that can be used"),
        (packet(phenotypicFeatures=[]), "phenotypicFeatures", "no findings"),
        (packet(feature("HP:0001085", negated=False)), "phenotypicFeatures[0].negated", "version 1"),
        (packet(genes=[]), "genes", "version 1"),
        (packet(metaData={"phenopacketSchemaVersion": "1.0.0"}), "metaData.phenopacketSchemaVersion", "version 1"),
        (packet(feature("HP:0001085", exclude=True)), "phenotypicFeatures[0].exclude", "not a field"),
        (packet(feature("HP:0001085", excluded="no")), "phenotypicFeatures[0].excluded", "neither true nor false"),
        (packet(phenotypicFeatures={}), "phenotypicFeatures", "no list"),
        (packet(phenotypicFeatures=["HP:0001085"]), "phenotypicFeatures[0]", "no object"),
        (packet(id="", subject={}), "id", "neither the Phenopacket nor its subject has an id"),
        ({"id": "f", "proband": packet()}, "proband", "this is a family"),
        ({"id": "c", "members": [packet()]}, "members", "this is a cohort"),
        ({"id": "a", "observed": ["HP:0001085"], "excluded": ["Papilledema"]}, "excluded[0]", "present in observed[0]"),
        ({"id": "a", "observed": "HP:0001085"}, "observed", "no list of terms"),
        ({"id": "a", "observed": [1]}, "observed[0]", "no term"),
        ({"id": None, "observed": ["HP:0001085"]}, "id", "no id"),
        ({"id": "a", "observed": []}, "observed", "no findings"),
        ({"id": "a"}, "", "neither a Phenopacket"),
        (["a"], "", "not a list"),
        (None, "", "not null"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(record, field, message, book):
    bad = read(record, book)
    assert isinstance(bad, BadRecord)
    assert (bad.line, bad.field) == (7, field)
    assert message in bad.message
    assert str(bad).startswith(f"file.jsonl:7: {field}")


def test_an_excluded_ancestor_of_a_present_finding_is_dropped_and_said(book):
    patient = patient_of(packet(feature("HP:0001271"), feature("HP:0009830", excluded=True)), book)
    assert (patient.observed, patient.excluded) == (("HP:0001271",), ())
    assert "Peripheral neuropathy (HP:0009830) is excluded here, but Polyneuropathy" in patient.notes[0]


@pytest.mark.parametrize(
    ("time", "age", "note"),
    [
        ({"age": {"iso8601duration": "P1Y6M"}}, 1.5, ""),
        ({"age": {"iso8601duration": "-P5Y"}}, None, "an age of '-P5Y' cannot be"),
        ({"age": {"iso8601duration": "P300Y"}}, None, "an age of 'P300Y' cannot be"),
        ({"age": {"iso8601duration": "43"}}, None, "'43' is no ISO 8601 duration"),
        ({"ageRange": {"start": {"iso8601duration": "P40Y"}, "end": {"iso8601duration": "P50Y"}}}, 45.0, "its middle"),
        ({"ageRange": {"start": {"iso8601duration": "P50Y"}, "end": {"iso8601duration": "P40Y"}}}, None, "ends before"),
        ({"ontologyClass": {"id": "HP:0003581", "label": "Adult onset"}}, None, "'Adult onset' gives no age"),
        ({"gestationalAge": {"weeks": 20}}, None, "an age before birth"),
        ({"timestamp": "2020-01-01T00:00:00Z"}, 40.0, ""),
        ({"timestamp": "yesterday"}, None, "no time stamp"),
        ({"interval": {"start": "2019-01-01T00:00:00Z", "end": "2020-01-01T00:00:00.123456789Z"}}, 40.0, ""),
    ],
)
def test_ages_are_years_or_unknown_with_a_note(time, age, note, book):
    subject = {"id": "s", "dateOfBirth": "1980-01-01T00:00:00Z", "timeAtLastEncounter": time}
    patient = patient_of(packet(subject=subject), book)
    assert patient.age == (None if age is None else pytest.approx(age, abs=0.01))
    assert [note in line for line in patient.notes] == ([True] if note else [])


def test_what_is_past_counts_and_is_said(book):
    past = {"onset": {"age": {"iso8601duration": "P40Y"}}, "resolution": {"age": {"iso8601duration": "P41Y"}}}
    patient = patient_of(packet(feature("HP:0001085", **past)), book)
    assert patient.observed == ("HP:0001085",)
    assert "Papilledema (HP:0001085) is past; it counts" in patient.notes[0]


def test_present_once_and_excluded_later_is_no_contradiction(book):
    past = {"resolution": {"age": {"iso8601duration": "P41Y"}}}
    patient = patient_of(packet(feature("HP:0001085", **past), feature("HP:0001085", excluded=True)), book)
    assert (patient.observed, patient.excluded) == (("HP:0001085",), ())


def test_diseases_come_from_both_places_without_those_ruled_out(book):
    record = packet(
        diseases=[{"term": {"id": "Orphanet:2905"}}, {"term": {"id": "ORPHA:2932"}, "excluded": True}, {"term": {}}],
        interpretations=[{"diagnosis": {"disease": {"id": "MONDO:0017364"}}}, {"diagnosis": {"disease": {"id": None}}}],
    )
    assert patient_of(record, book).disease_ids == ("ORPHA:2905", "MONDO:0017364")


def test_names_of_the_schema_are_read_as_those_of_json(book):
    record = packet(phenotypic_features=[feature("HP:0001085")], meta_data={"phenopacket_schema_version": "2.0"})
    del record["phenotypicFeatures"], record["metaData"]
    record["subject"]["time_at_last_encounter"] = record["subject"].pop("timeAtLastEncounter")
    assert patient_of(record, book) == patient_of(packet(), book)


def lines(path: Path, book: Book) -> Iterator[str]:
    for found in read_patients(path, book):
        yield found.patient_id if isinstance(found, Patient) else f"{found.line}: {found.field}: {found.message}"


PLAIN = '{"id": "%s", "observed": ["HP:0001085"]}\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["0: : there are no patients"]),
        ("\n \n", ["0: : there are no patients"]),
        (PLAIN % "a" + "\n" + PLAIN % "b", ["a", "b"]),
        ("\ufeff" + PLAIN % "a", ["a"]),
        (PLAIN % "a" + "{broken\n" + PLAIN % "b", ["a", "2: : not JSON", "b"]),
        (PLAIN % "a" + PLAIN % "a" + PLAIN % "b", ["a", "2: id: 'a' is also the patient of line 1", "b"]),
        (PLAIN % "a" + PLAIN[:20], ["a", "2: : not JSON"]),
        (json.dumps(packet(), indent=2), ["p1"]),
        (json.dumps(packet(), indent=2)[:-30], ["21: : not JSON"]),
        (json.dumps(packet(), indent=2) + "\n{}", ["23: : not JSON (extra data"]),
        (json.dumps([packet(), packet(id="p2")], indent=1), ["p1", "p2"]),
        ("[]", ["0: : there are no patients"]),
        ("[1, " + PLAIN % "a" + ",\n" + PLAIN % "a" + "]", ["1: : a patient is an object", "a", "3: id: 'a' is also"]),
        ("[" + PLAIN % "a", ["a", "2: : the list of patients is not closed"]),
        ("[" + PLAIN % "a" + PLAIN % "b" + "]", ["a", "2: : no comma"]),
        ("[" + PLAIN % "a" + ",{broken}]", ["a", "2: : not JSON"]),
        ('{"id": "a", "observed": [], "observed": ["HP:0001085"]}', ["1: observed: stands twice in one object"]),
        ("[" * 100_000, ["1: : nested too deeply"]),
        ('{"a":' * 100_000, ["1: : nested too deeply"]),
    ],
)
def test_files_stream_and_go_on_after_a_bad_record(text, expected, book, tmp_path):
    for name, data in (("p.json", text.encode()), ("p.jsonl.gz", gzip.compress(text.encode()))):
        path = tmp_path / name
        path.write_bytes(data)
        found = list(lines(path, book))
        assert len(found) == len(expected), found
        for one, start in zip(found, expected, strict=True):
            assert one.startswith(start), found


def test_a_byte_that_is_no_text_spoils_its_line_only(book, tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_bytes((PLAIN % "a").encode() + b'{"id": "\xff"}\n' + (PLAIN % "b").encode())
    assert list(lines(path, book)) == ["a", "2: : has a byte that is not UTF-8; save it as UTF-8", "b"]


def test_a_huge_record_is_passed_over(book, tmp_path, monkeypatch):
    monkeypatch.setattr("poems_kg.patients.records.LONGEST", 200)
    path = tmp_path / "p.jsonl"
    path.write_text(PLAIN % "a" + PLAIN % ("x" * 1000) + PLAIN % "b", encoding="utf-8")
    found = list(lines(path, book))
    assert (found[0], found[2]) == ("a", "b")
    assert found[1].startswith("2: : longer than 200 bytes")


def test_ids_are_remembered_in_bounded_memory(book, tmp_path, monkeypatch):
    monkeypatch.setattr("poems_kg.patients.reading._GENERATION", 2)
    path = tmp_path / "p.jsonl"
    path.write_text("".join(PLAIN % name for name in "abcbdea"), encoding="utf-8")
    found = list(lines(path, book))
    assert found[3].startswith("4: id: 'b' is also the patient of line 2")
    assert found[6] == "a"


def test_a_missing_or_broken_file_is_said(book, tmp_path):
    with pytest.raises(PatientError, match="cannot be read"):
        list(read_patients(tmp_path / "none.json", book))
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress((PLAIN % "a" * 50).encode())[:-10])
    with pytest.raises(PatientError, match="broken or cut off"):
        list(read_patients(cut, book))


def test_terms_of_the_command_line(book):
    patient = read_terms(["papilledema", "hp:0001471"], book, excluded=["HP:0001744"], sex=Sex.FEMALE, age=50)
    assert (patient.observed, patient.excluded) == (("HP:0001085", "HP:0000020"), ("HP:0001744",))
    assert patient.notes == ("command line: hp:0001471: HP:0001471 is now HP:0000020",)
    with pytest.raises(UnknownFindingError, match="gibberish: no such finding; the nearest are Papilledema"):
        read_terms(["gibberish"], book)
    with pytest.raises(PatientError, match="is excluded here and present in papilledema"):
        read_terms(["papilledema"], book, excluded=["HP:0001085"])
    with pytest.raises(PatientError, match="no findings"):
        read_terms([], book)
    with pytest.raises(PatientError, match="give years from 0 to 130"):
        read_terms(["papilledema"], book, age=200)


# --- The files in tests/data/patients ---


def test_a_phenopacket_with_everything_is_read(book):
    (patient,) = read_patients(PATIENTS / "made_up_poems.json", book)
    assert isinstance(patient, Patient)
    assert (patient.patient_id, patient.sex, patient.age) == ("made-up-poems-52f-second", Sex.FEMALE, 52.25)
    recorded = ("HP:0001271", "HP:0001744", "HP:0001085")
    assert patient.observed == (*recorded, "HP:0031047", "HP:0001894", "HP:0031052")
    assert patient.excluded == ("HP:0000020", "HP:0001873", "HP:0001900", "HP:0001901")
    assert patient.reasons.keys() == {*patient.observed[3:], *patient.excluded[1:]}
    assert patient.disease_ids == ("ORPHA:2905",)
    assert [note.partition(": ")[2] for note in patient.notes] == [
        "phenotypicFeatures[2].type: HP:0001471 is now HP:0000020",
        "phenotypicFeatures[3].resolution: Papilledema (HP:0001085) is past; it counts, for criteria ask what has ever "
        "been found",
        "phenotypicFeatures[4].type: Peripheral neuropathy (HP:0009830) is excluded here, but Polyneuropathy "
        "(HP:0001271), a kind of it, is present (phenotypicFeatures[0].type); the exclusion was dropped",
        "measurements: no threshold is known for Ferritin",
        "measurements[0]: Platelets [#/volume] in Blood 280 10*9/L: an earlier value; Platelets [#/volume] in Blood "
        "612000 /uL decides",
    ]


def test_packets_of_one_person_at_several_times_are_patients_each(book):
    assert list(lines(PATIENTS / "phenopackets.jsonl", book)) == [
        "made-up-poems-52f-first",
        "made-up-poems-52f-second",
        "made-up-nerves-40",
    ]


def test_plain_objects_of_a_file_are_read(book):
    a, b, c = read_patients(PATIENTS / "plain.jsonl", book)
    assert a == Patient("a", Sex.MALE, None, ("HP:0001271", "HP:0001744"), ("HP:0001085",))
    assert isinstance(b, Patient)
    assert (b.observed, b.age, b.disease_ids) == (("HP:0001744", "HP:0000020"), 61.0, ("ORPHA:2905",))
    assert c == Patient("c", observed=("HP:0001271",))


def test_every_bad_record_is_said_with_its_line_and_the_others_are_read(book):
    found = list(read_patients(PATIENTS / "bad.jsonl", book))
    assert [one.patient_id for one in found if isinstance(one, Patient)] == ["good", "last"]
    bad = [(one.line, one.field) for one in found if isinstance(one, BadRecord)]
    assert bad == [
        (2, "observed"),
        (3, "observed"),
        (4, "observed"),
        (5, "excluded[0]"),
        (6, "id"),
        (7, "metaData.phenopacketSchemaVersion"),
        (8, "proband"),
        (9, "members"),
        (10, "measurements[0].value.quantity.value"),
        (11, ""),
        (12, ""),
        (13, ""),
        (14, "id"),
        (15, ""),
    ]


def test_what_is_in_a_file_can_be_read_without_the_file(tmp_path: Path) -> None:
    content = b'[{"id": "a", "observed": ["Polyneuropathy"]}, {"id": "b", "observed": []}]'
    for name, data in (("a.json", content), ("a.json.gz", gzip.compress(content))):
        (tmp_path / name).write_bytes(data)
        from_disk = [str(each).replace(f"{tmp_path}/", "") for each in read_patients(tmp_path / name, Book())]
        assert [str(each) for each in read_patients(Path(name), Book(), data)] == from_disk
        assert len(from_disk) == 2
    with pytest.raises(PatientError, match="broken or cut off"):
        list(read_patients(Path("a.gz"), Book(), gzip.compress(content)[:-9]))
