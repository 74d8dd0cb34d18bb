"""LeakyReLU that keeps its output, not its input, for the backward pass."""

from collections.abc import Callable

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("ganzoo")
class LeakyReLU(keras.layers.LeakyReLU):
    """Keras's LeakyReLU (Maas et al. 2013), whose backward pass reads the output.

    Output and input have the same sign, so either determines the slope, and the input
    need not be kept. So TensorFlow can compute a convolution, its bias and this layer
    in one pass over memory, which it cannot if the backward pass needs the intermediate
    values. The arguments are those of `keras.layers.LeakyReLU`.

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
