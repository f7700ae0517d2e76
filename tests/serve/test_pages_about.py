"""The pages about all of it: figures of the graph, every way to the data, and the REST interface as it is described."""

import json

import pytest
from html_page import HtmlPage
from starlette.testclient import TestClient

from poems_kg.exports import FORMATS
from poems_kg.serve.asked import Asked
from poems_kg.serve.desk import Desk
from poems_kg.serve.pages.about import Operation, read_operations, show_about, show_api

API = {
    "openapi": "3.1.0",
    "paths": {
        "/api/entities/{entity}": {
            "get": {
                "tags": ["entities"],
                "summary": "Show an entity",
                "parameters": [
                    {
                        "name": "entity",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "string", "examples": ["enlarged liver"]},
                        "description": "Label or CURIE <script>alert(1)</script>",
                    },
                    {"$ref": "#/components/parameters/format"},
                ],
                "responses": {"200": {"content": {"application/json": {}}}, "4XX": {"content": {"text/plain": {}}}},
            }
        },
        "/api/views/{name}": {
            "get": {
                "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"200": {}},
            }
        },
        "/api/diagnose": {
            "post": {
                "tags": ["diagnosis"],
                "parameters": [{"name": "top", "in": "query", "schema": {"type": "integer", "default": 10}}],
                "requestBody": {"content": {"application/json": {}}},
                "responses": {"200": {"content": {"application/json": {}}}},
            }
        },
    },
    "components": {
        "parameters": {
            "format": {
                "name": "format",
                "in": "query",
                "required": True,
                "schema": {"$ref": "#/components/schemas/Format"},
            }
        },
        "schemas": {"Format": {"anyOf": [{"enum": ["json", "tsv"]}, {"type": "null"}], "default": "json"}},
    },
}


def operations() -> dict[str, Operation]:
    return {operation.path: operation for _, operation in read_operations(API)}


def test_about_says_how_much_there_is_and_how_to_reach_it(desk: Desk) -> None:
    page = HtmlPage(show_about(desk, Asked()).body)
    page.check()
    claims = sum(int(row["count"]) for row in desk.kg.stats() if row["what"] == "claims by polarity")
    assert f"{claims:,}" in page.text
    assert "Not medical advice" in page.text
    assert all(name in page.text for name in FORMATS)
    links = {found["href"] for found in page.having("a")}
    assert {"/sources", "/questions", "/api", "/openapi.json", "/editor", "/.well-known/void"} <= links
    for part in ("knowledge", "data", "privacy", "accessibility", "versions"):
        assert page.having("h2", id=part)


def test_an_operation_is_read_with_what_it_takes() -> None:
    show = operations()["/api/entities/{entity}"]
    assert (show.method, show.summary, show.answers) == ("GET", "Show an entity", ["application/json"])
    entity, form = show.parameters
    assert (entity.place, entity.kind, entity.is_required) == ("path", "string", True)
    assert (form.kind, form.default) == ("json or tsv", "json")


def test_an_operation_has_an_example_where_one_can_be_made() -> None:
    found = operations()
    assert found["/api/entities/{entity}"].example == "/api/entities/enlarged%20liver?format=json"
    assert found["/api/views/{name}"].example == ""
    assert found["/api/diagnose"].example == ""
    assert found["/api/diagnose"].body == ["application/json"]


def test_the_page_has_every_operation(desk: Desk) -> None:
    page = HtmlPage(show_api(desk, json.dumps(API)).body)
    page.check()
    assert {"/api/entities/{entity}", "/api/views/{name}", "/api/diagnose"} <= set(page.words_in("code"))
    assert page.words_in("script") == []
    assert "/api/entities/enlarged%20liver?format=json" in {found["href"] for found in page.having("a")}
    HtmlPage(show_api(desk, '{"openapi": "3.1.0"}').body).check()


def test_every_example_of_the_real_interface_answers(client: TestClient) -> None:
    assert client.get("/about").status_code == 200
    page = HtmlPage(client.get("/api").content)
    page.check()
    examples = [found["href"] for found in page.having("a") if found["href"].startswith("/api/")]
    described = client.get("/openapi.json").json()
    assert len(page.having("details", class_="operation")) == len(list(read_operations(described)))
    if not examples:
        pytest.skip("this server has no REST interface")
    for example in [each for each in examples if not each.startswith("/api/questions/")]:
        assert client.get(example).status_code == 200, example
