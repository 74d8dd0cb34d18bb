"""What every adversarial game shares: steps, randomness, logs, replicas."""

import functools
import itertools
import time
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

from ganzoo import distribute
from ganzoo.distribute import StepRandom
from ganzoo.gans import feeding
from ganzoo.gans.checked_model import CheckedModel

# The independent streams of one seed.
TRAINING, EVALUATION, GENERATION, STOCK_LAYERS = range(4)


class Game(CheckedModel):
    """A `keras.Model` whose training is a function of (seed, step, global batch).

    It supplies `fit()` and `evaluate()` with steps that run on any number of replicas,
    a saved step counter with the random numbers that follow from it, and one mean
    tracker for each value that a step reports. What the players are and how they learn
    is the business of the subclasses, in `train_step` and `test_step`.
    """

    def __init__(self, *, seed: int = 0, **kwargs):
        """Starts at step 0.

        Args:
            seed: Integer of 64 bits; with the step it determines all noise.
            **kwargs: As in `keras.Model`.
        """
        super().__init__(**kwargs)
        self.seed = distribute.checked_seed(seed)
        #: Seconds that `fit()` has waited for data; whoever reads it may reset it.
        self.data_seconds = 0.0
        self.step = _Counter("step")
        self.evaluation_step = _Counter("evaluation_step")
        self._trackers = []
        # The players are built when they are handed in: nothing is left to build by
        # calling the game on a batch of images, which is no input of a generator.
        self.built = True

    def random(self, purpose: int = TRAINING) -> StepRandom:
        """Returns the random numbers of the step at hand, on this replica."""
        step = self.evaluation_step if purpose == EVALUATION else self.step
        root = StepRandom.root(self.seed, distribute.replica_id())
        return root.fold(purpose).fold(step.value)

    # ------------------------------------------------------------------------- logs

    def track(self, names: list[str]) -> None:
        """Sets the values that a step reports, by name."""
        self._trackers = [keras.metrics.Mean(name=name) for name in names]

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The trackers; `fit()` resets them at the start of each epoch."""
        return self._trackers

    def log(self, values: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Adds one value an example to the trackers; returns this step's means.

        Args:
            values: For each tracker's name a tensor `[n]`.

        Returns:
            Scalars under the same names. Epoch logs come from the trackers, batch logs
            from here, so that both curves can be drawn.
        """
        for tracker in self._trackers:
            tracker.update_state(values[tracker.name])
        return {
            tracker.name: tf.reduce_mean(values[tracker.name])
            for tracker in self._trackers
        }

    # ------------------------------------------------------------------ fit, evaluate

    def compile(self, *, jit_compile: bool | str = "auto", **kwargs) -> None:
        """As in `keras.Model`, without an optimiser: the players have their own.

        Raises:
            ValueError: An argument that would be ignored; or XLA asked for on several
                replicas, which TensorFlow does not support outside TPUs (there it is
                always on).
        """
        replicas = self.distribute_strategy.num_replicas_in_sync
        if jit_compile is True and replicas > 1:
            raise ValueError(
                f"jit_compile=True does not work on {replicas} replicas; leave it at "
                "'auto' (a TPU compiles the step by itself)."
            )
        super().compile(jit_compile=jit_compile, **kwargs)

    def evaluate(self, *args, **kwargs):
        """As in `keras.Model`; each evaluation starts from the same noise."""
        self.evaluation_step.assign(0)
        return super().evaluate(*args, **kwargs)

    def make_train_function(self, force: bool = False):
        """Makes the function of `fit()`: `steps_per_execution` steps in one call.

        Keras's own loop fails with several steps an execution under MirroredStrategy,
        and on a TPU it reports the first replica's values for all.
        """
        if self.train_function is None or force:
            step = self._compiled(self.train_round)
            self.train_function = self._stepwise(step, self._timed_next)
            if self.steps_per_execution > 1 and not self.run_eagerly:
                self.train_function = self._executed(step, self.train_function)
        return self.train_function

    def make_test_function(self, force: bool = False):
        """Makes the function of `evaluate()`; see `make_train_function`."""
        if self.test_function is None or force:
            # Steps one by one: batches need not divide into executions here. What is
            # reported are the running means, for a partial last batch may leave a
            # replica without examples, and so without means of its own.
            test = functools.partial(self.on_replicas, self.test_step)
            step = self._stepwise(self._compiled(test), self._fetch)

            def function(iterator: Iterator):
                step(iterator)
                return self.get_metrics_result()

            self.test_function = function
        return self.test_function

    def phases(self) -> list[tuple[int, Callable]]:
        """Returns how many train steps of another kind come first; as a rule none."""
        return []

    def train_round(self, data) -> dict[str, tf.Tensor]:
        """Takes the step that is due, by the saved counter, on all replicas.

        Within a replica an update cannot stand in a branch of the graph; the replicas
        can.
        """
        numbers, steps = zip(*self.phases(), (None, self.train_step), strict=True)
        rounds = [functools.partial(self.on_replicas, step, data) for step in steps]
        ends = list(itertools.accumulate(numbers[:-1]))
        if not ends:
            return rounds[0]()
        over = [tf.cast(self.step.value >= end, tf.int32) for end in ends]
        return tf.switch_case(tf.add_n(over), rounds)

    def on_replicas(self, step: Callable, data) -> dict[str, tf.Tensor]:
        """Calls a step on all replicas; returns its logs, averaged over them."""
        strategy = self.distribute_strategy
        logs = strategy.run(step, args=(data,))
        return {
            name: strategy.reduce("MEAN", value, axis=None)
            for name, value in logs.items()
        }

    def _compiled(self, function: Callable) -> Callable:
        if self.run_eagerly:
            return function
        return tf.function(
            function,
            jit_compile=self.jit_compile or None,
            reduce_retracing=True,
            autograph=False,  # as in Keras: steps have no loops to convert
        )

    def _stepwise(self, on_replicas: Callable, fetch: Callable) -> Callable:
        """Runs an execution's steps one by one, as far as the data go."""

        def function(iterator: Iterator):
            logs = None
            for _ in range(self.steps_per_execution):
                try:
                    data = fetch(iterator)
                except StopIteration:
                    if logs is None:
                        raise
                    break
                logs = on_replicas(data)
            return logs

        return function

    def _timed_next(self, iterator: Iterator):
        start = time.perf_counter()
        data = self._fetch(iterator)
        self.data_seconds += time.perf_counter() - start
        return data

    def _executed(self, on_replicas: Callable, stepwise: Callable) -> Callable:
        """Runs an execution's steps in one graph; their mean is what it logs.

        Where data may end, the graph asks before each step whether there is a batch.
        """
        names = [tracker.name for tracker in self._trackers]

        @tf.function(reduce_retracing=True)
        def endless(iterator):
            totals = dict.fromkeys(names, tf.constant(0.0))
            for _ in tf.range(self.steps_per_execution):
                logs = on_replicas(next(iterator))
                totals = {name: totals[name] + logs[name] for name in names}
            return {name: totals[name] / self.steps_per_execution for name in names}

        @tf.function(reduce_retracing=True)
        def ending(iterator):
            taken, totals = 0, dict.fromkeys(names, tf.constant(0.0))
            for _ in tf.range(self.steps_per_execution):
                batch = iterator.get_next_as_optional()
                if batch.has_value():
                    logs = on_replicas(batch.get_value())
                    totals = {name: totals[name] + logs[name] for name in names}
                    taken += 1
            count = tf.cast(tf.maximum(taken, 1), tf.float32)
            return taken, {name: totals[name] / count for name in names}

        def function(iterator: Iterator):
            in_graph = tf.data.Iterator | tf.distribute.DistributedIterator
            # A Python iterator comes from train_on_batch().
            if self._keep_looking or not isinstance(iterator, in_graph):
                return stepwise(iterator)
            with feeding.clear_errors():
                if self._endless:
                    return endless(iterator)
                taken, logs = ending(iterator)
            if not taken:
                raise StopIteration
            return logs

        return function

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Nothing is left to build, and reducing a batch fails on several workers."""


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
