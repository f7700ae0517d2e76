"""How Orphanet names its own codes, other vocabularies and the nearness of mappings, in CURIEs and SKOS."""

PREDICATES = {
    "E": "skos:exactMatch",
    "NTBT": "skos:broadMatch",
    "BTNT": "skos:narrowMatch",
    "ND": "oboInOwl:hasDbXref",
}
"""
SKOS predicate by Orphanet's code, as Mondo reads them (``ordo-mapping-codes_relationship-curies.csv`` in
``monarch-initiative/mondo-ingest``). Orphanet says: E, the concepts are equivalent; NTBT, the ORPHAcode is narrower
than the target, hence the match is broader; BTNT, the other way; ND, not yet decided.
"""

_WRONG = "W"
"""The code for a target that means something else."""

_PREFIXES = {"ICD-10": "ICD10", "ICD-11": "ICD11", "MeSH": "mesh"}
"""
Prefixes where Orphanet's name of a source is not one: ICD as Mondo renames it (``fix_xref_prefixes.ru`` in
mondo-ingest; these are codes of the WHO, not of ICD-10-CM), MeSH as in Mondo's SSSOM files.
"""


def find_predicate(relation: str) -> str:
    """
    Give the predicate of a mapping relation; empty if Orphanet calls the mapping wrong.

    A relation that is missing or new is ``oboInOwl:hasDbXref``, which claims no more than the release does.

    >>> find_predicate("NTBT (ORPHAcode is narrower than the targeted code used to represent it)")
    'skos:broadMatch'
    """
    # "NTBT/E": narrower, because it is a synonym of the target that is exact.
    code = relation.partition(" ")[0].partition("/")[0]
    return "" if code == _WRONG else PREDICATES.get(code, "oboInOwl:hasDbXref")


def find_target(source: str, code: str) -> str:
    """
    Give the CURIE of a cross-reference; empty if it has no source or no code.

    >>> find_target("GARD", "7411"), find_target("ICD-10", "D47.7")
    ('GARD:0007411', 'ICD10:D47.7')
    """
    if not source or not code:
        return ""
    # Mondo writes GARD's numbers with seven digits; Orphanet has no zeros in front.
    return f"{_PREFIXES.get(source, source)}:{code.zfill(7) if source == 'GARD' and code.isdecimal() else code}"
