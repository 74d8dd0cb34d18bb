"""What the games of all test beds may have besides: what is said to help."""

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf

import ganzoo
from experiments import adversarial, limits


@dataclasses.dataclass(frozen=True)
class Adversarial(adversarial.Adversarial):
    """How two players play; what they draw is the business of the sub-commands."""

    similarities: int = 0
    """Kernels of minibatch discrimination (Salimans et al. 2016); 0 is without."""
    unrolled_steps: int = 0
    """Steps that the discriminator is unrolled (Metz et al. 2017); 0 is not at all."""

    def check(self) -> None:
        """Refuses values that no training could start with; see `Common.check`."""
        super().check()
        limits.at_least(0, self, "similarities", "unrolled_steps")
        if self.similarities and self.batch_size < 2:
            raise ValueError(
                f"similarities={self.similarities} compare the examples of a batch; "
                f"batch_size={self.batch_size} leaves nothing to compare with."
            )


def build(
    config: Adversarial,
    strategy: tf.distribute.Strategy,
    players: Callable[[], tuple[keras.Model, keras.Model]],
) -> ganzoo.GAN:
    """Builds the game, unrolled if asked; see `adversarial.build`."""
    if not config.unrolled_steps:
        return adversarial.build(config, strategy, players)
    return adversarial.build(
        config,
        strategy,
        players,
        ganzoo.UnrolledGAN,
        unrolled_steps=config.unrolled_steps,
    )
