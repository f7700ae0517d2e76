import pytest
from html_page import HtmlPage
from starlette.testclient import TestClient

from poems_kg.ids import PoemsKgError
from poems_kg.names import UnknownTermError
from poems_kg.serve.asked import Asked
from poems_kg.serve.desk import Desk
from poems_kg.serve.pages.evidence import evidence
from poems_kg.serve.pages.treatments import (
    CERTAINTIES,
    NO_LINE,
    ORDERS,
    Treatment,
    list_aims,
    list_treatments,
    treatments,
)
from poems_kg.views import POEMS

VEGF_GOAL = "POEMS:0000427"
HOSTILE = ('"><script>alert(1)</script>', "\x00", "first'--", "a" * 5000)


@pytest.fixture(scope="module")
def found(desk: Desk) -> list[Treatment]:
    return list_treatments(desk.view("treatments"), evidence(desk), desk.kg.names)


def ask(desk: Desk, **values: str) -> HtmlPage:
    page = HtmlPage(treatments(desk, Asked(tuple(values.items()))).body)
    page.check()
    return page


def shown(page: HtmlPage) -> set[str]:
    """The treatments that have a heading of their own."""
    links = [found for within, found in zip_links(page) if "h4" in within]
    return {found["href"].removeprefix("/entity/") for found in links}


def zip_links(page: HtmlPage) -> list[tuple[str, dict[str, str]]]:
    result = []
    for before, (tag, found) in zip(page.tags, page.tags[1:], strict=False):
        if tag == "a" and "href" in found:
            result.append((before[0], found))
    return result


def test_every_treatment_of_poems_is_shown_with_its_claims_of_use(desk: Desk, found: list[Treatment]) -> None:
    said = [
        claim
        for claim in evidence(desk).claims.values()
        if claim.object_id == POEMS and claim.relation in ("applied_to_treat", "studied_to_treat")
    ]
    assert {each.term for each in found} == {claim.subject_id for claim in said}
    assert {each.term for each in found} == shown(ask(desk))
    used = {claim.claim.claim_id for each in found for use in each.uses for claim in use.claims}
    assert used == {claim.claim_id for claim in said}
    assert "Not medical advice" in ask(desk).text


def test_lines_are_those_that_claims_name(desk: Desk, found: list[Treatment]) -> None:
    rows = desk.kg.ask("treatment_lines")
    first = {row["treatment"] for row in rows if row["line"] == "first"}
    assert {each.term for each in found if "first" in each.lines} == first
    assert shown(ask(desk, line="first")) == first
    assert shown(ask(desk, line=NO_LINE)) == {each.term for each in found if not each.lines}


@pytest.mark.parametrize("certainty", CERTAINTIES)
def test_certainty_is_what_a_source_that_uses_it_says(desk: Desk, certainty: str) -> None:
    rows = desk.kg.ask("treatments_by_certainty", certainty=certainty)
    uses = {"kg:applied_to_treat", "kg:studied_to_treat"}
    wanted = {row["treatment"] for row in rows if row["polarity"] == "asserts" and row["relation"] in uses}
    assert shown(ask(desk, certainty=certainty)) == wanted


def test_a_goal_has_what_lowers_the_same_to_that_end(desk: Desk, found: list[Treatment]) -> None:
    graph = desk.view("treatments")
    vegf = "PR:000017284"
    lowering = {node for node, target, key in graph.edges(keys=True) if (target, key) == (vegf, "decreases")}
    assert shown(ask(desk, goal="Reduction of vascular endothelial growth factor level")) == lowering & {
        each.term for each in found
    }
    assert shown(ask(desk, goal=VEGF_GOAL)) == shown(ask(desk, goal=vegf))


def test_goals_that_sources_name_are_told_with_their_sources(desk: Desk, found: list[Treatment]) -> None:
    aims = list_aims(desk.view("treatments"), found, evidence(desk), desk.kg.names)
    goals = {aim.term for aim in aims if aim.group == "has_goal"}
    assert goals == {row["goal"] for row in desk.kg.ask("treatment_goals")}
    assert all(aim.sources for aim in aims)


@pytest.mark.parametrize("by", ORDERS)
def test_grouping_leaves_nothing_out(desk: Desk, found: list[Treatment], by: str) -> None:
    assert shown(ask(desk, by=by)) == {each.term for each in found}


def test_filters_go_together_and_are_kept_in_the_form(desk: Desk, found: list[Treatment]) -> None:
    page = ask(desk, line="first", certainty="probable", goal=VEGF_GOAL, by="class")
    wanted = {
        each.term
        for each in found
        if "first" in each.lines and "probable" in each.certainties and VEGF_GOAL in each.aim_ids
    }
    assert shown(page) == wanted
    selected = {found["value"] for found in page.having("option") if "selected" in found}
    assert selected == {"first", "probable", VEGF_GOAL, "class"}


def test_nothing_that_fits_is_said_so(desk: Desk) -> None:
    assert "No treatment in this graph fits these" in ask(desk, goal="hepatomegaly").text


def test_harms_that_are_findings_of_poems_are_marked(desk: Desk, found: list[Treatment]) -> None:
    thalidomide = next(each for each in found if each.label == "thalidomide")
    neuropathy = [item for item in thalidomide.cautions if item.target_id == "HP:0009830"]
    assert {item.relation for item in neuropathy} == {"has_caution", "has_side_effect"}
    assert all(item.is_finding and item.sources for item in neuropathy)


def test_a_lone_count_is_not_rounded_up_to_a_share(found: list[Treatment]) -> None:
    transplantation = next(each for each in found if each.term == "POEMS:0000108")
    figures = {item.label: item.figure for item in transplantation.aims}
    assert figures["Extravascular volume overload"] == "100\N{NO-BREAK SPACE}% (1 of 1)"


def test_a_number_in_words_has_its_unit_and_whom_it_was_counted_in(found: list[Treatment]) -> None:
    transplantation = next(each for each in found if each.term == "POEMS:0000108")
    figures = {item.label: item.figure for item in transplantation.outcomes}
    assert figures["Change in interleukin-6 level"] == "fall by a median of 2\N{NO-BREAK SPACE}pg/mL (of 53)"
    assert figures["Respiratory muscle strength"] == "in 53 patients"


def test_an_unknown_goal_suggests_the_nearest(desk: Desk) -> None:
    with pytest.raises(UnknownTermError):
        treatments(desk, Asked((("goal", "hepatomegalyy"),)))


@pytest.mark.parametrize("name", ["line", "certainty", "by"])
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_words_are_refused(desk: Desk, name: str, value: str) -> None:
    with pytest.raises(PoemsKgError, match="is not known; use"):
        treatments(desk, Asked(((name, value),)))


@pytest.mark.parametrize(("name", "status"), [("goal", 404), ("line", 400), ("certainty", 400), ("by", 400)])
def test_hostile_words_are_escaped(client: TestClient, name: str, status: int) -> None:
    answer = client.get("/treatments", params={name: HOSTILE[0]}, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert "<script>alert" not in answer.text
