"""
Rank what to ask or test next by how much it is expected to tell about POEMS syndrome and its rivals.

The information of a test is the entropy, in bits, that the posterior is expected to lose by it: over the outcomes of up
to ``JOINT`` of its findings together, each as likely as the posterior of today makes it. Not asked are findings that
follow from what is known, and further kinds of a thing that is known, as a polyradiculoneuropathy where a sensorimotor
neuropathy is present: these tell the words of the profiles apart, not the disorders. Beside it stand how invasive the
test is and which open items of criteria it could settle. Not medical advice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from poems_kg.criteria import Verdict
from poems_kg.differential.diagnostic_tests import DiagnosticTest, diagnostic_tests
from poems_kg.differential.explaining import percent
from poems_kg.differential.posterior import log_likelihoods, weigh
from poems_kg.differential.rivals import POEMS, Rivals, tables
from poems_kg.knowledge import Knowledge
from poems_kg.patients.patient import Patient

JOINT: Final = 3
KIND: Final = 0.1
"""A finding that fewer than this share of HPO's diseases show, and that a profile names, is one kind of thing."""
LEAST_BITS: Final = 0.001
"""What tells less is not worth a line."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NextStep:
    """
    One thing to do next.

    ``test_id`` is empty where no claim says how a finding is found; ``other_tests`` are labels of tests that find the
    same. ``information`` is in bits; ``probability`` that of the first finding to be found, and ``if_present``,
    ``if_absent`` the posterior of POEMS syndrome then. ``invasiveness`` is 0 to 4 (``how`` says it in words), None
    where nobody says. ``settles`` are the open items of criteria that the findings could meet.
    """

    label: str
    test_id: str
    finding_ids: tuple[str, ...]
    finding_labels: tuple[str, ...]
    information: float
    probability: float
    if_present: float
    if_absent: float
    invasiveness: int | None = None
    how: str = ""
    settles: tuple[str, ...] = ()
    other_tests: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Question:
    finding_id: str
    information: float
    probability: float
    if_present: float
    if_absent: float


class _Asking:
    """What is open for one patient, and what each answer would change."""

    def __init__(self, rivals: Rivals, patient: Patient) -> None:
        self.rivals, self.sex = rivals, patient.sex
        self.shares = weigh(rivals, patient)
        self.observed = frozenset(patient.observed)
        present = frozenset().union(*(rivals.ancestors(finding_id) for finding_id in self.observed))
        absent = frozenset(patient.excluded) - present
        named = {finding_id for profile in rivals.profiles for finding_id in profile.shares}
        self.known_kinds = {each for each in present & named if rivals.shown(each) < KIND}
        asked = [
            self._question(finding_id)
            for finding_id in sorted(named - present)
            if not rivals.ancestors(finding_id) & absent and not self._is_known_kind(finding_id)
        ]
        self.questions = {each.finding_id: each for each in asked}

    def _is_known_kind(self, finding_id: str) -> bool:
        broader = self.rivals.ancestors(finding_id)
        return self.observed.isdisjoint(broader) and not self.known_kinds.isdisjoint(broader)

    def _answer(self, finding_id: str, *, is_excluded: bool) -> FloatArray:
        return log_likelihoods(self.rivals, finding_id, self.sex, is_excluded=is_excluded)

    def _question(self, finding_id: str) -> _Question:
        shown = self.rivals.probabilities(finding_id, self.sex)
        poems = self.rivals.position(POEMS)
        present, absent = (update(self.shares, self._answer(finding_id, is_excluded=gone)) for gone in (False, True))
        return _Question(
            finding_id,
            self.information((finding_id,)),
            float(self.shares @ shown),
            float(present[poems]),
            float(absent[poems]),
        )

    def information(self, finding_ids: Sequence[str]) -> float:
        """The entropy that is expected to be lost by knowing these findings, in bits."""
        expected = 0.0
        for outcome in product((True, False), repeat=len(finding_ids)):
            likely, logs = np.ones(len(self.shares)), np.zeros(len(self.shares))
            for finding_id, is_present in zip(finding_ids, outcome, strict=True):
                shown = self.rivals.probabilities(finding_id, self.sex)
                likely = likely * (shown if is_present else 1 - shown)
                logs = logs + self._answer(finding_id, is_excluded=not is_present)
            expected += float(self.shares @ likely) * entropy(update(self.shares, logs))
        return entropy(self.shares) - expected

    def best(self, finding_ids: Iterable[str]) -> tuple[str, ...]:
        """The most telling of these questions, none on a line of is-a with another."""
        kept: list[str] = []
        for question in sorted((self.questions[each] for each in finding_ids), key=_order):
            if len(kept) < JOINT and not any(self.on_one_line(question.finding_id, each) for each in kept):
                kept.append(question.finding_id)
        return tuple(kept)

    def on_one_line(self, one: str, other: str) -> bool:
        """Whether one finding is the other, or broader or narrower."""
        return one in self.rivals.ancestors(other) or other in self.rivals.ancestors(one)


def _order(question: _Question) -> tuple[float, str]:
    return -question.information, question.finding_id


def update(shares: FloatArray, logs: FloatArray) -> FloatArray:
    """Posteriors after further tempered likelihoods, given as logarithms."""
    weights = shares * np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def entropy(shares: FloatArray) -> float:
    """The uncertainty among disorders, in bits."""
    known = shares[shares > 0]
    return float(-(known * np.log2(known)).sum())


@lru_cache(maxsize=1)
def _tests() -> list[DiagnosticTest]:
    return diagnostic_tests(tables())


def next_steps(
    rivals: Rivals, patient: Patient, verdicts: Iterable[Verdict] = (), count: int = 10
) -> tuple[NextStep, ...]:
    """
    Give what is worth asking or testing next, the most telling first.

    Of steps that tell alike, to a hundredth of a bit, those go first that could settle a criterion, then the less
    invasive. What could settle one is given even where it tells nothing more of the disorders.

    :param verdicts: of criteria sets; what a step could settle in those that are still open is said.
    :raises PoemsKgError: if an id of the patient is no finding in use.
    """
    asking = _Asking(rivals, patient)
    opened = [verdict for verdict in verdicts if verdict.missing]
    steps = [_step(asking, findings, tests, opened) for findings, tests in _bundles(asking)]
    steps.sort(key=_worth)
    kept: list[NextStep] = []
    for step in steps:
        first = step.finding_ids[0]
        repeats = any(not step.test_id and asking.on_one_line(first, each.finding_ids[0]) for each in kept)
        if (step.information >= LEAST_BITS or step.settles) and not repeats:
            kept.append(step)
    return tuple(kept[:count])


def _worth(step: NextStep) -> tuple[float, bool, int, float, str]:
    level = 5 if step.invasiveness is None else step.invasiveness
    return -round(step.information, 2), not step.settles, level, -step.information, step.label


def _bundles(asking: _Asking) -> Iterator[tuple[tuple[str, ...], list[DiagnosticTest]]]:
    """What can be found together, with the tests for it, the least invasive first; findings without a test alone."""
    together: dict[tuple[str, ...], list[DiagnosticTest]] = {}
    tested: set[str] = set()
    for test in _tests():
        covered = [
            finding_id
            for finding_id in asking.questions
            if not asking.rivals.ancestors(finding_id).isdisjoint(test.finds)
        ]
        if covered:
            tested.update(covered)
            together.setdefault(asking.best(covered), []).append(test)
    for finding_id in asking.questions:
        if finding_id not in tested:
            together[finding_id,] = []
    for findings, tests in together.items():
        yield findings, sorted(tests, key=_effort)


def _effort(test: DiagnosticTest) -> tuple[int, int, str]:
    return 5 if test.invasiveness is None else test.invasiveness.level, len(test.finds), test.test_id


def _step(
    asking: _Asking, findings: tuple[str, ...], tests: list[DiagnosticTest], verdicts: Sequence[Verdict]
) -> NextStep:
    rivals, question = asking.rivals, asking.questions[findings[0]]
    labels = tuple(rivals.findings.label(finding_id) for finding_id in findings)
    test = tests[0] if tests else None
    claims = tuple(
        claim
        for finding_id in findings
        if test is not None
        for claim in test.claims_for(finding_id, rivals.ancestors(finding_id))
    )
    information = asking.information(findings)
    label = test.label if test else labels[0]
    level = test.invasiveness if test else None
    settles = tuple(dict.fromkeys(_settled(asking, findings, verdicts)))
    text = (
        f"{label[:1].upper()}{label[1:]}{f' ({level.how})' if level else ''}: {information:.2f} bits; "
        f"{labels[0][:1].lower()}{labels[0][1:]} is expected with {percent(question.probability)}, POEMS syndrome then "
        f"has {percent(question.if_present)}, without it {percent(question.if_absent)}"
    )
    return NextStep(
        label=label,
        test_id=test.test_id if test else "",
        finding_ids=findings,
        finding_labels=labels,
        information=information,
        probability=question.probability,
        if_present=question.if_present,
        if_absent=question.if_absent,
        invasiveness=level.level if level else None,
        how=level.how if level else "",
        settles=settles,
        other_tests=tuple(other.label for other in tests[1:]),
        claims=tuple(dict.fromkeys(claims)),
        sources=_sources(rivals.knowledge or tables(), claims),
        text=text,
    )


def _sources(knowledge: Knowledge, claims: Iterable[str]) -> tuple[str, ...]:
    known = [knowledge.claims[claim].record.source_id for claim in claims if claim in knowledge.claims]
    return tuple(dict.fromkeys(knowledge.sources[source].record.citation for source in known))


def _settled(asking: _Asking, findings: Sequence[str], verdicts: Iterable[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        for item in verdict.items:
            wanted = {entry.entry_id for entry in item.missing}
            if any(not asking.rivals.ancestors(finding_id).isdisjoint(wanted) for finding_id in findings):
                yield f"{verdict.label}: {item.label} ({item.role})"


__all__ = ["JOINT", "LEAST_BITS", "NextStep", "Verdict", "entropy", "next_steps", "update"]
