"""
Draw what was found out about one patient: the criteria as a checklist, the differential with what speaks for whom.

Pictures show what there is room for and say how much they leave out; the report of :mod:`poems_kg.reports` has it all.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from poems_kg.drawing import DrawingError, write_sheet
from poems_kg.drawing.checklist import Checklist
from poems_kg.drawing.ranking import Ranking
from poems_kg.drawing.sheet import NOT_ADVICE, Sheet, fit
from poems_kg.reports.wording import capitalise, labels_of, person

if TYPE_CHECKING:
    from poems_kg.diagnosis import Diagnosis
    from poems_kg.patients.terms import TermBook

_LEAST_WIDTH: Final = 11.4
_MOST_NAMED: Final = 24
_GAP: Final = 0.35


def draw_checklist(diagnosis: "Diagnosis", book: "TermBook", path: Path) -> None:
    """
    Draw which items of the criteria a patient meets, every version in a column.

    :param path: the target; its suffix, ``.svg`` or ``.png``, says which.
    :raises DrawingError: as :func:`poems_kg.drawing.draw`; also where no criteria were applied.
    """
    if not diagnosis.verdicts:
        raise DrawingError("no criteria were applied to this patient; there is no checklist to draw")
    write_sheet(path, lambda: sheet_of("Criteria", diagnosis, book, [Checklist(diagnosis)]))


def draw_differential(diagnosis: "Diagnosis", book: "TermBook", path: Path) -> None:
    """
    Draw the diseases ranked for a patient, and what speaks for and against POEMS syndrome and the best of the others.

    :param path: the target; its suffix, ``.svg`` or ``.png``, says which.
    :raises DrawingError: as :func:`poems_kg.drawing.draw`; also where no disease was ranked.
    """
    if not diagnosis.candidates:
        raise DrawingError("no disease was ranked for this patient; there is no differential to draw")
    write_sheet(path, lambda: sheet_of("Differential", diagnosis, book, [Ranking(diagnosis, book)]))


def draw_diagnosis(diagnosis: "Diagnosis", book: "TermBook", path: Path) -> None:
    """
    Draw the checklist and below it the differential, on one sheet.

    :param path: the target; its suffix, ``.svg`` or ``.png``, says which.
    :raises DrawingError: as :func:`poems_kg.drawing.draw`; also where either is empty.
    """
    if not diagnosis.verdicts or not diagnosis.candidates:
        raise DrawingError(
            "no criteria were applied to this patient, or no disease was ranked; there is nothing to draw"
        )
    write_sheet(
        path,
        lambda: sheet_of(
            "Criteria and differential", diagnosis, book, [Checklist(diagnosis), Ranking(diagnosis, book)]
        ),
    )


def sheet_of(title: str, diagnosis: "Diagnosis", book: "TermBook", blocks: "list[Checklist | Ranking]") -> Sheet:
    """One sheet with these blocks below each other, and above them who the patient is and what is known."""
    width = max(_LEAST_WIDTH, *(block.width for block in blocks))
    height = sum(block.height for block in blocks) + _GAP * (len(blocks) - 1)
    patient = fit(diagnosis.patient.patient_id, 40) or "a patient"
    sheet = Sheet(width, height, f"{title} for {patient}", _says(diagnosis, book))
    top = height
    for block in blocks:
        block.draw(sheet, top)
        top -= block.height + _GAP
    return sheet


def _says(diagnosis: "Diagnosis", book: "TermBook") -> str:
    """Who it is, what is known, and that it is no advice."""
    patient = diagnosis.patient
    said = [f"{capitalise(person(patient))}."]
    for words, known in (("Present", patient.observed), ("Excluded", patient.excluded)):
        labels = [fit(label, 80) for label in labels_of(known, book)]
        hidden = len(labels) - _MOST_NAMED
        more = [f"and {hidden} more"] if hidden > 0 else []
        said.append(f"{words}: {'; '.join(labels[:_MOST_NAMED] + more) or 'nothing'}.")
    return f"{' '.join(said)} {NOT_ADVICE}"
