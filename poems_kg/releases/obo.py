"""
Read OBO files, whole, into classes; which ids and edges are of use is settled elsewhere.

obonet reads them, because it takes the files as they are published: stricter readers refuse some releases for a
malformed cross-reference. What a lenient reader would let pass is checked here, such as a file that is cut off.
"""

import re
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

from poems_kg.releases.opening import ReleaseError, open_text
from poems_kg.releases.records import Ontology, OntologyClass

_START = re.compile(r"^(?:format-version:|\[Term\])", re.MULTILINE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*([A-Z]*)')
_ESCAPED = re.compile(r"\\(.)")


def read_obo(path: Path) -> Ontology:
    """
    Read an OBO file, plain or gzip.

    :raises ReleaseError: if it is no OBO file, has no class, or is cut off: its last line has no end, its last class
        no name, or classes of its own name parents that are not in it.
    """
    try:
        import obonet
    except ImportError as error:
        raise ReleaseError(f"{error.name} is missing; install poems-kg with its 'link' extra") from error
    with open_text(path, "an OBO file") as lines:
        text = lines.read()
    if not _START.search(text, 0, 1 << 16):
        raise ReleaseError(f"{path}: has no OBO header and no [Term]; it is no OBO file")
    if not text.endswith("\n"):
        last = text.count("\n") + 1
        raise ReleaseError(f"{path}:{last}: the last line has no end; the file is cut off, fetch it again")
    try:
        graph = obonet.read_obo(StringIO(text), ignore_obsolete=False)
    except (ValueError, KeyError, AssertionError) as error:
        raise ReleaseError(f"{path}: not OBO ({str(error).splitlines()[0]}); fetch the file again") from error
    classes = {term_id: _to_class(term_id, data) for term_id, data in graph.nodes(data=True) if "name" in data}
    _check_whole(path, classes, {edge[1] for edge in graph.edges(keys=True) if edge[2] == "is_a"})
    return Ontology(_version(graph.graph), classes)


def _version(header: dict[str, Any]) -> str:
    version = header.get("data-version") or header.get("date") or ""
    return str(version[0] if isinstance(version, list) else version)


def _to_class(term_id: str, data: dict[str, Any]) -> OntologyClass:
    definition = _QUOTED.match(data.get("def", ""))
    synonyms = [match for words in data.get("synonym", []) if (match := _QUOTED.match(words))]
    return OntologyClass(
        term_id,
        data["name"],
        _plain(definition[1]) if definition else "",
        tuple(data.get("is_a", ())),
        tuple((match[2].casefold() or "related", _plain(match[1])) for match in synonyms),
        tuple(xref.split(" ", 1)[0] for xref in data.get("xref", ())),
        tuple(data.get("alt_id", ())),
        data.get("is_obsolete") == "true",
        tuple(data.get("replaced_by", ())),
        tuple(data.get("consider", ())),
    )


def _plain(words: str) -> str:
    return _ESCAPED.sub(r"\1", words)


def _check_whole(path: Path, classes: dict[str, OntologyClass], parents: set[str]) -> None:
    """A file may leave out classes of other ontologies, but not those of its own."""
    if not classes:
        raise ReleaseError(f"{path}: has no class with a name; it is cut off, or no ontology")
    prefixes = Counter(term_id.partition(":")[0] for term_id in classes)
    own = prefixes.most_common(1)[0][0]
    missing = sorted(parent for parent in parents if parent.startswith(f"{own}:") and parent not in classes)
    if missing:
        raise ReleaseError(
            f"{path}: {missing[0]} and {len(missing) - 1} more parents are not in it; it is cut off, fetch it again"
        )
