"""CURIEs and IRIs by the one prefix map, with Bioregistry as a second opinion on the names of prefixes."""

import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poems_kg import ids
from poems_kg.ids import (
    PoemsKgError,
    UnknownPrefixError,
    compress,
    expand,
    is_curie,
    is_known,
    prefixes,
    standardize,
)
from poems_kg.names import UnknownTermError
from poems_kg.patients.patient import RecordError
from poems_kg.patients.terms import UnknownFindingError
from poems_kg.places import ontology_dir
from poems_kg.tables import DataError, Issue

OURS = {"POEMS", "annotation", "claim", "graph", "kg", "mapping", "passage", "release", "source"}
"""Prefixes below our own address, which no registry has."""
SYNONYMS = [
    (synonym, prefix)
    for prefix, _, synonyms in (
        line.split("\t") for line in (ontology_dir() / "prefixes.tsv").read_text(encoding="utf-8").splitlines()[1:]
    )
    for synonym in synonyms.split("|")
    if synonym
]
LOCAL = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,12}", fullmatch=True)


def _is_taken_by_a_longer_namespace(iri: str, prefix: str) -> bool:
    return any(iri.startswith(longer) for longer in prefixes().values() if len(longer) > len(prefixes()[prefix]))


@given(st.sampled_from(sorted(prefixes())), LOCAL)
def test_curie_to_iri_and_back(prefix: str, local: str) -> None:
    iri = expand(f"{prefix}:{local}")
    if not _is_taken_by_a_longer_namespace(iri, prefix):
        assert compress(iri) == f"{prefix}:{local}"
    assert expand(compress(iri)) == iri


@given(st.sampled_from(SYNONYMS), LOCAL)
def test_another_name_of_a_prefix_means_the_same(names: tuple[str, str], local: str) -> None:
    synonym, prefix = names
    curie = f"{prefix}:{local}"
    assert expand(f"{synonym}:{local}") == expand(curie)
    assert compress(expand(f"{synonym}:{local}")) == compress(expand(curie))
    assert {standardize(f"{name}:{local}") for name in (synonym, synonym.lower(), synonym.upper(), prefix)} == {curie}
    assert is_known(curie)
    assert not is_known(f"{synonym}:{local}")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Orphanet:2905", "ORPHA:2905"),
        ("MEDGEN:39276", "medgen:39276"),
        ("SCTID:79268002", "snomedct:79268002"),
        ("SNOMEDCT_US:79268002", "snomedct:79268002"),
        ("MSH:D016878", "mesh:D016878"),
        ("UMLS:C0085404", "umls:C0085404"),
        ("ICD10CM:G63", "icd10cm:G63"),
        ("icd11.foundation:1555299114", "icd11:1555299114"),
        ("PMID:1", "pubmed:1"),
        ("hp:0001271", "HP:0001271"),
        ("nothing", "nothing"),
        ("XX:1", "XX:1"),
    ],
)
def test_what_other_projects_write_is_understood(typed: str, meant: str) -> None:
    assert standardize(typed) == meant


def test_prefixes_are_those_that_bioregistry_prefers() -> None:
    bioregistry = pytest.importorskip("bioregistry", reason="pip install 'poems-kg[validate]'")
    for prefix, namespace in prefixes().items():
        if prefix not in OURS:
            norm = bioregistry.normalize_prefix(prefix)
            assert (bioregistry.get_preferred_prefix(norm) or norm) == prefix
            read_as = bioregistry.parse_iri(f"{namespace}C0000001")[0]
            assert read_as in (norm, None), (prefix, namespace)
    for synonym, prefix in SYNONYMS:
        assert bioregistry.normalize_prefix(synonym) == bioregistry.normalize_prefix(prefix)


def test_prefix_map_is_sorted_and_every_namespace_is_an_address() -> None:
    assert list(prefixes()) == sorted(prefixes())
    assert all(namespace.startswith(("http://", "https://")) for namespace in prefixes().values())
    assert len(set(prefixes().values())) == len(prefixes())


@pytest.mark.parametrize(
    "text", ["", "HP", "HP:", ":1", "HP:00 1", "HP:<1>", "http://example.org", "a:/b", "HP:{1}", "HP:\x00", "HP:\ufffd"]
)
def test_what_is_no_curie(text: str) -> None:
    assert not is_curie(text)


def test_unknown_prefix_is_one_line() -> None:
    for curie in ("XX:1", "HP:", ":1", "liver", ""):
        words = re.escape(f"{curie}: no known prefix; use one of ontology/prefixes.tsv")
        with pytest.raises(UnknownPrefixError, match=f"^{words}$"):
            expand(curie)


def test_iri_without_namespace_stays_as_it_is() -> None:
    assert compress("https://example.org/x") == "https://example.org/x"
    assert compress(prefixes()["HP"]) == "http://purl.obolibrary.org/obo/HP_"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read"),
        (b"", "cannot be read"),
        (b"prefix\tnamespace\nHP\thttp://a/\n", ":1: the header is not what it must be"),
        (b"prefix\tnamespace\tsynonyms\nHP\n", ":2: not a new prefix"),
        (b"prefix\tnamespace\tsynonyms\nHP\thttp://a/\t\nHP\thttp://b/\t\n", ":3: not a new prefix"),
        (b"prefix\tnamespace\tsynonyms\nHP\thttp://a/\tHPO\nHPO\thttp://b/\t\n", ":3: not a new prefix"),
        (b"prefix\tnamespace\tsynonyms\nHP\t\xff\t\n", "cannot be read"),
    ],
)
def test_spoilt_prefix_map(text: bytes | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if text is not None:
        (tmp_path / "prefixes.tsv").write_bytes(text)
    monkeypatch.setattr(ids, "ontology_dir", lambda: tmp_path)
    ids._prefix_table.cache_clear()
    prefixes.cache_clear()
    try:
        with pytest.raises(PoemsKgError, match=words):
            prefixes()
    finally:
        ids._prefix_table.cache_clear()
        prefixes.cache_clear()


@pytest.mark.parametrize(
    "error",
    [
        PoemsKgError("plain"),
        UnknownTermError("hepatomegali", [("HP:0002240", "Hepatomegaly")]),
        UnknownFindingError("hepatomegali", [("HP:0002240", "Hepatomegaly")]),
        RecordError("observed[0]", "no term; write one"),
        DataError([Issue("terms.tsv", 2, "label", "TRM01", "empty", "write one")]),
    ],
)
def test_an_error_comes_whole_from_another_process(error: PoemsKgError) -> None:
    error.add_note("seen elsewhere")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.args == error.args
    assert vars(again) == vars(error)
