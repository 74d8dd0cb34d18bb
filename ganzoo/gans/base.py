"""What all adversarial models share: two sides, their losses, steps, logs, files."""

import contextlib
import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
from keras import ops

from ganzoo import backend, distribute, losses, penalties
from ganzoo.gans import checks_arguments, saving, train_function
from ganzoo.gans.batches import layer_losses, trained
from ganzoo.gans.checks_data import Parts
from ganzoo.gans.checks_networks import (
    check_discriminator,
    check_trainable,
    check_unchanged,
)
from ganzoo.gans.feed import Feed
from ganzoo.gans.optimizers import Optimizers, build_optimizers
from ganzoo.gans.randomness import reseed, stock_seed_generators
from ganzoo.gans.weight_average import WeightAverage
from ganzoo.layers import random_scope
from ganzoo.random import StepRandom, checked_seed

# The independent streams of one seed.
TRAINING, EVALUATION, GENERATION, STOCK_LAYERS = range(4)


class AdversarialModel(keras.Model):
    """A `keras.Model` of generators that learn against discriminators.

    Training is a function of (seed, step, global batch): `fit()` runs `train_step` on
    any number of replicas with a saved step counter and the random numbers that follow
    from it. A subclass keeps its networks as attributes, names them in `networks`, and
    defines `train_step` and `test_step`, of the terms below. Every value that a step
    reports is one number per example, reduced in one place.

    One optimizer trains all `generators`, another one all `discriminators`.
    """

    networks: tuple[str, ...] = (
        "generator",
        "discriminator",
    )  # the constructor's first arguments
    parts: tuple[str, ...] = ()  # options of the constructor that are layers, or None
    instead_of_call = "call one of its networks"  # what predict() says
    train_function: Callable | None  # set by Keras's trainer
    test_function: Callable | None

    def __init__(self, *, seed: int = 0, **kwargs: Any):
        """Starts at step 0.

        Args:
            seed: Integer of 64 bits; with the step it determines all random numbers.
            **kwargs: As in `keras.Model`.
        """
        super().__init__(**kwargs)
        self.seed = checked_seed(seed)
        self.step = _Counter("step")
        self.evaluation_step = _Counter("evaluation_step")
        self.weight_average: WeightAverage | None = None
        #: Seconds that `fit()` has waited for data; whoever reads it may reset it.
        self.data_seconds = 0.0
        self._feed = Feed(self)
        self._trackers: list[keras.metrics.Metric] = []
        # The networks are built when they are handed in: nothing is left to build by
        # calling the model on a batch of images, which is not what a generator takes.
        self.built = True

    @property
    def generators(self) -> tuple[keras.Model, ...]:
        """The networks that the generators' optimizer trains."""
        return (self.generator,)

    @property
    def discriminators(self) -> tuple[keras.Model, ...]:
        """The networks that the discriminators' optimizer trains."""
        return (self.discriminator,)

    def batch_parts(self) -> Parts:
        """Returns what a batch holds, to be checked.

        Whoever overrides `unpack` overrides this, too.

        Returns:
            What is fed as x, a part as in `ganzoo.gans.checks_data`; or a pair of that
            and of what is fed as y; or None to have nothing checked.
        """
        return None

    # ------------------------------------------------------------------------ compile

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        *,
        loss: losses.Loss | str = "non_saturating",
        penalty: penalties.Penalty | str | None = None,
        jit_compile: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        """Sets how the networks learn.

        Args:
            generator_optimizer: A Keras optimizer for the generators.
            discriminator_optimizer: Another one, for the discriminators.
            loss: A pair of losses or its name; see `ganzoo.losses`.
            penalty: A regularizer of each discriminator; see `ganzoo.penalties`.
            jit_compile: As in Keras.
            **kwargs: `steps_per_execution` and `run_eagerly` of Keras.

        Raises:
            ValueError: A missing optimizer, or one for both sides; an unknown loss or
                penalty; another argument of Keras; frozen networks; a discriminator
                that ends in an activation that the loss does not take; or XLA asked for
                on several replicas, which TensorFlow does not support outside TPUs
                (there it is always on).
        """
        kwargs["jit_compile"] = jit_compile
        checks_arguments.check(type(self).__name__, "compile", kwargs)
        check_jit_compile(jit_compile, self.distribute_strategy.num_replicas_in_sync)
        self._feed.reset()
        super().compile(**kwargs | {"optimizer": None})
        check_trainable(self._named(*self.generators, *self.discriminators))
        with self.distribute_strategy.scope():
            optimizers = build_optimizers(
                generator=(generator_optimizer, trained(self.generators)),
                discriminator=(discriminator_optimizer, trained(self.discriminators)),
                averages="ema_half_life" in saving.arguments(type(self)),
            )
        self.generator_optimizer, self.discriminator_optimizer = optimizers.values()
        self.optimizer = Optimizers(optimizers, self.step)
        self._seed_generators = stock_seed_generators(
            *self.generators, *self.discriminators, self
        )
        self.adversarial_loss = losses.get(loss)
        self.penalty = penalties.get(penalty)
        for name, network in self._named(*self.discriminators).items():
            check_discriminator(name, network, self.adversarial_loss)
        with self.distribute_strategy.scope():
            self.track(self.log_names())

    def learners(self) -> dict:
        """Returns both optimizers and what they train, by the networks' names."""
        optimizers = self.generator_optimizer, self.discriminator_optimizer
        sides = self.generators, self.discriminators
        return {
            " and ".join(self._named(*networks)): (optimizer, trained(networks))
            for optimizer, networks in zip(optimizers, sides, strict=True)
        }

    def _named(self, *networks: keras.Model) -> dict[str, keras.Model]:
        """Returns networks under the names of the attributes that hold them."""
        names = {id(getattr(self, name)): name for name in self.networks}
        return {names.get(id(network), network.name): network for network in networks}

    # -------------------------------------------------------------- the terms of a step

    def discriminator_losses(
        self, real_logits: keras.KerasTensor, fake_logits: keras.KerasTensor
    ) -> dict:
        """Returns the discriminator's loss and its outputs, one value per example.

        The outputs are reported as the estimated probability that an image is real. A
        critic's are scores: a sigmoid of them would mean nothing.
        """
        loss = self.adversarial_loss
        read = loss.probability or losses.score
        return {
            "discriminator_loss": loss.discriminator(real_logits, fake_logits),
            f"real_{self._reported}": read(real_logits),
            f"fake_{self._reported}": read(fake_logits),
        }

    def generator_losses(
        self, fake_logits: keras.KerasTensor, real_logits: Callable
    ) -> dict:
        """Returns the generator's loss, one value per example.

        Args:
            fake_logits: Of generated images.
            real_logits: Function that returns those of real images. It is called only
                where the loss looks at them, as the relativistic one does.
        """
        loss = self.adversarial_loss
        real = real_logits() if loss.generator_uses_real else None
        return {"generator_loss": loss.generator(real, fake_logits)}

    def penalty_terms(
        self,
        discriminate: Callable,
        real: keras.KerasTensor,
        fake: keras.KerasTensor,
        random: StepRandom,
    ) -> dict:
        """Returns the discriminator's penalty, one value per example, if there is one.

        Args:
            discriminate: Function that returns the logits of images.
            real: Real images.
            fake: Generated images.
            random: Where a penalty's random numbers come from.
        """
        if self.penalty is None:
            return {}
        return {"penalty": self.penalty(discriminate, real, fake, random)}

    def discriminator_objective(self, terms: dict) -> keras.KerasTensor:
        """Returns what the discriminators minimize, one value per example."""
        return terms["discriminator_loss"] + terms.get("penalty", 0.0)

    def generator_objective(self, terms: dict) -> keras.KerasTensor:
        """Returns what the generators minimize, one value per example."""
        return terms["generator_loss"]

    def differentiate(
        self, function: Callable, *sides: Sequence[keras.Model]
    ) -> tuple[Any, list[list]]:
        """Differentiates the objectives of sides, from one forward pass.

        Args:
            function: Takes nothing; returns for each side its objective, one value per
                example, and a dictionary of terms.
            *sides: The networks that each objective is differentiated by.

        Returns:
            The terms, and for each side the gradients of its mean over the global batch
            by the trainable weights.
        """

        def means() -> tuple[list, Any]:
            objectives, terms = function()
            reduced = [
                distribute.global_mean(objective) + layer_losses(networks)
                for objective, networks in zip(objectives, sides, strict=True)
            ]
            return reduced, terms

        return backend.value_and_gradients(means, *map(trained, sides))

    def apply_discriminator_gradients(self, gradients: list) -> None:
        """Updates the discriminators, then constrains them as the penalty says."""
        variables = trained(self.discriminators)
        self.discriminator_optimizer.apply(gradients, variables)
        if self.penalty is not None:
            self.penalty.constrain(variables)

    def apply_generator_gradients(self, gradients: list) -> None:
        """Updates the generators."""
        self.generator_optimizer.apply(gradients, trained(self.generators))

    # ------------------------------------------------------------- random numbers, logs

    def random(self, purpose: int = TRAINING) -> StepRandom:
        """Returns the random numbers of the current step, on this replica."""
        step = self.evaluation_step if purpose == EVALUATION else self.step
        root = StepRandom.root(self.seed, backend.replica_id())
        return root.fold(purpose).fold(step.value)

    @contextlib.contextmanager
    def step_random(self) -> Iterator[StepRandom]:
        """Gives a train step, and all layers in it, its random numbers; counts it."""
        random = self.random()
        # Keras's own layers draw from states; each step sets these anew.
        reseed(self._seed_generators, self.random(STOCK_LAYERS))
        with random_scope(random):
            yield random
        self.step.assign_add(1)

    def update_average(self, images: keras.KerasTensor | int) -> None:
        """Moves the weight average, if one is kept; called after the step is counted.

        Args:
            images: Real images that this replica has seen in this step.
        """
        if self.weight_average is not None:
            images = images * backend.num_replicas()
            seen = ops.cast(images, "float32") * ops.cast(self.step.value, "float32")
            self.weight_average.update(images, seen)

    def averaged_weights(self) -> contextlib.AbstractContextManager:
        """Puts the weight average in place of its network's weights for a while.

        Raises:
            ValueError: No average was kept.
        """
        if self.weight_average is None:
            raise ValueError(
                f"This {type(self).__name__} has not kept an average of its weights; "
                "build it with ema_half_life=..., counted in images, e.g. 10_000."
            )
        return self.weight_average.applied()

    def log_names(self) -> list[str]:
        """Returns the names of the terms that a step reports."""
        names = ["discriminator_loss", "generator_loss"]
        names += [f"real_{self._reported}", f"fake_{self._reported}"]
        return names + (["penalty"] if self.penalty is not None else [])

    @property
    def _reported(self) -> str:
        return "score" if self.adversarial_loss.probability is None else "probability"

    def track(self, names: list[str]) -> None:
        """Sets the terms that a step reports, by name."""
        self._trackers = [keras.metrics.Mean(name=name) for name in names]

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The running means of the terms; `fit()` resets them each epoch."""
        return self._trackers

    def log(self, terms: dict) -> dict:
        """Adds one value per example to the running means; returns this step's means.

        Args:
            terms: For each tracker's name a tensor `[n]`.

        Returns:
            Scalars under the same names. Epoch logs come from the running means, batch
            logs from here, so that both curves can be drawn.
        """
        for tracker in self._trackers:
            tracker.update_state(terms[tracker.name])
        return {t.name: ops.mean(terms[t.name]) for t in self._trackers}

    # ------------------------------------------------------------- the methods of Keras

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """As in `keras.Model`; every step must give all replicas equally many examples.

        Raises:
            ValueError: An argument that would be ignored; data that the model cannot
                take, that never end, or that the replicas cannot share equally; a
                callback that does not work with two optimizers; or layers frozen since
                `compile()`.
        """
        self._assert_compile_called("fit")
        given = checks_arguments.bind(self, "fit", args, kwargs)
        self.check_learners()
        return super().fit(**self._feed.fit(given))

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """As in `keras.Model`; each evaluation starts from the same random numbers.

        Raises:
            ValueError: As `fit`.
        """
        given = checks_arguments.bind(self, "evaluate", args, kwargs)
        given = self._feed.evaluate(given)
        self.evaluation_step.assign(0)
        return super().evaluate(**given)

    def train_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """As in `keras.Model`.

        Raises:
            ValueError: As `fit`.
        """
        self._assert_compile_called("train_on_batch")
        given = checks_arguments.bind(self, "train_on_batch", args, kwargs)
        self.check_learners()
        return super().train_on_batch(**self._feed.batch(given))

    def test_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """As in `keras.Model`.

        Raises:
            ValueError: As `fit`.
        """
        given = checks_arguments.bind(self, "test_on_batch", args, kwargs)
        return super().test_on_batch(**self._feed.batch(given))

    def check_learners(self) -> None:
        """Checks that the optimizers still train what they were compiled with.

        Raises:
            ValueError: Layers were frozen or unfrozen since `compile()`.
        """
        for name, (optimizer, variables) in self.learners().items():
            check_unchanged(name, optimizer, variables)

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Says what to use instead, unless a subclass has a `call`.

        Raises:
            ValueError: Always, without a `call`.
        """
        self._refuse_call("predict()")
        return super().predict(*args, **kwargs)

    def predict_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """As `predict`."""
        self._refuse_call("predict_on_batch()")
        return super().predict_on_batch(*args, **kwargs)

    def export(self, *args: Any, **kwargs: Any) -> Any:
        """As `predict`."""
        self._refuse_call("export()")
        return super().export(*args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As `predict`."""
        self._refuse_call("calling it")
        return super().__call__(*args, **kwargs)

    def _refuse_call(self, what: str) -> None:
        if type(self).call is keras.Model.call:
            raise ValueError(
                f"A {type(self).__name__} is several networks, of which {what} means "
                f"none; {self.instead_of_call}. To export one: network.export(path)."
            )

    def phases(self) -> list[tuple[int, Callable]]:
        """Returns how many train steps of another kind come first; as a rule none."""
        return []

    def make_train_function(self, force: bool = False) -> Callable:
        """Makes the function of `fit()`; see `ganzoo.gans.train_function`."""
        if self.train_function is None or force:
            self.train_function = train_function.for_training(self)
        return self.train_function

    def make_test_function(self, force: bool = False) -> Callable:
        """Makes the function of `evaluate()`; see `ganzoo.gans.train_function`."""
        if self.test_function is None or force:
            self.test_function = train_function.for_evaluation(self)
        return self.test_function

    def _maybe_symbolic_build(
        self, iterator: Iterator | None = None, data_batch: Any = None
    ) -> None:
        """Nothing is left to build, and reducing a batch fails on several workers."""

    # -------------------------------------------------------------------------- files

    def get_config(self) -> dict:
        """Returns all arguments of the constructor, the networks serialized.

        Keyword-only arguments are read from the attributes of the same name, so a
        variant that keeps its arguments needs no code for it.
        """
        arguments = {name: getattr(self, name) for name in saving.arguments(type(self))}
        networks = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in (*self.networks, *self.parts)
        }
        return super().get_config() | arguments | networks

    @classmethod
    def from_config(cls, config: dict) -> "AdversarialModel":
        """Builds the model, and fresh networks, from `get_config()`."""
        config = copy.deepcopy(config)  # Keras takes what it reads out of it
        for name in (*cls.networks, *cls.parts, "dtype"):
            if name in config:
                config[name] = keras.saving.deserialize_keras_object(config[name])
        return cls(**config)

    def get_compile_config(self) -> dict:
        """Returns the arguments of `compile()`, serialized.

        A loss or a penalty of one's own has to be registered with
        `keras.saving.register_keras_serializable`; otherwise nothing is returned, and
        the loaded model has to be compiled again.
        """
        return saving.compile_config(self)

    def compile_from_config(self, config: dict) -> None:
        """Compiles a loaded model as it was compiled when it was saved."""
        self.compile(
            **{
                name: keras.saving.deserialize_keras_object(value)
                for name, value in config.items()
            }
        )


def check_jit_compile(jit_compile: bool | str, replicas: int) -> None:
    """Refuses XLA on several replicas outside a TPU.

    Raises:
        ValueError: It was asked for.
    """
    if jit_compile is True and replicas > 1:
        raise ValueError(
            f"jit_compile=True does not work on {replicas} replicas; leave it at "
            "'auto' (a TPU compiles the step by itself)."
        )


class _Counter(keras.Variable):
    """A saved whole number, which `int()` can read under every strategy."""

    def __init__(self, name: str):
        super().__init__(
            0,
            dtype="int64",
            trainable=False,
            aggregation="only_first_replica",
            name=name,
        )

    def __int__(self) -> int:
        return int(self.numpy())  # Keras's own fails on a mirrored variable
