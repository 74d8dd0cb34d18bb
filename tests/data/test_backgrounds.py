import numpy as np

from ganzoo.data.backgrounds import background

DRAWN = np.random.default_rng(0).uniform(size=(3, 2, 3)).astype(np.float32)


def test_cells_are_gray_and_parted_by_black_frames():
    image = np.asarray(background("cells", 128, 4, DRAWN))[0, :, :, 0]
    assert set(np.unique(image)) == {0.0, 128.0}
    for lines in (image, image.T):
        gray = lines[32] == 128
        np.testing.assert_array_equal(
            np.flatnonzero(~gray), [0, 1, 62, 63, 64, 65, 126, 127]
        )
        assert not lines[[0, 1, 62, 63, 64, 65, 126, 127]].any()
    many = np.asarray(background("cells", 90, 7, DRAWN))[0, :, :, 0]  # 3 x 3 cells
    assert many[15, 15] == many[45, 75] == 128
    assert many[29, 15] == many[45, 60] == 0


def test_a_plain_background_is_black():
    images = background("plain", 16, 4, DRAWN)
    assert images.shape == (3, 16, 16, 1)
    assert not np.any(images)


def test_patterns_are_sums_of_two_waves_and_different_each_time():
    images = np.asarray(background("patterns", 40, 4, DRAWN))[..., 0]
    assert images.min() >= 20
    assert images.max() <= 140
    assert images.std() > 15
    assert not np.allclose(images[0], images[1], atol=20)
    place = (np.arange(40) + 0.5) / 40
    expected = np.full((40, 40), 80.0)
    for angle, waves, phase in DRAWN[1]:
        direction = np.pi * angle
        along = place[:, None] * np.sin(direction) + place * np.cos(direction)
        expected += 30 * np.sin(2 * np.pi * ((2 + 6 * waves) * along + phase))
    np.testing.assert_allclose(images[1], expected, atol=1e-2)
