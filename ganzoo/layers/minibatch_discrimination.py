"""Minibatch discrimination: a discriminator that sees how alike its images are."""

from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo import backend


@keras.saving.register_keras_serializable("ganzoo")
class MinibatchDiscrimination(keras.layers.Layer):
    """Appends to each example how similar it is to the others of its batch.

    With the learned tensor T, M_i = f(x_i) T is a matrix of B rows of length C, and

        o(x_i)_b = sum over j != i of exp(-|M_ib - M_jb|_1),    b = 1 .. B,

    is appended to the features f(x_i). A batch of similar images reveals mode collapse.
    Source: Salimans et al. 2016, "Improved techniques for training GANs", section 3.2.
    There the sum includes j = i, a constant 1 that the next layer's bias absorbs and
    that would hide small similarities in bfloat16.

    A GAN calls its discriminator on real and on generated images separately: each are
    compared among themselves, as in the paper. Because of the comparison the logit of
    an image depends on the others: do not use it with a gradient penalty, which needs a
    separate gradient for each image.

    Computes in float32 under any policy, and keeps about 4 n m B (C + 1) bytes for the
    backward pass, for the n examples of this replica and the m that they are compared
    with: 79 MB for n = m = 256 of 50 kernels of 5.

    Input: `[n, features]`. Output: `[n, features + kernels]`.
    """

    def __init__(
        self,
        kernels: int = 50,
        dimension: int = 5,
        *,
        across_replicas: bool = True,
        initializer: keras.initializers.Initializer | str = "glorot_uniform",
        **kwargs: Any,
    ):
        """Sets the sizes.

        Args:
            kernels: B, the number of similarities per example.
            dimension: C, the length of the vectors that each kernel compares.
            across_replicas: Whether to compare with the examples of all replicas, so
                that their number changes only rounding. False, from older files, is
                equivalent on one replica and refused on several.
            initializer: Initializer of T as a matrix `[features, kernels * dimension]`.
            **kwargs: As in `keras.layers.Layer`.

        Raises:
            ValueError: A size is below 1, or `across_replicas=False` on several
                replicas.
        """
        # Inputs are not cast: distances in bfloat16 would be too coarse.
        super().__init__(autocast=False, **kwargs)
        for name, value in (("kernels", kernels), ("dimension", dimension)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(
                    f"{name}={value!r} must be a whole number of at least 1."
                )
        if not across_replicas and backend.num_replicas() > 1:
            raise ValueError(
                f"across_replicas=False of {self.name} would compare the examples of "
                "each replica alone, so that the result depends on the number of "
                f"replicas, {backend.num_replicas()}; leave it out, or set it to True."
            )
        self.kernels = kernels
        self.dimension = dimension
        self.across_replicas = across_replicas
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates T; refuses an input that is no matrix, or a batch of one example."""
        if len(input_shape) != 2 or input_shape[1] is None:
            raise ValueError(
                f"{self.name} takes features of shape (n, features), not "
                f"{tuple(input_shape)}; put a Flatten layer before it."
            )
        self._check(input_shape[0])
        self.kernel = self.add_weight(
            shape=(input_shape[1], self.kernels * self.dimension),
            initializer=self.initializer,
            dtype="float32",
            autocast=False,
            name="kernel",
        )

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """Appends the similarities, in the policy's dtype."""
        self._check(inputs.shape[0])
        rows = ops.matmul(ops.cast(inputs, "float32"), self.kernel.value)
        # Every replica's loss depends on all rows: the gradient of the gather sums each
        # row's gradients over the replicas and returns them to the row's replica.
        others = backend.gather_over_replicas(rows)
        parts = [inputs, self._similarities(rows, others)]
        parts = [ops.cast(part, self.compute_dtype) for part in parts]
        return ops.concatenate(parts, axis=1)

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Returns the shape with the similarities appended."""
        return (input_shape[0], input_shape[1] + self.kernels)

    def get_config(self) -> dict:
        """Returns the arguments of the constructor."""
        return super().get_config() | {
            "kernels": self.kernels,
            "dimension": self.dimension,
            "across_replicas": self.across_replicas,
            "initializer": keras.initializers.serialize(self.initializer),
        }

    def _similarities(self, rows: KerasTensor, others: KerasTensor) -> KerasTensor:
        """Compares `[n, B * C]` with `[m, B * C]`; returns `[n, B]`."""
        rows, others = (
            ops.reshape(tensor, [-1, self.kernels, self.dimension])
            for tensor in (rows, others)
        )
        distances = ops.sum(ops.abs(rows[:, None] - others[None]), axis=3)
        # Each example is among the others, at distance 0: exp(0) = 1.
        return ops.sum(ops.exp(-distances), axis=1) - 1.0

    def _check(self, rows: int | None) -> None:
        if rows == 1 and backend.num_replicas() == 1:
            raise ValueError(
                f"{self.name} compares the examples of a batch, and this batch holds "
                "one. Use a batch size of at least 2."
            )
