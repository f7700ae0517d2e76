"""The forms of what the tools answer; the tools publish them as their output schemas."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Cell = str | int | float | bool | None
"""A cell of a row: a CURIE or words, a number, a truth value, or nothing."""


class _Form(BaseModel):
    """Every field is always there, so that an assistant need not ask which are; docstrings become descriptions."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Passage(_Form):
    """Where in a source a claim stands."""

    claim: str
    """The claim; the tool query finds all that is said of it."""
    place: str
    """Section, table or page, as the source names it."""
    start: int | None
    """First character of the passage in the text of the source."""
    end: int | None
    """The character after the passage."""


class Source(_Form):
    """What an answer rests on."""

    source: str
    """CURIE of the source in this graph, or the IRI of a release; empty for what is only cited."""
    citation: str
    """PMID, else DOI, else title: how to cite it."""
    title: str
    """Full title."""
    url: str
    """Where it can be read; empty where that is not known."""
    passages: list[Passage]
    """The passages that the claims in this answer stand on, by claim."""
    more_passages: int
    """How many further passages of this source were left out here."""


class Answer(_Form):
    """What every answer has."""

    sources: list[Source]
    """Cite these. Never empty: what has no other source rests on the release of this graph."""
    rest: str
    """Empty if this is everything; else what was left out and how to get it."""


class Parameter(_Form):
    """A parameter of a question."""

    name: str
    """Its key in `parameters` of ask_question."""
    takes: str
    """What is meant by it: a category of entities, any entity, or text."""
    default: str | None
    """What stands for it where it is left out."""
    is_optional: bool
    """Whether the value `all` leaves it free."""


class Question(_Form):
    """A question that the graph has a tested query for."""

    name: str
    """What ask_question takes."""
    summary: str
    """What it asks, in one line."""
    tags: list[str]
    """Topics."""
    parameters: list[Parameter]
    """What may be given; all have a default unless it is null."""
    needs: str
    """`linked` where only a server with the linked graph of all rare disorders can answer."""
    description: str
    """What a row is and what to mind; only with details."""
    columns: dict[str, str]
    """Meaning by column; only with details."""
    sparql: str
    """The query, as a model to write others from; only with details."""


class Questions(Answer):
    """The questions on a topic."""

    questions: list[Question]
    """By name."""


class Rows(Answer):
    """The answer to a question: a table."""

    question: str
    """Name of the question."""
    summary: str
    """What it asks."""
    description: str
    """What a row is and what to mind."""
    parameters: dict[str, str]
    """What each parameter was taken for: entities by CURIE."""
    columns: dict[str, str]
    """Meaning by column."""
    rows: list[dict[str, Cell]]
    """Those from `offset` on."""
    labels: dict[str, str]
    """Label of each CURIE in these rows that has one."""
    offset: int
    """How many rows were passed over."""
    total: int
    """How many rows the whole answer has."""
    notes: list[str]
    """Ids that were typed and have been replaced by others."""


class Match(_Form):
    """An entity that words may mean."""

    id: str
    """Its CURIE; show and ask_question take it."""
    label: str
    """Its label."""
    category: str
    """Disorder, Finding, Treatment and the like."""
    name: str
    """The label or synonym that fits the words."""
    definition: str
    """What it is."""
    claims: int
    """How many claims are about it."""


class Matches(Answer):
    """What some words may mean, the likeliest first."""

    matches: list[Match]
    """Empty where nothing comes near."""


class Claim(_Form):
    """One statement of one source."""

    claim: str
    """Its CURIE."""
    subject: str
    """CURIE of what it is about."""
    subject_label: str
    """Label of it."""
    relation: str
    """How the two stand to each other."""
    object: str
    """CURIE of what it leads to; empty where `value` stands for it."""
    object_label: str
    """Label of it."""
    value: str
    """What the source says in words."""
    figures: str
    """Share or measurement as published, then patients with it of patients examined."""
    context: str
    """The limits under which it holds: population, stage, sex and the like."""
    polarity: str
    """asserts, or denies: then the source says that it is not so."""
    certainty: str
    """established, probable or uncertain."""
    source: str
    """CURIE of the source that says so."""
    citation: str
    """How to cite that source."""
    place: str
    """Section, table or page."""
    start: int | None
    """First character of the passage in the text of the source."""
    end: int | None
    """The character after the passage."""
    note: str
    """Remark of the curator."""


class Entity(Answer):
    """An entity and what is claimed of it."""

    id: str
    """CURIE."""
    label: str
    """Label."""
    category: str
    """Disorder, Finding, Treatment and the like."""
    definition: str
    """What it is."""
    synonyms: list[str]
    """Other names, with their scope."""
    matches: list[str]
    """The same or a near entity in other databases, with how near."""
    broader: dict[str, str]
    """Label by CURIE of the classes right above it."""
    relations: dict[str, int]
    """How many claims there are by relation; give one as `relation` to see only those."""
    claims: list[Claim]
    """Those from `offset` on, with the entity as subject or object."""
    offset: int
    """How many claims were passed over."""
    total: int
    """How many claims there are, of that relation if one was given."""


class Found(Answer):
    """What a SPARQL query found; the form of the query says which field has it."""

    form: Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]
    """Form of the query."""
    columns: list[str]
    """Of SELECT."""
    rows: list[dict[str, Cell]]
    """Of SELECT: IRIs as CURIEs, numbers as numbers."""
    labels: dict[str, str]
    """Label of each CURIE in these rows that has one."""
    truth: bool | None
    """Of ASK."""
    turtle: str
    """Of CONSTRUCT and DESCRIBE."""
    offset: int
    """How many rows or triples were passed over."""
    count: int
    """How many rows or triples are given."""


class Item(_Form):
    """One item of a set of diagnostic criteria."""

    item: str
    """Its CURIE."""
    label: str
    """What it asks for."""
    role: str
    """mandatory major, other major, minor and the like."""
    verdict: Literal["met", "not_met", "unknown"]
    """unknown where nothing was said of it: that never counts against."""
    met_by: list[str]
    """The findings that meet it."""
    excluded_by: list[str]
    """The excluded findings that rule it out."""


class Criteria(_Form):
    """A published set of diagnostic criteria, applied."""

    set: str
    """CURIE of the set."""
    label: str
    """Name of the set, with its version."""
    verdict: Literal["met", "not_met", "unknown"]
    """What follows from what was said; unknown where that is open."""
    items: list[Item]
    """The checklist."""
    missing: list[str]
    """What would have to be known or found for it to be met."""
    citation: str
    """Who published it."""


class Reason(_Form):
    """What a finding says for or against a disease."""

    finding: str
    """CURIE."""
    label: str
    """Label of it."""
    excluded: bool
    """Whether it is the absence of the finding that counts."""
    log_likelihood_ratio: float
    """Natural logarithm; above 0 it speaks for the disease."""
    versus: str
    """The disease it is compared with; empty for diseases in general."""
    text: str
    """The reason in words, with the figures."""
    claims: list[str]
    """The claims that it rests on."""
    citations: list[str]
    """Who published the figures."""


class Candidate(_Form):
    """A disease that may explain the findings."""

    id: str
    """CURIE."""
    label: str
    """Label."""
    rank: int
    """Among all rare diseases of HPO's annotations, and ours."""
    score: float
    """Natural logarithm of a likelihood ratio."""
    posterior: float | None
    """Among POEMS syndrome and its rivals alone; null for all other diseases."""
    reasons_for: list[Reason]
    """What speaks for it, the weightiest first."""
    reasons_against: list[Reason]
    """What speaks against it, the weightiest first."""


class Step(_Form):
    """What to look for or test next."""

    label: str
    """The test."""
    test: str
    """CURIE of it; may be empty."""
    findings: list[str]
    """What it can show."""
    bits: float
    """How much it is expected to tell POEMS syndrome and its rivals apart."""
    how: str
    """What is done to the patient."""
    settles: list[str]
    """The criteria items that it would settle."""
    citations: list[str]
    """Who says that the test shows that."""


class Diagnosis(Answer):
    """What published criteria and figures say of a patient. Not medical advice."""

    not_advice: str
    """Say this to whoever reads the answer."""
    understood: dict[str, list[str]]
    """The findings as they were understood: present and excluded. Check them first."""
    criteria: list[Criteria]
    """Every published version; they differ."""
    differential: list[Candidate]
    """The first by rank, and POEMS syndrome and CIDP wherever they stand."""
    next: list[Step]
    """What to look for next, what tells most first."""
    notes: list[str]
    """What was read in another way than it was written, or left out."""
