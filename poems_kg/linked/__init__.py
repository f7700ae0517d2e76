"""
POEMS syndrome among all rare diseases: the core graph joined to whole releases of other ontologies, on disk.

``queries/README.md`` names its graphs and what stands in them.
"""

from poems_kg.linked.building import build_linked
from poems_kg.linked.folder import default_folder, is_linked, open_linked

__all__ = ["build_linked", "default_folder", "is_linked", "open_linked"]
