"""The scripts of explorer/ in a real Chromium: each widget on a small page, with the real server behind it."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser import FAILED_REQUEST, IN_CHROMIUM, PATIENCE, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = IN_CHROMIUM

HEAD = """<!doctype html><html lang="en" data-theme="system"><head><meta charset="utf-8"><title>Widgets</title>
<script src="/static/built/theme.js"></script><link rel="stylesheet" href="/static/explorer.css">
<script type="module" src="/static/built/site.js"></script></head><body>
<header class="site"><nav><ul></ul></nav></header><main>{main}</main></body></html>"""
Open = Callable[..., "Page"]


@pytest.fixture
def open_page(browser: "Browser", server: str) -> Iterator[Open]:
    """Opens a page with this main part under the server's own Content-Security-Policy; no page may log an error."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE)
    policy = context.request.get(f"{server}/static/explorer.css").headers["content-security-policy"]
    logged: list[str] = []

    def open_it(main: str, **settings: Any) -> "Page":
        page = context.new_page()
        page.emulate_media(**settings)
        page.on("console", lambda said: logged.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: logged.append(str(error)))
        headers = {"content-security-policy": policy}
        page.route(
            "**/widgets*",
            lambda route: route.fulfill(body=HEAD.format(main=main), content_type="text/html", headers=headers),
        )
        page.goto(f"{server}/widgets")
        return page

    yield open_it
    context.close()
    assert [words for words in logged if FAILED_REQUEST not in words] == []


def said(page: "Page") -> str:
    """What a screen reader was told last."""
    return page.locator("p.visually-hidden[role=status]").inner_text()


# --- On every page -----------------------------------------------------------------------------------------------


def test_the_theme_is_chosen_by_keyboard_and_kept(open_page):
    page = open_page("", color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    toggle = page.get_by_role("button", name="Theme: system")
    toggle.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert said(page) == "Theme: dark"
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.get_by_role("button", name="Theme: dark").is_visible()
    assert page.evaluate(paper) == dark


def test_completion_goes_by_keyboard_and_tells_screen_readers(open_page):
    page = open_page(
        '<form><label>Finding <input name="finding" data-complete="Finding" data-complete-id="id"></label></form>'
    )
    field = page.get_by_role("combobox", name="Finding")
    assert field.get_attribute("aria-expanded") == "false"
    field.press_sequentially("enlarged li")
    option = page.get_by_role("option", name="HP:0002240")
    option.wait_for()
    assert "suggestions" in said(page)
    while field.get_attribute("aria-activedescendant") != option.get_attribute("id"):
        page.keyboard.press("ArrowDown")
        assert field.get_attribute("aria-activedescendant"), "the option is never reached"
    page.keyboard.press("Enter")
    assert field.input_value() == "Hepatomegaly"
    assert page.locator("input[name=id]").get_attribute("value") == "HP:0002240"
    assert field.get_attribute("aria-expanded") == "false"
    field.press_sequentially("x")
    assert page.locator("input[name=id]").count() == 0


def test_escape_closes_the_list_and_leaves_what_was_typed(open_page):
    page = open_page('<label>Any <input data-complete="any"></label>')
    field = page.get_by_role("combobox", name="Any")
    field.press_sequentially("poems")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Escape")
    assert page.get_by_role("option").count() == 0
    assert field.input_value() == "poems"


def test_search_opens_the_page_of_what_is_chosen(open_page):
    page = open_page(
        '<form role="search" action="/search"><label>Search <input name="text" data-complete="any"></label></form>'
    )
    page.get_by_role("combobox", name="Search").press_sequentially("crow-fukase")
    page.get_by_role("option", name="MONDO:0017364").click()
    page.wait_for_url("**/entity/MONDO:0017364")
    assert page.get_by_role("heading", level=1).inner_text() == "POEMS syndrome"


TABLE = """<table class="sortable"><thead><tr><th scope="col">Name</th><th scope="col">Share</th>
<th scope="col"><a class="sort" href="/widgets?sort=x">Mixed</a></th></tr></thead><tbody>
<tr><td>b</td><td data-sort="10">10 %</td><td>z10</td></tr><tr><td>C</td><td></td><td>z9</td></tr>
<tr><td>a</td><td data-sort="9.5">9.5 %</td><td>y</td></tr></tbody></table>"""


def test_tables_sort_by_number_and_by_word(open_page):
    page = open_page(TABLE)
    names = page.locator("tbody td:first-child")
    share = page.get_by_role("button", name="Share")
    share.press("Enter")
    assert names.all_inner_texts() == ["a", "b", "C"]
    assert page.get_by_role("columnheader", name="Share").get_attribute("aria-sort") == "ascending"
    share.press("Enter")
    assert names.all_inner_texts() == ["b", "a", "C"], "what has no value stays last"
    assert said(page) == "Sorted by Share, descending"
    page.get_by_role("button", name="Name").click()
    assert names.all_inner_texts() == ["a", "b", "C"]
    assert page.locator("[aria-sort]").count() == 1
    page.get_by_role("link", name="Mixed").click()
    assert names.all_inner_texts() == ["a", "C", "b"]
    assert page.url.endswith("/widgets?sort=x")


def test_a_link_is_copied(open_page):
    page = open_page('<a href="/questions?x=1" data-copy-link>Link</a>')
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert re.fullmatch(r"http://[^/]+/questions\?x=1", page.evaluate("navigator.clipboard.readText()"))


# --- The graph ---------------------------------------------------------------------------------------------------


@pytest.fixture
def graph(open_page) -> "Page":
    page = open_page('<figure data-graph="HP:0002240"><svg role="img" aria-label="Drawing"></svg></figure>')
    page.locator("[data-graph-state=drawn]").wait_for()
    return page


def nodes(page: "Page") -> list[str]:
    return [words.lower() for words in page.locator(".graph-list button").all_text_contents()]


def test_the_graph_draws_and_expands_by_keyboard(graph):
    before = nodes(graph)
    assert "hepatomegaly" in before
    assert "poems syndrome" in before
    graph.get_by_text("The nodes as a list").click()
    graph.locator(".graph-list").get_by_role("button", name="POEMS syndrome", exact=True).click()
    assert said(graph).startswith("POEMS syndrome, disorder")
    graph.get_by_role("application").press("Enter")
    wait_until(graph, "count => document.querySelectorAll('.graph-list button').length > count", len(before))
    assert set(before) < set(nodes(graph))
    graph.get_by_role("application").press("ArrowLeft")
    assert not said(graph).startswith("POEMS syndrome, disorder")
    assert graph.locator("canvas").count() > 0


def test_the_graph_is_filtered_by_relation(graph):
    before = nodes(graph)
    graph.get_by_text("Relations", exact=True).click()
    for box in graph.locator("fieldset input[type=checkbox]").all():
        if box.get_attribute("value") != "has_phenotype":
            box.uncheck()
    after = nodes(graph)
    assert "hepatomegaly" in after
    assert set(after) < set(before)


def test_an_edge_leads_to_its_claims(graph):
    details = graph.locator(".graph-details")
    details.get_by_role("button", name=re.compile("^POEMS syndrome has phenotype hepatomegaly", re.IGNORECASE)).click()
    assert details.locator("a[href^='/claim/']").count() > 0


def test_the_graph_is_saved_as_svg_and_png(graph, tmp_path):
    with graph.expect_download() as waiting:
        graph.get_by_role("button", name="Save as SVG").click()
    waiting.value.save_as(tmp_path / "graph.svg")
    root = ET.parse(tmp_path / "graph.svg").getroot()  # noqa: S314 - we made it
    words = " ".join("".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")).lower()
    assert "hepatomegaly" in words
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 3
    with graph.expect_download() as waiting:
        graph.get_by_role("button", name="Save as PNG").click()
    waiting.value.save_as(tmp_path / "graph.png")
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_scrolls_over_a_graph_that_is_not_in_focus(graph):
    graph.evaluate(
        "document.body.append(Object.assign(document.createElement('pre'), {textContent: '\\n'.repeat(300)}))"
    )
    graph.locator(".graph-canvas").hover()
    graph.mouse.wheel(0, 200)
    wait_until(graph, "scrollY > 0")
    assert graph.evaluate("scrollY") > 0


def test_a_graph_that_the_server_does_not_have_leaves_the_drawing(open_page):
    page = open_page('<figure data-graph="HP:9999999"><svg role="img" aria-label="Drawing"></svg></figure>')
    page.get_by_text("HP:9999999").wait_for()
    assert page.get_by_role("img", name="Drawing").count() == 1


# --- The editor --------------------------------------------------------------------------------------------------

EDITOR = """<form action="/editor"><label for="q">Query</label>
<textarea id="q" name="query" data-sparql-editor data-vocabulary="/editor/vocabulary.json">{query}</textarea>
<button>Run</button></form><div data-sparql-result></div>"""


def open_editor(open_page: Open, query: str) -> "Page":
    page: Page = open_page(EDITOR.format(query=query))
    page.locator(".cm-content").wait_for()
    return page


def test_a_query_runs_and_its_address_keeps_it(open_page):
    page = open_editor(open_page, "SELECT ?n WHERE { VALUES ?n { 3 1 2 } }")
    page.get_by_role("textbox", name="Query").press("Control+Enter")
    page.get_by_role("columnheader", name="n").wait_for()
    assert page.locator("tbody tr").count() == 3
    assert "VALUES" in page.evaluate("new URLSearchParams(location.search).get('query')")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    assert Path(waiting.value.path()).read_text(encoding="utf-8").split() == ["n", "3", "1", "2"]


def test_an_error_is_shown_at_its_place(open_page):
    page = open_editor(open_page, "SELECT * WHERE {\n  ?s SELEKT ?o }\n")
    page.get_by_role("button", name="Run").click()
    page.get_by_role("alert").wait_for()
    assert page.locator(".cm-lint-marker-error").count() == 1
    assert said(page).startswith("line 2, column 12: ")
    page.get_by_role("textbox", name="Query").press("Control+A")
    page.keyboard.type("ASK { ?s ?p ?o }")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Yes, in").wait_for()
    assert page.locator(".cm-lint-marker-error").count() == 0


def test_prefixes_declare_themselves_and_ids_complete(open_page):
    page = open_editor(open_page, "")
    page.get_by_role("textbox", name="Query").press_sequentially("SELECT ?d WHERE { ?d kg:has_pheno")
    page.locator(".cm-tooltip-autocomplete li", has_text="kg:has_phenotype").first.click()
    text = page.locator("textarea").input_value()
    assert text.startswith("PREFIX kg: <https://w3id.org/poems-kg/vocab/>\nSELECT")
    assert "kg:has_phenotype" in text


# --- The patient -------------------------------------------------------------------------------------------------

PATIENT = """<form data-diagnose method="post" action="/diagnose" enctype="multipart/form-data"><div class="findings">
<textarea name="observed" aria-label="Present">HP:0001744</textarea>
<textarea name="excluded" aria-label="Excluded"></textarea></div>
<fieldset class="labs"><div class="lab"><label for="assay-1">Test</label><input id="assay-1" name="assay"></div>
</fieldset><input type="file" name="file" aria-label="File"><button name="use" value="file">Read</button></form>"""


def test_findings_are_added_switched_and_removed(open_page):
    page = open_page(PATIENT)
    present, excluded = page.locator("textarea[name=observed]"), page.locator("textarea[name=excluded]")
    page.locator(".finding-chips").get_by_text("Splenomegaly").wait_for()
    page.get_by_role("combobox", name="Add a finding").press_sequentially("enlarged li")
    page.get_by_role("option", name="HP:0002240").click()
    assert present.input_value() == "HP:0001744\nHP:0002240"
    page.get_by_role("button", name="Hepatomegaly: present; change").press("Enter")
    assert (present.input_value(), excluded.input_value()) == ("HP:0001744", "HP:0002240")
    page.get_by_role("button", name="Remove Splenomegaly").click()
    assert present.input_value() == ""
    page.get_by_role("button", name="Add a lab value").click()
    assert page.locator("#assay-2").input_value() == ""
