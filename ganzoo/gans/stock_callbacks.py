"""Keras's callbacks: which ones work with these models, and what replaces the rest."""

from collections.abc import Iterator
from typing import Any

import keras

_MONITORS = ("EarlyStopping", "ReduceLROnPlateau")
_ONE_LOSS = ("loss", "val_loss")
_RATES = ("LearningRateScheduler", "ReduceLROnPlateau")
_REFUSED = {
    "TerminateOnNaN": (
        "watches a single loss, which this model does not have: it would never stop "
        "training. Use ganzoo.callbacks.NanGuard(), which watches losses and weights"
    ),
    "SwapEMAWeights": (
        "swaps in the average of an optimizer with use_ema=True, which this model does "
        "not keep. Build the model with ema_half_life=... (images), and use "
        "model.averaged_weights() or generate(..., average=True)"
    ),
    "OrbaxCheckpoint": (
        "does not restore this model. Use ganzoo.callbacks.Checkpoint, or "
        "keras.callbacks.ModelCheckpoint('{epoch}.weights.h5', save_weights_only=True)"
    ),
}


def check_callbacks(model: keras.Model, callbacks: Any, validates: bool) -> None:
    """Refuses callbacks of Keras that would do nothing, or fail during training.

    Args:
        model: A compiled model.
        callbacks: The argument of `fit()` or `evaluate()`: None, a callback, a list or
            `keras.callbacks.CallbackList` of callbacks, or nested lists.
        validates: Whether the logs contain values of validation data, `val_...`.
    """
    for callback in flat(callbacks):
        for name, reason in _REFUSED.items():
            if _is(callback, name):
                raise ValueError(f"keras.callbacks.{name} {reason}.")
        if _is(callback, *_RATES):
            _check_rates(model, type(callback).__name__)
        if _is(callback, "BackupAndRestore") and callback.save_freq != "epoch":
            raise ValueError(
                f"BackupAndRestore(save_freq={callback.save_freq}) restarts an epoch "
                "that it saved in the middle, and so takes its first steps twice. "
                "Use save_freq='epoch', or ganzoo.callbacks.Checkpoint."
            )
        if _is(callback, *_MONITORS) or (
            # It needs a mode even where it does not read the value.
            _is(callback, "ModelCheckpoint")
            and (callback.save_best_only or callback.monitor not in _ONE_LOSS)
        ):
            _check_monitor(model, callback, validates)


def flat(callbacks: Any) -> Iterator[keras.callbacks.Callback]:
    """Yields all callbacks of nested lists, one by one."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    if isinstance(callbacks, list | tuple):
        for callback in callbacks:
            yield from flat(callback)
    elif callbacks is not None:
        yield callbacks


def _check_rates(model: keras.Model, kind: str) -> None:
    """Refuses a model whose learning rates cannot be set."""
    if model.optimizer is None:
        raise ValueError(
            f"{kind} sets the rates of `optimizer`, which a {type(model).__name__} "
            "does not have; set its own rate in a keras.callbacks.LambdaCallback."
        )
    for optimizer in model.optimizer.optimizers:
        if optimizer.scheduled:
            raise ValueError(
                f"{kind} sets learning rates, but that of the {optimizer.name} follows "
                "a LearningRateSchedule; give that optimizer a number."
            )


def _check_monitor(
    model: keras.Model, callback: keras.callbacks.Callback, validates: bool
) -> None:
    kind, monitor = type(callback).__name__, callback.monitor
    names = [tracker.name for tracker in model.metrics]
    if monitor in _ONE_LOSS and "loss" not in names:
        raise ValueError(
            f"monitor={monitor!r} of {kind}: this model has no single loss. Name one "
            f"of {', '.join(names)} (of validation_data with val_ before it), or what "
            "a callback before this one measures, e.g. 'frechet_distance'; and mode="
            "'min' or 'max'."
        )
    measured = monitor.removeprefix("val_")
    if measured != monitor and measured in names and not validates:
        raise ValueError(
            f"monitor={monitor!r} of {kind} needs validation_data; without it there is "
            f"{measured!r}."
        )
    if callback.mode not in ("min", "max"):
        raise ValueError(
            f"mode={callback.mode!r} of {kind} does not say whether {monitor!r} should "
            "fall or rise; pass mode='min' or 'max'."
        )


def _is(callback: keras.callbacks.Callback, *names: str) -> bool:
    """Whether it is one of these; older versions of Keras lack some."""
    kinds = [getattr(keras.callbacks, name, None) for name in names]
    return isinstance(callback, tuple(kind for kind in kinds if kind is not None))
