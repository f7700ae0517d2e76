"""Fold the spellings of a name into one key, so that what people type meets what the graph has."""

import re

_NOT_WORD = re.compile(r"[^\w]+")


def normalise(words: str) -> str:
    """
    Fold case, punctuation and possessives, so that spellings that differ only there are the same.

    >>> normalise("Castleman's  Disease") == normalise("castleman disease")
    True
    """
    folded = words.casefold().replace("'s", "").replace("’s", "")
    return _NOT_WORD.sub(" ", folded).strip()
