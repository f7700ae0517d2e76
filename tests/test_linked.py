"""The linked graph: built whole or not at all, and asked like the core graph."""

import errno
import json
import shutil
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import ASKED_OF_MINI_LINKED, RELEASES, copy_releases
from filelock import FileLock
from rdflib import Dataset

import poems_kg
from poems_kg.ids import PoemsKgError
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.linked import build_linked, default_folder, is_linked, open_linked
from poems_kg.linked.folder import FORMAT, LinkedError
from poems_kg.names import Meaning
from poems_kg.questions import Question, QuestionError, answer, bind, find_questions, to_answer
from poems_kg.releases.catalogue import CACHE_VARIABLE
from poems_kg.releases.opening import ReleaseError
from poems_kg.sparql import bind_terms
from poems_kg.store import LocalStore, Value

QUESTIONS = find_questions()
LINKED = {name: question for name, question in QUESTIONS.items() if question.needs == "linked"}
KG = "https://w3id.org/poems-kg/vocab/"


def as_rows(rows: list[dict[str, Value]]) -> list[tuple[str, ...]]:
    """Rows that can be compared, nothing apart from empty text."""
    return sorted(tuple("" if cell is None else repr(cell) for cell in row.values()) for row in rows)


# --- On what PyPI carries ---


@pytest.mark.parametrize("name", sorted(QUESTIONS.keys() - LINKED.keys()))
def test_questions_of_the_core_have_the_same_rows(kg: KnowledgeGraph, real: KnowledgeGraph, name: str) -> None:
    assert real.ask(name).rows == kg.ask(name).rows


@pytest.mark.parametrize("question", LINKED.values(), ids=LINKED)
def test_answer_has_the_columns_and_rows_that_the_header_promises(real: KnowledgeGraph, question: Question) -> None:
    found = real.ask(question.name)
    assert found.columns == list(question.returns)
    assert len(found) >= question.expects["min_rows"]
    includes = question.expects.get("includes", {})
    assert any(all(row[column] == value for column, value in includes.items()) for row in found)
    assert len({repr(row) for row in found}) == len(found)


def test_all_disorders_of_hpo_are_there(real: KnowledgeGraph) -> None:
    [[count]] = real.store.select(f"SELECT (COUNT(DISTINCT ?d) AS ?n) WHERE {{ ?a <{KG}annotated_disorder> ?d }}")[1]
    assert isinstance(count, int)
    assert count > 12_000


def test_poems_is_annotated_with_what_hpo_says(real: KnowledgeGraph) -> None:
    annotations = {row["finding"]: row for row in real.ask("annotations", disorder="ORPHA:2905")}
    assert len(annotations) == 51
    assert annotations["HP:0001271"]["frequency_label"] == "Obligate"
    assert annotations["HP:0001271"]["low"] == annotations["HP:0001271"]["high"] == 100


@pytest.mark.parametrize("typed", ["ORPHA:2905", "Orphanet:2905", "MONDO:0017364", "POEMS", "Takatsuki syndrome"])
def test_a_disorder_is_one_whatever_it_is_called(real: KnowledgeGraph, typed: str) -> None:
    assert real.names.find(typed, "Disorder") == "MONDO:0017364"


def test_a_miss_among_all_names_suggests_the_nearest(real: KnowledgeGraph) -> None:
    assert "Marfan syndrome" in [label for _, label in real.names.nearest("Marfann sindrome")]


def test_the_graph_says_what_it_was_made_from(real: KnowledgeGraph) -> None:
    loaded = {row["name"]: row for row in real.ask("loaded_releases")}
    assert set(loaded) == {"hpo", "hpoa"}
    assert all(len(str(row["sha256"])) == 64 and row["date"] and row["licence"] for row in loaded.values())


def test_likeness_is_symmetric_and_between_0_and_1(real: KnowledgeGraph) -> None:
    for row in real.ask("most_similar_disorders").rows[:5]:
        likeness = row["likeness"]
        assert isinstance(likeness, float)
        assert 0 < likeness < 1
        back = {
            other["other"]: other["likeness"]
            for other in real.ask("most_similar_disorders", disorder=str(row["other"]))
        }
        assert back.get("MONDO:0017364", likeness) == likeness


# --- On the hand-made releases: the same from memory, disk, and rdflib's own engine ---


@pytest.fixture(scope="session")
def in_memory(mini_linked: KnowledgeGraph) -> LocalStore:
    """The small linked graph in memory."""
    assert isinstance(mini_linked.store, LocalStore)
    store = ox.Store()
    store.extend(mini_linked.store.quads)
    return LocalStore(store)


@pytest.fixture(scope="session")
def second_opinion(in_memory: LocalStore) -> Dataset:
    """The same for rdflib's own engine."""
    dataset = Dataset(default_union=True)
    dataset.parse(data=ox.serialize(in_memory.quads, format=ox.RdfFormat.N_QUADS), format="nquads")
    return dataset


@pytest.mark.parametrize("question", LINKED.values(), ids=LINKED)
def test_memory_disk_and_rdflib_agree(
    mini_linked: KnowledgeGraph, in_memory: LocalStore, second_opinion: Dataset, question: Question
) -> None:
    given = ASKED_OF_MINI_LINKED.get(question.name, {})
    ours = mini_linked.ask(question.name, **given)
    assert ours.rows
    assert answer(question, given, in_memory, mini_linked.names).rows == ours.rows
    asked = bind_terms(question.sparql, bind(question, given, mini_linked.names))
    theirs = to_answer(second_opinion.query(asked), mini_linked.names)
    assert as_rows(theirs.rows) == as_rows(ours.rows)


def test_broader_and_narrower_findings_are_told_apart(mini_linked: KnowledgeGraph) -> None:
    rows = mini_linked.ask("rare_disorders_sharing_finding", finding="Polyneuropathy")
    assert {(row["disorder"], row["match"]) for row in rows} == {
        ("MONDO:0017364", "same"),
        ("MONDO:0006702", "same"),
        ("MONDO:9990001", "same"),
        ("decipher:999", "broader"),
    }
    rows = mini_linked.ask("rare_disorders_sharing_finding", finding="Abnormality of the nervous system")
    assert ("MONDO:0006702", "narrower", "HP:0007327") in {(r["disorder"], r["match"], r["finding"]) for r in rows}


def test_an_annotation_keeps_all_that_its_row_says(mini_linked: KnowledgeGraph) -> None:
    rows = {row["finding"]: row for row in mini_linked.ask("annotations", disorder="MONDO:0006702")}
    counted = rows["HP:0007327"]
    assert (counted["low"], counted["n"], counted["total"], counted["sex"]) == (75.0, 3, 4, "male")
    assert (counted["reference"], counted["evidence"], counted["database_id"]) == ("PMID:1", "PCS", "ORPHA:2932")
    assert rows["HP:0002240"]["state"] == "excluded"
    poems = {row["finding"]: row for row in mini_linked.ask("annotations")}
    assert poems["HP:0002240"]["onset_label"] == "Adult onset"


def test_findings_that_tell_two_apart(mini_linked: KnowledgeGraph) -> None:
    rows = {row["finding"]: row["state"] for row in mini_linked.ask("findings_apart", other="MONDO:0006702")}
    assert rows["HP:0031357"] == rows["HP:0002240"] == "only in the disorder"
    assert rows["HP:0007327"] == "only in the other"
    assert rows["HP:0001271"] == "more often in the disorder"


def test_old_ids_are_followed_and_said(mini_linked: KnowledgeGraph) -> None:
    assert mini_linked.names.meaning("HP:0006941") == Meaning("HP:0001271", "HP:0006941 is now HP:0001271")
    found = mini_linked.ask("rare_disorders_sharing_finding", finding="HP:0006941")
    assert found.notes == ("HP:0006941 is now HP:0001271",)


def test_no_statement_stands_in_two_graphs(mini_linked: KnowledgeGraph) -> None:
    assert isinstance(mini_linked.store, LocalStore)
    keyed = ox.NamedNode(f"{KG}name_key")
    triples = [quad.triple for quad in mini_linked.store.quads if quad.predicate != keyed]
    assert len(triples) == len(set(triples))


def test_two_builds_have_the_same_statements(tmp_path: Path) -> None:
    for name in ("one", "two"):
        build_linked(tmp_path / name, RELEASES)
    assert set(open_linked(tmp_path / "one").quads) == set(open_linked(tmp_path / "two").quads)


# --- Bad input ---


def test_the_core_graph_says_that_it_cannot_answer(kg: KnowledgeGraph) -> None:
    with pytest.raises(QuestionError, match=r"about all rare disorders.*link build"):
        kg.ask("annotations")


def test_an_older_hpo_is_refused_unless_allowed(tmp_path: Path) -> None:
    data = copy_releases(tmp_path / "data")
    old = (data / "hp.obo").read_text(encoding="utf-8").replace("2025-01-16", "2020-12-07")
    (data / "hp.obo").write_text(old, encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"2020-12-07 is older than .*--older"):
        build_linked(tmp_path / "linked", data)
    assert not (tmp_path / "linked").exists()
    build_linked(tmp_path / "linked", data, is_older_allowed=True)
    assert is_linked(tmp_path / "linked")


def test_a_build_that_fails_leaves_the_old_graph(mini_folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "linked"
    shutil.copytree(mini_folder, target)
    data = copy_releases(tmp_path / "data")
    (data / "phenotype.hpoa").write_text("database_id\n", encoding="utf-8")
    with pytest.raises(ReleaseError, match="not the header"):
        build_linked(target, data)
    assert poems_kg.load(target).ask("annotations").rows
    assert sorted(item.name for item in tmp_path.iterdir() if item.is_dir()) == ["data", "linked"]


def test_a_full_disk_leaves_the_old_graph(mini_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "linked"
    shutil.copytree(mini_folder, target)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("poems_kg.linked.building.write_store", full)
    with pytest.raises(LinkedError, match=r"no space left on device.*free some room"):
        build_linked(target, RELEASES)
    assert poems_kg.load(target).ask("annotations").rows


def test_two_builds_at_once_are_refused(tmp_path: Path) -> None:
    with FileLock(tmp_path / ".linked.lock"), pytest.raises(LinkedError, match="another build of it is under way"):
        build_linked(tmp_path / "linked", RELEASES)


@pytest.mark.parametrize("module", ["filelock", "obonet"])
def test_without_the_extra_the_way_out_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PoemsKgError, match=f"{module} is missing; install poems-kg with its 'link' extra"):
        build_linked(tmp_path / "linked", RELEASES)


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(LinkedError, match="holds something else"):
        build_linked(tmp_path, RELEASES)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_a_graph_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    with pytest.raises(LinkedError, match="no linked graph; make it with 'poems-kg link build'"):
        open_linked()
    assert not is_linked(default_folder())


@pytest.mark.parametrize(
    ("manifest", "said"),
    [("{", "is damaged"), ("[]", "is damaged"), ('{"format": 0, "core": ""}', "another release of poems-kg")],
)
def test_a_damaged_or_outdated_manifest_is_said(tmp_path: Path, manifest: str, said: str) -> None:
    (tmp_path / "linked.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(LinkedError, match=said):
        open_linked(tmp_path)


def test_a_damaged_store_is_said(mini_folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "linked"
    shutil.copytree(mini_folder, target)
    shutil.rmtree(target / "store")
    with pytest.raises(LinkedError, match="the store is damaged"):
        open_linked(target)
    assert json.loads((target / "linked.json").read_text(encoding="utf-8"))["format"] == FORMAT
