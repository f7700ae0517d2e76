"""
Close the profiles of diseases over HPO's is-a: what measures of similarity need of them, ready before any patient.

Findings that only our tables have stand for the nearest classes of HPO above them.
"""

from dataclasses import dataclass

import numpy as np

from poems_kg.profiles.ragged import FloatArray, IntArray, Ragged, unique_pairs


@dataclass(frozen=True, slots=True)
class Closed:
    """
    The profiles of diseases, closed. An *owner* is a disease, by position, or beyond the diseases a class by itself.

    - ``profiles``: for each disease the classes of HPO that it is annotated with.
    - ``weights``: along ``profiles.indices``, the share of patients who have it, above 0 to 1; 1 where nothing is said.
    - ``classes``: every class that a profile has, ascending; the owners beyond the diseases, in this order.
    - ``showing``: for each class of HPO its owners: the diseases annotated with it or with a narrower one, then the
      classes that are it or are narrower.
    - ``least``: along ``showing.indices``, which of the owner's classes at or below that class tells least, of those
      that tell anything; -1 where none does.
    """

    profiles: Ragged
    weights: FloatArray
    classes: IntArray
    showing: Ragged
    least: IntArray


def close(profiles: Ragged, weights: FloatArray, hpo_ancestors: Ragged, content: FloatArray) -> Closed:
    """
    Close profiles of classes of HPO.

    :param content: the information content of each finding.
    """
    count, classes = len(hpo_ancestors), np.unique(profiles.indices)
    owners = len(profiles) + len(classes)
    owned = np.concatenate([profiles.indices, classes])
    owner = np.repeat(np.arange(owners), np.concatenate([profiles.lengths, np.ones(len(classes), np.int64)]))
    broader, ends = hpo_ancestors.gather(owned)
    repeats = np.diff(ends)
    order = np.argsort(np.where(content > 0, content, np.inf), kind="stable")
    rank = np.empty(count, np.int64)
    rank[order] = np.arange(count)
    # By class, then owner, then content: the first of each pair is the least.
    keys = (broader.astype(np.int64) * owners + np.repeat(owner, repeats)) * count + np.repeat(rank[owned], repeats)
    keys.sort()
    pairs, first = np.unique(keys // count, return_index=True)
    least = order[keys[first] % count]
    showing = unique_pairs(pairs // owners, pairs % owners, count, owners)
    return Closed(profiles, weights, classes, showing, np.where(content[least] > 0, least, -1).astype(np.int32))


def profiles_in_hpo(
    disease: IntArray, finding: IntArray, share: FloatArray, disease_count: int, nearest_hpo: Ragged
) -> tuple[Ragged, FloatArray]:
    """
    The classes of HPO that each disease is annotated with, and the mean share of patients who have them.

    :param disease: the disease of each row that says that a finding is present; ``finding`` and ``share`` beside it.
    :param share: 0 to 1, NaN where a row says nothing.
    """
    count = len(nearest_hpo)
    nearest, ends = nearest_hpo.gather(finding)
    owner, part = np.repeat(disease, np.diff(ends)), np.repeat(share, np.diff(ends))
    keys = owner.astype(np.int64) * count + nearest
    profiles = unique_pairs(owner, nearest, disease_count, count)
    places = np.searchsorted(np.unique(keys), keys)
    is_said = ~np.isnan(part)
    said = np.bincount(places[is_said], minlength=len(profiles.indices))
    total = np.bincount(places[is_said], weights=part[is_said], minlength=len(profiles.indices))
    weights = np.where(said > 0, total / np.maximum(said, 1), 1.0)
    return profiles, weights.astype(np.float32)
