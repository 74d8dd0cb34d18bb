"""One logit from the two logits of real and fake."""

from typing import Any

import keras
from keras import KerasTensor


@keras.saving.register_keras_serializable("ganzoo")
class LogitDifference(keras.layers.Layer):
    """Turns the logits of "real" and "fake" into one: their difference.

    The softmax of two logits a and b gives "real" the probability
    exp(a) / (exp(a) + exp(b)) = sigmoid(a - b). So the cross-entropy of the softmax is
    that of a sigmoid whose logit is a - b, with the same gradients; and a
    discriminator that ends in two units can train with every loss of one logit.

    Input: `[..., 2]`, "real" first. Output: `[..., 1]`, in float32.
    """

    def __init__(self, **kwargs: Any):
        """Takes the arguments of `keras.layers.Layer`; a dtype has no effect."""
        super().__init__(**kwargs | {"dtype": "float32"})

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Refuses a number of logits other than two."""
        if input_shape[-1] != 2:
            raise ValueError(
                f"{self.name} takes two logits, (..., 2), not {tuple(input_shape)}."
            )

    def call(self, logits: KerasTensor) -> KerasTensor:
        """Returns the first minus the second."""
        return logits[..., :1] - logits[..., 1:]

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape with one logit."""
        return (*input_shape[:-1], 1)
