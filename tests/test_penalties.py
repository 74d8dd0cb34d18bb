import itertools
import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import penalties

ALL = [
    penalties.GradientPenalty(),
    penalties.GradientPenalty(one_sided=True),
    penalties.R1(),
    penalties.R2(),
    penalties.WeightClipping(),
    penalties.R1() + penalties.R2(),
]


class Uniform:
    """Hands out given numbers, or draws them, and remembers the shapes asked for."""

    def __init__(self, values=None):
        self.values = values
        self.shapes = []

    def uniform(self, shape):
        self.shapes.append(tuple(shape))
        if self.values is None:
            # Philox: the same numbers with and without XLA.
            return tf.random.stateless_uniform(shape, [1, 2], alg="philox")
        return tf.reshape(tf.constant(self.values, tf.float32), shape)


def images(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape), tf.float32)


def linear(weights):
    """D(x) = w . x, a critic whose gradient is w everywhere."""
    return lambda x: tf.reduce_sum(x * weights, axis=[1, 2, 3])


def quadratic(scale):
    """D(x) = scale / 2 * |x|^2, a critic whose gradient is scale * x."""
    return lambda x: scale / 2 * tf.reduce_sum(x**2, axis=[1, 2, 3])


def squared_norm(x):
    return np.sum(np.square(x), axis=tuple(range(1, np.ndim(x))))


@pytest.mark.parametrize("scale", [0.1, 1.0, 3.0])
def test_gradient_penalty_of_a_linear_critic_is_its_norm_minus_one_squared(scale):
    w = scale * images(4, 4, 1, seed=2)
    penalty = penalties.GradientPenalty(weight=7.0)
    actual = penalty(linear(w), images(5, 4, 4, 1), images(5, 4, 4, 1), Uniform())
    expected = 7.0 * (np.linalg.norm(w) - 1.0) ** 2
    assert actual.shape == (5,)
    assert actual.dtype == tf.float32
    np.testing.assert_allclose(actual, np.full(5, expected), rtol=1e-5)


def test_one_sided_gradient_penalty_is_zero_below_norm_one_and_equal_above():
    real, fake = images(3, 4, 4, 1), images(3, 4, 4, 1, seed=1)
    w = images(4, 4, 1, seed=2)
    w = w / tf.norm(w)
    one_sided = penalties.GradientPenalty(one_sided=True)
    two_sided = penalties.GradientPenalty()
    below = one_sided(linear(0.9 * w), real, fake, Uniform())
    above = one_sided(linear(1.5 * w), real, fake, Uniform())
    np.testing.assert_array_equal(below, np.zeros(3))
    np.testing.assert_allclose(above, np.full(3, 10 * 0.5**2), rtol=1e-5)
    np.testing.assert_allclose(
        above, two_sided(linear(1.5 * w), real, fake, Uniform()), rtol=1e-6
    )


def test_gradient_penalty_interpolates_each_example_with_its_own_weight():
    """A quadratic critic's gradient is the interpolated image itself."""
    real, fake = images(4, 3, 3, 2), images(4, 3, 3, 2, seed=1)
    mix = np.array([0.0, 0.25, 0.5, 1.0])
    random = Uniform(mix)
    actual = penalties.GradientPenalty()(quadratic(1.0), real, fake, random)
    e = mix[:, None, None, None]
    norm = np.sqrt(squared_norm(e * real.numpy() + (1 - e) * fake.numpy()))
    np.testing.assert_allclose(actual, 10 * (norm - 1) ** 2, rtol=1e-5)
    assert random.shapes == [(4, 1, 1, 1)]


@pytest.mark.parametrize("shape", [(6,), (5, 3), (4, 3, 2, 1)])
def test_gradient_penalty_draws_one_number_an_example_for_any_rank(shape):
    random = Uniform()
    real = images(2, *shape)
    penalties.GradientPenalty()(
        lambda x: tf.reduce_sum(x, axis=list(range(1, x.shape.rank))),
        real,
        real,
        random,
    )
    assert random.shapes == [(2,) + (1,) * len(shape)]


def test_r1_and_r2_of_a_linear_critic_are_half_gamma_its_squared_norm():
    w = images(4, 4, 1, seed=2)
    expected = np.full(3, 5.0 / 2 * squared_norm(w[None].numpy()))
    for penalty in (penalties.R1(gamma=5.0), penalties.R2(gamma=5.0)):
        actual = penalty(linear(w), images(3, 4, 4, 1), images(3, 4, 4, 1), None)
        np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_r1_looks_at_real_images_and_r2_at_generated_ones():
    real, fake = images(3, 4, 4, 1), images(3, 4, 4, 1, seed=1)
    for penalty, looked_at in ((penalties.R1(4.0), real), (penalties.R2(4.0), fake)):
        actual = penalty(quadratic(3.0), real, fake, None)
        expected = 4.0 / 2 * 3.0**2 * squared_norm(looked_at.numpy())
        np.testing.assert_allclose(actual, expected, rtol=1e-5)


def test_sum_adds_values_and_keeps_its_terms_flat():
    real, fake = images(3, 4, 4, 1), images(3, 4, 4, 1, seed=1)
    terms = penalties.R1(2.0), penalties.R2(3.0), penalties.GradientPenalty()
    total = terms[0] + terms[1] + terms[2]
    assert total.terms == terms
    expected = sum(term(quadratic(1.0), real, fake, Uniform()) for term in terms)
    np.testing.assert_allclose(
        total(quadratic(1.0), real, fake, Uniform()), expected, rtol=1e-6
    )


@pytest.mark.parametrize("penalty", ALL, ids=repr)
def test_penalty_does_not_depend_on_the_shape_of_the_logits(penalty):
    real, fake = images(3, 4, 4, 1), images(3, 4, 4, 1, seed=1)

    def patches(x):
        return tf.reduce_sum(x**2, axis=-1, keepdims=True)

    def mean(x):
        return tf.reduce_mean(patches(x), axis=[1, 2, 3])

    def column(x):
        return mean(x)[:, None]

    expected = penalty(mean, real, fake, Uniform())
    for discriminator in (patches, column):
        actual = penalty(discriminator, real, fake, Uniform())
        assert actual.shape == (3,)
        np.testing.assert_allclose(actual, expected, rtol=1e-6)


@pytest.mark.parametrize("penalty", ALL, ids=repr)
def test_penalty_of_an_example_ignores_the_rest_of_the_batch(penalty):
    real, fake = images(4, 4, 4, 1), images(4, 4, 4, 1, seed=1)
    mix = np.array([0.1, 0.4, 0.6, 0.9])
    whole = penalty(quadratic(2.0), real, fake, Uniform(mix))
    half = penalty(quadratic(2.0), real[:2], fake[:2], Uniform(mix[:2]))
    np.testing.assert_allclose(whole[:2], half, rtol=1e-6)


def critic(gain=1.0):
    """A smooth net; a large gain brings the norm of its gradient above 1."""
    keras.utils.set_random_seed(3)
    net = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Conv2D(3, 3, activation="tanh"),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    net.set_weights([gain * w for w in net.get_weights()])
    return net


@pytest.mark.parametrize("jit_compile", [None, False, True])
@pytest.mark.parametrize("penalty", ALL, ids=repr)
def test_gradient_by_the_weights_equals_finite_differences(penalty, jit_compile):
    """The second derivative, along a random direction in weight space."""
    net = critic(gain=3.0)
    real, fake = images(3, 4, 4, 1), images(3, 4, 4, 1, seed=1)
    variables = [v.value for v in net.trainable_variables]
    directions = [images(*v.shape, seed=9 + i) for i, v in enumerate(variables)]

    def value():
        return tf.reduce_sum(penalty(net, real, fake, Uniform()))

    def slope():
        with tf.GradientTape() as tape:
            total = value()
        gradients = tape.gradient(
            total, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return sum(
            tf.reduce_sum(g * d) for g, d in zip(gradients, directions, strict=True)
        )

    def value_at(distance):
        for variable, direction in zip(variables, directions, strict=True):
            variable.assign_add(distance * direction)
        result = value().numpy().astype(np.float64)
        for variable, direction in zip(variables, directions, strict=True):
            variable.assign_sub(distance * direction)
        return result

    if jit_compile is not None:
        slope = tf.function(slope, jit_compile=jit_compile)
    # Five points: in float32 the step must be too large for two.
    h = 1e-2
    near, far = value_at(h) - value_at(-h), value_at(2 * h) - value_at(-2 * h)
    expected = (8 * near - far) / (12 * h)
    np.testing.assert_allclose(slope(), expected, rtol=5e-3, atol=1e-6)


@pytest.mark.parametrize("penalty", ALL, ids=repr)
def test_critic_with_zero_gradient_has_a_finite_penalty_and_gradient(penalty):
    """The bare square root would give NaN: its derivative at 0 is infinite."""
    w = tf.Variable(tf.zeros([4, 4, 1]))
    real = images(3, 4, 4, 1)
    with tf.GradientTape() as tape:
        value = penalty(linear(w), real, real, Uniform())
    gradient = tape.gradient(
        value, w, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()


def test_critic_that_ignores_its_images_has_gradient_zero():
    def constant(x):
        return tf.zeros([tf.shape(x)[0], 1])

    real = images(3, 4, 4, 1)
    np.testing.assert_array_equal(
        penalties.R1()(constant, real, real, None), np.zeros(3)
    )
    np.testing.assert_allclose(
        penalties.GradientPenalty()(constant, real, real, Uniform()), 10, rtol=1e-4
    )


@pytest.mark.parametrize("penalty", ALL, ids=repr)
def test_batch_of_unknown_size_is_accepted(penalty):
    @tf.function(input_signature=[tf.TensorSpec([None, 4, 4, 1])] * 2)
    def compiled(real, fake):
        return penalty(quadratic(1.0), real, fake, Uniform())

    real, fake = images(3, 4, 4, 1), images(3, 4, 4, 1, seed=1)
    np.testing.assert_allclose(
        compiled(real, fake), penalty(quadratic(1.0), real, fake, Uniform()), rtol=1e-6
    )


@pytest.mark.parametrize("penalty", ALL, ids=repr)
def test_bfloat16_images_and_logits_give_float32_penalties(penalty):
    def coarse(x):
        return tf.cast(quadratic(1.0)(x), tf.bfloat16)

    real = images(3, 4, 4, 1)
    fake = tf.cast(images(3, 4, 4, 1, seed=1), tf.bfloat16)
    assert penalty(coarse, real, fake, Uniform()).dtype == tf.float32


def test_weight_clipping_is_no_penalty_and_never_calls_the_critic():
    def never(x):
        raise AssertionError("called")

    actual = penalties.WeightClipping()(never, images(3, 4, 4, 1), None, None)
    assert actual.dtype == tf.float32
    np.testing.assert_array_equal(actual, np.zeros(3))


@pytest.mark.parametrize("jit_compile", [None, False, True])
def test_weight_clipping_clips_and_leaves_small_weights_alone(jit_compile):
    net = critic()
    before = net.get_weights()

    def constrain():
        penalties.WeightClipping(0.1).constrain(net.trainable_variables)

    if jit_compile is not None:
        constrain = tf.function(constrain, jit_compile=jit_compile)
    constrain()
    for old, new in zip(before, net.get_weights(), strict=True):
        np.testing.assert_array_equal(new, np.clip(old, -0.1, 0.1))
    assert max(np.abs(w).max() for w in before) > 0.1


def test_plain_tensorflow_variables_are_clipped_too():
    variable = tf.Variable([-3.0, 0.0, 3.0])
    penalties.WeightClipping(1.0).constrain(iter([variable]))
    np.testing.assert_array_equal(variable, [-1, 0, 1])


def test_weight_clipping_in_a_stateless_scope_leaves_the_variables_alone():
    variable = keras.Variable([-3.0, 0.0, 3.0])
    state = [(variable, tf.constant([-5.0, 0.5, 5.0]))]
    with keras.StatelessScope(state_mapping=state) as scope:
        penalties.WeightClipping(1.0).constrain([variable])
    np.testing.assert_array_equal(scope.get_current_value(variable), [-1, 0.5, 1])
    np.testing.assert_array_equal(variable, [-3, 0, 3])


def mirrored():
    return tf.distribute.MirroredStrategy(
        ["CPU:0", "CPU:1"], cross_device_ops=tf.distribute.ReductionToOneDevice()
    )


@pytest.mark.parametrize(
    "strategy",
    [tf.distribute.get_strategy, lambda: tf.distribute.OneDeviceStrategy("CPU:0")]
    + [mirrored],
    ids=["default", "one_device", "mirrored"],
)
@pytest.mark.parametrize("summed", [False, True])
def test_clipping_after_an_update_reaches_every_replica(strategy, summed):
    strategy = strategy()
    penalty = penalties.WeightClipping(0.02)
    if summed:
        penalty = penalties.R1() + penalty
    with strategy.scope():
        net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        optimizer = keras.optimizers.SGD(1.0)
        optimizer.build(net.trainable_variables)

    def replica_step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(net(x))
        gradients = tape.gradient(loss, net.trainable_variables)
        optimizer.apply_gradients(zip(gradients, net.trainable_variables, strict=True))
        penalty.constrain(net.trainable_variables)

    tf.function(lambda: strategy.run(replica_step, args=(tf.ones([2, 3]),)))()
    for variable in net.trainable_variables:
        for copy in strategy.experimental_local_results(variable.value):
            # The step of -2 a replica has moved every weight far below -0.02.
            np.testing.assert_allclose(copy, np.full(copy.shape, -0.02))


def test_clipping_in_the_scope_of_a_strategy_reaches_every_replica():
    strategy = mirrored()
    with strategy.scope():
        variable = keras.Variable([-3.0, 0.0, 3.0])
        penalties.WeightClipping(1.0).constrain([variable])
    copies = strategy.experimental_local_results(variable.value)
    assert len(copies) == 2
    for copy in copies:
        np.testing.assert_array_equal(copy, [-1, 0, 1])


@pytest.mark.parametrize("penalty", ALL[:4], ids=repr)
def test_other_penalties_constrain_nothing(penalty):
    variable = tf.Variable([-3.0, 0.0, 3.0])
    penalty.constrain([variable])
    np.testing.assert_array_equal(variable, [-3, 0, 3])


def test_get_gives_the_penalty_of_a_name_with_the_papers_weight():
    assert penalties.get(None) is None
    assert penalties.get("gradient_penalty") == penalties.GradientPenalty(10.0, False)
    assert penalties.get("r1") == penalties.R1(10.0)
    assert penalties.get("r2") == penalties.R2(10.0)
    assert penalties.get("weight_clipping") == penalties.WeightClipping(0.01)
    assert len(penalties.names()) == 4
    own = penalties.R1(0.5) + penalties.R2(0.5)
    assert penalties.get(own) is own


@pytest.mark.parametrize("unknown", ["gp", "", 10.0, penalties.R1])
def test_unknown_penalty_is_refused_naming_the_accepted_ones(unknown):
    message = re.escape(f"Unknown penalty {unknown!r}.")
    with pytest.raises(ValueError, match=message) as error:
        penalties.get(unknown)
    assert all(name in str(error.value) for name in penalties.names())


@pytest.mark.parametrize(
    ("make", "value"),
    [
        *itertools.product(
            [penalties.GradientPenalty, penalties.R1, penalties.R2],
            [-1.0, float("nan"), float("inf")],
        ),
        *itertools.product([penalties.WeightClipping], [0.0, -0.1, float("nan")]),
    ],
)
def test_bad_weights_are_refused_at_construction(make, value):
    with pytest.raises(ValueError, match=f"{make.__name__}: .* is {value!r}"):
        make(value)


@pytest.mark.parametrize("terms", [(), (penalties.R1(), "r2")])
def test_sum_of_anything_but_penalties_is_refused(terms):
    with pytest.raises(ValueError, match="one or more penalties"):
        penalties.Sum(terms)
    with pytest.raises(TypeError):
        penalties.R1() + "r2"


def test_real_and_generated_images_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(3, 4, 4, 1\).*\(3, 8, 8, 1\)"):
        penalties.GradientPenalty()(
            quadratic(1.0), images(3, 4, 4, 1), images(3, 8, 8, 1), Uniform()
        )
