import matplotlib
import numpy as np
import pytest
from matplotlib._pylab_helpers import Gcf
from matplotlib.figure import Figure
from PIL import Image

from ganzoo import plots
from ganzoo.plots import charts

TEXTS = {"title": "Losses", "xlabel": "epoch", "ylabel": "nats"}


@pytest.fixture
def drawn(monkeypatch):
    """The figures drawn in a test, as matplotlib objects."""
    figures = []

    class Kept(Figure):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            figures.append(self)

    monkeypatch.setattr(charts, "Figure", Kept)
    return figures


def size(path):
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        picture.load()
        return picture.size


def test_curves_share_axes_unless_separate(tmp_path, drawn):
    series = {"discriminator": [1.0, 2.0, 3.0], "generator": [3.0, 2.0, 1.0]}
    for separate in (False, True):
        plots.curves(
            tmp_path / f"{separate}.png", [1, 2, 3], series, separate=separate, **TEXTS
        )
    together, apart = drawn
    assert [len(axes.lines) for axes in together.axes] == [2]
    assert [len(axes.lines) for axes in apart.axes] == [1, 1]
    for axes, (label, y) in zip(apart.axes, series.items(), strict=True):
        assert axes.get_title(loc="left") == label
        np.testing.assert_array_equal(axes.lines[0].get_ydata(), y)
        np.testing.assert_array_equal(axes.lines[0].get_xdata(), [1, 2, 3])
    assert size(tmp_path / "False.png") == (864, 504)
    assert size(tmp_path / "True.png") == (864, 648)


def test_smoothing_is_a_moving_average_drawn_over_the_raw_curve(tmp_path, drawn):
    y = np.array([4.0, 0.0, 2.0])
    plots.curves(tmp_path / "a.png", range(3), {"y": y}, smoothing=0.5, **TEXTS)
    raw, smooth = drawn[0].axes[0].lines
    np.testing.assert_array_equal(raw.get_ydata(), y)
    # Weights 1/2, 1/4, 1/8 of the past, brought back to a sum of one.
    expected = [4.0, (2 * 0 + 4) / 3, (4 * 2 + 2 * 0 + 4) / 7]
    np.testing.assert_allclose(smooth.get_ydata(), expected)


def test_smoothing_leaves_a_constant_alone_and_steps_over_gaps(tmp_path, drawn):
    y = np.array([5.0, np.nan, 5.0, np.inf, 5.0])
    plots.curves(tmp_path / "a.png", range(5), {"y": y}, smoothing=0.9, **TEXTS)
    smooth = drawn[0].axes[0].lines[1].get_ydata()
    np.testing.assert_allclose(smooth, [5, np.nan, 5, np.nan, 5])


def test_reference_lines_are_drawn_at_their_value_and_named(tmp_path, drawn):
    plots.curves(
        tmp_path / "a.png", [1, 2], {"y": [0.2, 0.9]}, lines={"1/2": 0.5}, **TEXTS
    )
    plots.bars(
        tmp_path / "b.png", "ab", {"y": [1, 2]}, title="", ylabel="", lines={"1/2": 0.5}
    )
    for figure in drawn:
        axes = figure.axes[0]
        assert list(axes.lines[-1].get_ydata()) == [0.5, 0.5]
        assert [text.get_text() for text in axes.texts] == ["1/2"]


def test_log_y_is_logarithmic(tmp_path, drawn):
    plots.curves(tmp_path / "a.png", [1, 2], {"y": [1, 100]}, log_y=True, **TEXTS)
    assert drawn[0].axes[0].get_yscale() == "log"


def test_one_point_and_more_curves_than_colors_can_be_drawn(tmp_path, drawn):
    plots.curves(tmp_path / "a.png", [1], {"y": [1.0]}, **TEXTS)
    many = {f"curve {i}": [i, i + 1.0] for i in range(16)}
    plots.curves(tmp_path / "b.png", [1, 2], many, **TEXTS)
    styles = {(c.get_color(), c.get_linestyle()) for c in drawn[1].axes[0].lines}
    assert len(styles) == 16


@pytest.mark.parametrize("words", [1, 4, 9])
@pytest.mark.parametrize("count", [2, 5])
def test_a_legend_of_any_length_stays_within_the_figure(tmp_path, drawn, words, count):
    series = {f"{number} {'boxes ' * words}": [1, 2] for number in range(count)}
    plots.curves(tmp_path / "x.png", [1, 2], series, **TEXTS)
    (figure,) = drawn
    legend = figure.axes[0].get_legend().get_window_extent()
    assert legend.x0 >= 0
    assert legend.x1 <= figure.bbox.width
    assert len(figure.axes[0].get_legend().get_texts()) == count
    assert legend.y1 < figure.bbox.height - 20  # below the title


def test_bars_stand_side_by_side_at_their_category(tmp_path, drawn):
    series = {"real": [0.1, 0.2, 0.7], "generated": [0.3, 0.3, 0.4]}
    plots.bars(tmp_path / "a.png", (7, 8, 9), series, title="Shares", ylabel="share")
    axes = drawn[0].axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["7", "8", "9"]
    for sign, container, (label, heights) in zip(
        (-1, 1), axes.containers, series.items(), strict=True
    ):
        centers = [bar.get_x() + bar.get_width() / 2 for bar in container]
        np.testing.assert_allclose(centers, np.arange(3) + sign * 0.2)
        np.testing.assert_allclose([bar.get_height() for bar in container], heights)
        assert container.get_label() == label
    size(tmp_path / "a.png")


def test_same_figure_is_the_same_file(tmp_path):
    for name in ("a.png", "b.png"):
        plots.curves(tmp_path / name, [1, 2], {"y": [1, 2]}, **TEXTS)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_drawing_leaves_no_figure_open_and_no_style_changed(tmp_path):
    style = dict(matplotlib.rcParams)
    plots.curves(tmp_path / "a.png", [1, 2], {"y": [1, 2]}, separate=True, **TEXTS)
    plots.bars(tmp_path / "b.png", "ab", {"y": [1, 2]}, title="", ylabel="")
    plots.panels(tmp_path / "c.png", {"a": np.zeros((2, 2), np.uint8)})
    assert not Gcf.get_all_fig_managers()
    assert dict(matplotlib.rcParams) == style


@pytest.mark.parametrize(
    ("x", "series", "options", "message"),
    [
        ([1, 2], {}, {}, "nothing to draw"),
        ([], {"y": []}, {}, "nothing to draw"),
        ([1, 2], {"y": [1.0]}, {}, r"'y' has the shape \(1,\), but the x axis has"),
        ([1, 2], {"y": [1, 2]}, {"smoothing": 1.0}, r"smoothing is 1\.0"),
        ([1, 2], {"y": [1, 2]}, {"smoothing": -0.1}, r"smoothing is -0\.1"),
    ],
)
def test_curves_refuse_what_cannot_be_drawn(tmp_path, x, series, options, message):
    with pytest.raises(ValueError, match=message):
        plots.curves(tmp_path / "a.png", x, series, **options, **TEXTS)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("series", "message"),
    [
        ({}, "nothing to draw"),
        ({"y": [1.0]}, r"x axis has \(2,\)"),
        ({"y": [1.0, np.nan]}, "'y' holds NaN"),
    ],
)
def test_bars_refuse_what_cannot_be_drawn(tmp_path, series, message):
    with pytest.raises(ValueError, match=message):
        plots.bars(tmp_path / "a.png", ["a", "b"], series, title="", ylabel="")
