"""Who is on the front, and a figure whose names stay names."""

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.transforms import Bbox

from evalkit.errors import RunError
from evalkit.figures.files import save_figure
from evalkit.figures.front import Axis, Point, pareto_front
from evalkit.figures.pareto import pareto_figure

X, Y = Axis("CSIM", "higher"), Axis("AED", "lower")


def test_the_front_follows_both_directions():
    points = [Point("good", 0.9, 0.1), Point("beaten", 0.8, 0.2), Point("other end", 0.95, 0.3)]
    assert pareto_front(points, X, Y) == [True, False, True]


def test_speed_is_a_third_way_onto_the_front():
    slow, fast, untimed = Point("a", 0.9, 0.1, fps=5), Point("b", 0.8, 0.2, fps=50), Point("c", 0.8, 0.2)
    assert pareto_front([slow, fast, untimed], X, Y) == [True, True, False]


def test_equal_points_do_not_beat_each_other():
    assert pareto_front([Point("a", 0.5, 0.5), Point("b", 0.5, 0.5)], X, Y) == [True, True]


def test_anchors_beat_nobody_and_are_on_no_front():
    points = [Point("a", 0.5, 0.5), Point("perfect", 1.0, 0.0, anchor=True)]
    assert pareto_front(points, X, Y) == [True, False]


@pytest.mark.parametrize(("suffix", "magic"), [(".pdf", b"%PDF"), (".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_figures_are_drawn_alike_and_take_any_name(tmp_path, suffix, magic):
    points = [
        Point("$x_{", 0.9, 0.1, (0.8, 0.95), (0.05, 0.2), 3.0),
        Point("\\input{/etc/passwd}", 0.8, 0.3),
        Point("_a & b%\n<script>", 0.7, 0.4, fps=30.0),
    ]
    contents = []
    for name in ("one", "two"):
        save_figure(pareto_figure(points, X, Y, "$Title"), tmp_path / f"{name}{suffix}")
        contents.append((tmp_path / f"{name}{suffix}").read_bytes())
    assert contents[0].startswith(magic)
    assert contents[0] == contents[1]
    assert b"<script>" not in contents[0]


def test_better_is_up_and_right():
    axes = pareto_figure([Point("a", 0.9, 0.1), Point("b", 0.5, 0.4)], Axis("L", "lower"), Y).axes[0]
    assert axes.xaxis_inverted() and axes.yaxis_inverted()


def test_other_file_types_are_refused(tmp_path):
    with pytest.raises(RunError, match=r"ends in \.pdf, \.png, \.svg"):
        save_figure(pareto_figure([Point("a", 1, 1)], X, Y), tmp_path / "a.exe")


def test_the_figure_says_how_to_read_it():
    def reading(*points):
        return pareto_figure(points, X, Y).get_supxlabel().split("  ·  ")

    barred = reading(Point("a", 0.9, 0.1, (0.8, 0.95), (0.05, 0.2)))
    assert "bars: 95 % intervals" in barred and not any("no interval" in line for line in barred)
    bare = reading(Point("a", 0.9, 0.1, word="2 people"), Point("b", 0.8, 0.1, word="2 people"))
    assert bare.count("no interval: 2 people") == 1 and "bars: 95 % intervals" not in bare
    assert "area: speed" not in bare and "area: speed" in reading(Point("a", 0.9, 0.1, fps=1.0))


@pytest.mark.parametrize("spread", [0.05, *(pytest.param(spread, marks=pytest.mark.slow) for spread in (1.0, 0.0))])
def test_names_stand_at_their_points_and_never_on_each_other(spread):
    generator = np.random.default_rng(1)
    places = 0.5 + spread * (generator.uniform(size=(12, 2)) - 0.5)
    far = [Point("far", 0.0, 0.0), Point("away", 1.0, 1.0)]
    points = [Point(f"method number {index}", x, y) for index, (x, y) in enumerate(places)]
    figure = pareto_figure([*points, *far], X, Y)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    axes = figure.axes[0]
    boxes = {text.get_text(): text.get_window_extent(canvas.get_renderer()) for text in axes.texts}
    assert set(boxes) == {point.title for point in [*points, *far]}
    for one, other in itertools.combinations(boxes.values(), 2):
        shared = Bbox.intersection(one, other)
        assert shared is None or shared.width * shared.height < 8
    for point in far:
        near = np.clip(axes.transData.transform((point.x, point.y)), boxes[point.title].min, boxes[point.title].max)
        assert np.linalg.norm(near - axes.transData.transform((point.x, point.y))) < 40
