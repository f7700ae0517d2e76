"""The whole graph, and who says what in it: terms with all their claims, and claims with their sources."""

from collections import defaultdict
from typing import Any

import networkx as nx

from poems_kg.names import Names
from poems_kg.store import Store
from poems_kg.views.rows import ClaimRow, add_term, read_claims, read_rows, summarise


def build_graph(store: Store, names: Names) -> nx.MultiDiGraph:
    """
    All terms and all that is said between them.

    Nodes: ``label``, ``category``, ``claims`` (ids of the claims about it that lead to words or figures only).
    Edges, one for each subject, relation, object and polarity, keyed by relation (denied: ``not `` before it): the
    attributes of :func:`poems_kg.views.rows.summarise`, and ``origin``: ``claims``, or ``ontology`` for an is-a
    that the ontology has and no claim states (its ``claims`` and ``sources`` are empty).
    """
    graph = nx.MultiDiGraph(view="graph")
    claims = read_claims("graph", store)
    for row in read_rows("terms", store):
        add_term(graph, str(row["term"]), str(row["category"]).removeprefix("kg:"), names, claims=[])
    stated: dict[tuple[str, str, str], list[ClaimRow]] = defaultdict(list)
    for claim in claims:
        for term, category in ((claim.subject, claim.subject_category), (claim.object, claim.object_category)):
            if term and term not in graph:
                add_term(graph, term, category, names, claims=[])
        if claim.object:
            key = claim.relation if claim.asserts else f"not {claim.relation}"
            stated[claim.subject, claim.object, key].append(claim)
        else:
            graph.nodes[claim.subject]["claims"].append(claim.claim)
    for (subject, target, key), group in sorted(stated.items()):
        graph.add_edge(subject, target, key=key, origin="claims", **summarise(group))
    for row in read_rows("hierarchy", store):
        pair = (str(row["term"]), str(row["parent"]))
        if not graph.has_edge(*pair, key="subclass_of"):
            graph.add_edge(*pair, key="subclass_of", **_from_ontology())
    return graph


def _from_ontology() -> dict[str, Any]:
    empty: dict[str, Any] = {name: [] for name in ("claims", "sources", "figures", "values", "conditions")}
    stated = {"relation": "subclass_of", "relations": ["subclass_of"], "polarity": "asserts"}
    return {**stated, "certainty": "established", **empty, "low": None, "high": None, "origin": "ontology"}


def build_evidence(store: Store, names: Names) -> nx.Graph:
    """
    Claims and the sources that state them.

    Nodes with ``bipartite=0`` are claims: ``label`` (the statement in words), ``category`` (``Claim``), ``subject``,
    ``relation``, ``object`` (empty where it leads to words or figures) and ``polarity``. Nodes with ``bipartite=1``
    are sources: ``label`` (title), ``category`` (``Publication``) and ``citation``. Edges: ``relation``
    (``source``), ``claims`` and ``sources`` (one each), ``polarity``, ``certainty``, ``support``, ``evidence``
    (a class of ECO), ``place``, and ``start`` and ``end`` (offsets into the text of the source, or None).
    """
    graph = nx.Graph(view="evidence")
    for row in read_rows("evidence", store):
        text = {column: "" if value is None else str(value) for column, value in row.items()}
        claim, source, relation = text["claim"], text["source"], text["relation"].removeprefix("kg:")
        said = names.label(text["object"]) if text["object"] else text["value"]
        denial = "" if text["polarity"] == "asserts" else "not: "
        words = f"{denial}{names.label(text['subject'])} {names.label(text['relation'])} {said}"
        about = {column: text[column] for column in ("subject", "object", "polarity")}
        graph.add_node(claim, bipartite=0, label=words, category="Claim", relation=relation, **about)
        title = text["title"] or source
        graph.add_node(source, bipartite=1, label=title, category="Publication", citation=text["citation"])
        graph.add_edge(
            claim,
            source,
            relation="source",
            claims=[claim],
            sources=[text["citation"]],
            start=row["start"],
            end=row["end"],
            **{column: text[column] for column in ("polarity", "certainty", "support", "evidence", "place")},
        )
    return graph
