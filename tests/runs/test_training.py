"""Trains from the step that a GAN is at, to the end."""

import gc
import weakref

import keras
import numpy as np
import pytest

from ganzoo import runs
from ganzoo.runs import training


class Steps:
    """A GAN as far as `runs.fit` looks at one."""

    def __init__(self, step: int = 0, stop: bool = False):
        self.step, self.stop_training, self.calls = step, stop, []

    def fit(self, batches, *, initial_epoch, epochs, steps_per_epoch, **_):
        self.calls.append((batches, initial_epoch, epochs, steps_per_epoch))
        self.step += (epochs - initial_epoch) * steps_per_epoch


def fit(gan, **changes):
    settings = {"epochs": 4, "steps_per_epoch": 10, "callbacks": []}
    runs.fit(gan, lambda step: f"from {step}", **settings | changes)
    return gan.calls


def test_a_new_run_is_one_fit():
    assert fit(Steps()) == [("from 0", 0, 4, 10)]


def test_a_resumed_run_first_finishes_its_epoch():
    assert fit(Steps(13)) == [("from 13", 1, 2, 7), ("from 20", 2, 4, 10)]
    assert fit(Steps(33)) == [("from 33", 3, 4, 7)]


def test_a_finished_run_is_left_alone():
    assert fit(Steps(40)) == []


def test_a_callback_that_stops_the_training_stops_it():
    assert len(fit(Steps(13, stop=True))) == 1


def test_cycles_of_an_epoch_are_freed_at_its_end():
    class Epochs(Steps):
        def fit(self, *arguments, callbacks, **others):
            super().fit(*arguments, **others)
            for epoch in range(others["initial_epoch"], others["epochs"]):
                for callback in callbacks:
                    callback.on_epoch_end(epoch, {})

    class Drawing(keras.callbacks.Callback):
        alive, drawn = [], []

        def on_epoch_end(self, epoch, logs=None):
            self.alive.append(sum(figure() is not None for figure in self.drawn))
            figure = Steps()
            figure.canvas = figure
            self.drawn.append(weakref.ref(figure))

    gc.disable()
    try:
        fit(Epochs(), callbacks=[Drawing()])
    finally:
        gc.enable()
    assert Drawing.alive == [0, 0, 0, 0]


def test_callbacks_end_after_an_exception_too():
    class Ends(keras.callbacks.Callback):
        ended = 0

        def on_train_end(self, logs=None):
            self.ended += 1

    class Fails(Steps):
        def fit(self, *arguments, **others):
            raise KeyboardInterrupt

    callback = Ends()
    with pytest.raises(KeyboardInterrupt):
        fit(Fails(), callbacks=[callback])
    assert callback.ended == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_broken_weights_are_named(toy, value):
    gan = toy(3, 0.5)
    assert training.broken_weights(gan) == []
    weight = gan.last.weights[1]
    weight.assign([0.0, value])
    assert training.broken_weights(gan) == [weight.path]


def test_an_epoch_in_which_nothing_was_trained_is_the_last_one():
    class Stuck(Steps):
        def fit(self, *arguments, **others):
            self.calls.append(arguments)

    assert len(fit(Stuck())) == 1


def test_what_fails_again_at_the_end_hides_no_error():
    class Fails(Steps):
        def fit(self, *arguments, **others):
            raise KeyboardInterrupt

    class FailsToo(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            raise OSError("the disk is full")

    with pytest.raises(KeyboardInterrupt):
        fit(Fails(), callbacks=[FailsToo()])
