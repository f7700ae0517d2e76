"""The page that finds entities by any of their names or ids, says by which, and what to try where none fits."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.routing import BaseRoute, Route

from poems_kg.completion import Match
from poems_kg.ids import expand, is_known
from poems_kg.serve.asked import Asked
from poems_kg.serve.pages.evidence import Evidence, evidence
from poems_kg.serve.pages.rendering import page, render
from poems_kg.serve.replies import Reply
from poems_kg.spelling import normalise
from poems_kg.views import POEMS

if TYPE_CHECKING:
    from poems_kg.serve.desk import Desk

_MOST: Final = 30
_LETTERS: Final = 200
"""Nothing is called by more letters; what is typed is cut there."""

_EXAMPLES: Final = ("enlarged liver", "Crow-Fukase", "CIDP", "lenalidomide", "VEGF", "ORPHA:2905")
_SCOPES: Final = {
    "label": "its name",
    "exact": "another name of it",
    "related": "a related name",
    "broad": "a broader name",
    "narrow": "a narrower name",
    "abbreviation": "an abbreviation of it",
    "id": "an id of it",
}
_DEFINITIONS: Final = """
PREFIX IAO: <http://purl.obolibrary.org/obo/IAO_>
SELECT ?term ?definition WHERE { VALUES ?term { %s } ?term IAO:0000115 ?definition } ORDER BY ?term STR(?definition)
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """
    An entity found, with the name that fitted and what kind of name that is, both empty where it is the label.

    ``claims`` counts what is said of it, ``in_poems`` what of that is said of it and POEMS syndrome together.
    """

    match: Match
    name: str
    scope: str
    definition: str
    claims: int
    in_poems: int


def search_page(desk: "Desk", asked: Asked) -> Reply:
    """What is called as was typed, or nearly so; examples where nothing was typed."""
    text = asked.get("text").strip()[:_LETTERS]
    found = desk.kg.names.search(text, count=_MOST) if text else []
    shown = _to_hits(desk, found)
    fits = [hit for hit in shown if is_fit(text, hit.match)]
    return render(
        "searching.html",
        text=text,
        hits=fits or shown,
        is_near=bool(shown) and not fits,
        is_full=len(found) == _MOST,
        examples=_EXAMPLES,
    )


def is_fit(text: str, match: Match) -> bool:
    """Whether a match has what was typed in its name or is known by it as an id, and is not merely like it."""
    return match.scope == "id" or normalise(text) in normalise(match.name)


def _to_hits(desk: "Desk", found: list[Match]) -> list[Hit]:
    records = evidence(desk)
    known = " ".join(f"<{expand(match.entity_id)}>" for match in found if is_known(match.entity_id))
    rows = desk.kg.store.select(_DEFINITIONS % known)[1] if known else []
    definitions = {str(term): str(definition) for term, definition in reversed(rows)}
    return [_to_hit(match, definitions.get(match.entity_id, ""), records) for match in found]


def _to_hit(match: Match, definition: str, records: Evidence) -> Hit:
    is_label = normalise(match.name) == normalise(match.label)
    claims = records.about(match.entity_id)
    return Hit(
        match,
        "" if is_label or match.name == match.entity_id else match.name,
        "" if is_label or match.name == match.entity_id else _SCOPES.get(match.scope, match.scope),
        definition,
        len(claims),
        sum(POEMS in (claim.subject_id, claim.object_id) for claim in claims) if match.entity_id != POEMS else 0,
    )


ROUTES: list[BaseRoute] = [Route("/search", page(search_page))]
