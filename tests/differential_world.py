"""A small world for the tests of the differential: a dozen findings, four disorders, shares that are easy to follow."""

from dataclasses import dataclass, replace
from functools import cache

from poems_kg.differential.pooling import Basis, Figure, pool
from poems_kg.differential.profiles import Profile
from poems_kg.differential.rivals import POEMS, Rivals
from poems_kg.patients.patient import Patient, Sex

NERVE, PURE, TEMPERED = "MONDO:0000001", "MONDO:0000002", "MONDO:0000003"
"""A rival with neuropathy, one without, and one of which little is known."""

PARENTS = {
    "root": (),
    "neuropathy": ("root",),
    "polyneuropathy": ("neuropathy",),
    "demyelinating polyneuropathy": ("polyneuropathy",),
    "visceromegaly": ("root",),
    "hepatomegaly": ("visceromegaly",),
    "splenomegaly": ("visceromegaly",),
    "thrombocytosis": ("root",),
    "elevated VEGF": ("root",),
    "M protein": ("root",),
    "gynecomastia": ("root",),
    "telangiectasia": ("root",),
    "conduction block": ("root",),
    "fever": ("root",),
}
FINDINGS = tuple(finding for finding in PARENTS if finding != "root")
SHOWN = {"root": 1.0, "neuropathy": 0.2, "polyneuropathy": 0.08, "visceromegaly": 0.1, "fever": 0.1}

COUNTS = {
    POEMS: {
        "polyneuropathy": (69, 70),
        "visceromegaly": (79, 84),
        "hepatomegaly": (40, 80),
        "thrombocytosis": (73, 136),
        "elevated VEGF": (45, 50),
        "M protein": (95, 100),
    },
    NERVE: {"neuropathy": (98, 100), "thrombocytosis": (1, 67), "conduction block": (30, 60)},
    PURE: {"telangiectasia": (19, 20), "M protein": (19, 20)},
    TEMPERED: {"fever": (10, 20)},
}


@cache
def above(finding_id: str) -> frozenset[str]:
    return frozenset({finding_id}).union(*(above(parent) for parent in PARENTS[finding_id]))


@dataclass(frozen=True)
class Book:
    """The findings of the small world; an id is its own label."""

    def ancestors(self, finding_id: str) -> frozenset[str]:
        return above(finding_id)

    def descendants(self, finding_id: str) -> frozenset[str]:
        return frozenset(each for each in PARENTS if finding_id in above(each))

    def label(self, finding_id: str) -> str:
        return finding_id.capitalize()


def counted(n: int, total: int, source: str = "paper", **more: str) -> Figure:
    figure = Figure(f"claim:{source}", source, Basis.COUNTS, n=n, total=total)
    return replace(figure, **more)  # type: ignore[arg-type]


def profile(disorder_id: str) -> Profile:
    shares = {}
    for finding_id, (n, total) in COUNTS[disorder_id].items():
        pooled = pool([counted(n, total)])
        assert pooled is not None
        shares[finding_id] = {"": pooled}
    if disorder_id == POEMS:
        of_men = pool([counted(30, 60, sex="male")])
        assert of_men is not None
        shares["gynecomastia"] = {"male": of_men}
    return Profile(disorder_id, f"disorder {disorder_id[-1]}", shares, male_share=0.6)


def world() -> Rivals:
    return Rivals(
        [profile(disorder_id) for disorder_id in COUNTS],
        Book(),
        lambda finding_id: SHOWN.get(finding_id, 0.02),
        errors={"elevated VEGF": 0.05},
    )


def patient(*observed: str, excluded: tuple[str, ...] = (), sex: Sex = Sex.UNKNOWN_SEX) -> Patient:
    return Patient("p", sex, observed=observed, excluded=excluded)
