"""
ORDO, the ontology of Orphanet, into records: its classes with their place in the classifications, and its mappings.

ORDO says of a disorder that it is *part of* a group, of groups and types that they are subclasses; both are parents
here, as Mondo reads them. The structure is that which Orphanet's own generator writes (``GenerateOrdo.java``) and its
release notes show.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox

from poems_kg.releases import owl
from poems_kg.releases.orphanet import find_predicate, find_target
from poems_kg.releases.records import Mapping, OntologyClass, to_curie

_ORDO = "http://www.orpha.net/ORDO/"
_OWL = "http://www.w3.org/2002/07/owl#"

_RESTRICTIONS: dict[str, owl.Field] = {
    "http://purl.obolibrary.org/obo/BFO_0000050": "parent_ids",  # part of
    f"{_ORDO}Orphanet_C021": "parent_ids",  # part_of; some releases have it as a plain statement
    f"{_ORDO}Orphanet_C056": "replaced_by",  # moved_to
    f"{_ORDO}Orphanet_C057": "consider",  # referred_to
}

_OBSOLETE = {f"{_ORDO}ObsoleteClass"} | {f"ORPHA:C{n:03}" for n in (*range(42, 46), *range(50, 54))}
"""
Parents of deprecated entities (C042 to C045), obsolete ones (C050 to C053), and of both before release 4. Those that
are not rare in Europe (C046 to C049) are inactive in Orphanet but not obsolete.
"""


def read_classes(path: Path) -> Iterator[OntologyClass]:
    """
    Read the classes of ORDO: disorders, groups and subtypes, but also genes, types and the like.

    :raises ReleaseError: if the file is not whole, or not OWL in RDF.
    """
    for record in owl.read_classes(path, _RESTRICTIONS):
        is_obsolete = record.is_obsolete or not _OBSOLETE.isdisjoint(record.parent_ids)
        xrefs = tuple(find_target(*xref.partition(":")[::2]) or xref for xref in record.xrefs)
        yield replace(record, is_obsolete=is_obsolete, xrefs=xrefs)


def read_cross_references(path: Path) -> list[Mapping]:
    """
    Read the cross-references of ORDO that say how near they are, as mappings sorted by subject and object.

    The relation stands as text (ECO:0000218) on the axiom of the cross-reference; see
    :data:`poems_kg.releases.orphanet.PREDICATES`.

    :raises ReleaseError: if the file is not whole, or not OWL in RDF.
    """
    names = {
        f"{_OWL}annotatedSource": "subject",
        f"{_OWL}annotatedProperty": "property",
        f"{_OWL}annotatedTarget": "target",
        "http://purl.obolibrary.org/obo/ECO_0000218": "relation",
    }
    labels: dict[str, str] = {}
    axioms: dict[str, dict[str, str]] = {}
    for triple in owl.read_triples(path):
        value = str(getattr(triple.object, "value", triple.object))
        if isinstance(triple.subject, ox.BlankNode):
            if name := names.get(triple.predicate.value):
                axioms.setdefault(triple.subject.value, {})[name] = value
        elif triple.predicate.value == "http://www.w3.org/2000/01/rdf-schema#label":
            labels.setdefault(str(triple.subject)[1:-1], value)
    found = (_mapping(axiom, labels) for axiom in axioms.values())
    return sorted(
        {mapping for mapping in found if mapping}, key=lambda row: (row.subject_id, row.object_id, row.comment)
    )


read_version = owl.read_version


def _mapping(axiom: dict[str, str], labels: dict[str, str]) -> Mapping | None:
    is_xref = axiom.get("property") == "http://www.geneontology.org/formats/oboInOwl#hasDbXref"
    if not is_xref or not axiom.keys() >= {"subject", "target", "relation"}:
        return None
    # "- NTBT (...).\n- Attributed (...)." where there is more than one relation, "NTBT (...)" where there is not.
    lines = [line.strip().removeprefix("- ").removesuffix(".") for line in axiom["relation"].splitlines()]
    predicate = find_predicate(lines[0] if lines else "")
    target = find_target(*axiom["target"].partition(":")[::2])
    if not predicate or not target:
        return None
    subject = axiom["subject"]
    # ECO:0000218, the property that holds the relation, is "manual assertion".
    label, comment = labels.get(subject, ""), "; ".join(lines)
    return Mapping(to_curie(subject), label, predicate, target, "", "semapv:ManualMappingCuration", comment)
