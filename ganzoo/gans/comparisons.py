"""Finds custom layers that compare the examples of a batch, which replicas split."""

import warnings
from typing import Any

import keras
import numpy as np
from keras import KerasTensor

from ganzoo import distribute
from ganzoo.layers import MinibatchDiscrimination, random_scope
from ganzoo.random import StepRandom

_ROWS = 4  # of the batch on which a layer is tested


def warn_of_comparisons(name: str, layers: list[keras.Layer]) -> None:
    """Warns about layers whose output for an image depends on the rest of its batch.

    Minibatch statistics are an example: each replica would compute them over its own
    images, so the result would depend on the number of replicas. Custom layers, which
    were called at least on symbolic tensors, are called twice in inference mode, with
    the first image equal and the others different. This does not find effects in
    training only or across layers; it skips layers that fail outside of a replica.
    """
    for layer in layers:
        if _is_own(layer) and layer._inbound_nodes and _compares(layer):
            warnings.warn(
                f"{layer.name} of the {name}, a {type(layer).__name__}, computes with "
                "the whole batch, but each replica has only a part of it: unless it "
                "gathers the rows of all replicas, the result depends on their number, "
                f"{distribute.num_replicas()}. Use ganzoo.layers."
                "MinibatchDiscrimination, gather by tf.distribute."
                "get_replica_context().all_gather, or train on one replica.",
                stacklevel=2,
            )


def _is_own(layer: keras.Layer) -> bool:
    """Whether its `call` is custom and it contains no `MinibatchDiscrimination`."""
    if isinstance(layer, keras.layers.Lambda):
        return True
    owner = next(base for base in type(layer).mro() if "call" in vars(base))
    ours = owner.__module__.split(".")[0] in ("keras", "ganzoo")
    inside = layer._flatten_layers()
    return not ours and not any(isinstance(x, MinibatchDiscrimination) for x in inside)


def _compares(layer: keras.Layer) -> bool:
    """Whether the first image's output changes with the other images."""
    arguments = layer._inbound_nodes[0].arguments
    numbers = np.random.default_rng(0)
    firsts: dict[int, np.ndarray] = {}

    def batch(tensor: Any) -> Any:
        if not isinstance(tensor, KerasTensor):
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
