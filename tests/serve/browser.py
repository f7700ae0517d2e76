"""Chromium as the tests have it: where it is, why it may be missing, and pages that note what goes wrong in them."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from poems_kg.serve.statics import has_scripts, why_plain

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Response

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
IN_CHROMIUM = [
    pytest.mark.skipif(find_spec("playwright") is None, reason="playwright drives the browser: pip install playwright"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium (apt-get install chromium)"),
    pytest.mark.skipif(not has_scripts(), reason=f"the scripts are not bundled: {why_plain()}"),
]
"""Marks of a module whose tests need a browser."""
PATIENCE = 30_000
"""Milliseconds that a busy machine may take for anything."""
FAILED_REQUEST = "Failed to load resource"
"""How Chromium's console words that an answer was an error; `Watch.failed` has these with their addresses."""


@contextmanager
def launched() -> "Iterator[Browser]":
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium's own sandbox is not for root, and a container may forbid it to all.
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


def screenshots() -> Path:
    """The folder that the tests leave their pictures in: build output, so git ignores it."""
    folder = Path(os.environ.get("POEMS_KG_SCREENSHOTS") or Path(__file__).parents[2] / "build" / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass
class Watch:
    """What a page logged and asked for while it was watched."""

    logged: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def over(self, page: "Page") -> None:
        """Watch a page from now on."""
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.logged.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("requestfailed", lambda request: self.failed.append(f"{request.failure} {request.url}"))
        page.on("response", self._answered)

    def _note(self, said: "ConsoleMessage") -> None:
        if said.type in {"error", "warning"} and FAILED_REQUEST not in said.text:
            self.logged.append(f"{said.type}: {said.text}")

    def _answered(self, response: "Response") -> None:
        if response.status >= 400:
            self.failed.append(f"{response.status} {response.url}")

    def elsewhere(self, server: str) -> list[str]:
        """The addresses that were asked for and are not the server's; what a page has in itself is asked of nobody."""
        return [url for url in self.asked if not url.startswith((f"{server}/", "data:", "blob:"))]


@contextmanager
def visiting(browser: "Browser", server: str, watch: Watch | None = None, **settings: Any) -> "Iterator[Page]":
    """A page in a window of its own, with addresses taken from the server's; ends with a look at what was noted."""
    watch = watch or Watch()
    context = browser.new_context(base_url=server, **settings)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    watch.over(page)
    try:
        yield page
    finally:
        context.close()
    assert watch.logged == [], "the console of the browser has errors or warnings"
    assert watch.elsewhere(server) == [], "something was asked of another server"


def shorten(page: "Page", most: int = 12) -> None:
    """
    Leave the first of each long list and table: what comes after is made alike, and axe-core takes minutes for it.

    :param most: children that a list, a body of a table, or a group of a drawing keeps.
    """
    page.evaluate(
        """(most) => {
            for (const parent of document.querySelectorAll("main :is(ul, ol, dl, tbody, g, svg)"))
                for (const child of [...parent.children].slice(most)) child.remove();
            for (const body of [...document.querySelectorAll("main table tbody")].slice(most)) body.remove();
        }""",
        most,
    )


def scrolls_sideways(page: "Page") -> bool:
    """Whether the page itself, not a region of it, is wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def violations(page: "Page", *, colours_only: bool = False) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA, serious or critical, each with the first places where it is."""
    from axe_playwright_python.sync_playwright import Axe

    levels = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    colours = {"type": "rule", "values": ["color-contrast"]}
    options = {"runOnly": colours if colours_only else levels, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{each['id']} ({len(each['nodes'])}): {_places(each['nodes'][:3])}"
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]


def _places(nodes: list[dict[str, Any]]) -> str:
    return " | ".join(f"{node['target']}: {' '.join(node['failureSummary'].split())[:200]}" for node in nodes)


def wait_until(page: "Page", expression: str, arg: object = None) -> None:
    """
    Wait until an expression holds in a page.

    The driver's own way compiles the expression in the page when it does not hold at once, which the page forbids.
    """
    deadline = time.monotonic() + PATIENCE / 1000
    while not page.evaluate(expression, arg):
        assert time.monotonic() < deadline, f"{expression} did not come to hold"
        page.wait_for_timeout(50)
