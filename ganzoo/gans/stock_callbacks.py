"""The callbacks of Keras: which work on a game, and what to use for the others."""

from collections.abc import Iterator
from typing import Any

import keras

_MONITORS = ("EarlyStopping", "ReduceLROnPlateau")
_ONE_LOSS = ("loss", "val_loss")
_RATES = ("LearningRateScheduler", "ReduceLROnPlateau")
_REFUSED = {
    "TerminateOnNaN": (
        "watches the one loss of a model, which a game has not: it would never stop "
        "it. Use ganzoo.callbacks.NanGuard(), which watches all losses and weights"
    ),
    "SwapEMAWeights": (
        "swaps in the average of an optimizer with use_ema=True, which a game does not "
        "keep. Build the game with ema_half_life=... (images), and use "
        "game.averaged_weights() or generate(..., average=True)"
    ),
    "OrbaxCheckpoint": (
        "does not restore a game. Use ganzoo.callbacks.Checkpoint, or "
        "keras.callbacks.ModelCheckpoint('{epoch}.weights.h5', save_weights_only=True)"
    ),
}


def check_callbacks(game: keras.Model, callbacks: Any, validates: bool) -> None:
    """Checks that the callbacks of Keras do on this game what they are for.

    Args:
        game: A compiled game.
        callbacks: What `fit()` or `evaluate()` was given: None, a callback, a list or
            a `keras.callbacks.CallbackList` of them, or lists of lists.
        validates: Whether the logs hold values of validation data, `val_...`.

    Raises:
        ValueError: One that would do nothing, or fail in the midst of training.
    """
    for callback in flat(callbacks):
        for name, reason in _REFUSED.items():
            if _is(callback, name):
                raise ValueError(f"keras.callbacks.{name} {reason}.")
        if _is(callback, *_RATES):
            _check_rates(game, type(callback).__name__)
        if _is(callback, "BackupAndRestore") and callback.save_freq != "epoch":
            raise ValueError(
                f"BackupAndRestore(save_freq={callback.save_freq}) begins an epoch "
                "anew that it has saved in its midst, and takes its first steps twice. "
                "Use save_freq='epoch', or ganzoo.callbacks.Checkpoint."
            )
        if _is(callback, *_MONITORS) or (
            # Which asks for a mode even where it does not look at the value.
            _is(callback, "ModelCheckpoint")
            and (callback.save_best_only or callback.monitor not in _ONE_LOSS)
        ):
            _check_monitor(game, callback, validates)


def flat(callbacks: Any) -> Iterator[keras.callbacks.Callback]:
    """Yields the callbacks one by one, those inside of others, too."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    if isinstance(callbacks, list | tuple):
        for callback in callbacks:
            yield from flat(callback)
    elif callbacks is not None:
        yield callbacks


def _check_rates(game: keras.Model, kind: str) -> None:
    """Refuses a game whose learning rates cannot be set."""
    if game.optimizer is None:
        raise ValueError(
            f"{kind} sets the rates of `optimizer`, which a {type(game).__name__} has "
            "not; set the rate of its own in a keras.callbacks.LambdaCallback."
        )
    for optimizer in game.optimizer.optimizers:
        if optimizer.scheduled:
            raise ValueError(
                f"{kind} sets learning rates, but that of the {optimizer.name} follows "
                "a LearningRateSchedule; give that optimizer a number."
            )


def _check_monitor(
    game: keras.Model, callback: keras.callbacks.Callback, validates: bool
) -> None:
    kind, monitor = type(callback).__name__, callback.monitor
    names = [tracker.name for tracker in game.metrics]
    if monitor in _ONE_LOSS and "loss" not in names:
        raise ValueError(
            f"monitor={monitor!r} of {kind}: a game has no one loss. Name one of "
            f"{', '.join(names)} (of validation_data with val_ before it), or what a "
            "callback before this one measures, e.g. 'frechet_distance'; and mode="
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
            f"mode={callback.mode!r} of {kind} does not say whether {monitor!r} is to "
            "fall or to rise; say mode='min' or 'max'."
        )


def _is(callback: keras.callbacks.Callback, *names: str) -> bool:
    """Whether it is one of these; older versions of Keras lack some."""
    kinds = [getattr(keras.callbacks, name, None) for name in names]
    return isinstance(callback, tuple(kind for kind in kinds if kind is not None))
