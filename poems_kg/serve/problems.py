"""Say in HTTP's words what went wrong: a status, a title, and a problem document (RFC 9457)."""

import logging
import traceback
from typing import Any, Final

from poems_kg.ids import PoemsKgError
from poems_kg.names import UnknownTermError
from poems_kg.serve.replies import Reply, to_json
from poems_kg.sparql import QueryError

PROBLEM: Final = "application/problem+json"


class NotFoundError(PoemsKgError):
    """Nothing is at that address."""


class TooSlowError(PoemsKgError):
    """Work that was stopped because it ran over its time."""


class TooBusyError(PoemsKgError):
    """Work that was not begun, because no worker came free in time."""


class TooLargeError(PoemsKgError):
    """Work that was stopped because its answer, or what it took to find it, was too large."""


class BodyTooLargeError(PoemsKgError):
    """A request that brought more than is taken."""


class BodyTooSlowError(PoemsKgError):
    """A request whose body did not come in time."""


class UrlTooLongError(PoemsKgError):
    """A request whose path and query string are longer than is taken."""


class ForbiddenError(PoemsKgError):
    """A request for what nobody may do here, such as to change the graph."""


class MediaTypeError(PoemsKgError):
    """A body in a format that is not taken at that address."""


class NotAcceptableError(PoemsKgError):
    """An answer that the client takes in none of the formats in which it can be had."""


class WorkerLostError(PoemsKgError):
    """A worker that ended, or failed, for no fault of the request."""

    @classmethod
    def of(cls, error: Exception) -> "WorkerLostError":
        """A bug in a job: what and where, for the server's log; the client is told nothing of it."""
        made = cls("the server failed at this; the fault is its own")
        made.add_note("".join(traceback.format_exception(error)))
        return made


_STATUSES: Final[tuple[tuple[type[Exception], int, str], ...]] = (
    (UnknownTermError, 404, "Nothing of that name"),
    (NotFoundError, 404, "Not found"),
    (TooSlowError, 503, "It took too long"),
    (TooBusyError, 503, "Too busy"),
    (TooLargeError, 507, "Too much to answer"),
    (BodyTooLargeError, 413, "Too large"),
    (BodyTooSlowError, 408, "Too slow"),
    (UrlTooLongError, 414, "URL too long"),
    (NotAcceptableError, 406, "Not acceptable"),
    (MediaTypeError, 415, "Not a format for this"),
    (ForbiddenError, 403, "Not allowed"),
    (WorkerLostError, 500, "The server failed"),
)


def status_of(error: Exception) -> tuple[int, str]:
    """Status and title for an error of this library; 400 for those that have none of their own."""
    return next(((status, title) for kind, status, title in _STATUSES if isinstance(error, kind)), (400, "Bad request"))


def describe(error: Exception) -> dict[str, Any]:
    """The problem document of an error of this library."""
    status, title = status_of(error)
    document: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": str(error)}
    if isinstance(error, UnknownTermError):
        document["nearest"] = [{"id": entity_id, "label": label} for entity_id, label in error.nearest]
    if isinstance(error, QueryError) and error.line:
        document |= {"line": error.line, "column": error.column}
    return document


def to_problem(document: dict[str, Any]) -> Reply:
    """A problem document as a reply."""
    return to_json(document, document["status"], PROBLEM)


def log(error: Exception) -> None:
    """Write what went wrong on the server's side to its log; requests themselves are never logged."""
    notes = "\n".join(getattr(error, "__notes__", []))
    logging.getLogger(__name__).error("%s\n%s", error, notes)
