"""
Turn all figures that sources give for one finding of one disorder into one share of patients, with an interval.

The best kind of figure that there is decides (:class:`Basis`), and the others are left out:

1. *Counts.* Each cohort has ``n`` of ``total``. Cohorts differ by more than chance, so they are pooled as clusters of a
   beta-binomial distribution: the intraclass correlation ρ is that of an analysis of variance (K.-J. Lui, J. A. Mayer,
   L. Eckhardt, Stat Med 19:2933-2942, 2000), a cohort of m patients weighs like m / (1 + (m - 1) ρ) independent ones,
   the share has Jeffreys's prior Beta(½, ½), and the interval is Wilson's at the effective number of patients.
2. *Published shares and ranges without a count*: the middle between the lowest and the highest.
3. *Frequency bands of HPO's annotations*: likewise.
4. *Statements without any figure*: a stated prior.

No patient counts twice: of one source only the largest count is taken; of cohorts that name the same institution, in
years that meet, only the largest; a review of the literature only where no cohort of its own is counted.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from poems_kg.claims import Claim
from poems_kg.figures import setting, wilson

FIGURE_WEIGHT = 10.0
"""A share or band that is published without a count weighs like so many patients."""
STATED_SHARE = 0.3
"""
A finding that is stated without any figure or word of frequency: near the first quartile (0.27) of the shares that our
claims count in POEMS syndrome, for what is common has mostly been counted.
"""
OFTEN_SHARE = 0.545
"""A finding that is stated to be common, in words: the middle of HPO's "Frequent" (30-79 %)."""
SELDOM_SHARE = 0.17
"""A finding that is stated to be rare, in words: the middle of HPO's "Occasional" (5-29 %)."""
ALWAYS_SHARE = 0.95
"""A finding that is part of the definition of the disorder."""
DENIED_SHARE = 0.025
"""A finding that is denied: the middle of HPO's "Very rare" (1-4 %); a denial is of the rule, not of every patient."""
STATED_WEIGHT = 2.0
"""A statement without any figure weighs like so many patients."""
SMALLEST_COHORT = 5
"""Fewer patients than this are described because they are unusual; what they have is taken as stated, not counted."""

BANDS_SOURCE = re.compile(r"hpoa\d*")
"""The ids of sources that are HPO's annotations; their figures are bands, not published shares."""
_SELDOM_WORDS = re.compile(r"\b(?:rare|rarely|uncommon|little|less often|very rare)\b")
_OFTEN_WORDS = re.compile(
    r"\b(?:common|commonest|often|typical|typically|usual|usually|most|generally|characteristic)\b"
)
_ALWAYS_WORDS = re.compile(r"\b(?:required|all|always)\b")
_REVIEW_WORDS = re.compile(r"\b(?:literature|reports|series|studies)\b")
_YEARS = re.compile(r"\b(19|20)\d\d\b")
_PARTS = {"condition", "dose", "laterality", "severity", "site"}
"""Qualifiers that limit a figure to a part of what the finding is; used where there is no figure without."""


class Basis(StrEnum):
    """What kind of figure a pooled share rests on, from the best to the worst."""

    COUNTS = "counted patients"
    SHARES = "published share"
    BAND = "frequency band"
    DEFINED = "by definition"
    STATED = "stated without a figure"
    DENIED = "denied"


_ORDER = {Basis.COUNTS: 0, Basis.SHARES: 1, Basis.BAND: 2, Basis.DEFINED: 3, Basis.STATED: 3, Basis.DENIED: 3}


@dataclass(frozen=True, slots=True)
class Figure:
    """
    What one statement says about how many patients have a finding; shares are between 0 and 1.

    ``origin`` is the claim that states it, or the reference of a row of HPO's annotations; ``source`` counts once.
    ``cohort`` names the patients, ``years`` the first and last year in which they were seen.
    """

    origin: str
    source: str
    basis: Basis
    n: int | None = None
    total: int | None = None
    low: float | None = None
    high: float | None = None
    sex: str = ""
    cohort: str = ""
    years: tuple[int, int] | None = None
    is_review: bool = False
    is_part: bool = False
    share: float = STATED_SHARE


@dataclass(frozen=True, slots=True)
class Pooled:
    """
    The share of patients with a finding, and what it rests on.

    ``low`` and ``high`` are the 95 % interval of a counted share, and of a single share without a count; else the
    bounds as published. ``weight`` is the effective number of patients: the share is distributed as Beta(``alpha``,
    ``beta``). ``correlation`` is ρ between cohorts (0: no more than chance), None with fewer than two. ``left_out`` has
    claims with the reason.
    """

    share: float
    low: float
    high: float
    weight: float
    basis: Basis
    n: int = 0
    total: int = 0
    cohorts: int = 0
    correlation: float | None = None
    claims: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def alpha(self) -> float:
        """The first parameter of the Beta distribution of the share."""
        return self.share * self.weight

    @property
    def beta(self) -> float:
        """The second parameter of the Beta distribution of the share."""
        return (1 - self.share) * self.weight


def figure_of(claim: Claim) -> Figure | None:
    """What a claim says about a share of patients; None where its figure is of another kind, as a five-year risk."""
    qualifiers = dict(claim.qualifiers)
    defines = qualifiers.get("attribute") == "definition"
    low, high = claim.share
    has_figure = low is not None or high is not None
    denies = claim.polarity == "denies"
    if not claim.object_id or (setting(claim) and not defines) or (denies and has_figure and claim.unit == "%"):
        return None
    plain = _plain_figure(claim, qualifiers)
    if denies:
        return replace(plain, basis=Basis.DENIED, share=DENIED_SHARE)
    if not has_figure:
        return replace(plain, share=_stated_share(claim.value, defines))
    if claim.total and (claim.n is not None or low == high):
        return counted(plain, claim.n if claim.n is not None else round((low or 0) * claim.total / 100), claim.total)
    basis = Basis.BAND if BANDS_SOURCE.fullmatch(claim.source_id) else Basis.SHARES
    return replace(plain, basis=basis, low=(low or 0.0) / 100, high=(100.0 if high is None else high) / 100)


def counted(plain: Figure, n: int, total: int) -> Figure:
    """A figure of ``n`` of ``total`` patients; too few of them only state or deny the finding."""
    if total >= SMALLEST_COHORT:
        return replace(plain, basis=Basis.COUNTS, n=n, total=total)
    return plain if n else replace(plain, basis=Basis.DENIED, share=DENIED_SHARE)


def _plain_figure(claim: Claim, qualifiers: dict[str, str]) -> Figure:
    population = qualifiers.get("population", "")
    years = sorted(int(match.group()) for match in _YEARS.finditer(population))
    return Figure(
        origin=claim.claim_id,
        source=claim.source_id,
        basis=Basis.STATED,
        sex=qualifiers.get("sex", ""),
        cohort=re.split(r"[,\d]", population, maxsplit=1)[0].strip().casefold(),
        years=(years[0], years[-1]) if years else None,
        is_review=bool(_REVIEW_WORDS.search(f"{population} {qualifiers.get('design', '')}".casefold())),
        is_part=not _PARTS.isdisjoint(qualifiers),
    )


def _stated_share(words: str, defines: bool) -> float:
    if defines or _ALWAYS_WORDS.search(words.casefold()):
        return ALWAYS_SHARE
    if _SELDOM_WORDS.search(words.casefold()):
        return SELDOM_SHARE
    return OFTEN_SHARE if _OFTEN_WORDS.search(words.casefold()) else STATED_SHARE


def pool(figures: Iterable[Figure]) -> Pooled | None:
    """
    Pool what is said of one finding in one disorder and one sex; None where nothing is said.

    The order of the figures does not matter.
    """
    known = sorted(figures, key=lambda figure: (figure.source, figure.origin, figure.total or 0, figure.n or 0))
    if not known:
        return None
    best = min(_ORDER[figure.basis] for figure in known)
    used = [figure for figure in known if _ORDER[figure.basis] == best]
    left_out = [(figure.origin, "a better kind of figure is there") for figure in known if _ORDER[figure.basis] != best]
    if any(not figure.is_part for figure in used):
        left_out += [(figure.origin, "of a part only") for figure in used if figure.is_part]
        used = [figure for figure in used if not figure.is_part]
    if used[0].basis is Basis.COUNTS:
        used, repeated = _once(used)
        return _pool_counts(used, [*left_out, *repeated])
    if used[0].basis in {Basis.SHARES, Basis.BAND}:
        return _pool_bounds(used, left_out)
    return _pool_statements(used, left_out)


def is_as_good(one: Pooled, other: Pooled) -> bool:
    """Whether one share rests on a kind of figure that is no worse than that of the other."""
    return _KINDS[one.basis] <= _KINDS[other.basis]


_KINDS = {basis: place for place, basis in enumerate(Basis)}


def _once(figures: Sequence[Figure]) -> tuple[list[Figure], list[tuple[str, str]]]:
    """The figures whose patients are counted once, the largest first, and why the others are not used."""
    kept: list[Figure] = []
    left_out = []
    by_size = sorted(figures, key=lambda figure: (figure.is_review, -(figure.total or 0)))
    for figure in by_size:
        same = next((other for other in kept if _may_overlap(figure, other)), None)
        if same is not None:
            left_out.append((figure.origin, f"may count patients of {same.origin} again"))
        else:
            kept.append(figure)
    return kept, left_out


def _may_overlap(one: Figure, other: Figure) -> bool:
    if one.source == other.source or one.is_review or other.is_review:
        return True
    if not one.cohort or one.cohort != other.cohort:
        return False
    if one.years is None or other.years is None:
        return True
    return one.years[0] <= other.years[1] and other.years[0] <= one.years[1]


def intraclass_correlation(counts: Sequence[tuple[int, int]]) -> float:
    """
    How much patients of one cohort are alike, by analysis of variance: 0 if cohorts differ no more than by chance.

    :param counts: ``(n, total)`` of at least two cohorts.

    >>> intraclass_correlation([(10, 100), (90, 100)]) > 0.6, intraclass_correlation([(10, 20), (50, 100)])
    (True, 0.0)
    """
    totals = sum(total for _, total in counts)
    if totals == len(counts):
        return 0.0
    having = sum(n for n, _ in counts)
    squares = sum(n * n / total for n, total in counts)
    between = (squares - having * having / totals) / (len(counts) - 1)
    within = (having - squares) / (totals - len(counts))
    size = (totals * totals - sum(total * total for _, total in counts)) / ((len(counts) - 1) * totals)
    spread = between + (size - 1) * within
    return min(1.0, max(0.0, (between - within) / spread)) if spread > 0 else 0.0


def _pool_counts(used: Sequence[Figure], left_out: list[tuple[str, str]]) -> Pooled:
    counts = [(figure.n or 0, figure.total or 0) for figure in used]
    correlation = intraclass_correlation(counts) if len(counts) > 1 else None
    weights = [total / (1 + (total - 1) * (correlation or 0.0)) for _, total in counts]
    weight = sum(weights)
    share = sum(weight * n / total for weight, (n, total) in zip(weights, counts, strict=True)) / weight
    pooled = _pooled(used, left_out, (share * weight + 0.5) / (weight + 1), wilson(share, weight), weight + 1)
    return replace(
        pooled,
        n=sum(n for n, _ in counts),
        total=sum(total for _, total in counts),
        cohorts=len(counts),
        correlation=correlation,
    )


def _pool_bounds(used: Sequence[Figure], left_out: list[tuple[str, str]]) -> Pooled:
    bounds = [(figure.low or 0.0, 1.0 if figure.high is None else figure.high) for figure in used]
    middle = sum((low + high) / 2 for low, high in bounds) / len(bounds)
    # The same prior as for counts keeps a published 0 or 100 % away from certainty.
    share = (middle * FIGURE_WEIGHT + 0.5) / (FIGURE_WEIGHT + 1)
    ends = min(low for low, _ in bounds), max(high for _, high in bounds)
    if ends[0] == ends[1]:
        ends = wilson(middle, FIGURE_WEIGHT)
    return _pooled(used, left_out, share, ends, FIGURE_WEIGHT + 1)


def _pool_statements(used: Sequence[Figure], left_out: list[tuple[str, str]]) -> Pooled:
    share = sum(figure.share for figure in used) / len(used)
    return _pooled(used, left_out, share, (0.0, 1.0), STATED_WEIGHT)


def _pooled(
    used: Sequence[Figure], left_out: list[tuple[str, str]], share: float, ends: tuple[float, float], weight: float
) -> Pooled:
    all_deny = all(figure.basis is Basis.DENIED for figure in used)
    return Pooled(
        share=share,
        low=ends[0],
        high=ends[1],
        weight=weight,
        basis=used[0].basis if all_deny or used[0].basis is not Basis.DENIED else Basis.STATED,
        claims=tuple(sorted({figure.origin for figure in used})),
        sources=tuple(sorted({figure.source for figure in used})),
        left_out=tuple(sorted(left_out)),
    )
