"""The page of the mechanism: from the plasma cell clone to the findings, as a drawing and in words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.routing import BaseRoute, Route

from poems_kg.names import Names
from poems_kg.serve.pages.claim_words import ShownClaim
from poems_kg.serve.pages.evidence import Evidence, SourceRecord, evidence
from poems_kg.serve.pages.mechanism_drawing import draw_story
from poems_kg.serve.pages.rendering import page, render
from poems_kg.serve.pages.statements import show_claims, sources_of

if TYPE_CHECKING:
    import networkx as nx

    from poems_kg.serve.asked import Asked
    from poems_kg.serve.desk import Desk
    from poems_kg.serve.replies import Reply


@dataclass(frozen=True, slots=True)
class Step:
    """
    One link of the mechanism in words. ``key`` is its place on the page; ``relation`` are words such as ``produces``;
    ``polarity`` is ``asserts``, ``denies`` or ``mixed``.
    """

    key: str
    subject_id: str
    subject: str
    relation: str
    object_id: str
    object: str
    object_category: str
    polarity: str
    certainty: str
    shown: list[ShownClaim]

    @property
    def sources(self) -> list[SourceRecord]:
        """Who says so."""
        return sources_of(self.shown)

    @property
    def conditions(self) -> list[str]:
        """Under which circumstances sources say that it holds."""
        return list(
            dict.fromkeys(limit for each in self.shown if (limit := dict(each.claim.qualifiers).get("condition", "")))
        )

    @property
    def conflicts(self) -> list[str]:
        """The conflicts that its claims are part of."""
        return list(dict.fromkeys(conflict.conflict_id for each in self.shown for conflict in each.conflicts))


@dataclass(frozen=True, slots=True)
class Cause:
    """What one term brings about."""

    term: str
    label: str
    category: str
    steps: list[Step]

    @property
    def count(self) -> int:
        """How many links start here."""
        return len(self.steps)


def mechanism(desk: "Desk", asked: "Asked") -> "Reply":  # noqa: ARG001 - every page is asked something
    """The page ``/mechanism``."""
    graph, book, names = desk.view("mechanism"), evidence(desk), desk.kg.names
    story = draw_story(graph)
    on_way, aside = list_causes(graph, book, names)
    keys = {(step.subject_id, step.object_id): step.key for cause in (*on_way, *aside) for step in cause.steps}
    denied = [_step(f"denied-{n}", graph, each, book, names) for n, each in enumerate(graph.graph["denied"], start=1)]
    keys |= {(step.subject_id, step.object_id): step.key for step in reversed(denied)}
    labels = {node: graph.nodes[node]["label"] for node in graph}
    main = [
        (node, labels[node], story.graph.edges[node, after] if after else None)
        for node, after in zip(story.main, (*story.main[1:], ""), strict=True)
    ]
    return render(
        "mechanism.html",
        here="/mechanism",
        story=story,
        labels=labels,
        keys=keys,
        relations=book.relations,
        main=main,
        on_way=on_way,
        aside=aside,
        denied=denied,
        cut=[_step(f"feedback-{n}", graph, each, book, names) for n, each in enumerate(graph.graph["cut"], start=1)],
        categories=sorted({node.category for node in story.narrow.nodes}),
    )


def list_causes(graph: "nx.DiGraph", book: Evidence, names: Names) -> tuple[list[Cause], list[Cause]]:
    """What brings about what, from causes to effects: on the ways from the clone to findings, and beside them."""
    import networkx as nx

    number = 0
    on_way: list[Cause] = []
    aside: list[Cause] = []
    order = {
        node: place
        for place, node in enumerate(
            nx.lexicographical_topological_sort(graph, key=lambda node: (graph.nodes[node]["layer"], node))
        )
    }
    denied = {(each["subject"], each["object"]): each for each in graph.graph["denied"]}
    for cause in order:
        for is_on_path, found in ((True, on_way), (False, aside)):
            steps = []
            for effect in sorted(graph[cause], key=lambda node: order[node]):
                data = graph.edges[cause, effect]
                if data["on_path"] == is_on_path:
                    number += 1
                    against = denied.get((cause, effect), {"claims": []})["claims"]
                    about = {**data, "claims": [*data["claims"], *against], "subject": cause, "object": effect}
                    steps.append(_step(f"link-{number}", graph, about, book, names))
            if steps:
                node = graph.nodes[cause]
                found.append(Cause(cause, node["label"], node["category"], steps))
    return on_way, aside


def _step(key: str, graph: "nx.DiGraph", about: dict[str, Any], book: Evidence, names: Names) -> Step:
    subject, target = (graph.nodes[about[end]] for end in ("subject", "object"))
    shown = show_claims(about["claims"], book, names)
    denials = {each.is_denied for each in shown}
    return Step(
        key,
        about["subject"],
        subject["label"],
        book.relations.get(about["relation"], about["relation"].replace("_", " ")),
        about["object"],
        target["label"],
        target["category"],
        "mixed" if len(denials) > 1 else "denies" if True in denials else "asserts",
        about["certainty"],
        shown,
    )


ROUTES: Final[list[BaseRoute]] = [Route("/mechanism", page(mechanism))]
