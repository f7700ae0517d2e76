"""
The graph over HTTP: a SPARQL endpoint, linked data, REST, an explorer for the browser, and tools for assistants.

Needs the ``serve`` extra. One process speaks HTTP and does nothing else; the work is done in worker processes, which
can be stopped.
"""

from poems_kg.serve.settings import ServeError, Settings

__all__ = ["ServeError", "Settings"]
