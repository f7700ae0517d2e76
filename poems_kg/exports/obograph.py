"""
OBO Graph JSON: the ontology as nodes with their definitions, synonyms and cross-references, and edges between them.

What has no place of its own in the format (disjointness, mappings, texts of claims) stands among the
``basicPropertyValues`` of its node, so that nothing that the ontology says of a named thing is lost.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pyoxigraph as ox

from poems_kg.build import ontology_triples
from poems_kg.exports.content import Exportable, read_quads
from poems_kg.exports.writing import render_json
from poems_kg.ids import compress, expand
from poems_kg.vocabulary import ONTOLOGY

Cells = Mapping[str, list[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]]

_NODE_TYPES = {
    "owl:Class": {"type": "CLASS"},
    "owl:NamedIndividual": {"type": "INDIVIDUAL"},
    "owl:AnnotationProperty": {"type": "PROPERTY", "propertyType": "ANNOTATION"},
    "owl:ObjectProperty": {"type": "PROPERTY", "propertyType": "OBJECT"},
}
_SYNONYMS = {f"oboInOwl:has{scope}Synonym" for scope in ("Exact", "Related", "Broad", "Narrow")}
_OWN_PLACE = {"rdf:type", "rdfs:label", "IAO:0000115", "oboInOwl:hasDbXref", "owl:equivalentClass", *_SYNONYMS}


class _Ontology:
    """The triples of the ontology by subject, and the annotations on them by statement."""

    def __init__(self, kg: Exportable) -> None:
        self.about: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        triples = ontology_triples(read_quads(kg.store))
        for triple in sorted(triples, key=lambda t: (str(t.subject), str(t.predicate), str(t.object))):
            self.about[str(triple.subject)][compress(triple.predicate.value)].append(triple.object)
        self.notes: dict[tuple[str, str, str], Cells] = {}
        for cells in self.about.values():
            if "owl:annotatedSource" in cells:
                parts = ("owl:annotatedSource", "owl:annotatedProperty", "owl:annotatedTarget")
                self.notes[tuple(str(cells[part][0]) for part in parts)] = cells  # type: ignore[index]
        self.relations = {str(subject) for subject, cells in self.about.items() if self._is_relation(cells)}

    @staticmethod
    def _is_relation(cells: Cells) -> bool:
        return any(_name(kind) == "kg:Relation" for kind in cells.get("rdf:type", ()))

    def sources(self, subject: str, predicate: str, value: object) -> dict[str, list[str]]:
        """The ``xrefs`` of a statement; nothing where it has none."""
        cells = self.notes.get((subject, str(ox.NamedNode(expand(predicate))), str(value)), {})
        found = sorted(_name(source) for source in cells.get("dcterms:source", ()))
        return {"xrefs": found} if found else {}

    def synonym_type(self, subject: str, predicate: str, value: object) -> dict[str, str]:
        cells = self.notes.get((subject, str(ox.NamedNode(expand(predicate))), str(value)), {})
        kinds = cells.get("oboInOwl:hasSynonymType", [])
        return {"synonymType": _value(kinds[0])} if kinds else {}

    def restriction(self, node: object) -> tuple[str, str] | None:
        """Property and filler of an existential restriction; None for anything else."""
        cells = self.about.get(str(node), {})
        if not isinstance(node, ox.BlankNode) or "owl:someValuesFrom" not in cells:
            return None
        return cells["owl:onProperty"][0].value, cells["owl:someValuesFrom"][0].value

    def items(self, head: object) -> list[Any]:
        """The items of an RDF list."""
        found = []
        while str(head) in self.about and "rdf:first" in self.about[str(head)]:
            found.append(self.about[str(head)]["rdf:first"][0])
            head = self.about[str(head)]["rdf:rest"][0]
        return found


def _name(node: object) -> str:
    return compress(node.value) if isinstance(node, ox.NamedNode) else str(getattr(node, "value", node))


def _meta(ontology: _Ontology, subject: str, cells: Cells) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    for definition in cells.get("IAO:0000115", ())[:1]:
        said = ontology.sources(subject, "IAO:0000115", definition)
        meta["definition"] = {"val": _value(definition), **said}
    synonyms = [
        {
            "pred": key.removeprefix("oboInOwl:"),
            "val": _value(name),
            **ontology.synonym_type(subject, key, name),
            **ontology.sources(subject, key, name),
        }
        for key in sorted(_SYNONYMS)
        for name in cells.get(key, ())
    ]
    xrefs = [{"val": _value(xref)} for xref in cells.get("oboInOwl:hasDbXref", ())]
    others = [
        {"pred": expand(key), "val": _value(value), **ontology.sources(subject, key, value)}
        for key in sorted(cells)
        for value in cells[key]
        if key not in _OWN_PLACE and not _is_edge(ontology, key, value)
    ]
    lists = {"synonyms": synonyms, "xrefs": xrefs, "basicPropertyValues": others}
    return meta | {key: found for key, found in lists.items() if found}


def _value(node: object) -> str:
    return str(getattr(node, "value", node))


def _is_edge(ontology: _Ontology, key: str, value: object) -> bool:
    if key == "rdfs:subClassOf":
        return True
    return str(ox.NamedNode(expand(key))) in ontology.relations and isinstance(value, ox.NamedNode)


def _edges(ontology: _Ontology, subject: str, cells: Cells) -> list[dict[str, Any]]:
    found = []
    iri = subject[1:-1]
    for key in sorted(cells):
        for value in cells[key]:
            said = ontology.sources(subject, key, value)
            meta: dict[str, Any] = {"meta": {"xrefs": [{"val": name} for name in said["xrefs"]]}} if said else {}
            some = ontology.restriction(value)
            if key == "rdf:type" and _name(value).startswith("kg:"):
                found.append({"sub": iri, "pred": "type", "obj": _value(value)})
            elif not _is_edge(ontology, key, value):
                continue
            elif some:
                found.append({"sub": iri, "pred": some[0], "obj": some[1], **meta})
            else:
                predicate = "is_a" if key == "rdfs:subClassOf" else expand(key)
                found.append({"sub": iri, "pred": predicate, "obj": _value(value), **meta})
    return found


def _logical_definitions(ontology: _Ontology, subject: str, cells: Cells) -> list[dict[str, Any]]:
    found = []
    for definition in cells.get("owl:equivalentClass", ()):
        heads = ontology.about.get(str(definition), {}).get("owl:intersectionOf", [])
        parts = [item for head in heads for item in ontology.items(head)]
        somes = [some for part in parts if (some := ontology.restriction(part))]
        genus = [part.value for part in parts if isinstance(part, ox.NamedNode)]
        restrictions = [{"propertyId": name, "fillerId": filler} for name, filler in somes]
        found.append({"definedClassId": subject[1:-1], "genusIds": genus, "restrictions": restrictions})
    return found


def render_obograph(kg: Exportable) -> bytes:
    """Make OBO Graph JSON of the ontology."""
    ontology = _Ontology(kg)
    nodes: list[dict[str, Any]] = []
    edges: list[dict[str, Any]] = []
    definitions: list[dict[str, Any]] = []
    header: dict[str, Any] = {}
    for subject, cells in sorted(ontology.about.items()):
        kinds = [_NODE_TYPES[name] for kind in cells["rdf:type"] if (name := _name(kind)) in _NODE_TYPES]
        if subject == f"<{ONTOLOGY}>":
            version = {"version": _value(next(iter(cells["owl:versionIRI"]), ""))}
            header = {"id": ONTOLOGY, "meta": version | _meta(ontology, subject, cells)}
        elif kinds and subject.startswith("<"):
            label = {"lbl": _value(cells["rdfs:label"][0])} if cells["rdfs:label"] else {}
            meta = _meta(ontology, subject, cells)
            nodes.append({"id": subject[1:-1], **label, **kinds[0], **({"meta": meta} if meta else {})})
            edges += _edges(ontology, subject, cells)
            definitions += _logical_definitions(ontology, subject, cells)
    graph = {**header, "nodes": nodes, "edges": edges, "logicalDefinitionAxioms": definitions}
    return render_json({"graphs": [graph]})
