"""The tools for assistants, asked by a client of the MCP SDK: over standard input and output, HTTP, and in-process."""

import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from jsonschema import validate
from mcp import Client, MCPError, StdioServerParameters
from mcp_types import CallToolResult, Tool

from poems_kg.claims import split_list
from poems_kg.diagnosis import NOT_ADVICE, to_json
from poems_kg.ids import expand, prefixes
from poems_kg.patients.plain import read_terms
from poems_kg.questions import find_questions
from poems_kg.serve.assistants.jobs import MOST_CHARACTERS, MOST_IN_CELL
from poems_kg.serve.assistants.mount import make_security
from poems_kg.serve.assistants.server import Answering, make_server
from poems_kg.serve.desk import Desk
from poems_kg.serve.problems import WorkerLostError
from poems_kg.serve.replies import Reply
from poems_kg.serve.settings import Settings

ROOT = Path(__file__).parents[2]
COMMAND = ["-c", "from poems_kg.cli import main; main()"]
TOOLS = {"list_questions", "ask_question", "search", "show", "query", "diagnose"}
CLAIMS = "PREFIX kg: <https://w3id.org/poems-kg/vocab/> SELECT ?claim ?low WHERE { ?claim kg:low ?low } ORDER BY ?claim"
HOSTILE = [
    "'; DROP ALL; --",
    '"> } } INSERT DATA { <a:a> <a:b> <a:c> } #',
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "../../../../etc/passwd",
    "HP:0002240> . ?s ?p ?o } #",
    "line\r\nSet-Cookie: a=b",
    "\x00",
    "\N{PILE OF POO}" * 100,
]


class Assistant:
    """A client in a thread of its own, so that tests can call it as they call anything."""

    def __init__(self, client: Client, run: Callable[..., Any]) -> None:
        self._client = client
        self._run = run
        self.tools: dict[str, Tool] = {tool.name: tool for tool in run(client.list_tools).tools}

    @property
    def client(self) -> Client:
        return self._client

    def call(self, tool: str, /, **arguments: object) -> CallToolResult:
        result: CallToolResult = self._run(self._client.call_tool, tool, arguments)
        return result

    def answer(self, tool: str, /, **arguments: object) -> dict[str, Any]:
        """The structured answer, which must be one, be as described, be told as text, and have sources."""
        result = self.call(tool, **arguments)
        assert not result.is_error, result.content
        answer: dict[str, Any] = result.structured_content
        schema = self.tools[tool].output_schema
        assert schema is not None
        validate(answer, schema)
        assert answer["sources"]
        assert all(source["citation"] for source in answer["sources"])
        text = text_of(result)
        assert all(source["citation"] in text for source in answer["sources"])
        return answer

    def error(self, tool: str, /, **arguments: object) -> str:
        """What is said of a call that cannot be answered: one line, and nothing of the inside."""
        result = self.call(tool, **arguments)
        assert result.is_error
        assert result.structured_content is None
        text = text_of(result)
        assert "Traceback" not in text
        assert len(text.splitlines()) == 1
        return text

    def read(self, uri: str) -> str:
        result = self._run(self._client.read_resource, uri)
        text: str = result.contents[0].text
        return text


def text_of(result: CallToolResult) -> str:
    assert [part.type for part in result.content] == ["text"]
    return str(result.content[0].text)  # type: ignore[union-attr]


@contextmanager
def connected(server: Any) -> Iterator[Assistant]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Client(server)) as client:

        def run(function: Callable[..., Any], *arguments: object) -> Any:
            return portal.call(function, *arguments)

        yield Assistant(client, run)


def stdio(*options: str) -> StdioServerParameters:
    kept = {name: value for name, value in os.environ.items() if name.startswith("POEMS_KG_")}
    return StdioServerParameters(
        command=sys.executable, args=[*COMMAND, "serve", "--mcp", *options], env=kept, cwd=ROOT
    )


@pytest.fixture(scope="module")
def over_stdio() -> Iterator[Assistant]:
    with connected(stdio("--seconds", "5")) as assistant:
        yield assistant


@pytest.fixture(scope="module")
def over_http(server: str) -> Iterator[Assistant]:
    with connected(f"{server}/mcp") as assistant:
        yield assistant


@pytest.fixture(params=["stdio", "http"])
def assistant(request: pytest.FixtureRequest) -> Assistant:
    """Each way that the server is reached in earnest."""
    found: Assistant = request.getfixturevalue(f"over_{request.param}")
    return found


class Recorder:
    """Does the work in this process, and keeps what it was asked."""

    def __init__(self, desk: Desk, fault: Exception | None = None) -> None:
        self._desk = desk
        self._fault = fault
        self.asked: dict[str, tuple[str, bool]] = {}

    async def reply(
        self, job: Callable[..., Reply], *args: Hashable, lane: str = "page", keep: bool = True, **_: object
    ) -> Reply:
        hash(args)
        self.asked[job.__name__] = lane, keep
        if self._fault:
            raise self._fault
        return job(self._desk, *args)

    def server(self) -> Any:
        @asynccontextmanager
        async def opening() -> AsyncIterator[Answering]:
            yield self.reply

        return make_server(opening)


# --- What the server says of itself ---


def test_the_tools_are_read_only_and_described(assistant):
    assert set(assistant.tools) == TOOLS
    for tool in assistant.tools.values():
        assert tool.annotations.read_only_hint
        assert tool.annotations.idempotent_hint
        assert not tool.annotations.destructive_hint
        assert not tool.annotations.open_world_hint
        assert len(tool.description) > 100
        assert "\n" not in tool.description
        assert tool.output_schema["additionalProperties"] is False
        assert all(field.get("description") for field in tool.output_schema["properties"].values())


def test_the_instructions_ask_for_citations_and_are_no_advice(assistant):
    assert "cite" in assistant.client.instructions
    assert "not medical advice" in assistant.client.instructions
    assert all(name in assistant.client.instructions for name in TOOLS)
    assert assistant.client.server_info.name == "poems-kg"


# --- Questions ---


def test_all_questions_are_listed(assistant):
    answer = assistant.answer("list_questions")
    assert [each["name"] for each in answer["questions"]] == list(find_questions())
    assert not any(each["sparql"] for each in answer["questions"])


def test_questions_are_found_by_words_of_their_header(assistant):
    names = [each["name"] for each in assistant.answer("list_questions", about="findings LETTER")["questions"]]
    texts = [" ".join((q.name, q.summary, q.description, *q.tags)).casefold() for q in find_questions().values()]
    assert "findings_by_letter" in names
    assert len(names) == sum("findings" in text and "letter" in text for text in texts) < 5


def test_details_have_the_query_and_are_limited(assistant):
    one = assistant.answer("list_questions", about="findings_by_letter", details=True)
    question = find_questions()["findings_by_letter"]
    assert one["questions"][0]["sparql"] == question.sparql
    assert one["questions"][0]["columns"] == question.returns
    assert one["rest"] == ""
    many = assistant.answer("list_questions", details=True)
    assert len(many["questions"]) == 5
    assert "treatment_lines" in many["rest"]


def test_no_question_on_that(assistant):
    assert assistant.answer("list_questions", about="zebra")["questions"] == []


@pytest.mark.parametrize("name", [name for name, each in find_questions().items() if not each.needs])
def test_a_question_is_answered_as_by_the_library(name, over_http, kg):
    answer = over_http.answer("ask_question", name=name, limit=500)
    whole = kg.ask(name)
    assert answer["total"] == len(whole)
    assert answer["rows"] == whole.rows[: len(answer["rows"])]
    assert len(answer["rows"]) == len(whole) or f"offset={len(answer['rows'])}" in answer["rest"]
    assert list(answer["columns"]) == whole.columns


def test_a_long_answer_comes_in_parts(assistant, kg):
    first = assistant.answer("ask_question", name="findings", limit=100)
    second = assistant.answer("ask_question", name="findings", limit=100, offset=100)
    assert "offset=100" in first["rest"]
    assert first["rows"] + second["rows"] == kg.ask("findings").rows
    assert "offset=" not in second["rest"]
    beyond = assistant.answer("ask_question", name="findings", offset=10_000)
    assert beyond["rows"] == []
    assert "there are only" in beyond["rest"]


def test_parameters_are_understood_as_people_type_them(assistant, kg):
    answer = assistant.answer(
        "ask_question", name="disorders-sharing-finding", parameters={"finding": "Enlarged LIVER"}
    )
    assert answer["parameters"]["finding"] == "HP:0002240"
    assert answer["rows"] == kg.ask("disorders_sharing_finding", finding="hepatomegaly").rows[:50]


def test_the_sources_of_rows_are_those_of_their_claims(assistant, kg):
    answer = assistant.answer("ask_question", name="evidence", limit=500)
    stated = {claim.claim_id: claim for claim in kg.claims()}
    given = {passage["claim"]: (source, passage) for source in answer["sources"] for passage in source["passages"]}
    assert {source["source"] for source in answer["sources"]} == {row["source"] for row in answer["rows"]}
    for claim_id, (source, passage) in given.items():
        claim = stated[claim_id]
        assert source["source"] == f"source:{claim.source_id}"
        assert (passage["place"], passage["start"], passage["end"]) == (claim.place, claim.start, claim.end)
    left_out = sum(source["more_passages"] for source in answer["sources"])
    assert len(given) + left_out == len({row["claim"] for row in answer["rows"]})


def test_sources_in_lists_are_found(assistant, kg):
    answer = assistant.answer("ask_question", name="conflicts", parameters={"kind": "criteria"}, limit=5)
    rows = kg.ask("conflicts", kind="criteria").rows[:5]
    named = {
        f"source:{each}" for row in rows for side in "ab" for each in split_list(str(row[f"sources_{side}"] or ""))
    }
    assert {source["source"] for source in answer["sources"]} == named


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "finding"}, ["no question", "did you mean", "findings"]),
        ({"name": "findings", "parameters": {"colour": "red"}}, ["no parameter colour"]),
        ({"name": "findings", "parameters": {"disorder": "POEM syndrom"}}, ["POEM syndrom", "did you mean"]),
        ({"name": "annotations"}, ["link build"]),
        ({"name": "findings", "limit": 0}, ["limit", "greater than or equal to 1"]),
        ({"name": "findings", "limit": 501}, ["limit", "less than or equal to 500"]),
        ({"name": "findings", "offset": -1}, ["offset"]),
        ({"name": "findings", "parameters": ["disorder"]}, ["parameters", "dictionary"]),
        ({"name": ""}, ["name", "at least 1 character"]),
        ({}, ["name", "required"]),
        ({"name": "findings", "rows": 5}, ["no argument 'rows'", "it has name, parameters, limit, offset"]),
    ],
)
def test_a_question_that_cannot_be_answered(assistant, arguments, words):
    text = assistant.error("ask_question", **arguments)
    assert [word for word in words if word not in text] == []


# --- Searching and showing ---


def test_search_finds_a_synonym_and_says_by_which_name(assistant, kg):
    answer = assistant.answer("search", text="enlarged liver")
    found = [match for match in answer["matches"] if match["id"] == "HP:0002240"]
    assert found[0]["label"] == "Hepatomegaly"
    assert found[0]["name"].casefold() == "enlarged liver"
    assert found[0]["claims"] == len(kg.show("HP:0002240").claims)
    assert [match["id"] for match in answer["matches"]] == [
        match.entity_id for match in kg.names.search("enlarged liver")
    ]


def test_search_in_one_category_and_with_a_limit(assistant):
    answer = assistant.answer("search", text="syndrome", category="disorder", limit=3)
    assert {match["category"] for match in answer["matches"]} == {"Disorder"}
    assert len(answer["matches"]) == 3
    assert "limit" in answer["rest"]


def test_search_that_finds_nothing_is_an_answer(assistant):
    answer = assistant.answer("search", text="qqqqqqqqqqqqqqqqqqqq")
    assert answer["matches"] == []


def test_search_in_a_category_that_is_none(assistant):
    assert "Finding" in assistant.error("search", text="liver", category="Symptom")


def test_show_gives_the_evidence(assistant, kg):
    answer = assistant.answer("show", term="enlarged liver", limit=500)
    described = kg.show("HP:0002240")
    assert (answer["id"], answer["label"]) == ("HP:0002240", "Hepatomegaly")
    assert answer["definition"] == described.definition
    assert [claim["claim"] for claim in answer["claims"]] == [claim.claim_id for claim in described.claims]
    for given, claim in zip(answer["claims"], described.claims, strict=True):
        assert given["source"] == f"source:{claim.source_id}"
        assert given["citation"]
        assert {key: given[key] for key in ("place", "start", "end", "polarity", "certainty")} == {
            key: asdict(claim)[key] for key in ("place", "start", "end", "polarity", "certainty")
        }
    assert {claim["source"] for claim in answer["claims"]} == {source["source"] for source in answer["sources"]}
    assert sum(answer["relations"].values()) == answer["total"] == len(described.claims)


def test_show_one_relation_in_parts(assistant, kg):
    whole = [claim.claim_id for claim in kg.show("POEMS").claims if claim.relation == "applied_to_treat"]
    first = assistant.answer("show", term="POEMS", relation="applied to treat", limit=50)
    rest = assistant.answer("show", term="POEMS", relation="applied_to_treat", limit=50, offset=50)
    assert [claim["claim"] for claim in first["claims"] + rest["claims"]] == whole
    assert first["total"] == len(whole)
    assert "offset=50" in first["rest"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"term": "hepatomegali"}, ["'hepatomegali' names nothing", "Hepatomegaly (HP:0002240)"]),
        ({"term": "HP:9999999"}, ["HP:9999999"]),
        ({"term": "papilledema", "relation": "treats"}, ["'treats'", "has_phenotype"]),
        ({"term": 3}, ["term", "string"]),
        ({"term": "x" * 501}, ["term", "500 characters"]),
    ],
)
def test_show_of_what_is_not_there(assistant, arguments, words):
    text = assistant.error("show", **arguments)
    assert [word for word in words if word not in text] == []


def test_an_entity_is_a_resource(assistant):
    shown = assistant.answer("show", term="HP:0002240", limit=50)
    assert json.loads(assistant.read("poems-kg://entity/HP:0002240")) == shown
    assert json.loads(assistant.read("poems-kg://entity/enlarged%20liver")) == shown
    with pytest.raises(MCPError, match="names nothing in the graph"):
        assistant.read("poems-kg://entity/HP:9999999")


# --- SPARQL ---


def test_query_gives_rows_as_the_library(assistant, kg):
    answer = assistant.answer("query", sparql=CLAIMS, limit=20, offset=10)
    columns, rows = kg.store.select(CLAIMS)
    assert answer["form"] == "SELECT"
    assert answer["columns"] == columns
    assert answer["rows"] == [dict(zip(columns, row, strict=True)) for row in rows[10:30]]
    assert "offset=30" in answer["rest"]
    assert all(source["passages"] or source["more_passages"] for source in answer["sources"])


def test_query_that_is_not_cut_says_nothing(assistant):
    answer = assistant.answer("query", sparql=CLAIMS + " LIMIT 7", limit=7)
    assert (answer["count"], answer["rest"]) == (7, "")


def test_query_ask(assistant):
    yes = assistant.answer("query", sparql="ASK { ?s ?p ?o }")
    no = assistant.answer("query", sparql="ASK { <a:a> <a:b> <a:c> }")
    assert (yes["truth"], no["truth"]) == (True, False)
    assert "release" in yes["sources"][0]["citation"]


def test_query_of_what_json_has_no_number_for(assistant):
    xsd = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>"
    answer = assistant.answer("query", sparql=f"{xsd} SELECT (xsd:double('INF') AS ?a) (xsd:double('NaN') AS ?b) {{}}")
    assert answer["rows"] == [{"a": "inf", "b": "nan"}]


def test_a_source_that_is_none_is_not_cited(assistant):
    answer = assistant.answer("query", sparql="SELECT ('source:x' AS ?source) ('claim:x> } y' AS ?claim) {}")
    assert [source["source"].startswith("https://w3id.org/poems-kg/releases/") for source in answer["sources"]] == [
        True
    ]


def test_rows_that_name_no_source_rest_on_the_claims_between_their_entities(assistant, kg):
    sparql = "SELECT ?treatment ?disorder WHERE { ?treatment kg:applied_to_treat ?disorder } ORDER BY ?treatment"
    answer = assistant.answer("query", sparql=f"PREFIX kg: <{prefixes()['kg']}> {sparql}", limit=3)
    pairs = {(row["treatment"], row["disorder"]) for row in answer["rows"]}
    named = {passage["claim"] for source in answer["sources"] for passage in source["passages"]}
    assert named == {claim.claim_id for claim in kg.claims() if (claim.subject_id, claim.object_id) in pairs}


@pytest.mark.parametrize("form", ["CONSTRUCT", "DESCRIBE"])
def test_query_triples(form, assistant):
    iri = expand("HP:0002240")
    sparql = f"CONSTRUCT {{ <{iri}> ?p ?o }} WHERE {{ <{iri}> ?p ?o }}" if form == "CONSTRUCT" else f"DESCRIBE <{iri}>"
    answer = assistant.answer("query", sparql=sparql, limit=5)
    from rdflib import Graph

    assert answer["form"] == form
    assert len(Graph().parse(data=answer["turtle"], format="turtle")) == answer["count"] == 5
    assert "triples 1 to 5" in answer["rest"]


def test_long_cells_are_cut_and_say_so(assistant):
    sparql = "SELECT (GROUP_CONCAT(STR(?o)) AS ?all) WHERE { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?o }"
    answer = assistant.answer("query", sparql=sparql)
    assert len(answer["rows"][0]["all"]) < 5_000
    assert "(cut;" in answer["rows"][0]["all"]


def test_wide_answers_are_cut_and_say_so(assistant):
    sparql = "PREFIX IAO: <http://purl.obolibrary.org/obo/IAO_> SELECT * { ?s IAO:0000115 ?o . ?t IAO:0000115 ?u }"
    answer = assistant.answer("query", sparql=sparql, limit=500)
    assert 1 < answer["count"] < 500
    assert f"offset={answer['count']}" in answer["rest"]


@pytest.mark.parametrize(
    ("sparql", "words"),
    [
        ("SELECT ?x WHERE {\n  ?x ?y", ["line 2, column", "not SPARQL 1.1"]),
        ("SELECT ?x WHERE { ?x nix:y ?z }", ["line 1, column", "prefix"]),
        ("INSERT DATA { <a:a> <a:b> <a:c> }", ["INSERT is an update", "read-only"]),
        ("DROP ALL", ["update"]),
        ("LOAD <http://127.0.0.1/>", ["update"]),
        ("SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", ["SERVICE"]),
        ("SELECT * { ?s ?p ?o } ; DROP ALL", ["not SPARQL"]),
        ("hello", ["no SELECT"]),
    ],
)
def test_query_refuses(assistant, sparql, words):
    text = assistant.error("query", sparql=sparql)
    assert [word for word in words if word not in text] == []


def test_a_query_that_runs_over_is_stopped_and_the_server_goes_on(over_stdio):
    sparql = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    assert "stopped after 5 seconds" in over_stdio.error("query", sparql=sparql)
    assert over_stdio.answer("show", term="papilledema")["id"] == "HP:0001085"
    assert over_stdio.answer("query", sparql="ASK { ?s ?p ?o }")["truth"]


# --- Diagnosing ---

FINDINGS = {"observed": ["polyneuropathy", "Paraproteinemia", "HP:0001744"], "excluded": ["papilledema"]}


def test_diagnose_says_what_the_library_says(assistant, desk):
    answer = assistant.answer("diagnose", **FINDINGS, sex="male", age=51, top=3)
    from poems_kg.patients.patient import Sex

    patient = read_terms(
        FINDINGS["observed"], desk.diagnostician.index.findings, excluded=FINDINGS["excluded"], sex=Sex.MALE, age=51
    )
    made = to_json(desk.diagnostician.diagnose(patient, 3))
    assert [(each["set"], each["verdict"]) for each in answer["criteria"]] == [
        (each["set"], each["verdict"]) for each in made["criteria"]
    ]
    assert [
        (each["id"], each["rank"], each["score"], each["posterior"], len(each["reasons_for"]))
        for each in answer["differential"]
    ] == [
        (each["disease_id"], each["rank"], each["score"], each.get("posterior"), len(each["for"]))
        for each in made["differential"]
    ]
    assert [each["label"] for each in answer["next"]] == [each["label"] for each in made["next"]]
    assert answer["understood"]["excluded"] == ["Papilledema (HP:0001085)"]


def test_diagnose_is_never_without_its_warning(assistant):
    result = assistant.call("diagnose", **FINDINGS)
    assert result.structured_content["not_advice"] == NOT_ADVICE
    assert text_of(result).startswith(NOT_ADVICE)
    assert assistant.tools["diagnose"].description.startswith("NOT MEDICAL ADVICE")


def test_diagnose_names_the_claims_and_the_releases(assistant, kg):
    answer = assistant.answer("diagnose", **FINDINGS)
    claims = {claim for each in answer["differential"] for reason in each["reasons_for"] for claim in reason["claims"]}
    given = {passage["claim"] for source in answer["sources"] for passage in source["passages"]}
    assert claims
    assert claims <= given | {claim.claim_id for claim in kg.claims()}
    assert any(source["title"] == "HPO annotations" for source in answer["sources"])


def test_diagnose_reads_a_phenopacket(assistant):
    packet = {
        "id": "one",
        "subject": {"id": "one", "sex": "FEMALE"},
        "phenotypicFeatures": [
            {"type": {"id": "HP:0001271", "label": "Polyneuropathy"}},
            {"type": {"id": "HP:0001085", "label": "Papilledema"}, "excluded": True},
        ],
        "metaData": {"created": "2026-01-01T00:00:00Z", "createdBy": "x", "phenopacketSchemaVersion": "2.0"},
    }
    answer = assistant.answer("diagnose", phenopacket=packet)
    assert answer["understood"] == {
        "present": ["Polyneuropathy (HP:0001271)"],
        "excluded": ["Papilledema (HP:0001085)"],
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, ["give findings", "phenopacket"]),
        ({"observed": ["polynueropathy"]}, ["polynueropathy: no such finding", "Polyneuropathy (HP:0001271)"]),
        ({"observed": ["papilledema"], "excluded": ["papilledema"]}, ["Papilledema", "which holds"]),
        ({"observed": ["papilledema"], "phenopacket": {"id": "x"}}, ["one of the two"]),
        ({"phenopacket": {"id": "x"}}, ["Phenopacket"]),
        ({"phenopacket": "{"}, ["phenopacket"]),
        ({"observed": ["papilledema"], "age": 400}, ["age", "130"]),
        ({"observed": ["papilledema"], "sex": "yes"}, ["sex"]),
        ({"observed": ["papilledema"] * 201}, ["observed", "200"]),
        ({"observed": "papilledema"}, ["observed", "list"]),
    ],
)
def test_diagnose_of_what_cannot_be_used(assistant, arguments, words):
    text = assistant.error("diagnose", **arguments)
    assert [word for word in words if word not in text] == []


def test_nothing_of_a_patient_is_kept(desk):
    recorder = Recorder(desk)
    with connected(recorder.server()) as assistant:
        assistant.answer("diagnose", **FINDINGS)
        assistant.answer("query", sparql="ASK { ?s ?p ?o }")
        assistant.answer("show", term="papilledema")
    assert recorder.asked == {"diagnose": ("page", False), "query": ("query", True), "show": ("page", True)}


# --- Whatever comes ---


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_strings_are_only_strings(assistant, text):
    for name, arguments in (
        ("show", {"term": text}),
        ("show", {"term": "papilledema", "relation": text}),
        ("ask_question", {"name": text}),
        ("ask_question", {"name": "findings", "parameters": {"disorder": text}}),
        ("ask_question", {"name": "findings", "parameters": {text: "x"}}),
        ("search", {"text": "liver", "category": text}),
        ("query", {"sparql": text}),
        ("diagnose", {"observed": [text]}),
        ("diagnose", {"phenopacket": {"id": text}}),
    ):
        result = assistant.call(name, **arguments)
        assert result.is_error, (name, arguments)
        assert "the server failed" not in text_of(result)
        assert "Traceback" not in text_of(result)
    assistant.answer("search", text=text)
    assistant.answer("list_questions", about=text)
    assert assistant.answer("ask_question", name="conflicts", parameters={"kind": text})["rows"] == []


def test_a_tool_that_is_none(assistant):
    assert "list_questions" in assistant.error("nothing")


def test_a_fault_of_the_server_shows_nothing_of_its_inside(desk, caplog):
    fault = WorkerLostError.of(KeyError("secret"))
    with connected(Recorder(desk, fault).server()) as assistant:
        assert assistant.error("show", term="papilledema") == "the server failed at this; the fault is its own"
    assert "secret" in caplog.text


# --- What the page says ---

PAGE = (ROOT / "docs/assistants.md").read_text(encoding="utf-8")
TURNS = re.findall(r'```json\n(\{"tool".*?)```\n\n```text\n(.*?)```', PAGE, re.DOTALL)


@pytest.mark.parametrize(("call", "said"), TURNS, ids=[json.loads(call)["tool"] for call, _ in TURNS])
def test_the_conversation_on_the_page_is_a_real_one(call, said, over_http):
    turn = json.loads(call)
    text = text_of(over_http.call(turn["tool"], **turn["arguments"]))
    assert [line for line in said.splitlines() if line not in text] == []


def test_the_page_names_every_tool_and_limit():
    assert {json.loads(call)["tool"] for call, _ in TURNS} == TOOLS
    assert [tool for tool in TOOLS if f"| `{tool}` |" not in PAGE] == []
    assert [limit for limit in (MOST_CHARACTERS, MOST_IN_CELL) if f"{limit:,} characters" not in PAGE] == []


# --- Over standard input and output ---


def run_raw(lines: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *COMMAND, *options, "serve", "--mcp"],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=300,
        cwd=ROOT,
        check=False,
    )


def test_standard_output_has_nothing_but_the_protocol_and_the_end_of_input_ends_it():
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    ended = run_raw([json.dumps(hello), "this is no JSON"])
    assert ended.returncode == 0, ended.stderr
    messages = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {message["jsonrpc"] for message in messages} == {"2.0"}
    assert messages[0]["result"]["protocolVersion"] == "2025-06-18"
    assert messages[0]["result"]["serverInfo"]["name"] == "poems-kg"


def test_a_graph_that_is_missing_is_told_in_one_line(tmp_path):
    ended = run_raw([], "--graph", str(tmp_path / "none.trig"))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
    assert "none.trig" in ended.stderr


# --- Over HTTP ---

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
ACCEPT = {"accept": "application/json, text/event-stream"}


def post(server: str, body: object = LIST, **headers: str) -> httpx.Response:
    return httpx.post(f"{server}/mcp", json=body, headers={**ACCEPT, **headers}, timeout=20)


def test_each_request_stands_alone_and_is_answered_in_json(server):
    response = post(server)
    assert response.headers["content-type"].startswith("application/json")
    assert "mcp-session-id" not in response.headers
    assert {tool["name"] for tool in response.json()["result"]["tools"]} == TOOLS


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "evil.example:8000"}, 421),
        ({"host": "127.0.0.1.evil.example"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"content-type": "text/plain"}, 400),
        ({"accept": "text/html"}, 406),
    ],
)
def test_pages_of_other_sites_are_refused(server, headers, status):
    response = post(server, **headers)
    assert response.status_code == status
    assert "tools" not in response.text


def test_a_page_of_this_server_is_answered(server):
    assert post(server, origin=server).status_code == 200


def test_there_is_nothing_to_get(server):
    for method in ("GET", "DELETE", "PUT"):
        response = httpx.request(method, f"{server}/mcp", headers={"accept": "text/event-stream"}, timeout=5)
        assert response.status_code == 405


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"jsonrpc":"2.0"}', b"null"])
def test_bodies_that_are_no_messages(server, body):
    response = httpx.post(
        f"{server}/mcp", content=body, headers={**ACCEPT, "content-type": "application/json"}, timeout=5
    )
    assert 400 <= response.status_code < 500
    assert "Traceback" not in response.text
    assert post(server).status_code == 200


@pytest.mark.parametrize(
    ("host", "taken", "refused"),
    [
        ("127.0.0.1", ["127.0.0.1:*", "localhost", "[::1]:*"], "poems.example"),
        ("::1", ["[::1]:*", "localhost:*"], "poems.example"),
        ("192.0.2.7", ["192.0.2.7", "192.0.2.7:*"], "localhost"),
        ("poems.example", ["poems.example", "poems.example:*"], "127.0.0.1"),
        ("0.0.0.0", ["localhost:*", "127.0.0.1"], "*"),  # noqa: S104 - not listened on
    ],
)
def test_the_hosts_taken_are_those_listened_on(host, taken, refused):
    security = make_security(Settings(host=host))
    assert security.enable_dns_rebinding_protection
    assert set(taken) <= set(security.allowed_hosts)
    assert refused not in security.allowed_hosts
    assert {f"http://{each}" for each in taken} <= set(security.allowed_origins)
