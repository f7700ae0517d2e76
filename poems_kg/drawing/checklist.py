"""Draw the criteria as a checklist: every version a column, every item a row with what meets it or could."""

from dataclasses import dataclass
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from poems_kg.drawing.sheet import AGAINST, Sheet
from poems_kg.reports.sections import ItemRow, item_rows, set_name
from poems_kg.reports.wording import TRUTH_WORDS, capitalise, clean

if TYPE_CHECKING:
    from poems_kg.diagnosis import Diagnosis

MET: Final = "#17735A"
NOT_KNOWN: Final = "#666666"
_TRUTH: Final = {
    "met": ("o", MET, MET, "✓"),
    "not_met": ("s", AGAINST, AGAINST, "×"),
    "unknown": ("D", "white", NOT_KNOWN, "?"),
}
"""Marker, fill, edge and sign of each verdict: shapes differ, not colours alone."""

_LINE: Final = 0.155
_ITEM: Final = 2.9
_COLUMN: Final = 1.12
_GROUNDS: Final = 4.3
_MOST_GROUNDS: Final = 5


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the checklist with its texts broken into lines, and its height in inches."""

    row: ItemRow
    words: list[str]
    grounds: list[str]
    height: float


class Checklist:
    """The checklist of one patient; ``width`` and ``height`` are in inches."""

    def __init__(self, diagnosis: "Diagnosis") -> None:
        self._lines = [_break_up(row) for row in _by_role(item_rows(diagnosis))]
        self._names = [wrap(clean(set_name(each)), 15) for each in diagnosis.verdicts]
        self._verdicts = [str(each.verdict) for each in diagnosis.verdicts]
        self._head = 0.25 + _LINE * max(map(len, self._names), default=0)
        roles = len({line.row.role for line in self._lines})
        self.width = 0.5 + _ITEM + _COLUMN * len(self._names) + _GROUNDS
        self.height = self._head + 0.34 + sum(line.height for line in self._lines) + roles * 0.3 + 0.65

    def draw(self, sheet: Sheet, top: float) -> None:
        """Draw it on a sheet, downwards from a height in inches."""
        y = top - self._head
        _draw_head(sheet, y, self._names, self._verdicts)
        y -= 0.34
        for role, members in groupby(self._lines, key=lambda line: line.row.role):
            y -= 0.3
            sheet.text(0.25, y + 0.09, capitalise(clean(role)), size=8, weight="bold", color="#555555")
            for line in members:
                _draw_item(sheet, y, line)
                y -= line.height
        _draw_key(sheet, top - self.height + 0.22)


def _break_up(row: ItemRow) -> _Line:
    words = wrap(clean(row.label), 38) or [""]
    grounds = _grounds(row)
    return _Line(row, words, grounds, 0.12 + _LINE * max(len(words), len(grounds)))


def _draw_head(sheet: Sheet, y: float, names: list[list[str]], verdicts: list[str]) -> None:
    """The names of the sets above a height, and their verdicts below it."""
    for number, lines in enumerate(names):
        for place, line in enumerate(reversed(lines)):
            sheet.text(0.25 + _ITEM + _COLUMN * number, y + 0.15 + _LINE * place, line, size=8, weight="bold")
    sheet.text(sheet.width - 0.25 - _GROUNDS, y + 0.15, "What meets it, or could", size=8, weight="bold")
    sheet.box(sheet.width / 2, y - 0.12, sheet.width - 0.3, 0.32, "#EEF1F4", linewidth=0, zorder=1)
    sheet.text(0.25, y - 0.12, "The whole set", size=8.5, weight="bold")
    for number, verdict in enumerate(verdicts):
        _draw_mark(sheet, 0.25 + _ITEM + _COLUMN * number, y - 0.12, verdict, "bold")


def _by_role(rows: list[ItemRow]) -> list[ItemRow]:
    order = list(dict.fromkeys(row.role for row in rows))
    return sorted(rows, key=lambda row: order.index(row.role))


def _grounds(row: ItemRow) -> list[str]:
    """What to say beside an item, as lines: what meets it, else what is excluded, else what could meet it."""
    kept = [(start, labels) for start, labels in (("", row.met_by), ("excluded: ", row.excluded_by)) if labels]
    words = "; ".join(start + _few(labels) for start, labels in kept)
    if not words and row.missing:
        words = f"not known: {_few(row.missing)}"
    return wrap(clean(words), 62)


def _few(labels: list[str]) -> str:
    hidden = len(labels) - _MOST_GROUNDS
    return "; ".join(labels[:_MOST_GROUNDS]) + (f"; and {hidden} more" if hidden > 0 else "")


def _draw_item(sheet: Sheet, y: float, line: _Line) -> None:
    sheet.axes.plot([0.25, sheet.width - 0.25], [y, y], color="#E0E0E0", linewidth=0.8, zorder=1)
    for number, words in enumerate(line.words):
        sheet.text(0.25, y - 0.14 - number * _LINE, words, size=8.5)
    for number, verdict in enumerate(line.row.verdicts):
        x = 0.25 + _ITEM + _COLUMN * number
        if verdict:
            _draw_mark(sheet, x, y - 0.14, verdict)
        else:
            sheet.text(x + 0.07, y - 0.14, "–", size=8, ha="center", color=NOT_KNOWN)
    for number, words in enumerate(line.grounds):
        sheet.text(sheet.width - 0.25 - _GROUNDS, y - 0.14 - number * _LINE, words, size=7.5, color="#444444")


def _draw_mark(sheet: Sheet, x: float, y: float, verdict: str, weight: str = "normal") -> None:
    shape, fill, edge, sign = _TRUTH[verdict]
    size = 95 if shape != "D" else 70
    look = "--" if verdict == "unknown" else "-"
    sheet.axes.scatter(
        [x + 0.07], [y], s=size, marker=shape, c=fill, edgecolors=edge, linewidths=0.8, linestyle=look, zorder=4
    )
    ink = NOT_KNOWN if verdict == "unknown" else "white"
    sheet.text(x + 0.07, y - 0.003, sign, size=7, ha="center", va="center_baseline", color=ink, weight="bold", zorder=6)
    sheet.text(x + 0.2, y, TRUTH_WORDS[verdict], size=8, color=edge, weight=weight)


def _draw_key(sheet: Sheet, y: float) -> None:
    words = {
        "met": "findings that are present meet it",
        "not_met": "what is excluded rules it out",
        "unknown": "what is known settles it neither way; unknown is not absent",
    }
    x = 0.25
    for verdict, meaning in words.items():
        _draw_mark(sheet, x, y, verdict, "bold")
        start = x + 0.32 + 0.075 * len(TRUTH_WORDS[verdict])
        sheet.text(start, y, meaning, size=8, color="#444444")
        x = start + 0.068 * len(meaning) + 0.25
