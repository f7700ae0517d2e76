"""
Any ontology in OWL into records of its named classes, from RDF/XML, Turtle or N-Triples, by Oxigraph's parsers.

Triples are read as they stand: nothing is inferred, nothing imported, and of class expressions only those existential
restrictions are looked into that the caller names. OWL/XML, functional and Manchester syntax are no RDF, and refused.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import pyoxigraph as ox

from poems_kg.releases.opening import ReleaseError, open_release, read_root
from poems_kg.releases.records import OntologyClass, find_day, to_curie

_Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Field: TypeAlias = Literal["parent_ids", "replaced_by", "consider"]

_TITLE = "an ontology in OWL"
_OWL = "http://www.w3.org/2002/07/owl#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_OBO = "http://purl.obolibrary.org/obo/"
_OBO_IN_OWL = "http://www.geneontology.org/formats/oboInOwl#"
_EFO = "http://www.ebi.ac.uk/efo/"
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_SUBCLASS = f"{_RDFS}subClassOf"
_DEFINITIONS = {f"{_OBO}IAO_0000115", f"{_EFO}definition"}
_SYNONYMS = {f"{_OBO_IN_OWL}has{scope.title()}Synonym": scope for scope in ("exact", "related", "broad", "narrow")}
# Mondo takes these three for exact synonyms as well (property-map.sssom.tsv in monarch-initiative/mondo-ingest).
_SYNONYMS |= dict.fromkeys(
    (f"{_EFO}alternative_term", f"{_OBO}IAO_0000118", "http://www.w3.org/2004/02/skos/core#altLabel"), "exact"
)
_IDS: dict[str, str] = {
    f"{_OBO_IN_OWL}hasAlternativeId": "alternative_ids",
    f"{_OBO}IAO_0100001": "replaced_by",
    f"{_OBO_IN_OWL}consider": "consider",
}
_DATES = ("http://purl.org/dc/terms/modified", "http://purl.org/dc/elements/1.1/date", "http://purl.org/dc/terms/date")

_NOT_RDF = re.compile(rb"\s*(?:#[^\n]*\s*)*(?:Prefix\s*\(|Prefix:|Ontology\s*\(|Ontology:)")
_TURTLE = re.compile(rb"\s*(?:#[^\n]*\s*)*(?:@prefix|@base|prefix\s|base\s)", re.IGNORECASE)


@dataclass(slots=True)
class _Draft:
    """What has been read of a subject so far."""

    is_class: bool = False
    label: str = ""
    label_is_english: bool = False
    definition: str = ""
    is_obsolete: bool = False
    synonyms: dict[tuple[str, str], None] = field(default_factory=dict)
    xrefs: dict[str, None] = field(default_factory=dict)
    ids: dict[str, dict[str, None]] = field(default_factory=dict)
    restrictions: list[str] = field(default_factory=list)

    def add_id(self, name: str, term_id: str) -> None:
        self.ids.setdefault(name, {})[term_id] = None


def read_classes(path: Path, existential: Mapping[str, Field] | None = None) -> Iterator[OntologyClass]:
    """
    Read the named classes of an ontology, in the order in which the file speaks of them first.

    :param existential: IRIs of properties whose existential restrictions name what belongs in a field of the record.
    :raises ReleaseError: if the file is not whole, or not OWL in RDF.
    """
    wanted = dict(existential or {})
    drafts: dict[str, _Draft] = {}
    restricted: dict[str, str] = {}
    fillers: dict[str, str] = {}
    for triple in read_triples(path):
        subject, predicate, value = triple.subject, triple.predicate.value, triple.object
        if isinstance(subject, ox.NamedNode):
            _take(drafts.setdefault(subject.value, _Draft()), predicate, value, wanted)
        elif isinstance(subject, ox.BlankNode) and wanted and isinstance(value, ox.NamedNode):
            if predicate == f"{_OWL}onProperty":
                restricted[subject.value] = value.value
            elif predicate == f"{_OWL}someValuesFrom":
                fillers[subject.value] = value.value
    if not any(draft.is_class for draft in drafts.values()):
        raise ReleaseError(f"{path}: is RDF, but declares no OWL class; give {_TITLE}")
    for iri, draft in drafts.items():
        for node in draft.restrictions:
            name = wanted.get(restricted.get(node, ""))
            if name and node in fillers:
                draft.add_id(name, to_curie(fillers[node]))
        if draft.is_class and iri != f"{_OWL}Thing":
            yield _record(to_curie(iri), draft)


def read_version(path: Path) -> tuple[str, str]:
    """
    Give the version and the day that the ontology says of itself; empty where it does not.

    The version is ``owl:versionInfo``, or else the version IRI; reading ends where the ontology's own triples end.

    :raises ReleaseError: if the file is not OWL in RDF, or has no ontology header.
    """
    header: dict[str, str] = {}
    ontology = None
    for triple in read_triples(path, whole=False):
        if triple.predicate.value == _TYPE and _value(triple.object) == f"{_OWL}Ontology":
            ontology = triple.subject
        elif ontology is not None and triple.subject != ontology and isinstance(triple.subject, ox.NamedNode):
            break
        elif ontology is not None and triple.subject == ontology:
            header.setdefault(triple.predicate.value, _value(triple.object))
    if ontology is None:
        raise ReleaseError(f"{path}: is RDF, but has no owl:Ontology; give {_TITLE}")
    iri = header.get(f"{_OWL}versionIRI", "")
    version = header.get(f"{_OWL}versionInfo", "") or iri
    return version, next(
        filter(None, (find_day(said) for said in (version, iri, *map(header.get, _DATES)) if said)), ""
    )


def read_triples(path: Path, *, whole: bool = True) -> Iterator[ox.Triple]:
    """
    Read the triples of an RDF file; the format is seen from its content and, after that, from its suffix.

    :param whole: prove first that the file is whole, as far as the format allows: Turtle and N-Triples can
        be cut off between two statements without a trace.
    :raises ReleaseError: if the file is not RDF in one of the formats above, with the row where there is one.
    """
    with open_release(path, _TITLE) as stream:
        kind = _format(path, stream.peek(4096)[:4096])
        if kind is ox.RdfFormat.RDF_XML:
            # Oxigraph expands entities without a limit and gives no rows; expat is asked first.
            root, _ = read_root(path, _TITLE, whole=whole, entities=True)
            if root.rpartition(":")[2] != "RDF":
                raise ReleaseError(f"{path}: is XML, but its root is {root} and not rdf:RDF; give {_TITLE} as RDF/XML")
        try:
            # Lenient: releases have IRIs that are none, in cross-references for instance; here they are only texts.
            for quad in ox.parse(stream, kind, base_iri=path.absolute().as_uri(), lenient=True):
                yield quad.triple
        except SyntaxError as error:
            place = f"{path}:{error.lineno}" if error.lineno else f"{path}"
            said = str(error.msg).rpartition("columns ")[2].rpartition(": ")[2]
            raise ReleaseError(f"{place}: is not whole and right as RDF ({said}); download the file again") from error


def _format(path: Path, head: bytes) -> ox.RdfFormat:
    if _NOT_RDF.match(head):
        raise ReleaseError(
            f"{path}: is OWL, but not as RDF; convert it first: robot convert -i {path.name} -o ontology.owl"
        )
    if _TURTLE.match(head):
        return ox.RdfFormat.TURTLE
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") or b"<rdf:RDF" in head:
        return ox.RdfFormat.RDF_XML
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    suffixes = {".owl": ox.RdfFormat.RDF_XML, ".rdf": ox.RdfFormat.RDF_XML, ".xml": ox.RdfFormat.RDF_XML}
    suffixes |= {".ttl": ox.RdfFormat.TURTLE, ".nt": ox.RdfFormat.N_TRIPLES}
    if suffix not in suffixes:
        raise ReleaseError(f"{path}: is in no format that can be read; give {_TITLE} as RDF/XML, Turtle or N-Triples")
    return suffixes[suffix]


def _take(draft: _Draft, predicate: str, value: _Term, wanted: Mapping[str, Field]) -> None:
    text = _value(value)
    if predicate == _TYPE:
        draft.is_class |= text == f"{_OWL}Class"
    elif predicate == _SUBCLASS and isinstance(value, ox.NamedNode):
        if text != f"{_OWL}Thing":
            draft.add_id("parent_ids", to_curie(text))
    elif predicate == _SUBCLASS:
        if wanted:
            draft.restrictions.append(text)
    elif predicate == f"{_RDFS}label":
        is_english = getattr(value, "language", None) in (None, "en")
        if not draft.label or (is_english and not draft.label_is_english):
            draft.label, draft.label_is_english = text, is_english
    elif predicate in _DEFINITIONS:
        draft.definition = draft.definition or text
    elif predicate in _SYNONYMS:
        draft.synonyms[_SYNONYMS[predicate], text] = None
    elif predicate == f"{_OBO_IN_OWL}hasDbXref":
        draft.xrefs[to_curie(text)] = None
    elif predicate == f"{_OWL}deprecated":
        draft.is_obsolete |= text in ("true", "1")
    elif predicate in _IDS or predicate in wanted:
        # Some releases write what should be a restriction as a plain statement, and an IRI as a text.
        draft.add_id(_IDS.get(predicate) or wanted[predicate], to_curie(text))


def _value(term: _Term) -> str:
    return str(getattr(term, "value", term))


def _record(term_id: str, draft: _Draft) -> OntologyClass:
    return OntologyClass(
        term_id=term_id,
        label=draft.label,
        definition=draft.definition,
        synonyms=tuple(draft.synonyms),
        xrefs=tuple(draft.xrefs),
        is_obsolete=draft.is_obsolete,
        **{name: tuple(found) for name, found in draft.ids.items()},
    )
