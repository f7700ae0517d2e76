"""
Turn names and findings of diseases into the relatives of each: those that it lends its own findings to.

Most diseases of HPO's annotations rest on one or two publications, and what those did not write down is often written
of a disease of the same family. Two diseases are related by name, as the numbered types of a syndrome are, and by the
findings that they share; each kind of relative counts apart, and so nothing but the annotations themselves is needed.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from poems_kg.profiles.ragged import FloatArray, IntArray, Ragged, ragged

NAME_WEIGHT: Final = 4.0
"""All relatives by name together count like so many findings of a disease's own."""
FINDINGS_WEIGHT: Final = 3.0
"""All relatives by findings together count like so many findings of a disease's own."""
NAME_COUNT: Final = 30
"""A disease has at most so many relatives by name."""
FINDINGS_COUNT: Final = 15
"""A disease has at most so many relatives by findings."""
LEAST_NAME_LIKENESS: Final = 0.5
"""Names less alike than this (cosine of their words) do not make relatives."""
NAME_POWER: Final = 4
"""Relatives by name share their weight by this power of likeness."""
FINDINGS_POWER: Final = 2
"""Relatives by findings share their weight by this power of likeness."""
TELLING_NATS: Final = 2.0
"""Information content from which a finding makes diseases alike: what one in seven shows makes no relatives."""

_WORD: Final = re.compile(r"[a-z]{3,}")


@dataclass(frozen=True, slots=True)
class Relatives:
    """For each disease its relatives, and what each counts, in findings of the disease's own."""

    rows: Ragged
    weights: FloatArray


def find_relatives(labels: Sequence[str], profiles: Ragged, strengths: FloatArray, rarity: FloatArray) -> Relatives:
    """
    Find the relatives of every disease.

    :param labels: the name of each disease.
    :param profiles: the findings that each disease shows, with broader ones; ``strengths`` says how strongly.
    :param rarity: the information content of each finding, in nats.
    """
    by_name = _nearest(*_words(labels), NAME_COUNT, LEAST_NAME_LIKENESS)
    by_findings = _nearest(*_telling(profiles, strengths, rarity), FINDINGS_COUNT, 0.0)
    rows: list[list[int]] = []
    weights: list[float] = []
    for named, alike in zip(by_name, by_findings, strict=True):
        counted: dict[int, float] = defaultdict(float)
        for (others, likeness), power, weight in (
            (named, NAME_POWER, NAME_WEIGHT),
            (alike, FINDINGS_POWER, FINDINGS_WEIGHT),
        ):
            shares = likeness**power
            for other, share in zip(
                others.tolist(), (weight * shares / max(shares.sum(), 1e-12)).tolist(), strict=True
            ):
                counted[other] += share
        rows.append(sorted(counted))
        weights += [counted[other] for other in rows[-1]]
    return Relatives(ragged(rows), np.array(weights, np.float32))


def _words(labels: Iterable[str]) -> tuple[Ragged, FloatArray]:
    """The words of each name and their weights: rare words count, "syndrome" hardly does. Names have length one."""
    named = [sorted(set(_WORD.findall(label.lower()))) for label in labels]
    counts = Counter(word for words in named for word in words)
    places = {word: place for place, word in enumerate(sorted(counts))}
    rows = ragged([places[word] for word in words] for words in named)
    values = np.array([np.log(len(named) / counts[word]) for words in named for word in words], np.float64)
    return rows, _of_length_one(rows, values)


def _telling(profiles: Ragged, strengths: FloatArray, rarity: FloatArray) -> tuple[Ragged, FloatArray]:
    """The telling findings of each disease, weighed by strength and rarity. Profiles have length one."""
    owners = np.repeat(np.arange(len(profiles)), profiles.lengths)
    is_telling = rarity[profiles.indices] >= TELLING_NATS
    found = profiles.indices[is_telling]
    ends = np.concatenate([[0], np.cumsum(np.bincount(owners[is_telling], minlength=len(profiles)))]).astype(np.int32)
    rows = Ragged(ends, found)
    return rows, _of_length_one(rows, strengths[is_telling].astype(np.float64) * rarity[found])


def _of_length_one(rows: Ragged, values: FloatArray) -> FloatArray:
    owners = np.repeat(np.arange(len(rows)), rows.lengths)
    lengths = np.sqrt(np.bincount(owners, weights=values**2, minlength=len(rows)))
    scaled: FloatArray = values / np.maximum(lengths, 1e-12)[owners]
    return scaled


def _nearest(rows: Ragged, values: FloatArray, count: int, least: float) -> list[tuple[IntArray, FloatArray]]:
    """For each row the rows that are most like it (cosine), and how much; equal ones in their order."""
    columns = int(rows.indices.max(initial=-1)) + 1
    order = np.argsort(rows.indices, kind="stable")
    owners = np.repeat(np.arange(len(rows), dtype=np.int32), rows.lengths)
    transposed = Ragged(np.searchsorted(rows.indices[order], np.arange(columns + 1)).astype(np.int32), owners[order])
    transposed_values = values[order]
    found: list[tuple[IntArray, FloatArray]] = []
    for row in range(len(rows)):
        stretch = slice(rows.indptr[row], rows.indptr[row + 1])
        places, lengths = places_of(transposed, rows.indices[stretch])
        products = transposed_values[places] * np.repeat(values[stretch], lengths)
        likeness = np.bincount(transposed.indices[places], weights=products, minlength=len(rows)).astype(np.float64)
        likeness[row] = 0.0
        near = np.flatnonzero(likeness > least)
        if len(near) > count:
            near = near[likeness[near] >= np.partition(likeness[near], -count)[-count]]
        best = near[np.argsort(-likeness[near], kind="stable")[:count]]
        found.append((best.astype(np.int32), likeness[best]))
    return found


def places_of(rows: Ragged, chosen: IntArray) -> tuple[IntArray, IntArray]:
    """Where the numbers of some rows stand in ``rows.indices``, one row after the other, and how many each row has."""
    starts = rows.indptr[chosen]
    lengths = rows.indptr[chosen + 1] - starts
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths), lengths
