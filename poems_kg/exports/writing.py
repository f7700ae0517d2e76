"""Put what was made in its place: one file, or a folder of files, whole or not at all. Nothing is made here."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from poems_kg.ids import PoemsKgError
from poems_kg.tables import write_bytes_atomic


class ExportError(PoemsKgError):
    """An export that cannot be made: an unknown format, a library that is missing, a target that does not fit."""


def write_file(path: Path, data: bytes) -> list[Path]:
    """
    Write one file.

    :raises ExportError: if the target is a folder.
    :raises PoemsKgError: if it cannot be written; what stood there is untouched.
    """
    if path.is_dir():
        raise ExportError(f"{path}: is a folder, and this format is one file; give the name of a file")
    write_bytes_atomic(path, data)
    return [path]


def write_folder(path: Path, files: Mapping[str, bytes]) -> list[Path]:
    """
    Write a folder of files; one that is there already is replaced when all files are written.

    :param files: content by file name.
    :raises ExportError: if the target is a file, or a folder with anything else in it, or cannot be written; what
        stood there is untouched.
    """
    target = path.absolute()
    if target.exists() and not target.is_dir():
        raise ExportError(f"{path}: is a file, and this format is a folder; give the name of a folder")
    try:
        strangers = sorted({item.name for item in target.iterdir()} - files.keys()) if target.is_dir() else []
        if strangers:
            raise ExportError(f"{path}: holds other files ({strangers[0]}); give the name of a new or empty folder")
        _replace_folder(target, files)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ExportError(f"{path}: cannot be written ({reason}); choose another place") from error
    return [path / name for name in sorted(files)]


def _replace_folder(target: Path, files: Mapping[str, bytes]) -> None:
    new = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    old = new.with_name(f"{new.name}.old")
    try:
        for name, data in files.items():
            (new / name).write_bytes(data)
        mask = os.umask(0)
        os.umask(mask)
        new.chmod(0o777 & ~mask)
        if target.is_dir():
            # A folder with files in it cannot be replaced in one step: it steps aside, and comes back if need be.
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.is_dir():
                old.rename(target)
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def render_json(value: Any) -> bytes:
    """JSON with keys in the order given, indented, in UTF-8."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def render_json_line(value: Any) -> str:
    """JSON on one line, as short as it can be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
