"""
What a graph could give an ontology back: names that sources use, new terms, and what is held back, with the reason.

Which columns an ontology takes them in is its own module's business. A request needs a source that can be cited.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from poems_kg.claims import Claim
from poems_kg.exports.content import Content, Entity, Exportable
from poems_kg.exports.sssom import mapping_rows
from poems_kg.exports.upstream import Authority, Upstream, out_of_use
from poems_kg.spelling import normalise
from poems_kg.tables import render_table

SYNONYM_COLUMNS: Final = [
    ("{id}", "ID"),
    ("{label}", ""),
    ("exact_synonym", "A oboInOwl:hasExactSynonym"),
    ("exact_source_id", ">A oboInOwl:hasDbXref SPLIT=|"),
    ("exact_synonym_type", ">AI oboInOwl:hasSynonymType"),
    ("broad_synonym", "A oboInOwl:hasBroadSynonym"),
    ("broad_source_id", ">A oboInOwl:hasDbXref SPLIT=|"),
    ("narrow_synonym", "A oboInOwl:hasNarrowSynonym"),
    ("narrow_source_id", ">A oboInOwl:hasDbXref SPLIT=|"),
    ("related_synonym", "A oboInOwl:hasRelatedSynonym"),
    ("related_source_id", ">A oboInOwl:hasDbXref SPLIT=|"),
    ("claims", ""),
    ("status", ""),
]
"""A column of its own for the sources of each scope, because ROBOT notes an axiom from the column on its left."""
HELD_BACK_COLUMNS: Final = ["kind", "term_id", "term_label", "request", "reason", "source"]
DECLINED: Final = "request declined by {title}"
"""What the qualifier ``attribute`` of a claim says where an ontology has declined a term; the claim has the reason."""

_SCOPES: Final = {
    "has_exact_synonym": "exact",
    "has_abbreviation": "abbreviation",
    "has_related_synonym": "related",
    "has_broad_synonym": "broad",
    "has_narrow_synonym": "narrow",
}


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A request that is not made; ``source`` says who gives the reason, where somebody does."""

    kind: str
    term_id: str
    term_label: str
    request: str
    reason: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Synonym:
    """A name that sources use for a class; scope ``abbreviation`` is an exact one of that type."""

    term_id: str
    term_label: str
    scope: str
    name: str
    references: tuple[str, ...]
    claim_ids: tuple[str, ...]
    status: str


@dataclass
class Desk:
    """A graph with all that is known of one ontology, and what was held back so far."""

    kg: Exportable
    content: Content
    upstream: Upstream
    held_back: list[HeldBack] = field(default_factory=list)

    @property
    def authority(self) -> Authority:
        """The ontology that is asked."""
        return self.upstream.authority

    @cached_property
    def mappings(self) -> list[dict[str, str]]:
        """All mappings in the graph; see :func:`poems_kg.exports.sssom.mapping_rows`."""
        return mapping_rows(self.content)

    @cached_property
    def _labels(self) -> dict[str, str]:
        """Labels of entries elsewhere, as the mappings to them give them."""
        return {row["object_id"]: row["object_label"] for row in self.mappings if row["object_label"]}

    def label(self, entity_id: str) -> str:
        """The label of a term or of an entry elsewhere; the id itself where it is not known."""
        return self._labels.get(entity_id) or self.kg.names.label(entity_id)

    @cached_property
    def _declined(self) -> dict[str, list[Claim]]:
        attribute = DECLINED.format(title=self.authority.title)
        found: dict[str, list[Claim]] = defaultdict(list)
        for claim in self.content.claims:
            if ("attribute", attribute) in claim.qualifiers:
                found[claim.subject_id].append(claim)
        return found

    def why_declined(self, term_id: str) -> tuple[str, str]:
        """Why the ontology has declined a term before, and where it says so; empty where it has not."""
        claims = self._declined.get(term_id, [])
        said = "; ".join(claim.value for claim in claims)
        places = "|".join(self.content.reference(claim.source_id) for claim in claims)
        return (f"declined by {self.authority.title}: {said}", places) if claims else ("", "")

    def hold(self, kind: str, entity: Entity, request: str, reason: str, source: str = "") -> None:
        """Note a request that is not made."""
        self.held_back.append(HeldBack(kind, entity.entity_id, entity.label, request, reason, source))

    def references(self, source_ids: Iterable[str]) -> tuple[str, ...]:
        """
        What can be cited of some sources: PMIDs first, then DOIs, then addresses.

        Databases are left out: an ontology is no evidence for itself, and what another has is a mapping.
        """
        entities = self.content.entities
        sources = [entities[key] for i in source_ids if (key := f"source:{i}") in entities]
        found = {source.reference for source in sources if source.kind != "database"}
        kinds = ("PMID:", "DOI:", "http")
        return tuple(reference for kind in kinds for reference in sorted(found) if reference.startswith(kind))


def open_desk(kg: Exportable, authority: Authority) -> Desk:
    """Read a graph with an ontology in mind."""
    content = Content(kg)
    return Desk(kg, content, Upstream(authority, kg, content))


def find_synonyms(desk: Desk) -> list[Synonym]:
    """Names of classes of the ontology that sources use and it is not known to have, by class and name."""
    groups: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in desk.content.claims:
        mine = claim.subject_id.startswith(f"{desk.authority.prefix}:") and claim.subject_id in desk.content.entities
        if mine and claim.relation in _SCOPES and claim.polarity == "asserts" and claim.certainty != "uncertain":
            groups[claim.subject_id, normalise(claim.value)].append(claim)
    retired = out_of_use(desk.kg.store, [term_id for term_id, _ in groups]) if groups else {}
    found = []
    for (term_id, _), claims in sorted(groups.items()):
        name, entity = claims[0].value, desk.content.entities[term_id]
        references = desk.references(claim.source_id for claim in claims)
        if desk.upstream.has_name(term_id, name):
            continue
        others = _namesakes(desk, term_id, name)
        if term_id in retired:
            desk.hold("synonym", entity, name, f"{term_id} is out of use")
        elif others:
            desk.hold("synonym", entity, name, f"also a name of {others}", "|".join(references))
        elif not references:
            titles = sorted({desk.content.entities[f"source:{claim.source_id}"].label for claim in claims})
            desk.hold("synonym", entity, name, "no publication or page that can be cited", "|".join(titles))
        else:
            scopes = {_SCOPES[claim.relation] for claim in claims}
            scope = scopes.pop() if len(scopes) == 1 else "related"
            claim_ids = tuple(claim.claim_id for claim in claims)
            status = desk.upstream.name_status(term_id)
            found.append(Synonym(term_id, entity.label, scope, name, references, claim_ids, status))
    return found


def _namesakes(desk: Desk, term_id: str, name: str) -> str:
    """Other terms that have the name exactly; an ontology gives an exact name to one class only."""
    key = normalise(name)
    exact = [
        entity.entity_id
        for entity in desk.content.entities.values()
        if entity.category not in ("", "Publication")
        and key in map(normalise, [entity.label, *(words for scope, words in entity.synonyms if scope == "exact")])
    ]
    others = sorted({*exact, *desk.upstream.bearers(name)} - {term_id})
    return "|".join(f"{other} {desk.label(other)}" for other in others)


def definition_references(desk: Desk, entity: Entity) -> tuple[str, ...]:
    """What can be cited for a term: the source of its definition and those that assert something of it."""
    source_ids = {entity.definition_source.removeprefix("source:")} if entity.definition_source else set()
    for claim in desk.content.claims:
        if entity.entity_id in (claim.subject_id, claim.object_id) and claim.polarity == "asserts":
            source_ids.add(claim.source_id)
    return desk.references(source_ids)


def near_terms(desk: Desk, entity: Entity) -> str:
    """The nearest classes of HPO and Mondo, each with the predicate and its label."""
    near = [(predicate, target) for predicate, target in entity.matches if target.startswith(("HP:", "MONDO:"))]
    return "|".join(f"{predicate} {target} {desk.label(target)}" for predicate, target in near)


# --- Tables ---


def render_template(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> bytes:
    """A ROBOT template: headings, what each column becomes (nothing for those that people read), rows."""
    strings = [string for _, string in columns]
    return render_table([heading for heading, _ in columns], [strings, *rows]).encode()


def render_synonyms(desk: Desk, synonyms: Iterable[Synonym]) -> bytes:
    """The template that adds synonyms to classes that are there."""
    prefix = desk.authority.title.casefold()
    columns = [
        (heading.format(id=f"{prefix}_id", label=f"{prefix}_label"), string) for heading, string in SYNONYM_COLUMNS
    ]
    rows = []
    for synonym in synonyms:
        scope = "exact" if synonym.scope == "abbreviation" else synonym.scope
        cells = dict.fromkeys((heading for heading, _ in columns), "")
        cells[f"{prefix}_id"], cells[f"{prefix}_label"] = synonym.term_id, synonym.term_label
        cells[f"{scope}_synonym"], cells[f"{scope}_source_id"] = synonym.name, "|".join(synonym.references)
        if synonym.scope == "abbreviation":
            cells["exact_synonym_type"] = desk.authority.abbreviation
        cells["claims"], cells["status"] = "|".join(synonym.claim_ids), synonym.status
        rows.append(list(cells.values()))
    return render_template(columns, rows)


def render_held_back(desk: Desk) -> bytes:
    """What is not requested, and why."""
    rows = [
        [row.kind, row.term_id, row.term_label, row.request, row.reason, row.source]
        for row in sorted(set(desk.held_back), key=lambda row: (row.kind, row.term_id, row.request))
    ]
    return render_table(HELD_BACK_COLUMNS, rows).encode()
