"""The explorer as people use it, in a real Chromium: by mouse, by keyboard alone, and without JavaScript."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from browser import IN_CHROMIUM, screenshots, visiting, wait_until

from poems_kg.patients.reading import read_patients
from poems_kg.reports.wording import TRUTH_WORDS, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

    from poems_kg.diagnosis import Diagnosis
    from poems_kg.serve.desk import Desk

pytestmark = IN_CHROMIUM

PACKET = Path(__file__).parents[1] / "data" / "patients" / "made_up_poems.json"
TOP = 10
"""Diseases that the page of a diagnosis ranks."""
MOST_TABS = 60
"""Presses of the Tab key after which a thing counts as out of reach."""


@pytest.fixture
def page(browser: "Browser", server: str) -> "Iterator[Page]":
    with visiting(browser, server, viewport={"width": 1280, "height": 800}) as opened:
        yield opened


@pytest.fixture
def plain_page(browser: "Browser", server: str) -> "Iterator[Page]":
    """A page where JavaScript is off."""
    with visiting(browser, server, java_script_enabled=False) as opened:
        yield opened


def path_of(page: "Page") -> str:
    address = urlsplit(page.url)
    return f"{address.path}?{address.query}" if address.query else address.path


def rows_of(page: "Page") -> list[str]:
    return [re.sub(r"\s+", " ", words).strip() for words in page.locator("main table tbody tr").all_text_contents()]


# --- Search ------------------------------------------------------------------------------------------------------


def test_search_finds_by_synonym_and_opens_by_keyboard(page):
    page.goto("/")
    page.get_by_role("combobox").last.focus()
    page.keyboard.type("crow-fukase")
    # Until the last letter is answered, the list is that of the letters before.
    page.locator("[role=option]:first-child", has_text="Crow-Fukase").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/entity/MONDO:0017364")
    assert page.get_by_role("heading", level=1).inner_text() == "POEMS syndrome"


def test_search_finds_by_synonym_without_javascript(plain_page):
    plain_page.goto("/")
    plain_page.locator("form[role=search] input[name=text]").last.fill("crow-fukase")
    plain_page.keyboard.press("Enter")
    plain_page.wait_for_url("**/search?text=crow-fukase")
    plain_page.locator("main").get_by_role("link", name="POEMS syndrome", exact=True).first.click()
    plain_page.wait_for_url("**/entity/MONDO:0017364")
    assert plain_page.get_by_role("heading", level=1).inner_text() == "POEMS syndrome"


# --- The graph ---------------------------------------------------------------------------------------------------


def test_the_graph_of_an_entity_draws_and_expands(page):
    page.goto("/entity/HP:0001085")
    figure = page.locator("figure[data-graph]")
    figure.scroll_into_view_if_needed()
    page.locator("[data-graph-state=drawn]").wait_for()
    assert figure.locator("canvas").count() > 0
    nodes = figure.locator(".graph-list button")
    before = nodes.count()
    assert before > 2
    figure.get_by_text("The nodes as a list").click()
    figure.locator(".graph-list").get_by_role("button", name="POEMS syndrome", exact=True).click()
    figure.get_by_role("application").press("Enter")
    wait_until(page, "count => document.querySelectorAll('.graph-list button').length > count", before)
    figure.screenshot(path=screenshots() / "graph_expanded.png")


def test_the_graph_is_a_drawing_without_javascript(plain_page):
    plain_page.goto("/entity/HP:0001085")
    link = plain_page.locator("figure[data-graph] svg a[href='/entity/MONDO:0017364']")
    assert link.count() == 1
    assert plain_page.locator("figure[data-graph] canvas").count() == 0


# --- Compare -----------------------------------------------------------------------------------------------------


def first_column(page: "Page") -> list[str]:
    return page.locator("table.sortable tbody tr:not(.group) > :first-child").all_inner_texts()


def test_compare_sorts_and_tells_its_evidence(page):
    page.goto("/compare?sort=finding")
    before = first_column(page)
    assert before
    page.locator("table.sortable th a.sort").nth(1).click()
    wait_until(page, "document.querySelector('table.sortable th[aria-sort]').cellIndex === 1")
    after = first_column(page)
    assert sorted(after) == sorted(before)
    assert after != before
    page.locator("table.sortable td button[popovertarget]").first.click()
    evidence = page.locator("[popover]:popover-open")
    assert evidence.locator("a[href^='/claim/'], a[href^='/source/'], a[href^='/claims']").count() > 0
    page.keyboard.press("Escape")
    assert evidence.count() == 0


def test_compare_takes_other_disorders_without_javascript(plain_page):
    plain_page.goto("/compare")
    plain_page.locator("details.choose summary").click()
    plain_page.locator("#another").fill("papilledema is no disorder")
    plain_page.locator("details.choose form button").click()
    assert plain_page.get_by_role("heading", level=1).is_visible()
    plain_page.goto("/compare?disorder=POEMS+syndrome&disorder=MGUS")
    assert "MGUS" in plain_page.get_by_role("heading", level=1).inner_text() + plain_page.title()
    assert first_column(plain_page)


# --- Questions and the editor ------------------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_a_question_runs_from_its_form_and_its_address_gives_it_again(browser, server, scripts):
    with visiting(browser, server, java_script_enabled=scripts) as page:
        page.goto("/questions")
        page.locator("main a[href='/questions/shared_findings']").first.click()
        field = page.locator("form.ask input[name=disorder], form.ask input[name=other]").first
        field.fill("MGUS")
        page.locator("form.ask button").click()
        page.wait_for_url("**/questions/shared_findings?*MGUS*")
        answer = rows_of(page)
        again = page.url
    assert answer
    with visiting(browser, server, java_script_enabled=scripts) as page:
        page.goto(again)
        assert rows_of(page) == answer


def test_the_editor_runs_and_shows_where_a_query_is_wrong(page):
    page.goto("/editor")
    page.locator(".sparql-editor").wait_for()
    editor = page.get_by_role("textbox", name="Query")
    editor.press("Control+a")
    page.keyboard.type("SELECT * WHERE { ?s ?p }")
    page.keyboard.press("Control+Enter")
    page.locator(".cm-lint-marker-error").wait_for()
    assert re.search(r"[Ll]ine 1, column \d+", page.locator("[data-sparql-result]").inner_text())
    page.keyboard.press("Control+a")
    page.keyboard.type("SELECT ?n WHERE { VALUES ?n { 3 1 2 } }")
    page.keyboard.press("Control+Enter")
    page.get_by_role("columnheader", name="n", exact=True).wait_for()
    assert page.locator(".cm-lint-marker-error").count() == 0


def test_the_editor_answers_without_javascript(plain_page):
    plain_page.goto("/editor")
    plain_page.locator("textarea[name=query]").fill("SELECT * WHERE { ?s ?p }")
    plain_page.locator("form.sparql-form button").click()
    assert re.search(r"[Ll]ine 1", plain_page.get_by_role("alert").inner_text())
    plain_page.locator("textarea[name=query]").fill("SELECT ?n WHERE { VALUES ?n { 3 1 2 } }")
    plain_page.locator("form.sparql-form button").click()
    assert len(rows_of(plain_page)) == 3


# --- Diagnose ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def diagnosis(desk: "Desk") -> "Diagnosis":
    """What the library says of the made-up patient."""
    patient = next(iter(read_patients(PACKET, desk.diagnostician.index.findings)))
    return desk.diagnostician.diagnose(patient, TOP)


def words_of(found: "Locator") -> str:
    return re.sub(r"\s+", " ", found.text_content() or "").strip()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_a_phenopacket_is_diagnosed_as_by_the_library(browser, server, diagnosis, scripts):
    with visiting(browser, server, java_script_enabled=scripts) as page:
        page.goto("/diagnose")
        page.locator("input[type=file]").set_input_files(PACKET)
        page.get_by_role("button", name="Read the file").click()
        page.locator("[data-diagnose-result]").wait_for()
        assert path_of(page) == "/diagnose", "nothing of a patient is in an address"
        check_diagnosis(page, diagnosis)


def in_percent(posterior: float | None) -> str:
    return percent(posterior).replace("\N{NO-BREAK SPACE}", " ") or "not weighed"


def check_diagnosis(page: "Page", diagnosis: "Diagnosis") -> None:
    """The ranking, the posteriors and the verdicts of the page are those of the library."""
    shown = []
    for row in page.locator("ol.candidates > li").all():
        weight = words_of(row.locator("summary .weight"))
        shown.append((words_of(row.locator(".rank")), words_of(row.locator(".name")).casefold(), weight))
    wanted = [(str(each.rank), each.label.casefold(), in_percent(each.posterior)) for each in diagnosis.candidates]
    assert shown == wanted
    assert any(weight.endswith("%") for _, _, weight in shown)
    verdicts = [words_of(each) for each in page.locator(".sets > details > summary > .truth").all()]
    assert sorted(verdicts) == sorted(TRUTH_WORDS[str(each.verdict)] for each in diagnosis.verdicts)


def test_findings_typed_into_the_form_are_diagnosed_as_by_the_library(page, desk, tmp_path):
    path = tmp_path / "patient.json"
    path.write_text(json.dumps({"id": "typed", "observed": ["HP:0001271", "HP:0031047"], "excluded": ["HP:0001085"]}))
    wanted = desk.diagnostician.diagnose(next(iter(read_patients(path, desk.diagnostician.index.findings))), TOP)
    page.goto("/diagnose")
    field = page.get_by_role("combobox", name="Add a finding")
    for text, finding_id in (("polyneuro", "HP:0001271"), ("paraprotein", "HP:0031047"), ("papill", "HP:0001085")):
        field.press_sequentially(text)
        page.get_by_role("option", name=finding_id).click()
    page.get_by_role("button", name="Papilledema: present; change").click()
    page.get_by_role("button", name="Diagnose", exact=True).click()
    page.locator("[data-diagnose-result]").wait_for()
    check_diagnosis(page, wanted)


def test_an_empty_form_is_sent_back_with_what_is_missing(browser, server):
    with visiting(browser, server, java_script_enabled=False) as page:
        page.goto("/diagnose")
        page.get_by_role("button", name="Diagnose", exact=True).click()
        assert page.get_by_role("alert").get_by_role("link").count() == 1


# --- Theme and keyboard ------------------------------------------------------------------------------------------


def test_the_theme_is_kept_from_page_to_page(page):
    page.emulate_media(color_scheme="light")
    page.goto("/")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Theme: system").click()
    page.get_by_role("button", name="Theme: light").click()
    page.get_by_role("button", name="Theme: dark").wait_for()
    dark = page.evaluate(paper)
    assert dark != light
    page.goto("/compare")
    assert page.evaluate(paper) == dark
    page.get_by_role("button", name="Theme: dark").wait_for()


def tab_to(page: "Page", wanted: str) -> None:
    """Press Tab until an element that fits a selector has the focus; each on the way shows that it has it."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        is_there, is_seen = page.evaluate(
            """(wanted) => {
                const now = document.activeElement, style = getComputedStyle(now);
                const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
                return [now.matches(wanted), outlined || style.boxShadow !== "none"];
            }""",
            wanted,
        )
        assert is_seen, f"no focus to be seen on {page.evaluate('document.activeElement.outerHTML.slice(0, 200)')}"
        if is_there:
            return
    pytest.fail(f"{wanted} is not reached within {MOST_TABS} presses of Tab")


def test_all_is_reached_by_keyboard(browser, server):
    with visiting(browser, server, viewport={"width": 390, "height": 844}) as page:
        page.goto("/")
        page.keyboard.press("Tab")
        skip = page.locator("a.skip")
        box = skip.bounding_box()
        assert box
        assert box["y"] >= 0, "the skip link is seen when it has the focus"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.goto("/")
        tab_to(page, "nav a[href='/compare']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/compare")
        page.locator("#main").focus()
        tab_to(page, ".scroll[role=region]")
        page.keyboard.press("ArrowRight")
        wait_until(page, "document.activeElement.scrollLeft > 0")
