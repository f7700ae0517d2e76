"""
The rules that slices and mappings keep; each breach is an issue with a code, a place and a way out.

Of a slice only the ids are checked: what it says is said by others. A curated mapping is either ours (it has an author,
a date, a confidence, and where its object was seen) or was read in another set, which it then names.
"""

import re
from dataclasses import replace
from datetime import date

from poems_kg.ids import is_known
from poems_kg.knowledge import Entry, Knowledge
from poems_kg.links import CROSS_REFERENCE, MATCHES, NOT, TermMapping, Upstream

PREDICATES = (*MATCHES, CROSS_REFERENCE)
JUSTIFICATIONS = (
    "semapv:ManualMappingCuration",
    "semapv:LexicalMatching",
    "semapv:MappingChaining",
    "semapv:UnspecifiedMatching",
)
"""Terms of SEMAPV in use."""

_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_CONFIDENCE = re.compile(r"[01]|0\.\d{1,3}|1\.0{1,3}", re.ASCII)


def check_links(knowledge: Knowledge) -> None:
    """Apply every rule to slices and mappings; what breaks one is added to ``knowledge.issues``."""
    for row in knowledge.classes:
        _check_id(row, "term_id", row.record.term_id)
        for parent_id in row.record.parent_ids:
            _check_id(row, "parent_ids", parent_id)
    for entry in knowledge.cut:
        _check_ends(knowledge, entry, "run 'poems-kg slice' again")
    for entry in knowledge.curated:
        _check_ends(knowledge, entry, "add it to terms.tsv first, or mend the id")
        _check_labels(knowledge, entry)
        _check_kind(entry)
        _check_who(knowledge, entry)
    _check_repeated(knowledge)


def _check_id(entry: Entry[Upstream] | Entry[TermMapping], column: str, curie: str) -> None:
    if not is_known(curie):
        entry.report(column, "LNK01", f"{curie!r} has no known prefix", "use one of prefixes.tsv")


def _check_ends(knowledge: Knowledge, entry: Entry[TermMapping], solution: str) -> None:
    mapping = entry.record
    for column in ("subject_id", "predicate_id", "object_id"):
        _check_id(entry, column, getattr(mapping, column))
    if mapping.subject_id not in knowledge.terms:
        entry.report("subject_id", "LNK02", f"{mapping.subject_id!r} is unknown", solution)


def _check_labels(knowledge: Knowledge, entry: Entry[TermMapping]) -> None:
    mapping = entry.record
    elsewhere = knowledge.upstream.get(mapping.object_id)
    known = {
        "subject": knowledge.label(mapping.subject_id),
        "object": knowledge.label(mapping.object_id) or (elsewhere.label if elsewhere else mapping.object_label),
    }
    for what, label in known.items():
        given = getattr(mapping, f"{what}_label")
        if label and given != label:
            curie = getattr(mapping, f"{what}_id")
            entry.report(f"{what}_label", "LNK03", f"{given!r} is not the label of {curie}", f"write {label!r}")


def _check_kind(entry: Entry[TermMapping]) -> None:
    mapping = entry.record
    if mapping.predicate_id not in PREDICATES:
        allowed = ", ".join(PREDICATES)
        entry.report("predicate_id", "LNK04", f"{mapping.predicate_id!r} is no mapping predicate", f"use {allowed}")
    if mapping.predicate_modifier not in ("", NOT):
        entry.report(
            "predicate_modifier", "LNK04", f"{mapping.predicate_modifier!r} is no modifier", f"write {NOT} or nothing"
        )
    if mapping.mapping_justification not in JUSTIFICATIONS:
        words = repr(mapping.mapping_justification) if mapping.mapping_justification else "no justification"
        entry.report("mapping_justification", "LNK05", f"{words} is not enough", f"use {', '.join(JUSTIFICATIONS)}")
    if mapping.confidence and not _CONFIDENCE.fullmatch(mapping.confidence):
        entry.report("confidence", "LNK06", f"{mapping.confidence!r} is no confidence", "give a number from 0 to 1")
    if mapping.mapping_date and not _is_day(mapping.mapping_date):
        entry.report("mapping_date", "LNK07", f"{mapping.mapping_date!r} is no day", "write it as 2026-11-21")


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _check_who(knowledge: Knowledge, entry: Entry[TermMapping]) -> None:
    """A mapping of ours has author, label, confidence, day and where its object was seen; any other names its set."""
    mapping = entry.record
    creators = knowledge.vocabulary.creators
    if mapping.author_label and mapping.author_label not in creators:
        entry.report(
            "author_label",
            "LNK08",
            f"{mapping.author_label!r} is no author of the ontology",
            f"write {' or '.join(creators)}, or nothing where mapping_source says so",
        )
    needed = ("object_label", "mapping_date", "confidence", "object_source")
    for column in needed if mapping.author_label else ("mapping_source",):
        if not getattr(mapping, column):
            whose = "of ours" if mapping.author_label else "without an author"
            entry.report(column, "LNK11", f"a mapping {whose} needs its {column}", "write it")
    for column in ("mapping_source", "object_source"):
        place = getattr(mapping, column)
        if place.startswith("source:"):
            is_sound = bool(knowledge.category(place))
        else:
            is_sound = not place or bool(_ADDRESS.fullmatch(place))
        if not is_sound:
            entry.report(column, "LNK12", f"{place!r} is no source", "write source: and a source_id, or an address")


def _check_repeated(knowledge: Knowledge) -> None:
    first: dict[tuple[str, ...], Entry[TermMapping]] = {}
    for entry in (*knowledge.cut, *knowledge.curated):
        mapping = entry.record
        other = first.setdefault(mapping.key, entry)
        place = f"{other.table.file}:{other.line}"
        if other is not entry:
            entry.report("", "LNK10", f"says the same as {place}", "remove one of the two")
    for entry in knowledge.curated:
        mapping = entry.record
        opposite = first.get(replace(mapping, predicate_modifier="" if mapping.is_negative else NOT).key)
        if mapping.is_negative and opposite:
            place = f"{opposite.table.file}:{opposite.line}"
            entry.report("predicate_modifier", "LNK09", f"denies what {place} says", "remove one of the two")
