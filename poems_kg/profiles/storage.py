"""
Keep arrays and texts in a folder of the cache, written whole or not at all, and open them mapped from disk.

A folder is named by the checksum of all that it was made from, so that it is never stale and never changed.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from poems_kg.ids import PoemsKgError
from poems_kg.places import ontology_dir
from poems_kg.profiles.ragged import Ragged
from poems_kg.releases.catalogue import CACHE_VARIABLE, cache_folder
from poems_kg.tables import write_text_atomic

FORMAT: Final = 3
"""Raised when arrays change their meaning, so that older ones are not misread."""
KEPT: Final = 5
"""How many indexes of different data stay in the cache; older ones are removed when a new one is made."""
_TABLES: Final = ("terms.tsv", "sources.tsv", "prefixes.tsv", "links/*.tsv", "claims/*.tsv")
_DONE: Final = "manifest.json"


class ProfilesError(PoemsKgError):
    """Arrays that cannot be made, read or used; the message says where, and what to do."""


@dataclass(slots=True)
class Contents:
    """What a folder holds: arrays by name, and texts (anything that JSON can hold) by name."""

    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    texts: dict[str, Any] = field(default_factory=dict)

    def add_ragged(self, name: str, rows: Ragged) -> None:
        """Add rows of different lengths as two arrays."""
        self.arrays[f"{name}.indptr"] = rows.indptr
        self.arrays[f"{name}.indices"] = rows.indices


# --- Reading ---


def read_array(folder: Path, name: str) -> npt.NDArray[Any]:
    """
    Map an array, to read only.

    :raises ProfilesError: if it is not there or damaged.
    """
    try:
        array = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(folder, error) from error
    # A plain view: the class of mapped arrays runs Python code at every slice.
    return np.asarray(array)


def read_ragged(folder: Path, name: str) -> Ragged:
    """Map rows of different lengths; see :func:`read_array`."""
    return Ragged(read_array(folder, f"{name}.indptr"), read_array(folder, f"{name}.indices"))


def read_texts(folder: Path, name: str) -> Any:
    """
    Read texts.

    :raises ProfilesError: if they are not there or damaged.
    """
    try:
        return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(folder, error) from error


def _damaged(folder: Path, error: Exception) -> ProfilesError:
    return ProfilesError(f"{folder}: is damaged ({error}); remove this folder, it will be made again")


# --- Writing ---


def folder_of(paths: Sequence[Path]) -> Path:
    """
    Where the arrays made from some files, our tables, and this version of the format belong.

    :raises ProfilesError: if a file cannot be read, or the cache cannot be written.
    """
    tables = [path for pattern in _TABLES for path in sorted(ontology_dir().glob(pattern))]
    with _on_disk():
        sums = [*_checksums(paths), *(sha256(path.read_bytes()).hexdigest() for path in tables)]
    digest = sha256("\n".join([str(FORMAT), *sums]).encode()).hexdigest()
    return _place() / digest[:24]


def _place() -> Path:
    return cache_folder() / "profiles"


def _checksums(paths: Sequence[Path]) -> list[str]:
    """The checksum of each file: remembered as long as size and time of change stay the same, for files are large."""
    memory = _place() / "checksums.json"
    known: dict[str, list[Any]] = {}
    with suppress(OSError, ValueError):
        known = json.loads(memory.read_text(encoding="utf-8"))
    sums, is_new = [], False
    for path in paths:
        stat, name = path.stat(), str(path.resolve())
        stamp = [stat.st_size, stat.st_mtime_ns]
        if known.get(name, [])[:2] != stamp:
            known[name] = [*stamp, sha256(path.read_bytes()).hexdigest()]
            is_new = True
        sums.append(str(known[name][2]))
    if is_new:
        memory.parent.mkdir(parents=True, exist_ok=True)
        write_text_atomic(memory, json.dumps(known, indent=1) + "\n")
    return sums


def is_whole(folder: Path) -> bool:
    """Whether arrays stand in a folder; one that has its manifest has all the rest."""
    return (folder / _DONE).is_file()


def mark_used(folder: Path) -> None:
    """Let a folder count as new, so that what is in use is not removed as old; a cache that is read-only stays so."""
    with suppress(OSError):
        os.utime(folder)


def fill(folder: Path, make: Callable[[], Contents]) -> None:
    """
    Make contents and write them, unless another process has done so meanwhile, for which this one waits.

    :raises ProfilesError: if the place cannot be written; nothing is left of what was begun.
    """
    try:
        from filelock import FileLock
    except ImportError as error:
        raise ProfilesError(f"{error.name} is missing; install poems-kg with its 'diagnose' extra") from error
    with _on_disk():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / ".lock"):
            if is_whole(folder):
                return
            _remove_old(folder.parent)
            contents = make()
            with tempfile.TemporaryDirectory(prefix=".new.", dir=folder.parent, ignore_cleanup_errors=True) as name:
                new = Path(name) / folder.name
                new.mkdir()
                _write(new, contents)
                shutil.rmtree(folder, ignore_errors=True)
                new.rename(folder)


def _write(folder: Path, contents: Contents) -> None:
    for name, array in contents.arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    for name, texts in contents.texts.items():
        text = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    (folder / _DONE).write_text(json.dumps({"format": FORMAT}) + "\n", encoding="utf-8")


def _remove_old(place: Path) -> None:
    """Who has an old index open keeps it: a mapped file lasts until it is let go of."""
    whole = [folder for folder in place.iterdir() if is_whole(folder)]
    for folder in sorted(whole, key=lambda one: one.stat().st_mtime, reverse=True)[KEPT - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _on_disk() -> Iterator[None]:
    """Say in one line what the disk refuses."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        place = error.filename or _place()
        raise ProfilesError(f"{place}: {reason}; free some room, or name another cache by {CACHE_VARIABLE}") from error
