"""
Rows for POEMS syndrome in the columns of HPO's ``phenotype.hpoa``, one for each finding, publication and figure.

That format holds published annotations with HPO classes only. Left out are findings without an HP id, claims of sources
without PMID or DOI, what curators inferred, and what its source calls uncertain.
"""

from poems_kg.claims import Claim
from poems_kg.exports.content import Content, Exportable
from poems_kg.exports.kgx import frequency_class
from poems_kg.exports.writing import ExportError
from poems_kg.tables import render_table

COLUMNS = [
    "database_id", "disease_name", "qualifier", "hpo_id", "reference", "evidence", "onset", "frequency", "sex",
    "modifier", "aspect", "biocuration",
]  # fmt: skip
POEMS = "MONDO:0017364"
_RELATIONS = ("has_phenotype", "has_cardinal_feature", "has_manifestation")
_EVIDENCE = {"ECO:0006017": "PCS", "ECO:0000303": "TAS", "ECO:0000304": "TAS"}
"""From a clinical study; from an author who says so, with or without reference. Curators' inferences have no code."""
_NOT_A_SHARE_OF_ALL = {"comparator", "condition", "direction", "trial", "versus"}
_NOT_AT_ONSET_ONLY = {("stage", "first symptom"), ("statistic", "share of first symptoms")}


def _frequency(claim: Claim) -> str:
    """``n/N``, a percentage, or the HPO class that holds the range; empty where the figure is of some patients only."""
    pairs = set(claim.qualifiers)
    if claim.polarity == "denies" or pairs & _NOT_AT_ONSET_ONLY or {key for key, _ in pairs} & _NOT_A_SHARE_OF_ALL:
        return ""
    if claim.n is not None and claim.total:
        return f"{claim.n}/{claim.total}"
    if claim.unit != "%":
        return ""
    if claim.low is not None and claim.low == claim.high:
        return f"{claim.low:.15g}%"
    return frequency_class(claim.low, claim.high)


def _is_row(claim: Claim, content: Content) -> bool:
    return (
        claim.subject_id == POEMS
        and claim.relation in _RELATIONS
        and claim.object_id.startswith("HP:")
        and claim.evidence in _EVIDENCE
        and claim.certainty != "uncertain"
        and content.reference(claim.source_id).startswith(("PMID:", "DOI:"))
    )


def _row(claim: Claim, content: Content, database_id: str) -> tuple[str, ...]:
    sex = dict(claim.qualifiers).get("sex", "").upper()
    return (
        database_id,
        content.entities[POEMS].label,
        "NOT" if claim.polarity == "denies" else "",
        claim.object_id,
        content.reference(claim.source_id),
        _EVIDENCE[claim.evidence],
        "",  # onset: an HPO class, which no claim gives
        _frequency(claim),
        sex if sex in ("MALE", "FEMALE") else "",
        "",  # modifier: likewise
        "P",
        f"POEMSKG:curators[{content.release.get('versionInfo', '')}]",
    )


def annotation_rows(content: Content) -> list[tuple[str, ...]]:
    """
    The rows, sorted and without repetition; one without a frequency is left out where the same statement has one.

    :raises ExportError: if POEMS syndrome is not in the graph.
    """
    if POEMS not in content.entities:
        raise ExportError(f"{POEMS} (POEMS syndrome) is not in this graph; export from a graph that has it")
    matches = [target for predicate, target in content.entities[POEMS].matches if predicate == "skos:exactMatch"]
    orphanet = [target for target in matches if target.startswith("ORPHA:")]
    database_id = orphanet[0] if orphanet else POEMS
    rows = {_row(claim, content, database_id) for claim in content.claims if _is_row(claim, content)}
    frequency = COLUMNS.index("frequency")

    def without(row: tuple[str, ...]) -> tuple[str, ...]:
        return row[:frequency] + row[frequency + 1 :]

    counted = {without(row) for row in rows if row[frequency]}
    return sorted(row for row in rows if row[frequency] or without(row) not in counted)


def render_hpoa(kg: Exportable) -> bytes:
    """Make the rows under HPO's header."""
    content = Content(kg)
    releases = {quad.object.value for quad in content.quads if quad.object.value.startswith("hp.obo ")}  # type: ignore[union-attr]
    header = (
        '#description: "Annotations of POEMS syndrome from published sources, in the columns of phenotype.hpoa"\n'
        f"#version: {content.release.get('versionInfo', '')}\n"
        "#tracker: https://w3id.org/poems-kg/\n"
        f"#hpo-version: {max(releases, default='').removeprefix('hp.obo ')}\n"
    )
    return (header + render_table(COLUMNS, annotation_rows(content))).encode()
