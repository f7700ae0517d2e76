"""
Rank what to ask or test next by how much it is expected to tell about POEMS syndrome and its rivals.

The information of a test is the entropy, in bits, that the posterior is expected to lose by it: over the outcomes of up
to ``JOINT`` of its findings together, each as likely as the posterior of today makes it. Not asked are findings that
follow from what is known, and further kinds of a thing that is known, as a polyradiculoneuropathy where a sensorimotor
neuropathy is present: these tell the words of the profiles apart, not the disorders. Beside it stand how invasive the
test is and which open items of criteria it could settle. Not medical advice.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from poems_kg.criteria import Verdict
from poems_kg.differential.asking import Asking
from poems_kg.differential.diagnostic_tests import DiagnosticTest, Invasiveness, diagnostic_tests
from poems_kg.differential.explaining import percent
from poems_kg.differential.rivals import Rivals, tables
from poems_kg.knowledge import Knowledge
from poems_kg.patients.patient import Patient

LEAST_BITS: Final = 0.001
"""What tells less is not worth a line, unless it could settle a criterion."""


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
class _Bundle:
    """Findings that one test finds together, the tests for them, what they tell, and what they could settle."""

    finding_ids: tuple[str, ...]
    tests: tuple[DiagnosticTest, ...]
    label: str
    information: float
    settles: tuple[str, ...]

    @property
    def invasiveness(self) -> Invasiveness | None:
        return self.tests[0].invasiveness if self.tests else None


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
    asking = Asking(rivals, patient)
    kept: list[_Bundle] = []
    for bundle in sorted(_bundles(asking, _open_items(verdicts)), key=_worth):
        first = bundle.finding_ids[0]
        repeats = not bundle.tests and any(asking.on_one_line(first, each.finding_ids[0]) for each in kept)
        if (bundle.information >= LEAST_BITS or bundle.settles) and not repeats:
            kept.append(bundle)
        if len(kept) == count:
            break
    return tuple(_step(asking, bundle) for bundle in kept)


def _worth(bundle: _Bundle) -> tuple[float, bool, int, float, str]:
    how = bundle.invasiveness
    return -round(bundle.information, 2), not bundle.settles, how.level if how else 5, -bundle.information, bundle.label


def _open_items(verdicts: Iterable[Verdict]) -> dict[str, dict[str, None]]:
    """For each finding that an open item of an open set waits for: the items that it could settle, in order."""
    waiting: dict[str, dict[str, None]] = {}
    for verdict in verdicts:
        for item in verdict.items if verdict.missing else ():
            for entry in item.missing:
                waiting.setdefault(entry.entry_id, {})[f"{verdict.label}: {item.label} ({item.role})"] = None
    return waiting


def _bundles(asking: Asking, waiting: Mapping[str, Mapping[str, None]]) -> Iterator[_Bundle]:
    """What can be found together, with the tests for it, the least invasive first; findings without a test alone."""
    together: dict[tuple[str, ...], list[DiagnosticTest]] = {}
    tested: set[str] = set()
    broader = asking.rivals.ancestors
    for test in _tests():
        covered = [
            finding_id for finding_id in _found_by(asking.rivals, test.test_id) if finding_id in asking.questions
        ]
        if covered:
            tested.update(covered)
            together.setdefault(asking.best(covered), []).append(test)
    for finding_id, question in asking.questions.items():
        tells = question.information >= LEAST_BITS or not broader(finding_id).isdisjoint(waiting)
        if tells and finding_id not in tested:
            together[finding_id,] = []
    for findings, tests in together.items():
        ordered = tuple(sorted(tests, key=_effort))
        settles = dict.fromkeys(
            item for finding_id in findings for each in broader(finding_id) for item in waiting.get(each, ())
        )
        yield _Bundle(
            finding_ids=findings,
            tests=ordered,
            label=ordered[0].label if ordered else asking.rivals.findings.label(findings[0]),
            information=asking.information(findings),
            settles=tuple(sorted(settles)),
        )


@lru_cache(maxsize=1024)
def _found_by(rivals: Rivals, test_id: str) -> tuple[str, ...]:
    """The findings of the profiles that a test finds."""
    found = next(test.finds for test in _tests() if test.test_id == test_id)
    named = {finding_id for profile in rivals.profiles for finding_id in profile.shares}
    return tuple(sorted(each for each in named if not rivals.ancestors(each).isdisjoint(found)))


def _effort(test: DiagnosticTest) -> tuple[int, int, str]:
    return 5 if test.invasiveness is None else test.invasiveness.level, len(test.finds), test.test_id


def _step(asking: Asking, bundle: _Bundle) -> NextStep:
    rivals, question = asking.rivals, asking.questions[bundle.finding_ids[0]]
    labels = tuple(rivals.findings.label(finding_id) for finding_id in bundle.finding_ids)
    claims = tuple(
        claim
        for finding_id in bundle.finding_ids
        for test in bundle.tests[:1]
        for claim in test.claims_for(finding_id, rivals.ancestors(finding_id))
    )
    label, how = bundle.label, bundle.invasiveness
    text = (
        f"{label[:1].upper()}{label[1:]}{f' ({how.how})' if how else ''}: {bundle.information:.2f} bits; "
        f"{labels[0][:1].lower()}{labels[0][1:]} is expected with {percent(question.probability)}, POEMS syndrome then "
        f"has {percent(question.if_present)}, without it {percent(question.if_absent)}"
    )
    return NextStep(
        label=label,
        test_id=bundle.tests[0].test_id if bundle.tests else "",
        finding_ids=bundle.finding_ids,
        finding_labels=labels,
        information=bundle.information,
        probability=question.probability,
        if_present=question.if_present,
        if_absent=question.if_absent,
        invasiveness=how.level if how else None,
        how=how.how if how else "",
        settles=bundle.settles,
        other_tests=tuple(other.label for other in bundle.tests[1:]),
        claims=tuple(dict.fromkeys(claims)),
        sources=_sources(rivals.knowledge or tables(), claims),
        text=text,
    )


def _sources(knowledge: Knowledge, claims: Iterable[str]) -> tuple[str, ...]:
    known = [knowledge.claims[claim].record.source_id for claim in claims if claim in knowledge.claims]
    return tuple(dict.fromkeys(knowledge.sources[source].record.citation for source in known))


__all__ = ["LEAST_BITS", "NextStep", "next_steps"]
