"""The functions of `fit()` and `evaluate()`: steps on all replicas, several per call.

Keras's own loop fails with several steps per execution under MirroredStrategy, and on a
TPU it reports the first replica's values for all.
"""

import functools
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from ganzoo import backend
from ganzoo.gans import pipeline_checks


def for_training(model: keras.Model) -> Callable:
    """Returns the function of `fit()`: `steps_per_execution` steps in one call."""
    step = _compiled(model, functools.partial(scheduled_step, model))

    def timed(iterator: Iterator) -> Any:
        start = time.perf_counter()
        data = model._feed.fetch(iterator)
        model.data_seconds += time.perf_counter() - start
        return data

    one_by_one = _one_by_one(model, step, timed)
    if model.steps_per_execution > 1 and not model.run_eagerly:
        return _in_one_graph(model, step, one_by_one)
    return one_by_one


def for_evaluation(model: keras.Model) -> Callable:
    """Returns the function of `evaluate()`, which reports the running means.

    Steps run one by one, so batches need not divide into executions. A partial last
    batch may leave a replica without examples, and so without means.
    """
    test = functools.partial(
        backend.on_replicas, model.distribute_strategy, model.test_step
    )
    step = _one_by_one(model, _compiled(model, test), model._feed.fetch)

    def function(iterator: Iterator) -> dict:
        step(iterator)
        return model.get_metrics_result()

    return function


def scheduled_step(model: keras.Model, data: Any) -> dict:
    """Runs the step of the current phase, by the saved counter, on all replicas.

    A replica cannot update variables in a branch of the graph, but a branch can run all
    replicas.
    """
    lengths, steps = zip(*model.phases(), (None, model.train_step), strict=True)
    rounds = [
        functools.partial(backend.on_replicas, model.distribute_strategy, step, data)
        for step in steps
    ]
    ends = list(itertools.accumulate(lengths[:-1]))
    if not ends:
        return rounds[0]()
    over = [tf.cast(model.step.value >= end, tf.int32) for end in ends]
    return backend.switch(tf.add_n(over), rounds)


def _compiled(model: keras.Model, function: Callable) -> Callable:
    if model.run_eagerly:
        return function
    return backend.compiled(function, model.jit_compile)


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


def _in_one_graph(model: keras.Model, step: Callable, one_by_one: Callable) -> Callable:
    """Runs an execution's steps in one graph, and logs their means.

    If the data may end, the graph checks before each step whether there is a batch.
    """
    names = [tracker.name for tracker in model.metrics]

    @tf.function(reduce_retracing=True)
    def endless(iterator: tf.data.Iterator) -> dict:
        totals = dict.fromkeys(names, tf.constant(0.0))
        for _ in tf.range(model.steps_per_execution):
            logs = step(next(iterator))
            totals = {name: totals[name] + logs[name] for name in names}
        return {name: totals[name] / model.steps_per_execution for name in names}

    @tf.function(reduce_retracing=True)
    def ending(iterator: tf.data.Iterator) -> tuple[tf.Tensor, dict]:
        taken, totals = 0, dict.fromkeys(names, tf.constant(0.0))
        for _ in tf.range(model.steps_per_execution):
            batch = iterator.get_next_as_optional()
            if batch.has_value():
                logs = step(batch.get_value())
                totals = {name: totals[name] + logs[name] for name in names}
                taken += 1
        count = tf.cast(tf.maximum(taken, 1), tf.float32)
        return taken, {name: totals[name] / count for name in names}

    def function(iterator: Iterator) -> dict:
        in_graph = tf.data.Iterator | tf.distribute.DistributedIterator
        # A Python iterator comes from train_on_batch().
        if model._feed.keep_looking or not isinstance(iterator, in_graph):
            return one_by_one(iterator)
        with pipeline_checks.clear_errors():
            if model._feed.endless:
                return endless(iterator)
            taken, logs = ending(iterator)
        if not taken:
            raise StopIteration
        return logs

    return function
