"""
Turn ages and times as files write them into years and into moments that can be put in order.

What an ontology class says of an age ("Adult onset") is a wide band; it never becomes a number.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

OLDEST = 130.0
"""Years. The longest life on record is below this; more is a slip, such as a birth year in place of an age."""

_DAYS_OF_YEAR = 365.2425
_UNITS = {"Y": 1.0, "M": 1 / 12, "W": 7 / _DAYS_OF_YEAR, "D": 1 / _DAYS_OF_YEAR}
_DURATION = re.compile(r"(-?)P((?:-?\d+(?:\.\d+)?[YMWD])*)(?:T(?:-?\d+(?:\.\d+)?[HMS])+)?")
_PART = re.compile(r"(-?\d+(?:\.\d+)?)([YMWD])")


class AgeError(ValueError):
    """An age that cannot be; the message says which and why, without the place."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: age in years, or seconds since 1970, or both, or neither; and what is to be said of it."""

    age: float | None = None
    instant: float | None = None
    note: str = ""


def years(duration: str) -> float:
    """
    Turn an ISO 8601 duration into years.

    :raises AgeError: if it is none, negative, or longer than a life.

    >>> years("P38Y"), years("P1Y6M"), round(years("P10D"), 3)
    (38.0, 1.5, 0.027)
    """
    match = _DURATION.fullmatch(duration.strip())
    if match is None or not (match[2] or "T" in duration):
        raise AgeError(f"{duration!r} is no ISO 8601 duration such as P38Y6M")
    total = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(match[2]))
    return check_age(-total if match[1] else total, duration)


def check_age(age: float, written: object) -> float:
    """
    Give an age in years back if a patient can have it.

    :raises AgeError: if it is negative or above :data:`OLDEST`.
    """
    if not 0 <= age <= OLDEST:
        raise AgeError(f"an age of {written!r} cannot be")
    return age


def read_instant(text: str) -> float:
    """
    Turn an RFC 3339 time stamp into seconds since 1970.

    :raises AgeError: if it is none.
    """
    try:
        # Protobuf writes up to nine digits of a second; Python reads six at most.
        time = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.strip()))
    except ValueError:
        raise AgeError(f"{text!r} is no time stamp such as 2026-11-21T00:00:00Z") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def read_moment(element: Mapping[str, object], born: float | None) -> Moment:
    """
    Turn a ``TimeElement`` of a Phenopacket into a moment.

    :param born: date of birth in seconds since 1970, to turn time stamps into ages.
    :raises AgeError: if it says something that cannot be.
    """
    kind, value = next(((kind, value) for kind, value in element.items() if value is not None), ("", None))
    if kind == "age":
        return Moment(age=years(_text(value, "iso8601duration")))
    if kind == "ageRange":
        return _within(value)
    if kind in {"timestamp", "interval"}:
        return _at(value if kind == "timestamp" else _part(value, "end"), born)
    if kind == "ontologyClass":
        return Moment(note=f"{_text(value, 'label') or _text(value, 'id')!r} gives no age in years")
    return Moment(note="an age before birth gives no age in years" if kind == "gestationalAge" else "")


def _within(bounds: object) -> Moment:
    start, end = (years(_text(_part(bounds, bound), "iso8601duration")) for bound in ("start", "end"))
    if start > end:
        raise AgeError(f"the age range from {start:g} to {end:g} years ends before it starts")
    note = f"an age range from {start:g} to {end:g} years; its middle was taken"
    return Moment(age=(start + end) / 2, note=note if end > start else "")


def _at(stamp: object, born: float | None) -> Moment:
    if not isinstance(stamp, str):
        raise AgeError(f"{stamp!r} is no time stamp such as 2026-11-21T00:00:00Z")
    instant = read_instant(stamp)
    if born is None:
        return Moment(instant=instant)
    age = (instant - born) / (86_400 * _DAYS_OF_YEAR)
    return Moment(age=check_age(age, f"{age:.1f} years on {stamp}"), instant=instant)


def _part(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else None


def _text(value: object, name: str) -> str:
    """A text within an object. Phenopackets before 2.0.2 gave ages as plain texts."""
    text = value if isinstance(value, str) and name == "iso8601duration" else _part(value, name)
    return text if isinstance(text, str) else ""


def not_before(later: Moment, earlier: Moment) -> bool | None:
    """Say whether a moment is not before another; None if nobody can tell."""
    if later.age is not None and earlier.age is not None:
        return later.age >= earlier.age
    if later.instant is not None and earlier.instant is not None:
        return later.instant >= earlier.instant
    return None
