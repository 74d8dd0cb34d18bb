"""Checks at compile time: the networks' last activations and trainable weights."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import KerasTensor, ops

from ganzoo import losses, penalties
from ganzoo.gans.output_activations import calls_as_keras, change, output_activations
from ganzoo.layers import convolution

# Activations that couple the units, although a loss takes each unit separately.
_COMPETING = ("log_softmax", "softmax", "sparsemax")
# Attributes with the number of labels that a layer knows.
_TABLE_SIZES = ("input_dim", "num_tokens", "num_classes")
RESHAPING = (
    *("Cast", "ConvertToTensor", "ExpandDims", "Flatten", "GetItem", "Identity"),
    *("Permute", "Ravel", "Repeat", "RepeatVector", "Reshape", "SaturateCast"),
    *("Squeeze", "StopGradient", "Transpose"),
)


def check_discriminator(name: str, network: keras.Layer, loss: losses.Loss) -> None:
    """Refuses activations that keep the loss from falling, as a sigmoid before one.

    The loss is that of the first output. Others are class logits, or other values that
    are not limited to [0, 1].
    """
    for activation in output_activations(network):
        competing = activation.name.lower() in _COMPETING
        if competing or not _within_reach(loss, activation.low, activation.high):
            logits = loss.probability is losses.probability
            raise ValueError(
                f"The {name} ends in {activation}, but loss={loss.name!r} takes "
                f"{'logits' if logits else 'scores'} "
                f"{'of separate units' if competing else 'beyond these'}. Leave the "
                "activation out: "
                f"{'the sigmoid is in the loss' if logits else 'a score needs none'}."
            )
    for number in range(1, len(getattr(network, "outputs", None) or [None])):
        for activation in output_activations(network, number):
            if activation.low >= 0 and activation.high <= 1:
                raise ValueError(
                    f"Output {number} of the {name} ends in {activation}, but must be "
                    "logits. Leave the activation out: the softmax is in the loss."
                )


def check_penalty(
    name: str, network: keras.Layer, penalty: penalties.Penalty | None
) -> None:
    """Refuses batch normalization if a penalty takes each image's gradient alone."""
    if penalty is None or not penalty.per_image:
        return
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            raise ValueError(
                f"penalty={penalty!r} takes the gradient of each image alone, but "
                f"{layer.name!r} in the {name} mixes the images of a batch. Leave "
                "batch normalization out, or use keras.layers.LayerNormalization."
            )


def check_labels_input(name: str, labels: KerasTensor, num_classes: int) -> None:
    """Checks that a network's input for labels takes the numbers of all classes."""
    shape = tuple(labels.shape)
    if len(shape) == 2 and shape[-1] not in (None, 1):
        raise ValueError(
            f"The {name} takes labels of shape {shape}, apparently one-hot, but is "
            "given class numbers, (n,). Use keras.Input((), dtype='int32') and then "
            f"keras.layers.CategoryEncoding({num_classes}, output_mode='one_hot') or "
            "an Embedding."
        )
    check_tables(name, labels, num_classes)


def check_tables(name: str, labels: KerasTensor, num_classes: int) -> None:
    """Checks that the layers that receive labels know all classes.

    For others, labels would become zeros, or fail. Labels are followed through models,
    casts and arithmetic to a lookup layer of Keras, or to a custom layer, which is
    called to test it.
    """
    _follow(name, labels, np.arange(num_classes, dtype="float32"))


def _follow(name: str, labels: KerasTensor, values: np.ndarray) -> None:
    """Checks all layers that receive a tensor with these values, one per class."""
    for node in labels._keras_history.operation._outbound_nodes:
        layer = node.operation
        places = [n for n, one in enumerate(node.input_tensors) if one is labels]
        if not places:
            continue
        of_keras = calls_as_keras(layer)
        if of_keras and getattr(layer, "outputs", None):  # a model inside
            for place in places:
                _follow(name, layer.inputs[place], values)
        elif type(layer).__name__ in RESHAPING:
            for output in node.outputs:
                _follow(name, output, values)
        elif of_keras and (changed := change(layer, node)):
            _follow(name, node.outputs[0], np.asarray(changed.call(values)))
        else:
            _check_table(name, layer, values)
            if not of_keras and len(node.input_tensors) == 1:
                _try_out(name, layer, node.input_tensors[0], values)


def _check_table(name: str, layer: keras.Layer, values: np.ndarray) -> None:
    for attribute in _TABLE_SIZES:
        size = getattr(layer, attribute, None)
        known = isinstance(size, int) and (values >= 0).all() and (values < size).all()
        if isinstance(size, int) and not known:
            low, high = values.min(), values.max()
            shifted = (low, high) != (0, len(values) - 1)
            raise ValueError(
                f"num_classes={len(values)}, but {type(layer).__name__}"
                f"({attribute}={size}) of the {name} (layer {layer.name!r}) only knows "
                f"labels below {size}"
                f"{f', and is fed {low:g} to {high:g}' if shifted else ''}. Give both "
                "the same number; labels are counted from 0."
            )


def _try_out(
    name: str, layer: keras.Layer, labels: KerasTensor, values: np.ndarray
) -> None:
    """Calls a custom layer with all labels to check that it knows them."""
    shape = [1 if side is None else side for side in labels.shape[1:]]
    fed = np.broadcast_to(values.reshape(-1, *[1] * len(shape)), [len(values), *shape])
    try:
        with keras.StatelessScope():
            output = layer(keras.ops.cast(fed, labels.dtype))
        rows = np.asarray(output, np.float64).reshape(len(values), -1)
    except Exception as error:
        if "is not in [0," not in str(error):  # it needs more than labels
            return
        rows = np.zeros((len(values), 1))  # an Embedding
        rows[0] = 1
    one_hot = rows[0].any() and np.isin(rows, (0, 1)).all()
    if one_hot and not rows[-1].any():
        raise ValueError(
            f"num_classes={len(values)}, but layer {layer.name!r} of the {name} does "
            "not know all labels, which are counted from 0: the last ones become zeros "
            f"or fail. Build it for {len(values)} labels."
        )


def check_gradients(networks: dict[str, keras.Layer]) -> None:
    """Refuses layers whose gradients TensorFlow computes wrongly."""
    for name, network in networks.items():
        for layer in filter(convolution.has_wrong_gradient, network._flatten_layers()):
            raise ValueError(
                f"{layer.name!r} in the {name} is a 1x1 convolution with strides "
                f"{layer.strides}. TensorFlow computes its gradient wrongly on this "
                "processor, with oneDNN's kernels. Set the environment "
                "variable TF_ENABLE_ONEDNN_OPTS=0 before TensorFlow is imported, or "
                "use ganzoo.layers.Conv2D in place of keras.layers.Conv2D."
            )


def check_trainable(networks: dict[str, keras.Layer]) -> None:
    """Refuses networks without trainable weights."""
    for name, network in networks.items():
        if network.trainable_variables:
            continue
        if network.weights:
            raise ValueError(
                f"All {len(network.weights)} weights of the {name} are frozen: it "
                f"would never learn. Set {name}.trainable = True before compile(); "
                "single layers of it may be frozen. A train step updates each "
                "network separately, so none has to be frozen for another."
            )
        raise ValueError(f"The {name} has no weights, and so nothing to learn.")


def check_unchanged(
    names: str,
    optimizer: keras.optimizers.Optimizer,
    variables: Sequence[keras.Variable],
) -> None:
    """Checks that a built optimizer trains exactly what is trainable now."""
    known = {id(variable) for variable in optimizer._trainable_variables}
    if known != {id(variable) for variable in variables}:
        raise ValueError(
            f"The {names} had {len(known)} trainable variables when the optimizer "
            f"was built, and has {len(variables)} now: after a change of `trainable` "
            "call compile() again, with new optimizers."
        )


def _within_reach(loss: losses.Loss, low: float, high: float) -> bool:
    """Returns whether outputs in [low, high] can reach the lowest discriminator loss.

    A custom loss may interpret its outputs in any way, unless its `probability` says
    that they are logits.
    """
    known = loss.name.removeprefix("zero_sum_") in losses.names()
    if not known and loss.probability is not losses.probability:
        return True
    anything = _lowest(loss, -np.inf, np.inf, 30.0)
    here, nearer = (_lowest(loss, low, high, scale) for scale in (30.0, 15.0))
    return here <= anything + 0.05 or here <= nearer - 1.0


def _lowest(loss: losses.Loss, low: float, high: float, scale: float) -> float:
    """Returns the lowest loss over logits within the bounds, up to a scale."""
    values = scale * np.array([0, 1 / 30, 1 / 15, 1 / 6, 1 / 3, 1])
    values = np.clip([*-values, -1.0, 1.0, *values], low, high).astype("float32")
    real, fake = (part.ravel() for part in np.meshgrid(values, values))
    values = loss.discriminator(*map(ops.convert_to_tensor, (real, fake)))
    return float(np.min(values))
