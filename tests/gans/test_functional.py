"""The train step as a pure function: state and batch in, state and logs out."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.optimizers.base_optimizer import BaseOptimizer

from ganzoo import layers


def stateless_adam():
    """An optimizer whose updates a StatelessScope can catch.

    Keras's TensorFlow optimizers assign to tf.Variables behind its back; this one goes
    through Keras's own variables.
    """
    optimizer = keras.optimizers.Adam(0.01)
    names = ("assign", "assign_add", "assign_sub", "_backend_update_step", "_var_key")
    for name in (*names, "add_variable_from_reference"):
        method = types.MethodType(getattr(BaseOptimizer, name), optimizer)
        object.__setattr__(optimizer, name, method)
    return optimizer


def state_variables(gan):
    """The variables that a step reads or writes."""
    optimizers = (gan.generator_optimizer, gan.discriminator_optimizer)
    found = [*gan.variables, *(v for o in optimizers for v in o.variables)]
    return list({id(variable): variable for variable in found}.values())


def pure_step(gan):
    """Returns the step as a function of tensors."""
    variables = state_variables(gan)

    def step(state, batch):
        mapping = list(zip(variables, state, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            logs = gan.train_step(batch)
        return [scope.get_current_value(variable) for variable in variables], logs

    return step


CASES = {
    "alternating": {
        "networks": {"norm": layers.BatchNormalization, "dropout": layers.Dropout}
    },
    "simultaneous": {
        "networks": {"dropout": layers.Dropout},
        "update": "simultaneous",
        "ema_half_life": 30.0,
    },
    "critic": {
        "compiled": {
            "loss": "wasserstein",
            "penalty": "gradient_penalty",
        },
        "discriminator_steps": 2,
    },
    "clipped": {"compiled": {"loss": "wasserstein", "penalty": "weight_clipping"}},
}


@pytest.mark.parametrize("name", CASES)
def test_pure_step_under_xla_equals_the_stateful_one(name, tiny_gan, tiny_batches):
    case = CASES[name]
    batches = tiny_batches(2, 8 * case.get("discriminator_steps", 1))
    stateful = tiny_gan(optimizer=lambda: keras.optimizers.Adam(0.01), **case)
    stateful.fit(batches, verbose=0)

    pure = tiny_gan(optimizer=stateless_adam, **case)
    variables = state_variables(pure)
    before = [variable.numpy() for variable in variables]
    step = tf.function(pure_step(pure), jit_compile=True, autograph=False)
    state = [tf.convert_to_tensor(value) for value in before]
    for batch in batches:
        state, _ = step(state, batch)

    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)  # nothing was assigned
    for variable, value in zip(state_variables(stateful), state, strict=True):
        np.testing.assert_allclose(
            value, variable.numpy(), rtol=1e-4, atol=1e-5, err_msg=variable.path
        )
