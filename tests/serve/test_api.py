"""The REST interface gives what the library and the command give, and says clearly what it refuses."""

import json
from dataclasses import asdict

import networkx as nx
import pytest

from poems_kg import diagnosis
from poems_kg.questions import find_questions
from poems_kg.serve import api_answers
from poems_kg.serve.problems import PROBLEM
from poems_kg.views import VIEWS

CORE = [name for name, question in find_questions().items() if not question.needs]
PATIENT = {
    "id": "one",
    "sex": "male",
    "age": 52,
    "observed": ["polyneuropathy", "HP:0005508", {"id": "HP:0001894", "label": "Thrombocytosis"}],
    "excluded": ["papilledema"],
}
PACKET = {
    "id": "packet",
    "subject": {"id": "x", "sex": "FEMALE", "timeAtLastEncounter": {"age": {"iso8601duration": "P49Y"}}},
    "phenotypicFeatures": [
        {"type": {"id": "HP:0001271", "label": "Polyneuropathy"}},
        {"type": {"id": "HP:0001085", "label": "Papilledema"}, "excluded": True},
    ],
    "measurements": [
        {
            "assay": {"id": "LOINC:26515-7", "label": "Platelets [#/volume] in Blood"},
            "value": {"quantity": {"unit": {"id": "UCUM:10*9/L", "label": "10*9/L"}, "value": 612.0}},
        }
    ],
}


def get(client, path, **query):
    reply = client.get(path, params=query)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/json"
    return reply.json()


def refused(reply, status):
    assert (reply.status_code, reply.headers["content-type"]) == (status, PROBLEM), reply.text
    problem = reply.json()
    assert problem["status"] == status
    assert {"type", "title", "detail"} <= problem.keys()
    return problem


# --- Questions ---


@pytest.mark.parametrize("name", CORE)
def test_an_answer_is_that_of_the_library(desk, kg, name):
    answer = json.loads(api_answers.ask(desk, name, (), "json").body)
    expected = kg.ask(name)
    assert answer["rows"] == expected.rows
    assert answer["labels"] == expected.labels
    assert {each["name"]: each["meaning"] for each in answer["columns"]} == find_questions()[name].returns


def test_an_answer_is_that_of_the_command(client, run):
    path, query = "/api/questions/disorders_sharing_finding", {"finding": "enlarged liver"}
    command = ("ask", "disorders_sharing_finding", "-p", "finding=enlarged liver", "-f")
    assert get(client, path, **query)["rows"] == json.loads(run(*command, "json")[1])
    assert client.get(path, params={**query, "format": "tsv"}).text == run(*command, "tsv")[1]
    by_header = client.get(path, params=query, headers={"accept": "text/tab-separated-values"})
    assert by_header.text == run(*command, "tsv")[1]
    assert by_header.headers["content-type"] == "text/tab-separated-values; charset=utf-8"
    assert "Accept" in by_header.headers["vary"].split(", ")


def test_a_question_may_be_written_with_hyphens_and_parameters_left_empty(client):
    plain = get(client, "/api/questions/findings_by_letter", letter="P")
    assert get(client, "/api/questions/findings-by-letter", letter="P") == plain
    assert get(client, "/api/questions/findings_by_letter", letter="P", disorder="") == plain
    assert {row["letter"] for row in plain["rows"]} == {"P"}


def test_an_id_that_was_replaced_comes_with_a_note(client):
    replaced = get(client, "/api/questions/names", entity="ORPHA:2905")
    assert replaced["rows"] == get(client, "/api/questions/names")["rows"]
    assert replaced["notes"] == []


def test_the_list_has_every_question_and_where_it_is_answered(client):
    listed = get(client, "/api/questions")["questions"]
    assert [each["name"] for each in listed] == list(find_questions())
    for each in listed:
        question = find_questions()[each["name"]]
        assert [p["name"] for p in each["parameters"]] == list(question.parameters)
        assert client.get(each["url"]).status_code == (400 if question.needs else 200)


def test_unknown_questions_parameters_and_entities_are_refused(client):
    assert "did you mean findings" in refused(client.get("/api/questions/findingz"), 404)["detail"]
    assert "query nonesuch" in refused(client.get("/api/questions/findings?nonesuch=1"), 422)["detail"]
    problem = refused(client.get("/api/questions/findings?disorder=POEMS+sindrome"), 404)
    assert {"id": "MONDO:0017364", "label": "POEMS syndrome"} in problem["nearest"]
    assert "link build" in refused(client.get("/api/questions/loaded_releases"), 400)["detail"]


def test_conflicts_are_those_of_the_command(client, run):
    code, printed, _ = run("conflicts", "--kind", "numeric", "--term", "POEMS syndrome", "-f", "json")
    assert code in (0, 1)
    rows = get(client, "/api/conflicts", kind="numeric", entity="POEMS syndrome")["rows"]
    assert rows == json.loads(printed)
    assert {row["status"] for row in get(client, "/api/conflicts", status="reviewed")["rows"]} == {"reviewed"}
    assert "taxonomic" in refused(client.get("/api/conflicts?kind=nonesuch"), 422)["detail"]


# --- Entities and claims ---


@pytest.mark.parametrize("entity", ["CIDP", "MONDO:0017364", "hepatomegaly", "source:nord-report"])
def test_an_entity_is_that_of_the_command(client, run, entity):
    shown = get(client, f"/api/entities/{entity}")
    citations = {row["source"]: row["citation"] for row in get(client, "/api/sources")["rows"]}
    assert all(claim["citation"] == citations[f"source:{claim['source_id']}"] for claim in shown["claims"])
    bare = shown | {"claims": [{k: v for k, v in claim.items() if k != "citation"} for claim in shown["claims"]]}
    assert bare == json.loads(run("show", entity, "-f", "json")[1])


def test_an_unknown_entity_suggests_the_nearest(client):
    problem = refused(client.get("/api/entities/hepatomegalie"), 404)
    assert problem["nearest"][0] == {"id": "HP:0002240", "label": "Hepatomegaly"}


def test_claims_come_in_parts_that_make_up_all(client, kg):
    expected = [json.loads(json.dumps(asdict(claim))) for claim in kg.claims("CIDP")]
    found = []
    while len(found) < len(expected):
        part = get(client, "/api/claims", entity="CIDP", offset=len(found), limit=30)
        assert part["total"] == len(expected)
        assert 0 < len(part["claims"]) <= 30
        found += [{k: v for k, v in claim.items() if k != "citation"} for claim in part["claims"]]
    assert found == expected


def test_claims_of_a_source_as_the_command_prints_them(client, run):
    reply = client.get("/api/claims?source=nord-report&format=tsv&limit=10000")
    assert reply.text == run("claims", "-s", "nord-report", "-f", "tsv")[1]
    assert get(client, "/api/claims", source="source:nord-report", limit=1)["total"] == reply.text.count("\n") - 1
    nearest = refused(client.get("/api/claims?source=nord-reprt"), 404)["nearest"]
    assert nearest[0]["id"] == "source:nord-report"
    for query in ("offset=-1", "limit=0", "limit=x", "limit=1000000"):
        assert query.partition("=")[0] in refused(client.get(f"/api/claims?{query}"), 422)["detail"]


def test_terms_and_sources_are_all_there(client, kg):
    terms = get(client, "/api/terms")["rows"]
    counts = {row["kind"]: row["count"] for row in kg.stats() if row["what"] == "terms"}
    assert len(terms) == sum(counts.values())
    assert len(get(client, "/api/terms", category="Cell")["rows"]) == counts["Cell"]
    sources = get(client, "/api/sources")["rows"]
    assert sum(row["claims"] for row in sources) == len(kg.claims())


def test_search_is_that_of_the_library(client, kg):
    for text, category in (("poem", ""), ("enlarged liv", "Finding"), ("hp:00022", ""), ("zzzz", "")):
        matches = get(client, "/api/search", text=text, category=category, count=5)["matches"]
        assert matches == [asdict(match) for match in kg.names.search(text, category, 5)]
    assert get(client, "/api/search", text="poem", category="any") == get(client, "/api/search", text="poem")
    assert client.get("/api/search?text=poem&format=tsv").text.startswith(
        "entity_id\tlabel\tname\tscope\tcategory\nMONDO:"
    )


# --- Views ---


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_read_back_by_networkx(desk, kg, name):
    read = nx.node_link_graph(json.loads(api_answers.view(desk, name).body), edges="edges")
    assert nx.utils.graphs_equal(
        read, nx.node_link_graph(json.loads(json.dumps(nx.node_link_data(kg.view(name)))), edges="edges")
    )
    assert read.number_of_edges() == kg.view(name).number_of_edges() > 0


def test_views_are_listed_and_an_unknown_one_suggests_the_nearest(client):
    listed = get(client, "/api/views")["views"]
    assert [each["name"] for each in listed] == list(VIEWS)
    assert all(client.get(each["url"]).status_code == 200 for each in listed)
    assert "did you mean mechanism" in refused(client.get("/api/views/mechanisms"), 404)["detail"]


def test_a_neighbourhood_has_what_a_drawing_needs(client, kg):
    drawn = get(client, "/api/neighbourhood", entity="enlarged liver")
    assert drawn["entity"] == "HP:0002240"
    ids = {node["id"] for node in drawn["nodes"]}
    whole = kg.view("graph")
    assert ids == {"HP:0002240", *whole.predecessors("HP:0002240"), *whole.successors("HP:0002240")}
    assert len({edge["id"] for edge in drawn["edges"]}) == len(drawn["edges"])
    for edge in drawn["edges"]:
        assert {edge["source"], edge["target"]} <= ids
        data = whole.edges[edge["source"], edge["target"], edge["id"].split("|")[1]]
        assert (edge["claims"], edge["sources"], edge["figures"]) == (data["claims"], data["sources"], data["figures"])
    assert "has phenotype" in {edge["label"] for edge in drawn["edges"]}
    assert "no claim is about it" in refused(client.get("/api/neighbourhood?entity=HP:0000118"), 404)["detail"]
    refused(client.get("/api/neighbourhood?entity=nonesuchxxxx"), 404)


def test_counts_are_those_of_the_command(client, run):
    assert get(client, "/api/stats")["counts"] == json.loads(run("stats", "-f", "json")[1])
    assert client.get("/api/stats?format=tsv").text == run("stats", "-f", "tsv")[1]


# --- Patients ---


@pytest.fixture(scope="module")
def diagnosing(desk, client):
    """The client, once the index of all rare diseases is made: that takes longer than a request may."""
    assert desk.can_diagnose
    return client


@pytest.mark.parametrize("patient", [PATIENT, PACKET], ids=["plain", "phenopacket"])
def test_a_diagnosis_is_that_of_the_command(diagnosing, run, tmp_path, patient):
    file = tmp_path / "request"
    file.write_text(json.dumps(patient), encoding="utf-8")
    reply = diagnosing.post("/api/diagnose?top=4", json=patient)
    assert reply.status_code == 200, reply.text
    assert [reply.json()] == json.loads(run("diagnose", file, "--top", 4, "-f", "json")[1])
    assert reply.json()["notes"][-1] == diagnosis.NOT_ADVICE
    assert reply.headers["cache-control"] == "no-store"
    assert "etag" not in reply.headers


def test_a_patient_needs_no_id(diagnosing):
    assert diagnosing.post("/api/diagnose", json={"observed": ["polyneuropathy"]}).json()["patient_id"] == "patient"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "object in braces"),
        ("{}", "neither a Phenopacket"),
        ('{"observed": []}', "no findings"),
        ('{"observed": 1}', "no list"),
        ('{"observed": ["polyneuropathy"], "observed": []}', "stands twice"),
        ('{"observed": ["polyneuropathy"], "excluded": ["polyneuropathy"]}', "polyneuropathy"),
        ('{"observed": ["polyneuropathy"], "measurements": []}', "send a Phenopacket"),
        ("[" * 5000, "nested too deeply"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_what_is_no_patient_is_refused(diagnosing, body, said):
    detail = refused(diagnosing.post("/api/diagnose", content=body), 400)["detail"]
    assert said.casefold() in detail.casefold()


def test_nothing_of_a_patient_is_kept_or_logged(diagnosing, caplog, capfd):
    telling = "a-name-that-nobody-has"
    for body in ({**PATIENT, "id": telling}, {"observed": [telling]}, {"id": telling}):
        diagnosing.post("/api/diagnose", json=body)
    kept = diagnosing.app.state.workers._kept
    assert not [key for key in kept if telling in repr(key)]
    assert not [reply for reply in kept.values() if telling.encode() in reply.body]
    printed = capfd.readouterr()
    assert telling not in caplog.text + printed.out + printed.err


# --- Hostile strings ---

HOSTILE = [
    '"} DROP ALL #',
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "x\r\nSet-Cookie: a=b",
    "\x00",
    "a" * 600,
    "\u202eright to left",
    "{{ 7*7 }}",
    "%s%n",
    "../../etc/passwd",
    "> } UNION { ?s ?p ?o",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "path",
    [
        "/api/search?text=",
        "/api/search?text=a&category=",
        "/api/claims?entity=",
        "/api/claims?source=",
        "/api/claims?limit=",
        "/api/terms?category=",
        "/api/conflicts?entity=",
        "/api/conflicts?kind=",
        "/api/neighbourhood?entity=",
        "/api/questions/findings?disorder=",
        "/api/questions/findings_by_letter?letter=",
        "/api/questions/findings_by_letter?nonesuch=",
        "/api/stats?format=",
        "/api/questions/",
        "/api/views/",
        "/api/entities/",
    ],
)
def test_hostile_strings_do_nothing(client, path, text):
    from urllib.parse import quote

    reply = client.get(path + quote(text, safe=""), headers={"accept": "text/html,*/*"})
    assert reply.status_code in (200, 400, 404, 414, 422), reply.text
    assert "html" not in reply.headers["content-type"]
    assert "json" in reply.headers["content-type"]
    assert "set-cookie" not in reply.headers
    reply.json()


def test_bytes_that_are_no_text_do_nothing(client):
    for path in ("/api/search?text=%ED%A0%80", "/api/entities/%ED%A0%80%FF", "/api/questions/names?entity=%FF"):
        assert client.get(path).status_code in (200, 404)
