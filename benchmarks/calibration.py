"""
Measure whether posteriors mean what they say: among patients given 80 %, do 80 % have the disorder?

Run ``python benchmarks/calibration.py --data ../shared`` from the checkout with the ``all`` extra installed. Synthetic
patients are drawn with frequencies that differ from centre to centre, findings that go together, other causes, and
words that are too broad or too narrow; the posterior knows none of that. The real cases in ``--cases`` follow, each
with its posterior. Prints Markdown, and draws ``benchmarks/calibration.png``.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poems_kg.cohorts.synthesis import draw, synthesizer
from poems_kg.differential.posterior import TEMPER, log_odds, posteriors
from poems_kg.differential.rivals import POEMS, Rivals, rivals
from poems_kg.patients.patient import Patient
from poems_kg.patients.reading import read_patients
from poems_kg.profiles.index import Index, open_index

TEMPERS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
BINS = 10
PICTURE = Path(__file__).with_name("calibration.png")

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """Synthetic patients as logarithms of untempered likelihoods, one row each, and the place of the true disorder."""

    logs: FloatArray
    truth: NDArray[np.int64]

    def shares(self, temper: float) -> FloatArray:
        """Posteriors under equal priors."""
        logs = temper * (self.logs - self.logs.max(axis=1, keepdims=True))
        weights = np.exp(logs)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def drawn(index: Index, weighed: Rivals, seed: int, count: int) -> Drawn:
    """Draw a cohort and weigh it."""
    patients = list(draw(synthesizer(index, seed), count))
    logs = np.array([log_odds(weighed, each.patient) / TEMPER for each in patients])
    return Drawn(logs, np.array([weighed.position(each.disorder_id) for each in patients]))


def brier(share: FloatArray, is_true: NDArray[np.bool_]) -> float:
    """The mean square of how far a probability is from what is true."""
    return float(np.mean((share - is_true) ** 2))


def log_score(share: FloatArray) -> float:
    """The mean of minus the binary logarithm of what was given to the truth, in bits."""
    return float(-np.log2(share).mean())


def reliability(share: FloatArray, is_true: NDArray[np.bool_]) -> list[tuple[int, float, float]]:
    """For ten equal steps of the posterior: patients, mean posterior, how many have the disorder."""
    step = np.minimum((share * BINS).astype(int), BINS - 1)
    found = [(step == each) for each in range(BINS)]
    return [(int(here.sum()), float(share[here].mean()), float(is_true[here].mean())) for here in found if here.any()]


def gap(rows: Sequence[tuple[int, float, float]]) -> float:
    """The mean distance between posterior and truth over the steps, by patients (expected calibration error)."""
    total = sum(count for count, _, _ in rows)
    return sum(count * abs(given - true) for count, given, true in rows) / total


def print_tempers(cohorts: Sequence[tuple[str, Drawn]], poems: int) -> None:
    """How each power of the likelihood does."""
    print(
        "| cohort | power | first is right | log score, all disorders (bits) | Brier score, POEMS | calibration error |"
    )
    print("|---|--:|--:|--:|--:|--:|")
    for name, cohort in cohorts:
        everyone = np.arange(len(cohort.truth))
        for temper in TEMPERS:
            shares = cohort.shares(temper)
            is_poems = cohort.truth == poems
            right = float((shares.argmax(axis=1) == cohort.truth).mean())
            mark = "**" if temper == TEMPER else ""
            print(
                f"| {name} | {mark}{temper}{mark} | {right:.1%} | {log_score(shares[everyone, cohort.truth]):.3f} "
                f"| {brier(shares[:, poems], is_poems):.4f} | {gap(reliability(shares[:, poems], is_poems)):.3f} |"
            )


def print_reliability(cohort: Drawn, poems: int) -> list[tuple[int, float, float]]:
    """The reliability of the posterior of POEMS syndrome; returns its rows."""
    rows = reliability(cohort.shares(TEMPER)[:, poems], cohort.truth == poems)
    print("\n| patients | mean posterior of POEMS syndrome | have it |\n|--:|--:|--:|")
    for count, given, true in rows:
        print(f"| {count} | {given:.1%} | {true:.1%} |")
    return rows


def print_cases(weighed: Rivals, index: Index, folder: Path) -> list[tuple[float, bool]]:
    """The real cases, each with its posterior; returns that of POEMS syndrome, and whether it is the diagnosis."""
    label = {profile.disorder_id: profile.label for profile in weighed.profiles}
    found = []
    print("\n| case | diagnosis | posterior of POEMS syndrome | first | its posterior |\n|---|---|--:|---|--:|")
    with (folder / "cases.tsv").open(encoding="utf-8", newline="") as stream:
        cases = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    for case in cases:
        for patient in read_patients(folder / case["file"], index.findings):
            if not isinstance(patient, Patient):
                raise SystemExit(f"{folder / case['file']}: {patient.message}")
            shares = posteriors(weighed, patient)
            first = next(iter(shares))
            name = case["file"].removesuffix(".json")
            print(
                f"| {name} | {case['final_diagnosis']} | {shares[POEMS]:.1%} | {label[first]} | {shares[first]:.1%} |"
            )
            found.append((shares[POEMS], case["disease_id"] == "ORPHA:2905"))
    share, is_poems = (np.array(column) for column in zip(*found, strict=True))
    given = np.where(is_poems, share, 1 - share)
    print(f"\n{len(found)} cases: Brier score {brier(share, is_poems):.3f}, log score {log_score(given):.3f} bits")
    return found


def picture(cohorts: Sequence[tuple[str, Drawn]], cases: Sequence[tuple[float, bool]], poems: int) -> None:
    """Draw the reliability curves, with the real cases below and above."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(5.2, 5.2), layout="constrained")
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle="--", label="posterior = truth")
    for (name, cohort), colour in zip(cohorts, ("#0072b2", "#d55e00"), strict=True):
        rows = reliability(cohort.shares(TEMPER)[:, poems], cohort.truth == poems)
        axes.plot([row[1] for row in rows], [row[2] for row in rows], marker="o", color=colour, label=name)
    for share, is_poems in cases:
        axes.plot(share, 1.03 if is_poems else -0.03, marker="|", color="#111111", markersize=11, clip_on=False)
    axes.set(xlabel="posterior of POEMS syndrome", ylabel="share who have it", xlim=(0, 1), ylim=(-0.06, 1.06))
    axes.set_title(
        "Calibration among POEMS syndrome and its rivals\nstrokes: real cases, above with POEMS", fontsize=10
    )
    axes.legend(frameon=False, loc="center right")
    figure.supxlabel("synthetic patients, equal priors · not medical advice", fontsize=8)
    # No date and no version in the file, so that the same figures give the same picture.
    figure.savefig(PICTURE, dpi=110, metadata={"Software": None})


def main() -> None:
    """Print everything as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--data", type=Path, help="folder of release files")
    parser.add_argument("--cases", type=Path, help="folder of real cases with cases.tsv; DATA/cases if not said")
    parser.add_argument("-n", type=int, default=20_000, help="synthetic patients of each cohort")
    options = parser.parse_args()
    index = open_index(options.data)
    weighed = rivals(index)
    poems = weighed.position(POEMS)
    cohorts = [(f"seed {seed}", drawn(index, weighed, seed, options.n)) for seed in (0, 1)]
    print_tempers(cohorts, poems)
    print_reliability(cohorts[1][1], poems)
    folder = options.cases or (options.data / "cases" if options.data else None)
    cases = print_cases(weighed, index, folder) if folder and folder.is_dir() else []
    picture(cohorts, cases, poems)


if __name__ == "__main__":
    main()
