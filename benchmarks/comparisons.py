"""
Compare one disorder with all others: as SPARQL in several forms, and in plain Python, which says what is right.

Counted is how many findings of HPO each disorder shares with POEMS syndrome, the broader ones included.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import pyoxigraph as ox

from poems_kg.ids import expand
from poems_kg.rdf import SUBCLASS_OF, iri
from poems_kg.releases.joining import TELLING_BITS

POEMS = "MONDO:0017364"
HPO = "http://purl.obolibrary.org/obo/HP_"

Counts = dict[str, int]
"""Number of shared findings by the IRI of a disorder; who shares none is left out."""

_PREFIXES = f"""PREFIX kg: <https://w3id.org/poems-kg/vocab/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX poems: <{expand(POEMS)}>
"""
_FINDINGS = f"""FILTER(STRSTARTS(STR(?finding), "{HPO}"))"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A query whose first column is a disorder and whose last is the number of findings that it shares."""

    name: str
    sparql: str
    expected: str
    """Which of the counts of :func:`count_in_python` it must give."""


COMPARISONS = [
    Comparison(
        "`kg:shows`, materialised",
        _PREFIXES
        + """SELECT ?other (COUNT(?finding) AS ?shared) WHERE {
  poems: kg:shows ?finding .
  ?other kg:shows ?finding .
} GROUP BY ?other""",
        "shown",
    ),
    Comparison(
        "inner query of `most_similar_disorders`",
        _PREFIXES
        + f"""SELECT ?other (SUM(?content) AS ?common) (COUNT(?finding) AS ?shared) WHERE {{
  {{
    SELECT ?finding ?content WHERE {{
      poems: kg:shows ?finding .
      ?finding kg:information_content ?content
      FILTER(?content >= {TELLING_BITS:g})
    }}
  }}
  ?other kg:shows ?finding .
}} GROUP BY ?other""",
        "telling",
    ),
    Comparison(
        "`rdfs:subClassOf*`, findings of POEMS in a subquery",
        _PREFIXES
        + f"""SELECT ?other (COUNT(DISTINCT ?finding) AS ?shared) WHERE {{
  {{
    SELECT DISTINCT ?finding WHERE {{
      ?mine kg:annotated_disorder poems: ; kg:annotated_finding ?direct .
      ?direct rdfs:subClassOf* ?finding .
      {_FINDINGS}
    }}
  }}
  ?narrower rdfs:subClassOf* ?finding .
  ?theirs kg:annotated_finding ?narrower ; kg:annotated_disorder ?other .
}} GROUP BY ?other""",
        "annotated",
    ),
    Comparison(
        "`rdfs:subClassOf*`, on both sides alike",
        _PREFIXES
        + f"""SELECT ?other (COUNT(DISTINCT ?finding) AS ?shared) WHERE {{
  ?mine kg:annotated_disorder poems: ; kg:annotated_finding ?direct .
  ?direct rdfs:subClassOf* ?finding .
  ?theirs kg:annotated_disorder ?other ; kg:annotated_finding ?narrower .
  ?narrower rdfs:subClassOf* ?finding .
  {_FINDINGS}
}} GROUP BY ?other""",
        "annotated",
    ),
]


def count_in_python(store: ox.Store) -> dict[str, Counts]:
    """
    What the comparisons must give, from the rows of the annotations and without SPARQL.

    ``shown`` goes up HPO as the linked graph closes it (``kg:within``) and leaves out what was seen in no patient;
    ``telling`` besides what more than one disorder in sixteen shows. ``annotated`` has all rows that are not negated,
    and follows ``rdfs:subClassOf`` through all graphs, ours among them.
    """
    in_none = {row for row, most in _pairs(store, iri("kg:frequency_high")) if float(most) == 0}
    within: dict[str, set[str]] = defaultdict(set)
    for finding, broader in _pairs(store, iri("kg:within")):
        within[finding].add(broader)
    parents: dict[str, set[str]] = defaultdict(set)
    for narrower, broader in _pairs(store, SUBCLASS_OF):
        parents[narrower].add(broader)
    bits = {finding: float(amount) for finding, amount in _pairs(store, iri("kg:information_content"))}
    telling = {finding for finding, amount in bits.items() if amount >= TELLING_BITS}
    disorder = expand(POEMS)
    shown = with_broader(_findings(store, in_none), lambda finding: within[finding])
    closed = with_broader(
        _findings(store, set()), lambda finding: {above for above in climb(finding, parents) if above.startswith(HPO)}
    )
    return {
        "shown": share(shown, shown.get(disorder, set())),
        "telling": share(shown, shown.get(disorder, set()) & telling),
        "annotated": share(closed, closed.get(disorder, set())),
    }


def _pairs(store: ox.Store, predicate: ox.NamedNode) -> Iterable[tuple[str, str]]:
    for quad in store.quads_for_pattern(None, predicate, None):
        if not isinstance(quad.subject, ox.Triple) and not isinstance(quad.object, ox.Triple):
            yield quad.subject.value, quad.object.value


def _findings(store: ox.Store, left_out: set[str]) -> dict[str, set[str]]:
    """The findings that each disorder is annotated with, but for some rows."""
    disorders = dict(_pairs(store, iri("kg:annotated_disorder")))
    found: dict[str, set[str]] = defaultdict(set)
    for row, finding in _pairs(store, iri("kg:annotated_finding")):
        if row not in left_out:
            found[disorders[row]].add(finding)
    return found


def climb(start: str, parents: Mapping[str, Iterable[str]]) -> set[str]:
    """A class and all above it; a cycle does no harm."""
    found, waiting = {start}, [start]
    while waiting:
        new = set(parents.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def with_broader(direct: Mapping[str, Iterable[str]], above: Callable[[str], set[str]]) -> dict[str, set[str]]:
    """The findings of each disorder with those above them; each finding is looked up once."""
    climbed = cache(above)
    return {disorder: set[str]().union(*map(climbed, findings)) for disorder, findings in direct.items()}


def share(shown: Mapping[str, Iterable[str]], of: Iterable[str]) -> Counts:
    """How many of some findings each disorder shows."""
    wanted = set(of)
    return {disorder: count for disorder, findings in shown.items() if (count := len(wanted.intersection(findings)))}


def judge(found: Mapping[str, int], expected: Mapping[str, int]) -> str:
    """Say whether counts are right, and otherwise how many are wrong and by how much."""
    off = [found[disorder] - count for disorder, count in expected.items() if disorder in found]
    low, high = [-by for by in off if by < 0], [by for by in off if by > 0]
    lost, more = expected.keys() - found.keys(), found.keys() - expected.keys()
    if not (low or high or lost or more):
        return f"all {len(expected):,} right"
    said = [
        f"{len(by):,} too {word}, by {statistics.median(by):g} in the median and {max(by)} at most"
        for word, by in (("low", low), ("high", high))
        if by
    ]
    said += [f"{len(lost):,} missing"] if lost else []
    said += [f"{len(more):,} that share nothing"] if more else []
    return f"WRONG: of {len(expected):,}, " + "; ".join(said)
