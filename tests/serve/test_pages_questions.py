"""The pages of the questions: each answers as the library does, has its files, and minds what is typed."""

import csv
import io
import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from html_page import HtmlPage
from starlette.testclient import TestClient

from poems_kg.names import UnknownTermError
from poems_kg.questions import LINKED, QuestionError, find_questions
from poems_kg.serve.asked import Asked
from poems_kg.serve.desk import Desk
from poems_kg.serve.pages.answer_table import lay_out
from poems_kg.serve.pages.questions import ROWS, send_answer, show_question, show_questions
from poems_kg.serve.problems import NotFoundError
from poems_kg.sparql import query_form

HOSTILE = (
    '"><script>alert(1)</script>',
    "' OR 1=1; DROP",
    '"} SERVICE <http://example.org/> { ?s ?p ?o',
    "a\r\nSet-Cookie: a=b",
    "\x00\u202e\ud83d",
    "%00../../etc/passwd",
    "{{ 7 * 7 }}",
    "x" * 20_000,
)


def ask(name: str, **parameters: str) -> Asked:
    return Asked((("name", name), *parameters.items()))


def test_all_questions_are_listed_and_lead_to_their_pages(desk: Desk) -> None:
    page = HtmlPage(show_questions(desk, Asked()).body)
    page.check()
    links = {found["href"] for found in page.having("a")}
    assert {f"/questions/{name}" for name in find_questions()} <= links
    assert "poems-kg link build" in page.text or desk.is_linked


@pytest.mark.parametrize("name", find_questions())
def test_a_question_shows_what_the_library_answers(desk: Desk, name: str) -> None:
    reply = show_question(desk, ask(name))
    page = HtmlPage(reply.body)
    page.check()
    assert reply.status == 200
    question = find_questions()[name]
    assert question.summary in page.text
    if question.needs == LINKED and not desk.is_linked:
        assert "poems-kg link build" in page.text
        return
    answer = desk.kg.ask(name)
    assert f"{len(answer):,} row" in page.text
    table = lay_out(answer, answer.rows[:ROWS], question.returns)
    assert len(page.having("tr")) == len(table.rows) + 1
    for row in table.rows[:5]:
        assert all(words in page.text or not words.isprintable() for cell in row for words in cell.text.split("; "))


def test_a_label_leads_to_its_entity_and_a_citation_to_source_and_claim(desk: Desk) -> None:
    page = HtmlPage(show_question(desk, ask("findings_by_frequency")).body)
    first = desk.kg.ask("findings_by_frequency").rows[0]
    links = {found["href"] for found in page.having("a")}
    assert f"/entity/{first['finding']}" in links
    assert f"/source/{str(first['source']).removeprefix('source:')}" in links
    assert f"/claim/{str(first['claim']).removeprefix('claim:')}" in links


def test_every_field_is_filled_in_and_completed(desk: Desk) -> None:
    page = HtmlPage(show_question(desk, ask("disorders_sharing_finding", finding="enlarged liver")).body)
    (finding,) = page.having("input", name="finding")
    assert (finding["value"], finding["data-complete"]) == ("Hepatomegaly", "Finding")
    (disorder,) = page.having("input", name="disorder")
    assert (disorder["value"], disorder["data-complete"]) == ("POEMS syndrome", "Disorder")


def test_an_optional_field_offers_what_the_graph_has_and_may_be_left_free(desk: Desk) -> None:
    page = HtmlPage(show_question(desk, ask("findings_by_letter", letter="P")).body)
    assert {"P", "O", "E", "M", "S"} <= set(page.words_in("option"))
    assert [option for option in page.having("option") if "selected" in option]
    whole = desk.kg.ask("findings_by_letter")
    some = desk.kg.ask("findings_by_letter", letter="P")
    assert f"{len(some)} rows" in page.text
    free = HtmlPage(show_question(desk, ask("findings_by_letter", letter="")).body)
    assert f"{len(whole)} rows" in free.text
    every = HtmlPage(show_question(desk, ask("evidence", object="")).body)
    assert f"{len(desk.kg.ask('evidence', object='all')):,} rows" in every.text


def test_the_url_of_an_answer_gives_the_same_answer(desk: Desk) -> None:
    page = HtmlPage(show_question(desk, ask("distinguishing_features", other="CIDP")).body)
    (link,) = [found["href"] for found in page.having("a") if "data-copy-link" in found]
    again = show_question(desk, ask("distinguishing_features", **dict(parse_qsl(urlsplit(link).query))))
    assert HtmlPage(again.body).text == page.text


def test_a_long_answer_is_shown_page_by_page(desk: Desk) -> None:
    rows = len(desk.kg.ask("claims_of_source"))
    assert rows > 2 * ROWS
    seen = 0
    for number in range(1, -(-rows // ROWS) + 1):
        page = HtmlPage(show_question(desk, ask("claims_of_source", page=str(number))).body)
        seen += len(page.having("tr")) - 1
    assert seen == rows
    for wrong in ("0", "4", "-1", "x", "9" * 5000, "²", ""):
        with pytest.raises(NotFoundError, match="has no page"):
            show_question(desk, ask("claims_of_source", page=wrong))


def test_the_files_have_all_rows_and_columns_of_the_library(desk: Desk) -> None:
    answer = desk.kg.ask("claims_of_source")
    sent = send_answer(desk, Asked((("name", "claims_of_source"), ("form", "json"))))
    assert json.loads(sent.body) == answer.rows
    table = send_answer(desk, Asked((("name", "claims_of_source"), ("form", "csv"))))
    assert table.media_type.startswith("text/csv")
    assert ("Content-Disposition", 'attachment; filename="claims_of_source.csv"') in table.headers
    header, *rows = csv.reader(io.StringIO(table.body.decode(), newline=""))
    assert header == answer.columns
    assert [row[header.index("claim")] for row in rows] == [row["claim"] for row in answer]
    lines = send_answer(desk, Asked((("name", "claims_of_source"), ("form", "tsv")))).body.decode().split("\n")
    assert (lines[0].split("\t"), len(lines)) == (answer.columns, len(answer) + 2)


def test_files_refuse_what_they_cannot_give(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="csv, tsv, json"):
        send_answer(desk, Asked((("name", "findings"), ("form", "exe"))))
    with pytest.raises(UnknownTermError):
        send_answer(desk, Asked((("name", "findings"), ("form", "csv"), ("disorder", "nonsense nowhere"))))
    if not desk.is_linked:
        with pytest.raises(QuestionError, match="poems-kg link build"):
            send_answer(desk, Asked((("name", "annotations"), ("form", "csv"))))


def test_the_sparql_shown_gives_the_same_rows_in_the_editor(desk: Desk) -> None:
    page = HtmlPage(show_question(desk, ask("distinguishing_features", other="CIDP")).body)
    (link,) = {found["href"] for found in page.having("a") if found["href"].startswith("/editor?")}
    query = dict(parse_qsl(urlsplit(link).query))["query"]
    assert query_form(query) == "SELECT"
    assert len(desk.kg.store.select(query)[1]) == len(desk.kg.ask("distinguishing_features", other="CIDP"))


def test_a_name_that_is_none_is_told_at_its_field_with_the_nearest(desk: Desk) -> None:
    reply = show_question(desk, ask("findings", disorder="POEMS syndrom"))
    page = HtmlPage(reply.body)
    page.check()
    assert reply.status == 404
    (field,) = page.having("input", name="disorder")
    assert (field["value"], field["aria-invalid"]) == ("POEMS syndrom", "true")
    assert "field-disorder-problem" in field["aria-describedby"].split()
    assert "/questions/findings?disorder=MONDO%3A0017364" in {found["href"] for found in page.having("a")}


def test_unknown_questions_and_parameters_are_refused(desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="did you mean findings"):
        show_question(desk, ask("findingss"))
    with pytest.raises(NotFoundError, match="/questions has the list"):
        show_question(desk, ask("qqqqqqq"))
    with pytest.raises(QuestionError, match="has no parameter nonsense; it has disorder"):
        show_question(desk, ask("findings", nonsense="1"))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_shown_as_words(desk: Desk, words: str) -> None:
    for name, parameter in (("findings", "disorder"), ("findings_by_letter", "letter"), ("conflicts", "kind")):
        reply = show_question(desk, ask(name, **{parameter: words}))
        assert reply.status in (200, 404)
        page = HtmlPage(reply.body)
        page.check()
        assert "alert(1)" not in "".join(page.words_in("script"))
        assert "49" not in page.words_in("select")
    with pytest.raises((NotFoundError, QuestionError)):
        show_question(desk, ask(words))


def test_over_http(client: TestClient) -> None:
    assert client.get("/questions").headers["content-type"].startswith("text/html")
    answered = client.get("/questions/findings", params={"disorder": "CIDP"})
    assert answered.status_code == 200
    assert "Chronic inflammatory demyelinating" in answered.text
    saved = client.get("/questions/findings.csv")
    assert saved.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert saved.headers["content-disposition"] == 'attachment; filename="findings.csv"'
    assert client.get("/questions/findings.exe").status_code == 404
    assert client.get("/questions/nonsense").status_code == 404
    assert client.get("/questions/findings?nonsense=1").status_code == 400
    assert client.get("/questions/findings", params={"disorder": HOSTILE[0]}).status_code == 404
