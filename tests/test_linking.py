"""The commands below ``poems-kg link``: what is on this machine, what is downloaded, and the graph that is built."""

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import Run

from poems_kg.linked import open_linked
from poems_kg.releases import catalogue as catalogue_module
from poems_kg.releases.catalogue import CACHE_VARIABLE, catalogue

DATA = Path(__file__).parent / "data" / "releases" / "linked"


class Quiet(SimpleHTTPRequestHandler):
    """Serves the hand-made releases and says nothing."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments, directory=str(DATA))  # type: ignore[arg-type]

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server on this machine in place of those of the catalogue, and an empty cache."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{served.server_port}/"
        entries = tuple(replace(entry, url=entry.url and address + entry.file, version_url="") for entry in catalogue())
        monkeypatch.setattr(catalogue_module, "catalogue", lambda: entries)
        monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
        yield address
        served.shutdown()


def one_line(err: str) -> str:
    lines = err.strip().splitlines()
    assert lines[-1].startswith("error: ")
    assert "Traceback" not in err
    return lines[-1]


def test_what_is_known_and_what_is_here_is_listed(run: Run) -> None:
    code, out, _ = run("link", "releases", "--data", DATA, "-f", "json")
    rows = {row["file"]: row for row in json.loads(out)}
    assert code == 0
    assert rows["hp.obo"]["origin"] == "data folder"
    assert rows["hp.obo"]["version"] == "hp/releases/2025-01-16"
    assert rows["hp.obo"]["sha256"] == hashlib.sha256((DATA / "hp.obo").read_bytes()).hexdigest()
    assert rows["doid.obo"]["origin"] == "not here; link fetch doid"
    assert all(row["licence"] for row in rows.values())


def test_one_release_can_be_listed(run: Run) -> None:
    code, out, _ = run("link", "releases", "mondo-mappings", "-f", "tsv")
    assert code == 0
    assert {line.split("\t")[0] for line in out.splitlines()[1:]} == {"mondo-mappings"}
    assert run("link", "releases", "hpo")[1].count("hp.obo") == 1


def test_a_release_is_fetched_into_the_cache_and_found_there(run: Run, server: str, tmp_path: Path) -> None:
    code, out, err = run("link", "fetch", "hpo", "hpoa")
    assert code == 0
    assert "licence" in err
    cached = tmp_path / "cache" / "releases" / "hpo" / "hp.obo"
    assert cached.read_bytes() == (DATA / "hp.obo").read_bytes()
    assert f"{cached}\t{hashlib.sha256(cached.read_bytes()).hexdigest()}" in out
    rows = {row["file"]: row for row in json.loads(run("link", "releases", "-f", "json")[1])}
    assert rows["hp.obo"]["origin"] == rows["phenotype.hpoa"]["origin"] == "cache"


def test_a_checksum_that_differs_leaves_nothing(run: Run, server: str, tmp_path: Path) -> None:
    code, _, err = run("link", "fetch", "hpo", "--sha256", "0" * 64)
    assert code == 2
    assert "0" * 64 in one_line(err)
    assert not list((tmp_path / "cache" / "releases" / "hpo").glob("*"))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["hop"], "no release is called 'hop'"),
        (["mondo-rare"], "no permanent address"),
        (["doid"], "404"),
        (["hpo", "hpoa", "--sha256", "0" * 64], "for one file"),
    ],
)
def test_what_cannot_be_fetched_is_one_line(run: Run, server: str, names: list[str], said: str) -> None:
    code, _, err = run("link", "fetch", *names)
    assert code == 2
    assert said in one_line(err)


def test_a_graph_is_built_where_it_is_wanted_and_asked(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("link", "build", "-o", tmp_path / "linked", "--data", DATA)
    assert code == 0
    assert "Human Phenotype Ontology hp/releases/2025-01-16 (data folder); HPO licence" in out
    assert "note: HP:9990001 is now HP:0002240: 1 annotations follow" in out
    assert f"4 disorders, 12 annotations: {tmp_path / 'linked'}" in out
    code, out, err = run("--graph", tmp_path / "linked", "ask", "annotations", "-f", "tsv")
    assert code == 0
    assert "Glomeruloid hemangioma" in out
    code, out, err = run(
        "--graph", tmp_path / "linked", "ask", "rare_disorders_sharing_finding", "-p", "finding=HP:0006941", "-f", "tsv"
    )
    assert code == 0
    assert err == "note: HP:0006941 is now HP:0001271\n"


def test_the_graph_is_written_whole_for_an_endpoint(run: Run, mini_folder: Path, tmp_path: Path) -> None:
    code, out, _ = run("link", "dump", "--from", mini_folder, "-o", tmp_path / "linked.nq")
    assert code == 0
    assert out.strip() == str(tmp_path / "linked.nq")
    assert len((tmp_path / "linked.nq").read_bytes().splitlines()) == len(open_linked(mini_folder).quads)
    code, _, err = run("link", "dump", "--from", mini_folder, "-o", tmp_path / "none" / "linked.nq")
    assert code == 2
    assert "cannot be written" in one_line(err)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "no-such-folder"], "no-such-folder: is no folder"),
        (["-o", str(DATA), "--data", str(DATA)], "holds something else"),
    ],
)
def test_what_cannot_be_built_is_one_line(run: Run, arguments: list[str], said: str) -> None:
    code, _, err = run("link", "build", *arguments)
    assert code == 2
    assert said in one_line(err)


def test_a_question_on_all_disorders_says_how_to_get_the_graph(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    code, _, err = run("ask", "most_similar_disorders")
    assert code == 2
    assert "poems-kg link build" in one_line(err)


def test_every_command_below_link_has_help(run: Run) -> None:
    for name in ("releases", "fetch", "build", "dump"):
        code, out, _ = run("link", name, "-h")
        assert code == 0
        assert out.startswith("Usage: poems-kg link")
