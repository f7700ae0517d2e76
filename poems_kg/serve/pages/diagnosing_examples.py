"""Patients that nobody is: made up by us to show what the page for diagnosing does; none is from a publication."""

from dataclasses import dataclass
from typing import Final

from poems_kg.serve.pages.diagnosing_form import Form, Lab


@dataclass(frozen=True, slots=True)
class Example:
    """A made-up patient: a name for the URL, a title, what there is to see, and the form filled in."""

    name: str
    title: str
    story: str
    form: Form


EXAMPLES: Final = (
    Example(
        "called-cidp",
        "First called CIDP",
        "A neuropathy with much protein in the cerebrospinal fluid, and platelets that do not fit: what to ask next.",
        Form(
            "Demyelinating peripheral neuropathy\nAreflexia\nDistal lower limb muscle weakness\nPeripheral edema",
            "Papilledema",
            "female",
            "52",
            (
                Lab("platelet count", "612", "10*9/L"),
                Lab("Cerebrospinal fluid protein measurement", "1.4", "g/L", "cerebrospinal fluid", "0.15", "0.45"),
            ),
        ),
    ),
    Example(
        "whole-picture",
        "The whole picture",
        "All five letters of the acronym, with the growth factor measured: every version of the criteria side by side.",
        Form(
            "Polyneuropathy\nFoot drop\nMonoclonal plasma cell disorder\nParaproteinemia\nSplenomegaly\n"
            "Lymphadenopathy\nHyperpigmentation of the skin\nHypertrichosis\nPapilledema\n"
            "Ascites\nSclerotic bone lesion",
            "",
            "male",
            "48",
            (
                Lab("Vascular endothelial growth factor measurement", "820", "pg/mL", "blood plasma"),
                Lab("Testosterone in serum or plasma", "1.9", "ng/mL", "blood serum", "2.5", "8.4"),
                Lab("platelet count", "540", "10*9/L"),
            ),
        ),
    ),
    Example(
        "unlikely",
        "A neuropathy without the rest",
        "A clone, an enlarged spleen and swollen optic discs were looked for and not found: what speaks against.",
        Form(
            "Demyelinating peripheral neuropathy\nAreflexia\nProximal muscle weakness\nParesthesia\n"
            "Increased CSF protein concentration",
            "Paraproteinemia\nSplenomegaly\nPapilledema\nSclerotic bone lesion\nHyperpigmentation of the skin",
            "male",
            "61",
            (
                Lab("Vascular endothelial growth factor measurement", "45", "pg/mL", "blood plasma"),
                Lab("platelet count", "240", "10*9/L"),
            ),
        ),
    ),
)
"""The examples, in the order of the page."""
