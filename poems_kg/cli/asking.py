"""Commands that read the graph: ask, query, show, claims, stats."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from poems_kg.claims import CLAIM_COLUMNS, Claim
from poems_kg.cli.output import condense, format_option, print_rows
from poems_kg.descriptions import Description
from poems_kg.figures import figure_words
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.questions import Answer, Question, QuestionError, find_question, find_questions, to_answer

Load = Callable[..., KnowledgeGraph]


@click.command()
@click.argument("name", required=False)
@click.option(
    "--parameter", "-p", "parameters", multiple=True, metavar="KEY=VALUE", help="A parameter; may be repeated."
)
@click.option("--explain", is_flag=True, help="Show what the question asks, its parameters and its columns.")
@format_option
@click.pass_obj
def ask(load: Load, name: str | None, parameters: tuple[str, ...], explain: bool, form: str) -> None:
    """
    Answer a question; without NAME, list all questions.

    Entities may be typed as label, synonym, abbreviation or CURIE:

    \b
      poems-kg ask disorders_sharing_finding -p finding="enlarged liver"
      poems-kg ask distinguishing_features -p other=CIDP
    """  # noqa: D301 - click reads the backspace
    if name is None:
        questions = find_questions().values()
        print_rows(["name", "summary", "parameters"], [_listed(question) for question in questions], form)
        return
    question = find_question(name)
    if explain:
        _explain(question, form)
        return
    given = dict(_split(item) for item in parameters)
    answer = load(question.needs).ask(question.name, **given)
    for note in answer.notes:
        click.echo(f"note: {note}", err=True)
    if form == "table":
        click.echo(f"{question.summary}\n")
    print_answer(answer, form)


def _listed(question: Question) -> dict[str, str]:
    parameters = ", ".join(f"{p.name}={p.default or ''}" for p in question.parameters.values())
    return {"name": question.name, "summary": question.summary, "parameters": parameters}


def _split(item: str) -> tuple[str, str]:
    key, equals, value = item.partition("=")
    if not equals:
        raise QuestionError(f"{item!r} is no parameter; write -p key=value")
    return key, value


def _explain(question: Question, form: str) -> None:
    rows = [
        {
            "kind": "parameter",
            "name": p.name,
            "meaning": _meaning(p.is_entity, p.is_optional, p.category),
            "default": p.default,
        }
        for p in question.parameters.values()
    ]
    rows += [
        {"kind": "column", "name": name, "meaning": text, "default": None} for name, text in question.returns.items()
    ]
    if form == "table":
        click.echo(f"{question.summary}\n{question.description}\n")
    print_rows(["kind", "name", "meaning", "default"], rows, form)
    if form == "table":
        click.echo(question.sparql)


def _meaning(is_entity: bool, is_optional: bool, category: str) -> str:
    kind = (category or "entity") if is_entity else "text"
    return f"{kind}, may be left out" if is_optional else kind


def print_answer(answer: Answer, form: str) -> None:
    """Print an answer; a table shows it condensed."""
    columns, rows = (
        condense(answer.columns, answer.rows) if form == "table" and answer.rows else (answer.columns, answer.rows)
    )
    print_rows(columns, rows, form)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@format_option
@click.pass_obj
def query(load: Load, file: Path, form: str) -> None:
    """Run a SPARQL query from FILE, or from standard input with '-'."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(f"{file}: cannot be read ({error}); give a file with a SPARQL query") from error
    graph = load()
    result = graph.query(text)
    if result.type == "ASK":
        print_rows(["answer"], [{"answer": bool(result.askAnswer)}], form)
    elif result.type == "SELECT":
        print_rows((answer := to_answer(result, graph.names)).columns, answer.rows, form)
    elif result.graph is not None:
        turtle = form != "json"
        click.echo(result.graph.serialize(format="turtle" if turtle else "json-ld"))


@click.command()
@click.argument("term")
@format_option
@click.pass_obj
def show(load: Load, term: str, form: str) -> None:
    """Show an entity with all its claims and their sources."""
    description = load().show(term)
    if form == "table":
        _print_description(description)
        print_rows(_SHOWN, [_shown(claim) for claim in description.claims], form, "no claims")
    elif form == "json":
        import json

        click.echo(json.dumps(asdict(description), ensure_ascii=False, indent=1))
    else:
        print_claims(description.claims, form)


_SHOWN = ["subject", "relation", "object", "figures", "context", "polarity", "certainty", "source", "where"]


def _shown(claim: Claim) -> dict[str, Any]:
    passage = f"{claim.start}–{claim.end}" if claim.start is not None else claim.place
    return {
        "subject": claim.subject_label,
        "relation": claim.relation,
        "object": claim.object_label or claim.value,
        "figures": figure_words(asdict(claim)),
        "context": claim.context,
        "polarity": "" if claim.polarity == "asserts" else claim.polarity,
        "certainty": "" if claim.certainty == "established" else claim.certainty,
        "source": claim.source_id,
        "where": passage,
    }


def _print_description(description: Description) -> None:
    click.echo(f"{description.label} ({description.entity_id}), {description.category}")
    click.echo(description.definition)
    for title, pairs in (("Also called", description.synonyms), ("Matches", description.matches)):
        if pairs:
            click.echo(f"{title}: " + "; ".join(f"{value} ({kind})" for kind, value in pairs))
    if description.broader:
        click.echo("Is a: " + "; ".join(f"{label} ({entity_id})" for entity_id, label in description.broader))
    click.echo()


def print_claims(claims: list[Claim], form: str) -> None:
    """Print claims with all their columns."""
    rows = [dict(zip(CLAIM_COLUMNS, claim.to_row(), strict=True)) for claim in claims]
    print_rows(CLAIM_COLUMNS, rows, form, "no claims")


@click.command()
@click.option("--term", "-t", default="", help="Only claims with this entity as subject or object.")
@click.option("--source", "-s", "source_id", default="", help="Only claims of this source.")
@format_option
@click.pass_obj
def claims(load: Load, term: str, source_id: str, form: str) -> None:
    """List claims with all their columns."""
    found = load().claims(term, source_id)
    if form == "table":
        print_rows(["claim_id", *_SHOWN], [{"claim_id": c.claim_id, **_shown(c)} for c in found], form, "no claims")
    else:
        print_claims(found, form)


@click.command()
@format_option
@click.pass_obj
def stats(load: Load, form: str) -> None:
    """Count terms, claims, sources and triples."""
    print_rows(["what", "kind", "count"], load().stats(), form)


COMMANDS = (ask, query, show, claims, stats)
