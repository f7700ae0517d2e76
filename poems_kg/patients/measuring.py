"""
Turn the measurements of a patient into findings present and excluded, by the thresholds of ``ontology/thresholds.tsv``.

Nothing is guessed: what lacks a unit, a specimen or a sex that matters stays unknown, with a note on what is missing.
What somebody recorded holds against what is computed, and a contradiction between the two is noted.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from poems_kg.patients.ages import Moment, not_before
from poems_kg.patients.assays import Assay, Assays, read_assays
from poems_kg.patients.collecting import Collector
from poems_kg.patients.patient import Measurement, Sex
from poems_kg.patients.thresholds import Effect, Threshold, read_thresholds
from poems_kg.patients.units import UnitError, ucum
from poems_kg.spelling import normalise

PRESENT = frozenset({"pato 0000467", "present", "positive", "detected"})
ABSENT = frozenset({"pato 0000462", "absent", "negative", "not detected", "undetected"})
"""Results in words, normalised."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one measurement makes of one finding; ``missing`` says why it makes nothing of it, where that is so."""

    finding_id: str
    effect: Effect
    reason: str = ""
    missing: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class _Measured:
    """A measurement that the table of assays knows, with the specimens that it can have been made of."""

    measurement: Measurement
    moment: Moment
    assay: Assay
    specimens: tuple[str, ...]

    @property
    def name(self) -> str:
        """The value as a reader wants it: test, value, unit."""
        given = self.measurement
        label = given.assay_label or self.assay.label
        return label if given.value is None else f"{label} {given.value:g} {ucum(given.unit)}"


def weigh(
    collector: Collector, measurements: Iterable[tuple[Measurement, Moment]], sex: Sex, age: float | None
) -> tuple[Measurement, ...]:
    """
    Add what measurements make of findings to what is recorded; gives the measurements back, as the file has them.

    :raises PatientError: if a unit must be converted and pint is not installed.
    :raises DataError: if a table of the thresholds is not of its form.
    """
    kept = list(measurements)
    if not kept:
        return ()
    assays = read_assays()
    for measurement, _ in kept:
        if measurement.result_id:
            _add_result(collector, measurement)
    judged: list[Judgement] = []
    silent = []
    for group in _by_test(collector, assays, kept):
        said = _judge_group(collector, group, sex, age)
        judged += said
        if not any(judgement.effect or judgement.missing for judgement in said):
            silent += [measured.name for measured in group]
    if silent:
        why = "no reference range is given that they could be held against, and no limit is reached"
        collector.note("measurements", f"nothing follows from {'; '.join(silent)}: {why}")
    _settle(collector, judged)
    collector.drop_excluded_ancestors()
    return tuple(measurement for measurement, _ in kept)


def _add_result(collector: Collector, measurement: Measurement) -> None:
    """A result that is itself a finding, such as the type of a monoclonal protein, is present."""
    if not measurement.result_id.startswith(("HP:", "POEMS:")):
        return
    found = collector.terms.look_up(measurement.result_id, "")
    for message in found.notes:
        collector.note(f"{measurement.place}.value.ontologyClass", message)
    if found.finding_id:
        name = measurement.assay_label or measurement.assay_id
        reason = f"{name}: {collector.terms.book.label(found.finding_id)}"
        _hold(collector, Judgement(found.finding_id, Effect.OBSERVED, reason, place=measurement.place))


def _by_test(
    collector: Collector, assays: Assays, measurements: Sequence[tuple[Measurement, Moment]]
) -> Iterator[list[_Measured]]:
    """Those measurements that can be judged, by test and specimen; what is said of the others goes into the notes."""
    groups: defaultdict[tuple[str, tuple[str, ...]], list[_Measured]] = defaultdict(list)
    unknown = []
    for measurement, moment in measurements:
        assay = assays.find(measurement)
        name = measurement.assay_label or measurement.assay_id or measurement.place
        if assay is None:
            if not measurement.result_id:
                unknown.append(name)
            continue
        specimens = tuple(assays.specimens_of(assay, measurement.specimen))
        problem = _problem(measurement, specimens)
        if problem:
            collector.note(measurement.place, f"{name}: {problem}; not used")
        else:
            groups[assay.test_id, specimens].append(_Measured(measurement, moment, assay, specimens))
    if unknown:
        collector.note("measurements", f"no threshold is known for {'; '.join(dict.fromkeys(unknown))}")
    yield from groups.values()


def _problem(measurement: Measurement, specimens: tuple[str, ...]) -> str:
    """Say what keeps a measurement from being judged at all, or nothing."""
    value, low, high = measurement.value, measurement.reference_low, measurement.reference_high
    if not specimens:
        return f"the specimen {measurement.specimen!r} is none that the test is made of"
    if value is None:
        left_out = "no value; files made from protobuf leave out a value of 0, write it"
        return "" if measurement.result_id else left_out
    if not measurement.unit:
        return f"the value {value:g} has no unit"
    if value < 0:
        return f"a value of {value:g} {measurement.unit} cannot be"
    is_reversed = low is not None and high is not None and low > high
    return f"the reference range from {low:g} to {high:g} ends before it starts" if is_reversed else ""


def _judge_group(collector: Collector, group: list[_Measured], sex: Sex, age: float | None) -> list[Judgement]:
    """Judge the values of one test: the latest decides; if nobody can tell which that is, only what all agree on."""
    latest = _latest(group)
    if latest is not None:
        for measured in group:
            if measured is not latest:
                collector.note(measured.measurement.place, f"{measured.name}: an earlier value; {latest.name} decides")
        return _judge(collector, latest, sex, age)
    judged = [judgement for measured in group for judgement in _judge(collector, measured, sex, age)]
    effects: defaultdict[str, set[Effect]] = defaultdict(set)
    for judgement in judged:
        effects[judgement.finding_id].add(judgement.effect)
    values = " and ".join(measured.name for measured in group)
    missing = f"{values}: it is not said which is the later"
    return [
        judgement
        if len(effects[judgement.finding_id]) == 1
        else replace(judgement, effect=Effect.NONE, missing=missing)
        for judgement in judged
    ]


def _latest(group: list[_Measured]) -> _Measured | None:
    """The one that is not before any other, if all can be put in order and no two are of the same time."""
    for measured in group:
        others = [other for other in group if other is not measured]
        if all(not_before(other.moment, measured.moment) is False for other in others):
            return measured
    return None


def _judge(collector: Collector, measured: _Measured, sex: Sex, age: float | None) -> list[Judgement]:
    judged = []
    try:
        for threshold_finding, rows in read_thresholds().get(measured.assay.test_id, {}).items():
            finding_id = collector.terms.look_up(threshold_finding, "").finding_id
            fitting = [row for row in rows if age is None or row.min_age is None or age >= row.min_age]
            if finding_id and fitting:
                judged.append(_judge_finding(finding_id, fitting, measured, sex))
    except UnitError as error:
        collector.note(f"{measured.measurement.place}.value.quantity.unit", f"{measured.name}: {error}; not used")
        return []
    return judged


def _judge_finding(finding_id: str, rows: Sequence[Threshold], measured: _Measured, sex: Sex) -> Judgement:
    """
    Judge one finding by all rows about it.

    The range that the laboratory gave belongs to its method, and goes before limits of the literature. Where specimen
    or sex is not known, each that it can be is tried, and only what is the same for all holds: a value above the limits
    for serum and for plasma is high whichever it was.
    """
    place = measured.measurement.place
    ranges = [row for row in rows if row.is_range]
    effect, reason, differ = _agree(ranges, measured)
    if effect or differ:
        return Judgement(finding_id, effect, reason, differ, place)
    fixed = [row for row in rows if not row.is_range]
    sexes = (sex,) if sex in {Sex.FEMALE, Sex.MALE} else (Sex.FEMALE, Sex.MALE)
    tried = []
    for specimen, one_sex in product(measured.specimens, sexes):
        fitting = [row for row in fixed if row.specimen_id in {"", specimen} and row.sex in {None, one_sex}]
        tried.append(_agree(fitting, measured))
    effects = {effect for effect, _, _ in tried}
    differ = next((differ for _, _, differ in tried if differ), "")
    if len(effects) == 1:
        reasons = "; ".join(dict.fromkeys(reason for _, reason, _ in tried if reason))
        return Judgement(finding_id, effects.pop(), reasons, differ, place)
    lacking = [
        name
        for name, is_open in (
            ("specimen", len(measured.specimens) > 1 and len({row.specimen_id for row in fixed}) > 1),
            ("sex", len(sexes) > 1 and len({row.sex for row in fixed}) > 1),
        )
        if is_open
    ]
    missing = f"{measured.name}: what it means hangs on the {' and the '.join(lacking)}, which is not given"
    return Judgement(finding_id, Effect.NONE, "", missing, place)


def _agree(rows: Sequence[Threshold], measured: _Measured) -> tuple[Effect, str, str]:
    """Say what rows make of a value together, in what words, and how they differ if they do."""
    said: defaultdict[Effect, list[str]] = defaultdict(list)
    for row in rows:
        effect = _effect(row, measured)
        if effect:
            said[effect].append(row.wording(measured.measurement, effect))
    if len(said) > 1:
        sides = "; ".join(f"{effect}: {', '.join(words)}" for effect, words in said.items())
        return Effect.NONE, "", f"{measured.name}: the sources differ ({sides})"
    for effect, words in said.items():
        return effect, f"{measured.name}: {', '.join(words)}", ""
    return Effect.NONE, "", ""


def _effect(row: Threshold, measured: _Measured) -> Effect:
    if not row.is_result:
        return row.judge(measured.measurement, measured.assay.molar_mass)
    result = normalise(measured.measurement.result_id)
    if result in PRESENT:
        return row.effect
    return row.otherwise if result in ABSENT else Effect.NONE


def _settle(collector: Collector, judged: Sequence[Judgement]) -> None:
    """Take over what all measurements say alike; two tests that say opposite things leave a finding unknown."""
    by_finding: defaultdict[str, list[Judgement]] = defaultdict(list)
    for judgement in judged:
        by_finding[judgement.finding_id].append(judgement)
    for finding_id, said in by_finding.items():
        sure = [judgement for judgement in said if judgement.effect]
        is_recorded = finding_id in collector.observed or finding_id in collector.excluded
        if len({judgement.effect for judgement in sure}) > 1:
            words = "; ".join(f"{judgement.effect} by {judgement.reason}" for judgement in sure)
            collector.note(sure[0].place, f"{collector.terms.name(finding_id)} is left unknown ({words})")
        elif sure:
            reason = "; ".join(dict.fromkeys(judgement.reason for judgement in sure))
            _hold(collector, replace(sure[0], reason=reason))
        elif not is_recorded:
            for judgement in said:
                if judgement.missing:
                    what = f"{judgement.missing}; {collector.terms.name(finding_id)} is left unknown"
                    collector.note(judgement.place, what)


def _hold(collector: Collector, judgement: Judgement) -> None:
    """Take over one finding, unless what is recorded says otherwise."""
    finding_id, is_observed = judgement.finding_id, judgement.effect is Effect.OBSERVED
    terms = collector.terms
    if is_observed:
        against = sorted(terms.ancestors(finding_id) & collector.excluded.keys())
    else:
        against = [present for present in collector.observed if finding_id in terms.ancestors(present)]
    held = collector.observed if is_observed else collector.excluded
    if not against:
        if finding_id not in held:
            held[finding_id] = judgement.place
            collector.reasons[finding_id] = judgement.reason
        return
    other = against[0]
    where = (collector.excluded if is_observed else collector.observed)[other]
    side = "excluded" if is_observed else "present"
    collector.note(
        judgement.place,
        f"{judgement.reason} would make {terms.name(finding_id)} {judgement.effect}, but {terms.name(other)} is "
        f"{side} ({where}); that holds",
    )
