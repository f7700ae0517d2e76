"""Conflicts: every rule is loud on the smallest wrong graph and silent on a right one; all known ones are found."""

import re
from collections.abc import Iterable

import pyoxigraph as ox
import pytest
from conftest import DATA, Folder

from poems_kg.build import build_graph
from poems_kg.checks import check_folder
from poems_kg.classifications import find_disputes
from poems_kg.conflicts import (
    KINDS,
    NEW,
    Conflict,
    RuleError,
    conflict_quads,
    find_conflicts,
    find_rules,
    read_rule,
)
from poems_kg.ids import prefixes
from poems_kg.knowledge import read_tables
from poems_kg.knowledge_graph import KnowledgeGraph
from poems_kg.ontology import Graphs, build_quads, iri
from poems_kg.places import ontology_dir
from poems_kg.reviews import Review
from poems_kg.rules import read_knowledge
from poems_kg.store import LocalStore

KNOWN = DATA / "known_conflicts.tsv"
RULES = find_rules()
each_rule = pytest.mark.parametrize("name", sorted(RULES))

BOTH = "kg:topic 'it' ; kg:at_least {0} ; kg:at_most {0} ; kg:interval_low {1} ; kg:interval_high {2}"
LOW, MIDDLE, HIGH = BOTH.format(20, 15, 25), BOTH.format(30, 24, 36), BOTH.format(70, 65, 75)
UP_TO_80 = "kg:topic 'it' ; kg:at_most 80 ; kg:interval_high 80.5"
BELOW = "HP:1 rdfs:subClassOf HP:2"
SETS = "POEMS:1 kg:category kg:CriteriaSet ; rdfs:label 'One' . POEMS:2 kg:category kg:CriteriaSet ; rdfs:label 'Two'"
TWO_ITEMS = [
    "POEMS:1 has_criterion HP:3 s1 | kg:criterion 'mandatory major'",
    "POEMS:1 has_criterion HP:4 s1 | kg:criterion 'minor'",
]
CAUTION = "source:s1 kg:kind 'document' . MONDO:1 kg:has_phenotype HP:1"
DATABASES = "source:s1 kg:kind 'database' . source:s2 kg:kind 'database'"

# For each rule: claims that are in conflict, then claims that are not. A claim is subject, relation (denied with "!"),
# object or "-", source, and after "|" whatever else it says. What is no claim stands as Turtle after "+".
EXAMPLES: dict[str, tuple[list[str], list[str]]] = {
    "figures_apart": (
        [f"MONDO:1 has_phenotype HP:1 s1 | {LOW}", f"MONDO:1 has_phenotype HP:1 s2 | {HIGH}"],
        [
            f"MONDO:1 has_phenotype HP:1 s1 | {LOW}",
            f"MONDO:1 has_phenotype HP:1 s2 | {MIDDLE}",
            # One source tells two groups apart; two sources speak of men and of women.
            f"MONDO:1 has_phenotype HP:1 s1 | {HIGH.replace('it', 'two')}",
            f"MONDO:1 has_phenotype HP:1 s1 | {LOW.replace('it', 'two')}",
            f"MONDO:1 has_phenotype HP:1 s1 | {HIGH.replace('it', 'sex')} ; kg:subset 'sex=male'",
            f"MONDO:1 has_phenotype HP:1 s2 | {LOW.replace('it', 'sex')} ; kg:subset 'sex=female'",
        ],
    ),
    "upper_bound_not_reached": (
        [f"MONDO:1 has_phenotype HP:1 s1 | {UP_TO_80}", f"MONDO:1 has_phenotype HP:1 s2 | {MIDDLE}"],
        [
            f"MONDO:1 has_phenotype HP:1 s1 | {UP_TO_80}",
            f"MONDO:1 has_phenotype HP:1 s2 | {MIDDLE}",
            f"MONDO:1 has_phenotype HP:1 s3 | {BOTH.format(79, 74, 84)}",
        ],
    ),
    "narrower_more_frequent": (
        [f"MONDO:1 has_phenotype HP:1 s1 | {HIGH}", f"MONDO:1 has_phenotype HP:2 s2 | {LOW}", f"+ {BELOW}"],
        [f"MONDO:1 has_phenotype HP:1 s1 | {LOW}", f"MONDO:1 has_phenotype HP:2 s2 | {HIGH}", f"+ {BELOW}"],
    ),
    "word_against_number": (
        ["MONDO:1 has_phenotype HP:1 s1 | kg:value 'rare cases'", f"MONDO:1 has_phenotype HP:1 s2 | {MIDDLE}"],
        [
            "MONDO:1 has_phenotype HP:1 s1 | kg:value 'rare or uncommon'",
            f"MONDO:1 has_phenotype HP:1 s2 | {MIDDLE}",
            "MONDO:1 has_phenotype HP:1 s3 | kg:value 'not rare cases'",
        ],
    ),
    "percentage_not_the_count": (
        ["MONDO:1 has_phenotype HP:1 s1 | kg:n 29 ; kg:total 41 ; kg:unit '%' ; kg:low 46.3 ; kg:high 46.3"],
        ["MONDO:1 has_phenotype HP:1 s1 | kg:n 29 ; kg:total 41 ; kg:unit '%' ; kg:low 71 ; kg:high 71"],
    ),
    "denominators_exchanged": (
        [
            "MONDO:1 coexists_with MONDO:2 s1 | kg:at_least 11 ; kg:at_most 30",
            "MONDO:2 coexists_with MONDO:1 s2 | kg:at_least 11 ; kg:at_most 30",
        ],
        [
            "MONDO:1 coexists_with MONDO:2 s1 | kg:at_least 11 ; kg:at_most 30",
            "MONDO:2 coexists_with MONDO:1 s2 | kg:at_least 1 ; kg:at_most 3",
        ],
    ),
    "asserted_and_denied": (
        ["MONDO:1 causes HP:1 s1", "MONDO:1 !has_phenotype HP:1 s2"],
        [
            "MONDO:1 has_phenotype HP:1 s1 | kg:condition 'early'",
            "MONDO:1 !has_phenotype HP:1 s2 | kg:condition 'late'",
            "MONDO:1 distinguished_by HP:2 s1 | kg:versus MONDO:2",
            "MONDO:1 !distinguished_by HP:2 s2 | kg:versus MONDO:3",
        ],
    ),
    "yes_and_no": (
        ["MONDO:1 has_cure - s1 | kg:value 'surgery'", "MONDO:1 !has_cure - s2 | kg:value 'cure'"],
        [
            "MONDO:1 has_cure - s1 | kg:value 'surgery'",
            "MONDO:2 !has_cure - s2 | kg:value 'surgery'",
            "MONDO:1 has_evidence - s1 | kg:value 'a trial'",
            "MONDO:1 !has_evidence - s2 | kg:value 'a guideline'",
        ],
    ),
    "temporal_pattern_differs": (
        ["MONDO:1 has_phenotype HP:1 s1 | kg:course 'subacute'", "MONDO:1 has_phenotype HP:1 s2 | kg:course 'chronic'"],
        [
            "MONDO:1 has_phenotype HP:1 s1 | kg:course 'subacute'",
            "MONDO:1 has_phenotype HP:1 s2 | kg:course 'progressive'",
        ],
    ),
    "caution_not_given": (
        [f"+ {CAUTION}", "CHEBI:1 applied_to_treat MONDO:1 s1", "CHEBI:1 has_caution HP:1 s2"],
        [
            f"+ {CAUTION}",
            "CHEBI:1 applied_to_treat MONDO:1 s1",
            "CHEBI:2 has_side_effect HP:1 s1",
            "CHEBI:1 has_caution HP:1 s2",
            # What the disorder does not bring, and what of a publication is not on record, is no conflict.
            "CHEBI:3 applied_to_treat MONDO:1 s1",
            "CHEBI:3 has_caution HP:2 s2",
            "CHEBI:1 applied_to_treat MONDO:1 s3",
        ],
    ),
    "acronym_expanded_differently": (
        [
            "MONDO:1 has_attribute - s1 | kg:value 'PEP: a, b' ; kg:attribute 'expansion of acronym'",
            "MONDO:1 has_attribute - s2 | kg:value 'PEP: b, a' ; kg:attribute 'expansion of acronym'",
        ],
        [
            "MONDO:1 has_attribute - s1 | kg:value 'PEP: a, b' ; kg:attribute 'expansion of acronym'",
            "MONDO:1 has_attribute - s2 | kg:value 'CFS: b, a' ; kg:attribute 'expansion of acronym'",
        ],
    ),
    "class_outside_databases": (
        [
            "MONDO:1 subclass_of MONDO:2 s1",
            "MONDO:1 subclass_of MONDO:3 s2",
            "+ MONDO:1 kg:category kg:Disorder . source:s1 kg:kind 'document' . source:s2 kg:kind 'database'",
        ],
        [
            "MONDO:1 subclass_of MONDO:2 s1",
            "MONDO:1 subclass_of MONDO:4 s1",
            "MONDO:1 subclass_of MONDO:3 s2",
            "+ MONDO:1 kg:category kg:Disorder . source:s1 kg:kind 'document' . source:s2 kg:kind 'database'",
            # The one is broader, the other narrower than what the database names.
            "+ MONDO:3 rdfs:subClassOf MONDO:2 . MONDO:4 rdfs:subClassOf MONDO:3",
        ],
    ),
    "series_far_apart": (
        [
            "MONDO:1 has_phenotype HP:1 s1 | kg:at_least 29 ; kg:at_most 64 ; kg:statistic 'range'",
            "+ HP:1 rdfs:label 'one'",
        ],
        [
            "MONDO:1 has_phenotype HP:1 s1 | kg:at_least 29 ; kg:at_most 50 ; kg:statistic 'range'",
            "+ HP:1 rdfs:label 'one'",
        ],
    ),
    "same_share_of_part_and_whole": (
        [
            f"MONDO:1 has_phenotype HP:1 s1 | {MIDDLE} ; kg:subset 'sex=male'",
            f"MONDO:1 has_phenotype HP:1 s2 | {MIDDLE}",
        ],
        [
            f"MONDO:1 has_phenotype HP:1 s1 | {MIDDLE} ; kg:subset 'sex=male'",
            f"MONDO:1 has_phenotype HP:1 s2 | {MIDDLE} ; kg:subset 'sex=male'",
            f"MONDO:1 has_phenotype HP:1 s3 | {LOW}",
        ],
    ),
    "decision_rule_superseded": (
        [
            f"+ {SETS}",
            "POEMS:1 has_decision_rule - s1 | kg:value 'two of three'",
            "POEMS:2 has_decision_rule - s2 | kg:value 'three of three'",
            "+ source:s1 dcterms:date '2003' . source:s2 dcterms:date '2023'",
        ],
        [
            f"+ {SETS}",
            "POEMS:1 has_decision_rule - s1 | kg:value 'two of three'",
            "POEMS:2 has_decision_rule - s2 | kg:value 'three of three'",
            "MONDO:1 has_decision_rule - s3 | kg:value 'one of three'",
            "POEMS:3 has_decision_rule - s4 | kg:value 'three of three'",
            "+ source:s1 dcterms:date '2023' . source:s2 dcterms:date '2023' . source:s4 dcterms:date '2003'",
            "+ POEMS:3 kg:category kg:CriteriaSet",
        ],
    ),
    "excluded_parent_present_child": (
        ["MONDO:1 has_phenotype HP:1 s1", "MONDO:1 !has_phenotype HP:2 s2", f"+ {BELOW}"],
        ["MONDO:1 has_phenotype HP:2 s1", "MONDO:1 !has_phenotype HP:1 s2", f"+ {BELOW}"],
    ),
    "figure_or_unknown": (
        ["MONDO:1 has_prevalence - s1 | kg:low 5000", "MONDO:1 has_prevalence - s2 ?"],
        [
            "MONDO:1 has_prevalence - s1 | kg:low 5000 ; kg:region 'Japan'",
            "MONDO:1 has_prevalence - s2 ? | kg:region 'India'",
        ],
    ),
    "cause_or_unknown": (
        ["HP:1 causes MONDO:1 s1", "MONDO:1 has_attribute - s2 ? | kg:attribute 'cause'"],
        ["HP:1 causes MONDO:1 s1 ?", "MONDO:1 has_attribute - s2 ? | kg:attribute 'cause'"],
    ),
    "effect_differs": (
        [
            "MONDO:1 has_prognostic_factor HP:1 s1 | kg:effect 'adverse'",
            "MONDO:1 has_prognostic_factor HP:1 s2 | kg:effect 'none'",
        ],
        [
            "MONDO:1 has_prognostic_factor HP:1 s1 | kg:effect 'adverse'",
            "MONDO:1 has_prognostic_factor HP:1 s2 | kg:effect 'adverse'",
        ],
    ),
    "standard_or_investigational": (
        ["CHEBI:1 applied_to_treat MONDO:1 s1", "CHEBI:1 studied_to_treat MONDO:1 s2"],
        ["CHEBI:1 applied_to_treat MONDO:1 s1", "CHEBI:1 studied_to_treat MONDO:1 s2 | kg:trial 'NCT1'"],
    ),
    "name_of_another": (
        [
            "MONDO:1 has_exact_synonym - s1 | kg:value 'two'",
            "MONDO:1 coexists_with MONDO:2 s2",
            "+ MONDO:2 rdfs:label 'two' ; kg:category kg:Disorder",
        ],
        [
            "MONDO:1 has_exact_synonym - s1 | kg:value 'one'",
            "MONDO:1 coexists_with MONDO:2 s2",
            "+ MONDO:2 rdfs:label 'two' ; kg:category kg:Disorder",
        ],
    ),
    "name_in_two_scopes": (
        ["MONDO:1 has_exact_synonym - s1 | kg:value 'PEP'", "MONDO:1 has_broad_synonym - s2 | kg:value 'pep'"],
        ["MONDO:1 has_exact_synonym - s1 | kg:value 'PEP'", "MONDO:1 has_broad_synonym - s2 | kg:value 'pap'"],
    ),
    "one_name_for_two": (
        ["MONDO:1 has_abbreviation - s1 | kg:value 'PEP'", "MONDO:2 has_exact_synonym - s2 | kg:value 'PEP'"],
        ["MONDO:1 has_abbreviation - s1 | kg:value 'PEP'", "MONDO:2 has_exact_synonym - s1 | kg:value 'PEP'"],
    ),
    "treatment_in_two_classes": (
        ["CHEBI:1 subclass_of CHEBI:2 s1", "CHEBI:1 subclass_of CHEBI:3 s2", "+ CHEBI:1 kg:category kg:Treatment"],
        [
            "CHEBI:1 subclass_of CHEBI:2 s1",
            "CHEBI:1 subclass_of CHEBI:3 s2",
            "+ CHEBI:1 kg:category kg:Treatment . CHEBI:2 rdfs:subClassOf CHEBI:3",
            "MONDO:1 subclass_of MONDO:2 s1",
            "MONDO:1 subclass_of MONDO:3 s2",
            "+ MONDO:1 kg:category kg:Disorder",
        ],
    ),
    "broader_classes_differ": (
        [
            "MONDO:1 subclass_of EFO:5 s1",
            "MONDO:1 subclass_of MONDO:3 s2",
            f"+ {DATABASES} . MONDO:5 skos:exactMatch EFO:5",
        ],
        [
            "MONDO:1 subclass_of EFO:5 s1",
            "MONDO:1 subclass_of MONDO:5 s2",
            f"+ {DATABASES} . MONDO:5 skos:exactMatch EFO:5",
            "MONDO:1 subclass_of MONDO:9 s3",
        ],
    ),
    "two_identifiers": (
        ["+ MONDO:1 kg:category kg:Disorder ; skos:exactMatch NCIT:C1, NCIT:C2"],
        ["+ MONDO:1 kg:category kg:Disorder ; skos:exactMatch NCIT:C1, DOID:1 ; skos:closeMatch NCIT:C2"],
    ),
    "criterion_ranked_differently": (
        [
            f"+ {SETS}",
            "POEMS:1 has_criterion HP:1 s1 | kg:criterion 'minor'",
            "POEMS:2 has_criterion HP:1 s2 | kg:criterion 'other major'",
        ],
        [
            f"+ {SETS}",
            "POEMS:1 has_criterion HP:1 s1 | kg:criterion 'minor'",
            "POEMS:2 has_criterion HP:1 s2 | kg:criterion 'minor'",
            "POEMS:2 !has_criterion HP:1 s2 | kg:criterion 'other major'",
        ],
    ),
    "criterion_absent": (
        [f"+ {SETS}", *TWO_ITEMS, "POEMS:2 has_criterion HP:1 s2 | kg:criterion 'minor'"],
        [
            f"+ {SETS}",
            *TWO_ITEMS,
            # The one is broader than an item of the other set; of a third, only one item is on record.
            "POEMS:2 has_criterion HP:5 s2 | kg:criterion 'mandatory major'",
            "+ HP:4 rdfs:subClassOf HP:5 . POEMS:3 kg:category kg:CriteriaSet ; rdfs:label 'Three'",
            "POEMS:3 has_criterion HP:3 s3 | kg:criterion 'mandatory major'",
        ],
    ),
    "cutoff_differs": (
        [
            "MAXO:1 has_cutoff MONDO:1 s1 | kg:low 200 ; kg:unit 'pg/mL'",
            "MAXO:2 has_cutoff MONDO:1 s2 | kg:low 1000 ; kg:unit 'pg/mL'",
            "MAXO:1 assesses PR:1 s1",
            "MAXO:2 assesses PR:1 s2",
        ],
        [
            "MAXO:1 has_cutoff MONDO:1 s1 | kg:low 200 ; kg:unit 'pg/mL'",
            "MAXO:1 has_cutoff MONDO:1 s2 | kg:low 210 ; kg:unit 'pg/mL'",
            "MAXO:2 has_cutoff MONDO:1 s2 | kg:low 1000 ; kg:unit 'pg/mL'",
            "MAXO:2 assesses PR:1 s2",
        ],
    ),
}


def graph_of(rows: Iterable[str]) -> LocalStore:
    """A store with the claims of an example."""
    turtle = [f"@prefix {prefix}: <{namespace}> ." for prefix, namespace in prefixes().items()]
    for number, row in enumerate(rows):
        if row.startswith("+ "):
            turtle.append(f"{row[2:]} .")
            continue
        words, _, rest = row.partition(" | ")
        subject, relation, target, source, *doubt = words.split()
        turtle.append(
            f"claim:C{number:04d} a kg:Claim ; kg:subject {subject} ; kg:relation kg:{relation.lstrip('!')} ; "
            f"kg:source source:{source} ; kg:polarity '{'denies' if relation.startswith('!') else 'asserts'}' ; "
            f"kg:certainty '{'uncertain' if doubt else 'established'}'"
            + (f" ; kg:object {target}" if target != "-" else "")
            + (f" ; {rest} ." if rest else " .")
        )
    store = ox.Store()
    store.load("\n".join(turtle).encode(), format=ox.RdfFormat.TURTLE)
    return LocalStore(store)


# --- Rules ---


def test_every_rule_has_its_examples_and_no_example_is_left_over() -> None:
    assert sorted(EXAMPLES) == sorted(RULES)
    assert {rule.kind for rule in RULES.values()} == set(KINDS)


@each_rule
def test_rule_is_loud_on_what_is_wrong(name: str) -> None:
    found = find_conflicts(graph_of(EXAMPLES[name][0]), [RULES[name]])
    assert found
    for conflict in found:
        assert conflict.kind == RULES[name].kind
        assert conflict.side_a
        assert conflict.side_b
        assert conflict.side_a != conflict.side_b


@each_rule
def test_rule_is_silent_on_what_is_right(name: str) -> None:
    assert find_conflicts(graph_of(EXAMPLES[name][1]), [RULES[name]]) == []


@each_rule
def test_rule_file_is_as_all_rule_files_are(name: str) -> None:
    rule = RULES[name]
    assert rule.problem.endswith(".")
    assert not rule.summary.endswith(".")
    assert re.search(r"^\} ORDER BY ", rule.sparql, re.MULTILINE)
    declared = dict(re.findall(r"^PREFIX ([\w.]+): <([^>]*)>$", rule.sparql, re.MULTILINE))
    assert declared == {prefix: prefixes()[prefix] for prefix in sorted(declared)}
    assert list(declared) == sorted(declared)
    body = re.sub(r'"[^"]*"|<[^>]*>|#.*', " ", re.sub(r"^PREFIX .*$", "", rule.sparql, flags=re.MULTILINE))
    assert set(re.findall(r"(?<![\w?:$])([A-Za-z][\w.]*):(?=\w)", body)) == declared.keys()


def test_no_rule_finds_anything_in_mini(mini) -> None:
    pytest.importorskip("owlready2")
    assert [quad for quad in build_graph(mini) if quad.graph_name == Graphs.conflicts] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#+ kind: numeric\nSELECT * {}", "lacks compares, problem, summary"),
        ("#+ kind: odd\n#+ problem: P.\n#+ summary: S\n#+ compares: claims\nSELECT * {}", "'odd' is no kind"),
        ("#+ kind: numeric\n#+ problem: P.\n#+ summary: S\n#+ compares: rows\nSELECT * {}", "'rows' is no compares"),
    ],
)
def test_a_rule_file_without_a_full_header_is_refused(text: str, words: str, tmp_path) -> None:
    path = tmp_path / "one.rq"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=words):
        read_rule(path)
    with pytest.raises(RuleError, match="cannot be read"):
        read_rule(tmp_path / "none.rq")


# --- Folding, wording, ids ---


def one(rows: list[str], name: str) -> Conflict:
    (conflict,) = find_conflicts(graph_of(rows), [RULES[name]])
    return conflict


def test_all_pairs_on_one_matter_are_one_conflict_with_all_sources() -> None:
    conflict = one(
        [
            f"MONDO:1 has_phenotype HP:1 s3 | {LOW} ; kg:value 'a fifth'",
            f"MONDO:1 has_phenotype HP:1 s1 | {LOW} ; kg:n 20 ; kg:total 100 ; kg:context 'region: Japan'",
            f"MONDO:1 has_phenotype HP:1 s2 | {HIGH} ; kg:low 70 ; kg:high 70 ; kg:unit '%'",
            "+ MONDO:1 rdfs:label 'a disorder' . HP:1 rdfs:label 'a finding'",
        ],
        "figures_apart",
    )
    assert (conflict.subject_id, conflict.subject_label, conflict.object_id) == ("MONDO:1", "a disorder", "HP:1")
    assert conflict.side_a == "has phenotype a finding: 20 of 100 [region: Japan] (s1); a fifth (s3)"
    assert conflict.side_b == "has phenotype a finding: 70 % (s2)"
    assert (conflict.sources_a, conflict.sources_b) == (("s1", "s3"), ("s2",))
    assert conflict.claims_b == ("claim:C0002",)
    assert conflict.about == {"MONDO:1", "HP:1"}


def test_the_id_outlives_new_figures_and_new_sources_but_not_another_matter() -> None:
    rows = EXAMPLES["figures_apart"][0]
    before = one(rows, "figures_apart")
    more = [*rows, f"MONDO:1 has_phenotype HP:1 s9 | {BOTH.format(90, 85, 95)}"]
    assert one(more, "figures_apart").conflict_id == before.conflict_id
    other = [row.replace("HP:1", "HP:7") for row in rows]
    assert one(other, "figures_apart").conflict_id != before.conflict_id


def test_ids_do_not_change_from_release_to_release() -> None:
    assert one(EXAMPLES["figures_apart"][0], "figures_apart").conflict_id == "conflict:8de02b03a2"
    assert one(EXAMPLES["asserted_and_denied"][0], "asserted_and_denied").conflict_id == "conflict:7ab450c626"


def test_a_mapping_is_laid_to_who_says_so_and_a_cross_reference_counts() -> None:
    conflict = one(
        [
            "+ MONDO:1 kg:category kg:Disorder ; skos:exactMatch NCIT:C1 . source:mondo2026 kg:kind 'database'",
            "+ [] sssom:subject_id MONDO:1 ; sssom:object_id NCIT:C1 ; sssom:predicate_id skos:exactMatch ; "
            "sssom:mapping_source <http://purl.obolibrary.org/obo/mondo/releases/2026/a.sssom.tsv>",
            "+ [] sssom:subject_id MONDO:1 ; sssom:object_id NCIT:C2 ; sssom:predicate_id oboInOwl:hasDbXref ; "
            "sssom:mapping_source source:ordo2018",
            "+ [] sssom:subject_id MONDO:1 ; sssom:object_id NCIT:C3 ; sssom:predicate_id oboInOwl:hasDbXref ; "
            "sssom:predicate_modifier sssom:NegatedPredicate ; sssom:mapping_source source:ordo2018",
        ],
        "two_identifiers",
    )
    assert (conflict.side_a, conflict.sources_a) == ("is NCIT:C1 (mondo2026)", ("mondo2026",))
    assert (conflict.side_b, conflict.sources_b) == ("is NCIT:C2 (ordo2018)", ("ordo2018",))


def test_a_file_that_is_no_source_is_named_but_gets_no_node() -> None:
    file = "https://example.org/ordo.json"
    conflict = one(
        [
            "+ MONDO:1 kg:category kg:Disorder ; skos:exactMatch NCIT:C1, NCIT:C2",
            f"+ [] sssom:subject_id MONDO:1 ; sssom:object_id NCIT:C2 ; sssom:mapping_source <{file}>",
        ],
        "two_identifiers",
    )
    assert conflict.sources_b == (file,)
    assert not [q for q in conflict_quads([conflict], {}) if q.predicate == iri("kg:source_b")]


def test_a_class_is_disputed_once_by_its_most_general_form() -> None:
    broader = {"O:tumor": {"M:plasma"}, "M:plasma": {"M:neoplasm"}, "D:nerve": {"M:nerve"}}
    found = find_disputes({"ordo": {"O:tumor", "M:nerve"}, "mondo": {"D:nerve"}, "doid": {"D:blood"}}, broader)
    assert {dispute.class_id: sorted(dispute.ways) for dispute in found} == {
        "M:neoplasm": ["ordo"],
        "M:nerve": ["mondo", "ordo"],
        "D:blood": ["doid"],
    }
    assert found[1].others == {"doid": ("D:blood",), "mondo": ("D:nerve",)}
    assert found[1].ways == {"ordo": ("O:tumor",)}


def test_classes_that_match_exactly_are_one() -> None:
    same = {"O:1": {"MONDO:1"}, "MONDO:1": {"O:1"}}
    assert find_disputes({"ordo": {"O:1"}, "mondo": {"MONDO:1"}}, same) == []
    (dispute,) = find_disputes({"ordo": {"O:1"}, "mondo": set()}, same)
    assert dispute.class_id == "MONDO:1"


def test_what_all_agree_on_hides_no_dispute_below_it() -> None:
    assert [d.class_id for d in find_disputes({"a": {"X:narrow"}, "b": {"X:broad"}}, {"X:narrow": {"X:broad"}})] == [
        "X:narrow"
    ]


# --- The graph and its reviews ---


def test_a_conflict_is_new_until_it_is_reviewed() -> None:
    conflict = one(EXAMPLES["figures_apart"][0], "figures_apart")
    node = iri(conflict.conflict_id)

    def said(reviews: dict[str, Review], key: str) -> list[str]:
        quads = conflict_quads([conflict], reviews)
        assert {quad.graph_name for quad in quads} == {Graphs.conflicts}
        return [q.object.value for q in quads if q.subject == node and q.predicate == iri(f"kg:{key}")]

    assert said({}, "status") == [NEW]
    assert said({}, "reason") == []
    review = Review(conflict.conflict_id, "numeric", "", "reviewed", "Other patients.", "me", "2026-11-21")
    assert said({conflict.conflict_id: review}, "status") == ["reviewed"]
    assert said({conflict.conflict_id: review}, "reason") == ["Other patients."]
    assert said({}, "source_a") == [iri("source:s1").value]


def test_a_review_of_what_is_no_conflict_any_more_is_a_warning(folder: Folder) -> None:
    cells = {"kind": "numeric", "status": "reviewed", "reason": "Other patients.", "reviewer": "me"}
    line = folder.add("reviews.tsv", conflict_id="conflict:0123456789", date="2026-11-21", **cells)
    (problem,) = check_folder(folder.path)
    assert (problem.level, problem.code, problem.row) == ("WARN", "REV06", line)


def test_a_review_says_what_its_id_stands_for(folder: Folder) -> None:
    row = folder.read("claims/findings.tsv")[3]
    denial = dict(zip(folder.read("claims/findings.tsv")[0], row, strict=True))
    denial |= {"claim_id": "claim:C0010", "polarity": "denies", "source_id": "mini2020", "place": "table 1"}
    denial |= dict.fromkeys(("unit", "low", "high", "start", "end", "sha256"), "")
    folder.add("claims/findings.tsv", **denial)
    store = ox.Store()
    store.extend(build_quads(read_knowledge(folder.path)))
    (conflict,) = find_conflicts(LocalStore(store))
    cells = {"status": "reviewed", "reason": "Other patients.", "reviewer": "me", "date": "2026-11-21"}
    folder.add("reviews.tsv", conflict_id=conflict.conflict_id, kind="lexical", subject_label="POEMS", **cells)
    assert [problem.code for problem in check_folder(folder.path)] == ["REV07"]
    folder.set("reviews.tsv", conflict.conflict_id, kind=conflict.kind, subject_label="POEMS syndrome")
    assert check_folder(folder.path) == []


# --- The released data ---


def test_every_conflict_is_reviewed(kg: KnowledgeGraph) -> None:
    new = [f"{row['conflict_id']} {row['kind']} {row['subject_label']}" for row in kg.ask("conflicts", status=NEW)]
    assert new == [], "review them in ontology/reviews.tsv; docs/conflicts.md says how"


def test_every_kind_is_there_and_both_sides_have_sources(kg: KnowledgeGraph) -> None:
    rows = kg.ask("conflicts").rows
    assert {row["kind"] for row in rows} == set(KINDS)
    assert [row["conflict_id"] for row in rows if not (row["sources_a"] and row["sources_b"])] == []
    assert len({row["conflict_id"] for row in rows}) == len(rows)


def test_reviews_are_of_the_conflicts_that_there_are(kg: KnowledgeGraph) -> None:
    reviewed = {row["conflict_id"] for row in kg.ask("conflicts", status="reviewed")}
    assert reviewed == read_tables(ontology_dir()).reviews.keys()


def is_known(row: dict[str, str], conflict: Conflict) -> bool:
    """Whether a conflict is of the kind, on the matter and between the sources that a row names, on either side."""
    sides = [set(row[key].split("|")) for key in ("sources_a", "sources_b")]
    found = [set(conflict.sources_a), set(conflict.sources_b)]
    return (
        (conflict.kind, conflict.relation) == (row["kind"], row["relation"])
        and {row["subject_id"], row["object_id"]} - {""} <= conflict.about
        and any(all(one & other for one, other in zip(sides, order, strict=True)) for order in (found, found[::-1]))
    )


def test_all_known_conflicts_are_found(kg: KnowledgeGraph) -> None:
    header, *rows = [line.split("\t") for line in KNOWN.read_text(encoding="utf-8").splitlines()]
    found = find_conflicts(kg.store)
    known = [dict(zip(header, row, strict=True)) for row in rows]
    # The kind "none" stands for a doubt with one side only, which is no conflict.
    wanted = [row for row in known if row["kind"] != "none"]
    assert len(wanted) > 60
    assert [row for row in wanted if not any(is_known(row, conflict) for conflict in found)] == []


def test_conflicts_are_no_claims(kg: KnowledgeGraph) -> None:
    used = {quad.predicate.value for quad in kg.store.quads.quads_for_pattern(None, None, None, Graphs.conflicts)}
    claims = {quad.predicate.value for quad in kg.store.quads.quads_for_pattern(None, None, None, Graphs.claims)}
    assert used & claims == {iri("rdf:type").value}
