"""
The findings of a patient: every class of HPO in use and the findings that only our tables have, by id and by name.

Two hierarchies are kept. ``ancestors`` follows is-a of HPO and of our tables, which file some classes of HPO below
groups of their own ("Enlarged liver or spleen"). ``hpo_ancestors`` follows HPO's alone, as similarity must.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from poems_kg.ids import compress, is_curie, standardize
from poems_kg.patients.terms import UnknownFindingError
from poems_kg.profiles.ragged import IntArray, Ragged
from poems_kg.profiles.storage import read_ragged, read_texts
from poems_kg.spelling import normalise

SCOPES: Final = ("label", "exact", "related", "narrow", "broad")
"""How a name stands to its finding, the best first."""
_UNDERSCORED: Final = re.compile(r"([A-Za-z]+)_([0-9]+)")
_LIKE: Final = 60
"""How like a name must be to be suggested, of 100."""


@dataclass(frozen=True, slots=True)
class FindingNames:
    """
    Labels by position; position and scope by normalised name; what became of ids that are not in use.

    ``replaced`` gives the id in use for an alternative or obsolete id; ``retired`` the ids that may stand in place of
    an obsolete one which nothing replaces.
    """

    labels: list[str]
    synonyms: list[list[str]]
    keys: dict[str, list[int]]
    replaced: dict[str, str]
    retired: dict[str, list[str]]


class Findings:
    """
    Findings by position. HPO's come first, by id, then those of our tables; a position fits every array of the index.

    ``ancestor_rows`` and ``descendant_rows`` are of both hierarchies together. ``hpo_ancestor_rows`` holds classes of
    HPO only: for a class of HPO itself and those above it by HPO's is-a, for a finding of ours the classes of HPO
    above it. ``hpo_parent_rows`` has the direct ones that HPO has;
    ``nearest_hpo_rows`` has a class of HPO itself, or the most specific ones above a finding of ours.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ids: list[str] = read_texts(folder, "finding_ids")
        self.ancestor_rows: Ragged = read_ragged(folder, "ancestors")
        self.descendant_rows: Ragged = read_ragged(folder, "descendants")
        self.hpo_ancestor_rows: Ragged = read_ragged(folder, "hpo_ancestors")
        self.hpo_parent_rows: Ragged = read_ragged(folder, "hpo_parents")
        self.nearest_hpo_rows: Ragged = read_ragged(folder, "nearest_hpo")

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {finding_id: position for position, finding_id in enumerate(self.ids)}

    @cached_property
    def names(self) -> FindingNames:
        """Labels and synonyms; read when first asked for."""
        return FindingNames(**read_texts(self._folder, "finding_names"))

    def position(self, finding_id: str) -> int:
        """
        The place of a finding in every array.

        :raises UnknownFindingError: if the id is not in use.
        """
        try:
            return self._positions[finding_id]
        except KeyError:
            raise UnknownFindingError(finding_id) from None

    def positions(self, finding_ids: Iterable[str]) -> IntArray:
        """The places of findings, in their order; see :meth:`position`."""
        return np.array([self.position(finding_id) for finding_id in finding_ids], np.int32)

    def label(self, finding_id: str) -> str:
        """
        The label of a finding.

        :raises UnknownFindingError: if the id is not in use.
        """
        return self.names.labels[self.position(finding_id)]

    def synonyms(self, finding_id: str) -> list[str]:
        """The synonyms of a finding, of any scope; see :meth:`label`."""
        return self.names.synonyms[self.position(finding_id)]

    def ancestors(self, finding_id: str) -> frozenset[str]:
        """
        A finding and all broader ones, of HPO and of our tables.

        :raises UnknownFindingError: if the id is not in use.
        """
        return self._named(self.ancestor_rows[self.position(finding_id)])

    def descendants(self, finding_id: str) -> frozenset[str]:
        """A finding and all narrower ones; see :meth:`ancestors`."""
        return self._named(self.descendant_rows[self.position(finding_id)])

    def _named(self, positions: IntArray) -> frozenset[str]:
        return frozenset(self.ids[position] for position in positions.tolist())

    def is_phenotype(self, finding_id: str) -> bool:
        """Whether it is a phenotypic abnormality of HPO or a finding of ours; an id that is not in use is neither."""
        position = self._positions.get(finding_id)
        if position is None:
            return False
        return finding_id.startswith("POEMS:") or self.phenotype_root in self.ancestor_rows[position]

    @cached_property
    def phenotype_root(self) -> int:
        """The position of HP:0000118, "Phenotypic abnormality"."""
        return self.position("HP:0000118")

    # --- What people type ---

    def find(self, text: str) -> tuple[str, str]:
        """
        The finding that is meant by an id, IRI, label or synonym, and a note where it is not called so today.

        :raises UnknownFindingError: if nothing is called so; it suggests the nearest.
        """
        typed = text.strip()
        curie = compress(typed) if typed.startswith(("http://", "https://")) else _UNDERSCORED.sub(r"\1:\2", typed)
        if is_curie(curie):
            return self._find_id(standardize(curie))
        return self._find_name(typed)

    def _find_id(self, curie: str) -> tuple[str, str]:
        if curie in self._positions:
            return curie, ""
        if current := self.names.replaced.get(curie):
            return current, f"{curie} is now {current}"
        if curie in self.names.retired:
            nearest = [(other, self.label(other)) for other in self.names.retired[curie] if other in self._positions]
            raise UnknownFindingError(f"{curie} (obsolete, and nothing replaces it)", nearest)
        raise UnknownFindingError(curie)

    def _find_name(self, typed: str) -> tuple[str, str]:
        scope, *positions = self.names.keys.get(normalise(typed), [0])
        if not positions:
            raise UnknownFindingError(typed, self.nearest(typed))
        meant = [(self.ids[position], self.names.labels[position]) for position in positions]
        if len(meant) > 1:
            raise UnknownFindingError(f"{typed} (a name of several findings, so not of one)", meant[:3])
        finding_id, label = meant[0]
        is_exact = SCOPES[scope] in ("label", "exact")
        return finding_id, "" if is_exact else f"{typed!r} is a {SCOPES[scope]} synonym of {finding_id} ({label})"

    def nearest(self, text: str, count: int = 3) -> list[tuple[str, str]]:
        """The findings whose names are most like some words, as (id, label)."""
        from rapidfuzz import fuzz, process

        key = normalise(text)
        if not key:
            return []
        keys = self.names.keys
        close = process.extract(key, keys.keys(), scorer=fuzz.ratio, limit=3 * count, score_cutoff=_LIKE)
        found = dict.fromkeys(position for name, _, _ in close for position in keys[name][1:])
        return [(self.ids[position], self.names.labels[position]) for position in found][:count]
