"""
Draw what was found out about one patient: the criteria as a checklist, the differential with what speaks for whom.

Pictures show what there is room for and say how much they leave out; the report of :mod:`poems_kg.reports` has it all.
"""

from dataclasses import dataclass
from itertools import groupby
from textwrap import shorten, wrap
from typing import TYPE_CHECKING, Final

from poems_kg.drawing.sheet import AGAINST, FAINT, INK, NOT_ADVICE, STRONG, Sheet
from poems_kg.reports.sections import Explained, ItemRow, ReasonRow, explain_all, item_rows, set_name
from poems_kg.reports.wording import (
    CIDP_IDS,
    TRUTH_WORDS,
    capitalise,
    clean,
    count,
    is_disease,
    labels_of,
    percent,
    person,
    ratio_words,
)

if TYPE_CHECKING:
    from poems_kg.reports.shapes import Diagnosis, Labels

MET: Final = "#17735A"
NOT_KNOWN: Final = "#666666"
_TRUTH: Final = {
    "met": ("o", MET, MET, "✓"),
    "not_met": ("s", AGAINST, AGAINST, "×"),
    "unknown": ("D", "white", NOT_KNOWN, "?"),
}
"""Marker, fill, edge and sign of each verdict: shapes differ, not colours alone."""

_LEAST_WIDTH: Final = 11.4
_LINE: Final = 0.155
_ITEM: Final = 2.9
_COLUMN: Final = 1.12
_GROUNDS: Final = 4.3
_MOST_GROUNDS: Final = 5

_MOST_CANDIDATES: Final = 12
_MOST_COMPARED: Final = 4
_MOST_REASONS: Final = 30
_ROW: Final = 0.24
_LABEL: Final = 3.9
_FIELD: Final = 2.3


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the checklist with its texts broken into lines, and its height in inches."""

    row: ItemRow
    words: list[str]
    grounds: list[str]
    height: float


def checklist(diagnosis: "Diagnosis", book: "Labels") -> Sheet:
    """Draw every version of the criteria as a column, every item as a row with what meets it or could."""
    lines = [_break_up(row) for row in _by_role(item_rows(diagnosis))]
    names = [wrap(clean(set_name(each)), 15) for each in diagnosis.verdicts]
    roles = len({line.row.role for line in lines})
    head = 0.25 + _LINE * max(map(len, names))
    sheet = Sheet(
        max(0.5 + _ITEM + _COLUMN * len(names) + _GROUNDS, _LEAST_WIDTH),
        head + 0.34 + sum(line.height for line in lines) + roles * 0.3 + 0.65,
        f"Criteria of POEMS syndrome: {_title(diagnosis)}",
        _says(diagnosis, book),
    )
    y = sheet.height - head
    _draw_head(sheet, y, names, [str(each.verdict) for each in diagnosis.verdicts])
    y -= 0.34
    for role, members in groupby(lines, key=lambda line: line.row.role):
        y -= 0.3
        sheet.text(0.25, y + 0.09, capitalise(clean(role)), size=8, weight="bold", color="#555555")
        for line in members:
            _draw_item(sheet, y, line)
            y -= line.height
    _draw_key(sheet)
    return sheet


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


def _draw_key(sheet: Sheet) -> None:
    words = {
        "met": "findings that are present meet it",
        "not_met": "what is excluded rules it out",
        "unknown": "what is known settles it neither way; unknown is not absent",
    }
    x = 0.25
    for verdict, meaning in words.items():
        _draw_mark(sheet, x, 0.22, verdict, "bold")
        start = x + 0.32 + 0.075 * len(TRUTH_WORDS[verdict])
        sheet.text(start, 0.22, meaning, size=8, color="#444444")
        x = start + 0.068 * len(meaning) + 0.25


def differential(diagnosis: "Diagnosis", book: "Labels") -> Sheet:
    """
    Draw the ranking, and finding by finding what speaks for and against the diseases compared.

    Compared are POEMS syndrome, CIDP, and those that follow in rank and have reasons; at most four.
    """
    explained = explain_all(diagnosis, book)
    listed = _choose_listed(explained)
    compared = _choose_compared(explained)
    names = _choose_findings(compared)
    width = max(0.25 + _LABEL + _FIELD * max(len(compared), 2) + 0.3, _LEAST_WIDTH)
    upper = 0.3 + _ROW * len(listed)
    lower = (0.8 + _ROW * len(names) + 0.75) if names else 0.2
    sheet = Sheet(
        width, upper + lower + 0.2, f"Differential of POEMS syndrome: {_title(diagnosis)}", _says(diagnosis, book)
    )
    y = sheet.height - 0.15
    sheet.text(0.62, y, "Disease, by rank of score", size=8.5, weight="bold")
    sheet.text(0.25 + _LABEL + 0.7, y, "Posterior among POEMS syndrome and its rivals", size=8.5, weight="bold")
    for number, each in enumerate(listed):
        _draw_candidate(sheet, y - 0.28 - _ROW * number, each, gap=_is_gap(listed, number))
    if names:
        _draw_comparison(sheet, y - upper - 0.1, compared, names, sum(len(each.rows) for each in compared))
    return sheet


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
    label = _fit(capitalise(candidate.label), 52)
    sheet.text(0.62, y, label, size=8.5, weight=weight)
    left = 0.25 + _LABEL + 0.7
    share = percent(candidate.posterior)
    if not share or candidate.posterior is None:
        sheet.text(left, y, "not weighed: none of the rivals", size=7.5, color="#777777")
        return
    full = sheet.width - left - 0.95
    _bar(sheet, left, y, full, "#ECEFF2")
    _bar(sheet, left, y, full * candidate.posterior, STRONG)
    sheet.text(left + full + 0.1, y, share, size=8.5, weight=weight)


def _bar(sheet: Sheet, x: float, y: float, width: float, colour: str) -> None:
    from matplotlib.patches import Rectangle

    sheet.axes.add_patch(Rectangle((x, y - 0.065), width, 0.13, facecolor=colour, linewidth=0, zorder=2))


def _draw_comparison(sheet: Sheet, y: float, compared: list[Explained], names: list[str], all_rows: int) -> None:
    shown = [{_name(row): row for row in each.rows} for each in compared]
    hidden = len({name for rows in shown for name in rows}) - len(names)
    for number, each in enumerate(compared):
        x = 0.25 + _LABEL + _FIELD * number
        label = _fit(capitalise(each.candidate.label), 58)
        versus = f"against {_fit(each.versus, 50)}" if each.versus else ""
        lines = [(line, "bold", INK) for line in wrap(label, 29)] + [
            (line, "normal", "#555555") for line in wrap(versus, 36)
        ]
        for place, (line, weight, colour) in enumerate(reversed(lines)):
            sheet.text(
                x + 0.1, y - 0.62 + _LINE * place, line, size=8 if weight == "bold" else 7, weight=weight, color=colour
            )
    top = y - 0.75
    for number, name in enumerate(names):
        row_y = top - _ROW * (number + 0.5)
        sheet.axes.plot([0.25, sheet.width - 0.25], [row_y - _ROW / 2] * 2, color="#EEEEEE", linewidth=0.8, zorder=0)
        sheet.text(0.25 + _LABEL - 0.15, row_y, _fit(name, 60), size=8, ha="right")
        for place, rows in enumerate(shown):
            if name in rows:
                _draw_reason(sheet, 0.25 + _LABEL + _FIELD * place, row_y, rows[name])
    bottom = top - _ROW * len(names)
    for number in range(len(compared)):
        middle = 0.25 + _LABEL + _FIELD * number + _zero()
        sheet.axes.plot([middle, middle], [bottom, top], color="#888888", linewidth=0.8, zorder=3)
    words = "× speaks for the disease by that factor, ÷ against it; bars are as long as its logarithm. "
    words += f"Left out: {count(hidden, 'finding')} that say less." if hidden else f"All {all_rows} reasons are shown."
    sheet.legend(
        0.25,
        [("for", "box", {"colour": STRONG}), ("against", "box", {"colour": AGAINST}), (words, "mark", {"words": ""})],
    )


def _zero() -> float:
    """Where in a field the zero is: the same room for both sides, and for the figure at the right."""
    return 0.1 + (_FIELD - 0.75) / 2


def _draw_reason(sheet: Sheet, x: float, y: float, row: ReasonRow) -> None:
    half = (_FIELD - 0.75) / 2
    length = half * row.bar.width / 100
    against = row.bar.side == "against"
    _bar(sheet, x + _zero() - (length if against else 0), y, length, AGAINST if against else STRONG)
    sheet.text(x + _FIELD - 0.55, y, ratio_words(row.bar.log_ratio), size=7.5, color=AGAINST if against else INK)


def _title(diagnosis: "Diagnosis") -> str:
    """As much of the id as there is room for beside the words before it, on the narrowest sheet."""
    return _fit(diagnosis.patient.patient_id, 44) or "a patient"


def _fit(text: str, letters: int) -> str:
    """A text on one line, cut off where it is longer, whether it has spaces or not."""
    line = " ".join(clean(text).split())
    return line if len(line) <= letters else f"{line[: letters - 1].rstrip()}…"


def _says(diagnosis: "Diagnosis", book: "Labels") -> str:
    """Who it is, what is known, and that it is no advice."""
    patient = diagnosis.patient
    said = [f"{capitalise(person(patient))}."]
    for words, known in (("Present", patient.observed), ("Excluded", patient.excluded)):
        labels = [clean(label) for label in labels_of(known, book)]
        said.append(
            f"{words}: {shorten('; '.join(labels), 420, placeholder=' …')}." if labels else f"{words}: nothing."
        )
    return f"{' '.join(said)} {NOT_ADVICE}"
