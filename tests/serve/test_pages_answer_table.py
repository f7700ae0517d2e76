"""Answers as tables for eyes: what is put together, what leads where, what is left out; and the same as files."""

import csv
import io

from poems_kg.questions import Answer
from poems_kg.serve.pages.answer_table import Cell, address_of, lay_out, to_csv, to_tsv
from poems_kg.store import Value

ROWS: list[dict[str, Value]] = [
    {
        "finding": "HP:0001271",
        "finding_label": "Polyneuropathy",
        "low": 97.0,
        "high": 97.0,
        "unit": "%",
        "n": 32,
        "total": 33,
        "polarity": "asserts",
        "is_cardinal": True,
        "source": "source:li2011",
        "citation": "PMID:1",
        "claim": "claim:C1",
        "nothing": None,
    },
    {
        "finding": "HP:0001744",
        "finding_label": "Splenomegaly",
        "low": None,
        "high": 78.0,
        "unit": "%",
        "n": None,
        "total": 20,
        "polarity": "asserts",
        "is_cardinal": False,
        "source": "source:li2011",
        "citation": "PMID:1",
        "claim": "claim:C2",
        "nothing": None,
    },
]
LABELS = {"HP:0001271": "Polyneuropathy", "HP:0001744": "Splenomegaly"}


def laid_out(rows: list[dict[str, Value]]) -> tuple[list[str], list[list[Cell]], dict[str, str]]:
    table = lay_out(Answer([*rows[0]], rows, LABELS), rows, {"finding": "what was found"})
    return [each.title for each in table.columns], table.rows, {each.title: cell.text for each, cell in table.same}


def test_figures_are_one_column_and_what_is_the_same_is_none() -> None:
    titles, rows, same = laid_out(ROWS)
    assert titles == ["finding", "reported", "is cardinal", "citation"]
    assert [row[1].text for row in rows] == ["97 %, 32 of 33", "≤78 % of 20"]
    assert [row[1].sort for row in rows] == ["97.0", "78.0"]
    assert [row[2].text for row in rows] == ["yes", "no"]
    assert same == {"polarity": "asserts"}


def test_a_label_leads_to_its_entity_and_a_citation_to_source_and_claim() -> None:
    _, rows, _ = laid_out(ROWS)
    assert rows[0][0] == Cell(((("Polyneuropathy", "/entity/HP:0001271"),),), "HP:0001271")
    assert rows[0][3].lines == ((("PMID:1", "/source/li2011"),), (("claim ", ""), ("C1", "/claim/C1")))


def test_a_single_row_keeps_its_columns() -> None:
    titles, _, same = laid_out(ROWS[:1])
    assert ("polarity" in titles, same) == (True, {})


def test_no_rows_make_no_table() -> None:
    answer = Answer(["finding", "low", "high"], [], {})
    table = lay_out(answer, [], {})
    assert table.rows == []


def test_words_in_a_cell_stay_words() -> None:
    rows: list[dict[str, Value]] = [{"value": "a:b <i> | PMID:22547581"}, {"value": "javascript:alert(1)"}]
    _, cells, _ = laid_out(rows)
    assert cells[0][0].lines[1] == (("PMID:22547581", "http://www.ncbi.nlm.nih.gov/pubmed/22547581"),)
    assert cells[1][0].lines == ((("javascript:alert(1)", ""),),)


def test_every_kind_of_id_has_its_address() -> None:
    assert address_of("claim:C1", is_ours=False) == "/claim/C1"
    assert address_of("source:li2011", is_ours=True) == "/source/li2011"
    assert address_of("conflict:a1", is_ours=False) == "/conflict/a1"
    assert address_of("HP:0001271", is_ours=True) == "/entity/HP:0001271"
    assert address_of("HP:0001271", is_ours=False) == "http://purl.obolibrary.org/obo/HP_0001271"


def test_files_keep_what_csv_and_tsv_would_break_on() -> None:
    rows: list[dict[str, Value]] = [{"a": 'x,"y"\nz', "b": 0.1}, {"a": "t\tab", "b": None}, {"a": "\ud83d", "b": True}]
    read = list(csv.reader(io.StringIO(to_csv(["a", "b"], rows).decode(), newline="")))
    assert read == [["a", "b"], ['x,"y"\nz', "0.1"], ["t\tab", ""], ["?", "True"]]
    assert to_tsv(["a", "b"], rows).decode() == 'a\tb\nx,"y" z\t0.1\nt ab\t\n?\tTrue\n'
