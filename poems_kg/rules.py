"""
The rules that terms, sources, axioms and claims keep. Each breach is an issue with a code, a place and a way out.

The codes are listed in ``docs/issue_codes.md``; those of mappings are in :mod:`poems_kg.link_rules`. What needs the
built graph instead (cycles, duplicate labels, dangling ids) is asked by the queries in ``queries/checks``.
"""

import re
from datetime import date
from pathlib import Path

from poems_kg.claims import SCOPES, Axiom, Claim, Source, Term
from poems_kg.ids import is_curie, is_known
from poems_kg.knowledge import Entry, Knowledge, read_tables
from poems_kg.link_rules import check_links
from poems_kg.passages import MAX_LENGTH
from poems_kg.reviews import STATUSES, Review
from poems_kg.tables import DataError
from poems_kg.vocabulary import Relation

POLARITIES = ("asserts", "denies")
CERTAINTIES = ("established", "probable", "uncertain")
SUPPORTS = ("states", "implies")
EVIDENCE = {
    "ECO:0000303": "author statement without traceable support used in manual assertion",
    "ECO:0000304": "author statement supported by traceable reference used in manual assertion",
    "ECO:0000305": "curator inference used in manual assertion",
    "ECO:0006017": "author statement from published clinical study used in manual assertion",
}
"""ECO's classes in use, with ECO's labels."""

SOURCE_KINDS = ("document", "publication", "database")
AXIOM_KINDS = ("implies", "defines")
LETTERS = ("P", "O", "E", "M", "S", "beyond")
SEXES = ("male", "female")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_CLAIM_ID = re.compile(r"claim:C\d{4,}", re.ASCII)
_SOURCE_ID = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
_CONFLICT_ID = re.compile(r"conflict:[0-9a-f]{10}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def read_knowledge(folder: Path) -> Knowledge:
    """
    Read all tables of an ontology folder and apply every rule.

    :raises DataError: with all problems, if there is any of level ``ERROR``.
    :raises PoemsKgError: if the folder or ``core.ttl`` is missing or unreadable.
    """
    knowledge = read_tables(folder)
    check_knowledge(knowledge)
    errors = [issue for issue in knowledge.issues if issue.level == "ERROR"]
    if errors:
        raise DataError(errors)
    return knowledge


def check_knowledge(knowledge: Knowledge) -> None:
    """Apply every rule to records that were read; what breaks one is added to ``knowledge.issues``."""
    for term in knowledge.terms.values():
        _check_term(knowledge, term)
    for source in knowledge.sources.values():
        _check_source(source)
    for axiom in knowledge.axioms:
        _check_axiom(knowledge, axiom)
    for claim in knowledge.claims.values():
        _check_claim(knowledge, claim)
    check_links(knowledge)
    for review in knowledge.reviews.values():
        _check_review(review)
    _check_same_statement(knowledge)


def _one_of(
    entry: Entry[Claim] | Entry[Source] | Entry[Axiom] | Entry[Review], column: str, allowed: tuple[str, ...], code: str
) -> None:
    value = getattr(entry.record, column)
    if value not in allowed:
        entry.report(column, code, f"{value!r} is not allowed", f"use {', '.join(allowed)}")


def _check_label(knowledge: Knowledge, entry: Entry[Claim] | Entry[Axiom], what: str, code: str) -> None:
    entity_id = getattr(entry.record, f"{what}_id")
    label = getattr(entry.record, f"{what}_label")
    if not knowledge.category(entity_id):
        entry.report(f"{what}_id", code, f"{entity_id!r} is unknown", "add it to terms.tsv first, or mend the id")
    elif label != knowledge.label(entity_id):
        known = knowledge.label(entity_id)
        entry.report(f"{what}_label", code, f"{label!r} is not the label of {entity_id}", f"write {known!r}")


# --- Terms ---


def _check_term(knowledge: Knowledge, entry: Entry[Term]) -> None:
    term = entry.record
    if not is_known(term.term_id):
        entry.report("term_id", "TRM01", f"{term.term_id!r} has no known prefix", "use one of prefixes.tsv")
    if not term.label:
        entry.report("label", "TRM02", "the label is missing", "write the label that its ontology gives")
    if term.category not in knowledge.vocabulary.categories:
        entry.report("category", "TRM03", f"{term.category!r} is no category", "use an upper class of core.ttl")
    if not term.definition:
        entry.report("definition", "TRM04", "the definition is missing", "say in one sentence what it is")
    if term.definition_source not in {term.term_id, *knowledge.sources}:
        entry.report(
            "definition_source",
            "TRM05",
            f"{term.definition_source!r} is no source",
            "use a source_id of sources.tsv, or the term's own id where its ontology was paraphrased",
        )
    for parent_id in term.parent_ids:
        parent = knowledge.terms.get(parent_id)
        if parent is None and parent_id not in knowledge.upstream:
            entry.report("parent_ids", "TRM06", f"{parent_id!r} is unknown", "add it to terms.tsv, or mend the id")
        elif parent is not None and parent.record.category != term.category:
            entry.report(
                "parent_ids", "TRM07", f"{parent_id} is a {parent.record.category}", f"take a {term.category} as parent"
            )
    for scope, name in term.synonyms:
        if scope not in SCOPES or not name:
            allowed = ", ".join(SCOPES)
            entry.report("synonyms", "TRM08", f"{scope}:{name} is no synonym", f"write scope:name with {allowed}")
    _check_upstream(knowledge, entry)


def _check_upstream(knowledge: Knowledge, entry: Entry[Term]) -> None:
    term = entry.record
    if term.term_id.startswith("POEMS:"):
        return
    upstream = knowledge.upstream.get(term.term_id)
    if upstream is None:
        entry.report(
            "term_id",
            "TRM10",
            f"{term.term_id} is not in links/upstream.tsv",
            "run 'poems-kg slice' with a release file that has it",
        )
        return
    if upstream.label != term.label:
        entry.report(
            "label",
            "TRM11",
            f"{term.label!r} is not the upstream label",
            f"write {upstream.label!r} ({upstream.release})",
        )
    if upstream.obsolete:
        way_out = f"use {upstream.obsolete}" if is_curie(upstream.obsolete) else "use another term"
        entry.report("term_id", "TRM12", f"{term.term_id} is obsolete in {upstream.release}", way_out)


# --- Sources and axioms ---


def _check_source(entry: Entry[Source]) -> None:
    source = entry.record
    if not _SOURCE_ID.fullmatch(source.source_id):
        entry.report("source_id", "SRC07", f"{source.source_id!r} is no source id", "use letters, digits and . _ -")
    _one_of(entry, "kind", SOURCE_KINDS, "SRC01")
    if not source.title:
        entry.report("title", "SRC02", "the title is missing", "write the title")
    if source.kind == "document" and not (source.file and _SHA256.fullmatch(source.sha256)):
        entry.report("sha256", "SRC03", "a document needs a file name and its SHA-256", "add them")
    if source.pmid and not source.pmid.isdigit():
        entry.report("pmid", "SRC04", f"{source.pmid!r} is not a PubMed number", "write digits only")
    if source.doi and not source.doi.startswith("10."):
        entry.report("doi", "SRC05", f"{source.doi!r} is not a DOI", "write it from '10.' on")
    if source.url and not _ADDRESS.fullmatch(source.url):
        entry.report("url", "SRC06", f"{source.url!r} is not an address", "write one http or https address")


def _check_axiom(knowledge: Knowledge, entry: Entry[Axiom]) -> None:
    axiom = entry.record
    _one_of(entry, "kind", AXIOM_KINDS, "AXM01")
    _check_label(knowledge, entry, "subject", "AXM02")
    _check_label(knowledge, entry, "filler", "AXM02")
    if axiom.property != "RO:0002200":
        entry.report("property", "AXM03", f"{axiom.property!r} is not used in axioms", "use RO:0002200")
    if axiom.kind == "implies" and not axiom.claim_ids:
        entry.report("claim_ids", "AXM04", "no claim supports the axiom", "name the claims that state it")
    for claim_id in axiom.claim_ids:
        if claim_id not in knowledge.claims:
            entry.report("claim_ids", "AXM05", f"{claim_id!r} is unknown", "mend the id")


# --- Reviews ---


def _check_review(entry: Entry[Review]) -> None:
    review = entry.record
    if not _CONFLICT_ID.fullmatch(review.conflict_id):
        entry.report(
            "conflict_id", "REV01", f"{review.conflict_id!r} is no conflict id", "take it from 'poems-kg conflicts'"
        )
    _one_of(entry, "status", STATUSES, "REV02")
    if not review.reason:
        entry.report("reason", "REV03", "the reason is missing", "say why the sides differ and which to use")
    if not review.reviewer:
        entry.report("reviewer", "REV04", "the reviewer is missing", "say who looked at it")
    if not _is_day(review.date):
        entry.report("date", "REV05", f"{review.date!r} is no day", "write it as 2026-11-21")


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


# --- Claims ---


def _check_claim(knowledge: Knowledge, entry: Entry[Claim]) -> None:
    claim = entry.record
    if not _CLAIM_ID.fullmatch(claim.claim_id):
        entry.report("claim_id", "CLM03", f"{claim.claim_id!r} is no claim id", "write claim:C and four digits or more")
    _check_label(knowledge, entry, "subject", "CLM04")
    relation = knowledge.vocabulary.relations.get(claim.relation)
    if relation is None:
        entry.report("relation", "CLM05", f"{claim.relation!r} is no relation", "use one of core.ttl")
    else:
        _check_relation(knowledge, entry, relation)
    _check_figures(entry)
    _check_qualifiers(knowledge, entry)
    _one_of(entry, "polarity", POLARITIES, "CLM12")
    _one_of(entry, "certainty", CERTAINTIES, "CLM12")
    _one_of(entry, "support", SUPPORTS, "CLM12")
    _one_of(entry, "evidence", tuple(EVIDENCE), "CLM12")
    _check_passage(knowledge, entry)


def _check_relation(knowledge: Knowledge, entry: Entry[Claim], relation: Relation) -> None:
    claim = entry.record
    if relation.takes_text:
        if claim.object_id:
            entry.report("object_id", "CLM06", f"{relation.name} leads to text", "move it to value")
        if not (claim.value or claim.low is not None or claim.high is not None or claim.n is not None):
            entry.report("value", "CLM06", f"{relation.name} needs a value", "write words or a figure")
    else:
        _check_label(knowledge, entry, "object", "CLM04")
        category = knowledge.category(claim.object_id)
        if relation.objects and category and category not in relation.objects:
            allowed = " or ".join(sorted(relation.objects))
            entry.report("object_id", "CLM07", f"{relation.name} does not lead to a {category}", f"take a {allowed}")
    category = knowledge.category(claim.subject_id)
    if relation.subjects and category and category not in relation.subjects:
        allowed = " or ".join(sorted(relation.subjects))
        entry.report("subject_id", "CLM07", f"a {category} has no {relation.name}", f"take a {allowed}")


def _check_figures(entry: Entry[Claim]) -> None:
    claim = entry.record
    for column in ("low", "high"):
        figure = getattr(claim, column)
        if figure is not None and not claim.unit:
            entry.report("unit", "CLM08", f"{column} has no unit", "write % or a UCUM unit")
        if figure is not None and claim.unit in ("", "%") and not 0 <= figure <= 100:
            entry.report(column, "CLM08", f"a percentage of {figure:g}", "give a number from 0 to 100")
    if claim.low is not None and claim.high is not None and claim.low > claim.high:
        entry.report("low", "CLM09", f"low {claim.low:g} is above high {claim.high:g}", "exchange them")
    if claim.n is not None and claim.total is not None and claim.n > claim.total:
        entry.report("n", "CLM10", f"n {claim.n} is above total {claim.total}", "give n of total")


def _check_qualifiers(knowledge: Knowledge, entry: Entry[Claim]) -> None:
    allowed = {"letter": LETTERS, "sex": SEXES}
    for key, text in entry.record.qualifiers:
        if key not in knowledge.vocabulary.qualifiers or not text:
            entry.report("qualifiers", "CLM11", f"{key}={text} is no qualifier", "use the qualifiers of core.ttl")
        elif key in allowed and text not in allowed[key]:
            entry.report("qualifiers", "CLM11", f"{key}={text}", f"use {', '.join(allowed[key])}")
        elif key == "versus":
            for other_id in text.split("|"):
                if not knowledge.category(other_id):
                    entry.report("qualifiers", "CLM11", f"versus={other_id} is unknown", "add it to terms.tsv first")


def _check_passage(knowledge: Knowledge, entry: Entry[Claim]) -> None:
    claim = entry.record
    source = knowledge.sources.get(claim.source_id)
    if source is None:
        entry.report("source_id", "CLM13", f"{claim.source_id!r} is no source", "add it to sources.tsv first")
        return
    if source.record.kind != "document":
        if claim.start is not None or claim.end is not None or claim.sha256:
            entry.report("start", "CLM14", "only documents have passages", "give the place instead")
        if not claim.place:
            entry.report("place", "CLM15", "the place is missing", "say where in the source it stands")
        return
    if claim.start is None or claim.end is None or not _SHA256.fullmatch(claim.sha256):
        entry.report("start", "CLM14", "start, end or sha256 is missing", "take them from 'poems-kg locate'")
    elif claim.end <= claim.start:
        entry.report("end", "CLM14", f"end {claim.end} is not after start {claim.start}", "run 'poems-kg locate' again")
    elif claim.end - claim.start > MAX_LENGTH:
        entry.report("end", "CLM14", f"the passage is longer than {MAX_LENGTH} characters", "narrow it to a sentence")


def _check_same_statement(knowledge: Knowledge) -> None:
    first: dict[tuple[str, ...], Entry[Claim]] = {}
    for entry in knowledge.claims.values():
        key = tuple(entry.record.to_row()[1:-1])
        other = first.setdefault(key, entry)
        if other is not entry:
            entry.report("", "CLM16", f"says the same as {other.record.claim_id}", "remove one of the two")
