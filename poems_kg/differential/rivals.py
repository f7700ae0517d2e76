"""
POEMS syndrome and its rivals, as our claims name them, and how likely each of them shows a finding.

A rival is a disorder that claims tell apart from POEMS syndrome, call similar to it, confuse with it or want excluded,
or that has a profile of its own in our tables; but not one that most patients with POEMS syndrome have besides
(osteosclerotic myeloma), for each of those that are weighed excludes the others. How likely a patient with disorder *d*
shows finding *x* (:meth:`Rivals.match`):

1. The profile names *x* or something narrower: the greatest of their shares, for who has the narrower has the broader;
   where it names *x*, only those of them that rest on as good a kind of figure.
2. Else it names something broader, *f*: its share times P(x) / P(f), with P the shares of all diseases of HPO's
   annotations; the greatest over all *f*.
3. Where the profile is silent, that may be because nobody has written it down: a profile of n findings is complete to
   c = n / (n + ``HALF_KNOWN``). The share is then (1 - c) times the mean share of *x* over the disorders that have it.
4. In any case the patient may show *x* for another reason, with probability *leak*: half of P(x) where that is small,
   as a disease that HPO annotates shows a finding in half of its patients; or what tests get wrong in patients without
   POEMS syndrome (their specificity, by claims); and never below ``LEAST_LEAK``. So no finding that a profile lacks
   rules a disorder out.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from poems_kg.claims import Claim
from poems_kg.differential.pooling import DENIED_SHARE, Basis, Figure, Pooled, counted, is_as_good
from poems_kg.differential.profiles import Profile, make_profile
from poems_kg.ids import PoemsKgError
from poems_kg.knowledge import Knowledge, read_tables
from poems_kg.patients.patient import Sex
from poems_kg.places import ontology_dir

if TYPE_CHECKING:
    from poems_kg.profiles.index import Index

POEMS: Final = "MONDO:0017364"
RELATIONS: Final = ("distinguished_by", "misdiagnosed_as", "similar_to", "distinct_from", "requires_exclusion_of")
"""Relations of claims that set a disorder beside POEMS syndrome."""
HALF_KNOWN: Final = 10.0
"""A profile of so many findings is taken to name half of what its patients show."""
LEAST_LEAK: Final = 0.01
"""No disorder shows a finding with a lower probability: any patient may have something else besides."""
ANNOTATED_SHARE: Final = 0.5
"""In how many patients of a disease that HPO annotates with a finding it is, on average: the stated prior."""
_MOST: Final = re.compile(r"\b(?:majority|most)\b")
MANY: Final = 20
"""Of fewer patients, the share that has a disorder besides says little."""
LEAST_FINDINGS: Final = 5
"""A disorder of whose findings less is known is named, but not weighed."""

FloatArray = NDArray[np.float64]


class FindingBook(Protocol):
    """What is needed to know of findings; the index has it."""

    def ancestors(self, finding_id: str) -> frozenset[str]:
        """A finding and all broader ones."""

    def label(self, finding_id: str) -> str:
        """The name of a finding."""


@dataclass(frozen=True, slots=True)
class Match:
    """
    How a finding is found in a profile.

    ``probability`` is that of showing it, ``matched`` what the profile itself gives to that. ``matched_as`` is the
    finding of the profile, empty where it is silent, and ``pooled`` its share. ``leak`` is the probability of showing
    it anyhow.
    """

    probability: float
    matched: float
    matched_as: str
    pooled: Pooled | None
    leak: float


class Rivals:
    """
    POEMS syndrome, then its rivals by id.

    ``unknown`` are disorders of which too little is known to weigh them, ``companions`` those that most patients with
    POEMS syndrome have besides.
    """

    def __init__(
        self,
        profiles: Sequence[Profile],
        findings: FindingBook,
        shown: Callable[[str], float],
        *,
        errors: Mapping[str, float] | None = None,
        unknown: Sequence[str] = (),
        companions: Sequence[str] = (),
        knowledge: Knowledge | None = None,
        resolve: Callable[[str], str] = str,
    ) -> None:
        """
        Take profiles as they are; :func:`rivals` makes them of our claims.

        :param shown: the share of all diseases that show a finding or a narrower one.
        :param errors: how often a test finds a finding in patients without POEMS syndrome.
        :param resolve: gives the id that we use for any that is equivalent to it.
        """
        self.profiles = tuple(profiles)
        self.findings = findings
        self.shown = shown
        self.errors = dict(errors or {})
        self.unknown = tuple(unknown)
        self.companions = tuple(companions)
        self.knowledge = knowledge
        self.resolve = resolve
        self.ids = tuple(profile.disorder_id for profile in profiles)
        self._above = self._findings_below()
        self._probabilities: dict[tuple[str, Sex], FloatArray] = {}
        self._means: dict[tuple[str, Sex], float] = {}
        self._matches: dict[tuple[str, str, Sex], Match] = {}
        self.kept_logs: dict[tuple[str, Sex, bool], FloatArray] = {}
        """Tempered logarithms that the posterior has once made, by finding, sex, and whether it is excluded."""
        self._broader: dict[str, frozenset[str]] = {}

    def _findings_below(self) -> dict[str, list[str]]:
        """For each finding that is named by a profile or broader than one: the named findings at or below it."""
        below: defaultdict[str, list[str]] = defaultdict(list)
        named = sorted({finding_id for profile in self.profiles for finding_id in profile.shares})
        for finding_id in named:
            for broader in self.findings.ancestors(finding_id):
                below[broader].append(finding_id)
        return dict(below)

    def ancestors(self, finding_id: str) -> frozenset[str]:
        """A finding and all broader ones, looked up once."""
        if finding_id not in self._broader:
            self._broader[finding_id] = self.findings.ancestors(finding_id)
        return self._broader[finding_id]

    def position(self, disorder_id: str) -> int:
        """
        The place of a disorder among the profiles, by its id or an equivalent one.

        :raises PoemsKgError: if it is none of them.
        """
        try:
            return self.ids.index(self.resolve(disorder_id))
        except ValueError:
            raise PoemsKgError(f"{disorder_id} is not weighed here; take one of {', '.join(self.ids)}") from None

    def leak(self, finding_id: str, disorder_id: str) -> float:
        """The probability of showing a finding for another reason than the disorder."""
        error = 0.0 if disorder_id == POEMS else self.errors.get(finding_id, 0.0)
        shown = self.shown(finding_id)
        return max(LEAST_LEAK, error, shown * (ANNOTATED_SHARE + (1 - ANNOTATED_SHARE) * shown))

    def match(self, profile: Profile, finding_id: str, sex: Sex) -> Match:
        """How likely a patient of a sex with this disorder shows a finding, and by which finding of the profile."""
        key = profile.disorder_id, finding_id, sex
        known = self._matches.get(key)
        if known is None:
            known = self._matches[key] = self._match(profile, finding_id, sex)
        return known

    def _match(self, profile: Profile, finding_id: str, sex: Sex) -> Match:
        leak = self.leak(finding_id, profile.disorder_id)
        found = self._find(profile, finding_id, sex)
        if found is None:
            matched = (1 - completeness(profile)) * self.mean_share(finding_id, sex)
            return Match(matched + (1 - matched) * leak, matched, "", None, leak)
        matched, named, pooled = found
        if named != finding_id and named in self.ancestors(finding_id):
            # Who has the broader finding has this one at least as often as where nothing is known of either.
            matched = max(matched, pooled.share * self.mean_share(finding_id, sex))
        return Match(matched + (1 - matched) * leak, matched, named, pooled, leak)

    def _find(self, profile: Profile, finding_id: str, sex: Sex) -> tuple[float, str, Pooled] | None:
        """What the profile itself gives to a finding, by which finding of its own; None where it is silent."""
        own = profile.share(finding_id, sex)
        found = [
            (pooled.share, named == finding_id, named, pooled)
            for named in self._above.get(finding_id, ())
            if (pooled := profile.share(named, sex)) is not None and (own is None or is_as_good(pooled, own))
        ] or [
            (pooled.share * self._narrowing(finding_id, named), False, named, pooled)
            for named in self.ancestors(finding_id)
            if (pooled := profile.share(named, sex)) is not None
        ]
        if not found:
            return None
        share, _, named, pooled = max(found, key=lambda each: each[:3])
        return share, named, pooled

    def mean_share(self, finding_id: str, sex: Sex) -> float:
        """The mean share of a finding over the disorders whose profiles have it; what is silent says nothing of it."""
        key = finding_id, sex
        if key not in self._means:
            said = [
                found[0] for profile in self.profiles if (found := self._find(profile, finding_id, sex)) is not None
            ]
            self._means[key] = sum(said) / len(said) if said else 0.0
        return self._means[key]

    def _narrowing(self, finding_id: str, broader: str) -> float:
        return min(1.0, self.shown(finding_id) / self.shown(broader))

    def probabilities(self, finding_id: str, sex: Sex) -> FloatArray:
        """How likely each disorder shows a finding, in the order of ``ids``."""
        key = finding_id, sex
        known = self._probabilities.get(key)
        if known is None:
            known = np.array([self.match(profile, finding_id, sex).probability for profile in self.profiles])
            known.flags.writeable = False
            self._probabilities[key] = known
        return known


def completeness(profile: Profile) -> float:
    """How much of what its patients show a profile names, between 0 and 1."""
    return len(profile.shares) / (len(profile.shares) + HALF_KNOWN)


@lru_cache(maxsize=1)
def tables() -> Knowledge:
    """The tables of the ontology, read once."""
    return read_tables(ontology_dir())


@lru_cache(maxsize=4)
def rivals(index: "Index") -> Rivals:
    """POEMS syndrome and its rivals, with HPO's annotations where our claims are silent."""
    knowledge = tables()
    reasons = rival_claims(knowledge)
    besides = companion_claims(knowledge)
    profiles = [
        make_profile(knowledge, disorder_id, reasons[disorder_id], _annotated(index, disorder_id))
        for disorder_id in (POEMS, *sorted(set(reasons) - {POEMS, *besides}))
    ]
    is_known = [profile.disorder_id == POEMS or len(profile.shares) >= LEAST_FINDINGS for profile in profiles]
    return Rivals(
        [profile for profile, known in zip(profiles, is_known, strict=True) if known],
        index.findings,
        lambda finding_id: float(np.exp(-index.information_content[index.findings.position(finding_id)])),
        errors=errors_of_tests(knowledge),
        unknown=[profile.disorder_id for profile, known in zip(profiles, is_known, strict=True) if not known],
        companions=sorted(besides),
        knowledge=knowledge,
        resolve=lambda disorder_id: _resolve(index, disorder_id),
    )


def _resolve(index: "Index", disorder_id: str) -> str:
    from poems_kg.profiles.index import UnknownDiseaseError

    try:
        return index.diseases.ids[index.diseases.position(disorder_id)]
    except UnknownDiseaseError:
        return disorder_id


def with_others(weighed: Rivals, index: "Index", disease_ids: Sequence[str]) -> Rivals:
    """
    Add diseases of HPO's annotations, as those that rank first for a patient: no disorder that is not weighed can win.

    Those that are weighed already are not added again.

    :raises UnknownDiseaseError: if the index has no such disease.
    """
    added: dict[str, Profile] = {}
    for place in (index.diseases.position(disease_id) for disease_id in disease_ids):
        disorder_id = index.diseases.ids[place]
        if disorder_id not in weighed.ids:
            profile = make_profile(weighed.knowledge or tables(), disorder_id, (), _annotated(index, disorder_id))
            added[disorder_id] = replace(profile, label=index.diseases.labels[place])
    return Rivals(
        [*weighed.profiles, *added.values()],
        weighed.findings,
        weighed.shown,
        errors=weighed.errors,
        unknown=weighed.unknown,
        companions=weighed.companions,
        knowledge=weighed.knowledge,
        resolve=weighed.resolve,
    )


def rival_claims(knowledge: Knowledge) -> dict[str, list[str]]:
    """The claims that make each disorder a rival; empty for POEMS syndrome, and for who has only a profile."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    sizes: defaultdict[str, set[str]] = defaultdict(set)
    for entry in knowledge.claims.values():
        claim = entry.record
        if claim.relation == "has_phenotype" and knowledge.category(claim.subject_id) == "Disorder":
            sizes[claim.subject_id].add(claim.object_id)
        if claim.relation in RELATIONS:
            beside = _beside(claim)
            if POEMS in beside:
                for disorder_id in beside - {POEMS}:
                    if knowledge.category(disorder_id) == "Disorder":
                        found[disorder_id].append(claim.claim_id)
    for disorder_id, findings in sizes.items():
        if len(findings) >= LEAST_FINDINGS:
            found[disorder_id] += []
    found[POEMS] = []
    return dict(found)


def companion_claims(knowledge: Knowledge) -> dict[str, list[str]]:
    """Disorders that claims say most patients with POEMS syndrome have besides, with these claims."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for entry in knowledge.claims.values():
        claim = entry.record
        is_beside = claim.subject_id == POEMS and claim.relation in {"coexists_with", "associated_with"}
        is_counted = (claim.share[0] or 0) > 50 and (claim.total is None or claim.total >= MANY)
        is_most = is_counted or bool(_MOST.search(claim.value.casefold()))
        is_disorder = knowledge.category(claim.object_id) == "Disorder"
        if is_beside and is_most and is_disorder and claim.polarity == "asserts":
            found[claim.object_id].append(claim.claim_id)
    return dict(found)


def _beside(claim: Claim) -> set[str]:
    versus = dict(claim.qualifiers).get("versus", "")
    others = versus.split("|") if claim.relation == "distinguished_by" else [claim.object_id]
    return {claim.subject_id, *others} - {""}


def _annotated(index: "Index", disorder_id: str) -> list[tuple[str, Figure]]:
    """What HPO's annotations add to our claims, of both sexes or one."""
    from poems_kg.profiles.index import FEMALE, MALE, UnknownDiseaseError

    try:
        stretch = index.rows.of(index.diseases.position(disorder_id))
    except UnknownDiseaseError:
        return []
    rows = index.rows
    found = []
    for row in range(stretch.start, stretch.stop):
        if rows.is_curated[row] or rows.claim[row] >= 0:
            continue
        reference = index.references[rows.references[row][0]] if len(rows.references[row]) else "phenotype.hpoa"
        figure = _annotated_figure(
            reference,
            (int(rows.n[row]), int(rows.total[row])),
            (float(rows.low[row]), float(rows.high[row])),
            is_negated=bool(rows.is_negated[row]),
            sex={FEMALE: "female", MALE: "male"}.get(int(rows.sex[row]), ""),
        )
        found.append((index.findings.ids[rows.finding[row]], figure))
    return found


def _annotated_figure(
    reference: str, counts: tuple[int, int], bounds: tuple[float, float], *, is_negated: bool, sex: str
) -> Figure:
    plain = Figure(reference, reference, Basis.STATED, sex=sex)
    n, total = counts
    if n >= 0 and total > 0:
        return counted(plain, n, total)
    if is_negated:
        return replace(plain, basis=Basis.DENIED, share=DENIED_SHARE)
    low, high = bounds
    if np.isnan(low) and np.isnan(high):
        return plain
    return replace(plain, basis=Basis.BAND, low=0.0 if np.isnan(low) else low, high=1.0 if np.isnan(high) else high)


def errors_of_tests(knowledge: Knowledge) -> dict[str, float]:
    """
    How often each finding is found in patients without POEMS syndrome: the mean of 1 - specificity of the tests for it.

    Which test detects what, and how specific it is for POEMS syndrome at diagnosis, is said by claims.
    """
    wrong: defaultdict[str, list[float]] = defaultdict(list)
    detected: defaultdict[str, set[str]] = defaultdict(set)
    for entry in knowledge.claims.values():
        claim = entry.record
        if claim.polarity != "asserts":
            continue
        if claim.relation == "detects":
            detected[claim.subject_id].add(claim.object_id)
        is_at_diagnosis = "timepoint" not in dict(claim.qualifiers)
        if claim.relation == "has_specificity" and claim.object_id == POEMS and claim.low and is_at_diagnosis:
            wrong[claim.subject_id].append(1 - claim.low / 100)
    errors: defaultdict[str, list[float]] = defaultdict(list)
    for test_id, shares in wrong.items():
        for finding_id in detected[test_id]:
            errors[finding_id] += shares
    return {finding_id: sum(shares) / len(shares) for finding_id, shares in sorted(errors.items())}
