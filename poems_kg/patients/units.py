"""
Turn a value of one UCUM unit into another, by pint with ucumvert's reading of UCUM; nothing is guessed.

Between mass and amount of substance a value is turned only by a molar mass that the caller brings.
"""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from poems_kg.patients.patient import PatientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pint import Quantity

_WRITTEN = [
    (re.compile(r"^UCUM:", re.IGNORECASE), ""),
    (re.compile(r"[\u00b5\u03bc]|mc(?=g)"), "u"),
    (re.compile(r"^[x\u00d7]\s*(?=10)"), ""),
    (re.compile(r"(?<=10)\^"), "*"),
    (re.compile(r"(?<![\[A-Za-z])([munpk]?)IU(?![\]A-Za-z])"), r"\1[IU]"),
    (re.compile(r"\[iU\]"), "[IU]"),
    (re.compile(r"/\s*24\s*h(rs?|ours?)?$"), "/d"),
    (re.compile(r"/day$"), "/d"),
    (re.compile(r"\s+"), ""),
]
"""How units are written beside UCUM, and the UCUM for it. Only spellings that can mean one thing are here."""

_ARBITRARY = re.compile(r"\[[^\]]*\]")
_NOTE = re.compile(r"\{[^}]*\}")


class UnitError(ValueError):
    """A unit that is none, or that cannot be turned into another; the message says which."""


@lru_cache(1 << 12)
def ucum(written: str) -> str:
    """
    Give the UCUM code of a unit as it is written.

    >>> ucum("UCUM:uIU/mL"), ucum("g/24h"), ucum("×10^9/L"), ucum("µmol/L")
    ('u[IU]/mL', 'g/d', '10*9/L', 'umol/L')
    """
    for pattern, code in _WRITTEN:
        written = pattern.sub(code, written.strip())
    return written


def convert(value: float, unit: str, target: str, molar_mass: float | None = None) -> float:
    """
    Turn a value into another unit.

    :param molar_mass: of what was measured, in g/mol, to go between mass and amount of substance.
    :raises UnitError: if one of the units is none, or the two measure different things.
    :raises PatientError: if pint or ucumvert is not installed.

    >>> convert(2, "g/dL", "g/L"), round(convert(1, "g/24h", "mg/d")), convert(250, "10*3/uL", "10*9/L")
    (20.0, 1000, 250.0)
    """
    return value * factor(ucum(unit), ucum(target), molar_mass)


@lru_cache(1 << 12)
def factor(unit: str, target: str, molar_mass: float | None) -> float:
    """Give what to multiply a value by, from one UCUM code to another; see :func:`convert`."""
    if _NOTE.sub("", unit) == _NOTE.sub("", target):
        return 1.0
    given, wanted = _read(unit), _read(target)
    if _ARBITRARY.findall(unit) == _ARBITRARY.findall(target):
        if molar_mass is not None and "[substance]" in given.dimensionality:
            given = given * molar_mass * _read("g/mol")
        elif molar_mass is not None and "[substance]" in wanted.dimensionality:
            wanted = wanted * molar_mass * _read("g/mol")
        ratio = given / wanted
        if ratio.dimensionless:
            return float(f"{ratio.to('dimensionless').magnitude:.12g}")
    # Codes in brackets, such as [IU], count something by its effect. pint takes them for plain numbers, so that
    # [IU]/L would pass for a count per litre.
    raise UnitError(f"{unit} cannot be turned into {target}")


@cache
def _reader() -> "Callable[[str], Quantity[float]]":
    try:
        from ucumvert import PintUcumRegistry
    except ImportError as error:
        raise PatientError("units need the packages pint and ucumvert; pip install 'poems-kg[diagnose]'") from error
    read: Callable[[str], Quantity[float]] = PintUcumRegistry().from_ucum
    return read


@lru_cache(1 << 12)
def _read(code: str) -> "Quantity[float]":
    """Give one of a unit as pint has it. All are read alike, for ucumvert does so in a registry of its own."""
    read = _reader()
    from ucumvert import InvalidUcumError

    # A code that is only an annotation, such as {ratio}, stands for 1.
    bare = _NOTE.sub("", code) or ("1" if code else "")
    try:
        one: Quantity[float] = read(bare) * read("1")
    except (InvalidUcumError, TypeError, AttributeError):
        raise UnitError(f"{code!r} is no UCUM unit") from None
    return one
