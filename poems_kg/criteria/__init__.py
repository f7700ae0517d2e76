"""Published criteria sets as OWL definitions, and what each says of a patient: met, not met or unknown."""

from poems_kg.criteria.definition import Criteria, CriteriaError, Entry, Item, criteria_sets, find_criteria
from poems_kg.criteria.evaluation import Comparison, ItemVerdict, Missing, Truth, Verdict, compare, evaluate

__all__ = [
    "Comparison",
    "Criteria",
    "CriteriaError",
    "Entry",
    "Item",
    "ItemVerdict",
    "Missing",
    "Truth",
    "Verdict",
    "compare",
    "criteria_sets",
    "evaluate",
    "find_criteria",
]
