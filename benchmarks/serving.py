"""
Measure the server: first page, latency by number of clients, overhead over the library, and beside rdflib-endpoint.

Run ``python benchmarks/serving.py`` from the checkout with the ``all`` extra installed: tables go to standard output,
what is being done to standard error. Both servers have the same graph and listen on 127.0.0.1 only; they are asked the
same queries in one run, and the answers are compared. rdflib-endpoint goes into an environment of its own, made in a
temporary folder; ``--peer`` names the Python of one that is there.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

from timing import say, seconds, table

import poems_kg
from poems_kg.places import graph_file
from poems_kg.questions import LINKED, bind, find_questions
from poems_kg.sparql import bind_terms

CLIENTS = (1, 10, 50)
ROUNDS = 3
"""How often all questions are asked for each figure of latency."""
START_LIMIT = 120
MAX_PAGE, MAX_API, MAX_OVERHEAD = 0.5, 20, 3
"""What is asked for: seconds of the first page, ms of API answers at the 95th percentile, ms over the library."""

PEER = """
import sys
import uvicorn
from rdflib import Dataset
from rdflib_endpoint import SparqlEndpoint
graph = Dataset(default_union=True)
graph.parse(sys.argv[1], format="nquads")
uvicorn.run(SparqlEndpoint(graph=graph, path="/sparql"), host="127.0.0.1", port=int(sys.argv[2]), log_level="error")
"""
_NUMBER = count()


@dataclass(frozen=True)
class Asked:
    """A question with its defaults: name, query, seconds that the library takes, cells of the answer."""

    name: str
    sparql: str
    seconds_alone: float
    cells: list[tuple[str, ...]]


class Client:
    """A client that keeps its connection."""

    def __init__(self, port: int, limit: float = 60) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=limit)

    def get(self, path: str, **headers: str) -> bytes:
        return self._send("GET", path, None, headers)

    def ask(self, sparql: str) -> bytes:
        headers = {"Content-Type": "application/sparql-query", "Accept": "application/sparql-results+json"}
        return self._send("POST", "/sparql", sparql.encode(), headers)

    def ask_anew(self, sparql: str) -> bytes:
        """Ask what was never asked before, so that no kept answer can be given."""
        return self.ask(f"{sparql}# {next(_NUMBER)}")

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        found = response.read()
        if response.status != 200:
            raise HTTPException(f"{method} {path}: {response.status} {found[:200]!r}")
        return found


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--peer", type=Path, metavar="PYTHON", help="a Python that has rdflib-endpoint and uvicorn")
    parser.add_argument("--skip-peer", action="store_true", help="measure our own server only")
    parser.add_argument("--limit", type=float, default=8, metavar="SECONDS", help="for a question to the peer (8)")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Print all figures as Markdown tables."""
    options = arguments(sys.argv[1:] if given is None else given)
    questions = list(ask_library())
    with serve_ours() as (port, ready):
        first, size = first_page(port)
        overheads = list(measure_overhead(port, questions))
        by_clients = list(measure_clients(port, questions))
        api = measure_api(port, questions)
        own = [(one, *ask_once(port, one, 60)) for one in questions]
    print(table(["what", "measured"], [["ready, from the start", f"{ready:.1f} s"], ["first page", f"{first:.3f} s"]]))
    heads = ["clients", "p50 ms", "p95 ms", "a second", "p50 ms, kept", "p95 ms, kept", "a second, kept"]
    print(table(heads, by_clients))
    targets = [
        ["s of the first page", f"{first:.3f}", MAX_PAGE],
        ["kB of it in gzip", f"{size / 1000:.0f}", 300],
        ["ms of overhead over the library, median", f"{statistics.median(overheads):.1f}", MAX_OVERHEAD],
        ["ms of API answers, 10 clients, p95, never asked before", f"{api[0]:.1f}", MAX_API],
        ["ms of API answers, 10 clients, p95, kept", f"{api[1]:.1f}", MAX_API],
    ]
    cells = [[*line, "yes" if float(line[1]) < line[2] else "NO"] for line in targets]
    print(table(["target", "measured", "asked for", "met"], cells))
    if not options.skip_peer:
        with tempfile.TemporaryDirectory() as folder:
            print(compare(own, options, Path(folder)))


# --- Ours ---


def ask_library() -> Iterator[Asked]:
    """Each question about the core graph, asked of the library."""
    kg = poems_kg.load(graph_file())
    for name, question in find_questions().items():
        if question.needs != LINKED:
            sparql = bind_terms(question.sparql, bind(question, {}, kg.names))
            took = seconds(lambda asked=sparql: kg.store.select(asked))
            found = kg.store.query(sparql).serialize(format="json")
            yield Asked(name, sparql, took, as_cells(found))


@contextmanager
def serve_ours() -> Iterator[tuple[int, float]]:
    """Our server on the released graph: its port, and seconds until it said that it is ready."""
    say("starting our server")
    code = "from poems_kg.cli import main; main()"
    options = ["--graph", str(graph_file()), "serve", "--port", "0", "--seconds", "60"]
    start = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", code, *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            line = next(iter(process.stdout or ()), "")
            if not line:
                raise SystemExit("our server did not start; see its error above")
            yield int(line.split()[2].rstrip("/").rpartition(":")[2]), time.perf_counter() - start
        finally:
            process.terminate()


def first_page(port: int) -> tuple[float, int]:
    """Seconds that the home page takes whoever comes first, and its bytes in gzip."""
    client = Client(port)
    start = time.perf_counter()
    body = client.get("/", **{"Accept": "text/html", "Accept-Encoding": "gzip"})
    return time.perf_counter() - start, len(body)


def measure_overhead(port: int, questions: Sequence[Asked]) -> Iterator[float]:
    """Milliseconds that each question takes longer than in the library."""
    say("measuring the overhead")
    client = Client(port)
    for one in questions:
        yield (seconds(lambda asked=one.sparql: client.ask_anew(asked)) - one.seconds_alone) * 1e3


def measure_clients(port: int, questions: Sequence[Asked]) -> Iterator[list[object]]:
    """Latency by the number of clients that ask at once, with answers that are found anew and with kept ones."""
    queries = [one.sparql for one in questions] * ROUNDS
    for clients in CLIENTS:
        say(f"asking with {clients} clients")
        cells: list[object] = [clients]
        for ask in (Client.ask_anew, Client.ask):
            start = time.perf_counter()
            times = at_once(
                port, clients, [lambda client, ask=ask, sparql=sparql: ask(client, sparql) for sparql in queries]
            )
            cells += [*(f"{ms:.1f}" for ms in percentiles(times)), f"{len(times) / (time.perf_counter() - start):.0f}"]
        yield cells


def measure_api(port: int, questions: Sequence[Asked]) -> tuple[float, float]:
    """The 95th percentile of milliseconds of ``/api/questions/…`` with ten clients: the first time, and later."""
    say("asking the API")
    calls = [lambda client, path=f"/api/questions/{one.name}": client.get(path) for one in questions]
    return percentiles(at_once(port, 10, calls))[1], percentiles(at_once(port, 10, calls * ROUNDS))[1]


def at_once(port: int, clients: int, calls: Sequence[Callable[[Client], bytes]]) -> list[float]:
    """Seconds that each call takes while so many clients share them."""

    def work(own: Sequence[Callable[[Client], bytes]]) -> list[float]:
        client = Client(port)
        times = []
        for call in own:
            start = time.perf_counter()
            call(client)
            times.append(time.perf_counter() - start)
        return times

    with ThreadPoolExecutor(clients) as pool:
        return [took for times in pool.map(work, [calls[n::clients] for n in range(clients)]) for took in times]


def percentiles(times: Sequence[float]) -> tuple[float, float]:
    """Median and 95th percentile, in ms."""
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return cuts[49] * 1e3, cuts[94] * 1e3


# --- The peer ---


def compare(own: Sequence[tuple[Asked, float, Any]], options: argparse.Namespace, folder: Path) -> str:
    """Each question asked once of both servers, in one table."""
    python = options.peer or make_environment(folder / "peer")
    file = folder / "graph.nq"
    poems_kg.load(graph_file()).export("nquads", file)
    lines: list[list[object]] = []
    ratios = []
    peer = Peer(python, file)
    try:
        for one, took, cells in own:
            right = "yes" if cells == one.cells else "NO"
            line: list[object] = [one.name, len(one.cells), f"{took * 1e3:.1f}", right]
            try:
                other, others = ask_once(peer.port, one, options.limit)
            except TimeoutError:
                # It cannot stop a query, and would go on with it beside the next.
                peer.restart()
                lines.append([*line, f"over {options.limit:g} s", "", ""])
            except HTTPException as error:
                lines.append([*line, f"refused: {str(error)[16:60]}", "", ""])
            else:
                ratios.append(other / took)
                lines.append(
                    [*line, f"{other * 1e3:.0f}", f"{other / took:.0f}", "yes" if others == one.cells else "NO"]
                )
    finally:
        peer.stop()
    lines.append(["**median**", "", "", "", "", f"{statistics.median(ratios):.0f}", ""])
    return table(["question", "rows", "ms", "right", "ms, rdflib-endpoint", "ratio", "right"], lines)


class Peer:
    """rdflib-endpoint on a port of its own."""

    def __init__(self, python: Path, file: Path) -> None:
        self._command = [str(python), "-c", PEER, str(file)]
        self.restart()

    def restart(self) -> None:
        """Start it, ending the one before; returns when it answers."""
        self.stop()
        self.port = free_port()
        say("starting rdflib-endpoint")
        self._process = subprocess.Popen([*self._command, str(self.port)])
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end and self._process.poll() is None:
            try:
                Client(self.port).ask("ASK {}")
            except OSError:
                time.sleep(0.2)
            else:
                return
        self.stop()
        raise SystemExit("rdflib-endpoint did not start; see its error above")

    def stop(self) -> None:
        """End it, whatever it is doing."""
        process: subprocess.Popen[bytes] | None = getattr(self, "_process", None)
        if process:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def make_environment(folder: Path) -> Path:
    """A Python environment that has the peer."""
    say("installing rdflib-endpoint")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "rdflib-endpoint", "uvicorn"], check=True)
    return python


def ask_once(port: int, one: Asked, limit: float) -> tuple[float, list[tuple[str, ...]]]:
    """
    Seconds that a question takes, and the cells of the answer.

    :raises TimeoutError: if it takes longer than the limit, in seconds.
    """
    client = Client(port, limit)
    start = time.perf_counter()
    body = client.ask_anew(one.sparql)
    return time.perf_counter() - start, as_cells(body)


def as_cells(body: bytes | str | None) -> list[tuple[str, ...]]:
    """Rows of SPARQL JSON, sorted, so that they can be compared: numbers in one way of writing."""
    found = json.loads(body or "{}")
    names = found["head"]["vars"]
    return sorted(tuple(plain(row.get(name)) for name in names) for row in found["results"]["bindings"])


def plain(term: dict[str, str] | None) -> str:
    """A cell as words."""
    if term is None:
        return ""
    if term.get("datatype", "").rpartition("#")[2] in {"integer", "decimal", "double"}:
        return format(float(term["value"]), ".9g")
    return term["value"]


if __name__ == "__main__":
    main()
