"""
Complete what people begin to type, from names in sorted arrays: by the beginning of any word, then by likeness.

Where the names come from is no business of this module; :class:`poems_kg.names.Names` has them.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from poems_kg.spelling import normalise

SCOPES: Final = ("label", "exact", "related", "narrow", "broad", "id")
"""What a name is to its entity; of two names that fit alike, the earlier of these comes first."""

_LAST = "\U0010ffff"
"""Sorts after all that a name can have."""
_SHORTEST_LIKE = 3
"""Characters below which every short name would be like what was typed."""


@dataclass(frozen=True, slots=True)
class Match:
    """
    An entity that what was typed may become. ``name`` is the one of its names that fits, ``scope`` one of
    :data:`SCOPES`; ``category`` is empty where nothing files the entity under one.
    """

    entity_id: str
    label: str
    name: str
    scope: str
    category: str


class Completion:
    """
    Names prepared once, to be found many times.

    :param matches: every name of every entity, with the tier of the entity: a lower one comes first.
    """

    def __init__(self, matches: Iterable[tuple[int, Match]]) -> None:
        keyed = [(tier, match, normalise(match.name)) for tier, match in matches]
        keyed.sort(
            key=lambda entry: (entry[0], SCOPES.index(entry[1].scope), len(entry[2]), entry[2], entry[1].entity_id)
        )
        self._matches = [match for _, match, _ in keyed]
        self._keys = [key for *_, key in keyed]
        # In order of these numbers: the tier, then whether it is the name that begins so or one of its later words.
        size = len(keyed)
        begun: list[tuple[str, int]] = []
        for place, (tier, match, key) in enumerate(keyed):
            begun.append((key, 2 * tier * size + place))
            if match.scope == "id":
                begun.append((key.partition(" ")[2], (2 * tier + 1) * size + place))
            else:
                later = (at + 1 for at, character in enumerate(key) if character == " ")
                begun += [(key[at:], (2 * tier + 1) * size + place) for at in later]
        begun.sort()
        self._begun = [text for text, _ in begun]
        self._order = [number for _, number in begun]
        self._liked = [place for place, match in enumerate(self._matches) if match.scope != "id"]
        self._liked_keys = [self._keys[place] for place in self._liked]

    def complete(self, text: str, category: str = "", count: int = 10, like: float = 60) -> list[Match]:
        """
        Give the entities that a text may become, the best first, each once.

        :param category: only entities of this category; empty for any.
        :param like: how like a name must be that has no word with this beginning, of 100.
        """
        key = normalise(text)
        found: dict[str, Match] = {}
        if not key or count < 1:
            return []
        # Ids begin like many words: "mond" and "poems" are no ids yet.
        takes_ids = ":" in text or any(character.isdigit() for character in text)
        for place in self._places(key, like):
            match = self._matches[place]
            if match.scope == "id" and not takes_ids:
                continue
            if match.entity_id not in found and category in ("", match.category):
                found[match.entity_id] = match
                if len(found) == count:
                    break
        return list(found.values())

    def _places(self, key: str, like: float) -> Iterator[int]:
        size = len(self._matches)
        start, end = self._range(key)
        whole = bisect_left(self._begun, key + "\0", start, end)
        # The name itself before all that only begin so.
        yield from (number % size for number in sorted(self._order[start:whole]) if number // size % 2 == 0)
        yield from (number % size for number in sorted(self._order[start:end]))
        words = key.split()
        if len(words) > 1:
            start, end = self._range(max(words, key=len))
            numbers = sorted(self._order[start:end])
            yield from (n % size for n in numbers if all(f" {word}" in f" {self._keys[n % size]}" for word in words))
        if len(key) >= _SHORTEST_LIKE:
            from rapidfuzz import fuzz, process

            close = process.extract(key, self._liked_keys, scorer=fuzz.ratio, limit=None, score_cutoff=like)
            yield from (self._liked[place] for _, _, place in close)

    def _range(self, key: str) -> tuple[int, int]:
        return bisect_left(self._begun, key), bisect_left(self._begun, key + _LAST)
