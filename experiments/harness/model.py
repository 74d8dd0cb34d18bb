"""Builds and compiles an experiment's networks, on inputs of known shapes."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras import KerasTensor

import ganzoo
from experiments.harness import penalty_text, precisions
from experiments.harness.config import Config, GanConfig
from ganzoo import networks


@dataclasses.dataclass(frozen=True)
class Step:
    """A train step and the shapes of its inputs, which is all that a compiler needs.

    Attributes:
        model: The compiled model, built outside any strategy's scope.
        batch: `KerasTensor`s of a batch of `fit()`, over all replicas.
        images: Real images per step, over all replicas.
    """

    model: keras.Model
    batch: object
    images: int


def images_of(*shape: int) -> Callable[[Config], object]:
    """Returns the `inputs` of an experiment on images (or points) of that shape.

    With labels, if the configuration's `num_classes` makes the GAN conditional.
    """

    def inputs(config: Config) -> object:
        images = KerasTensor([config.images_per_step, *shape])
        if getattr(config, "num_classes", None) is None:
            return images
        return images, KerasTensor([config.images_per_step], "int32")

    return inputs


@contextlib.contextmanager
def precision(name: str) -> Iterator[None]:
    """Sets Keras's dtype policy for the layers built inside."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precisions.resolve(name))
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def gan(
    config: GanConfig,
    generator: keras.Model,
    discriminator: keras.Model,
    model: type[ganzoo.GAN] = ganzoo.GAN,
    **arguments: Any,
) -> ganzoo.GAN:
    """Returns a compiled GAN of two networks."""
    compiled = model(
        generator,
        discriminator,
        discriminator_steps=config.discriminator_steps,
        # Simultaneous: one forward pass, then both networks are updated.
        update=config.update,
        ema_half_life=config.ema_half_life,
        seed=config.seed,
        **arguments,
    )
    compiled.compile(
        *config.optimizers(),
        loss=config.loss,
        penalty=penalty_text.parse(config.penalty),
        penalty_interval=config.penalty_interval,
        steps_per_execution=config.steps_per_execution,
    )
    return compiled


def network(builder: tuple[str, dict]) -> keras.Model:
    """Builds a network, given the builder's name in `ganzoo.networks` and arguments."""
    name, arguments = builder
    return getattr(networks, name)(**arguments)
