"""What the REST interface takes and gives, field by field: what the OpenAPI document is made of."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from poems_kg.conflicts import KINDS, NEW
from poems_kg.questions import Parameter, Question
from poems_kg.reviews import STATUSES
from poems_kg.views import VIEWS

Cell = str | int | float | bool | None
"""A cell of an answer: CURIE or words, a number, or nothing."""
Words = Annotated[str, Field(max_length=500)]
"""What is typed for an entity: label, synonym, abbreviation or CURIE, in any case."""


# --- What is taken ---


class Query(BaseModel):
    """A query string; a name that is not among the fields is refused."""

    model_config = ConfigDict(extra="forbid")


class ListQuery(Query):
    """Of listings, which also come as TSV."""

    format: Literal["json", "tsv"] | None = Field(
        None, description="Form of the answer; else what the header Accept asks for, else json."
    )


class ClaimsQuery(ListQuery):
    """Which claims, and which part of them."""

    entity: Words = Field(
        "", description="Only claims with this entity as subject or object: label, synonym or CURIE.", examples=["CIDP"]
    )
    source: Words = Field("", description="Only claims of this source, by its id.", examples=["nord-report"])
    offset: int = Field(0, ge=0, le=1_000_000, description="How many to leave out from the start.")
    limit: int = Field(100, ge=1, le=10_000, description="The most to give.")


class SearchQuery(ListQuery):
    """What someone has begun to type."""

    text: str = Field(
        description="The beginning of any word of a name, or an id.", max_length=200, examples=["enlarged liv"]
    )
    category: str = Field(
        "", description="Only entities of this category; empty or any for all.", max_length=50, examples=["Finding"]
    )
    count: int = Field(10, ge=1, le=100, description="The most to give.")


class ConflictsQuery(ListQuery):
    """Which conflicts."""

    kind: Literal[("", *KINDS)] = Field("", description="Only conflicts of this kind.")  # type: ignore[valid-type]
    status: Literal[("", NEW, *STATUSES)] = Field("", description="Only conflicts with this status.")  # type: ignore[valid-type]
    entity: Words = Field("", description="Only conflicts about this entity: label, synonym or CURIE.")


class TermsQuery(ListQuery):
    """Which terms."""

    category: str = Field("", description="Only terms of this category.", max_length=50, examples=["Treatment"])


class NeighbourhoodQuery(Query):
    """Around which entity."""

    entity: Words = Field(description="Label, synonym or CURIE, in any case.", examples=["HP:0002240"])


class DiagnoseQuery(Query):
    """How much to say of a patient."""

    top: int = Field(10, ge=1, le=100, description="Diseases to give.")


def question_query(question: Question) -> type[ListQuery]:
    """The query string of a question: its parameters, each with its meaning and default."""
    fields: dict[str, Any] = {
        each.name: (Words, Field(each.default or "", description=_describe(each)))
        for each in question.parameters.values()
    }
    made: type[ListQuery] = create_model(f"{question.name}_query", __base__=ListQuery, **fields)
    return made


def _describe(parameter: Parameter) -> str:
    kind = parameter.category or "entity"
    words = f"A {kind}: label, synonym, abbreviation or CURIE, in any case" if parameter.is_entity else "Text"
    return f"{words}; may be left out." if parameter.is_optional else f"{words}."


# --- What is given ---


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str = Field(description="What is wrong, where, and what to do.")
    nearest: list[dict[str, str]] = Field([], description="Entities with a name like the one that is unknown.")


class Reply(BaseModel):
    """Nothing is in an answer but what is described here."""

    model_config = ConfigDict(extra="forbid")


class Column(Reply):
    """One column of an answer."""

    name: str
    meaning: str


class Answer(Reply):
    """The answer to a question."""

    question: str
    summary: str
    columns: list[Column]
    rows: list[dict[str, Cell]] = Field(description="One object for each row, with the columns as names.")
    labels: dict[str, str] = Field(description="A label for every CURIE among the rows that has one.")
    notes: list[str] = Field(description="What to mind, such as an id that has been replaced by another.")


def question_answer(question: Question) -> type[Answer]:
    """The answer to one question: as :class:`Answer`, with the meaning of each column."""
    fields: dict[str, Any] = {name: (Cell, Field(description=text)) for name, text in question.returns.items()}
    row = create_model(f"{question.name}_row", __base__=Reply, **fields)
    made: type[Answer] = create_model(
        f"{question.name}_answer",
        __base__=Answer,
        rows=(list[row], Field(description=question.description)),  # type: ignore[valid-type]
    )
    return made


class ParameterInfo(Reply):
    """One parameter of a question."""

    name: str
    is_entity: bool = Field(description="Whether it takes a label, synonym or CURIE, rather than text.")
    is_optional: bool
    default: str | None
    category: str = Field(description="Where an entity is looked up first.")


class QuestionInfo(Reply):
    """One question."""

    name: str
    summary: str
    description: str
    tags: list[str]
    needs: str = Field(description="linked where only a linked graph can answer.")
    parameters: list[ParameterInfo]
    columns: list[Column]
    url: str


class Questions(Reply):
    """All questions."""

    questions: list[QuestionInfo]


class ClaimInfo(Reply):
    """One statement of one source."""

    claim_id: str
    subject_id: str
    subject_label: str
    relation: str
    object_id: str
    object_label: str
    value: str
    unit: str = Field(description="UCUM, or %.")
    low: float | None = Field(description="In unit, as published.")
    high: float | None = Field(description="In unit, as published.")
    n: int | None = Field(description="Patients with it.")
    total: int | None = Field(description="Patients examined.")
    qualifiers: list[tuple[str, str]] = Field(description="Population, stage, site and other limits.")
    polarity: str = Field(description="asserts or denies.")
    certainty: str
    support: str = Field(description="Whether the source states or implies it.")
    evidence: str = Field(description="A class of the Evidence and Conclusion Ontology.")
    source_id: str
    start: int | None = Field(description="Where the passage starts in the text of the source, in characters.")
    end: int | None = Field(description="Where it ends.")
    sha256: str = Field(description="Of the passage.")
    place: str = Field(description="Section, table or page.")
    note: str
    citation: str = Field(description="PMID, else DOI, else title of the source.")


class Claims(Reply):
    """Some claims of those that were asked for."""

    total: int = Field(description="How many there are in all.")
    offset: int
    claims: list[ClaimInfo]


class Entity(Reply):
    """Everything that is said of one entity."""

    entity_id: str
    label: str
    category: str
    definition: str
    synonyms: list[tuple[str, str]] = Field(description="Scope and name.")
    matches: list[tuple[str, str]] = Field(description="Predicate and id.")
    broader: list[tuple[str, str]] = Field(description="Id and label of each class right above it.")
    claims: list[ClaimInfo]


class MatchInfo(Reply):
    """An entity that what was typed may become."""

    entity_id: str
    label: str
    name: str = Field(description="The one of its names that fits.")
    scope: str = Field(description="label, exact, related, narrow, broad or id.")
    category: str


class Matches(Reply):
    """The best first."""

    matches: list[MatchInfo]


class ViewInfo(Reply):
    """One view."""

    name: str = Field(examples=list(VIEWS))
    summary: str
    url: str


class Views(Reply):
    """All views."""

    views: list[ViewInfo]


class View(Reply):
    """A NetworkX graph in its node-link form; ``networkx.node_link_graph(…, edges="edges")`` reads it."""

    directed: bool
    multigraph: bool
    graph: dict[str, Any]
    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]


class Node(Reply):
    """An entity."""

    id: str
    label: str
    category: str


class Edge(Reply):
    """What is said between two entities."""

    id: str
    source: str = Field(description="The id of the subject.")
    target: str = Field(description="The id of the object.")
    relation: str
    label: str = Field(description="The relation in words.")
    polarity: str = Field(description="asserts, denies or mixed.")
    claims: list[str]
    sources: list[str] = Field(description="PMID, else DOI, else the id of each source.")
    figures: list[str] = Field(description="As published, with the source.")


class Neighbourhood(Reply):
    """An entity and what is one step away."""

    entity: str
    nodes: list[Node]
    edges: list[Edge]


class Count(Reply):
    """How many of one kind."""

    what: str
    kind: str
    count: int


class Stats(Reply):
    """How much there is in the graph."""

    counts: list[Count]
