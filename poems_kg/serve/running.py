"""Run the server: take the port, open what is served, say in one line when it is ready."""

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

from poems_kg.ids import PoemsKgError
from poems_kg.serve.app import make_app
from poems_kg.serve.desk import Desk, open_diagnostician
from poems_kg.serve.settings import ServeError, Settings
from poems_kg.serve.statics import why_plain

if TYPE_CHECKING:
    from poems_kg.serve.desk import Report


def run(settings: Settings, say: Callable[[str], None], report: "Report") -> None:
    """
    Serve until told to stop.

    :param say: is told in one line when the server is ready, and where.
    :param report: is told how far an index is that has to be made first.
    :raises ServeError: if the port is in use, or the host is none of this machine.
    :raises PoemsKgError: if the graph is missing or damaged.
    """
    with _listen(settings) as listener:
        notes = prepare(settings, report)
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        server = _Server(settings, lambda: say(f"poems-kg serves http://{shown}:{port}/ ({'; '.join(notes)})"))
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            return


def prepare(settings: Settings, report: "Report") -> list[str]:
    """
    Open all once, so that a fault is told before there are workers; says what is served, and what is not there and why.

    :raises PoemsKgError: if the graph is missing or damaged.
    """
    place = Desk(settings).place
    notes = [f"graph {place}" if place else "the released graph"]
    try:
        open_diagnostician(settings, report)
        notes.append("diagnosing is ready")
    except PoemsKgError as error:
        notes.append(f"no diagnosing: {error}")
    if reason := why_plain():
        notes.append(f"plain pages without scripts: {reason}")
    return notes


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    where = f"{settings.host} port {settings.port}"
    try:
        listener.bind((settings.host, settings.port))
        # Until it listens, a second server could take the same port.
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ServeError(f"{where}: {reason}; name another with --port or --host") from error
    return listener


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, settings: Settings, when_ready: Callable[[], None]) -> None:
        app = make_app(settings)
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=3,
                timeout_keep_alive=15,
                backlog=1024,
            )
        )
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._when_ready()
