"""Which layers of Keras let an example depend on the others of its batch.

Replicas hold parts of the batch: such a layer depends on their number, unless it looks
at the whole batch. `test_stock_layers` shows that these are refused on several.
"""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

stock = keras.layers
MIXES = {"BatchNormalization", "CutMix", "MixUp"}
# Refused anyway; of words, sound or others' code; or no layers by themselves.
LEFT_OUT = {
    "AugMix",
    *("CategoryEncoding", "Discretization", "HashedCrossing", "IntegerLookup"),
    *("StringLookup", "TextVectorization", "MelSpectrogram", "STFTSpectrogram"),
    *("FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper"),
    *("InputLayer", "Layer", "Pipeline", "StackedRNNCells", "Wrapper"),
    *("GRUCell", "LSTMCell", "SimpleRNNCell"),
}
ARGUMENTS = {
    "activation": "relu",
    "axes": -1,
    "cell": stock.SimpleRNNCell(2),
    "dims": (3, 1, 2),
    "equation": "abcd,de->abce",
    "factor": 0.5,
    "filters": 2,
    "head_dim": 2,
    "height": 4,
    "height_factor": 0.5,
    "input_dim": 9,
    "kernel_size": 2,
    "key_dim": 2,
    "max_number": 2,
    "n": 2,
    "num_bins": 4,
    "num_heads": 2,
    "num_key_value_heads": 1,
    "num_query_heads": 2,
    "output_dim": 2,
    "output_shape": (8, 8, 2),
    "output_size": 2,
    "pool_size": 2,
    "rate": 0.5,
    "scale": 2.0,
    "stddev": 0.5,
    "target_shape": (-1,),
    "units": 2,
    "width": 4,
    "width_factor": 0.5,
}
SHAPES = [(8, 8, 3), (8, 24), (4, 4, 4, 3), (192,), (2, 4, 4, 6), (2, 2, 4, 4, 3)]


def make(kind):
    """Makes a layer, its arguments filled in by their names."""
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    needed = [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    inner = stock.LSTM(2) if kind is stock.Bidirectional else stock.Dense(2)
    arguments = ARGUMENTS | {"layer": inner}
    if kind is stock.RandomPosterization:
        arguments["factor"] = 4  # bits
    return kind(**{name: arguments[name] for name in needed})


def fed(layer, values):
    """What the layer is called with: as often as it has inputs."""
    name = type(layer).__name__
    if name in ("MultiHeadAttention", "GroupedQueryAttention"):
        return values, values
    merges = isinstance(layer, stock.Add.__mro__[1] | stock.Attention)
    return ([values, values],) if merges else (values,)


def outputs(layer, values):
    for part in layer._flatten_layers():
        for seeds in part._seed_generators:
            seeds.state.assign([1, 2])
    given = fed(layer, tf.constant(values))
    takes_training = "training" in inspect.signature(layer.call).parameters
    result = layer(*given, **({"training": True} if takes_training else {}))
    return tf.nest.flatten(result)[0].numpy().astype(float)


def mixes(kind) -> bool:
    """Whether other images in the second half of a batch change the first half."""
    numbers = np.random.default_rng(0)
    values = numbers.uniform(-1, 1, (4, 192)).astype("float32")
    others = np.concatenate([values[:2], values[2:] ** 2])
    for shape in SHAPES:
        try:
            layer = make(kind)
            outputs(layer, values.reshape(4, *shape))
        except Exception:  # of many kinds, for inputs of another shape
            continue
        weights = layer.get_weights()
        found = []
        for given in (values, others):
            layer.set_weights(weights)
            found.append(outputs(layer, given.reshape(4, *shape))[:2])
        return not np.array_equal(*found)
    raise AssertionError(f"{kind.__name__} takes none of the shapes")


@pytest.mark.slow
def test_no_other_layer_of_keras_mixes_the_examples_of_a_batch():
    kinds = {name: getattr(stock, name) for name in dir(stock)}
    kinds = {
        name: kind
        for name, kind in kinds.items()
        if isinstance(kind, type) and issubclass(kind, stock.Layer)
    }
    assert kinds.keys() >= LEFT_OUT
    assert {name for name in kinds.keys() - LEFT_OUT if mixes(kinds[name])} == MIXES
