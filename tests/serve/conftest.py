"""A desk to call jobs on, a client of the whole app, and a server in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from poems_kg.serve.app import make_app
from poems_kg.serve.desk import Desk
from poems_kg.serve.settings import Settings

SETTINGS = Settings(workers=2)


@pytest.fixture(scope="session")
def desk() -> Desk:
    """What a worker has open, in this process: for calling jobs as plain functions."""
    return Desk(SETTINGS)


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """The whole app with workers of its own, without a socket."""
    with TestClient(make_app(SETTINGS), raise_server_exceptions=False, follow_redirects=False) as made:
        yield made


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a real server, such as ``http://127.0.0.1:40001``."""
    command = [sys.executable, "-c", "from poems_kg.cli import main; main()", "serve", "--port", "0", "--workers", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield line.split()[2].rstrip("/")
        finally:
            process.terminate()
            process.wait(20)
