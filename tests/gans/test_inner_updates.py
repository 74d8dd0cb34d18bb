"""Keras's updates, done on tensors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import backend
from ganzoo.gans.inner_updates import check_optimizer, descend


def decay(**arguments):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    return keras.optimizers.Adam(schedule, **arguments)


OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.1),
    "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "nesterov": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda: keras.optimizers.Adam(0.1, beta_1=0.5, beta_2=0.9, epsilon=1e-3),
    "scheduled_adam": decay,
}


def built(optimizer):
    """Two variables, one with a constraint, and an optimizer two steps old."""
    variables = [
        keras.Variable(np.float32([1.0, -2.0, 0.0]), name="free"),
        keras.Variable(np.float32([[3.0, 0.1]]), name="positive"),
    ]
    variables[1].constraint = keras.constraints.NonNeg()
    optimizer.build(variables)
    for step in range(2):
        optimizer.apply(slopes(step), variables)
    return variables


def slopes(step):
    numbers = np.random.default_rng(step)
    values = [numbers.normal(size=3), 4.0 + numbers.normal(size=(1, 2))]
    values[0][2] = 0.0  # a weight that no example reaches
    return [tf.constant(value, tf.float32) for value in values]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_three_updates_in_a_scope_are_those_of_keras(name):
    optimizer = OPTIMIZERS[name]()
    variables = built(optimizer)
    carried = [*variables, *optimizer.variables]
    state = [tf.convert_to_tensor(variable.value) for variable in carried]
    with keras.StatelessScope(zip(carried, state, strict=True)) as scope:
        for step in range(2, 5):
            descend(optimizer, slopes(step), variables)
            optimizer.iterations.assign(optimizer.iterations.value + 1)
        found = [scope.get_current_value(variable) for variable in carried]

    for variable, value in zip(carried, state, strict=True):
        np.testing.assert_array_equal(variable, value)  # nothing was assigned
    for step in range(2, 5):
        optimizer.apply(slopes(step), variables)
    assert variables[1].numpy().min() == 0.0  # the constraint was at work
    for variable, value in zip(carried, found, strict=True):
        np.testing.assert_allclose(value, variable, rtol=2e-7, err_msg=variable.path)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_update_has_finite_slopes_where_the_gradient_is_zero(name):
    optimizer = OPTIMIZERS[name]()
    variable = keras.Variable(np.float32([1.0, 2.0]))
    optimizer.build([variable])
    gradient = tf.constant([0.0, 3.0])
    with keras.StatelessScope() as scope, tf.GradientTape() as tape:
        tape.watch(gradient)
        descend(optimizer, [gradient], [variable])
        updated = scope.get_current_value(variable)
    slope = tape.gradient(updated, gradient)
    assert np.isfinite(slope).all()
    assert slope[0] < 0


def test_adam_takes_a_first_step_of_the_rate_however_small_the_gradient():
    optimizer = keras.optimizers.Adam(0.1, epsilon=0.0)
    variable = keras.Variable(np.float32([1.0, 1.0]))
    optimizer.build([variable])
    with keras.StatelessScope() as scope:
        descend(optimizer, [tf.constant([1e-6, -2.0])], [variable])
        updated = scope.get_current_value(variable)
    np.testing.assert_allclose(updated, [0.9, 1.1], rtol=1e-6)


def test_slices_of_a_row_looked_up_twice_are_added_up():
    slices = tf.IndexedSlices([[1.0], [3.0], [5.0]], [0, 0, 2], [3, 1])
    found, nothing = backend.dense([slices, None])
    np.testing.assert_array_equal(found, [[4.0], [0.0], [5.0]])
    assert nothing is None


class NewAdam(keras.optimizers.Adam):
    pass


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (keras.optimizers.RMSprop, r"SGD and Adam; discriminator_optimizer is RMSprop"),
        (keras.optimizers.AdamW, "is AdamW"),
        (NewAdam, "is NewAdam"),
        (lambda: keras.optimizers.Adam(amsgrad=True), "amsgrad=True"),
        (lambda: keras.optimizers.Adam(weight_decay=0.01), "weight_decay=0.01"),
        (lambda: keras.optimizers.SGD(clipnorm=1.0), "clipnorm=1.0"),
        (lambda: keras.optimizers.SGD(clipvalue=1.0), "clipvalue=1.0"),
        (lambda: keras.optimizers.SGD(global_clipnorm=1.0), "global_clipnorm=1.0"),
        (lambda: keras.optimizers.Adam(use_ema=True), "use_ema=True"),
        (lambda: keras.optimizers.Adam(loss_scale_factor=2.0), "loss_scale_factor=2"),
        (
            lambda: keras.optimizers.Adam(gradient_accumulation_steps=2),
            "gradient_accumulation_steps=2",
        ),
    ],
)
def test_what_cannot_be_unrolled_is_refused(optimizer, message):
    with pytest.raises(ValueError, match=message):
        check_optimizer(optimizer())
