"""What a step is refused for, by name and line."""

import re
from pathlib import Path

import pytest
import tensorflow as tf

from ganzoo import layers
from tpu import graphs

SPEC = tf.TensorSpec([8, 4])
HERE = Path(__file__).relative_to(Path(__file__).parents[2])


def graph_of(function) -> tf.Graph:
    return tf.function(function, autograph=False).get_concrete_function(SPEC).graph


def unique(x):
    return tf.reduce_sum(tf.unique(tf.reshape(x, [-1]))[0])


def masked(x):
    return tf.reduce_sum(tf.boolean_mask(x * 2.0, x > 0))


def in_a_loop(x):
    def body(i, total):
        return i + 1, total + unique(x)

    return tf.while_loop(lambda i, total: i < 3, body, (0, 0.0))[1]


def in_a_function(x):
    return tf.function(masked, autograph=False)(x)


def in_a_branch(x):
    return tf.cond(tf.reduce_sum(x) > 0, lambda: unique(x), lambda: 0.0)


@pytest.mark.parametrize(
    ("step", "kind", "line_of"),
    [
        (unique, "Unique", unique),
        (masked, "Where", masked),
        (in_a_loop, "Unique", unique),
        (in_a_function, "Where", masked),
        (in_a_branch, "Unique", unique),
    ],
)
def test_a_shape_that_depends_on_data_is_refused_by_name_and_line(step, kind, line_of):
    refusal = graphs.dynamic_shape(graph_of(step))
    assert refusal.stage == "static shapes"
    assert refusal.operation.startswith(f"{kind} '")
    line = line_of.__code__.co_firstlineno + 1
    assert refusal.source == f"{HERE}:{line} in {line_of.__name__}"
    assert "None" in refusal.message


def test_the_first_such_operation_is_the_one_named():
    refusal = graphs.dynamic_shape(graph_of(lambda x: masked(x) + unique(x)))
    assert refusal.operation == "Where 'boolean_mask/Where'"


def loop_with_an_array(x):
    def body(i, array):
        return i + 1, array.write(i, x * tf.cast(i, tf.float32))

    array = tf.TensorArray(tf.float32, 3, element_shape=[8, 4])
    return tf.while_loop(lambda i, array: i < 3, body, (0, array))[1].stack()


def gradient_through_a_loop(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.while_loop(
            lambda i, y: i < 3,
            lambda i, y: (i + 1, y * x),
            (0, x),
            maximum_iterations=3,
        )[1]
        loss = tf.reduce_sum(y[:, None] * tf.ones([1, 5, 1]))
    return tape.gradient(loss, x)


def test_what_a_fused_normalisation_reserves_is_no_shape_that_depends_on_data():
    """On one replica; its gradient reads what the kernel has reserved for it."""
    layer = layers.BatchNormalization()
    layer.build((None, 4))

    def normalised(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(layer(x, training=True) ** 3)
        return tape.gradient(loss, [x, layer.gamma.value])

    graph = graph_of(normalised)
    kinds = {operation.type for operation in graphs.operations(graph)}
    assert kinds >= {"FusedBatchNormV3", "FusedBatchNormGradV3"}
    assert graphs.dynamic_shape(graph) is None


def test_a_result_that_nothing_reads_is_not_lowered():
    def unread(x):
        tf.unique(x[:, 0])
        return x * 2.0

    assert graphs.dynamic_shape(graph_of(unread)) is None
    returned = graphs.dynamic_shape(graph_of(lambda x: tf.unique(x[:, 0])[0]))
    assert returned.operation.startswith("Unique '")


@pytest.mark.parametrize("step", [loop_with_an_array, gradient_through_a_loop])
def test_static_shapes_pass_in_loops_too(step):
    graph = graph_of(step)
    kinds = {operation.type for operation in graphs.operations(graph)}
    assert kinds & {"While", "StatelessWhile"}
    assert graphs.dynamic_shape(graph) is None


def python_inside(x):
    return tf.py_function(lambda a: a, [x * 2.0], tf.float32)


def text_inside(x):
    y = x * 3.0
    return tf.strings.length(tf.strings.as_string(y))


def lowering_error(step) -> tuple[tf.Graph, str]:
    function = tf.function(step, jit_compile=True, autograph=False)
    graph = function.get_concrete_function(SPEC).graph
    with pytest.raises(ValueError) as error:  # noqa: PT011
        function.experimental_get_compiler_ir(SPEC)(
            stage="stablehlo_serialized", platform_name="CPU"
        )
    return graph, str(error.value)


@pytest.mark.parametrize(
    ("step", "kind", "offset"),
    [(python_inside, "EagerPyFunc", 1), (text_inside, "AsString", 2)],
)
def test_an_operation_without_a_kernel_is_named_with_its_line(step, kind, offset):
    graph, message = lowering_error(step)
    refusal = graphs.unsupported(graph, message)
    assert refusal.stage == "lowering"
    assert refusal.operation == f"{kind} '{kind}'"
    line = step.__code__.co_firstlineno + offset
    assert refusal.source == f"{HERE}:{line} in {step.__name__}"
    assert re.fullmatch(r"no kernel for XLA_\w+", refusal.message)


def test_an_operation_that_is_not_in_the_graph_is_named_as_the_message_does():
    _, message = lowering_error(text_inside)
    refusal = graphs.unsupported(graph_of(unique), message)
    assert refusal.operation == "AsString 'AsString'"
    assert refusal.source.startswith(f"{HERE}:")


def test_a_message_without_an_operation_is_passed_on():
    refusal = graphs.unsupported(graph_of(unique), "\n  Out of luck.\nMore.")
    assert (refusal.message, refusal.operation) == ("Out of luck.", None)


def test_lines_of_the_libraries_are_passed_over():
    frames = [
        ("/somewhere/game.py", 3, "step"),
        ("/site-packages/keras/src/layers/layer.py", 9, "__call__"),
        ("/site-packages/tensorflow/python/ops/array_ops.py", 5, "unique"),
        ("<frozen runpy>", 1, "run"),
    ]
    assert graphs.innermost(frames) == "/somewhere/game.py:3 in step"
    assert graphs.innermost(frames[1:]) is None
