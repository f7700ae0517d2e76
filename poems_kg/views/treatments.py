"""Treatments: what they are part of, act on, aim at, achieve, and what speaks for caution."""

from collections import defaultdict

import networkx as nx

from poems_kg.names import Names
from poems_kg.store import Store
from poems_kg.views.rows import POEMS, ClaimRow, add_term, read_claims, read_rows, summarise

HARMS = frozenset({"has_side_effect", "has_caution"})
"""Relations to what speaks against a treatment."""


def build_treatments(store: Store, names: Names) -> nx.MultiDiGraph:
    """
    Treatments with their classes, parts, targets, goals, outcomes, side effects and cautions.

    Nodes: ``label``, ``category`` and ``role``: ``class`` (other treatments are kinds of it), ``treatment``,
    ``goal``, ``outcome``, ``disorder``, or ``target`` for all that treatments act on, improve or harm. Edges, keyed by
    relation (denied: ``not `` before it): the attributes of :func:`poems_kg.views.rows.summarise`, and
    ``is_poems_finding``, true for a side effect or caution that is itself, or is broader than, a finding asserted of
    POEMS syndrome. An is-a that the ontology has and no claim states has empty ``claims`` and ``sources``.
    """
    graph = nx.MultiDiGraph(view="treatments")
    stated: dict[tuple[str, str, str], list[ClaimRow]] = defaultdict(list)
    for claim in read_claims("treatments", store):
        for term, category in ((claim.subject, claim.subject_category), (claim.object, claim.object_category)):
            add_term(graph, term, category, names)
        key = claim.relation if claim.asserts else f"not {claim.relation}"
        stated[claim.subject, claim.object, key].append(claim)
    own = _poems_findings(store)
    for (subject, target, key), claims in sorted(stated.items()):
        harms = claims[0].relation in HARMS and target in own
        graph.add_edge(subject, target, key=key, is_poems_finding=harms, **summarise(claims))
    _add_hierarchy(graph, store, names)
    classes = {parent for _, parent, key in graph.edges(keys=True) if key == "subclass_of"}
    for node, category in graph.nodes(data="category"):
        role = {"TreatmentGoal": "goal", "OutcomeMeasure": "outcome", "Disorder": "disorder"}.get(category, "target")
        if category == "Treatment":
            role = "class" if node in classes else "treatment"
        graph.nodes[node]["role"] = role
    return graph


def _add_hierarchy(graph: nx.MultiDiGraph, store: Store, names: Names) -> None:
    for row in read_rows("hierarchy", store):
        term, parent = str(row["term"]), str(row["parent"])
        if graph.nodes.get(term, {}).get("category") != "Treatment" or graph.has_edge(term, parent, "subclass_of"):
            continue
        add_term(graph, parent, "Treatment", names)
        bare = {"relation": "subclass_of", "relations": ["subclass_of"], "polarity": "asserts"}
        empty: dict[str, list[str]] = {name: [] for name in ("claims", "sources", "figures", "values", "conditions")}
        more = {"certainty": "established", "low": None, "high": None, "is_poems_finding": False}
        graph.add_edge(term, parent, key="subclass_of", **bare, **empty, **more)


def _poems_findings(store: Store) -> set[str]:
    """The findings asserted of POEMS syndrome, with the broader ones that these imply."""
    claims = read_claims("disorder_findings", store)
    own = {claim.object for claim in claims if claim.subject == POEMS and claim.asserts}
    pairs = ((str(row["finding"]), str(row["broader"])) for row in read_rows("broader_findings", store))
    return own | {broader for finding, broader in pairs if finding in own}
