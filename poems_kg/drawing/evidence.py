"""Draw the evidence: which source states how many claims of which kind."""

from collections import Counter
from textwrap import shorten
from typing import Final

import networkx as nx

from poems_kg.drawing.sheet import INK, STRONG, Sheet

_MOST_SOURCES: Final = 40
_ROW: Final = 0.25
_LEFT: Final = 6.3
_COLUMN: Final = 1.02
_CITATION: Final = 24
_TOPICS: Final = {
    "Names": (
        "has_exact_synonym",
        "has_related_synonym",
        "has_broad_synonym",
        "has_narrow_synonym",
        "has_abbreviation",
    ),
    "Findings": ("has_phenotype", "has_cardinal_feature", "has_manifestation", "coexists_with"),
    "Telling\napart": ("distinguished_by", "similar_to", "distinct_from", "misdiagnosed_as", "requires_exclusion_of"),
    "Mechanism": ("causes", "contributes_to", "produces", "increases", "decreases", "affects", "participates_in"),
    "Tests and\ncriteria": (
        "diagnoses",
        "detects",
        "assesses",
        "monitors",
        "uses_specimen",
        "has_cutoff",
        "has_sensitivity",
        "biomarker_for",
        "has_specificity",
        "has_accuracy",
        "has_measured_value",
        "has_criterion",
        "has_decision_rule",
    ),
    "Treatment": (
        "applied_to_treat",
        "studied_to_treat",
        "targets",
        "has_goal",
        "ameliorates",
        "has_side_effect",
        "has_caution",
        "has_dose",
        "has_evidence",
        "has_cure",
        "has_prevention",
    ),
    "Course": ("has_outcome", "has_prognostic_factor", "has_delay_to_diagnosis"),
    "Who and\nwhere": (
        "has_prevalence",
        "has_sex_ratio",
        "has_sex_proportion",
        "has_age",
        "has_geographic_distribution",
        "diagnosed_by",
        "treated_by",
        "supported_by",
        "has_contact",
    ),
}
_OTHER: Final = "Other"


def draw_evidence(graph: nx.Graph) -> Sheet:
    """Draw the 40 sources with most claims; a circle for each topic, its area by the number of claims."""
    topic_of = {relation: topic for topic, relations in _TOPICS.items() for relation in relations}
    sources = [node for node, side in graph.nodes(data="bipartite") if side == 1]
    shown = sorted(sources, key=lambda node: (-graph.degree(node), node))[:_MOST_SOURCES]
    topics = [*_TOPICS, _OTHER]
    claims = graph.number_of_nodes() - len(sources)
    says = (
        f"{claims} claims from {len(sources)} sources; shown are the {len(shown)} with most. The area of a circle "
        "grows with the claims on that topic; in red, how many of them deny something."
    )
    height = 0.5 + _ROW * len(shown) + 0.7
    sheet = Sheet(_LEFT + _COLUMN * len(topics) + 0.9, height, "Who says what", says)
    top = height - 0.75
    for number, topic in enumerate(topics):
        sheet.text(
            _LEFT + _COLUMN * (number + 0.5), top + 0.34, topic, size=8.5, ha="center", weight="bold", linespacing=1.0
        )
    sheet.text(_LEFT + _COLUMN * len(topics) + 0.4, top + 0.34, "All", size=8.5, ha="center", weight="bold")
    for row, source in enumerate(shown):
        y = top - row * _ROW
        sheet.axes.plot([0.3, sheet.width - 0.2], [y - _ROW / 2] * 2, color="#EEEEEE", linewidth=0.8, zorder=0)
        title = shorten(graph.nodes[source]["label"], 64, placeholder=" …")
        sheet.text(_LEFT - 1.5, y, title, size=7.5, ha="right")
        citation = graph.nodes[source]["citation"]
        if citation != graph.nodes[source]["label"]:
            sheet.text(_LEFT - 1.38, y, _short(citation), size=7, color="#777777")
        stated = Counter(topic_of.get(graph.nodes[claim]["relation"], _OTHER) for claim in graph[source])
        denied = Counter(
            topic_of.get(graph.nodes[claim]["relation"], _OTHER)
            for claim in graph[source]
            if graph.nodes[claim]["polarity"] == "denies"
        )
        for number, topic in enumerate(topics):
            if stated[topic]:
                _draw_count(sheet, _LEFT + _COLUMN * (number + 0.5), y, stated[topic], denied[topic])
        sheet.text(_LEFT + _COLUMN * len(topics) + 0.4, y, str(graph.degree(source)), size=8, ha="center")
    return sheet


def _short(citation: str) -> str:
    return citation if len(citation) <= _CITATION else f"{citation[: _CITATION - 1]}…"


def _draw_count(sheet: Sheet, x: float, y: float, stated: int, denied: int) -> None:
    sheet.axes.scatter([x - 0.12], [y], s=min(4 + 1.3 * stated, 325), color=STRONG, alpha=0.75, linewidths=0, zorder=2)
    sheet.text(
        x + 0.1,
        y,
        str(stated),
        size=7.5,
        color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.3, "alpha": 0.6},
    )
    if denied:
        sheet.text(x + 0.32, y, f"−{denied}", size=7.5, color="#BB5566")
