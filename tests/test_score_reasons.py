"""Reasons for any disease: they sum to the score, and cite the rows in which the finding was found."""

from dataclasses import dataclass
from math import log
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from differential_world import patient

from poems_kg.differential.explaining import AGAINST, FOR
from poems_kg.differential.score_reasons import IN_GENERAL, explain_score
from poems_kg.profiles.index import CuratedClaim, Index

FINDINGS = ["F:neuropathy", "F:polyneuropathy", "F:fever"]
LABELS = ["Neuropathy", "Polyneuropathy", "Fever"]


@dataclass(frozen=True)
class Added:
    finding: int
    log_ratio: float
    matched: int = -1
    share: float = float("nan")
    relative: int = -1


class Scorer:
    """Gives what it is told to."""

    def __init__(self, *added: Added) -> None:
        self.contributions = lambda *_: added


class Rows(SimpleNamespace):
    def of(self, disease: int) -> slice:
        return slice(3 * disease, 3 * disease + 3)


def index() -> Index:
    """Two diseases of three rows each; the first has a claim, a row of HPO and a negated one, all on neuropathy."""
    rows = Rows(
        finding=np.array([0, 0, 0, 1, 1, 1]),
        is_negated=np.array([False, False, True, False, True, True]),
        low=np.array([0.9, np.nan, 0.0, 0.3, 0, 0]),
        high=np.array([0.9, 0.99, 0.0, 0.79, 0, 0]),
        total=np.array([50, -1, -1, -1, -1, -1]),
        claim=np.array([0, -1, -1, -1, -1, -1]),
        references=[np.array(places, int) for places in ([], [0], [1], [1], [], [])],
    )
    made = SimpleNamespace(
        findings=SimpleNamespace(
            ids=FINDINGS,
            names=SimpleNamespace(labels=LABELS),
            positions=lambda ids: np.array([FINDINGS.index(each) for each in ids], int),
        ),
        diseases=SimpleNamespace(position=["D:1", "D:2"].index, labels=["first", "second"]),
        rows=rows,
        claims=[CuratedClaim("claim:C1", "paper", "PMID:1", "established", ())],
        references=["ORPHA:1", "OMIM:1"],
    )
    return cast(Index, made)


def test_reasons_sum_to_the_score_and_the_weightiest_comes_first() -> None:
    scorer = Scorer(Added(2, -0.5), Added(0, 2.0, 0, 0.88))
    reasons = explain_score(scorer, index(), patient("F:neuropathy", "F:fever"), "D:1")
    assert [reason.log_likelihood_ratio for reason in reasons] == [2.0, -0.5]
    assert [reason.direction for reason in reasons] == [FOR, AGAINST]
    assert {reason.versus for reason in reasons} == {IN_GENERAL}


def test_a_reason_cites_the_rows_that_say_so() -> None:
    (reason,) = explain_score(Scorer(Added(0, log(8), 0, 0.88)), index(), patient("F:neuropathy"), "D:1")
    assert (reason.matched_as, reason.frequency, reason.low, reason.high) == ("F:neuropathy", 0.88, 0.9, 0.99)
    assert (reason.claims, reason.sources) == (("claim:C1",), ("PMID:1", "ORPHA:1"))
    assert reason.text == (
        "Neuropathy: 8.0 times as likely in first (taken as 88 %, published 90 % to 99.0 %, of up to 50 patients)"
        " as in diseases in general"
    )


def test_what_a_relative_lends_is_said() -> None:
    (reason,) = explain_score(Scorer(Added(0, 1.0, 1, 0.5, 1)), index(), patient("F:neuropathy"), "D:1")
    assert reason.basis == "lent by second"
    assert (reason.matched_as, reason.low, reason.high, reason.sources) == ("F:polyneuropathy", 0.3, 0.79, ("OMIM:1",))
    assert "Polyneuropathy: taken as 50 %" in reason.text


def test_a_finding_of_which_nothing_is_said_speaks_against() -> None:
    (reason,) = explain_score(Scorer(Added(2, log(0.5))), index(), patient("F:fever"), "D:1")
    assert (reason.matched_as, reason.frequency, reason.claims, reason.sources) == ("", None, (), ())
    assert "half as likely in first (its profile says nothing of it)" in reason.text


def test_a_disease_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="D:9"):
        explain_score(Scorer(), index(), patient("F:fever"), "D:9")
