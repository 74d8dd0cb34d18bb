import numpy as np
import pytest
from PIL import Image

from ganzoo import plots

PANELS = {
    "first": {"a": (1.0, 0.2), "b": (3.0, 0.5)},
    "second": {"b": (30.0, 5.0), "a": (10.0, 0.0)},
}


def draw(path, panels):
    plots.intervals(path, panels, title="T", xlabel="distance")
    return np.asarray(Image.open(path).convert("L")).astype(int)


def test_more_panels_and_names_take_more_room(tmp_path):
    one = draw(tmp_path / "one.png", {"first": PANELS["first"]})
    two = draw(tmp_path / "two.png", PANELS)
    many = {f"name {n}": (n + 1.0, 0.1) for n in range(12)}
    tall = draw(tmp_path / "tall.png", {"first": many})
    assert two.shape[1] > 1.3 * one.shape[1]
    assert tall.shape[0] > 1.3 * one.shape[0]


def test_a_wider_interval_has_more_ink(tmp_path):
    narrow = draw(tmp_path / "a.png", {"x": {"a": (5.0, 0.01), "b": (9.0, 0.01)}})
    wide = draw(tmp_path / "b.png", {"x": {"a": (5.0, 3.0), "b": (9.0, 0.01)}})
    assert (wide < 200).sum() > (narrow < 200).sum() + 50


@pytest.mark.parametrize(
    ("panels", "message"),
    [
        ({}, "nothing to draw"),
        ({"x": {}}, "nothing to draw"),
        ({"x": {"a": (1.0, 0.0)}, "y": {"b": (1.0, 0.0)}}, "the names differ"),
        ({"x": {"a": (np.nan, 0.0)}}, "not finite"),
        ({"x": {"a": (1.0, np.inf)}}, "not finite"),
    ],
)
def test_what_cannot_be_drawn_is_refused(tmp_path, panels, message):
    with pytest.raises(ValueError, match=f"intervals: .*{message}"):
        draw(tmp_path / "a.png", panels)
    assert not list(tmp_path.iterdir())
