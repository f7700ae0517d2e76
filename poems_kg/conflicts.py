"""
Find where a graph disagrees with itself, by the queries in ``queries/conflicts``, and turn what they find into RDF.

A rule is a query with four header lines: ``#+ summary:``, ``#+ kind:``, ``#+ problem:`` and ``#+ compares:``. One that
compares ``claims`` gives a row for each pair that does not go together; one that compares ``classes`` gives who puts
what below which class, and :mod:`poems_kg.classifications` finds where they part. All rows of a rule on one subject,
relation, object and topic are one conflict, whose id depends on nothing else, so that it outlives new figures.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

import pyoxigraph as ox

from poems_kg.classifications import find_disputes
from poems_kg.ids import PoemsKgError, expand, is_curie
from poems_kg.ontology import Graphs, iri
from poems_kg.places import queries_dir
from poems_kg.reviews import Review
from poems_kg.store import Store, Value

KINDS = ("taxonomic", "lexical", "numeric", "logical", "identifier", "criteria")
COMPARES = ("claims", "classes")
NEW = "new"
"""The status of a conflict that nobody has reviewed."""

_RANKS = ("criterion: ", "effect: ")
"""Qualifiers that are what the claim says, rather than a limit of it."""

_IS_SOURCE_ID = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
"""A mapping may name the address of a file instead of a source."""
_HEADER = re.compile(r"^#\+ (summary|kind|problem|compares): (\S.*?)\s*$", re.MULTILINE)
_BATCH = 200
_CLAIMS = """
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
SELECT ?claim ?subject ?relation ?object ?value ?unit ?low ?high ?n ?total ?context ?polarity ?source WHERE {
  VALUES ?claim { %s }
  ?claim kg:subject ?subject ; kg:relation ?relation ; kg:polarity ?polarity ; kg:source ?source .
  OPTIONAL { ?claim kg:object ?object }
  OPTIONAL { ?claim kg:value ?value }
  OPTIONAL { ?claim kg:unit ?unit }
  OPTIONAL { ?claim kg:low ?low }
  OPTIONAL { ?claim kg:high ?high }
  OPTIONAL { ?claim kg:n ?n }
  OPTIONAL { ?claim kg:total ?total }
  OPTIONAL { ?claim kg:context ?context }
} ORDER BY ?claim
"""
_LABELS = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?entity ?label WHERE { VALUES ?entity { %s } ?entity rdfs:label ?label } ORDER BY ?entity ?label
"""

Record = Mapping[str, Value]


class RuleError(PoemsKgError):
    """A rule file that is not as it must be."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way for sources not to go together: its kind, what it means when a row comes, and what its rows are."""

    name: str
    kind: str
    summary: str
    problem: str
    compares: str
    sparql: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """
    One disagreement with both sides. ``sources_a`` and ``sources_b`` are bare source ids, sorted; ``object_id`` is
    empty where the relation leads to text; ``about`` has every entity that either side speaks of.
    """

    conflict_id: str
    kind: str
    rule: str
    subject_id: str
    subject_label: str
    relation: str
    object_id: str
    side_a: str
    sources_a: tuple[str, ...]
    claims_a: tuple[str, ...]
    side_b: str
    sources_b: tuple[str, ...]
    claims_b: tuple[str, ...]
    about: frozenset[str]


@dataclass(slots=True)
class _Side:
    """What is said on one side: claims, and (statement, details, source) where it is no claim that says it."""

    claims: set[str] = field(default_factory=set)
    words: set[tuple[str, str, str]] = field(default_factory=set)


_Key = tuple[Rule, str, str, str, str]
_Sides = tuple[_Side, _Side]


def conflict_id(rule: str, subject_id: str, relation: str, object_id: str, topic: str) -> str:
    """
    The id of a conflict: the same as long as the rule is called the same and finds the same matter.

    >>> conflict_id("figures_apart", "MONDO:0017364", "has_phenotype", "HP:0002240", "")
    'conflict:3b9e2a42c7'
    """
    matter = "\x1f".join((rule, subject_id, relation, object_id, topic))
    return f"conflict:{sha256(matter.encode()).hexdigest()[:10]}"


# --- Rules ---


def read_rule(path: Path) -> Rule:
    """
    Read a rule file.

    :raises RuleError: if it cannot be read, or its header lacks a line or has an unknown kind.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"{path}: cannot be read ({error}); restore the file") from error
    header = dict(_HEADER.findall(text))
    missing = {"summary", "kind", "problem", "compares"} - header.keys()
    if missing:
        raise RuleError(f"{path}: the header lacks {', '.join(sorted(missing))}; write them as '#+ kind: numeric'")
    for key, allowed in (("kind", KINDS), ("compares", COMPARES)):
        if header[key] not in allowed:
            raise RuleError(f"{path}: {header[key]!r} is no {key}; use {', '.join(allowed)}")
    body = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#+"))
    return Rule(path.stem, sparql=body, **header)


@cache
def find_rules() -> dict[str, Rule]:
    """
    All rules by name.

    :raises RuleError: if a rule file is not as it must be.
    """
    return {path.stem: read_rule(path) for path in sorted((queries_dir() / "conflicts").glob("*.rq"))}


# --- Finding ---


def find_conflicts(store: Store, rules: Iterable[Rule] | None = None) -> list[Conflict]:
    """
    Every conflict in a graph, by kind, subject and id.

    :param rules: those to apply; all where none are given.
    :raises QueryError: if the store does not answer.
    """
    found: dict[_Key, _Sides] = defaultdict(lambda: (_Side(), _Side()))
    for rule in find_rules().values() if rules is None else rules:
        rows = _records(store, rule.sparql)
        if rule.compares == "classes":
            _compare_classes(rule, store, list(rows), found)
        else:
            _pair_claims(rule, rows, found)
    claim_ids = {claim for sides in found.values() for side in sides for claim in side.claims}
    claims = {str(row["claim"]): row for row in _ask_about(store, _CLAIMS, claim_ids)}
    mentioned = {str(claim[key]) for claim in claims.values() for key in ("subject", "object") if claim[key]}
    labels = _labels(store, mentioned | {key[1] for key in found})
    conflicts = [_to_conflict(key, sides, claims, labels) for key, sides in found.items()]
    return sorted(conflicts, key=lambda c: (KINDS.index(c.kind), c.subject_label, c.conflict_id))


def _records(store: Store, sparql: str) -> Iterator[Record]:
    columns, rows = store.select(sparql)
    return (dict(zip(columns, row, strict=True)) for row in rows)


def _ask_about(store: Store, sparql: str, ids: Iterable[str]) -> Iterator[Record]:
    """Ask a query with a ``VALUES`` block about some entities only, a batch at a time."""
    nodes = [f"<{expand(i) if is_curie(i) else i}>" for i in sorted(ids) if is_curie(i) or i.startswith("http")]
    for start in range(0, len(nodes), _BATCH):
        yield from _records(store, sparql % " ".join(nodes[start : start + _BATCH]))


def _labels(store: Store, ids: Iterable[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for row in _ask_about(store, _LABELS, ids):
        labels.setdefault(str(row["entity"]), str(row["label"]))
    return labels


def _pair_claims(rule: Rule, rows: Iterable[Record], found: dict[_Key, _Sides]) -> None:
    for row in rows:
        relation = str(row["relation"]).removeprefix("kg:")
        key = (rule, str(row["subject"]), relation, str(row.get("object") or ""), str(row.get("topic") or ""))
        for side, letter in zip(found[key], "ab", strict=True):
            if row.get(f"claim_{letter}"):
                side.claims.add(str(row[f"claim_{letter}"]))
            elif row.get(f"side_{letter}"):
                source_id = str(row[f"source_{letter}"] or "").removeprefix("source:")
                side.words.add((_say(str(row[f"side_{letter}"])), "", source_id))


def _say(words: str) -> str:
    return f"is {words}" if is_curie(words) else words


def _compare_classes(rule: Rule, store: Store, rows: list[Record], found: dict[_Key, _Sides]) -> None:
    broader: dict[str, set[str]] = defaultdict(set)
    placements: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        if row["subject"]:
            source_id = str(row["source"]).removeprefix("source:")
            placements[str(row["subject"])][source_id].add(str(row["class"]))
        else:
            broader[str(row["narrow"])].add(str(row["broad"]))
    labels = _labels(store, {*broader, *(str(row["class"] or row["broad"]) for row in rows)})

    def names(class_ids: Iterable[str]) -> str:
        return ", ".join(labels.get(class_id, class_id) for class_id in class_ids)

    for subject_id, by_source in placements.items():
        for dispute in find_disputes(by_source, broader):
            disputed = f"{names([dispute.class_id])} ({dispute.class_id})"
            one, other = found[rule, subject_id, "subclass_of", dispute.class_id, ""]
            for source_id, ways in dispute.ways.items():
                way = names(class_id for class_id in ways if class_id != dispute.class_id)
                one.words.add((f"below {disputed}", f"by way of {way}" if way else "", source_id))
            for source_id, classes in dispute.others.items():
                other.words.add((f"not below {disputed}, but below", names(classes), source_id))


# --- Wording ---


def _to_conflict(key: _Key, sides: _Sides, claims: Mapping[str, Record], labels: Mapping[str, str]) -> Conflict:
    rule, subject_id, relation, object_id, topic = key
    one, other = sides
    about = {subject_id, object_id} - {""}
    for claim_id in one.claims | other.claims:
        about |= {str(claims[claim_id][end]) for end in ("subject", "object") if claims[claim_id][end]}
    return Conflict(
        conflict_id(rule.name, subject_id, relation, object_id, topic),
        rule.kind,
        rule.name,
        subject_id,
        labels.get(subject_id, subject_id),
        relation,
        object_id,
        _word_side(one, subject_id, claims, labels),
        _sources(one, claims),
        tuple(sorted(one.claims)),
        _word_side(other, subject_id, claims, labels),
        _sources(other, claims),
        tuple(sorted(other.claims)),
        frozenset(about),
    )


def _sources(side: _Side, claims: Mapping[str, Record]) -> tuple[str, ...]:
    sources = {_source(claims[claim_id]) for claim_id in side.claims} | {source for *_, source in side.words}
    return tuple(sorted(sources - {""}))


def _source(claim: Record) -> str:
    return str(claim["source"]).removeprefix("source:")


def _word_side(side: _Side, subject_id: str, claims: Mapping[str, Record], labels: Mapping[str, str]) -> str:
    """One text: for each statement what it says, with who says it so; statements alike are said once."""
    said: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for claim_id in side.claims:
        claim = claims[claim_id]
        said[_statement(claim, subject_id, labels)][_details(claim)].add(_source(claim))
    for statement, words, source_id in side.words:
        said[statement][words].add(source_id)
    parts = []
    for statement, details in sorted(said.items()):
        versions = [_with_sources(words, sources) for words, sources in sorted(details.items())]
        colon = "" if list(details) == [""] else ":"
        parts.append(f"{statement}{colon} {'; '.join(versions)}".strip())
    return " | ".join(parts)


def _with_sources(words: str, sources: set[str]) -> str:
    named = ", ".join(sorted(sources - {""}))
    return f"{words} ({named})".strip() if named else words


def _statement(claim: Record, subject_id: str, labels: Mapping[str, str]) -> str:
    """What a claim is about, without repeating what the conflict is about."""
    subject = "" if claim["subject"] == subject_id else f"{labels.get(str(claim['subject']), claim['subject'])} "
    relation = str(claim["relation"]).removeprefix("kg:").replace("_", " ")
    has_target = claim["object"] and claim["relation"] != "kg:has_criterion"
    target = f" {labels.get(str(claim['object']), claim['object'])}" if has_target else ""
    denied = "denies: " if claim["polarity"] == "denies" else ""
    return f"{denied}{subject}{relation}{target}"


def _details(claim: Record) -> str:
    value = str(claim["value"] or "")
    figures = "" if any(character.isdigit() for character in value) else _figures(claim)
    unit = str(claim["unit"] or "") if value and not figures and claim["unit"] != "1" else ""
    value = value if not unit or value.rstrip().endswith(unit) else f"{value} {unit}"
    counts = _counts(claim)
    if counts and (value or figures):
        counts = f"({counts})"
    limits = str(claim["context"] or "").split("; ") if claim["context"] else []
    ranks = [limit.partition(": ")[2] for limit in limits if limit.startswith(_RANKS)]
    rest = "; ".join(limit for limit in limits if not limit.startswith(_RANKS))
    return " ".join(part for part in (value, figures, counts, ", ".join(ranks), f"[{rest}]" if rest else "") if part)


def _counts(claim: Record) -> str:
    n, total = claim["n"], claim["total"]
    if total is None:
        return "" if n is None else f"n = {n}"
    return f"of {total}" if n is None else f"{n} of {total}"


def _figures(claim: Record) -> str:
    low, high, unit = claim["low"], claim["high"], str(claim["unit"] or "")
    if low is None and high is None:
        return ""
    if low == high:
        words = f"{low:g}"
    elif low is None:
        words = f"up to {high:g}"
    else:
        words = f"at least {low:g}" if high is None else f"{low:g}–{high:g}"
    return f"{words} {unit}".strip()


# --- As RDF ---


def conflict_quads(conflicts: Iterable[Conflict], reviews: Mapping[str, Review]) -> set[ox.Quad]:
    """
    The graph ``conflicts``: one individual for each conflict, with its status.

    :param reviews: by conflict id; a conflict without one is new.
    """
    out: set[ox.Quad] = set()
    for conflict in conflicts:
        node = iri(conflict.conflict_id)

        def add(key: str, value: ox.NamedNode | ox.Literal, node: ox.NamedNode = node) -> None:
            out.add(ox.Quad(node, iri(key), value, Graphs.conflicts))

        review = reviews.get(conflict.conflict_id)
        add("rdf:type", iri("kg:Conflict"))
        add("kg:disputed_subject", iri(conflict.subject_id))
        add(
            "kg:disputed_relation", iri(conflict.relation if is_curie(conflict.relation) else f"kg:{conflict.relation}")
        )
        if conflict.object_id:
            add("kg:disputed_object", iri(conflict.object_id))
        for entity_id in conflict.about:
            add("kg:concerns", iri(entity_id))
        words = {
            "conflict_kind": conflict.kind,
            "found_by": conflict.rule,
            "side_a": conflict.side_a,
            "side_b": conflict.side_b,
            "sources_a": "|".join(conflict.sources_a),
            "sources_b": "|".join(conflict.sources_b),
            "status": review.status if review else NEW,
            "reason": review.reason if review else "",
        }
        for key, text in words.items():
            if text:
                add(f"kg:{key}", ox.Literal(text))
        for letter, sources, claim_ids in (
            ("a", conflict.sources_a, conflict.claims_a),
            ("b", conflict.sources_b, conflict.claims_b),
        ):
            for source_id in filter(_IS_SOURCE_ID.fullmatch, sources):
                add(f"kg:source_{letter}", iri(f"source:{source_id}"))
            for claim_id in claim_ids:
                add(f"kg:claim_{letter}", iri(claim_id))
    return out
