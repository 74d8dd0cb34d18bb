"""Drawn digits are what their labels say, where and how the style says."""

import dataclasses
import pathlib
import shutil
import threading

import matplotlib
import numpy as np
import pytest
import scipy.fft
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage, stats
from skimage import measure

from ganzoo import data
from ganzoo.data import DataError, house_numbers
from ganzoo.data.house_numbers import camera, fonts, paint, pens, scene
from ganzoo.data.house_numbers.style import RICH, SOURCE, Style

FONTS = pathlib.Path(matplotlib.get_data_path()) / "fonts" / "ttf"
PLAIN = Style("plain")


@pytest.fixture(scope="module")
def one_font(tmp_path_factory):
    """A folder with a single font, which is quickly read."""
    folder = tmp_path_factory.mktemp("fonts")
    shutil.copy(FONTS / "DejaVuSans.ttf", folder / "one.ttf")
    return folder


@pytest.fixture(scope="module")
def pen_faces():
    return pens.pen_faces()


@pytest.fixture
def draw(one_font):
    """Returns (count, what differs from the plain style) -> a set of images."""

    def drawn(count, seed=0, threads=1, style=PLAIN, **ranges):
        style = dataclasses.replace(style, **ranges)
        return data.draw_house_numbers(
            count, seed=seed, style=style, fonts=one_font, threads=threads
        )

    return drawn


def ink(images):
    """Where the plain style's digits are, as float [n, 32, 32] in [0, 1]."""
    grey = images.images.mean(-1)
    return (grey - grey.min()) / (grey.max() - grey.min())


def middle(grey):
    """Centre of mass (x, y), in pixels from the image's middle."""
    y, x = ndimage.center_of_mass(grey)
    return np.array([x, y]) - 15.5


# Labels, seeds, order.


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


def test_the_label_is_the_digit_that_another_renderer_draws(draw):
    images = draw(320, rotation=(-8, 8), position=(-0.05, 0.05), noise=(0, 0.1))
    font = ImageFont.truetype(FONTS / "DejaVuSans.ttf", 33)  # about 24 pixels high
    templates = []
    for digit in "0123456789":
        picture = Image.new("L", (32, 32))
        ImageDraw.Draw(picture).text((16, 16), digit, 255, font, anchor="mm")
        templates.append(ndimage.gaussian_filter(np.asarray(picture, float), 1))
    templates = np.array([t - t.mean() for t in templates]).reshape(10, -1)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    grey = images.images.mean(-1).reshape(len(images), -1)
    alike = (grey - grey.mean(1, keepdims=True)) @ templates.T
    np.testing.assert_array_equal(alike.argmax(1), images.labels)


def test_neighbours_do_not_reach_the_label(draw):
    # Every other number's digits are drawn at random beside the same middle one.
    low = {"height": (0.5, 0.5)}
    alone = ink(draw(100, **low))
    among = ink(draw(100, digits=(3, 3), gap=(0.3, 0.3), **low))
    assert np.abs(alone - among)[:, :, 10:22].max() < 0.02
    assert (among.sum((1, 2)) > 1.2 * alone.sum((1, 2))).all()


def test_the_label_is_any_digit_of_the_number_alike(draw):
    images = draw(1920, digits=(3, 3), gap=(0.15, 0.15), height=(0.5, 0.5))
    one = images.labels == 0  # all of one width
    grey = ink(images)[one]
    left, right = grey[:, :, :8].max((1, 2)) > 0.5, grey[:, :, -8:].max((1, 2)) > 0.5
    assert (left | right).all()
    found = [(left & ~right).sum(), (left & right).sum(), (~left & right).sum()]
    assert stats.chisquare(found).pvalue > 0.001


# The mean grey values of five images.
EXPECTED = [160.7, 126.6, 60.4, 63.0, 194.6]


def test_the_images_of_a_seed_are_the_same_for_ever(draw):
    # Written down once: other images would make no stored comparison repeatable.
    images = draw(5, seed=7, style=RICH, pens=1.0).images
    np.testing.assert_allclose(images.mean((1, 2, 3)), EXPECTED, atol=0.5)


# Faces.


@pytest.mark.parametrize("name", ["DejaVuSans", "DejaVuSerif-Bold", "cmss10"])
def test_a_field_is_the_distance_to_the_outline_of_the_font(name, tmp_path):
    shutil.copy(FONTS / f"{name}.ttf", tmp_path)
    faces = fonts.font_faces(tmp_path)
    assert faces.names == (name,)
    assert faces.fields.shape == (1, 10, fonts.SIDE, fonts.SIDE)
    for field in faces.fields[0]:
        slope = np.hypot(*np.gradient(field)) * fonts.HEIGHT
        assert np.median(slope) == pytest.approx(1, abs=0.02)
    # The eight: as high as the unit of length, as wide as is said, in the middle.
    rows, columns = np.nonzero(faces.fields[0, 8] > 0)
    assert np.ptp(rows) + 1 == pytest.approx(fonts.HEIGHT, abs=1.5)
    wide = faces.widths[0, 8] * fonts.HEIGHT
    assert np.ptp(columns) + 1 == pytest.approx(wide, abs=1.5)
    assert rows.min() + rows.max() == pytest.approx(fonts.SIDE - 1, abs=1.5)
    assert columns.min() + columns.max() == pytest.approx(fonts.SIDE - 1, abs=1.5)


def test_pens_draw_digits_with_the_holes_that_these_have(pen_faces):
    holes = [1, 0, 0, 0, (0, 1), 0, 1, 0, 2, 1]
    for number, face in enumerate(pen_faces.fields):
        for digit, field in enumerate(face):
            parts = measure.label(field > 0, connectivity=1).max()
            found = measure.label(field <= 0, connectivity=2).max() - 1
            assert parts == 1, (number, digit)
            assert found in np.atleast_1d(holes[digit]), (number, digit)


def test_pens_are_different_and_of_a_digits_size(pen_faces):
    assert len(pen_faces) == pen_faces.pens == pens.PENS
    assert len({field.tobytes() for field in pen_faces.fields[:, 3]}) == pens.PENS
    for face, widths in zip(pen_faces.fields, pen_faces.widths, strict=True):
        rows, columns = np.nonzero(face[0] > 0)
        assert np.ptp(rows) + 1 == pytest.approx(fonts.HEIGHT, abs=4)
        assert np.ptp(columns) + 1 == pytest.approx(widths[0] * fonts.HEIGHT, abs=4)


def test_matplotlib_brings_twenty_fonts_of_text():
    names = [path.name for path in fonts.font_files("matplotlib")]
    assert len(names) >= 20
    assert all(name.startswith(("DejaVu", "STIXGeneral", "cm")) for name in names)
    assert not any("Display" in name or name.startswith("cmsy") for name in names)


def test_the_systems_fonts_come_on_top_of_matplotlibs():
    assert set(fonts.font_files("matplotlib")) <= set(fonts.font_files("system"))


def test_fonts_without_digits_and_broken_ones_are_left_out(tmp_path):
    for name in ("cmr10", "cmex10", "STIXSizFourSymReg"):
        (tmp_path / name).mkdir()  # sub-folders are searched
        shutil.copy(FONTS / f"{name}.ttf", tmp_path / name)
    (tmp_path / "broken.TTF").write_bytes(b"no font")
    assert len(fonts.font_files(tmp_path)) == 4
    assert fonts.font_faces(tmp_path).names == ("cmr10",)


def test_folders_without_usable_fonts_are_refused(tmp_path):
    def drawn(folder):
        data.draw_house_numbers(10, seed=0, fonts=folder)

    with pytest.raises(DataError, match=r"no folder.*'matplotlib', 'system'"):
        drawn(tmp_path / "none")
    with pytest.raises(DataError, match=r"There are no fonts .*fonts='matplotlib'"):
        drawn(tmp_path)
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    with pytest.raises(DataError, match=r"None of the 1 fonts .*broken\.ttf"):
        drawn(tmp_path)


# Where the digits are.


@pytest.mark.parametrize("height", [0.4, 0.6, 0.9])
def test_a_digit_is_as_high_as_asked(draw, height):
    eight = ink(draw(9, height=(height, height)))[8]
    assert eight.max(1).sum() == pytest.approx(32 * height, abs=0.8)


def test_position_moves_both_ways_independently(draw):
    still = ink(draw(64))
    moved = ink(draw(64, position=(-0.1, 0.1)))
    shifts = np.array(
        [middle(b) - middle(a) for a, b in zip(still, moved, strict=True)]
    )
    assert np.abs(shifts).max() == pytest.approx(3.2, abs=0.3)
    assert np.abs(shifts).max() < 3.3
    assert abs(np.corrcoef(shifts.T)[0, 1]) < 0.4


@pytest.mark.parametrize("width", [0.6, 1.2])
def test_width_stretches_sideways_alone(draw, width):
    plain, wide = ink(draw(9))[8], ink(draw(9, width=(width, width)))[8]
    ratio = wide.max(0).sum() / plain.max(0).sum()
    assert ratio == pytest.approx(width, abs=0.06)
    assert wide.max(1).sum() == pytest.approx(plain.max(1).sum(), abs=0.5)


def slope_of_the_one(grey):
    """How far an upright stroke's middle moves right for each pixel upwards."""
    rows = np.arange(10, 22)
    middles = (grey[rows] * np.arange(32)).sum(1) / grey[rows].sum(1)
    return -np.polyfit(rows, middles, 1)[0]


@pytest.mark.parametrize("degrees", [-20, 20])
def test_rotation_turns_counterclockwise(degrees):
    face = np.full((1, 10, fonts.SIDE, fonts.SIDE), -1, np.float32)
    face[..., 9:-9, 22:26] = 0.05  # a plain bar
    bar = fonts.Faces(face, np.full((1, 10), 0.2, np.float32), ("bar",))
    style = dataclasses.replace(PLAIN, rotation=(degrees, degrees))
    laid = scene.lay_out(np.random.default_rng(0), np.zeros(2, int), style, bar)
    slope = slope_of_the_one(paint.coverage(laid.distance[0]))
    assert slope == pytest.approx(-np.tan(np.radians(degrees)), abs=0.02)


def test_shear_slants_to_the_right(draw):
    upright = slope_of_the_one(ink(draw(64))[1])
    slanted = slope_of_the_one(ink(draw(64, shear=(0.3, 0.3)))[1])
    assert slanted - upright == pytest.approx(0.3, abs=0.05)


def test_perspective_makes_what_is_to_the_right_or_below_larger(draw):
    zero = ink(draw(1, perspective=(0.25, 0.25)))[0]
    halves = zero[:, 16:].sum() / zero[:, :16].sum()
    assert halves > 1.1
    assert zero[16:].sum() / zero[:16].sum() > 1.1


def test_weight_adds_to_either_side_of_a_stroke(draw):
    thin, bold = ink(draw(2))[1], ink(draw(2, weight=(0.05, 0.05)))[1]
    gained = bold[10:20].sum(1) - thin[10:20].sum(1)
    np.testing.assert_allclose(gained, 2 * 0.05 * 24, atol=0.1)


def test_wobble_bends_and_baseline_moves_neighbours_only(draw):
    assert np.abs(ink(draw(10)) - ink(draw(10, wobble=(0.05, 0.05)))).max() > 0.3
    wide = {"digits": (3, 3), "gap": (0.3, 0.3)}
    level, uneven = ink(draw(64, **wide)), ink(draw(64, baseline=(0.2, 0.2), **wide))
    changed = np.abs(level - uneven).max((0, 1))
    assert changed[10:22].max() < 0.02 < 0.5 < changed[[0, 31]].min()


# Colours and photograph.


def test_contrast_is_that_of_the_channels_mean(draw):
    images = draw(200, lightness=(0.5, 0.5), contrast=(0.3, 0.3), saturation=(0.1, 0.1))
    grey = images.images.mean(-1)
    np.testing.assert_allclose(np.median(grey, (1, 2)), 0.5 * 255, atol=1)
    extreme = np.abs(grey - 127.5).max((1, 2))
    np.testing.assert_allclose(extreme, 0.3 * 255, atol=1.5)
    lighter = grey.mean((1, 2)) > 127.5
    assert 60 < lighter.sum() < 140
    colourful = np.ptp(images.images.astype(int), axis=-1).max((1, 2))
    assert (colourful > 0.15 * 255).all()


@pytest.mark.parametrize("lightness", [0.0, 0.3, 0.7, 1.0])
def test_contrast_goes_where_there_is_room(draw, lightness):
    wall = (lightness, lightness)
    grey = draw(40, lightness=wall, contrast=(0.45, 0.45)).images.mean(-1) / 255
    room = np.abs(grey - lightness).max((1, 2))
    np.testing.assert_allclose(room, 0.45, atol=0.01)


@pytest.mark.parametrize("what", ["plate", "bars", "outline", "shadow", "shade"])
def test_a_share_is_of_the_images(draw, what):
    saturated = {"saturation": (0.2, 0.2), "lightness": (0.4, 0.4)}
    none, some, all_ = (draw(256, **saturated, **{what: s}) for s in (0.0, 0.3, 1.0))

    def changed(images):
        return (images.images != none.images).any((1, 2, 3)).mean()

    # A bar, a plate's edge or a shadow may lie out of sight.
    assert changed(all_) > 0.75
    assert changed(some) == pytest.approx(0.3 * changed(all_), abs=0.09)


def photographs(canvas, **ranges):
    style = dataclasses.replace(PLAIN, **ranges)
    canvas = np.asarray(canvas, np.float32)
    return camera.photograph(np.random.default_rng(0), canvas, style) / 255


def test_blur_is_gaussian():
    canvas = np.zeros((4, 3, 32, 32))
    canvas[:, :, 10:20, 13:17] = 1
    for sigma in (0.8, 2.0):
        found = photographs(canvas, blur=(sigma, sigma))[..., 0]
        expected = ndimage.gaussian_filter(canvas[:, 0], sigma, axes=(1, 2), truncate=6)
        np.testing.assert_allclose(found, expected, atol=0.004)


def test_motion_blurs_along_one_axis():
    canvas = np.zeros((40, 3, 32, 32))
    canvas[:, :, 16, 16] = 1
    found = photographs(canvas, motion=(1.5, 1.5))[..., 1]
    lit = np.stack([found[:, :, 16].sum(1), found[:, 16].sum(1)], 1)
    np.testing.assert_allclose(lit.max(1), 1, atol=0.02)
    np.testing.assert_allclose(lit.min(1), found.max((1, 2)), atol=0.01)
    assert 8 < (lit[:, 0] > lit[:, 1]).sum() < 32


def test_blur_sharpening_and_fringes_leave_an_even_wall_alone():
    canvas = np.full((3, 3, 32, 32), 0.4)
    found = photographs(canvas, blur=(2, 2), sharpening=(0.6, 0.6), fringe=(2, 2))
    np.testing.assert_allclose(found, 0.4, atol=0.002)


def test_sharpening_overshoots_at_an_edge_and_fringes_colour_it():
    canvas = np.full((8, 3, 32, 32), 0.3)
    canvas[..., 16:] = 0.7
    sharp = photographs(canvas, blur=(1, 1), sharpening=(0.5, 0.5))
    assert (sharp.max((1, 2, 3)) > 0.72).all() and (sharp.min((1, 2, 3)) < 0.28).all()
    fringed = photographs(canvas, blur=(1, 1), fringe=(2, 2))
    colour = np.ptp(fringed, axis=-1)
    assert colour[:, :, 12:20].max() > 0.1
    assert colour[:, :, [3, 28]].max() < 0.01  # far from the edge there is none


@pytest.mark.parametrize("sigma", [0.02, 0.1])
def test_noise_has_the_deviation_asked_for(sigma):
    found = photographs(np.full((16, 3, 32, 32), 0.5), noise=(sigma, sigma))
    assert found.std() == pytest.approx(sigma, rel=0.02)
    assert found.mean() == pytest.approx(0.5, abs=0.003)


def test_grain_is_noise_that_the_blur_reaches():
    canvas = np.full((8, 3, 32, 32), 0.5)
    found = photographs(canvas, grain=(0.2, 0.2), blur=(1.5, 1.5))
    inner = found[:, 6:-6, 6:-6]
    # A Gaussian of deviation s in two dimensions leaves 1 / (2 s sqrt(pi)) of it.
    assert inner.std() == pytest.approx(0.2 / (2 * 1.5 * np.sqrt(np.pi)), rel=0.1)


def test_compression_rounds_the_cosine_transform_of_the_brightness():
    canvas = np.random.default_rng(1).normal(0.5, 0.1, (2, 1, 32, 32))
    step = 0.3
    found = photographs(np.repeat(canvas, 3, axis=1), compression=(step, step))
    np.testing.assert_allclose(np.ptp(found, axis=-1), 0, atol=0.005)  # stays grey
    blocks = found[..., 0].reshape(2, 4, 8, 4, 8).swapaxes(2, 3)
    waves = scipy.fft.dctn(blocks, axes=(3, 4), norm="ortho")
    steps = step * (1 + 0.9 * np.add.outer(np.arange(8), np.arange(8)))
    whole = waves / steps
    np.testing.assert_allclose(whole, np.rint(whole), atol=0.06)
    assert np.abs(whole).max() > 1


def test_without_compression_nothing_changes():
    canvas = np.random.default_rng(1).uniform(0, 1, (2, 3, 32, 32))
    found = photographs(canvas).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(found, canvas, atol=0.003)


# The presets, and what is refused.


@pytest.mark.parametrize("style", ["source", "rich"])
def test_presets_draw_all_sorts_of_images(style, one_font):
    images = data.draw_house_numbers(200, seed=0, style=style, fonts=one_font)
    assert images.shape == (32, 32, 3)
    assert images.class_names == tuple("0123456789")
    assert (images.name, images.split) == (f"house numbers ({style}, seed 0)", "train")
    contrasts = images.images.std((1, 2, 3))
    assert contrasts.min() > 1 and contrasts.max() > 3 * contrasts.min()
    means = images.images.mean((1, 2))
    assert (np.ptp(means, axis=0) > 100).all()


def test_rich_varies_all_that_source_does_and_everything_else():
    still = {field.name for field in dataclasses.fields(Style)}
    for style, kept in ((SOURCE, 1), (RICH, 0)):
        same = {name for name in still if getattr(style, name) == getattr(PLAIN, name)}
        assert bool(same) == kept, same
    assert house_numbers.STYLES == {"source": SOURCE, "rich": RICH}


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
    ("ranges", "message"),
    [
        ({"height": (0.9, 0.5)}, r"height=\(0.9, 0.5\) .* 'plain' .* at least 0.1"),
        ({"height": (0.0, 0.5)}, "height=.* at least 0.1"),
        ({"noise": (-0.1, 0.5)}, "noise=.* at least 0"),
        ({"rotation": (0, float("nan"))}, r"rotation=.* range \(lowest, highest\)\."),
        ({"rotation": 5}, "rotation=5 .* range"),
        ({"rotation": (1, 2, 3)}, "rotation=.* range"),
        ({"plate": 1.1}, "plate=1.1 .* share .* 0 to 1"),
        ({"plate": None}, "plate=None .* share"),
        ({"digits": (0, 3)}, "digits=.* whole numbers .* 1 to 5"),
        ({"digits": (1, 6)}, "digits=.* whole numbers .* 1 to 5"),
        ({"digits": (1.0, 2.0)}, "digits=.* whole numbers"),
    ],
)
def test_ranges_and_shares_that_are_none_are_refused(ranges, message):
    with pytest.raises(DataError, match=message):
        dataclasses.replace(PLAIN, **ranges)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 0}, "count must be 1 to"),
        ({"count": 1.5}, "count must be a whole number"),
        ({"seed": -1}, "seed must be 0 to"),
        ({"threads": 0}, "threads must be 1 to"),
        ({"style": "poor"}, "style='poor' is none; it must be 'source' or 'rich'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(DataError, match=message):
        data.draw_house_numbers(**({"count": 10, "seed": 0} | arguments))
