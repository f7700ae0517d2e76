"""
Turn CURIEs into IRIs and back by the one prefix map, ``ontology/prefixes.tsv``; root of the error tree.

The prefixes are those that Bioregistry prefers. What other projects write for them (``Orphanet``, ``SCTID``, ``MSH``)
is a synonym there: understood, never written.
"""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from poems_kg.places import ontology_dir

if TYPE_CHECKING:
    from collections.abc import Callable

    from curies import Converter

# No character that an IRI cannot have, and a percent sign only before two hexadecimal digits.
_CURIE = re.compile(
    r"""[A-Za-z][\w.-]*:(?![:/])(?:[^\s\x00-\x20\x7f-\x9f\ud800-\uf8ff\ufff0-\uffff<>"{}|\\^`%]|%[0-9A-Fa-f]{2})+"""
)
_COLUMNS = ["prefix", "namespace", "synonyms"]


class PoemsKgError(ValueError):
    """Any input that this package cannot use; the message says what, where and what to do."""

    def __reduce__(self) -> "tuple[Callable[..., PoemsKgError], tuple[Any, ...]]":
        # Exceptions are pickled as a call of their class with the message, which not every class of ours can be.
        return _restore_error, (type(self), self.args, self.__dict__)


def _restore_error(kind: type[PoemsKgError], args: tuple[Any, ...], attributes: dict[str, Any]) -> PoemsKgError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


class UnknownPrefixError(PoemsKgError):
    """A CURIE whose prefix is not in ``ontology/prefixes.tsv``."""


@cache
def _prefix_table() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Namespace and synonyms by prefix."""
    path = ontology_dir() / "prefixes.tsv"
    try:
        header, *lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise PoemsKgError(f"{path}: the prefix map cannot be read ({error}); restore the file") from error
    if header.split("\t") != _COLUMNS:
        raise PoemsKgError(f"{path}:1: the header is not what it must be; write the columns {' · '.join(_COLUMNS)}")
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    taken: set[str] = set()
    for number, line in enumerate(lines, start=2):
        prefix, *cells = line.split("\t")
        synonyms = tuple(cells[1].split("|")) if len(cells) == 2 and cells[1] else ()
        names = {prefix, *synonyms}
        if len(cells) != 2 or not prefix or not cells[0] or "" in names or names & taken:
            raise PoemsKgError(
                f"{path}:{number}: not a new prefix, a namespace and new synonyms parted by |; mend this line"
            )
        taken |= names
        found[prefix] = cells[0], synonyms
    return found


@cache
def prefixes() -> dict[str, str]:
    """Prefix to namespace IRI, as in ``ontology/prefixes.tsv``."""
    return {prefix: namespace for prefix, (namespace, _) in _prefix_table().items()}


@cache
def _converter() -> "Converter":
    # To import curies takes as long as to load the graph; who only loads it does not pay for that.
    from curies import Converter, Record

    return Converter(
        [
            Record(prefix=prefix, uri_prefix=namespace, prefix_synonyms=list(synonyms))
            for prefix, (namespace, synonyms) in _prefix_table().items()
        ]
    )


@cache
def _preferred() -> dict[str, str]:
    """The prefix by any of its names in lower case."""
    return {
        name.casefold(): prefix for prefix, (_, synonyms) in _prefix_table().items() for name in (*synonyms, prefix)
    }


def is_curie(text: str) -> bool:
    """
    Say whether a text has the form of a CURIE; its prefix need not be known.

    >>> is_curie("HP:0001271"), is_curie("https://w3id.org/poems-kg/"), is_curie("large liver")
    (True, False, False)
    """
    return _CURIE.fullmatch(text) is not None


def is_known(curie: str) -> bool:
    """
    Say whether a CURIE has a prefix of our map, by its preferred name.

    >>> is_known("ORPHA:2905"), is_known("Orphanet:2905")
    (True, False)
    """
    return is_curie(curie) and curie.partition(":")[0] in prefixes()


def standardize(curie: str) -> str:
    """
    Give a CURIE the prefix of our map, whichever of its names it has and in any case; others stay as they are.

    >>> standardize("Orphanet:2905"), standardize("sctid:79268002"), standardize("XX:1")
    ('ORPHA:2905', 'snomedct:79268002', 'XX:1')
    """
    prefix, colon, local = curie.partition(":")
    return f"{_preferred().get(prefix.casefold(), prefix)}{colon}{local}"


@lru_cache(maxsize=1 << 16)
def expand(curie: str) -> str:
    """
    Make the IRI of a CURIE.

    :raises UnknownPrefixError: if the prefix is not in ``ontology/prefixes.tsv``.

    >>> expand("HP:0001271"), expand("Orphanet:2905")
    ('http://purl.obolibrary.org/obo/HP_0001271', 'http://www.orpha.net/ORDO/Orphanet_2905')
    """
    iri = _converter().expand(curie) if curie.partition(":")[2] else None
    if iri is None:
        raise UnknownPrefixError(f"{curie}: no known prefix; use one of ontology/prefixes.tsv")
    return iri


@lru_cache(maxsize=1 << 16)
def compress(iri: str) -> str:
    """
    Make the CURIE of an IRI by the longest namespace that fits; the IRI itself where none does.

    >>> compress("http://purl.obolibrary.org/obo/MONDO_0017364")
    'MONDO:0017364'
    """
    curie = _converter().compress(iri)
    return iri if curie is None or curie.endswith(":") else curie
