"""Reasons sum to the odds, name the claim and the source, and read as sentences."""

from math import log

import pytest
from differential_world import FINDINGS, NERVE, PURE, Book, patient, world
from hypothesis import given
from hypothesis import strategies as st

from poems_kg.differential.explaining import AGAINST, FOR, explain
from poems_kg.differential.posterior import posteriors
from poems_kg.differential.rivals import POEMS, Rivals
from poems_kg.ids import PoemsKgError

RIVALS = world()
SUBSETS = st.lists(st.sampled_from(FINDINGS), unique=True, max_size=8)


@given(SUBSETS, SUBSETS)
def test_reasons_sum_to_the_posterior_odds(observed: list[str], excluded: list[str]) -> None:
    known = patient(*observed, excluded=tuple(excluded))
    shares = posteriors(RIVALS, known)
    reasons = explain(RIVALS, known, POEMS, NERVE)
    assert sum(reason.log_likelihood_ratio for reason in reasons) == pytest.approx(log(shares[POEMS] / shares[NERVE]))


def test_the_story_of_thrombocytosis() -> None:
    (reason,) = explain(RIVALS, patient("thrombocytosis"), POEMS, NERVE)
    assert reason.direction == FOR
    assert reason.matched_as == "thrombocytosis"
    assert reason.frequency == pytest.approx(73.5 / 137)
    assert (reason.claims, reason.sources) == (("claim:paper",), ("paper",))
    assert reason.text == (
        "Thrombocytosis: 17 times as likely in disorder 4 (54 %, 45 % to 62 %, of 136 patients)"
        " as in disorder 1 (2 %, 0.3 % to 8 %, of 67 patients)"
    )


def test_the_other_way_round_it_speaks_against() -> None:
    (reason,) = explain(RIVALS, patient("thrombocytosis"), NERVE, POEMS)
    assert reason.direction == AGAINST
    assert reason.likelihood_ratio < 0.1


def test_without_a_rival_the_most_probable_other_is_compared() -> None:
    known = patient("M protein", "telangiectasia")
    assert {reason.versus for reason in explain(RIVALS, known, POEMS)} == {PURE}
    assert {reason.versus for reason in explain(RIVALS, known, PURE)} == {list(posteriors(RIVALS, known))[1]}


def test_an_excluded_finding_and_a_silent_profile_say_so() -> None:
    (reason,) = explain(RIVALS, patient(excluded=("telangiectasia",)), POEMS, PURE)
    assert reason.is_excluded
    assert reason.direction == FOR
    assert (reason.frequency, reason.claims, reason.matched_as) == (None, (), "")
    assert reason.text.startswith("No telangiectasia: ")
    assert "nothing is said" in reason.text


def test_the_weightiest_reason_comes_first() -> None:
    reasons = explain(RIVALS, patient("thrombocytosis", "conduction block", "fever"), POEMS, NERVE)
    weights = [abs(reason.log_likelihood_ratio) for reason in reasons]
    assert weights == sorted(weights, reverse=True)
    assert len(reasons) == 3


def test_a_disorder_that_is_not_weighed_is_refused() -> None:
    with pytest.raises(PoemsKgError, match="MONDO:0000009 is not weighed here"):
        explain(RIVALS, patient(), "MONDO:0000009")


def test_an_equivalent_id_is_the_same_disorder() -> None:
    known = patient("thrombocytosis", "M protein")
    other = Rivals(RIVALS.profiles, Book(), RIVALS.shown, resolve=lambda each: POEMS if each == "ORPHA:2905" else each)
    assert explain(other, known, "ORPHA:2905") == explain(other, known, POEMS)
    stated = dict.fromkeys(RIVALS.ids, 1.0)
    by_other = {"ORPHA:2905" if each == POEMS else each: weight for each, weight in stated.items()}
    assert posteriors(other, known, by_other) == posteriors(other, known, stated)
