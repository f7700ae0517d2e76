"""
Collect the findings of one record, with notes on what was followed or overlooked, and refuse what contradicts itself.

Nothing here knows the format of the record; readers name the field that each finding stands in.
"""

from dataclasses import dataclass, field

from poems_kg.patients.patient import Measurement, Patient, RecordError, Sex
from poems_kg.patients.terms import Terms


@dataclass(slots=True)
class Collector:
    """
    What one record says so far.

    ``place`` is file and line, for the notes. ``observed`` and ``excluded`` have the field by finding; ``resolved`` has
    the findings that the record says are past.
    """

    terms: Terms
    place: str
    observed: dict[str, str] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)
    resolved: set[str] = field(default_factory=set)
    reasons: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def note(self, where: str, message: str) -> None:
        """Add a line for the reader."""
        line = f"{self.place}: {where}: {message}" if where else f"{self.place}: {message}"
        if line not in self.notes:
            self.notes.append(line)

    def add(self, where: str, term_id: str, label: str, *, is_excluded: bool) -> str:
        """
        Add a recorded finding; gives its id in use, or an empty text where there is none.

        :param where: the field that it stands in.
        """
        found = self.terms.look_up(term_id, label)
        for message in found.notes:
            self.note(where, message)
        if found.finding_id:
            (self.excluded if is_excluded else self.observed).setdefault(found.finding_id, where)
        return found.finding_id

    def settle(self) -> None:
        """
        Hold the recorded findings against each other.

        :raises RecordError: if one is both present and excluded.
        """
        for finding_id in [finding for finding in self.observed if finding in self.excluded]:
            if finding_id not in self.resolved:
                raise RecordError(
                    self.excluded[finding_id],
                    f"{self.terms.name(finding_id)} is excluded here and present in {self.observed[finding_id]}; "
                    "say which holds",
                )
            self.note(
                self.excluded.pop(finding_id),
                f"{self.terms.name(finding_id)} is excluded here and was present before ({self.observed[finding_id]}); "
                "what was once present counts",
            )
        self.drop_excluded_ancestors()

    def drop_excluded_ancestors(self) -> None:
        """A finding that is present makes all that it is a kind of present; an exclusion of those does not stand."""
        if not self.excluded:
            return
        for finding_id, where in self.observed.items():
            broader = self.terms.ancestors(finding_id)
            for above in [excluded for excluded in self.excluded if excluded in broader]:
                self.note(
                    self.excluded.pop(above),
                    f"{self.terms.name(above)} is excluded here, but {self.terms.name(finding_id)}, a kind of it, is "
                    f"present ({where}); the exclusion was dropped",
                )

    def patient(
        self,
        patient_id: str,
        sex: Sex,
        age: float | None,
        measurements: tuple[Measurement, ...] = (),
        disease_ids: tuple[str, ...] = (),
        *,
        where: str,
    ) -> Patient:
        """
        Make the patient.

        :param where: the field that findings are looked for in, for the message.
        :raises RecordError: if there is no finding at all.
        """
        if not self.observed and not self.excluded:
            why = "; ".join(note.removeprefix(f"{self.place}: ") for note in self.notes)
            raise RecordError(where, f"no findings that can be used{f' ({why})' if why else ''}; add some")
        return Patient(
            patient_id,
            sex,
            age,
            tuple(self.observed),
            tuple(self.excluded),
            measurements,
            disease_ids,
            self.reasons,
            tuple(self.notes),
        )


_SEXES = {
    **Sex.__members__,
    "": Sex.UNKNOWN_SEX,
    "F": Sex.FEMALE,
    "M": Sex.MALE,
    "OTHER": Sex.OTHER_SEX,
    "UNKNOWN": Sex.UNKNOWN_SEX,
}


def read_sex(collector: Collector, where: str, value: object) -> Sex:
    """Read a sex in any case, also F and M; what is none of these is noted, and unknown."""
    text = "" if value is None else str(value).strip().upper()
    if text not in _SEXES:
        collector.note(where, f"{value!r} is none of {', '.join(Sex)}; the sex is left unknown")
    return _SEXES.get(text, Sex.UNKNOWN_SEX)
