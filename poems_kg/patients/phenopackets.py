"""
Turn a GA4GH Phenopacket v2, as the object that its JSON is, into a patient.

JSON is read by hand: protobuf's own reader takes 35 times as long. What is no Phenopacket v2 (version 1, a family, a
cohort, a field that the part with the findings does not have) is refused.
"""

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

from poems_kg.ids import standardize
from poems_kg.patients.ages import AgeError, Moment, not_before, read_instant, read_moment
from poems_kg.patients.collecting import Collector, read_sex
from poems_kg.patients.measuring import weigh
from poems_kg.patients.patient import Measurement, Patient, RecordError
from poems_kg.patients.terms import Terms
from poems_kg.patients.units import UnitError, convert

Object: TypeAlias = Mapping[str, object]

PACKET_FIELDS = frozenset(
    {
        "id",
        "subject",
        "phenotypicFeatures",
        "measurements",
        "biosamples",
        "interpretations",
        "diseases",
        "medicalActions",
        "files",
        "metaData",
    }
)
FEATURE_FIELDS = frozenset(
    {"description", "type", "excluded", "severity", "modifiers", "onset", "resolution", "evidence"}
)
MEASUREMENT_FIELDS = frozenset({"description", "assay", "value", "complexValue", "timeObserved", "procedure"})
QUANTITY_FIELDS = frozenset({"unit", "value", "referenceRange"})
_VERSION_1 = "this is a Phenopacket of version 1; convert it to version 2 with phenopacket-tools"
_NOTHING: Object = {}
_NO_MOMENT = Moment()
_standardized = lru_cache(1 << 16)(standardize)
_SIGNS = PACKET_FIELDS - {"id", "files"} | {"phenotypic_features", "meta_data", "proband", "members"}


def is_phenopacket(record: Object) -> bool:
    """Say whether an object looks like a Phenopacket of any version, or like a family or cohort of such."""
    return not record.keys().isdisjoint(_SIGNS)


def read_phenopacket(record: Object, terms: Terms, place: str) -> Patient:
    """
    Read one Phenopacket.

    :param place: file and line, for the notes.
    :raises RecordError: if it is no Phenopacket v2, has no id or no findings, or contradicts itself.
    """
    if "phenotypic_features" in record or "meta_data" in record:
        record = camel_case(record)
    _refuse_others(record)
    collector = Collector(terms, place)
    subject = _object(record, "subject", "subject")
    patient_id = _text(record, "id") or _text(subject, "id")
    if not patient_id:
        raise RecordError("id", "neither the Phenopacket nor its subject has an id; add one")
    for name in sorted(record.keys() - PACKET_FIELDS):
        collector.note(name, "not a field of Phenopacket v2; not read")
    born = _born(collector, subject)
    now = _moment(collector, subject, "timeAtLastEncounter", "subject", born)
    for where, feature in _objects(record, "phenotypicFeatures", "phenotypicFeatures"):
        _add_feature(collector, where, feature, now, born)
    collector.settle()
    sex = read_sex(collector, "subject.sex", subject.get("sex"))
    return collector.patient(
        patient_id,
        sex,
        now.age,
        weigh(collector, _measurements(collector, record, born), sex, now.age),
        _disease_ids(record),
        where="phenotypicFeatures",
    )


def camel_case(record: Object) -> Object:
    """Give fields their JSON names; protobuf's JSON may also have those of the schema (``phenotypic_features``)."""
    return {_camel(name): _camel_within(value) for name, value in record.items()}


def _camel_within(value: object) -> object:
    if isinstance(value, Mapping):
        return camel_case(value)
    return [_camel_within(item) for item in value] if isinstance(value, list) else value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other[:1].upper() + other[1:] for other in others)


def _refuse_others(record: Object) -> None:
    for name, what in (("proband", "a family"), ("members", "a cohort")):
        if name in record:
            raise RecordError(name, f"this is {what} of Phenopackets; write each Phenopacket as a record of its own")
    version = _text(_object(record, "metaData", "metaData"), "phenopacketSchemaVersion")
    old = next((name for name in ("genes", "variants") if name in record), "")
    if version.startswith("1") or old:
        where = "metaData.phenopacketSchemaVersion" if version.startswith("1") else old
        raise RecordError(where, _VERSION_1)


def _add_feature(collector: Collector, where: str, feature: Object, now: Moment, born: float | None) -> None:
    if "negated" in feature:
        raise RecordError(f"{where}.negated", _VERSION_1)
    _refuse_unknown(feature, FEATURE_FIELDS, where)
    is_excluded = feature.get("excluded") or False
    if not isinstance(is_excluded, bool):
        raise RecordError(f"{where}.excluded", f"{is_excluded!r} is neither true nor false; write one of them")
    term_id, label = _term(feature, "type", where)
    finding_id = collector.add(f"{where}.type", term_id, label, is_excluded=is_excluded)
    if not finding_id or is_excluded or ("onset" not in feature and "resolution" not in feature):
        return
    onset = _moment(collector, feature, "onset", where, born)
    if not_before(now, onset) is False:
        collector.note(f"{where}.onset", "begins after the last encounter; counted all the same")
    if feature.get("resolution") is None:
        return
    end = _moment(collector, feature, "resolution", where, born)
    if not_before(end, onset) is False:
        collector.note(f"{where}.resolution", "ends before it begins; counted as present")
    elif not_before(now, end) is not False:
        collector.resolved.add(finding_id)
        collector.note(
            f"{where}.resolution",
            f"{collector.terms.name(finding_id)} is past; it counts, for criteria ask what has ever been found",
        )


def _measurements(collector: Collector, record: Object, born: float | None) -> Iterator[tuple[Measurement, Moment]]:
    for where, item in _objects(record, "measurements", "measurements"):
        _refuse_unknown(item, MEASUREMENT_FIELDS, where)
        moment = _moment(collector, item, "timeObserved", where, born)
        assay = _term(item, "assay", where)
        specimen = _term(_object(item, "procedure", f"{where}.procedure"), "bodySite", f"{where}.procedure")
        if item.get("complexValue") is not None:
            parts = _object(item, "complexValue", f"{where}.complexValue")
            for inner, part in _objects(parts, "typedQuantities", f"{where}.complexValue.typedQuantities"):
                part_type = _term(part, "type", inner)
                value: Object = {"quantity": part.get("quantity")}
                yield _measurement(collector, part_type, value, specimen, inner), moment
        else:
            value = _object(item, "value", f"{where}.value")
            yield _measurement(collector, assay, value, specimen, where), moment


def _measurement(
    collector: Collector, assay: tuple[str, str], value: Object, specimen: tuple[str, str], where: str
) -> Measurement:
    result_id, result_label = _term(value, "ontologyClass", f"{where}.value")
    place = f"{where}.value.quantity"
    quantity = _object(value, "quantity", place)
    _refuse_unknown(quantity, QUANTITY_FIELDS, place)
    unit = _unit(quantity, place)
    low, high = _range(collector, quantity, unit, f"{place}.referenceRange")
    return Measurement(
        *assay,
        _number(quantity, "value", place),
        unit,
        result_id or result_label,
        specimen[1] or specimen[0],
        low,
        high,
        where,
    )


def _range(collector: Collector, quantity: Object, unit: str, where: str) -> tuple[float | None, float | None]:
    """The bounds of normal values in the unit of the value; none where they cannot be turned into it."""
    bounds = _object(quantity, "referenceRange", where)
    its_unit = _unit(bounds, where) or unit
    try:
        # Protobuf cannot tell a bound of 0 from none; nothing that we judge by a range lies below 0.
        low, high = (
            convert(bound, its_unit, unit) if bound and its_unit != unit else bound or None
            for bound in (_number(bounds, name, where) for name in ("low", "high"))
        )
    except UnitError as error:
        collector.note(where, f"{error}; the range is not used")
        return None, None
    return low, high


def _unit(quantity: Object, where: str) -> str:
    """The UCUM code of a unit; of one that another vocabulary names, its label."""
    unit_id, label = _term(quantity, "unit", where)
    prefix, _, code = unit_id.partition(":")
    return code if code and prefix.upper() == "UCUM" else label or unit_id


def _number(holder: Object, name: str, where: str) -> float | None:
    value = holder.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RecordError(f"{where}.{name}", f"{value!r} is no number; write one")
    return float(value)


def _disease_ids(record: Object) -> tuple[str, ...]:
    """Diseases that the record names, whether in its list or as the diagnosis of an interpretation."""
    found = [
        _term(disease, "term", where)[0]
        for where, disease in _objects(record, "diseases", "diseases")
        if disease.get("excluded") is not True
    ]
    for where, item in _objects(record, "interpretations", "interpretations"):
        diagnosis = _object(item, "diagnosis", f"{where}.diagnosis")
        found.append(_term(diagnosis, "disease", f"{where}.diagnosis")[0])
    return tuple(dict.fromkeys(filter(None, found)))


def _born(collector: Collector, subject: Object) -> float | None:
    stamp = _text(subject, "dateOfBirth")
    try:
        return read_instant(stamp) if stamp else None
    except AgeError as error:
        collector.note("subject.dateOfBirth", f"{error}; not used")
        return None


def _moment(collector: Collector, holder: Object, name: str, where: str, born: float | None) -> Moment:
    """The time in a field, with a note where it cannot be or is not exact."""
    if holder.get(name) is None:
        return _NO_MOMENT
    element = _object(holder, name, f"{where}.{name}")
    try:
        moment = read_moment(element, born)
    except AgeError as error:
        collector.note(f"{where}.{name}", f"{error}; the time is left unknown")
        return _NO_MOMENT
    if moment.note and name == "timeAtLastEncounter":
        collector.note(f"{where}.{name}", moment.note)
    return moment


def _refuse_unknown(holder: Object, known: frozenset[str], where: str) -> None:
    """A field that is not read could turn the meaning of these parts round, such as ``negated`` or ``exclude``."""
    if not holder.keys() <= known:
        unknown = sorted(holder.keys() - known)
        raise RecordError(f"{where}.{unknown[0]}", "not a field of Phenopacket v2 here; correct or remove it")


def _object(holder: Object, name: str, where: str) -> Object:
    value = holder.get(name)
    if value is None:
        return _NOTHING
    if not isinstance(value, dict) and not isinstance(value, Mapping):
        raise RecordError(where, f"{_short(value)} is no object; write one in braces")
    return value


def _objects(holder: Object, name: str, where: str) -> Iterator[tuple[str, Object]]:
    values = holder.get(name)
    if values is None:
        return
    if not isinstance(values, list):
        raise RecordError(where, f"{_short(values)} is no list; write one in brackets")
    for number, value in enumerate(values):
        if not isinstance(value, dict) and not isinstance(value, Mapping):
            raise RecordError(f"{where}[{number}]", f"{_short(value)} is no object; write one in braces")
        yield f"{where}[{number}]", value


def _term(holder: Object, name: str, where: str) -> tuple[str, str]:
    """Id, with the prefix that we use, and label of an ontology class."""
    if holder.get(name) is None:
        return "", ""
    term = _object(holder, name, f"{where}.{name}")
    term_id, label = term.get("id"), term.get("label")
    return (
        _standardized(term_id.strip()) if isinstance(term_id, str) else "",
        label.strip() if isinstance(label, str) else "",
    )


def _text(holder: Object, name: str) -> str:
    value = holder.get(name)
    return value.strip() if isinstance(value, str) else ""


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
