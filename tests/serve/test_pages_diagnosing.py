"""The page for diagnosing: it says what the library says, tells each fault at its field, and gives nothing away."""

import gzip
import json
from dataclasses import replace
from html import unescape
from tempfile import SpooledTemporaryFile

import pytest
from html_page import HtmlPage
from starlette.testclient import TestClient

pytest.importorskip("scipy")

from poems_kg.ids import PoemsKgError
from poems_kg.patients.ages import years
from poems_kg.patients.patient import Patient, Sex
from poems_kg.patients.plain import read_terms
from poems_kg.serve.asked import Asked, Upload
from poems_kg.serve.desk import Desk
from poems_kg.serve.pages.diagnosing import TOP, diagnose, show_form
from poems_kg.serve.pages.diagnosing_examples import EXAMPLES
from poems_kg.serve.pages.diagnosing_form import (
    MOST_LINES,
    Form,
    Lab,
    form_of,
    known_specimens,
    known_tests,
    name_notes,
    read_form,
    read_upload,
)
from poems_kg.serve.replies import Reply

OBSERVED = ("polyneuropathy", "HP:0031047", "increased spleen size")
PACKET = {
    "id": "packet-1",
    "subject": {"sex": "MALE", "timeAtLastEncounter": {"age": {"iso8601duration": "P61Y"}}},
    "phenotypicFeatures": [
        {"type": {"id": "HP:0001271", "label": "Polyneuropathy"}},
        {"type": {"id": "HP:0001085", "label": "Papilledema"}, "excluded": True},
    ],
    "measurements": [
        {
            "assay": {"id": "loinc:777-3", "label": "Platelets"},
            "value": {"quantity": {"unit": {"id": "UCUM:10*9/L"}, "value": 612}},
        }
    ],
}
HOSTILE = (
    '"><script>alert(1)</script>',
    "</textarea><script>alert(1)</script>",
    "a\x00b\u202ec",
    "{{ 7 * 7 }}",
    "'; DROP TABLE patients; --",
    "HP:9999999",
    "x" * 5000,
)


@pytest.fixture(scope="module", autouse=True)
def _needs_diagnosing(desk: Desk) -> None:
    if not desk.can_diagnose:
        pytest.skip("pip install 'poems-kg[diagnose]'")


def send(desk: Desk, *files: Upload, **values: str) -> Reply:
    return diagnose(desk, Asked(tuple(values.items()), files))


def packet(**changed: object) -> Upload:
    return Upload("file", "packet.json", json.dumps({**PACKET, **changed}, indent=1).encode())


def known_as(patient: Patient) -> tuple[object, ...]:
    return set(patient.observed), set(patient.excluded), patient.sex, patient.age


def test_the_form_is_whole_and_says_what_becomes_of_what_is_entered(desk: Desk) -> None:
    reply = show_form(desk, Asked())
    page = HtmlPage(reply.body)
    page.check()
    assert reply.status == 200
    assert ("Cache-Control", "no-store") in reply.headers
    assert "Not medical advice" in page.text
    assert "stays on this machine" in page.text
    (form,) = page.having("form", method="post")
    assert (form["action"], form["enctype"]) == ("/diagnose", "multipart/form-data")


def test_typed_findings_make_the_patient_that_the_library_makes(desk: Desk) -> None:
    book = desk.diagnostician.index.findings
    form = Form("\n".join(OBSERVED), "papilledema", "male", "49")
    patient, problems = read_form(form, book)
    expected = read_terms(OBSERVED, book, excluded=["papilledema"], sex=Sex.MALE, age=49)
    assert problems == []
    assert patient is not None
    assert replace(patient, notes=()) == replace(expected, notes=())


def test_the_page_says_what_the_library_says(desk: Desk) -> None:
    reply = send(desk, observed="\r\n".join(OBSERVED), excluded="papilledema", sex="male", age="49")
    page = HtmlPage(reply.body)
    page.check()
    assert reply.status == 200
    assert ("Cache-Control", "no-store") in reply.headers
    book = desk.diagnostician.index.findings
    patient = read_terms(OBSERVED, book, excluded=["papilledema"], sex=Sex.MALE, age=49)
    diagnosis = desk.diagnostician.diagnose(patient, TOP)
    ranks = [int(found["value"]) for tag, found in page.tags if tag == "li" and "value" in found]
    assert ranks == [each.rank for each in diagnosis.candidates]
    names = [words for within, words in page.texts if within[-2:] == ("span", "bdi") and "summary" in within]
    assert [name.lower() for name in names] == [each.label.lower() for each in diagnosis.candidates]
    verdicts = [
        found["class"].split()[1] for found in page.having("details") if found.get("class", "").startswith("set ")
    ]
    assert verdicts == [each.verdict.value for each in diagnosis.verdicts]
    for step in diagnosis.next_steps:
        assert step.label.lower() in page.text.lower()
        assert f"{step.information:.2f} bits" in page.text
    assert "POEMS syndrome beside CIDP" in page.words_in("h2")


def test_lab_values_become_findings_with_their_reason(desk: Desk) -> None:
    book = desk.diagnostician.index.findings
    patient, problems = read_form(Form(labs=(Lab("VEGF", "820", "pg/mL", "blood plasma"),)), book)
    assert (problems, patient and patient.observed) == ([], ("HP:0031052",))
    page = HtmlPage(send(desk, assay="VEGF", value="820", unit="pg/mL", specimen="blood plasma", low="", high="").body)
    page.check()
    assert "> 200 pg/mL" in page.text
    assert "/claim/C0982" in {found["href"] for found in page.having("a")}
    positive, _ = read_form(Form(labs=(Lab("serum immunofixation", "positive"),)), book)
    assert positive is not None
    assert positive.observed == ("HP:0031047",)


def test_every_test_and_specimen_that_is_offered_is_known(desk: Desk) -> None:
    for name in known_tests():
        _, problems = read_form(
            Form("polyneuropathy", labs=(Lab(name, "1", "g/L"),)), desk.diagnostician.index.findings
        )
        assert problems == [], name
    assert "blood plasma" in known_specimens()


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"observed": "enlarged spleeen"}, "observed", "Splenomegaly"),
        ({"observed": "HP:9999999"}, "observed", "no such finding"),
        ({"observed": "HP:0000006"}, "observed", "not a finding in a patient"),
        ({"observed": "x" * 300}, "observed", "one finding a line"),
        ({"observed": "papilledema\n" * (MOST_LINES + 1)}, "observed", f"more than {MOST_LINES}"),
        ({"observed": "polyneuropathy", "excluded": "splenomegalyy"}, "excluded", "no such finding"),
        ({"observed": "papilledema", "excluded": "papilledema"}, "excluded", "line 1 of the findings present"),
        ({}, "observed", "No finding and no lab value"),
        ({"observed": "papilledema", "sex": "M"}, "sex", "none of female, male, other"),
        ({"observed": "papilledema", "age": "150"}, "age", "0 to 130"),
        ({"observed": "papilledema", "age": "nan"}, "age", "0 to 130"),
        ({"observed": "papilledema", "age": "forty"}, "age", "0 to 130"),
        ({"assay": "plateletz", "value": "1", "unit": "g/L"}, "assay-1", "platelet count"),
        ({"value": "1", "unit": "g/L"}, "assay-1", "name it"),
        ({"assay": "VEGF"}, "value-1", "value is missing"),
        ({"assay": "VEGF", "value": "1,5", "unit": "pg/mL"}, "value-1", "decimal point"),
        ({"assay": "VEGF", "value": "-3", "unit": "pg/mL"}, "value-1", "cannot be"),
        ({"assay": "VEGF", "value": "inf", "unit": "pg/mL"}, "value-1", "is no number"),
        ({"assay": "VEGF", "value": "3"}, "unit-1", "UCUM"),
        ({"assay": "VEGF", "value": "3", "unit": "pg/mL", "low": "a"}, "low-1", "is no number"),
        ({"assay": "VEGF", "value": "3", "unit": "pg/mL", "low": "9", "high": "2"}, "high-1", "ends before it starts"),
        ({"assay": "VEGF", "value": "3", "unit": "pg/mL", "specimen": "soup"}, "specimen-1", "no specimen"),
    ],
)
def test_a_fault_is_told_at_its_field_and_nothing_is_lost(
    desk: Desk, values: dict[str, str], field: str, words: str
) -> None:
    reply = send(desk, **values)
    page = HtmlPage(reply.body)
    page.check()
    assert reply.status == 422
    assert words in page.text
    (control,) = [found for _, found in page.tags if found.get("id") == field]
    assert control["aria-invalid"] == "true"
    assert f"{field}-problem" in control["aria-describedby"].split()
    assert f"#{field}" in {found.get("href") for found in page.having("a")}
    assert page.having("div", role="alert", autofocus="")
    shown = {found.get("value") for found in page.having("input")} | set(page.words_in("option"))
    shown |= {"".join(page.words_in("textarea"))}
    for name, value in values.items():
        if name in ("observed", "excluded"):
            assert value.strip() in "".join(words for within, words in page.texts if within[-1] == "textarea")
        elif name not in ("sex", "specimen"):
            assert value in shown


def test_a_phenopacket_gives_what_it_says_and_fills_in_the_form(desk: Desk) -> None:
    book = desk.diagnostician.index.findings
    patient, _ = read_upload(packet(), book)
    assert patient is not None
    reply = send(desk, packet(), observed="", excluded="")
    page = HtmlPage(reply.body)
    page.check()
    assert reply.status == 200
    again, problems = read_form(form_of(patient, book), book)
    assert (problems, again and known_as(again)) == ([], known_as(patient))
    assert page.having("input", name="value", value="612")
    assert "Polyneuropathy" in "".join(page.words_in("textarea"))
    packed = Upload("file", "packet.json.gz", gzip.compress(packet().content))
    assert HtmlPage(send(desk, packed).body).text == page.text


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        (Upload("file", "a.json", b"{"), "not JSON"),
        (Upload("file", "a.json", b"[]"), "no patients in this file"),
        (Upload("file", "a.json", b'{"id": 1, "x": [}'), "not JSON"),
        (Upload("file", "a.json", b"\xff\xfe\x00"), "a.json:1"),
        (Upload("file", "a.json.gz", b"\x1f\x8b broken"), "gzip"),
        (Upload("file", "a.pb", b"\x01\x02"), "a.pb"),
        (packet(phenotypicFeatures=[{"type": {"id": "HP:0001271"}, "exclude": True}]), "phenotypicFeatures[0].exclude"),
        (packet(genes=[]), "version 1"),
        (
            Upload("file", "a.json", b"[" + packet().content + b"," + packet(id="b").content + b"]"),
            "more than one patient",
        ),
        (Upload("file", "../../etc/<b>passwd", b"{"), "<b>passwd"),
        (Upload("file", "deep.json", b"[" * 100_000), "file"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_at_its_field(desk: Desk, upload: Upload, words: str) -> None:
    reply = send(desk, upload, observed="", age="49")
    page = HtmlPage(reply.body)
    page.check()
    assert reply.status == 422
    (field,) = page.having("input", type="file")
    assert (field["aria-invalid"], "file-problem" in field["aria-describedby"]) == ("true", True)
    assert words in page.text
    assert "/etc/" not in page.text
    assert page.having("input", name="age", value="49")


def test_a_file_does_not_silently_take_the_place_of_what_was_typed(desk: Desk) -> None:
    refused = send(desk, packet(), observed="ascites")
    assert refused.status == 422
    assert b"ascites" in refused.body
    page = HtmlPage(send(desk, packet(), observed="ascites", use="file").body)
    assert "ascites" not in "".join(page.words_in("textarea"))
    assert "Papilledema" in "".join(page.words_in("textarea"))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_shown_as_words(desk: Desk, words: str) -> None:
    names = ("observed", "excluded", "sex", "age", "assay", "value", "unit", "specimen", "low", "high")
    for name in names:
        page = HtmlPage(send(desk, **{"observed": "polyneuropathy", name: words}).body)
        page.check()
        assert not page.words_in("script")
    page = HtmlPage(send(desk, Upload("file", words, json.dumps({"id": words, "observed": [words]}).encode())).body)
    page.check()
    shown = HtmlPage(send(desk, Upload("file", "a.json", packet(id=words, note=words).content)).body)
    shown.check()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_filled_in_and_answered(desk: Desk, example: object) -> None:
    (one,) = [each for each in EXAMPLES if each is example]
    patient, problems = read_form(one.form, desk.diagnostician.index.findings)
    assert (problems, patient and patient.notes) == ([], ())
    page = HtmlPage(show_form(desk, Asked((("example", one.name),))).body)
    page.check()
    assert f"Made-up example: {one.title}." in page.text


def test_the_examples_show_what_they_are_for(desk: Desk) -> None:
    verdicts = {}
    for example in EXAMPLES:
        patient, _ = read_form(example.form, desk.diagnostician.index.findings)
        assert patient is not None
        found = desk.diagnostician.diagnose(patient)
        verdicts[example.name] = [
            str(each.verdict) for each in found.verdicts if each.label.startswith("Mayo criteria 2023")
        ]
    assert verdicts == {"called-cidp": ["unknown"], "whole-picture": ["met"], "unlikely": ["not_met"]}


def test_notes_name_the_fields_of_the_form() -> None:
    form = Form("a\n\nb", "c")
    notes = ("form: phenotypicFeatures[1].type: x", "form: measurements[0].value.quantity.unit: y", "form: z")
    assert name_notes(form, notes) == ["line 3 of the findings present: x", "lab value 1: y", "z"]


def test_an_age_may_be_a_duration_or_have_a_fraction(desk: Desk) -> None:
    for typed, age in (("49", 49.0), ("0.5", 0.5), ("P49Y6M", years("P49Y6M")), ("130", 130.0), ("0", 0.0)):
        patient, problems = read_form(Form("papilledema", age=typed), desk.diagnostician.index.findings)
        assert (problems, patient and patient.age) == ([], pytest.approx(age, abs=1e-5))


class Bare(Desk):
    """A desk on a machine where nothing can be diagnosed."""

    def __init__(self, desk: Desk) -> None:
        self.__dict__.update(vars(desk))
        self.__dict__.pop("diagnostician", None)
        self.__dict__["can_diagnose"] = False

    @property
    def diagnostician(self) -> None:  # type: ignore[override]
        raise PoemsKgError("scipy is missing; pip install 'poems-kg[diagnose]'")


def test_where_nothing_can_be_diagnosed_it_says_what_to_install(desk: Desk) -> None:
    bare = Bare(desk)
    reply = show_form(bare, Asked())
    HtmlPage(reply.body).check()
    assert reply.status == 200
    assert "pip install 'poems-kg[diagnose]'" in unescape(reply.body.decode())
    tried = send(bare, observed="papilledema")
    assert (tried.status, b"papilledema" in tried.body) == (503, True)


def test_a_large_file_is_not_written_to_disk(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise AssertionError("a file was written to disk")

    monkeypatch.setattr(SpooledTemporaryFile, "rollover", refuse)
    large = packet().content + b" " * (3 << 20)
    answered = client.post("/diagnose", files={"file": ("packet.json", large)})
    assert (answered.status_code, "Male, 61 years" in answered.text) == (200, True)


def test_over_http_nothing_is_kept(client: TestClient) -> None:
    form = client.get("/diagnose")
    assert (form.status_code, form.headers["cache-control"]) == (200, "no-store")
    sent = client.post("/diagnose", data={"observed": "polyneuropathy\nsplenomegaly"}, files={"file": ("", b"")})
    assert (sent.status_code, sent.headers["cache-control"]) == (200, "no-store")
    assert "etag" not in sent.headers
    assert "set-cookie" not in sent.headers
    refused = client.post("/diagnose", data={"observed": "nonsense nowhere"}, files={"file": ("", b"")})
    assert (refused.status_code, "nonsense nowhere" in refused.text) == (422, True)
    uploaded = client.post("/diagnose", files={"file": ("packet.json", packet().content)})
    assert (uploaded.status_code, "Male, 61 years" in uploaded.text) == (200, True)
    assert client.post("/diagnose", content=b"x" * (5 << 20)).status_code == 413
    assert client.get("/diagnose?example=nonsense").status_code == 404
