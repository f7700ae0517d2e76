import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest
from click.testing import CliRunner

from poems_kg.cli import cli
from poems_kg.ids import PoemsKgError
from poems_kg.places import graph_file
from poems_kg.serve.running import prepare, run
from poems_kg.serve.settings import ServeError, Settings

COMMAND = [sys.executable, "-c", "from poems_kg.cli import main; main()"]


def quiet(*_):
    """Take a report and say nothing."""


def test_port_in_use_is_said_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=rf"^127\.0\.0\.1 port {port}: Address already in use; name another"):
            run(Settings(port=port), quiet, quiet)


def test_host_of_another_machine_is_said_in_one_line():
    with pytest.raises(ServeError, match=r"^192\.0\.2\.1 port 0: .*; name another"):
        run(Settings(host="192.0.2.1", port=0), quiet, quiet)


def test_missing_graph_is_said_before_anything_starts(tmp_path):
    with pytest.raises(PoemsKgError, match=r"graph\.trig: cannot be read"):
        run(Settings(port=0, graph=tmp_path / "graph.trig"), quiet, quiet)


def test_damaged_graph_is_said_before_anything_starts(tmp_path):
    (tmp_path / "graph.trig").write_text("<a> <b>", encoding="utf-8")
    with pytest.raises(PoemsKgError, match="the graph is damaged"):
        run(Settings(port=0, graph=tmp_path), quiet, quiet)


def test_what_is_served_and_what_is_not(cache, tmp_path):
    notes = prepare(Settings(graph=graph_file(), data=tmp_path / "nowhere"), quiet)
    assert notes[0] == f"graph {graph_file()}"
    assert notes[1].startswith(("diagnosing is ready", "no diagnosing: "))


def test_command_refuses_what_it_cannot_serve():
    refused = CliRunner().invoke(cli, ["--endpoint", "http://127.0.0.1:9/", "serve"])
    assert isinstance(refused.exception, PoemsKgError)
    assert str(refused.exception) == "serve needs a graph on this machine; leave out --endpoint"
    assert CliRunner().invoke(cli, ["serve", "--port", "99999"]).exit_code == 2


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_server_says_when_it_is_ready_and_stops_whole(cache, stop):
    command = [*COMMAND, "--graph", str(graph_file()), "serve", "--port", "0", "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            assert line.startswith("poems-kg serves http://127.0.0.1:")
            assert httpx.get(f"{line.split()[2]}static/explorer.css").status_code == 200
            children = pids("--ppid", process.pid)
            assert len(children) >= 2
            process.send_signal(stop)
            assert process.communicate(timeout=20) == ("", "")
            assert process.returncode in (0, -stop)
        finally:
            process.kill()
    assert pids("-p", ",".join(children)) == []


def pids(option, of):
    """Processes that ``ps`` gives for an option, without those that have ended and are still on its list."""
    listed = subprocess.run(["ps", "-o", "pid=,stat=", option, str(of)], capture_output=True, text=True, check=False)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return [pid for pid, state in rows if not state.startswith("Z")]
