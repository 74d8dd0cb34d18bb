"""LeakyReLU that keeps its output for the backward pass, in place of its input."""

from collections.abc import Callable

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("ganzoo")
class LeakyReLU(keras.layers.LeakyReLU):
    """The LeakyReLU of Keras (Maas et al. 2013); its slope is read off the output.

    Output and input have the same sign, so either tells the slope; but what came in
    need not be kept then. TensorFlow can compute a convolution, its bias and this layer
    in one pass over the memory, which it cannot where the backward pass asks for the
    values in between. The arguments are those of `keras.layers.LeakyReLU`.

    Input and output: any shape.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Returns x where it is positive, elsewhere negative_slope times x."""
        slope = float(self.negative_slope)

        @tf.custom_gradient
        def leaky(x: tf.Tensor) -> tuple[tf.Tensor, Callable]:
            y = tf.nn.leaky_relu(x, slope)

            def gradient(dy: tf.Tensor) -> tf.Tensor:
                return tf.raw_ops.LeakyReluGrad(gradients=dy, features=y, alpha=slope)

            return y, gradient

        return leaky(inputs)
