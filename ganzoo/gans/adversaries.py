"""How two sides that learn against each other are compiled, and what they report."""

from collections.abc import Sequence

import keras

from ganzoo import losses, penalties
from ganzoo.gans.checks_arguments import to_optimizer
from ganzoo.gans.checks_networks import check_discriminator, check_trainable
from ganzoo.gans.optimizers import Optimizers, check_optimizers
from ganzoo.gans.randomness import stock_seed_generators


class Adversaries:
    """Mixin of the games of `generators` against `discriminators`, tuples of networks.

    One optimiser serves all generators, another one all discriminators.
    """

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        *,
        loss: losses.Loss | str = "non_saturating",
        penalty: penalties.Penalty | str | None = None,
        **kwargs,
    ) -> None:
        """Sets how the players learn.

        Args:
            generator_optimizer: A Keras optimiser of the generators' own.
            discriminator_optimizer: Another one, for the discriminators.
            loss: A pair of losses or its name; see `ganzoo.losses`.
            penalty: A regulariser of each discriminator; see `ganzoo.penalties`.
            **kwargs: `steps_per_execution`, `jit_compile`, `run_eagerly` of Keras.

        Raises:
            ValueError: A missing optimizer, or one for both sides; an unknown loss or
                penalty; another argument of Keras; frozen networks; or a discriminator
                that ends in an activation that the loss does not take.
        """
        super().compile(**kwargs)
        check_trainable(self._named(*self.generators, *self.discriminators))
        self._take_optimizers(generator_optimizer, discriminator_optimizer)
        self._stock_seeds = stock_seed_generators(
            *self.generators, *self.discriminators, self
        )
        self.adversarial_loss = losses.get(loss)
        self.loss_name = loss if isinstance(loss, str) else None
        self.penalty = penalties.get(penalty)
        for name, network in self._named(*self.discriminators).items():
            check_discriminator(name, network, self.adversarial_loss)
        with self.distribute_strategy.scope():
            self.track(self._log_names())

    def _take_optimizers(self, generator_optimizer, discriminator_optimizer) -> None:
        """Checks the optimizers, and builds them for what they train."""
        variables = {
            "generator": trained(self.generators),
            "discriminator": trained(self.discriminators),
        }
        averages = hasattr(self, "ema_half_life")
        with self.distribute_strategy.scope():
            given = generator_optimizer, discriminator_optimizer
            optimizers = {
                name: to_optimizer(f"{name}_optimizer", value)
                for name, value in zip(variables, given, strict=True)
            }
            check_optimizers(optimizers, variables, averages=averages)
            for name, optimizer in optimizers.items():
                optimizer.build(variables[name])
            # A MultiOptimizer may know only now which optimizers it holds.
            check_optimizers(optimizers, variables, averages=averages)
        self.generator_optimizer, self.discriminator_optimizer = optimizers.values()
        self.optimizer = Optimizers(optimizers, self.step)

    def learners(self) -> dict:
        """Returns both optimizers and what they train."""
        optimizers = self.generator_optimizer, self.discriminator_optimizer
        sides = self.generators, self.discriminators
        return {
            " and ".join(self._named(*networks)): (optimizer, trained(networks))
            for optimizer, networks in zip(optimizers, sides, strict=True)
        }

    def _named(self, *networks: keras.Model) -> dict[str, keras.Model]:
        """Returns networks under the names of the attributes that hold them."""
        names = {id(getattr(self, name)): name for name in self.players}
        return {names.get(id(network), network.name): network for network in networks}

    def _log_names(self) -> list[str]:
        names = ["discriminator_loss", "generator_loss"]
        names += [f"real_{self._reported}", f"fake_{self._reported}"]
        return names + (["penalty"] if self.penalty is not None else [])

    @property
    def _reported(self) -> str:
        """A critic's output is a score; a sigmoid of it would mean nothing."""
        critic = self.adversarial_loss.probability is None
        return "score" if critic else "probability"


def trained(networks: Sequence[keras.Model]) -> list[keras.Variable]:
    """Returns the trainable variables of several networks."""
    return [v for network in networks for v in network.trainable_variables]
