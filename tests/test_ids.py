"""CURIEs and IRIs by the one prefix map, with the ``curies`` package as a second opinion."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poems_kg import ids
from poems_kg.ids import PoemsKgError, UnknownPrefixError, compress, expand, is_curie, prefixes

LOCAL = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,12}", fullmatch=True)


def _is_taken_by_a_longer_namespace(iri: str, prefix: str) -> bool:
    return any(iri.startswith(longer) for longer in prefixes().values() if len(longer) > len(prefixes()[prefix]))


@given(st.sampled_from(sorted(prefixes())), LOCAL)
def test_curie_to_iri_and_back(prefix: str, local: str) -> None:
    iri = expand(f"{prefix}:{local}")
    if not _is_taken_by_a_longer_namespace(iri, prefix):
        assert compress(iri) == f"{prefix}:{local}"
    assert expand(compress(iri)) == iri


@given(st.sampled_from(sorted(prefixes())), LOCAL)
def test_the_curies_package_agrees(prefix: str, local: str) -> None:
    curies = pytest.importorskip("curies")
    converter = curies.Converter.from_prefix_map(prefixes())
    iri = expand(f"{prefix}:{local}")
    assert converter.expand(f"{prefix}:{local}") == iri
    assert converter.compress(iri) == compress(iri)


def test_prefix_map_is_sorted_and_every_namespace_is_an_address() -> None:
    assert list(prefixes()) == sorted(prefixes())
    assert all(namespace.startswith(("http://", "https://")) for namespace in prefixes().values())
    assert len(set(prefixes().values())) == len(prefixes())


@pytest.mark.parametrize("text", ["", "HP", "HP:", ":1", "HP:00 1", "HP:<1>", "http://example.org", "a:/b", "HP:{1}"])
def test_what_is_no_curie(text: str) -> None:
    assert not is_curie(text)


def test_unknown_prefix_is_one_line() -> None:
    with pytest.raises(UnknownPrefixError, match=r"^XX:1: no known prefix; use one of ontology/prefixes\.tsv$"):
        expand("XX:1")


def test_iri_without_namespace_stays_as_it_is() -> None:
    assert compress("https://example.org/x") == "https://example.org/x"
    assert compress(prefixes()["HP"]) == "http://purl.obolibrary.org/obo/HP_"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read"),
        (b"prefix\tnamespace\nHP\n", ":2: not a new prefix"),
        (b"prefix\tnamespace\nHP\thttp://a/\nHP\thttp://b/\n", ":3: not a new prefix"),
        (b"prefix\tnamespace\nHP\t\xff\n", "cannot be read"),
    ],
)
def test_spoilt_prefix_map(text: bytes | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if text is not None:
        (tmp_path / "prefixes.tsv").write_bytes(text)
    monkeypatch.setattr(ids, "ontology_dir", lambda: tmp_path)
    prefixes.cache_clear()
    try:
        with pytest.raises(PoemsKgError, match=words):
            prefixes()
    finally:
        prefixes.cache_clear()
