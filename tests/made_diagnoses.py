"""Diagnoses for the tests of reports and pictures: the shape is that of real ones, every figure is invented."""

import math
from dataclasses import replace
from typing import Any

from poems_kg.criteria import Entry, ItemVerdict, Missing, Truth, Verdict
from poems_kg.diagnosis import Candidate, Diagnosis
from poems_kg.differential.explaining import Reason
from poems_kg.differential.next_steps import NextStep
from poems_kg.patients.patient import Measurement, Patient, Sex

LABELS = {
    "HP:0007340": "Lower limb muscle weakness",
    "HP:0001284": "Areflexia",
    "HP:0007141": "Sensorimotor neuropathy",
    "HP:0007108": "Demyelinating peripheral neuropathy",
    "HP:0001433": "Hepatosplenomegaly",
    "HP:0002716": "Lymphadenopathy",
    "HP:0001894": "Thrombocytosis",
    "HP:0001085": "Papilledema",
    "HP:0002922": "Increased CSF protein concentration",
    "HP:0031357": "Glomeruloid hemangioma",
    "HP:0031052": "Elevated vascular endothelial growth factor level",
    "HP:0031047": "Paraproteinemia",
    "HP:0032290": "Monoclonal elevation of IgG",
    "HP:0002516": "Increased intracranial pressure",
    "HP:0030150": "Plasmacytosis",
}
FIRST = tuple(LABELS)[:7]
MIDDLE = tuple(LABELS)[:11]
FINAL = tuple(LABELS)[:13]


class Book:
    """Knows the labels above, and says so of all others."""

    def label(self, finding_id: str) -> str:
        return LABELS[finding_id]

    def ancestors(self, finding_id: str) -> frozenset[str]:
        broader = {"HP:0032290": "HP:0031047", "HP:0001433": "HP:0002716"}
        return frozenset({finding_id, broader.get(finding_id, finding_id)})


POEMS = Entry("MONDO:0017364", "POEMS syndrome")


ITEMS = (
    ("polyneuropathy", "polyneuropathy, typically demyelinating", "mandatory major", ("HP:0007141", "HP:0007108")),
    ("clone", "monoclonal plasma cell proliferative disorder", "mandatory major", ("HP:0031047", "HP:0032290")),
    ("castleman", "Castleman disease", "other major", ("MONDO:0015564",)),
    ("bone", "sclerotic bone lesions", "other major", ("HP:0011001",)),
    ("vegf", "raised vascular endothelial growth factor", "other major", ("HP:0031052",)),
    ("organomegaly", "organomegaly: spleen, liver or lymph nodes", "minor", ("HP:0001433", "HP:0002716")),
    ("volume", "extravascular volume overload", "minor", ("HP:0000969", "HP:0002202", "HP:0001541")),
    ("skin", "skin changes", "minor", ("HP:0031357", "HP:0000998", "HP:0000953", "HP:0001217", "HP:0001063")),
    ("papilledema", "papilledema", "minor", ("HP:0001085",)),
    ("blood", "thrombocytosis or polycythemia", "minor", ("HP:0001894", "HP:0001901")),
)
"""Items of a set that is like the Mayo criteria, each with what meets it; short, so not to be taken for them."""
MORE = {
    "MONDO:0015564": "Castleman disease",
    "HP:0011001": "Increased bone mineral density",
    "HP:0000969": "Edema",
    "HP:0002202": "Pleural effusion",
    "HP:0001541": "Ascites",
    "HP:0000998": "Hypertrichosis",
    "HP:0000953": "Hyperpigmentation of the skin",
    "HP:0001217": "Clubbing",
    "HP:0001063": "Acrocyanosis",
    "HP:0001901": "Polycythemia",
}
SETS = (
    ("mayo2003", "Mayo criteria 2003", "2003", ("vegf", "blood")),
    ("mayo2012", "Mayo criteria 2012", "2012", ()),
    (
        "castleman2012",
        "Castleman disease variant of POEMS syndrome",
        "2012",
        ("polyneuropathy", "clone", "bone", "vegf"),
    ),
    ("article", "Criteria of the patient article", "undated", tuple(item[0] for item in ITEMS[2:])),
    ("chiba2019", "Chiba criteria 2019", "2019", ("castleman", "papilledema", "blood")),
    ("mayo2023", "Mayo criteria 2023 update", "2023", ()),
)
"""Sets: id, label, version, and the items that they have not."""
CITATION = "PMID:28087540; DOI:10.1186/s40478-016-0000-0"
RATIOS = {  # finding: natural log of the ratio in POEMS syndrome and in CIDP; None where nothing is known
    "HP:0007340": (0.4, 0.9),
    "HP:0001284": (0.5, 0.8),
    "HP:0007141": (0.9, 1.1),
    "HP:0007108": (0.7, 1.6),
    "HP:0001433": (1.9, -1.5),
    "HP:0002716": (1.6, -1.1),
    "HP:0001894": (2.4, -1.9),
    "HP:0001085": (2.9, -0.9),
    "HP:0002922": (0.6, 0.9),
    "HP:0031357": (6.2, None),
    "HP:0031052": (4.1, -2.2),
    "HP:0031047": (2.6, -1.2),
    "HP:0032290": (1.2, -0.4),
    "HP:0030150": (-1.3, 0.1),
}


def _reasons(known: tuple[str, ...], excluded: tuple[str, ...], side: int) -> tuple[Reason, ...]:
    found = []
    for number, finding_id in enumerate(known):
        ratios = RATIOS.get(finding_id)
        if ratios is None or (side and ratios[1] is None):
            continue
        ratio = ratios[0] if side == 0 else ratios[1] or 0.0
        share, other = 1 / (1 + math.exp(-ratio)), 1 / (1 + math.exp(-(ratios[1 - side] or 0.0)))
        found.append(
            Reason(
                finding_id,
                LABELS[finding_id],
                "for" if ratio >= 0 else "against",
                ratio,
                finding_id if number % 3 else "HP:0030150",
                share,
                max(share - 0.1, 0.0),
                min(share + 0.1, 1.0),
                tuple(f"claim:made-{number}-{n}" for n in range(number % 4 + 1)),
                tuple(f"PMID:{22547581 + n}" for n in range(number % 4 + 1)),
                is_excluded=finding_id in excluded,
                probability=share,
                versus="MONDO:0017364" if side else "MONDO:0006702",
                versus_frequency=other if number % 4 else None,
                versus_sources=("DOI:10.1186/s40478-016-0000-0",) if number % 2 else (),
                text=f"{LABELS[finding_id]}: made up for a test (91 %, 84 % to 95 %, of 88 patients)"
                if number % 2
                else "",
            )
        )
    return tuple(found)


def _entries(ids: tuple[str, ...]) -> tuple[Entry, ...]:
    return tuple(Entry(each, (LABELS | MORE)[each]) for each in ids)


def _verdict(made: tuple[str, str, str, tuple[str, ...]], known: tuple[str, ...], excluded: tuple[str, ...]) -> Verdict:
    set_id, label, version, without = made
    items = []
    for item_id, words, role, met_by in ITEMS:
        if item_id in without:
            continue
        meets = tuple(each for each in met_by if each in known)
        excludes = ("HP:0030150",) if item_id == "clone" and "HP:0030150" in excluded else ()
        verdict = "met" if meets else "not_met" if excludes else "unknown"
        missing = met_by if verdict == "unknown" else ()
        made = _entries(meets), _entries(excludes), _entries(missing)
        entry = Entry(f"POEMS:{item_id}", words)
        truth = Truth(verdict)
        items.append(ItemVerdict(f"{set_id}-{item_id}", words, role, truth, entry, *made, ("claim:made",), CITATION))
    major = [item for item in items if item.role == "mandatory major"]
    groups = [[item] for item in major]
    groups.append([item for item in items if item.role == "other major"])
    states = {each.verdict for each in major}
    whole = "not_met" if "not_met" in states else "unknown" if "unknown" in states else "met"
    still_open = [each for each in groups if each and "met" not in {item.verdict for item in each}]
    missing = tuple(
        Missing(
            each[0].label if len(each) == 1 else "at least 1 other major item",
            tuple(Entry(item.item_id, item.label) for item in each),
        )
        for each in still_open
    )
    variant = Entry("POEMS:0000001", "Castleman disease variant of POEMS syndrome") if "variant" in label else POEMS
    missing = missing if whole == "unknown" else ()
    return Verdict(set_id, label, version, Truth(whole), variant, tuple(items), missing, (), ("claim:made",), CITATION)


def bare(patient: Patient, verdicts: tuple[Verdict, ...] = (), candidates: tuple[Candidate, ...] = ()) -> Diagnosis:
    """A diagnosis of which only so much is known."""
    return Diagnosis(patient, verdicts, candidates, (), ())


def diagnosis(
    patient_id: str,
    observed: tuple[str, ...],
    excluded: tuple[str, ...] = (),
    *,
    rank: int = 1,
    posterior: float = 0.9,
    measurements: tuple[Measurement, ...] = (),
) -> Diagnosis:
    """A diagnosis of a man of 38 years, POEMS syndrome at this rank."""
    known = observed + excluded
    others = (
        ("ORPHA:2932", "Chronic inflammatory demyelinating polyneuropathy", 0.7, ("MONDO:0006702",)),
        ("ORPHA:85443", "Primary systemic amyloidosis", 0.2, ()),
        ("OMIM:118220", "Charcot-Marie-Tooth disease, demyelinating, type 1A", None, ()),
        ("ORPHA:160", "Castleman disease", 0.1, ()),
    )
    candidates = [
        Candidate(
            "ORPHA:2905",
            "POEMS syndrome",
            rank,
            18.25 - rank,
            posterior,
            ("MONDO:0017364",),
            _reasons(known, excluded, 0),
        )
    ]
    ranks = [each for each in range(1, 7) if each != rank]
    for place, (disease_id, label, share, other_ids) in zip(ranks, others, strict=False):
        rest = None if share is None else (1 - posterior) * share
        reasons = _reasons(known, excluded, 1) if disease_id == "ORPHA:2932" else _reasons(known[:5], (), 1)
        candidates.append(Candidate(disease_id, label, place, 18.25 - place, rest, other_ids, reasons))
    steps = [
        NextStep(
            label="plasma vascular endothelial growth factor measurement",
            test_id="POEMS:vegf",
            finding_ids=("HP:0031052",),
            finding_labels=("Elevated vascular endothelial growth factor level",),
            information=0.61,
            probability=0.4,
            if_present=0.97,
            if_absent=0.12,
            invasiveness=1,
            how="blood sample",
            settles=tuple(f"{label}, {version}: raised VEGF (other major)" for _, label, version, _ in SETS),
            sources=("PMID:30175160", "DOI:10.1186/s40478-016-0000-0"),
        ),
        NextStep(
            label="serum immunofixation electrophoresis",
            test_id="POEMS:immunofixation",
            finding_ids=("HP:0031047",),
            finding_labels=("Paraproteinemia",),
            information=0.48,
            probability=0.6,
            if_present=0.9,
            if_absent=0.2,
            invasiveness=1,
            how="blood sample",
            settles=("Mayo criteria 2023 update, 2023: monoclonal plasma cell disorder (mandatory major)",),
            other_tests=("urine immunofixation electrophoresis",),
            sources=("PMID:22547581",),
        ),
        NextStep(
            "increased bone mineral density",
            "",
            ("HP:0011001",),
            ("Increased bone mineral density",),
            0.22,
            0.3,
            0.8,
            0.4,
        ),
    ]
    patient = Patient(
        patient_id,
        Sex.MALE,
        38.0,
        observed,
        excluded,
        measurements,
        ("ORPHA:2905",),
        {"HP:0031052": "plasma VEGF 2407 pg/mL is above 200 pg/mL (PMID:22547581)"} if measurements else {},
    )
    return Diagnosis(
        patient,
        tuple(_verdict(each, observed, excluded) for each in SETS),
        tuple(sorted(candidates, key=lambda each: each.rank)),
        tuple(each for each in steps if each.finding_ids[0] not in observed),
        ("HP:0001471 is now HP:0000020", "measurement 2 has no unit and was not used; see PMID:22547581."),
    )


VEGF = Measurement(
    "LOCAL:VEGF", "Vascular endothelial growth factor in plasma", 2407.0, "pg/mL", "", "plasma", None, 200.0
)


def three_time_points() -> list[Diagnosis]:
    """One patient at three points in time, as a shell sorts the files: the middle, the last, the first."""
    return [
        diagnosis("case-7-atypical", MIDDLE, ("HP:0030150", "HP:0002516"), rank=1, posterior=0.83),
        diagnosis("case-7-final", FINAL, ("HP:0002516",), rank=1, posterior=0.9996, measurements=(VEGF,)),
        diagnosis("case-7-first", FIRST, (), rank=6, posterior=0.09),
    ]


HOSTILE = "</style><script>alert('&\"x')</script><img src=x onerror=alert(1)> $\\frac{1}{0}$ \u202eevil\x00\ud800"


def hostile() -> Diagnosis:
    """A diagnosis in which every text is an attack on the page that shows it."""
    made: dict[str, Any] = {}
    for name in ("finding_id", "label", "matched_as"):
        made[name] = HOSTILE
    reason = Reason(
        direction="for", log_likelihood_ratio=math.inf, claims=(HOSTILE,), sources=(HOSTILE,), text=HOSTILE, **made
    )
    plain = diagnosis(HOSTILE, (HOSTILE,), ("javascript:alert(1)",))
    entry = Entry(HOSTILE, HOSTILE)
    item = ItemVerdict(
        HOSTILE, HOSTILE, HOSTILE, Truth.UNKNOWN, entry, (entry,), (entry,), (entry,), (HOSTILE,), HOSTILE
    )
    missing = (Missing(HOSTILE, (entry,)),)
    texts = (HOSTILE,) * 4
    return replace(
        plain,
        patient=replace(
            plain.patient,
            measurements=(Measurement(HOSTILE, HOSTILE, 1.0, HOSTILE, "", HOSTILE, 1.0, 2.0, HOSTILE),),
            disease_ids=(HOSTILE,),
            reasons={HOSTILE: HOSTILE},
        ),
        verdicts=(
            Verdict(HOSTILE, HOSTILE, HOSTILE, Truth.UNKNOWN, entry, (item,), missing, (entry,), (HOSTILE,), HOSTILE),
        ),
        candidates=(
            Candidate("ORPHA:2905", HOSTILE, 1, math.nan, math.nan, (HOSTILE,), (reason,)),
            Candidate("ORPHA:2932", HOSTILE, 2, 1.0, 0.2, (HOSTILE,), (reason,)),
        ),
        next_steps=(
            NextStep(
                HOSTILE, HOSTILE, texts, texts, 0.0, 0.5, 0.5, 0.5, 0, HOSTILE, texts, texts, texts, texts, HOSTILE
            ),
        ),
        notes=(HOSTILE, 'see javascript:alert(1) and https://example.org/?a=1&b="><b>'),
    )
