"""One entity of the whole graph and what is one step away from it: what a page draws around the entity."""

import networkx as nx

from poems_kg.ids import PoemsKgError


def neighbourhood(graph: nx.MultiDiGraph, entity_id: str) -> nx.MultiDiGraph:
    """
    Cut out an entity, all that an edge joins to it in either direction, and all edges among these.

    The result is a graph of its own, with copies of the attributes of nodes and edges: to change it does not change
    ``graph``. Its attribute ``entity`` is the id of the entity in the middle.

    :param graph: the view ``graph``, as :func:`poems_kg.views.whole.build_graph` makes it.
    :param entity_id: a CURIE that is a node of it.
    :raises PoemsKgError: if it is no node of the graph.
    """
    if entity_id not in graph:
        raise PoemsKgError(f"{entity_id} is not in the view graph; give the id of a term that claims are about")
    near = {entity_id, *graph.predecessors(entity_id), *graph.successors(entity_id)}
    # In the order of the whole graph, so that two runs give the same.
    cut = nx.MultiDiGraph(**graph.graph, entity=entity_id)
    cut.add_nodes_from((node, dict(data)) for node, data in graph.nodes(data=True) if node in near)
    for source, target, key, data in graph.edges(near, keys=True, data=True):
        if target in near:
            cut.add_edge(source, target, key=key, **data)
    return cut
