"""All tables in one go: every record with its place, every problem of form at once."""

from pathlib import Path

import pytest
from conftest import Folder

from poems_kg.ids import PoemsKgError
from poems_kg.knowledge import read_tables


def test_mini_is_read_whole(mini: Path) -> None:
    knowledge = read_tables(mini)
    assert knowledge.issues == []
    assert len(knowledge.terms) == 5
    assert list(knowledge.sources) == ["mini-report", "mini2020"]
    assert [claim.claim_id for claim in knowledge.claim_records()] == [
        f"claim:C{number:04d}" for number in range(1, 10)
    ]
    assert len(knowledge.axioms) == 1
    assert "HP:0000118" in knowledge.upstream
    assert [m.object_id for m in knowledge.mappings if m.subject_id == "MONDO:0017364"] == [
        "ORPHA:2905",
        "MONDO:0006702",
    ]
    assert [entry.record.is_negative for entry in knowledge.curated] == [False, True]


def test_every_record_knows_its_place(mini: Path) -> None:
    entry = read_tables(mini).claims["claim:C0009"]
    assert (entry.table.file, entry.line) == ("mini/claims/names.tsv", 3)


def test_labels_and_categories_of_terms_and_sources(mini: Path) -> None:
    knowledge = read_tables(mini)
    assert knowledge.label("CL:0000786") == "plasma cell"
    assert knowledge.category("CL:0000786") == "Cell"
    assert knowledge.label("source:mini2020") == "A series made up for tests"
    assert knowledge.category("source:mini2020") == "Publication"
    for unknown in ("HP:9999999", "source:none", ""):
        assert knowledge.label(unknown) == knowledge.category(unknown) == ""


def test_missing_folder_and_missing_core_are_one_line(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(PoemsKgError, match=r"no such folder; give the folder that has core\.ttl"):
        read_tables(tmp_path / "none")
    (folder.path / "core.ttl").unlink()
    with pytest.raises(PoemsKgError, match=r"core\.ttl: cannot be read; restore the file"):
        read_tables(folder.path)


@pytest.mark.parametrize("name", ["terms.tsv", "sources.tsv", "axioms.tsv", "reviews.tsv", "links/upstream.tsv"])
def test_missing_table_is_an_issue(name: str, folder: Folder) -> None:
    (folder.path / name).unlink()
    assert [(issue.file, issue.code) for issue in read_tables(folder.path).issues] == [(f"mini/{name}", "TAB01")]


def test_missing_claims_are_an_issue(folder: Folder) -> None:
    for path in (folder.path / "claims").iterdir():
        path.unlink()
    assert [str(issue) for issue in read_tables(folder.path).issues] == [
        "mini/claims: TAB01 has no *.tsv in it; restore the folder"
    ]


@pytest.mark.parametrize(
    ("name", "key", "column"),
    [
        ("terms.tsv", "CL:0000786", "term_id"),
        ("sources.tsv", "mini2020", "source_id"),
        ("links/upstream.tsv", "CL:0000786", "term_id"),
    ],
)
def test_an_id_given_twice_names_both_places(name: str, key: str, column: str, folder: Folder) -> None:
    rows = folder.read(name)
    first = next(row for row in rows if row[0] == key)
    folder.write(name, [*rows, first])
    (issue,) = read_tables(folder.path).issues
    assert (issue.file, issue.row, issue.column, issue.code) == (f"mini/{name}", len(rows) + 1, column, "TAB09")
    assert f"mini/{name}:{rows.index(first) + 1}" in issue.solution


def test_a_claim_id_is_unique_across_tables(folder: Folder) -> None:
    row = folder.read("claims/findings.tsv")[1]
    folder.write("claims/names.tsv", [*folder.read("claims/names.tsv"), row])
    (issue,) = read_tables(folder.path).issues
    assert str(issue) == (
        "mini/claims/names.tsv:4:claim_id: TAB09 claim:C0001 is given a second time; "
        "it stands at mini/claims/findings.tsv:2; remove one"
    )


def test_problems_of_all_files_are_reported_at_once(folder: Folder) -> None:
    folder.edit("terms.tsv", lambda data: b"\xef\xbb\xbf" + data)
    folder.edit("sources.tsv", lambda data: data.replace(b"\n", b"\r\n"))
    folder.edit("axioms.tsv", lambda data: data[:-20])
    folder.edit("claims/names.tsv", lambda data: data.replace(b"rare", b"\xff", 1))
    folder.edit("claims/findings.tsv", lambda data: data + b"claim:C0010\n")
    (folder.path / "links" / "mappings.sssom.tsv").unlink()
    assert [(issue.file, issue.row, issue.code) for issue in read_tables(folder.path).issues] == [
        ("mini/axioms.tsv", 2, "TAB05"),
        ("mini/axioms.tsv", 2, "TAB07"),
        ("mini/claims/findings.tsv", 9, "TAB07"),
        ("mini/claims/names.tsv", 3, "TAB02"),
        ("mini/links/mappings.sssom.tsv", 0, "TAB01"),
        ("mini/sources.tsv", 1, "TAB04"),
        ("mini/terms.tsv", 1, "TAB03"),
    ]
