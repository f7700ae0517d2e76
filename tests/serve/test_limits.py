import asyncio
import gzip
import socket
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.responses import PlainTextResponse

from poems_kg.serve.limits import MOST_URL, SAFE_HEADERS, Limits
from poems_kg.serve.settings import Settings

PAGE = "/static/explorer.css"


def test_every_response_has_safe_headers(client):
    for path in (PAGE, "/nothing", "/api/nothing"):
        headers = client.get(path).headers
        assert {name: headers[name] for name in SAFE_HEADERS} == SAFE_HEADERS


def test_policy_allows_nothing_from_elsewhere_and_nothing_inline():
    policy = SAFE_HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_other_sites_may_read_what_is_public(client):
    assert client.get(PAGE, headers={"Origin": "https://example.org"}).headers["access-control-allow-origin"] == "*"
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    assert client.options("/sparql", headers=asked).status_code == 200


def test_long_url_is_refused(client):
    ended = client.get(f"/search?text={'a' * MOST_URL}")
    assert ended.status_code == 414
    assert "POST" in ended.json()["detail"]


def test_large_body_is_refused_before_it_is_read(client):
    body = b"a" * (Settings().body_bytes + 1)
    assert client.post("/sparql", content=body).status_code == 413


def test_large_body_of_unknown_length_is_refused(client):
    pieces = (b"a" * (1 << 20) for _ in range(6))
    ended = client.post("/sparql", content=pieces)
    assert ended.status_code == 413
    assert ended.json()["detail"] == "the body has more than 4 MiB; send less"


def run_through(settings, messages):
    """What the limits make of a request whose body comes as ``messages``; None where nothing is sent."""
    sent = []

    async def app(scope, receive, send):
        message = await receive()
        await PlainTextResponse(f"{len(message['body'])}")(scope, receive, send)

    async def receive():
        if not messages:
            await asyncio.Event().wait()
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}
    asyncio.run(Limits(app, settings)(scope, receive, send))
    return sent[0]["status"] if sent else None, b"".join(message.get("body", b"") for message in sent)


def test_body_reaches_the_app_whole():
    pieces = [{"type": "http.request", "body": b"ab", "more_body": True}, {"type": "http.request", "body": b"c"}]
    assert run_through(Settings(), pieces) == (200, b"3")


def test_slow_body_is_given_up():
    pieces = [{"type": "http.request", "body": b"ab", "more_body": True}]
    status, body = run_through(replace(Settings(), body_seconds=0.05), pieces)
    assert status == 408
    assert b"took more than 0.05 seconds" in body


def test_client_that_goes_away_is_not_answered():
    assert run_through(Settings(), [{"type": "http.disconnect"}]) == (None, b"")


@pytest.fixture
def address(server):
    parts = urlsplit(server)
    return parts.hostname, parts.port


def test_broken_clients_leave_the_server_alive(server, address):
    half_open = []
    for begun in (
        b"",
        b"GET / HT",
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
        b"\x16\x03\x01",
    ):
        for _ in range(20):
            client = socket.create_connection(address, timeout=10)
            with suppress(OSError):
                client.sendall(begun)
            half_open.append(client)
    assert httpx.get(f"{server}{PAGE}").status_code == 200
    for client in half_open:
        client.close()
    assert httpx.get(f"{server}{PAGE}").status_code == 200


@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_broken_requests_are_refused(server, address, begun):
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(begun)
        assert client.recv(4096).startswith((b"HTTP/1.1 400", b"HTTP/1.1 404")) or not client.recv(1)
    assert httpx.get(f"{server}{PAGE}").status_code == 200


def test_bodies_are_packed_for_who_takes_that(client):
    plain = client.get(PAGE, headers={"Accept-Encoding": "identity"})
    packed = client.build_request("GET", PAGE, headers={"Accept-Encoding": "gzip"})
    with client.stream("GET", packed.url, headers={"Accept-Encoding": "gzip"}) as response:
        assert response.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(response.iter_raw())) == plain.content
    assert "content-encoding" not in plain.headers


# --- A client that goes away ---


def run_with_client(app, *, leaves):
    """Have an app answer a client that leaves at once, or one that stays to the end."""

    async def run():
        sent = []
        has_asked = asyncio.Event()

        async def receive():
            if not has_asked.is_set():
                has_asked.set()
                return {"type": "http.request", "body": b"", "more_body": False}
            if not leaves:
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message["type"])

        scope = {"type": "http", "method": "GET", "raw_path": b"/", "query_string": b"", "headers": []}
        await asyncio.wait_for(Limits(app, Settings())(scope, receive, send), 10)
        return sent

    return asyncio.run(run())


def test_work_for_a_client_that_went_away_is_stopped():
    ended = []

    async def app(scope, receive, send):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("stopped")
            raise

    assert run_with_client(app, leaves=True) == []
    assert ended == ["stopped"]


def test_what_is_left_to_do_after_an_answer_is_done():
    ended = []

    async def app(scope, receive, send):
        await PlainTextResponse("all")(scope, receive, send)
        await asyncio.to_thread(ended.append, "tidied up")

    sent = run_with_client(app, leaves=False)
    assert sent == ["http.response.start", "http.response.body"]
    assert ended == ["tidied up"]


def test_an_app_may_wait_for_the_client_to_go():
    heard = []

    async def app(scope, receive, send):
        await PlainTextResponse("all")(scope, receive, send)
        heard.extend([(await receive())["type"], (await receive())["type"]])

    run_with_client(app, leaves=True)
    assert heard == ["http.request", "http.disconnect"]


def test_a_fault_of_the_app_is_passed_on():
    async def app(scope, receive, send):
        raise KeyError("fault")

    with pytest.raises(KeyError, match="fault"):
        run_with_client(app, leaves=False)
