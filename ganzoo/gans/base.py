"""The base of all models: two sides, their losses, train steps, logs and files."""

import contextlib
import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo import backend, distribute, losses, penalties
from ganzoo.gans import checks_arguments, saving, train_function
from ganzoo.gans.batches import layer_losses, state_of, trained
from ganzoo.gans.checks_data import Parts
from ganzoo.gans.checks_networks import (
    check_discriminator,
    check_gradients,
    check_penalty,
    check_trainable,
    check_unchanged,
)
from ganzoo.gans.feed import Feed
from ganzoo.gans.optimizers import Optimizers, build_optimizers
from ganzoo.gans.randomness import reseed, stock_seed_generators
from ganzoo.gans.weight_average import WeightAverage
from ganzoo.layers import random_scope
from ganzoo.random import EVALUATION, STOCK_LAYERS, TRAINING, StepRandom, checked_seed


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
            seed: 64-bit integer that, with the step, determines all random numbers.
            **kwargs: As in `keras.Model`.
        """
        super().__init__(**kwargs)
        if not hasattr(self, "distribute_strategy"):  # TensorFlow's trainer has it
            self.distribute_strategy = keras.distribution.distribution()
        self.seed = checked_seed(seed)
        self.step = _Counter("step")
        self.evaluation_step = _Counter("evaluation_step")
        self.weight_average: WeightAverage | None = None
        #: Seconds that `fit()` has waited for data; a reader may reset it.
        self.data_seconds = 0.0
        self._feed = Feed(self)
        self._trackers: list[keras.metrics.Metric] = []
        # The networks are already built. Keras would build the model by calling it on a
        # batch of images, which is not what a generator takes.
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
        """Returns a description of a batch, against which data are checked.

        A subclass that overrides `unpack` overrides this, too.

        Returns:
            The part that is fed as x, see `ganzoo.gans.checks_data`; or a pair of the
            parts fed as x and y; or None to skip all checks.
        """
        return None

    # ------------------------------------------------------------------------ compile

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        *,
        loss: losses.Loss | str | tuple[Callable, Callable] = "non_saturating",
        penalty: penalties.Penalty | str | None = None,
        penalty_interval: int = 1,
        jit_compile: bool | str = "auto",
        **kwargs: Any,
    ) -> None:
        """Sets how the networks learn.

        Args:
            generator_optimizer: Optimizer of the generators.
            discriminator_optimizer: Optimizer of the discriminators, another object.
            loss: A `ganzoo.losses.Loss`, its name, or a pair of functions
                (real_logits, fake_logits) -> one value per example, the
                discriminator's and the generator's.
            penalty: A `ganzoo.penalties.Penalty` of each discriminator, its name, or
                None.
            penalty_interval: Applies the penalty in every k-th update of the
                discriminators only, times k; see `penalty_terms`.
            jit_compile: As in Keras.
            **kwargs: `steps_per_execution` and `run_eagerly` of Keras.

        Raises:
            ValueError: An optimizer is missing or serves both sides; the loss or
                penalty is unknown, or the penalty's interval would be ignored; an
                argument has no meaning here; a network is frozen, or has a layer whose
                gradient TensorFlow computes wrongly; a discriminator ends in an
                activation that does not fit the loss, or has batch normalization where
                the penalty forbids it; or `jit_compile=True` on several replicas, which
                TensorFlow supports on TPUs only (there it is always on).
        """
        kwargs["jit_compile"] = jit_compile
        checks_arguments.check_known(type(self), "compile", kwargs)
        checks_arguments.check(type(self).__name__, "compile", kwargs)
        check_jit_compile(jit_compile, backend.num_devices(self))
        self._feed.reset()
        super().compile(**kwargs | {"optimizer": None})
        networks = self._named(*self.generators, *self.discriminators)
        check_trainable(networks)
        check_gradients(networks)
        with backend.scope_of(self):
            optimizers = build_optimizers(
                strategy=self.distribute_strategy,
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
        checks_arguments.check_interval(penalty_interval, self.penalty)
        self.penalty_interval = int(penalty_interval)
        for name, network in self._named(*self.discriminators).items():
            check_discriminator(name, network, self.adversarial_loss)
            check_penalty(name, network, self.penalty)
        with backend.scope_of(self):
            self.track(self.log_names())

    def learners(self) -> dict:
        """Returns both optimizers and the variables they train, by network names."""
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
        self, real_logits: KerasTensor, fake_logits: KerasTensor
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

    def generator_losses(self, fake_logits: KerasTensor, real_logits: Callable) -> dict:
        """Returns the generator's loss, one value per example.

        Args:
            fake_logits: Discriminator outputs for generated images.
            real_logits: Function that returns the outputs for real images. It is called
                only if the loss uses them, as the relativistic loss does.
        """
        loss = self.adversarial_loss
        real = real_logits() if loss.generator_uses_real else None
        return {"generator_loss": loss.generator(real, fake_logits)}

    def penalty_terms(
        self,
        discriminate: Callable,
        real: KerasTensor,
        fake: KerasTensor,
        random: StepRandom,
        training: bool = True,
    ) -> dict:
        """Returns the discriminator's penalty, one value per example, if there is one.

        With `penalty_interval=k` it is k times the penalty in every k-th update of the
        discriminators, counted by their optimizer from its first on, and elsewhere 0,
        at no cost: the same gradient on average (lazy regularization; Karras et al.
        2020, "Analyzing and Improving the Image Quality of StyleGAN", section 3.1). The
        penalty is part of the loss's own update, so the optimizer needs no correction.
        Evaluation reports the penalty of every batch.

        Args:
            discriminate: Function of images that returns their logits.
            real: Real images, `[n, ...]`.
            fake: Generated images, of the same shape.
            random: Random numbers of the step.
            training: Whether this is a train step.
        """
        penalty = self.penalty
        if penalty is None:
            return {}
        if self.penalty_interval == 1 or not training:
            return {"penalty": penalty(discriminate, real, fake, random)}
        stream = random.split()
        variables, state = trained(self.discriminators), state_of(self.discriminators)

        def value(weights: list[KerasTensor]) -> KerasTensor:
            own = stream.fold(0)  # the same numbers when it is computed again
            # A branch of a graph cannot change a layer's state, on several replicas.
            mapping = [*state, *zip(variables, weights, strict=True)]
            with backend.Scope(mapping), random_scope(own):
                once = penalty(discriminate, real, fake, own)
            return self.penalty_interval * ops.cast(once, "float32")

        updates = self.discriminator_optimizer.iterations.value
        due = ops.equal(ops.mod(updates, self.penalty_interval), 0)
        none = ops.zeros(ops.shape(real)[:1])
        weights = [variable.value for variable in variables]
        return {"penalty": backend.value_if(due, value, weights, none)}

    def discriminator_objective(self, terms: dict) -> KerasTensor:
        """Returns what the discriminators minimize, one value per example."""
        return terms["discriminator_loss"] + terms.get("penalty", 0.0)

    def generator_objective(self, terms: dict) -> KerasTensor:
        """Returns what the generators minimize, one value per example."""
        return terms["generator_loss"]

    def differentiate(
        self, function: Callable, *sides: Sequence[keras.Model]
    ) -> tuple[Any, list[list]]:
        """Differentiates one objective per side, from a single forward pass.

        Args:
            function: Function without arguments that returns a list of objectives, one
                per side with one value per example, and a dictionary of terms.
            *sides: The networks that each objective trains.

        Returns:
            The terms, and per side the gradients of the objective's mean over the
            global batch with respect to the trainable weights.
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
        """Updates the discriminators, then applies the penalty's weight constraint."""
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
        """Provides a train step and its layers with random numbers, then counts it."""
        random = self.random()
        # Keras's own layers draw from saved states; every step resets these, so that
        # their numbers are a function of (seed, step), too.
        reseed(self._seed_generators, self.random(STOCK_LAYERS))
        with random_scope(random):
            yield random
        self.step.assign_add(1)

    def update_average(self, images: KerasTensor | int) -> None:
        """Updates the weight average, if there is one, after the step was counted.

        Args:
            images: Number of real images that this replica has seen in this step.
        """
        if self.weight_average is not None:
            images = images * backend.num_replicas()
            seen = ops.cast(images, "float32") * ops.cast(self.step.value, "float32")
            self.weight_average.update(images, seen)

    def averaged_weights(self) -> contextlib.AbstractContextManager:
        """Returns a context in which the network has its averaged weights.

        Raises:
            ValueError: The model keeps no average.
        """
        if self.weight_average is None:
            raise ValueError(
                f"This {type(self).__name__} keeps no average of its weights; build it "
                "with ema_half_life=..., counted in images, e.g. 10_000."
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
        """Creates a running mean for each of these terms, which a step then reports."""
        self._trackers = [keras.metrics.Mean(name=name) for name in names]

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The running means of the terms; `fit()` resets them each epoch."""
        return self._trackers

    def log(self, terms: dict) -> dict:
        """Adds one value per example to the running means; returns this step's means.

        Args:
            terms: Tensor `[n]` for the name of each tracker.

        Returns:
            Scalars under the same names. Epoch logs come from the running means, batch
            logs from these values, so that both curves can be plotted.
        """
        for tracker in self._trackers:
            tracker.update_state(terms[tracker.name])
        return {t.name: ops.mean(terms[t.name]) for t in self._trackers}

    # ------------------------------------------------------------- the methods of Keras

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Trains as in `keras.Model`; batches must divide evenly among the replicas.

        Raises:
            ValueError: An argument would be ignored; the data do not fit the model,
                never end, or do not divide evenly among the replicas; a callback does
                not work with two optimizers; or layers were frozen since `compile()`.
        """
        self._assert_compile_called("fit")
        given = checks_arguments.bind(self, "fit", args, kwargs)
        self.check_learners()
        with backend.fitting(self):
            return super().fit(**self._feed.fit(given))

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluates as in `keras.Model`, each time with the same random numbers.

        Raises:
            ValueError: Same as `fit`.
        """
        given = checks_arguments.bind(self, "evaluate", args, kwargs)
        given = self._feed.evaluate(given)
        self.evaluation_step.assign(0)
        with backend.fitting(self):
            return super().evaluate(**given)

    def train_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """Works as in `keras.Model`.

        Raises:
            ValueError: Same as `fit`.
        """
        self._assert_compile_called("train_on_batch")
        given = checks_arguments.bind(self, "train_on_batch", args, kwargs)
        self.check_learners()
        with backend.fitting(self):
            return super().train_on_batch(**self._feed.batch(given))

    def test_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """Works as in `keras.Model`.

        Raises:
            ValueError: Same as `fit`.
        """
        given = checks_arguments.bind(self, "test_on_batch", args, kwargs)
        with backend.fitting(self):
            return super().test_on_batch(**self._feed.batch(given))

    def check_learners(self) -> None:
        """Checks that the optimizers still train what they were compiled with.

        Raises:
            ValueError: Layers were frozen or unfrozen since `compile()`.
        """
        for name, (optimizer, variables) in self.learners().items():
            check_unchanged(name, optimizer, variables)

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Raises an error that names the alternative, unless a subclass defines `call`.

        Raises:
            ValueError: The class has no `call`.
        """
        self._refuse_call("predict()")
        return super().predict(*args, **kwargs)

    def predict_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """Raises like `predict`, unless a subclass defines `call`."""
        self._refuse_call("predict_on_batch()")
        return super().predict_on_batch(*args, **kwargs)

    def export(self, *args: Any, **kwargs: Any) -> Any:
        """Raises like `predict`, unless a subclass defines `call`."""
        self._refuse_call("export()")
        return super().export(*args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Raises like `predict`, unless a subclass defines `call`."""
        self._refuse_call("calling it")
        return super().__call__(*args, **kwargs)

    def _refuse_call(self, what: str) -> None:
        if type(self).call is keras.Model.call:
            raise ValueError(
                f"A {type(self).__name__} has several networks, and {what} does not "
                f"say which; {self.instead_of_call}. To export one: "
                "network.export(path)."
            )

    def phases(self) -> list[tuple[int, Callable]]:
        """Returns (number of steps, step function) of phases before `train_step`."""
        return []

    def make_train_function(self, force: bool = False) -> Callable:
        """Builds the function of `fit()`; see `ganzoo.gans.train_function`."""
        if self.train_function is None or force:
            self.train_function = train_function.for_training(self)
        return self.train_function

    def make_test_function(self, force: bool = False) -> Callable:
        """Builds the function of `evaluate()`; see `ganzoo.gans.train_function`."""
        if self.test_function is None or force:
            self.test_function = train_function.for_evaluation(self)
        return self.test_function

    def _symbolic_build(
        self, iterator: Iterator | None = None, data_batch: Any = None
    ) -> None:
        """Does nothing: all is built, and Keras's version fails on several workers."""

    _maybe_symbolic_build = _symbolic_build  # as TensorFlow's trainer calls it

    def jax_state_sync(self) -> None:
        """Does nothing: on JAX, too, variables have their values after every step."""

    def _purge_model_variables(self, **kwargs: bool) -> None:
        """Does nothing, for the same reason."""

    # -------------------------------------------------------------------------- files

    def get_config(self) -> dict:
        """Returns all arguments of the constructor, the networks serialized.

        Keyword-only arguments are read from attributes of the same name, so a variant
        that stores its arguments needs no code for this.
        """
        arguments = {name: getattr(self, name) for name in saving.arguments(type(self))}
        networks = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in (*self.networks, *self.parts)
        }
        return super().get_config() | arguments | networks

    @classmethod
    def from_config(cls, config: dict) -> "AdversarialModel":
        """Builds the model, with fresh networks, from `get_config()`."""
        config = copy.deepcopy(config)  # Keras removes what it reads
        for name in (*cls.networks, *cls.parts, "dtype"):
            if name in config:
                config[name] = keras.saving.deserialize_keras_object(config[name])
        return cls(**config)

    def save(self, filepath: Any, *args: Any, **kwargs: Any) -> None:
        """Saves the model as in Keras, as a `.keras` file only.

        Raises:
            ValueError: Another suffix, such as .h5, whose format has no place for two
                optimizers.
        """
        if not str(filepath).endswith(".keras"):
            raise ValueError(
                f"{str(filepath)!r} must end in .keras. For the weights alone use "
                "save_weights('....weights.h5')."
            )
        super().save(filepath, *args, **kwargs)

    def get_compile_config(self) -> dict:
        """Returns the arguments of `compile()`, serialized.

        Register custom losses and penalties with
        `keras.saving.register_keras_serializable`; otherwise this returns nothing, and
        the loaded model must be compiled again.
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
    """Refuses XLA on several replicas outside TPUs."""
    on_tensorflow = keras.config.backend() == "tensorflow"
    if jit_compile is True and replicas > 1 and on_tensorflow:
        raise ValueError(
            f"jit_compile=True does not work on {replicas} replicas; leave it at "
            "'auto' (TPUs always compile the step)."
        )


class _Counter(keras.Variable):
    """A saved integer that `int()` can read under every strategy."""

    def __init__(self, name: str):
        super().__init__(
            0,
            dtype="int",
            trainable=False,
            aggregation="only_first_replica",
            name=name,
        )

    def __int__(self) -> int:
        return int(self.numpy())  # Keras's own fails on a mirrored variable
