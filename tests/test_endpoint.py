"""
Every question over HTTP against a server that is not ours: Virtuoso, loaded by its own bulk loader.

The rows must be those of the local store, in the same order. Equal means: numbers as numbers (Virtuoso writes the
decimal 5.0 as 5), truth values as truth values, everything else to the letter.
"""

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from conftest import ASKED_OF_MINI_LINKED

import poems_kg
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.linked import open_linked
from poems_kg.linked.folder import dump_linked
from poems_kg.names import UnknownTermError
from poems_kg.questions import Answer, find_questions
from poems_kg.sparql import QueryError
from poems_kg.store import Value
from poems_kg.views import VIEWS

VIRTUOSO = shutil.which("virtuoso-t")
ISQL = shutil.which("isql-vt") or shutil.which("isql")
pytestmark = pytest.mark.skipif(
    not (VIRTUOSO and ISQL), reason="virtuoso-t is not installed; apt-get install virtuoso-opensource-7-bin"
)
DEADLINE = 60.0
"""Seconds that the server may take to start, and the loader to load."""

CONFIGURATION = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/temporary.db
TransactionFile = {folder}/temporary.trx
[Parameters]
ServerPort = 127.0.0.1:{sql_port}
DirsAllowed = {folder}
NumberOfBuffers = 10000
[HTTPServer]
ServerPort = 127.0.0.1:{http_port}
ServerThreads = 4
[SPARQL]
ResultSetMaxRows = {max_rows}
"""
ASKED: list[tuple[str, dict[str, str]]] = [
    (name, {}) for name, question in find_questions().items() if not question.needs
] + [
    ("criteria", {"criteria_set": "POEMS:0000321"}),
    ("cross_references", {"entity": "all"}),
    ("distinguishing_features", {"other": "MGUS"}),
    ("findings", {"disorder": "CIDP"}),
    ("findings_by_letter", {"letter": "p"}),
    ("findings_by_sex", {"sex": "male"}),
    ("mechanism_paths", {"finding": "papilledema", "start": "VEGF"}),
    ("shared_findings", {"other": "CIDP"}),
    ("shared_findings", {"disorder": "AL amyloidosis"}),
    ("side_effects_that_are_findings", {"disorder": "CIDP"}),
    ("tests_and_findings", {"finding": "HP:0009830"}),
    ("treatments_by_certainty", {"certainty": "uncertain"}),
]
"""Every question about the released graph with its defaults, and some with parameters."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait_for(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a port answers; fail with the server's own words if it ends or does not come in time."""
    end = monotonic() + DEADLINE
    while monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            try:
                server.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
    pytest.fail(f"virtuoso-t did not start:\n{log.read_text(errors='replace') if log.exists() else ''}")


@contextmanager
def serve(folder: Path, write: Callable[[Path], object], max_rows: int) -> Iterator[str]:
    """Start Virtuoso in a folder, load N-Quads, give the address of the endpoint, stop it at the end."""
    assert VIRTUOSO
    assert ISQL
    sql_port, http_port = free_port(), free_port()
    configuration = folder / "virtuoso.ini"
    configuration.write_text(
        CONFIGURATION.format(folder=folder, sql_port=sql_port, http_port=http_port, max_rows=max_rows)
    )
    write(folder / "poems.nq")
    server = subprocess.Popen([VIRTUOSO, "-f", "-c", configuration], cwd=folder, stdout=-3, stderr=-3)
    try:
        wait_for(http_port, server, folder / "virtuoso.log")
        load = f"ld_dir('{folder}', 'poems.nq', 'urn:no-graph'); rdf_loader_run();"
        client = [ISQL, f"127.0.0.1:{sql_port}", "dba", "dba", f"exec={load}"]
        subprocess.run(client, capture_output=True, timeout=DEADLINE, check=True)
        yield f"http://127.0.0.1:{http_port}/sparql"
    finally:
        server.terminate()
        try:
            server.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture(scope="session")
def endpoint(kg: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Virtuoso that gives 10,000 rows at most, as many public ones do."""
    with serve(tmp_path_factory.mktemp("virtuoso"), lambda path: kg.export("nquads", path), 10_000) as url:
        yield url


@pytest.fixture(scope="session")
def far(endpoint: str) -> KnowledgeGraph:
    """The released graph at the endpoint."""
    return poems_kg.connect(endpoint, timeout=60)


@pytest.fixture(scope="session")
def far_linked(mini_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeGraph]:
    """A small linked graph at another Virtuoso."""
    store = open_linked(mini_folder)
    with serve(tmp_path_factory.mktemp("virtuoso"), lambda path: dump_linked(store, path), 10_000) as url:
        yield poems_kg.connect(url, timeout=60)


def plain(value: Value) -> tuple[str, Value]:
    """A cell so that equal cells are equal: a number is no truth value, and 5 and 5.0 are one number."""
    if isinstance(value, bool):
        return "truth value", value
    return ("number", float(value)) if isinstance(value, int | float) else ("text", value)


def cells(answer: Answer) -> list[list[tuple[str, Value]]]:
    return [[plain(value) for value in row.values()] for row in answer]


@pytest.mark.parametrize(
    "words", ["POEMS", "crow-fukase SYNDROME", "enlarged liver", "HP:0009830", "ORPHA:2905", "IL-6"]
)
def test_names_mean_the_same(kg: KnowledgeGraph, far: KnowledgeGraph, words: str) -> None:
    assert far.names.meaning(words) == kg.names.meaning(words)


def test_a_miss_suggests_the_same(kg: KnowledgeGraph, far: KnowledgeGraph) -> None:
    suggested = []
    for names in (far.names, kg.names):
        with pytest.raises(UnknownTermError) as caught:
            names.find("periferal neuropathy")
        suggested.append(caught.value.nearest)
    assert suggested[0] == suggested[1] != []


@pytest.mark.parametrize(
    ("name", "parameters"), ASKED, ids=[" ".join((name, *given.values())) for name, given in ASKED]
)
def test_every_question_has_the_same_rows(
    kg: KnowledgeGraph, far: KnowledgeGraph, name: str, parameters: dict[str, str]
) -> None:
    there, here = far.ask(name, **parameters), kg.ask(name, **parameters)
    assert here.rows
    assert there.columns == here.columns
    assert cells(there) == cells(here)
    assert there.labels == here.labels


@pytest.mark.parametrize("name", sorted(name for name, question in find_questions().items() if question.needs))
def test_questions_on_all_disorders_have_the_same_rows(
    mini_linked: KnowledgeGraph, far_linked: KnowledgeGraph, name: str
) -> None:
    parameters = ASKED_OF_MINI_LINKED.get(name, {})
    there, here = far_linked.ask(name, **parameters), mini_linked.ask(name, **parameters)
    assert here.rows
    assert there.columns == here.columns
    assert cells(there) == cells(here)


@pytest.mark.parametrize("term", ["POEMS", "papilledema", "CIDP", "lenalidomide", "source:nord-report"])
def test_a_description_is_the_same(kg: KnowledgeGraph, far: KnowledgeGraph, term: str) -> None:
    assert far.show(term) == kg.show(term)


def test_claims_and_counts_are_the_same(kg: KnowledgeGraph, far: KnowledgeGraph) -> None:
    assert far.claims(source_id="nord-report") == kg.claims(source_id="nord-report")
    assert far.stats() == kg.stats()


def test_all_claims_come_although_the_server_cuts_and_will_not_sort_them(
    kg: KnowledgeGraph, far: KnowledgeGraph
) -> None:
    # 40,000 rows: more than ResultSetMaxRows gives and more than MaxSortedTopRows sorts.
    assert far.claims() == kg.claims()


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_the_same(kg: KnowledgeGraph, far: KnowledgeGraph, view: str) -> None:
    there, here = far.view(view), kg.view(view)
    assert dict(there.nodes(data=True)) == dict(here.nodes(data=True))
    assert sorted(map(repr, there.edges(data=True))) == sorted(map(repr, here.edges(data=True)))


def test_an_answer_that_takes_too_long_is_one_error(kg: KnowledgeGraph, endpoint: str) -> None:
    hasty = poems_kg.connect(endpoint, timeout=0.05)
    hasty.names = kg.names
    with pytest.raises(QueryError, match=r"no whole answer in 0\.05 seconds; allow more time, or ask for less"):
        hasty.ask("shared_findings")


def test_a_query_that_the_server_refuses_is_one_error(far: KnowledgeGraph) -> None:
    with pytest.raises(QueryError, match="refused with 400") as caught:
        far.query("SELECT ?s WHERE { ?s nowhere:p ?o }")
    assert "\n" not in str(caught.value)


def test_nothing_can_be_changed(kg: KnowledgeGraph, far: KnowledgeGraph, endpoint: str) -> None:
    update = "INSERT DATA { GRAPH <https://w3id.org/poems-kg/graph/claims> { <http://a> <http://b> <http://c> } }"
    with pytest.raises(QueryError, match="INSERT is an update"):
        far.query(update)
    for field in ("query", "update"):
        with pytest.raises(HTTPError):
            urlopen(endpoint, urlencode({field: update}).encode(), timeout=60)  # noqa: S310 - http
    assert far.stats() == kg.stats()


def test_the_command_line_asks_the_endpoint(
    kg: KnowledgeGraph, endpoint: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from poems_kg.cli import main

    printed = []
    for place in (["--endpoint", endpoint, "--timeout", "60"], []):
        monkeypatch.setattr("sys.argv", ["poems-kg", *place, "ask", "disorders_sharing_finding", "-f", "json"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert "MONDO:0006702" in printed[0]


def test_rows_are_whole_where_the_server_gives_few_at_a_time(kg: KnowledgeGraph, tmp_path: Path) -> None:
    unordered = "SELECT ?claim WHERE { ?claim <https://w3id.org/poems-kg/vocab/certainty> 'probable' }"
    with serve(tmp_path, lambda path: kg.export("nquads", path), 90) as url:
        for page_size, name in ((40, "treatment_outcomes"), (1000, "references")):
            stingy = poems_kg.connect(url, timeout=60, page_size=page_size)
            stingy.names = kg.names
            assert len(kg.ask(name)) > 100
            assert cells(stingy.ask(name)) == cells(kg.ask(name))
        rows = kg.store.select(unordered)[1]
        assert len(rows) > 200
        assert sorted(stingy.store.select(unordered)[1]) == sorted(rows)
        assert len(stingy.store.select(f"{unordered} LIMIT 200")[1]) == 200
