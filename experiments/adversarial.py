"""The settings that the games of several experiments have, and the game they make."""

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf

import ganzoo
from experiments import common, limits, training
from ganzoo import data, distribute


@dataclasses.dataclass(frozen=True)
class Adversarial(common.Common):
    """How two players play; what they draw is the business of the experiments."""

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
    ema_half_life: float | None = None
    """Average the generator's weights with this half-life, in examples seen."""
    checkpoint_minutes: float = 5.0
    """Time between checkpoints within an epoch; each epoch's end has one."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        limits.at_least(1, self, "discriminator_steps")
        limits.above_zero(
            self,
            "generator_learning_rate",
            "discriminator_learning_rate",
            "ema_half_life",
            "checkpoint_minutes",
        )
        limits.shares(self, "beta_1", "beta_2")

    @property
    def examples_per_step(self) -> int:
        """Real examples that a train step takes."""
        return self.batch_size * self.discriminator_steps

    def steps_per_epoch(self, examples: int) -> int:
        """Train steps of a pass over so many real examples."""
        return data.steps_per_epoch(examples, self.batch_size, self.discriminator_steps)

    @property
    def optimizers(self) -> tuple[keras.optimizers.Optimizer, ...]:
        """New optimisers, of the generator and of the discriminator."""
        rates = (self.generator_learning_rate, self.discriminator_learning_rate)
        return tuple(keras.optimizers.Adam(r, self.beta_1, self.beta_2) for r in rates)


def build(
    config: Adversarial,
    strategy: tf.distribute.Strategy,
    players: Callable[[], tuple[keras.Model, keras.Model]],
    kind: type[ganzoo.GAN] = ganzoo.GAN,
    *,
    steps_per_execution: int = 1,
    **arguments,
) -> ganzoo.GAN:
    """Builds the game, on the devices asked for.

    Args:
        config: The settings.
        strategy: From `ganzoo.distribute.strategy`.
        players: Makes generator and discriminator.
        kind: Of game.
        steps_per_execution: Train steps in one call to the device.
        **arguments: Those that this kind of game has besides.

    Raises:
        ValueError: A batch that the replicas cannot share equally, or settings that the
            game does not take.
    """
    distribute.per_replica_batch(config.batch_size, strategy.num_replicas_in_sync)
    with common.precision(config.precision), strategy.scope():
        game = kind(
            *players(),
            discriminator_steps=config.discriminator_steps,
            update=config.update,
            ema_half_life=config.ema_half_life,
            seed=config.seed,
            **arguments,
        )
        game.compile(
            *config.optimizers,
            loss=config.loss,
            penalty=config.penalty,
            steps_per_execution=steps_per_execution,
        )
    return game


def batches(
    config: Adversarial, source: data.ImageSet | data.Drawn, step: int = 0, **feed
) -> tf.data.Dataset:
    """Returns the training batches from a step on.

    Args:
        config: The settings.
        source: What is trained on.
        step: Train steps already done.
        **feed: What `data.training_batches` takes besides.
    """
    return data.training_batches(
        source,
        config.batch_size,
        seed=config.seed,
        start_step=step,
        discriminator_steps=config.discriminator_steps,
        **feed,
    )


def plan(
    config: Adversarial,
    game: ganzoo.GAN,
    source: data.ImageSet | data.Drawn,
    *,
    steps_per_epoch: int | None = None,
    feed: dict | None = None,
    **others,
) -> training.Plan:
    """Returns what a run of such a game is made of.

    Args:
        config: The settings.
        game: The compiled game.
        source: What is trained on.
        steps_per_epoch: Train steps of an epoch; by default a pass over the source.
        feed: As in `batches`.
        **others: What `training.Plan` takes besides: `extra`, `report`, `movable`.

    Raises:
        ganzoo.data.DataError: The source is smaller than a step's batches.
    """
    return training.Plan(
        game,
        lambda step: batches(config, source, step, **feed or {}),
        fingerprint=source.fingerprint,
        steps_per_epoch=steps_per_epoch or config.steps_per_epoch(len(source)),
        images_per_step=config.examples_per_step,
        checkpoint_minutes=config.checkpoint_minutes,
        **others,
    )
