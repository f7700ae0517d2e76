"""Every check is silent on what is right and loud on the smallest graph that is wrong."""

from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import DATA, Folder

from poems_kg.build import build_graph
from poems_kg.checks import LEVELS, CheckError, Defect, check_folder, find_checks, read_check, run_checks
from poems_kg.ids import PoemsKgError, prefixes
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.ontology import Graphs
from poems_kg.store import LocalStore
from poems_kg.tables import Issue

CHECKS = sorted(find_checks())


def bad_graph(name: str) -> tuple[LocalStore, set[str]]:
    """The bad example of a check, a Turtle file as the asserted graph, and the entities that must be caught."""
    path = next((DATA / "checks").glob(f"{name}.bad.*"))
    quads = ox.Store()
    if path.suffix == ".ttl":
        quads.load(path=str(path), format=ox.RdfFormat.TURTLE, to_graph=Graphs.asserted)
    else:
        quads.load(path=str(path), format=ox.RdfFormat.TRIG)
    first = path.read_text(encoding="utf-8").splitlines()[0]
    return LocalStore(quads), set(first.removeprefix("# catches:").split())


def test_there_are_checks_and_each_has_a_bad_example_and_no_example_is_left_over() -> None:
    examples = sorted(path.name.partition(".bad.")[0] for path in (DATA / "checks").iterdir())
    assert examples == CHECKS
    assert len(CHECKS) >= 30


@pytest.mark.parametrize("name", CHECKS)
def test_catches_its_bad_example_and_nothing_else_in_it(name: str) -> None:
    store, expected = bad_graph(name)
    assert expected
    found = run_checks(store, [find_checks()[name]])
    assert {defect.entity_id for defect in found} == expected
    assert all(defect.property_id for defect in found)


@pytest.mark.parametrize("name", CHECKS)
def test_file_is_as_all_check_files_are(name: str) -> None:
    check = find_checks()[name]
    assert check.level in LEVELS
    assert check.problem.endswith(".")
    assert check.solution.endswith(".")
    assert "?entity ?property" in check.sparql
    assert "?value" in check.sparql.partition("WHERE")[0]
    assert "ORDER BY" in check.sparql
    declared = [line.split()[1:] for line in check.sparql.splitlines() if line.startswith("PREFIX ")]
    assert declared == sorted(declared)
    for prefix, namespace in declared:
        assert namespace == f"<{prefixes()[prefix.removesuffix(':')]}>"
        assert check.sparql.count(prefix) > 1


def test_mini_is_without_a_defect_as_tables_and_as_a_built_graph(mini: Path) -> None:
    pytest.importorskip("owlready2")
    assert check_folder(mini) == []
    quads = ox.Store()
    quads.extend(build_graph(mini))
    assert run_checks(LocalStore(quads)) == []


def test_released_graph_has_no_errors_and_no_warnings(kg: KnowledgeGraph) -> None:
    assert [str(defect) for defect in run_checks(kg.store) if defect.level != "INFO"] == []


def test_worst_comes_first_and_a_defect_says_where_what_and_what_to_do() -> None:
    store, _ = bad_graph("synonym_same_as_label")
    found = run_checks(store)
    levels = [LEVELS.index(defect.level) for defect in found]
    assert levels == sorted(levels)
    synonym = next(defect for defect in found if defect.code == "synonym_same_as_label")
    assert str(synonym) == (
        "POEMS:1:oboInOwl:hasExactSynonym: synonym_same_as_label AL amyloidosis: An exact synonym repeats the label "
        "letter by letter, and no source is named that gives it as a name (AL amyloidosis); Remove the synonym from "
        "terms.tsv."
    )


def test_issues_and_defects_can_be_listed_in_the_same_columns(folder: Folder) -> None:
    folder.set("terms.tsv", "CL:0000786", synonyms="exact:plasma cell")
    defect = check_folder(folder.path)[0]
    assert isinstance(defect, Defect)
    for column in Issue.__dataclass_fields__:
        assert getattr(defect, column) is not None


def test_rows_in_error_are_all_reported_and_the_graph_is_left_alone(folder: Folder) -> None:
    folder.set("terms.tsv", "CL:0000786", label="plasmacyte")
    folder.set("claims/findings.tsv", "claim:C0002", n="52", low="147")
    found = check_folder(folder.path)
    assert all(isinstance(issue, Issue) for issue in found)
    assert {issue.code for issue in found} == {"TRM11", "CLM04", "CLM08", "CLM09", "CLM10"}


def test_a_defect_of_the_whole_is_found_in_sound_rows(folder: Folder) -> None:
    row = {"category": "Finding", "definition": "A swelling.", "definition_source": "mini2020"}
    folder.add("terms.tsv", term_id="POEMS:0000001", label="Swelling", parent_ids="POEMS:0000002", **row)
    folder.add("terms.tsv", term_id="POEMS:0000002", label="swelling", parent_ids="POEMS:0000001", **row)
    assert {(defect.level, defect.code) for defect in check_folder(folder.path)} == {
        ("ERROR", "class_cycle"),
        ("ERROR", "duplicate_label"),
        ("ERROR", "term_outside_category"),
        ("WARN", "duplicate_definition"),
        ("INFO", "term_without_mapping"),
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#+ problem: One.\n#+ solution: Two.\nSELECT * {}", "lacks level"),
        ("SELECT * {}", "lacks level, problem, solution"),
        ("#+ problem: One.\n#+ solution: Two.\n#+ level: BAD\nSELECT * {}", "'BAD' is no level"),
    ],
)
def test_a_check_file_without_a_full_header_is_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "one.rq"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CheckError, match=words):
        read_check(path)


def test_a_missing_check_file_or_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="cannot be read"):
        read_check(tmp_path / "none.rq")
    with pytest.raises(PoemsKgError, match="no such folder"):
        check_folder(tmp_path / "none")
