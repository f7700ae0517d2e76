"""The released files: the same bytes every time, and what the tables make."""

import os
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import Folder

from poems_kg.build import (
    GRAPH_FILE,
    ONTOLOGY_FILE,
    build_graph,
    ontology_triples,
    render_trig,
    render_turtle,
    write_build,
)
from poems_kg.ids import PoemsKgError
from poems_kg.ontology import Graphs, build_quads
from poems_kg.places import graph_file, ontology_dir
from poems_kg.rules import read_knowledge
from poems_kg.tables import DataError

SCRIPT = """
import sys
from pathlib import Path
from poems_kg.build import build_graph, write_build
target = Path(sys.argv[2])
write_build(build_graph(Path(sys.argv[1])), target / "poems.ttl", target / "graph.trig")
"""


@pytest.fixture(scope="module")
def quads(mini: Path) -> frozenset[ox.Quad]:
    pytest.importorskip("owlready2")
    return build_graph(mini)


def test_two_builds_in_two_processes_are_the_same_bytes(mini: Path, tmp_path: Path) -> None:
    pytest.importorskip("owlready2")
    made = []
    for seed in ("1", "2"):
        target = tmp_path / seed
        target.mkdir()
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", SCRIPT, str(mini), str(target)], check=True, env=environment)
        made.append({path.name: path.read_bytes() for path in target.iterdir()})
    assert made[0] == made[1]
    assert sorted(made[0]) == [GRAPH_FILE, ONTOLOGY_FILE]


def test_released_files_are_what_the_tables_make() -> None:
    pytest.importorskip("owlready2")
    built = build_graph(ontology_dir())
    again = "the released files are not what the tables make; run 'poems-kg build'"
    assert render_trig(built) == graph_file().read_bytes(), again
    assert render_turtle(ontology_triples(built)) == (ontology_dir() / ONTOLOGY_FILE).read_bytes(), again


def test_what_is_written_is_read_back_whole(quads: frozenset[ox.Quad], tmp_path: Path) -> None:
    write_build(quads, tmp_path / ONTOLOGY_FILE, tmp_path / GRAPH_FILE)
    graph = ox.Store()
    graph.load(path=str(tmp_path / GRAPH_FILE), format=ox.RdfFormat.TRIG)
    assert len(graph) == len(quads)
    assert {quad.graph_name for quad in graph} == set(Graphs.all) - {Graphs.conflicts}
    ontology = list(ox.parse(path=str(tmp_path / ONTOLOGY_FILE), format=ox.RdfFormat.TURTLE))
    assert len(ontology) == len(ontology_triples(quads))


def test_the_ontology_file_has_no_claims(quads: frozenset[ox.Quad]) -> None:
    assert b"kg:Claim ;" not in render_turtle(ontology_triples(quads))
    assert b"a kg:Claim" not in render_turtle(ontology_triples(quads))


def test_lines_of_the_graph_are_in_order_and_end_as_on_unix(quads: frozenset[ox.Quad]) -> None:
    text = render_trig(quads)
    assert b"\r" not in text
    header = [line for line in text.splitlines() if line.startswith(b"@prefix ")]
    assert header == sorted(header)


def test_steps_are_told(mini: Path) -> None:
    pytest.importorskip("owlready2")
    steps: list[str] = []
    build_graph(mini, steps.append)
    assert len(steps) == 5


def test_data_with_errors_is_not_built(folder: Folder) -> None:
    folder.set("claims/findings.tsv", "claim:C0002", n="52")
    with pytest.raises(DataError, match="CLM10"):
        build_graph(folder.path)


def test_unwritable_target_leaves_both_old_files(mini: Path, tmp_path: Path) -> None:
    some = frozenset(build_quads(read_knowledge(mini)))
    old = tmp_path / ONTOLOGY_FILE
    old.write_text("old", encoding="utf-8")
    with pytest.raises(PoemsKgError, match="cannot be written"):
        write_build(some, tmp_path / "none" / ONTOLOGY_FILE, tmp_path / GRAPH_FILE)
    assert old.read_text(encoding="utf-8") == "old"
    assert not (tmp_path / GRAPH_FILE).exists()
