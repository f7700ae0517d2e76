"""
Turn records into RDF: the OWL ontology, the claims with their passages, the mappings, the imported classes.

Each goes into a named graph of its own (:class:`Graphs`). What is inferred is no business of this module.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox

from poems_kg.claims import Axiom, Claim, Source, Term
from poems_kg.figures import interval, setting, subset, topic
from poems_kg.ids import expand
from poems_kg.knowledge import Knowledge
from poems_kg.links import CROSS_REFERENCE, ROOTS, TermMapping, ancestors
from poems_kg.rules import EVIDENCE

Node = ox.NamedNode | ox.BlankNode
Object = Node | ox.Literal


def iri(curie: str) -> ox.NamedNode:
    """The node of a CURIE."""
    return ox.NamedNode(expand(curie))


class Graphs:
    """The named graphs of the store."""

    asserted: Final = iri("graph:asserted")
    """The ontology as people wrote it: vocabulary, terms, axioms, and one plain edge for each asserted statement."""
    inferred: Final = iri("graph:inferred")
    """Only what follows: broader classes and broader findings, closed."""
    claims: Final = iri("graph:claims")
    """Who says what, where, how surely, with which figures."""
    links: Final = iri("graph:links")
    """Mappings to other ontologies: a plain triple for each that holds, and a node for each that says who says so."""
    imports: Final = iri("graph:imports")
    """Classes of other ontologies above ours: label and is-a."""

    conflicts: Final = iri("graph:conflicts")
    """Where the above disagree, with both sides; made by :mod:`poems_kg.conflicts`, not here."""

    all: Final = (asserted, inferred, claims, links, imports, conflicts)


A: Final = iri("rdf:type")
LABEL: Final = iri("rdfs:label")
SUBCLASS_OF: Final = iri("rdfs:subClassOf")
DEFINITION: Final = iri("IAO:0000115")
SOURCE: Final = iri("dcterms:source")
_SYNONYM_PROPERTY: Final = {
    "exact": iri("oboInOwl:hasExactSynonym"),
    "abbreviation": iri("oboInOwl:hasExactSynonym"),
    "related": iri("oboInOwl:hasRelatedSynonym"),
    "broad": iri("oboInOwl:hasBroadSynonym"),
    "narrow": iri("oboInOwl:hasNarrowSynonym"),
}
_CLAIM_SYNONYM: Final = {"has_abbreviation": "abbreviation"} | {
    f"has_{scope}_synonym": scope for scope in ("exact", "related", "broad", "narrow")
}
_XSD = "http://www.w3.org/2001/XMLSchema#"


def text(value: str) -> ox.Literal:
    """A plain string literal."""
    return ox.Literal(value)


def number(value: float) -> ox.Literal:
    """An ``xsd:decimal``, or an ``xsd:integer`` for an int, in its shortest form."""
    if isinstance(value, int):
        return ox.Literal(str(value), datatype=ox.NamedNode(f"{_XSD}integer"))
    return ox.Literal(format(value, ".15g"), datatype=ox.NamedNode(f"{_XSD}decimal"))


def _blank(*parts: str) -> ox.BlankNode:
    """A blank node whose name depends only on what it stands for, so that files are the same from run to run."""
    return ox.BlankNode("b" + sha256("\x1f".join(parts).encode()).hexdigest()[:16])


class _Writer:
    """Collects the quads of one named graph."""

    def __init__(self, graph: ox.NamedNode) -> None:
        self.graph = graph
        self.quads: set[ox.Quad] = set()

    def add(self, subject: Node, predicate: ox.NamedNode, value: Object) -> None:
        self.quads.add(ox.Quad(subject, predicate, value, self.graph))

    def annotate(
        self, subject: Node, predicate: ox.NamedNode, value: Object, notes: Iterable[tuple[ox.NamedNode, Object]]
    ) -> None:
        """Add a triple together with an ``owl:Axiom`` that carries annotations on it."""
        self.add(subject, predicate, value)
        node = _blank(str(subject), str(predicate), str(value))
        self.add(node, A, iri("owl:Axiom"))
        self.add(node, iri("owl:annotatedSource"), subject)
        self.add(node, iri("owl:annotatedProperty"), predicate)
        self.add(node, iri("owl:annotatedTarget"), value)
        for note in notes:
            self.add(node, *note)

    def add_list(self, items: Sequence[Node]) -> Node:
        """Add an RDF list and return its head."""
        names = [str(item) for item in items]
        cells: list[Node] = [_blank("list", *names[place:]) for place in range(len(items))] + [iri("rdf:nil")]
        for cell, item, rest in zip(cells, items, cells[1:], strict=False):
            self.add(cell, iri("rdf:first"), item)
            self.add(cell, iri("rdf:rest"), rest)
        return cells[0]


def build_quads(knowledge: Knowledge) -> set[ox.Quad]:
    """Everything that the records say, in all graphs; of ``inferred`` only what follows from figures."""
    return {
        *_build_asserted(knowledge),
        *_build_claims(knowledge),
        *_build_shares(knowledge),
        *_build_links(knowledge),
        *_build_imports(knowledge),
    }


def source_node(source_id: str) -> ox.NamedNode:
    """The node of a source, given its bare id."""
    return iri(f"source:{source_id}")


# --- asserted ---


def _build_asserted(knowledge: Knowledge) -> set[ox.Quad]:
    out = _Writer(Graphs.asserted)
    out.quads |= {ox.Quad(t.subject, t.predicate, t.object, Graphs.asserted) for t in knowledge.vocabulary.triples}
    for source in knowledge.sources.values():
        _add_source(out, source.record)
    for term in knowledge.terms.values():
        _add_term(out, term.record, knowledge)
    _add_axioms(out, knowledge)
    _add_edges(out, knowledge)
    return out.quads


def _add_source(out: _Writer, source: Source) -> None:
    node = source_node(source.source_id)
    out.add(node, A, iri("owl:NamedIndividual"))
    out.add(node, A, iri("kg:Publication"))
    out.add(node, LABEL, text(source.title))
    out.add(node, iri("kg:kind"), text(source.kind))
    out.add(node, iri("kg:citation"), text(source.citation))
    parts = (source.authors, source.title, source.journal, source.year)
    out.add(node, iri("dcterms:bibliographicCitation"), text(". ".join(part for part in parts if part)))
    for prefix, value in (("PMID", source.pmid), ("DOI", source.doi)):
        if value:
            out.add(node, iri("oboInOwl:hasDbXref"), text(f"{prefix}:{value}"))
            # Old DOIs hold characters, such as "<", that no IRI may have.
            out.add(node, iri("rdfs:seeAlso"), iri(f"{prefix}:{quote(value, safe='/:;()')}"))
    if source.url:
        out.add(node, iri("rdfs:seeAlso"), ox.NamedNode(source.url))
    if source.year:
        out.add(node, iri("dcterms:date"), text(source.year))
    if source.sha256:
        out.add(node, iri("kg:sha256"), text(source.sha256))


def _add_term(out: _Writer, term: Term, knowledge: Knowledge) -> None:
    node = iri(term.term_id)
    category = knowledge.vocabulary.categories[term.category]
    if category.members == "class":
        out.add(node, A, iri("owl:Class"))
        for parent_id in term.parent_ids:
            out.add(node, SUBCLASS_OF, iri(parent_id))
        if not _has_parents(term, knowledge):
            out.add(node, SUBCLASS_OF, iri(f"kg:{term.category}"))
    else:
        out.add(node, A, iri("owl:NamedIndividual"))
        out.add(node, A, iri(f"kg:{term.category}"))
    out.add(node, iri("kg:category"), iri(f"kg:{term.category}"))
    out.add(node, LABEL, text(term.label))
    out.add(node, iri("oboInOwl:id"), text(term.term_id))
    origin = iri(term.term_id) if term.definition_source == term.term_id else source_node(term.definition_source)
    out.annotate(node, DEFINITION, text(term.definition), [(SOURCE, origin)])
    for scope, name in term.synonyms:
        _add_synonym(out, node, scope, name, [])


def _has_parents(term: Term, knowledge: Knowledge) -> bool:
    """Whether a class hangs below the upper class of its category by its parents, here or in other ontologies."""
    if any(parent_id in knowledge.terms for parent_id in term.parent_ids):
        return True
    above = {*term.parent_ids}.union(*(ancestors(i, knowledge.upstream) for i in (term.term_id, *term.parent_ids)))
    return term.category in {ROOTS.get(term_id) for term_id in above}


def _add_synonym(
    out: _Writer, node: ox.NamedNode, scope: str, name: str, sources: Sequence[tuple[ox.NamedNode, Object]]
) -> None:
    kind: list[tuple[ox.NamedNode, Object]] = []
    if scope == "abbreviation":
        kind = [(iri("oboInOwl:hasSynonymType"), iri("kg:abbreviation"))]
    if kind or sources:
        out.annotate(node, _SYNONYM_PROPERTY[scope], text(name), [*kind, *sources])
    else:
        out.add(node, _SYNONYM_PROPERTY[scope], text(name))


def _some(out: _Writer, axiom: Axiom) -> ox.BlankNode:
    """
    The class of what stands in the property of an axiom to some member of its filler.

    A class expression is a blank node and may stand in one axiom only, so its name takes in the subject.
    """
    node = _blank("some", axiom.subject_id, axiom.property, axiom.filler_id)
    out.add(node, A, iri("owl:Restriction"))
    out.add(node, iri("owl:onProperty"), iri(axiom.property))
    out.add(node, iri("owl:someValuesFrom"), iri(axiom.filler_id))
    return node


def _add_axioms(out: _Writer, knowledge: Knowledge) -> None:
    defining: dict[str, list[Axiom]] = defaultdict(list)
    for axiom in (entry.record for entry in knowledge.axioms):
        if axiom.kind == "defines":
            defining[axiom.subject_id].append(axiom)
            continue
        said_by = sorted({knowledge.claims[claim_id].record.source_id for claim_id in axiom.claim_ids})
        notes = [(SOURCE, source_node(source_id)) for source_id in said_by]
        out.annotate(iri(axiom.subject_id), SUBCLASS_OF, _some(out, axiom), notes)
    for subject_id, axioms in defining.items():
        genus = knowledge.terms[subject_id].record.parent_ids or (f"kg:{knowledge.category(subject_id)}",)
        parts: list[Node] = [*(iri(parent_id) for parent_id in genus), *(_some(out, axiom) for axiom in axioms)]
        definition = _blank("and", subject_id)
        out.add(definition, A, iri("owl:Class"))
        out.add(definition, iri("owl:intersectionOf"), out.add_list(parts))
        out.add(iri(subject_id), iri("owl:equivalentClass"), definition)


def _add_edges(out: _Writer, knowledge: Knowledge) -> None:
    """One plain edge for each statement that a source asserts, annotated with all sources that do."""
    said_by: dict[tuple[ox.NamedNode, str, Object], set[str]] = defaultdict(set)
    for claim in knowledge.claim_records():
        if claim.polarity == "asserts":
            said_by[iri(claim.subject_id), claim.relation, _target(claim)].add(claim.source_id)
    for (subject, relation, target), source_ids in said_by.items():
        notes = [(SOURCE, source_node(source_id)) for source_id in sorted(source_ids)]
        scope = _CLAIM_SYNONYM.get(relation)
        if scope:
            _add_synonym(out, subject, scope, target.value, notes)
        else:
            out.annotate(subject, iri(f"kg:{relation}"), target, notes)


def _target(claim: Claim) -> ox.NamedNode | ox.Literal:
    """What a claim leads to: a term, or its words and figures as one text."""
    if claim.object_id:
        return iri(claim.object_id)
    if claim.value:
        return text(claim.value if not claim.unit else f"{claim.value} {claim.unit}")
    bounds = "–".join(format(bound, ".15g") for bound in (claim.low, claim.high) if bound is not None)
    counts = f"{claim.n} of {claim.total}" if claim.total is not None else f"{claim.n}"
    return text(f"{bounds} {claim.unit}" if bounds else counts)


# --- claims ---


def _build_claims(knowledge: Knowledge) -> set[ox.Quad]:
    out = _Writer(Graphs.claims)
    for claim in knowledge.claim_records():
        node = iri(claim.claim_id)
        out.add(node, A, iri("kg:Claim"))
        out.add(node, iri("kg:subject"), iri(claim.subject_id))
        out.add(node, iri("kg:relation"), iri(f"kg:{claim.relation}"))
        if claim.object_id:
            out.add(node, iri("kg:object"), iri(claim.object_id))
            out.add(node, iri("kg:statement"), text(claim.statement))
        for key in ("value", "unit", "polarity", "certainty", "support", "place", "note"):
            words = getattr(claim, key)
            if words:
                out.add(node, iri(f"kg:{key}"), text(words))
        for key in ("low", "high", "n", "total"):
            figure = getattr(claim, key)
            if figure is not None:
                out.add(node, iri(f"kg:{key}"), number(figure))
        for key, words in claim.qualifiers:
            for value in words.split("|") if key == "versus" else [words]:
                out.add(node, iri(f"kg:{key}"), iri(value) if key == "versus" else text(value))
        if claim.context:
            out.add(node, iri("kg:context"), text(claim.context))
        out.add(node, iri("kg:evidence"), iri(claim.evidence))
        out.add(node, iri("kg:source"), source_node(claim.source_id))
        if claim.start is not None and claim.end is not None:
            out.add(node, iri("kg:passage"), _add_passage(out, claim.source_id, claim.start, claim.end, claim.sha256))
    return out.quads


def _build_shares(knowledge: Knowledge) -> set[ox.Quad]:
    """
    What follows from the figures of a claim: the share of patients, in percent, as published or as n of total says
    it; the interval that chance and rounding leave; and what they are figures of.
    """
    out = _Writer(Graphs.inferred)
    for claim in knowledge.claim_records():
        node = iri(claim.claim_id)
        figures = zip(
            ("at_least", "at_most", "interval_low", "interval_high"), (*claim.share, *interval(claim)), strict=True
        )
        for key, figure in figures:
            if figure is not None:
                out.add(node, iri(f"kg:{key}"), number(figure))
        if topic(claim):
            for key, words in (("topic", topic(claim)), ("setting", setting(claim)), ("subset", subset(claim))):
                if words:
                    out.add(node, iri(f"kg:{key}"), text(words))
    return out.quads


def _add_passage(out: _Writer, source_id: str, start: int, end: int, digest: str) -> ox.NamedNode:
    """A W3C Web Annotation ``SpecificResource`` that selects a stretch of a source text."""
    node = iri(f"passage:{source_id}-{start}-{end}")
    selector = iri(f"passage:{source_id}-{start}-{end}-selector")
    out.add(node, A, iri("kg:Passage"))
    out.add(node, A, iri("oa:SpecificResource"))
    out.add(node, iri("oa:hasSource"), source_node(source_id))
    out.add(node, iri("oa:hasSelector"), selector)
    out.add(node, iri("kg:sha256"), text(digest))
    out.add(selector, A, iri("oa:TextPositionSelector"))
    out.add(selector, iri("oa:start"), number(start))
    out.add(selector, iri("oa:end"), number(end))
    return node


# --- links and imports ---


def _build_links(knowledge: Knowledge) -> set[ox.Quad]:
    out = _Writer(Graphs.links)
    for mapping in knowledge.mappings:
        _add_mapping(out, mapping)
        if mapping.is_negative:
            continue
        is_reference = mapping.predicate_id == CROSS_REFERENCE
        target = text(mapping.object_id) if is_reference else iri(mapping.object_id)
        out.add(iri(mapping.subject_id), iri(mapping.predicate_id), target)
    return out.quads


def _add_mapping(out: _Writer, mapping: TermMapping) -> None:
    """
    A node with the slots of SSSOM.

    It is no ``owl:Axiom``, because tools take that for a statement that holds, and a negative mapping does not.
    """
    digest = sha256("\x1f".join(mapping.key).encode()).hexdigest()[:12]
    node = iri(f"mapping:{digest}")
    out.add(node, A, iri("sssom:Mapping"))
    for column in ("subject_id", "predicate_id", "object_id", "mapping_justification"):
        out.add(node, iri(f"sssom:{column}"), iri(getattr(mapping, column)))
    if mapping.is_negative:
        out.add(node, iri("sssom:predicate_modifier"), iri("sssom:NegatedPredicate"))
    for column in ("object_label", "author_label", "mapping_date"):
        if getattr(mapping, column):
            out.add(node, iri(f"sssom:{column}"), text(getattr(mapping, column)))
    if mapping.confidence:
        out.add(node, iri("sssom:confidence"), number(float(mapping.confidence)))
    for column in ("mapping_source", "object_source"):
        place = getattr(mapping, column)
        if place:
            out.add(node, iri(f"sssom:{column}"), iri(place) if place.startswith("source:") else ox.NamedNode(place))
    if mapping.comment:
        out.add(node, iri("rdfs:comment"), text(mapping.comment))


def _build_imports(knowledge: Knowledge) -> set[ox.Quad]:
    """The is-a edges of other ontologies between our terms and above them, and the labels of classes not ours."""
    out = _Writer(Graphs.imports)
    for record in knowledge.upstream.values():
        node = iri(record.term_id)
        term = knowledge.terms.get(record.term_id)
        if term is None:
            out.add(node, A, iri("owl:Class"))
            out.add(node, iri("IAO:0000412"), text(record.release))
        if term is None or term.record.label != record.label:
            out.add(node, LABEL, text(record.label))
        if record.obsolete:
            out.add(node, iri("owl:deprecated"), ox.Literal(True))
        for parent_id in record.parent_ids:
            out.add(node, SUBCLASS_OF, iri(parent_id))
        if record.term_id in ROOTS:
            out.add(node, SUBCLASS_OF, iri(f"kg:{ROOTS[record.term_id]}"))
    for claim in knowledge.claim_records():
        evidence = iri(claim.evidence)
        out.add(evidence, A, iri("owl:Class"))
        out.add(evidence, LABEL, text(EVIDENCE[claim.evidence]))
    return out.quads
