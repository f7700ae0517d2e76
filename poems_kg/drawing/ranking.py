"""Draw the ranking of diseases with their posteriors, and finding by finding what speaks for and against them."""

from textwrap import wrap
from typing import TYPE_CHECKING, Final

from poems_kg.drawing.sheet import AGAINST, FAINT, INK, STRONG, Sheet, fit
from poems_kg.reports.sections import Explained, ReasonRow, explain_all
from poems_kg.reports.wording import CIDP_IDS, capitalise, count, is_disease, percent, ratio_words

if TYPE_CHECKING:
    from poems_kg.diagnosis import Diagnosis
    from poems_kg.patients.terms import TermBook

_LINE: Final = 0.155
_MOST_CANDIDATES: Final = 12
_MOST_COMPARED: Final = 4
_MOST_REASONS: Final = 30
_ROW: Final = 0.24
_LABEL: Final = 3.9
_FIELD: Final = 2.3
_HALF: Final = (_FIELD - 0.75) / 2
_ZERO: Final = 0.1 + _HALF
"""Where in a field the zero is: the same room for both sides, and some for the figure at the right."""


class Ranking:
    """
    The ranking for one patient; ``width`` and ``height`` are in inches.

    Compared finding by finding are POEMS syndrome, CIDP, and those that follow in rank and have reasons; at most four.
    """

    def __init__(self, diagnosis: "Diagnosis", book: "TermBook") -> None:
        explained = explain_all(diagnosis, book)
        self._listed = _choose_listed(explained)
        self._compared = _choose_compared(explained)
        self._names = _choose_findings(self._compared)
        self._upper = 0.3 + _ROW * len(self._listed)
        self.width = 0.25 + _LABEL + _FIELD * max(len(self._compared), 2) + 0.3
        self.height = self._upper + (0.8 + _ROW * len(self._names) + 0.75 if self._names else 0.2) + 0.2

    def draw(self, sheet: Sheet, top: float) -> None:
        """Draw it on a sheet, downwards from a height in inches."""
        y = top - 0.15
        sheet.text(0.62, y, "Disease, by rank of score", size=8.5, weight="bold")
        sheet.text(0.25 + _LABEL + 0.7, y, "Posterior among POEMS syndrome and its rivals", size=8.5, weight="bold")
        for number, each in enumerate(self._listed):
            _draw_candidate(sheet, y - 0.28 - _ROW * number, each, gap=_is_gap(self._listed, number))
        if self._names:
            _draw_heads(sheet, y - self._upper - 0.72, self._compared)
            _draw_reasons(sheet, y - self._upper - 0.85, self._compared, self._names)
            _draw_key(sheet, top - self.height + 0.25, self._compared, self._names)


def _choose_listed(explained: list[Explained]) -> list[Explained]:
    """The first by rank; POEMS syndrome in any case."""
    first = explained[:_MOST_CANDIDATES]
    return first + [each for each in explained[_MOST_CANDIDATES:] if each.is_poems]


def _is_gap(listed: list[Explained], number: int) -> bool:
    """Say whether ranks are left out before this one."""
    return number > 0 and listed[number].candidate.rank > listed[number - 1].candidate.rank + 1


def _choose_compared(explained: list[Explained]) -> list[Explained]:
    with_reasons = [each for each in explained if each.rows]
    return sorted(with_reasons, key=lambda each: (not each.is_poems, not is_disease(each.candidate, CIDP_IDS)))[
        :_MOST_COMPARED
    ]


def _choose_findings(compared: list[Explained]) -> list[str]:
    """Findings of those compared: those that say most for any, in the order in which they speak for the first."""
    most: dict[str, float] = {}
    for each in compared:
        for row in each.rows:
            most[_name(row)] = max(most.get(_name(row), 0.0), abs(row.bar.log_ratio))
    kept = set(sorted(most, key=lambda name: (-most[name], name))[:_MOST_REASONS])
    return [name for name in most if name in kept]


def _name(row: ReasonRow) -> str:
    return f"{row.label} (excluded)" if row.is_excluded else row.label


def _draw_candidate(sheet: Sheet, y: float, each: Explained, *, gap: bool) -> None:
    candidate = each.candidate
    weight = "bold" if each.is_poems else "normal"
    if gap:
        sheet.axes.plot([0.25, sheet.width - 0.25], [y + _ROW / 2] * 2, color=FAINT, linewidth=0.8, linestyle=":")
    sheet.text(0.5, y, str(candidate.rank), size=8.5, ha="right", weight=weight)
    label = fit(capitalise(candidate.label), 52)
    sheet.text(0.62, y, label, size=8.5, weight=weight)
    left = 0.25 + _LABEL + 0.7
    share = percent(candidate.posterior)
    if not share or candidate.posterior is None:
        sheet.text(left, y, "not weighed", size=7.5, color="#777777")
        return
    full = sheet.width - left - 0.95
    _draw_bar(sheet, left, y, full, "#ECEFF2")
    _draw_bar(sheet, left, y, full * candidate.posterior, STRONG)
    sheet.text(left + full + 0.1, y, share, size=8.5, weight=weight)


def _draw_bar(sheet: Sheet, x: float, y: float, width: float, colour: str) -> None:
    from matplotlib.patches import Rectangle

    sheet.axes.add_patch(Rectangle((x, y - 0.065), width, 0.13, facecolor=colour, linewidth=0, zorder=2))


def _draw_heads(sheet: Sheet, y: float, compared: list[Explained]) -> None:
    for number, each in enumerate(compared):
        x = 0.25 + _LABEL + _FIELD * number + 0.1
        label = fit(capitalise(each.candidate.label), 58)
        versus = f"against {fit(each.versus, 50)}" if each.versus else ""
        small = wrap(versus, 36)
        for place, line in enumerate(reversed(small)):
            sheet.text(x, y + _LINE * place, line, size=7, color="#555555")
        for place, line in enumerate(reversed(wrap(label, 29)), start=len(small)):
            sheet.text(x, y + _LINE * place, line, size=8, weight="bold")


def _draw_reasons(sheet: Sheet, top: float, compared: list[Explained], names: list[str]) -> None:
    shown = [{_name(row): row for row in each.rows} for each in compared]
    for number, name in enumerate(names):
        y = top - _ROW * (number + 0.5)
        sheet.axes.plot([0.25, sheet.width - 0.25], [y - _ROW / 2] * 2, color="#EEEEEE", linewidth=0.8, zorder=0)
        sheet.text(0.25 + _LABEL - 0.15, y, fit(name, 60), size=8, ha="right")
        for place, rows in enumerate(shown):
            if name in rows:
                _draw_reason(sheet, 0.25 + _LABEL + _FIELD * place, y, rows[name])
    for number in range(len(compared)):
        middle = 0.25 + _LABEL + _FIELD * number + _ZERO
        sheet.axes.plot([middle, middle], [top - _ROW * len(names), top], color="#888888", linewidth=0.8, zorder=3)


def _draw_reason(sheet: Sheet, x: float, y: float, row: ReasonRow) -> None:
    length = _HALF * row.bar.width / 100
    against = row.bar.side == "against"
    _draw_bar(sheet, x + _ZERO - (length if against else 0), y, length, AGAINST if against else STRONG)
    words = ratio_words(row.bar.log_ratio)
    sheet.text(x + _FIELD - 0.55, y, words, size=7.5, color=AGAINST if words.startswith("÷") else INK)


def _draw_key(sheet: Sheet, y: float, compared: list[Explained], names: list[str]) -> None:
    hidden = len({_name(row) for each in compared for row in each.rows}) - len(names)
    words = "× speaks for the disease by that factor, ÷ against it; bars are as long as its logarithm."
    words += f" Left out: {count(hidden, 'finding')} that say less." if hidden else ""
    sheet.legend(y, [("for", "box", {"colour": STRONG}), ("against", "box", {"colour": AGAINST})])
    sheet.text(2.05, y, words)
