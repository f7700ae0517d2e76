"""Turn answers into short texts, for assistants that are given texts and not the structured form."""

from collections.abc import Mapping, Sequence
from typing import Final

from poems_kg.figures import figure_words
from poems_kg.serve.assistants.answers import (
    Answer,
    Candidate,
    Cell,
    Criteria,
    Diagnosis,
    Entity,
    Found,
    Matches,
    Questions,
    Reason,
    Rows,
    Source,
)

_FIGURES: Final = frozenset({"low", "high", "unit", "n", "total"})
_USUAL: Final = {"polarity": "asserts", "certainty": "established"}
_SPARE: Final = frozenset({"source", "start", "end"})
"""Columns whose content a text has in other words: the citation, the place."""


def tell_questions(answer: Questions) -> str:
    """One line for each question, more with details."""
    lines = []
    for question in answer.questions:
        parameters = ", ".join(f"{each.name}={each.default or ''}" for each in question.parameters)
        needs = f" [needs the {question.needs} graph]" if question.needs else ""
        lines.append(f"- {question.name}({parameters}): {question.summary}{needs}")
        if question.sparql:
            lines += [f"  {question.description}", f"  columns: {', '.join(question.columns)}", question.sparql]
    return _join("\n".join(lines) or "No question is on that.", answer)


def tell_rows(answer: Rows) -> str:
    """The rows as a table."""
    title = f"{answer.summary} (rows: {answer.total})"
    parts = [title, answer.description, *answer.notes, table(list(answer.columns), answer.rows, answer.labels)]
    return _join("\n\n".join(part for part in parts if part), answer)


def tell_matches(answer: Matches) -> str:
    """One line for each match."""
    lines = [
        f"- {match.label} ({match.id}), {match.category or 'other'}, claims: {match.claims}"
        + (f"; found as {match.name!r}" if match.name.casefold() != match.label.casefold() else "")
        for match in answer.matches
    ]
    return _join("\n".join(lines) or "Nothing in the graph comes near.", answer)


def tell_entity(answer: Entity) -> str:
    """What it is, then its claims as a table."""
    lines = [f"{answer.label} ({answer.id}), {answer.category or 'other'}", answer.definition]
    if answer.synonyms:
        lines.append(f"Also called: {'; '.join(answer.synonyms)}")
    if answer.broader:
        lines.append("Is a: " + "; ".join(f"{label} ({key})" for key, label in answer.broader.items()))
    if answer.relations:
        lines.append("Claims: " + ", ".join(f"{relation} {number}" for relation, number in answer.relations.items()))
    rows: list[Mapping[str, Cell]] = [
        {
            "subject": claim.subject_label,
            "relation": claim.relation,
            "object": claim.object_label or claim.value,
            "figures": claim.figures,
            "context": claim.context,
            "polarity": claim.polarity,
            "certainty": claim.certainty,
            "citation": claim.citation,
            "place": claim.place,
            "claim": claim.claim,
        }
        for claim in answer.claims
    ]
    lines += ["", table(list(rows[0]), rows, {})] if rows else []
    return _join("\n".join(line for line in lines if line or rows), answer)


def tell_found(answer: Found) -> str:
    """Rows as a table, a truth value as a word, triples as Turtle."""
    if answer.form == "ASK":
        body = "yes" if answer.truth else "no"
    elif answer.form == "SELECT":
        body = table(answer.columns, answer.rows, answer.labels)
    else:
        body = answer.turtle or "no triples"
    return _join(body, answer)


def tell_diagnosis(answer: Diagnosis) -> str:
    """Criteria, differential with the strongest reasons, next steps; what it is not comes first."""
    understood = "; ".join(f"{how}: {', '.join(labels)}" for how, labels in answer.understood.items() if labels)
    parts = [
        answer.not_advice,
        f"Understood as {understood}",
        *answer.notes,
        "Criteria:\n" + "\n".join(map(_criteria, answer.criteria)),
        "Differential (rank among all rare diseases; posterior among POEMS syndrome and its rivals):\n"
        + "\n".join(map(_candidate, answer.differential)),
        "Next:\n" + "\n".join(f"- {step.label}: {step.bits:.2f} bits ({step.how})" for step in answer.next),
    ]
    return _join("\n\n".join(parts), answer)


def _criteria(criteria: Criteria) -> str:
    met = ", ".join(item.label for item in criteria.items if item.verdict == "met")
    missing = "; ".join(criteria.missing)
    return (
        f"- {criteria.label}: {criteria.verdict.replace('_', ' ')}"
        + (f"; met: {met}" if met else "")
        + (f"; missing: {missing}" if missing else "")
        + f" [{criteria.citation}]"
    )


def _candidate(candidate: Candidate) -> str:
    posterior = "" if candidate.posterior is None else f", posterior {candidate.posterior:.1%}"
    lines = [f"{candidate.rank}. {candidate.label} ({candidate.id}){posterior}"]
    lines += [_reason("for", reason) for reason in candidate.reasons_for]
    lines += [_reason("against", reason) for reason in candidate.reasons_against]
    return "\n".join(lines)


def _reason(direction: str, reason: Reason) -> str:
    return f"   {direction}: {reason.text}" + (f" [{'; '.join(reason.citations[:3])}]" if reason.citations else "")


# --- What all have ---


def table(columns: Sequence[str], rows: Sequence[Mapping[str, Cell]], labels: Mapping[str, str]) -> str:
    """
    Rows as a Markdown table: figures in one column, ids beside their labels, nothing that is the usual case.

    :param labels: label by CURIE, for ids that have no column with their label.
    """
    if not rows:
        return "no rows"
    has_figures = {"low", "high"} <= {*columns}
    spare = {f"{column}_label" for column in columns} | (_SPARE if "citation" in columns else frozenset())
    kept = [c for c in columns if c not in spare and not (has_figures and c in _FIGURES)]
    if has_figures:
        kept.insert(min(columns.index("low"), len(kept)), "figures")
    shown = [{column: _cell(row, column, labels) for column in kept} for row in rows]
    kept = [column for column in kept if any(row[column] for row in shown)]
    lines = [" | ".join(kept), " | ".join("---" for _ in kept)]
    return "\n".join(f"| {line} |" for line in [*lines, *(" | ".join(row[column] for column in kept) for row in shown)])


def _cell(row: Mapping[str, Cell], column: str, labels: Mapping[str, str]) -> str:
    value = figure_words(row) if column == "figures" and "figures" not in row else row.get(column)
    if value is None or _USUAL.get(column) == value:
        return ""
    text = format(value, ".15g") if isinstance(value, float) else str(value)
    label = row.get(f"{column}_label") or labels.get(text)
    return " ".join((f"{label} ({text})" if label and label != text else text).split()).replace("|", "/")


def _join(body: str, answer: Answer) -> str:
    parts = [body.strip(), answer.rest, "Sources:\n" + "\n".join(map(_source, answer.sources))]
    return "\n\n".join(part for part in parts if part)


def _source(source: Source) -> str:
    title = "" if source.citation.startswith(source.title) else f" {source.title}"
    places = dict.fromkeys(passage.place for passage in source.passages if passage.place)
    where = f" ({'; '.join(places)})" if places else ""
    return f"- {source.citation}{title}{where}" + (f" {source.url}" if source.url else "")
