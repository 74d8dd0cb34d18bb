"""LeakyReLU that keeps its output, not its input, for the backward pass."""

import keras
from keras import KerasTensor

from ganzoo import backend


@keras.saving.register_keras_serializable("ganzoo")
class LeakyReLU(keras.layers.LeakyReLU):
    """Keras's LeakyReLU (Maas et al. 2013), whose backward pass reads the output.

    The input need not be kept, and the fewer passes over memory the better; see
    `leaky_relu` of the backend. The arguments are those of `keras.layers.LeakyReLU`.

    Input and output: any shape.
    """

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """Returns x where it is positive, elsewhere negative_slope times x."""
        return backend.leaky_relu(inputs, float(self.negative_slope))
