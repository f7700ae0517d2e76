"""The pictures: every view in both formats, the same bytes again, and a clear word where none can be drawn."""

import sys
from io import BytesIO
from xml.etree import ElementTree

import networkx as nx
import pytest

from poems_kg.drawing import DrawingError, draw
from poems_kg.views import VIEWS

pytest.importorskip("matplotlib")
pytest.importorskip("igraph")


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_draws_to_svg_the_same_each_time(kg, tmp_path, name):
    first, second = tmp_path / "first.svg", tmp_path / "second.SVG"
    draw(name, kg.view(name), first)
    draw(name, kg.view(name), second)
    assert first.read_bytes() == second.read_bytes()
    assert ElementTree.fromstring(first.read_bytes()).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_draws_to_png(kg, tmp_path, name):
    from PIL import Image

    target = tmp_path / "picture.png"
    draw(name, kg.view(name), target)
    data = target.read_bytes()
    Image.open(BytesIO(data)).verify()
    width, height = Image.open(BytesIO(data)).size
    assert 800 < width < 3000
    assert 600 < height < 3000
    assert len(data) < 400_000


@pytest.mark.parametrize("target", ["picture.pdf", "picture", "picture.svg.gz"])
def test_another_suffix_is_refused(kg, tmp_path, target):
    with pytest.raises(DrawingError, match=r"\.svg or \.png"):
        draw("treatments", kg.view("treatments"), tmp_path / target)
    assert not list(tmp_path.iterdir())


def test_an_unwritable_target_is_refused(kg, tmp_path):
    with pytest.raises(DrawingError, match="cannot be written"):
        draw("treatments", kg.view("treatments"), tmp_path / "missing" / "picture.svg")


def test_another_name_is_refused(kg, tmp_path):
    with pytest.raises(DrawingError, match="use one of graph"):
        draw("portrait", kg.view("treatments"), tmp_path / "picture.svg")


def test_nothing_to_draw_is_said(tmp_path):
    with pytest.raises(DrawingError, match="nothing to draw"):
        draw("treatments", nx.MultiDiGraph(), tmp_path / "picture.svg")


@pytest.mark.parametrize("library", ["matplotlib", "igraph"])
def test_a_missing_library_names_the_extra(kg, tmp_path, monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    if library == "matplotlib":
        monkeypatch.setitem(sys.modules, "matplotlib.style", None)
    with pytest.raises(DrawingError, match=r"missing; install poems-kg with its 'draw' extra"):
        draw("treatments", kg.view("treatments"), tmp_path / "picture.svg")


def test_settings_of_the_user_do_not_count(kg, tmp_path):
    import matplotlib as mpl

    plain, odd = tmp_path / "plain.svg", tmp_path / "odd.svg"
    draw("treatments", kg.view("treatments"), plain)
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.fonttype": "none"}):
        draw("treatments", kg.view("treatments"), odd)
    assert plain.read_bytes() == odd.read_bytes()
