"""Rivals come from the claims; profiles heed axioms, sex and HPO's annotations; a finding is matched along is-a."""

from pathlib import Path

import pytest
from differential_world import NERVE, PURE, TEMPERED, Book, counted, world

from poems_kg.differential.explaining import explain
from poems_kg.differential.pooling import ALWAYS_SHARE, Basis
from poems_kg.differential.profiles import Profile, make_profile
from poems_kg.differential.rivals import (
    LEAST_FINDINGS,
    LEAST_LEAK,
    POEMS,
    RELATIONS,
    Rivals,
    companion_claims,
    completeness,
    errors_of_tests,
    rival_claims,
    rivals,
    tables,
    with_others,
)
from poems_kg.ids import PoemsKgError
from poems_kg.patients.patient import Patient, Sex
from poems_kg.profiles.index import Index, open_index

RIVALS = world()
BY_ID = {profile.disorder_id: profile for profile in RIVALS.profiles}
CIDP, AL = "MONDO:0006702", "MONDO:0019438"


# --- Of our tables ---


def test_rivals_are_those_whom_claims_set_beside_poems() -> None:
    found = rival_claims(tables())
    for disorder_id, claims in found.items():
        for claim_id in claims:
            claim = tables().claims[claim_id].record
            named = {claim.subject_id, claim.object_id, *dict(claim.qualifiers).get("versus", "").split("|")}
            assert claim.relation in RELATIONS
            assert {POEMS, disorder_id} <= named
    assert {CIDP, AL, "MONDO:0016218", "MONDO:0019109", "MONDO:0017286", "MONDO:0009693"} <= set(found)
    assert found[POEMS] == []
    assert all(tables().category(disorder_id) == "Disorder" for disorder_id in found)


def test_what_most_patients_have_besides_is_no_rival() -> None:
    besides = companion_claims(tables())
    assert set(besides) == {"MONDO:0004815"}
    for claim_id in besides["MONDO:0004815"]:
        assert tables().claims[claim_id].record.subject_id == POEMS


def test_the_profile_of_poems_counts_thrombocytosis_as_published() -> None:
    pooled = make_profile(tables(), POEMS).share("HP:0001894", Sex.FEMALE)
    assert pooled is not None
    assert (pooled.n, pooled.total, pooled.claims) == (73, 136, ("claim:C1405",))
    other = make_profile(tables(), CIDP).share("HP:0001894", Sex.FEMALE)
    assert other is not None
    assert (other.n, other.total) == (1, 67)


def test_what_holds_for_every_member_counts_as_nearly_all() -> None:
    pooled = make_profile(tables(), CIDP).share("HP:0009830", Sex.MALE)
    assert pooled is not None
    assert (pooled.share, pooled.basis) == (ALWAYS_SHARE, Basis.DEFINED)
    assert pooled.claims
    narrower = make_profile(tables(), "MONDO:0020347").share("HP:0009830", Sex.MALE)
    assert narrower is not None
    assert narrower.share == ALWAYS_SHARE


def test_findings_of_men_are_not_expected_of_women() -> None:
    poems = make_profile(tables(), POEMS)
    of_men, of_women, unknown = (poems.share("HP:0040171", sex) for sex in (Sex.MALE, Sex.FEMALE, Sex.UNKNOWN_SEX))
    assert of_men is not None
    assert unknown is not None
    assert of_women is None
    assert poems.male_share is not None
    assert 0.5 < poems.male_share < 0.7
    assert unknown.share == pytest.approx(of_men.share * poems.male_share)


def test_the_specificity_of_a_test_is_its_error_elsewhere() -> None:
    assert errors_of_tests(tables())["HP:0031052"] == pytest.approx(0.05)


def test_pooling_again_gives_the_same() -> None:
    assert make_profile(tables(), POEMS) == make_profile(tables(), POEMS)


# --- Of the small world ---


def test_a_named_finding_has_its_own_share() -> None:
    match = RIVALS.match(BY_ID[POEMS], "thrombocytosis", Sex.MALE)
    assert match.matched_as == "thrombocytosis"
    assert match.matched == pytest.approx(73.5 / 137)
    assert match.probability == pytest.approx(match.matched + (1 - match.matched) * match.leak)


def test_a_broader_finding_is_at_least_as_likely_as_the_narrower_one_of_the_profile() -> None:
    match = RIVALS.match(BY_ID[POEMS], "neuropathy", Sex.MALE)
    assert match.matched_as == "polyneuropathy"
    assert match.matched == pytest.approx(69.5 / 71)


def test_a_narrower_finding_is_less_likely_by_how_rare_it_is() -> None:
    match = RIVALS.match(BY_ID[NERVE], "polyneuropathy", Sex.MALE)
    assert match.matched_as == "neuropathy"
    assert match.matched == pytest.approx(98.5 / 101 * max(0.08 / 0.2, RIVALS.mean_share("polyneuropathy", Sex.MALE)))


def test_who_has_the_broader_finding_has_the_narrower_no_less_than_who_is_silent() -> None:
    known, *silent = (
        RIVALS.match(BY_ID[disorder_id], "demyelinating polyneuropathy", Sex.MALE)
        for disorder_id in (NERVE, PURE, TEMPERED)
    )
    assert known.matched_as == "neuropathy"
    assert all(match.matched_as == "" and match.matched < known.matched for match in silent)


def test_a_silent_profile_borrows_from_the_others_the_more_the_thinner_it_is() -> None:
    thin, thick = (RIVALS.match(BY_ID[disorder_id], "elevated VEGF", Sex.MALE) for disorder_id in (TEMPERED, NERVE))
    assert thin.matched_as == thick.matched_as == ""
    assert thin.pooled is None
    assert thin.matched > thick.matched > 0
    assert completeness(BY_ID[TEMPERED]) < completeness(BY_ID[NERVE]) < 1


def test_no_probability_is_nothing_or_certain() -> None:
    for finding_id in Book().ancestors("hepatomegaly") - {"root"} | {"telangiectasia", "fever"}:
        shown = RIVALS.probabilities(finding_id, Sex.UNKNOWN_SEX)
        assert (shown >= LEAST_LEAK).all()
        assert (shown < 1).all()


def test_a_counted_share_is_not_raised_by_a_weaker_figure_of_something_narrower() -> None:
    from poems_kg.differential.pooling import Figure, pool

    exact, band = pool([counted(10, 100)]), pool([Figure("c", "hpoa2025", Basis.BAND, low=0.8, high=0.99)])
    assert exact is not None
    assert band is not None
    profile = Profile(POEMS, "d", {"visceromegaly": {"": exact}, "hepatomegaly": {"": band}})
    weighed = Rivals([profile], Book(), lambda _: 0.05)
    assert weighed.match(profile, "visceromegaly", Sex.MALE).matched == exact.share


def test_a_disorder_that_is_not_there_is_refused() -> None:
    assert RIVALS.ids[RIVALS.position(PURE)] == PURE
    with pytest.raises(PoemsKgError, match="not weighed"):
        RIVALS.position("MONDO:9")


def test_few_findings_are_too_few() -> None:
    sizes = {disorder_id: len(make_profile(tables(), disorder_id).shares) for disorder_id in rival_claims(tables())}
    assert sizes["MONDO:0020076"] < LEAST_FINDINGS < sizes[CIDP]


# --- Of hand-made releases ---


@pytest.fixture(scope="module")
def index() -> Index:
    return open_index(Path(__file__).parent / "data" / "releases" / "linked")


def test_rivals_of_an_index_have_what_hpo_adds(index: Index) -> None:
    weighed = rivals(index)
    assert weighed.ids[0] == POEMS
    assert list(weighed.ids[1:]) == sorted(weighed.ids[1:])
    assert weighed.companions == ("MONDO:0004815",)
    assert {"MONDO:0019340", "MONDO:0020076"} <= set(weighed.unknown)
    cidp = weighed.profiles[weighed.position("ORPHA:2932")]
    added = cidp.share("HP:0007327", Sex.MALE)
    assert added is not None
    # Three men of four are a case report, not a share.
    assert (added.basis, added.claims) == (Basis.STATED, ("PMID:1",))
    assert cidp.share("HP:0007327", Sex.FEMALE) is None


def test_other_diseases_can_be_weighed_too(index: Index) -> None:
    weighed = rivals(index)
    more = with_others(weighed, index, ["MONDO:9990001", "ORPHA:2932"])
    assert more.ids == (*weighed.ids, "MONDO:9990001")
    assert more.profiles[-1].label == "swollen organ disorder"
    with pytest.raises(PoemsKgError, match="MONDO:1"):
        with_others(weighed, index, ["MONDO:1"])


def test_explanations_of_real_profiles_cite_publications(index: Index) -> None:
    known = Patient("p", Sex.MALE, observed=("HP:0001894",))
    (reason,) = explain(rivals(index), known, "ORPHA:2905", "ORPHA:2932")
    assert (reason.claims, reason.versus_claims) == (("claim:C1405",), ("claim:C1406",))
    assert reason.sources == (tables().sources["naddaf2015"].record.citation,)
    assert reason.likelihood_ratio > 3
