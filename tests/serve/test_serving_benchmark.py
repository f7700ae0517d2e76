"""The benchmark of the server: it runs without its peer, and its figures are what they say."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import pytest
import serving


def test_it_runs_without_its_peer(
    server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def serve_here() -> Iterator[tuple[int, float]]:
        yield int(server.rpartition(":")[2]), 1.0

    questions = list(islice(serving.ask_library(), 3))
    monkeypatch.setattr(serving, "ask_library", lambda: questions)
    monkeypatch.setattr(serving, "serve_ours", serve_here)
    monkeypatch.setattr(serving, "CLIENTS", (1, 2))
    monkeypatch.setattr(serving, "ROUNDS", 1)
    serving.main(["--skip-peer"])
    printed = capsys.readouterr().out
    assert printed.count("\n| 1 |") == printed.count("\n| 2 |") == 1
    assert "| ms of overhead over the library, median |" in printed
    port = int(server.rpartition(":")[2])
    assert all(serving.ask_once(port, one, 60)[1] == one.cells for one in questions)


def test_answers_are_compared_by_what_they_mean() -> None:
    def body(value: str, kind: str) -> str:
        term = f'{{"type": "literal", "value": "{value}", "datatype": "http://www.w3.org/2001/XMLSchema#{kind}"}}'
        return f'{{"head": {{"vars": ["a", "b"]}}, "results": {{"bindings": [{{"a": {term}}}]}}}}'

    assert serving.as_cells(body("5", "integer")) == serving.as_cells(body("5.0", "decimal")) == [("5", "")]
    assert serving.as_cells(body("5", "string")) != serving.as_cells(body("5.0", "string"))


def test_percentiles_are_in_milliseconds() -> None:
    assert serving.percentiles([n / 1000 for n in range(101)]) == pytest.approx((50, 95))
