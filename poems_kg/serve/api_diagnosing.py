"""The part of the REST interface that is about patients: never kept, never logged, and gone once it is answered."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from poems_kg.patients.patient import BadRecord, PatientError
from poems_kg.serve.api_models import Reply as Model
from poems_kg.serve.replies import Reply, to_json

if TYPE_CHECKING:
    from poems_kg.serve.desk import Desk

PLACE = "request"
"""What stands before the line in notes, where the command has the name of a file."""


def diagnose(desk: "Desk", body: bytes, top: int) -> Reply:
    """
    Criteria, differential and next steps for one patient, as ``poems-kg diagnose -f json`` gives them.

    :raises PatientError: if the body is no patient.
    :raises PoemsKgError: if diagnosing needs something that is not installed.
    """
    from poems_kg import diagnosis
    from poems_kg.patients.reading import read_record
    from poems_kg.patients.records import parse_bytes
    from poems_kg.patients.terms import Terms

    diagnostician = desk.diagnostician
    record = parse_bytes(body)
    if isinstance(record, dict) and "measurements" in record and {"observed", "excluded"} & record.keys():
        raise PatientError("measurements: not read beside observed and excluded; send a Phenopacket v2, which has both")
    if isinstance(record, dict) and {"observed", "excluded"} & record.keys():
        record = {"id": "patient", **record}
    patient = read_record(record, Terms(diagnostician.index.findings), Path(PLACE), 1)
    if isinstance(patient, BadRecord):
        raise PatientError(f"{patient.field}: {patient.message}" if patient.field else patient.message)
    made = to_json(diagnosis.to_json(diagnostician.diagnose(patient, top)))
    return Reply(made.body, made.media_type, headers=(("Cache-Control", "no-store"),))


# --- What is taken ---


class PlainPatient(BaseModel):
    """A patient in a few words. What is in neither list is unknown, which never counts against a disease."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "observed": ["polyneuropathy", "monoclonal gammopathy", "HP:0001894"],
                    "excluded": ["papilledema"],
                    "sex": "male",
                    "age": 52,
                }
            ]
        }
    )

    observed: list[str | dict[str, str]] = Field(
        description="Findings that are present: HP id, label, synonym; or objects with id and label."
    )
    excluded: list[str | dict[str, str]] = Field([], description="Findings that were looked for and are absent.")
    sex: Literal["female", "male", "unknown", ""] = ""
    age: float | str | None = Field(None, description="In years, or an ISO 8601 duration.")
    id: str | int = Field("patient", description="Comes back as patient_id.")


class Phenopacket(BaseModel):
    """A GA4GH Phenopacket v2; ``docs/diagnose.md`` says which parts are read."""

    model_config = ConfigDict(extra="allow")

    id: str
    subject: dict[str, Any] = {}
    phenotypicFeatures: list[dict[str, Any]]  # noqa: N815 - its name in the schema
    measurements: list[dict[str, Any]] = []


# --- What is given ---


class Labelled(Model):
    """An id with its label."""

    id: str
    label: str


class CriterionItem(Model):
    """One item of a criteria set."""

    item: str
    label: str
    role: str
    verdict: str
    met_by: list[Labelled]
    excluded_by: list[Labelled]
    missing: list[str]
    citation: str


class Missing(Model):
    """What would still have to be found."""

    label: str
    items: list[Labelled]


class Criteria(Model):
    """The verdict of one version of the published criteria."""

    set: str
    label: str
    version: str
    verdict: str
    met_as_documented: bool
    items: list[CriterionItem]
    missing: list[Missing]
    citation: str


class ReasonInfo(Model):
    """What one finding says for or against a disease."""

    finding: str
    label: str
    excluded: bool
    log_likelihood_ratio: float = Field(description="Natural logarithm.")
    versus: str
    text: str
    claims: list[str]
    sources: list[str]


class Disease(Model):
    """One disease of the differential."""

    disease_id: str
    label: str
    rank: int = Field(description="Among all diseases.")
    score: float = Field(description="Natural logarithm of a likelihood ratio.")
    other_ids: list[str]
    posterior: float = Field(0.0, description="Among POEMS syndrome and its rivals alone; other diseases have none.")
    for_: list[ReasonInfo] = Field(alias="for")
    against: list[ReasonInfo]


class Step(Model):
    """What to find out next."""

    label: str
    test: str
    findings: list[str]
    bits: float = Field(description="Information to be expected of it.")
    invasiveness: str | int | None
    how: str
    settles: list[str]
    claims: list[str]
    sources: list[str]


class Diagnosis(Model):
    """All that is said of one patient. Not medical advice."""

    patient_id: str
    criteria: list[Criteria]
    differential: list[Disease]
    next: list[Step]
    notes: list[str]
