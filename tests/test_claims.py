"""Records to rows and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poems_kg.claims import CLAIM_COLUMNS, Claim, Source, parse_axiom, parse_claim, parse_term
from poems_kg.tables import Table

WORDS = st.text(st.characters(exclude_characters="\t\n\r;=", exclude_categories=["Cs"]), max_size=12)
FIGURE = st.none() | st.integers(0, 10**9).map(lambda whole: whole / 1000)
COUNT = st.none() | st.integers(0, 10**12)
CLAIMS = st.builds(
    Claim,
    **{column: WORDS for column in CLAIM_COLUMNS if column not in {"low", "high", "n", "total", "start", "end"}}
    | {
        "low": FIGURE,
        "high": FIGURE,
        "n": COUNT,
        "total": COUNT,
        "start": COUNT,
        "end": COUNT,
        "qualifiers": st.lists(st.tuples(st.from_regex(r"[a-z_]+", fullmatch=True), WORDS), max_size=3).map(tuple),
    },
)


@given(CLAIMS)
def test_claim_to_row_and_back(claim: Claim) -> None:
    table = Table("t.tsv")
    assert parse_claim(table, (2, dict(zip(CLAIM_COLUMNS, claim.to_row(), strict=True)))) == claim
    assert table.issues == []


@pytest.mark.parametrize("column", ["low", "high"])
@pytest.mark.parametrize("cell", ["many", "1,5", "5%", "nan", "inf", "1e400", "1e+20", "5.0", "05", "٣", "9" * 400])
def test_a_figure_that_is_none_is_reported(column: str, cell: str) -> None:
    table = Table("t.tsv")
    claim = parse_claim(table, (7, dict.fromkeys(CLAIM_COLUMNS, "") | {column: cell}))
    assert getattr(claim, column) is None
    assert [(issue.row, issue.column, issue.code) for issue in table.issues] == [(7, column, "CLM01")]


@pytest.mark.parametrize("column", ["n", "total", "start", "end"])
@pytest.mark.parametrize("cell", ["few", "1.5", "-1", "007", "²", "9" * 5000])
def test_a_count_that_is_none_is_reported(column: str, cell: str) -> None:
    table = Table("t.tsv")
    claim = parse_claim(table, (7, dict.fromkeys(CLAIM_COLUMNS, "") | {column: cell}))
    assert getattr(claim, column) is None
    assert [(issue.row, issue.column, issue.code) for issue in table.issues] == [(7, column, "CLM02")]


def test_lists_in_cells() -> None:
    cells = {"term_id": "POEMS:1", "label": "x", "category": "Finding", "definition": "", "definition_source": ""}
    cells |= {
        "parent_ids": "A:1|A:2",
        "synonyms": "exact:a: b|abbreviation:X",
    }
    term = parse_term((2, cells))
    assert term.parent_ids == ("A:1", "A:2")
    assert term.synonyms == (("exact", "a: b"), ("abbreviation", "X"))
    empty = parse_term((2, cells | {"parent_ids": "", "synonyms": ""}))
    assert empty.parent_ids == empty.synonyms == ()


def test_axiom_names_its_claims() -> None:
    columns = ["subject_id", "subject_label", "kind", "property", "filler_id", "filler_label"]
    axiom = parse_axiom((2, dict.fromkeys(columns, "x") | {"claim_ids": "claim:C0001|claim:C0002"}))
    assert axiom.claim_ids == ("claim:C0001", "claim:C0002")


@pytest.mark.parametrize(
    ("cells", "citation"),
    [
        ({"pmid": "1", "doi": "10.1/x", "url": "https://a"}, "PMID:1"),
        ({"doi": "10.1/x", "url": "https://a"}, "DOI:10.1/x"),
        ({"title": "A title", "url": "https://a"}, "A title"),
    ],
)
def test_a_source_is_cited_by_the_best_identifier_there_is(cells: dict[str, str], citation: str) -> None:
    source = Source(**dict.fromkeys(Source.__dataclass_fields__, "") | {"source_id": "one"} | cells)
    assert source.citation == citation
