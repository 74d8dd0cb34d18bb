"""Packing: a discriminator that sees several samples at once."""

from typing import Any

import keras
from keras import KerasTensor, ops


class _OfPacks(keras.layers.Layer):
    """A layer that knows how many examples a pack has."""

    def __init__(self, size: int, **kwargs: Any):
        """Sets the examples per pack.

        Args:
            size: m, the number of examples per pack, at least 1.
            **kwargs: As in `keras.layers.Layer`.

        Raises:
            ValueError: The number is below 1.
        """
        super().__init__(autocast=False, **kwargs)
        if not isinstance(size, int) or size < 1:
            raise ValueError(f"size={size!r} must be a whole number of at least 1.")
        self.size = size

    def get_config(self) -> dict:
        """Returns the arguments of the constructor."""
        return super().get_config() | {"size": self.size}


@keras.saving.register_keras_serializable("ganzoo")
class Pack(_OfPacks):
    """Concatenates each m examples that follow each other, along their last axis.

    The first layer of the discriminator of a PacGAN (Lin et al. 2018, "PacGAN: the
    power of two samples in generative adversarial networks", section 3): it sees m real
    or m generated examples at once, so that a lack of variety shows. `Unpack` is its
    last layer.

    Input: `[n, ..., channels]`, n a multiple of m. Output: `[n / m, ..., m channels]`.
    """

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """Returns the packs; a batch that is no multiple of m cannot be reshaped."""
        *places, channels = inputs.shape[1:]
        packs = ops.reshape(inputs, (-1, self.size, *places, channels))
        packs = ops.moveaxis(packs, 1, -2)
        return ops.reshape(packs, (-1, *places, self.size * channels))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the packs."""
        count, *places, channels = input_shape
        return (
            None if count is None else count // self.size,
            *places,
            None if channels is None else channels * self.size,
        )


@keras.saving.register_keras_serializable("ganzoo")
class Unpack(_OfPacks):
    """Gives each example the logit of its pack; see `Pack`.

    So a loss has one value per example, whose mean is that over the packs. A penalty of
    the gradient by the images would count it m times over: do not use one.

    Input: `[n / m, ...]`. Output: `[n, ...]`.
    """

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """Returns every row m times."""
        return ops.repeat(inputs, self.size, axis=0)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the rows, repeated."""
        count, *rest = input_shape
        return (None if count is None else count * self.size, *rest)
