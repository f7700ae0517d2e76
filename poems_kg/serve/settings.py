"""What a server is told when it starts, and its limits."""

import os
from dataclasses import dataclass
from pathlib import Path

from poems_kg.ids import PoemsKgError


class ServeError(PoemsKgError):
    """A server that cannot start: no such graph, a port in use, a missing library."""


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Where to listen, what to serve, and how much one client may take.

    ``graph`` is a built ``graph.trig`` or the folder of a linked graph, None for the linked graph where one was made,
    else the released one. ``data`` is the folder of releases for diagnosing, as ``poems-kg diagnose --data`` takes it.
    ``seconds`` is the longest a query may run, ``patience`` the longest a request waits for a free worker; ``rows`` the
    most rows or triples of an answer; ``memory_bytes`` the most memory that one worker may take for its own.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    graph: Path | None = None
    data: Path | None = None
    workers: int = max(3, min(8, os.cpu_count() or 1))
    seconds: float = 10.0
    patience: float = 20.0
    rows: int = 10_000
    body_bytes: int = 4 << 20
    body_seconds: float = 20.0
    reply_bytes: int = 64 << 20
    memory_bytes: int = 3 << 30
    cache_bytes: int = 64 << 20
