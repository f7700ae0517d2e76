"""The tour: the main job, told in a minute on the real graph."""

from collections.abc import Iterable, Mapping
from textwrap import fill
from typing import Any

import click

from poems_kg.cli.asking import Load
from poems_kg.figures import figure_words
from poems_kg.knowledge_graph import KnowledgeGraph

WIDTH = 100
Row = Mapping[str, Any]


@click.command()
@click.option(
    "--finding", default="peripheral neuropathy", show_default=True, help="The finding to look for in other disorders."
)
@click.option("--rival", default="CIDP", show_default=True, help="The disorder to tell POEMS syndrome from.")
@click.pass_obj
def tour(load: Load, finding: str, rival: str) -> None:
    """Answer in a minute what people ask: what it is, what resembles it, how they differ, and who says so."""
    graph = load()
    poems = graph.show("POEMS syndrome")
    _say(f"{poems.label}: {poems.definition}")
    _names(graph)
    _findings(graph)
    _sharing(graph, finding)
    _differences(graph, rival)
    _mechanism(graph)
    _side_effects(graph)
    _disagreements(graph)
    _head("Go on")
    click.echo("  poems-kg ask                          all questions, with their parameters")
    click.echo("  poems-kg show papilledema             an entity with all its claims and sources")
    click.echo("  poems-kg view mechanism -o story.svg  the graph, drawn")
    _say("For research and education; this is not medical advice.")


def _say(text: str) -> None:
    click.echo("\n" + fill(text, WIDTH))


def _head(text: str) -> None:
    click.echo(click.style(f"\n{text}", bold=True))


def _item(text: str) -> None:
    click.echo(fill(text, WIDTH, initial_indent="  ", subsequent_indent="      "))


def _rest(shown: int, total: int, command: str) -> None:
    if total > shown:
        click.echo(f"  … and {total - shown} more: poems-kg ask {command}")


def _who(row: Row) -> str:
    """PMID or DOI, else the id of the source, under which ``poems-kg claims -s`` finds it."""
    citation = str(row["citation"])
    source = str(row.get("source") or citation).removeprefix("source:")
    return citation if citation.startswith(("PMID:", "DOI:")) else source


def _cited(row: Row) -> str:
    parts = (figure_words(row), row.get("context"))
    said = "; ".join(str(part) for part in parts if part)
    return f"{said} [{_who(row)}]" if said else f"[{_who(row)}]"


def _names(graph: KnowledgeGraph) -> None:
    _head("What is it called?")
    rows = graph.ask("names", entity="POEMS syndrome").rows
    by_name: dict[str, set[str]] = {}
    for row in rows:
        if row["scope"] != "label":
            by_name.setdefault(str(row["name"]), set()).add(_who(row) if row["source"] else "poems-kg")
    for name, citations in sorted(by_name.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:6]:
        _item(f"{name} [{'; '.join(sorted(citations))}]")
    _rest(6, len(by_name), "names")


def _findings(graph: KnowledgeGraph) -> None:
    from poems_kg.views import LETTER_NAMES

    _head("What does it look like?")
    rows = graph.ask("findings_by_letter").rows
    for letter, title in LETTER_NAMES.items():
        found = sorted(
            (row for row in rows if row["letter"] == letter),
            key=lambda row: (-int(row["sources"] or 0), str(row["finding_label"])),
        )
        shown = ", ".join(_ranged(row) for row in found[:6])
        _item(f"{letter if len(letter) == 1 else '+'}  {title} ({len(found)} findings): {shown}")


def _ranged(row: Row) -> str:
    share = figure_words({**row, "unit": "%"})
    return f"{row['finding_label']} {share}".strip()


def _sharing(graph: KnowledgeGraph, finding: str) -> None:
    label = graph.names.label(graph.names.find(finding, "Finding"))
    _head(f"Which related disorders share {label.lower()}?")
    rows = graph.ask("disorders_sharing_finding", finding=finding).rows
    for row in _first_of_each(rows, "other_label")[:10]:
        narrower = "" if row["finding_label"] == label else f" as {str(row['finding_label']).lower()}"
        _item(f"{row['other_label']}{narrower}: {_cited(row)}")
    if not rows:
        _item("None that a source here names; not said is not the same as absent.")
    _rest(10, len(rows), f'disorders_sharing_finding -p finding="{finding}"')


def _differences(graph: KnowledgeGraph, rival: str) -> None:
    label = graph.names.label(graph.names.find(rival, "Disorder"))
    _head(f"What tells it from {label}, and who says so?")
    rows = graph.ask("distinguishing_features", other=rival).rows
    stated = [row for row in rows if row["direction"] and row["subject"] == "MONDO:0017364"]
    stated.sort(key=lambda row: (not figure_words(row), row["certainty"] != "established"))
    for row in _first_of_each(stated, "feature_label")[:10]:
        value = f" ({row['value']})" if row["value"] else ""
        _item(f"{row['feature_label']}: {row['direction']} in {row['subject_label']}{value}; {_cited(row)}")
    _rest(10, len(rows), f'distinguishing_features -p other="{rival}"')


def _first_of_each(rows: Iterable[Row], column: str) -> list[Row]:
    first: dict[object, Row] = {}
    for row in rows:
        first.setdefault(row[column], row)
    return list(first.values())


def _mechanism(graph: KnowledgeGraph) -> None:
    _head("How does the clone bring about edema?")
    rows = graph.ask("mechanism_paths", finding="edema").rows
    for row in rows[:8]:
        relation = str(row["relation"]).removeprefix("kg:").replace("_", " ")
        doubt = "" if row["certainty"] == "established" else f", {row['certainty']}"
        _item(f"{row['subject_label']} → {row['object_label']} ({relation}{doubt}) [{_who(row)}]")
    _rest(8, len(rows), "mechanism_paths -p finding=edema")


def _side_effects(graph: KnowledgeGraph) -> None:
    _head("Which treatments have a side effect that is itself a finding of POEMS syndrome?")
    rows = [row for row in graph.ask("side_effects_that_are_findings") if row["polarity"] == "asserts"]
    by_treatment: dict[str, list[Row]] = {}
    for row in rows:
        by_treatment.setdefault(str(row["treatment_label"]), []).append(row)
    for treatment, found in by_treatment.items():
        effects = sorted({str(row["side_effect_label"]) for row in found})
        citations = sorted({_who(row) for row in found})
        _item(f"{treatment}: {', '.join(effects)} [{'; '.join(citations)}]")


def _disagreements(graph: KnowledgeGraph) -> None:
    _head("Where do sources disagree?")
    rows = graph.ask("disagreements").rows
    for kind in sorted({str(row["kind"]) for row in rows}):
        found = _first_of_each((row for row in rows if row["kind"] == kind), "object_label")
        found.sort(key=lambda row: row["subject"] != "MONDO:0017364")
        click.echo(f"  {kind} ({len(found)}):")
        for row in found[:4]:
            sides = []
            for side in ("a", "b"):
                who = _who({"citation": row[f"citation_{side}"], "source": row[f"source_{side}"]})
                sides.append(f"{row[f'side_{side}']} [{who}]")
            _item(f"- {row['subject_label']} – {row['object_label']}: {' against '.join(sides)}")
    click.echo("  poems-kg ask disagreements")


COMMANDS = (tour,)
