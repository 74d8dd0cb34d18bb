"""Finds layers of users that compute with a whole batch, where replicas share it."""

import warnings
from typing import Any

import keras
import numpy as np

from ganzoo import distribute
from ganzoo.layers import MinibatchDiscrimination, random_scope
from ganzoo.random import StepRandom

_ROWS = 4  # of the batch that a layer is tried with


def warn_of_comparisons(name: str, layers: list[keras.Layer]) -> None:
    """Warns of layers whose result for an image depends on the others of its batch.

    Minibatch statistics are such. Each replica would compute them of its own images, so
    that their number would matter. Layers of a user's own are called twice, as in
    inference, with one image alike and the others not. What shows only in training, or
    between layers, is not found; one that fails outside of a replica is left alone.

    Args:
        name: What the network is called in messages.
        layers: All layers of it, called before if only on symbolic tensors.
    """
    for layer in layers:
        if _is_own(layer) and layer._inbound_nodes and _compares(layer):
            warnings.warn(
                f"{layer.name} of the {name}, a {type(layer).__name__}, computes with "
                "the whole batch, of which each replica has a share only: unless it "
                "gathers the rows of all replicas, the result depends on their number, "
                f"{distribute.num_replicas()}. Use ganzoo.layers."
                "MinibatchDiscrimination, gather by tf.distribute."
                "get_replica_context().all_gather, or train on one replica.",
                stacklevel=2,
            )


def _is_own(layer: keras.Layer) -> bool:
    """Whether its `call` is neither Keras's nor ganzoo's, and none of ours is in it."""
    if isinstance(layer, keras.layers.Lambda):
        return True
    owner = next(base for base in type(layer).mro() if "call" in vars(base))
    ours = owner.__module__.split(".")[0] in ("keras", "ganzoo")
    inside = layer._flatten_layers()
    return not ours and not any(isinstance(x, MinibatchDiscrimination) for x in inside)


def _compares(layer: keras.Layer) -> bool:
    """Whether a first image's result changes with the images after it."""
    arguments = layer._inbound_nodes[0].arguments
    numbers = np.random.default_rng(0)
    firsts: dict[int, np.ndarray] = {}

    def batch(tensor: Any) -> Any:
        if not isinstance(tensor, keras.KerasTensor):
            return tensor
        shape = [side or _ROWS for side in (_ROWS, *tensor.shape[1:])]
        drawn = numbers.normal(size=shape)
        drawn[0] = firsts.setdefault(id(tensor), drawn[0].copy())
        return keras.ops.cast(drawn, tensor.dtype)  # class numbers near 0

    first_rows = []
    try:
        for _ in range(2):
            args, kwargs = keras.tree.map_structure(
                batch, (arguments.args, arguments.kwargs)
            )
            with keras.StatelessScope(), random_scope(StepRandom.root(0)):
                outputs = keras.tree.flatten(layer(*args, **kwargs))
            first_rows.append([np.asarray(one, "float64")[0] for one in outputs])
    except Exception:  # it needs a replica, or other numbers
        return False
    return not all(
        np.allclose(a, b, rtol=1e-4, atol=1e-6, equal_nan=True)
        for a, b in zip(*first_rows, strict=True)
    )
