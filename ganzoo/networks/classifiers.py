"""Small classifiers: the feature extractors of the metrics."""

import keras
from keras import KerasTensor, layers

from ganzoo.layers import BatchNormalization
from ganzoo.networks.blocks import layer_seeds

# A classifier computes in float32 whatever the global dtype policy: metrics must not
# depend on the precision of training.
_FLOAT32 = {"dtype": "float32"}


def _convolution(filters: int, index: int) -> list[keras.layers.Layer]:
    """Returns a 3x3 convolution without bias, batch normalization and ReLU."""
    return [
        layers.Conv2D(filters, 3, use_bias=False, name=f"conv_{index}", **_FLOAT32),
        layers.BatchNormalization(name=f"conv_norm_{index}", **_FLOAT32),
        layers.ReLU(name=f"conv_relu_{index}", **_FLOAT32),
    ]


def mnist_classifier(
    features: int = 64, num_classes: int = 10, dropout: float = 0.3
) -> keras.Sequential:
    """Builds a classifier of 28x28 gray images in [-1, 1], about 130,000 weights.

    Maps images `[n, 28, 28, 1]` to logits `[n, num_classes]`. Two pairs of unpadded 3x3
    convolutions with max pooling between them, a dense layer of `features` rectified
    units (the layer `"features"`, whose output the Fréchet distance uses) and a dense
    layer of logits.

    Args:
        features: Width of the penultimate layer.
        num_classes: Number of classes.
        dropout: Dropout rate after each pooling and before the logits, in training.

    Raises:
        ValueError: A width is below 1, or the rate is outside [0, 1).
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


def cifar10_classifier(
    features: int = 256, num_classes: int = 10, *, dtype: str = "float32"
) -> keras.Model:
    """Builds a classifier of 32x32 color images in [-1, 1], 1,170,000 weights.

    Maps images `[n, 32, 32, 3]` to logits `[n, num_classes]`. A 3x3 convolution to an
    eighth of `features` channels, then three stages that double the channels and halve
    the size: a 3x3 convolution with max pooling, and another one with a residual
    connection. Batch normalization and ReLU everywhere. The mean over the last 4x4
    positions is the layer `"features"`, whose output the Fréchet distance uses; a dense
    layer of logits follows. 172 MFLOP per image.

    Args:
        features: Width of the penultimate layer, a multiple of 8.
        num_classes: Number of classes.
        dtype: Precision of the convolutions in training; metrics keep the default.

    Raises:
        ValueError: There is no class, or 8 does not divide the width.
    """
    if features < 8 or features % 8 or num_classes < 1:
        raise ValueError(
            f"features={features} must be a multiple of 8 and num_classes="
            f"{num_classes} at least 1"
        )

    def convolved(
        inputs: KerasTensor, filters: int, name: str, pool: bool = False
    ) -> KerasTensor:
        outputs = layers.Conv2D(
            filters,
            3,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            dtype=dtype,
            name=name,
        )(inputs)
        if pool:  # first, so that the layers after it cost a quarter
            outputs = layers.MaxPooling2D(dtype=dtype, name=f"{name}_pool")(outputs)
        outputs = BatchNormalization(dtype=dtype, name=f"{name}_norm")(outputs)
        return layers.ReLU(dtype=dtype, name=f"{name}_relu")(outputs)

    images = keras.Input((32, 32, 3))
    seen = convolved(images, features // 8, "stem")
    for number, filters in enumerate((features // 4, features // 2, features), start=1):
        seen = convolved(seen, filters, f"down_{number}", pool=True)
        beside = convolved(seen, filters, f"beside_{number}")
        seen = layers.Add(dtype=dtype, name=f"stage_{number}")([seen, beside])
    means = layers.GlobalAveragePooling2D(name="features", **_FLOAT32)(seen)
    logits = layers.Dense(num_classes, name="logits", **_FLOAT32)(means)
    return keras.Model(images, logits, name="cifar10_classifier")


def svhn_classifier(
    width: int = 32,
    num_classes: int = 10,
    *,
    dropout: float = 0.5,
    dtype: str = "float32",
    seed: int | None = None,
) -> keras.Sequential:
    """Builds a classifier of 32x32 color images in [-1, 1], 307,498 weights.

    Maps images `[n, 32, 32, 3]` to logits `[n, num_classes]`. Three stages of two 3x3
    convolutions with ReLU and max pooling, of width, 2 width and 4 width channels, and
    a dense layer of logits over the flattened result, which is the layer `"features"`.
    Six convolutions, three poolings, one dense layer: the classifier of the SVHN
    training-images paper, which does not give its widths. 77 MFLOP per image.

    It has no batch normalization: the moving statistics would be those of the training
    images, and this classifier is tested on images from other distributions.

    Args:
        width: Number of channels of the first two convolutions.
        num_classes: Number of classes.
        dropout: Dropout rate before the logits, in training.
        dtype: Precision of the convolutions.
        seed: Seed of the initial weights and of dropout; None uses Keras's global seed.

    Raises:
        ValueError: A width is below 1, there is no class, or the rate is outside
            [0, 1).
    """
    if width < 1 or num_classes < 1:
        raise ValueError(
            f"width and num_classes must be at least 1, got {width} and {num_classes}"
        )
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be in [0, 1), got {dropout}")
    seeds = layer_seeds(seed)
    stack = [keras.Input((32, 32, 3))]
    for stage, filters in enumerate((width, 2 * width, 4 * width), start=1):
        for number in (2 * stage - 1, 2 * stage):
            stack.append(
                layers.Conv2D(
                    filters,
                    3,
                    padding="same",
                    activation="relu",
                    kernel_initializer=keras.initializers.HeNormal(seed=next(seeds)),
                    dtype=dtype,
                    name=f"conv_{number}",
                )
            )
        stack.append(layers.MaxPooling2D(dtype=dtype, name=f"pool_{stage}"))
    start = keras.initializers.GlorotUniform(seed=next(seeds))
    stack += [
        layers.Flatten(name="features", **_FLOAT32),
        layers.Dropout(dropout, seed=next(seeds), name="dropout", **_FLOAT32),
        layers.Dense(num_classes, kernel_initializer=start, name="logits", **_FLOAT32),
    ]
    return keras.Sequential(stack, name="svhn_classifier")


def feature_extractor(classifier: keras.Model) -> keras.Model:
    """Returns the same network with two outputs: penultimate features, probabilities.

    Args:
        classifier: A model that returns logits and has a layer named `"features"`.

    Returns:
        A model that shares the weights, images -> (features `[n, d]`, probabilities
        `[n, c]`).

    Raises:
        ValueError: There is no layer named `"features"`.
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
