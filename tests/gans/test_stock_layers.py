"""Stochastic layers, Keras's and users' own, resume to the bit or are refused."""

import functools
import inspect
import random
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo.gans.randomness import reseed, stock_seed_generators

stock = keras.layers
IMAGE, ROWS = (8, 8, 3), 4
SEQUENCE, VOLUME, FRAMES = (8, 24), (4, 4, 4, 3), (2, 4, 4, 6)
RANGE = {"value_range": (-1, 1)}


class Attended(stock.Layer):
    """An attention of a sequence to itself, whichever way its layer is called."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, inputs, training=False):
        if isinstance(self.layer, stock.Attention):  # and AdditiveAttention
            return self.layer([inputs, inputs], training=training)
        return self.layer(inputs, inputs, training=training)


def dropped(layer, **settings):
    """A recurrent layer with both kinds of dropout."""
    return layer(dropout=0.5, recurrent_dropout=0.5, **settings)


# How to make each, and the shape that it takes the 192 numbers of an image in.
STOCHASTIC = {
    "AdditiveAttention": (
        lambda: Attended(stock.AdditiveAttention(dropout=0.5)),
        SEQUENCE,
    ),
    "AlphaDropout": (lambda: stock.AlphaDropout(0.5), IMAGE),
    "Attention": (lambda: Attended(stock.Attention(dropout=0.5)), SEQUENCE),
    "ConvLSTM1D": (
        lambda: dropped(stock.ConvLSTM1D, filters=2, kernel_size=2),
        (2, 4, 24),
    ),
    "ConvLSTM2D": (
        lambda: dropped(stock.ConvLSTM2D, filters=2, kernel_size=2),
        FRAMES,
    ),
    "ConvLSTM3D": (
        lambda: dropped(stock.ConvLSTM3D, filters=2, kernel_size=2),
        (2, 4, 4, 2, 3),
    ),
    "CutMix": (lambda: stock.CutMix(0.9), IMAGE),
    "Dropout": (lambda: stock.Dropout(0.5), IMAGE),
    "GRU": (lambda: dropped(stock.GRU, units=2), SEQUENCE),
    "GRUCell": (lambda: stock.RNN(dropped(stock.GRUCell, units=2)), SEQUENCE),
    "GaussianDropout": (lambda: stock.GaussianDropout(0.5), IMAGE),
    "GaussianNoise": (lambda: stock.GaussianNoise(0.5), IMAGE),
    "GroupQueryAttention": (
        lambda: Attended(stock.GroupQueryAttention(2, 2, 1, dropout=0.5)),
        SEQUENCE,
    ),
    "LSTM": (lambda: dropped(stock.LSTM, units=2), SEQUENCE),
    "LSTMCell": (lambda: stock.RNN(dropped(stock.LSTMCell, units=2)), SEQUENCE),
    "MixUp": (lambda: stock.MixUp(0.9), IMAGE),
    "MultiHeadAttention": (
        lambda: Attended(stock.MultiHeadAttention(2, 2, dropout=0.5)),
        SEQUENCE,
    ),
    "RandAugment": (lambda: stock.RandAugment(**RANGE, factor=0.9), IMAGE),
    "RandomBrightness": (lambda: stock.RandomBrightness(0.5, **RANGE), IMAGE),
    "RandomColorDegeneration": (
        lambda: stock.RandomColorDegeneration(0.9, **RANGE),
        IMAGE,
    ),
    "RandomColorJitter": (
        lambda: stock.RandomColorJitter(
            **RANGE,
            brightness_factor=0.5,
            contrast_factor=0.5,
            saturation_factor=0.5,
            hue_factor=0.5,
        ),
        IMAGE,
    ),
    "RandomContrast": (lambda: stock.RandomContrast(0.5, **RANGE), IMAGE),
    "RandomCrop": (lambda: stock.RandomCrop(4, 4), IMAGE),
    "RandomElasticTransform": (
        lambda: stock.RandomElasticTransform(1.0, **RANGE),
        IMAGE,
    ),
    "RandomErasing": (lambda: stock.RandomErasing(1.0, **RANGE), IMAGE),
    "RandomFlip": (lambda: stock.RandomFlip(), IMAGE),
    "RandomGaussianBlur": (
        lambda: stock.RandomGaussianBlur(1.0, sigma=(0.5, 2.0), **RANGE),
        IMAGE,
    ),
    "RandomGrayscale": (lambda: stock.RandomGrayscale(0.5), IMAGE),
    "RandomHue": (lambda: stock.RandomHue(0.5, **RANGE), IMAGE),
    "RandomInvert": (lambda: stock.RandomInvert(0.5, **RANGE), IMAGE),
    "RandomPerspective": (lambda: stock.RandomPerspective(1.0), IMAGE),
    "RandomPosterization": (
        lambda: stock.RandomPosterization(4, value_range=(0, 1)),
        IMAGE,
    ),
    "RandomRotation": (lambda: stock.RandomRotation(0.5), IMAGE),
    "RandomSaturation": (lambda: stock.RandomSaturation(0.9, **RANGE), IMAGE),
    "RandomSharpness": (lambda: stock.RandomSharpness(0.9, **RANGE), IMAGE),
    "RandomShear": (lambda: stock.RandomShear(0.5, 0.5), IMAGE),
    "RandomTranslation": (lambda: stock.RandomTranslation(0.5, 0.5), IMAGE),
    "RandomZoom": (lambda: stock.RandomZoom(0.5), IMAGE),
    "SimpleRNN": (lambda: dropped(stock.SimpleRNN, units=2), SEQUENCE),
    "SimpleRNNCell": (
        lambda: stock.RNN(dropped(stock.SimpleRNNCell, units=2)),
        SEQUENCE,
    ),
    "Solarization": (lambda: stock.Solarization((0.0, 0.5), **RANGE), IMAGE),
    "SpatialDropout1D": (lambda: stock.SpatialDropout1D(0.5), SEQUENCE),
    "SpatialDropout2D": (lambda: stock.SpatialDropout2D(0.5), IMAGE),
    "SpatialDropout3D": (lambda: stock.SpatialDropout3D(0.5), VOLUME),
    # Those that only hold others.
    "Bidirectional": (
        lambda: stock.Bidirectional(dropped(stock.LSTM, units=2)),
        SEQUENCE,
    ),
    "Pipeline": (lambda: stock.Pipeline([stock.RandomFlip()]), IMAGE),
    "StackedRNNCells": (
        lambda: stock.RNN(stock.StackedRNNCells([dropped(stock.LSTMCell, units=2)])),
        SEQUENCE,
    ),
    "TimeDistributed": (
        lambda: stock.TimeDistributed(stock.GaussianNoise(0.5)),
        SEQUENCE,
    ),
}
REFUSED = {
    "AugMix": (lambda: stock.AugMix(**RANGE), "Use keras.layers.RandAugment"),
    "SpectralNormalization": (
        lambda: stock.SpectralNormalization(stock.Conv2D(2, 3)),
        "Use ganzoo.layers.SpectralNormalization",
    ),
}
# They have a `seed` among their arguments, and draw nothing in training.
SEEDED_ONLY_BY_NAME = {
    "AutoContrast",
    "CategoryEncoding",
    "CenterCrop",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Discretization",
    "EinsumDense",
    "Equalization",
    "MaxNumBoundingBoxes",
    "MelSpectrogram",
    "Normalization",
    "Rescaling",
    "Resizing",
}
# They run others' code, which is looked into as a user's own is.
FOREIGN = {"FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper"}
# They change variables in training if `stateful`, which is refused.
RECURRENT = {
    "ConvLSTM1D": (lambda **k: stock.ConvLSTM1D(2, 2, **k), (2, 4, 24)),
    "ConvLSTM2D": (lambda **k: stock.ConvLSTM2D(2, 2, **k), FRAMES),
    "ConvLSTM3D": (lambda **k: stock.ConvLSTM3D(2, 2, **k), (2, 4, 4, 2, 3)),
    "GRU": (lambda **k: stock.GRU(2, **k), SEQUENCE),
    "LSTM": (lambda **k: stock.LSTM(2, **k), SEQUENCE),
    "RNN": (lambda **k: stock.RNN(stock.SimpleRNNCell(2), **k), SEQUENCE),
    "SimpleRNN": (lambda **k: stock.SimpleRNN(2, **k), SEQUENCE),
}


def discriminator(make=None, shape=IMAGE, seed=1):
    """A network that looks at images through a layer."""
    keras.utils.set_random_seed(seed)
    images = keras.Input(IMAGE)
    features = stock.Reshape(shape)(images)
    features = features if make is None else make()(features)
    # Beside the layer, for some have no gradient.
    seen = [stock.Flatten()(features), stock.Flatten()(images)]
    return keras.Model(images, stock.Dense(1)(stock.Concatenate()(seen)))


def build_gan(critic, optimizer=lambda: keras.optimizers.SGD(0.1), **arguments):
    """A model of a discriminator and a dense generator, run eagerly."""
    size = int(np.prod(critic.inputs[0].shape[1:]))
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            stock.Dense(size, kernel_initializer=keras.initializers.GlorotNormal(3)),
            stock.Reshape(critic.inputs[0].shape[1:]),
        ]
    )
    gan = ganzoo.GAN(generator, critic, seed=5, **arguments)
    gan.compile(optimizer(), optimizer(), run_eagerly=True)
    return gan


def images(rows=ROWS, shape=IMAGE):
    return np.random.default_rng(0).uniform(-1, 1, (rows, *shape)).astype("float32")


source = functools.cache(inspect.getsource)


def sources(kind):
    """The source of a layer and of what it is made from, but for `Layer` itself."""
    own = [one for one in kind.__mro__ if one not in stock.Layer.__mro__]
    return "".join(map(source, own))


def test_no_layer_of_keras_is_left_out():
    kinds = {name: getattr(stock, name) for name in dir(stock)}
    kinds = {n: k for n, k in kinds.items() if isinstance(k, type)}
    seeded = {n for n, k in kinds.items() if "seed" in sources(k)}
    decided = STOCHASTIC.keys() | REFUSED.keys() | SEEDED_ONLY_BY_NAME | FOREIGN
    assert seeded - decided == set()
    assert decided - kinds.keys() == set()


def networks(name):
    """Two networks of the same weights, and of other seeds."""
    both = [discriminator(*STOCHASTIC[name], seed=seed) for seed in (1, 2)]
    both[1].set_weights(both[0].get_weights())
    return both


LONG = {  # a second each
    *("Bidirectional", "ConvLSTM1D", "ConvLSTM3D", "GRU", "GRUCell", "LSTMCell"),
    *("GroupQueryAttention", "RandAugment", "RandomElasticTransform"),
    "StackedRNNCells",
}


def slowly(names):
    """Marks the long ones of the cases."""
    return [
        pytest.param(name, marks=pytest.mark.slow) if name in LONG else name
        for name in names
    ]


@pytest.mark.parametrize("name", slowly(STOCHASTIC))
def test_what_a_layer_draws_is_a_function_of_the_step(name):
    one, other = networks(name)
    assert len(stock_seed_generators(one)) > 0
    outputs = []
    for network in (one, other, other):
        if len(outputs) < 2:
            numbers = ganzoo.random.StepRandom.root(7)
            reseed(stock_seed_generators(network), numbers)
        outputs.append(network(images(), training=True).numpy())
    np.testing.assert_array_equal(outputs[1], outputs[0])
    assert not np.array_equal(outputs[2], outputs[0])  # it does draw


# ------------------------------------------------------------------- a run that resumes


def state(gan):
    """All that lasts of a model, optimizers included."""
    kept = [gan.generator_optimizer, gan.discriminator_optimizer, gan]
    return [v.numpy() for one in kept for v in getattr(one, "weights", one.variables)]


def check_resuming(build_discriminator, path, steps=2):
    """A run that is saved in the midst and resumed elsewhere ends as a whole one."""
    batches = np.split(
        images(2 * steps * ROWS, build_discriminator(1).inputs[0].shape[1:]), 4
    )

    def run(gan, batches):
        for batch in batches:
            gan.train_step(tf.constant(batch))
        return gan

    whole = run(build_gan(build_discriminator(1)), batches)
    run(build_gan(build_discriminator(1)), batches[:steps]).save_weights(path)
    resumed = build_gan(build_discriminator(2))
    resumed.load_weights(path)
    run(resumed, batches[steps:])
    for value, expected in zip(state(resumed), state(whole), strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", STOCHASTIC)
def test_a_run_with_it_resumes_to_the_bit(name, tmp_path):
    check_resuming(
        lambda seed: discriminator(*STOCHASTIC[name], seed=seed),
        tmp_path / "model.weights.h5",
    )


def test_a_run_with_flips_resumes_to_the_bit(tmp_path):
    check_resuming(
        lambda seed: discriminator(stock.RandomFlip, seed=seed),
        tmp_path / "model.weights.h5",
    )


def writes(kind):
    """Whether a call of the layer assigns to variables."""
    methods = [
        method
        for one in kind.__mro__
        if one not in stock.Layer.__mro__
        for name, method in vars(one).items()
        if name in ("call", "inner_loop")
    ]
    return any("assign(" in source(method) for method in methods)


def test_no_layer_that_changes_variables_in_training_is_left_out():
    kinds = {name: getattr(stock, name) for name in dir(stock)}
    found = {n for n, k in kinds.items() if isinstance(k, type) and writes(k)}
    decided = RECURRENT.keys() | REFUSED.keys() | FOREIGN
    assert found - decided == {"BatchNormalization"}


def test_moving_statistics_are_saved(tmp_path):
    check_resuming(
        lambda seed: discriminator(stock.BatchNormalization, seed=seed),
        tmp_path / "model.weights.h5",
    )


@pytest.mark.parametrize("name", RECURRENT)
def test_a_state_that_is_not_saved_is_refused(name):
    make, shape = RECURRENT[name]
    frames = keras.Input(shape, batch_size=ROWS)
    features = stock.Flatten()(make(stateful=True)(frames))
    critic = keras.Model(frames, stock.Dense(1)(features))
    with pytest.raises(ValueError, match=r"stateful=True.*Leave it out"):
        build_gan(critic)


@pytest.mark.parametrize("name", REFUSED)
def test_layers_that_are_wrong_in_a_model_are_refused(name):
    make, remedy = REFUSED[name]
    with pytest.raises(ValueError, match=remedy):
        build_gan(discriminator(make))


# ------------------------------------------------------------------ a user's own layers


def count(variable):
    variable.assign(variable + 1.0)
    return variable


class Own(stock.Layer):
    """A layer that adds noise; `kind` says where it comes from."""

    def __init__(self, kind="attribute"):
        super().__init__()
        seeds = keras.random.SeedGenerator()
        self.kind = kind
        self.anything = {
            "attribute": seeds,
            "list": [seeds],
            "dictionary": {"a": {"b": seeds}},
            "layer": stock.Dropout(0.5),
            "object": types.SimpleNamespace(seeds=seeds),
            "generator": tf.random.Generator.from_seed(1),
            "variable": tf.Variable(0.0),
            "hidden_variable": types.SimpleNamespace(v=keras.Variable(0.0)),
        }.get(kind)

    def call(self, inputs, training=False):
        return inputs + DRAWS[self.kind](self.anything, inputs) if training else inputs


def normal(inputs, seed):
    return keras.random.normal(keras.ops.shape(inputs), seed=seed)


DRAWS = {
    "attribute": lambda kept, x: normal(x, kept),
    "list": lambda kept, x: normal(x, kept[0]),
    "dictionary": lambda kept, x: normal(x, kept["a"]["b"]),
    "layer": lambda kept, x: kept(x, training=True),
    "constant": lambda kept, x: normal(x, 3),
    "object": lambda kept, x: normal(x, kept.seeds),
    "global": lambda kept, x: normal(x, None),
    "generator": lambda kept, x: kept.normal(tf.shape(x)),
    "tensorflow": lambda kept, x: tf.random.normal(tf.shape(x)),
    "tensorflow_dropout": lambda kept, x: tf.nn.dropout(x, 0.5),
    "shuffle": lambda kept, x: tf.random.shuffle(x),
    "numpy": lambda kept, x: np.random.normal(size=x.shape[1:]).astype("float32"),
    "python": lambda kept, x: random.random(),
    "python_function": lambda kept, x: tf.ensure_shape(
        tf.numpy_function(np.copy, [x], tf.float32), x.shape
    ),
    "variable": lambda kept, x: kept.assign_add(1.0),
    "hidden_variable": lambda kept, x: count(kept.v),
}


@pytest.mark.parametrize("kind", ["attribute", "list", "dictionary", "layer"])
def test_a_users_layer_is_reseeded_wherever_its_generator_is(kind, tmp_path):
    check_resuming(
        lambda seed: discriminator(lambda: Own(kind), seed=seed),
        tmp_path / "model.weights.h5",
    )


def test_a_users_layer_may_draw_the_same_numbers_always():
    build_gan(discriminator(lambda: Own("constant")))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("object", "seed generator that none of its layers holds"),
        ("global", "seed generator that none of its layers holds"),
        ("generator", "random numbers from a TensorFlow state"),
        ("tensorflow", "random numbers from a TensorFlow state"),
        ("tensorflow_dropout", "random numbers from a TensorFlow state"),
        ("shuffle", "random numbers from a TensorFlow state"),
        ("numpy", "changes each time it is traced"),
        ("python", "changes each time it is traced"),
        ("python_function", "calls a Python function"),
        ("variable", "changes a tf.Variable"),
        ("hidden_variable", "changes the variable .* not saved with its weights"),
    ],
)
def test_what_cannot_be_resumed_is_refused(kind, message):
    with pytest.raises(ValueError, match=f"discriminator .*{message}"):
        build_gan(discriminator(lambda: Own(kind)))


def noisy(inputs):
    return inputs + tf.random.normal(tf.shape(inputs))


@pytest.mark.parametrize(
    "make",
    [lambda: stock.Lambda(noisy), lambda: stock.Dense(2, activation=noisy)],
    ids=["Lambda", "activation"],
)
def test_functions_within_layers_of_keras_are_looked_into(make):
    with pytest.raises(ValueError, match="random numbers from a TensorFlow state"):
        build_gan(discriminator(make))


class Subclassed(keras.Model):
    """A network that is a class, with a loop in its graph."""

    def __init__(self, draw):
        super().__init__()
        self.flat, self.dense = stock.Flatten(), stock.Dense(1)
        self.draw = draw

    def call(self, images, training=False):
        total = tf.while_loop(
            lambda i, _: i < 2, lambda i, x: (i + 1, x + self.draw(x)), (0, images)
        )[1]
        return self.dense(self.flat(total))


def test_what_is_drawn_within_loops_is_found():
    generator = build_gan(discriminator()).generator
    with pytest.raises(ValueError, match="random numbers from a TensorFlow state"):
        ganzoo.GAN(generator, Subclassed(lambda x: tf.random.uniform(tf.shape(x))))
    ganzoo.GAN(generator, Subclassed(tf.zeros_like))


def test_an_augmentation_of_an_infogan_is_reseeded_too(tiny_infogan):
    gan = tiny_infogan(augmentation=stock.RandomFlip())
    (seeds,) = gan._seed_generators
    assert seeds is gan.augmentation.generator
    with pytest.raises(ValueError, match="augmentation draws random numbers from"):
        tiny_infogan(augmentation=Own("tensorflow"))


# ----------------------------------------------------------------------------- replicas


@pytest.mark.parametrize("name", ["Dropout", "RandomFlip", "MultiHeadAttention"])
def test_the_same_numbers_on_every_replica_are_refused(name, mirrored):
    with mirrored(2).scope(), pytest.raises(ValueError, match="on each of the 2"):
        build_gan(discriminator(*STOCHASTIC[name]))


def test_a_layer_that_draws_nothing_is_not(mirrored):
    with mirrored(2).scope():
        build_gan(discriminator(lambda: stock.LSTM(2), SEQUENCE))


def test_statistics_of_a_replica_alone_are_refused(mirrored):
    alone = discriminator(stock.BatchNormalization)
    build_gan(alone)
    with mirrored(2).scope():
        with pytest.raises(ValueError, match=r"replicas, 2\. Use .*synchronized="):
            build_gan(alone)
        for allowed in ({"synchronized": True}, {"trainable": False}):
            build_gan(discriminator(lambda: stock.BatchNormalization(**allowed)))  # noqa: B023
