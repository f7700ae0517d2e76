"""
Read the rows of ``queries/views``, and summarise claims about the same thing as attributes that keep their provenance.

What a view does with them is no business of this module.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import networkx as nx

from poems_kg.names import Names
from poems_kg.places import queries_dir
from poems_kg.questions import Value, read_question, to_value
from poems_kg.store import Store

POEMS: Final = "MONDO:0017364"
"""The disorder that the graph is about."""

_SURENESS: Final = ("established", "probable", "uncertain")


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """
    One claim as the queries give it; ``object`` is empty where the claim leads to words or figures only.

    ``low`` and ``high`` are in ``unit``; ``n`` of ``total`` patients were counted; ``citation`` is ``PMID:…``,
    else ``DOI:…``, else the id of the source. ``subject_category``, ``object_category`` and ``relation`` are local
    names such as ``Finding`` and ``has_phenotype``.
    """

    claim: str
    subject: str
    subject_category: str
    relation: str
    object: str
    object_category: str
    polarity: str
    certainty: str
    value: str
    unit: str
    low: float | None
    high: float | None
    n: int | None
    total: int | None
    source: str
    citation: str
    condition: str

    @property
    def asserts(self) -> bool:
        """Whether the source says that it is so."""
        return self.polarity == "asserts"


def read_rows(name: str, store: Store) -> list[dict[str, Value]]:
    """Ask one of ``queries/views``: CURIEs for terms, Python values for the rest, None where there is nothing."""
    result = store.query(read_question(queries_dir() / "views" / f"{name}.rq").sparql)
    columns = [str(variable) for variable in result.vars or []]
    return [{column: to_value(binding.get(column)) for column in columns} for binding in _bindings(result.bindings)]


def _bindings(bindings: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for binding in bindings:
        yield {str(variable): node for variable, node in binding.items()}


def read_claims(name: str, store: Store) -> list[ClaimRow]:
    """Ask one of ``queries/views`` that gives claims; they come in order of their ids."""
    claims: dict[str, ClaimRow] = {}
    for claim in map(_to_claim, read_rows(name, store)):
        known = claims.get(claim.claim)
        # A claim with two conditions comes as two rows.
        claims[claim.claim] = replace(claim, condition=f"{known.condition}, {claim.condition}") if known else claim
    return list(claims.values())


def _to_claim(row: dict[str, Value]) -> ClaimRow:
    def text(column: str) -> str:
        value = row[column]
        return "" if value is None else str(value)

    def number(column: str) -> float | None:
        value = row[column]
        return None if value is None else float(value)

    def whole(column: str) -> int | None:
        value = row[column]
        return None if value is None else int(value)

    def local(column: str) -> str:
        return text(column).removeprefix("kg:")

    subject, target = text("subject"), text("object")
    return ClaimRow(
        claim=text("claim"),
        subject=subject,
        subject_category=local("subject_category") or _category_of(subject),
        relation=local("relation"),
        object=target,
        object_category=local("object_category") or _category_of(target),
        **{
            column: text(column)
            for column in ("polarity", "certainty", "value", "unit", "source", "citation", "condition")
        },
        low=number("low"),
        high=number("high"),
        n=whole("n"),
        total=whole("total"),
    )


def _category_of(curie: str) -> str:
    # Sources are not filed under a category as terms are; claims lead to them as references.
    return "Publication" if curie.startswith("source:") else ""


def percentages(claim: ClaimRow) -> tuple[float | None, float | None]:
    """
    The share of patients that a claim gives, as lower and upper bound in percent.

    A count is turned into a share; where there is none, ``low`` and ``high`` count if their unit is ``%``.
    """
    if claim.n is not None and claim.total:
        share = round(100 * claim.n / claim.total, 1)
        return share, share
    return (claim.low, claim.high) if claim.unit == "%" else (None, None)


def render_figure(claim: ClaimRow) -> str:
    """The figures of a claim as words, with its citation; empty where it gives none."""
    unit = f" {claim.unit}" if claim.unit else ""
    if claim.n is not None and claim.total:
        figure = f"{claim.n}/{claim.total}"
    elif claim.low is not None and claim.high is not None:
        bounds = f"{claim.low:g}" if claim.low == claim.high else f"{claim.low:g}–{claim.high:g}"
        figure = bounds + unit
    elif claim.low is not None:
        figure = f"at least {claim.low:g}{unit}"
    elif claim.high is not None:
        figure = f"up to {claim.high:g}{unit}"
    else:
        return ""
    return f"{figure} ({claim.citation})"


def summarise(claims: Sequence[ClaimRow]) -> dict[str, Any]:
    """
    Edge attributes for claims that relate the same two things; at least one claim is needed.

    ``relation`` (the one most often stated), ``relations`` (all), ``polarity`` (``asserts``, ``denies`` or ``mixed``),
    ``certainty`` (the surest), ``claims`` and ``sources`` (claim ids and citations, sorted), ``figures``, ``values``
    and ``conditions`` (as published, sorted), ``low`` and ``high`` (the widest range of shares asserted, in percent, or
    None).
    """
    asserted = [claim for claim in claims if claim.asserts]
    bounds = [percentages(claim) for claim in asserted]
    lows = [low for low, _ in bounds if low is not None]
    highs = [high for _, high in bounds if high is not None]
    counted = Counter(claim.relation for claim in asserted or claims)
    polarities = {claim.polarity for claim in claims}
    return {
        "relation": min(counted, key=lambda relation: (-counted[relation], relation)),
        "relations": sorted({claim.relation for claim in claims}),
        "polarity": polarities.pop() if len(polarities) == 1 else "mixed",
        "certainty": min((claim.certainty for claim in asserted or claims), key=_SURENESS.index),
        "claims": sorted({claim.claim for claim in claims}),
        "sources": sorted({claim.citation for claim in claims}),
        "figures": sorted({figure for claim in claims if (figure := render_figure(claim))}),
        "values": sorted({claim.value for claim in claims if claim.value}),
        "conditions": sorted({claim.condition for claim in claims if claim.condition}),
        "low": min(lows) if lows else None,
        "high": max(highs) if highs else None,
    }


def add_term(graph: nx.Graph, term: str, category: str, names: Names, **attributes: object) -> None:
    """Add a node with its ``label`` and ``category``, and what else a view says of it."""
    graph.add_node(term, label=names.label(term), category=category, **attributes)
