"""Pictures of one patient: both formats, the same bytes again, every shape of verdict, hostile texts as they are."""

import sys
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import pytest

pytest.importorskip("matplotlib")

from made_diagnoses import (
    MIDDLE,
    POEMS,
    Book,
    Candidate,
    bare,
    diagnosis,
    hostile,
    three_time_points,
)

from poems_kg.criteria import Truth, Verdict
from poems_kg.differential.explaining import Reason
from poems_kg.drawing import DrawingError
from poems_kg.drawing.checklist import Checklist
from poems_kg.drawing.patients import draw_checklist, draw_diagnosis, draw_differential, sheet_of
from poems_kg.drawing.ranking import Ranking
from poems_kg.patients.patient import Patient

PICTURES = [draw_checklist, draw_differential, draw_diagnosis]


def checklist(made, book):
    return sheet_of("Criteria", made, book, [Checklist(made)])


def differential(made, book):
    return sheet_of("Differential", made, book, [Ranking(made, book)])


def words(sheet) -> list[str]:
    return [text.get_text() for text in sheet.axes.texts]


@pytest.mark.parametrize("draw", PICTURES)
@pytest.mark.parametrize("made", [*three_time_points(), hostile()], ids=["atypical", "final", "first", "hostile"])
def test_it_draws_to_svg_the_same_each_time(draw, made, tmp_path):
    first, second = tmp_path / "first.svg", tmp_path / "second.SVG"
    draw(made, Book(), first)
    draw(made, Book(), second)
    assert first.read_bytes() == second.read_bytes()
    assert ElementTree.fromstring(first.read_bytes()).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own


@pytest.mark.parametrize("draw", PICTURES)
def test_it_draws_to_png(draw, tmp_path):
    from PIL import Image

    target = tmp_path / "picture.png"
    draw(three_time_points()[0], Book(), target)
    data = target.read_bytes()
    Image.open(BytesIO(data)).verify()
    width, height = Image.open(BytesIO(data)).size
    assert 1000 < width < 2000
    assert 500 < height < 2000
    assert len(data) < 400_000


@pytest.mark.parametrize("draw_sheet", [checklist, differential])
@pytest.mark.parametrize("made", [*three_time_points(), hostile()], ids=["atypical", "final", "first", "hostile"])
def test_nothing_lies_outside_the_sheet(draw_sheet, made):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    sheet = draw_sheet(made, Book())
    renderer = FigureCanvasAgg(sheet.figure).get_renderer()
    page = sheet.figure.bbox
    for text in sheet.axes.texts:
        box = text.get_window_extent(renderer)
        assert page.x0 <= box.x0 <= box.x1 <= page.x1, text.get_text()
        assert page.y0 <= box.y0 <= box.y1 <= page.y1, text.get_text()


@pytest.mark.parametrize("draw_sheet", [checklist, differential])
def test_it_says_who_it_is_and_that_it_is_no_advice(draw_sheet):
    title, says, *_ = words(draw_sheet(three_time_points()[0], Book()))
    assert title.endswith("case-7-atypical")
    assert says.startswith("Male, 38 years. Present: Lower limb muscle weakness;")
    assert "Excluded: Plasmacytosis" in says
    assert says.replace("\n", " ").endswith("Not medical advice.")


def test_verdicts_are_told_in_words_beside_signs():
    said = words(checklist(three_time_points()[0], Book()))
    made = three_time_points()[0]
    verdicts = [str(each.verdict) for verdict in made.verdicts for each in (verdict, *verdict.items)]
    for verdict, word, sign in (("met", "Met", "✓"), ("not_met", "Not met", "×"), ("unknown", "Unknown", "?")):
        assert said.count(word) == said.count(sign) == verdicts.count(verdict) + 1  # one in the key
    assert "excluded: Plasmacytosis" in said
    assert "not known: Edema; Pleural effusion; Ascites" in said


def test_items_stand_under_their_roles():
    said = words(checklist(three_time_points()[0], Book()))
    places = [said.index(each) for each in ("Mandatory major", "Other major", "Minor", "Papilledema")]
    assert places == sorted(places)


def test_poems_is_listed_whatever_its_rank():
    made = diagnosis("case-7", MIDDLE)
    others = [Candidate(f"OMIM:{n}", f"disease {n}", n, 1.0, None, (), ()) for n in range(1, 30)]
    poems = replace(made.candidates[0], rank=3907)
    said = words(differential(replace(made, candidates=(*others, poems)), Book()))
    assert "3907" in said
    assert "POEMS syndrome" in said
    assert "Disease 12" in said
    assert "Disease 13" not in said


def test_what_is_left_out_is_counted():
    reasons = tuple(Reason(f"HP:{n}", f"finding {n}", "for", n / 10) for n in range(1, 41))
    made = bare(Patient("a"), candidates=(Candidate(POEMS.entry_id, "POEMS syndrome", 1, 1.0, 0.5, (), reasons),))
    said = words(differential(made, Book()))
    assert "Finding 40" in said
    assert "Finding 11" in said
    assert "Finding 10" not in said
    assert any("Left out: 10 findings that say less." in each for each in said)


def test_a_ranking_without_reasons_is_drawn_alone(tmp_path):
    made = bare(Patient("a"), candidates=(Candidate("OMIM:1", "disease", 1, 1.0, None, (), ()),))
    draw_differential(made, Book(), tmp_path / "picture.svg")
    assert "not weighed" in words(differential(made, Book()))


def test_nothing_to_draw_is_said(tmp_path):
    nothing = bare(Patient("a"))
    with pytest.raises(DrawingError, match="no criteria were applied"):
        draw_checklist(nothing, Book(), tmp_path / "picture.svg")
    with pytest.raises(DrawingError, match="no disease was ranked"):
        draw_differential(nothing, Book(), tmp_path / "picture.svg")
    with pytest.raises(DrawingError, match="nothing to draw"):
        draw_diagnosis(nothing, Book(), tmp_path / "picture.svg")
    assert not list(tmp_path.iterdir())


def test_a_set_without_items_is_drawn(tmp_path):
    draw_checklist(
        bare(Patient("a"), (Verdict("x", "Some set", "1999", Truth.MET, POEMS, (), (), (), (), ""),)),
        Book(),
        tmp_path / "a.svg",
    )
    assert "Some set" in (tmp_path / "a.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("draw", PICTURES)
def test_another_suffix_is_refused(draw, tmp_path):
    with pytest.raises(DrawingError, match=r"\.svg or \.png"):
        draw(three_time_points()[0], Book(), tmp_path / "picture.pdf")


@pytest.mark.parametrize("draw", PICTURES)
def test_a_missing_library_names_the_extra(draw, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.style", None)
    with pytest.raises(DrawingError, match=r"missing; install poems-kg with its 'draw' extra"):
        draw(three_time_points()[0], Book(), tmp_path / "picture.svg")


def test_an_unwritable_target_is_refused(tmp_path):
    with pytest.raises(DrawingError, match="cannot be written"):
        draw_checklist(three_time_points()[0], Book(), tmp_path / "missing" / "picture.svg")
