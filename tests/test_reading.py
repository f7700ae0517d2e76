"""All releases of a machine as rows."""

import shutil
from pathlib import Path

import pytest

from poems_kg.releases.catalogue import CACHE_VARIABLE, DATA_VARIABLE
from poems_kg.releases.opening import ReleaseError
from poems_kg.releases.reading import Releases, read_releases

DATA = Path(__file__).parent / "data" / "releases"


@pytest.fixture(autouse=True)
def nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cache, no folder but the one that is named."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.delenv(DATA_VARIABLE, raising=False)


def read(folder: Path) -> tuple[Releases, list[str]]:
    told: list[str] = []
    return read_releases(folder, lambda what, done, total: told.append(f"{what} {done}/{total}")), told


def test_all_that_a_folder_has_is_read_and_said() -> None:
    releases, told = read(DATA / "linked")
    assert len(releases.hpo.classes) == 20
    assert len(releases.hpoa.annotations) == 12
    assert [row.subject_id for row in releases.mappings["mondo-mappings"]].count("MONDO:9990001") == 2
    assert releases.parents["MONDO:9990001"] == {"MONDO:0000001"}
    assert [release.name for release in releases.files] == [
        "hpo",
        "hpoa",
        "mondo-mappings",
        "mondo-mappings",
        "mondo-rare",
    ]
    assert told[0] == "reading hp.obo 1/5"


def test_orphanet_s_own_files_are_read_too(tmp_path: Path) -> None:
    shutil.copytree(DATA / "linked", tmp_path / "data")
    for name in ("en_product1.xml", "en_product3_999.xml", "en_product4.xml"):
        shutil.copy(DATA / name, tmp_path / "data")
    shutil.copy(DATA / "ordo.owl", tmp_path / "data" / "ORDO_en_4.9.owl")
    releases, _ = read(tmp_path / "data")
    for name in ("ordo", "orphadata"):
        assert releases.ontologies[name].classes["ORPHA:2905"].label == "POEMS syndrome"
        assert any(row.subject_id == "ORPHA:2905" for row in releases.mappings[name])
    assert releases.ontologies["orphadata"].classes["ORPHA:2905"].parent_ids
    assert releases.ontologies["orphadata"].classes["ORPHA:2905"].synonyms
    assert any(row.database_id == "ORPHA:2905" for row in releases.further)


def test_mondo_as_json_gives_its_hierarchy(tmp_path: Path) -> None:
    shutil.copytree(DATA / "linked", tmp_path / "data")
    graph = (DATA / "hp.json").read_text(encoding="utf-8").replace("/HP_", "/MONDO_")
    (tmp_path / "data" / "mondo.json").write_text(graph, encoding="utf-8")
    releases, _ = read(tmp_path / "data")
    assert set(releases.ontologies["mondo"].classes) <= set(releases.parents) | {"MONDO:0000001"} | {
        term_id for term_id, record in releases.ontologies["mondo"].classes.items() if record.is_obsolete
    }


def test_a_release_that_is_needed_and_nowhere_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poems_kg.releases.catalogue.find_spec", lambda _: None)
    (tmp_path / "data").mkdir()
    with pytest.raises(ReleaseError, match=r"no hpo on this machine.*link fetch hpo"):
        read(tmp_path / "data")
    with pytest.raises(ReleaseError, match="no phenotype"):
        _ = Releases().hpoa
