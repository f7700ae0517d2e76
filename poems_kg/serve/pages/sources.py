"""The pages of claims and of the sources that they come from: lists, one claim with its passage, one source."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby
from typing import TYPE_CHECKING, Final

from starlette.routing import BaseRoute, Route

from poems_kg.claims import Claim
from poems_kg.ids import expand
from poems_kg.names import UnknownTermError
from poems_kg.questions import QuestionError
from poems_kg.reports.wording import capitalise
from poems_kg.serve.asked import Asked
from poems_kg.serve.pages.claim_words import ShownClaim, show_claim
from poems_kg.serve.pages.evidence import Evidence, SourceRecord, evidence
from poems_kg.serve.pages.facts import Fact, to_fact
from poems_kg.serve.pages.rendering import claim_url, page, render, source_url, with_query
from poems_kg.serve.replies import Reply

if TYPE_CHECKING:
    from poems_kg.names import Names
    from poems_kg.serve.desk import Desk

PAGE: Final = 50
"""Claims on one page of a list."""

_POLARITIES: Final = ("asserts", "denies")
_FILTERS: Final = ("entity", "other", "source", "relation", "polarity")


@dataclass(frozen=True, slots=True)
class Statement:
    """
    A claim as a sentence: its subject, what is said, and its object, whose id is empty where it leads to words.

    ``shown`` has the figures, limits and place.
    """

    shown: ShownClaim
    subject_id: str
    subject: str
    relation: str
    object_id: str
    object: str

    @property
    def words(self) -> str:
        """The whole in one line."""
        denied = "not: " if self.shown.is_denied else ""
        return f"{denied}{self.subject} {self.relation} {self.object or self.shown.claim.value}".strip()


@dataclass(frozen=True, slots=True)
class ListedSource:
    """A source with how many claims it has, and how many conflicts these stand in."""

    source: SourceRecord
    claims: int
    conflicts: int


def to_statement(claim: Claim, found: Evidence, names: "Names") -> Statement:
    """Put a claim into a sentence."""
    return Statement(
        show_claim(claim, found, names),
        claim.subject_id,
        claim.subject_label or claim.subject_id,
        found.relations.get(claim.relation, claim.relation.replace("_", " ")),
        claim.object_id,
        claim.object_label or claim.object_id,
    )


# --- Lists of claims ---


def claims_page(desk: "Desk", asked: Asked) -> Reply:
    """
    Claims by id, those that what was asked leaves, so many at a time.

    :raises UnknownTermError: if an entity or source is not in the graph.
    :raises QuestionError: if a relation, polarity or offset is none.
    """
    names, found = desk.kg.names, evidence(desk)
    filters = {name: asked.get(name).strip() for name in _FILTERS}
    entities = [names.find(filters[name]) for name in ("entity", "other") if filters[name]]
    source = find_source(filters["source"], found) if filters["source"] else None
    _check(filters["relation"], "relation", found.relations)
    _check(filters["polarity"], "polarity", _POLARITIES)
    offset = _offset(asked.get("offset"))
    claims = [
        claim
        for claim in (found.about(entities[0]) if entities else found.claims.values())
        if all(entity in (claim.subject_id, claim.object_id) for entity in entities)
        and (source is None or claim.source_id == source.source_id)
        and filters["relation"] in ("", claim.relation)
        and filters["polarity"] in ("", claim.polarity)
    ]
    shown = claims[offset : offset + PAGE]
    kept = {name: value for name, value in filters.items() if value}
    return render(
        "claims.html",
        filters=filters,
        entities=[(entity, names.label(entity)) for entity in entities],
        source=source,
        fact=_single_fact(entities, claims, found),
        relations=sorted(found.relations.items(), key=lambda item: item[1]),
        polarities=_POLARITIES,
        statements=[to_statement(claim, found, names) for claim in shown],
        count=len(claims),
        offset=offset,
        before=with_query("/claims", {**kept, "offset": offset - PAGE or ""}) if offset >= PAGE else "",
        after=with_query("/claims", {**kept, "offset": offset + PAGE}) if offset + PAGE < len(claims) else "",
    )


def _check(value: str, what: str, allowed: Iterable[str]) -> None:
    if value and value not in allowed:
        close = get_close_matches(value, list(allowed), n=3)
        hint = f"did you mean {', '.join(close)}?" if close else "choose one of the form"
        raise QuestionError(f"{value!r} is no {what} of claims; {hint}")


def _offset(typed: str) -> int:
    if not typed:
        return 0
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 7):
        raise QuestionError(f"offset: {typed!r} is not a whole number; leave it out to start at the first claim")
    return int(typed)


def _single_fact(entities: list[str], claims: list[Claim], found: Evidence) -> Fact | None:
    """What claims of one relation between two entities come to; None for any other choice of claims."""
    alike = {(claim.subject_id, claim.relation, claim.object_id) for claim in claims}
    if len(entities) != len(_POLARITIES) or len(alike) != 1:
        return None
    return to_fact(claims[0].object_id, claims[0].object_label, claims, found)


# --- One claim ---


def claim_page(desk: "Desk", asked: Asked) -> Reply:
    """
    One claim with everything that is kept of it.

    :raises UnknownTermError: if there is none of that id; it suggests those with ids most like it.
    """
    names, found = desk.kg.names, evidence(desk)
    typed = asked.get("id")
    claim_id = f"claim:{typed.removeprefix('claim:')}"
    claim = found.claims.get(claim_id)
    if claim is None:
        if claim_id.upper().replace("CLAIM:", "claim:") in found.claims:
            return Reply(b"", status=303, headers=(("Location", claim_url(claim_id.partition(":")[2].upper())),))
        near = get_close_matches(claim_id, list(found.claims), n=3)
        raise UnknownTermError(
            claim_id, [(each, to_statement(found.claims[each], found, names).words) for each in near]
        )
    statement = to_statement(claim, found, names)
    return render(
        "claim.html",
        statement=statement,
        claim=claim,
        shown=statement.shown,
        letter=next((text for key, text in claim.qualifiers if key == "letter"), ""),
        alike=[show_claim(each, found, names) for each in _alike(claim, found)],
        evidence_url=expand(claim.evidence) if claim.evidence.startswith("ECO:") else "",
        relation_url=expand(f"kg:{claim.relation}").removeprefix("https://w3id.org/poems-kg"),
        turtle=with_query(claim_url(claim_id), {"format": "ttl"}),
        json_ld=with_query(claim_url(claim_id), {"format": "jsonld"}),
    )


def _alike(claim: Claim, found: Evidence) -> list[Claim]:
    """What else is said of the same two by the same relation."""
    return [
        each
        for each in found.about(claim.subject_id)
        if each.claim_id != claim.claim_id
        and claim.object_id
        and (each.subject_id, each.relation, each.object_id) == (claim.subject_id, claim.relation, claim.object_id)
    ]


# --- Sources ---


def find_source(typed: str, found: Evidence) -> SourceRecord:
    """
    The source of an id, with or without its prefix.

    :raises UnknownTermError: if there is none; it suggests those whose ids or titles are most like it.
    """
    source_id = typed.strip().removeprefix("source:")
    if source_id in found.sources:
        return found.sources[source_id]
    by_title = {source.title.casefold(): each for each, source in found.sources.items()}
    near = get_close_matches(source_id, list(found.sources), n=3)
    near += [by_title[title] for title in get_close_matches(source_id.casefold(), list(by_title), n=3)]
    raise UnknownTermError(
        typed, [(f"source:{each}", found.sources[each].title) for each in list(dict.fromkeys(near))[:3]]
    )


def sources_page(desk: "Desk", _asked: Asked) -> Reply:
    """All sources, those with most claims first."""
    found = evidence(desk)
    listed = []
    for source_id, source in found.sources.items():
        claims = found.said_by(source_id)
        conflicts = {each.conflict_id for claim in claims for each in found.conflicts_of(claim.claim_id)}
        listed.append(ListedSource(source, len(claims), len(conflicts)))
    listed.sort(key=lambda each: (-each.claims, each.source.title.casefold()))
    kinds = Counter(each.source.kind for each in listed)
    return render("sources.html", listed=listed, kinds=kinds.most_common(), claims=len(found.claims))


def source_page(desk: "Desk", asked: Asked) -> Reply:
    """
    One source with its claims in the order of their places.

    :raises UnknownTermError: as :func:`find_source`.
    """
    names, found = desk.kg.names, evidence(desk)
    typed = asked.get("id")
    source = find_source(typed, found)
    if typed != source.source_id:
        return Reply(b"", status=303, headers=(("Location", source_url(source.source_id)),))
    claims = found.said_by(source.source_id)
    conflicts = {each.conflict_id: each for claim in claims for each in found.conflicts_of(claim.claim_id)}
    places = [
        (capitalise(place), [to_statement(claim, found, names) for claim in group])
        for place, group in groupby(claims, key=lambda claim: claim.place)
    ]
    return render(
        "source.html",
        source=source,
        places=places,
        count=len(claims),
        passages=len({(claim.start, claim.end) for claim in claims if claim.start is not None}),
        denied=sum(claim.polarity == "denies" for claim in claims),
        conflicts=list(conflicts.values()),
        referring=[claim for claim in found.about(f"source:{source.source_id}") if claim.relation == "has_reference"],
        turtle=with_query(source_url(source.source_id), {"format": "ttl"}),
        json_ld=with_query(source_url(source.source_id), {"format": "jsonld"}),
    )


ROUTES: list[BaseRoute] = [
    Route("/claims", page(claims_page)),
    Route("/sources", page(sources_page)),
]
