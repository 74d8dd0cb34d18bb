"""The plain style's house numbers, of a single font."""

import dataclasses
import pathlib
import shutil

import matplotlib
import pytest

from ganzoo import data
from ganzoo.data.house_numbers import Style


@pytest.fixture(scope="session")
def matplotlib_fonts() -> pathlib.Path:
    """The folder of Matplotlib's own fonts."""
    return pathlib.Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@pytest.fixture(scope="session")
def one_font(matplotlib_fonts, tmp_path_factory) -> pathlib.Path:
    """A folder with a single font, which is quickly read."""
    folder = tmp_path_factory.mktemp("fonts")
    shutil.copy(matplotlib_fonts / "DejaVuSans.ttf", folder / "one.ttf")
    return folder


@pytest.fixture(scope="session")
def plain() -> Style:
    """A style in which nothing varies."""
    return Style("plain")


@pytest.fixture
def draw(one_font, plain):
    """Returns (count, what differs from the plain style) -> a set of images."""

    def drawn(count, seed=0, threads=1, style=plain, **ranges):
        style = dataclasses.replace(style, **ranges)
        return data.draw_house_numbers(
            count, seed=seed, style=style, fonts=one_font, threads=threads
        )

    return drawn


@pytest.fixture
def ink(draw):
    """Draws, too; returns how far pixels are digit, float [n, 32, 32] in [0, 1]."""

    def drawn(count, **ranges):
        gray = draw(count, **ranges).images.mean(-1)
        return (gray - gray.min()) / (gray.max() - gray.min())

    return drawn
