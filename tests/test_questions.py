"""The questions: complete headers, true prefixes, what they promise, and the same rows on two engines."""

import re
from collections.abc import Mapping
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import Dataset

from poems_kg.ids import expand, prefixes
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.names import UnknownTermError
from poems_kg.places import graph_file
from poems_kg.questions import (
    Question,
    QuestionError,
    Value,
    answer,
    bind,
    find_question,
    find_questions,
    read_question,
    to_answer,
)
from poems_kg.rdf import iri
from poems_kg.sparql import bind_terms
from poems_kg.store import LocalStore

QUESTIONS = find_questions()
REQUIRED = [
    "names",
    "disorders_sharing_finding",
    "shared_findings",
    "findings_not_shared",
    "findings",
    "findings_by_letter",
    "findings_by_body_system",
    "findings_by_frequency",
    "findings_by_sex",
    "distinguishing_features",
    "mechanism_paths",
    "tests_and_findings",
    "test_thresholds",
    "criteria",
    "treatments_by_class",
    "treatment_goals",
    "treatment_lines",
    "treatments_by_certainty",
    "treatment_outcomes",
    "side_effects_that_are_findings",
    "uncertain_therapies",
    "epidemiology",
    "prognosis",
    "care_team",
    "organisations",
    "evidence",
    "numeric_disagreements",
    "polarity_disagreements",
    "synonym_or_disorder_disagreements",
    "disagreements",
    "conflicts",
    "only_one_source",
    "cross_references",
    "claims_of_source",
    "references",
]
_PREFIX = re.compile(r"^PREFIX ([\w.]+): <([^>]*)>$", re.MULTILINE)
_QUOTED = re.compile(r'"[^"]*"|<[^>]*>|#.*')

each_question = pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
CORE = {name: question for name, question in QUESTIONS.items() if not question.needs}
"""What the core graph can answer; :mod:`tests.test_linked` asks the others."""

each_core_question = pytest.mark.parametrize("question", CORE.values(), ids=CORE.keys())


@pytest.fixture(scope="session")
def second_opinion() -> Dataset:
    """The released graph in rdflib's own store, for rdflib's own engine."""
    dataset = Dataset(default_union=True)
    dataset.parse(graph_file(), format="trig")
    return dataset


def as_rows(rows: list[dict[str, Value]]) -> list[tuple[str, ...]]:
    """Rows that can be sorted, nothing apart from empty text."""
    return sorted(tuple(repr(cell) for cell in row.values()) for row in rows)


def test_every_question_of_the_issue_is_there() -> None:
    assert set(REQUIRED) <= QUESTIONS.keys()


@each_question
def test_header_is_complete(question: Question) -> None:
    assert {"summary", "description", "tags", "returns", "expects"} <= question.header.keys()
    assert question.summary
    assert question.description
    assert question.tags
    assert question.expects["min_rows"] > 0
    assert all(str(meaning).strip() for meaning in question.returns.values())
    said = {name for item in question.header.get("defaults", []) for name in item}
    assert said | set(question.header.get("takes", {})) <= question.parameters.keys()
    assert all(parameter.is_optional or parameter.default for parameter in question.parameters.values())


@each_question
def test_prefixes_are_those_of_the_prefix_map(question: Question) -> None:
    declared = dict(_PREFIX.findall(question.sparql))
    assert declared == {prefix: prefixes().get(prefix) for prefix in declared}
    body = _QUOTED.sub(" ", _PREFIX.sub("", question.sparql))
    assert set(re.findall(r"(?<![\w?:$])([A-Za-z][\w.]*):(?=\w)", body)) == declared.keys()


@each_question
def test_every_select_is_ordered(question: Question) -> None:
    assert re.search(r"^ORDER BY ", question.sparql, re.MULTILINE)


@each_core_question
def test_answer_has_the_columns_and_rows_that_the_header_promises(kg: KnowledgeGraph, question: Question) -> None:
    found = kg.ask(question.name)
    assert found.columns == list(question.returns)
    assert len(found) >= question.expects["min_rows"]
    includes: Mapping[str, str] = question.expects.get("includes", {})
    assert any(all(row[column] == value for column, value in includes.items()) for row in found)
    assert len({repr(row) for row in found}) == len(found)


@each_core_question
def test_ids_have_their_labels_beside_them(kg: KnowledgeGraph, question: Question) -> None:
    for row in kg.ask(question.name):
        for column in row:
            if column.endswith("_label") and row.get(column.removesuffix("_label")):
                assert row[column]


TOO_MUCH_FOR_RDFLIB = {"disagreements", "synonym_or_disorder_disagreements"}
"""rdflib's own engine joins these by trying every pair and takes minutes; see :func:`few_claims`."""
AS_WRITTEN = {"numeric_disagreements", "treatments_by_class"}
"""rdflib sorts the patterns of these so that they take ten times as long as in the order that they are written in."""


@pytest.fixture(scope="session")
def few_claims(kg: KnowledgeGraph) -> tuple[LocalStore, Dataset]:
    """A part of the released graph that rdflib's engine can cope with, in both stores: no claims but on few facts."""
    facts = {
        f"MONDO:0017364 {end}"
        for end in ("coexists_with MONDO:0004815", "has_phenotype HP:0031047", "coexists_with MONDO:0015564")
    }
    chosen = [
        claim
        for claim in kg.claims()
        if claim.value == "osteosclerotic myeloma"
        or (
            claim.statement in facts
            and claim.source_id in {"nord-report", "patient-article", "merck", "pumch2006", "he2019"}
        )
    ]
    about = {iri(claim.claim_id) for claim in chosen}
    named = {iri(end) for claim in chosen for end in (claim.subject_id, claim.object_id) if end}
    named |= {iri(f"source:{claim.source_id}") for claim in chosen}
    part = ox.Store()
    part.extend(quad for quad in kg.store.quads if quad.subject in about)
    shown = (iri("rdfs:label"), iri("kg:citation"), iri("oboInOwl:hasExactSynonym"))
    part.extend(quad for quad in kg.store.quads if quad.subject in named and quad.predicate in shown)
    dataset = Dataset(default_union=True)
    dataset.parse(data=ox.serialize(part, format=ox.RdfFormat.N_QUADS), format="nquads")
    return LocalStore(part), dataset


@pytest.mark.parametrize("name", sorted(TOO_MUCH_FOR_RDFLIB))
def test_both_engines_agree_on_a_part_of_the_graph(
    kg: KnowledgeGraph, few_claims: tuple[LocalStore, Dataset], name: str
) -> None:
    store, dataset = few_claims
    ours = answer(QUESTIONS[name], {}, store, kg.names)
    assert ours.rows
    theirs = to_answer(dataset.query(QUESTIONS[name].sparql), kg.names)
    assert as_rows(theirs.rows) == as_rows(ours.rows)


@pytest.mark.parametrize("question", [q for n, q in CORE.items() if n not in TOO_MUCH_FOR_RDFLIB], ids=lambda q: q.name)
def test_both_engines_give_the_same_rows(
    kg: KnowledgeGraph, second_opinion: Dataset, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    if question.name in AS_WRITTEN:
        monkeypatch.setattr("rdflib.plugins.sparql.algebra.reorderTriples", list)
    asked = bind_terms(question.sparql, bind(question, {}, kg.names))
    theirs = to_answer(second_opinion.query(asked), kg.names)
    ours = kg.ask(question.name)
    assert theirs.columns == ours.columns
    assert as_rows(theirs.rows) == as_rows(ours.rows)


@pytest.mark.parametrize(
    "typed",
    [
        "Peripheral neuropathy",
        "PERIPHERAL NEUROPATHY",
        "HP:0009830",
        "hp:0009830",
        " peripheral  neuropathy ",
        expand("HP:0009830"),
    ],
)
def test_a_finding_can_be_typed_in_many_ways(kg: KnowledgeGraph, typed: str) -> None:
    assert (
        kg.ask("disorders_sharing_finding", finding=typed).rows
        == kg.ask("disorders_sharing_finding", finding="HP:0009830").rows
    )


def test_a_disorder_can_be_typed_by_synonym_or_abbreviation(kg: KnowledgeGraph) -> None:
    rows = kg.ask("names", entity="MONDO:0017364").rows
    assert rows
    for typed in ("POEMS", "Crow-Fukase syndrome", "takatsuki SYNDROME"):
        assert kg.ask("names", entity=typed).rows == rows


def test_a_miss_suggests_the_nearest(kg: KnowledgeGraph) -> None:
    with pytest.raises(UnknownTermError) as caught:
        kg.ask("disorders_sharing_finding", finding="periferal neuropathy")
    assert ("HP:0009830", "Peripheral neuropathy") in caught.value.nearest


def test_a_question_is_found_by_nearly_its_name() -> None:
    assert find_question("Findings by-letter").name == "findings_by_letter"
    with pytest.raises(QuestionError, match="did you mean findings_by_letter"):
        find_question("finding_by_leter")


@pytest.mark.parametrize("name", ["../checks/claim_without_source", "names.rq", "", "/etc/passwd"])
def test_a_path_is_no_question(name: str) -> None:
    with pytest.raises(QuestionError, match="no question is called"):
        find_question(name)


def test_a_wrong_parameter_names_the_right_ones(kg: KnowledgeGraph) -> None:
    with pytest.raises(QuestionError, match="names has no parameter disease; it has entity"):
        kg.ask("names", disease="POEMS")


def test_a_missing_parameter_is_asked_for(kg: KnowledgeGraph) -> None:
    question = Question("labels", {}, "SELECT ?label WHERE { ?_it_iri ?p ?label } ORDER BY ?label\n")
    with pytest.raises(QuestionError, match="labels needs it; give it with -p it="):
        answer(question, {}, kg.store, kg.names)


def test_an_optional_parameter_may_be_left_out(kg: KnowledgeGraph) -> None:
    everything = kg.ask("findings_by_letter")
    assert {row["letter"] for row in everything} >= {"P", "O", "E", "M", "S", "beyond"}
    assert {row["letter"] for row in kg.ask("findings_by_letter", letter="p")} == {"P"}


@pytest.mark.parametrize(
    "hostile", ['P" } UNION { ?s ?p ?o', "P' #", "\\", '"""', "P\n", "?letter", "<http://a>", "DROP ALL"]
)
def test_a_hostile_text_is_only_a_value(kg: KnowledgeGraph, hostile: str) -> None:
    assert len(kg.ask("findings_by_letter", letter=hostile)) == 0


@pytest.mark.parametrize("hostile", ['x" } DROP ALL #', "<http://a>", "http://a> ?p ?o . <http://b", "?s"])
def test_a_hostile_name_names_nothing(kg: KnowledgeGraph, hostile: str) -> None:
    with pytest.raises(UnknownTermError):
        kg.ask("names", entity=hostile)


def test_a_bad_question_file_is_one_error(tmp_path: Path) -> None:
    bad = tmp_path / "bad.rq"
    bad.write_text("#+ summary: a: b\nSELECT * {}\n", encoding="utf-8")
    with pytest.raises(QuestionError, match="the header is not YAML"):
        read_question(bad)
    with pytest.raises(QuestionError, match="cannot be read"):
        read_question(tmp_path / "missing.rq")
