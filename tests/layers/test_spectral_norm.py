"""Spectral normalization against singular values, finite differences and Keras's."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import layers, penalties
from ganzoo.layers import SpectralNormalization

EXACT = 30  # power iterations after which nothing moves any more

# What makes a layer, the shape that it takes, and its kernel as a matrix `[d_out, *]`.
LAYERS = {
    "dense": (
        lambda **options: keras.layers.Dense(5, **options),
        (7,),
        lambda kernel: kernel.T,
    ),
    "convolution": (
        lambda **options: keras.layers.Conv2D(5, 3, padding="same", **options),
        (4, 4, 2),
        lambda kernel: kernel.transpose(3, 2, 0, 1).reshape(5, -1),
    ),
    "coarse_convolution": (
        lambda **options: layers.Conv2D(
            5, 4, strides=2, padding="same", data_format="channels_last", **options
        ),
        (4, 4, 3),
        lambda kernel: kernel.transpose(3, 2, 0, 1).reshape(5, -1),
    ),
    "transposed": (
        lambda **options: layers.Conv2DTranspose(
            3, 4, strides=2, padding="same", **options
        ),
        (2, 2, 5),
        lambda kernel: kernel.transpose(2, 3, 0, 1).reshape(3, -1),
    ),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


def built(name, dtype="float32", seed=1, **arguments):
    """A normalized layer, its inputs, and its kernel as a matrix."""
    make, shape, matrix = LAYERS[name]
    keras.utils.set_random_seed(seed)
    layer = SpectralNormalization(make(dtype=dtype), **arguments)
    layer.build((None, *shape))
    # Sets the first singular value apart from the others.
    layer.layer.kernel.assign_add(tf.fill(layer.layer.kernel.shape, 0.3))
    numbers = np.random.default_rng(seed)
    layer.layer.bias.assign(numbers.normal(size=layer.layer.bias.shape))
    inputs = tf.constant(numbers.normal(size=(3, *shape)), layer.layer.dtype)
    return layer, inputs, matrix


def state(layer):
    return [v.numpy() for v in (layer.u, layer.v, layer.iterated)]


def by_hand(matrix, u):
    """One round of Miyato et al. 2018, algorithm 1."""
    v = matrix.T @ u / np.linalg.norm(matrix.T @ u)
    u = matrix @ v / np.linalg.norm(matrix @ v)
    return u, v, u @ matrix @ v


def move(layer, by=0.1, seed=5):
    """Changes the kernel, as an optimizer would."""
    kernel = layer.layer.kernel
    kernel.assign_add(by * np.random.default_rng(seed).normal(size=kernel.shape))


# --------------------------------------------------------------------------- the values


@every_layer
def test_the_kernel_is_divided_by_its_largest_singular_value(name):
    layer, inputs, matrix = built(name, "float64", power_iterations=EXACT)
    plain = LAYERS[name][0](dtype="float64")
    plain.build(inputs.shape)
    kernel = layer.layer.kernel.numpy()
    sigma = np.linalg.svd(matrix(kernel), compute_uv=False)[0]
    plain.set_weights([kernel / sigma, layer.layer.bias.numpy()])
    np.testing.assert_allclose(layer(inputs), plain(inputs), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(layer.layer.kernel, kernel)  # left as it is


@every_layer
def test_each_new_kernel_gets_one_round_of_power_iteration(name):
    layer, inputs, matrix = built(name, "float64")
    u = layer.u.numpy()
    for number in range(3):
        kernel = matrix(layer.layer.kernel.numpy())
        u, v, sigma = by_hand(kernel, u)
        for _ in range(3):  # as for real images, for generated ones, for a penalty
            outputs = layer(inputs, training=True)
            np.testing.assert_allclose(np.abs(layer.u.numpy() @ u), 1.0, rtol=1e-12)
            np.testing.assert_allclose(np.sort(layer.v), np.sort(v), atol=1e-12)
        fixed = LAYERS[name][0](dtype="float64")
        fixed.build(inputs.shape)
        weights = layer.layer.get_weights()
        fixed.set_weights([weights[0] / sigma, weights[1]])
        np.testing.assert_allclose(outputs, fixed(inputs), rtol=0, atol=1e-12)
        move(layer, seed=number)


def test_one_round_a_small_change_keeps_up_with_the_norm():
    layer, inputs, matrix = built("convolution")
    for number in range(60):
        layer(inputs, training=True)
        move(layer, by=0.003, seed=number)
    layer(inputs, training=True)
    kernel = layer.layer.kernel.numpy()
    estimate = layer.v.numpy() @ kernel.reshape(-1, 5) @ layer.u.numpy()
    exact = np.linalg.svd(matrix(kernel), compute_uv=False)[0]
    assert 0.999 * exact < estimate <= exact * (1 + 1e-6)


def test_inference_keeps_nothing_and_sees_what_training_would():
    layer, inputs, _ = built("convolution")
    layer(inputs, training=True)
    move(layer)
    before = state(layer)
    first, again = layer(inputs, training=False), layer(inputs)
    for value, expected in zip(state(layer), before, strict=True):
        np.testing.assert_array_equal(value, expected)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(layer(inputs, training=True), first)
    assert not np.array_equal(layer.u, before[0])


def test_several_power_iterations_are_so_many_steps():
    once, inputs, matrix = built("dense", "float64")
    thrice, _, _ = built("dense", "float64", power_iterations=3)
    u = once.u.numpy()
    for _ in range(3):
        u, v, _ = by_hand(matrix(once.layer.kernel.numpy()), u)
    thrice(inputs, training=True)
    np.testing.assert_allclose(thrice.u, u, atol=1e-12)
    np.testing.assert_allclose(thrice.v, v, atol=1e-12)


def test_a_kernel_of_zeros_stays_zero():
    layer, inputs, _ = built("dense")
    layer.layer.kernel.assign(np.zeros(layer.layer.kernel.shape))
    bias = np.broadcast_to(layer.layer.bias, (3, 5))
    np.testing.assert_array_equal(layer(inputs, training=True), bias)


# ------------------------------------------------------------------------- the gradient


def value(layer, inputs, upstream):
    """A loss with first and second derivatives of the outputs in it."""
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=True)
        score = tf.reduce_sum(upstream * outputs**2)
    slope = tape.gradient(score, inputs)
    return tf.reduce_sum(upstream * outputs) + tf.reduce_sum(slope**2) / 10


def slopes(layer, function):
    """The gradient by the kernel, and finite differences along four directions."""
    kernel = layer.layer.kernel
    start = kernel.numpy()
    with tf.GradientTape() as tape:
        loss = function()
    gradient = tape.gradient(loss, kernel.value).numpy()
    start = kernel.numpy()  # Keras's has changed it
    numbers = np.random.default_rng(3)
    found = []
    for _ in range(4):
        direction = numbers.normal(size=start.shape)
        ends = []
        for sign in (1, -1):
            kernel.assign(start + sign * 1e-4 * direction)
            ends.append(float(function()))
        kernel.assign(start)
        found.append((np.sum(gradient * direction), (ends[0] - ends[1]) / 2e-4))
    return gradient, np.transpose(found)


@every_layer
def test_the_gradient_equals_finite_differences(name):
    layer, inputs, _ = built(name, "float64", power_iterations=EXACT)
    upstream = np.random.default_rng(7).normal(size=layer(inputs).shape)
    _, (gradient, expected) = slopes(layer, lambda: value(layer, inputs, upstream))
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-6)


def test_the_gradient_is_that_of_the_paper_and_the_one_of_keras_lacks_a_term():
    """Eq. 12: (G - <G, W / sigma> u v^T) / sigma, and Keras has G alone."""
    ours, inputs, _ = built("dense", "float64", power_iterations=EXACT)
    theirs = keras.layers.SpectralNormalization(
        keras.layers.Dense(5, dtype="float64"), power_iterations=EXACT, dtype="float64"
    )
    theirs.build(inputs.shape)
    kernel = ours.layer.kernel.numpy()
    u, sigmas, v = np.linalg.svd(kernel)
    kernel = kernel / sigmas[0]  # Keras's puts this in its place
    for layer in (ours, theirs):
        layer.layer.kernel.assign(kernel)
    upstream = np.random.default_rng(7).normal(size=(3, 5))
    ours_found, theirs_found = (
        slopes(
            layer,
            lambda layer=layer: tf.reduce_sum(upstream * layer(inputs, training=True)),
        )
        for layer in (ours, theirs)
    )
    direct = inputs.numpy().T @ upstream
    term = np.sum(direct * kernel) * np.outer(u[:, 0], v[0])
    np.testing.assert_allclose(ours_found[0], direct - term, atol=1e-9)
    np.testing.assert_allclose(theirs_found[0], direct, atol=1e-9)
    # Both compute the same function: only our gradient is its gradient.
    np.testing.assert_allclose(ours_found[1][1], theirs_found[1][1], rtol=1e-5)
    np.testing.assert_allclose(*ours_found[1], rtol=1e-5)
    assert np.abs(np.subtract(*theirs_found[1])).max() > 1.0


def test_the_singular_vectors_are_constants():
    layer, inputs, _ = built("dense")
    vectors = [layer.u.value, layer.v.value, layer.iterated.value]
    with tf.GradientTape() as tape:
        tape.watch(vectors)
        loss = tf.reduce_sum(layer(inputs, training=True) ** 2)
    assert tape.gradient(loss, vectors) == [None] * 3
    assert layer.trainable_variables == [layer.layer.kernel, layer.layer.bias]


# ---------------------------------------------------- precision, devices, files, scopes


@every_layer
def test_under_mixed_precision_the_norm_is_that_of_float32(name):
    layer, inputs, _ = built(name)
    expected = layer(inputs, training=True)
    keras.config.set_dtype_policy("mixed_bfloat16")
    make, shape, _ = LAYERS[name]
    rough = SpectralNormalization(make())
    model = keras.Sequential([keras.Input(shape), rough])
    rough.layer.set_weights(layer.layer.get_weights())
    assert (rough.layer.compute_dtype, rough.u.dtype) == ("bfloat16", "float32")
    assert model.outputs[0].dtype == "bfloat16"
    for call in (model, rough):  # within a network's scope and alone
        outputs = call(inputs, training=True)
        assert outputs.dtype == tf.bfloat16
        for found, exact in zip(state(rough), state(layer), strict=True):
            np.testing.assert_array_equal(found, exact)
        np.testing.assert_allclose(tf.cast(outputs, tf.float32), expected, atol=0.03)


@pytest.mark.parametrize("name", ["dense", "transposed"])
def test_with_xla_the_numbers_are_the_same(name):
    plain, inputs, _ = built(name)
    compiled, _, _ = built(name)

    def step(layer):
        with tf.GradientTape() as tape:
            outputs = [layer(x, training=True) for x in (inputs, 2.0 * inputs)]
            loss = tf.reduce_sum(outputs[0] ** 2) + tf.reduce_sum(outputs[1])
        gradient = tape.gradient(loss, layer.layer.kernel.value)
        layer.layer.kernel.value.assign_sub(0.01 * gradient)
        return loss

    fast = tf.function(lambda: step(compiled), jit_compile=True)
    for _ in range(3):
        np.testing.assert_allclose(fast(), step(plain), rtol=1e-5)
    for value, expected in zip(compiled.variables, plain.variables, strict=True):
        np.testing.assert_allclose(value, expected, atol=1e-5)


def test_in_a_stateless_scope_nothing_is_assigned_and_the_new_state_comes_out():
    layer, inputs, _ = built("convolution")
    other, _, _ = built("convolution", seed=2)
    variables = layer.variables
    before = [variable.numpy() for variable in variables]
    values = [tf.convert_to_tensor(variable.value) for variable in other.variables]

    @tf.function(jit_compile=True)
    def pure(values):
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            outputs = layer(inputs, training=True)
        return outputs, [scope.get_current_value(variable) for variable in variables]

    outputs, after = pure(values)
    np.testing.assert_allclose(outputs, other(inputs, training=True), atol=1e-6)
    for value, expected in zip(after, other.variables, strict=True):
        np.testing.assert_allclose(value, expected, atol=1e-6)
    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_replicas_agree_and_their_number_changes_nothing(mirrored):
    alone, inputs, _ = built("convolution")
    expected = alone(inputs, training=True)
    strategy = mirrored(2)
    with strategy.scope():
        shared, _, _ = built("convolution")
    run = tf.function(lambda: shared(inputs, training=True))
    outputs = strategy.experimental_local_results(strategy.run(run))
    for found in outputs:
        np.testing.assert_allclose(found, expected, atol=1e-6)
    for variable, value in zip(shared.variables, alone.variables, strict=True):
        for copy in strategy.experimental_local_results(variable.value):
            np.testing.assert_allclose(copy, value, atol=1e-6)


def test_a_saved_layer_goes_on_to_the_bit(tmp_path):
    layer, inputs, _ = built("coarse_convolution", power_iterations=2)
    model = keras.Sequential([keras.Input(inputs.shape[1:]), layer])
    model(inputs, training=True)
    move(layer)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.layers[0]) is SpectralNormalization
    assert again.layers[0].power_iterations == 2
    assert type(again.layers[0].layer) is layers.Conv2D
    for network in (model, again):
        network(inputs, training=True)
    for value, expected in zip(again.variables, model.variables, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_it_starts_the_same_way_and_leaves_the_other_weights_as_they_would_be():
    found = []
    for wrapped in (False, True):
        keras.utils.set_random_seed(4)
        kernels = []
        for _ in range(2):
            layer = keras.layers.Dense(3)
            (SpectralNormalization(layer) if wrapped else layer).build((None, 2))
            kernels.append(layer.kernel.numpy())
        found.append(kernels)
    np.testing.assert_array_equal(*found)


def test_weight_regularizers_see_the_kernel_itself():
    regular = keras.layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.5))
    layer = SpectralNormalization(regular)
    layer(tf.ones([2, 4]), training=True)
    # Whole numbers: whatever the order of the sum, it is exact.
    regular.kernel.assign(np.arange(12.0).reshape(4, 3))
    (loss,) = layer.losses
    np.testing.assert_allclose(loss, 0.5 * np.sum(np.arange(12.0) ** 2))


def test_a_penalty_of_a_linear_map_is_that_of_norm_one():
    """The gradient of one normalized unit has the norm 1, wherever it is taken."""
    layer = SpectralNormalization(keras.layers.Dense(1))
    images = tf.random.stateless_normal([6, 9], [1, 2])
    layer(images, training=True)  # one row: exact after one round
    penalty = penalties.R1(2.0)(lambda x: layer(x, training=True), images, None, None)
    np.testing.assert_allclose(penalty, np.ones(6), rtol=1e-5)


# ------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("wrong", [keras.layers.LeakyReLU(), keras.layers.Conv1D(2, 3)])
def test_other_layers_are_refused(wrong):
    with pytest.raises(ValueError, match="takes a Dense, Conv2D or Conv2DTranspose"):
        SpectralNormalization(wrong)


@pytest.mark.parametrize("wrong", [0, 1.5])
def test_numbers_of_iterations_that_are_none_are_refused(wrong):
    with pytest.raises(ValueError, match=f"power_iterations={wrong} must be"):
        SpectralNormalization(keras.layers.Dense(2), power_iterations=wrong)


def test_a_regularizer_of_the_outputs_is_refused_where_it_would_be_lost():
    dense = keras.layers.Dense(2, activity_regularizer="l2", name="logit")
    with pytest.raises(ValueError, match="activity_regularizer of 'logit'"):
        SpectralNormalization(dense)
