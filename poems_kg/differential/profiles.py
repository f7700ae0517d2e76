"""
Turn the claims on one disorder into a profile: for each finding the pooled share of patients, by sex.

What an axiom says of every member counts as a share of nearly all; a disorder takes over what axioms say of broader
ones.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from poems_kg.differential.pooling import (
    ALWAYS_SHARE,
    FIGURE_WEIGHT,
    Basis,
    Figure,
    Pooled,
    figure_of,
    is_as_good,
    pool,
)
from poems_kg.knowledge import Knowledge
from poems_kg.patients.patient import Sex

_SEX_WORDS = {Sex.MALE: "male", Sex.FEMALE: "female"}


@dataclass(frozen=True, slots=True)
class Profile:
    """
    What is known of one disorder. ``shares`` gives the pooled share of a finding by sex: ``""`` stands for both.

    ``reasons`` are the claims that make it a rival. ``male_share`` is the share of men among the patients, None where
    nothing is said.
    """

    disorder_id: str
    label: str
    shares: Mapping[str, Mapping[str, Pooled]]
    reasons: tuple[str, ...] = ()
    male_share: float | None = None
    _cache: dict[tuple[str, Sex], Pooled | None] = field(default_factory=dict, compare=False, repr=False)

    def share(self, finding_id: str, sex: Sex) -> Pooled | None:
        """
        The pooled share of a finding that the profile itself names, in patients of a sex; None where there is none.

        A figure of that sex alone is used where it is of a kind at least as good as that of both. For a patient of
        unknown sex a finding of one sex counts by the share of that sex among the patients.
        """
        key = finding_id, sex
        if key not in self._cache:
            self._cache[key] = self._share(self.shares.get(finding_id, {}), sex)
        return self._cache[key]

    def _share(self, by_sex: Mapping[str, Pooled], sex: Sex) -> Pooled | None:
        both = by_sex.get("")
        word = _SEX_WORDS.get(sex)
        if word is not None:
            own = by_sex.get(word)
            return own if own is not None and (both is None or is_as_good(own, both)) else both
        if both is not None or not by_sex:
            return both
        men = 0.5 if self.male_share is None else self.male_share
        weights = {"male": men, "female": 1 - men}
        first = by_sex[min(by_sex)]
        mean = {name: sum(weights[each] * getattr(by_sex[each], name) for each in by_sex) for name in _MEANS}
        return replace(
            first,
            **mean,
            claims=tuple(sorted({claim for each in by_sex.values() for claim in each.claims})),
            sources=tuple(sorted({source for each in by_sex.values() for source in each.sources})),
        )


_MEANS = ("share", "low", "high")


def make_profile(
    knowledge: Knowledge, disorder_id: str, reasons: Iterable[str] = (), more: Iterable[tuple[str, Figure]] = ()
) -> Profile:
    """
    Pool everything that the tables say of a disorder's findings.

    :param more: further figures by finding, as of HPO's annotations; see :func:`poems_kg.differential.pooling.pool`.
    """
    figures: defaultdict[str, list[Figure]] = defaultdict(list)
    for finding_id, figure in (*_claimed(knowledge, disorder_id), *more):
        figures[finding_id].append(figure)
    shares = {}
    for finding_id, stated in sorted(figures.items()):
        pooled = {
            sex: pool(each for each in stated if each.sex == sex) for sex in sorted({each.sex for each in stated})
        }
        shares[finding_id] = {sex: share for sex, share in pooled.items() if share is not None}
    for finding_id, claims in _implied(knowledge, disorder_id):
        shares[finding_id] = {"": _raise(shares.get(finding_id, {}).get(""), claims, knowledge)}
    return Profile(
        disorder_id,
        knowledge.label(disorder_id),
        shares,
        tuple(sorted(set(reasons))),
        _male_share(knowledge, disorder_id),
    )


def _claimed(knowledge: Knowledge, disorder_id: str) -> Iterator[tuple[str, Figure]]:
    for entry in knowledge.claims.values():
        claim = entry.record
        if claim.subject_id == disorder_id and claim.relation == "has_phenotype":
            figure = figure_of(claim)
            if figure is not None:
                yield claim.object_id, figure


def _implied(knowledge: Knowledge, disorder_id: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Findings that axioms give to every member of a disorder or of a broader one, with the claims that say so."""
    above = with_broader(knowledge, disorder_id)
    for entry in knowledge.axioms:
        axiom = entry.record
        if axiom.kind == "implies" and axiom.subject_id in above and knowledge.category(axiom.filler_id) == "Finding":
            yield axiom.filler_id, axiom.claim_ids


def with_broader(knowledge: Knowledge, disorder_id: str) -> set[str]:
    """A term and all that it is a kind of, by our tables and by the slices of other ontologies."""
    found: set[str] = set()
    waiting = [disorder_id]
    while waiting:
        here = waiting.pop()
        if here in found:
            continue
        found.add(here)
        if here in knowledge.terms:
            waiting += knowledge.terms[here].record.parent_ids
        if here in knowledge.upstream:
            waiting += knowledge.upstream[here].parent_ids
    return found


def _raise(known: Pooled | None, claims: tuple[str, ...], knowledge: Knowledge) -> Pooled:
    """The share of a finding that every patient has by definition; a higher one that was counted stays."""
    if known is not None and known.basis is Basis.COUNTS and known.share >= ALWAYS_SHARE:
        return known
    sources = {knowledge.claims[claim].record.source_id for claim in claims if claim in knowledge.claims}
    return Pooled(
        ALWAYS_SHARE,
        0.0,
        1.0,
        FIGURE_WEIGHT,
        Basis.DEFINED,
        claims=tuple(sorted(claims)),
        sources=tuple(sorted(sources)),
    )


def _male_share(knowledge: Knowledge, disorder_id: str) -> float | None:
    """The mean share of men, over the sources that give a percentage or a ratio of men to women."""
    shares = []
    for entry in knowledge.claims.values():
        claim = entry.record
        if claim.subject_id != disorder_id or claim.low is None or claim.low != claim.high:
            continue
        if claim.relation == "has_sex_proportion" and dict(claim.qualifiers).get("sex") == "male":
            shares.append(claim.low / 100)
        elif claim.relation == "has_sex_ratio" and claim.unit == "male:female":
            shares.append(claim.low / (1 + claim.low))
    return sum(shares) / len(shares) if shares else None
