"""Mondo's mapping sets and edges, whole or refused."""

from pathlib import Path

import pytest

from poems_kg.releases.mondo import read_edges, read_sssom
from poems_kg.releases.opening import ReleaseError

FOLDER = Path(__file__).parent / "data" / "releases" / "linked"
SET = FOLDER / "mondo_exactmatch_orphanet.sssom.tsv"
EDGES = FOLDER / "mondo-rare_edges.tsv"


def test_a_set_has_its_mappings_and_its_metadata() -> None:
    found = read_sssom(SET)
    assert found.version.endswith("releases/2026-08-04/mappings/mondo_exactmatch_orphanet.sssom.tsv")
    assert found.licence == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert found.prefixes["MONDO"] == "http://purl.obolibrary.org/obo/MONDO_"
    assert [(row.subject_id, row.object_id) for row in found.mappings] == [
        ("MONDO:0017364", "Orphanet:2905"),
        ("MONDO:9990001", "Orphanet:999001"),
    ]


def test_only_is_a_edges_are_taken() -> None:
    assert read_edges(EDGES) == {"MONDO:9990001": {"MONDO:0000001"}}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda _: "", "is empty"),
        (lambda text: text[:-10], "cut off"),
        (lambda text: text.replace("object_id", "target"), "no column object_id"),
        (lambda text: text.replace("\tOrphanet:2905\tPOEMS syndrome", ""), ":6:"),
        (lambda text: text.replace("# license: h", "# license: [h"), "not YAML"),
    ],
    ids=["empty", "cut off", "column", "cells", "metadata"],
)
def test_a_damaged_set_is_one_clear_line(tmp_path: Path, spoil, said: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / SET.name
    path.write_text(spoil(SET.read_text(encoding="utf-8")), encoding="utf-8", newline="")
    with pytest.raises(ReleaseError) as caught:
        read_sssom(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_without_is_a_is_said(tmp_path: Path) -> None:
    path = tmp_path / EDGES.name
    path.write_text(EDGES.read_text(encoding="utf-8").replace("subclass_of", "part_of"), encoding="utf-8")
    with pytest.raises(ReleaseError, match="no biolink:subclass_of edge"):
        read_edges(path)
