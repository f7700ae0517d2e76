"""Rows of different lengths as two arrays (compressed sparse rows): numbers are mapped from disk, not read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

IntArray: TypeAlias = npt.NDArray[np.integer[Any]]
FloatArray: TypeAlias = npt.NDArray[np.floating[Any]]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ragged:
    """
    Rows of integers. Row ``i`` is ``indices[indptr[i]:indptr[i + 1]]``.

    ``indptr`` has one number more than there are rows.
    """

    indptr: IntArray
    indices: IntArray

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def __getitem__(self, row: int) -> IntArray:
        return self.indices[self.indptr[row] : self.indptr[row + 1]]

    @property
    def lengths(self) -> IntArray:
        """How many numbers each row has."""
        return np.diff(self.indptr)

    def gather(self, rows: IntArray) -> tuple[IntArray, IntArray]:
        """
        The numbers of several rows, one row after the other, and where each row begins, with the end of the last.

        >>> ragged([[5], [6, 7]]).gather(np.array([1, 0, 1]))
        (array([6, 7, 5, 6, 7], dtype=int32), array([0, 2, 3, 5]))
        """
        starts = self.indptr[rows].astype(np.int64)
        lengths = self.indptr[rows + 1].astype(np.int64) - starts
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        places = np.arange(ends[-1]) + np.repeat(starts - ends[:-1], lengths)
        return self.indices[places], ends

    def transposed(self, count: int) -> "Ragged":
        """
        The other way round: for each number below ``count``, the rows that have it, in ascending order.

        >>> ragged([[1], [0, 1]]).transposed(2).indices
        array([1, 0, 1], dtype=int32)
        """
        owners = np.repeat(np.arange(len(self), dtype=np.int32), self.lengths)
        order = np.argsort(self.indices, kind="stable")
        return Ragged(_ends(np.bincount(self.indices, minlength=count)), owners[order])


def _ends(lengths: IntArray) -> IntArray:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]).astype(np.int32)


def ragged(rows: Iterable[Sequence[int]]) -> Ragged:
    """Make rows of lists, in their order."""
    kept = list(rows)
    flat = [number for row in kept for number in row]
    return Ragged(_ends(np.array([len(row) for row in kept], np.int64)), np.array(flat, np.int32))


def unique_pairs(owners: IntArray, numbers: IntArray, owner_count: int, number_count: int) -> Ragged:
    """The different numbers of each owner, ascending, from pairs in any order that may be repeated."""
    keys = np.unique(owners.astype(np.int64) * number_count + numbers)
    lengths = np.bincount(keys // number_count, minlength=owner_count)
    return Ragged(_ends(lengths), (keys % number_count).astype(np.int32))
