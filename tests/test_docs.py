"""What the pages say is true: their examples run, and they name every command, question, check, view and export."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from poems_kg.cli import cli, main
from poems_kg.conflicts import find_rules
from poems_kg.exports import FORMATS
from poems_kg.places import queries_dir
from poems_kg.questions import find_questions
from poems_kg.views import VIEWS

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "ontology/README.md",
    ROOT / "queries/README.md",
]


def blocks(language: str) -> list[tuple[str, str]]:
    """All fenced blocks of a language, with the page that they stand in."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        found += [(page.name, block) for block in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)]
    return found


@pytest.mark.parametrize(("page", "code"), blocks("python"))
def test_python_examples_run(page, code, tmp_path, monkeypatch, request):
    if "load_linked" in code:
        request.getfixturevalue("linked_folder")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, page, "exec"), {})  # noqa: S102 - our own examples


@pytest.mark.parametrize(("page", "query"), blocks("sparql"))
def test_sparql_examples_have_rows(page, query, kg):
    assert list(kg.query(query).bindings)


@pytest.mark.parametrize(
    ("page", "line"),
    [(page, line) for page, block in blocks("sh") for line in block.splitlines() if line.startswith("poems-kg")],
)
def test_command_examples_run(page, line, tmp_path, monkeypatch, request):
    if page == "linked.md":
        # Building it takes a minute, so the graph that all tests ask is built by that very command, once.
        folder = request.getfixturevalue("linked_folder")
        if line == "poems-kg link build":
            assert (folder / "linked.json").is_file()
            return
    shared = ROOT.parent / "shared"
    if "../shared" in line and not shared.is_dir():
        pytest.skip("the source texts are not beside the checkout")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", shlex.split(line.replace("../shared", str(shared)), comments=True))
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 0


def test_readme_has_its_two_commands():
    lines = [
        line
        for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("python3 -m venv")
    ]
    assert len(lines) == 2
    assert lines[0].endswith("poems-kg tour")
    assert lines[1].endswith("pytest")


def test_readme_names_every_command():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in cli.commands if f"`{name}`" not in text and f"poems-kg {name}" not in text] == []


def test_every_question_is_listed():
    text = (ROOT / "docs/questions.md").read_text(encoding="utf-8")
    listed = [line for line in text.splitlines() if line.startswith("| `")]
    assert [line.split(" | ")[:2] for line in listed] == [
        [f"| `{question.name}`", question.summary] for question in find_questions().values()
    ]


def test_every_check_is_listed():
    text = (ROOT / "docs/issue_codes.md").read_text(encoding="utf-8")
    assert [f.stem for f in sorted((queries_dir() / "checks").glob("*.rq")) if f"`{f.stem}`" not in text] == []


def test_every_conflict_rule_is_listed():
    text = (ROOT / "docs/conflicts.md").read_text(encoding="utf-8")
    listed = [
        line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `") and line.count("|") == 4
    ]
    rules = find_rules().values()
    assert sorted(listed) == sorted([f"`{rule.name}`", rule.kind, rule.summary] for rule in rules)


def test_every_view_and_export_is_documented():
    views = (ROOT / "docs/views.md").read_text(encoding="utf-8")
    exports = (ROOT / "docs/exports.md").read_text(encoding="utf-8")
    assert [name for name in VIEWS if f"## {name}\n" not in views] == []
    assert [name for name in FORMATS if f"`{name}`" not in exports] == []


def test_links_between_pages_lead_somewhere():
    broken = []
    for page in [*PAGES, ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http") and not (page.parent / target).exists():
                broken.append((page.name, target))
    assert broken == []
