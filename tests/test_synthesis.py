"""Synthetic patients: marked as such, the same for the same seed, and with the shares that they were drawn from."""

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from differential_world import COUNTS, NERVE, SHOWN, Book, world

from poems_kg.cli import cli
from poems_kg.cohorts.synthesis import MARK, Model, Synthesizer, draw, write_cohort
from poems_kg.differential.posterior import posteriors
from poems_kg.differential.rivals import POEMS, rivals
from poems_kg.ids import PoemsKgError
from poems_kg.patients.patient import Patient, Sex
from poems_kg.patients.reading import read_patients
from poems_kg.profiles.index import open_index

RELEASES = Path(__file__).parent / "data" / "releases" / "linked"

QUIET = Model(other_causes=0.0, made_broader=0.0, made_narrower=0.0, excluded=0.0)
"""No noise: what is recorded was drawn."""
ALL = Model(other_causes=0.0, made_broader=0.0, made_narrower=0.0, excluded=0.0, least=50, centres=400)
"""Everything that is present is recorded, of many centres."""


def source(seed: int = 0, model: Model | None = None) -> Synthesizer:
    return Synthesizer(world(), Book(), {name: SHOWN.get(name, 0.02) for name in COUNTS[POEMS]}, seed, model)


def test_every_record_says_that_it_is_synthetic() -> None:
    for number, drawn in enumerate(draw(source(7), 50), start=1):
        record = drawn.to_record(7)
        assert record["id"] == f"{MARK}-7-{number:07d}"
        assert record[MARK] is True
        assert record["generator"] == {"seed": 7, "label": drawn.label}
        assert record["disease"] in world().ids


def test_the_same_seed_gives_the_same_patients_and_few_are_the_first_of_many() -> None:
    many, few, other = (list(draw(source(seed), count)) for seed, count in ((3, 40), (3, 10), (4, 40)))
    assert few == many[:10]
    assert [each.patient.observed for each in other] != [each.patient.observed for each in many]


def test_shares_over_many_patients_are_the_pooled_ones() -> None:
    drawn = [each for each in draw(source(1, ALL), 4000) if each.disorder_id == POEMS]
    seen: Counter[str] = Counter()
    for each in drawn:
        seen.update(frozenset().union(*(Book().ancestors(finding) for finding in each.patient.observed)))
    for finding_id in ("thrombocytosis", "M protein", "elevated VEGF", "polyneuropathy"):
        n, total = COUNTS[POEMS][finding_id]
        assert seen[finding_id] / len(drawn) == pytest.approx(n / total, abs=0.05)


def test_findings_of_one_organ_system_go_together() -> None:
    alone, together = Model(**{**_fields(ALL), "system_effect": 0.0, "severity_effect": 0.0}), ALL
    spreads = []
    for model in (alone, together):
        counts = [len(each.patient.observed) for each in draw(source(2, model), 3000) if each.disorder_id == POEMS]
        spreads.append(np.var(counts))
    assert spreads[1] > 1.15 * spreads[0]


def _fields(model: Model) -> dict[str, float]:
    return {name: getattr(model, name) for name in Model.__slots__}


def test_without_noise_only_findings_of_the_disorder_are_recorded() -> None:
    for drawn in draw(source(5, QUIET), 300):
        own = {*COUNTS[drawn.disorder_id], *({"gynecomastia"} if drawn.disorder_id == POEMS else ())}
        assert set(drawn.patient.observed) <= own
        assert drawn.patient.excluded == ()
        assert not (drawn.patient.sex is Sex.FEMALE and "gynecomastia" in drawn.patient.observed)


def test_no_finding_is_both_or_implied_and_some_are_excluded() -> None:
    excluded = 0
    for drawn in draw(source(6), 300):
        present = frozenset().union(*(Book().ancestors(each) for each in drawn.patient.observed))
        assert present.isdisjoint(drawn.patient.excluded)
        for each in drawn.patient.observed:
            assert not (Book().ancestors(each) - {each}) & set(drawn.patient.observed)
        excluded += len(drawn.patient.excluded)
    assert excluded > 100


def test_disorders_and_sexes_come_as_often_as_stated() -> None:
    drawn = list(draw(source(8), 4000))
    shares = Counter(each.disorder_id for each in drawn)
    assert all(0.2 < count / len(drawn) < 0.3 for count in shares.values())
    men = [each.patient.sex is Sex.MALE for each in drawn if each.disorder_id == NERVE]
    assert np.mean(men) == pytest.approx(0.6, abs=0.06)


def test_words_are_made_broader_and_narrower() -> None:
    broader = Model(**{**_fields(QUIET), "made_broader": 1.0})
    found = {finding for drawn in draw(source(9, broader), 100) for finding in drawn.patient.observed}
    assert "polyneuropathy" not in found
    narrower = Model(**{**_fields(QUIET), "made_narrower": 1.0})
    found = {finding for drawn in draw(source(9, narrower), 100) for finding in drawn.patient.observed}
    assert "demyelinating polyneuropathy" in found
    assert "neuropathy" not in found


def test_a_file_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    paths = [tmp_path / name for name in ("a.jsonl", "b.jsonl.gz", "c.jsonl.gz")]
    for path in paths:
        write_cohort(source(1), 20, path, lambda *said: told.append(said))
    plain, first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert gzip.decompress(first) == plain
    records = [json.loads(line) for line in plain.splitlines()]
    assert [record["id"] for record in records] == [each.patient.patient_id for each in draw(source(1), 20)]
    assert told[-1] == ("drawing patients", 20, 20)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PoemsKgError, match="cannot be written"):
        write_cohort(source(1), 1, tmp_path / "none" / "a.jsonl", lambda *_: None)


def test_the_command_writes_what_is_read_as_patients(tmp_path: Path) -> None:
    path = tmp_path / "cohort.jsonl.gz"
    ended = CliRunner().invoke(cli, ["synthesize", "-n", "30", "--seed", "2", "--data", str(RELEASES), "-o", str(path)])
    assert ended.exit_code == 0, ended.output
    assert "30 synthetic patients, seed 2; not real cases, not medical advice" in ended.output
    patients = list(read_patients(path, open_index(RELEASES).findings))
    assert all(isinstance(each, Patient) for each in patients)
    assert len(patients) == 30
    weighed = rivals(open_index(RELEASES))
    for each in patients:
        assert isinstance(each, Patient)
        assert each.patient_id.startswith(f"{MARK}-2-")
        assert sum(posteriors(weighed, each).values()) == pytest.approx(1)


def test_the_command_says_what_it_takes() -> None:
    shown = CliRunner().invoke(cli, ["synthesize", "--help"])
    assert shown.exit_code == 0
    assert "never to be mixed with real cases" in " ".join(shown.output.split())
    assert CliRunner().invoke(cli, ["synthesize", "-n", "0", "-o", "x.jsonl"]).exit_code != 0
