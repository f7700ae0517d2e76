"""
Turn the figures of a claim into an interval that can be compared, or into words, and say what they are figures of.

Two figures on the same topic disagree when their intervals do not overlap. An interval allows for chance, where the
source counted patients, and for rounding, where it did not. Nothing is pooled here.
"""

from collections.abc import Mapping
from math import sqrt
from typing import Any

from poems_kg.claims import Claim

Interval = tuple[float | None, float | None]
"""Lower and upper end, in the unit of the claim (percent for a share); None where the source leaves it open."""

Z = 1.959964
"""The 97.5th percentile of the standard normal distribution: intervals are at the 95 % level."""
ROUNDING = 0.5
"""Half a percentage point: percentages are mostly published without decimals."""
RATIO_ROUNDING = 0.05
"""Half of the last digit of a sex ratio, which is mostly published with one decimal."""
SPREAD = sqrt(2)
"""A median, mean or rate without its spread may be off by this factor; two of them differ from a factor of two on."""

_SETTING = ("attribute", "outcome", "stage", "statistic", "timepoint")
"""Qualifiers that change what is counted: figures with different ones are not compared."""
_SUBSET = ("condition", "dose", "laterality", "measure", "severity", "sex", "site", "specimen")
"""Qualifiers that limit a figure to a part: one without stands for all, two different ones are not compared."""
_USUAL = {
    "stage": {"baseline", "diagnosis", "presentation"},
    "statistic": {"cumulative prevalence", "range"},
}
"""Values that go without saying: patients are mostly described at diagnosis, shares are of the whole course."""
_NOT_COMPARED = {"has_cutoff", "distinguished_by"}
"""Relations whose figures are thresholds or differences, not measurements of the subject."""


def wilson(share: float, total: float) -> tuple[float, float]:
    """
    The 95 % score interval of a share: E. B. Wilson, J Am Stat Assoc 22:209-212 (1927); it is method 3, without
    continuity correction, of R. G. Newcombe, Stat Med 17:857-872 (1998, PMID 9595616), who has this example.

    :param share: between 0 and 1.
    :param total: patients counted, or the effective number of them; above 0.

    >>> [round(100 * end, 1) for end in wilson(81 / 263, 263)]
    [25.5, 36.6]
    """
    square = Z * Z
    middle = share + square / (2 * total)
    half = Z * sqrt(share * (1 - share) / total + square / (4 * total * total))
    return max(0.0, (middle - half) / (1 + square / total)), min(1.0, (middle + half) / (1 + square / total))


def interval(claim: Claim) -> Interval:
    """What a claim's figures leave possible; both ends None where it has none that can be compared."""
    if claim.relation in _NOT_COMPARED:
        return None, None
    if claim.unit == "%" or (not claim.unit and claim.n is not None):
        return _share_interval(claim)
    if claim.low is None or claim.high is None:
        return claim.low, claim.high
    if claim.low != claim.high:
        return claim.low, claim.high
    if claim.unit == "male:female":
        return _ratio_interval(claim.low, claim.total)
    return (claim.low / SPREAD, claim.high * SPREAD) if claim.low > 0 else (claim.low, claim.high)


def _share_interval(claim: Claim) -> Interval:
    low, high = claim.share
    if low is not None and low == high and claim.total:
        ends = wilson(low / 100, claim.total)
        return round(100 * ends[0], 2), round(100 * ends[1], 2)
    return (
        None if low is None else max(0.0, round(low - ROUNDING, 2)),
        None if high is None else min(100.0, round(high + ROUNDING, 2)),
    )


def _ratio_interval(ratio: float, total: int | None) -> Interval:
    if not total:
        return round(ratio - RATIO_ROUNDING, 2), round(ratio + RATIO_ROUNDING, 2)
    low, high = wilson(ratio / (1 + ratio), total)
    return round(low / (1 - low), 2), round(high / (1 - high), 2)


def setting(claim: Claim) -> str:
    """The qualifiers that change what is counted, in one text; empty where the figure is of the usual kind."""
    limits = (f"{key}={text}" for key, text in claim.qualifiers if key in _SETTING and text not in _USUAL.get(key, ()))
    return "; ".join(limits)


def subset(claim: Claim) -> str:
    """The qualifiers that limit a figure to some patients or some part of them, in one text; empty for all."""
    return "; ".join(f"{key}={text}" for key, text in claim.qualifiers if key in _SUBSET)


def topic(claim: Claim) -> str:
    """What a figure is of, in one text: subject, relation, object, unit and setting. Empty where there is none."""
    if interval(claim) == (None, None):
        return ""
    parts = (claim.subject_id, claim.relation, claim.object_id, claim.unit or "%", setting(claim))
    return " ".join(part for part in parts if part)


def figure_words(row: Mapping[str, Any]) -> str:
    """The figures of a row in one text: bounds with their unit, then n of total; empty where it has none."""
    low, high, unit = row.get("low"), row.get("high"), row.get("unit") or ""
    if low is not None and high is not None and low != high:
        bounds = f"{low:g}–{high:g} {unit}"
    elif low is not None or high is not None:
        sign = "" if low == high else "≤" if low is None else "≥"
        bounds = f"{sign}{high if low is None else low:g} {unit}"
    else:
        bounds = ""
    n, total = row.get("n"), row.get("total")
    counts = f"{'?' if n is None else n}/{total}" if total is not None else "" if n is None else f"n={n}"
    return " ".join(part for part in (bounds.strip(), counts) if part)
