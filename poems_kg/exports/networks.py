"""
The view ``graph`` as files of network tools: GraphML, GEXF and Cytoscape JSON, all written by NetworkX.

Nodes and edges keep the attributes of the view. The id of an edge is ``subject|key|object`` and stays the same for as
long as the statement is in the graph.
"""

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

from poems_kg.exports.content import Exportable, read_quads, read_release
from poems_kg.exports.writing import render_json

if TYPE_CHECKING:
    import networkx as nx

_DAY = re.compile(rb'lastmodifieddate="[^"]*"')


def _stable_graph(kg: Exportable) -> "nx.MultiDiGraph":
    """The view with nodes and edges in order, and the id of each edge as its key."""
    import networkx as nx

    view = kg.view("graph")
    graph = nx.MultiDiGraph()
    for node, attributes in sorted(view.nodes(data=True)):
        graph.add_node(node, **attributes)
    for subject, target, key, attributes in sorted(view.edges(keys=True, data=True), key=lambda edge: edge[:3]):
        graph.add_edge(subject, target, key=f"{subject}|{key}|{target}", **attributes)
    return graph


def _flatten(graph: "nx.MultiDiGraph") -> "nx.MultiDiGraph":
    """Lists as one text with ``|`` between the items, numbers as floating point, what is unknown left out."""
    import networkx as nx

    flat = nx.MultiDiGraph()
    for node, attributes in graph.nodes(data=True):
        flat.add_node(node, **_flatten_attributes(attributes))
    for subject, target, key, attributes in graph.edges(keys=True, data=True):
        flat.add_edge(subject, target, key=key, **_flatten_attributes(attributes))
    return flat


def _flatten_attributes(attributes: dict[str, Any]) -> dict[str, str | float | bool]:
    return {name: _flatten_value(value) for name, value in sorted(attributes.items()) if value is not None}


def _flatten_value(value: object) -> str | float | bool:
    if isinstance(value, list | tuple | set | frozenset):
        return "|".join(str(item).replace("|", "/") for item in value)
    if isinstance(value, bool):
        return value
    # One attribute has one type in these formats, and a whole number may stand beside a fraction.
    return float(value) if isinstance(value, int | float) else str(value)


def render_graphml(kg: Exportable) -> bytes:
    """Make GraphML; see the module."""
    import networkx as nx

    return ("\n".join(nx.generate_graphml(_flatten(_stable_graph(kg)))) + "\n").encode()


def render_gexf(kg: Exportable) -> bytes:
    """Make GEXF 1.2; its date is that of the release, not of today."""
    import networkx as nx

    graph = _flatten(_stable_graph(kg))
    for _, _, key, attributes in graph.edges(keys=True, data=True):
        attributes["id"] = key
    buffer = BytesIO()
    nx.write_gexf(graph, buffer)
    day = read_release(read_quads(kg.store)).get("versionInfo", "")
    return _DAY.sub(f'lastmodifieddate="{day}"'.encode(), buffer.getvalue()) + b"\n"


def render_cytoscape(kg: Exportable) -> bytes:
    """Make Cytoscape JSON: lists stay lists; ``name`` is the label of a node, ``id`` the id of a node or an edge."""
    import networkx as nx

    graph = _stable_graph(kg)
    for _, attributes in graph.nodes(data=True):
        attributes["name"] = attributes["label"]
    for _, _, key, attributes in graph.edges(keys=True, data=True):
        attributes["id"] = key
    return render_json(nx.cytoscape_data(graph))
