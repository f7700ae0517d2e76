import re

import pytest
from html_page import HtmlPage
from starlette.testclient import TestClient

from poems_kg.serve.asked import Asked
from poems_kg.serve.desk import Desk
from poems_kg.serve.pages import mechanism_drawing
from poems_kg.serve.pages.evidence import evidence
from poems_kg.serve.pages.mechanism import list_causes, mechanism
from poems_kg.serve.pages.mechanism_drawing import Story, draw_story
from poems_kg.views import CLONE


@pytest.fixture(scope="module")
def page(desk: Desk) -> HtmlPage:
    read = HtmlPage(mechanism(desk, Asked()).body)
    read.check()
    return read


@pytest.fixture(scope="module")
def story(desk: Desk) -> Story:
    return draw_story(desk.view("mechanism"))


def test_every_name_in_both_drawings_is_a_link_with_a_name(page: HtmlPage, story: Story) -> None:
    links = [found for found in page.having("a") if found.get("class", "").startswith("node ")]
    assert len(links) == 2 * len(story.graph)
    assert {found["href"] for found in links} == {f"/entity/{node}" for node in story.graph}
    assert all(found["aria-label"] for found in links)


def test_every_drawn_link_leads_to_the_same_in_words(desk: Desk, page: HtmlPage, story: Story) -> None:
    drawn = [found["href"] for found in page.having("a") if found.get("class", "").startswith("link ")]
    ids = {found["id"] for _, found in page.tags if "id" in found}
    assert len(drawn) == 2 * story.graph.number_of_edges()
    assert {href[1:] for href in drawn} <= ids


def test_every_cause_that_sources_state_is_in_the_words_with_its_claims(desk: Desk, page: HtmlPage) -> None:
    graph = desk.view("mechanism")
    on_way, aside = list_causes(graph, evidence(desk), desk.kg.names)
    steps = [step for cause in (*on_way, *aside) for step in cause.steps]
    assert {(step.subject_id, step.object_id) for step in steps} == set(graph.edges)
    assert len(steps) == len({step.key for step in steps})
    links = {found["href"] for found in page.having("a") if "href" in found}
    for *_, claims in graph.edges(data="claims"):
        assert {f"/claim/{claim.removeprefix('claim:')}" for claim in claims} <= links
    assert all(step.sources for step in steps)


def test_causes_come_before_their_effects(desk: Desk) -> None:
    on_way, _ = list_causes(desk.view("mechanism"), evidence(desk), desk.kg.names)
    order = [cause.term for cause in on_way]
    assert order[0] == CLONE
    for place, cause in enumerate(on_way):
        later = [step.object_id for step in cause.steps if step.object_id in order]
        assert all(order.index(effect) > place for effect in later)


def test_the_drawings_lead_from_left_to_right_and_from_top_to_bottom(story: Story) -> None:
    assert story.wide
    across = {node.term: node.x for node in story.wide.nodes}
    down = {node.term: node.y for node in story.narrow.nodes}
    assert all(across[one] < across[other] and down[one] < down[other] for one, other in story.graph.edges)
    assert len(set(down.values())) == len(down)
    assert all(node.x - node.width / 2 > 0 and node.x + node.width / 2 < story.wide.width for node in story.wide.nodes)


def test_boxes_of_the_wide_drawing_do_not_touch(story: Story) -> None:
    assert story.wide
    boxes = story.wide.nodes
    for one in boxes:
        for other in boxes:
            apart_x = abs(one.x - other.x) >= (one.width + other.width) / 2
            apart_y = abs(one.y - other.y) >= (one.height + other.height) / 2
            assert one is other or apart_x or apart_y


def test_links_have_the_number_of_their_sources(story: Story) -> None:
    assert story.wide
    for drawing in (story.wide, story.narrow):
        assert {link.edge: link.sources for link in drawing.links} == {
            edge: len(data["sources"]) for edge, data in story.graph.edges.items()
        }


def test_what_sources_deny_is_drawn_and_said(desk: Desk, page: HtmlPage, story: Story) -> None:
    denied = desk.view("mechanism").graph["denied"]
    drawn = [link.edge for link in story.narrow.links if link.kind == "denied"]
    assert drawn == [(CLONE, "HP:0001271")]
    assert denied
    ids = {found["id"] for _, found in page.tags if "id" in found}
    assert {f"denied-{number}" for number in range(1, len(denied) + 1)} <= ids
    assert "by direct invasion" in page.text


def test_feedback_is_told(desk: Desk, page: HtmlPage) -> None:
    assert len(desk.view("mechanism").graph["cut"]) == len(
        [1 for _, found in page.tags if "feedback-" in found.get("id", "")]
    )


def test_the_best_supported_way_is_a_way_from_the_clone(page: HtmlPage, story: Story) -> None:
    assert story.main[0] == CLONE
    assert all(story.graph.has_edge(*pair) for pair in zip(story.main, story.main[1:], strict=False))
    assert "2 sources, uncertain" in page.text


def test_drawing_leaves_the_view_as_it_is(desk: Desk) -> None:
    graph = desk.kg.view("mechanism")
    before = {edge: dict(data) for edge, data in graph.edges.items()}
    draw_story(graph)
    assert {edge: dict(data) for edge, data in graph.edges.items()} == before


def test_without_igraph_the_narrow_drawing_stands_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ImportError("igraph")

    monkeypatch.setattr(mechanism_drawing, "plan_layers", missing)
    draw_story.cache_clear()
    body = mechanism(desk, Asked()).body.decode()
    draw_story.cache_clear()
    assert 'class="drawing only-narrow"' in body
    assert 'svg class="wide"' not in body
    assert 'svg class="narrow"' in body


def test_the_page_is_served(client: TestClient) -> None:
    answer = client.get("/mechanism?anything=<script>")
    assert answer.status_code == 200
    assert "<script>" not in re.sub(r"<script [^>]*src=", "", answer.text)
