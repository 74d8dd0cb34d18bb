import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import layers

NUMBERS = np.random.default_rng(0)


def noise(*shape):
    return NUMBERS.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("shape", [(2, 3, 5), (2, 3, 4, 4, 1)])
@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_labels_are_appended_one_hot_to_each_object(shape, scale):
    values, labels = noise(*shape), np.array([[0, 2, 1], [1, 1, 3]])
    joined = layers.AppendLabels(4, scale)(values, labels).numpy()
    np.testing.assert_array_equal(joined[..., : shape[-1]], values)
    hot = scale * np.eye(4)[labels]
    hot = hot.reshape(2, 3, *[1] * (len(shape) - 3), 4)
    expected = np.broadcast_to(hot, (*shape[:-1], 4))
    np.testing.assert_array_equal(joined[..., shape[-1] :], expected)


def test_the_noise_of_the_image_comes_before_that_of_the_objects():
    noises = noise(2, 4, 3)
    whole, each = layers.SplitNoise()(noises)
    np.testing.assert_array_equal(whole, noises[:, 0])
    np.testing.assert_array_equal(each, noises[:, 1:])


def test_folding_lays_objects_side_by_side_and_unfolding_undoes_it():
    values = noise(2, 3, 4, 5)
    folded = layers.FoldObjects()(values)
    np.testing.assert_array_equal(folded, np.concatenate(list(values)))
    again = layers.UnfoldObjects()(folded, noise(2, 3, 1))
    np.testing.assert_array_equal(again, values)


def test_static_shapes_stay_static_and_unknown_numbers_of_objects_pass():
    fold, unfold = layers.FoldObjects(), layers.UnfoldObjects()

    @tf.function
    def both(values):
        folded = fold(values)
        assert folded.shape == (6, 4)
        unfolded = unfold(2.0 * folded, values)
        assert unfolded.shape == (2, 3, 4)
        return unfolded

    np.testing.assert_array_equal(both(np.ones((2, 3, 4), np.float32)), 2.0)
    signature = [tf.TensorSpec([None, None, 4])]
    unknown = tf.function(lambda v: unfold(fold(v), v), input_signature=signature)
    assert unknown(noise(2, 3, 4)).shape == (2, 3, 4)


@pytest.mark.parametrize(
    ("build", "shapes"),
    [
        (lambda: layers.AppendLabels(4, 2.0), [(3, 5), (3,)]),
        (lambda: layers.SplitNoise(), [(4, 5)]),
        (lambda: layers.FoldObjects(), [(3, 5)]),
    ],
)
def test_layers_work_in_networks_that_are_saved(build, shapes):
    inputs = [
        keras.Input(shape, dtype="float32" if len(shape) > 1 else "int32")
        for shape in shapes
    ]
    network = keras.Model(inputs, build()(*inputs))
    config = keras.saving.serialize_keras_object(network)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == network.get_config()
    values = [np.ones((2, *shape), np.float32) for shape in shapes]
    for one, other in zip(
        tf.nest.flatten(network(values)), tf.nest.flatten(again(values)), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((1,), "num_classes=1 must be at least 2"), ((3, 0.0), "scale=0.0 above 0")],
)
def test_labels_that_cannot_be_written_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        layers.AppendLabels(*arguments)
