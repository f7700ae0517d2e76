"""
OBO Graph JSON into records: ``hp.json`` and ``mondo.json`` as published, and what our own export writes.

Classes only: properties, individuals and logical definitions are left out, and of the edges all but ``is_a``.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from poems_kg.releases.opening import ReleaseError, open_release
from poems_kg.releases.records import OntologyClass, find_day, to_curie

_TITLE = "an ontology in OBO Graph JSON"
_OBO_IN_OWL = "http://www.geneontology.org/formats/oboInOwl#"
_REPLACED_BY = "http://purl.obolibrary.org/obo/IAO_0100001"
_DEPRECATED = "http://www.w3.org/2002/07/owl#deprecated"
_VERSION_INFO = "http://www.w3.org/2002/07/owl#versionInfo"
_SCOPES = {f"has{scope.title()}Synonym": scope for scope in ("exact", "related", "broad", "narrow")}


def read_version(path: Path) -> tuple[str, str]:
    """
    Give the version of the first graph, and the day in it, empty where it has none.

    :raises ReleaseError: if the file is not OBO Graph JSON.
    """
    graph = _graphs(path)[0]
    meta = graph.get("meta") or {}
    version = str(meta.get("version") or next(iter(_values(meta, _VERSION_INFO)), ""))
    return version, find_day(version)


def read_classes(path: Path) -> list[OntologyClass]:
    """
    Read the classes of all graphs in a file, in the order of the file.

    :raises ReleaseError: if the file is not whole, or not OBO Graph JSON.
    """
    graphs = _graphs(path)
    try:
        return [record for graph in graphs for record in _classes(graph)]
    except (AttributeError, KeyError, TypeError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else "a value of another kind"
        raise ReleaseError(f"{path}: a node or an edge has {what}; give {_TITLE}") from error


def _graphs(path: Path) -> list[dict[str, Any]]:
    with open_release(path, _TITLE) as stream:
        data = stream.read()
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise ReleaseError(f"{path}:{row}: byte {error.start} is not UTF-8; download the file again") from error
    except json.JSONDecodeError as error:
        said = error.msg[:1].lower() + error.msg[1:]
        raise ReleaseError(f"{path}:{error.lineno}: is not whole JSON ({said}); download the file again") from error
    except RecursionError as error:
        raise ReleaseError(f"{path}: is nested too deeply; give {_TITLE}") from error
    graphs = document.get("graphs") if isinstance(document, dict) else None
    if not isinstance(graphs, list) or not graphs or not all(isinstance(graph, dict) for graph in graphs):
        raise ReleaseError(f"{path}: is JSON, but has no list of graphs; give {_TITLE}")
    return graphs


def _classes(graph: dict[str, Any]) -> list[OntologyClass]:
    parents: dict[str, dict[str, None]] = defaultdict(dict)
    for edge in graph.get("edges") or ():
        if edge["pred"] == "is_a":
            parents[edge["sub"]][to_curie(edge["obj"])] = None
    nodes = (node for node in graph.get("nodes") or () if node.get("type") == "CLASS")
    return [_class(node, tuple(parents.get(node["id"], ()))) for node in nodes]


def _class(node: dict[str, Any], parent_ids: tuple[str, ...]) -> OntologyClass:
    meta = node.get("meta") or {}
    synonyms = ((_SCOPES.get(synonym["pred"]), synonym["val"]) for synonym in meta.get("synonyms") or ())
    deprecated = meta.get("deprecated") is True or "true" in _values(meta, _DEPRECATED)
    return OntologyClass(
        term_id=to_curie(node["id"]),
        label=node.get("lbl") or "",
        definition=(meta.get("definition") or {}).get("val") or "",
        parent_ids=parent_ids,
        synonyms=tuple((scope, text) for scope, text in synonyms if scope),
        xrefs=tuple(xref["val"] for xref in meta.get("xrefs") or ()),
        alternative_ids=tuple(map(to_curie, _values(meta, f"{_OBO_IN_OWL}hasAlternativeId"))),
        is_obsolete=deprecated,
        replaced_by=tuple(map(to_curie, _values(meta, _REPLACED_BY))),
        consider=tuple(map(to_curie, _values(meta, f"{_OBO_IN_OWL}consider"))),
    )


def _values(meta: dict[str, Any], predicate: str) -> list[str]:
    return [str(pair["val"]) for pair in meta.get("basicPropertyValues") or () if pair["pred"] == predicate]
