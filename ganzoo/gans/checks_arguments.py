"""Checks on the arguments of Keras's methods: a model refuses what it would ignore."""

import inspect
import numbers
import reprlib
from typing import Any

import keras

_NO_WEIGHTS = (
    "all examples weigh the same in an adversarial loss. To have some count more, feed "
    "them more often: tf.data.Dataset.sample_from_datasets"
)
_NO_TARGETS = (
    "metrics compare predictions with targets, and generated images have none. Use "
    "ganzoo.callbacks, e.g. Measure, or ganzoo.metrics on generate()'s images"
)
#: What is refused, by method and argument, and why.
REFUSED = {
    "compile": {
        "optimizer": (
            "there are two, each with moments of its own. Pass generator_optimizer and "
            "discriminator_optimizer"
        ),
        "loss_weights": (
            "there are no outputs to weigh. A penalty has a weight of its own, and "
            "other terms go into a ganzoo.losses.Loss"
        ),
        "metrics": _NO_TARGETS,
        "weighted_metrics": _NO_TARGETS,
        "auto_scale_loss": (
            "losses are scaled for float16, in which no network computes here. "
            "'mixed_bfloat16' needs no scaling"
        ),
    },
    "fit": {"class_weight": _NO_WEIGHTS, "sample_weight": _NO_WEIGHTS},
    "evaluate": {"sample_weight": _NO_WEIGHTS},
    "train_on_batch": {"class_weight": _NO_WEIGHTS, "sample_weight": _NO_WEIGHTS},
    "test_on_batch": {"sample_weight": _NO_WEIGHTS},
}
_COUNTS = (
    "batch_size",
    "steps",
    "steps_per_epoch",
    "steps_per_execution",
    "validation_batch_size",
    "validation_steps",
)


def bind(model: keras.Model, method: str, args: tuple, kwargs: dict) -> dict:
    """Returns the arguments of a call of a method of Keras, by name.

    Args:
        model: The model that the method is called on.
        method: Name of the method.
        args: Positional arguments.
        kwargs: Arguments by name.

    Returns:
        Those that were given.

    Raises:
        ValueError: One that would be ignored, or a number out of range.
    """
    signature = inspect.signature(getattr(keras.Model, method))
    given = dict(signature.bind(model, *args, **kwargs).arguments)
    given |= given.pop("kwargs", {})
    del given["self"]
    check(type(model).__name__, method, given)
    if method == "fit":
        _check_validation(given)
    return given


def check(owner: str, method: str, given: dict) -> None:
    """Checks arguments of a method of Keras.

    Args:
        owner: Name of the model's class.
        method: Name of the method.
        given: The arguments given, by name.

    Raises:
        ValueError: One that would be ignored, or a number out of range.
    """
    for name, reason in REFUSED[method].items():
        value = given.get(name)
        nothing = value is None or value is False
        if not nothing and not (isinstance(value, list | tuple | dict) and not value):
            raise ValueError(
                f"{owner}.{method}({name}={shown(value)}) would be ignored: {reason}."
            )
    for name in _COUNTS:
        value = given.get(name)
        whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
        if value is not None and not (whole and value >= 1):
            raise ValueError(
                f"{name}={shown(value)} must be a whole number of at least 1."
            )
    if given.get("jit_compile", False) not in (True, False, "auto"):
        raise ValueError(
            f"jit_compile={given['jit_compile']!r} must be True, False or 'auto'."
        )


def to_optimizer(name: str, value: Any) -> keras.optimizers.Optimizer:
    """Returns the optimizer that an argument of `compile()` stands for.

    Args:
        name: Name of the argument.
        value: An optimizer, or what Keras makes one of.

    Raises:
        ValueError: It is missing, or is none.
    """
    try:
        optimizer = keras.optimizers.get(value)
    except (TypeError, ValueError):
        optimizer = None
    if optimizer is None:
        raise ValueError(
            f"{name}={shown(value)} is no optimizer of Keras. There are two sides with "
            "an optimizer each, generator_optimizer and discriminator_optimizer: "
            "compile(keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4), "
            "loss=...)."
        )
    return optimizer


def shown(value: Any) -> str:
    """Returns a short text for a value: for an array its type and shape."""
    shape = getattr(value, "shape", None)
    if shape:
        return f"<{type(value).__name__} of shape {tuple(shape)}>"
    return reprlib.repr(value)


def _check_validation(given: dict) -> None:
    """Refuses a split beside data, and what there is no validation for."""
    split, data = given.get("validation_split") or 0.0, given.get("validation_data")
    if not 0 <= split < 1:
        raise ValueError(f"validation_split={split} must be in [0, 1).")
    if split and data is not None:
        raise ValueError(
            f"validation_split={split} would be ignored beside validation_data; leave "
            "one of them out."
        )
    if split or data is not None:
        return
    for name in ("validation_steps", "validation_batch_size", "validation_freq"):
        if given.get(name) not in (None, 1):
            raise ValueError(
                f"{name}={shown(given[name])} would be ignored: there is no "
                "validation_data and no validation_split."
            )
