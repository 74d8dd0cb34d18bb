"""Discriminators that see augmented images, in every model."""

import keras
import numpy as np
import pytest

import ganzoo
from ganzoo import layers, penalties
from ganzoo.gans import saving


def augmented(network):
    """The network behind an augmentation of its first input."""
    inputs = [keras.Input(t.shape[1:], dtype=t.dtype) for t in network.inputs]
    seen = layers.DiffAugment()(inputs[0])
    fed = [seen, *inputs[1:]] if len(inputs) > 1 else seen
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], network(fed))


def rebuilt(model):
    """The same model with augmented discriminators, compiled with a lazy penalty."""
    networks = [
        augmented(getattr(model, name)) if "discriminator" in name else network
        for name, network in ((name, getattr(model, name)) for name in model.networks)
    ]
    given = {name: getattr(model, name) for name in saving.arguments(type(model))}
    changed = type(model)(*networks, **given)
    changed.compile(
        keras.optimizers.SGD(0.1),
        keras.optimizers.SGD(0.1),
        penalty=penalties.R1() + penalties.R2(),
        penalty_interval=2,
    )
    return changed


def unrolled(tiny):
    return tiny["gan"](kind=ganzoo.UnrolledGAN, unrolled_steps=2)


BUILDERS = {
    "gan": (lambda tiny: tiny["gan"](), "batches"),
    "unrolled": (unrolled, "batches"),
    "infogan": (lambda tiny: tiny["infogan"](), "batches"),
    "discogan": (lambda tiny: tiny["discogan"](), "unpaired"),
    "simgan": (lambda tiny: tiny["simgan"](), "refinements"),
    "layout": (lambda tiny: tiny["layout"](), "layouts"),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_every_model_trains_and_repeats_its_draws(name, without_graphs, tiny):
    build, data = BUILDERS[name]
    results = []
    for _ in range(2):
        model = rebuilt(build(tiny))
        logs = model.fit(tiny[data](2), verbose=0).history
        assert np.isfinite(list(logs.values())).all()
        results.append([weight.numpy() for weight in model.weights])
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_augmented_model_passes_the_checks_of_every_model(check_model, tiny):
    def build(seed):
        model = rebuilt(
            tiny["gan"](
                networks={"seed": seed},
                num_classes=3,
                update="simultaneous",
                ema_half_life=30.0,
            )
        )
        return model, tiny["batches"](3, num_classes=3)

    check_model(build)
