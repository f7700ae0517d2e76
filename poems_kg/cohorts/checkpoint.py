"""
Keep the finished parts of a result in a folder beside it, so that an interrupted run goes on where it was.

``RESULT.parts`` has the parts, what was wrong with records of each, and a manifest that says what they were made from.
A part is there whole or not at all; parts made from anything else are removed, and that is said.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

from poems_kg.cohorts.results import ScreeningError
from poems_kg.ids import PoemsKgError
from poems_kg.tables import render_table, write_bytes_atomic, write_text_atomic

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
"""Raised when the shape of parts changes, so that older ones are not misread."""
BAD_COLUMNS: Final = ("line", "field", "message")


class Bad(NamedTuple):
    """What is wrong with a record: its line (0 where the whole file is meant), the field, and what to do."""

    line: int
    field: str
    message: str


class Part(NamedTuple):
    """A finished batch: its rows as written, and the records that gave none."""

    rows: bytes
    bad: tuple[Bad, ...]


class Parts:
    """The folder of parts. Knows where each is; processes on other machines may write into it, too."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self.folder = folder
        self._suffix = suffix

    def path(self, number: int) -> Path:
        """Say where the rows of a part are, or will be."""
        return self.folder / f"{number:09}{self._suffix}"

    def _bad(self, number: int) -> Path:
        return self.folder / f"{number:09}.bad.json"

    def is_done(self, number: int) -> bool:
        """Say whether a part is finished."""
        return self.path(number).is_file()

    def write(self, number: int, part: Part) -> None:
        """
        Write a part; its rows last, for they say that it is finished.

        :raises ScreeningError: if it cannot be written.
        """
        try:
            if part.bad:
                write_text_atomic(self._bad(number), json.dumps(part.bad, ensure_ascii=False))
            write_bytes_atomic(self.path(number), part.rows)
        except PoemsKgError as error:
            raise ScreeningError(_not_written(self.folder, error.__cause__)) from error

    def bad(self, number: int) -> list[Bad]:
        """Give what was wrong with records of a finished part."""
        path = self._bad(number)
        return [Bad(*one) for one in json.loads(path.read_text(encoding="utf-8"))] if path.is_file() else []

    def numbers(self) -> list[int]:
        """Give the finished parts in their order."""
        return sorted(
            int(path.name.removesuffix(self._suffix)) for path in self.folder.glob(f"?????????{self._suffix}")
        )


def fingerprint(path: Path) -> dict[str, Any]:
    """
    What tells one state of a file from another: name, size in bytes, time of its last change.

    :raises ScreeningError: if it is not a file.
    """
    try:
        found = path.stat()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ScreeningError(f"{path}: cannot be read ({reason}); give a file of patients") from error
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no ordinary file, so that a run could not be resumed"
        raise ScreeningError(f"{path}: is {what}; give a file of patients")
    return {"name": path.name, "size": found.st_size, "changed": found.st_mtime_ns}


@contextmanager
def resuming(target: Path, suffix: str, made_from: Mapping[str, Any]) -> Iterator[tuple[Parts, str]]:
    """
    Give the parts of a result, which no other run can have at the same time, and a note if older ones were removed.

    The folder is removed at the end, but stays on any error.

    :param made_from: all that a part depends on.
    :raises ScreeningError: if another run has them, or the place cannot be written.
    """
    try:
        from filelock import FileLock, Timeout
    except ImportError as error:
        raise ScreeningError(f"{error.name} is missing; pip install 'poems-kg[diagnose]'") from error
    place = target.absolute()
    if target.is_dir():
        raise ScreeningError(f"{target}: is a folder; give the name of a file")
    if not place.parent.is_dir():
        raise ScreeningError(f"{target.parent}: is no folder; make it, or name another")
    folder = place.with_name(f"{place.name}.parts")
    try:
        with FileLock(place.with_name(f".{place.name}.lock"), timeout=0):
            note = _prepare(folder, made_from)
            yield Parts(folder, suffix), note
            shutil.rmtree(folder, ignore_errors=True)
    except Timeout as error:
        raise ScreeningError(f"{target}: another run makes it; wait for it, or give another name") from error
    except OSError as error:
        raise ScreeningError(_not_written(target, error)) from error


def _not_written(path: Path, error: BaseException | None) -> str:
    reason = str(getattr(error, "strerror", None) or error).lower()
    return f"{path}: cannot be written ({reason}); mend that, and the same command goes on where this run was"


def _prepare(folder: Path, made_from: Mapping[str, Any]) -> str:
    """Make the folder, or find it as it was left; gives a note where what was left could not be used."""
    wanted = {"format": FORMAT, **made_from}
    text = json.dumps(wanted, sort_keys=True, ensure_ascii=False)
    manifest = {**wanted, "checksum": sha256(text.encode()).hexdigest()}
    note = ""
    if folder.exists():
        found = _read_manifest(folder)
        if found.get("checksum") == manifest["checksum"]:
            return ""
        differs = [name for name in wanted if found.get(name) != wanted[name]] if found else ["manifest"]
        note = f"{folder}: is left from a run with another {' and '.join(differs)}; starting anew"
        shutil.rmtree(folder)
    folder.mkdir()
    write_text_atomic(folder / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
    return note


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_bad(path: Path, bad: list[Bad]) -> None:
    """
    Write what was wrong with which record as a table, or remove an older one where nothing is.

    :raises PoemsKgError: if it cannot be written.
    """
    if bad:
        write_text_atomic(path, render_table(BAD_COLUMNS, [(str(one.line), one.field, one.message) for one in bad]))
    else:
        path.unlink(missing_ok=True)
