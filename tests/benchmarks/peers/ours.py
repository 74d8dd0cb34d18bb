"""Ours: `GAN.fit` on ganzoo's batches, as a user runs it."""

from collections.abc import Callable

import keras
import numpy as np

import ganzoo
from ganzoo import data
from ganzoo import networks as builders
from tests.benchmarks.peers import stock
from tests.benchmarks.peers.systems import System, Task

EMA_HALF_LIFE = 20_000.0  # images


def networks(system: System, dropout: float = 0.3) -> tuple[keras.Model, keras.Model]:
    """Returns the generator and the discriminator of a system."""
    if system.name == "mnist":
        discriminator = builders.mnist_discriminator(dropout=dropout)
        return builders.mnist_generator(), discriminator
    return builders.cifar10_dcgan_generator(), builders.cifar10_dcgan_discriminator()


class Ours:
    """The model and its batches."""

    def __init__(self, task: Task, update: str, average: bool = False, **options):
        keras.utils.set_random_seed(task.seed)
        keras.config.set_dtype_policy(task.policy)
        self.average = average
        self.gan = ganzoo.GAN(
            *networks(task.system, **options),
            update=update,
            seed=task.seed,
            ema_half_life=EMA_HALF_LIFE if average else None,
        )
        self.gan.compile(stock.adam(task.system), stock.adam(task.system))
        images = data.image_set(np.load(task.images), name=task.system.name)
        self.batches = data.training_batches(images, task.batch_size, seed=task.seed)

    def train(self, goes_on: Callable[[], bool]) -> None:
        """Trains in one `fit()`."""
        self.gan.fit(
            self.batches,
            steps_per_epoch=stock.ENDLESS,
            verbose=0,
            callbacks=[stock.Pause(goes_on)],
        )

    def generate(self, count: int) -> np.ndarray:
        """Generates images, uint8; the seed is the step."""
        seed = int(self.gan.step)
        return data.to_uint8(self.gan.generate(count, seed=seed, average=self.average))


def build(task: Task, update: str, average: bool = False) -> Ours:
    """Builds the contestant."""
    return Ours(task, update, average)
