"""Turn a reply, or an error, into the response that suits the client: packed or not, as a page, a problem or text."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from poems_kg.serve.negotiation import choose
from poems_kg.serve.pages.rendering import render
from poems_kg.serve.problems import PROBLEM, describe, to_problem
from poems_kg.serve.replies import Reply


def answer(request: Request, reply: Reply) -> Response:
    """The response for a reply: 304 where the client has it already, in gzip where it takes that."""
    # Everything may change when a newer release is served, so a browser asks each time whether what it has still holds.
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    headers |= dict(reply.headers)
    if "Accept-Encoding" not in headers["Vary"]:
        headers["Vary"] += ", Accept-Encoding"
    if reply.etag and reply.status == 200 and headers["Cache-Control"] != "no-store":
        headers["ETag"] = reply.etag
        if reply.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
    body = reply.body
    if reply.packed and "gzip" in request.headers.get("accept-encoding", ""):
        body = reply.packed
        headers["Content-Encoding"] = "gzip"
    return Response(body, reply.status, headers, reply.media_type)


def answer_error(scope: Scope, error: Exception) -> Response:
    """The response for an error of this library."""
    return answer_problem(scope, describe(error))


def answer_problem(scope: Scope, document: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """
    The response for a problem document: a page for who asks for HTML, else the document itself, or its words in text.

    :param headers: sent with it, such as ``Allow``.
    """
    request = Request(scope)
    accepts = request.headers.get("accept", "")
    is_endpoint = scope["path"].startswith("/sparql")
    is_page = "text/html" in accepts and not is_endpoint and not scope["path"].startswith("/api/")
    # A client of the endpoint that takes rows in XML, say, has no use for JSON.
    is_text = "json" not in accepts and (
        "text/plain" in accepts or (is_endpoint and choose(accepts, [PROBLEM]) is None)
    )
    if is_page:
        reply = render("problem.html", document["status"], problem=document, path=scope["path"])
    elif is_text:
        reply = Reply(
            f"{document['detail']}\n".encode("utf-8", "replace"), "text/plain; charset=utf-8", document["status"]
        )
    else:
        reply = to_problem(document)
    response = answer(request, reply)
    response.headers.update({"Cache-Control": "no-store", **(headers or {})})
    if document["status"] == 503:
        response.headers["Retry-After"] = "5"
    return response
