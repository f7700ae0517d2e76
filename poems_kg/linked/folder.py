"""
The folder of a linked graph: an Oxigraph store on disk and, beside it, what it was made from.

A folder is replaced as a whole or not at all; readers of the old one are not disturbed.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from poems_kg.ids import PoemsKgError
from poems_kg.places import MANIFEST, graph_file
from poems_kg.releases.catalogue import cache_folder
from poems_kg.store import LocalStore
from poems_kg.tables import write_atomic

STORE: Final = "store"
FORMAT: Final = 2
"""Raised when the graph's shape changes, so that an older store is not misread."""


class LinkedError(PoemsKgError):
    """A linked graph that is not there, is damaged, was made from other data, or cannot be made."""


def default_folder() -> Path:
    """Where the linked graph is unless a folder is named."""
    return cache_folder() / "linked"


def is_linked(folder: Path) -> bool:
    """Whether a folder holds a linked graph."""
    return (folder / MANIFEST).is_file()


def core_checksum() -> str:
    """The SHA-256 of the released core graph."""
    return sha256(graph_file().read_bytes()).hexdigest()


def open_linked(folder: Path | None = None) -> LocalStore:
    """
    Open a linked graph, to read only; any number of processes may do so at once.

    :param folder: where it is; the default folder where none is given.
    :raises LinkedError: if it is not there, is damaged, or was made with another release of the core graph.
    """
    place = folder or default_folder()
    if not is_linked(place):
        raise LinkedError(f"{place}: there is no linked graph; make it with 'poems-kg link build'")
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        made_with = manifest["format"], manifest["core"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LinkedError(f"{place / MANIFEST}: is damaged; run 'poems-kg link build' again") from error
    if made_with != (FORMAT, core_checksum()):
        raise LinkedError(f"{place}: was made with another release of poems-kg; run 'poems-kg link build' again")
    try:
        return LocalStore(ox.Store.read_only(str(place / STORE)))
    except OSError as error:
        raise LinkedError(f"{place}: the store is damaged ({error}); run 'poems-kg link build' again") from error


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """
    Give an empty folder beside ``folder`` to fill, then put it in its place; on any error the old one stays.

    :raises LinkedError: if another process is doing the same, or the place cannot be written.
    """
    try:
        from filelock import FileLock, Timeout
    except ImportError as error:
        raise LinkedError(f"{error.name} is missing; install poems-kg with its 'link' extra") from error
    target = folder.absolute()
    if target.exists() and not is_linked(target) and (not target.is_dir() or any(target.iterdir())):
        raise LinkedError(f"{folder}: holds something else; name a new or empty folder")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(f".{target.name}.lock"), timeout=0):
            new = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
            try:
                yield new
                _put_in_place(new, target)
            finally:
                shutil.rmtree(new, ignore_errors=True)
    except Timeout as error:
        raise LinkedError(f"{folder}: another build of it is under way; wait until it has ended") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise LinkedError(f"{folder}: cannot be written ({reason}); free some room, or name another folder") from error


def _put_in_place(new: Path, target: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)
    new.chmod(0o777 & ~mask)
    old = new.with_name(f"{new.name}.old")
    if target.exists():
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def write_store(folder: Path, fill: Callable[[ox.Store], None]) -> None:
    """
    Make store and manifest in an empty folder.

    :raises OSError: if it cannot be written; Oxigraph says so for a full disk, too.
    """
    store = ox.Store(str(folder / STORE))
    fill(store)
    store.flush()
    del store  # lets go of the files
    manifest = {"format": FORMAT, "core": core_checksum()}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def dump_linked(store: LocalStore, path: Path) -> None:
    """
    Write all statements of a linked graph as N-Quads, in the order of the store.

    :raises PoemsKgError: if the target cannot be written; what stood there is untouched.
    """

    def write(new: Path) -> None:
        store.quads.dump(str(new), format=ox.RdfFormat.N_QUADS)

    write_atomic(path, write)
