"""Claims made for tests, and texts that must stay texts wherever they come in."""

from poems_kg.claims import Claim

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' OR 1=1 --",
    "{{ 7 * 7 }}",
    "\x00\x1b\u202e",
    "\ud800",
    "%s%n",
    "POEMS syndrome\r\nX-Injected: yes",
    "x" * 100_000,
    "> } UNION { ?s ?p ?o",
]


def make_claim(**cells) -> Claim:
    """An assertion of a source called ``one``, with nothing else said but the cells given."""
    given = dict.fromkeys(Claim.__slots__, "") | dict.fromkeys(("low", "high", "n", "total", "start", "end"))
    return Claim(**(given | {"qualifiers": (), "polarity": "asserts", "source_id": "one"} | cells))
