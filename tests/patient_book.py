"""A small term book for the tests of patients, and Phenopackets to go with it."""

from typing import Any

from poems_kg.patients.terms import UnknownFindingError
from poems_kg.spelling import normalise

LABELS = {
    "HP:0000118": "Phenotypic abnormality",
    "HP:0000005": "Mode of inheritance",
    "HP:0000006": "Autosomal dominant inheritance",
    "HP:0009830": "Peripheral neuropathy",
    "HP:0001271": "Polyneuropathy",
    "HP:0000077": "Abnormality of the kidney",
    "HP:0001085": "Papilledema",
    "HP:0001744": "Splenomegaly",
    "HP:0001894": "Thrombocytosis",
    "HP:0011873": "Abnormal platelet count",
    "HP:0001873": "Thrombocytopenia",
    "HP:0031052": "Elevated vascular endothelial growth factor level",
    "HP:0031047": "Paraproteinemia",
    "HP:0001900": "Increased circulating hemoglobin concentration",
    "HP:0001901": "Polycythemia",
    "HP:0001899": "Increased hematocrit",
    "HP:0020062": "Decreased hemoglobin concentration",
    "HP:0031851": "Reduced hematocrit",
    "HP:0000020": "Urinary incontinence",
}
PARENTS = {
    "HP:0000006": "HP:0000005",
    "HP:0001271": "HP:0009830",
    "HP:0001894": "HP:0011873",
    "HP:0001873": "HP:0011873",
}
FOLLOWED = {"HP:0001471": "HP:0000020"}
SYNONYMS = {"enlarged spleen": "HP:0001744", "polyneuritis": "HP:0001271"}


class Book:
    """A few findings of HPO with their real ids, labels and parents, cut short."""

    def find(self, text: str) -> tuple[str, str]:
        if text in LABELS:
            return text, ""
        if text in FOLLOWED:
            return FOLLOWED[text], f"{text} is now {FOLLOWED[text]}"
        names = {normalise(label): finding_id for finding_id, label in LABELS.items()} | SYNONYMS
        if normalise(text) in names:
            return names[normalise(text)], ""
        raise UnknownFindingError(text, [("HP:0001085", "Papilledema")])

    def label(self, finding_id: str) -> str:
        return LABELS[finding_id]

    def ancestors(self, finding_id: str) -> frozenset[str]:
        above = PARENTS.get(finding_id)
        if above is None:
            return frozenset({finding_id, "HP:0000118"} if finding_id != "HP:0000005" else {finding_id})
        return self.ancestors(above) | {finding_id}

    def is_phenotype(self, finding_id: str) -> bool:
        return finding_id != "HP:0000118" and "HP:0000118" in self.ancestors(finding_id)


def packet(*features: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A Phenopacket of a man with papilledema, or with what is given."""
    return {
        "id": "p1",
        "subject": {"id": "s1", "sex": "MALE", "timeAtLastEncounter": {"age": {"iso8601duration": "P43Y"}}},
        "phenotypicFeatures": list(features) or [feature("HP:0001085")],
        "metaData": {"phenopacketSchemaVersion": "2.0"},
    } | more


def feature(term_id: str, label: str | None = None, **more: Any) -> dict[str, Any]:
    return {"type": {"id": term_id, "label": LABELS.get(term_id, "") if label is None else label}} | more
