"""Builds an experiment's model, and its train step for ahead-of-time compilation."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

import ganzoo
from experiments.harness import penalty_text, precisions
from experiments.harness.config import Config, GanConfig
from experiments.harness.data import Data
from ganzoo import distribute, networks

if TYPE_CHECKING:
    from experiments.harness.experiment import Experiment


@dataclasses.dataclass(frozen=True)
class Step:
    """A train step and the shapes of its inputs, which is all that a compiler needs.

    Attributes:
        model: The compiled model, built outside any strategy's scope.
        batch: `tf.TensorSpec`s of a batch of `fit()`, over all replicas.
        images: Real images per step, over all replicas.
    """

    model: keras.Model
    batch: object
    images: int

    @classmethod
    def of_images(cls, model: keras.Model, images: int, shape: tuple) -> "Step":
        """Returns a step on images (or points) of that shape."""
        return cls(model, tf.TensorSpec([images, *shape], tf.float32), images)


def images_of(*shape: int) -> Callable[[Config], object]:
    """Returns the `inputs` of an experiment on images (or points) of that shape.

    With labels, if the configuration's `num_classes` makes the GAN conditional.
    """

    def inputs(config: Config) -> object:
        images = tf.TensorSpec([config.images_per_step, *shape], tf.float32)
        if getattr(config, "num_classes", None) is None:
            return images
        return images, tf.TensorSpec([config.images_per_step], tf.int32)

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


def build(
    experiment: "Experiment",
    config: Config,
    strategy: tf.distribute.Strategy | None = None,
    data: Data | None = None,
) -> keras.Model:
    """Builds and compiles the model, on the configured devices and in the precision.

    Raises:
        ValueError: The batch cannot be divided equally among the replicas, or the model
            does not accept a value.
    """
    strategy = strategy or distribute.strategy(config.strategy)
    distribute.per_replica_batch(config.batch_size, strategy.num_replicas_in_sync)
    arguments = {} if data is None else data.model_arguments
    with precision(config.precision), strategy.scope():
        return experiment.build(config, **arguments)


def gan(
    config: GanConfig,
    generator: keras.Model,
    discriminator: keras.Model,
    model: type[ganzoo.GAN] = ganzoo.GAN,
    **arguments: Any,
) -> ganzoo.GAN:
    """Returns a compiled GAN of two networks.

    Args:
        config: Configuration of the training.
        generator: Maps noise to images.
        discriminator: Maps images to logits.
        model: Class of the model.
        **arguments: Further arguments of that class.
    """
    compiled = model(
        generator,
        discriminator,
        discriminator_steps=config.discriminator_steps,
        update=config.update,
        ema_half_life=config.ema_half_life,
        seed=config.seed,
        **arguments,
    )
    compiled.compile(
        *config.optimizers(),
        loss=config.loss,
        penalty=penalty_text.parse(config.penalty),
        steps_per_execution=config.steps_per_execution,
    )
    return compiled


def network(builder: tuple[str, dict]) -> keras.Model:
    """Builds a network, given the builder's name in `ganzoo.networks` and arguments."""
    name, arguments = builder
    return getattr(networks, name)(**arguments)


def train_step(experiment: "Experiment", config: Config) -> Step:
    """Returns the train step for ahead-of-time compilation (see `tpu.preflight`)."""
    model = build(experiment, config, tf.distribute.get_strategy())
    return Step(model, experiment.inputs(config), config.images_per_step)
