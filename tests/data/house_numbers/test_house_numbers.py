"""Drawn digits are what their labels say; of a seed they are always the same."""

import dataclasses
import threading

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from ganzoo import data
from ganzoo.data import DataError, house_numbers
from ganzoo.data.house_numbers import RICH

# Mean gray values of five images, written down once: other images would make no stored
# comparison repeatable.
EXPECTED = [160.7, 126.6, 60.4, 63.0, 194.6]


def test_an_image_depends_on_the_seed_and_its_number_alone(draw):
    rich = dataclasses.replace(RICH, pens=0.0)
    whole = draw(150, style=rich)
    for count, threads in ((1, 1), (64, 3), (65, 2), (150, 4)):
        part = draw(count, style=rich, threads=threads)
        np.testing.assert_array_equal(part.images, whole.images[:count])
        np.testing.assert_array_equal(part.labels, whole.labels[:count])
    other = draw(150, seed=1, style=rich)
    assert not (other.images == whole.images).all((1, 2, 3)).any()
    assert len(np.unique(whole.images, axis=0)) == 150


def test_no_part_of_a_set_repeats_another(draw):
    walls = np.median(draw(320, lightness=(0, 1), contrast=(0, 0)).images, (1, 2, 3))
    blocks = walls.reshape(5, 64)
    alike = np.corrcoef(blocks) - np.eye(5)
    assert np.abs(alike).max() < 0.5
    assert np.ptp(blocks.mean(1)) < 80 < np.ptp(blocks)


def test_all_classes_are_of_one_size(draw):
    assert set(np.bincount(draw(200).labels)) == {20}
    assert sorted(np.bincount(draw(77, seed=3).labels)) == [7] * 3 + [8] * 7


def test_the_label_is_the_digit_that_another_renderer_draws(draw, matplotlib_fonts):
    images = draw(320, rotation=(-8, 8), position=(-0.05, 0.05), noise=(0, 0.1))
    about_24_pixels_high = 33
    font = ImageFont.truetype(matplotlib_fonts / "DejaVuSans.ttf", about_24_pixels_high)
    templates = []
    for digit in "0123456789":
        picture = Image.new("L", (32, 32))
        ImageDraw.Draw(picture).text((16, 16), digit, 255, font, anchor="mm")
        templates.append(ndimage.gaussian_filter(np.asarray(picture, float), 1))
    templates = np.array([t - t.mean() for t in templates]).reshape(10, -1)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    gray = images.images.mean(-1).reshape(len(images), -1)
    alike = (gray - gray.mean(1, keepdims=True)) @ templates.T
    np.testing.assert_array_equal(alike.argmax(1), images.labels)


def test_the_images_of_a_seed_are_the_same_for_ever(draw):
    images = draw(5, seed=7, style=RICH, pens=1.0).images
    np.testing.assert_allclose(images.mean((1, 2, 3)), EXPECTED, atol=0.5)


@pytest.mark.parametrize("style", ["source", "rich"])
def test_presets_draw_all_sorts_of_images(style, one_font):
    images = data.draw_house_numbers(200, seed=0, style=style, fonts=one_font)
    assert images.shape == (32, 32, 3)
    assert images.class_names == tuple("0123456789")
    assert (images.name, images.split) == (f"house numbers ({style}, seed 0)", "train")
    contrasts = images.images.std((1, 2, 3))
    assert contrasts.min() > 1
    assert contrasts.max() > 3 * contrasts.min()
    means = images.images.mean((1, 2))
    assert (np.ptp(means, axis=0) > 100).all()


def test_an_error_while_drawing_ends_it_at_once(draw, monkeypatch):
    blocks, real = [], house_numbers._draw

    def broken(block, *rest):
        blocks.append(block)
        if block == 1:
            raise MemoryError("no more")
        return real(block, *rest)

    monkeypatch.setattr(house_numbers, "_draw", broken)
    before = threading.active_count()
    with pytest.raises(MemoryError, match="no more"):
        draw(6400)
    assert len(blocks) < 50
    assert threading.active_count() == before


def test_nothing_is_written_where_no_terminal_is(draw, capfd):
    draw(70)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 0}, "count must be 1 to"),
        ({"count": 1.5}, "count must be a whole number"),
        ({"seed": -1}, "seed must be 0 to"),
        ({"threads": 0}, "threads must be 1 to"),
        ({"style": "poor"}, "style='poor' must be 'source' or 'rich'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(DataError, match=message):
        data.draw_house_numbers(**({"count": 10, "seed": 0} | arguments))
