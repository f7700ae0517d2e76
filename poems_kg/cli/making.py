"""Commands that write files: build, export, view."""

from pathlib import Path

import click

from poems_kg.cli.asking import Load
from poems_kg.cli.output import format_option, print_rows, progress
from poems_kg.ids import PoemsKgError
from poems_kg.places import graph_file, ontology_dir


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder to write into; it is made if need be.")
@click.option("--ontology", type=click.Path(path_type=Path), help="Folder of the tables, instead of the released one.")
def build(output: Path | None, ontology: Path | None) -> None:
    """
    Make poems.ttl and graph.trig from the tables, with reasoning.

    Without -o the released files are refreshed in place.
    """
    from poems_kg.build import GRAPH_FILE, ONTOLOGY_FILE, build_graph, write_build

    source = ontology or ontology_dir()
    with progress() as report:
        quads = build_graph(source, report)
    if output is None:
        targets = (source / ONTOLOGY_FILE, graph_file())
    else:
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PoemsKgError(f"{output}: cannot be made ({error.strerror}); choose another folder") from error
        targets = (output / ONTOLOGY_FILE, output / GRAPH_FILE)
    write_build(quads, *targets)
    click.echo(f"{len(quads)} statements, consistent under HermiT: {targets[0]}, {targets[1]}")


@click.command()
@click.argument("name", required=False)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File or folder to write.")
@format_option
@click.pass_obj
def export(load: Load, name: str | None, output: Path | None, form: str) -> None:
    """Write the graph in format NAME; without NAME, list all formats."""
    from poems_kg.exports import FORMATS, ExportError

    if name is None:
        rows = [{"format": key, "summary": summary, "file": kind} for key, (summary, kind) in FORMATS.items()]
        print_rows(["format", "file", "summary"], rows, form)
        return
    if output is None:
        raise ExportError(f"say where to write {name}: -o PATH")
    with progress() as report:
        report(f"writing {name}")
        files = load().export(name, output)
    for file in files:
        click.echo(file)


@click.command()
@click.argument("name", required=False)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Picture to draw: a file that ends in .svg or .png."
)
@format_option
@click.pass_obj
def view(load: Load, name: str | None, output: Path | None, form: str) -> None:
    """
    Make the NetworkX view NAME: its edges as rows, or a picture with -o; without NAME, list all views.

    \b
      poems-kg view mechanism -o mechanism.svg
    """  # noqa: D301 - click reads the backspace
    from poems_kg.views import VIEWS

    if name is None:
        print_rows(["view", "summary"], [{"view": key, "summary": text} for key, text in VIEWS.items()], form)
        return
    graph = load().view(name)
    if output is not None:
        from poems_kg.drawing import draw

        with progress() as report:
            report(f"drawing {name}")
            draw(name, graph, output)
        click.echo(output)
        return
    rows = [
        {"subject_id": a, "subject": graph.nodes[a]["label"], "object_id": b, "object": graph.nodes[b]["label"], **data}
        for a, b, data in graph.edges(data=True)
    ]
    print_rows(list(dict.fromkeys(key for row in rows for key in row)), rows, form)


COMMANDS = (build, export, view)
