"""
Turn joined releases into RDF: classes, annotations and mappings as published, and apart from them what follows.

What a release says goes into a graph of its own, unaltered. What is computed from it goes into ``graph:linked``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from typing import Final

import pyoxigraph as ox

from poems_kg.ids import UnknownPrefixError, compress, expand, standardize
from poems_kg.rdf import DEFINITION, LABEL, SUBCLASS_OF, A, iri, number, text
from poems_kg.releases.catalogue import Release
from poems_kg.releases.hpoa import parse_frequency
from poems_kg.releases.joining import TELLING_BITS, Joined
from poems_kg.releases.records import Annotation, Ontology, OntologyClass
from poems_kg.releases.records import Mapping as SssomMapping

LINKED, RELEASES = iri("graph:linked"), iri("graph:releases")
"""What is computed (the closure of is-a, the findings that disorders show, how much findings tell); and version, date,
checksum and licence of every file that was read."""

_OBO = "http://purl.obolibrary.org/obo/"
_SYNONYM: Final = {
    scope: iri(f"oboInOwl:has{scope.title()}Synonym") for scope in ("exact", "related", "broad", "narrow")
}
_CLASS: Final = iri("owl:Class")
_XREF: Final = iri("oboInOwl:hasDbXref")
_ALTERNATIVE: Final = iri("oboInOwl:hasAlternativeId")
_REPLACED: Final = iri("IAO:0100001")
_CONSIDER: Final = iri("oboInOwl:consider")
_DEPRECATED: Final = iri("owl:deprecated")
_TRUE: Final = ox.Literal(True)

Quads = Iterator[ox.Quad]


@cache
def node(curie: str) -> ox.NamedNode:
    """The node of an id in any ontology: by the prefix map, else as the OBO Foundry makes IRIs."""
    try:
        return ox.NamedNode(expand(curie))
    except UnknownPrefixError:
        return ox.NamedNode(_OBO + curie.replace(":", "_", 1))


def graph_of(name: str) -> ox.NamedNode:
    """The named graph of what a release says, by its name in the catalogue."""
    return iri(f"graph:{name}")


def ontology_quads(name: str, ontology: Ontology) -> Quads:
    """The classes of an ontology: label, definition, synonyms, cross-references, is-a, and what became of old ones."""
    graph = graph_of(name)
    for record in ontology.classes.values():
        yield from _class_quads(record, graph)


def _class_quads(record: OntologyClass, graph: ox.NamedNode) -> Quads:
    subject = node(record.term_id)
    pairs: list[tuple[ox.NamedNode, ox.NamedNode | ox.Literal]] = [(A, _CLASS), (LABEL, text(record.label))]
    if record.definition:
        pairs.append((DEFINITION, text(record.definition)))
    pairs += [(SUBCLASS_OF, node(parent_id)) for parent_id in record.parent_ids]
    pairs += [(_SYNONYM.get(scope, _SYNONYM["related"]), text(name)) for scope, name in record.synonyms]
    pairs += [(_XREF, text(standardize(xref))) for xref in record.xrefs]
    pairs += [(_ALTERNATIVE, text(old)) for old in record.alternative_ids]
    if record.is_obsolete:
        pairs.append((_DEPRECATED, _TRUE))
        pairs += [(_REPLACED, node(new)) for new in record.replaced_by]
        pairs += [(_CONSIDER, text(other)) for other in record.consider]
    for predicate, value in pairs:
        yield ox.Quad(subject, predicate, value, graph)


def mapping_quads(name: str, mappings: Iterable[SssomMapping]) -> Quads:
    """The mappings of a release: matches as edges, cross-references as text, and the labels on both sides."""
    graph = graph_of(name)
    for row in mappings:
        subject = node(standardize(row.subject_id))
        if row.subject_label:
            yield ox.Quad(subject, LABEL, text(row.subject_label), graph)
        if row.predicate_id.startswith("skos:"):
            target = node(standardize(row.object_id))
            yield ox.Quad(subject, iri(row.predicate_id), target, graph)
            if row.object_label:
                yield ox.Quad(target, LABEL, text(row.object_label), graph)
        else:
            yield ox.Quad(subject, _XREF, text(standardize(row.object_id)), graph)


_NAMING: Final = frozenset({LABEL, *_SYNONYM.values()})
_MATCHING: Final = frozenset(
    {_XREF, *(iri(f"skos:{kind}Match") for kind in ("exact", "close", "broad", "narrow", "related"))}
)


def upstream_quads(quad: ox.Quad) -> Quads:
    """
    A name or a match that a release has for a term of ours, said apart.

    What our own graph says, too, is not repeated in the graph of a release. Without these one could not tell what the
    release has from what only we say.
    """
    if quad.predicate in _NAMING and isinstance(quad.object, ox.Literal):
        yield ox.Quad(quad.subject, iri("kg:upstream_name"), text(quad.object.value), LINKED)
    elif quad.predicate in _MATCHING and isinstance(quad.object, ox.Literal | ox.NamedNode):
        yield ox.Quad(quad.subject, iri("kg:upstream_match"), text(compress(quad.object.value)), LINKED)


def hierarchy_quads(parents: Mapping[str, Iterable[str]]) -> Quads:
    """The is-a of Mondo's rare subset."""
    graph = graph_of("mondo-rare")
    for term_id, above in parents.items():
        for parent_id in above:
            yield ox.Quad(node(term_id), SUBCLASS_OF, node(parent_id), graph)


# --- HPO's annotations ---

_SEXES = {"MALE": "male", "FEMALE": "female"}


_ASPECT: Final = {"P": "finding", "H": "history", "I": "inheritance", "C": "course", "M": "modifier"}
"""What ``kg:annotated_…`` and ``kg:excluded_…`` end in, by the aspect that the file gives. Annotations share no
property with claims: a question about claims would else have to wade through all annotations."""


def annotation_id(row: Annotation) -> str:
    """An id that depends only on what a row says, so that it is the same in every build of a release."""
    cells = [row.database_id, str(row.is_negated), row.finding_id, row.reference, row.evidence_code, row.onset_id]
    cells += [row.frequency, row.sex, *row.modifiers, row.aspect, row.biocuration]
    return sha256("\x1f".join(cells).encode()).hexdigest()[:16]


def annotation_quads(joined: Joined) -> Quads:
    """Every row of the annotation file as a node of its own, with what it says; disorders under their one id."""
    graph, namespace = graph_of("hpoa"), expand("annotation:0")[:-1]
    property_ = cache(lambda key: iri(f"kg:{key}"))
    disorder = cache(lambda database_id: node(joined.disorder(database_id)))
    words, figures = cache(text), cache(_figures)
    for row in joined.annotations:
        subject = ox.NamedNode(namespace + annotation_id(row))
        cells: list[tuple[str, ox.NamedNode | ox.Literal]] = [
            ("annotated_disorder", disorder(row.database_id)),
            (f"{'excluded' if row.is_negated else 'annotated'}_{_ASPECT[row.aspect]}", node(row.finding_id)),
            ("evidence_code", words(row.evidence_code)),
            ("reference", words(row.reference)),
            ("database_id", words(row.database_id)),
            *figures(row.frequency),
        ]
        if row.onset_id:
            cells.append(("onset_class", node(row.onset_id)))
        if row.sex in _SEXES:
            cells.append(("annotated_sex", words(_SEXES[row.sex])))
        cells += [("modifier_class", node(modifier_id)) for modifier_id in row.modifiers]
        for key, value in cells:
            yield ox.Quad(subject, property_(key), value, graph)


def _figures(cell: str) -> list[tuple[str, ox.NamedNode | ox.Literal]]:
    """What a ``frequency`` cell says: bounds in percent, counts where it has them, and HPO's class if it is one."""
    frequency = parse_frequency(cell)
    if frequency is None:
        return []
    found: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        ("frequency_low", number(frequency.low)),
        ("frequency_high", number(frequency.high)),
    ]
    if frequency.n is not None and frequency.total is not None:
        found += [("frequency_n", number(frequency.n)), ("frequency_total", number(frequency.total))]
    if frequency.class_id:
        found.append(("frequency_class", node(frequency.class_id)))
    return found


# --- what follows ---


def computed_quads(joined: Joined) -> Quads:
    """
    What follows from the releases, in ``graph:linked``.

    ``kg:within`` leads from a class to itself and to all classes above it; ``kg:shows`` from a disorder to its
    findings and the broader ones; ``kg:information_content`` is in bits.
    """
    within, shows = iri("kg:within"), iri("kg:shows")
    for closed in (joined.findings, joined.disorders):
        for term_id, above in closed.items():
            subject = node(term_id)
            for broader_id in above:
                yield ox.Quad(subject, within, node(broader_id), LINKED)
    for disorder_id, finding_ids in joined.shown.items():
        subject = node(disorder_id)
        for finding_id in finding_ids:
            yield ox.Quad(subject, shows, node(finding_id), LINKED)
    yield from _weights(joined)


def _weights(joined: Joined) -> Quads:
    content, total = iri("kg:information_content"), iri("kg:information_sum")
    bits = joined.information_content
    for finding_id, amount in bits.items():
        yield ox.Quad(node(finding_id), content, number(round(amount, 6)), LINKED)
    for disorder_id, finding_ids in joined.shown.items():
        amount = sum(bits[finding_id] for finding_id in finding_ids if bits[finding_id] >= TELLING_BITS)
        yield ox.Quad(node(disorder_id), total, number(round(amount, 6)), LINKED)


def disorder_quads(joined: Joined) -> Quads:
    """The label of every annotated disorder, and the ids under which databases have it."""
    known: dict[str, set[str]] = defaultdict(set)
    for row in joined.annotations:
        known[joined.disorder(row.database_id)].add(row.database_id)
    for disorder_id, database_ids in known.items():
        subject = node(disorder_id)
        yield ox.Quad(subject, A, iri("kg:AnnotatedDisorder"), LINKED)
        yield ox.Quad(subject, LABEL, text(joined.labels[disorder_id]), LINKED)
        for database_id in database_ids:
            yield ox.Quad(subject, iri("kg:database_id"), text(database_id), LINKED)


def release_quads(releases: Iterable[Release], notes: Iterable[str]) -> Quads:
    """Where everything comes from: one node for each file, with version, checksum and licence; and what was noted."""
    for release in releases:
        subject = iri(f"release:{release.name}-{release.sha256[:12]}")
        cells: list[tuple[str, ox.NamedNode | ox.Literal]] = [
            ("rdf:type", iri("kg:Release")),
            ("rdfs:label", text(release.title)),
            ("kg:release_name", text(release.name)),
            ("kg:file_name", text(release.path.name)),
            ("owl:versionInfo", text(release.version)),
            ("kg:sha256", text(release.sha256)),
            ("kg:origin", text(release.origin)),
        ]
        cells += [("dcterms:date", text(release.date))] if release.date else []
        cells += [("dcterms:license", text(release.licence))] if release.licence else []
        for key, value in cells:
            yield ox.Quad(subject, iri(key), value, RELEASES)
    for note in notes:
        yield ox.Quad(RELEASES, iri("kg:note"), text(note), RELEASES)
