"""A training as the frames of a film."""

import numpy as np
import pytest

from ganzoo import plots
from ganzoo.zoo import timelapse


def grids(folder, shapes) -> list[np.ndarray]:
    found = []
    for number, shape in enumerate(shapes, 1):
        picture = np.full(shape, 40 * number, np.uint8)
        plots.save_image(folder / "samples" / f"epoch_{number:04d}.png", picture)
        found.append(picture)
    plots.save_image(folder / "samples" / "fresh_0001.png", np.zeros((2, 2), np.uint8))
    return found


def test_a_training_runs_from_the_first_grid_to_the_last_which_is_held(tmp_path):
    pictures = grids(tmp_path, [(40, 60)] * 4)
    film = timelapse.training(tmp_path, frames=10, caption=False)
    shown = [int(frame[0, 0, 0]) // 40 for frame in film]
    assert shown == [1, 1, 2, 2, 3, 3, 4, 4, 4, 4]
    np.testing.assert_array_equal(film[0][..., 0], pictures[0])
    captioned = timelapse.training(tmp_path, frames=10)
    np.testing.assert_array_equal(captioned[3][:40], film[3])  # nothing is covered
    assert captioned[0].shape == (62, 60, 1)
    assert (captioned[0][40:] != captioned[3][40:]).any()
    few = timelapse.training(tmp_path, frames=2, caption=False)
    assert [int(frame[0, 0, 0]) // 40 for frame in few] == [1, 3]


def test_a_folder_without_grids_or_with_different_ones_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"has 0 of the grids samples/epoch_\*\.png"):
        timelapse.training(tmp_path, frames=10)
    grids(tmp_path, [(4, 6), (4, 8)])
    with pytest.raises(ValueError, match="have different sizes"):
        timelapse.training(tmp_path, frames=10)
