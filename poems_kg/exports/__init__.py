"""
Write the graph in the formats of other tools; ``docs/exports.md`` has the columns and attributes of each.

The same graph gives the same bytes. A target is written whole or not at all.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple

from poems_kg.exports.content import Exportable
from poems_kg.exports.hpo_requests import render_hpo_requests
from poems_kg.exports.hpoa import render_hpoa
from poems_kg.exports.kgx import render_kgx_jsonl, render_kgx_tsv
from poems_kg.exports.mondo_requests import render_mondo_requests
from poems_kg.exports.neo4j import render_neo4j
from poems_kg.exports.networks import render_cytoscape, render_gexf, render_graphml
from poems_kg.exports.obograph import render_obograph
from poems_kg.exports.parquet import render_parquet
from poems_kg.exports.rdf import (
    render_all_trig,
    render_jsonld,
    render_nquads,
    render_ontology_turtle,
    render_rdfxml,
)
from poems_kg.exports.sssom import render_sssom
from poems_kg.exports.writing import ExportError, write_file, write_folder

__all__ = ["FORMATS", "ExportError", "Exportable", "Format", "export"]

FOLDER: Final = "folder"


class Format(NamedTuple):
    """What a format holds, and how its file ends; ``folder`` where it is a folder of files."""

    summary: str
    suffix: str


FORMATS: Final[Mapping[str, Format]] = {
    "turtle": Format("The OWL ontology as Turtle: byte for byte the released poems.ttl", ".ttl"),
    "rdfxml": Format("The OWL ontology as RDF/XML", ".owl"),
    "jsonld": Format("The OWL ontology as JSON-LD", ".jsonld"),
    "nquads": Format("All named graphs as N-Quads, one statement a line", ".nq"),
    "trig": Format("All named graphs as TriG", ".trig"),
    "graphml": Format("The view graph as GraphML, for yEd, Gephi, igraph and others", ".graphml"),
    "gexf": Format("The view graph as GEXF, for Gephi", ".gexf"),
    "cytoscape": Format("The view graph as Cytoscape JSON", ".cyjs"),
    "kgx-tsv": Format("Biolink nodes and edges as KGX TSV, one edge a claim", FOLDER),
    "kgx-jsonl": Format("Biolink nodes and edges as KGX JSON lines, one edge a claim", FOLDER),
    "neo4j": Format("Nodes and relationships as CSV for neo4j-admin database import", FOLDER),
    "obographs": Format("The OWL ontology as OBO Graph JSON", ".json"),
    "sssom": Format("Mappings to other ontologies as SSSOM TSV", ".sssom.tsv"),
    "hpoa": Format("Findings of POEMS syndrome as HPO's phenotype.hpoa has them", ".hpoa"),
    "hpo-requests": Format("New terms and synonyms that HPO lacks, as ROBOT templates", FOLDER),
    "mondo-requests": Format("Synonyms, cross-references and terms that Mondo lacks, as ROBOT templates", FOLDER),
    "parquet": Format("Claims, terms and edges as Parquet tables", FOLDER),
}
"""All formats by name."""

_FILES: Final[Mapping[str, Callable[[Exportable], bytes]]] = {
    "turtle": render_ontology_turtle,
    "rdfxml": render_rdfxml,
    "jsonld": render_jsonld,
    "nquads": render_nquads,
    "trig": render_all_trig,
    "graphml": render_graphml,
    "gexf": render_gexf,
    "cytoscape": render_cytoscape,
    "obographs": render_obograph,
    "sssom": render_sssom,
    "hpoa": render_hpoa,
}
_FOLDERS: Final[Mapping[str, Callable[[Exportable], dict[str, bytes]]]] = {
    "kgx-tsv": render_kgx_tsv,
    "kgx-jsonl": render_kgx_jsonl,
    "neo4j": render_neo4j,
    "hpo-requests": render_hpo_requests,
    "mondo-requests": render_mondo_requests,
    "parquet": render_parquet,
}


def export(format: str, kg: Exportable, path: Path) -> list[Path]:
    """
    Write a graph in one of ``FORMATS``; gives the files written.

    :param path: a file, or the folder to make where the format is one; its parent must exist.
    :raises ExportError: if there is no such format (it suggests the nearest), a library for it is missing, or the
        target does not fit it.
    :raises PoemsKgError: if the target cannot be written; what stood there is untouched.
    """
    name = format.strip().casefold()
    if name in _FILES:
        return write_file(path, _FILES[name](kg))
    if name in _FOLDERS:
        return write_folder(path, _FOLDERS[name](kg))
    close = get_close_matches(name, FORMATS, n=1, cutoff=0.4)
    hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(FORMATS)}"
    raise ExportError(f"no export format is called {format!r}; {hint}")
