"""Spectral normalization whose gradient goes through the norm."""

import math
from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo import backend

_TINY = 1e-12  # the least norm that is divided by


@keras.saving.register_keras_serializable("ganzoo")
class SpectralNormalization(keras.layers.Wrapper):
    """Divides the kernel of a layer by its largest singular value (Miyato et al. 2018).

    The layer computes with W / sigma in place of its kernel W (eq. 8). With the
    singular vectors u and v, which are constants, sigma = u^T W v, and the gradient
    goes through it: it removes the part along u v^T from the gradient with respect to W
    / sigma (eq. 10, 12). Keras's layer of this name overwrites W instead, and lacks
    this term.

    W is the kernel as a matrix of its outputs by all its inputs, `[d_out, d_in h w]`
    for a convolution (section 4) and a transposed one alike. So a dense map becomes
    1-Lipschitz, and a convolution up to a factor that its size and stride set. The bias
    stays as it is.

    u and v follow W by power iteration (eq. 20, 21). It continues from its last state,
    with one iteration per new value of the kernel (algorithm 1), no matter how often
    the layer is called: `iterated` holds the kernel of the last iteration. So within
    one discriminator step, calls on real images, generated images and those of a
    penalty all use the same weights; the first call after an update runs the iteration.
    With `training=False` the same weights are used but not stored: an evaluation
    changes no state, and sees the network that training would see next.

    All of this is computed in at least float32 under any policy; the wrapped layer
    computes in its own. Memory: one more copy of the kernel, plus u and v.

    Input and output: same as the wrapped layer.
    """

    def __init__(self, layer: keras.Layer, *, power_iterations: int = 1, **kwargs: Any):
        """Wraps a layer.

        Args:
            layer: A Dense, Conv2D or Conv2DTranspose of Keras or of ganzoo.
            power_iterations: Number of power iterations per update; 1 in the paper.
            **kwargs: As in `keras.layers.Layer`; the name is by default the layer's
                with `spectral_` before it. A dtype has no effect.

        Raises:
            ValueError: The layer is of another kind or has a regularizer of its
                outputs, or the number of iterations is below 1.
        """
        _check(layer, power_iterations)
        kwargs.setdefault("name", f"spectral_{layer.name}")
        # Kernels are read in full precision here; the layer casts for itself.
        super().__init__(layer, **kwargs | {"dtype": "float32", "autocast": False})
        self.power_iterations = power_iterations

    def build(self, input_shape: tuple[int | None, ...] | None = None) -> None:
        """Builds the layer, and makes the state of the power iteration."""
        super().build(input_shape)
        kernel = self.layer.kernel
        dtype = keras.backend.result_type(kernel.dtype, "float32")
        outputs = kernel.shape[-2 if _transposes(self.layer) else -1]
        inputs = math.prod(kernel.shape) // outputs

        def state(
            name: str, shape: tuple, initializer: keras.initializers.Initializer | str
        ) -> keras.Variable:
            return self.add_weight(
                shape=shape,
                initializer=initializer,
                dtype=dtype,
                trainable=False,
                autocast=False,
                # Replicas compute the same values.
                aggregation="only_first_replica",
                name=name,
            )

        # Random directions from fixed seeds: networks with and without this layer start
        # from the same weights.
        self.u = state("u", (outputs,), keras.initializers.RandomNormal(seed=0))
        self.v = state("v", (inputs,), keras.initializers.RandomNormal(seed=1))
        self.iterated = state("iterated", tuple(kernel.shape), "zeros")

    def call(self, inputs: KerasTensor, training: bool = False) -> KerasTensor:
        """Calls the layer with the normalized kernel."""
        kernel = self.layer.kernel
        with backend.Scope([(kernel, self._normalized(kernel, training))]):
            return self.layer(inputs)

    def compute_output_spec(
        self, inputs: KerasTensor, training: bool = False
    ) -> KerasTensor:
        """As of the layer."""
        return self.layer.compute_output_spec(inputs)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """As of the layer."""
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict:
        """Returns the arguments of the constructor."""
        return super().get_config() | {"power_iterations": self.power_iterations}

    def normalized_kernel(self) -> KerasTensor:
        """Returns the kernel that the layer computes with outside of training."""
        return self._normalized(self.layer.kernel, training=False)

    def _normalized(self, kernel: keras.Variable, training: bool) -> KerasTensor:
        """Returns W / sigma, in the dtype of the state."""
        weights = ops.cast(ops.convert_to_tensor(kernel.value), self.u.dtype)
        u, v = self._singular_vectors(ops.stop_gradient(weights), training)
        sigma = ops.sum(v * _times(_matrix(self.layer, weights), u))
        return weights / ops.maximum(sigma, _TINY)

    def _singular_vectors(self, weights: KerasTensor, training: bool) -> list:
        """Returns u and v for this kernel; stores them in training."""
        known = ops.all(ops.equal(weights, self.iterated.value))
        matrix = _matrix(self.layer, weights)
        old = [ops.convert_to_tensor(vector.value) for vector in (self.u, self.v)]
        u, v = old
        for _ in range(self.power_iterations):
            v = _unit(_times(matrix, u))
            u = _unit(_times(ops.transpose(matrix), v))
        vectors = [
            ops.stop_gradient(ops.where(known, before, after))
            for before, after in zip(old, (u, v), strict=True)
        ]
        if training:
            for variable, value in zip((self.u, self.v), vectors, strict=True):
                variable.assign(value)
            self.iterated.assign(weights)
        return vectors


def _transposes(layer: keras.Layer) -> bool:
    """Whether the kernel is `[height, width, outputs, inputs]`."""
    return isinstance(layer, keras.layers.Conv2DTranspose)


def _matrix(layer: keras.Layer, kernel: KerasTensor) -> KerasTensor:
    """Returns the kernel as W^T, `[inputs, outputs]`."""
    if _transposes(layer):
        kernel = ops.transpose(kernel, [0, 1, 3, 2])
    return ops.reshape(kernel, [-1, kernel.shape[-1]])


def _times(matrix: KerasTensor, vector: KerasTensor) -> KerasTensor:
    # Not matvec: matrix units round float32 to bfloat16 (TPU) or TF32 (GPU).
    return ops.sum(matrix * vector, axis=1)


def _unit(vector: KerasTensor) -> KerasTensor:
    square = ops.sum(ops.square(vector), keepdims=True)
    return vector * ops.rsqrt(ops.maximum(square, _TINY**2))


def _check(layer: keras.Layer, power_iterations: int) -> None:
    kinds = keras.layers.Dense, keras.layers.Conv2D, keras.layers.Conv2DTranspose
    if not isinstance(layer, kinds):
        raise ValueError(
            f"SpectralNormalization takes a Dense, Conv2D or Conv2DTranspose layer, "
            f"not {layer!r}."
        )
    if layer.activity_regularizer is not None:
        raise ValueError(
            f"The activity_regularizer of {layer.name!r} would be lost; give it to "
            "SpectralNormalization in place of the layer."
        )
    if not isinstance(power_iterations, int) or power_iterations < 1:
        raise ValueError(
            f"power_iterations={power_iterations!r} must be a whole number of at least "
            "1."
        )
