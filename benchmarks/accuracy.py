"""
Measure how often the right disease stands first, among three, among ten, on published patients and the shared cases.

Run ``python benchmarks/accuracy.py --data ../shared`` from the checkout with the ``all`` extra installed. Patients are
those of ``phenopackets/store-dev.jsonl.gz``, half of their diseases kept back while the score was made (``is_tuning``);
candidates are all diseases of HPO's annotations and of our tables. Equal scores count against us: a disease has the
last of the ranks that it shares. Two formulas are measured on the same patients, and compared patient by patient.
Intervals are bootstrapped over diseases, since patients of one disease are alike. Prints Markdown, and draws
``benchmarks/accuracy.png`` and ``benchmarks/accuracy.svg``.
"""

import argparse
import csv
import gzip
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from baselines import LogRatioSum, ResnikSum
from timing import say, table

from poems_kg.differential.ranking import Ranker
from poems_kg.ids import PoemsKgError
from poems_kg.patients.patient import Patient, Sex
from poems_kg.patients.reading import read_patients
from poems_kg.profiles.index import Index, UnknownDiseaseError, open_index
from poems_kg.profiles.ragged import BoolArray, FloatArray, IntArray

PATIENTS = Path("phenopackets") / "store-dev.jsonl.gz"
CASES = Path("cases")
DEPTHS = (1, 3, 10)
DRAWS = 2000
"""How often diseases are drawn for an interval."""
SEED = 0
SPLIT = "poems-kg ranking split 1:"
UNRANKED = 10**9
POEMS = "MONDO:0017364"
PICTURE = Path(__file__).with_name("accuracy")

Scores = Callable[[IntArray, Sex], FloatArray]


@dataclass(frozen=True, slots=True)
class Case:
    """A patient of the file. ``is_cited``: HPO's annotations cite the patient's own publication for the disease."""

    given_id: str
    disease_id: str
    disease: int
    observed: IntArray
    sex: Sex
    is_cited: bool


@dataclass(frozen=True)
class Ranks:
    """The rank of the true disease for each patient, the diseases, and which patients are cited."""

    names: Sequence[str]
    ranks: Mapping[str, IntArray]
    disease: IntArray
    is_cited: BoolArray

    def chosen(self, is_chosen: BoolArray) -> "Ranks":
        """Some of the patients."""
        kept = {name: ranks[is_chosen] for name, ranks in self.ranks.items()}
        return Ranks(self.names, kept, self.disease[is_chosen], self.is_cited[is_chosen])


def is_tuning(disease_id: str) -> bool:
    """Whether the patients of a disease were looked at while the score was made."""
    return sha256(f"{SPLIT}{disease_id}".encode()).digest()[0] < 128


def read_cases(path: Path, index: Index) -> tuple[list[Case], int, int]:
    """The patients whose disease is a candidate, how many there are besides, and how many findings were left out."""
    found, others, left_out = [], 0, 0
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            record: dict[str, Any] = json.loads(line)
            try:
                disease = index.diseases.position(record["disease"])
            except UnknownDiseaseError:
                others += 1
                continue
            observed = []
            for finding_id in record["observed"]:
                try:
                    observed.append(index.findings.position(index.findings.find(finding_id)[0]))
                except PoemsKgError:
                    left_out += 1
            own = f"PMID:{record['id'].split('_')[1]}"
            stretch = index.rows.of(disease)
            places = index.rows.references.gather(np.arange(stretch.start, stretch.stop))[0]
            is_cited = own in {index.references[place] for place in np.unique(places).tolist()}
            observed_once = np.unique(np.array(observed, np.int64))
            disease_id, sex = index.diseases.ids[disease], Sex(record["sex"])
            found.append(Case(record["disease"], disease_id, disease, observed_once, sex, is_cited))
    return found, others, left_out


def rank_all(scores: Scores, cases: Sequence[Case], places: Sequence[int | None]) -> IntArray:
    """The rank of each true disease; ties count against it. What has no place has no rank."""
    ranks = np.full(len(cases), UNRANKED)
    for number, (case, place) in enumerate(zip(cases, places, strict=True)):
        if place is not None:
            found = scores(case.observed, case.sex)
            ranks[number] = int((found >= found[place]).sum())
    return ranks


def measure(data: Path) -> tuple[Ranks, BoolArray, str]:
    """Rank with the score and both formulas; gives which patients were used for tuning, and notes."""
    index = open_index(data)
    exact = open_index()  # without Mondo's sets: each id of OMIM and Orphanet for itself
    cases, others, left_out = read_cases(data / PATIENTS, index)
    disease = np.array([case.disease for case in cases])
    ranker, ranks = Ranker(index), {}
    say("ranking by the score")
    start = time.perf_counter()
    ranks["score"] = rank_all(lambda observed, sex: ranker.scores(observed, None, sex), cases, disease.tolist())
    taken = time.perf_counter() - start
    say("ranking by formula B")
    ratios = LogRatioSum(index)
    ranks["B"] = rank_all(lambda observed, _: ratios.scores(observed), cases, disease.tolist())
    say("ranking by formula A")
    resnik = ResnikSum(exact)
    ranks["A"] = rank_exact(resnik, index, exact, cases)
    notes = (
        f"{len(cases)} patients of {len(set(disease.tolist()))} diseases; {others} more have a disease that these "
        f"annotations do not have yet, and {left_out} findings are no class of this release. "
        f"{len(index.diseases)} candidates ({len(exact.diseases)} with exact ids). "
        f"The score took {1e3 * taken / len(cases):.2f} ms a patient, one thread, most findings met for the first time."
    )
    cited = np.array([case.is_cited for case in cases])
    tuning = np.array([is_tuning(case.disease_id) for case in cases])
    return Ranks(("score", "B", "A"), ranks, disease, cited), tuning, notes


def rank_exact(resnik: ResnikSum, index: Index, exact: Index, cases: Sequence[Case]) -> IntArray:
    """Ranks by formula A, where each id is a candidate of its own."""
    places: list[int | None] = []
    for case in cases:
        try:
            places.append(exact.diseases.position(case.given_id))
        except UnknownDiseaseError:
            places.append(None)
    moved = exact.findings.positions(index.findings.ids)
    return rank_all(lambda observed, _: resnik.scores(moved[observed]), cases, places)


# --- Figures ---


def hits(ranks: IntArray, depth: int) -> FloatArray:
    """1 where the true disease is among the first, else 0."""
    return (ranks <= depth).astype(np.float64)


def by_disease(values: FloatArray, disease: IntArray) -> tuple[FloatArray, IntArray]:
    """Sum and number of patients of each disease."""
    _, inverse = np.unique(disease, return_inverse=True)
    return np.bincount(inverse, weights=values).astype(np.float64), np.bincount(inverse)


def interval(values: FloatArray, disease: IntArray) -> tuple[float, float]:
    """95 % interval of a mean over patients, by drawing diseases with all their patients."""
    sums, counts = by_disease(values, disease)
    drawn = np.random.default_rng(SEED).integers(len(sums), size=(DRAWS, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def disease_interval(values: FloatArray, disease: IntArray) -> tuple[float, float]:
    """95 % interval of :func:`over_diseases`, by drawing diseases."""
    sums, counts = by_disease(values, disease)
    drawn = np.random.default_rng(SEED).integers(len(sums), size=(DRAWS, len(sums)))
    low, high = np.percentile((sums / counts)[drawn].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def over_diseases(values: FloatArray, disease: IntArray) -> float:
    """The mean over diseases of the mean over their patients."""
    sums, counts = by_disease(values, disease)
    return float((sums / counts).mean())


def groups(found: Ranks) -> list[tuple[str, Ranks]]:
    """All patients, cited and uncited ones."""
    everyone = np.ones(len(found.disease), np.bool_)
    chosen = (("all", everyone), ("cited", found.is_cited), ("uncited", ~found.is_cited))
    return [(name, found.chosen(is_chosen)) for name, is_chosen in chosen if is_chosen.any()]


def result_table(found: Ranks) -> str:
    """First, in three, in ten: over patients with intervals, and as means over diseases."""
    cells = []
    for group, part in groups(found):
        for name in part.names:
            row = [f"{group} ({len(part.disease)})", name]
            for depth in DEPTHS:
                values = hits(part.ranks[name], depth)
                low, high = interval(values, part.disease)
                row.append(f"{100 * values.mean():.1f} ({100 * low:.1f}–{100 * high:.1f})")
            row += [f"{100 * over_diseases(hits(part.ranks[name], depth), part.disease):.1f}" for depth in DEPTHS]
            cells.append(row)
    header = ["patients", "by", *(f"{words}, %" for words in ("first", "in three", "in ten"))]
    return table([*header, "first, diseases", "in three", "in ten"], cells, words=2)


def difference_table(found: Ranks) -> str:
    """By how many points the score is better than each formula, on the same patients."""
    cells = []
    for group, part in groups(found):
        for name in part.names[1:]:
            row = [group, f"score - {name}"]
            for depth in DEPTHS:
                values = hits(part.ranks["score"], depth) - hits(part.ranks[name], depth)
                low, high = interval(values, part.disease)
                row.append(f"{100 * values.mean():+.1f} ({100 * low:+.1f} to {100 * high:+.1f})")
            for depth in DEPTHS:
                values = hits(part.ranks["score"], depth) - hits(part.ranks[name], depth)
                low, high = disease_interval(values, part.disease)
                mean = over_diseases(values, part.disease)
                row.append(f"{100 * mean:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})")
            cells.append(row)
    header = ["patients", "difference, points", "first", "in three", "in ten"]
    return table([*header, "first, diseases", "in three", "in ten"], cells, words=2)


def case_table(data: Path, index: Index) -> str:
    """The shared cases: the rank of POEMS syndrome and what is first."""
    ranker, poems, cells = Ranker(index), index.diseases.position(POEMS), []
    with (data / CASES / "cases.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows:
        [patient] = read_patients(data / CASES / row["file"], index.findings)
        if not isinstance(patient, Patient):
            raise SystemExit(str(patient))
        positions = index.findings.positions
        scores = ranker.scores(positions(patient.observed), positions(patient.excluded), patient.sex)
        rank, first = ranker.rank(scores, poems), int(scores.argmax())
        name = row["file"].removesuffix(".json")
        cells.append([name, row["final_diagnosis"], index.diseases.labels[first], len(patient.observed), rank])
    return table(["case", "diagnosis", "first", "findings", "rank of POEMS syndrome"], cells, words=3)


# --- Picture ---


def picture(found: Ranks) -> None:
    """Draw how many true diseases are among the first so many."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    colours = {"score": "#0072b2", "B": "#d55e00", "A": "#009e73"}
    depths = np.unique(np.geomspace(1, 100, 40).astype(int))
    with mpl.rc_context({"svg.hashsalt": "poems-kg", "svg.fonttype": "none"}):
        figure, axes = plt.subplots(1, 2, figsize=(8.4, 4.2), sharey=True, layout="constrained")
        for place, (group, part) in zip(axes, groups(found)[1:], strict=True):
            for name in part.names:
                shares = [100 * hits(part.ranks[name], depth).mean() for depth in depths.tolist()]
                label = name if name == "score" else f"formula {name}"
                place.plot(depths, shares, color=colours[name], label=label)
            place.set(xscale="log", xlabel="among the first …", ylim=(0, 100), title=f"{group} ({len(part.disease)})")
            place.set_xticks([1, 3, 10, 30, 100], ["1", "3", "10", "30", "100"])
            place.grid(color="#dddddd", linewidth=0.5)
        axes[0].set_ylabel("right disease found, % of patients")
        axes[0].legend(frameon=False, loc="lower right")
        figure.supxlabel("diseases kept back while the score was made · not medical advice", fontsize=8)
        # No date and no version in the files, so that the same figures give the same picture.
        figure.savefig(PICTURE.with_suffix(".png"), dpi=110, metadata={"Software": None})
        figure.savefig(PICTURE.with_suffix(".svg"), metadata={"Date": None})


def main(given: Sequence[str] | None = None) -> None:
    """Print all figures as Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of patients, cases, releases")
    options = parser.parse_args(given)
    found, tuning, notes = measure(options.data)
    print(f"{notes}\n")
    for words, is_chosen in (
        ("Diseases kept back", ~tuning),
        ("Diseases that the score was tuned on", tuning),
        ("All", np.ones(len(tuning), np.bool_)),
    ):
        part = found.chosen(is_chosen)
        print(f"### {words}\n\n{result_table(part)}\n{difference_table(part)}")
    print(f"### Shared cases\n\n{case_table(options.data, open_index(options.data))}")
    picture(found.chosen(~tuning))


if __name__ == "__main__":
    main()
