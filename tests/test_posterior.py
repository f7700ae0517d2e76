"""Posteriors among POEMS syndrome and its rivals: unknown is neutral, order does not matter, sex and is-a count."""

from random import Random

import pytest
from differential_world import FINDINGS, NERVE, PURE, TEMPERED, patient, world
from hypothesis import given
from hypothesis import strategies as st

from poems_kg.differential.posterior import evidence, posteriors, prior, weigh
from poems_kg.differential.rivals import POEMS
from poems_kg.ids import PoemsKgError
from poems_kg.patients.patient import Sex

RIVALS = world()
SUBSETS = st.lists(st.sampled_from(FINDINGS), unique=True, max_size=8)
SEXES = st.sampled_from(list(Sex))


def test_without_findings_the_posterior_is_the_prior() -> None:
    assert posteriors(RIVALS, patient()) == dict.fromkeys(RIVALS.ids, 0.25)


@given(SUBSETS, SUBSETS, SEXES)
def test_posteriors_sum_to_one_and_none_is_nothing(observed: list[str], excluded: list[str], sex: Sex) -> None:
    shares = posteriors(RIVALS, patient(*observed, excluded=tuple(excluded), sex=sex))
    assert sum(shares.values()) == pytest.approx(1)
    assert all(0 < share < 1 for share in shares.values())
    assert list(shares.values()) == sorted(shares.values(), reverse=True)


@given(SUBSETS, SUBSETS, SEXES, st.randoms())
def test_the_order_of_findings_does_not_matter(
    observed: list[str], excluded: list[str], sex: Sex, random: Random
) -> None:
    before = posteriors(RIVALS, patient(*observed, excluded=tuple(excluded), sex=sex))
    random.shuffle(observed)
    random.shuffle(excluded)
    assert posteriors(RIVALS, patient(*observed, excluded=tuple(excluded), sex=sex)) == before


@given(SUBSETS, SEXES, st.sampled_from(FINDINGS))
def test_what_is_commoner_in_poems_than_in_every_rival_never_lowers_poems(
    observed: list[str], sex: Sex, added: str
) -> None:
    shown = RIVALS.probabilities(added, sex)
    lines = set().union(*(RIVALS.findings.ancestors(finding) for finding in observed))
    if shown[0] < shown[1:].max() or added in lines or RIVALS.findings.ancestors(added) & set(observed):
        return
    before, after = (weigh(RIVALS, patient(*known, sex=sex))[0] for known in (observed, [*observed, added]))
    assert after >= before - 1e-12


def test_a_finding_that_no_profile_tells_apart_changes_nothing() -> None:
    assert posteriors(RIVALS, patient("root")) == pytest.approx(posteriors(RIVALS, patient()))


def test_a_finding_missing_from_a_profile_is_never_fatal() -> None:
    everything_of_poems = ("elevated VEGF", "M protein", "hepatomegaly", "thrombocytosis", "polyneuropathy")
    assert min(weigh(RIVALS, patient(*everything_of_poems))) > 1e-4


def test_a_narrower_finding_counts_as_the_broader_of_the_profile() -> None:
    narrow = "demyelinating polyneuropathy"
    matched = [RIVALS.match(profile, narrow, Sex.MALE).matched_as for profile in RIVALS.profiles]
    expected = {POEMS: "polyneuropathy", NERVE: "neuropathy", PURE: "", TEMPERED: ""}
    assert dict(zip(RIVALS.ids, matched, strict=True)) == expected
    shares = posteriors(RIVALS, patient(narrow))
    assert max(shares, key=shares.__getitem__) == POEMS
    assert shares[NERVE] > shares[PURE]


def test_on_one_line_of_is_a_only_one_finding_counts() -> None:
    alone = posteriors(RIVALS, patient("hepatomegaly"))
    assert posteriors(RIVALS, patient("hepatomegaly", "visceromegaly")) == alone
    excluded = posteriors(RIVALS, patient(excluded=("visceromegaly",)))
    assert posteriors(RIVALS, patient(excluded=("visceromegaly", "splenomegaly"))) == excluded
    known = evidence(RIVALS, ["hepatomegaly", "visceromegaly"], [])
    assert (known.observed, known.implied) == (("hepatomegaly",), ("visceromegaly",))


def test_what_is_present_cannot_be_excluded_by_something_broader() -> None:
    shares = posteriors(RIVALS, patient("hepatomegaly", excluded=("visceromegaly",)))
    assert shares == posteriors(RIVALS, patient("hepatomegaly"))


def test_an_excluded_finding_speaks_against_whom_it_is_common_in_and_with_care() -> None:
    before, after = (posteriors(RIVALS, patient(excluded=gone)) for gone in ((), ("polyneuropathy",)))
    assert after[POEMS] < before[POEMS]
    assert after[PURE] > before[PURE]
    assert after[POEMS] > 0.05


def test_findings_of_one_sex_are_heeded() -> None:
    shares = {sex: posteriors(RIVALS, patient("gynecomastia", sex=sex))[POEMS] for sex in Sex}
    assert shares[Sex.MALE] > shares[Sex.UNKNOWN_SEX] > shares[Sex.FEMALE]


def test_tests_that_are_wrong_count_less() -> None:
    shown = dict(zip(RIVALS.ids, RIVALS.probabilities("elevated VEGF", Sex.MALE), strict=True))
    assert shown[NERVE] > 0.05
    assert shown[POEMS] == pytest.approx(45.5 / 51, abs=0.002)


def test_a_stated_prior_is_used() -> None:
    stated = {POEMS: 3.0, NERVE: 95.0, PURE: 1.0, TEMPERED: 1.0}
    assert posteriors(RIVALS, patient(), stated)[NERVE] == pytest.approx(0.95)
    known = patient("thrombocytosis")
    assert posteriors(RIVALS, known, stated)[POEMS] < posteriors(RIVALS, known)[POEMS]


@pytest.mark.parametrize(
    "stated", [{POEMS: 1.0}, {**dict.fromkeys(RIVALS.ids, 1.0), "MONDO:9": 1.0}, dict.fromkeys(RIVALS.ids, 0.0)]
)
def test_a_prior_that_does_not_fit_is_refused(stated: dict[str, float]) -> None:
    with pytest.raises(PoemsKgError, match="prior"):
        prior(RIVALS, stated)
