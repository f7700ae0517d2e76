"""What a worker reads before its first job, so that nobody waits for what most pages need. Knows nothing of HTTP."""

from poems_kg.serve.desk import Desk
from poems_kg.serve.pages.evidence import evidence


def warm(desk: Desk) -> None:
    """Read all claims with their sources, and the view that compares disorders."""
    evidence(desk)
    desk.view("differential_matrix")
