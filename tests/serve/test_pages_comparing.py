import re
from typing import Any

import networkx as nx
import pytest
from html_page import HtmlPage
from starlette.testclient import TestClient

from poems_kg.ids import PoemsKgError
from poems_kg.names import UnknownTermError
from poems_kg.serve.asked import Asked
from poems_kg.serve.desk import Desk
from poems_kg.serve.pages.comparing import SHOW, SORTS, compare, find_disorders, find_unmatched, tell_apart
from poems_kg.serve.pages.evidence import evidence
from poems_kg.serve.pages.matrix import Column, Row, group_words, make_rows, shows, sort_rows
from poems_kg.views import POEMS, differential_rows

CIDP = "MONDO:0006702"
AL = "MONDO:0019438"
HOSTILE = ('"><script>alert(1)</script>', "' OR 1=1 --", "\x00\u202e", "%0d%0aX-Bad: 1", "{{ 7 * 7 }}", "<" * 3000)


def ask(desk: Desk, *pairs: tuple[str, str]) -> HtmlPage:
    reply = compare(desk, Asked(pairs))
    assert reply.status == 200
    page = HtmlPage(reply.body)
    page.check()
    return page


def rows_of(desk: Desk, *disorders: str) -> list[Row]:
    columns = [Column(each, desk.kg.names.label(each), "") for each in disorders]
    return list(make_rows(desk.view("differential_matrix"), columns, evidence(desk), desk.kg.names))


def heads(page: HtmlPage) -> list[str]:
    return [found["href"].removeprefix("/entity/") for found in page.having("a", class_="name")]


# --- The page ---


def test_poems_stands_beside_its_nearest_rivals_cidp_first(desk: Desk) -> None:
    page = ask(desk)
    assert heads(page)[:2] == [POEMS, CIDP]
    assert len(heads(page)) == 7
    assert "What tells POEMS from CIDP" in page.text


def test_the_disorders_asked_for_stand_in_their_order_each_once(desk: Desk) -> None:
    page = ask(desk, ("disorder", "AL amyloidosis"), ("disorder", "cidp"), ("disorder", ""), ("disorder", CIDP))
    assert heads(page) == [AL, CIDP]


def test_one_disorder_alone_is_shown_without_a_rival(desk: Desk) -> None:
    page = ask(desk, ("disorder", "POEMS"))
    assert heads(page) == [POEMS]
    assert "What tells" not in page.text


def test_every_disorder_of_the_matrix_can_be_chosen_and_the_chosen_are(desk: Desk) -> None:
    boxes = ask(desk, ("disorder", AL), ("disorder", POEMS)).having("input", type_="checkbox")
    graph = desk.view("differential_matrix")
    assert {box["value"] for box in boxes} == {node for node, side in graph.nodes(data="bipartite") if side == 0}
    assert [box["value"] for box in boxes if "checked" in box] == [AL, POEMS]


def test_every_cell_leads_to_evidence_that_is_on_the_page(desk: Desk) -> None:
    page = ask(desk, ("disorder", POEMS), ("disorder", CIDP))
    opened = {found["popovertarget"] for found in page.having("button") if "popovertarget" in found}
    panels = {found["id"] for found in page.having("div", class_="evidence")}
    known = sum(cell.known for row in rows_of(desk, POEMS, CIDP) for cell in row.cells)
    assert opened == panels
    assert len(panels) == known
    claims = {found["href"] for found in page.having("a") if found.get("href", "").startswith("/claim/")}
    stated = {
        claim for _, _, ids in desk.view("differential_matrix").edges([POEMS, CIDP], data="claims") for claim in ids
    }
    assert {f"/claim/{claim.removeprefix('claim:')}" for claim in stated} <= claims


def test_the_four_presences_have_four_signs_and_four_words(desk: Desk) -> None:
    body = compare(desk, Asked()).body.decode()
    for sign in ("present", "excluded", "disputed", "unknown", "inferred"):
        assert f'<symbol id="sign-{sign}"' in body
        assert f'<td class="{sign}"' in body
    assert '<span class="visually-hidden">unknown</span>' in body


@pytest.mark.parametrize("show", SHOW)
def test_as_many_rows_are_shown_as_the_tab_counts(desk: Desk, show: str) -> None:
    body = compare(desk, Asked((("show", show),))).body.decode()
    counts = dict(zip(SHOW, map(int, re.findall(r'<span class="count">(\d+)</span></a></li>', body)), strict=False))
    assert body.count('<th scope="row"') == counts[show] > 0


@pytest.mark.parametrize("sort", [*SORTS, POEMS, CIDP])
def test_sorting_keeps_every_row(desk: Desk, sort: str) -> None:
    page = ask(desk, ("disorder", POEMS), ("disorder", CIDP), ("sort", sort))
    assert len(page.having("th", scope="row")) == len(rows_of(desk, POEMS, CIDP))


def test_links_keep_what_was_chosen(desk: Desk) -> None:
    page = ask(desk, ("disorder", AL), ("disorder", POEMS), ("show", "shared"))
    sorts = [found["href"] for found in page.having("a", class_="sort")]
    assert "/compare?disorder=MONDO%3A0019438&disorder=MONDO%3A0017364&show=shared&sort=finding#matrix" in sorts


@pytest.mark.parametrize("disorder", ["CIPD neuropathy", "castlemann disease", *HOSTILE])
def test_an_unknown_disorder_suggests_the_nearest(desk: Desk, disorder: str) -> None:
    with pytest.raises(UnknownTermError):
        compare(desk, Asked((("disorder", disorder),)))


def test_what_is_no_disorder_is_refused(desk: Desk) -> None:
    with pytest.raises(PoemsKgError, match="is no disorder; choose disorders"):
        compare(desk, Asked((("disorder", "hepatomegaly"),)))


def test_a_disorder_without_findings_is_named_and_has_no_column(desk: Desk) -> None:
    graph = desk.view("differential_matrix")
    rows = desk.kg.query(
        "PREFIX kg: <https://w3id.org/poems-kg/vocab/> SELECT ?d { ?d kg:category kg:Disorder } ORDER BY ?d"
    )
    from poems_kg.ids import compress

    silent = next(each for each in (compress(str(row[0])) for row in rows) if each not in graph)
    found, named = find_disorders(desk, [POEMS, silent])
    assert (found, named) == ([POEMS], [desk.kg.names.label(silent)])
    assert "so it has no column" in ask(desk, ("disorder", POEMS), ("disorder", silent)).text


@pytest.mark.parametrize("name", ["show", "sort"])
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_words_are_refused_in_one_line(desk: Desk, name: str, value: str) -> None:
    with pytest.raises(PoemsKgError, match="is not known; use"):
        compare(desk, Asked(((name, value),)))


@pytest.mark.parametrize("name", ["disorder", "show", "sort"])
def test_hostile_words_are_escaped_on_the_page_that_says_so(client: TestClient, name: str) -> None:
    answer = client.get("/compare", params={name: HOSTILE[0]}, headers={"Accept": "text/html"})
    assert answer.status_code == (404 if name == "disorder" else 400)
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_the_page_is_served_and_an_unknown_disorder_is_not_found(client: TestClient) -> None:
    assert client.get("/compare").status_code == 200
    answer = client.get(
        "/compare?disorder=chronic+inflamatory+demyelinating+polyneuropathy", headers={"Accept": "text/html"}
    )
    assert answer.status_code in (200, 404)
    missing = client.get("/compare?disorder=Castelman+diseasse", headers={"Accept": "text/html"})
    assert missing.status_code == 404
    assert "Castleman disease" in missing.text


# --- The matrix ---


def test_cells_say_what_the_view_says(desk: Desk) -> None:
    graph = desk.view("differential_matrix")
    told = {(cell["finding"], cell["disorder"]): cell for cell in differential_rows(graph, [POEMS, CIDP, AL])}
    for row in rows_of(desk, POEMS, CIDP, AL):
        for cell in row.cells:
            same = told[row.finding_id, cell.disorder_id]
            assert (cell.presence, cell.inferred) == (same["presence"], same["inferred"])
            assert cell.sources == len(same["sources"])
            assert {each.claim.claim_id for each in cell.shown} == set(same["claims"])


def test_a_share_of_a_handful_is_told_as_a_count(desk: Desk) -> None:
    cells = {row.finding_id: row.cells[0] for row in rows_of(desk, POEMS)}
    assert cells["HP:0011857"].figure == "1 of 1"
    assert cells["HP:0011857"].width == 0


@pytest.mark.parametrize("sort", ["finding", "known", "difference", CIDP])
def test_rows_come_in_the_order_asked_for(desk: Desk, sort: str) -> None:
    rows = sort_rows(rows_of(desk, POEMS, CIDP), sort, [POEMS, CIDP])
    keys: dict[str, list[Any]] = {
        "finding": [row.label.casefold() for row in rows],
        "known": [-sum(cell.known for cell in row.cells) for row in rows],
        "difference": [-row.difference for row in rows],
        CIDP: [-row.cells[1].order for row in rows],
    }
    assert keys[sort] == sorted(keys[sort])


def made(*edges: tuple[str, str, str, float | None, float | None]) -> nx.Graph:
    graph = nx.Graph()
    for disorder, finding, presence, low, high in edges:
        graph.add_node(disorder, bipartite=0, label=disorder)
        graph.add_node(finding, bipartite=1, label=finding, group="P")
        graph.add_edge(disorder, finding, presence=presence, inferred=False, low=low, high=high, sources=[], claims=[])
    return graph


@pytest.mark.parametrize(
    ("one", "other", "shared", "apart", "difference"),
    [
        (("present", 60, 80), ("present", 10, 20), True, True, 40),
        (("present", 10, 50), ("present", 50, 60), True, False, 0),
        (("present", None, 5), ("present", 30, None), True, True, 25),
        (("present", None, None), ("excluded", None, None), False, True, 100),
        (("disputed", None, None), ("present", None, None), True, False, 0),
        (("present", 90, 90), None, False, False, 0),
        (("excluded", None, None), ("excluded", None, None), False, False, 0),
    ],
)
def test_what_is_shared_and_what_tells_apart(  # noqa: PLR0917 - a case has as many parts as it has
    desk: Desk, one: tuple[Any, ...], other: tuple[Any, ...] | None, shared: bool, apart: bool, difference: float
) -> None:
    pairs = [("A", "F", *one)] + ([("B", "F", *other)] if other else [("B", "G", "present", None, None)])
    columns = [Column("A", "A", ""), Column("B", "B", "")]
    rows = {row.finding_id: row for row in make_rows(made(*pairs), columns, evidence(desk), desk.kg.names)}
    row = rows["F"]
    assert (row.is_shared, row.is_distinguishing, row.difference) == (shared, apart, difference)
    assert shows(row, "shared") == shared
    assert shows(row, "distinguishing") == apart


def test_heads_of_groups_are_words() -> None:
    assert group_words("S") == "S · Skin changes"
    assert group_words("Abnormality of limbs") == "Limbs"


# --- What tells two apart ---


def test_figures_and_sources_of_what_tells_poems_from_cidp(desk: Desk) -> None:
    by_figures, by_words = tell_apart(desk, Column(POEMS, "POEMS", ""), Column(CIDP, "CIDP", ""))
    pain = by_figures[0]
    assert (pain.feature, pain.direction, pain.figure, pain.other_figure) == (
        "Lower limb pain",
        "more frequent",
        "76\N{NO-BREAK SPACE}%",
        "7\N{NO-BREAK SPACE}%",
    )
    assert [source.source_id for source in pain.sources] == ["nasu2012"]
    gaps = [each.gap for each in by_figures]
    assert gaps == sorted(gaps, reverse=True)
    assert min(gaps) > 0
    answer = desk.kg.ask("distinguishing_features", disorder=POEMS, other=CIDP)
    assert {each.feature_id for each in (*by_figures, *by_words)} == {row["feature"] for row in answer}
    assert all(each.sources for each in (*by_figures, *by_words))


def test_what_is_said_of_the_other_is_turned_round(desk: Desk) -> None:
    forth = {each.feature: each.direction for each in tell_apart(desk, Column(POEMS, "", ""), Column(CIDP, "", ""))[1]}
    back = {each.feature: each.direction for each in tell_apart(desk, Column(CIDP, "", ""), Column(POEMS, "", ""))[1]}
    assert forth["Onion bulb formation"] == "absent"
    assert back["Onion bulb formation"] == "present"
    assert forth["Albuminocytologic dissociation"] == back["Albuminocytologic dissociation"] == "no help"


def test_what_the_rival_has_a_broader_word_on_is_not_unmatched(desk: Desk) -> None:
    rows = rows_of(desk, POEMS, CIDP)
    everything = find_unmatched(rows, {}, frozenset())
    assert everything
    assert all(not row.cells[1].known and bar.low >= 50 for row, bar in everything)
    first = everything[0][0].finding_id
    assert first not in {row.finding_id for row, _ in find_unmatched(rows, {first: frozenset({"X"})}, {"X"})}
