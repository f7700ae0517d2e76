"""
Claims on the same thing put together: what is said, by how many sources, and whether they agree.

A fact is what an entity is said to have to do with another, by one relation in one direction; claims that lead to
words or figures only make up one fact for each relation.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from poems_kg.claims import Claim
from poems_kg.reports.wording import capitalise
from poems_kg.serve.pages.bars import Bar, draw_bar
from poems_kg.serve.pages.evidence import ConflictRecord, Evidence

_FROM: Final = {
    "affects": "Acts on or involves",
    "applied_to_treat": "Used for",
    "assesses": "Measures or examines",
    "biomarker_for": "Its level indicates",
    "coexists_with": "Occurs together with",
    "detects": "Can show",
    "distinguished_by": "Told from others by",
    "has_abbreviation": "Abbreviations",
    "has_age": "Age",
    "has_attribute": "Described as",
    "has_broad_synonym": "Wider names",
    "has_cardinal_feature": "Letters of the acronym",
    "has_caution": "Caution in",
    "has_contact": "Contact",
    "has_criterion": "Criteria",
    "has_cure": "Cure",
    "has_cutoff": "Thresholds",
    "has_decision_rule": "Rule",
    "has_delay_to_diagnosis": "Delay to diagnosis",
    "has_dose": "Dose",
    "has_evidence": "Strength of the evidence",
    "has_exact_synonym": "Names",
    "has_geographic_distribution": "Where it is seen",
    "has_goal": "Aims of treatment",
    "has_manifestation": "Shows itself as",
    "has_measured_value": "Measured in patients with",
    "has_narrow_synonym": "Narrower names",
    "has_outcome": "Outcomes",
    "has_part": "Parts",
    "has_phenotype": "Findings",
    "has_prevalence": "How common it is",
    "has_prevention": "Prevention",
    "has_prognostic_factor": "What bears on the outcome",
    "has_reference": "References",
    "has_related_synonym": "Names used for it or near it",
    "has_sex_proportion": "Share of men and women",
    "has_sex_ratio": "Men to women",
    "has_side_effect": "Side effects",
    "misdiagnosed_as": "What patients are first told",
    "monitors": "Follows over time",
    "similar_to": "Resembles",
    "studied_to_treat": "Studied for",
    "subclass_of": "A kind of",
    "targets": "Acts on",
    "uses_specimen": "Specimen",
}
"""What the claims of a relation are headed with on the page of their subject; else the label of the relation."""

_TO: Final = {
    "affects": "Acted on by",
    "ameliorates": "Improved by",
    "applied_to_treat": "Treatments",
    "assesses": "Tests that measure or examine it",
    "associated_with": "Associated with",
    "biomarker_for": "Indicated by the level of",
    "causes": "Brought about by",
    "coexists_with": "Occurs together with",
    "contributes_to": "Partly brought about by",
    "decreases": "Lowered by",
    "detects": "Tests that can show it",
    "diagnosed_by": "Diagnoses",
    "diagnoses": "Tests that diagnose it",
    "distinct_from": "Distinct from",
    "distinguished_by": "Disorders that it tells apart",
    "has_cardinal_feature": "A letter of the acronym of",
    "has_caution": "Calls for caution with",
    "has_criterion": "Counts in the criteria",
    "has_cutoff": "Thresholds of",
    "has_geographic_distribution": "Seen there",
    "has_goal": "Aim in the treatment of",
    "has_manifestation": "Shown by",
    "has_measured_value": "What was measured",
    "has_outcome": "Outcome of",
    "has_part": "Part of",
    "has_phenotype": "Disorders with this finding",
    "has_prognostic_factor": "Bears on the outcome of",
    "has_reference": "Referred to by",
    "has_sensitivity": "Sensitivity of tests",
    "has_side_effect": "Side effect of",
    "has_specificity": "Specificity of tests",
    "increases": "Raised by",
    "located_in": "Found here",
    "misdiagnosed_as": "First told instead of",
    "monitors": "Followed with",
    "participates_in": "Taking part",
    "produces": "Made by",
    "requires_exclusion_of": "To be ruled out for",
    "same_as": "Taken for the same as",
    "similar_to": "Resembled by",
    "studied_to_treat": "Treatments under study",
    "subclass_of": "Kinds",
    "supported_by": "Helps people with",
    "targets": "Treatments that act on it",
    "treated_by": "Treats",
    "uses_specimen": "Tests that use it",
}
"""What the claims of a relation are headed with on the page of their object."""

_ORDER: Final = (
    "has_cardinal_feature",
    "has_phenotype",
    "has_manifestation",
    "misdiagnosed_as",
    "similar_to",
    "distinguished_by",
    "has_criterion",
    "causes",
    "contributes_to",
    "diagnoses",
    "detects",
    "applied_to_treat",
    "studied_to_treat",
    "has_outcome",
    "has_side_effect",
    "has_prognostic_factor",
)
"""What people come for first; the other relations follow, those with most claims first."""


@dataclass(frozen=True, slots=True)
class Fact:
    """
    All claims of one relation between an entity and another; ``other_id`` is empty where they lead to words only.

    ``asserting`` and ``denying`` count sources, each of them once on its side.
    """

    other_id: str
    other_label: str
    claims: tuple[Claim, ...]
    asserting: int
    denying: int
    conflicts: tuple[ConflictRecord, ...]
    bar: Bar | None

    @property
    def agreement(self) -> str:
        """How many sources say so, and whether any denies it."""
        if not self.asserting:
            return "denied by 1 source" if self.denying == 1 else f"denied by {self.denying} sources"
        said = "1 source" if self.asserting == 1 else f"{self.asserting} sources"
        if self.denying:
            return f"{said} for it, {self.denying} against"
        if self.conflicts or self.asserting == 1:
            return said
        return f"{said} agree"


@dataclass(frozen=True, slots=True)
class Section:
    """
    All facts of one relation in one direction.

    ``key`` is its place on a page; ``is_outward`` says that the entity is the subject of the claims.
    """

    key: str
    relation: str
    is_outward: bool
    heading: str
    facts: tuple[Fact, ...]
    claims: int

    @property
    def has_bars(self) -> bool:
        """Whether any of its facts has percentages to draw."""
        return any(fact.bar for fact in self.facts)


def build_sections(entity_id: str, claims: Iterable[Claim], evidence: Evidence) -> list[Section]:
    """The claims of an entity by relation and direction, in each by the other entity, most sources first."""
    grouped: dict[tuple[str, bool], list[Claim]] = defaultdict(list)
    for claim in claims:
        grouped[claim.relation, claim.subject_id == entity_id].append(claim)
    sections = [_section(relation, is_outward, group, evidence) for (relation, is_outward), group in grouped.items()]
    return sorted(sections, key=_rank)


def _rank(section: Section) -> tuple[int, int, str]:
    place = _ORDER.index(section.relation) if section.relation in _ORDER else len(_ORDER)
    return place, -section.claims, section.key


def heading(relation: str, is_outward: bool, evidence: Evidence) -> str:
    """What the claims of a relation are headed with, on the page of their subject or of their object."""
    label = evidence.relations.get(relation, relation.replace("_", " "))
    known = (_FROM if is_outward else _TO).get(relation)
    return known or (capitalise(label) if is_outward else f"“{capitalise(label)}” is said of it by")


def _section(relation: str, is_outward: bool, claims: list[Claim], evidence: Evidence) -> Section:
    by_other: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        other = (claim.object_id, claim.object_label) if is_outward else (claim.subject_id, claim.subject_label)
        by_other[other].append(claim)
    facts = [to_fact(*other, group, evidence) for other, group in by_other.items()]
    facts.sort(key=lambda fact: (-fact.asserting, -len(fact.claims), fact.other_label.casefold()))
    key = relation.replace("_", "-") if is_outward else f"{relation.replace('_', '-')}-by"
    return Section(key, relation, is_outward, heading(relation, is_outward, evidence), tuple(facts), len(claims))


def to_fact(other_id: str, other_label: str, claims: Iterable[Claim], evidence: Evidence) -> Fact:
    """Put claims about the same thing together, asserting ones first, those with figures before those without."""
    ordered = tuple(sorted(claims, key=_weight))
    conflicts = {
        conflict.conflict_id: conflict for claim in ordered for conflict in evidence.conflicts_of(claim.claim_id)
    }
    return Fact(
        other_id,
        other_label or other_id,
        ordered,
        len({claim.source_id for claim in ordered if claim.polarity == "asserts"}),
        len({claim.source_id for claim in ordered if claim.polarity == "denies"}),
        tuple(conflicts.values()),
        draw_bar(ordered),
    )


def _weight(claim: Claim) -> tuple[bool, bool, int, str]:
    has_figures = claim.low is not None or claim.high is not None or claim.n is not None
    return claim.polarity != "asserts", not has_figures, -(claim.total or 0), claim.claim_id
