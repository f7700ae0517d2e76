"""Parquet: claims, terms and edges as three tables with typed columns, written by pyarrow."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

from poems_kg.claims import CLAIM_COLUMNS
from poems_kg.exports.content import Content, Exportable
from poems_kg.exports.kgx import percent_range
from poems_kg.exports.writing import ExportError

if TYPE_CHECKING:
    import pyarrow as pa

_WHOLE = {"n", "total", "start", "end"}
_REAL = {"low", "high", "percent_low", "percent_high"}
_LISTS = {"parent_ids", "xrefs"}
_PAIRS = {"qualifiers": ("key", "value"), "synonyms": ("scope", "name"), "matches": ("predicate_id", "object_id")}

_SAME = (
    "subject_id", "subject_label", "relation", "object_id", "object_label", "polarity", "certainty", "n", "total",
)  # fmt: skip

CLAIMS = [*CLAIM_COLUMNS, "publication"]
TERMS = [
    "term_id", "label", "category", "is_ours", "definition", "definition_source", "parent_ids", "synonyms", "matches",
    "xrefs", "citation",
]  # fmt: skip
EDGES = [
    "edge_id", "subject_id", "subject_label", "relation", "biolink_predicate", "object_id", "object_label", "origin",
    "polarity", "certainty", "percent_low", "percent_high", "n", "total", "publication",
]  # fmt: skip


def _claim_records(content: Content) -> list[dict[str, Any]]:
    return [
        {column: getattr(claim, column) for column in CLAIM_COLUMNS}
        | {"publication": content.reference(claim.source_id)}
        for claim in content.claims
    ]


def _term_records(content: Content) -> list[dict[str, Any]]:
    return [
        {column: getattr(entity, column) for column in TERMS if column != "term_id"} | {"term_id": entity.entity_id}
        for entity in content.entities.values()
    ]


def _edge_records(content: Content) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for claim in content.edge_claims:
        low, high = percent_range(claim)
        found.append(
            {column: getattr(claim, column) for column in _SAME}
            | {"edge_id": claim.claim_id, "origin": "claim", "percent_low": low, "percent_high": high}
            | {"publication": content.reference(claim.source_id)}
            | {"biolink_predicate": content.vocabulary.relations[claim.relation].biolink or "biolink:related_to"}
        )
    for child, parent in content.is_a:
        labels = {"subject_label": content.entities[child].label, "object_label": content.entities[parent].label}
        about = {"relation": "subclass_of", "biolink_predicate": "biolink:subclass_of", "origin": "ontology"}
        stated = {"polarity": "asserts", "certainty": "established"}
        edge_id = f"{child}--subclass_of--{parent}"
        found.append({"edge_id": edge_id, "subject_id": child, "object_id": parent, **labels, **about, **stated})
    return found


def _schema(columns: list[str]) -> "pa.Schema":
    import pyarrow as pa

    def kind(column: str) -> "pa.DataType":
        if column in _PAIRS:
            return pa.list_(pa.struct([(part, pa.string()) for part in _PAIRS[column]]))
        if column in _LISTS:
            return pa.list_(pa.string())
        if column == "is_ours":
            return pa.bool_()
        return pa.int64() if column in _WHOLE else pa.float64() if column in _REAL else pa.string()

    return pa.schema([(column, kind(column)) for column in columns])


def _cell(column: str, value: Any) -> Any:
    if column in _PAIRS:
        return [dict(zip(_PAIRS[column], pair, strict=True)) for pair in value]
    return None if value == "" else value


def _render(columns: list[str], records: list[dict[str, Any]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{column: _cell(column, record.get(column)) for column in columns} for record in records]
    buffer = BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=_schema(columns)), buffer)
    return buffer.getvalue()


def render_parquet(kg: Exportable) -> dict[str, bytes]:
    """
    Make ``claims.parquet``, ``terms.parquet`` and ``edges.parquet``.

    :raises ExportError: if pyarrow is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise ExportError("parquet needs pyarrow, which is not installed; pip install 'poems-kg[parquet]'") from error
    content = Content(kg)
    return {
        "claims.parquet": _render(CLAIMS, _claim_records(content)),
        "edges.parquet": _render(EDGES, _edge_records(content)),
        "terms.parquet": _render(TERMS, _term_records(content)),
    }
