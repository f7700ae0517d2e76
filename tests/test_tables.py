"""Tables are read whole with every problem named, and written whole or not at all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poems_kg.ids import PoemsKgError
from poems_kg.tables import (
    DataError,
    Issue,
    read_table,
    render_table,
    write_atomic,
    write_bytes_atomic,
    write_text_atomic,
)

COLUMNS = ["id", "label"]
CELL = st.text(st.characters(exclude_characters="\t\n\r\ufeff", exclude_categories=["Cs"])).map(str.strip)


def read(path: Path, data: bytes) -> tuple[list[str], list[dict[str, str]]]:
    """The problems of a file of these bytes, and its rows."""
    path.write_bytes(data)
    table = read_table(path, COLUMNS, "t.tsv")
    return [str(issue) for issue in sorted(table.issues)], [row for _, row in table.rows]


@given(st.lists(st.tuples(CELL, CELL)))
def test_rows_to_file_and_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.tsv"
    write_text_atomic(path, render_table(COLUMNS, rows))
    table = read_table(path, COLUMNS, "rows.tsv")
    assert table.issues == []
    assert [tuple(row.values()) for _, row in table.rows] == rows


def test_lines_count_from_the_header(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes(b"id\tlabel\na\tb\nc\td\n")
    assert [line for line, _ in read_table(path, COLUMNS, "t.tsv").rows] == [2, 3]


@pytest.mark.parametrize(
    ("data", "issue"),
    [
        (b"id\tlabel\na\xff\tb\n", "t.tsv:2: TAB02 byte 10 is not UTF-8; save the file as UTF-8"),
        (
            b"\xef\xbb\xbfid\tlabel\na\tb\n",
            "t.tsv:1: TAB03 starts with a byte-order mark; save the file as UTF-8 without it",
        ),
        (
            b"id\tlabel\r\na\tb\r\n",
            "t.tsv:1: TAB04 has Windows or old Mac line ends; save the file with Unix line ends",
        ),
        (
            b"id\tlabel\na\tb\nc\td",
            "t.tsv:3: TAB05 the last line has no line end: the file may be cut off; complete the line",
        ),
        (b"id\tname\na\tb\n", "t.tsv:1: TAB06 the header is not what it must be; write the columns id · label"),
        (b"", "t.tsv:1: TAB06 the header is not what it must be; write the columns id · label"),
        (b"id\tlabel\na\nc\td\n", "t.tsv:2: TAB07 1 cells instead of 2; add or remove tabs in this line"),
        (b"id\tlabel\na\tb\tc\n", "t.tsv:2: TAB07 3 cells instead of 2; add or remove tabs in this line"),
        (b"id\tlabel\n\n", "t.tsv:2: TAB07 1 cells instead of 2; add or remove tabs in this line"),
        (b"id\tlabel\na\tb \n", "t.tsv:2:label: TAB08 blank space at an end of the cell; remove it"),
    ],
)
def test_spoilt_file_is_one_line_each(data: bytes, issue: str, tmp_path: Path) -> None:
    assert read(tmp_path / "t.tsv", data)[0] == [issue]


def test_missing_file_is_an_issue(tmp_path: Path) -> None:
    table = read_table(tmp_path / "none.tsv", COLUMNS, "t.tsv")
    assert [str(issue) for issue in table.issues] == [
        "t.tsv: TAB01 cannot be read (no such file or directory); restore the file"
    ]


def test_all_problems_of_a_file_are_reported_and_sound_rows_are_kept(tmp_path: Path) -> None:
    issues, rows = read(tmp_path / "t.tsv", b"\xef\xbb\xbfid\tlabel\r\na\r\nb\t c\r\nd\te")
    assert [issue.split()[1] for issue in issues] == ["TAB03", "TAB04", "TAB07", "TAB08", "TAB05"]
    assert rows == [{"id": "b", "label": " c"}, {"id": "d", "label": "e"}]


def test_a_data_error_has_a_line_for_each_issue() -> None:
    issues = [Issue("a.tsv", 2, "id", "TAB08", "what", "do"), Issue("a.tsv", 0, "", "TAB01", "what", "do")]
    assert str(DataError(issues)) == "a.tsv:2:id: TAB08 what; do\na.tsv: TAB01 what; do"


def test_cells_cannot_break_a_table() -> None:
    assert render_table(COLUMNS, [("a\tb", "c\r\nd")]) == "id\tlabel\na b\tc  d\n"


def test_writing_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_text("old", encoding="utf-8")

    def half(new: Path) -> None:
        new.write_text("ha", encoding="utf-8")
        raise OSError(28, "No space left on device")

    with pytest.raises(PoemsKgError, match=r"old\.txt: cannot be written \(no space left on device\); choose"):
        write_atomic(path, half)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_unwritable_targets_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    for target in (tmp_path / "none" / "a", tmp_path / "file" / "a", tmp_path / "folder"):
        with pytest.raises(PoemsKgError, match="cannot be written"):
            write_bytes_atomic(target, b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_written_file_replaces_the_old_one_and_can_be_read_by_others(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text_atomic(path, "old\n")
    write_text_atomic(path, "ü\n")
    assert path.read_bytes() == "ü\n".encode()
    plain = tmp_path / "b.txt"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode
