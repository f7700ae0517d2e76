"""What is given back to HPO and Mondo: it can be cited and loaded again, and claims no more than was looked at."""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poems_kg.exports import export, hpoa, mondo_requests
from poems_kg.exports.content import Content
from poems_kg.exports.requests import DECLINED, render_template
from poems_kg.ids import expand
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.rdf import LABEL, Graphs, iri, text
from poems_kg.releases.hpoa import parse_frequency, read_hpoa
from poems_kg.releases.templates import read_template
from poems_kg.spelling import normalise
from poems_kg.store import LocalStore

POEMS = "MONDO:0017364"
TEMPLATES = [
    ("hpo-requests", "new_terms.tsv"),
    ("hpo-requests", "synonyms.tsv"),
    ("mondo-requests", "new_terms.tsv"),
    ("mondo-requests", "synonyms.tsv"),
    ("mondo-requests", "xrefs.tsv"),
]


@pytest.fixture(scope="module")
def written(kg: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(kg, tmp_path_factory.mktemp("requests"))


@pytest.fixture(scope="module")
def content(kg: KnowledgeGraph) -> Content:
    return Content(kg)


def write(kg: KnowledgeGraph, folder: Path) -> Path:
    for name in ("hpo-requests", "mondo-requests", "hpoa"):
        export(name, kg, folder / name)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table; of a template without its template strings."""
    with path.open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return found[1:] if found and "ID" in found[0].values() else found


def node(curie: str) -> ox.NamedNode:
    return ox.NamedNode(expand(curie))


def joined(kg: KnowledgeGraph, release: str, quads: Iterable[ox.Quad]) -> KnowledgeGraph:
    """The graph as if a release had been joined to it that says some more."""
    store, about = ox.Store(), iri("release:test")
    store.extend(kg.store.quads)  # type: ignore[attr-defined]
    graph = iri("graph:releases")
    store.add(ox.Quad(about, iri("rdf:type"), iri("kg:Release"), graph))
    store.add(ox.Quad(about, iri("kg:release_name"), text(release), graph))
    store.add(ox.Quad(about, iri("owl:versionInfo"), text("2030-01-01"), graph))
    store.extend(quads)
    return KnowledgeGraph(LocalStore(store))


# --- Round trip ---


@pytest.mark.parametrize(("name", "file"), TEMPLATES)
def test_templates_load_again(written: Path, name: str, file: str) -> None:
    path = written / name / file
    classes = read_template(path).classes
    table = rows(path)
    assert set(classes) == {next(iter(row.values())) for row in table}
    loaded = Counter((term_id, words) for term_id, record in classes.items() for _, words in record.synonyms)
    stated = Counter(
        (next(iter(row.values())), row[f"{scope}_synonym"])
        for row in table
        for scope in ("exact", "broad", "narrow", "related")
        if row.get(f"{scope}_synonym")
    )
    assert loaded == stated
    for row in table:
        record = classes[next(iter(row.values()))]
        assert row.get("Definition", record.definition) == record.definition
        for parent_id in row.get("Superclass", row.get("parent class", "")).split("|"):
            assert not parent_id or parent_id in record.parent_ids
        if "xref_id" in row:
            assert row["xref_id"] in map(mondo_requests.to_mondo, record.xrefs)


WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\t\n\r|", exclude_categories=["C", "Zl", "Zp"]), min_size=1
)


@given(st.dictionaries(st.from_regex(r"X:\d{1,3}", fullmatch=True), st.tuples(WORDS, WORDS, WORDS, st.lists(WORDS))))
def test_whatever_a_template_says_is_read(said: dict[str, tuple[str, str, str, list[str]]]) -> None:
    columns = [
        ("id", "ID"),
        ("label", "LABEL"),
        ("definition", "A IAO:0000115"),
        ("source", ">A oboInOwl:hasDbXref SPLIT=|"),
        ("synonyms", "A oboInOwl:hasNarrowSynonym SPLIT=|"),
        ("status", ""),
    ]
    table = [[i, label, words, source, "|".join(names), "x"] for i, (label, words, source, names) in said.items()]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "template.tsv"
        path.write_bytes(render_template(columns, table))
        classes = read_template(path).classes
    assert {i: (c.label, c.definition, [name for _, name in c.synonyms]) for i, c in classes.items()} == {
        i: (label, words, names) for i, (label, words, _, names) in said.items()
    }


def test_hpoa_loads_again_with_the_same_rows(written: Path) -> None:
    annotations = read_hpoa(written / "hpoa").annotations
    body = [line for line in (written / "hpoa").read_text(encoding="utf-8").splitlines() if line[:1] != "#"][1:]
    assert len(annotations) == len(body) == len(set(body)) > 50
    for line, row in zip(body, annotations, strict=True):
        cells = [row.database_id, row.disease_name, "", row.finding_id, row.reference, row.evidence_code, row.onset_id]
        cells += [row.frequency, row.sex, ";".join(row.modifiers), row.aspect, row.biocuration]
        assert line.split("\t") == cells
    counted = [parsed for row in annotations if (parsed := parse_frequency(row.frequency)) and parsed.total]
    assert len(counted) > 20


# --- hpoa ---


def test_hpoa_has_no_patients_twice(written: Path) -> None:
    sexes: dict[tuple[str, str], list[str]] = {}
    for row in read_hpoa(written / "hpoa").annotations:
        sexes.setdefault((row.finding_id, row.reference), []).append(row.sex)
    assert all(len(set(found)) == len(found) for found in sexes.values())
    assert all("" not in found or len(found) == 1 for found in sexes.values())
    assert any(found in (["MALE", "FEMALE"], ["FEMALE", "MALE"]) for found in sexes.values())


def test_hpoa_counts_what_it_leaves_out(written: Path, content: Content) -> None:
    left_out: Counter[str] = Counter()
    for line in (written / "hpoa").read_text(encoding="utf-8").splitlines():
        if line.startswith("#left-out: "):
            count, _, reason = line.removeprefix("#left-out: ").partition(" ")
            left_out[reason] += int(count)
    relations = ("has_phenotype", "has_cardinal_feature", "has_manifestation")
    claims = [claim for claim in content.claims if claim.subject_id == POEMS and claim.relation in relations]
    assert left_out.total() + len(read_hpoa(written / "hpoa").annotations) == len(claims)
    assert all(left_out.values())


def test_hpoa_writes_a_denial_as_none_of_the_patients(content: Content) -> None:
    [claim] = [claim for claim in content.claims if claim.claim_id == "claim:C1497"]
    assert claim.polarity == "denies"
    assert claim.total
    assert hpoa._left_out(claim, content).startswith("denials without a count")
    of_all = replace(claim, qualifiers=())
    assert (hpoa._left_out(of_all, content), hpoa._frequency(of_all)) == ("", f"0/{claim.total}")


def test_no_obsolete_id_leaves(kg: KnowledgeGraph, tmp_path: Path) -> None:
    graph = iri("graph:hpo")
    deprecated, replaced = iri("owl:deprecated"), iri("IAO:0100001")
    changed = joined(
        kg,
        "hpo",
        [
            ox.Quad(node("HP:0000771"), deprecated, ox.Literal(True), graph),
            ox.Quad(node("HP:0000771"), replaced, node("HP:0009999"), graph),
            ox.Quad(node("HP:0000135"), deprecated, ox.Literal(True), graph),
            ox.Quad(node("HP:0000759"), deprecated, ox.Literal(True), graph),
            ox.Quad(node("HP:0003134"), deprecated, ox.Literal(True), graph),
            ox.Quad(node("HP:0003134"), replaced, node("HP:0030177"), graph),
        ],
    )
    folder = write(changed, tmp_path)
    findings = {row.finding_id for row in read_hpoa(folder / "hpoa").annotations}
    assert "HP:0009999" in findings
    assert not findings & {"HP:0000771", "HP:0000135"}
    parents = {
        parent for row in rows(folder / "hpo-requests" / "new_terms.tsv") for parent in row["Superclass"].split("|")
    }
    assert "HP:0030177" in parents
    assert not parents & {"HP:0003134", "HP:0000759"}


# --- Requests ---


def test_every_reference_can_be_cited(written: Path) -> None:
    for name, file in TEMPLATES:
        for row in rows(written / name / file):
            for column in ("Definition_PMID", "Definition Xref", *(key for key in row if key.endswith("_source_id"))):
                words = row.get(column)
                for reference in words.split("|") if words else ():
                    is_address = name == "mondo-requests" or "synonym" in file
                    assert re.match(
                        r"(?:PMID:\d+|DOI:10\.\S+)$|https?://\S+$" if is_address else "PMID:|DOI:", reference
                    )


def test_a_request_says_what_was_looked_at(written: Path) -> None:
    for name, file in TEMPLATES:
        for row in rows(written / name / file):
            assert row["status"]
    assert all("not checked" in row["status"] for row in rows(written / "hpo-requests" / "new_terms.tsv"))


def test_new_terms_of_hpo_are_single_abnormalities(written: Path, content: Content) -> None:
    table = rows(written / "hpo-requests" / "new_terms.tsv")
    requested = {row["HPO_ID"] for row in table}
    assert len(table) == len(requested) > 20
    for row in table:
        entity = content.entities[row["HPO_ID"]]
        assert not [pair for pair in entity.matches if pair[0] == "skos:exactMatch" and pair[1].startswith("HP:")]
        assert " or " not in row["HPO_Label"]
        assert row["Definition"]
        assert row["Definition_PMID"]
        parents = row["Superclass"].split("|")
        assert parents
        assert all(parent.startswith("HP:") or parent in requested for parent in parents)
    held = {row["term_id"] for row in rows(written / "hpo-requests" / "held_back.tsv") if row["kind"] == "new term"}
    lacking = {
        entity.entity_id
        for entity in content.entities.values()
        if entity.category == "Finding" and not entity.entity_id.startswith("HP:")
    }
    exact = {
        i for i in lacking if any(p == "skos:exactMatch" and t[:3] == "HP:" for p, t in content.entities[i].matches)
    }
    assert not requested & held
    assert requested | held == lacking - exact


def test_what_hpo_declined_is_not_requested_again(written: Path, content: Content) -> None:
    declined = {
        claim.subject_id: claim
        for claim in content.claims
        if ("attribute", DECLINED.format(title="HPO")) in claim.qualifiers
    }
    assert "POEMS:0000209" in declined
    assert not declined.keys() & {row["HPO_ID"] for row in rows(written / "hpo-requests" / "new_terms.tsv")}
    held = {
        row["term_id"]: row for row in rows(written / "hpo-requests" / "held_back.tsv") if row["kind"] == "new term"
    }
    for term_id, claim in declined.items():
        assert claim.value in held[term_id]["reason"]
        assert content.reference(claim.source_id) in held[term_id]["source"]


def test_mondo_is_not_asked_for_names_that_it_has(written: Path) -> None:
    names = {
        row["exact_synonym"] for row in rows(written / "mondo-requests" / "synonyms.tsv") if row["mondo_id"] == POEMS
    }
    assert "Shimpo syndrome" in names
    assert not {normalise(name) for name in names} & {"crow fukase syndrome", "takatsuki syndrome", "pep syndrome"}


def test_a_joined_release_is_looked_at(kg: KnowledgeGraph, written: Path, tmp_path: Path) -> None:
    graph, subject = iri("graph:mondo"), node("MONDO:9999999")
    changed = joined(
        kg,
        "mondo",
        [
            ox.Quad(node(POEMS), iri("kg:upstream_name"), text("shimpo's syndrome"), iri("graph:linked")),
            ox.Quad(node("MONDO:0005615"), iri("kg:upstream_match"), text("HP:0011857"), iri("graph:linked")),
            ox.Quad(subject, LABEL, text("paraproteinemic demyelinating neuropathy"), graph),
            ox.Quad(subject, iri("kg:name_key"), text("paraproteinemic demyelinating neuropathy"), iri("graph:linked")),
        ],
    )
    before = {name: rows(written / "mondo-requests" / name) for name in ("synonyms.tsv", "xrefs.tsv", "new_terms.tsv")}
    write(changed, tmp_path)
    after = {name: rows(tmp_path / "mondo-requests" / name) for name in before}

    def gone(name: str, column: str) -> set[str]:
        return {row[column] for row in before[name]} - {row[column] for row in after[name]}

    assert gone("synonyms.tsv", "exact_synonym") == {"Shimpo syndrome"}
    assert gone("xrefs.tsv", "xref_id") == {"HP:0011857"}
    assert gone("new_terms.tsv", "Mondo ID") == {"POEMS:0000194"}
    held = {row["term_id"]: row["reason"] for row in rows(tmp_path / "mondo-requests" / "held_back.tsv")}
    assert "MONDO:9999999" in held["POEMS:0000194"]
    assert all("2030-01-01" in row["status"] for row in after["synonyms.tsv"])


def test_a_name_of_another_term_is_held_back(written: Path) -> None:
    held = [row for row in rows(written / "mondo-requests" / "held_back.tsv") if row["kind"] == "synonym"]
    assert {"swollen lymph nodes", "enlarged lymph nodes"} <= {
        row["request"] for row in held if row["reason"].startswith("also a name of HP:0002716")
    }


def test_disputes_are_with_what_mondo_says(written: Path, content: Content) -> None:
    table = rows(written / "mondo-requests" / "disputed_xrefs.tsv")
    assert [row["xref_id"] for row in table] == ["Orphanet:570438"]
    for row in table:
        assert row["mondo_says"] == "skos:exactMatch"
        assert "/mondo/releases/" in row["mondo_set"]
        assert row["we_say"]
        assert row["we_say"] != row["mondo_says"]
        assert row["comment"]


def test_groups_of_ours_are_not_requested(written: Path, content: Content) -> None:
    defined = {
        quad.subject.value
        for quad in content.quads
        if quad.graph_name == Graphs.asserted and quad.predicate == iri("owl:equivalentClass")
    }
    assert defined
    for row in rows(written / "mondo-requests" / "new_terms.tsv"):
        assert expand(row["Mondo ID"]) not in defined
        assert row["parent class"].startswith(("MONDO:", "POEMS:"))


def test_a_linked_graph_exports_what_is_ours(kg: KnowledgeGraph, tmp_path: Path) -> None:
    strange = ox.Quad(node("HP:0000001"), LABEL, text("All"), iri("graph:hpo"))
    for name, graph in (("a", kg), ("b", joined(kg, "hpo", [strange]))):
        export("nquads", graph, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
