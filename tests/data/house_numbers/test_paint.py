import numpy as np
import pytest


def test_weight_adds_to_either_side_of_a_stroke(ink):
    thin, bold = ink(2)[1], ink(2, weight=(0.05, 0.05))[1]
    gained = bold[10:20].sum(1) - thin[10:20].sum(1)
    np.testing.assert_allclose(gained, 2 * 0.05 * 24, atol=0.1)


def test_contrast_is_that_of_the_channels_mean(draw):
    images = draw(200, lightness=(0.5, 0.5), contrast=(0.3, 0.3), saturation=(0.1, 0.1))
    gray = images.images.mean(-1)
    np.testing.assert_allclose(np.median(gray, (1, 2)), 0.5 * 255, atol=1)
    extreme = np.abs(gray - 127.5).max((1, 2))
    np.testing.assert_allclose(extreme, 0.3 * 255, atol=1.5)
    lighter = gray.mean((1, 2)) > 127.5
    assert 60 < lighter.sum() < 140
    colorful = np.ptp(images.images.astype(int), axis=-1).max((1, 2))
    assert (colorful > 0.15 * 255).all()


@pytest.mark.parametrize("lightness", [0.0, 0.3, 0.7, 1.0])
def test_contrast_goes_where_there_is_room(draw, lightness):
    wall = (lightness, lightness)
    gray = draw(40, lightness=wall, contrast=(0.45, 0.45)).images.mean(-1) / 255
    room = np.abs(gray - lightness).max((1, 2))
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
