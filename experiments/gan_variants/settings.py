"""The settings that the games of all test beds have, and the game that they make."""

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf

import ganzoo
from experiments import common
from ganzoo import distribute


@dataclasses.dataclass(frozen=True)
class Adversarial(common.Common):
    """How two players play; what they draw is the business of the sub-commands."""

    loss: str = "non_saturating"
    """Pair of losses; see ganzoo.losses."""
    penalty: str | None = None
    """Regulariser of the discriminator, e.g. "r1(1) + r2(1)"; see ganzoo.penalties."""
    update: str = "alternating"
    """Algorithm 1 of Goodfellow et al. 2014, or "simultaneous"."""
    discriminator_steps: int = 1
    """k, the discriminator steps for one generator step, each on fresh data."""
    generator_learning_rate: float = 2e-4
    """Adam's learning rate for the generator."""
    discriminator_learning_rate: float = 2e-4
    """Adam's learning rate for the discriminator."""
    beta_1: float = 0.5
    """Adam's first decay rate, for both."""
    beta_2: float = 0.999
    """Adam's second decay rate, for both."""
    similarities: int = 0
    """Kernels of minibatch discrimination (Salimans et al. 2016); 0 is without."""
    unrolled_steps: int = 0
    """Steps that the discriminator is unrolled (Metz et al. 2017); 0 is not at all."""
    ema_half_life: float | None = None
    """Average the generator's weights with this half-life, in examples seen."""
    checkpoint_minutes: float = 5.0
    """Time between checkpoints within an epoch; each epoch's end has one."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        common.at_least(1, self, "discriminator_steps")
        common.at_least(0, self, "similarities", "unrolled_steps")
        common.above_zero(
            self,
            "generator_learning_rate",
            "discriminator_learning_rate",
            "ema_half_life",
            "checkpoint_minutes",
        )
        common.shares(self, "beta_1", "beta_2")
        if self.similarities and self.batch_size < 2:
            raise ValueError(
                f"similarities={self.similarities} compare the examples of a batch; "
                f"batch_size={self.batch_size} leaves nothing to compare with."
            )

    @property
    def examples_per_step(self) -> int:
        """Real examples that a train step takes."""
        return self.batch_size * self.discriminator_steps


def build(
    config: Adversarial,
    strategy: tf.distribute.Strategy,
    players: Callable[[], tuple[keras.Model, keras.Model]],
) -> ganzoo.GAN:
    """Builds the game, on the devices asked for.

    Args:
        config: The settings.
        strategy: From `ganzoo.distribute.strategy`.
        players: Makes generator and discriminator.
    """
    distribute.per_replica_batch(config.batch_size, strategy.num_replicas_in_sync)
    kind, arguments = ganzoo.GAN, {}
    if config.unrolled_steps:
        kind = ganzoo.UnrolledGAN
        arguments["unrolled_steps"] = config.unrolled_steps
    with common.precision(config.precision), strategy.scope():
        game = kind(
            *players(),
            discriminator_steps=config.discriminator_steps,
            update=config.update,
            ema_half_life=config.ema_half_life,
            seed=config.seed,
            **arguments,
        )
        rates = (config.generator_learning_rate, config.discriminator_learning_rate)
        game.compile(
            *(keras.optimizers.Adam(r, config.beta_1, config.beta_2) for r in rates),
            loss=config.loss,
            penalty=config.penalty,
        )
    return game
