"""A choice among the symmetries of the square, learned by gradient descent."""

import functools
import operator
from typing import Any

import keras
from keras import KerasTensor, ops


@keras.saving.register_keras_serializable("ganzoo")
class SquareSymmetries(keras.layers.Layer):
    """Rotates and mirrors images, in the way that training finds.

    The output is the mean of the eight turned and mirrored copies of the input,
    weighted by softmax(sharpness * s), where s are eight trained numbers that start at
    0. So a network that maps one domain of images to another separates the geometry of
    the map from the rest, and need not learn it pixel by pixel.

    With a low sharpness the choice is made slowly: an early discriminator, which knows
    only outlines, cannot distinguish an image from the same one upside down, and a
    sharp choice would be made too early.

    The simplest networks that fit two domains are those that preserve the meaning of an
    image, as Galanti, Wolf & Benaim 2018 observe in "The role of minimal complexity
    functions in unsupervised learning of semantic mappings".

    Input: `[n, side, side, channels]`. Output: the same shape.
    """

    def __init__(self, sharpness: float = 2.0, **kwargs: Any):
        """Sets how fast the choice is made.

        Args:
            sharpness: Factor of the trained numbers, above 0.
            **kwargs: As in `keras.layers.Layer`.

        Raises:
            ValueError: The sharpness is not above 0.
        """
        super().__init__(**kwargs)
        if not sharpness > 0:
            raise ValueError(f"sharpness={sharpness} must be above 0.")
        self.sharpness = sharpness

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the eight numbers.

        Raises:
            ValueError: Images that are not square.
        """
        if len(input_shape) != 4 or input_shape[1] != input_shape[2]:
            raise ValueError(
                f"{self.name} takes images of shape (n, side, side, channels), not "
                f"{tuple(input_shape)}."
            )
        self.scores = self.add_weight(shape=(8,), initializer="zeros", name="scores")

    def call(self, images: KerasTensor) -> KerasTensor:
        """Returns the weighted mean of the eight copies."""
        transposed = ops.transpose(images, [0, 2, 1, 3])
        copies = [
            ops.flip(way, axes) if axes else way
            for way in (images, transposed)
            for axes in ([], [1], [2], [1, 2])
        ]
        weights = ops.cast(self.weights_of_ways(), images.dtype)
        weighted = (weights[i] * copy for i, copy in enumerate(copies))
        return functools.reduce(operator.add, weighted)

    def weights_of_ways(self) -> KerasTensor:
        """Returns the weights of the eight copies, which sum to 1.

        As it is, upside down, left to right, both; then the same of the transposed
        image, of which the second is a quarter turn to the left, the third to the
        right.
        """
        scores = ops.cast(ops.convert_to_tensor(self.scores), "float32")
        return ops.softmax(self.sharpness * scores)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return super().get_config() | {"sharpness": self.sharpness}
