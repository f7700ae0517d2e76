"""The page of an entity: its names, what is claimed of it, by whom and how often, and where sources disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from poems_kg.descriptions import describe
from poems_kg.ids import PoemsKgError, expand, is_known
from poems_kg.serve.asked import Asked
from poems_kg.serve.pages.claim_words import ShownClaim, show_claim
from poems_kg.serve.pages.evidence import Evidence, SourceRecord, evidence
from poems_kg.serve.pages.facts import Fact, Section, build_sections
from poems_kg.serve.pages.radial import draw_neighbours
from poems_kg.serve.pages.rendering import claim_url, entity_url, question_url, render, source_url, with_query
from poems_kg.serve.replies import Reply

if TYPE_CHECKING:
    from poems_kg.names import Names
    from poems_kg.serve.desk import Desk
    from poems_kg.store import Store

_OPEN: Final = 40
"""Up to so many claims on a page, each of them is shown at once; else only what they come to."""

_LARGE: Final = 300
"""On pages with more claims than these, relations are folded up, all but the first."""

_SHOWN: Final = 8
"""So many facts of a relation are shown at once, and so many claims of a fact that leads to words."""

_CITED: Final = 3
_DISPUTES: Final = 4
_MATCHES: Final = {
    "skos:exactMatch": "the same",
    "skos:closeMatch": "nearly the same",
    "skos:broadMatch": "broader",
    "skos:narrowMatch": "narrower",
    "skos:relatedMatch": "related",
    "oboInOwl:hasDbXref": "cross-reference",
}
_USE: Final = """
PREFIX kg: <https://w3id.org/poems-kg/vocab/>
SELECT ?is_disorder ?is_finding WHERE {
  VALUES ?term { <%s> }
  BIND(EXISTS { ?term kg:information_sum ?sum } AS ?is_disorder)
  BIND(EXISTS { ?term kg:information_content ?content } AS ?is_finding)
}
"""
_SCOPES: Final = {
    "exact": "Also called",
    "related": "Related names",
    "broad": "Broader names",
    "narrow": "Narrower names",
}


@dataclass(frozen=True, slots=True)
class ShownFact:
    """
    A fact with its claims in words; where it is not among those shown at once it has none, and they are at ``url``.

    ``cited`` are the first few of its sources, ``more`` says how many others there are.
    """

    fact: Fact
    claims: tuple[ShownClaim, ...]
    cited: tuple[SourceRecord, ...]
    more: int
    url: str


@dataclass(frozen=True, slots=True)
class ShownSection:
    """The facts of one relation, those shown at once and the others."""

    section: Section
    facts: tuple[ShownFact, ...]
    rest: tuple[ShownFact, ...]

    @property
    def has_others(self) -> bool:
        """Whether it leads to other entities, and not to words only."""
        return any(shown.fact.other_id for shown in self.facts)

    @property
    def size(self) -> int:
        """How many other entities it leads to, or how many claims it has."""
        return len(self.section.facts) if self.has_others else self.section.claims


def entity_page(desk: "Desk", asked: Asked) -> Reply:
    """
    The page of an entity; a name, or another id, leads on to the page of the id that it means.

    :raises UnknownTermError: if nothing is called so; it suggests the nearest.
    """
    words = asked.get("curie")
    names, found = desk.kg.names, evidence(desk)
    elsewhere = _elsewhere(words, found)
    entity_id = words if elsewhere else names.find(words)
    elsewhere = elsewhere or _elsewhere(entity_id, found) or (entity_url(entity_id) if entity_id != words else "")
    if elsewhere:
        return Reply(b"", status=303, headers=(("Location", elsewhere),))
    claims = found.about(entity_id)
    about = describe(entity_id, desk.kg.store, names, claims)
    sections = build_sections(entity_id, claims, found)
    category = about.category or _category(desk.kg.store, entity_id)
    return render(
        "entity.html",
        about=about,
        category=category,
        annotations=_annotations(entity_id, category) if desk.is_linked else "",
        iri="" if entity_id.startswith("POEMS:") else _address(entity_id),
        synonyms=[(words, _of_scope(about.synonyms, scope)) for scope, words in _SCOPES.items()],
        matches=_matches(about.matches),
        broader=[(broad, label) for broad, label in about.broader if not broad.startswith("kg:")],
        sections=[_show_section(entity_id, section, found, names) for section in sections],
        claim_count=len(claims),
        source_count=len({claim.source_id for claim in claims}),
        is_open=len(claims) <= _OPEN,
        is_large=len(claims) > _LARGE,
        conflicts=(disputes := found.conflicts_about(entity_id))[:_DISPUTES],
        more_conflicts=len(disputes) - _DISPUTES,
        drawing=draw_neighbours(about.label, sections, about.broader, found.categories),
        kinds_of_evidence={code: found.kinds_of_evidence[code] for code in sorted({c.evidence for c in claims})},
        turtle=with_query(entity_url(entity_id), {"format": "ttl"}),
        json_ld=with_query(entity_url(entity_id), {"format": "jsonld"}),
    )


def _elsewhere(entity_id: str, found: Evidence) -> str:
    """Where a claim or a source has its page; empty for all else."""
    if entity_id in found.claims:
        return claim_url(entity_id)
    source_id = entity_id.removeprefix("source:")
    return source_url(source_id) if entity_id != source_id and source_id in found.sources else ""


def _category(store: "Store", entity_id: str) -> str:
    """What other ontologies use an entity for that our tables do not have."""
    rows = store.select(_USE % expand(entity_id))[1] if is_known(entity_id) else []
    is_disorder, is_finding = rows[0] if rows else (None, None)
    return "Disorder" if is_disorder else "Finding" if is_finding else ""


def _annotations(entity_id: str, category: str) -> str:
    """Where the annotations of all rare disorders are asked about it; empty for what has none."""
    if category == "Finding":
        return question_url("rare_disorders_sharing_finding", finding=entity_id)
    return question_url("annotations", disorder=entity_id) if category == "Disorder" else ""


def _address(entity_id: str) -> str:
    try:
        address = expand(entity_id) if is_known(entity_id) else ""
    except PoemsKgError:
        return ""
    return address if address.startswith(("http://", "https://")) else ""


def _of_scope(synonyms: Sequence[tuple[str, str]], scope: str) -> list[str]:
    return [name for each, name in synonyms if each == scope]


def _matches(matches: Sequence[tuple[str, str]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Ids in other ontologies with their addresses, by how near they are, each once and under the nearest."""
    taken: set[str] = set()
    found = []
    for predicate, words in _MATCHES.items():
        ids = [other for each, other in matches if each == predicate and other not in taken]
        taken.update(ids)
        if ids:
            found.append((words, [(other, _address(other)) for other in ids]))
    return found


def _show_section(entity_id: str, section: Section, found: Evidence, names: "Names") -> ShownSection:
    # One row more than is shown at once is better shown than hidden.
    shown = _SHOWN if len(section.facts) > _SHOWN + 2 else len(section.facts)
    facts = []
    for place, fact in enumerate(section.facts):
        sources = list(dict.fromkeys(claim.source_id for claim in fact.claims))
        cited = tuple(found.sources[source_id] for source_id in sources[:_CITED])
        claims: tuple[ShownClaim, ...] = ()
        url = ""
        if place < shown:
            claims = tuple(show_claim(claim, found, names) for claim in fact.claims)
        else:
            url = with_query("/claims", {"entity": entity_id, "other": fact.other_id, "relation": section.relation})
        facts.append(ShownFact(fact, claims, cited, len(sources) - len(cited), url))
    return ShownSection(section, tuple(facts[:shown]), tuple(facts[shown:]))
