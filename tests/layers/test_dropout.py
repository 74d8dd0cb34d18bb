import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.layers import Dropout, random_scope
from ganzoo.random import StepRandom

ONES = tf.ones([64, 10, 10])


def dropped(layer, images=ONES, seed=0, shard=0):
    with random_scope(StepRandom.root(seed, shard)):
        return layer(images, training=True).numpy()


def test_the_rate_is_dropped_and_the_rest_scaled_to_keep_the_mean():
    values = dropped(Dropout(0.25))
    np.testing.assert_array_equal(np.unique(values), np.float32([0, 1 / 0.75]))
    # 6,400 throws: five standard deviations
    assert abs((values == 0).mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 6400)


def test_a_mask_is_a_function_of_the_step_alone():
    layer = Dropout(0.5)
    np.testing.assert_array_equal(dropped(layer), dropped(layer))
    assert not np.array_equal(dropped(layer), dropped(layer, seed=1))


def test_every_call_in_a_step_has_its_own_mask():
    layer = Dropout(0.5)
    with random_scope(StepRandom.root(0)):
        first, second = (layer(ONES, training=True).numpy() for _ in range(2))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, dropped(layer))


def test_shards_get_the_masks_of_their_own_examples():
    layer = Dropout(0.5)
    whole = dropped(layer)
    halves = [dropped(layer, ONES[:32], shard=shard) for shard in range(2)]
    np.testing.assert_array_equal(np.concatenate(halves), whole)


def test_gradients_pass_where_values_did():
    layer = Dropout(0.5)
    with tf.GradientTape() as tape, random_scope(StepRandom.root(0)):
        tape.watch(ONES)
        values = layer(ONES, training=True)
    np.testing.assert_array_equal(tape.gradient(values, ONES), values)


def test_noise_shape_spreads_a_mask_over_its_axes():
    values = dropped(Dropout(0.5, noise_shape=(None, 1, 10)))
    np.testing.assert_array_equal(values, np.repeat(values[:, :1], 10, axis=1))
    assert len(np.unique(values[:, 0], axis=0)) > 32


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_inference_and_rate_zero_change_nothing(rate):
    layer = Dropout(rate)
    with random_scope(StepRandom.root(0)):
        np.testing.assert_array_equal(layer(ONES, training=rate == 0.0), ONES)
        np.testing.assert_array_equal(layer(ONES), ONES)


@pytest.mark.parametrize("rate", [1e-9, 1 - 1e-9])
def test_the_smallest_and_largest_rates_are_functions_of_the_step_too(rate):
    layer = Dropout(rate)
    np.testing.assert_array_equal(dropped(layer), dropped(layer))
    assert abs((dropped(layer) == 0).mean() - rate) < 1e-2


def test_rate_one_drops_everything():
    assert not dropped(Dropout(1.0)).any()


def test_outside_a_step_it_is_the_layer_of_keras():
    ours, stock = Dropout(0.5, seed=3), keras.layers.Dropout(0.5, seed=3)
    for _ in range(2):
        np.testing.assert_array_equal(
            ours(ONES, training=True), stock(ONES, training=True)
        )


def test_scopes_nest_and_end():
    layer = Dropout(0.5, seed=1)
    with random_scope(StepRandom.root(0)):
        inner = dropped(layer, seed=1)
        outer = layer(ONES, training=True).numpy()
    np.testing.assert_array_equal(inner, dropped(layer, seed=1))
    np.testing.assert_array_equal(outer, dropped(layer, seed=0))
    with pytest.raises(RuntimeError), random_scope(StepRandom.root(0)):
        raise RuntimeError
    assert not np.array_equal(layer(ONES, training=True), outer)


def test_bfloat16_stays_bfloat16():
    layer = Dropout(0.5, dtype="mixed_bfloat16")
    with random_scope(StepRandom.root(0)):
        assert layer(ONES, training=True).dtype == tf.bfloat16


def test_batches_of_unknown_size_work_in_a_graph():
    layer = Dropout(0.5)

    @tf.function(input_signature=[tf.TensorSpec([None, 10, 10])])
    def graph(images):
        with random_scope(StepRandom.root(0)):
            return layer(images, training=True)

    np.testing.assert_array_equal(graph(ONES), dropped(layer))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rate": 1.5}, "1.5"),
        ({"rate": 0.5, "noise_shape": (1, 10)}, "fixes the batch axis"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Dropout(**arguments)


def test_it_is_saved_and_loaded_by_its_own_name():
    config = keras.saving.serialize_keras_object(
        Dropout(0.3, noise_shape=(None, 1), seed=4)
    )
    assert config["registered_name"] == "ganzoo>Dropout"
    layer = keras.saving.deserialize_keras_object(config)
    assert type(layer) is Dropout
    assert (layer.rate, tuple(layer.noise_shape)) == (0.3, (None, 1))
