"""The SPARQL editor without a script: the answer, the place of an error, what is refused, and what is completed."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from html_page import HtmlPage
from starlette.testclient import TestClient

from poems_kg.ids import prefixes
from poems_kg.questions import LINKED, find_questions
from poems_kg.serve.asked import Asked
from poems_kg.serve.desk import Desk
from poems_kg.serve.pages.editor import ROWS, mark_place, send_vocabulary, show_editor
from poems_kg.serve.problems import NotFoundError

LABELS = 'SELECT ?s ?label WHERE { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?label FILTER(?label = "%s") }'
SLOW = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a = ?i && ?c != ?f) } ORDER BY ?a"


def query(text: str) -> Asked:
    return Asked((("query", text),))


def test_a_new_query_is_whole_and_can_be_run(desk: Desk) -> None:
    page = HtmlPage(show_editor(desk, Asked()).body)
    page.check()
    (field,) = page.having("textarea", name="query")
    assert {"data-sparql-editor", "data-vocabulary", "aria-describedby"} <= field.keys()
    text = "".join(page.words_in("textarea"))
    assert text.startswith("PREFIX kg: ")
    assert HtmlPage(show_editor(desk, query(text)).body).words_in("h2")[0] == "20 rows"


def test_rows_are_shown_with_links_and_labels(desk: Desk) -> None:
    page = HtmlPage(show_editor(desk, query(LABELS % "Papilledema")).body)
    page.check()
    assert "/entity/HP:0001085" in {found["href"] for found in page.having("a")}
    assert page.having("table", class_="sortable answer result")
    first = (
        "SELECT ?claim ?finding { ?claim <https://w3id.org/poems-kg/vocab/object> ?finding } ORDER BY ?claim LIMIT 1"
    )
    links = {found["href"] for found in HtmlPage(show_editor(desk, query(first)).body).having("a")}
    assert any(link.startswith("/claim/") for link in links)
    graphs = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    links = {found["href"] for found in HtmlPage(show_editor(desk, query(graphs)).body).having("a")}
    assert "/graph/claims" in links


def test_more_rows_than_a_page_has_are_cut_and_it_says_so(desk: Desk) -> None:
    page = HtmlPage(show_editor(desk, query("SELECT * { ?s ?p ?o }")).body)
    page.check()
    assert f"The first {ROWS} rows" in page.words_in("h2")
    assert len(page.having("tr")) == ROWS + 1
    triples = HtmlPage(show_editor(desk, query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")).body)
    assert f"The first {ROWS} triples" in triples.words_in("h2")


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("ASK { <http://purl.obolibrary.org/obo/HP_0001085> ?p ?o }", "Yes"),
        ("ASK { <http://example.org/nothing> ?p ?o }", "No"),
        ("CONSTRUCT WHERE { <https://w3id.org/poems-kg/claim/C0001> a ?type }", "1 triple"),
        ("DESCRIBE <http://example.org/nothing>", "0 triples"),
        ("SELECT * { <http://example.org/nothing> ?p ?o }", "0 rows"),
    ],
)
def test_each_form_of_query_has_its_answer(desk: Desk, text: str, heading: str) -> None:
    reply = show_editor(desk, query(text))
    page = HtmlPage(reply.body)
    page.check()
    assert (reply.status, page.words_in("h2")[0]) == (200, heading)


def test_the_place_of_an_error_is_marked(desk: Desk) -> None:
    reply = show_editor(desk, query("SELECT *\nWHER { ?s ?p ?o }\n# end"))
    page = HtmlPage(reply.body)
    page.check()
    assert reply.status == 400
    assert "Line 2, column" in page.text
    assert page.words_in("mark") == ["?s ?p ?o }"]
    assert page.having("textarea", aria_invalid="true")
    assert "".join(page.words_in("textarea")) == "SELECT *\nWHER { ?s ?p ?o }\n# end"


def test_the_marked_lines_are_those_around_the_place() -> None:
    text = "\n".join("abcdefghij")
    assert [number for number, *_ in mark_place(text, 5, 1)] == [2, 3, 4, 5, 6, 7, 8]
    assert mark_place("ab", 9, 9) == [(1, "ab", "", True)]
    assert mark_place("ab", None, None) == []


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <a:a> <a:b> <a:c> }",
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "LOAD <http://127.0.0.1:1/>",
        "no query at all",
        "SELECT * { ?s ?p '</textarea><script>alert(1)</script>' ",
        "SELECT * { ?s ?p '\ud83d' }",
        "SELECT (REPLACE('a', '(', 'b') AS ?x) {} #" + "x" * 20_000,
        "{{ 7 * 7 }}",
    ],
)
def test_what_cannot_be_run_is_refused_and_kept(desk: Desk, text: str) -> None:
    reply = show_editor(desk, query(text))
    page = HtmlPage(reply.body)
    page.check()
    assert reply.status in (200, 400)
    assert not page.words_in("script")
    assert (
        "".join(page.words_in("textarea"))[:30].strip()
        == text.replace("\ud83d", "\N{REPLACEMENT CHARACTER}")[:30].strip()
    )


def test_the_result_can_be_had_from_the_endpoint(desk: Desk) -> None:
    page = HtmlPage(show_editor(desk, query("SELECT * { ?s ?p ?o } LIMIT 1")).body)
    links = [urlsplit(found["href"]) for found in page.having("a") if found["href"].startswith("/sparql?")]
    asked = [dict(parse_qsl(link.query)) for link in links]
    assert {each["format"] for each in asked} == {"csv", "tsv", "json", "xml"}
    assert {each["query"] for each in asked} == {"SELECT * { ?s ?p ?o } LIMIT 1"}


def test_every_example_runs(desk: Desk) -> None:
    page = HtmlPage(show_editor(desk, Asked()).body)
    links = [found["href"] for found in page.having("a") if found["href"].startswith("/editor?example=")]
    asked = [name for name, each in find_questions().items() if each.needs != LINKED or desk.is_linked]
    assert sorted(dict(parse_qsl(urlsplit(link).query))["example"] for link in links) == asked
    for name in asked:
        assert show_editor(desk, Asked((("example", name),))).status == 200
    with pytest.raises(NotFoundError, match="no example 'nonsense'"):
        show_editor(desk, Asked((("example", "nonsense"),)))


def test_the_vocabulary_completes_prefixes_relations_classes_and_graphs(desk: Desk) -> None:
    given = json.loads(send_vocabulary(desk, Asked()).body)
    assert given["prefixes"] == prefixes()
    kinds = {term["id"]: term["kind"] for term in given["terms"]}
    assert (kinds["kg:has_phenotype"], kinds["kg:Finding"], kinds["graph:claims"]) == ("property", "class", "graph")
    assert len(kinds) == len(given["terms"])
    assert given["limits"] == {"rows": desk.settings.rows, "seconds": desk.settings.seconds}


def test_a_query_that_was_stopped_is_shown_again(desk: Desk) -> None:
    reply = show_editor(desk, query(SLOW), "stopped after 10 seconds; ask for less, or add a LIMIT", 503)
    page = HtmlPage(reply.body)
    page.check()
    assert reply.status == 503
    assert "Stopped after 10 seconds" in page.text
    assert "".join(page.words_in("textarea")) == SLOW


def test_over_http(client: TestClient) -> None:
    assert client.get("/editor").status_code == 200
    answered = client.get("/editor", params={"query": LABELS % "Papilledema"})
    assert (answered.status_code, "HP:0001085" in answered.text) == (200, True)
    assert client.get("/editor", params={"query": "SELECT"}).status_code == 400
    assert client.get("/editor/vocabulary.json").json()["prefixes"]["kg"] == "https://w3id.org/poems-kg/vocab/"
