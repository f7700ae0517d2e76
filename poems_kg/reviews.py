"""The reviews of conflicts, as rows of ``reviews.tsv``: which one a person has looked at, and why the sides differ."""

from dataclasses import dataclass

from poems_kg.tables import Row

REVIEW_COLUMNS = ["conflict_id", "kind", "subject_label", "status", "reason", "reviewer", "date"]

STATUSES = ("reviewed",)
"""What a review may say; a conflict without a review is ``new``."""


@dataclass(frozen=True, slots=True)
class Review:
    """
    What a person says of one conflict.

    ``kind`` and ``subject_label`` only repeat what the conflict is about, for the eye; ``date`` is ISO 8601.
    """

    conflict_id: str
    kind: str
    subject_label: str
    status: str
    reason: str
    reviewer: str
    date: str


def parse_review(row: Row) -> Review:
    """Make a review of a row of ``reviews.tsv``."""
    return Review(**row[1])
