"""
Make patients who never were, of POEMS syndrome and its rivals, from the curated frequencies: for load and calibration.

The model, patient by patient; every number is in :class:`Model`:

1. A disorder, all alike often, and one of ``centres`` centres. Each centre has its own share of every finding, drawn
   once from the Beta distribution of the pooled share: what a centre sees differs from what sources say.
2. Findings go together: each organ system of a patient has a normal effect on the logit, of standard deviation
   ``system_effect``, and the patient another, ``severity_effect``. The logits are stretched by what this flattens them,
   so that the shares over all patients stay nearly what they are.
3. Findings of other causes are added: their number is Poisson, each with a chance like its share among HPO's diseases.
4. Records are about as long whatever the disorder: ``least`` findings and a Poisson number more, of those present, are
   recorded. Some absent ones are recorded as excluded. Of findings on one line of is-a only the narrowest is recorded.
5. Some recorded findings are written down as a broader, some as a narrower one.

Every record says ``"synthetic": true`` and has an id that starts with ``synthetic-``: it is never a real case. The same
seed gives the same patients, and the first of many are those of few.
"""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from poems_kg.differential.profiles import Profile
from poems_kg.differential.rivals import Rivals, rivals
from poems_kg.patients.patient import Patient, Sex
from poems_kg.tables import write_atomic

if TYPE_CHECKING:
    from poems_kg.profiles.index import Index

MARK: Final = "synthetic"
"""How the id of every patient starts, and the field that is true of every record."""
ROOTS: Final = frozenset({"HP:0000001", "HP:0000118"})
_STRETCH: Final = (16 * np.sqrt(3) / (15 * np.pi)) ** 2
"""
A logistic curve is nearly that of a normal distribution with the standard deviation 15π / (16√3). Averaged over normal
effects of variance v it is therefore nearly a logistic curve again, flatter by the root of 1 + ``_STRETCH`` · v.
"""

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class FindingTree(Protocol):
    """What is needed to know of findings; the index has it."""

    def ancestors(self, finding_id: str) -> frozenset[str]:
        """A finding and all broader ones."""

    def descendants(self, finding_id: str) -> frozenset[str]:
        """A finding and all narrower ones."""


@dataclass(frozen=True, slots=True)
class Model:
    """The numbers of the model; see the module. They are stated, not fitted."""

    centres: int = 12
    system_effect: float = 1.0
    severity_effect: float = 0.5
    other_causes: float = 3.0
    recorded: float = 7.0
    least: int = 3
    excluded: float = 1.5
    made_broader: float = 0.15
    made_narrower: float = 0.3


@dataclass(frozen=True, slots=True)
class SyntheticPatient:
    """A patient who never was, and the disorder that the findings were drawn from."""

    patient: Patient
    disorder_id: str
    label: str

    def to_record(self, seed: int) -> dict[str, Any]:
        """The object of a line of JSON Lines, as ``poems-kg screen`` and ``poems-kg diagnose`` read it."""
        return {
            "id": self.patient.patient_id,
            MARK: True,
            "generator": {"seed": seed, "label": self.label},
            "sex": self.patient.sex.value,
            "observed": list(self.patient.observed),
            "excluded": list(self.patient.excluded),
            "disease": self.disorder_id,
        }


@dataclass(frozen=True, slots=True)
class _Draws:
    """The findings of one disorder in one sex as arrays: what each centre sees of them, and their organ systems."""

    finding_ids: tuple[str, ...]
    logits: FloatArray
    systems: IntArray


class Synthesizer:
    """Draws patients, one by one, always the same for the same seed."""

    def __init__(
        self, weighed: Rivals, tree: FindingTree, background: Mapping[str, float], seed: int, model: Model | None = None
    ) -> None:
        """
        Prepare the draws.

        :param background: how often a finding has another cause, in any unit.
        """
        self.profiles, self.tree, self.seed, self.model = weighed.profiles, tree, seed, model or Model()
        self._background = sorted(background)
        shares = np.array([background[finding_id] for finding_id in self._background])
        self._background_sums = np.cumsum(shares / shares.sum())
        self._systems: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._nearest: dict[str, tuple[str, ...]] = {}
        spread = self.model.system_effect**2 + self.model.severity_effect**2
        self._stretch = float(np.sqrt(1 + _STRETCH * spread))
        self._draws = {
            (place, sex): self._prepare(place, profile, sex)
            for place, profile in enumerate(self.profiles)
            for sex in (Sex.FEMALE, Sex.MALE)
        }

    def _prepare(self, place: int, profile: Profile, sex: Sex) -> _Draws:
        known = [(finding_id, profile.share(finding_id, sex)) for finding_id in sorted(profile.shares)]
        pooled = [(finding_id, share) for finding_id, share in known if share is not None]
        random = np.random.default_rng([self.seed, place, int(sex is Sex.MALE)])
        alphas = np.array([share.alpha for _, share in pooled])
        betas = np.array([share.beta for _, share in pooled])
        shares = np.clip(random.beta(alphas, betas, (self.model.centres, len(pooled))), 0.001, 0.999)
        finding_ids = tuple(finding_id for finding_id, _ in pooled)
        systems = np.array([self._system(finding_id) for finding_id in finding_ids])
        return _Draws(finding_ids, np.log(shares / (1 - shares)) * self._stretch, systems)

    def _system(self, finding_id: str) -> int:
        """The number of the broadest finding above this one, below the root: its organ system."""
        above = self.tree.ancestors(finding_id) - ROOTS
        broadest = max(above, key=lambda each: (len(self.tree.descendants(each)), each))
        return self._systems.setdefault(broadest, len(self._systems))

    def patient(self, number: int) -> SyntheticPatient:
        """The patient of a number, from 1; whatever others are drawn."""
        random = np.random.default_rng([self.seed, 2**20, number])
        place = int(random.integers(len(self.profiles)))
        profile = self.profiles[place]
        men = 0.5 if profile.male_share is None else profile.male_share
        sex = Sex.MALE if random.random() < men else Sex.FEMALE
        draws = self._draws[place, sex]
        observed: tuple[str, ...] = ()
        while not observed:  # Nobody sees a doctor without a finding.
            present = self._present(draws, random)
            observed = self._recorded(self._with_other_causes(present, random), random)
        excluded = self._excluded(draws, present, observed, random)
        patient_id = f"{MARK}-{self.seed}-{number:07d}"
        drawn = Patient(patient_id, sex, observed=observed, excluded=excluded, disease_ids=(profile.disorder_id,))
        return SyntheticPatient(drawn, profile.disorder_id, profile.label)

    def _present(self, draws: _Draws, random: np.random.Generator) -> list[str]:
        logits = draws.logits[random.integers(self.model.centres)]
        effects = random.normal(0, self.model.system_effect, len(self._systems))[draws.systems]
        effects = effects + random.normal(0, self.model.severity_effect)
        shown = random.random(len(logits)) < 1 / (1 + np.exp(-(logits + effects)))
        return [draws.finding_ids[each] for each in np.flatnonzero(shown)]

    def _with_other_causes(self, present: list[str], random: np.random.Generator) -> list[str]:
        count = random.poisson(self.model.other_causes)
        places = np.searchsorted(self._background_sums, random.random(count)).clip(max=len(self._background) - 1)
        return list(dict.fromkeys([*present, *(self._background[each] for each in places)]))

    def _recorded(self, present: list[str], random: np.random.Generator) -> tuple[str, ...]:
        order = random.permutation(len(present))
        count = self.model.least + int(random.poisson(self.model.recorded))
        chosen = [self._reworded(present[each], random) for each in order[:count]]
        broader = frozenset().union(*(self.tree.ancestors(each) - {each} for each in chosen))
        return tuple(sorted({each for each in chosen if each not in broader}))

    def _reworded(self, finding_id: str, random: np.random.Generator) -> str:
        chance = random.random()
        if chance < self.model.made_broader:
            return self._pick(f"above {finding_id}", lambda: self._above(finding_id), random) or finding_id
        if chance < self.model.made_broader + self.model.made_narrower:
            return self._pick(f"below {finding_id}", lambda: self._below(finding_id), random) or finding_id
        return finding_id

    def _pick(self, key: str, find: Callable[[], tuple[str, ...]], random: np.random.Generator) -> str:
        if key not in self._nearest:
            self._nearest[key] = find()
        found = self._nearest[key]
        return found[random.integers(len(found))] if found else ""

    def _above(self, finding_id: str) -> tuple[str, ...]:
        """The nearest broader finding: that with the fewest narrower ones; none where that is the root."""
        above = self.tree.ancestors(finding_id) - ROOTS - {finding_id}
        return (min(above, key=lambda each: (len(self.tree.descendants(each)), each)),) if above else ()

    def _below(self, finding_id: str) -> tuple[str, ...]:
        return tuple(sorted(self.tree.descendants(finding_id) - {finding_id}))

    def _excluded(
        self, draws: _Draws, present: list[str], observed: tuple[str, ...], random: np.random.Generator
    ) -> tuple[str, ...]:
        """Absent findings that somebody looked for: of those that any patient of the disorder may have."""
        has = frozenset().union(*(self.tree.ancestors(each) for each in (*present, *observed)))
        absent = [each for each in draws.finding_ids if each not in has]
        order = random.permutation(len(absent))[: random.poisson(self.model.excluded)]
        return tuple(sorted(absent[each] for each in order))


def synthesizer(index: "Index", seed: int, model: Model | None = None) -> Synthesizer:
    """A synthesizer of POEMS syndrome and its rivals, with the background of HPO's annotations."""
    findings = index.findings
    shares = np.exp(-index.information_content)
    background = {
        finding_id: float(share)
        for finding_id, share, count in zip(findings.ids, shares, index.counts, strict=True)
        if count and finding_id not in ROOTS and findings.is_phenotype(finding_id)
    }
    return Synthesizer(rivals(index), findings, background, seed, model)


def draw(source: Synthesizer, count: int) -> Iterator[SyntheticPatient]:
    """The first patients of a synthesizer."""
    return (source.patient(number) for number in range(1, count + 1))


def write_cohort(source: Synthesizer, count: int, path: Path, report: Callable[[str, int, int], None]) -> None:
    """
    Write patients as JSON Lines, whole or not at all; gzipped where the name ends so.

    :raises PoemsKgError: if the file cannot be written.
    """

    def write(new: Path) -> None:
        with new.open("wb") as raw:
            # No name and no time, so that the same seed gives the same bytes.
            out = gzip.GzipFile("", "wb", fileobj=raw, mtime=0) if path.suffix == ".gz" else raw
            for number, each in enumerate(draw(source, count), start=1):
                out.write(json.dumps(each.to_record(source.seed), ensure_ascii=False).encode() + b"\n")
                if number % 1000 == 0 or number == count:
                    report("drawing patients", number, count)
            if out is not raw:
                out.close()

    write_atomic(path, write)
