import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import distribute
from ganzoo.layers import Conv2D, Conv2DTranspose, direct_convolutions
from ganzoo.layers.convolution import MAX_CHANNELS, has_wrong_gradient

CASES = [
    # kernel, stride: wider, as wide and narrower than the stride, odd and even
    (5, 2), (4, 2), (3, 2), (2, 2), (1, 2), (7, 3), (5, 3), (4, 4), (6, 4), ((3, 5), 2),
]  # fmt: skip
BOTH = [
    (Conv2D, keras.layers.Conv2D, (12, 24, 3), 6),
    (Conv2DTranspose, keras.layers.Conv2DTranspose, (4, 6, 7), 3),
]


def with_gradients(layer, inputs):
    weight = tf.reshape(tf.range(1.0, 1.0 + inputs.shape[0]), [-1, 1, 1, 1])
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
        loss = tf.reduce_sum(weight * tf.cast(outputs, tf.float32) ** 2)
    variables = [variable.value for variable in layer.trainable_variables]
    return outputs, tape.gradient(loss, [inputs, *variables])


def pair(ours, theirs, shape, *arguments, **options):
    """The same weights in our layer and in that of Keras."""
    keras.utils.set_random_seed(1)
    made = [kind(*arguments, **options) for kind in (ours, theirs)]
    for layer in made:
        layer.build((None, *shape))
    if made[0].use_bias:
        made[0].bias.assign(np.arange(made[0].filters) / 8)
    made[1].set_weights(made[0].get_weights())
    return made


def check_equal(ours, theirs, inputs, tolerance=2e-6):
    for value, expected in zip(
        tf.nest.flatten(with_gradients(ours, inputs)),
        tf.nest.flatten(with_gradients(theirs, inputs)),
        strict=True,
    ):
        assert value.shape == expected.shape
        scale = np.abs(expected).max()
        np.testing.assert_allclose(value, expected, rtol=0, atol=tolerance * scale)


def in_float64(layer):
    """Returns a copy of a layer of Keras that computes in float64."""
    made = type(layer).from_config(layer.get_config() | {"dtype": "float64"})
    made.build(layer._build_shapes_dict["input_shape"])
    made.set_weights(layer.get_weights())
    return made


def coarse(layer, inputs) -> bool:
    """Whether the layer goes over the coarse grid."""
    graph = tf.function(layer).get_concrete_function(inputs).graph
    kinds = {op.type for op in graph.get_operations()}
    return bool(kinds & {"SpaceToDepth", "DepthToSpace"})


@pytest.mark.parametrize(("kernel", "stride"), CASES)
@pytest.mark.parametrize(("ours", "theirs", "shape", "filters"), BOTH)
def test_the_coarse_grid_computes_what_keras_does(
    ours, theirs, shape, filters, kernel, stride
):
    layer, reference = pair(
        ours, theirs, shape, filters, kernel, strides=stride, padding="same"
    )
    inputs = tf.random.stateless_normal((2, *shape), [1, 2])
    if layer.kernel_size != (1, 1) or ours is Conv2DTranspose:
        assert coarse(layer, inputs)
    # In float64, whose kernels are right on every processor.
    check_equal(layer, in_float64(reference), inputs)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("strides", [2, 3, (1, 2)])
@pytest.mark.parametrize("channels", [1, 7, 17])
def test_a_1x1_convolution_with_strides_has_the_right_gradient(
    channels, strides, padding
):
    """oneDNN's on AVX2 is wrong: it takes the positions that the strides leave out."""
    shape = (9, 12, channels)
    layer, reference = pair(
        Conv2D, keras.layers.Conv2D, shape, 6, 1, strides=strides, padding=padding
    )
    inputs = tf.random.stateless_normal((8, *shape), [1, 2])
    check_equal(layer, in_float64(reference), inputs)


@pytest.mark.parametrize("without", [True, False])
def test_layers_of_keras_with_a_wrong_gradient_are_known(without, monkeypatch):
    monkeypatch.setattr(distribute, "onednn_without_avx512", lambda: without)
    kinds = keras.layers.Conv2D, keras.layers.Conv2DTranspose
    for kind in kinds:
        for kernel, strides, few in ((1, 2, 3), (1, 2, 16), (2, 2, 3), (1, 1, 3)):
            layer = kind(few if kind is kinds[1] else 4, kernel, strides=strides)
            layer.build((None, 8, 8, 4 if kind is kinds[1] else few))
            wrong = (kernel, strides, few) == (1, 2, 3)
            assert has_wrong_gradient(layer) == (wrong and without)
    ours = Conv2D(4, 1, strides=2)
    ours.build((None, 8, 8, 3))
    assert not has_wrong_gradient(ours)
    for filters in (4, 7):  # on the coarse grid, and beyond it
        transposed = Conv2DTranspose(filters, 1, strides=2, padding="same")
        transposed.build((None, 8, 8, 16))
        assert has_wrong_gradient(transposed) == (filters == 7 and without)


@pytest.mark.parametrize("channels", [8, 9])
@pytest.mark.parametrize("kind", [keras.layers.Conv2D, keras.layers.Conv2DTranspose])
def test_from_eight_channels_on_kerass_gradient_is_right(kind, channels):
    """Fails where the bound that `has_wrong_gradient` uses is too low."""
    transposed = kind is keras.layers.Conv2DTranspose
    layer = kind(channels if transposed else 6, 1, strides=2)
    shape = (8, 12, 12, 6 if transposed else channels)
    layer.build(shape)
    inputs = tf.random.stateless_normal(shape, [1, 2])
    check_equal(layer, in_float64(layer), inputs)


@pytest.mark.parametrize(
    "options",
    [
        {"strides": 1, "padding": "same"},
        {"strides": 2, "padding": "valid"},
        {"dilation_rate": 2, "padding": "same"},
        {"strides": 5, "padding": "same"},  # does not divide the image
        {"strides": (2, 3), "padding": "same"},
    ],
    ids=str,
)
def test_other_convolutions_are_those_of_keras(options):
    shape = (12, 24, 3)
    layer, reference = pair(Conv2D, keras.layers.Conv2D, shape, 6, 3, **options)
    inputs = tf.random.stateless_normal((2, *shape), [1, 2])
    assert not coarse(layer, inputs)
    check_equal(layer, reference, inputs)


def test_transposed_convolutions_with_output_padding_are_those_of_keras():
    options = {"strides": 2, "padding": "same", "output_padding": 0}
    layer, reference = pair(
        Conv2DTranspose, keras.layers.Conv2DTranspose, (4, 6, 7), 3, 5, **options
    )
    check_equal(layer, reference, tf.random.stateless_normal((2, 4, 6, 7), [1, 2]))


def test_many_channels_go_the_direct_way():
    inputs = tf.zeros((1, 8, 8, MAX_CHANNELS + 1))
    assert not coarse(Conv2D(3, 4, strides=2, padding="same"), inputs)
    wide = Conv2DTranspose(MAX_CHANNELS + 1, 4, strides=2, padding="same")
    assert not coarse(wide, inputs)


@pytest.mark.parametrize(("ours", "theirs", "shape", "filters"), BOTH)
def test_activation_and_missing_bias_are_kept(ours, theirs, shape, filters):
    options = {"strides": 2, "padding": "same", "activation": "tanh"}
    layer, reference = pair(ours, theirs, shape, filters, 5, use_bias=False, **options)
    check_equal(layer, reference, tf.random.stateless_normal((2, *shape), [3, 4]))


@pytest.mark.parametrize(("ours", "theirs", "shape", "filters"), BOTH)
def test_a_layer_survives_saving(tmp_path, ours, theirs, shape, filters):
    model = keras.Sequential(
        [keras.Input(shape), ours(filters, 5, strides=2, padding="same")]
    )
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert type(again.layers[0]) is ours
    inputs = tf.random.stateless_normal((2, *shape), [5, 6])
    np.testing.assert_array_equal(again(inputs), model(inputs))


@pytest.mark.parametrize(("ours", "theirs", "shape", "filters"), BOTH)
def test_under_mixed_precision_it_computes_in_bfloat16(ours, theirs, shape, filters):
    layer, reference = pair(
        ours,
        theirs,
        shape,
        filters,
        5,
        strides=2,
        padding="same",
        dtype="mixed_bfloat16",
    )
    inputs = tf.random.stateless_normal((2, *shape), [7, 8])
    outputs = layer(inputs)
    assert outputs.dtype == tf.bfloat16
    assert layer.kernel.dtype == "float32"
    expected = tf.cast(reference(inputs), tf.float32)
    difference = tf.cast(outputs, tf.float32) - expected
    assert float(tf.reduce_max(abs(difference))) < 0.02 * float(
        tf.reduce_max(abs(expected))
    )
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.cast(layer(inputs), tf.float32) ** 2)
    gradient = tape.gradient(loss, layer.bias.value)
    assert gradient.dtype == tf.float32


@pytest.mark.parametrize(("ours", "theirs", "shape", "filters"), BOTH)
def test_with_xla_the_numbers_are_the_same(ours, theirs, shape, filters):
    layer, _ = pair(ours, theirs, shape, filters, 5, strides=2, padding="same")
    inputs = tf.random.stateless_normal((2, *shape), [9, 10])
    compiled = tf.function(layer, jit_compile=True)(inputs)
    np.testing.assert_allclose(compiled, layer(inputs), rtol=0, atol=1e-5)


# ------------------------------------------------- sums of bfloat16 numbers, on any CPU

# Each way that a layer can go: direct, over the coarse grid, by frequencies.
WAYS = {
    "direct": (Conv2D, (64, 8, 8, 8), 6, 3, {"padding": "same"}),
    "strided": (Conv2D, (64, 8, 8, 8), 6, 3, {"padding": "same", "strides": 2}),
    "unpadded": (Conv2D, (64, 8, 8, 8), 6, 3, {}),
    "coarse": (Conv2D, (64, 8, 8, 3), 6, 5, {"padding": "same", "strides": 2}),
    "frequencies": (Conv2D, (64, 7, 7, 32), 48, 5, {"padding": "same"}),
    "transposed": (Conv2DTranspose, (64, 4, 4, 8), 6, 3, {"strides": 2}),
    "transposed, padded": (
        Conv2DTranspose,
        (64, 4, 4, 8),
        6,
        3,
        {"strides": 2, "output_padding": 0},
    ),
    "transposed, coarse": (
        Conv2DTranspose,
        (64, 4, 4, 8),
        3,
        5,
        {"padding": "same", "strides": 2},
    ),
    "transposed, frequencies": (
        Conv2DTranspose,
        (64, 7, 7, 48),
        32,
        5,
        {"padding": "same"},
    ),
}


def in_both_types(kind, shape, *arguments, **options):
    """Returns the layer in bfloat16 and in float32, of the same rounded weights."""
    keras.utils.set_random_seed(1)
    rough = kind(*arguments, dtype="mixed_bfloat16", **options)
    exact = kind(*arguments, **options)
    for layer in (rough, exact):
        layer.build(shape)
    kernel = tf.cast(tf.cast(rough.kernel.value, tf.bfloat16), tf.float32)
    exact.set_weights([kernel, rough.bias])
    return rough, exact


@pytest.mark.parametrize("unit", [True, False], ids=["as it is", "without units"])
@pytest.mark.parametrize("way", WAYS)
def test_gradients_of_bfloat16_are_those_of_float32_but_for_rounding(
    way, unit, monkeypatch
):
    """TensorFlow's own kernels are off by up to 97 % of a bias's gradient."""
    if not unit:
        monkeypatch.setattr(distribute, "cpu_unit", lambda: None)
    kind, shape, *arguments, options = WAYS[way]
    rough, exact = in_both_types(kind, shape, *arguments, **options)
    inputs = tf.cast(tf.random.stateless_normal(shape, [1, 2]), tf.bfloat16)

    def gradients(layer, inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
            # Of one sign for the most part, as those of a generator's pixels.
            slope = tf.random.stateless_uniform(outputs.shape, [3, 4], minval=-0.2)
            slope = tf.cast(tf.cast(slope, tf.bfloat16), outputs.dtype)
        sources = [inputs, *(v.value for v in layer.trainable_variables)]
        return [outputs, *tape.gradient(outputs, sources, slope)]

    found = gradients(rough, inputs)
    expected = gradients(exact, tf.cast(inputs, tf.float32))
    for one, other in zip(found, expected, strict=True):
        error = tf.cast(one, tf.float32) - other
        # Four roundings, as in the test of the frequencies.
        assert tf.norm(error) < 4 * 2.0**-9 * tf.norm(other)


def types(layer, inputs) -> set[str]:
    """Returns the types in which a layer multiplies."""
    graph = tf.function(layer).get_concrete_function(inputs).graph
    products = ("Conv2D", "MatMul", "BatchMatMul")
    return {
        op.outputs[0].dtype.name
        for op in graph.get_operations()
        if op.type.startswith(products)
    }


@pytest.mark.parametrize("way", WAYS)
def test_products_of_bfloat16_are_in_float32_where_there_are_no_units(way, monkeypatch):
    kind, shape, *arguments, options = WAYS[way]
    layer = kind(*arguments, dtype="mixed_bfloat16", **options)
    inputs = tf.TensorSpec(shape, tf.bfloat16)
    monkeypatch.setattr(distribute, "cpu_unit", lambda: "a unit")
    assert types(layer, inputs) == {"bfloat16"}
    monkeypatch.setattr(distribute, "cpu_unit", lambda: None)
    assert types(layer, inputs) == {"float32"}
    with direct_convolutions():  # for a TPU, which has units
        assert types(layer, inputs) == {"bfloat16"}


@pytest.mark.parametrize("kind", [Conv2D, Conv2DTranspose])
def test_the_gradient_of_a_bias_does_not_stop_at_256(kind):
    layer = kind(2, 3, padding="same", dtype="mixed_bfloat16")
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.cast(layer(tf.zeros((128, 14, 14, 4))), tf.float32))
    gradient = tape.gradient(total, layer.bias.value)
    np.testing.assert_array_equal(gradient, [128 * 14 * 14] * 2)
