"""How discriminators may end, and whether networks know all labels."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import distribute, losses, penalties
from ganzoo.gans.checks_networks import (
    check_discriminator,
    check_penalty,
    check_tables,
)
from ganzoo.gans.output_activations import output_activations

INF = np.inf
LAYERS, OPS = keras.layers, keras.ops
# The values that each activation of Keras takes.
RANGES = {
    "celu": (-1, INF),
    "elu": (-1, INF),
    "exponential": (0, INF),
    "gelu": (-0.17, INF),
    "glu": (-INF, INF),
    "hard_shrink": (-INF, INF),
    "hard_sigmoid": (0, 1),
    "hard_silu": (-0.375, INF),
    "hard_swish": (-0.375, INF),
    "hard_tanh": (-1, 1),
    "leaky_relu": (-INF, INF),
    "linear": (-INF, INF),
    "log_sigmoid": (-INF, 0),
    "log_softmax": (-INF, 0),
    "mish": (-0.309, INF),
    "relu": (0, INF),
    "relu6": (0, 6),
    "selu": (-1.758, INF),
    "sigmoid": (0, 1),
    "silu": (-0.278, INF),
    "soft_shrink": (-INF, INF),
    "softmax": (0, 1),
    "softplus": (0, INF),
    "softsign": (-1, 1),
    "sparse_plus": (0, INF),
    "sparse_sigmoid": (0, 1),
    "sparsemax": (0, 1),
    "squareplus": (0, INF),
    "swish": (-0.278, INF),
    "tanh": (-1, 1),
    "tanh_shrink": (-INF, INF),
    "threshold": (0, INF),
}
NO_ACTIVATIONS = {"deserialize", "get", "serialize"}


def activation(name: str):
    function = getattr(keras.activations, name)
    return (lambda x: function(x, 0.5, 0.0)) if name == "threshold" else function


def discriminator(*last, units: int = 2) -> keras.Model:
    return keras.Sequential(
        [keras.Input((4, 4, 1)), LAYERS.Flatten(), LAYERS.Dense(units), *last]
    )


def refused(network, loss: str) -> bool:
    try:
        check_discriminator("discriminator", network, losses.get(loss))
    except ValueError:
        return True
    return False


def test_the_table_has_every_activation_of_the_installed_keras():
    found = {n for n in dir(keras.activations) if not n.startswith("_")}
    assert set(RANGES) == found - NO_ACTIVATIONS


@pytest.mark.parametrize("name", RANGES)
def test_an_activation_is_refused_where_a_loss_needs_other_outputs(name):
    low, high = RANGES[name]
    network = discriminator(LAYERS.Activation(activation(name)))
    free = (low, high) == (-INF, INF)
    competes = name in ("softmax", "sparsemax", "log_softmax")
    found = output_activations(network)
    assert len(found) == (0 if free else 1)
    if found:
        np.testing.assert_allclose(found[0][2:], (low, high), atol=0.01)
    for loss in losses.names():
        if loss in ("hinge", "least_squares"):  # which aim at -1 and 1, and at 0 and 1
            suits = low <= (-1 if loss == "hinge" else 0) and high >= 1
        elif loss == "relativistic":  # only differences count, these at least of 6
            suits = high - low >= 6
        elif loss == "wasserstein":
            suits = high - low == INF
        else:
            suits = free
        assert refused(network, loss) == (competes or not suits), loss


def test_the_message_names_the_activation_the_layer_and_the_remedy(tiny_networks):
    generator, _ = tiny_networks()
    network = discriminator(LAYERS.Dense(1, activation="sigmoid", name="last"))
    gan = ganzoo.GAN(generator, network)
    with pytest.raises(ValueError, match=r"sigmoid \(layer 'last'\).*\[0, 1\].*in the"):
        gan.compile("sgd", "sgd")
    gan.compile("sgd", "sgd", loss="least_squares")  # which aims at 0 and 1


class Own(keras.Model):
    """A model with a `call` of its own."""

    def __init__(self, last):
        super().__init__()
        self.dense, self.last = LAYERS.Dense(2), last

    def call(self, images, training=False):
        outputs = self.dense(OPS.reshape(images, (-1, 16)))
        return OPS.squeeze(OPS.mean(self.last(outputs), axis=1, keepdims=True), -1)


class Mean(LAYERS.Layer):
    def call(self, inputs):
        return OPS.mean(inputs, axis=1, keepdims=True)


class Scaled(LAYERS.Dense):
    """A layer of Keras with another `call`."""

    def call(self, inputs):
        return self.activation(2.0 * OPS.matmul(inputs, self.kernel))


class Compiled(LAYERS.Layer):
    """A layer whose values come out of functions of TensorFlow's own, one in another.

    Attributes:
        two: A constant made outside of the graph.
    """

    def __init__(self, function):
        super().__init__()
        inner = tf.function(lambda x, factor: factor * function(x))
        self.two = tf.constant(2.0)
        self.inner = tf.function(lambda x, factor: inner(x, factor))

    def call(self, inputs):
        return self.inner(inputs, self.two) - tf.constant([1.0])


class Computed(LAYERS.Layer):
    """A layer that computes by a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, inputs):
        return self.function(inputs)


def functional(build) -> keras.Model:
    images = keras.Input((4, 4, 1))
    return keras.Model(images, build(LAYERS.Dense(2)(LAYERS.Flatten()(images))))


def called(network) -> keras.Model:
    network(keras.KerasTensor((None, 4, 4, 1)))
    return network


def convolutional(activation) -> keras.Model:
    last = LAYERS.Conv2D(1, 3, activation=activation)
    return keras.Sequential(
        [keras.Input((4, 4, 1)), last, LAYERS.GlobalAveragePooling2D()]
    )


ENDING = {
    "argument": lambda: discriminator(LAYERS.Dense(1, activation="sigmoid")),
    "Activation": lambda: discriminator(LAYERS.Activation("sigmoid")),
    "Softmax": lambda: discriminator(LAYERS.Softmax()),
    "ReLU": lambda: discriminator(LAYERS.ReLU()),
    "then reshaped": lambda: discriminator(
        LAYERS.Activation("sigmoid"), LAYERS.Reshape((2, 1)), LAYERS.Flatten()
    ),
    "then dropped out": lambda: discriminator(
        LAYERS.Activation("sigmoid"), LAYERS.Dropout(0.1), ganzoo.layers.Dropout(0.1)
    ),
    "then averaged": lambda: convolutional("sigmoid"),
    "then averaged by a layer of one's own": lambda: discriminator(
        LAYERS.Activation("sigmoid"), Mean()
    ),
    "another precision": lambda: discriminator(
        LAYERS.Activation("sigmoid", dtype="bfloat16")
    ),
    "wrapped": lambda: discriminator(
        ganzoo.layers.SpectralNormalization(LAYERS.Dense(1, activation="sigmoid"))
    ),
    "subclass of a layer": lambda: discriminator(Scaled(1, activation="sigmoid")),
    "nested": lambda: discriminator(
        keras.Sequential([LAYERS.Dense(1), LAYERS.Activation("sigmoid")])
    ),
    "operation": lambda: functional(OPS.sigmoid),
    "activation as a function": lambda: functional(keras.activations.hard_sigmoid),
    "one of several": lambda: functional(
        lambda h: LAYERS.Concatenate()([LAYERS.Dense(1)(h), OPS.sigmoid(h)])
    ),
    "then rescaled": lambda: discriminator(
        LAYERS.Activation("sigmoid"), LAYERS.Rescaling([2.0, 1.0], offset=-1.0)
    ),
    "then computed with": lambda: functional(
        lambda h: OPS.clip((1.0 - OPS.sigmoid(h)) * np.float32([2.0, 3.0]) / 2, 0, 1)
    ),
    "then its logarithm": lambda: functional(lambda h: -OPS.log(OPS.sigmoid(h))),
    "then computed with, nested": lambda: discriminator(
        keras.Sequential([LAYERS.Activation("tanh"), LAYERS.Rescaling(0.5)]),
        LAYERS.Reshape((2, 1)),
    ),
    "softmax, then rescaled": lambda: discriminator(
        LAYERS.Softmax(), LAYERS.Rescaling(100.0, offset=-50.0)
    ),
    "clipped": lambda: functional(lambda h: OPS.clip(h, 0, 1)),
    "clipped by a layer of one's own": lambda: discriminator(
        Computed(lambda x: tf.clip_by_value(x, 0.0, 1.0))
    ),
    "squared": lambda: functional(OPS.square),
    "in functions of functions": lambda: discriminator(Compiled(tf.sigmoid)),
    "computed with by a layer of one's own": lambda: discriminator(
        Computed(lambda x: 2 * OPS.sigmoid(x) - 1)
    ),
    "in a Lambda": lambda: discriminator(LAYERS.Lambda(lambda x: tf.tanh(x) / 2 + 1)),
    "subclassed": lambda: called(Own(OPS.sigmoid)),
    "subclassed, rescaled": lambda: called(Own(lambda x: 2 * OPS.sigmoid(x) - 1)),
    "subclassed, in functions": lambda: called(Own(Compiled(tf.sigmoid))),
    "subclassed, softmax": lambda: called(Own(OPS.softmax)),
}
NOT_ENDING = {
    "none": discriminator,
    "linear": lambda: discriminator(LAYERS.Activation("linear")),
    "leaky": lambda: discriminator(LAYERS.LeakyReLU()),
    "hidden": lambda: discriminator(LAYERS.Activation("sigmoid"), LAYERS.Dense(1)),
    "a gate": lambda: functional(
        lambda h: LAYERS.Multiply()([LAYERS.Dense(2)(h), OPS.sigmoid(h)])
    ),
    "a residual": lambda: functional(lambda h: LAYERS.Add()([h, OPS.relu(h)])),
    "subclassed": lambda: called(Own(lambda x: x)),
    "subclassed, hidden": lambda: called(Own(lambda x: 3 * OPS.sigmoid(x) - x)),
    "bounded where it does not matter": lambda: functional(
        lambda h: 20 * OPS.tanh(h / 20)
    ),
    "linear, then computed with": lambda: functional(
        lambda h: LAYERS.Rescaling(0.1)(1.0 - h / 2)
    ),
    "in functions of functions": lambda: discriminator(Compiled(lambda x: x)),
    "computed with itself": lambda: discriminator(
        Computed(lambda x: x * tf.sigmoid(x) - tf.sigmoid(-x) * x)
    ),
    "times a weight": lambda: functional(
        lambda h: LAYERS.EinsumDense("ab,bc->ac", 1)(OPS.sigmoid(h))
    ),
    "a score of two": lambda: functional(
        lambda h: ganzoo.layers.LogitDifference()(LAYERS.Dense(2)(h))
    ),
}


@pytest.mark.parametrize(
    ("build", "name", "low", "high"),
    [
        (lambda x: 2 * OPS.sigmoid(x) - 1, "sigmoid", -1, 1),
        (lambda x: LAYERS.Rescaling([1.0, -255.0])(OPS.sigmoid(x)), "sigmoid", -255, 1),
        (lambda x: 1 / (1 + OPS.exp(-x)), "exp", 0, 1),
        (lambda x: OPS.power(x, 2) + 3, "power", 3, INF),
        (lambda x: OPS.maximum(x, 0.5), "maximum", 0.5, INF),
        (lambda x: LAYERS.Subtract()([OPS.tanh(x), np.ones((1, 2))]), "tanh", -2, 0),
        (lambda x: 1000 * OPS.relu6(x), "relu6", 0, 6000),
    ],
)
def test_the_values_are_those_of_what_is_computed(build, name, low, high):
    (of_keras,) = output_activations(functional(build))
    (of_ones_own,) = output_activations(discriminator(Computed(build)))
    assert of_keras.name == name
    for found in (of_keras, of_ones_own):
        np.testing.assert_allclose(found[2:], (low, high), atol=0.01)


@pytest.mark.parametrize("case", ENDING)
def test_the_end_is_found_wherever_it_is(case):
    network = ENDING[case]()
    with pytest.raises(ValueError, match="Leave the activation out"):
        check_discriminator("discriminator", network, losses.get("non_saturating"))


@pytest.mark.parametrize("case", NOT_ENDING)
def test_what_is_not_the_end_is_let_be(case):
    check_discriminator(
        "discriminator", NOT_ENDING[case](), losses.get("non_saturating")
    )


def test_a_loss_of_ones_own_says_whether_it_is_on_logits():
    def compared(real, fake):
        return -tf.math.log(real) - tf.math.log(1 - fake)

    own = losses.Loss(
        "mine",
        discriminator=losses.per_example(compared),
        generator=losses.per_example(lambda real, fake: -tf.math.log(fake)),
        probability=losses.per_example(lambda real, fake: fake),
    )
    network = discriminator(LAYERS.Activation("sigmoid"))
    check_discriminator("discriminator", network, own)
    on_logits = dataclasses.replace(
        losses.get("non_saturating"), name="mine", probability=losses.probability
    )
    with pytest.raises(ValueError, match="loss='mine' takes logits"):
        check_discriminator("discriminator", network, on_logits)
    with pytest.raises(ValueError, match="loss='zero_sum_hinge' takes scores"):
        check_discriminator("discriminator", network, losses.zero_sum("hinge"))


def test_logits_of_classes_and_codes_are_none_of_a_softmax():
    images = keras.Input((4, 4, 1))
    hidden = LAYERS.Flatten()(images)
    classes = LAYERS.Dense(3, activation="softmax")(hidden)
    for second in (classes, LAYERS.Concatenate()([classes, LAYERS.Dense(4)(hidden)])):
        network = keras.Model(images, [LAYERS.Dense(1)(hidden), second])
        with pytest.raises(
            ValueError, match="Output 1 of the discriminator ends in softmax"
        ):
            check_discriminator("discriminator", network, losses.get("hinge"))
    means = LAYERS.Dense(2, activation="tanh")(hidden)  # of codes in [-1, 1]
    network = keras.Model(images, [LAYERS.Dense(1)(hidden), means])
    check_discriminator("discriminator", network, losses.get("hinge"))


# ------------------------------------------------------------------------ labels


def conditional(table, shape=()) -> keras.Model:
    noise, labels = keras.Input((4,)), keras.Input(shape, dtype="int32")
    known = table(labels)
    pixels = LAYERS.Dense(16)(LAYERS.Concatenate()([noise, LAYERS.Flatten()(known)]))
    return keras.Model([noise, labels], LAYERS.Reshape((4, 4, 1))(pixels))


@pytest.mark.parametrize(
    ("table", "shape", "message"),
    [
        (LAYERS.Embedding(2, 3), (), r"num_classes=3, but Embedding\(input_dim=2\)"),
        (LAYERS.Embedding(2, 3), (1,), r"Embedding\(input_dim=2\) of the generator"),
        (
            LAYERS.CategoryEncoding(2, output_mode="one_hot"),
            (1,),
            r"CategoryEncoding\(num_tokens=2\)",
        ),
        (
            lambda labels: LAYERS.Embedding(2, 3)(LAYERS.Reshape((1,))(labels)),
            (),
            r"Embedding\(input_dim=2\)",
        ),
        (
            lambda x: OPS.one_hot(OPS.cast(x, "int64"), 2),
            (),
            r"OneHot\(num_classes=2\)",
        ),
        (
            keras.Sequential([keras.Input((), dtype="int32"), LAYERS.Embedding(2, 3)]),
            (),
            r"Embedding\(input_dim=2\)",
        ),
        (
            lambda x: LAYERS.Embedding(3, 3)(x + 1),
            (),
            r"Embedding\(input_dim=3\) .* is fed 1 to 3\. Give both",
        ),
        (lambda x: LAYERS.Embedding(9, 3)(x - 1), (), "is fed -1 to 1"),
        (
            Computed(lambda x: tf.one_hot(tf.cast(x, "int32"), 2)),
            (),
            r"num_classes=3, but layer 'computed.*' of the generator does not know",
        ),
        (
            Computed(lambda x: tf.gather(tf.ones((2, 4)), tf.cast(x, "int32"))),
            (1,),
            "of the generator does not know all labels.*Build it for 3",
        ),
        (
            LAYERS.Lambda(lambda x: tf.one_hot(x, 2), (2,)),
            (),
            "layer 'lambda.* does not know",
        ),
        (
            lambda labels: labels,
            (3,),
            r"of shape \(None, 3\), apparently one-hot",
        ),
    ],
)
def test_a_network_must_know_all_classes(table, shape, message, tiny_networks):
    _, discriminator = tiny_networks(num_classes=3)
    with pytest.raises(ValueError, match=message):
        ganzoo.GAN(conditional(table, shape), discriminator, num_classes=3)


@pytest.mark.parametrize(
    "table",
    [
        lambda x: LAYERS.Embedding(4, 3)(x + 1),
        lambda x: LAYERS.Dense(3)(LAYERS.Reshape((1,))(OPS.cast(x, "float32"))),
        lambda x: OPS.one_hot(OPS.cast(x, "int64"), 3),
        Computed(lambda x: tf.one_hot(tf.cast(x, "int32"), 3)),
        Computed(lambda x: tf.gather(tf.zeros((3, 4)), tf.cast(x, "int32"))),
        Computed(lambda x: tf.cast(x, "float32")[:, None]),
        Computed(lambda x: tf.nn.relu(2.0 - tf.cast(x, "float32"))[:, None]),
    ],
)
def test_what_knows_all_classes_is_let_be(table):
    labels = keras.Input((), dtype="int32")
    keras.Model(labels, table(labels))
    check_tables("generator", labels, 3)


@pytest.mark.parametrize("shape", [(), (1,)])
def test_labels_may_have_an_axis_of_one(shape, tiny_networks):
    _, discriminator = tiny_networks(num_classes=3)
    gan = ganzoo.GAN(
        conditional(LAYERS.Embedding(4, 2), shape), discriminator, num_classes=3
    )
    assert gan.generate(2, [0, 2]).shape == (2, 4, 4, 1)


# --------------------------------------------------------------------------- penalties


@pytest.mark.parametrize(
    ("penalty", "refused"),
    [
        ("gradient_penalty", True),
        ("r1", True),
        (penalties.WeightClipping(0.1) + penalties.R2(1.0), True),
        ("weight_clipping", False),
        (None, False),
    ],
)
@pytest.mark.parametrize("norm", ["mixes", "frozen", "per image"])
def test_a_gradient_per_image_needs_images_that_are_not_mixed(norm, penalty, refused):
    layer = LAYERS.LayerNormalization() if norm == "per image" else None
    layer = layer or ganzoo.layers.BatchNormalization(trainable=norm == "mixes")
    network = keras.Sequential(
        [keras.Input((4, 4, 1)), LAYERS.Flatten(), LAYERS.Dense(2), layer]
    )
    one = penalties.get(penalty)
    if not (refused and norm == "mixes"):
        check_penalty("discriminator", network, one)
        return
    with pytest.raises(ValueError, match=r"'batch_normalization\w*' in the discrimin"):
        check_penalty("discriminator", network, one)


def test_with_batch_normalization_r1_would_do_nothing():
    """The normalized outputs of a batch have a constant sum, so no gradient."""
    network = keras.Sequential(
        [keras.Input((4,)), LAYERS.Dense(1), LAYERS.BatchNormalization()]
    )
    images = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")
    value = penalties.R1(10.0)(
        lambda x: network(x, training=True), images, images, None
    )
    np.testing.assert_allclose(value, 0.0, atol=1e-9)


def test_a_layer_of_keras_whose_gradient_would_be_wrong_is_refused(monkeypatch):
    def compiled(layer):
        generator = keras.Sequential(
            [keras.Input((2,)), LAYERS.Dense(48), LAYERS.Reshape((4, 4, 3))]
        )
        discriminator = keras.Sequential(
            [keras.Input((4, 4, 3)), layer, LAYERS.Flatten(), LAYERS.Dense(1)]
        )
        gan = ganzoo.GAN(generator, discriminator)
        gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())

    monkeypatch.setattr(distribute, "onednn_without_avx512", lambda: True)
    with pytest.raises(
        ValueError, match=r"'skip' in the discriminator is a 1x1 .*OPTS=0 .*ganzoo"
    ):
        compiled(LAYERS.Conv2D(4, 1, strides=2, name="skip"))
    compiled(ganzoo.layers.Conv2D(4, 1, strides=2, name="skip"))
    monkeypatch.setattr(distribute, "onednn_without_avx512", lambda: False)
    compiled(LAYERS.Conv2D(4, 1, strides=2, name="skip"))
