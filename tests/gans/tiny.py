"""Tiny networks, batches and models, and what tests look at in them."""

import contextlib
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import ganzoo
from ganzoo import gans

if TYPE_CHECKING:
    import tensorflow as tf

LATENT, IMAGE, BATCH = 4, (4, 4, 1), 8


def build_networks(
    *,
    norm: Callable[[], keras.Layer] | None = None,
    dropout: type[keras.Layer] | None = None,
    num_classes: int | None = None,
    seed: int = 1,
) -> tuple[keras.Model, keras.Model]:
    """Builds dense networks of 4x4 gray images, the same ones for the same seed.

    Args:
        norm: A batch normalization for the generator.
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

    # No bias before a normalization: its gradient would be rounding error alone.
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
) -> "tf.data.Dataset":
    """Returns `steps` batches of random images, with labels where there are classes."""
    numbers = np.random.default_rng(0)
    images = numbers.uniform(-1, 1, (steps, rows, *IMAGE)).astype("float32")
    if num_classes is None:
        return steps_of(images)
    labels = numbers.integers(0, num_classes, (steps, rows)).astype("int32")
    return steps_of((images, labels))


def build_gan(
    strategy: "tf.distribute.Strategy | None" = None,
    *,
    kind: type[ganzoo.GAN] = ganzoo.GAN,
    networks: dict | None = None,
    compiled: dict | None = None,
    optimizer=lambda: keras.optimizers.SGD(0.1),
    **arguments,
) -> ganzoo.GAN:
    """Builds and compiles a tiny model in the scope of a strategy."""
    with in_scope_of(strategy):
        both = build_networks(
            num_classes=arguments.get("num_classes"), **(networks or {})
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
    """Builds and compiles a tiny InfoGAN of 4x4 gray images.

    Args:
        seed: Of the initial weights.
        norm: Batch normalization in the generator and before the codes.
        codes: Of `InfoGAN`; by default a categorical code of 3 and two continuous ones.
        optimizer: Makes an optimizer.
        compiled: Arguments of `compile()`.
        **arguments: Further ones of `InfoGAN`.
    """
    codes = {"categorical": (3,), "continuous": 2} | (codes or {})
    described = gans.codes.Codes(**codes)
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    normalized = [ganzoo.layers.BatchNormalization()] if norm else []
    generator = keras.Sequential(
        [
            keras.Input((LATENT + described.size,)),
            layers.Dense(8, use_bias=not norm),
            *normalized,
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
    model = ganzoo.InfoGAN(
        generator, discriminator, **({"seed": 5} | codes | arguments)
    )
    model.compile(optimizer(), optimizer(), **(compiled or {}))
    return model


def build_discogan(
    *,
    seed: int = 1,
    optimizer=lambda: keras.optimizers.SGD(0.1),
    compiled: dict | None = None,
    **arguments,
) -> ganzoo.DiscoGAN:
    """Builds and compiles a tiny DiscoGAN of 4x4 images, gray and RGB."""
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

    gray, color = IMAGE, (*IMAGE[:2], 3)
    model = ganzoo.DiscoGAN(
        translator(gray, color),
        translator(color, gray),
        network(gray, [ganzoo.layers.Dropout(0.2), layers.Dense(1)]),
        network(color, [layers.Dense(1)]),
        **({"seed": 5} | arguments),
    )
    model.compile(optimizer(), optimizer(), **(compiled or {}))
    return model


def build_unpaired(steps: int = 3, rows: int = BATCH) -> "tf.data.Dataset":
    """Returns `steps` batches of random gray and random RGB images."""
    numbers = np.random.default_rng(1)
    gray = numbers.uniform(-1, 1, (steps, rows, *IMAGE)).astype("float32")
    color = numbers.uniform(-1, 1, (steps, rows, *IMAGE[:2], 3)).astype("float32")
    return steps_of((gray, color))


def build_simgan(
    strategy: "tf.distribute.Strategy | None" = None,
    *,
    seed: int = 1,
    dropout: float = 0.0,
    optimizer=lambda: keras.optimizers.SGD(0.1),
    compiled: dict | None = None,
    **arguments,
) -> ganzoo.SimGAN:
    """Builds and compiles a tiny SimGAN of 4x4 gray images, by default not warmed up.

    Args:
        strategy: In whose scope it is built.
        seed: Of the initial weights.
        dropout: Of the discriminator.
        optimizer: Makes an optimizer.
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
    with in_scope_of(strategy):
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
        model = ganzoo.SimGAN(refiner, discriminator, **defaults | arguments)
        model.compile(optimizer(), optimizer(), **(compiled or {}))
    return model


def build_refinements(
    steps: int = 3, rows: int = BATCH, batches: tuple[int, int] = (3, 1)
) -> "tf.data.Dataset":
    """Returns `steps` elements, `batches` of `rows` synthetic and real gray images."""
    numbers = np.random.default_rng(2)
    parts = [
        numbers.uniform(-1, 1, (steps, rows * number, *IMAGE)).astype("float32")
        for number in batches
    ]
    return steps_of(tuple(parts))


def build_layout_networks(
    *,
    seed: int = 1,
    norm: bool = False,
    dropout: float = 0.0,
    separate: bool = False,
    classes: bool = False,
) -> tuple[keras.Model, keras.Model]:
    """Builds dense networks of two 4x4 objects of 4 classes in 8x8 gray images.

    Args:
        seed: Of the initial weights.
        norm: Batch normalization over all objects in the generator.
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
    networks: dict | None = None,
    optimizer=lambda: keras.optimizers.SGD(0.1),
    compiled: dict | None = None,
    **arguments,
) -> ganzoo.LayoutGAN:
    """Builds and compiles a tiny LayoutGAN of two 4x4 objects of 4 classes in 8x8."""
    both = build_layout_networks(**(networks or {}))
    model = ganzoo.LayoutGAN(*both, **{"seed": 5, "num_classes": 4} | arguments)
    model.compile(optimizer(), optimizer(), **(compiled or {}))
    return model


def build_layouts(steps: int = 3, rows: int = BATCH) -> "tf.data.Dataset":
    """Returns `steps` batches of images with labels and boxes of two objects."""
    numbers = np.random.default_rng(4)
    images = numbers.uniform(-1, 1, (steps, rows, 8, 8, 1)).astype("float32")
    labels = numbers.integers(0, 4, (steps, rows, 2)).astype("int32")
    boxes = np.tile(ganzoo.boxes.grid(2, 0.9), (steps, rows, 1, 1))
    return steps_of((images, (labels, boxes)))


def in_scope_of(strategy: Any) -> contextlib.AbstractContextManager:
    """Returns the scope of a strategy, if there is one."""
    return strategy.scope() if strategy else contextlib.nullcontext()


class Steps(keras.utils.PyDataset):
    """Arrays whose first axis is the steps."""

    def __init__(self, arrays: Any):
        super().__init__()
        self.arrays = arrays

    def __len__(self) -> int:
        return len(keras.tree.flatten(self.arrays)[0])

    def __getitem__(self, step: int) -> tuple:
        element = keras.tree.map_structure(lambda array: array[step], self.arrays)
        return element if isinstance(element, tuple) else (element,)


def steps_of(arrays: Any) -> "tf.data.Dataset | Steps":
    """Returns batches of arrays whose first axis is the steps; Keras's own on JAX."""
    if keras.config.backend() != "tensorflow":
        return Steps(arrays)
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(arrays)


def averages(gan: ganzoo.GAN) -> list:
    """The moving averages of the generator's weights, if any are kept."""
    return [] if gan.weight_average is None else gan.weight_average.values


def learned_weights(gan: ganzoo.GAN) -> np.ndarray:
    """All weights of the networks and their average, in one vector."""
    weights = [*gan.generator.weights, *gan.discriminator.weights, *averages(gan)]
    return np.concatenate([weight.numpy().ravel() for weight in weights])


def whole_state(gan: ganzoo.GAN) -> list[np.ndarray]:
    """Everything that decides how a run goes on."""
    variables = [
        *gan.generator.weights,
        *gan.discriminator.weights,
        *gan.generator_optimizer.variables,
        *gan.discriminator_optimizer.variables,
        *averages(gan),
        gan.step,
    ]
    return [variable.numpy() for variable in variables]


class Bare(ganzoo.gans.AdversarialModel):
    """Base of models without networks or optimizers: for what is around a step."""

    generators = discriminators = ()
    reported: tuple[str, ...] = ()

    def compile(self, **kwargs):
        keras.Model.compile(self, optimizer=None, **kwargs)
        with self.distribute_strategy.scope():
            self.track(list(self.reported))

    def learners(self):
        return {}


class Idle(Bare):
    """Takes images and learns nothing, at no cost."""

    reported = ("mean", "height")

    def __init__(self, parts=None):
        super().__init__()
        self.parts = parts

    def batch_parts(self):
        return self.parts

    def train_step(self, data):
        images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        self.step.assign_add(1)
        means = keras.ops.mean(images, [1, 2, 3])
        return self.log({"mean": means, "height": 4.0 + 0.0 * means})

    test_step = train_step


class BatchLogs(keras.callbacks.Callback):
    """Keeps what `fit()` reports after every batch, as plain numbers."""

    def __init__(self):
        super().__init__()
        self.logs = []

    def on_train_batch_end(self, batch, logs=None):
        self.logs.append({name: float(value) for name, value in logs.items()})
