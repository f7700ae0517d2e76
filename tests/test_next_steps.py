"""What to ask next: what is known is not asked again, bits are as defined, and each step names its sources."""

from math import log2
from pathlib import Path

import numpy as np
import pytest
from differential_world import FINDINGS, patient, world
from hypothesis import given, settings
from hypothesis import strategies as st

from poems_kg.criteria import ItemVerdict, Missing, Truth, Verdict
from poems_kg.criteria.definition import Entry
from poems_kg.differential import next_steps as module
from poems_kg.differential.asking import entropy
from poems_kg.differential.diagnostic_tests import (
    DiagnosticTest,
    Invasiveness,
    diagnostic_tests,
    read_invasiveness,
)
from poems_kg.differential.next_steps import LEAST_BITS, next_steps
from poems_kg.differential.posterior import posteriors, weigh
from poems_kg.differential.rivals import POEMS, tables
from poems_kg.ids import PoemsKgError
from poems_kg.patients.patient import Sex

RIVALS = world()
SUBSETS = st.lists(st.sampled_from(FINDINGS), unique=True, max_size=6)
VEGF = frozenset({"elevated VEGF"})
BLOOD = DiagnosticTest("T:1", "blood test", {"elevated VEGF": ("claim:v",)}, VEGF, Invasiveness(1, "blood sample"))
TISSUE = DiagnosticTest("T:2", "tissue test", {"elevated VEGF": ("claim:w",)}, VEGF, Invasiveness(4, "tissue sample"))
LOOK = DiagnosticTest("T:3", "look", {"visceromegaly": ("claim:x",)}, frozenset(), None)


@pytest.fixture(autouse=True)
def tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_tests", lambda: [TISSUE, BLOOD, LOOK])


# --- Information ---


def test_entropy_is_in_bits() -> None:
    assert entropy(np.array([0.25] * 4)) == pytest.approx(2)
    assert entropy(np.array([1.0, 0.0])) == 0


def test_information_is_the_entropy_that_is_lost_on_average() -> None:
    step = next(each for each in next_steps(RIVALS, patient(), count=50) if each.finding_ids == ("elevated VEGF",))
    present, absent = weigh(RIVALS, patient("elevated VEGF")), weigh(RIVALS, patient(excluded=("elevated VEGF",)))
    chance = float(weigh(RIVALS, patient()) @ RIVALS.probabilities("elevated VEGF", Sex.UNKNOWN_SEX))
    assert step.probability == pytest.approx(chance)
    assert step.information == pytest.approx(log2(4) - chance * entropy(present) - (1 - chance) * entropy(absent))
    assert (step.if_present, step.if_absent) == pytest.approx((present[0], absent[0]))


@settings(max_examples=40)
@given(SUBSETS, SUBSETS)
def test_what_is_known_is_not_asked(observed: list[str], excluded: list[str]) -> None:
    known = patient(*observed, excluded=tuple(excluded))
    present = set().union(*(RIVALS.ancestors(finding) for finding in observed))
    steps = next_steps(RIVALS, known, count=50)
    asked = {finding for step in steps for finding in step.finding_ids}
    assert not asked & present
    assert not any(RIVALS.ancestors(finding) & (set(excluded) - present) for finding in asked)
    bits = [round(step.information, 2) for step in steps]
    assert bits == sorted(bits, reverse=True)
    assert all(LEAST_BITS <= step.information <= entropy(weigh(RIVALS, known)) for step in steps)


def test_a_further_kind_of_what_is_known_is_not_asked() -> None:
    asked = {finding for step in next_steps(RIVALS, patient("hepatomegaly"), count=50) for finding in step.finding_ids}
    assert "hepatomegaly" not in asked
    assert "visceromegaly" not in asked
    open_again = {each for step in next_steps(RIVALS, patient("neuropathy"), count=50) for each in step.finding_ids}
    assert "polyneuropathy" in open_again


# --- Tests ---


def test_the_least_invasive_test_is_named_and_the_others_beside_it() -> None:
    step = next(each for each in next_steps(RIVALS, patient(), count=50) if "elevated VEGF" in each.finding_ids)
    assert (step.test_id, step.label, step.other_tests) == ("T:1", "blood test", ("tissue test",))
    assert (step.invasiveness, step.how, step.claims) == (1, "blood sample", ("claim:v",))
    assert step.text.startswith("Blood test (blood sample): ")
    assert "elevated vegf is expected with" in step.text


def test_a_finding_without_a_test_stands_alone() -> None:
    step = next(each for each in next_steps(RIVALS, patient(), count=50) if each.finding_ids == ("telangiectasia",))
    assert (step.test_id, step.label, step.invasiveness) == ("", "Telangiectasia", None)


def test_only_what_a_test_detects_covers_narrower_kinds() -> None:
    assert BLOOD.claims_for("x", frozenset({"x", "elevated VEGF"})) == ("claim:v",)
    assert LOOK.claims_for("hepatomegaly", frozenset({"hepatomegaly", "visceromegaly"})) == ()
    assert LOOK.claims_for("visceromegaly", frozenset({"visceromegaly"})) == ("claim:x",)


def test_open_items_of_open_criteria_are_settled() -> None:
    item = ItemVerdict(
        "set-vegf", "raised VEGF", "other major", Truth.UNKNOWN, Entry("i", "i"), (), (),
        (Entry("elevated VEGF", "VEGF"),), (), "PMID:1",
    )  # fmt: skip
    verdict = Verdict(
        "set", "Mayo criteria", "2012", Truth.UNKNOWN, Entry(POEMS, "POEMS"), (item,),
        (Missing("one other major", (Entry("i", "i"),)),), (), (), "PMID:1",
    )  # fmt: skip
    steps = next_steps(RIVALS, patient(), [verdict], count=50)
    settled = {step.finding_ids: step.settles for step in steps if step.settles}
    assert settled == {("elevated VEGF",): ("Mayo criteria: raised VEGF (other major)",)}


# --- Of our tables ---


def test_tests_of_our_tables_rest_on_claims_and_know_how_invasive_they_are() -> None:
    found = {test.test_id: test for test in diagnostic_tests(tables())}
    plasma, marrow = found["POEMS:0000289"], read_invasiveness(tables_folder())["MAXO:0000335"]
    assert plasma.invasiveness == Invasiveness(1, "blood sample")
    assert plasma.finds["HP:0031052"] == ("claim:C0731",)
    assert marrow.level == 4
    assert found["MAXO:0035091"].invasiveness == Invasiveness(3, "needle in a muscle")
    for test in found.values():
        for claims in test.finds.values():
            assert all(tables().claims[claim].record.subject_id == test.test_id for claim in claims)


def tables_folder() -> Path:
    from poems_kg.places import ontology_dir

    return ontology_dir()


def test_labels_of_the_table_are_those_of_the_terms() -> None:
    lines = (tables_folder() / "invasiveness.tsv").read_text(encoding="utf-8").splitlines()[1:]
    cells = [line.split("\t") for line in lines]
    assert [each[0] for each in cells] == sorted(each[0] for each in cells)
    for class_id, label, *_ in cells:
        known = tables().label(class_id) or tables().upstream[class_id].label
        assert label == known


@pytest.mark.parametrize(("row", "problem"), [("X:1\tx\t7\thow\ta\td\t", "level '7' is none"), ("X:1\tx", "2 cells")])
def test_a_table_that_cannot_be_used_is_refused(tmp_path: Path, row: str, problem: str) -> None:
    header = "class_id\tclass_label\tlevel\thow\tauthor\tdate\tnote"
    (tmp_path / "invasiveness.tsv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    with pytest.raises(PoemsKgError, match=f":2: .*{problem}"):
        read_invasiveness(tmp_path)


def test_posteriors_after_the_answer_are_those_of_the_patient_with_it() -> None:
    step = next_steps(RIVALS, patient("M protein"))[0]
    after = posteriors(RIVALS, patient("M protein", step.finding_ids[0]))
    assert step.if_present == pytest.approx(after[POEMS])
