"""Every model of the package passes the same checks; see `check_model` in conftest."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import gans, layers
from tests.gans.tiny import Bare


def sgd():
    return keras.optimizers.SGD(0.1)  # a loss divided wrongly shows (Adam hides it)


def adam():
    return keras.optimizers.Adam(0.01)


def gan(seed, tiny):
    model = tiny["gan"](
        networks={
            "seed": seed,
            "norm": layers.BatchNormalization,
            "dropout": layers.Dropout,
        },
        discriminator_steps=2,
        ema_half_life=30.0,
        optimizer=sgd,
    )
    return model, tiny["batches"](2, 16)


def unrolled(seed, tiny):
    model = tiny["gan"](
        kind=ganzoo.UnrolledGAN,
        networks={"seed": seed, "dropout": layers.Dropout},
        unrolled_steps=2,
        optimizer=sgd,
    )
    return model, tiny["batches"](2)


def infogan(seed, tiny):
    model = tiny["infogan"](
        seed=seed,
        norm=True,
        ema_half_life=30.0,
        augmentation=layers.RandomAffine(),
        optimizer=adam,
    )
    return model, tiny["batches"](2)


def discogan(seed, tiny):
    return tiny["discogan"](seed=seed, optimizer=sgd), tiny["unpaired"](2)


def simgan(seed, tiny):
    model = tiny["simgan"](
        seed=seed,
        dropout=0.3,
        discriminator_steps=2,
        ema_half_life=30.0,
        optimizer=sgd,
    )
    return model, tiny["refinements"](2, batches=model.batches_per_step)


def refined(model, count, seed):
    images = np.random.default_rng(seed).uniform(-1, 1, (count, 4, 4, 1))
    return model.refine(images)


def layout(seed, tiny):
    model = tiny["layout"](
        networks={
            "seed": seed,
            "norm": True,
            "dropout": 0.3,
            "separate": True,
            "classes": True,
        },
        draw_labels=True,
        ema_half_life=30.0,
        optimizer=sgd,
    )
    return model, tiny["layouts"](2)


def translated(model, count, seed):
    images = np.random.default_rng(seed).uniform(-1, 1, (count, 4, 4, 1))
    return model.translate(images, "ab")


MODELS = {
    "GAN": (gan, {}),
    "UnrolledGAN": (unrolled, {}),
    "InfoGAN": (infogan, {"tolerance": 1e-4}),  # Adam, on small gradients
    "LayoutGAN": (layout, {}),
    "DiscoGAN": (
        discogan,
        {
            "trained": {
                "generator_optimizer": ("generator_ab", "generator_ba"),
                "discriminator_optimizer": ("discriminator_a", "discriminator_b"),
            },
            "sample": translated,
        },
    ),
    "SimGAN": (
        simgan,
        {
            "trained": {
                "generator_optimizer": ("refiner",),
                "discriminator_optimizer": ("discriminator",),
            },
            "sample": refined,
        },
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_model(name, check_model, tiny):
    build, facts = MODELS[name]
    check_model(lambda seed: build(seed, tiny), **facts)


def test_no_model_is_left_out():
    models = {
        name
        for name in gans.__all__
        if isinstance(getattr(gans, name), type)
        and issubclass(getattr(gans, name), gans.AdversarialModel)
    }
    assert set(MODELS) == models - {"AdversarialModel"}


class Lone(Bare):
    """The least model: one network, no generator, no samples."""

    reported = ("loss",)

    def __init__(self, network):
        super().__init__(seed=3)
        self.network = network

    def compile(self, optimizer):
        super().compile()
        self.only = keras.optimizers.get(optimizer)
        with self.distribute_strategy.scope():
            self.only.build(self.network.trainable_variables)

    def learners(self):
        return {"network": (self.only, self.network.trainable_variables)}

    def train_step(self, images):
        with tf.GradientTape() as tape:
            values = self.network(images)[:, 0] ** 2
            loss = ganzoo.distribute.global_mean(values)
        variables = self.network.trainable_variables
        gradient = tape.gradient(loss, [variable.value for variable in variables])
        self.only.apply(gradient, variables)
        self.step.assign_add(1)
        return self.log({"loss": values})

    def test_step(self, images):
        return self.log({"loss": self.network(images)[:, 0] ** 2})


@pytest.mark.parametrize("check", ["check_updates", "check_logs_and_samples"])
def test_a_model_without_generator_and_samples_can_be_checked(
    check, tiny_networks, tiny_batches, checks, tmp_path, mirrored
):
    def build(seed):
        _, network = tiny_networks(seed=seed)
        model = Lone(network)
        model.compile(sgd())
        return model, tiny_batches(2)

    subject = checks.Subject(build, {"only": ("network",)}, None, 1e-5)
    getattr(checks, check)(subject, tmp_path, mirrored)
