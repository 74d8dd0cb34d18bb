"""The updates of Keras's optimizers as differentiable functions.

Keras's optimizers assign to variables, which stops gradients. The functions here
compute the same values for the same variables, moments included, inside a
`keras.StatelessScope`, which holds the results as tensors.
"""

from collections.abc import Sequence

import keras
from keras import KerasTensor, ops

# Settings that would change the update and are not implemented here.
_REFUSED = (
    "amsgrad",
    "weight_decay",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "use_ema",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)


def check_optimizer(optimizer: keras.optimizers.Optimizer) -> None:
    """Refuses optimizers and settings that `descend` does not implement."""
    kind = type(optimizer)
    if kind not in _rules():
        raise ValueError(
            "Unrolling differentiates through the discriminator's updates and knows "
            "those of keras.optimizers.SGD and Adam; discriminator_optimizer is "
            f"{kind.__name__}. Use one of the two, or unrolled_steps=0."
        )
    for name in _REFUSED:
        value = getattr(optimizer, name, None)
        if value is not None and value is not False:
            raise ValueError(
                f"{name}={value!r} of the discriminator's {kind.__name__} cannot be "
                "unrolled: leave it out, or set unrolled_steps=0."
            )


def descend(
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence,
    variables: Sequence[keras.Variable],
) -> None:
    """Applies an optimizer's update inside a `keras.StatelessScope`.

    It reads the scope's values of the variables, the moments and
    `optimizer.iterations`, and assigns new variables and moments.

    Args:
        optimizer: SGD, with or without momentum, or Adam; see `check_optimizer`.
        gradients: Dense gradients over the global batch.
        variables: The variables that the optimizer was built with, in that order.
    """
    rule = _rules()[type(optimizer)]
    for index, (gradient, variable) in enumerate(
        zip(gradients, variables, strict=True)
    ):
        rule(optimizer, index, ops.cast(gradient, variable.dtype), variable)
        if variable.constraint is not None:
            variable.assign(variable.constraint(variable))


def _rules() -> dict:
    return {keras.optimizers.SGD: _sgd, keras.optimizers.Adam: _adam}


def _sgd(
    optimizer: keras.optimizers.Optimizer,
    index: int,
    gradient: KerasTensor,
    variable: keras.Variable,
) -> None:
    step = gradient * _rate(optimizer, gradient.dtype)
    if optimizer.momentum == 0:
        variable.assign(variable.value - step)
        return
    moment = optimizer.momentums[index]
    velocity = moment.value * optimizer.momentum - step
    moment.assign(velocity)
    if optimizer.nesterov:
        velocity = velocity * optimizer.momentum - step
    variable.assign(variable.value + velocity)


def _adam(
    optimizer: keras.optimizers.Optimizer,
    index: int,
    gradient: KerasTensor,
    variable: keras.Variable,
) -> None:
    """Applies Adam (Kingma & Ba 2015, section 2), rounding in Keras's order."""
    dtype = gradient.dtype
    beta_1, beta_2 = (
        ops.cast(beta, dtype) for beta in (optimizer.beta_1, optimizer.beta_2)
    )
    count = ops.cast(optimizer.iterations.value + 1, dtype)
    alpha = _rate(optimizer, dtype) * ops.sqrt(1 - beta_2**count) / (1 - beta_1**count)
    first, second = optimizer._momentums[index], optimizer._velocities[index]
    m = first.value + (gradient - first.value) * (1 - optimizer.beta_1)
    v = second.value + (gradient**2 - second.value) * (1 - optimizer.beta_2)
    first.assign(m)
    second.assign(v)
    variable.assign(variable.value - m * alpha / (_root(v) + optimizer.epsilon))


def _rate(optimizer: keras.optimizers.Optimizer, dtype: str) -> KerasTensor:
    return ops.cast(ops.convert_to_tensor(optimizer.learning_rate), dtype)


def _root(values: KerasTensor) -> KerasTensor:
    """Returns the square root, with derivative 0 at 0.

    A weight that no example reaches has v = 0, where the infinite derivative of the
    root times the gradient's 0 would be NaN.
    """
    positive = values > 0
    return ops.where(positive, ops.sqrt(ops.where(positive, values, 1)), 0)
