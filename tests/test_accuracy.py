"""The benchmark of accuracy: its formulas, its ranks and its intervals are what they say, on hand-made releases."""

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest
from accuracy import UNRANKED, Ranks, interval, is_tuning, over_diseases, rank_all, read_cases, result_table
from baselines import LogRatioSum, ResnikSum
from conftest import RELEASES

from poems_kg.patients.patient import Sex
from poems_kg.profiles.index import Index, open_index


@pytest.fixture(scope="module")
def index() -> Index:
    """The hand-made releases with our own tables."""
    return open_index(RELEASES)


def shown(index: Index) -> list[set[str]]:
    """What HPO's annotations say that each disease shows, without broader findings."""
    found: list[set[str]] = [set() for _ in index.diseases.ids]
    for disease, finding, negated, ours in zip(
        index.rows.disease, index.rows.finding, index.rows.is_negated, index.rows.is_curated, strict=True
    ):
        if not negated and not ours:
            found[disease].add(index.findings.ids[finding])
    return found


def test_formula_a_is_resnik_both_ways(index: Index) -> None:
    profiles, ancestors = shown(index), index.findings.ancestors
    annotated = [profile for profile in profiles if profile]
    broad = [set().union(*(ancestors(finding) for finding in profile)) for profile in annotated]

    def likeness(one: str, other: str) -> float:
        common = ancestors(one) & ancestors(other)
        return max(math.log(len(annotated) / max(1, sum(each in b for b in broad))) for each in common)

    patient = ["HP:0007327", "HP:0001744"]
    scores = ResnikSum(index).scores(index.findings.positions(patient))
    for place, profile in enumerate(profiles):
        if profile:
            forward = sum(max(likeness(own, theirs) for theirs in profile) for own in patient)
            backward = sum(max(likeness(own, theirs) for own in patient) for theirs in profile) / len(profile)
            assert scores[place] == pytest.approx(forward + backward / 2, abs=1e-5)


def test_formula_b_takes_the_best_broader_finding(index: Index) -> None:
    scores = LogRatioSum(index).scores(index.findings.positions(["HP:0007327"]))
    disease = index.diseases.position("ORPHA:2932")
    assert scores[disease] == scores.max()
    share = (3 + 10) / (4 + 20)
    assert scores[disease] == pytest.approx(math.log(share / (share / len(index.diseases))), abs=1e-5)


def test_patients_are_read_with_their_citation_and_others_are_counted(index: Index, tmp_path: Path) -> None:
    records = [
        {"id": "PMID_1_A", "disease": "ORPHA:2932", "observed": ["HP:0007327", "HP:9990003"], "sex": "MALE"},
        {"id": "PMID_12_B", "disease": "ORPHA:2932", "observed": ["HP:0007327"], "sex": "FEMALE"},
        {"id": "PMID_1_C", "disease": "OMIM:111111", "observed": ["HP:0007327"], "sex": "FEMALE"},
    ]
    path = tmp_path / "patients.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(record) + "\n" for record in records).encode()))
    cases, others, left_out = read_cases(path, index)
    assert [(case.is_cited, case.sex, len(case.observed)) for case in cases] == [
        (True, Sex.MALE, 1),
        (False, Sex.FEMALE, 1),
    ]
    assert (others, left_out) == (1, 1)
    flat = np.zeros(len(index.diseases))
    assert rank_all(lambda _, __: flat, cases, [0, None]).tolist() == [len(flat), UNRANKED]


def test_half_of_many_diseases_is_for_tuning_and_always_the_same() -> None:
    tuned = [is_tuning(f"MONDO:{number:07}") for number in range(2000)]
    assert 0.45 < np.mean(tuned) < 0.55
    assert (is_tuning("MONDO:0013277"), is_tuning("MONDO:0012812")) == (True, False)


def test_means_over_diseases_and_intervals_count_diseases_once() -> None:
    values, disease = np.array([1.0, 1.0, 1.0, 0.0]), np.array([4, 4, 4, 9])
    assert over_diseases(values, disease) == 0.5
    assert interval(values, disease) == (0.0, 1.0)


def test_tables_tell_cited_and_uncited_apart() -> None:
    ranks = {name: np.array([1, 2, 11]) for name in ("score", "B", "A")}
    text = result_table(Ranks(("score", "B", "A"), ranks, np.array([0, 1, 2]), np.array([True, True, False])))
    lines = [[cell.strip() for cell in line.split("|")] for line in text.splitlines()]
    first = {(line[1], line[2]): line[3].split()[0] for line in lines[2:]}
    assert first["cited (2)", "score"] == "50.0"
    assert first["uncited (1)", "score"] == "0.0"
