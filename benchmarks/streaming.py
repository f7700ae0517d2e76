"""A kernel that reads patients and says only how many findings they have: what streaming takes without screening."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from poems_kg.cohorts.kernel import Kernel, Record, read_content
from poems_kg.cohorts.results import Columns, Row
from poems_kg.patients.patient import BadRecord, Patient
from poems_kg.patients.terms import Terms
from poems_kg.profiles.index import Index, open_index


@dataclass(frozen=True)
class OpenReader:
    """Opens it. ``data`` is a folder of release files, as ``open_index`` takes it."""

    data: Path | None

    def __call__(self) -> Kernel:
        return Reader(open_index(self.data))


class Reader:
    """The kernel itself."""

    def __init__(self, index: Index) -> None:
        self.columns: Columns = {"patient_id": str, "observed": int, "excluded": int}
        self.key = index.folder.name
        self._terms = Terms(index.findings)

    def read(self, record: Record, path: Path) -> Patient | BadRecord:
        return read_content(record, self._terms, path)

    def screen(self, patients: Sequence[Patient]) -> list[Row]:
        return [
            {"patient_id": one.patient_id, "observed": len(one.observed), "excluded": len(one.excluded)}
            for one in patients
        ]
