"""Classes of other ontologies, and mappings."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from poems_kg.links import (
    MAPPING_COLUMNS,
    UPSTREAM_COLUMNS,
    TermMapping,
    Upstream,
    ancestors,
    parse_mapping,
    parse_upstream,
)

IDS = st.sampled_from([f"X:{number}" for number in range(6)])
SLICES = st.dictionaries(IDS, st.lists(IDS, max_size=3).map(tuple)).map(
    lambda edges: {term_id: Upstream(term_id, "", parents, "", "") for term_id, parents in edges.items()}
)


@given(SLICES, IDS, IDS, IDS)
def test_more_edges_never_take_an_ancestor_away(slice_: dict[str, Upstream], start: str, low: str, high: str) -> None:
    before = ancestors(start, slice_)
    parents = slice_[low].parent_ids if low in slice_ else ()
    after = ancestors(start, slice_ | {low: Upstream(low, "", (*parents, high), "", "")})
    assert before <= after


def test_rows_and_records() -> None:
    record = Upstream("HP:1", "One", ("HP:2", "HP:3"), "", "hp.obo")
    assert parse_upstream((2, dict(zip(UPSTREAM_COLUMNS, record.to_row(), strict=True)))) == record
    cells = dict(zip(MAPPING_COLUMNS, "abcdefghijklm", strict=True))
    mapping = parse_mapping((2, cells))
    assert mapping.to_row() == list("abcdefghijklm")
    assert TermMapping(**cells) == mapping


def test_a_mapping_is_another_one_if_another_set_says_it_or_it_is_denied() -> None:
    mapping = TermMapping(**dict.fromkeys(MAPPING_COLUMNS, "x") | {"predicate_modifier": ""})
    assert not mapping.is_negative
    assert replace(mapping, predicate_modifier="Not").is_negative
    others = [replace(mapping, predicate_modifier="Not"), replace(mapping, mapping_source="y")]
    same = [replace(mapping, comment="y"), replace(mapping, confidence="0.5"), replace(mapping, object_label="y")]
    assert mapping.key not in {other.key for other in others}
    assert {mapping.key} == {other.key for other in same}
