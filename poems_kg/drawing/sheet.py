"""
A sheet of paper measured in inches, on which the pictures are drawn: title, boxes, text, legend, file.

Colours follow Paul Tol's schemes, made so that people who are colour-blind can tell them apart.
"""

from collections.abc import Iterable, Mapping
from io import BytesIO
from itertools import pairwise
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

from poems_kg.reports.wording import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final[Mapping[str, str]] = {
    "Disorder": "#EE8866",
    "Finding": "#77AADD",
    "Cell": "#FFAABB",
    "MolecularEntity": "#EEDD88",
    "Process": "#44BB99",
    "DiagnosticTest": "#BBCC33",
    "Treatment": "#99DDFF",
    "AnatomicalEntity": "#AAAA00",
    "TreatmentGoal": "#BBCC33",
    "OutcomeMeasure": "#EEDD88",
    "CriteriaSet": "#AA99CC",
}
"""Fill by category; all others are :data:`GREY`."""

GREY: Final = "#DDDDDD"
INK: Final = "#222222"
FAINT: Final = "#B5B5B5"
STRONG: Final = "#004488"
AGAINST: Final = "#BB5566"
_MOST_BYTES: Final = 380_000
NOT_ADVICE: Final = "Not medical advice."
_CATEGORY_WORDS: Final = {
    "MolecularEntity": "Molecule",
    "DiagnosticTest": "Diagnostic test",
    "AnatomicalEntity": "Part of the body",
    "TreatmentGoal": "Goal of treatment",
    "OutcomeMeasure": "Outcome",
    "CriteriaSet": "Criteria set",
}
SETTINGS: Final[Mapping[str, Any]] = {
    "svg.hashsalt": "poems-kg",
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "path.simplify": False,
}
"""What matplotlib must be told while a sheet is made, over its own defaults: nobody's own settings count."""


def category_words(category: str) -> str:
    """A category as a legend calls it."""
    return _CATEGORY_WORDS.get(category, category)


def capitalise(label: str) -> str:
    """A label with a capital first letter, abbreviations and the like untouched."""
    return label[:1].upper() + label[1:]


def text_width(text: str, size: float) -> float:
    """How wide the longest line of a text is in inches, a little generously."""
    return max((len(line) for line in text.split("\n")), default=0) * size * 0.0087


def fit(text: str, letters: int) -> str:
    """A text on one line without control characters, cut off where it is longer, whether it has spaces or not."""
    line = " ".join(clean(text).split())
    return line if len(line) <= letters else f"{line[: letters - 1].rstrip()}…"


class Sheet:
    """A sheet with its title; coordinates are inches from the lower left corner."""

    def __init__(self, width: float, height: float, title: str, says: str) -> None:
        """Open a sheet; ``height`` is that of the drawing, the head is added on top of it."""
        from matplotlib.figure import Figure

        said = fill(says, int(width / 0.078))
        self.width, self.height = width, height
        head = 0.75 + 0.17 * (said.count("\n") + 1)
        self.figure = Figure(figsize=(width, height + head))
        self.axes: Axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set_xlim(0, width)
        self.axes.set_ylim(0, height + head)
        self.text(0.25, height + head - 0.28, title, size=15, weight="bold", va="center")
        self.text(0.25, height + head - 0.52, said, size=9, va="top", color="#555555")

    def text(self, x: float, y: float, words: str, size: float = 8, **style: Any) -> None:
        """Write text, as it is; left-aligned and centred on its height unless styled otherwise."""
        look = {"ha": "left", "va": "center", "zorder": 5, "parse_math": False, **style}
        self.axes.text(x, y, words, fontsize=size, **look)

    def box(self, x: float, y: float, width: float, height: float, colour: str, **style: Any) -> None:
        """Draw a rounded box round a centre."""
        from matplotlib.patches import FancyBboxPatch

        corner = (x - width / 2, y - height / 2)
        shape = "round,pad=0,rounding_size=0.07"
        look = {"linewidth": 0.8, "edgecolor": "#666666", "zorder": 3, **style}
        self.axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=shape, facecolor=colour, **look))

    def curve(self, points: list[tuple[float, float]], arrow: bool = True, **style: Any) -> None:
        """Draw a smooth line from left to right through points, level at each of them."""
        from matplotlib.patches import FancyArrowPatch
        from matplotlib.path import Path

        vertices, codes = [points[0]], [Path.MOVETO]
        for (x0, y0), (x1, y1) in pairwise(points):
            middle = (x1 - x0) * 0.45
            vertices += [(x0 + middle, y0), (x1 - middle, y1), (x1, y1)]
            codes += [Path.CURVE4] * 3
        look = {"linewidth": 1, "color": FAINT, "zorder": 1, "mutation_scale": 8, **style}
        head = "-|>" if arrow else "-"
        path = Path(vertices, codes)
        self.axes.add_patch(FancyArrowPatch(path=path, arrowstyle=head, shrinkA=0, shrinkB=0, fill=arrow, **look))

    def legend(self, y: float, entries: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
        """
        Write a legend line.

        :param entries: words, kind (``box``, ``line`` or ``mark``), and the style of the box, line or mark.
        """
        x = 0.3
        for words, kind, style in entries:
            width = 0.42 + text_width(words, 8)
            if x + width > self.width - 0.1:
                x, y = 0.3, y - 0.24
            if kind == "box":
                self.box(x + 0.11, y, 0.2, 0.13, **style)
            elif kind == "mark":
                self.text(x + 0.11, y, **{"ha": "center", **style})
            else:
                self.axes.plot([x, x + 0.24], [y, y], solid_capstyle="butt", **{"linewidth": 1.2, **style})
            self.text(x + 0.31, y, words, size=8)
            x += width + 0.05

    def categories(self, present: Iterable[str]) -> list[tuple[str, str, Mapping[str, Any]]]:
        """Legend entries for categories, in the order of :data:`COLOURS`."""
        wanted = set(present)
        order = [*COLOURS, *sorted(wanted - set(COLOURS))]
        named = [category for category in order if category in wanted]
        return [(category_words(each), "box", {"colour": COLOURS.get(each, GREY)}) for each in named]

    def render(self, suffix: str) -> bytes:
        """The sheet as the bytes of an SVG or PNG file, without date and version."""
        buffer = BytesIO()
        if suffix == ".svg":
            self.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "poems-kg"})
            return buffer.getvalue()
        self.figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
        return _shrink(buffer)


def _shrink(buffer: BytesIO) -> bytes:
    """A PNG in full colour where that takes less than 380 kB; else with a palette, of 64 colours at least."""
    from PIL import Image

    if buffer.tell() < _MOST_BYTES:
        return buffer.getvalue()
    image = Image.open(buffer).convert("RGB")
    for colours in (256, 128, 64):
        few = image.quantize(colors=colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        small = BytesIO()
        few.save(small, format="png", optimize=True)
        if small.tell() < _MOST_BYTES:
            break
    return small.getvalue()
