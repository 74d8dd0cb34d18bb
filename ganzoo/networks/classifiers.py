"""Small classifiers: the eyes of the measures, not players of a game."""

import keras
from keras import layers

# A judge computes in float32 whatever the policy of the players: its numbers must not
# depend on it.
_FLOAT32 = {"dtype": "float32"}


def _convolution(filters: int, index: int) -> list[keras.layers.Layer]:
    """3x3 convolution, batch normalisation, ReLU; no bias before the normalisation."""
    return [
        layers.Conv2D(filters, 3, use_bias=False, name=f"conv_{index}", **_FLOAT32),
        layers.BatchNormalization(name=f"conv_norm_{index}", **_FLOAT32),
        layers.ReLU(name=f"conv_relu_{index}", **_FLOAT32),
    ]


def mnist_classifier(
    features: int = 64, num_classes: int = 10, dropout: float = 0.3
) -> keras.Sequential:
    """Classifier of 28x28 grey images in [-1, 1], about 130,000 weights.

    Two pairs of unpadded 3x3 convolutions with max pooling between, a dense layer
    of ``features`` rectified units (the layer ``"features"``, whose output the
    Fréchet distance uses) and a dense layer of logits.

    Args:
        features: width of the penultimate layer.
        num_classes: number of classes.
        dropout: rate after each pooling and before the logits; training only.

    Returns:
        A built model, [n, 28, 28, 1] -> logits [n, num_classes].

    Raises:
        ValueError: a width below 1, or a rate outside [0, 1).
    """
    if features < 1 or num_classes < 1:
        raise ValueError(
            f"features and num_classes must be at least 1, got {features} and "
            f"{num_classes}"
        )
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be in [0, 1), got {dropout}")
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            *_convolution(32, 1),
            *_convolution(32, 2),
            layers.MaxPooling2D(name="pool_1", **_FLOAT32),
            layers.Dropout(dropout, name="dropout_1", **_FLOAT32),
            *_convolution(64, 3),
            *_convolution(64, 4),
            layers.MaxPooling2D(name="pool_2", **_FLOAT32),
            layers.Dropout(dropout, name="dropout_2", **_FLOAT32),
            layers.Flatten(name="flatten", **_FLOAT32),
            layers.Dense(features, use_bias=False, name="dense", **_FLOAT32),
            layers.BatchNormalization(name="dense_norm", **_FLOAT32),
            layers.ReLU(name="features", **_FLOAT32),
            layers.Dropout(dropout, name="dropout_3", **_FLOAT32),
            layers.Dense(num_classes, name="logits", **_FLOAT32),
        ],
        name="mnist_classifier",
    )


def feature_extractor(classifier: keras.Sequential) -> keras.Model:
    """The same network with two outputs: penultimate features and probabilities.

    Args:
        classifier: a model with a layer called ``"features"`` that returns logits.

    Returns:
        A model sharing the weights, images -> (features [n, d], probabilities [n, c]).

    Raises:
        ValueError: there is no layer called ``"features"``.
    """
    features = classifier.get_layer("features").output
    probabilities = layers.Softmax(name="probabilities", **_FLOAT32)(
        classifier.outputs[0]
    )
    return keras.Model(
        classifier.inputs[0],
        (features, probabilities),
        name=f"{classifier.name}_features",
    )
