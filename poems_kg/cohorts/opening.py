"""
Open what screens patients for POEMS syndrome: the index of all rare diseases, the criteria sets, the ranking.

Every worker opens it for itself, mapped from the same files; a fitting index is made where there is none.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from poems_kg.cohorts.kernel import Kernel, Record, read_content
from poems_kg.cohorts.results import Columns, Row, ScreeningError
from poems_kg.patients.patient import BadRecord, Patient

if TYPE_CHECKING:
    from poems_kg.profiles.index import Index

VERDICT: Final = "verdict"
"""What a column of verdicts begins with; the label of the criteria set follows: ``verdict_chiba_criteria_2019``."""


@dataclass(frozen=True)
class OpenDiagnostician:
    """Opens the diagnostician. ``data`` is a folder of release files, as ``open_index`` takes it."""

    data: Path | None = None

    def __call__(self) -> Kernel:
        """
        Open it.

        :raises ScreeningError: if a package is not installed.
        :raises PoemsKgError: if the releases are not there, or are damaged.
        """
        try:
            from poems_kg.profiles.index import open_index

            return Screener(open_index(self.data))
        except ImportError as error:
            raise ScreeningError(f"{error.name} is missing; pip install 'poems-kg[diagnose]'") from error


class Screener:
    """The diagnostician as a kernel of cohorts."""

    def __init__(self, index: "Index") -> None:
        from importlib.metadata import version

        from poems_kg.criteria import criteria_sets
        from poems_kg.diagnosis import Diagnostician
        from poems_kg.patients.terms import Terms

        self._terms = Terms(index.findings)
        self._diagnostician = Diagnostician(index)
        self._verdicts = {one.set_id: column_of(one.label) for one in criteria_sets()}
        self.columns: Columns = _columns(self._verdicts)
        self.key = f"{version('poems-kg')} {index.folder.name}"

    def read(self, record: Record, path: Path) -> Patient | BadRecord:
        """Read one record of a file."""
        return read_content(record, self._terms, path)

    def screen(self, patients: Sequence[Patient]) -> list[Row]:
        """Give one row for each patient, in their order."""
        found = self._diagnostician.screen(patients)
        return [self._row({name: getattr(row, name) for name in row.__slots__}) for row in found]

    def _row(self, values: dict[str, Any]) -> Row:
        verdicts = values.pop("verdicts")
        return values | {self._verdicts[set_id]: verdict for set_id, verdict in verdicts.items()}


def column_of(label: str) -> str:
    """
    Name the column of a criteria set.

    >>> column_of("Mayo criteria 2023 update")
    'verdict_mayo_criteria_2023_update'
    """
    return f"{VERDICT}_{re.sub('[^a-z0-9]+', '_', label.casefold()).strip('_')}"


def _columns(verdicts: Mapping[str, str]) -> Columns:
    """The fields of a row, with a column for each criteria set in place of the one field that has them all."""
    from poems_kg.diagnosis import ScreeningRow

    columns: dict[str, type] = {}
    for name, kind in ScreeningRow.__annotations__.items():
        columns |= dict.fromkeys(verdicts.values(), str) if name == "verdicts" else {name: kind}
    return columns
