"""What conditional networks share: labels as inputs, and the projection on a class."""

from collections.abc import Callable

import keras
from keras import KerasTensor, layers


def label_inputs(num_classes: int | None) -> tuple[list, list]:
    """Returns the input for labels and the one-hot labels, or two empty lists.

    Not an embedding: Keras's Adam squares the slices of its gradient one by one.

    Args:
        num_classes: Number of classes; None for an unconditional network.

    Raises:
        ValueError: There are fewer than two classes.
    """
    if num_classes is None:
        return [], []
    if num_classes < 2:
        raise ValueError(f"num_classes={num_classes} must be at least 2, or None.")
    labels = keras.Input((), dtype="int32")
    return [labels], [keras.ops.one_hot(labels, num_classes, dtype="float32")]


def logit_of(
    features: KerasTensor,
    chosen: list[KerasTensor],
    initializer: Callable[[], keras.initializers.Initializer] = (
        keras.initializers.GlorotUniform
    ),
    wrap: Callable[[keras.Layer], keras.Layer] = lambda layer: layer,
) -> KerasTensor:
    """Returns logits `[n, 1]` of features f: a, or with labels a + v_y . f.

    a is the logit of a dense layer and v_y a vector of the class y, both learned
    (projection; Miyato & Koyama 2018, equation 4).

    Args:
        features: f, `[n, d]`.
        chosen: The one-hot labels; see `label_inputs`.
        initializer: Returns the initializer of each layer's weights.
        wrap: Applied to each dense layer, such as `SpectralNormalization`.
    """

    def dense(units: int, name: str, use_bias: bool) -> keras.Layer:
        layer = layers.Dense(
            units,
            use_bias=use_bias,
            kernel_initializer=initializer(),
            dtype="float32",
            name=name,
        )
        return wrap(layer)

    logit = dense(1, "logit", True)(features)
    if not chosen:
        return logit
    # v_y . f for all classes; the one-hot label selects its own.
    by_class = dense(chosen[0].shape[-1], "projections", False)(features)
    projection = layers.Dot(1, dtype="float32")([by_class, *chosen])
    return layers.Add(dtype="float32")([logit, projection])
