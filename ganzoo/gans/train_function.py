"""The functions of `fit()` and `evaluate()`: steps on all replicas, several per call.

Keras's own loop on TensorFlow fails with several steps per execution under
MirroredStrategy, and on a TPU it reports the first replica's values for all. Keras's
own on JAX takes the variables' values from them for the length of an epoch, and a
callback that reads one within it would see its initial value.
"""

import functools
import itertools
import operator
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras import ops

from ganzoo import backend


def for_training(model: keras.Model) -> Callable:
    """Returns the function of `fit()`: `steps_per_execution` steps in one call."""
    step = _compiled(model, functools.partial(scheduled_step, model))

    def timed(iterator: Iterator) -> Any:
        start = time.perf_counter()
        data = model._feed.fetch(iterator)
        model.data_seconds += time.perf_counter() - start
        return data

    one_by_one = _one_by_one(model, step, timed)
    if keras.config.backend() != "tensorflow":
        return _with_state(one_by_one)
    if model.steps_per_execution > 1 and not model.run_eagerly:
        from ganzoo.gans.on_tensorflow import executions

        return executions.in_one_graph(model, step, one_by_one)
    return one_by_one


def for_evaluation(model: keras.Model) -> Callable:
    """Returns the function of `evaluate()`, which reports the running means.

    Steps run one by one, so batches need not divide into executions. A partial last
    batch may leave a replica without examples, and so without means.
    """
    test = functools.partial(backend.on_replicas, model, model.test_step)
    step = _one_by_one(model, _compiled(model, test), model._feed.fetch)

    def function(iterator: Iterator) -> dict:
        step(iterator)
        return model.get_metrics_result()

    return function if keras.config.backend() == "tensorflow" else _with_state(function)


def scheduled_step(model: keras.Model, data: Any) -> dict:
    """Runs the step of the current phase, by the saved counter, on all replicas.

    A replica cannot update variables in a branch of the graph, but a branch can run all
    replicas.
    """
    lengths, steps = zip(*model.phases(), (None, model.train_step), strict=True)
    rounds = [functools.partial(backend.on_replicas, model, s, data) for s in steps]
    ends = list(itertools.accumulate(lengths[:-1]))
    if not ends:
        return rounds[0]()
    over = [ops.cast(model.step.value >= end, "int32") for end in ends]
    return backend.switch(functools.reduce(operator.add, over), rounds)


def variables_of(model: keras.Model) -> list[keras.Variable]:
    """Returns the variables that the steps of a model read or write, each once."""
    of_optimizers = getattr(model.optimizer, "variables", [])
    found = [*model.variables, *of_optimizers, *model.metrics_variables]
    return list({id(variable): variable for variable in found}.values())


def _compiled(model: keras.Model, function: Callable) -> Callable:
    if model.run_eagerly:
        return function
    return backend.compiled(function, model.jit_compile, variables_of(model))


def _one_by_one(model: keras.Model, step: Callable, fetch: Callable) -> Callable:
    """Runs an execution's steps one by one, until the data end."""

    def function(iterator: Iterator) -> dict | None:
        logs = None
        for _ in range(model.steps_per_execution):
            try:
                data = fetch(iterator)
            except StopIteration:
                if logs is None:
                    raise
                break
            logs = step(data)
        return logs

    return function


def _with_state(function: Callable) -> Callable:
    """Takes and returns a state, as Keras on JAX calls it; the variables hold it."""
    return lambda state, iterator: (function(iterator), state)
