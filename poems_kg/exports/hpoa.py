"""
Rows for POEMS syndrome in the columns of HPO's ``phenotype.hpoa``: one for each finding, publication and sex.

That format holds published annotations with HPO classes only, and whoever reads it adds the counts of a finding up: a
group within another must not have a row of its own. What has no row is counted in the header, by reason.
"""

from collections import Counter, defaultdict
from typing import Final

from poems_kg.claims import Claim
from poems_kg.exports.content import Content, Exportable
from poems_kg.exports.kgx import frequency_class
from poems_kg.exports.upstream import out_of_use
from poems_kg.exports.writing import ExportError
from poems_kg.releases.hpoa import COLUMNS
from poems_kg.store import Store
from poems_kg.tables import render_table

POEMS: Final = "MONDO:0017364"
_RELATIONS = ("has_phenotype", "has_cardinal_feature", "has_manifestation")
_EVIDENCE = {"ECO:0006017": "PCS", "ECO:0000303": "TAS", "ECO:0000304": "TAS"}
"""From a clinical study; from an author who says so, with or without reference. Curators' inferences have no code."""
_NOT_A_SHARE_OF_ALL = {"comparator", "condition", "direction", "trial", "versus"}
_NARROWS_THE_FINDING = {"course", "laterality", "severity", "site"}
"""Qualifiers under which a figure is that of a narrower finding than the class in the row."""
_NOT_AT_ONSET_ONLY = {("stage", "first symptom"), ("statistic", "share of first symptoms")}


def _frequency(claim: Claim) -> str:
    """``n/N``, a percentage, or the HPO class that holds the range; empty where the figure is of some patients only."""
    pairs = set(claim.qualifiers)
    if pairs & _NOT_AT_ONSET_ONLY or {key for key, _ in pairs} & (_NOT_A_SHARE_OF_ALL | _NARROWS_THE_FINDING):
        return ""
    if claim.total and (claim.n is not None or claim.polarity == "denies"):
        return f"{claim.n or 0}/{claim.total}"
    if claim.polarity == "denies" or claim.unit != "%":
        return ""
    if claim.low is not None and claim.low == claim.high:
        return f"{claim.low:.15g}%"
    return frequency_class(claim.low, claim.high)


def _left_out(claim: Claim, content: Content) -> str:
    """Why a claim has no row; empty where it has one."""
    if not claim.object_id.startswith("HP:"):
        return "findings without a class of HPO (export hpo-requests)"
    if not content.reference(claim.source_id).startswith(("PMID:", "DOI:")):
        return "statements of sources without PMID or DOI"
    if claim.evidence not in _EVIDENCE:
        return "inferences of curators"
    if claim.certainty == "uncertain":
        return "statements that their source calls uncertain"
    if claim.polarity == "denies" and not _frequency(claim):
        return "denials without a count of all patients"
    return ""


def _sex(claim: Claim) -> str:
    sex = dict(claim.qualifiers).get("sex", "").upper()
    return sex if sex in ("MALE", "FEMALE") else ""


def _rank(claim: Claim) -> tuple[bool, int, int, str]:
    """Which of several figures of a finding goes out: a count, a percentage, a class; of the most patients."""
    frequency = _frequency(claim)
    kind = ("/" in frequency, "%" in frequency, bool(frequency)).index(True) if frequency else 3
    return claim.polarity == "denies", kind, -(claim.total or 0), claim.claim_id


def _chosen(content: Content, left_out: Counter[str]) -> list[Claim]:
    """
    One claim for each finding, publication and sex.

    A sex has a row only where it was counted and both together were not, or where nothing is said of both.
    """
    groups: dict[tuple[str, str], dict[str, list[Claim]]] = defaultdict(lambda: defaultdict(list))
    for claim in content.claims:
        if claim.subject_id == POEMS and claim.relation in _RELATIONS:
            if reason := _left_out(claim, content):
                left_out[reason] += 1
            else:
                groups[claim.object_id, content.reference(claim.source_id)][_sex(claim)].append(claim)
    chosen = []
    for by_sex in groups.values():
        best = {sex: min(claims, key=_rank) for sex, claims in by_sex.items()}
        whole = best.get("")
        of_one_sex = [claim for sex, claim in best.items() if sex and (whole is None or _frequency(claim))]
        kept = [whole] if whole and (_frequency(whole) or not of_one_sex) else of_one_sex
        left_out["further figures of the same finding, publication and patients"] += sum(
            map(len, by_sex.values())
        ) - len(kept)
        chosen += kept
    return chosen


def _database_id(content: Content) -> str:
    """
    The id under which HPO has the disorder: Orphanet's, else Mondo's.

    :raises ExportError: if POEMS syndrome is not in the graph.
    """
    if POEMS not in content.entities:
        raise ExportError(f"{POEMS} (POEMS syndrome) is not in this graph; export from a graph that has it")
    matches = [target for predicate, target in content.entities[POEMS].matches if predicate == "skos:exactMatch"]
    orphanet = [target for target in matches if target.startswith("ORPHA:")]
    return orphanet[0] if orphanet else POEMS


def annotation_rows(content: Content, store: Store, left_out: Counter[str]) -> list[tuple[str, ...]]:
    """
    The rows, sorted; an id that HPO has replaced is the new one, and one that it has withdrawn has no row.

    :param left_out: takes how many statements have no row, by reason.
    :raises ExportError: if POEMS syndrome is not in the graph.
    """
    database_id = _database_id(content)
    chosen = _chosen(content, left_out)
    retired = out_of_use(store, [claim.object_id for claim in chosen]) if chosen else {}
    rows = set()
    for claim in chosen:
        finding_id = retired.get(claim.object_id, claim.object_id)
        if not finding_id:
            left_out["findings whose class HPO has withdrawn"] += 1
            continue
        rows.add(
            (
                database_id,
                content.entities[POEMS].label,
                "",  # qualifier: HPO wants 0/N in place of NOT
                finding_id,
                content.reference(claim.source_id),
                _EVIDENCE[claim.evidence],
                "",  # onset: an HPO class, which no claim gives
                _frequency(claim),
                _sex(claim),
                "",  # modifier: likewise
                "P",
                f"POEMSKG:curators[{content.release.get('versionInfo', '')}]",
            )
        )
    return sorted(rows)


def render_hpoa(kg: Exportable) -> bytes:
    """Make the rows under HPO's header, with what was left out beside it."""
    content = Content(kg)
    left_out: Counter[str] = Counter()
    rows = annotation_rows(content, kg.store, left_out)
    releases = {quad.object.value for quad in content.quads if quad.object.value.startswith("hp.obo ")}  # type: ignore[union-attr]
    header = (
        '#description: "Annotations of POEMS syndrome from published sources, in the columns of phenotype.hpoa"\n'
        f"#version: {content.release.get('versionInfo', '')}\n"
        "#tracker: https://w3id.org/poems-kg/\n"
        f"#hpo-version: {max(releases, default='').removeprefix('hp.obo ')}\n"
    )
    header += "".join(f"#left-out: {count} {reason}\n" for reason, count in sorted(left_out.items()) if count)
    return (header + render_table(COLUMNS, rows)).encode()
