"""Every model in a few settings, trained on one of the two backends.

    KERAS_BACKEND=jax python -m tests.backend.two_backends FOLDER MODEL

It writes what tests/backend/test_two_backends.py compares to FOLDER.
"""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import ganzoo

# isort: split
import keras
import numpy as np

from ganzoo import distribute, layers, losses, penalties
from ganzoo.random import StepRandom
from tests.gans import tiny

STEPS = 20
COUNTS = (2, 4)  # of devices
SGD = functools.partial(keras.optimizers.SGD, 0.05)
NORM = {"norm": layers.BatchNormalization, "dropout": layers.Dropout}
Case = Callable[[Any], keras.Model]  # from a strategy or None


def gan(**options: Any) -> Case:
    """A GAN with these settings."""
    return lambda strategy: tiny.build_gan(strategy, optimizer=SGD, **options)


def in_scope(build: Callable[..., keras.Model], **options: Any) -> Case:
    """A model whose builder knows no strategies."""

    def built(strategy: Any) -> keras.Model:
        with tiny.in_scope_of(strategy):
            return build(optimizer=SGD, **options)

    return built


def spectral(strategy: Any) -> keras.Model:
    """Layers that the tiny networks do not have."""
    with tiny.in_scope_of(strategy):
        generator, _ = tiny.build_networks(norm=layers.BatchNormalization)
        discriminator = keras.Sequential(
            [
                keras.Input(tiny.IMAGE),
                layers.DiffAugment(),
                layers.SpectralNormalization(layers.Conv2D(8, 3, 2, padding="same")),
                layers.LeakyReLU(0.2),
                layers.SelfAttention(spectral_norm=True),
                layers.Conv2DTranspose(2, 4, 2, padding="same"),
                layers.PReLU(),
                keras.layers.Flatten(),
                layers.MinibatchDiscrimination(3, 2),
                keras.layers.Dense(2),
                layers.LogitDifference(),
            ]
        )
        model = ganzoo.GAN(generator, discriminator, seed=5)
        model.compile(SGD(), SGD())
    return model


def wide(strategy: Any) -> keras.Model:
    """Convolutions with enough channels for an FFT, and a generator of several."""
    with tiny.in_scope_of(strategy):
        generator = keras.Sequential(
            [
                keras.Input((tiny.LATENT,)),
                keras.layers.Dense(64, kernel_regularizer="l2"),
                keras.layers.Reshape((2, 2, 16)),
                layers.Conv2DTranspose(16, 5, 2, padding="same"),
                layers.LeakyReLU(),
                layers.Conv2D(1, 3, padding="same"),
                layers.SquareSymmetries(),
            ]
        )
        discriminator = keras.Sequential(
            [
                keras.Input(tiny.IMAGE),
                layers.Conv2D(16, 3, padding="same"),
                layers.LeakyReLU(),
                layers.Conv2D(16, 5, padding="same"),
                layers.LeakyReLU(),
                keras.layers.ActivityRegularization(l2=0.01),
                keras.layers.Flatten(),
                keras.layers.Dense(1),
            ]
        )
        model = ganzoo.GAN(generator, discriminator, seed=5)
        model.compile(SGD(), SGD(), loss="hinge")
    return model


images = functools.partial(tiny.build_batches, STEPS)
#: The models that make the table: how they are built, and their batches.
MODELS: dict[str, tuple[Case, Callable]] = {
    "GAN, k = 2, normalized, averaged": (
        gan(networks=NORM, discriminator_steps=2, ema_half_life=30.0),
        functools.partial(images, 16),
    ),
    "GAN, simultaneous, conditional": (
        gan(update="simultaneous", num_classes=3),
        functools.partial(images, num_classes=3),
    ),
    "GAN, spectral norm, attention": (spectral, images),
    "GAN, FFT convolutions": (wide, images),
    "UnrolledGAN": (
        gan(
            kind=ganzoo.UnrolledGAN,
            networks={"dropout": layers.Dropout},
            unrolled_steps=3,
        ),
        images,
    ),
    "UnrolledGAN, simultaneous, Adam": (
        lambda strategy: tiny.build_gan(
            strategy,
            kind=ganzoo.UnrolledGAN,
            optimizer=functools.partial(keras.optimizers.Adam, 1e-3, epsilon=0.1),
            update="simultaneous",
            unrolled_steps=5,
        ),
        images,
    ),
    "InfoGAN": (
        in_scope(
            tiny.build_infogan,
            norm=True,
            ema_half_life=30.0,
            augmentation=layers.RandomAffine(),
        ),
        images,
    ),
    "DiscoGAN": (
        in_scope(tiny.build_discogan),
        functools.partial(tiny.build_unpaired, STEPS),
    ),
    "SimGAN": (
        functools.partial(
            tiny.build_simgan,
            optimizer=SGD,
            dropout=0.2,
            refiner_warm_up=4,
            discriminator_warm_up=3,
            ema_half_life=30.0,
        ),
        functools.partial(tiny.build_refinements, STEPS),
    ),
    "LayoutGAN": (
        in_scope(
            tiny.build_layout_gan,
            networks={"norm": True, "dropout": 0.2, "separate": True, "classes": True},
            draw_labels=True,
        ),
        functools.partial(tiny.build_layouts, STEPS),
    ),
}
#: Losses and penalties, in a plain GAN.
TERMS: dict[str, tuple[Case, Callable]] = {
    **{
        f"loss {name}": (gan(compiled={"loss": name}), images)
        for name in losses.names()
    },
    **{
        f"penalty {name}": (gan(compiled={"penalty": name}), images)
        for name in penalties.names()
    },
    "penalty r1, lazy": (
        gan(
            networks={"dropout": layers.Dropout},
            compiled={"penalty": "r1", "penalty_interval": 3},
        ),
        images,
    ),
}


class Batches:
    """The batches of a case, from one step to another."""

    def __init__(self, make: Callable):
        with mock.patch.object(tiny, "steps_of", lambda arrays: arrays):
            self.arrays = make()

    def __call__(self, start: int = 0, end: int = STEPS) -> Any:
        parts = keras.tree.map_structure(lambda array: array[start:end], self.arrays)
        return tiny.steps_of(parts)


def build(case: Case, strategy: Any = None) -> keras.Model:
    """Builds a model that starts at weights which no backend has drawn."""
    model = case(strategy)
    numbers = np.random.default_rng(0)
    for variable in model.variables:
        # Vectors start at 0 or 1, but for those of spectral normalization.
        if variable.trainable and len(variable.shape) > 1:
            scale = min(0.3, np.prod(variable.shape[:-1]) ** -0.5)
            values = numbers.normal(0, scale, variable.shape)
            variable.assign(values.astype("float32"))
        elif variable.name in ("u", "v"):
            variable.assign(numbers.normal(size=variable.shape).astype("float32"))
    if model.weight_average is not None:
        model.weight_average.restart()
    return model


def fit(model: keras.Model, batches: Any) -> dict:
    """Trains on batches in their order; returns the logs."""
    return model.fit(batches, shuffle=False, verbose=0).history


def state(model: keras.Model) -> np.ndarray:
    """All that a run goes on from, in one vector."""
    variables = [*model.variables, *model.optimizer.variables]
    kept = {id(v): v for v in variables if "seed_generator" not in v.path}.values()
    values = [np.ravel(keras.ops.convert_to_numpy(v)) for v in kept]
    return np.concatenate([value.astype("float64") for value in values])


def samples(model: keras.Model) -> np.ndarray:
    """A few images that a model makes."""
    inputs = np.linspace(-1, 1, 3 * 16).reshape(3, *tiny.IMAGE).astype("float32")
    if isinstance(model, ganzoo.SimGAN):
        return model.refine(inputs)
    if isinstance(model, ganzoo.DiscoGAN):
        return model.translate(inputs, "ab")
    return model.generate(3, seed=-7)


def weights_file(folder: Path, name: str, backend: str) -> Path:
    """Returns where a backend saves a model after half of the steps."""
    return folder / f"{name} on {backend}.weights.h5"


def trained(name: str, folder: Path) -> dict[str, np.ndarray]:
    """Trains a model, saves it halfway, and uses it.

    Returns:
        Its states, images and logs.
    """
    case, make = MODELS[name]
    batches, half = Batches(make), STEPS // 2
    model = build(case)
    fit(model, batches(0, half))
    model.save_weights(weights_file(folder, name, keras.config.backend()))
    model.save(folder / f"{name}.keras")
    found = {"half": state(model)}
    found["loaded"] = state(keras.saving.load_model(folder / f"{name}.keras"))
    logs = fit(model, batches(half))
    found["whole"], found["samples"] = state(model), samples(model)
    found["logs"] = np.array([values[-1] for values in logs.values()])
    measured = model.evaluate(batches(0, 1), verbose=0, return_dict=True)
    found["evaluated"] = np.array([measured[key] for key in sorted(measured)])
    return found


def resumed(name: str, *files: Path) -> list[np.ndarray]:
    """Returns the states at the end of a model that was loaded from files."""
    case, make = MODELS[name]
    model, batches, found = case(None), Batches(make), []
    for path in files:
        model.load_weights(path)
        fit(model, batches(STEPS // 2))
        found.append(state(model))
    return found


def on_devices(name: str, count: int) -> np.ndarray:
    """Returns the state at the end on several devices."""
    case, make = MODELS[name]
    devices = [f"CPU:{number}" for number in range(count)]
    model = build(case, distribute.strategy("mirrored", devices=devices))
    fit(model, Batches(make)())
    return state(model)


def terms() -> dict[str, np.ndarray]:
    """Returns the states at the end with each loss and each penalty."""
    found = {}
    for name, (case, make) in TERMS.items():
        model = build(case)
        fit(model, Batches(make)())
        found[name] = state(model)
    return found


def numbers() -> dict[str, np.ndarray]:
    """Returns random words and numbers, by what they are."""
    found = {}
    for seed in (0, 5, -1, -(2**63), 2**63 - 1):
        for shard in (0, 3):
            stream = StepRandom.root(seed, shard).fold(2).fold(2**40 + 1).split()
            name = f"seed {seed}, shard {shard}"
            found[f"{name}: words"] = stream.bits([3, 5])
            found[f"{name}: halves"] = stream.bits([2, 7, 2], "uint16")
            found[f"{name}: uniform"] = stream.uniform([2, 3])
            found[f"{name}: integers"] = stream.integers([4], 10)
            found[f"{name}: normal"] = stream.normal([3, 3])
    return {name: keras.ops.convert_to_numpy(value) for name, value in found.items()}


def main() -> None:
    """Trains on JAX; what TensorFlow has begun goes on here."""
    folder, name = Path(sys.argv[1]), sys.argv[2]
    if name == "terms":
        found = terms()
    else:
        found = trained(name, folder)
        files = [weights_file(folder, name, one) for one in ("jax", "tensorflow")]
        found["resumed"], found["continued"] = resumed(name, *files)
        found |= {f"on {count}": on_devices(name, count) for count in COUNTS}
        found |= numbers()
    np.savez(folder / f"{name}.npz", **found)


if __name__ == "__main__":
    main()
