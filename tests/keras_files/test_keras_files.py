"""Every file that Keras writes of networks that draw images is still read."""

import json

import keras
import numpy as np
import pytest

import ganzoo
from ganzoo import keras_files, zoo
from ganzoo.keras_files import classes, config, operations, size
from ganzoo.zoo.external import read_generator
from tests.gans.tiny import build_gan, build_infogan

layers = keras.layers


def row():
    """A row of numbers at a time, `[n, 6]`."""
    return keras.Input((6,))


def line():
    """Rows one after another, `[n, 8, 6]`."""
    return keras.Input((8, 6))


def image():
    """An image, `[n, 8, 8, 6]`."""
    return keras.Input((8, 8, 6))


def solid():
    """A volume, `[n, 4, 4, 4, 2]`."""
    return keras.Input((4, 4, 4, 2))


def film():
    """Images one after another, `[n, 2, 4, 4, 2]`, of a film's length."""
    return keras.Input((2, 4, 4, 2))


# By the input that a layer takes, the layers by name with their arguments.
ONE = {
    row: {
        "Activation": {"activation": "tanh"},
        "ActivityRegularization": {"l2": 0.1},
        "AlphaDropout": {"rate": 0.1},
        "BatchNormalization": {},
        "CategoryEncoding": {"num_tokens": 4, "output_mode": "multi_hot"},
        "Dense": {
            "units": 3,
            "kernel_initializer": keras.initializers.Orthogonal(seed=1),
            "bias_initializer": keras.initializers.Constant(0.5),
            "kernel_regularizer": keras.regularizers.L1L2(0.1, 0.2),
            "bias_regularizer": "l2",
            "kernel_constraint": keras.constraints.MaxNorm(2),
            "activation": layers.LeakyReLU(0.2),
        },
        "Dropout": {"rate": 0.1, "seed": 3},
        "ELU": {},
        "EinsumDense": {"equation": "ab,bc->ac", "output_shape": 4},
        "Embedding": {"input_dim": 5, "output_dim": 2},
        "GaussianDropout": {"rate": 0.1},
        "GaussianNoise": {"stddev": 0.1},
        "Identity": {},
        "LayerNormalization": {},
        "LeakyReLU": {},
        "Masking": {},
        "PReLU": {},
        "RMSNormalization": {},
        "ReLU": {"max_value": 6.0},
        "RepeatVector": {"n": 2},
        "Rescaling": {"scale": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]},
        "Reshape": {"target_shape": (2, 3)},
        "ReversibleEmbedding": {"input_dim": 5, "output_dim": 2},
        "Softmax": {},
        "SpectralNormalization": {"layer": layers.Dense(3)},
        "UnitNormalization": {},
    },
    line: {
        "AdaptiveAveragePooling1D": {"output_size": 2},
        "AdaptiveMaxPooling1D": {"output_size": 2},
        "AveragePooling1D": {"pool_size": 2},
        "Bidirectional": {"layer": layers.LSTM(2)},
        "Conv1D": {"filters": 2, "kernel_size": 3},
        "Conv1DTranspose": {"filters": 2, "kernel_size": 3},
        "Cropping1D": {},
        "DepthwiseConv1D": {"kernel_size": 3},
        "GRU": {"units": 2},
        "GlobalAveragePooling1D": {},
        "GlobalMaxPooling1D": {},
        "LSTM": {"units": 2},
        "MaxPooling1D": {},
        "Permute": {"dims": (2, 1)},
        "RNN": {"cell": [layers.GRUCell(2), layers.LSTMCell(2)]},
        "SeparableConv1D": {"filters": 2, "kernel_size": 3},
        "SimpleRNN": {"units": 2},
        "SpatialDropout1D": {"rate": 0.1},
        "TimeDistributed": {"layer": layers.Dense(2)},
        "UpSampling1D": {},
        "ZeroPadding1D": {},
    },
    image: {
        "AdaptiveAveragePooling2D": {"output_size": 2},
        "AdaptiveMaxPooling2D": {"output_size": 2},
        "AveragePooling2D": {"pool_size": 2},
        "CenterCrop": {"height": 4, "width": 4},
        "Conv2D": {"filters": 2, "kernel_size": 3, "activation": "relu"},
        "Conv2DTranspose": {"filters": 2, "kernel_size": 3, "strides": 2},
        "Cropping2D": {},
        "DepthwiseConv2D": {"kernel_size": 3},
        "Flatten": {},
        "GlobalAveragePooling2D": {},
        "GlobalMaxPooling2D": {},
        "GroupNormalization": {"groups": 3},
        "MaxPooling2D": {},
        "Resizing": {"height": 3, "width": 3},
        "SeparableConv2D": {"filters": 2, "kernel_size": 3},
        "SpatialDropout2D": {"rate": 0.1},
        "UpSampling2D": {"interpolation": "bilinear"},
        "ZeroPadding2D": {},
    },
    solid: {
        "AdaptiveAveragePooling3D": {"output_size": 2},
        "AdaptiveMaxPooling3D": {"output_size": 2},
        "AveragePooling3D": {"pool_size": 2},
        "Conv3D": {"filters": 2, "kernel_size": 3},
        "Conv3DTranspose": {"filters": 2, "kernel_size": 3},
        "Cropping3D": {},
        "GlobalAveragePooling3D": {},
        "GlobalMaxPooling3D": {},
        "MaxPooling3D": {},
        "SpatialDropout3D": {"rate": 0.1},
        "UpSampling3D": {},
        "ZeroPadding3D": {},
    },
    film: {"ConvLSTM2D": {"filters": 2, "kernel_size": 3}},
    lambda: keras.Input((2, 4, 2)): {"ConvLSTM1D": {"filters": 2, "kernel_size": 3}},
    lambda: keras.Input((2, 3, 3, 3, 2)): {
        "ConvLSTM3D": {"filters": 2, "kernel_size": 3}
    },
}
# Of two equal inputs.
MERGES = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")
PAIRS = {"AdditiveAttention": {}, "Attention": {}, "Dot": {"axes": 2}}
HEADS = {
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 3},
    "GroupQueryAttention": {
        "head_dim": 2,
        "num_query_heads": 2,
        "num_key_value_heads": 1,
    },
}
INSIDE = {"InputLayer", "GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"}


def of_one_input(source) -> keras.Model:
    inputs = source()
    outputs = [
        getattr(layers, name)(**arguments)(inputs)
        for name, arguments in ONE[source].items()
        if hasattr(layers, name)
    ]
    return keras.Model(inputs, outputs)


def of_pairs() -> keras.Model:
    first, second = line(), line()
    outputs = [getattr(layers, name)()([first, second]) for name in MERGES]
    for name, arguments in PAIRS.items():
        outputs.append(getattr(layers, name)(**arguments)([first, second]))
    for name, arguments in HEADS.items():
        outputs.append(getattr(layers, name)(**arguments)(first, second))
    cells = layers.RNN(layers.StackedRNNCells([layers.SimpleRNNCell(2)]))
    return keras.Model([first, second], [*outputs, cells(first)])


def of_operations() -> keras.Model:
    ops, inputs = keras.ops, image()
    outputs = [
        inputs + 1.0,
        2.0 * ops.tanh(inputs) - inputs,
        inputs[:, ::2, 1:, -1],
        ops.reshape(inputs, (-1, 8, 48)),
        ops.concatenate([ops.exp(inputs), ops.square(inputs)], axis=-1),
        ops.mean(inputs, axis=(1, 2), keepdims=True),
        ops.image.resize(inputs, (4, 4)),
        ops.cast(inputs, "float16"),
        ops.stop_gradient(ops.leaky_relu(inputs)),
        ops.depth_to_space(
            ops.pad(inputs[..., :4], [[0, 0], [1, 1], [1, 1], [0, 0]]), 2
        )
        if hasattr(ops, "depth_to_space")
        else inputs,
        inputs * np.float32(3.0),
        ops.where(inputs > 0, inputs, 0.0),
        *ops.unstack(inputs, axis=1),
        ops.split(inputs, 2, axis=1)[1],
        ops.slice(inputs, (0, 1, 1, 0), (2, 3, 4, 6)),
        ops.slice_update(inputs, (0, 1, 1, 0), inputs[:, 2:4, 2:4] * 2.0),
        ops.scatter_update(inputs, [[0, 1, 1, 0]], inputs[0, 0, 0, :1]),
        ops.convert_to_tensor(inputs),
        ops.saturate_cast(inputs, "uint8"),
        keras.activations.relu(inputs, max_value=0.5),
        keras.activations.relu(inputs, negative_slope=0.2, threshold=0.1),
    ]
    return keras.Model(inputs, outputs)


def rearranged() -> keras.Model:
    inputs = keras.Input((8, 8, 6), batch_size=2)  # as Keras's operation asks for
    return keras.Model(inputs, keras.ops.rearrange(inputs, "b h w c -> b c h w"))


def of_precisions() -> keras.Model:
    policies = keras.dtype_policies
    mixed = policies.DTypePolicyMap(
        "float32", {"b/query": policies.DTypePolicy("bfloat16")}
    )
    inputs = line()
    both = layers.MultiHeadAttention(2, 3, dtype=mixed, name="b")(inputs, inputs)
    plain = policies.FloatDTypePolicy("float32")
    return keras.Model(inputs, layers.Dense(2, dtype=plain)(both))


def nested() -> keras.Model:
    block = keras.Sequential([keras.Input((6,)), layers.Dense(6)])
    inputs = row()
    graph = keras.Model(inputs, layers.ReLU()(block(block(inputs))))
    return keras.Sequential([row(), graph, layers.Dense(2)])


@pytest.mark.parametrize(
    "model", [*ONE, of_pairs, of_operations, of_precisions, rearranged, nested]
)
def test_what_keras_writes_computes_the_same_after_reading(tmp_path, model):
    keras.utils.set_random_seed(0)
    built = of_one_input(model) if model in ONE else model()
    built.save(tmp_path / "a.keras")
    read = keras_files.load(tmp_path / "a.keras")
    numbers = np.random.default_rng(0)
    inputs = [
        numbers.uniform(0.0, 4.0, (2, *one.shape[1:])).astype("f4")
        for one in built.inputs
    ]
    outputs = [keras.tree.flatten(one(inputs)) for one in (built, read)]
    for expected, found in zip(*outputs, strict=True):
        np.testing.assert_array_equal(expected, found)


def test_every_layer_that_may_be_read_was_read():
    tried = {name for names in ONE.values() for name in names}
    tried |= {*MERGES, *PAIRS, *HEADS} | INSIDE
    assert tried == classes.LAYERS


def every_operation() -> dict[str, set[str]]:
    """Returns the names of all operations of Keras, by module."""
    found, waiting = {}, [keras.Operation]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        own = issubclass(kind, keras.Layer) or kind is keras.Operation
        if kind.__module__.startswith("keras.") and not own:
            found.setdefault(kind.__module__, set()).add(kind.__name__)
    return found


def test_every_operation_of_keras_was_looked_at():
    for module, names in every_operation().items():
        allowed = operations.OPERATIONS.get(module, set())
        refused = operations.REFUSED.get(module, set())
        assert not allowed & refused
        if keras.__version__.startswith("3.15."):
            assert names - allowed - refused == set(), module
            assert (allowed | refused) - names == set(), module
        for name in names:  # one of newer Keras is refused
            described = {"module": module, "class_name": name, "registered_name": name}
            expected = "operation" if name in allowed else None
            assert classes.kind(described) == expected


@pytest.mark.parametrize("module", ["initializers", "regularizers", "constraints"])
def test_every_part_of_a_layer_was_looked_at(module):
    found = {}
    for name, kind in vars(getattr(keras, module)).items():
        if isinstance(kind, type):
            found.setdefault(kind, set()).add(name)
    place = f"keras.{module}"
    for names in found.values():
        allowed = names & classes.PARTS[place]
        refused = names & classes.REFUSED_PARTS[place]
        if keras.__version__.startswith("3.15."):
            assert bool(allowed) != bool(refused), names


def test_every_policy_of_precision_was_looked_at():
    kinds = {n for n, v in vars(keras.dtype_policies).items() if isinstance(v, type)}
    allowed = classes.PARTS["keras"] | classes.PARTS["keras.dtype_policies"]
    refused = classes.REFUSED_PARTS["keras.dtype_policies"]
    assert not allowed & refused
    if keras.__version__.startswith("3.15."):
        assert kinds == allowed | refused


def test_a_tensor_is_not_divided_into_very_many(tmp_path):
    inputs = keras.Input((1_001,))
    for divide in (
        lambda x: keras.ops.unstack(x, axis=1),
        lambda x: keras.ops.unstack(x, 1_001, axis=1),
        lambda x: keras.ops.split(x, 1_001, axis=1),
    ):
        model = keras.Model(inputs, divide(inputs)[0])
        model.save(tmp_path / "a.keras")
        with pytest.raises(ValueError, match="makes 1,001 tensors of one; 1,000 are"):
            keras_files.load(tmp_path / "a.keras")
    described = keras.saving.serialize_keras_object(model)
    text = json.dumps(described).replace('"Split"', '"Unstack"')
    text = text.replace('"registered_name": "Unstack"', '"registered_name": null')
    with pytest.raises(ValueError, match=r"holds Unstack of .*, which is refused"):
        config.checked(text.encode())


def test_precisions_are_by_paths_and_not_by_patterns():
    described = keras.saving.serialize_keras_object(of_precisions())
    text = json.dumps(described).replace("b/query", "(a+)+b")
    with pytest.raises(ValueError, match=r"has the pattern '\(a\+\)\+b'"):
        config.checked(text.encode())


@pytest.mark.parametrize("name", zoo.names())
def test_the_networks_of_the_zoo_may_be_read(name):
    network = zoo.load(name)
    text = json.dumps(keras.saving.serialize_keras_object(network)).encode()
    checked = config.checked(text)
    assert config.networks(checked) == [checked]
    count = keras_files._in_thread(lambda: size.count_weights(checked))
    assert count == sum(int(np.prod(weight.shape)) for weight in network.variables)


@pytest.mark.parametrize(
    ("gan", "options"),
    [
        (lambda: build_gan(ema_half_life=100.0), {}),
        (lambda: build_gan(kind=ganzoo.UnrolledGAN, unrolled_steps=2), {}),
        (lambda: build_gan(num_classes=3), {"num_classes": 3}),
        (lambda: build_gan(networks={"dropout": layers.Dropout}), {}),
        (build_infogan, {}),
    ],
)
def test_the_generator_of_every_gan_of_noise_is_read(tmp_path, gan, options):
    gan = gan()
    gan.save(tmp_path / "a.keras")
    sampler = read_generator(tmp_path / "a.keras", **options)
    drawn = sampler.floats(inputs := sampler.inputs(5, seed=3))
    inputs = inputs if len(inputs) > 1 else inputs[0]
    np.testing.assert_allclose(drawn, gan.generator(inputs), atol=1e-6)
    assert (sampler.codes is None) == (not hasattr(gan, "codes"))


def test_what_a_file_says_of_training_is_not_touched(tmp_path):
    model = keras.Sequential([row(), layers.Dense(2)])
    model.compile("adam", "mse")
    described = keras.saving.serialize_keras_object(model)
    described["compile_config"] = {"loss": {"class_name": "Lambda", "config": {}}}
    checked = config.checked(json.dumps(described).encode())
    assert "compile_config" not in checked


def test_narrow_numbers_are_read(tmp_path):
    policy = keras.DTypePolicy("bfloat16")
    model = keras.Sequential([row(), layers.Dense(2, dtype=policy)])
    model.save(tmp_path / "a.keras")
    read = keras_files.load(tmp_path / "a.keras")
    np.testing.assert_array_equal(
        *(np.asarray(one.layers[0].kernel, "f4") for one in (model, read))
    )
