"""Layers for objects, which have their own axis after the batch axis.

Layers with weights shared by all objects run on both axes folded into one: one call for
all objects, no loop.
"""

from typing import Any

import keras
import tensorflow as tf


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

    def call(self, values: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Returns values and labels."""
        hot = self.scale * tf.one_hot(labels, self.num_classes)
        for _ in values.shape[2:-1]:
            hot = hot[:, :, None]
        shape = tf.concat([tf.shape(values)[:-1], [self.num_classes]], 0)
        return tf.concat([values, tf.broadcast_to(hot, shape)], -1)

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

    def call(self, noise: tf.Tensor) -> tf.Tensor:
        """Returns the first row, and the others."""
        return noise[:, 0], noise[:, 1:]

    def compute_output_shape(self, noise_shape: tuple[Any, ...]) -> tuple[tuple, tuple]:
        """Returns both shapes."""
        count, rows, size = noise_shape
        return (count, size), (count, None if rows is None else rows - 1, size)


@keras.saving.register_keras_serializable("ganzoo")
class FoldObjects(keras.layers.Layer):
    """Makes each object an example: `[n, objects, ...]` to `[n * objects, ...]`."""

    def call(self, values: tf.Tensor) -> tf.Tensor:
        """Returns the values, the two first axes as one."""
        return tf.reshape(values, [-1, *values.shape[2:]])

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

    def call(self, values: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
        """Returns the values, the first axis as two."""
        objects = like.shape[1] if like.shape[1] is not None else tf.shape(like)[1]
        return tf.reshape(values, [-1, objects, *values.shape[1:]])

    def compute_output_shape(
        self, values_shape: tuple[int | None, ...], like_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape with the axis of objects."""
        return (*like_shape[:2], *values_shape[1:])
