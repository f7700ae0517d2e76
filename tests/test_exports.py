"""Each export is read back by a library that did not write it, and counted against the graph."""

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
import rdflib
from rdflib.compare import isomorphic

import poems_kg
from poems_kg.build import ontology_triples
from poems_kg.exports import FORMATS, ExportError, export, kgx, neo4j
from poems_kg.exports.content import Content
from poems_kg.ids import PoemsKgError, expand, prefixes
from poems_kg.knowledge import read_tables
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.links import MAPPING_COLUMNS, parse_mapping
from poems_kg.places import graph_file, ontology_dir

pq = pytest.importorskip("pyarrow.parquet")

CHECKOUT = Path(poems_kg.__file__).parent.parent


@pytest.fixture(scope="module")
def content(kg: KnowledgeGraph) -> Content:
    return Content(kg)


_WRITE_ALL = """
import sys
from pathlib import Path
import poems_kg
from poems_kg.exports import FORMATS
kg = poems_kg.load()
for name in FORMATS:
    kg.export(name, Path(sys.argv[1]) / name)
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Every format under its name, written by two processes with hash seeds of their own."""
    folders = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITE_ALL, str(folder)],
            env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": str(CHECKOUT)},
        )
        for seed, folder in enumerate(folders, start=1)
    ]
    assert [process.wait() for process in running] == [0, 0]
    return folders


@pytest.fixture(scope="module")
def written(runs: tuple[Path, Path]) -> Path:
    return runs[0]


@pytest.fixture(scope="module")
def view(kg: KnowledgeGraph) -> nx.MultiDiGraph:
    return kg.view("graph")


def read_rows(path: Path, delimiter: str, comment: str = "") -> list[dict[str, str]]:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    body = [line for line in lines if not (comment and line.startswith(comment))]
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    return list(csv.DictReader(body, delimiter=delimiter, quoting=quoting))


# --- All formats ---


def test_a_folder_format_gives_the_files_it_wrote(kg: KnowledgeGraph, tmp_path: Path) -> None:
    for summary, suffix in FORMATS.values():
        assert summary
        assert suffix == "folder" or suffix.startswith(".")
    files = export("neo4j", kg, tmp_path / "made")
    assert files == [tmp_path / "made" / "nodes.csv", tmp_path / "made" / "relationships.csv"]
    assert all(file.is_file() for file in files)


def test_the_same_bytes_from_run_to_run(runs: tuple[Path, Path]) -> None:
    written, again = runs
    files = [path.relative_to(written) for path in sorted(written.rglob("*")) if path.is_file()]
    assert len(files) > len(FORMATS)
    assert [file for file in files if (written / file).read_bytes() != (again / file).read_bytes()] == []


class _Elsewhere:
    """An endpoint: can be asked, and shows nothing of what it is made of."""

    def __init__(self, store: Any) -> None:
        self.query = store.query
        self.select = store.select


@pytest.mark.parametrize("name", ["turtle", "nquads", "kgx-tsv", "sssom", "graphml"])
def test_an_endpoint_gives_the_same_bytes(kg: KnowledgeGraph, written: Path, tmp_path: Path, name: str) -> None:
    for file in export(name, KnowledgeGraph(_Elsewhere(kg.store)), tmp_path / name):
        assert file.read_bytes() == (written / file.relative_to(tmp_path)).read_bytes()


def test_an_endpoint_without_named_graphs_is_refused(tmp_path: Path) -> None:
    from pyoxigraph import Store

    from poems_kg.store import LocalStore

    with pytest.raises(ExportError, match="no named graphs"):
        export("nquads", KnowledgeGraph(_Elsewhere(LocalStore(Store()))), tmp_path / "a.nq")


# --- RDF ---


@pytest.fixture(scope="module")
def ontology(written: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(written / "turtle", format="turtle")


def test_turtle_is_the_released_ontology(kg: KnowledgeGraph, ontology: rdflib.Graph, written: Path) -> None:
    assert len(ontology) == len(ontology_triples(kg.store.quads))
    assert (written / "turtle").read_bytes() == (ontology_dir() / "poems.ttl").read_bytes()


@pytest.mark.parametrize(("name", "parser"), [("rdfxml", "xml"), ("jsonld", "json-ld")])
def test_ontology_formats_say_the_same(written: Path, ontology: rdflib.Graph, name: str, parser: str) -> None:
    again = rdflib.Graph().parse(written / name, format=parser)
    assert len(again) == len(ontology)
    assert _without_blanks(again) == _without_blanks(ontology)


def test_ontology_formats_are_isomorphic(written: Path, ontology: rdflib.Graph) -> None:
    around = {node for node in ontology.subjects() if isinstance(node, rdflib.BNode)}
    assert around
    for name, parser in (("rdfxml", "xml"), ("jsonld", "json-ld")):
        again = rdflib.Graph().parse(written / name, format=parser)
        assert isomorphic(_restrictions(again), _restrictions(ontology))


def _without_blanks(graph: rdflib.Graph) -> Counter[tuple[str, ...]]:
    """All statements, blank nodes without their names."""
    return Counter(tuple("_" if isinstance(n, rdflib.BNode) else _words(n) for n in triple) for triple in graph)


def _words(node: rdflib.term.Node) -> str:
    # A plain text and one of type string are the same in RDF 1.1, but not to rdflib.
    return node.n3().removesuffix(f"^^{rdflib.XSD.string.n3()}")


def _restrictions(graph: rdflib.Graph) -> rdflib.Graph:
    """The statements around class expressions, where blank nodes hang together."""
    kept = rdflib.Graph()
    for triple in graph:
        if isinstance(triple[2], rdflib.BNode):
            kept.add(triple)
            kept += graph.triples((triple[2], None, None))
    return kept


@pytest.mark.parametrize("name", ["nquads", "trig"])
def test_all_named_graphs_are_there(kg: KnowledgeGraph, written: Path, name: str) -> None:
    again = rdflib.Dataset()
    again.parse(written / name, format=name)
    wanted = Counter(quad.graph_name.value for quad in kg.store.quads)
    assert Counter({str(graph.identifier): len(graph) for graph in again.graphs() if len(graph)}) == wanted


def test_trig_is_the_built_graph(written: Path) -> None:
    assert (written / "trig").read_bytes() == graph_file().read_bytes()


# --- Networks ---


def _edge_ids(graph: nx.MultiDiGraph) -> set[str]:
    return {f"{subject}|{key}|{target}" for subject, target, key in graph.edges(keys=True)}


def _flat(value: object) -> str:
    return "|".join(map(str, value)) if isinstance(value, list) else str(value)


def _keys(graph: nx.MultiDiGraph) -> dict[str, dict[str, Any]]:
    return {key: attributes for _, _, key, attributes in graph.edges(keys=True, data=True)}


def test_graphml(written: Path, view: nx.MultiDiGraph) -> None:
    again = nx.read_graphml(written / "graphml", force_multigraph=True)
    assert set(again.nodes) == set(view.nodes)
    edges = _keys(again)
    assert edges.keys() == _edge_ids(view)
    assert len(edges) == view.number_of_edges()
    for node, attributes in view.nodes(data=True):
        assert again.nodes[node]["label"] == attributes["label"]
    for subject, target, key, attributes in view.edges(keys=True, data=True):
        known = {name: value for name, value in attributes.items() if value is not None}
        found = edges[f"{subject}|{key}|{target}"]
        assert found.keys() == known.keys()
        assert found["claims"] == _flat(known["claims"])
        assert found.get("low") == known.get("low")


def test_gexf(written: Path, view: nx.MultiDiGraph) -> None:
    again = nx.read_gexf(written / "gexf")
    assert set(again.nodes) == set(view.nodes)
    assert {attributes["id"] for _, _, attributes in again.edges(data=True)} == _edge_ids(view)
    labels = nx.get_node_attributes(again, "label")
    assert labels == nx.get_node_attributes(view, "label")
    found = Counter(str(attributes.get("claims", "")) for _, _, attributes in again.edges(data=True))
    assert found == Counter(_flat(attributes["claims"]) for _, _, attributes in view.edges(data=True))


def test_cytoscape(written: Path, view: nx.MultiDiGraph) -> None:
    document = json.loads((written / "cytoscape").read_text(encoding="utf-8"))
    again = nx.cytoscape_graph(document)
    assert set(again.nodes) == set(view.nodes)
    assert set(_keys(again)) == _edge_ids(view)
    for subject, target, key, attributes in view.edges(keys=True, data=True):
        found = again.edges[subject, target, f"{subject}|{key}|{target}"]
        assert {name: found[name] for name in attributes} == attributes
    assert all(
        node["data"]["name"] == view.nodes[node["data"]["id"]]["label"] for node in document["elements"]["nodes"]
    )


# --- KGX ---


@pytest.fixture(scope="module")
def kgx_rows(written: Path) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    folder = written / "kgx-tsv"
    return read_rows(folder / "poems_nodes.tsv", "\t"), read_rows(folder / "poems_edges.tsv", "\t")


def test_kgx_has_one_edge_a_claim(kgx_rows: Any, content: Content) -> None:
    nodes, edges = kgx_rows
    by_id = {edge["id"]: edge for edge in edges}
    assert len(by_id) == len(edges) == len(content.edge_claims) + len(content.is_a)
    assert {node["id"] for node in nodes} == content.entities.keys()
    assert {edge[end] for edge in edges for end in ("subject", "object")} <= content.entities.keys()
    for claim in content.edge_claims:
        edge = by_id[claim.claim_id]
        assert (edge["subject"], edge["object"]) == (claim.subject_id, claim.object_id)
        assert edge["negated"] == ("true" if claim.polarity == "denies" else "false")
        assert edge["has_count"] == ("" if claim.n is None else str(claim.n))
        assert edge["has_total"] == ("" if claim.total is None else str(claim.total))
        assert edge["original_predicate"] == f"kg:{claim.relation}"
        assert edge["publications"]


def test_kgx_loses_no_text_claim(kgx_rows: Any, content: Content) -> None:
    texts = [json.loads(text) for node in kgx_rows[0] for text in node["text_claims"].split("|") if text]
    wanted = {claim.claim_id: claim for claim in content.claims if not claim.object_id}
    assert Counter(text["claim_id"] for text in texts) == Counter(wanted.keys())
    for text in texts:
        claim = wanted[text["claim_id"]]
        assert text.get("value", "") == claim.value
        assert text["qualifiers"] == dict(claim.qualifiers)


def test_kgx_jsonl_says_what_tsv_says(written: Path, kgx_rows: Any) -> None:
    for kind, rows in zip(("nodes", "edges"), kgx_rows, strict=True):
        lines = (written / "kgx-jsonl" / f"poems_{kind}.jsonl").read_text(encoding="utf-8").splitlines()
        for record, row in zip(map(json.loads, lines), rows, strict=True):
            assert record["id"] == row["id"]
            assert record.keys() == {name for name, cell in row.items() if cell}


def test_kgx_uses_the_words_of_biolink(kgx_rows: Any) -> None:
    biolink_model = pytest.importorskip("biolink_model")
    import yaml

    folder = Path(next(iter(biolink_model.__path__)))
    model = yaml.safe_load((folder / "schema" / "biolink_model.yaml").read_text(encoding="utf-8"))
    classes = {"".join(word[:1].upper() + word[1:] for word in name.split()): name for name in model["classes"]}

    def is_below(slot: str | None, top: str) -> bool:
        while slot and slot != top:
            slot = model["slots"][slot].get("is_a")
        return slot == top

    nodes, edges = kgx_rows
    used = {row["category"].removeprefix("biolink:") for row in [*nodes, *edges]}
    assert used <= classes.keys()
    predicates = {edge["predicate"].removeprefix("biolink:").replace("_", " ") for edge in edges}
    assert [name for name in sorted(predicates) if not is_below(name, "related to")] == []
    assert {edge["knowledge_level"] for edge in edges} <= model["enums"]["KnowledgeLevelEnum"][
        "permissible_values"
    ].keys()
    assert {edge["agent_type"] for edge in edges} <= model["enums"]["AgentTypeEnum"]["permissible_values"].keys()


def test_kgx_passes_its_validator(written: Path, content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    toolkit = pytest.importorskip("bmt.toolkit", reason="pip install 'poems-kg[validate]'", exc_type=ImportError)
    biolink_model = pytest.importorskip("biolink_model")
    requests = pytest.importorskip("requests")
    folder = Path(next(iter(biolink_model.__path__)))
    known = json.loads((folder / "prefixmaps" / "biolink_model_prefix_map.json").read_text(encoding="utf-8"))

    class Answer:
        """What kgx would fetch: the prefixes it knows, and ours."""

        text = "predicate mappings: []"

        def json(self) -> dict[str, str]:
            return known | prefixes()

    # kgx reads the Biolink Model from the web when it is imported; here it gets the copy on this machine.
    monkeypatch.setattr(requests, "get", lambda *_, **__: Answer())
    local = (str(folder / "schema" / "biolink_model.yaml"), "")
    monkeypatch.setattr(toolkit.Toolkit.__init__, "__defaults__", local)
    pytest.importorskip("kgx", reason="pip install 'poems-kg[validate]'")
    from kgx.transformer import Transformer
    from kgx.utils.kgx_utils import GraphEntityType
    from kgx.validator import Validator

    for form in ("tsv", "jsonl"):
        seen: Counter[str] = Counter()
        validator = Validator(progress_monitor=lambda kind, _, seen=seen: seen.update([str(kind)]))
        names = [str(written / f"kgx-{form}" / f"poems_{kind}.{form}") for kind in ("nodes", "edges")]
        reading = Transformer(stream=True)
        reading.transform({"filename": names, "format": form}, {"format": "null"}, inspector=validator)
        assert validator.get_errors() == {}
        edges = len(content.edge_claims) + len(content.is_a)
        assert seen == {str(GraphEntityType.NODE): len(content.entities), str(GraphEntityType.EDGE): edges}
    validator.analyse_node("HP:0001271", {"id": "HP:0001271"})
    assert validator.get_errors() != {}


def test_frequency_classes_do_not_overlap() -> None:
    assert kgx.frequency_class(0, 0) == "HP:0040285"
    assert kgx.frequency_class(100, 100) == "HP:0040280"
    assert kgx.frequency_class(29, 30) == ""
    assert kgx.frequency_class(None, 78) == ""


# --- Neo4j ---


def test_neo4j(written: Path, content: Content) -> None:
    nodes = read_rows(written / "neo4j" / "nodes.csv", ",")
    relationships = read_rows(written / "neo4j" / "relationships.csv", ",")
    texts = [claim for claim in content.claims if not claim.object_id]
    ids = {node["id:ID"] for node in nodes}
    assert list(nodes[0]) == neo4j.NODE_COLUMNS
    assert list(relationships[0]) == neo4j.RELATIONSHIP_COLUMNS
    assert len(ids) == len(nodes) == len(content.entities) + len(texts)
    assert len({row["id"] for row in relationships}) == len(relationships) == len(content.claims) + len(content.is_a)
    assert {row[end] for row in relationships for end in (":START_ID", ":END_ID")} <= ids
    assert all(node[":LABEL"] for node in nodes)
    figures = {row["id"]: (row["n:long"], row["total:long"]) for row in relationships}
    for claim in content.edge_claims:
        counts = ("" if number is None else str(number) for number in (claim.n, claim.total))
        assert figures[claim.claim_id] == tuple(counts)


# --- OBO Graphs, SSSOM, HPOA, Parquet ---


def test_obographs(written: Path, content: Content, ontology: rdflib.Graph) -> None:
    (graph,) = json.loads((written / "obographs").read_text(encoding="utf-8"))["graphs"]
    nodes = {node["id"]: node for node in graph["nodes"]}
    assert len(nodes) == len(graph["nodes"])
    for entity in content.entities.values():
        node = nodes[expand(entity.entity_id)]
        assert node["lbl"] == entity.label
        meta = node.get("meta", {})
        assert meta.get("definition", {}).get("val", "") == entity.definition
        assert sorted(synonym["val"] for synonym in meta.get("synonyms", [])) == sorted(n for _, n in entity.synonyms)
        assert sorted(xref["val"] for xref in meta.get("xrefs", [])) == entity.xrefs
    named = [pair for pair in ontology.subject_objects(rdflib.RDFS.subClassOf) if isinstance(pair[1], rdflib.URIRef)]
    is_a = [edge for edge in graph["edges"] if edge["pred"] == "is_a"]
    assert {(edge["sub"], edge["obj"]) for edge in is_a} == {(str(sub), str(obj)) for sub, obj in named}
    assert {edge["sub"] for edge in graph["edges"]} <= nodes.keys()
    defined = {str(subject) for subject in ontology.subjects(rdflib.OWL.equivalentClass, None)}
    assert {axiom["definedClassId"] for axiom in graph["logicalDefinitionAxioms"]} == defined


def test_obographs_passes_its_model(written: Path) -> None:
    obographs = pytest.importorskip("obographs", reason="pip install 'poems-kg[validate]'")
    document = obographs.GraphDocument.model_validate_json((written / "obographs").read_bytes())
    raw = json.loads((written / "obographs").read_text(encoding="utf-8"))["graphs"][0]
    assert len(document.graphs[0].nodes) == len(raw["nodes"])
    assert len(document.graphs[0].edges) == len(raw["edges"])


def test_sssom(written: Path, content: Content) -> None:
    import yaml

    text = (written / "sssom").read_text(encoding="utf-8")
    header = yaml.safe_load("\n".join(line[2:] for line in text.splitlines() if line.startswith("# ")))
    assert {"mapping_set_id", "license", "mapping_set_version", "curie_map"} <= header.keys()
    rows = read_rows(written / "sssom", "\t", comment="#")
    ours = [entity for entity in content.entities.values() if entity.is_ours and entity.category != "Publication"]
    plain = {(entity.entity_id, *match) for entity in ours for match in entity.matches}
    plain |= {(entity.entity_id, "oboInOwl:hasDbXref", xref) for entity in ours for xref in entity.xrefs}
    triples = {True: set(), False: set()}
    for row in rows:
        triples[row["predicate_modifier"] == "Not"].add((row["subject_id"], row["predicate_id"], row["object_id"]))
    assert triples[False] == plain
    assert ("MONDO:0017364", "skos:exactMatch", "ORPHA:2905") in triples[False]
    assert triples[True]
    assert len({tuple(row.values()) for row in rows}) == len(rows)
    for row in rows:
        assert row["mapping_justification"].startswith("semapv:")
        for column in ("subject_id", "predicate_id", "object_id", "mapping_justification"):
            assert row[column].partition(":")[0] in header["curie_map"]
        assert (
            row["mapping_source"] == header["mapping_set_id"] or row["mapping_source"] in header["mapping_set_source"]
        )


def test_sssom_is_read_back_as_the_tables_have_it(written: Path) -> None:
    header = (written / "sssom").read_text(encoding="utf-8")
    (set_id,) = re.findall(r"^# mapping_set_id: (.*)$", header, re.MULTILINE)
    read = set()
    for row in read_rows(written / "sssom", "\t", comment="#"):
        cells = {column: row[column] for column in MAPPING_COLUMNS}
        if cells["mapping_source"] == set_id:
            cells["mapping_source"] = ""
        read.add(parse_mapping((0, cells)))
    tables = {replace(m, subject_label="", object_label="") for m in read_tables(ontology_dir()).mappings}
    assert {replace(m, subject_label="", object_label="") for m in read} == tables


def test_sssom_passes_its_validator(written: Path) -> None:
    parsers = pytest.importorskip("sssom.parsers", reason="pip install 'poems-kg[validate]'")
    from sssom.validators import validate

    read = parsers.parse_sssom_table(str(written / "sssom"))
    assert len(read.df) == len(read_rows(written / "sssom", "\t", comment="#"))
    for report in validate(read, fail_on_error=False).values():
        assert [result.message for result in report.results] == []


def test_hpoa(written: Path, content: Content) -> None:
    lines = (written / "hpoa").read_text(encoding="utf-8").splitlines()
    assert [line.partition(":")[0] for line in lines[:4]] == ["#description", "#version", "#tracker", "#hpo-version"]
    rows = read_rows(written / "hpoa", "\t", comment="#")
    assert len(rows) > 50
    assert len({tuple(row.values()) for row in rows}) == len(rows)
    stated = {(claim.object_id, content.reference(claim.source_id)) for claim in content.claims}
    for row in rows:
        assert row["database_id"] == "ORPHA:2905"
        assert (row["hpo_id"], row["reference"]) in stated
        assert row["reference"].startswith(("PMID:", "DOI:"))
        assert row["evidence"] in ("PCS", "TAS")
        assert row["qualifier"] in ("", "NOT")
        assert row["sex"] in ("", "MALE", "FEMALE")
        _check_frequency(row["frequency"])


def _check_frequency(frequency: str) -> None:
    if "/" in frequency:
        n, total = map(int, frequency.split("/"))
        assert 0 <= n <= total
    elif frequency.endswith("%"):
        assert 0 <= float(frequency[:-1]) <= 100
    else:
        assert frequency == "" or frequency.startswith("HP:00402")


def test_parquet(written: Path, content: Content) -> None:
    claims, terms, edges = (pq.read_table(written / "parquet" / f"{n}.parquet") for n in ("claims", "terms", "edges"))
    assert claims.num_rows == len(content.claims)
    assert terms.num_rows == len(content.entities)
    assert edges.num_rows == len(set(edges["edge_id"].to_pylist())) == len(content.edge_claims) + len(content.is_a)
    for claim, row in zip(content.claims, claims.to_pylist(), strict=True):
        for column in ("claim_id", "subject_id", "relation", "source_id", "n", "total", "low", "high", "start", "end"):
            assert row[column] == getattr(claim, column)
        assert tuple((pair["key"], pair["value"]) for pair in row["qualifiers"]) == claim.qualifiers


def test_parquet_without_pyarrow(kg: KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ExportError, match=r"pip install 'poems-kg\[parquet\]'"):
        export("parquet", kg, tmp_path / "tables")
    assert not list(tmp_path.iterdir())


# --- Targets that do not fit ---


def _refused(kg: KnowledgeGraph, name: str, path: Path) -> str:
    with pytest.raises(PoemsKgError) as caught:
        export(name, kg, path)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_an_unknown_format_suggests_the_nearest(kg: KnowledgeGraph, tmp_path: Path) -> None:
    assert "did you mean turtle?" in _refused(kg, "turtel", tmp_path / "a")
    assert "use one of turtle" in _refused(kg, "0", tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_a_target_of_the_wrong_kind(kg: KnowledgeGraph, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("kept")
    assert "is a file" in _refused(kg, "neo4j", file)
    assert file.read_text() == "kept"
    assert "is a folder" in _refused(kg, "nquads", tmp_path)


@pytest.mark.parametrize("name", ["nquads", "neo4j"])
def test_a_target_that_cannot_be_written(kg: KnowledgeGraph, tmp_path: Path, name: str) -> None:
    assert "cannot be written" in _refused(kg, name, tmp_path / "missing" / "out")
    assert not list(tmp_path.iterdir())


def test_a_folder_with_other_files_is_left_alone(kg: KnowledgeGraph, tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("kept")
    assert "thesis.doc" in _refused(kg, "neo4j", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_a_folder_is_replaced_whole(kg: KnowledgeGraph, written: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "nodes.csv").write_text("old")
    export("neo4j", kg, target)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    for file in ("nodes.csv", "relationships.csv"):
        assert (target / file).read_bytes() == (written / "neo4j" / file).read_bytes()


def test_a_folder_stays_when_its_successor_fails(
    kg: KnowledgeGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "nodes.csv").write_text("old")
    write_bytes = Path.write_bytes

    def fail(path: Path, data: bytes) -> int:
        if path.name == "relationships.csv":
            raise OSError(28, "No space left on device")
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", fail)
    assert "no space left" in _refused(kg, "neo4j", target)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (target / "nodes.csv").read_text() == "old"
