"""
Turn the index into how much each finding speaks for each disease: made once, then mapped from disk.

The model behind it, with the names of its constants, is in docs/differential.md. A patient's finding is drawn from the
profile of the disease, a finding at a time: first an annotated finding, as often as it is seen; then the same or a
broader one, less often the more is lost on the way (``UPWARD``); then what stands below that, as common as it is among
all diseases. What is drawn so, compared with all diseases together, is a likelihood ratio for each pair of finding and
disease, and is a sum over the broader findings that both have; that is why a column for each finding is all it takes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from poems_kg.differential.pooling import FIGURE_WEIGHT
from poems_kg.differential.relatives import Relatives, find_relatives, places_of
from poems_kg.profiles.index import BOTH_SEXES, FEMALE, MALE, Index
from poems_kg.profiles.ragged import BoolArray, FloatArray, IntArray, Ragged
from poems_kg.profiles.storage import Contents

PRIOR_SHARE: Final = 0.2
"""The share of patients that a finding without any figure has, and to which small cohorts are drawn."""
PRIOR_PATIENTS: Final = 5.0
"""That share weighs like so many patients."""
BAND_PATIENTS: Final = 3.0
"""A row of HPO's annotations with a band or percentage but no count weighs like so many patients."""
UPWARD: Final = 1.0
"""A broader finding is meant instead of the annotated one with a weight of exp(-UPWARD · information lost, in nats)."""
BACKGROUND: Final = 15.0
"""Findings that have nothing to do with the disease count like so many annotated ones."""
LONGEST_RECORD: Final = 60.0
"""No record of a patient has more findings of the disease, however many its profile names."""
LEAST_LENT: Final = 1.0
"""A relative with fewer expected findings lends them as if it had so many."""
UNSEEN: Final = 1.0
"""Added to what all diseases together show of a finding, so that one that none shows has a chance."""
DENSE: Final = 0.2
"""A column with more numbers than this share is kept as a full row: it is added faster."""


@dataclass(frozen=True, slots=True)
class Shares:
    """
    The findings of each profile with the share of patients, by profile, then finding.

    The first profiles are the diseases; after them come those without the findings of the other sex: for each of
    ``limited`` one of women, then one of men.
    """

    profile: IntArray
    finding: IntArray
    share: FloatArray
    limited: IntArray
    count: int


def pool_shares(index: Index) -> Shares:
    """The share of patients with each finding: figures of our claims where there are any, else HPO's annotations."""
    rows, count = index.rows, len(index.diseases)
    used = ~rows.is_negated & _are_phenotypes(index)[rows.finding] & ~_is_overruled(index)
    sexes = rows.sex[used]
    limited = np.unique(rows.disease[used][sexes != BOTH_SEXES])
    parts = [(rows.disease[used], np.ones(len(sexes), np.bool_))]
    for number, sex in enumerate((FEMALE, MALE)):
        place = np.full(count, -1)
        place[limited] = count + number * len(limited) + np.arange(len(limited))
        profile = place[rows.disease[used]]
        parts.append((profile, (profile >= 0) & ((sexes == BOTH_SEXES) | (sexes == sex))))
    patients, having = _figures(index, used)
    keys = np.concatenate([profile[kept].astype(np.int64) for profile, kept in parts]) * len(index.findings)
    keys += np.concatenate([rows.finding[used][kept] for _, kept in parts])
    pairs, inverse = np.unique(keys, return_inverse=True)
    total = np.bincount(inverse, weights=np.concatenate([patients[kept] for _, kept in parts]))
    n = np.bincount(inverse, weights=np.concatenate([having[kept] for _, kept in parts]))
    return Shares(
        profile=(pairs // len(index.findings)).astype(np.int32),
        finding=(pairs % len(index.findings)).astype(np.int32),
        share=((n + PRIOR_PATIENTS * PRIOR_SHARE) / (total + PRIOR_PATIENTS)).astype(np.float32),
        limited=limited.astype(np.int32),
        count=count + 2 * len(limited),
    )


def _are_phenotypes(index: Index) -> BoolArray:
    """Which findings are phenotypic abnormalities, or findings of ours."""
    found = np.zeros(len(index.findings), np.bool_)
    found[index.findings.descendant_rows[index.findings.phenotype_root]] = True
    found[[place for place, name in enumerate(index.findings.ids) if name.startswith("POEMS:")]] = True
    return found


def _is_overruled(index: Index) -> BoolArray:
    """Rows of HPO's annotations of what our claims have a figure for."""
    rows = index.rows
    keys = rows.disease.astype(np.int64) * len(index.findings) + rows.finding
    has_figure = rows.is_curated & ~rows.is_limited & ~rows.is_negated & ~(np.isnan(rows.low) & np.isnan(rows.high))
    overruled: BoolArray = ~rows.is_curated & np.isin(keys, keys[has_figure])
    return overruled


def _figures(index: Index, used: BoolArray) -> tuple[FloatArray, FloatArray]:
    """How many patients each row speaks of, and how many of them have the finding; none where it has no figure."""
    rows = index.rows
    low, high = np.nan_to_num(rows.low[used], nan=0.0), np.nan_to_num(rows.high[used], nan=1.0)
    has_share = ~(np.isnan(rows.low[used]) & np.isnan(rows.high[used])) & ~rows.is_limited[used]
    weight = np.where(rows.is_curated[used], FIGURE_WEIGHT, BAND_PATIENTS)
    patients = np.where(has_share, np.where(rows.total[used] > 0, rows.total[used], weight), 0.0)
    having = patients * (low + high) / 2
    return patients.astype(np.float64), having.astype(np.float64)


def build_weights(index: Index) -> Contents:
    """Make all arrays that :class:`poems_kg.differential.ranking.Ranker` maps."""
    shares = pool_shares(index)
    rarity = index.information_content.astype(np.float64)
    broader, ends = index.findings.ancestor_rows.gather(shares.finding)
    owners = np.repeat(np.arange(len(shares.finding)), np.diff(ends))
    commonness = _commonness(index, shares, broader, owners)
    meant = np.exp(-UPWARD * np.maximum(rarity[shares.finding[owners]] - rarity[broader], 0.0))
    meant /= np.add.reduceat(meant, ends[:-1])[owners]
    profiles, strengths = _sum_pairs(shares.profile[owners], broader, shares.share[owners] * meant, shares.count)
    contents = Contents()
    contents.arrays |= {
        "shares.finding": shares.finding,
        "shares.share": shares.share,
        "shares.starts": np.searchsorted(shares.profile, np.arange(shares.count + 1)).astype(np.int32),
        "limited": shares.limited,
        "is_phenotype": _are_phenotypes(index),
        "commonness": commonness.astype(np.float32),
        "expected": np.bincount(shares.profile, weights=shares.share, minlength=shares.count).astype(np.float32),
    }
    diseases = len(index.diseases)
    own = Ragged(profiles.indptr[: diseases + 1], profiles.indices[: profiles.indptr[diseases]])
    relatives = find_relatives(index.diseases.labels, own, strengths[: len(own.indices)], rarity)
    contents.arrays["relatives.weights"] = relatives.weights
    contents.add_ragged("relatives", relatives.rows)
    _add_columns(contents, relatives, profiles, strengths / commonness[profiles.indices])
    return contents


def _commonness(index: Index, shares: Shares, broader: IntArray, owners: IntArray) -> FloatArray:
    """How likely a finding of any disease is this or a narrower one."""
    is_disease = shares.profile[owners] < len(index.diseases)
    mass = np.bincount(broader[is_disease], weights=shares.share[owners[is_disease]], minlength=len(index.findings))
    total = float(shares.share[shares.profile < len(index.diseases)].sum())
    commonness: FloatArray = (mass + UNSEEN) / (total + UNSEEN)
    return commonness


def _sum_pairs(owners: IntArray, numbers: IntArray, values: FloatArray, count: int) -> tuple[Ragged, FloatArray]:
    """Rows of the different numbers of each owner, and the sum of the values of each."""
    width = int(numbers.max(initial=0)) + 1
    keys = owners.astype(np.int64) * width + numbers
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    sums: FloatArray = np.add.reduceat(values[order], starts)
    ends = np.searchsorted(keys[starts], np.arange(count + 1, dtype=np.int64) * width).astype(np.int32)
    return Ragged(ends, (keys[starts] % width).astype(np.int32)), sums


def _add_columns(contents: Contents, relatives: Relatives, profiles: Ragged, ratios: FloatArray) -> None:
    """For each finding the profiles that it speaks for and how much, with what relatives lend."""
    limited, expected = contents.arrays["limited"], contents.arrays["expected"]
    findings, diseases = len(contents.arrays["commonness"]), len(relatives.rows)
    per_finding = ratios / np.maximum(np.repeat(expected, profiles.lengths), LEAST_LENT)
    columns: list[IntArray] = []
    values: list[FloatArray] = []
    lent = np.zeros(len(profiles))
    for profile, disease in enumerate([*range(diseases), *limited.tolist(), *limited.tolist()]):
        stretch = slice(profiles.indptr[profile], profiles.indptr[profile + 1])
        near = slice(relatives.rows.indptr[disease], relatives.rows.indptr[disease + 1])
        places, lengths = places_of(profiles, relatives.rows.indices[near])
        borrowed = per_finding[places] * np.repeat(relatives.weights[near], lengths)
        summed = np.bincount(
            np.concatenate([profiles.indices[stretch], profiles.indices[places]]),
            weights=np.concatenate([ratios[stretch], borrowed]),
            minlength=findings,
        )
        shown = np.flatnonzero(summed)
        columns.append(shown.astype(np.int32))
        values.append(summed[shown].astype(np.float32))
        lent[profile] = relatives.weights[near].sum()
    recorded = LONGEST_RECORD * (1 - np.exp(-expected / LONGEST_RECORD))
    contents.arrays["denominators"] = np.log(BACKGROUND + recorded + lent).astype(np.float32)
    _store_columns(contents, columns, values, findings)


def _store_columns(contents: Contents, columns: list[IntArray], values: list[FloatArray], findings: int) -> None:
    """Turn rows by profile into columns by finding; the fullest as whole rows."""
    count = len(columns)
    owners = np.repeat(np.arange(count, dtype=np.int32), [len(column) for column in columns])
    numbers, flat = np.concatenate(columns), np.concatenate(values)
    order = np.argsort(numbers, kind="stable")
    ends = np.searchsorted(numbers[order], np.arange(findings + 1)).astype(np.int64)
    owners, flat = owners[order], flat[order]
    full = np.flatnonzero(np.diff(ends) > DENSE * count)
    rows = np.zeros((len(full), count), np.float32)
    row_of = np.full(findings, -1, np.int32)
    row_of[full] = np.arange(len(full))
    for row, finding in enumerate(full.tolist()):
        stretch = slice(ends[finding], ends[finding + 1])
        rows[row, owners[stretch]] = flat[stretch]
    contents.arrays |= {"full.row": row_of, "full": rows, "columns.values": flat}
    contents.add_ragged("columns", Ragged(ends, owners))
