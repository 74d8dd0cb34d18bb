"""With determinism, gradients are added up in one order, whatever the timing."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context

from ganzoo import backend

TERMS = (1e8, 1.0, -1e8, 1.0)  # in float32 each order has another sum


def gradients_of(weight):
    """The gradient of a weight of 0.5 whose square each of four terms uses once."""

    def loss():
        return [sum(t * keras.ops.sum(weight.value**2) for t in TERMS)], ()

    return backend.value_and_gradients(loss, [weight])[1][0][0]


def executed(function) -> set[str]:
    """The kinds of operations that are run, after TensorFlow's rewriting."""
    context.context().enable_graph_collection()
    try:
        function()
        graphs = context.context().export_run_metadata().function_graphs
    finally:
        context.context().disable_graph_collection()
    last = graphs[-1].post_optimization_graph
    nodes = [*last.node, *(n for f in last.library.function for n in f.node_def)]
    return {node.op for node in nodes}


@pytest.mark.parametrize("deterministic", [False, True])
def test_only_with_determinism_no_sum_of_several_terms_is_left(deterministic):
    if deterministic:
        backend.enable_determinism()
    weight = keras.Variable(np.full(3, 0.5, "float32"))
    step = tf.function(lambda: gradients_of(weight))
    assert ("AddN" in executed(step)) == (not deterministic)


def test_the_sum_is_that_of_one_order():
    backend.enable_determinism()
    weight = keras.Variable(np.full(3, 0.5, "float32"))
    found = {tuple(tf.function(lambda: gradients_of(weight))().numpy()) for _ in "abc"}
    assert found <= {(1.0,) * 3, (0.0,) * 3, (2.0,) * 3}
    assert len(found) == 1


def test_gradients_of_embeddings_are_added_too():
    backend.enable_determinism()
    table = keras.Variable(np.ones((4, 2), "float32"))

    def looked_up(*uses):
        def loss():
            return [sum(keras.ops.sum(use(table.value)) for use in uses)], ()

        gradient = backend.value_and_gradients(loss, [table])[1][0]
        return np.asarray(backend.dense(gradient)[0])

    def row(number):
        return lambda values: keras.ops.take(values, [number, 1], axis=0)

    rows = looked_up(row(0), row(2), row(2))
    np.testing.assert_array_equal(rows, [[1, 1], [3, 3], [2, 2], [0, 0]])
    mixed = looked_up(row(0), lambda values: 2 * values, row(2))
    np.testing.assert_array_equal(mixed, [[3, 3], [4, 4], [3, 3], [2, 2]])
