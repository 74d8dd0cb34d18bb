"""Frames of films: walks that end where they began."""

import keras
import numpy as np
import pytest

from ganzoo import plots
from ganzoo.gans.codes import Codes
from ganzoo.zoo import walks
from ganzoo.zoo.conditionings import Classes, Drawings
from ganzoo.zoo.sampling import Sampler


def points(count: int = 3) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, 2, 50))


@pytest.mark.parametrize("frames", [3, 12, 13])
def test_a_walk_passes_all_points_in_order(frames):
    given = points()
    found = walks.closed(given, frames)
    assert found.shape == (frames, 2, 50)
    places = np.arange(3) * frames // 3
    np.testing.assert_array_equal(found[places], given)


def test_the_step_from_the_last_frame_to_the_first_is_like_the_others():
    given = points(4)
    given /= np.linalg.norm(given, axis=-1, keepdims=True)
    found = walks.closed(given, 80)
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), 1.0)  # on the sphere
    steps = np.linalg.norm(found - np.roll(found, -1, axis=0), axis=-1)
    for leg in range(4):  # each arc is walked at an even speed
        part = steps[20 * leg : 20 * leg + 20]
        np.testing.assert_allclose(part, np.broadcast_to(part[0], part.shape))
    # Beginning elsewhere on the way is the same film, turned.
    turned = walks.closed(np.roll(given, -1, axis=0), 80)
    np.testing.assert_allclose(turned, np.roll(found, -20, axis=0), atol=1e-12)


def test_too_few_points_or_frames_are_refused():
    for count, frames in ((1, 5), (3, 2)):
        with pytest.raises(ValueError, match=f"points={count} must be at least 2"):
            walks.closed(points(count), frames)


def test_a_film_shows_the_walks_with_codes_and_classes_at_rest():
    keras.utils.set_random_seed(0)
    noise, label = keras.Input((4,)), keras.Input((), dtype="int32")
    joined = keras.layers.Concatenate()([noise, keras.ops.one_hot(label, 3)])
    drawn = keras.layers.Dense(4, activation="tanh")(joined)
    model = keras.Model([noise, label], keras.layers.Reshape((2, 2, 1))(drawn))
    sampler = Sampler(model, conditioning=Classes(3), batch_size=5)
    numbers = {"frames": 7, "points": 3, "rows": 1, "columns": 2}
    film = walks.walk(sampler, **numbers, seed=4)
    assert len(film) == 7
    noise, labels = (np.asarray(rows) for rows in sampler.inputs(6, seed=4))
    path = walks.closed(noise.reshape(3, 2, 4), 7)
    for frame, place in zip(film, path, strict=True):
        images = sampler.draw([place.astype(np.float32), labels[:2]])
        difference = frame.astype(int) - plots.tile(images, columns=2)
        assert np.abs(difference).max() <= 1


def test_codes_stay_while_the_noise_walks():
    dense = keras.layers.Dense(4, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((6,)), dense])
    model.add(keras.layers.Reshape((2, 2, 1)))
    kernel = np.zeros((6, 4), np.float32)
    kernel[2:] = 0.25 * np.arange(4)[:, None]  # only codes are shown
    dense.kernel.assign(kernel)
    film = walks.walk(
        Sampler(model, Codes((3,), 1)), frames=6, points=2, rows=2, columns=2, seed=0
    )
    for frame in film[1:]:
        np.testing.assert_array_equal(frame, film[0])


def test_a_refiner_cannot_walk():
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Rescaling(1.0)])
    sampler = Sampler(model, conditioning=Drawings("source"))
    with pytest.raises(ValueError, match="no noise to walk through"):
        walks.walk(sampler, frames=6, points=2, rows=1, columns=1, seed=0)
