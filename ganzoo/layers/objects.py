"""Layers for objects, which have their own axis after the batch axis.

Layers with weights shared by all objects run on both axes folded into one: one call for
all objects, no loop.
"""

from typing import Any

import keras
from keras import KerasTensor, ops


@keras.saving.register_keras_serializable("ganzoo")
class AppendLabels(keras.layers.Layer):
    """Appends each object's one-hot label along the last axis.

    For pixels, this is one constant channel per class.

    Inputs: `[n, objects, ..., channels]`, int `[n, objects]`.
    Output: `[n, objects, ..., channels + num_classes]`, in float32.
    """

    def __init__(self, num_classes: int, scale: float = 1.0, **kwargs: Any):
        """Sets how labels are written.

        Args:
            num_classes: Length of a one-hot label.
            scale: Value of its one.
            **kwargs: As in `keras.layers.Layer`.

        Raises:
            ValueError: There are fewer than 2 classes, or the scale is not above 0.
        """
        super().__init__(**kwargs | {"dtype": "float32"})
        if num_classes < 2 or not scale > 0:
            raise ValueError(
                f"num_classes={num_classes} must be at least 2, and scale={scale} "
                "above 0."
            )
        self.num_classes = num_classes
        self.scale = scale

    def call(self, values: KerasTensor, labels: KerasTensor) -> KerasTensor:
        """Returns values and labels."""
        hot = self.scale * ops.one_hot(labels, self.num_classes)
        for _ in values.shape[2:-1]:
            hot = hot[:, :, None]
        # Not `broadcast_to`, whose shape must be known; the number of images is not.
        return ops.concatenate([values, hot * ops.ones_like(values[..., :1])], -1)

    def compute_output_shape(
        self, values_shape: tuple[Any, ...], labels_shape: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Returns the shape with the labels appended."""
        return (*values_shape[:-1], values_shape[-1] + self.num_classes)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return super().get_config() | {
            "num_classes": self.num_classes,
            "scale": self.scale,
        }


@keras.saving.register_keras_serializable("ganzoo")
class SplitNoise(keras.layers.Layer):
    """Splits the noise of the whole image from the noise of its objects.

    Input: `[n, 1 + objects, latent_dim]`.
    Outputs: `[n, latent_dim]` and `[n, objects, latent_dim]`.
    """

    def call(self, noise: KerasTensor) -> KerasTensor:
        """Returns the first row, and the others."""
        return noise[:, 0], noise[:, 1:]

    def compute_output_shape(self, noise_shape: tuple[Any, ...]) -> tuple[tuple, tuple]:
        """Returns both shapes."""
        count, rows, size = noise_shape
        return (count, size), (count, None if rows is None else rows - 1, size)


@keras.saving.register_keras_serializable("ganzoo")
class FoldObjects(keras.layers.Layer):
    """Makes each object an example: `[n, objects, ...]` to `[n * objects, ...]`."""

    def call(self, values: KerasTensor) -> KerasTensor:
        """Returns the values, the two first axes as one."""
        return ops.reshape(values, [-1, *values.shape[2:]])

    def compute_output_shape(
        self, values_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape without the axis of objects."""
        return (None, *values_shape[2:])


@keras.saving.register_keras_serializable("ganzoo")
class UnfoldObjects(keras.layers.Layer):
    """Gives objects back their axis: `[n * objects, ...]` to `[n, objects, ...]`.

    The second input, `[n, objects, ...]`, says how many objects there are.
    """

    def call(self, values: KerasTensor, like: KerasTensor) -> KerasTensor:
        """Returns the values, the first axis as two."""
        return ops.reshape(values, [-1, ops.shape(like)[1], *values.shape[1:]])

    def compute_output_shape(
        self, values_shape: tuple[int | None, ...], like_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape with the axis of objects."""
        return (*like_shape[:2], *values_shape[1:])
