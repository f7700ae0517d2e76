"""Turn CURIEs into IRIs and back by the one prefix map, ``ontology/prefixes.tsv``; root of the error tree."""

import re
from functools import cache

from poems_kg.places import ontology_dir

# No character that an IRI cannot have.
_CURIE = re.compile(r"""[A-Za-z][\w.]*:(?![:/])[^\s<>"{}|\\^`]+""")


class PoemsKgError(ValueError):
    """Any input that this package cannot use; the message says what, where and what to do."""


class UnknownPrefixError(PoemsKgError):
    """A CURIE whose prefix is not in ``ontology/prefixes.tsv``."""


@cache
def prefixes() -> dict[str, str]:
    """Prefix to namespace IRI, as in ``ontology/prefixes.tsv``."""
    path = ontology_dir() / "prefixes.tsv"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PoemsKgError(f"{path}: the prefix map cannot be read ({error}); restore the file") from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != 2 or not all(cells) or cells[0] in found:
            raise PoemsKgError(f"{path}:{number}: not a new prefix, a tab and a namespace; mend this line")
        found[cells[0]] = cells[1]
    return found


def is_curie(text: str) -> bool:
    """
    Say whether a text has the form of a CURIE; its prefix need not be known.

    >>> is_curie("HP:0001271"), is_curie("https://w3id.org/poems-kg/"), is_curie("large liver")
    (True, False, False)
    """
    return _CURIE.fullmatch(text) is not None


def expand(curie: str) -> str:
    """
    Make the IRI of a CURIE.

    :raises UnknownPrefixError: if the prefix is not in ``ontology/prefixes.tsv``.

    >>> expand("HP:0001271")
    'http://purl.obolibrary.org/obo/HP_0001271'
    """
    prefix, _, local = curie.partition(":")
    namespace = prefixes().get(prefix)
    if namespace is None or not local:
        raise UnknownPrefixError(f"{curie}: no known prefix; use one of ontology/prefixes.tsv")
    return namespace + local


@cache
def _namespaces() -> list[tuple[str, str]]:
    return sorted(((iri, prefix) for prefix, iri in prefixes().items()), key=lambda pair: -len(pair[0]))


def compress(iri: str) -> str:
    """
    Make the CURIE of an IRI by the longest namespace that fits; the IRI itself where none does.

    >>> compress("http://purl.obolibrary.org/obo/MONDO_0017364")
    'MONDO:0017364'
    """
    for namespace, prefix in _namespaces():
        if iri.startswith(namespace) and len(iri) > len(namespace):
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri
