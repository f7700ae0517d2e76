"""OBO Graph JSON: published files and our own export as records, and one line for what is wrong."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from poems_kg.exports.obograph import render_obograph
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.releases.obographs import read_classes, read_version
from poems_kg.releases.opening import ReleaseError
from poems_kg.releases.records import OntologyClass

HPO = Path(__file__).parent / "data" / "releases" / "hp.json"


def write(tmp_path: Path, data: bytes | str) -> Path:
    path = tmp_path / "hp.json"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_classes_have_what_the_graph_says_of_them() -> None:
    polyneuropathy, neuropathy, root, obsolete = read_classes(HPO)
    assert polyneuropathy == OntologyClass(
        term_id="HP:0001271",
        label="Polyneuropathy",
        definition="A text made for tests.",
        parent_ids=("HP:0009830",),
        synonyms=(("exact", "Peripheral nerve disease"), ("broad", "Nerve disease")),
        xrefs=("UMLS:C0152025",),
        alternative_ids=("HP:0006941",),
    )
    assert (neuropathy.label, root.label) == ("Peripheral neuropathy", "All")
    assert obsolete.is_obsolete
    assert (obsolete.replaced_by, obsolete.consider) == (("HP:0001271",), ("HP:0009830",))


def test_the_version_is_the_one_in_the_file() -> None:
    assert read_version(HPO) == ("http://purl.obolibrary.org/obo/hp/releases/2030-01-02/hp.json", "2030-01-02")


def test_a_gzipped_file_says_the_same(tmp_path: Path) -> None:
    assert read_classes(write(tmp_path, gzip.compress(HPO.read_bytes()))) == read_classes(HPO)


def test_our_own_export_is_read(kg: KnowledgeGraph, tmp_path: Path) -> None:
    path = write(tmp_path, render_obograph(kg))
    found = {record.term_id: record for record in read_classes(path)}
    poems = found["MONDO:0017364"]
    assert poems.label == "POEMS syndrome"
    assert poems.definition
    assert ("exact", "Crow-Fukase syndrome") in poems.synonyms
    assert set(poems.parent_ids) <= found.keys()
    assert poems.parent_ids
    assert len(read_version(path)[1]) == len("2030-01-02")


def broken(change: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(HPO.read_text(encoding="utf-8"))
    change(document["graphs"][0])
    return json.dumps(document)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty; download"),
        (b"<html><body>404</body></html>", ":1: is a web page, not an ontology in OBO Graph JSON"),
        (HPO.read_bytes()[:1000], r"hp\.json:\d+: is not whole JSON \(.*\); download the file again"),
        (gzip.compress(HPO.read_bytes())[:-9], "the gzip stream is broken or cut off"),
        (HPO.read_bytes().replace(b"All", b"\xe9"), r"hp\.json:\d+: byte \d+ is not UTF-8"),
        (b"[]", "has no list of graphs; give an ontology in OBO Graph JSON"),
        (b'{"graphs": []}', "has no list of graphs"),
        (b'{"graphs": [3]}', "has no list of graphs"),
        (b"[" * 200_000, "is nested too deeply|is not whole JSON"),
        (broken(lambda graph: graph["nodes"][0].pop("id")), "a node or an edge has no 'id'"),
        (broken(lambda graph: graph["edges"][0].pop("pred")), "a node or an edge has no 'pred'"),
        (broken(lambda graph: graph["nodes"].append(3)), "a node or an edge has a value of another kind"),
    ],
)
def test_what_is_no_obo_graph_is_one_line(tmp_path: Path, data: bytes | str, said: str) -> None:
    with pytest.raises(ReleaseError, match=said) as caught:
        read_classes(write(tmp_path, data))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="cannot be read"):
        read_version(tmp_path / "none.json")
