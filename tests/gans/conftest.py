"""Tiny players, batches and games, and what every game must be able to do."""

import contextlib
import dataclasses
import functools
import math
import types
from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import data, gans

LATENT, IMAGE, BATCH = 4, (4, 4, 1), 8


def build_players(
    *,
    norm: Callable[[], keras.Layer] | None = None,
    dropout: type[keras.Layer] | None = None,
    num_classes: int | None = None,
    seed: int = 1,
) -> tuple[keras.Model, keras.Model]:
    """Builds dense players of 4x4 grey images, the same ones for the same seed.

    Args:
        norm: A batch normalisation for the generator.
        dropout: A dropout layer for the discriminator.
        num_classes: Both take labels, too.
        seed: Of the initial weights.
    """
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    noise, images = keras.Input((LATENT,)), keras.Input(IMAGE)
    labels = [] if num_classes is None else [keras.Input((), dtype="int32")]

    def joined(features):
        embedded = [layers.Embedding(num_classes, 3)(label) for label in labels]
        return layers.Concatenate()([features, *embedded]) if labels else features

    # No bias before a normalisation: its gradient would be rounding error alone.
    hidden = layers.Dense(8, use_bias=norm is None)(joined(noise))
    if norm is not None:
        hidden = norm()(hidden)
    pixels = layers.Dense(16, activation="tanh")(layers.LeakyReLU()(hidden))
    generated = layers.Reshape(IMAGE, dtype="float32")(pixels)

    hidden = layers.Dense(8)(joined(layers.Flatten()(images)))
    hidden = layers.LeakyReLU()(hidden)
    if dropout is not None:
        hidden = dropout(0.4)(hidden)
    logits = layers.Dense(1)(hidden)

    def model(inputs, outputs):
        return keras.Model([inputs, *labels] if labels else inputs, outputs)

    return model(noise, generated), model(images, logits)


def build_batches(
    steps: int = 3, rows: int = BATCH, *, num_classes: int | None = None
) -> tf.data.Dataset:
    """Returns `steps` batches of random images, with labels where there are classes."""
    numbers = np.random.default_rng(0)
    images = numbers.uniform(-1, 1, (steps, rows, *IMAGE)).astype("float32")
    if num_classes is None:
        return tf.data.Dataset.from_tensor_slices(images)
    labels = numbers.integers(0, num_classes, (steps, rows)).astype("int32")
    return tf.data.Dataset.from_tensor_slices((images, labels))


def build_gan(
    strategy: tf.distribute.Strategy | None = None,
    *,
    kind: type[ganzoo.GAN] = ganzoo.GAN,
    players: dict | None = None,
    compiled: dict | None = None,
    optimizer=lambda: keras.optimizers.SGD(0.1),
    **arguments,
) -> ganzoo.GAN:
    """Builds and compiles a tiny game in the scope of a strategy."""
    with strategy.scope() if strategy else contextlib.nullcontext():
        both = build_players(
            num_classes=arguments.get("num_classes"), **(players or {})
        )
        gan = kind(*both, **({"seed": 5} | arguments))
        gan.compile(optimizer(), optimizer(), **(compiled or {}))
    return gan


def build_infogan(
    *,
    seed: int = 1,
    norm: bool = False,
    codes: dict | None = None,
    optimizer=lambda: keras.optimizers.SGD(0.1),
    compiled: dict | None = None,
    **arguments,
) -> ganzoo.InfoGAN:
    """Builds and compiles a tiny InfoGAN of 4x4 grey images.

    Args:
        seed: Of the initial weights.
        norm: Batch normalisation in the generator and before the codes.
        codes: Of `InfoGAN`; by default a categorical code of 3 and two continuous ones.
        optimizer: Makes an optimiser.
        compiled: Arguments of `compile()`.
        **arguments: Further ones of `InfoGAN`.
    """
    codes = {"categorical": (3,), "continuous": 2} | (codes or {})
    described = gans.codes.Codes(**codes)
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    normalised = [ganzoo.layers.BatchNormalization()] if norm else []
    generator = keras.Sequential(
        [
            keras.Input((LATENT + described.size,)),
            layers.Dense(8, use_bias=not norm),
            *normalised,
            layers.LeakyReLU(),
            layers.Dense(16, activation="tanh"),
            layers.Reshape(IMAGE, dtype="float32"),
        ]
    )
    images = keras.Input(IMAGE)
    trunk = layers.LeakyReLU()(layers.Dense(8)(layers.Flatten()(images)))
    hidden = layers.Dense(6, use_bias=not norm)(trunk)
    if norm:
        hidden = ganzoo.layers.BatchNormalization()(hidden)
    outputs = [
        layers.Dense(1)(trunk),
        layers.Dense(described.parameters)(layers.LeakyReLU()(hidden)),
    ]
    discriminator = keras.Model(images, outputs)
    game = ganzoo.InfoGAN(generator, discriminator, **({"seed": 5} | codes | arguments))
    game.compile(optimizer(), optimizer(), **(compiled or {}))
    return game


def build_discogan(
    *,
    seed: int = 1,
    optimizer=lambda: keras.optimizers.SGD(0.1),
    compiled: dict | None = None,
    **arguments,
) -> ganzoo.DiscoGAN:
    """Builds and compiles a tiny DiscoGAN of 4x4 images, grey and RGB."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers

    def network(shape, outputs):
        return keras.Sequential(
            [
                keras.Input(shape),
                layers.Flatten(),
                layers.Dense(8),
                layers.LeakyReLU(),
                *outputs,
            ]
        )

    def translator(shape, other):
        pixels = layers.Dense(math.prod(other), activation="tanh")
        return network(shape, [pixels, layers.Reshape(other, dtype="float32")])

    grey, colour = IMAGE, (*IMAGE[:2], 3)
    game = ganzoo.DiscoGAN(
        translator(grey, colour),
        translator(colour, grey),
        network(grey, [ganzoo.layers.Dropout(0.2), layers.Dense(1)]),
        network(colour, [layers.Dense(1)]),
        **({"seed": 5} | arguments),
    )
    game.compile(optimizer(), optimizer(), **(compiled or {}))
    return game


def build_unpaired(steps: int = 3, rows: int = BATCH) -> tf.data.Dataset:
    """Returns `steps` batches of random grey and random RGB images."""
    numbers = np.random.default_rng(1)
    grey = numbers.uniform(-1, 1, (steps, rows, *IMAGE)).astype("float32")
    colour = numbers.uniform(-1, 1, (steps, rows, *IMAGE[:2], 3)).astype("float32")
    return tf.data.Dataset.from_tensor_slices((grey, colour))


def build_simgan(
    strategy: tf.distribute.Strategy | None = None,
    *,
    seed: int = 1,
    dropout: float = 0.0,
    optimizer=lambda: keras.optimizers.SGD(0.1),
    compiled: dict | None = None,
    **arguments,
) -> ganzoo.SimGAN:
    """Builds and compiles a tiny SimGAN of 4x4 grey images, by default not warmed up.

    Args:
        strategy: In whose scope it is built.
        seed: Of the initial weights.
        dropout: Of the discriminator.
        optimizer: Makes an optimiser.
        compiled: Arguments of `compile()`.
        **arguments: Further ones of `SimGAN`.
    """
    defaults = {
        "seed": 5,
        "refiner_warm_up": 0,
        "discriminator_warm_up": 0,
        "history_capacity": 6,
    }
    layers = keras.layers
    with strategy.scope() if strategy else contextlib.nullcontext():
        keras.utils.set_random_seed(seed)
        refiner = keras.Sequential(
            [
                keras.Input(IMAGE),
                layers.Conv2D(3, 3, padding="same"),
                layers.LeakyReLU(),
                layers.Conv2D(1, 1),
                layers.Activation("tanh", dtype="float32"),
            ]
        )
        discriminator = keras.Sequential(
            [
                keras.Input(IMAGE),
                layers.Conv2D(3, 3, strides=2, padding="same"),
                layers.LeakyReLU(),
                *([ganzoo.layers.Dropout(dropout)] if dropout else []),
                layers.Conv2D(1, 1),
            ]
        )
        game = ganzoo.SimGAN(refiner, discriminator, **defaults | arguments)
        game.compile(optimizer(), optimizer(), **(compiled or {}))
    return game


def build_refinements(
    steps: int = 3, rows: int = BATCH, batches: tuple[int, int] = (3, 1)
) -> tf.data.Dataset:
    """Returns `steps` elements, `batches` of `rows` synthetic and real grey images."""
    numbers = np.random.default_rng(2)
    parts = [
        numbers.uniform(-1, 1, (steps, rows * number, *IMAGE)).astype("float32")
        for number in batches
    ]
    return tf.data.Dataset.from_tensor_slices(tuple(parts))


def build_layout_players(
    *,
    seed: int = 1,
    norm: bool = False,
    dropout: float = 0.0,
    separate: bool = False,
    classes: bool = False,
) -> tuple[keras.Model, keras.Model]:
    """Builds dense players of two 4x4 objects of 4 classes in 8x8 grey images.

    Args:
        seed: Of the initial weights.
        norm: Batch normalisation over all objects in the generator.
        dropout: Of the discriminator.
        separate: A decision for each object, beside one on the blanked image.
        classes: The discriminator returns the logits of classes, and takes no labels.
    """
    keras.utils.set_random_seed(seed)
    layers, own = keras.layers, ganzoo.layers
    labels, boxes = keras.Input((2,), dtype="int32"), keras.Input((2, 4))
    noise, images = keras.Input((3, LATENT)), keras.Input((8, 8, 1))

    scene, each = own.SplitNoise()(noise)
    each = own.FoldObjects()(own.AppendLabels(4)(each, labels))
    hidden = layers.Dense(6, use_bias=not norm)(each)
    if norm:
        hidden = own.BatchNormalization()(hidden)
    pixels = layers.Dense(16, activation="tanh")(layers.LeakyReLU()(hidden))
    objects = layers.Reshape((2, 4, 4, 1))(own.UnfoldObjects()(pixels, boxes))
    scene = layers.Reshape((8, 8, 1))(layers.Dense(64, activation="tanh")(scene))
    generator = keras.Model([noise, labels, boxes], own.Paste()(objects, boxes, scene))

    scene = layers.Flatten()(own.Blank()(images, boxes) if separate else images)
    crops = layers.Reshape((2, 16))(own.Crop(4)(images, boxes))
    each = layers.Dense(6)(crops if classes else own.AppendLabels(4)(crops, labels))
    each = layers.LeakyReLU()(each)
    each = own.Dropout(dropout)(each) if dropout else each
    decisions = [layers.Dense(1)(scene), layers.Flatten()(layers.Dense(1)(each))]
    logits = layers.Concatenate()(decisions)
    logits = logits if separate else layers.Dense(1)(logits)
    outputs = [logits, layers.Dense(4)(each)] if classes else logits
    return generator, keras.Model([images, labels, boxes], outputs)


def build_layout_gan(
    *,
    players: dict | None = None,
    optimizer=lambda: keras.optimizers.SGD(0.1),
    compiled: dict | None = None,
    **arguments,
) -> ganzoo.LayoutGAN:
    """Builds and compiles a tiny LayoutGAN of two 4x4 objects of 4 classes in 8x8."""
    both = build_layout_players(**(players or {}))
    game = ganzoo.LayoutGAN(*both, **{"seed": 5, "num_classes": 4} | arguments)
    game.compile(optimizer(), optimizer(), **(compiled or {}))
    return game


def build_layouts(steps: int = 3, rows: int = BATCH) -> tf.data.Dataset:
    """Returns `steps` batches of images with labels and boxes of two objects."""
    numbers = np.random.default_rng(4)
    images = numbers.uniform(-1, 1, (steps, rows, 8, 8, 1)).astype("float32")
    labels = numbers.integers(0, 4, (steps, rows, 2)).astype("int32")
    boxes = np.tile(ganzoo.boxes.grid(2, 0.9), (steps, rows, 1, 1))
    return tf.data.Dataset.from_tensor_slices((images, (labels, boxes)))


def learned_weights(gan: ganzoo.GAN) -> np.ndarray:
    """All weights of the players and their average, in one vector."""
    weights = [*gan.generator.weights, *gan.discriminator.weights, *gan.average]
    return np.concatenate([weight.numpy().ravel() for weight in weights])


def whole_state(gan: ganzoo.GAN) -> list[np.ndarray]:
    """Everything that decides how a run goes on."""
    variables = [
        *gan.generator.weights,
        *gan.discriminator.weights,
        *gan.generator_optimizer.variables,
        *gan.discriminator_optimizer.variables,
        *gan.average,
        gan.step,
    ]
    return [variable.numpy() for variable in variables]


class Idle(ganzoo.gans.Game):
    """Takes images and learns nothing, at no cost: for what is around a step."""

    def __init__(self, parts=None):
        super().__init__()
        self.parts = parts

    def batch_parts(self):
        return self.parts

    def compile(self, **kwargs):
        super().compile(**kwargs)
        self.track(["mean", "height"])

    def train_step(self, data):
        images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        self.step.assign_add(1)
        means = tf.reduce_mean(images, [1, 2, 3])
        return self.log({"mean": means, "height": 4.0 + 0.0 * means})

    test_step = train_step


class BatchLogs(keras.callbacks.Callback):
    """Keeps what `fit()` reports after every batch, as plain numbers."""

    def __init__(self):
        super().__init__()
        self.logs = []

    def on_train_batch_end(self, batch, logs=None):
        self.logs.append({name: float(value) for name, value in logs.items()})


# ------------------------------------------------- what every game must be able to do


@dataclasses.dataclass
class Subject:
    """A game as the checks see it.

    Attributes:
        build: Returns a new compiled game and two or more finite training batches for
            it. Its `seed` decides the initial weights. It is called in the scope of the
            strategy and under the precision to be tested; its batches can be shared by
            two replicas.
        trained: For each optimiser's name the names of the networks that it trains:
            attributes of the game.
        sample: (game, count, seed) -> that many images; None if it makes none.
        tolerance: How far weights may be apart for rounding, absolute.
    """

    build: Callable
    trained: dict[str, tuple[str, ...]]
    sample: Callable | None
    tolerance: float

    def played(self, jit: bool = False) -> "Played":
        """Trains a new game for one epoch."""
        game, batches = self.build(seed=1)
        game.jit_compile = jit
        history = game.fit(batches, verbose=0).history
        return Played(game, batches, history, lasting(game))

    @functools.cached_property
    def plain(self) -> "Played":
        """The run that others are compared with: one replica, no XLA, float32."""
        return self.played()


@dataclasses.dataclass
class Played:
    """A game after an epoch, its batches and logs, and its state at that time."""

    game: ganzoo.gans.Game
    batches: tf.data.Dataset
    history: dict[str, list[float]]
    state: list[np.ndarray]


def lasting(game) -> list[np.ndarray]:
    """The weights of any game and the state of its optimisers."""
    kept = [v for v in vars(game).values() if isinstance(v, keras.optimizers.Optimizer)]
    optimizers = [variable for optimizer in kept for variable in optimizer.variables]
    return [variable.numpy() for variable in game.weights + optimizers]


def assert_close(states, expected, tolerance: float) -> None:
    """Compares all that lasts of two games."""
    for value, wanted in zip(states, expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=0, atol=tolerance)


def check_logs_and_samples(subject: Subject, tmp_path, mirrored) -> None:
    game, batches = subject.plain.game, subject.plain.batches
    history = subject.plain.history
    assert set(history) == {tracker.name for tracker in game.metrics}
    assert np.isfinite(list(history.values())).all()

    before = [weight.numpy() for weight in game.trainable_weights]
    measured = game.evaluate(batches, verbose=0, return_dict=True)
    assert set(measured) == set(history)
    assert measured == game.evaluate(batches, verbose=0, return_dict=True)
    if subject.sample is not None:
        images = subject.sample(game, 3, 7)
        assert (len(images), images.dtype) == (3, np.float32)
        assert images.ndim == 2 or np.abs(images).max() <= 1.0
        np.testing.assert_array_equal(images, subject.sample(game, 3, 7))
        other, _ = subject.build(seed=2)
        assert not np.array_equal(images, subject.sample(other, 3, 7))
    for weight, expected in zip(game.trainable_weights, before, strict=True):
        np.testing.assert_array_equal(weight, expected)


def check_updates(subject: Subject, tmp_path, mirrored) -> None:
    for optimizer, networks in subject.trained.items():
        game, batches = subject.build(seed=1)
        for other in subject.trained.keys() - {optimizer}:
            getattr(game, other).learning_rate = 0.0
        everything = {
            name: getattr(game, name).trainable_variables
            for names in subject.trained.values()
            for name in names
        }
        before = {name: [v.numpy() for v in vs] for name, vs in everything.items()}
        game.fit(batches.take(1), verbose=0)
        for name, variables in everything.items():
            assert len(variables) > 0
            for variable, old in zip(variables, before[name], strict=True):
                moved = not np.array_equal(variable.numpy(), old)
                assert moved == (name in networks), (optimizer, name, variable.path)


def check_xla(subject: Subject, tmp_path, mirrored) -> None:
    expected = subject.plain.state
    compiled = subject.played(jit=True)
    assert compiled.game.jit_compile is True
    assert_close(compiled.state, expected, subject.tolerance)


def check_two_replicas(subject: Subject, tmp_path, mirrored) -> None:
    one = subject.plain
    with mirrored(2).scope():
        two = subject.played()
    assert two.game.distribute_strategy.num_replicas_in_sync == 2
    assert_close(two.state, one.state, subject.tolerance)
    for name, values in one.history.items():
        np.testing.assert_allclose(
            two.history[name], values, rtol=0, atol=subject.tolerance
        )


def check_saving(subject: Subject, tmp_path, mirrored) -> None:
    game, batches = subject.plain.game, subject.plain.batches
    config = game.get_config()
    assert type(game).from_config(config).get_config() == config

    steps = int(batches.cardinality())
    assert int(game.step) % steps == 0 < int(game.step)
    game.save(tmp_path / "game.keras")
    game.save_weights(tmp_path / "game.weights.h5")
    loaded = keras.saving.load_model(tmp_path / "game.keras")
    assert type(loaded) is type(game)
    resumed, _ = subject.build(seed=2)
    resumed.load_weights(tmp_path / "game.weights.h5")
    for other in (loaded, resumed):
        assert_close(lasting(other), lasting(game), 0.0)
    for going_on in (game, loaded, resumed):
        going_on.fit(batches, verbose=0)
    for other in (loaded, resumed):
        assert_close(lasting(other), lasting(game), 0.0)


def check_bfloat16(subject: Subject, tmp_path, mirrored) -> None:
    expected = subject.plain.history
    keras.config.set_dtype_policy("mixed_bfloat16")
    rough = subject.played()
    assert {value.dtype.kind for value in rough.state} <= set("fiu")
    layers = [layer for layer in rough.game._flatten_layers() if layer.weights]
    assert "bfloat16" in {layer.compute_dtype for layer in layers}
    for name, values in expected.items():
        np.testing.assert_allclose(rough.history[name], values, rtol=0.05, atol=0.05)
    if subject.sample is not None:
        assert subject.sample(rough.game, 2, 7).dtype == np.float32


CHECKS = {
    "logs_and_samples": check_logs_and_samples,
    "each_optimiser_moves_its_own_networks": check_updates,
    "xla_changes_nothing_but_rounding": check_xla,
    "two_replicas_equal_one": check_two_replicas,
    "saved_loaded_and_resumed_to_the_bit": check_saving,
    "mixed_bfloat16": check_bfloat16,
}


def generated(game, count: int, seed: int) -> np.ndarray:
    """Samples of a game with one generator."""
    return game.generate(count, seed=seed)


@pytest.fixture(scope="session")
def tiny_players():
    return build_players


@pytest.fixture(scope="session")
def tiny_batches():
    return build_batches


@pytest.fixture(scope="session")
def tiny_gan():
    return build_gan


@pytest.fixture
def tiny_infogan():
    return build_infogan


@pytest.fixture
def tiny_discogan():
    return build_discogan


@pytest.fixture(scope="session")
def tiny_simgan():
    return build_simgan


@pytest.fixture(scope="session")
def tiny_refinements():
    return build_refinements


@pytest.fixture
def tiny_unpaired():
    return build_unpaired


@pytest.fixture
def tiny_layout_gan():
    return build_layout_gan


@pytest.fixture
def tiny_layouts():
    return build_layouts


@pytest.fixture(scope="session")
def tiny():
    """All builders of tiny games and of what they are fed."""
    return {
        "gan": build_gan,
        "infogan": build_infogan,
        "discogan": build_discogan,
        "layout": build_layout_gan,
        "simgan": build_simgan,
        "batches": build_batches,
        "layouts": build_layouts,
        "unpaired": build_unpaired,
        "refinements": build_refinements,
    }


@pytest.fixture
def learned():
    return learned_weights


@pytest.fixture(scope="session")
def idle_game():
    return Idle


@pytest.fixture
def state_of():
    return whole_state


@pytest.fixture
def batch_logs():
    return BatchLogs()


@pytest.fixture
def checks():
    """`Subject` and the checks, one by one."""
    functions = {function.__name__: function for function in CHECKS.values()}
    return types.SimpleNamespace(Subject=Subject, **functions)


@pytest.fixture(scope="session")
def subjects() -> dict[tuple, Subject]:
    """The games that were put to a check, by test: checks share their plain run."""
    return {}


@pytest.fixture(params=CHECKS.values(), ids=CHECKS)
def check_game(request, tmp_path, mirrored, subjects):
    """Puts a game to one of the checks; a test that uses it is run once for each.

    Takes what `Subject` holds; what is left out is as of a game with one generator and
    one discriminator.
    """
    others = {
        k: v for k, v in request.node.callspec.params.items() if v != request.param
    }
    test = (request.node.path, request.node.originalname, str(others))

    def check(build, *, trained=None, sample=generated, tolerance=1e-5):
        own = {
            "generator_optimizer": ("generator",),
            "discriminator_optimizer": ("discriminator",),
        }
        subject = Subject(build, trained or own, sample, tolerance)
        request.param(subjects.setdefault(test, subject), tmp_path, mirrored)

    return check


@pytest.fixture(scope="session")
def image_set() -> data.ImageSet:
    """64 random 4x4 images of 3 classes."""
    numbers = np.random.default_rng(3)
    return data.ImageSet(
        images=numbers.integers(0, 256, (64, *IMAGE)).astype("uint8"),
        labels=numbers.integers(0, 3, 64).astype("int32"),
        class_names=("a", "b", "c"),
        name="noise",
        split="train",
    )
