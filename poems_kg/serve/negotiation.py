"""Choose, by a header ``Accept`` (RFC 9110), which of the media types on offer a client is given: text in, text out."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

SHORT_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "csv": ("text/csv",),
    "html": ("text/html",),
    "json": ("application/sparql-results+json", "application/json"),
    "jsonld": ("application/ld+json",),
    "json-ld": ("application/ld+json",),
    "nt": ("application/n-triples",),
    "ntriples": ("application/n-triples",),
    "rdf": ("application/rdf+xml",),
    "rdfxml": ("application/rdf+xml",),
    "tsv": ("text/tab-separated-values",),
    "ttl": ("text/turtle",),
    "turtle": ("text/turtle",),
    "xml": ("application/sparql-results+xml", "application/rdf+xml"),
}
"""What a parameter ``format`` may say, for links: a link cannot send a header."""

_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PART: Final = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|$))+', re.DOTALL)
_RANGE: Final = re.compile(rf"\s*({_WORD})/({_WORD})\s*(?:;|$)")
_PARAMETER: Final = re.compile(rf'\s*({_WORD})\s*=\s*({_WORD}|"(?:[^"\\]|\\.)*")\s*(?:;|$)', re.DOTALL)
_WEIGHT: Final = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")

_ANY, _ANY_OF_TYPE, _WITH_PARAMETERS, _EXACT = range(4)


def choose(accept: str, choices: Sequence[str], format: str = "") -> str | None:
    """
    The media type of the choices that suits a client best; None if it takes none of them.

    The most specific range of the header that fits a choice gives its weight. Of choices that weigh the same, the one
    that is named more exactly is taken, then the one that comes first. An empty header takes anything; a part of it
    that is no media range is passed over.

    :param choices: media types without parameters, what is liked best first.
    :param format: one of :data:`SHORT_NAMES`; it decides where it means one of the choices.

    >>> choose("text/csv;q=0.5, application/*", ["text/csv", "application/json"])
    'application/json'
    >>> choose("image/png", ["text/csv"]) is None
    True
    """
    wished = SHORT_NAMES.get(format.strip().casefold(), ())
    for choice in choices:
        if choice in wished:
            return choice
    ranges = list(_ranges(accept))
    if not ranges:
        return choices[0] if choices else None
    best: tuple[float, int] = (0.0, _ANY)
    chosen = None
    for choice in choices:
        # The most specific range decides, however it weighs: ``text/*, text/csv;q=0`` does not take CSV.
        fits = [(specific, weight) for name, specific, weight in ranges if _fits(name, choice)]
        specific, weight = max(fits, default=(_ANY, 0.0))
        if weight > 0 and (chosen is None or (weight, specific) > best):
            best, chosen = (weight, specific), choice
    return chosen


def _fits(name: str, choice: str) -> bool:
    kind = choice.partition("/")[0]
    return name in {choice, f"{kind}/*", "*/*"}


def _ranges(accept: str) -> Iterator[tuple[str, int, float]]:
    """Name, how specific it is, and weight of each media range."""
    for part in _PART.findall(accept):
        match = _RANGE.match(part)
        if match is None:
            continue
        kind, subtype = match[1].lower(), match[2].lower()
        if kind == "*" and subtype != "*":
            continue
        weight, is_plain = _weight(part, match.end())
        if weight is None:
            continue
        exact = _EXACT if is_plain else _WITH_PARAMETERS
        yield f"{kind}/{subtype}", _ANY if kind == "*" else _ANY_OF_TYPE if subtype == "*" else exact, weight


def _weight(part: str, start: int) -> tuple[float | None, bool]:
    """
    The weight among the parameters of a range, and whether it has no others that matter; None for a broken weight.

    All that is on offer is UTF-8. Another parameter asks for a variant that we do not have: the type itself is the
    nearest to it, and a plain range for the same type counts before it.
    """
    weight, is_plain = 1.0, True
    while match := _PARAMETER.match(part, start):
        name, value = match[1].lower(), match[2].strip('"').lower()
        start = match.end()
        if name == "q":
            return (float(value), is_plain) if _WEIGHT.fullmatch(value) else (None, is_plain)
        is_plain = is_plain and (name, value) == ("charset", "utf-8")
    return weight, is_plain
