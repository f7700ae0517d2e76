"""Find the identifiers in a text that lead somewhere, so that a page can make links of them."""

import re
from typing import Final

from poems_kg.ids import PoemsKgError, expand

_LINKED: Final = frozenset({"PMID", "DOI", "HP", "MONDO", "ORPHA", "OMIM", "LOINC", "NCIT", "MAXO"})
_FOUND: Final = re.compile(
    r"(?<![\w:/])(?:"
    r"(?P<curie>PMID:\s?\d{1,9}|(?:HP|MONDO):\d{7}|(?:ORPHA|OMIM):\d{1,7}|MAXO:\d{7}|NCIT:C\d+|LOINC:\d+-\d)(?!\w)"
    r"|(?P<doi>(?:DOI|doi):\s?10\.\d{4,9}/[^\s\"'<>;,|]+)"
    r"|(?P<url>https?://[^\s\"'<>|]+))"
)


def link_parts(text: str) -> list[tuple[str, str]]:
    """
    Cut a text into words and identifiers, each with its address, empty for words.

    >>> link_parts("PMID:22547581, table 2")
    [('PMID:22547581', 'http://www.ncbi.nlm.nih.gov/pubmed/22547581'), (', table 2', '')]
    """
    parts: list[tuple[str, str]] = []
    end = 0
    for found in _FOUND.finditer(text):
        words = found.group().rstrip(".,")
        if words.endswith(")") and "(" not in words:
            words = words.rstrip(").,")
        parts += [(text[end : found.start()], ""), (words, _address(words))]
        end = found.start() + len(words)
    parts.append((text[end:], ""))
    return [part for part in parts if part[0]]


def _address(words: str) -> str:
    if words.startswith("http"):
        return words
    prefix, _, local = words.partition(":")
    try:
        return expand(f"{prefix.upper()}:{local.strip()}") if prefix.upper() in _LINKED else ""
    except PoemsKgError:
        return ""
