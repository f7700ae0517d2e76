import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from poems_kg.names import UnknownTermError
from poems_kg.questions import QuestionError
from poems_kg.serve.answering import answer, answer_error
from poems_kg.serve.problems import (
    BodyTooLargeError,
    NotFoundError,
    TooBusyError,
    TooLargeError,
    TooSlowError,
    WorkerLostError,
    describe,
)
from poems_kg.serve.replies import Reply, to_json

HEPATOMEGALY = ("HP:0002240", "Hepatomegaly")


def scope(path="/", **headers):
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": raw,
    }


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UnknownTermError("x", [HEPATOMEGALY]), 404),
        (NotFoundError("x"), 404),
        (QuestionError("x"), 400),
        (TooSlowError("x"), 503),
        (TooBusyError("x"), 503),
        (TooLargeError("x"), 507),
        (BodyTooLargeError("x"), 413),
        (WorkerLostError("x"), 500),
    ],
)
def test_each_error_has_its_status_in_every_form(error, status):
    for accept in ("text/html", "application/json", "text/plain", "*/*"):
        response = answer_error(scope(accept=accept), error)
        assert response.status_code == status
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["content-type"].startswith(("text/html", "text/plain", "application/problem+json"))
        assert ("retry-after" in response.headers) == (status == 503)


def test_the_nearest_are_named_in_both_forms():
    error = UnknownTermError("hepatomegali", [HEPATOMEGALY])
    assert describe(error)["nearest"] == [{"id": "HP:0002240", "label": "Hepatomegaly"}]
    assert b'<a href="/entity/HP:0002240">Hepatomegaly</a>' in answer_error(scope(accept="text/html"), error).body


def test_programs_get_no_pages():
    error = NotFoundError("x")
    for path in ("/api/entities/x", "/sparql"):
        response = answer_error(scope(path, accept="text/html"), error)
        assert not response.headers["content-type"].startswith("text/html")


@given(st.text())
def test_whatever_was_asked_is_escaped(words):
    error = UnknownTermError(f"<script>{words}</script>", [("HP:1", f"<b>{words}")])
    body = answer_error(scope(accept="text/html"), error).body.decode()
    assert "<script>" not in body
    assert f"<b>{words}" not in body


def test_a_bug_tells_the_client_nothing_and_the_log_everything():
    with pytest.raises(KeyError) as caught:
        {}["secret"]
    made = WorkerLostError.of(caught.value)
    assert "secret" not in str(describe(made))
    assert "secret" in made.__notes__[0]


def test_what_the_client_has_is_not_sent_again():
    reply = Reply(b"body", etag='"1"')
    for have, status in (('"1"', 304), ('W/"1"', 304), ('"2"', 200)):
        assert answer(Request(scope(if_none_match=have)), reply).status_code == status


def test_nothing_about_patients_can_be_kept_or_told_by_its_tag():
    reply = Reply(b"body", headers=(("Cache-Control", "no-store"),), etag='"1"')
    response = answer(Request(scope(if_none_match='"1"')), reply)
    assert response.status_code == 200
    assert "etag" not in response.headers
    assert response.headers["cache-control"] == "no-store"


@given(st.text(st.characters(categories=None)))
def test_any_text_is_json(words):
    """A lone surrogate, which has no UTF-8, comes as a question mark; all else comes back as it was."""
    given = json.loads(to_json({"asked": words}).body)["asked"]
    assert given == words.encode("utf-8", "replace").decode()
