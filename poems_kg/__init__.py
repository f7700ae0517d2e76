"""
The knowledge graph of POEMS syndrome: every statement with its source. Not medical advice.

>>> import poems_kg
>>> kg = poems_kg.load()
>>> len(kg.ask("names", entity="POEMS")) > 3
True
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poems_kg.ids import PoemsKgError
    from poems_kg.knowledge_graph import KnowledgeGraph, connect, load, load_linked

__version__ = "0.1.0"
__all__ = ["KnowledgeGraph", "PoemsKgError", "__version__", "connect", "load", "load_linked"]

_HOME = {
    "KnowledgeGraph": "knowledge_graph",
    "connect": "knowledge_graph",
    "load": "knowledge_graph",
    "load_linked": "knowledge_graph",
    "PoemsKgError": "ids",
}


def __getattr__(name: str) -> Any:
    # Names are fetched when first used, so that the import itself costs next to nothing.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"poems_kg.{_HOME[name]}"), name)
