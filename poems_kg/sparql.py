"""
Read SPARQL text just far enough to keep a store safe, bind parameters and ask for a page: as tokens, never as text.

A bare word in SPARQL can only be a keyword, so the keywords say what a query does; strings, IRIs, comments and names
are stepped over whole.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poems_kg.ids import PoemsKgError

if TYPE_CHECKING:
    from rdflib.term import Identifier

# Possessive quantifiers (+ after another) keep no way back, so that a text of megabytes takes little time and memory.
_TOKEN = re.compile(
    r"""
      (?P<comment>\#[^\n\r]*+)
    | (?P<iri><(?:[^<>"{}|^`\\\x00-\x20]++|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>)
    | (?P<string>\"\"\"(?:\"{0,2}+(?:[^"\\]++|\\.))*+\"\"\"|'''(?:'{0,2}+(?:[^'\\]++|\\.))*+'''
        |"(?:[^"\\\n\r]++|\\.)*+"|'(?:[^'\\\n\r]++|\\.)*+')
    | (?P<variable>[?$]\w++)
    | (?P<language>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+)
    | (?P<name>(?:[^\W\d_][\w.-]*)?:(?:[\w.:-]++|%[0-9A-Fa-f]{2}|\\.)*+|_:[\w.-]++)
    | (?P<word>[^\W\d_]\w*+)
    | (?P<other>\s++|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U(000[0-9A-Fa-f]{5}|0010[0-9A-Fa-f]{4}))")
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9.+-]*://")
_DEEPEST = 200
"""Brackets within brackets; Oxigraph has been seen to crash from some 2,000, and people write ten."""
_FORMS = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
_UPDATES = frozenset({"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"})


class QueryError(PoemsKgError):
    """
    A query that cannot be run: not SPARQL, an update, or an endpoint that does not answer.

    ``line`` and ``column`` say where, both counted from 1, if that is known.
    """

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def _tokens(sparql: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(sparql):
        yield match.lastgroup or "other", match.group()


def check_read_only(sparql: str) -> None:
    """
    Refuse what a read-only graph must not run: updates, and calls to other servers.

    :raises QueryError: for an update, a ``SERVICE`` clause, a text with no query in it, or one that is nested so deeply
        that it could end the process.

    >>> check_read_only("SELECT * { ?s ?p 'DELETE' } # INSERT")
    """
    words = (text.upper() for kind, text in _tokens(sparql) if kind == "word")
    form = next((word for word in words if word in _FORMS | _UPDATES), None)
    if form is None:
        raise QueryError("there is no SELECT, ASK, CONSTRUCT or DESCRIBE in the query; write one")
    if form in _UPDATES:
        raise QueryError(f"{form} is an update and the graph is read-only; ask with SELECT, ASK, CONSTRUCT or DESCRIBE")
    # Some servers read escapes before anything else, so what is hidden by them is looked for, too.
    if any("service" in text.casefold() and _may_call(text) for text in {sparql, _ESCAPE.sub(_unescape, sparql)}):
        raise QueryError("SERVICE would ask another server and is refused; ask that server itself")
    depth = 0
    for kind, text in _tokens(sparql):
        if kind == "other":
            depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(text, 0)
            if depth > _DEEPEST:
                raise QueryError(f"brackets are nested more than {_DEEPEST} deep; write a flatter query")


def _unescape(escape: re.Match[str]) -> str:
    return chr(int(escape[1] or escape[2], 16))


def _may_call(sparql: str) -> bool:
    """
    Whether a query could be read as having a SERVICE clause.

    Tokens alone do not tell. Oxigraph wants no blank after a number or a keyword (``1e5SERVICE``, ``SERVICE:name {``),
    and where an operand stands before it, it takes ``<`` for *less than*: then ``<?x#>`` begins a comment and
    ``<'a#>`` a string, from where on all would be read another way than here. Such a text is refused if the word is
    anywhere in it.
    """
    tokens = [(kind, text) for kind, text in _tokens(sparql) if kind != "comment" and not text.isspace()]
    tokens += [("other", "")] * 2
    brackets: list[str] = []
    before = ""
    for place, (kind, text) in enumerate(tokens[:-2]):
        has_word = "service" in text.casefold()
        match kind:
            case "word" if has_word:
                return True
            case "name" if has_word and before not in {"GRAPH", "FROM", "NAMED"}:
                following, last = tokens[place + 1], tokens[place + 2]
                if following[1] == "{" or (following[0] in {"variable", "iri", "name"} and last[1] == "{"):
                    return True
            case "iri" if not _ABSOLUTE.match(text):
                follows_operand = brackets[-1:] == ["("] and before not in set("(,=!&|+-*/^")
                if before == "<" or follows_operand:
                    return True
            case "other" if text in {"(", "{", "["}:
                brackets.append(text)
            case "other" if text in {")", "}", "]"}:
                del brackets[-1:]
        before = text.upper() if kind in {"word", "other"} else kind
    return False


def query_form(sparql: str) -> str:
    """Which of SELECT, ASK, CONSTRUCT and DESCRIBE a query is; empty if it is none."""
    words = (text.upper() for kind, text in _tokens(sparql) if kind == "word")
    return next((word for word in words if word in _FORMS), "")


def has_dataset(sparql: str) -> bool:
    """Whether a query names graphs of its own with FROM."""
    return any(kind == "word" and text.upper() == "FROM" for kind, text in _tokens(sparql))


def uses_namespace(sparql: str, namespaces: Collection[str]) -> bool:
    """
    Whether a query has a term of one of some namespaces, beyond the mere PREFIX line that declares it.

    >>> uses_namespace("PREFIX a: <http://a/> ASK { ?s a:b 1 }", ["http://a/"])
    True
    >>> uses_namespace("PREFIX a: <http://a/> ASK { ?s ?p 'a:b' }", ["http://a/"])
    False
    """
    declared: set[str] = set()
    before, last = "", ""
    for kind, text in _tokens(sparql):
        if kind == "comment" or text.isspace():
            continue
        if before == "PREFIX" and kind == "iri":
            if text[1:-1] in namespaces:
                declared.add(last)
        elif (kind == "name" and text.partition(":")[0] + ":" in declared and before != "PREFIX") or (
            kind == "iri" and text[1:].startswith(tuple(namespaces))
        ):
            return True
        # The name that a PREFIX declares stands between the word and its IRI.
        before = before if before == "PREFIX" and kind == "name" else text.upper() if kind == "word" else ""
        last = text
    return False


def page(sparql: str, limit: int, offset: int, wrapped: bool = False) -> str:
    r"""
    The query for some of the rows of a SELECT query.

    Unwrapped, LIMIT and OFFSET go to the end of the query, and its order is made complete by all its columns. Wrapped,
    the query becomes a subquery with LIMIT and OFFSET around it; by the letter of SPARQL its order need not last then,
    but a query that ends in LIMIT, OFFSET or VALUES of its own can only be wrapped. Without an order it gets one.

    >>> page("SELECT ?s WHERE { ?s a ?c } ORDER BY ?c", 10, 20)
    'SELECT ?s WHERE { ?s a ?c } ORDER BY ?c\n?s\nLIMIT 10 OFFSET 20'
    """
    parts = _split(sparql)
    ends = parts.modifiers & {"LIMIT", "OFFSET", "VALUES"}
    wrapped = wrapped or bool(ends)
    # A variable that is sorted by already is left out: Virtuoso gives rows twice where one is named twice.
    ties = " ".join(f"?{name}" for name in parts.columns or variables(sparql) if name not in parts.sorted_by)
    if "ORDER" in parts.modifiers:
        sorting = "" if wrapped else f"\n{ties}"
    else:
        sorting = f"\nORDER BY {ties}" if ties and not ends else ""
    window = f"\nLIMIT {limit} OFFSET {offset}"
    if not wrapped:
        return f"{sparql.rstrip()}{sorting}{window}"
    columns = " ".join(f"?{name}" for name in parts.columns) or "*"
    body = f"{parts.body.rstrip()}{sorting}"
    return f"{parts.prologue}SELECT {columns} {parts.dataset}WHERE {{ {{\n{body}\n}} }}{window}"


@dataclass(frozen=True, slots=True)
class _Parts:
    """
    A SELECT query taken apart. ``body`` is all but the PREFIX and FROM lines; ``columns`` is empty for ``SELECT *``;
    ``sorted_by`` are the variables in its ORDER BY, ``modifiers`` the words outside all braces.
    """

    prologue: str
    dataset: str
    body: str
    columns: list[str]
    sorted_by: frozenset[str]
    modifiers: frozenset[str]


def _split(sparql: str) -> _Parts:
    prologue: list[str] = []
    dataset: list[str] = []
    body: list[str] = []
    columns: list[str] = []
    sorted_by: set[str] = set()
    modifiers: set[str] = set()
    depth, before = 0, ""
    selects = names_graph = False
    for kind, text in _tokens(sparql):
        word = text.upper() if kind == "word" else ""
        if depth == 0 and word:
            modifiers.add(word)
            selects = word == "SELECT" or (selects and word not in {"FROM", "WHERE"})
            names_graph = names_graph or word == "FROM"
        selects = selects and text != "{"
        if selects and kind == "variable" and (depth == 0 or before == "AS"):
            columns.append(text[1:])
        if "ORDER" in modifiers and kind == "variable":
            sorted_by.add(text[1:])
        (dataset if names_graph else body if "SELECT" in modifiers else prologue).append(text)
        if names_graph and kind in {"iri", "name"}:
            dataset.append(" ")
            names_graph = False
        if kind == "other":
            depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(text, 0)
        before = before if text.isspace() or kind == "comment" else word
    return _Parts(
        "".join(prologue), "".join(dataset), "".join(body), columns, frozenset(sorted_by), frozenset(modifiers)
    )


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
