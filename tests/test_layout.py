"""The house as CONTRIBUTING.md describes it."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "poems_kg"
MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_imports_the_front_door(path):
    imports = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imports += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "poems_kg":
            imports += [f"poems_kg:{alias.name}" for alias in node.names if not (PACKAGE / alias.name).exists()]
    assert "poems_kg" not in imports
    assert [
        name for name in imports if name.startswith("poems_kg:") and not (PACKAGE / f"{name[9:]}.py").exists()
    ] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_rooms_are_small_and_say_what_they_are_for(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert text.count("\n") <= 400
    assert ast.get_docstring(tree)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= 50] == []
