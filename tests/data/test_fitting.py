"""Pictures of any size and mode become arrays of one size, without visible errors."""

import numpy as np
import pytest
from PIL import Image

from ganzoo.data import DataError
from ganzoo.data.fitting import Fitting, TooSmallError, fitted, size_of
from ganzoo.data.pictures import Shown

RNG = np.random.default_rng(0)


def shown(pixels: np.ndarray) -> Shown:
    image = Image.fromarray(np.ascontiguousarray(pixels.astype(np.uint8)))
    return Shown(image, pixels.shape[:2])


def ramp(height: int, width: int) -> np.ndarray:
    """Gray values that grow by column and row, RGB."""
    red, green = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.rint(np.stack([red, green, np.full_like(red, 128)], -1))


def lanczos(values: np.ndarray, length: int, first: float, last: float) -> np.ndarray:
    """Resizes the first axis of an array by the definition of Lanczos's filter."""
    scale = (last - first) / length
    support = 3 * max(scale, 1)
    result = []
    for place in range(length):
        center = first + (place + 0.5) * scale
        low, high = max(int(center - support + 0.5), 0), int(center + support + 0.5)
        taps = np.arange(low, min(high, len(values)))
        distance = (taps + 0.5 - center) / max(scale, 1)
        weights = np.sinc(distance) * np.sinc(distance / 3) * (np.abs(distance) < 3)
        result.append(np.tensordot(weights / weights.sum(), values[taps], 1))
    return np.array(result)


@pytest.mark.parametrize("shape", [(40, 48), (30, 90), (90, 31)])
def test_a_cropped_picture_is_the_middle_by_the_definition_of_lanczos(shape):
    pixels = RNG.integers(60, 200, shape)
    found = fitted(shown(pixels), Fitting((32, 48))).pixels[..., 0]
    scale = max(32 / shape[0], 48 / shape[1])
    top, left = (shape[0] - 32 / scale) / 2, (shape[1] - 48 / scale) / 2
    rows = lanczos(pixels.astype(float), 32, top, shape[0] - top)
    expected = lanczos(rows.T, 48, left, shape[1] - left).T
    assert np.abs(found - expected).max() <= 1.5  # Pillow rounds twice


def test_fine_stripes_become_gray_and_not_stripes_of_another_width():
    stripes = np.tile([0, 255], (640, 320))
    found = fitted(shown(stripes), Fitting((64, 64))).pixels
    assert np.abs(found[:, 4:-4].astype(int) - 127).max() <= 3


@pytest.mark.parametrize("fit", ["crop", "pad"])
def test_large_pictures_differ_little_from_those_resized_in_one_step(fit):
    picture = np.kron(RNG.integers(0, 256, (50, 50, 3)), np.ones((26, 26, 1)))
    found = fitted(shown(picture), Fitting((64, 64), fit)).pixels.astype(int)
    whole = Image.fromarray(picture.astype(np.uint8))
    expected = np.asarray(whole.resize((64, 64), Image.Resampling.LANCZOS)).astype(int)
    assert np.sqrt(np.mean((found - expected) ** 2)) < 1.5


@pytest.mark.parametrize(
    ("shape", "inner"), [((64, 128), (32, 64)), ((90, 30), (64, 21))]
)
def test_a_padded_picture_is_whole_and_has_background_at_its_sides(shape, inner):
    found = fitted(shown(ramp(*shape)), Fitting((64, 64), "pad", 200))
    top, left = (64 - inner[0]) // 2, (64 - inner[1]) // 2
    within = found.pixels[top : top + inner[0], left : left + inner[1]].astype(int)
    assert within[0, 0, :2].max() < 16
    assert within[-1, -1, :2].min() > 239
    around = np.ones((64, 64), bool)
    around[top : top + inner[0], left : left + inner[1]] = False
    assert (found.pixels[around] == 200).all()
    assert found.changes["padded"]
    assert "cropped" not in found.changes


def test_a_picture_of_the_size_needed_is_not_touched():
    pixels = RNG.integers(0, 256, (32, 48, 3))
    found = fitted(shown(pixels), Fitting((32, 48)))
    np.testing.assert_array_equal(found.pixels, pixels)
    assert "resized" not in found.changes


@pytest.mark.parametrize("background", [255, 0, 90])
def test_hidden_colors_do_not_bleed_in_at_transparent_edges(background):
    # White, wholly opaque on the left; on the right bright green that nobody sees.
    pixels = np.zeros((64, 64, 4))
    pixels[:, :30], pixels[:, 30:] = (255, 255, 255, 255), (0, 255, 0, 0)
    found = fitted(shown(pixels), Fitting((16, 16), background=background)).pixels
    assert (found == found[..., :1]).all()
    # Within three cells of the edge the filter rings, also between opaque colors.
    assert (found[:, :4] == 255).all()
    assert (found[:, 11:] == background).all()


def test_kept_alpha_is_resized_with_colors_multiplied_by_it():
    pixels = np.zeros((64, 64, 4))
    pixels[:, :30], pixels[:, 30:] = (255, 0, 0, 255), (0, 255, 0, 0)
    found = fitted(shown(pixels), Fitting((16, 16), channels=4, background=7)).pixels
    seen = found[found[..., 3] > 0]
    assert (seen[:, 0] >= 250).all()
    assert (seen[:, 1:3] == 0).all()
    assert (found[found[..., 3] == 0][:, :3] == 7).all()
    assert 0 < found[0, 7, 3] < 255
    padded = fitted(shown(pixels[:32]), Fitting((16, 16), "pad", 7, 4)).pixels
    assert (padded[0] == (7, 7, 7, 0)).all()


@pytest.mark.parametrize(
    ("pixels", "channels", "expected"),
    [
        ((10,), None, [10]),
        ((10,), 3, [10, 10, 10]),
        ((10,), 4, [10, 10, 10, 255]),
        ((255, 0, 0), 1, [76]),  # ITU-R 601
        ((255, 0, 0), 4, [255, 0, 0, 255]),
        ((255, 0, 0, 0), 1, [255]),
        ((255, 0, 0, 128), 3, [255, 127, 127]),
        ((255, 0, 0, 128), 4, [255, 0, 0, 128]),
    ],
)
def test_channels_are_those_asked_for(pixels, channels, expected):
    values = np.tile(np.array(pixels), (16, 16, 1)).squeeze()
    found = fitted(shown(values), Fitting((16, 16), channels=channels)).pixels
    assert (found == expected).all()


def test_changes_are_counted():
    small = fitted(shown(np.full((10, 12), 90)), Fitting((16, 16))).changes
    assert (
        small.items()
        >= dict.fromkeys(("resized", "enlarged", "cropped", "gray"), 1).items()
    )
    large = fitted(shown(ramp(40, 40)), Fitting((16, 16))).changes
    assert [name for name, count in large.items() if count] == ["resized"]


@pytest.mark.parametrize("shape", [(1, 1), (1, 10_000), (7, 300)])
def test_where_there_is_nothing_to_see_it_is_said(shape):
    with pytest.raises(TooSmallError, match=f"{shape[0]}x{shape[1]} pixels"):
        fitted(shown(np.full(shape, 9)), Fitting((16, 16)))
    assert fitted(shown(np.full(shape, 9)), Fitting()).pixels.shape == (*shape, 1)


def test_sizes_are_one_number_or_two():
    assert size_of(None) is None
    assert size_of(64) == size_of((64, 64)) == (64, 64)
    assert size_of([np.int64(96), 64]) == (96, 64)


@pytest.mark.parametrize("size", [64.0, "64", (64,), (64, 64, 3), True, (64, None)])
def test_other_sizes_are_refused(size):
    with pytest.raises(DataError, match=r"must be one whole number, or a pair"):
        size_of(size)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": (65, 64)}, r"size=65x64 .*16, 32, 48, 64, 80, 96, 112, 128\."),
        ({"size": (0, 64)}, "size=0x64"),
        ({"size": (256, 256)}, "size=256x256"),
        ({"fit": "stretch"}, "fit='stretch' must be 'crop' or 'pad'"),
        ({"background": 256}, "background=256 must be 0"),
        ({"channels": 2}, r"channels=2 must be 1 \(gray\), 3 \(RGB\) or 4 \(RGBA\)"),
    ],
)
def test_what_is_not_accepted_is_refused_naming_what_is(arguments, message):
    with pytest.raises(DataError, match=message):
        Fitting(**arguments)
