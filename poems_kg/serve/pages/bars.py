"""
Turn the percentages of several claims into one bar: where each source stands between 0 and 100.

A bar shows shares of all patients only. Shares of something else (first symptoms, a risk in five years) and counts in
a handful of patients are told in words beside it: drawn on the same scale they would mislead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from poems_kg.claims import Claim
from poems_kg.figures import setting

FEWEST_PATIENTS: Final = 10
"""Of how many patients a share is drawn; the questions that compare frequencies leave out fewer, too."""

_ENDLESS: Final = 4.0
"""How far the open end of "at least" and "up to" is drawn, in percent: a stub, since its length is not known."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one source gives as a range, or as a bound with ``open`` end ``low`` or ``high``; in percent."""

    low: float
    high: float
    open: str


@dataclass(frozen=True, slots=True)
class Bar:
    """
    The shares that several claims give, in percent.

    ``low`` and ``high`` are the least and the greatest figure; ``ticks`` are single figures and ``stretches`` ranges,
    each once, in order; ``sources`` counts who gave them. ``words`` says the same, such as ``29–64 %``.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    stretches: tuple[Stretch, ...]
    sources: int

    @property
    def words(self) -> str:
        """The span of all figures in words; ``≤`` and ``≥`` stand before ends that are bounds."""
        below = (
            any(each.open == "low" and each.high == self.low for each in self.stretches) and self.low not in self.ticks
        )
        above = (
            any(each.open == "high" and each.low == self.high for each in self.stretches)
            and self.high not in self.ticks
        )
        if self.low == self.high:
            return f"{'≤' if below else '≥' if above else ''}{_figure(self.low)}"
        return f"{'≤' if below else ''}{self.low:g}–{'≥' if above else ''}{_figure(self.high)}"

    @property
    def start(self) -> float:
        """Where the span begins as drawn."""
        return min(self.low, *(each.low for each in self.stretches)) if self.stretches else self.low

    @property
    def width(self) -> float:
        """How long the span is as drawn; never so short that it cannot be seen."""
        end = max(self.high, *(each.high for each in self.stretches)) if self.stretches else self.high
        return round(max(end - self.start, 0.6), 2)


def is_drawn(claim: Claim) -> bool:
    """Whether a claim gives a share of all patients that a bar may show."""
    is_cohort = (claim.total or claim.n or FEWEST_PATIENTS) >= FEWEST_PATIENTS
    return claim.share != (None, None) and claim.polarity == "asserts" and is_cohort and not setting(claim)


def draw_bar(claims: Iterable[Claim]) -> Bar | None:
    """The bar of the claims that give a share of all patients; None where none does."""
    drawn = [claim for claim in claims if is_drawn(claim)]
    if not drawn:
        return None
    ticks: set[float] = set()
    stretches: set[Stretch] = set()
    for low, high in (claim.share for claim in drawn):
        if low is not None and low == high:
            ticks.add(low)
        elif low is None and high is not None:
            stretches.add(Stretch(max(high - _ENDLESS, 0), high, "low"))
        elif low is not None:
            is_open = high is None
            end = min(low + _ENDLESS, 100) if high is None else high
            stretches.add(Stretch(low, end, "high" if is_open else ""))
    bounds = [bound for claim in drawn for bound in claim.share if bound is not None]
    return Bar(
        min(bounds),
        max(bounds),
        tuple(sorted(ticks)),
        tuple(sorted(stretches, key=lambda stretch: (stretch.low, stretch.high))),
        len({claim.source_id for claim in drawn}),
    )


def _figure(share: float) -> str:
    return f"{share:g}\N{NO-BREAK SPACE}%"
