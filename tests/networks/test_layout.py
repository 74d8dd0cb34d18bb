"""Table 1 of the source to the layer, and who sees what."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import boxes
from ganzoo.networks import layout_discriminator, layout_generator

NUMBERS = np.random.default_rng(0)
SMALL = {"size": 16, "object_size": 8, "width": 1 / 32}


def noise(*shape):
    return NUMBERS.normal(size=shape).astype(np.float32)


def generator(**options):
    return layout_generator(6, **SMALL | {"seed": 1} | options)


def discriminator(objects=4, **options):
    return layout_discriminator(objects, **SMALL | {"seed": 2} | options)


def grid(count=1, objects=4):
    return np.tile(boxes.grid(objects), (count, 1, 1))


# --------------------------------------------------------------------------- the table


def table(network, path):
    """What the convolutions and dense layers of a path return, in order."""
    kinds = keras.layers.Conv2D, keras.layers.Dense, keras.layers.UpSampling2D
    return [
        tuple(layer.output.shape[1:])
        for layer in network.layers
        if isinstance(layer, kinds) and layer.name.startswith(path)
    ]


def test_the_generator_is_that_of_the_table():
    network = layout_generator(width=1 / 32)
    a, b, c = 8, 4, 2  # 256, 128 and 64 channels, by 32
    for path, sides in (("global", (32, 64, 128)), ("local", (7, 14, 28))):
        small, middle, large = ((side, side) for side in sides)
        assert table(network, path) == [
            (small[0] ** 2 * a,),
            (*small, a),
            (*middle, a),
            (*middle, b),
            (*large, b),
            (*large, c),
            (*large, 1),
        ]
    assert [tuple(i.shape) for i in network.inputs] == [
        (None, None, 100),
        (None, None),
        (None, None, 4),
    ]
    assert network.get_layer("local_dense").kernel.shape[0] == 100 + 10
    assert network.output_shape == (None, 128, 128, 1)


def test_the_discriminator_is_that_of_the_table():
    network = layout_discriminator(width=1 / 32)
    a, b, c = 1, 2, 4  # 32, 64 and 128 channels, by 32
    for path, side in (("global", 128), ("local", 28)):
        maps = [(side, side, channels) for channels in (a, b, c)]
        assert table(network, path) == [*maps, (c,), (2,)]
    assert network.get_layer("local_conv_1").kernel.shape[2] == 1 + 10
    assert network.get_layer("join").output.shape == (None, 10)
    assert network.get_layer("joint_decision").output.shape == (None, 2)
    assert network.output_shape == (None, 1)


def prelus_and_norms(network, path):
    kinds = {"PReLU": keras.layers.PReLU, "norm": keras.layers.BatchNormalization}
    kinds["dropout"] = keras.layers.Dropout
    return {
        name: sum(
            isinstance(layer, kind) and layer.name.startswith(path)
            for layer in network.layers
        )
        for name, kind in kinds.items()
    }


@pytest.mark.parametrize("path", ["global", "local"])
def test_normalization_prelu_and_dropout_are_where_the_table_has_them(path):
    found = prelus_and_norms(generator(), path)
    assert found == {"PReLU": 4, "norm": 4, "dropout": 0}
    found = prelus_and_norms(discriminator(), path)
    assert found == {"PReLU": 4, "norm": 0, "dropout": 4}


def test_the_global_paths_have_a_width_of_their_own():
    wide, narrow = generator(width=1 / 8), generator(width=1 / 8, scene_width=1 / 32)
    assert table(narrow, "local") == table(wide, "local")
    assert table(narrow, "global") == table(generator(), "global")
    wide = discriminator(width=1 / 8)
    narrow = discriminator(width=1 / 8, scene_width=1 / 32)
    assert table(narrow, "local") == table(wide, "local")
    assert table(narrow, "global") == table(discriminator(), "global")


# -------------------------------------------------------------------------- its weights


def drawing_path(inputs, side, width):
    """Weights of a generator's path; a normalization and PReLU have five a channel."""
    a, b, c = (channels * width for channels in (256, 128, 64))
    first = (side // 4) ** 2 * a
    dense = inputs * first + 5 * first
    return (
        dense
        + (9 * a * a + 5 * a)
        + (9 * a * b + 5 * b)
        + (9 * b * c + 5 * c)
        + (9 * c + 1)
    )


def judging_path(channels, side, width):
    """Weights of a discriminator's path; biases and PReLU have two a channel."""
    a, b, c = (channels_ * width for channels_ in (32, 64, 128))
    maps = 9 * (channels * a + a * b + b * c) + 2 * (a + b + c)
    return maps + side * side * c * c + 2 * c + (2 * c + 2)


def weights_of_generator(latent, size, side, width):
    return drawing_path(latent, size, width) + drawing_path(latent + 10, side, width)


def weights_of_discriminator(objects, size, side, width):
    joined = 2 + 2 * objects
    paths = judging_path(1, size, width) + judging_path(11, side, width)
    return paths + 2 * joined + 2


@pytest.mark.parametrize(
    ("latent", "objects", "size", "side", "width"),
    [(6, 4, 16, 8, 1 / 32), (10, 3, 20, 12, 1 / 16), (4, 1, 32, 28, 1 / 8)],
)
def test_the_number_of_weights_is_the_sum_over_the_table(
    latent, objects, size, side, width
):
    sizes = {"size": size, "object_size": side, "width": width}
    built = layout_generator(latent, **sizes).count_params()
    assert built == weights_of_generator(latent, size, side, width)
    built = layout_discriminator(objects, dropout=0.0, **sizes)
    count = sum(weight.shape.num_elements() for weight in built.trainable_weights)
    assert count == weights_of_discriminator(objects, size, side, width)


def test_documented_numbers_of_weights_are_those_of_the_formulas():
    def million(count):
        return f"{count / 1e6:.1f}"

    text = " ".join(layout_generator.__doc__.split())
    full = million(weights_of_generator(100, 128, 28, 1))
    quarter = million(weights_of_generator(100, 64, 28, 0.25))
    assert f"Width 1 has {full} million weights at size 128" in text
    assert f"width 1/4 has {quarter} million at size 64" in text
    text = " ".join(layout_discriminator.__doc__.split())
    assert f"features has {128 * 128 * 128 * 128:,} of" in text
    full = million(weights_of_discriminator(4, 128, 28, 1))
    quarter = million(weights_of_discriminator(4, 64, 28, 0.25))
    assert f"of the {full} million weights" in text
    assert f"({quarter} million in total at width 1/4 and size 64)" in text


# ------------------------------------------------------------------- who sees what: G


def differing(one, other):
    """The boxes of a grid of 4 in which two images differ, and "outside"."""
    one, other = np.asarray(one), np.asarray(other)
    found = []
    for number, (a, b) in enumerate(
        zip(boxes.crop(one, grid(), 8)[0], boxes.crop(other, grid(), 8)[0], strict=True)
    ):
        if not np.array_equal(a, b):
            found.append(number)
    fill = np.zeros((1, 4, 1, 1, 1), np.float32)
    outside = [boxes.paste(fill, grid(), image) for image in (one, other)]
    return found + ([] if np.array_equal(*outside) else ["outside"])


@pytest.mark.parametrize("number", range(4))
def test_an_object_is_drawn_from_its_own_label_and_noise_alone(number):
    draw = generator()
    code, labels = noise(1, 5, 6), np.array([[1, 2, 3, 4]])
    image = draw([code, labels, grid()], training=False)
    other = labels.copy()
    other[0, number] = 9
    assert differing(image, draw([code, other, grid()], training=False)) == [number]
    moved = code.copy()
    moved[0, 1 + number] += 1
    assert differing(image, draw([moved, labels, grid()], training=False)) == [number]


def test_the_first_row_of_noise_is_the_backgrounds():
    draw = generator()
    code, labels = noise(1, 5, 6), np.array([[1, 2, 3, 4]])
    moved = code.copy()
    moved[0, 0] += 1
    images = [draw([c, labels, grid()], training=False) for c in (code, moved)]
    assert differing(*images) == ["outside"]


def test_the_order_in_which_objects_are_given_makes_no_difference():
    draw = generator()
    code, labels, own = noise(1, 5, 6), np.array([[1, 2, 3, 4]]), grid()
    image = draw([code, labels, own], training=False)
    for order in itertools.islice(itertools.permutations(range(4)), 1, 24, 6):
        order = list(order)
        rows = [0, *(1 + n for n in order)]
        again = draw([code[:, rows], labels[:, order], own[:, order]], training=False)
        np.testing.assert_allclose(again, image, rtol=0, atol=1e-6)


@pytest.mark.parametrize("objects", [1, 3, 6])
def test_any_number_of_objects_can_be_drawn(objects):
    labels = np.zeros((2, objects), int)
    images = generator()([noise(2, 1 + objects, 6), labels, grid(2, objects)])
    assert images.shape == (2, 16, 16, 1)
    assert np.abs(images).max() <= 1


def test_a_layout_image_tells_the_background_of_the_labels():
    draw = generator(layout_image=True)
    code = noise(1, 5, 6)
    images = [
        draw([code, np.array([labels]), grid()], training=False)
        for labels in ([1, 2, 3, 4], [1, 2, 3, 5])
    ]
    assert differing(*images) == [3, "outside"]
    assert draw.get_layer("layout").output.shape[1:] == (4, 4, 10)


def test_convolutions_after_the_merge_see_across_the_edges_of_boxes():
    draw = generator(merge_convolutions=2)
    code = noise(1, 5, 6)
    images = [
        draw([code, np.array([labels]), grid()], training=False)
        for labels in ([1, 2, 3, 4], [1, 2, 3, 5])
    ]
    assert "outside" in differing(*images)
    assert 0 not in differing(*images)
    assert table(draw, "merged") == [(16, 16, 2), (16, 16, 2), (16, 16, 1)]


def test_a_label_weighs_as_much_as_it_is_scaled_to():
    assert generator(label_scale=3.0).get_layer("local_labels").scale == 3.0
    assert generator().get_layer("local_labels").scale == 1.0


# ------------------------------------------------------------------- who sees what: D


def outputs_of(network, image, labels, own=None):
    outputs = network([image, np.array([labels]), grid() if own is None else own])
    return [np.asarray(output) for output in tf.nest.flatten(outputs)]


def repainted(image, number):
    """The image with another content of one box."""
    own = grid()[:, number : number + 1]
    return boxes.paste(noise(1, 1, 8, 8, 1), own, image).numpy()


@pytest.mark.parametrize("conditioning", ["input", "projection"])
@pytest.mark.parametrize("number", range(4))
def test_separate_decisions_see_one_object_each(conditioning, number):
    network = discriminator(joint=False, blank=True, conditioning=conditioning)
    image, labels = noise(1, 16, 16, 1), [1, 2, 3, 4]
    (before,) = outputs_of(network, image, labels)
    assert before.shape == (1, 5)
    others = labels.copy()
    others[number] = 9
    for changed in (
        outputs_of(network, repainted(image, number), labels),
        outputs_of(network, image, others),
    ):
        moved = np.flatnonzero(np.abs(changed[0] - before)[0] > 1e-7)
        assert moved.tolist() == [1 + number]


def test_a_classifier_sees_each_crop_and_no_labels():
    network = discriminator(joint=False, conditioning="classifier", blank=True)
    image = noise(1, 16, 16, 1)
    logits, classes = outputs_of(network, image, [1, 2, 3, 4])
    assert (logits.shape, classes.shape) == ((1, 5), (1, 4, 10))
    for same, again in zip(
        (logits, classes), outputs_of(network, image, [9, 0, 8, 7]), strict=True
    ):
        np.testing.assert_array_equal(same, again)
    _, changed = outputs_of(network, repainted(image, 2), [1, 2, 3, 4])
    moved = np.abs(changed - classes).max(axis=2)[0] > 1e-7
    assert moved.tolist() == [False, False, True, False]


def test_a_global_path_that_is_not_blanked_sees_the_objects():
    network = discriminator(joint=False, conditioning="classifier")
    image = noise(1, 16, 16, 1)
    before, _ = outputs_of(network, image, [1, 2, 3, 4])
    after, _ = outputs_of(network, repainted(image, 1), [1, 2, 3, 4])
    assert (np.abs(after - before)[0] > 1e-7).tolist() == [True, False, True] + 2 * [
        False
    ]


@pytest.mark.parametrize("conditioning", ["input", "projection"])
def test_the_joint_decision_depends_on_everything(conditioning):
    network = discriminator(conditioning=conditioning)
    image, labels = noise(1, 16, 16, 1), [1, 2, 3, 4]
    (before,) = outputs_of(network, image, labels)
    assert before.shape == (1, 1)
    for number in range(4):
        others = labels.copy()
        others[number] = 9
        assert outputs_of(network, image, others)[0] != before
        assert outputs_of(network, repainted(image, number), labels)[0] != before
    assert outputs_of(network, image + np.eye(16)[:, :, None] / 9, labels)[0] != before


def test_a_projection_adds_a_map_of_the_features_for_each_class():
    network = discriminator(joint=False, conditioning="projection")
    names = ("local_dense_prelu", "local_decision", "projected")
    outputs = [network.get_layer(name).output for name in names]
    inner = keras.Model(network.inputs, outputs)
    labels = np.array([[1, 2, 2, 4]])
    features, two, projected = inner([noise(1, 16, 16, 1), labels, grid()])
    maps = network.get_layer("projection").embeddings.numpy().reshape(10, 2, -1)
    expected = two + np.einsum("nkf,nf->nk", maps[labels[0]], features)
    np.testing.assert_allclose(projected, expected, rtol=1e-5, atol=1e-6)


def test_separate_decisions_may_be_of_any_number_of_objects():
    network = discriminator(None, joint=False, conditioning="classifier")
    for objects in (1, 3):
        logits, classes = network(
            [noise(2, 16, 16, 1), np.zeros((2, objects)), grid(2, objects)]
        )
        assert (logits.shape, classes.shape) == ((2, 1 + objects), (2, objects, 10))


def test_context_shows_the_surroundings_of_a_box():
    image = noise(1, 16, 16, 1)
    other = image.copy()
    other[:, 0] += 1.0  # beside the boxes, which begin at row 2
    for context, moves in ((0.0, False), (0.4, True)):
        network = discriminator(joint=False, context=context, blank=True)
        logits = [
            outputs_of(network, i, [1, 2, 3, 4])[0][0, 1:] for i in (image, other)
        ]
        assert (np.abs(logits[0] - logits[1]).max() > 1e-7) == moves


# ------------------------------------------------------------------------------- forms


@pytest.mark.parametrize("build", [generator, discriminator])
def test_the_local_path_is_one_call_whatever_the_number_of_objects(build):
    def convolutions(objects):
        network = build(objects) if build is discriminator else build()
        first = (
            noise(2, 16, 16, 1) if build is discriminator else noise(2, 1 + objects, 6)
        )
        inputs = [first, np.zeros((2, objects), np.int32), grid(2, objects)]
        graph = tf.function(lambda *i: network(i)).get_concrete_function(*inputs).graph
        return sum(node.type == "Conv2D" for node in graph.get_operations())

    assert convolutions(1) == convolutions(5) > 0


@pytest.mark.parametrize("build", [generator, discriminator])
def test_a_seed_repeats_the_initial_weights(build):
    one, same, other = (build(seed=seed).get_weights() for seed in (3, 3, 4))
    for value, expected in zip(one, same, strict=True):
        np.testing.assert_array_equal(value, expected)
    assert not np.array_equal(one[0], other[0])


OPTIONS = [
    (generator, {}),
    (generator, {"layout_image": True, "merge_convolutions": 1, "label_scale": 2.0}),
    (discriminator, {}),
    (discriminator, {"joint": False, "conditioning": "classifier", "blank": True}),
    (discriminator, {"conditioning": "projection", "context": 0.1}),
]


@pytest.mark.parametrize(("build", "options"), OPTIONS)
def test_networks_are_saved_with_their_options(build, options):
    network = build(**options)
    config = keras.saving.serialize_keras_object(network)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == network.get_config()
    names = [weight.path for weight in network.weights]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("build", "options"), OPTIONS)
def test_under_mixed_precision_pixels_and_logits_are_float32(build, options):
    keras.config.set_dtype_policy("mixed_bfloat16")
    network = build(**options)
    first = noise(2, 5, 6) if build is generator else noise(2, 16, 16, 1)
    outputs = network([first, np.zeros((2, 4), np.int32), grid(2)])
    assert {output.dtype for output in tf.nest.flatten(outputs)} == {tf.float32}
    assert network.get_layer("local_conv_1").compute_dtype == "bfloat16"


@pytest.mark.parametrize(
    ("build", "options", "message"),
    [
        (generator, {"size": 18}, "size=18 must be a multiple of 4"),
        (generator, {"object_size": 0}, "object_size=0 must be"),
        (generator, {"width": 1 / 96}, r"scales 256 channels to 2.66"),
        (generator, {"num_classes": 1}, "num_classes=1 must be at least 2"),
        (discriminator, {"width": 0}, "scales 32 channels to 0"),
        (discriminator, {"conditioning": "none"}, "one of input, projection, classif"),
        (
            discriminator,
            {"objects": None},
            "needs the number of objects. Pass it, e.g. objects=4",
        ),
        (discriminator, {"objects": 0}, "objects=0 must be at least 1"),
        (discriminator, {"context": -1.0}, "context=-1.0 at least 0"),
    ],
)
def test_networks_that_cannot_be_built_are_refused(build, options, message):
    with pytest.raises(ValueError, match=message):
        build(**options)
