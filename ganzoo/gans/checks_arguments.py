"""Checks on the arguments of Keras's methods: a model refuses what it would ignore."""

import inspect
import numbers
import reprlib
from typing import Any

import keras

from ganzoo import penalties
from ganzoo.commands import meant
from ganzoo.gans import saving

_NO_WEIGHTS = (
    "all examples have the same weight in an adversarial loss. To give some more "
    "weight, feed them more often: tf.data.Dataset.sample_from_datasets"
)
_NO_TARGETS = (
    "metrics compare predictions with targets, and generated images have none. Use "
    "ganzoo.callbacks, e.g. Measure, or ganzoo.metrics on generate()'s images"
)
#: Refused arguments of each method, and why.
REFUSED = {
    "compile": {
        "optimizer": (
            "each network has its own. Pass generator_optimizer and "
            "discriminator_optimizer"
        ),
        "loss_weights": (
            "there are no outputs to weight. A penalty has its own weight, and other "
            "terms belong in a ganzoo.losses.Loss"
        ),
        "metrics": _NO_TARGETS,
        "weighted_metrics": _NO_TARGETS,
        "auto_scale_loss": (
            "only float16 needs scaled losses, and networks cannot use it here. "
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
    """Returns the arguments, by name, of a call of one of Keras's methods, checked."""
    signature = inspect.signature(getattr(keras.Model, method))
    given = dict(signature.bind(model, *args, **kwargs).arguments)
    given |= given.pop("kwargs", {})
    del given["self"]
    check(type(model).__name__, method, given)
    if method == "fit":
        _check_validation(given)
    return given


def check(owner: str, method: str, given: dict) -> None:
    """Refuses arguments that a method of Keras would ignore, and wrong numbers.

    Args:
        owner: Name of the model's class.
        method: Name of the method.
        given: The arguments that were given, by name.
    """
    for name, reason in REFUSED[method].items():
        value = given.get(name)
        empty = isinstance(value, list | tuple | dict) and not value
        if not (value is None or value is False or empty):
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


def check_known(owner: type[keras.Model], method: str, given: dict) -> None:
    """Refuses arguments that a method does not have, with a suggestion.

    Args:
        owner: Class of the model.
        method: Name of the method.
        given: Further arguments that are passed on to Keras.
    """
    called = f"{owner.__name__}.{method}()"
    accepted = inspect.signature(getattr(keras.Model, method)).parameters
    for name in given.keys() - accepted.keys():
        if name in saving.arguments(owner):
            raise ValueError(
                f"{name}={shown(given[name])} is an argument of "
                f"{owner.__name__}(...), not of {called}."
            )
        known = {
            parameter
            for kind in owner.mro()
            if method in vars(kind)
            for parameter in inspect.signature(vars(kind)[method]).parameters
        }
        raise ValueError(
            f"{called} has no argument {name!r}.{meant(name, sorted(known))}"
        )


def check_interval(interval: int, penalty: penalties.Penalty | None) -> None:
    """Refuses an interval of penalties that is no number of updates, or is ignored."""
    whole = isinstance(interval, numbers.Integral) and not isinstance(interval, bool)
    if not (whole and interval >= 1):
        raise ValueError(
            f"penalty_interval={shown(interval)} must be a whole number of at least 1: "
            "the penalty is applied in every k-th update of the discriminator."
        )
    if interval > 1 and penalty is None:
        raise ValueError(
            f"penalty_interval={interval} would be ignored: there is no penalty. Leave "
            "it out, or give one, e.g. penalty='r1'."
        )
    if interval > 1 and isinstance(penalty, penalties.WeightClipping):
        raise ValueError(
            f"penalty_interval={interval} would be ignored: {penalty!r} costs nothing, "
            "and clips after every update. Leave it out."
        )


def to_optimizer(name: str, value: Any) -> keras.optimizers.Optimizer:
    """Returns an optimizer that `compile()` was given, maybe by its name."""
    try:
        optimizer = keras.optimizers.get(value)
    except (TypeError, ValueError):
        optimizer = None
    if optimizer is None:
        raise ValueError(
            f"{name}={shown(value)} is not a Keras optimizer. Both networks need one, "
            "generator_optimizer and discriminator_optimizer: "
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
    """Refuses a split together with data, and settings without validation data."""
    split, data = given.get("validation_split") or 0.0, given.get("validation_data")
    if not 0 <= split < 1:
        raise ValueError(f"validation_split={split} must be in [0, 1).")
    if split and data is not None:
        raise ValueError(
            f"validation_split={split} would be ignored: validation_data is given; "
            "leave out one of them."
        )
    if split or data is not None:
        return
    for name in ("validation_steps", "validation_batch_size", "validation_freq"):
        if given.get(name) not in (None, 1):
            raise ValueError(
                f"{name}={shown(given[name])} would be ignored: there is no "
                "validation_data and no validation_split."
            )
