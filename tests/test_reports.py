"""The HTML report: one whole page, everything escaped, readable by all, the story of several time points told."""

import re
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("jinja2")

from made_diagnoses import (
    FINAL,
    FIRST,
    HOSTILE,
    MIDDLE,
    Book,
    Diagnosis,
    bare,
    diagnosis,
    hostile,
    three_time_points,
)

from poems_kg.differential.explaining import Reason
from poems_kg.patients.patient import Measurement, Patient, Sex
from poems_kg.reports import ReportError, page, report
from poems_kg.reports.citations import link_parts
from poems_kg.reports.sections import item_rows, pair_rows
from poems_kg.reports.stories import became_known, change, group_stories
from poems_kg.reports.wording import grounds, missing_words, person, quantity, reference_range

VOID = {"meta"}
PHRASING = {"p", "span", "bdi", "a", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "dt"}
BLOCKS = {"div", "p", "ul", "ol", "dl", "table", "section", "details", "h1", "h2", "h3", "h4", "h5", "h6", "article"}


class Page(HTMLParser):
    """Reads a page and refuses what is not well formed: tags that do not match, blocks in phrases, ids used twice."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.headings: list[int] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        assert not (tag in BLOCKS and PHRASING & set(self.open)), f"{tag} in {self.open}"
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self.open or tag == "svg"
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.words.append(data)

    def values(self, name: str) -> list[str]:
        return [value for _, each, value in self.attributes if each == name]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def story() -> str:
    return report(three_time_points(), Book(), {"HPO": "2025-01-16"})


def variants() -> dict[str, list[Diagnosis]]:
    nobody = bare(Patient("nobody"))
    return {"story": three_time_points(), "one": three_time_points()[:1], "bare": [nobody], "hostile": [hostile()]}


@pytest.mark.parametrize("name", variants())
def test_the_page_is_well_formed_and_needs_nothing_but_itself(name):
    page = Page(report(variants()[name], Book()))
    assert page.tags["script"] == page.tags["img"] == page.tags["link"] == page.tags["iframe"] == 0
    assert not [each for each in page.attributes if each[1].startswith("on") or each[1] in {"src", "style", "srcset"}]
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    assert set(page.values("aria-labelledby")) <= set(ids)
    inside = [value for value in page.values("href") if value.startswith("#")]
    assert {value[1:] for value in inside} <= set(ids)
    assert all(value.startswith(("#", "http://", "https://")) for value in page.values("href"))


@pytest.mark.parametrize("name", variants())
def test_headings_go_down_step_by_step(name):
    levels = Page(report(variants()[name], Book())).headings
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_every_drawing_inside_is_xml(story):
    drawings = re.findall(r"<svg.*?</svg>", story, re.DOTALL)
    assert len(drawings) > 50
    for each in set(drawings):
        ElementTree.fromstring(each)  # noqa: S314 - our own


def test_the_same_diagnoses_give_the_same_bytes(story):
    assert report(three_time_points(), Book(), {"HPO": "2025-01-16"}).encode() == story.encode()


def test_it_says_at_top_and_bottom_that_it_is_no_advice(story):
    text = Page(story).text
    assert text.index("Not medical advice.") < text.index("At a glance")
    assert text.rindex("Not medical advice.") > text.rindex("How to read this page")


def test_no_text_from_outside_becomes_markup():
    text = report([hostile()], Book())
    for danger in ("<script", "<img", "<b>", "\x00", "\u202e", "</style><"):
        assert danger not in text, danger
    assert "&lt;/style&gt;&lt;script&gt;alert(&#39;&amp;&#34;x&#39;)" in text
    assert text.count("</style>") == 1
    assert not [href for href in Page(text).values("href") if href.startswith("javascript")]
    text.encode("utf-8")


def test_what_is_in_the_diagnosis_is_on_the_page():
    final = three_time_points()[1]
    text = Page(report([final], Book())).text
    assert "male, 38 years · 13 findings present · 1 excluded · 1 measurement" in text
    assert "2,407 pg/mL , plasma (reference up to 200 pg/mL" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "plasma VEGF 2407 pg/mL is above 200 pg/mL ( PMID:22547581 )" in text
    for verdict in final.verdicts:
        assert verdict.label in text
    for candidate in final.candidates:
        assert candidate.label in text
        assert candidate.disease_id in text
    for step in final.next_steps:
        assert f"{step.information:.2f} bits" in text
        assert step.label[1:] in text
    assert "HP:0001471 is now HP:0000020" in text


def test_verdicts_are_told_in_words_beside_their_shapes(story):
    page = Page(story)
    shapes = Counter(value for value in page.values("href") if value.startswith("#mark-"))
    words = Counter(re.findall(r'<use href="#mark-(\w+)"/></svg><span>([A-Z][a-z ]+)</span>', story))
    assert words == {
        ("met", "Met"): shapes["#mark-met"],
        ("not_met", "Not met"): shapes["#mark-not_met"],
        ("unknown", "Unknown"): shapes["#mark-unknown"],
    }
    assert min(shapes.values()) > 5


def test_citations_are_links(story):
    hrefs = set(Page(story).values("href"))
    assert {"http://www.ncbi.nlm.nih.gov/pubmed/22547581", "https://doi.org/10.1186/s40478-016-0000-0"} <= hrefs
    assert "http://purl.obolibrary.org/obo/HP_0001284" in hrefs


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("PMID: 22547581; DOI:10.1016/S0140-6736(05)66071-X.", ["pubmed/22547581", "10.1016/S0140-6736(05)66071-X"]),
        ("(see https://example.org/a_b).", ["https://example.org/a_b"]),
        ("XHP:0001284 HP:00012845 javascript:alert(1) PMID:", []),
        ("claim:poems-1 POEMS:0000213", []),
        ("", []),
    ],
)
def test_only_identifiers_that_lead_somewhere_become_links(text, addresses):
    parts = link_parts(text)
    assert "".join(words for words, _ in parts) == text
    found = [address for _, address in parts if address]
    assert len(found) == len(addresses)
    assert all(address.endswith(end) for address, end in zip(found, addresses, strict=True))


def test_time_points_are_told_from_first_to_last(story):
    text = Page(story).text
    told = text[text.index("One patient at 3 time points") : text.index("Time point 1 of 3")]
    first, middle, final = (told[told.index(f"{n} case-7-") :] for n in (1, 2, 3))
    assert first.startswith("1 case-7-first")
    assert middle.startswith("2 case-7-atypical")
    assert final.startswith("3 case-7-final")
    first = first.removesuffix(middle)
    middle = middle.removesuffix(final)
    assert "What came new" not in first
    assert "rank 6" in first
    assert "Monoclonal plasma cell proliferative disorder" in first[first.index("What was missing") :]
    assert "Glomeruloid hemangioma" in middle[middle.index("What came new") : middle.index("What was missing")]
    assert "ruled out, for Plasmacytosis is excluded" in middle
    assert "Paraproteinemia" in final[final.index("What came new") : final.index("What was missing")]
    assert "No longer stated: Plasmacytosis" in final
    assert "Nothing: every version is met." in final
    asked = first[first.index("What would have told most") :]
    assert "Plasma vascular endothelial growth factor measurement known at the next time point" in asked
    assert "immunofixation electrophoresis Increased bone mineral density" in asked
    assert "Serum immunofixation electrophoresis known at the next time point" in middle
    assert "What would still tell most" in final


def ids(stories):
    return [[each.patient.patient_id for each in story] for story in stories]


def test_time_points_are_found_whatever_their_order():
    expected = [["case-7-first", "case-7-atypical", "case-7-final"]]
    points = three_time_points()
    assert ids(group_stories(points)) == expected
    assert ids(group_stories(points[::-1])) == expected


@pytest.mark.parametrize(
    "other",
    [
        Patient("case-7-other", Sex.FEMALE, 38.0, MIDDLE),
        Patient("case-7-other", Sex.MALE, None, MIDDLE),
        Patient("case-7-other", Sex.MALE, 38.0, (*MIDDLE[1:], FINAL[-1])),
        Patient("case-7-other", Sex.MALE, 30.0, MIDDLE),
        Patient("case-8-first", Sex.MALE, 38.0, MIDDLE),
        Patient("case-7-2", Sex.MALE, 38.0, MIDDLE),
    ],
)
def test_other_patients_are_not_taken_for_time_points(other):
    first = bare(Patient("case-7-first", Sex.MALE, 38.0, FIRST))
    assert len(group_stories([first, bare(other)])) == 2


def test_few_findings_do_not_make_a_story():
    one = bare(Patient("case-7-a", Sex.MALE, 38.0, FIRST[:2]))
    assert len(group_stories([one, bare(Patient("case-7-b", Sex.MALE, 38.0, FIRST))])) == 2


def test_one_id_is_one_patient():
    young, old = (bare(Patient("7", Sex.MALE, age, FIRST)) for age in (38.0, 40.0))
    assert group_stories([old, young]) == [[young, old]]


def test_patients_keep_their_order_and_stand_apart():
    page = Page(report([diagnosis("b", FIRST), diagnosis("a", MIDDLE)], Book()))
    assert page.text.index("At a glance") < page.text.index("b ") < page.text.index("a male")
    assert "2 patients" in page.text
    assert "time point" not in page.text


def test_what_came_new_is_what_was_not_there():
    earlier = Patient("a", observed=("HP:0001284", "HP:0001085"), excluded=("HP:0002516",))
    later = Patient(
        "a",
        observed=("HP:0001085", "HP:0031052"),
        excluded=("HP:0001284",),
        measurements=(Measurement("LOCAL:1", "Albumin"), Measurement("LOCAL:1", "Albumin")),
    )
    found = change(earlier, later)
    assert found.observed == ("HP:0031052",)
    assert found.excluded == ("HP:0001284",)
    assert found.no_longer == ("HP:0002516",)
    assert found.measured == ("Albumin",)


@pytest.mark.parametrize(
    ("observed", "excluded", "answer"),
    [
        (("HP:0031047",), (), True),
        (("HP:0032290",), (), True),
        ((), ("HP:0031047",), True),
        (("HP:0001284",), ("HP:0032290",), False),
        ((), (), False),
    ],
)
def test_what_was_asked_is_answered_by_it_or_something_narrower(observed, excluded, answer):
    later = Patient("a", observed=observed, excluded=excluded)
    assert became_known(["HP:0031047", "HP:0031052"], later, Book()) is answer


def test_poems_is_set_beside_cidp_from_either_side():
    made = diagnosis("case-7", MIDDLE, ("HP:0030150",))
    rows = pair_rows(made)
    assert rows[0].label == "Glomeruloid hemangioma"
    assert [row.bar.log_ratio for row in rows] == sorted((row.bar.log_ratio for row in rows), reverse=True)
    assert rows[-1].bar.side == "against"
    assert [row.label for row in rows if row.is_excluded] == ["Plasmacytosis"]
    silent = replace(made, candidates=tuple(each for each in made.candidates if each.disease_id != "ORPHA:2905"))
    turned = {row.label: row for row in pair_rows(silent)}
    assert turned["Thrombocytosis"].bar.log_ratio == 1.9
    assert turned["Thrombocytosis"].in_cidp == "13\N{NO-BREAK SPACE}%"


def test_figures_against_other_diseases_are_not_compared():
    made = diagnosis("case-7", MIDDLE)
    others = tuple(
        replace(each, reasons=tuple(replace(reason, versus="ORPHA:160") for reason in each.reasons))
        for each in made.candidates
    )
    assert pair_rows(replace(made, candidates=others)) == []
    assert "beside CIDP" not in report([replace(made, candidates=others)], Book())


def test_versions_stand_side_by_side_item_by_item():
    made = diagnosis("case-7", MIDDLE, ("HP:0030150",))
    rows = {row.label: row.verdicts for row in item_rows(made)}
    assert rows["Monoclonal plasma cell proliferative disorder"] == ["not_met", "not_met", "", *["not_met"] * 3]
    assert rows["Raised vascular endothelial growth factor"] == ["", "met", "", "", "met", "met"]


def test_what_is_missing_is_what_the_rule_still_asks_for():
    first = diagnosis("case-7", FIRST)
    assert missing_words(first.verdicts[0]) == [
        "Monoclonal plasma cell proliferative disorder",
        "At least 1 other major item: Castleman disease or Sclerotic bone lesions",
    ]
    assert missing_words(diagnosis("case-7", FINAL).verdicts[0]) == []


@pytest.mark.parametrize(
    ("patient", "words"),
    [
        (Patient("a"), "sex not stated, age not stated"),
        (Patient("a", Sex.FEMALE, 0.5), "female, 6 months"),
        (Patient("a", Sex.OTHER_SEX, 49.96), "other sex, 49 years"),
    ],
)
def test_a_person_in_words(patient, words):
    assert person(patient) == words


def test_measurements_in_words():
    assert quantity(Measurement("a", "b", 0.00012, "g/L")) == "0.00012 g/L"
    assert quantity(Measurement("a", "b")) == ""
    assert reference_range(Measurement("a", "b", 1.0, "g/L", reference_low=2.0, reference_high=3.5)) == "2–3.5 g/L"
    assert reference_range(Measurement("a", "b", 1.0, "g/L", reference_low=2.0)) == "from 2 g/L"
    assert reference_range(Measurement("a", "b", 1.0, "g/L")) == ""


def test_a_sentence_does_not_name_its_finding_again():
    made = Reason("HP:0001894", "Thrombocytosis", "for", 1.0, text="Thrombocytosis: likelier in A than in B")
    assert grounds(made, Book()) == "likelier in A than in B"
    absent = replace(made, is_excluded=True, text="No thrombocytosis: likelier in B than in A")
    assert grounds(absent, Book()) == "likelier in B than in A"


def test_without_a_sentence_the_figures_stand():
    made = Reason("HP:0001894", "Thrombocytosis", "for", 1.0, "HP:0001433", 0.5, 0.25, 0.75)
    assert (
        grounds(made, Book()).replace("\N{NO-BREAK SPACE}", " ") == "as Hepatosplenomegaly, seen in 50 % (25 % to 75 %)"
    )
    assert grounds(Reason("HP:0001894", "Thrombocytosis", "for", 1.0, "HP:0001894"), Book()) == ""


def test_a_measurement_whose_result_is_a_class_is_told_by_its_label():
    patient = Patient("a", measurements=(Measurement("LOCAL:1", "Immunofixation", result_id="HP:0032290"),))
    assert "Immunofixation : Monoclonal elevation of IgG" in Page(report([bare(patient)], Book())).text


def test_a_finding_that_no_book_knows_stands_as_it_is():
    assert "HP:9999999" in Page(report([bare(Patient("a", observed=("HP:9999999",)))], Book())).text


def test_nothing_to_report_is_said():
    with pytest.raises(ReportError, match="give at least one diagnosis"):
        report([], Book())


def test_a_missing_library_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    page._environment.cache_clear()
    with pytest.raises(ReportError, match=r"jinja2 is missing; install poems-kg with its 'diagnose' extra"):
        report([hostile()], Book())


def luminance(colour: str) -> float:
    shares = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def palettes() -> list[dict[str, str]]:
    css = (Path(__file__).parents[1] / "poems_kg/reports/templates/style.css").read_text(encoding="utf-8")
    return [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in re.findall(r":root \{(.*?)\}", css, re.S)
    ]


@pytest.mark.parametrize("number", range(3), ids=["light", "dark", "print"])
def test_colours_have_the_contrast_that_wcag_asks_for(number):
    colours = palettes()[number]
    for ground in ("paper", "panel"):
        for words in ("ink", "muted", "link", "met", "not-met", "unknown"):
            assert contrast(colours[words], colours[ground]) >= 4.5, (words, ground)
        for shape in ("for", "against", "accent", "notice-line"):
            assert contrast(colours[shape], colours[ground]) >= 3, (shape, ground)
    assert contrast(colours["ink"], colours["notice"]) >= 4.5
    assert contrast(colours["on-fill"], colours["met"]) >= 3
    assert contrast(colours["on-fill"], colours["not-met"]) >= 3
    assert contrast(colours["for"], colours["field"]) >= 3


def test_the_same_colours_are_named_for_light_dark_and_print():
    light, dark, printed = palettes()
    assert light.keys() == dark.keys() == printed.keys()


def test_the_hostile_text_is_still_readable():
    assert "alert('&\"x')" in Page(report([hostile()], Book())).text
    assert HOSTILE not in report([hostile()], Book())
