"""
Measure the released graph: import, load, cold start, build, and every question beside rdflib's own engine.

Run ``python benchmarks/measure.py`` from the checkout with the ``all`` extra installed. Both engines get the same query
and the same bindings in one run; their rows are compared, and a difference is said.
"""

import math
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import RUNS, limited, rows, seconds

import poems_kg
from poems_kg.places import graph_file
from poems_kg.questions import Question, answer, bind, find_questions, to_answer
from poems_kg.sparql import bind_terms

PEER_LIMIT = 12
"""Seconds after which rdflib's engine is stopped; it answers each question once, for it is slow."""


def process_seconds(arguments: list[str], runs: int = 5) -> float:
    """Median wall-clock seconds of a whole process."""
    return seconds(lambda: subprocess.run(arguments, check=True, capture_output=True), runs)


def inside(code: str) -> float:
    """Median seconds that a line of Python takes in a fresh process, told by the process itself."""
    script = f"import time; start = time.perf_counter(); {code}; print(time.perf_counter() - start)"
    times = [
        float(subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout)
        for _ in range(RUNS)
    ]
    return statistics.median(times)


def main() -> None:
    """Print all figures as a Markdown table."""
    from rdflib import Dataset

    command = [str(Path(sys.executable).parent / "poems-kg")]
    print("| what | seconds |\n|---|--:|")
    print(f"| `import poems_kg` | {inside('import poems_kg'):.3f} |")
    load = "t = time.perf_counter(); kg = poems_kg.load(); start = t"
    print(f"| `poems_kg.load()` | {inside(f'import poems_kg; {load}'):.3f} |")
    print(f"| `poems-kg ask names`, from cold | {process_seconds([*command, 'ask', 'names']):.2f} |")
    with tempfile.TemporaryDirectory() as folder:
        print(f"| `poems-kg build`, with reasoning | {process_seconds([*command, 'build', '-o', folder], 1):.1f} |")

    kg = poems_kg.load()
    peer = Dataset(default_union=True)
    start = time.perf_counter()
    peer.parse(graph_file(), format="trig")
    print(f"| the same graph into rdflib's own store | {time.perf_counter() - start:.1f} |\n")
    print("| question | rows | ms | ms in rdflib's engine | ratio | same rows |\n|---|--:|--:|--:|--:|---|")

    def compare(question: Question) -> tuple[float, float]:
        values = bind(question, {}, kg.names)
        asked = bind_terms(question.sparql, values)
        own_rows = rows(answer(question, {}, kg.store, kg.names))
        own = seconds(lambda: answer(question, {}, kg.store, kg.names), RUNS) * 1e3
        start = time.perf_counter()
        try:
            with limited(PEER_LIMIT):
                peer_rows = rows(to_answer(peer.query(asked), kg.names))
        except TimeoutError:
            print(f"| {question.name} | {len(own_rows)} | {own:.1f} | over {PEER_LIMIT} s | | |", flush=True)
            return own, math.inf
        other = (time.perf_counter() - start) * 1e3
        same = "yes" if own_rows == peer_rows else "NO"
        print(
            f"| {question.name} | {len(own_rows)} | {own:.1f} | {other:.0f} | {other / own:.0f} | {same} |", flush=True
        )
        return own, other

    timed = [compare(question) for question in find_questions().values()]
    ours, theirs = zip(*timed, strict=True)
    ratio = statistics.median(other / own for own, other in timed)
    print(f"| **median** | | {statistics.median(ours):.1f} | {statistics.median(theirs):.0f} | {ratio:.0f} | |")
    print(f"| **slowest** | | {max(ours):.1f} | | | |")


if __name__ == "__main__":
    main()
