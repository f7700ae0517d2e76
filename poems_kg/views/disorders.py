"""Disorders and their findings: as stated, as likeness between disorders, and as a matrix to tell them apart."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from math import log2
from typing import Any, Final

import networkx as nx
from networkx.algorithms import bipartite

from poems_kg.names import Names
from poems_kg.store import Store
from poems_kg.views.rows import POEMS, ClaimRow, add_term, read_claims, read_rows, summarise

LETTER_NAMES: Final[Mapping[str, str]] = {
    "P": "Polyneuropathy",
    "O": "Organomegaly",
    "E": "Endocrinopathy",
    "M": "Monoclonal gammopathy",
    "S": "Skin changes",
    "beyond": "Beyond the letters",
}
LETTERS: Final = tuple(LETTER_NAMES)
"""The groups of findings of POEMS syndrome: the letters of the acronym, and what lies beyond them."""

Said = dict[tuple[str, str], list[ClaimRow]]


def _read_said(store: Store) -> Said:
    said: Said = defaultdict(list)
    for claim in read_claims("disorder_findings", store):
        said[claim.subject, claim.object].append(claim)
    return said


def _read_broader(store: Store) -> dict[str, set[str]]:
    broader: dict[str, set[str]] = defaultdict(set)
    for row in read_rows("broader_findings", store):
        broader[str(row["finding"])].add(str(row["broader"]))
    return broader


def _read_letters(store: Store) -> dict[str, str]:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for row in read_rows("letters", store):
        counted[str(row["finding"])][str(row["letter"])] += 1
    return {
        finding: min(count, key=lambda letter: (-count[letter], LETTERS.index(letter)))
        for finding, count in counted.items()
    }


def _read_systems(store: Store) -> dict[str, str]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in read_rows("body_systems", store):
        found[str(row["finding"])].add(str(row["label"]))
    common = Counter(label for labels in found.values() for label in labels)
    return {finding: min(labels, key=lambda label: (-common[label], label)) for finding, labels in found.items()}


def build_disorder_findings(store: Store, names: Names) -> nx.Graph:
    """
    Disorders and the findings that sources assert or deny of them, as stated: nothing is closed or pooled.

    Nodes: ``bipartite`` (0 disorder, 1 finding), ``label``, ``category``; findings also ``letter`` (P, O, E, M, S,
    ``beyond``, or empty where no source files it under one) and ``body_system`` (top branch of HPO, or empty).
    Edges: the attributes of :func:`poems_kg.views.rows.summarise`.
    """
    graph = nx.Graph(view="disorder_findings")
    letters, systems = _read_letters(store), _read_systems(store)
    for (disorder, finding), claims in sorted(_read_said(store).items()):
        add_term(graph, disorder, "Disorder", names, bipartite=0)
        place = {"letter": letters.get(finding, ""), "body_system": systems.get(finding, "")}
        add_term(graph, finding, "Finding", names, bipartite=1, **place)
        graph.add_edge(disorder, finding, **summarise(claims))
    return graph


def _close(said: Said, broader: Mapping[str, Iterable[str]]) -> Said:
    """Asserting claims by disorder and finding, a claim counting for its finding and for all broader ones."""
    closed: Said = defaultdict(list)
    for (disorder, finding), claims in said.items():
        asserted = [claim for claim in claims if claim.asserts]
        for each in (finding, *broader.get(finding, ())) if asserted else ():
            closed[disorder, each] += asserted
    return closed


def build_disorder_similarity(store: Store, names: Names) -> nx.Graph:
    """
    Disorders that share findings: the projection of asserted findings, each counting for its broader ones too.

    Nodes: ``label``, ``category``, ``findings`` (how many are asserted, broader ones not counted). Edges: ``findings``
    (the most specific findings that both have, rarest first), ``finding_labels`` (the same as words), ``shared`` (how
    many these are), ``jaccard`` (shared findings over all findings of the two, both closed over broader ones),
    ``information_content`` (sum over ``findings``, in bits), ``relation`` (``shares_findings_with``), ``claims`` and
    ``sources`` (what the shared findings rest on).

    The information content of a finding is log2(N/n): N disorders in this view, n of which have the finding or a
    narrower one. The corpus is thus the disorders of this graph, not all diseases; ``graph.graph["corpus"]`` says so.
    """
    said, broader = _read_said(store), _read_broader(store)
    closed = _close(said, broader)
    pairs = nx.Graph(sorted(closed))
    disorders = sorted({disorder for disorder, _ in closed})
    information = {f: log2(len(disorders) / pairs.degree(f)) for f in pairs if f not in set(disorders)}
    likeness = bipartite.overlap_weighted_projected_graph(pairs, disorders, jaccard=True)
    corpus = f"{len(disorders)} disorders with findings in this graph"
    graph = nx.Graph(view="disorder_similarity", corpus=corpus)
    for disorder in disorders:
        stated = {finding for who, finding in said if who == disorder and (who, finding) in closed}
        add_term(graph, disorder, "Disorder", names, findings=len(stated))
    for one, other, jaccard in sorted((*sorted(pair), weight) for *pair, weight in likeness.edges(data="weight")):
        both = set(pairs[one]) & set(pairs[other])
        specific = both - {wider for finding in both for wider in broader.get(finding, ())}
        shared = sorted(specific, key=lambda finding: (-information[finding], names.label(finding)))
        claims = [claim for who in (one, other) for finding in shared for claim in closed[who, finding]]
        kept = {name: summarise(claims)[name] for name in ("claims", "sources")}
        graph.add_edge(
            one,
            other,
            relation="shares_findings_with",
            findings=shared,
            finding_labels=[names.label(finding) for finding in shared],
            shared=len(shared),
            jaccard=round(jaccard, 4),
            information_content=round(sum(information[finding] for finding in shared), 3),
            **kept,
        )
    return graph


def build_differential_matrix(store: Store, names: Names) -> nx.Graph:
    """
    Which disorder has which finding, a claim counting for broader findings too. No edge means unknown, not absent.

    Nodes: as in ``disorder_findings``, and for findings ``group``: the letter where a source gives one, else the body
    system, else ``other``. Edges: the attributes of :func:`poems_kg.views.rows.summarise`, ``presence`` (``present``,
    ``excluded``, or ``disputed`` where sources differ) and ``inferred`` (true where only narrower findings are
    stated; then ``low``, ``high`` and ``figures`` are empty, because the broader finding may be more frequent).
    """
    said = _read_said(store)
    closed = _close(said, _read_broader(store))
    letters, systems = _read_letters(store), _read_systems(store)
    graph = nx.Graph(view="differential_matrix")
    for disorder, finding in sorted({*said, *closed}):
        direct = said.get((disorder, finding), [])
        claims = direct if any(claim.asserts for claim in direct) else direct + closed.get((disorder, finding), [])
        place = {"letter": letters.get(finding, ""), "body_system": systems.get(finding, "")}
        group = place["letter"] or place["body_system"] or "other"
        add_term(graph, disorder, "Disorder", names, bipartite=0)
        add_term(graph, finding, "Finding", names, bipartite=1, group=group, **place)
        attributes = summarise(claims)
        presence = {"asserts": "present", "denies": "excluded", "mixed": "disputed"}[attributes["polarity"]]
        inferred = not any(claim.object == finding for claim in claims if claim.asserts) and presence != "excluded"
        if inferred:
            attributes |= {"low": None, "high": None, "figures": []}
        graph.add_edge(disorder, finding, presence=presence, inferred=inferred, **attributes)
    return graph


def differential_rows(graph: nx.Graph, disorders: Iterable[str] = ()) -> Iterator[dict[str, Any]]:
    """
    The differential matrix as rows: one for each finding and disorder, by group and label, unknown cells too.

    :param graph: the view ``differential_matrix``.
    :param disorders: ids of the disorders wanted, in the order wanted; none means all, POEMS syndrome first.
    :return: rows with ``finding``, ``finding_label``, ``group``, ``disorder``, ``disorder_label``, ``presence``
        (``present``, ``excluded``, ``disputed`` or ``unknown``), ``inferred``, ``low``, ``high``, ``sources``
        and ``claims``.
    """
    nodes = graph.nodes
    all_disorders = [node for node in nodes if nodes[node]["bipartite"] == 0]
    columns = list(disorders) or sorted(all_disorders, key=lambda d: (d != POEMS, nodes[d]["label"]))
    findings = [node for node in nodes if nodes[node]["bipartite"] == 1]
    unknown = {"presence": "unknown", "inferred": False, "low": None, "high": None, "sources": [], "claims": []}
    for finding in sorted(findings, key=lambda f: (_group_rank(nodes[f]["group"]), nodes[f]["label"])):
        for disorder in columns:
            cell = graph.get_edge_data(disorder, finding) or unknown
            yield {
                "finding": finding,
                "finding_label": nodes[finding]["label"],
                "group": nodes[finding]["group"],
                "disorder": disorder,
                "disorder_label": nodes[disorder]["label"],
                **{column: cell[column] for column in unknown},
            }


def _group_rank(group: str) -> tuple[int, str]:
    return (LETTERS.index(group) if group in LETTERS else len(LETTERS), group)
