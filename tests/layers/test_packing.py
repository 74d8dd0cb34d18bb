import keras
import numpy as np
import pytest

from ganzoo import GAN
from ganzoo.layers import Pack, Unpack
from ganzoo.networks import point_discriminator, point_generator


@pytest.mark.parametrize("shape", [(2,), (3, 5, 2)])
def test_a_pack_is_neighbors_side_by_side_in_the_channels(shape):
    rows = np.random.default_rng(0).normal(size=(6, *shape)).astype(np.float32)
    packs = keras.ops.convert_to_numpy(Pack(3)(rows))
    assert Pack(3).compute_output_shape(rows.shape) == packs.shape
    for number, pack in enumerate(packs):
        mine = rows[3 * number : 3 * number + 3]
        np.testing.assert_array_equal(pack, np.concatenate(mine, axis=-1))


def test_every_example_has_the_logit_of_its_pack():
    logits = np.array([[1.0], [2.0]], np.float32)
    found = keras.ops.convert_to_numpy(Unpack(2)(logits))
    np.testing.assert_array_equal(found, [[1.0], [1.0], [2.0], [2.0]])
    assert Unpack(2).compute_output_shape((2, 1)) == (4, 1)


@pytest.mark.parametrize("size", [0, 1.5, "2"])
def test_sizes_are_whole_numbers(size):
    with pytest.raises(ValueError, match="must be a whole number of at least 1"):
        Pack(size)


def test_packs_of_one_change_nothing():
    keras.utils.set_random_seed(0)
    plain = point_discriminator(seed=1)
    points = np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)
    one = keras.Sequential([keras.Input((2,)), Pack(1), *plain.layers, Unpack(1)])
    np.testing.assert_array_equal(one(points), plain(points))


def test_a_discriminator_of_packs_tells_copies_from_different_points():
    """What one point cannot show, two do: whether they are the same."""
    network = point_discriminator(packing=2, seed=1)
    assert network.input_shape == (None, 2)
    assert network.output_shape == (None, 1)
    rows = np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)
    logits = keras.ops.convert_to_numpy(network(rows))[:, 0]
    assert logits[0] == logits[1] != logits[2] == logits[3]
    moved = rows.copy()
    moved[1] += 1.0
    changed = keras.ops.convert_to_numpy(network(moved))[:, 0] != logits
    np.testing.assert_array_equal(changed, [True, True, False, False])


def test_it_trains_and_is_saved(tmp_path):
    gan = GAN(
        point_generator(4, units=(8,)), point_discriminator(units=(8,), packing=2)
    )
    gan.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    points = np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32)
    before = [w.numpy() for w in gan.trainable_weights]
    gan.fit(points, batch_size=4, epochs=1, verbose=0)
    for weight, old in zip(gan.trainable_weights, before, strict=True):
        assert not np.array_equal(weight, old)
    gan.discriminator.save(tmp_path / "d.keras")
    loaded = keras.saving.load_model(tmp_path / "d.keras")
    np.testing.assert_array_equal(loaded(points), gan.discriminator(points))
