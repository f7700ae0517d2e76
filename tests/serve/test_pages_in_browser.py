"""Each page of the explorer in a real Chromium: at two widths, in light and dark, with and without JavaScript."""

import re
from typing import TYPE_CHECKING

import pytest
from browser import IN_CHROMIUM, Watch, screenshots, scrolls_sideways, shorten, violations, visiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = IN_CHROMIUM

PAGES = {
    "home": "/",
    "search": "/search?text=enlarged+liver",
    "search-of-nothing": "/search?text=qqqq",
    "disorder": "/entity/MONDO:0017364",
    "finding": "/entity/HP:0001085",
    "claim": "/claim/C0185",
    "source": "/source/patient-article",
    "sources": "/sources",
    "claims": "/claims?entity=papilledema",
    "compare": "/compare",
    "mechanism": "/mechanism",
    "treatments": "/treatments",
    "questions": "/questions",
    "question": "/questions/shared_findings?disorder=CIDP",
    "editor": "/editor?query=SELECT+*+WHERE+{+?s+?p+?o+}+LIMIT+5",
    "conflicts": "/conflicts",
    "conflict": "/conflict/",
    "diagnose": "/diagnose",
    "diagnosis": "/diagnose?example=whole-picture",
    "about": "/about",
    "api": "/api",
    "missing": "/entity/papiledema",
}
"""Every kind of page by a name for its pictures; that of a conflict ends with the id of the first one."""
WIDTHS = {1280: 800, 390: 844}
"""Pixels: of a laptop, and of a phone, with their heights."""
TALLEST = 4_000
"""Pixels of a page that its picture shows; Chromium takes long for more."""
NOT_FOUND = {"missing": 404}


@pytest.fixture(scope="module")
def addresses(browser: "Browser", server: str) -> dict[str, str]:
    """Where the page of each name is."""
    context = browser.new_context(base_url=server)
    found = re.search(r'href="(/conflict/\w+)"', context.request.get(PAGES["conflicts"]).text())
    context.close()
    assert found, "no conflict is linked"
    return {**PAGES, "conflict": found[1]}


@pytest.fixture(params=WIDTHS)
def wide_page(request: pytest.FixtureRequest, browser: "Browser", server: str) -> "Iterator[tuple[Page, Watch, int]]":
    width = request.param
    watch = Watch()
    with visiting(browser, server, watch, viewport={"width": width, "height": WIDTHS[width]}) as page:
        yield page, watch, width


def load(page: "Page", address: str) -> int:
    """Open a page and wait until its scripts have done their part; gives its status."""
    response = page.goto(address)
    assert response
    page.locator("header.site button.theme").wait_for()
    if page.locator("[data-sparql-editor]").count():
        page.locator(".sparql-editor").wait_for()
    return response.status


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_clean_and_fits_its_window(wide_page, addresses, name):
    page, watch, width = wide_page
    wanted = NOT_FOUND.get(name, 200)
    assert load(page, addresses[name]) == wanted
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    clip = {"x": 0, "y": 0, "width": width, "height": height}
    page.screenshot(path=screenshots() / f"{name}_{width}.png", full_page=True, clip=clip)
    assert [words for words in watch.failed if not words.startswith(f"{wanted} ")] == []
    assert not scrolls_sideways(page)
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious_in_light_or_dark(browser, server, addresses, name):
    with visiting(browser, server, viewport={"width": 1280, "height": 800}) as page:
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        load(page, addresses[name])
        shorten(page)
        found = {"light": violations(page)}
        page.emulate_media(color_scheme="dark")
        found["dark"] = violations(page, colours_only=True)
        page.screenshot(path=screenshots() / f"{name}_dark.png")
    assert found == {"light": [], "dark": []}


def what_it_says(page: "Page") -> dict[str, list[str]]:
    """What stands in the main part of a page: headings, rows of tables, forms with their fields, and links."""
    told = page.evaluate(
        """() => {
            const all = (selector) => [...document.querySelectorAll("main " + selector)];
            const words = (node) => node.textContent.replace(/\\s+/g, " ").trim();
            return {
                headings: all(":is(h1, h2)").map(words),
                rows: all("table tbody tr").map(words),
                forms: all("form").map((form) => [form.getAttribute("action"), form.method].join(" ")),
                fields: all(":is(input, select, textarea)[name]").map((field) => field.name),
                links: all("a[href]").map((link) => link.getAttribute("href")),
            };
        }"""
    )
    return {kind: sorted(set(found)) for kind, found in told.items()}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_the_same_without_javascript(browser, server, addresses, name):
    with visiting(browser, server, java_script_enabled=False) as page:
        page.goto(addresses[name])
        plain = what_it_says(page)
        assert not page.locator("main [data-theme], main noscript").count()
        assert page.locator("main form:not(:has(button))").count() == 0
        headings = page.locator("main :is(h1, h2)")
        assert all(heading.is_visible() for heading in headings.all())
    with visiting(browser, server) as page:
        load(page, addresses[name])
        scripted = what_it_says(page)
    lost = {kind: [each for each in found if each not in scripted[kind]] for kind, found in plain.items()}
    assert not any(lost.values()), lost


def test_each_page_has_a_title_of_its_own(browser, server, addresses):
    context = browser.new_context(base_url=server, extra_http_headers={"Accept": "text/html"})
    pages = [context.request.get(address).text() for address in addresses.values()]
    context.close()
    titles = [found[1] for found in (re.search("<title>(.*) · poems-kg</title>", each) for each in pages) if found]
    assert len(set(titles)) == len(PAGES), titles


def test_the_first_page_is_light(browser, server):
    """Under 300 kB over the wire with all that it loads; the graph and the editor come only where they are wanted."""
    with visiting(browser, server) as page:
        session = page.context.new_cdp_session(page)
        sizes: list[float] = []
        session.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
        session.send("Network.enable")
        load(page, "/")
    assert len(sizes) >= 3, "page, style and script"
    assert sum(sizes) < 300_000
