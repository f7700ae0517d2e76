"""Every rule: the smallest row that breaks it is reported at its cell, with a way out; and all at once."""

import re
from pathlib import Path

import pytest
from conftest import Folder

from poems_kg.rules import read_knowledge
from poems_kg.tables import DataError

PACKAGE = Path(__file__).parent.parent / "poems_kg"
CODE = re.compile(r'"((?:TAB|TRM|LNK|SRC|AXM|CLM|REV|THR)\d\d)"')
LIVER, NERVES, POEMS, CIDP, CELL = "HP:0002240", "HP:0001271", "MONDO:0017364", "MONDO:0006702", "CL:0000786"

# What is changed in which row of which table, and the cell and code that must be reported.
BAD_CELLS = [
    ("terms.tsv", CELL, {"label": ""}, "label", "TRM02"),
    ("terms.tsv", CELL, {"category": "Thing"}, "category", "TRM03"),
    ("terms.tsv", CELL, {"definition": ""}, "definition", "TRM04"),
    ("terms.tsv", CELL, {"definition_source": "unheard_of"}, "definition_source", "TRM05"),
    ("terms.tsv", CELL, {"definition_source": LIVER}, "definition_source", "TRM05"),
    ("terms.tsv", CELL, {"parent_ids": "CL:9999999"}, "parent_ids", "TRM06"),
    ("terms.tsv", CELL, {"parent_ids": LIVER}, "parent_ids", "TRM07"),
    ("terms.tsv", CELL, {"synonyms": "plasmacyte"}, "synonyms", "TRM08"),
    ("terms.tsv", CELL, {"synonyms": "same:plasmacyte"}, "synonyms", "TRM08"),
    ("terms.tsv", CELL, {"label": "plasmacyte"}, "label", "TRM11"),
    ("links/upstream.tsv", CELL, {"obsolete": "CL:0000787"}, "term_id", "TRM12"),
    ("links/upstream.tsv", "HP:0009830", {"parent_ids": "no id"}, "parent_ids", "LNK01"),
    ("links/mappings.sssom.tsv", POEMS, {"object_id": "XX:2905"}, "object_id", "LNK01"),
    ("links/mappings.sssom.tsv", POEMS, {"predicate_id": "same"}, "predicate_id", "LNK01"),
    ("links/mappings.sssom.tsv", POEMS, {"object_id": "Orphanet:2905"}, "object_id", "LNK01"),
    ("links/mappings.sssom.tsv", POEMS, {"subject_id": "MONDO:9999999"}, "subject_id", "LNK02"),
    ("links/curated.sssom.tsv", CIDP, {"object_id": "XX:2932"}, "object_id", "LNK01"),
    ("links/curated.sssom.tsv", CIDP, {"subject_id": "MONDO:9999999"}, "subject_id", "LNK02"),
    ("links/curated.sssom.tsv", CIDP, {"subject_label": "CIDP"}, "subject_label", "LNK03"),
    ("links/curated.sssom.tsv", POEMS, {"object_label": "CIDP"}, "object_label", "LNK03"),
    ("links/curated.sssom.tsv", CIDP, {"predicate_id": "rdfs:seeAlso"}, "predicate_id", "LNK04"),
    ("links/curated.sssom.tsv", POEMS, {"predicate_modifier": "no"}, "predicate_modifier", "LNK04"),
    ("links/curated.sssom.tsv", CIDP, {"mapping_justification": ""}, "mapping_justification", "LNK05"),
    ("links/curated.sssom.tsv", CIDP, {"mapping_justification": "by hand"}, "mapping_justification", "LNK05"),
    ("links/curated.sssom.tsv", CIDP, {"confidence": "1.01"}, "confidence", "LNK06"),
    ("links/curated.sssom.tsv", CIDP, {"confidence": "-0.5"}, "confidence", "LNK06"),
    ("links/curated.sssom.tsv", CIDP, {"confidence": "high"}, "confidence", "LNK06"),
    ("links/curated.sssom.tsv", CIDP, {"mapping_date": "2026-02-30"}, "mapping_date", "LNK07"),
    ("links/curated.sssom.tsv", CIDP, {"mapping_date": "November"}, "mapping_date", "LNK07"),
    ("links/curated.sssom.tsv", CIDP, {"author_label": "Somebody"}, "author_label", "LNK08"),
    ("links/curated.sssom.tsv", CIDP, {"confidence": ""}, "confidence", "LNK11"),
    ("links/curated.sssom.tsv", CIDP, {"mapping_date": ""}, "mapping_date", "LNK11"),
    ("links/curated.sssom.tsv", CIDP, {"object_label": ""}, "object_label", "LNK11"),
    ("links/curated.sssom.tsv", CIDP, {"object_source": ""}, "object_source", "LNK11"),
    ("links/curated.sssom.tsv", CIDP, {"author_label": ""}, "mapping_source", "LNK11"),
    ("links/curated.sssom.tsv", CIDP, {"object_source": "source:unheard_of"}, "object_source", "LNK12"),
    ("links/curated.sssom.tsv", CIDP, {"mapping_source": "a book"}, "mapping_source", "LNK12"),
    ("sources.tsv", "mini2020", {"kind": "rumour"}, "kind", "SRC01"),
    ("sources.tsv", "mini2020", {"title": ""}, "title", "SRC02"),
    ("sources.tsv", "mini-report", {"sha256": "abc"}, "sha256", "SRC03"),
    ("sources.tsv", "mini-report", {"file": ""}, "sha256", "SRC03"),
    ("sources.tsv", "mini2020", {"pmid": "PMID:1"}, "pmid", "SRC04"),
    ("sources.tsv", "mini2020", {"doi": "https://doi.org/10.1/x"}, "doi", "SRC05"),
    ("sources.tsv", "mini2020", {"url": "example.org/a b"}, "url", "SRC06"),
    ("axioms.tsv", POEMS, {"kind": "suggests"}, "kind", "AXM01"),
    ("axioms.tsv", POEMS, {"filler_id": "HP:9999999"}, "filler_id", "AXM02"),
    ("axioms.tsv", POEMS, {"filler_label": "Neuropathy"}, "filler_label", "AXM02"),
    ("axioms.tsv", POEMS, {"property": "kg:has_phenotype"}, "property", "AXM03"),
    ("axioms.tsv", POEMS, {"claim_ids": ""}, "claim_ids", "AXM04"),
    ("axioms.tsv", POEMS, {"claim_ids": "claim:C9999"}, "claim_ids", "AXM05"),
    ("claims/findings.tsv", "claim:C0006", {"low": "many"}, "low", "CLM01"),
    ("claims/findings.tsv", "claim:C0006", {"n": "64.5"}, "n", "CLM02"),
    ("claims/findings.tsv", "claim:C0006", {"claim_id": "C0006"}, "claim_id", "CLM03"),
    ("claims/findings.tsv", "claim:C0006", {"subject_id": "MONDO:9999999"}, "subject_id", "CLM04"),
    ("claims/findings.tsv", "claim:C0006", {"subject_label": "CIDP"}, "subject_label", "CLM04"),
    ("claims/findings.tsv", "claim:C0006", {"object_id": "HP:9999999"}, "object_id", "CLM04"),
    ("claims/findings.tsv", "claim:C0006", {"object_label": "Neuropathy"}, "object_label", "CLM04"),
    ("claims/findings.tsv", "claim:C0006", {"relation": "has"}, "relation", "CLM05"),
    ("claims/names.tsv", "claim:C0009", {"object_id": LIVER}, "object_id", "CLM06"),
    ("claims/names.tsv", "claim:C0009", {"value": ""}, "value", "CLM06"),
    ("claims/findings.tsv", "claim:C0006", {"object_id": CELL, "object_label": "plasma cell"}, "object_id", "CLM07"),
    ("claims/findings.tsv", "claim:C0006", {"subject_id": CELL, "subject_label": "plasma cell"}, "subject_id", "CLM07"),
    ("claims/findings.tsv", "claim:C0006", {"high": "100.5"}, "high", "CLM08"),
    ("claims/findings.tsv", "claim:C0006", {"low": "-1"}, "low", "CLM08"),
    ("claims/findings.tsv", "claim:C0007", {"unit": ""}, "unit", "CLM08"),
    ("claims/findings.tsv", "claim:C0006", {"low": "99", "high": "95.5"}, "low", "CLM09"),
    ("claims/findings.tsv", "claim:C0006", {"n": "68"}, "n", "CLM10"),
    ("claims/findings.tsv", "claim:C0001", {"qualifiers": "colour=blue"}, "qualifiers", "CLM11"),
    ("claims/findings.tsv", "claim:C0001", {"qualifiers": "letter"}, "qualifiers", "CLM11"),
    ("claims/findings.tsv", "claim:C0001", {"qualifiers": "letter=X"}, "qualifiers", "CLM11"),
    ("claims/findings.tsv", "claim:C0001", {"qualifiers": "sex=men"}, "qualifiers", "CLM11"),
    ("claims/findings.tsv", "claim:C0001", {"qualifiers": "versus=MONDO:9999999"}, "qualifiers", "CLM11"),
    ("claims/findings.tsv", "claim:C0001", {"polarity": "no"}, "polarity", "CLM12"),
    ("claims/findings.tsv", "claim:C0001", {"certainty": "sure"}, "certainty", "CLM12"),
    ("claims/findings.tsv", "claim:C0001", {"support": "hints"}, "support", "CLM12"),
    ("claims/findings.tsv", "claim:C0001", {"evidence": "ECO:9999999"}, "evidence", "CLM12"),
    ("claims/findings.tsv", "claim:C0001", {"source_id": "unheard_of"}, "source_id", "CLM13"),
    ("claims/findings.tsv", "claim:C0006", {"start": "1"}, "start", "CLM14"),
    ("claims/findings.tsv", "claim:C0001", {"start": ""}, "start", "CLM14"),
    ("claims/findings.tsv", "claim:C0001", {"sha256": "abc"}, "start", "CLM14"),
    ("claims/findings.tsv", "claim:C0001", {"start": "110", "end": "77"}, "end", "CLM14"),
    ("claims/findings.tsv", "claim:C0001", {"end": "1000"}, "end", "CLM14"),
    ("claims/findings.tsv", "claim:C0006", {"place": ""}, "place", "CLM15"),
]


@pytest.mark.parametrize(("name", "key", "cells", "column", "code"), BAD_CELLS)
def test_bad_cell_is_reported_where_it_is(
    *, name: str, key: str, cells: dict[str, str], column: str, code: str, folder: Folder
) -> None:
    line = folder.set(name, key, **cells)
    found = [issue for issue in folder.issues() if issue.code == code]
    assert found, folder.codes()
    # What another ontology says of a term is reported at the term.
    file = "terms.tsv" if code.startswith("TRM") else name
    row = line if file == name else 2
    assert (found[0].file, found[0].row, found[0].column) == (f"mini/{file}", row, column)
    assert found[0].message
    assert found[0].solution
    assert "\n" not in str(found[0])


def test_term_without_known_prefix(folder: Folder) -> None:
    for term_id in ("XX:1", "liver", "HP:<1>"):
        row = {"label": "x", "category": "Finding", "definition": "x.", "definition_source": "mini2020"}
        folder.add("terms.tsv", term_id=term_id, **row)
    assert folder.codes().count("TRM01") == 3


def test_term_that_its_ontology_does_not_have(folder: Folder) -> None:
    row = {"label": "x", "category": "Finding", "definition": "x.", "definition_source": "mini2020"}
    line = folder.add("terms.tsv", term_id="HP:9999999", **row)
    assert [(issue.row, issue.column, issue.code) for issue in folder.issues()] == [(line, "term_id", "TRM10")]


def test_source_whose_id_is_none(folder: Folder) -> None:
    line = folder.add("sources.tsv", source_id="mini 2021", kind="publication", title="x")
    assert [(issue.row, issue.column, issue.code) for issue in folder.issues()] == [(line, "source_id", "SRC07")]


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"conflict_id": "conflict:1"}, "conflict_id", "REV01"),
        ({"status": "new"}, "status", "REV02"),
        ({"reason": ""}, "reason", "REV03"),
        ({"reviewer": ""}, "reviewer", "REV04"),
        ({"date": "2026-02-30"}, "date", "REV05"),
        ({"date": "21 November"}, "date", "REV05"),
    ],
)
def test_bad_review(cells: dict[str, str], column: str, code: str, folder: Folder) -> None:
    row = {"conflict_id": "conflict:0123456789", "kind": "numeric", "subject_label": "x", "status": "reviewed"}
    line = folder.add("reviews.tsv", **(row | {"reason": "Why.", "reviewer": "me", "date": "2026-11-21"} | cells))
    assert [(i.file, i.row, i.column, i.code) for i in folder.issues()] == [("mini/reviews.tsv", line, column, code)]


def test_two_reviews_of_one_conflict(folder: Folder) -> None:
    row = {"conflict_id": "conflict:0123456789", "kind": "numeric", "subject_label": "x", "status": "reviewed"}
    for _ in range(2):
        line = folder.add("reviews.tsv", **row, reason="Why.", reviewer="me", date="2026-11-21")
    assert [(issue.row, issue.column, issue.code) for issue in folder.issues()] == [(line, "conflict_id", "TAB09")]


def test_same_statement_twice(folder: Folder) -> None:
    rows = folder.read("claims/names.tsv")
    folder.write("claims/names.tsv", [*rows, ["claim:C0010", *rows[-1][1:]]])
    (issue,) = folder.issues()
    assert str(issue) == "mini/claims/names.tsv:4: CLM16 says the same as claim:C0009; remove one of the two"


def test_mapping_that_is_affirmed_and_denied_by_the_same_author(folder: Folder) -> None:
    header, *rows = folder.read("links/curated.sssom.tsv")
    denied = next(row for row in rows if row[0] == POEMS)
    folder.write("links/curated.sssom.tsv", [header, *rows, [*denied[:3], "", *denied[4:]]])
    (issue,) = folder.issues()
    place = "mini/links/curated.sssom.tsv"
    assert str(issue) == f"{place}:3:predicate_modifier: LNK09 denies what {place}:4 says; remove one of the two"


def test_mapping_that_another_set_affirms_may_be_denied(folder: Folder) -> None:
    header, *rows = folder.read("links/curated.sssom.tsv")
    said = folder.read("links/mappings.sssom.tsv")[-1]
    author = header.index("author_label")
    ours = [
        *said[:3],
        "Not",
        *said[4:author],
        "The poems-kg authors",
        "2026-11-21",
        "0.9",
        "",
        "https://example.org",
        "",
    ]
    folder.write("links/curated.sssom.tsv", [header, *rows, ours])
    assert folder.issues() == []


def test_same_mapping_twice(folder: Folder) -> None:
    rows = folder.read("links/curated.sssom.tsv")
    folder.write("links/curated.sssom.tsv", [*rows, [*rows[-1][:-1], "another comment"]])
    (issue,) = folder.issues()
    place = "mini/links/curated.sssom.tsv"
    assert str(issue) == f"{place}:4: LNK10 says the same as {place}:3; remove one of the two"


def test_unknown_claim_passage_and_percentage_are_reported_together(folder: Folder) -> None:
    folder.set("claims/findings.tsv", "claim:C0001", source_id="unheard_of", high="101")
    folder.set("claims/findings.tsv", "claim:C0002", object_label="Liver", n="52", start="170")
    folder.set("terms.tsv", LIVER, label="Liver")
    folder.set("sources.tsv", "mini2020", kind="rumour")
    with pytest.raises(DataError) as caught:
        read_knowledge(folder.path)
    places = [(issue.file.removeprefix("mini/"), issue.row, issue.column, issue.code) for issue in caught.value.issues]
    assert ("sources.tsv", 3, "kind", "SRC01") in places
    assert ("claims/findings.tsv", 2, "high", "CLM08") in places
    assert ("claims/findings.tsv", 2, "source_id", "CLM13") in places
    assert ("claims/findings.tsv", 3, "n", "CLM10") in places
    assert ("claims/findings.tsv", 3, "end", "CLM14") in places
    assert ("terms.tsv", 4, "label", "TRM11") in places
    assert places == sorted(places)
    assert len(str(caught.value).splitlines()) == len(places)


def test_sound_tables_have_no_issue(mini: Path) -> None:
    assert read_knowledge(mini).issues == []


def test_every_code_in_the_source_is_provoked_by_a_test() -> None:
    used = {code for path in PACKAGE.rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))}
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    provoked = set(re.findall(r"\b[A-Z]{3}\d\d\b", tests))
    assert used
    assert used - provoked == set()


def test_codes_in_the_source_are_those_of_the_list() -> None:
    used = {code for path in PACKAGE.rglob("*.py") for code in CODE.findall(path.read_text(encoding="utf-8"))}
    page = Path(__file__).parent.parent / "docs" / "issue_codes.md"
    listed = re.findall(r"^\| `([A-Z]{3}\d\d)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == sorted(used, key=listed.index)
    assert len(listed) == len(set(listed))
