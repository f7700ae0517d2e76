"""What the pages say is true: their examples run, and they name every command, question, check, view and export."""

import ast
import os
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


SEEN_ELSEWHERE = "poems-kg check "
"""Takes long, and says nothing that test_data (the released tables) and test_cli (the command) do not."""


def blocks(language: str) -> list[tuple[str, str]]:
    """All fenced blocks of a language, with the page that they stand in."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        found += [(page.name, block) for block in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)]
    return found


def results(code, page):
    """Run an example; gives what it printed by line, what it named, and its last line where that is an expression."""
    tree = ast.parse(code)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"]
    printed = {call.lineno: [] for call in calls}
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) and tree.body[-1].value not in calls else None
    space = {"print": lambda *values: printed[sys._getframe(1).f_lineno].append(values)}
    exec(compile(tree, page, "exec"), space)  # noqa: S102 - our own examples
    named = {name: value for name, value in space.items() if name not in {"print", "__builtins__"}}
    if last is not None:
        named[ast.unparse(last)] = eval(compile(ast.Expression(last.value), page, "eval"), space)  # noqa: S307
    return printed, named


@pytest.mark.parametrize(
    ("page", "code"),
    [pytest.param(page, code, id=f"{page}:{number}") for number, (page, code) in enumerate(blocks("python"))],
)
def test_python_examples_give_something(page, code, tmp_path, monkeypatch, request):
    if "load_linked" in code:
        request.getfixturevalue("linked_folder")
    monkeypatch.chdir(tmp_path)
    # The command is on the path of who has the environment active, and an example may call it.
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    printed, named = results(code, page)
    assert [line for line, rows in printed.items() if not rows] == []
    assert [row for rows in printed.values() for row in rows if not any(row)] == []
    assert [name for name, value in named.items() if not value] == []
    written = re.findall(r'\.export\("[\w-]+", "([\w.]+)"\)', code)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(written)


@pytest.mark.parametrize(("page", "query"), blocks("sparql"))
def test_sparql_examples_have_rows(page, query, kg):
    assert list(kg.query(query).bindings)


@pytest.mark.parametrize(
    ("page", "line"),
    [
        (page, line)
        for page, block in blocks("sh")
        for line in block.splitlines()
        if line.startswith("poems-kg") and not line.startswith(SEEN_ELSEWHERE)
    ],
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
    assert lines[1].endswith("pytest -n auto --dist loadscope")


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
