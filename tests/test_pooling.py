"""Figures of several sources become one share with an interval; no patient counts twice."""

from random import Random

import pytest
from differential_world import counted
from hypothesis import given
from hypothesis import strategies as st

from poems_kg.claims import CLAIM_COLUMNS, Claim, parse_claim
from poems_kg.differential.pooling import (
    ALWAYS_SHARE,
    OFTEN_SHARE,
    SELDOM_SHARE,
    SMALLEST_COHORT,
    STATED_SHARE,
    Basis,
    Figure,
    figure_of,
    intraclass_correlation,
    pool,
)
from poems_kg.figures import wilson
from poems_kg.tables import Table


def claim(**cells: str) -> Claim:
    row = dict.fromkeys(CLAIM_COLUMNS, "") | {
        "claim_id": "claim:C1",
        "subject_id": "MONDO:1",
        "relation": "has_phenotype",
        "object_id": "HP:1",
        "polarity": "asserts",
        "source_id": "paper",
    }
    table = Table("claims.tsv")
    made = parse_claim(table, (2, row | cells))
    assert table.issues == []
    return made


@pytest.mark.parametrize(
    ("cells", "basis", "figures"),
    [
        ({"n": "26", "total": "33"}, Basis.COUNTS, (26, 33)),
        ({"unit": "%", "low": "53.7", "high": "53.7", "total": "136"}, Basis.COUNTS, (73, 136)),
        ({"unit": "%", "low": "29", "high": "87", "total": "99"}, Basis.SHARES, (0.29, 0.87)),
        ({"unit": "%", "high": "78"}, Basis.SHARES, (0.0, 0.78)),
        ({"unit": "%", "low": "90"}, Basis.SHARES, (0.9, 1.0)),
        ({"unit": "%", "low": "30", "high": "79", "source_id": "hpoa2025"}, Basis.BAND, (0.3, 0.79)),
        ({}, Basis.STATED, (None, None)),
        ({"polarity": "denies"}, Basis.DENIED, (None, None)),
    ],
)
def test_a_claim_gives_the_kind_of_figure_that_it_has(
    cells: dict[str, str], basis: Basis, figures: tuple[float | None, float | None]
) -> None:
    figure = figure_of(claim(**cells))
    assert figure is not None
    assert figure.basis is basis
    shown = (figure.n, figure.total) if basis is Basis.COUNTS else (figure.low, figure.high)
    assert shown == figures


@pytest.mark.parametrize(
    "cells",
    [
        {"n": "5", "total": "100", "qualifiers": "timepoint=5-year risk"},
        {"n": "5", "total": "100", "qualifiers": "stage=first symptom"},
        {"object_id": "", "n": "5", "total": "100"},
        {"polarity": "denies", "unit": "%", "low": "0", "high": "0"},
    ],
)
def test_a_figure_of_another_kind_is_not_pooled(cells: dict[str, str]) -> None:
    assert figure_of(claim(**cells)) is None


@pytest.mark.parametrize(
    ("words", "share"),
    [("rare or uncommon", SELDOM_SHARE), ("required", ALWAYS_SHARE), ("typical", OFTEN_SHARE), ("", STATED_SHARE)],
)
def test_words_without_a_figure_are_read_roughly(words: str, share: float) -> None:
    figure = figure_of(claim(value=words))
    assert figure is not None
    assert figure.share == share


def test_one_cohort_has_jeffreys_mean_and_wilsons_interval() -> None:
    pooled = pool([counted(73, 136)])
    assert pooled is not None
    assert pooled.share == pytest.approx(73.5 / 137)
    assert (pooled.low, pooled.high) == wilson(73 / 136, 136)
    assert (pooled.n, pooled.total, pooled.cohorts, pooled.correlation) == (73, 136, 1, None)


def test_cohorts_that_agree_are_added() -> None:
    pooled = pool([counted(10, 20, "a"), counted(50, 100, "b")])
    assert pooled is not None
    assert pooled.correlation == 0
    assert pooled.weight == pytest.approx(121)
    assert pooled.sources == ("a", "b")


def test_cohorts_that_disagree_leave_a_wider_interval() -> None:
    agreeing = pool([counted(50, 100, "a"), counted(50, 100, "b")])
    disagreeing = pool([counted(10, 100, "a"), counted(90, 100, "b")])
    assert agreeing is not None
    assert disagreeing is not None
    assert disagreeing.share == pytest.approx(0.5)
    assert disagreeing.high - disagreeing.low > 3 * (agreeing.high - agreeing.low)
    assert disagreeing.correlation is not None
    assert disagreeing.correlation > 0.6


def test_the_correlation_is_that_of_the_analysis_of_variance() -> None:
    # Two clusters of four, 1 and 3 of them positive: mean squares 0.5 between and 0.25 within, so
    # (0.5 - 0.25) / (0.5 + 3 * 0.25) = 0.2.
    assert intraclass_correlation([(1, 4), (3, 4)]) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("figures", "used"),
    [
        ([counted(10, 20, "a"), counted(30, 60, "a")], 60),
        ([counted(10, 20, "a", cohort="mayo"), counted(30, 60, "b", cohort="mayo")], 60),
        ([counted(10, 20, "a", cohort="mayo"), counted(30, 60, "b", cohort="chiba")], 80),
        ([counted(10, 20, "a"), Figure("claim:r", "review", Basis.COUNTS, n=500, total=1946, is_review=True)], 20),
        ([Figure("claim:r", "review", Basis.COUNTS, n=500, total=1946, is_review=True)], 1946),
    ],
)
def test_no_patient_counts_twice(figures: list[Figure], used: int) -> None:
    pooled = pool(figures)
    assert pooled is not None
    assert pooled.total == used
    assert len(pooled.claims) + len({origin for origin, _ in pooled.left_out} - set(pooled.claims)) <= len(figures)


def test_cohorts_of_one_institution_in_years_apart_both_count() -> None:
    early = Figure("claim:1", "a", Basis.COUNTS, n=10, total=20, cohort="mayo", years=(1960, 1980))
    late = Figure("claim:2", "b", Basis.COUNTS, n=10, total=30, cohort="mayo", years=(1990, 2009))
    pooled = pool([early, late])
    assert pooled is not None
    assert pooled.total == 50


def test_the_best_kind_of_figure_decides_and_the_others_are_named() -> None:
    band = Figure("claim:band", "hpoa2025", Basis.BAND, low=0.3, high=0.79)
    pooled = pool([band, counted(10, 100)])
    assert pooled is not None
    assert pooled.basis is Basis.COUNTS
    assert pooled.left_out == (("claim:band", "a better kind of figure is there"),)
    pooled = pool([band, Figure("claim:said", "paper", Basis.STATED)])
    assert pooled is not None
    assert (pooled.basis, pooled.low, pooled.high) == (Basis.BAND, 0.3, 0.79)
    assert 0.5 < pooled.share < 0.56


def test_single_patients_state_a_finding_and_do_not_count_it() -> None:
    few, none, enough = (
        figure_of(claim(n=n, total=total))
        for n, total in (("1", "1"), ("0", "3"), (str(SMALLEST_COHORT), str(SMALLEST_COHORT)))
    )
    assert few is not None
    assert none is not None
    assert enough is not None
    assert (few.basis, none.basis, enough.basis) == (Basis.STATED, Basis.DENIED, Basis.COUNTS)


def test_a_part_is_used_only_where_the_whole_is_not_counted() -> None:
    part = Figure("claim:part", "a", Basis.COUNTS, n=1, total=100, is_part=True)
    whole = counted(50, 100, "b")
    alone, beside = pool([part]), pool([part, whole])
    assert alone is not None
    assert beside is not None
    assert (alone.n, beside.n) == (1, 50)


def test_nothing_said_gives_nothing() -> None:
    assert pool([]) is None


COUNTED = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 60), st.sampled_from("abcd")).filter(lambda each: each[0] <= each[1]),
    min_size=1,
    max_size=5,
)


@given(COUNTED, st.randoms())
def test_a_pooled_share_is_a_share_and_the_order_does_not_matter(
    counts: list[tuple[int, int, str]], random: Random
) -> None:
    figures = [counted(n, total, source) for n, total, source in counts]
    pooled = pool(figures)
    assert pooled is not None
    assert 0 <= pooled.low <= pooled.high <= 1
    assert 0 < pooled.share < 1
    assert pooled.weight > 1
    random.shuffle(figures)
    assert pool(figures) == pooled
