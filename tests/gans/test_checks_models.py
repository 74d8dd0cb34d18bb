"""All models are checked alike: what they are fed, how they end, what is frozen."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import gans

EAGER = {"run_eagerly": True}
MODELS = {
    "GAN": lambda tiny: (tiny["gan"](compiled=EAGER), tiny["batches"](1)),
    "UnrolledGAN": lambda tiny: (
        tiny["gan"](kind=ganzoo.UnrolledGAN, compiled=EAGER),
        tiny["batches"](1),
    ),
    "InfoGAN": lambda tiny: (tiny["infogan"](compiled=EAGER), tiny["batches"](1)),
    "DiscoGAN": lambda tiny: (tiny["discogan"](compiled=EAGER), tiny["unpaired"](1)),
    "SimGAN": lambda tiny: (tiny["simgan"](compiled=EAGER), tiny["refinements"](1)),
    "LayoutGAN": lambda tiny: (tiny["layout"](compiled=EAGER), tiny["layouts"](1)),
}
INSTEAD = {
    "DiscoGAN": r"use translate\(images, 'ab'\)",
    "SimGAN": r"use refine\(images\)",
}


def on_images(change):
    """Returns what changes all images of a data set, and nothing else."""

    def changed(data):
        return data.map(
            lambda *parts: tf.nest.map_structure(
                lambda part: change(part) if part.shape.rank == 4 else part,
                parts if len(parts) > 1 else parts[0],
            )
        )

    return changed


SPOILED = {
    "bytes": (on_images(lambda x: tf.cast(127 * x + 127, tf.uint8)), "to_float"),
    "0 to 1": (on_images(lambda x: (x + 1) / 2), r"2 \* images - 1"),
    "0 to 255": (on_images(lambda x: 127.5 * (x + 1)), r"images / 127\.5 - 1"),
    "NaN": (on_images(lambda x: x * np.nan), "hold NaN"),
    "larger": (on_images(lambda x: tf.tile(x, (1, 2, 2, 1))), "both must be the same"),
    "one": (on_images(lambda x: x[0]), "no batch axis"),
    "named": (lambda data: data.map(lambda *parts: {"image": parts}), "a dictionary"),
    "endless": (lambda data: data.repeat(), "x never ends"),
}


@pytest.fixture(scope="module", params=MODELS)
def model(request, tiny):
    """Each model in turn, and its data."""
    return MODELS[request.param](tiny)


def test_no_model_is_left_out():
    models = {getattr(gans, name) for name in gans.__all__}
    assert {kind.__name__ for kind in models - {gans.AdversarialModel}} == set(MODELS)


def networks(gan) -> list[str]:
    return list(type(gan).networks)


@pytest.mark.parametrize("case", SPOILED)
def test_data_that_it_would_misread_are_refused(case, model):
    gan, data = model
    spoil, message = SPOILED[case]
    if case == "0 to 1" and isinstance(gan, gans.LayoutGAN):
        # Nothing shows what its images end in: parts are laid over each other.
        with pytest.warns(UserWarning, match=message):
            gan.evaluate(spoil(data), verbose=0)
        return
    for use in (gan.fit, gan.evaluate):
        with pytest.raises(ValueError, match=message) as refusal:
            use(spoil(data), verbose=0)
        assert "\n" not in str(refusal.value)
    assert int(gan.step) == 0


def test_frozen_networks_are_refused_before_and_after_compile(model):
    gan, data = model
    for name in networks(gan):
        network = getattr(gan, name)
        network.trainable = False
        with pytest.raises(ValueError, match=f"{name}.* and has .* now.*compile"):
            gan.fit(data, verbose=0)
        with pytest.raises(ValueError, match=f"weights of the {name} are frozen"):
            gan.compile("sgd", "sgd", run_eagerly=True)
        network.trainable = True
    layers = [
        next(layer for layer in getattr(gan, name).layers if layer.weights)
        for name in networks(gan)
    ]
    for layer in layers:
        layer.trainable = False  # a part may be
    gan.compile("sgd", "sgd", run_eagerly=True)
    for layer in layers:
        layer.trainable = True
    with pytest.raises(ValueError, match=r"trainable variables when .* has .* now"):
        gan.train_on_batch(np.zeros((8, 4, 4, 1), "float32"))
    gan.compile("sgd", "sgd", run_eagerly=True)


def test_a_discriminator_that_ends_in_a_sigmoid_is_refused(model):
    gan, _ = model
    for name in networks(gan):
        if "discriminator" not in name:
            continue
        # The layer of the logits: the last one, or that of the first output.
        last = getattr(gan, name).outputs[0]._keras_history.operation
        while not hasattr(last, "activation"):
            last = last._inbound_nodes[0].input_tensors[0]._keras_history.operation
        last.activation = keras.activations.sigmoid
        with pytest.raises(ValueError, match=f"The {name} ends in sigmoid"):
            gan.compile("sgd", "sgd", run_eagerly=True)
        last.activation = keras.activations.linear
    gan.compile("sgd", "sgd", run_eagerly=True)


def test_predict_says_what_to_use(model):
    gan, data = model
    instead = INSTEAD.get(type(gan).__name__, r"use generate\(count\)")
    with pytest.raises(ValueError, match=instead):
        gan.predict(data)


@pytest.mark.parametrize("name", ["optimizer", "metrics"])
def test_arguments_of_keras_are_refused(name, model):
    gan, _ = model
    with pytest.raises(ValueError, match=f"{name}=.* would be ignored"):
        gan.compile("sgd", "sgd", **{name: ["adam"]})
