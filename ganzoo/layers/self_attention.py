"""Self-attention over the positions of a feature map."""

from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo.layers.spectral_norm import SpectralNormalization

RATIO = 8  # the paper's k: channels per channel of the queries, keys and values


@keras.saving.register_keras_serializable("ganzoo")
class SelfAttention(keras.layers.Layer):
    """Adds to each position what it reads at all others (Zhang et al. 2019, SAGAN).

    With queries f(x), keys g(x) and values h(x), linear maps to C / 8 channels, the
    position j reads (eq. 1, 2)

        o_j = v(sum over i of softmax_i(g(x_i) . f(x_j)) h(x_i)),

    and the output is gamma o + x (eq. 3). The learned scalar gamma starts at 0, so that
    a network first relies on its convolutions. The softmax is computed in float32 under
    any policy. Memory: n (height width)^2 numbers, so use it on small grids.

    Input and output: `[n, height, width, channels]`.
    """

    def __init__(self, *, spectral_norm: bool = False, **kwargs: Any):
        """Sets whether to normalize the maps.

        Args:
            spectral_norm: Whether to divide the kernels of all four maps by their
                largest singular values, as in the paper.
            **kwargs: As in `keras.layers.Layer`.
        """
        super().__init__(**kwargs)
        self.spectral_norm = spectral_norm

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the maps; refuses inputs of unknown size."""
        *_, channels = input_shape
        if len(input_shape) != 4 or None in input_shape[1:] or channels is None:
            raise ValueError(
                f"{self.name} takes features of shape (n, height, width, channels) of "
                f"known size, not {tuple(input_shape)}."
            )
        inner = max(channels // RATIO, 1)
        self.query = self._map(inner, channels, "query")
        self.key = self._map(inner, channels, "key")
        self.values = self._map(inner, channels, "values")
        self.outputs = self._map(channels, inner, "outputs")
        self.gamma = self.add_weight(shape=(), initializer="zeros", name="gamma")

    def call(self, inputs: KerasTensor, training: bool = False) -> KerasTensor:
        """Returns the inputs plus gamma times what their positions read."""
        _, height, width, channels = inputs.shape
        cells = ops.reshape(inputs, [-1, height * width, channels])
        query, key, values = (
            self._apply(layer, cells, training)
            for layer in (self.query, self.key, self.values)
        )
        scores = ops.matmul(query, ops.transpose(key, [0, 2, 1]))
        weights = ops.softmax(ops.cast(scores, "float32"), axis=-1)
        read = ops.matmul(ops.cast(weights, values.dtype), values)
        read = self._apply(self.outputs, read, training)
        return inputs + self.gamma * ops.reshape(read, ops.shape(inputs))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the inputs, unchanged."""
        return input_shape

    def get_config(self) -> dict:
        """Returns the arguments of the constructor."""
        return super().get_config() | {"spectral_norm": self.spectral_norm}

    def _map(self, units: int, channels: int, name: str) -> keras.Layer:
        """Builds a linear map of the channels at each position: a 1x1 convolution."""
        layer = keras.layers.Dense(
            units, use_bias=False, dtype=self.dtype_policy, name=name
        )
        layer = SpectralNormalization(layer) if self.spectral_norm else layer
        layer.build((None, None, channels))
        return layer

    def _apply(
        self, layer: keras.Layer, inputs: KerasTensor, training: bool
    ) -> KerasTensor:
        if self.spectral_norm:
            return layer(inputs, training=training)
        return layer(inputs)
