"""
The questions in ``queries/questions``: files with a grlc header, parameters bound as values, answers as rows.

A parameter is a variable named as in grlc: ``?_disease_iri`` (an entity), ``?_letter`` (text), with two underscores
where it may be left out. The header gives ``summary``, ``description``, ``tags``, ``defaults``, ``returns`` (column to
meaning) and ``expects`` (what a test may rely on), with ``takes`` the category that a name is looked up in first, and
with ``needs`` that only the linked graph can answer.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poems_kg.ids import PoemsKgError, expand
from poems_kg.names import Names
from poems_kg.places import queries_dir
from poems_kg.sparql import variables
from poems_kg.store import Row, Store, Value, to_value

if TYPE_CHECKING:
    from rdflib.query import Result
    from rdflib.term import Identifier

__all__ = [
    "Answer",
    "Parameter",
    "Question",
    "QuestionError",
    "Value",
    "answer",
    "bind",
    "find_question",
    "find_questions",
    "read_question",
    "to_answer",
    "to_value",
]

LINKED = "linked"
"""What a question ``needs`` that is about all rare disorders: the graph that ``poems-kg link build`` makes."""

ANY = "all"
"""What is typed for an optional parameter to leave it free."""

_IS_LINKED = 'SELECT ?release WHERE { ?release <https://w3id.org/poems-kg/vocab/release_name> "hpoa" } LIMIT 1'
_PARAMETER = re.compile(r"(__?)([a-z][a-z0-9_]*?)(_iri)?")


class QuestionError(PoemsKgError):
    """A question, parameter or header that is not as it must be."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """
    One parameter. ``variable`` is its name in the query; ``category`` is where an entity is looked up first.
    ``default`` is None where there is none.
    """

    name: str
    variable: str
    is_entity: bool
    is_optional: bool
    default: str | None
    category: str


@dataclass(frozen=True)
class Question:
    """One query file: what its header says, and its SPARQL text."""

    name: str
    header: Mapping[str, Any]
    sparql: str

    @property
    def summary(self) -> str:
        """The question in one line."""
        return str(self.header.get("summary", ""))

    @property
    def description(self) -> str:
        """What a row is, and what to mind."""
        return str(self.header.get("description", ""))

    @property
    def tags(self) -> list[str]:
        """Topics."""
        return list(self.header.get("tags", []))

    @property
    def needs(self) -> str:
        """``linked`` where only the linked graph can answer, else empty."""
        return str(self.header.get("needs", ""))

    @property
    def returns(self) -> dict[str, str]:
        """Meaning by column, in column order."""
        return dict(self.header.get("returns", {}))

    @property
    def expects(self) -> dict[str, Any]:
        """What holds for the answer with the defaults: ``min_rows``, ``includes`` (column to value)."""
        return dict(self.header.get("expects", {}))

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Parameters by name."""
        defaults: dict[str, Any] = {}
        for item in self.header.get("defaults", []):
            defaults |= item
        takes = self.header.get("takes", {})
        found = {}
        for variable in variables(self.sparql):
            match = _PARAMETER.fullmatch(variable)
            if match:
                name = match[2]
                default = None if name not in defaults else str(defaults[name])
                category = takes.get(name, "")
                found[name] = Parameter(name, variable, bool(match[3]), match[1] == "__", default, category)
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """
    Rows of an answer; ``labels`` has a label for every CURIE in them that has one.

    ``notes`` say where an id that was typed has been replaced by another.
    """

    columns: list[str]
    rows: list[dict[str, Value]]
    labels: Mapping[str, str]
    notes: Sequence[str] = ()

    def __iter__(self) -> Iterator[dict[str, Value]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def read_question(path: Path) -> Question:
    """
    Read a query file.

    :raises QuestionError: if it cannot be read or its header is not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(f"{path}: cannot be read ({error}); restore the file") from error
    return _parse(path, text)


@cache
def _parse(path: Path, text: str) -> Question:
    import yaml

    header = "\n".join(line[2:].removeprefix(" ") for line in text.splitlines() if line.startswith("#+"))
    try:
        loaded = yaml.safe_load(header) or {}
    except yaml.YAMLError as error:
        raise QuestionError(f"{path}: the header is not YAML ({error}); mend the lines that start with #+") from error
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#+"))
    return Question(path.stem, loaded, body.strip() + "\n")


def find_questions(folder: str = "questions") -> dict[str, Question]:
    """All query files of a folder below ``queries``, by name."""
    return {path.stem: read_question(path) for path in sorted((queries_dir() / folder).glob("*.rq"))}


def find_question(name: str) -> Question:
    """
    One question by name; hyphens and blanks stand for underscores.

    :raises QuestionError: if there is none of that name; it suggests the nearest.
    """
    from difflib import get_close_matches

    typed = name.strip().casefold().replace("-", "_").replace(" ", "_")
    path = queries_dir() / "questions" / f"{typed}.rq"
    if re.fullmatch(r"\w{1,80}", typed) and path.is_file():
        return read_question(path)
    known = sorted(file.stem for file in path.parent.glob("*.rq"))
    close = get_close_matches(typed[:80], known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else "run 'poems-kg ask' for the list"
    raise QuestionError(f"no question is called {name[:80]!r}; {hint}")


def bind(question: Question, given: Mapping[str, str], names: Names) -> "dict[str, Identifier]":
    """
    Values for the parameters of a question, by variable name; an optional one given as ``all`` is left free.

    :raises QuestionError: for a parameter that the question does not have, or one that is missing.
    :raises UnknownTermError: for an entity that is not in the graph.
    """
    from rdflib import Literal, URIRef

    unknown = set(given) - set(question.parameters)
    if unknown:
        has = ", ".join(question.parameters) or "none"
        raise QuestionError(f"{question.name} has no parameter {', '.join(sorted(unknown))}; it has {has}")
    values: dict[str, Identifier] = {}
    for parameter in question.parameters.values():
        typed = given.get(parameter.name, parameter.default)
        if typed is None or (parameter.is_optional and typed.strip().casefold() == ANY):
            if not parameter.is_optional:
                raise QuestionError(f"{question.name} needs {parameter.name}; give it with -p {parameter.name}=…")
        elif parameter.is_entity:
            values[parameter.variable] = URIRef(expand(names.find(typed, parameter.category)))
        else:
            values[parameter.variable] = Literal(typed)
    return values


def answer(question: Question, given: Mapping[str, str], store: Store, names: Names) -> Answer:
    """
    Ask a question.

    :param given: what was typed for each parameter; the others keep their defaults.
    :raises QuestionError: for a wrong or missing parameter.
    :raises UnknownTermError: for an entity that is not in the graph.
    """
    if question.needs == LINKED and not store.select(_IS_LINKED)[1]:
        raise QuestionError(
            f"{question.name} is about all rare disorders, and this graph has POEMS syndrome and its neighbours only; "
            "run 'poems-kg link build', then ask that graph (in Python: poems_kg.load_linked())"
        )
    values = bind(question, given, names)
    columns, rows = store.select(question.sparql, values)
    typed = (given.get(p.name, p.default) for p in question.parameters.values() if p.is_entity and p.variable in values)
    notes = tuple(note for words in typed if words and (note := names.meaning(words).note))
    return replace(_answer(columns, rows, names), notes=notes)


def to_answer(result: "Result", names: Names) -> Answer:
    """Rows of a SELECT result with CURIEs for IRIs and Python values for literals."""
    variables = result.vars or []
    rows = [[to_value(binding.get(variable)) for variable in variables] for binding in result.bindings]
    return _answer([str(variable) for variable in variables], rows, names)


def _answer(columns: list[str], rows: list[Row], names: Names) -> Answer:
    curies = {value for row in rows for value in row if isinstance(value, str)}
    return Answer(columns, [dict(zip(columns, row, strict=True)) for row in rows], names.labels(sorted(curies)))
