import numpy as np
import pytest
from PIL import Image

from ganzoo import plots


def numbered(count, height=2, width=3, channels=1):
    """Image i is filled with the gray value i + 1."""
    values = np.arange(1, count + 1, dtype=np.uint8)
    return np.broadcast_to(
        values[:, None, None, None], (count, height, width, channels)
    )


def read(path):
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        picture.load()
        return np.asarray(picture)


def test_tile_lays_images_out_row_by_row():
    grid = plots.tile(numbered(5, 1, 1), columns=3, padding=0, background=9)
    np.testing.assert_array_equal(grid[..., 0], [[1, 2, 3], [4, 5, 9]])


def test_tile_puts_a_margin_around_each_image():
    grid = plots.tile(numbered(2, 1, 2), columns=2, padding=1, background=7)
    expected = [[7, 7, 7, 7, 7, 7, 7], [7, 1, 1, 7, 2, 2, 7], [7, 7, 7, 7, 7, 7, 7]]
    assert grid.dtype == np.uint8
    assert grid.shape == (3, 7, 1)
    np.testing.assert_array_equal(grid[..., 0], expected)


@pytest.mark.parametrize(
    ("count", "rows", "columns"),
    [(1, 1, 1), (2, 1, 2), (3, 2, 2), (4, 2, 2), (5, 2, 3), (16, 4, 4), (17, 4, 5)],
)
def test_tile_is_as_square_as_can_be_by_default(count, rows, columns):
    grid = plots.tile(numbered(count, 2, 3, 3), padding=2)
    assert grid.shape == (rows * 4 + 2, columns * 5 + 2, 3)


def test_tile_is_no_wider_than_its_images():
    assert plots.tile(numbered(2, 1, 1), columns=8, padding=0).shape == (1, 2, 1)


def test_tile_keeps_every_pixel_of_every_image():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (7, 5, 4, 3), dtype=np.uint8)
    grid = plots.tile(images, columns=3, padding=2)
    for index, image in enumerate(images):
        top, left = 2 + index // 3 * 7, 2 + index % 3 * 6
        np.testing.assert_array_equal(grid[top : top + 5, left : left + 4], image)


@pytest.mark.parametrize("background", [0, 90, 255])
def test_tile_lays_transparent_images_on_the_background_as_pillow_does(background):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4, 8, 8, 4), dtype=np.uint8)
    grid = plots.tile(images, columns=4, padding=0, background=background)
    behind = Image.new("RGBA", (32, 8), (background,) * 3)
    behind.alpha_composite(Image.fromarray(np.concatenate(images, axis=1)))
    expected = np.asarray(behind.convert("RGB")).astype(int)
    assert grid.shape == expected.shape
    assert np.abs(grid - expected).max() <= 1
    opaque = np.where([False, False, False, True], 255, images).astype(np.uint8)
    np.testing.assert_array_equal(
        plots.tile(opaque, background=background),
        plots.tile(opaque[..., :3], background=background),
    )


def test_a_transparent_picture_is_saved_as_it_is(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 4), dtype=np.uint8)
    plots.save_image(tmp_path / "x.png", pixels)
    np.testing.assert_array_equal(read(tmp_path / "x.png"), pixels)


def test_pairs_stand_side_by_side_and_touch():
    left, right = numbered(3, 1, 2), 100 + numbered(3, 1, 2)
    grid = plots.pairs(left, right, columns=2, padding=1, background=9)
    expected = [
        [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9],
        [9, 1, 1, 101, 101, 9, 2, 2, 102, 102, 9],
        [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9],
        [9, 3, 3, 103, 103, 9, 9, 9, 9, 9, 9],
        [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9],
    ]
    np.testing.assert_array_equal(grid[..., 0], expected)


def test_pairs_of_floats_and_bytes_are_of_the_same_gray():
    grid = plots.pairs(np.ones((1, 1, 1, 1)), np.full((1, 1, 1, 1), 255, np.uint8))
    np.testing.assert_array_equal(grid[4, 4:6, 0], [255, 255])


def test_images_without_a_partner_are_refused():
    with pytest.raises(ValueError, match=r"pairs: .*\(2, 2, 3, 1\).*\(3, 2, 3, 1\)"):
        plots.pairs(numbered(2), numbered(3))


def test_tile_maps_minus_one_to_black_zero_to_gray_and_one_to_white():
    images = np.array([-1.0, 0.0, 1.0, -1.5, 1.5]).reshape(5, 1, 1, 1)
    grid = plots.tile(images, columns=5, padding=0)
    np.testing.assert_array_equal(grid.ravel(), [0, 128, 255, 0, 255])


def test_tile_gives_back_uint8_images_scaled_to_floats():
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    grid = plots.tile(levels.astype(np.float32) / 127.5 - 1.0, padding=0)
    np.testing.assert_array_equal(grid, levels[0])


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((4, 8, 8), np.uint8), r"\(4, 8, 8\)"),
        (np.zeros((4, 8, 8, 2), np.uint8), "1, 3 or 4 channels"),
        (np.zeros((0, 8, 8, 1), np.uint8), "at least 1"),
        (np.zeros((4, 8, 8, 1), np.int32), "int32"),
        (np.zeros((4, 8, 8, 1), bool), "bool"),
    ],
)
def test_tile_refuses_other_shapes_and_dtypes(images, message):
    with pytest.raises(ValueError, match=message):
        plots.tile(images)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_tile_names_the_image_that_is_not_finite(value):
    images = np.zeros((4, 2, 2, 1), np.float32)
    images[2, 0, 1] = value
    with pytest.raises(ValueError, match="Image 2 of 4 holds NaN or infinity"):
        plots.tile(images)


@pytest.mark.parametrize(
    "layout", [{"columns": 0}, {"padding": -1}, {"background": 256}]
)
def test_tile_refuses_a_layout_out_of_range(layout):
    with pytest.raises(ValueError, match="columns must be at least 1"):
        plots.tile(numbered(4), **layout)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1), (3, 4, 3)])
def test_saved_image_reads_back_pixel_by_pixel(tmp_path, shape):
    picture = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    plots.save_image(tmp_path / "new" / "folder" / "a.png", picture)
    actual = read(tmp_path / "new" / "folder" / "a.png")
    np.testing.assert_array_equal(
        actual, picture[..., 0] if shape[2:] == (1,) else picture
    )


def test_scale_repeats_every_pixel(tmp_path):
    picture = np.array([[1, 2], [3, 4]], np.uint8)
    plots.save_image(tmp_path / "a.png", picture, scale=3)
    np.testing.assert_array_equal(
        read(tmp_path / "a.png"), np.kron(picture, np.ones((3, 3)))
    )


def test_save_image_replaces_a_file_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "a.png"
    plots.save_image(path, np.zeros((2, 2), np.uint8))
    plots.save_image(str(path), np.full((2, 2), 255, np.uint8))
    assert (read(path) == 255).all()
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_failed_write_keeps_the_old_file_and_leaves_no_temporary_one(
    tmp_path, monkeypatch
):
    path = tmp_path / "a.png"
    plots.save_image(path, np.zeros((2, 2), np.uint8))
    before = path.read_bytes()

    def refuse(source, target):
        raise OSError("disk full")

    monkeypatch.setattr("ganzoo.plots.files.os.replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        plots.save_image(path, np.full((2, 2), 255, np.uint8))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize(
    ("picture", "scale", "name", "message"),
    [
        (np.zeros((2, 2), np.float32), 1, "a.png", "float32"),
        (np.zeros((2, 2, 5), np.uint8), 1, "a.png", r"\(2, 2, 5\)"),
        (np.zeros((2, 2), np.uint8), 0, "a.png", "scale=0 must be a whole number"),
        (np.zeros((2, 2), np.uint8), 1.5, "a.png", "scale=1.5 must be a whole"),
        (
            np.zeros((20, 30), np.uint8),
            100_000,
            "a.png",
            "2,000,000 x 3,000,000 pixels, .* choose a scale of at most 408",
        ),
        (np.zeros((11_000, 10_000), np.uint8), 1, "a.png", "choose fewer images"),
        (np.zeros((2, 2), np.uint8), 1, "a.jpg", r"a\.jpg must end in \.png"),
    ],
)
def test_save_image_refuses_what_it_cannot_write(
    tmp_path, picture, scale, name, message
):
    with pytest.raises(ValueError, match=message):
        plots.save_image(tmp_path / name, picture, scale)
    assert not list(tmp_path.iterdir())


def contains(whole, part):
    """Whether the gray picture `part` is somewhere in `whole`, to the pixel."""
    windows = np.lib.stride_tricks.sliding_window_view(whole, part.shape)
    candidates = np.argwhere(
        (windows[:, :, 0, 0] == part[0, 0]) & (windows[:, :, -1, -1] == part[-1, -1])
    )
    return any((windows[y, x] == part).all() for y, x in candidates)


def test_panels_show_every_picture_enlarged_but_unblurred(tmp_path):
    rng = np.random.default_rng(0)
    pictures = {
        f"epoch {i}": rng.integers(0, 256, (60, 50, 1), dtype=np.uint8)
        for i in (1, 2, 3)
    }
    plots.panels(tmp_path / "a.png", pictures, columns=2, title="By epoch")
    whole = read(tmp_path / "a.png")[..., 0]
    for picture in pictures.values():
        assert contains(whole, np.kron(picture[..., 0], np.ones((4, 4), np.uint8)))


def test_panels_take_color_pictures_of_different_sizes(tmp_path):
    pictures = {"a": np.zeros((9, 30, 3), np.uint8), "b": np.zeros((20, 8), np.uint8)}
    plots.panels(tmp_path / "a.png", pictures)
    assert (read(tmp_path / "a.png")[..., :3] == 0).all(axis=-1).sum() >= 16 * (
        270 + 160
    )


@pytest.mark.parametrize("arguments", [({}, 3), ({"a": np.zeros((2, 2), np.uint8)}, 0)])
def test_panels_refuse_nothing_to_draw(tmp_path, arguments):
    with pytest.raises(ValueError, match="at least one"):
        plots.panels(tmp_path / "a.png", *arguments)
