"""
Take the pictures of the README from a running server: ``python tests/serve/pictures.py http://127.0.0.1:8000``.

They go to ``docs/pictures``, with few colours so that the repository stays small.
"""

import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from browser import PATIENCE, launched

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
COLOURS = 256


def show_letters(page: "Page") -> None:
    """The five letters, and how often."""
    page.evaluate("document.querySelector('#letters').scrollIntoView({block: 'start'})")


def show_graph(page: "Page") -> None:
    """The graph of a finding, all of it in the window."""
    page.locator("figure[data-graph]").scroll_into_view_if_needed()
    page.locator("[data-graph-state=drawn]").wait_for()
    page.evaluate("document.querySelector('figure[data-graph]').scrollIntoView({block: 'start'})")


def show_matrix(page: "Page") -> None:
    """The findings, side by side."""
    page.evaluate("document.querySelector('#matrix').scrollIntoView({block: 'start'})")


def show_answer(page: "Page") -> None:
    """The answer, its summary first."""
    page.evaluate("document.querySelector('[data-diagnose-result]').scrollIntoView({block: 'start'})")


PICTURES = {
    "home": ("/", show_letters),
    "compare": ("/compare?show=distinguishing", show_matrix),
    "diagnose": ("/diagnose?example=whole-picture", show_answer),
    "graph": ("/entity/HP:0001085", show_graph),
}


def take(server: str) -> None:
    """Open each page in a window of 1280 by 800 pixels and keep what is seen."""
    from PIL import Image

    FOLDER.mkdir(parents=True, exist_ok=True)
    with launched() as browser:
        page = browser.new_page(
            base_url=server, viewport={"width": 1280, "height": 800}, color_scheme="light", reduced_motion="reduce"
        )
        page.set_default_timeout(PATIENCE)
        for name, (address, show) in PICTURES.items():
            page.goto(address, wait_until="networkidle")
            show(page)
            seen = Image.open(BytesIO(page.screenshot())).convert("RGB")
            few = seen.quantize(COLOURS, dither=Image.Dither.NONE)
            few.save(FOLDER / f"explorer_{name}.png", optimize=True)


if __name__ == "__main__":
    take(sys.argv[1])
