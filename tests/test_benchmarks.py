"""The benchmark of the linked graph, on the hand-made releases: it runs, counts right, and says what is not."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cohorts
import comparisons
import linked
import pytest
import steps
import timing
from engines import Engine, Owlready2, Rdflib, TooLongError
from steps import Asked, Loaded

from poems_kg.ids import expand
from poems_kg.linked import build_linked, open_linked
from poems_kg.linked.quads import node
from poems_kg.releases.joining import Joined

DATA = Path(__file__).parent / "data" / "releases" / "linked"
POEMS = expand(comparisons.POEMS)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Joined]:
    """The core graph joined to the hand-made releases."""
    folder = tmp_path_factory.mktemp("benchmark") / "linked"
    return folder, build_linked(folder, DATA)


def asked(name: str, cells: list[tuple[str, ...]], milliseconds: float = 1, error: str = "") -> Asked:
    """An answer that nobody gave."""
    return Asked(name, "", milliseconds, cells, error)


def here(step: Callable[..., None], *given: object, limit: float) -> Iterator[object]:
    """Run a step in this process: a new one for each takes longer than the step."""
    sent: list[object] = []
    step(sent.append, *given)
    return iter(sent)


def test_it_runs_without_peers_and_all_counts_are_right(
    built: tuple[Path, Joined], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linked, "apart", here)
    monkeypatch.setattr(linked, "OPENINGS", 1)
    monkeypatch.setattr(steps, "RUNS", 1)
    linked.main(["--graph", str(built[0]), "--skip-peers"])
    printed = capsys.readouterr().out
    assert printed.count("| ours | all 4 right | 4 |") == 3
    assert "WRONG" not in printed
    assert all(f"| {name} |" in printed for name in ("most_similar_disorders", "findings", "**slowest**"))
    assert "| seconds to open again |" in printed


def test_python_counts_what_the_releases_say(built: tuple[Path, Joined]) -> None:
    folder, joined = built
    counts = comparisons.count_in_python(open_linked(folder).quads)
    shown = {node(disorder).value: findings for disorder, findings in joined.shown.items()}
    assert counts["shown"] == comparisons.share(shown, joined.shown[comparisons.POEMS])
    assert counts["shown"][POEMS] == len(joined.shown[comparisons.POEMS]) > 3
    in_no_patient = expand("decipher:999")  # is annotated with a finding of POEMS that none of three patients had
    assert counts["annotated"][in_no_patient] > counts["shown"][in_no_patient]


def test_all_statements_are_dumped_twice(built: tuple[Path, Joined], tmp_path: Path) -> None:
    sent: list[object] = []
    steps.dump(sent.append, built[0], tmp_path / "all.nq", tmp_path / "all.nt")
    quads = list(open_linked(built[0]).quads)
    triples = (tmp_path / "all.nt").read_text(encoding="utf-8").splitlines()
    assert len((tmp_path / "all.nq").read_text(encoding="utf-8").splitlines()) == len(triples) == len(quads)
    assert {f"{quad.triple} ." for quad in quads} == set(triples)


STATEMENTS = """<urn:a> <urn:is> <urn:b> <urn:g> .
<urn:b> <urn:is> <urn:c> <urn:g> .
<urn:a> <urn:size> "2.50"^^<http://www.w3.org/2001/XMLSchema#decimal> <urn:h> .
<urn:a> <urn:name> "one" <urn:h> .
"""


@pytest.fixture(scope="module", params=[Rdflib, Owlready2])
def peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A peer with four statements."""
    file = tmp_path_factory.mktemp("peer") / "all.nq"
    is_rdflib = request.param is Rdflib
    file.write_text(STATEMENTS if is_rdflib else STATEMENTS.replace(" <urn:g> .", " .").replace(" <urn:h> .", " ."))
    engine: Engine = request.param(file)
    return engine


def test_peers_give_the_same_words(peer: Engine) -> None:
    assert peer.ask("SELECT ?x ?y WHERE { ?x <urn:is> ?y }", 10) == [("urn:a", "urn:b"), ("urn:b", "urn:c")]
    assert peer.ask("SELECT ?size ?name WHERE { ?x <urn:size> ?size ; <urn:name> ?name }", 10) == [("2.5", "one")]
    optional = "SELECT ?name WHERE { <urn:b> <urn:is> ?x OPTIONAL { ?x <urn:name> ?name } }"
    assert peer.ask(optional, 10) == [("",)]


def test_a_peer_that_takes_too_long_is_stopped(peer: Engine) -> None:
    many = " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(30))
    with pytest.raises(TooLongError):
        peer.ask(f"SELECT (COUNT(*) AS ?n) WHERE {{ {many} }}", 0.1)


def test_a_step_that_fails_or_takes_too_long_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(timing.StepError, match="over 0 s"):
        next(timing.apart(steps.reopen, tmp_path, limit=0))
    with pytest.raises(timing.StepError, match="reopen ended with code 1; its error is above"):
        next(timing.apart(steps.reopen, tmp_path, limit=60))
    assert "there is no linked graph" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ({"a": 3, "b": 5}, "all 2 right"),
        ({"a": 1, "b": 5}, "WRONG: of 2, 1 too low, by 2 in the median and 2 at most"),
        ({"a": 3, "b": 9, "c": 1}, "WRONG: of 2, 1 too high, by 4 in the median and 4 at most; 1 that share nothing"),
        ({"a": 3}, "WRONG: of 2, 1 missing"),
    ],
)
def test_wrong_counts_are_said(found: dict[str, int], verdict: str) -> None:
    assert comparisons.judge(found, {"a": 3, "b": 5}) == verdict


def test_answers_that_differ_are_said() -> None:
    ours = [asked("one", [("x",), ("y",)]), asked("two", [("x",)], 2), asked("three", []), asked("four", [])]
    theirs = [
        asked("one", [("y",), ("z",), ("z",)], 50),
        asked("two", [("x",)], 300),
        asked("three", [], error="over 5 s"),
        asked("four", [], error="ValueError: not known"),
    ]
    printed = linked.question_table(ours, {"peer": theirs})
    assert "| one | 2 | 1.0 | 50.0 | 50 | NO: lacks 1, has 1 others |" in printed
    assert "| two | 1 | 2.0 | 300 | 150 | yes |" in printed
    assert "| three | 0 | 1.0 | over 5 s |  |  |" in printed
    assert "| four | 0 | 1.0 | refused |  |  |" in printed
    assert "- peer refused four: `ValueError: not known`" in printed
    assert "| **median** |  | 1.0 | 175 | 100 | 1 of 4 |" in printed


def test_a_target_that_is_missed_is_said() -> None:
    built, opened = Loaded(61, 1.5, 0), [Loaded(0.1, 0.1, 4)]
    ours, theirs = [asked("one", [], 10), asked("two", [], 101)], [asked("one", [], 190), asked("two", [], 9000)]
    printed = linked.target_table(built, opened, ours, {"rdflib": theirs}, ours)
    assert "| seconds to build | 61 | 60 | NO |" in printed
    assert "| GB of memory to build | 1.5 | 2 | yes |" in printed
    assert "| ms of the slowest question, two | 101 | 100 | NO |" in printed
    assert "| times faster than rdflib, least, one | 19 | 20 | NO |" in printed


def test_cohorts_are_measured_and_compared(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow", reason="needs the parquet extra")
    monkeypatch.setattr(cohorts, "apart", here)
    data = DATA
    cohorts.main(["--read-only", "--skip-spark", "--patients", "30", "60", "--workers", "1", "--data", str(data)])
    printed = capsys.readouterr().out
    assert [line.split("|")[2].strip() for line in printed.splitlines() if "| yes |" in line][:2] == ["30", "60"]
    assert "| GB that 60 take more than 30, 1 worker |" in printed


def test_a_result_of_cohorts_that_differs_and_a_rate_that_is_missed_are_said() -> None:
    runs = [cohorts.Run("1 worker", 1000, 2, 0.5, 0, "a"), cohorts.Run("2 workers", 1000, 1, 0.5, 0.2, "b")]
    runs += [cohorts.Run("2 workers", 9000, 3, 0.7, 0.2, "c")]
    printed = cohorts.run_table(runs)
    assert "| 1 worker | 1,000 | 2.0 | 500 | 0.50 | 0.00 | yes |" in printed
    assert "| 2 workers | 1,000 | 1.0 | 1,000 | 0.50 | 0.20 | NO |" in printed
    printed = cohorts.target_table(runs)
    assert "| patients a second, 2 workers | 3,000 | 4,000 | NO |" in printed
    assert "| GB that 9,000 take more than 1,000, 2 workers | 0.20 | 0.1 | NO |" in printed
