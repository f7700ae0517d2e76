"""
Read SPARQL text just far enough to keep a store safe and to bind parameters: as tokens, never as text to paste into.

A bare word in SPARQL can only be a keyword, so the keywords say what a query does; strings, IRIs, comments and names
are stepped over whole.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from poems_kg.ids import PoemsKgError

if TYPE_CHECKING:
    from rdflib.term import Identifier

_TOKEN = re.compile(
    r"""
      (?P<comment>\#[^\n\r]*)
    | (?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    | (?P<string>\"\"\"(?:\"{0,2}(?:[^"\\]|\\.))*\"\"\"|'''(?:'{0,2}(?:[^'\\]|\\.))*'''
        |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    | (?P<variable>[?$]\w+)
    | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<name>(?:[^\W\d_][\w.-]*)?:(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\.)*|_:[\w.-]+)
    | (?P<word>[^\W\d_]\w*)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_FORMS = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_UPDATES = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"})


class QueryError(PoemsKgError):
    """A query that cannot be run: not SPARQL, an update, or an endpoint that does not answer."""


def _tokens(sparql: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(sparql):
        yield match.lastgroup or "other", match.group()


def check_read_only(sparql: str) -> None:
    """
    Refuse what a read-only graph must not run: updates, and calls to other servers.

    :raises QueryError: for an update, a ``SERVICE`` clause, or a text with no query in it.

    >>> check_read_only("SELECT * { ?s ?p 'DELETE' } # INSERT")
    """
    words = [text.upper() for kind, text in _tokens(sparql) if kind == "word"]
    form = next((word for word in words if word in _FORMS | _UPDATES), None)
    if form is None:
        raise QueryError("there is no SELECT, ASK, CONSTRUCT or DESCRIBE in the query; write one")
    if form in _UPDATES:
        raise QueryError(f"{form} is an update and the graph is read-only; ask with SELECT, ASK, CONSTRUCT or DESCRIBE")
    if "SERVICE" in words:
        raise QueryError("SERVICE would ask another server and is refused; ask that server itself")


def variables(sparql: str) -> list[str]:
    """Names of all variables, without the mark, each once, in order."""
    return list(dict.fromkeys(text[1:] for kind, text in _tokens(sparql) if kind == "variable"))


def bind_terms(sparql: str, bindings: "Mapping[str, Identifier]") -> str:
    """
    Put RDF terms in the place of variables, for a server that takes nothing but the query.

    Each term is written by rdflib in SPARQL's own syntax, so no value can end a string or add a clause.
    """
    return "".join(
        bindings[text[1:]].n3() if kind == "variable" and text[1:] in bindings else text
        for kind, text in _tokens(sparql)
    )
