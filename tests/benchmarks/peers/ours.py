"""What a user of ganzoo runs: `GAN.fit` on its batches."""

from collections.abc import Callable

import keras
import numpy as np

import ganzoo
from ganzoo import data, networks
from tests.benchmarks.peers import stock
from tests.benchmarks.peers.systems import System, Task

EMA_HALF_LIFE = 20_000.0  # images


def players(system: System, dropout: float = 0.3) -> tuple[keras.Model, keras.Model]:
    """Returns generator and discriminator of a system."""
    if system.name == "mnist":
        discriminator = networks.mnist_discriminator(dropout=dropout)
        return networks.mnist_generator(), discriminator
    return networks.cifar10_dcgan_generator(), networks.cifar10_dcgan_discriminator()


class Ours:
    """The game, and its batches."""

    def __init__(self, task: Task, update: str, average: bool = False, **player):
        keras.utils.set_random_seed(task.seed)
        keras.config.set_dtype_policy(task.policy)
        self.average = average
        self.game = ganzoo.GAN(
            *players(task.system, **player),
            update=update,
            seed=task.seed,
            ema_half_life=EMA_HALF_LIFE if average else None,
        )
        self.game.compile(stock.adam(task.system), stock.adam(task.system))
        images = data.image_set(np.load(task.images), name=task.system.name)
        self.batches = data.training_batches(images, task.batch_size, seed=task.seed)

    def train(self, goes_on: Callable[[], bool]) -> None:
        """Trains in one `fit()`."""
        self.game.fit(
            self.batches,
            steps_per_epoch=stock.ENDLESS,
            verbose=0,
            callbacks=[stock.Pause(goes_on)],
        )

    def generate(self, count: int) -> np.ndarray:
        """Draws images, uint8; the seed follows the step."""
        seed = int(self.game.step)
        return data.to_uint8(self.game.generate(count, seed=seed, average=self.average))


def build(task: Task, update: str, average: bool = False) -> Ours:
    """Builds the contestant."""
    return Ours(task, update, average)
