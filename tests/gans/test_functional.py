"""The train step as a pure function: state and batch in, state and logs out."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.optimizers.base_optimizer import BaseOptimizer

from ganzoo import layers


def make_stateless(optimizer):
    """Sends updates through Keras's variables, which a StatelessScope can catch.

    Keras's TensorFlow optimisers assign to tf.Variables behind its back.
    """
    names = ("assign", "assign_add", "assign_sub", "_backend_update_step", "_var_key")
    for name in names:
        method = types.MethodType(getattr(BaseOptimizer, name), optimizer)
        object.__setattr__(optimizer, name, method)


def pure_step(gan):
    """Returns the step as a function of tensors, and the variables of its state."""
    optimizers = (gan.generator_optimizer, gan.discriminator_optimizer)
    found = [*gan.variables, *(v for o in optimizers for v in o.variables)]
    variables = list({id(variable): variable for variable in found}.values())
    for optimizer in optimizers:
        make_stateless(optimizer)

    def step(state, batch):
        mapping = list(zip(variables, state, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            logs = gan.train_step(batch)
        return [scope.get_current_value(variable) for variable in variables], logs

    return step, variables


CASES = {
    "alternating": {"players": {"norm": True, "dropout": layers.Dropout}},
    "simultaneous": {
        "players": {"dropout": keras.layers.Dropout},
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
    case = {"optimizer": lambda: keras.optimizers.Adam(0.01)} | CASES[name]
    batches = tiny_batches(2, 8 * case.get("discriminator_steps", 1))
    stateful, pure = tiny_gan(**case), tiny_gan(**case)
    stateful.fit(batches, verbose=0)
    step, variables = pure_step(pure)
    before = [variable.numpy() for variable in variables]
    compiled = tf.function(step, jit_compile=True, autograph=False)
    state = [tf.convert_to_tensor(value) for value in before]
    for batch in batches:
        state, _ = compiled(state, batch)

    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)  # nothing was assigned
    _, expected = pure_step(stateful)
    for variable, value in zip(expected, state, strict=True):
        np.testing.assert_allclose(value, variable.numpy(), rtol=1e-4, atol=1e-5)
