"""Dropout whose mask depends on the step and the place in the global batch."""

import contextlib
import contextvars
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import keras
import numpy as np
from keras import KerasTensor, ops


class RandomNumbers(Protocol):
    """A source of random numbers, such as `ganzoo.random.StepRandom`."""

    def bits(self, shape: Sequence, dtype: str = "uint32") -> KerasTensor:
        """Returns random bits as whole numbers of this shape."""

    def uniform(self, shape: Sequence) -> KerasTensor:
        """Returns float32 numbers in [0, 1) of this shape."""


# Set for the duration of one step only, per thread: replicas run in threads.
_random: contextvars.ContextVar[RandomNumbers | None] = contextvars.ContextVar(
    "ganzoo_layers_random", default=None
)


@contextlib.contextmanager
def random_scope(random: RandomNumbers | None) -> Iterator[None]:
    """Provides the stochastic layers called inside with the random numbers of a step.

    Args:
        random: A `ganzoo.random.StepRandom`, or an object with the same methods.
    """
    token = _random.set(random)
    try:
        yield
    finally:
        _random.reset(token)


def current_random() -> RandomNumbers | None:
    """Returns the random numbers of the current step; None outside `random_scope`."""
    return _random.get()


@keras.saving.register_keras_serializable("ganzoo")
class Dropout(keras.layers.Dropout):
    """Dropout (Srivastava et al. 2014) whose mask is a function of the train step.

    `keras.layers.Dropout` draws the same mask on every replica and loses its state when
    a run resumes. Inside `random_scope` (every train step of a `ganzoo.GAN`) this layer
    takes its mask from the step's random numbers instead; elsewhere it works as in
    Keras. The arguments are those of `keras.layers.Dropout`.

    Input and output: any shape whose first axis is the batch.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        **kwargs: Any,
    ):
        """Takes the arguments of Keras's layer.

        Raises:
            ValueError: A rate outside [0, 1], or a mask for a whole batch.
        """
        super().__init__(rate, noise_shape=noise_shape, **kwargs)
        if self.noise_shape and self.noise_shape[0] is not None:
            raise ValueError(
                f"noise_shape={self.noise_shape} fixes the batch axis, but each "
                "example has its own mask; begin it with None."
            )

    def call(self, inputs: KerasTensor, training: bool = False) -> KerasTensor:
        """Drops a fraction `rate` of the inputs, scales the rest by 1 / (1 - rate)."""
        random = current_random()
        if not training or self.rate in (0, 1) or random is None:
            return super().call(inputs, training=training)
        shape = list(ops.shape(inputs))
        if self.noise_shape is not None:
            shape = [
                given if given is not None else own
                for given, own in zip(self.noise_shape, shape, strict=True)
            ]
        # Comparing integers and multiplying is the cheapest way. The rate is rounded to
        # a multiple of 2**-16, and the scale belongs to the rounded rate.
        dropped = min(max(round(self.rate * 2**16), 1), 2**16 - 1)
        kept = random.bits(shape, "uint16") >= np.uint16(dropped)
        return inputs * (ops.cast(kept, inputs.dtype) * (2**16 / (2**16 - dropped)))
