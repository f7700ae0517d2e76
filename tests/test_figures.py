"""Figures become intervals: what chance and rounding leave possible, and what a figure is of."""

import pytest

from poems_kg.claims import CLAIM_COLUMNS, Claim, parse_claim
from poems_kg.figures import figure_words, interval, setting, subset, topic, wilson
from poems_kg.tables import Table


def claim(**cells: str) -> Claim:
    row = dict.fromkeys(CLAIM_COLUMNS, "") | {"subject_id": "MONDO:1", "relation": "has_phenotype", "object_id": "HP:1"}
    table = Table("claims.tsv")
    made = parse_claim(table, (2, row | cells))
    assert table.issues == []
    return made


# Examples of R. G. Newcombe, Stat Med 17:857-872 (1998, PMID 9595616), for method 3.
@pytest.mark.parametrize(("n", "total", "low", "high"), [(81, 263, 25.53, 36.62), (15, 148, 6.24, 16.05)])
def test_wilson_interval_is_the_published_one(n: int, total: int, low: float, high: float) -> None:
    ends = wilson(n / total, total)
    assert [round(100 * end, 2) for end in ends] == [low, high]


def test_wilson_interval_stays_a_share() -> None:
    assert wilson(0, 20)[0] == 0
    assert wilson(1, 20)[1] == 1
    assert 0 < wilson(0, 20)[1] < wilson(0, 5)[1] < 1


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"n": "81", "total": "263"}, (25.53, 36.61)),
        ({"unit": "%", "low": "50", "high": "50", "total": "100"}, (40.38, 59.62)),
        ({"unit": "%", "low": "66.7", "high": "66.7"}, (66.2, 67.2)),
        ({"unit": "%", "low": "30", "high": "79"}, (29.5, 79.5)),
        ({"unit": "%", "high": "78"}, (None, 78.5)),
        ({"unit": "%", "low": "90"}, (89.5, None)),
        ({"unit": "%", "low": "100", "high": "100"}, (99.5, 100)),
        ({"n": "9"}, (None, None)),
        ({"value": "rare"}, (None, None)),
        ({"relation": "has_sex_ratio", "unit": "male:female", "low": "1.5", "high": "1.5"}, (1.45, 1.55)),
        ({"relation": "has_age", "unit": "a", "low": "10", "high": "81"}, (10, 81)),
        ({"relation": "has_cutoff", "unit": "pg/mL", "low": "200"}, (None, None)),
    ],
)
def test_interval(cells: dict[str, str], expected: tuple[float | None, float | None]) -> None:
    assert (
        interval(claim(**cells)) == pytest.approx(expected, abs=0.011)
        if None not in expected
        else (interval(claim(**cells)) == expected)
    )


def test_a_counted_sex_ratio_is_the_less_sure_the_fewer_were_counted() -> None:
    few = interval(claim(unit="male:female", low="1", high="1", total="7"))
    many = interval(claim(unit="male:female", low="1", high="1", total="700"))
    assert few[0] is not None
    assert many[0] is not None
    assert few[0] < many[0] < 1


def test_medians_without_spread_differ_from_a_factor_of_two_on() -> None:
    ages = [interval(claim(relation="has_age", unit="a", low=age, high=age)) for age in ("45", "51", "91")]
    (_, first_high), (second_low, _), (third_low, _) = ages
    assert second_low is not None
    assert first_high is not None
    assert third_low is not None
    assert second_low < first_high < third_low


def test_topic_setting_and_subset_part_what_can_be_compared() -> None:
    one = claim(
        unit="%", low="5", high="5", qualifiers="population=Japan; sex=male; stage=diagnosis; timepoint=5 years"
    )
    assert topic(one) == "MONDO:1 has_phenotype HP:1 % timepoint=5 years"
    assert setting(one) == "timepoint=5 years"
    assert subset(one) == "sex=male"
    assert topic(claim(n="3", total="9")) == "MONDO:1 has_phenotype HP:1 %"
    assert topic(claim(value="rare")) == ""


def test_figures_in_words_have_bounds_with_their_unit_then_counts() -> None:
    cells = {"low": 38.0, "high": 61.5, "unit": "%", "n": 12, "total": 26}
    assert figure_words(cells) == "38–61.5 % 12/26"
    assert figure_words({"low": 85.0, "high": 85.0, "unit": "%"}) == "85 %"
    assert (figure_words({"high": 78.0, "unit": "%"}), figure_words({"low": 3.0, "unit": "a"})) == ("≤78 %", "≥3 a")
    assert (figure_words({"n": 5}), figure_words({"total": 9}), figure_words({})) == ("n=5", "?/9", "")
