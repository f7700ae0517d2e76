"""Serve assistants over HTTP, at ``/mcp`` of the app, each request by itself and each answer as JSON."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from typing import Final

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from poems_kg.serve.assistants.server import Answering, make_server
from poems_kg.serve.settings import Settings
from poems_kg.serve.workers import Workers

PATH: Final = "/mcp"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_ANY: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - recognised, not listened on


class _Endpoint:
    """Hands a request to the session manager that :func:`open_assistants` has put into the state of the app."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["app"].state.assistants.handle_request(scope, receive, send)


ROUTES: list[BaseRoute] = [Route(PATH, endpoint=_Endpoint(), methods=["POST"])]
"""No GET and no DELETE: there are no sessions, and nothing is said unasked."""


@asynccontextmanager
async def open_assistants(app: Starlette, workers: Workers, settings: Settings) -> AsyncIterator[None]:
    """Answer at ``/mcp`` for as long as this lasts: for the lifespan of the app, inside that of the workers."""

    @asynccontextmanager
    async def opening() -> AsyncIterator[Answering]:
        yield workers.reply

    server = make_server(opening)
    # It makes an app, which is not needed, and the session manager, which is.
    server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=settings.body_bytes,
        transport_security=make_security(settings),
    )
    manager: StreamableHTTPSessionManager = server.session_manager
    async with manager.run():
        app.state.assistants = manager
        yield


def make_security(settings: Settings) -> TransportSecuritySettings:
    """
    Which values of the headers Host and Origin are taken: those of the addresses that the server listens on.

    A page of another site that has its name point here (DNS rebinding) sends its own name, and is refused.
    """
    hosts = list(dict.fromkeys(_hosts(settings.host)))
    return TransportSecuritySettings(
        allowed_hosts=[form for host in hosts for form in (host, f"{host}:*")],
        allowed_origins=[f"{scheme}://{form}" for scheme in ("http", "https") for h in hosts for form in (h, f"{h}:*")],
    )


def _hosts(host: str) -> list[str]:
    if host not in _ANY:
        return [*(_LOOPBACK if _is_loopback(host) else ()), f"[{host}]" if ":" in host else host]
    # All addresses of this machine, so far as it knows them itself.
    names = {socket.gethostname(), socket.getfqdn()}
    with suppress(OSError):
        names |= {str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), None)}
    return [*_LOOPBACK, *sorted(f"[{name}]" if ":" in name else name for name in names)]


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"
