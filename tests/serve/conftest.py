"""A desk to call jobs on, a client of the whole app, and a server in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import launched
from starlette.testclient import TestClient

from poems_kg.places import graph_file
from poems_kg.serve.app import make_app
from poems_kg.serve.desk import Desk
from poems_kg.serve.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SETTINGS = Settings(graph=graph_file(), workers=2)
"""The released graph by name: a linked graph that other tests made would be served else."""


@pytest.fixture(scope="session")
def desk(cache: Path) -> Desk:
    """What a worker has open, in this process: for calling jobs as plain functions."""
    return Desk(SETTINGS)


@pytest.fixture(scope="session")
def client(cache: Path) -> Iterator[TestClient]:
    """The whole app with workers of its own, without a socket."""
    with TestClient(make_app(SETTINGS), raise_server_exceptions=False, follow_redirects=False) as made:
        yield made


@pytest.fixture(scope="session")
def server(cache: Path) -> Iterator[str]:
    """The address of a real server, such as ``http://127.0.0.1:40001``."""
    command = [sys.executable, "-c", "from poems_kg.cli import main; main()", "--graph", str(graph_file()), "serve"]
    # A busy machine may take its time over what each worker does but once.
    with subprocess.Popen([*command, "--port", "0", "--seconds", "60"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[2].rstrip("/")
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """
    Chromium, for modules that are marked by ``browser.IN_CHROMIUM``.

    Not for the whole session: while Playwright is open, nothing else in the process can run an event loop.
    """
    with launched() as made:
        yield made
