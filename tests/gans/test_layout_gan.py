"""What a LayoutGAN is fed and trained on, what it draws, and what it refuses."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import boxes, data, layers, losses, networks, penalties
from ganzoo.gans.layout_gan import of_one_box, pack, unpack
from ganzoo.random import StepRandom

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

RATE = 0.1
OURS = {"separate": True, "classes": True}


def batch_of(batches):
    images, (labels, own) = next(iter(batches))
    return images, labels, own


# ------------------------------------------------------ against a step written by hand


def descend(network, loss, tape):
    slopes = tape.gradient(
        loss, network.trainable_variables, unconnected_gradients="zero"
    )
    for weight, slope in zip(network.trainable_variables, slopes, strict=True):
        weight.assign(weight - RATE * slope)


def source_on_paper(gan, images, labels, own):
    """The labels of the images and one decision, by plain gradient descent.

    The discriminator takes two steps, on the even and on the odd rows.
    """
    random = gan.random()
    draw, discriminator = gan.generator, gan.discriminator
    whole = images, labels, own
    for network, first in ((discriminator, 0), (discriminator, 1), (draw, 1)):
        images, labels, own = (part[first::2] for part in whole)
        noise = random.normal([len(images), 3, gan.latent_dim])
        with tf.GradientTape() as tape:
            on_fake = discriminator([draw([noise, labels, own]), labels, own])
            loss = tf.math.softplus(-on_fake)
            if network is discriminator:
                on_real = discriminator([images, labels, own])
                loss = tf.math.softplus(-on_real) + tf.math.softplus(on_fake)
            loss = tf.reduce_mean(loss)
        descend(network, loss, tape)


def ours_on_paper(gan, images, labels, own):
    """Labels of their own, decisions apart, and the classes of the crops."""
    random = gan.random()
    draw, discriminator = gan.generator, gan.discriminator

    def entropy(labels, classes):
        own = tf.one_hot(labels, 4) * tf.nn.log_softmax(classes)
        return -tf.reduce_mean(tf.reduce_sum(own, axis=2))

    for network in (discriminator, draw):
        drawn = random.integers([len(images), 2], 4)
        noise = random.normal([len(images), 3, gan.latent_dim])
        with tf.GradientTape() as tape:
            on_fake, classes = discriminator([draw([noise, drawn, own]), drawn, own])
            loss = tf.reduce_mean(tf.math.softplus(-on_fake))
            loss += 0.7 * entropy(drawn, classes)
            if network is discriminator:
                on_real, classes = discriminator([images, labels, own])
                loss = tf.math.softplus(-on_real) + tf.math.softplus(on_fake)
                loss = tf.reduce_mean(loss) + 0.7 * entropy(labels, classes)
        descend(network, loss, tape)


@pytest.mark.parametrize(
    ("settings", "on_paper"),
    [
        ({"discriminator_steps": 2}, source_on_paper),
        (
            {"networks": OURS, "draw_labels": True, "classification_weight": 0.7},
            ours_on_paper,
        ),
    ],
)
def test_weights_equal_those_of_a_step_written_by_hand(
    settings, on_paper, tiny_layout_gan, tiny_layouts
):
    gan, expected = (
        tiny_layout_gan(compiled={"run_eagerly": True}, **settings) for _ in range(2)
    )
    gan.fit(tiny_layouts(2), verbose=0)
    for step, (images, (labels, own)) in enumerate(tiny_layouts(2)):
        expected.step.assign(step)
        on_paper(expected, images, labels, own)
    for name in ("generator", "discriminator"):
        for value, wanted in zip(
            getattr(gan, name).get_weights(),
            getattr(expected, name).get_weights(),
            strict=True,
        ):
            np.testing.assert_allclose(value, wanted, rtol=0, atol=1e-6)


def test_real_images_with_wrong_labels_take_the_place_of_fakes(
    tiny_layout_gan, tiny_layouts
):
    gan = tiny_layout_gan(networks={"separate": True}, mismatch_weight=0.25)
    images, labels, own = batch_of(tiny_layouts(1))
    real = (images, pack(labels, own))
    images, layouts = gan.sample_condition(real, StepRandom.root(1))
    wrong, same = unpack(layouts.wrong)
    np.testing.assert_array_equal(same, own)
    fake = tf.random.stateless_normal(images.shape, [0, 1])
    values = gan.discriminator_terms(images, fake, layouts, None)

    def logits_of(images, labels):
        return gan.discriminator([images, labels, own])

    loss = losses.non_saturating().discriminator
    on_real = logits_of(images, labels)
    expected = 0.75 * loss(on_real, logits_of(fake, labels))
    expected += 0.25 * loss(on_real[:, 1:], logits_of(images, wrong)[:, 1:])
    np.testing.assert_allclose(gan.discriminator_objective(values), expected, rtol=1e-5)
    np.testing.assert_allclose(
        values["discriminator_loss"], loss(on_real, logits_of(fake, labels)), rtol=1e-5
    )


def test_wrong_labels_are_never_right_and_all_others_as_often(
    tiny_layout_gan, tiny_layouts
):
    gan = tiny_layout_gan(mismatch_weight=0.5)
    labels = tf.constant(np.arange(8000).reshape(-1, 2) % 4)
    layout = pack(labels, tf.tile(boxes.grid(2)[None], [4000, 1, 1]))
    _, layouts = gan.sample_condition((labels, layout), StepRandom.root(0))
    wrong, _ = unpack(layouts.wrong)
    counts = np.bincount(((wrong - tf.cast(labels, tf.int32)) % 4).numpy().ravel())
    assert counts[0] == 0
    assert counts[1:].min() > 2400
    np.testing.assert_array_equal(layouts.fake, layouts.real)


# ------------------------------------------------------------------- labels of its own


def test_drawn_labels_are_any_in_the_boxes_of_the_images(tiny_layout_gan, tiny_layouts):
    gan = tiny_layout_gan(draw_labels=True)
    images, labels, own = batch_of(tiny_layouts(1, 400))
    layout = pack(labels, own)
    random = gan.random()
    _, first = gan.sample_condition((images, layout), random)
    _, second = gan.sample_condition((images, layout), random)
    np.testing.assert_array_equal(first.real, layout)
    drawn, same = unpack(first.fake)
    np.testing.assert_array_equal(same, own)
    assert np.bincount(drawn.numpy().ravel()).min() > 150
    for other in (unpack(second.fake)[0], labels):
        assert np.mean(drawn.numpy() == other) < 0.3


def test_an_object_that_is_there_twice_gets_one_label():
    a, b, c = np.eye(4)[:3] / 2 + 0.1
    own = tf.constant([[a, b, a, c], [b, b, b, b]], tf.float32)
    labels = tf.constant([[0, 1, 2, 3], [3, 2, 1, 0]])
    np.testing.assert_array_equal(of_one_box(labels, own), [[2, 1, 2, 3], [0, 0, 0, 0]])


def test_two_replicas_draw_together_the_labels_of_one(tiny_layout_gan, mirrored):
    layout = pack(tf.zeros([8, 2], tf.int32), tf.tile(boxes.grid(2)[None], [8, 1, 1]))

    def fakes(gan, rows):
        settings = (tf.zeros([rows]), layout[:rows])
        return gan.sample_condition(settings, gan.random())[1].fake

    expected = fakes(tiny_layout_gan(draw_labels=True), 8)
    strategy = mirrored(2)
    with strategy.scope():
        gan = tiny_layout_gan(draw_labels=True)
    halves = strategy.experimental_local_results(strategy.run(lambda: fakes(gan, 4)))
    np.testing.assert_array_equal(np.concatenate(halves), expected)


# ------------------------------------------------------------------------- the training


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"networks": OURS}, {"real_classification", "fake_classification"}),
        ({"mismatch_weight": 0.5, "update": "simultaneous"}, {"mismatch_loss"}),
        (
            {"compiled": {"loss": "relativistic", "penalty": penalties.R1(1.0)}},
            {"penalty", "real_score", "fake_score"},
        ),
    ],
)
def test_every_setting_trains_and_reports(
    settings, names, tiny_layout_gan, tiny_layouts
):
    compiled = {"run_eagerly": True} | settings.get("compiled", {})
    gan = tiny_layout_gan(**settings | {"compiled": compiled})
    logs = gan.fit(tiny_layouts(2), verbose=0).history
    assert names < set(logs)
    assert np.isfinite(list(logs.values())).all()


def test_objects_learn_to_be_what_their_labels_say(tiny_layout_gan, graphs):
    """A bright upper, lower, left or right half for each of four labels."""
    half = np.full((4, 4, 4, 1), -0.8, np.float32)
    half[0, :2] = half[1, 2:] = half[2, :, :2] = half[3, :, 2:] = 0.8
    seen = ((0, 1), (2, 3))  # the source's difficulty: two orders of sixteen
    labels = np.array(seen)[np.arange(32) % 2]
    own = np.tile(
        np.array([[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]], np.float32), (32, 1, 1)
    )
    images = boxes.paste(half[labels], own, np.zeros((32, 8, 8, 1), np.float32))
    batches = tf.data.Dataset.from_tensors((images, (labels, own))).repeat(300)
    gan = tiny_layout_gan(
        networks=OURS, draw_labels=True, optimizer=lambda: keras.optimizers.Adam(0.01)
    )
    gan.fit(batches, verbose=0)
    every = np.array([[a, b] for a in range(4) for b in range(4)])
    drawn = gan.generate(16, every, own[:16], seed=1)
    crops = boxes.crop(tf.constant(drawn), own[:16], 4).numpy()
    distances = np.abs(crops[:, :, None] - half).mean(axis=(3, 4, 5))
    assert np.mean(distances.argmin(axis=2) == every) > 0.95


# -------------------------------------------------------------------------- the drawing


@pytest.fixture(scope="module")
def both():
    sizes = {"size": 8, "object_size": 4, "width": 1 / 32}
    discriminator = networks.layout_discriminator(None, joint=False, **sizes, seed=2)
    return networks.layout_generator(4, **sizes, seed=1), discriminator


@pytest.fixture
def gan(both):
    return ganzoo.LayoutGAN(*both, max_objects=6, seed=3)


def test_images_are_those_of_the_generator(gan):
    labels, own = [7, 3, 3], boxes.grid(3)
    images = gan.generate(5, labels, own, seed=4)
    assert (images.shape, images.dtype) == ((5, 8, 8, 1), np.float32)
    assert np.abs(images).max() <= 1
    np.testing.assert_allclose(
        gan.generate(5, labels, own, seed=4, batch_size=2), images, rtol=0, atol=1e-6
    )
    np.testing.assert_allclose(
        gan.generate(2, labels, seed=4), images[:2], rtol=0, atol=1e-6
    )
    assert not np.allclose(gan.generate(5, labels, own, seed=5), images, atol=1e-3)


def test_layouts_are_filled_in(gan):
    layout = gan.layouts(3, [1, 9, 8, 6])
    np.testing.assert_array_equal(layout[..., 0], [[1, 9, 8, 6]] * 3)
    np.testing.assert_array_equal(layout[..., 1:], [boxes.grid(4)] * 3)
    drawn = gan.layouts(300, seed=2)[..., 0]
    assert drawn.shape == (300, 4)
    assert set(np.unique(drawn)) == set(range(10))
    np.testing.assert_array_equal(gan.layouts(2, seed=2)[..., 0], drawn[:2])
    assert gan.layouts(2, boxes=boxes.grid(6)).shape == (2, 6, 5)
    each = np.arange(6).reshape(3, 2)
    np.testing.assert_array_equal(gan.layouts(3, each)[..., 0], each)


def test_any_number_of_objects_up_to_the_most_is_drawn(gan):
    for objects in (1, 6):
        assert gan.generate(2, np.zeros(objects, int)).shape == (2, 8, 8, 1)


def test_the_generator_is_exported_for_any_number_of_objects(gan, tmp_path, graphs):
    gan.export_generator(tmp_path / "saved")
    saved = tf.saved_model.load(str(tmp_path / "saved"))
    for objects in (2, 3):
        noise = np.random.default_rng(0).normal(size=(2, 1 + objects, 4))
        fed = [
            noise.astype("float32"),
            np.ones((2, objects), "int32"),
            np.tile(boxes.grid(objects), (2, 1, 1)),
        ]
        expected = gan.generator(fed, training=False)
        np.testing.assert_allclose(saved.serve(fed), expected, rtol=0, atol=1e-5)


# ------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "count=0 must be at least 1"),
        ((2, [1, 10]), "labels run from 1 to 10"),
        ((2, [0] * 7), "7 boxes in an image; at most max_objects=6"),
        ((1, [0], [[0.2, 0.2, 1.3, 0.5]]), r"The box \(0.2, 0.2, 1.3, 0.5\)"),
        ((1, [0], [[0.2, 0.2, 0.2, 0.5]]), "cannot be drawn"),
        ((2, [[1, 2]] * 3), "labels of 3 images, but count=2"),
        ((2, [1, 2], [boxes.grid(2)] * 3), "boxes of 3 images, but count=2"),
        ((2, [1, 2], boxes.grid(3)), "each object needs one label and one box"),
        ((1, 3), "each object needs one label"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, message, gan):
    with pytest.raises(ValueError, match=message):
        gan.generate(*arguments)


def spoiled(labels=None, own=None):
    """A batch with one wrong label or box."""
    images, right, good = np.zeros((8, 8, 8, 1), "f"), np.zeros((8, 2), int), None
    good = np.tile(boxes.grid(2), (8, 1, 1))
    if labels is not None:
        right[3, 1] = labels
    if own is not None:
        good[3, 1] = own
    return tf.data.Dataset.from_tensors((images, (right, good)))


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        (spoiled(labels=4), "labels run from 0 to 4"),
        (spoiled(labels=-1), "labels run from -1"),
        (spoiled(own=[0.5, 0.5, 0.5, 1]), "The box"),
        (spoiled(own=[0.5, 0.5, 1.1, 1]), "1 such boxes"),
        (
            spoiled().map(lambda images, layout: images),
            "takes batches .images, .labels",
        ),
        (
            spoiled().map(
                lambda images, layout: (images, (layout[0], layout[1][:, :1]))
            ),
            r"labels of shape \(8, 2\) and boxes of shape \(8, 1, 4\)",
        ),
    ],
)
def test_bad_batches_are_refused_before_training(batches, message, tiny_layout_gan):
    gan = tiny_layout_gan()
    before = gan.get_weights()
    with pytest.raises(ValueError, match=message):
        gan.fit(batches, verbose=0)
    for value, expected in zip(gan.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_more_objects_than_allowed_are_refused_before_training(
    tiny_layout_gan, tiny_layouts
):
    with pytest.raises(ValueError, match="2 boxes in an image; at most max_obj"):
        tiny_layout_gan(max_objects=1).fit(tiny_layouts(1), verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_objects": 0}, "max_objects=0 must be"),
        ({"classification_weight": -1.0}, "classification_weight=-1.0 must be"),
        ({"mismatch_weight": 1.0}, r"mismatch_weight=1.0 must be in \[0, 1\)"),
        ({"mismatch_weight": 0.5, "networks": OURS}, "does not use its labels"),
        ({"num_classes": 1}, "num_classes=1 must be at least 2"),
        ({"num_classes": 5, "networks": OURS}, "num_classes=5 classes of each object"),
        ({"latent_dim": 7}, "latent_dim=7, but the generator's noise has 4"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message, tiny_layout_gan):
    with pytest.raises(ValueError, match=message):
        tiny_layout_gan(**arguments)


def test_networks_that_do_not_fit_are_refused(both, tiny_networks, tiny_layout_gan):
    generator, discriminator = both
    with pytest.raises(ValueError, match="generator must be a functional model of thr"):
        ganzoo.LayoutGAN(tiny_networks()[0], discriminator)
    large = networks.layout_discriminator(size=12, object_size=4, width=1 / 32)
    with pytest.raises(ValueError, match=r"makes images of shape \(None, 8, 8, 1\)"):
        ganzoo.LayoutGAN(generator, large)


def test_batches_of_several_digits_train_the_networks_of_the_table(both):
    images = np.random.default_rng(0).integers(0, 256, (20, 6, 6), dtype=np.uint8)
    digits = data.image_set(images, np.arange(20) % 10, name="noise")
    source = data.MultiDigits(digits, placement=data.Placement(size=8, smallest=3))
    batches = data.training_batches(source, 4, seed=0, with_labels=True)
    gan = ganzoo.LayoutGAN(*both)
    gan.compile("adam", "adam", run_eagerly=True)  # for a single step
    logs = gan.fit(batches, steps_per_epoch=1, verbose=0).history
    assert np.isfinite(list(logs.values())).all()
    assert layers.crop(gan.generate(1), boxes.grid(4)[None], 4).shape == (
        1,
        4,
        4,
        4,
        1,
    )
