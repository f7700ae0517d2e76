"""ROBOT templates: what their rows become, and one line for what is wrong."""

import re
from pathlib import Path

import pytest

from poems_kg.releases.opening import ReleaseError
from poems_kg.releases.records import OntologyClass
from poems_kg.releases.templates import read_template

HEADINGS = "id\tlabel\tparents\tsynonym\tsynonym source\tdefinition\tdefinition source\txref\tstatus"
STRINGS = (
    "ID\tLABEL\tSC % SPLIT=|\tA oboInOwl:hasRelatedSynonym\t>A oboInOwl:hasDbXref\tA IAO:0000115\t"
    ">A oboInOwl:hasDbXref SPLIT=|\tA oboInOwl:hasDbXref SPLIT=|\t"
)


def write(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "template.tsv"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_rows_become_classes(tmp_path: Path) -> None:
    first = "X:1\tone\tX:2|X:3\tuno\tPMID:1\tThe first.\tPMID:1|PMID:2\tSCTID:1|Orphanet:2\tfor people"
    again = "X:1\tone\t\teins\tPMID:3\t\t\t\t"
    classes = read_template(write(tmp_path, HEADINGS, STRINGS, first, again)).classes
    assert classes == {
        "X:1": OntologyClass(
            "X:1",
            "one",
            "The first.",
            ("X:2", "X:3"),
            (("related", "uno"), ("related", "eins")),
            ("snomedct:1", "ORPHA:2"),
        )
    }


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([HEADINGS], "no row of template strings"),
        ([HEADINGS, STRINGS.replace("SC %", "EC %")], "2:parents: 'EC % SPLIT=|' is not understood"),
        ([HEADINGS, STRINGS + "\tLABEL"], ":2: 10 template strings for 9 columns"),
        (["id\tnote", "\t>A x:y"], "2:note: '>A x:y' is not understood"),
        (["label", "LABEL"], "no column is the ID"),
        ([HEADINGS, STRINGS, "X:1\tone"], ":3: has no id, or not 9 cells"),
        ([HEADINGS, STRINGS, "\tone\t\t\t\t\t\t\t"], ":3: has no id"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, lines: list[str], words: str) -> None:
    with pytest.raises(ReleaseError, match=re.escape(words)) as caught:
        read_template(write(tmp_path, *lines))
    assert "\n" not in str(caught.value)


def test_a_template_that_is_cut_off(tmp_path: Path) -> None:
    path = write(tmp_path, HEADINGS, STRINGS, "X:1\tone\t\t\t\t\t\t\t")
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ReleaseError, match=":3: the last line has no end"):
        read_template(path)
