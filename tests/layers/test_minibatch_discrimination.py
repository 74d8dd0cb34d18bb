import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.layers import MinibatchDiscrimination

KERNELS, DIMENSION, FEATURES = 3, 2, 4


def random_features(rows=6, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, FEATURES)).astype("float32")


def build_layer(**settings):
    seeded = keras.initializers.RandomNormal(stddev=0.5, seed=7)
    settings = {"initializer": seeded} | settings
    return MinibatchDiscrimination(KERNELS, DIMENSION, **settings)


def reference(features, kernel):
    """The definition, one pair of examples and one kernel at a time."""
    kernel = np.asarray(kernel, float).reshape(FEATURES, KERNELS, DIMENSION)
    projected = np.einsum("na,abc->nbc", np.asarray(features, float), kernel)
    rows = []
    for i, mine in enumerate(projected):
        others = [other for j, other in enumerate(projected) if j != i]
        distances = [np.abs(mine - other).sum(axis=1) for other in others]
        rows.append(np.exp(-np.array(distances)).sum(axis=0))
    return np.concatenate([features, rows], axis=1)


def test_it_is_the_definition_in_numpy():
    layer, features = build_layer(), random_features()
    np.testing.assert_allclose(
        layer(features), reference(features, layer.kernel), rtol=1e-5, atol=1e-6
    )


def test_equal_examples_are_as_similar_as_can_be():
    features = np.repeat(random_features(1), 5, axis=0)
    similarities = build_layer()(features)[:, FEATURES:]
    np.testing.assert_allclose(similarities, np.full((5, KERNELS), 4.0), atol=1e-6)


def test_examples_far_apart_have_nothing_in_common():
    features = 1000.0 * random_features()
    similarities = build_layer()(features)[:, FEATURES:]
    np.testing.assert_allclose(similarities, np.zeros((6, KERNELS)), atol=1e-6)


def test_the_order_of_the_batch_does_not_matter():
    layer, features = build_layer(), random_features()
    order = np.array([3, 1, 0, 5, 4, 2])
    np.testing.assert_allclose(
        layer(features[order]), tf.gather(layer(features), order), atol=1e-6
    )


def finite_differences(function, values, step=1e-6):
    """The gradient of a scalar function in NumPy, by central differences."""
    slopes = np.zeros(values.shape)
    for place in np.ndindex(values.shape):
        shift = np.zeros(values.shape)
        shift[place] = step
        slopes[place] = (function(values + shift) - function(values - shift)) / step / 2
    return slopes


def test_gradients_are_those_of_finite_differences():
    layer, features = build_layer(), random_features()
    layer(features)
    upstream = np.random.default_rng(2).normal(size=(6, FEATURES + KERNELS))
    with tf.GradientTape() as tape:
        values = tf.constant(features)
        tape.watch(values)
        outputs = tf.reduce_sum(layer(values) * upstream)
    found = tape.gradient(outputs, [values, layer.kernel.value])
    kernel = layer.kernel.numpy().astype(float)
    expected = [
        finite_differences(lambda x: (reference(x, kernel) * upstream).sum(), features),
        finite_differences(lambda t: (reference(features, t) * upstream).sum(), kernel),
    ]
    for value, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, right, rtol=1e-4, atol=1e-5)


def forward_and_gradient(layer, features, upstream):
    """Outputs, and the gradients of this replica's loss."""
    with tf.GradientTape() as tape:
        values = tf.identity(features)
        tape.watch(values)
        outputs = layer(values)
        loss = tf.reduce_sum(tf.sin(outputs) * upstream)
    by_values, by_kernel = tape.gradient(loss, [values, layer.kernel.value])
    # Optimizers sum gradients over the replicas.
    context = tf.distribute.get_replica_context()
    return outputs, by_values, context.all_reduce("SUM", by_kernel)


def on_replicas(strategy, layer, *arrays):
    parts = [np.split(array, strategy.num_replicas_in_sync) for array in arrays]
    values = [
        strategy.experimental_distribute_values_from_function(
            lambda context, part=part: tf.constant(
                part[context.replica_id_in_sync_group]
            )
        )
        for part in parts
    ]
    function = tf.function(lambda *tensors: forward_and_gradient(layer, *tensors))
    results = strategy.run(function, tuple(values))
    outputs, by_values, by_kernel = map(strategy.experimental_local_results, results)
    return np.concatenate(outputs), np.concatenate(by_values), by_kernel[0]


@pytest.mark.parametrize("replicas", [2, 4])
def test_replicas_together_equal_one_with_the_whole_batch(replicas, mirrored):
    features = random_features(8)
    upstream = random_features(8, seed=3)[:, :1]
    alone = build_layer()
    expected = forward_and_gradient(alone, features, upstream)
    strategy = mirrored(replicas)
    with strategy.scope():
        shared = build_layer()
        shared.build((None, FEATURES))
    found = on_replicas(strategy, shared, features, upstream)
    for value, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(value, right, rtol=0, atol=1e-5)


def test_comparing_on_each_replica_alone_is_refused(mirrored):
    with mirrored(2).scope(), pytest.raises(ValueError, match="number of replicas, 2"):
        build_layer(across_replicas=False)


def test_files_with_the_old_default_are_the_same_on_one_replica():
    features = random_features()
    np.testing.assert_array_equal(
        build_layer(across_replicas=False)(features), build_layer()(features)
    )


def test_one_example_on_each_replica_is_enough_to_compare(mirrored):
    features = random_features(2)
    strategy = mirrored(2)
    with strategy.scope():
        layer = build_layer()
        layer.build((None, FEATURES))
    outputs, _, _ = on_replicas(strategy, layer, features, np.ones((2, 1), "float32"))
    np.testing.assert_allclose(
        outputs, reference(features, layer.kernel), rtol=1e-5, atol=1e-6
    )


def test_under_mixed_precision_distances_are_float32():
    exact, coarse = build_layer(), build_layer(dtype="mixed_bfloat16")
    features = 100.0 + 0.1 * random_features()  # bfloat16 knows 100 and 100.5
    outputs = coarse(features)
    assert outputs.dtype == coarse.compute_dtype == "bfloat16"
    assert coarse.kernel.dtype == "float32"
    np.testing.assert_array_equal(outputs, tf.cast(exact(features), tf.bfloat16))
    assert np.ptp(exact(features)[:, FEATURES:]) > 0.1


def test_shapes_are_static_and_xla_compiles():
    layer = build_layer()
    inputs = keras.Input((FEATURES,))
    assert layer(inputs).shape == (None, FEATURES + KERNELS)
    compiled = tf.function(layer, jit_compile=True)
    features = random_features()
    assert compiled.get_concrete_function(features).output_shapes == (
        6,
        FEATURES + KERNELS,
    )
    np.testing.assert_allclose(compiled(features), layer(features), atol=1e-6)


def test_a_batch_of_one_is_refused():
    with pytest.raises(ValueError, match="batch size of at least 2"):
        keras.Sequential([keras.Input((FEATURES,), batch_size=1), build_layer()])
    layer = build_layer()
    with pytest.raises(ValueError, match="this batch holds one"):
        layer(random_features(1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kernels": 0}, "kernels=0"),
        ({"dimension": -1}, "dimension=-1"),
        ({"kernels": 2.5}, "kernels=2.5 must be a whole number"),
    ],
)
def test_wrong_sizes_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        MinibatchDiscrimination(**arguments)


def test_images_are_refused_with_the_remedy():
    with pytest.raises(ValueError, match="put a Flatten layer before it"):
        build_layer()(np.zeros((2, 4, 4, 1), "float32"))


def test_it_is_saved_and_loaded_by_its_own_name(tmp_path):
    layer = build_layer()
    model = keras.Sequential([keras.Input((FEATURES,)), layer])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    copy = loaded.layers[-1]
    assert copy.get_config() == layer.get_config()
    assert (copy.kernels, copy.dimension, copy.across_replicas) == (3, 2, True)
    np.testing.assert_array_equal(loaded(random_features()), model(random_features()))
