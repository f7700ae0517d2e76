"""Around the whole app: take no more from a client than there is room and time for, and send safe headers with all."""

import asyncio
from collections.abc import MutableMapping
from typing import Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from poems_kg.ids import PoemsKgError
from poems_kg.serve.answering import answer_error
from poems_kg.serve.problems import BodyTooLargeError, BodyTooSlowError, UrlTooLongError
from poems_kg.serve.settings import Settings

MOST_URL: Final = 32_000
"""Bytes of path and query string together."""

_CSP: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SAFE_HEADERS: Final = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SafeHeaders:
    """Send :data:`SAFE_HEADERS` with every response that has none of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; see ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_safely)


class Limits:
    """Refuse URLs that are too long, and bodies that are too large or too slow; the app gets a body whole."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; see ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            if len(scope["raw_path"]) + len(scope["query_string"]) > MOST_URL:
                raise UrlTooLongError(f"the URL has more than {MOST_URL} bytes; send the query by POST")
            body = await self._read(Headers(scope=scope), receive)
        except PoemsKgError as error:
            await answer_error(scope, error)(scope, receive, send)
            return
        if body is not None:
            await self._answer(scope, body, receive, send)

    async def _answer(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        """Have the app answer; where the client goes away first, the app is stopped, and so is who works for it."""
        gone = asyncio.ensure_future(_wait_until_gone(receive))
        answering = _Sending(send)
        work = asyncio.ensure_future(self.app(scope, _replay(body, gone), answering.send))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            # A client that has all it asked for goes away, too, and then there may be something to tidy up.
            if work.done() or answering.is_over:
                await work
        finally:
            gone.cancel()
            if not work.done():
                work.cancel()
                await asyncio.wait({work})

    async def _read(self, headers: Headers, receive: Receive) -> bytes | None:
        """The body; None if the client went away."""
        most = self.settings.body_bytes
        too_large = BodyTooLargeError(f"the body has more than {most >> 20} MiB; send less")
        stated = headers.get("content-length", "0")
        if stated.isascii() and stated.isdigit() and int(stated) > most:
            raise too_large
        body = bytearray()
        more = True
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                while more:
                    message: MutableMapping[str, Any] = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > most:
                        raise too_large
        except TimeoutError as error:
            raise BodyTooSlowError(
                f"the body took more than {self.settings.body_seconds:g} seconds; send it again"
            ) from error
        return bytes(body)


async def _wait_until_gone(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


class _Sending:
    """Passes on what is sent, and knows whether that was all."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_over = False

    async def send(self, message: Message) -> None:
        self.is_over = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)


def _replay(body: bytes, gone: "asyncio.Future[None]") -> Receive:
    """Give the body in one message, then wait until the client has gone."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            await asyncio.shield(gone)
            return {"type": "http.disconnect"}
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
