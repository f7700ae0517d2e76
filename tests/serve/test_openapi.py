"""The OpenAPI document, and a server that does what it says, whatever comes."""

import json
import re

import pytest
from hypothesis import HealthCheck, settings

from poems_kg.questions import find_questions
from poems_kg.serve import api
from poems_kg.serve.api_diagnosing import Diagnosis
from poems_kg.serve.api_models import Problem
from poems_kg.serve.app import make_app
from poems_kg.serve.settings import Settings

schemathesis = pytest.importorskip("schemathesis", reason="pip install 'poems-kg[test]'")

from schemathesis.specs.openapi.checks import negative_data_rejection  # noqa: E402 - once it is known to be there

APP = make_app(Settings())
ASKED = ("findings_by_letter", "disorders_sharing_finding", "conflicts", "terms")
"""Questions that stand for all, since each has a path that is made the same way."""
PATIENT = {"observed": ["polyneuropathy", "HP:0005508"], "excluded": ["papilledema"], "sex": "male", "age": 52}


def is_tried(context):
    path = context.operation.path
    return path.startswith("/api/") and ((path.count("/") < 4 and "/questions/" not in path) or path.endswith(ASKED))


schema = schemathesis.openapi.from_dict(APP.openapi())
# The answers to a diagnosis of made-up findings are refusals; what is accepted is tried in test_api.
schema.config.checks.positive_data_acceptance.enabled = False


@schema.include(is_tried).parametrize()
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=False)
def test_whatever_comes_is_answered_as_described(case, server):
    reply = case.call(base_url=server)
    # A patient one of whose fields cannot be read is read without it, and a note says so, as the command does.
    lenient = [negative_data_rejection] if case.path == "/api/diagnose" else []
    case.validate_response(reply, excluded_checks=lenient)
    assert reply.status_code < 500


# --- The document itself ---

GETS = [route for route in api.ROUTES if "GET" in route.methods and route.include_in_schema]
VALUES = {"entity": "CIDP", "name": "mechanism"}


@pytest.mark.parametrize("route", GETS, ids=lambda route: route.path)
def test_real_answers_have_the_fields_that_are_described(client, route):
    path = re.sub(r"\{(\w+)(:path)?\}", lambda match: VALUES[match[1]], route.path)
    query = (
        {"text": "poem"} if path.endswith("search") else {"entity": "CIDP"} if path.endswith("neighbourhood") else {}
    )
    reply = client.get(path, params=query)
    needs = getattr(find_questions().get(path.rpartition("/")[2]), "needs", "")
    if needs:
        Problem.model_validate_json(reply.content)
        assert "link build" in reply.json()["detail"]
    else:
        read = route.response_model.model_validate_json(reply.content)
        assert json.loads(read.model_dump_json(by_alias=True)) == reply.json()


def test_a_diagnosis_has_the_fields_that_are_described(client, desk):
    assert desk.can_diagnose
    reply = client.post("/api/diagnose", json=PATIENT)
    read = Diagnosis.model_validate_json(reply.content)
    assert json.loads(read.model_dump_json(by_alias=True, exclude_unset=True)) == reply.json()


def test_every_path_parameter_and_question_is_described():
    document = APP.openapi()
    described = {path: operations for path, operations in document["paths"].items() if path.startswith("/api/")}
    assert {path.removeprefix("/api/questions/") for path in described} >= set(find_questions())
    for path, operations in described.items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation["description"], path
            assert all(parameter.get("description") for parameter in operation.get("parameters", [])), path
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]
    ids = [operation["operationId"] for each in described.values() for operation in each.values()]
    assert len(set(ids)) == len(ids)


def test_the_document_is_openapi_and_its_references_lead_somewhere():
    document = APP.openapi()
    assert document["openapi"].startswith("3.1")
    text = json.dumps(document)
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert names
    assert names <= set(document["components"]["schemas"])
    assert "#/$defs/" not in text
