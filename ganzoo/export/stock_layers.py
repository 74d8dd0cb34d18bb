"""Generators rebuilt from Keras's own layers, which plain Keras can load.

Most layers of ganzoo are faster or safer ways to train those of Keras, and compute the
same function of the same weights: each is replaced by the layer of Keras that it
inherits from. Spectral normalization, whose weights no longer change, is folded into
the kernel.
"""

import contextlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from ganzoo.layers.spectral_norm import SpectralNormalization


def stock(
    generator: keras.Model, inputs: Sequence[keras.KerasTensor] | None = None
) -> keras.Model:
    """Returns the generator in float32, of layers of Keras where there are such.

    A layer that Keras has no equal of stays as it is, if it has weights or is not
    written in `keras.ops`; `foreign` lists those.

    Example:
        >>> stock(zoo.load("mnist_dcgan")).save("generator.keras")

    Args:
        generator: A functional or sequential model.
        inputs: Inputs of the new model, of the same shapes; by default new ones.

    Returns:
        A new functional model with its own weights.
    """
    pairs: list[tuple[keras.Layer, keras.Layer]] = []

    def clone(layer: keras.Operation) -> keras.Operation:
        if not isinstance(layer, keras.Layer):
            return layer
        new = _of_keras(layer)
        pairs.append((layer, new))
        return new

    given = generator.inputs
    # A list of inputs, even of one, as the new ones are.
    plain = keras.Model(list(given), generator.outputs[0])
    cloned = keras.models.clone_model(
        plain,
        input_tensors=None if inputs is None else list(inputs),
        clone_function=clone,
        call_function=_called,
        recursive=True,
    )
    for old, new in pairs:
        new.set_weights(_weights(old))
    given = cloned.inputs
    return keras.Model(given if len(given) > 1 else given[0], cloned.outputs[0])


def foreign(model: keras.Model) -> list[str]:
    """Returns the classes of a model's layers that plain Keras does not have."""
    layers = model._flatten_layers(include_self=False)
    kinds = {type(layer) for layer in layers if not _is_stock(type(layer))}
    return sorted(kind.__name__ for kind in kinds)


def _of_keras(layer: keras.Layer) -> keras.Layer:
    """Returns a new layer of Keras with the same settings, in float32."""
    if isinstance(layer, SpectralNormalization):
        return _of_keras(layer.layer)
    kind: Any = next(filter(_is_stock, type(layer).__mro__), None) or type(layer)
    config = layer.get_config()
    policy = getattr(layer, "dtype_policy", None)
    if policy is not None and policy.compute_dtype in ("float16", "bfloat16"):
        config["dtype"] = "float32"
    if kind is keras.layers.BatchNormalization:
        config["synchronized"] = False  # it only matters in training
    return kind.from_config(config)


def _is_stock(kind: type) -> bool:
    """Returns whether a class is a layer of Keras that can be created by itself."""
    if kind in (keras.layers.Layer, keras.layers.Wrapper):
        return False
    own = issubclass(kind, keras.Layer) and kind.__module__.split(".")[0] == "keras"
    return own or kind in (keras.Model, keras.Sequential)


def _called(operation: keras.Operation, *arguments: Any, **options: Any) -> Any:
    """Calls a cloned layer; one of ganzoo leaves only its operations of Keras."""
    own = isinstance(operation, keras.Layer) and not _is_stock(type(operation))
    if own and not operation.weights:
        # One that is written for TensorFlow takes no symbolic tensors.
        with contextlib.suppress(Exception):
            return operation.call(*arguments, **options)
    return operation(*arguments, **options)


def _weights(layer: keras.Layer) -> list:
    """Returns the weights of the layer that takes a layer's place."""
    if not isinstance(layer, SpectralNormalization):
        return layer.get_weights()
    inner = layer.layer
    kernel = np.asarray(layer.normalized_kernel())
    return [
        kernel if weight is inner.kernel else weight.numpy() for weight in inner.weights
    ]
