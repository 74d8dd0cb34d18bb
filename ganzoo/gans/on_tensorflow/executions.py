"""Several train steps in one graph."""

from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

from ganzoo.gans.on_tensorflow import pipeline


def in_one_graph(model: keras.Model, step: Callable, one_by_one: Callable) -> Callable:
    """Runs an execution's steps in one graph, and logs their means.

    If the data may end, the graph checks before each step whether there is a batch.

    Args:
        model: The model, with the number of steps.
        step: Function of a batch that returns the logs.
        one_by_one: Function of an iterator that runs the steps outside of a graph.
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
        with pipeline.clear_errors():
            if model._feed.endless:
                return endless(iterator)
            taken, logs = ending(iterator)
        if not taken:
            raise StopIteration
        return logs

    return function
