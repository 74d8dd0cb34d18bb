"""A model can be written down, and read again."""

import dataclasses

import keras
import numpy as np
import pytest

import ganzoo
from ganzoo import penalties

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps


def test_configuration_holds_every_argument(tiny_gan):
    arguments = {
        "discriminator_steps": 2,
        "update": "simultaneous",
        "num_classes": 3,
        "latent_dim": 4,
        "ema_half_life": 30.0,
        "seed": 11,
    }
    gan = tiny_gan(**arguments)
    config = gan.get_config()
    assert {name: config[name] for name in arguments} == arguments
    again = ganzoo.GAN.from_config(config)
    assert again.get_config() == config
    assert again.generator is not gan.generator


@keras.saving.register_keras_serializable("tests")
class Patient(ganzoo.GAN):
    """A variant with an argument of its own."""

    def __init__(self, generator, discriminator, *, patience=1, **kwargs):
        super().__init__(generator, discriminator, **kwargs)
        self.patience = patience


def test_a_variant_adds_its_arguments_without_code(tiny_networks):
    model = Patient(*tiny_networks(), patience=7, seed=3, ema_half_life=9.0)
    config = model.get_config()
    assert (config["patience"], config["seed"]) == (7, 3)
    again = Patient.from_config(config)
    assert (again.patience, again.ema_half_life) == (7, 9.0)
    assert again.get_config() == config


def test_a_loaded_model_goes_on_as_if_it_had_never_been_saved(
    tiny_gan, tiny_batches, state_of, tmp_path
):
    gan = tiny_gan(
        optimizer=lambda: keras.optimizers.Adam(0.01),
        networks={
            "norm": ganzoo.layers.BatchNormalization,
            "dropout": ganzoo.layers.Dropout,
        },
        compiled={
            "loss": "hinge",
            "penalty": penalties.R1(2.0) + penalties.WeightClipping(0.5),
        },
        ema_half_life=30.0,
    )
    gan.fit(tiny_batches(2), verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert isinstance(loaded, ganzoo.GAN)
    assert loaded.penalty == gan.penalty
    assert loaded.adversarial_loss.name == "hinge"
    for model in (gan, loaded):
        model.fit(tiny_batches(2), verbose=0)
    assert int(loaded.step) == 4
    for expected, value in zip(state_of(gan), state_of(loaded), strict=True):
        np.testing.assert_array_equal(value, expected)


class OwnPenalty(penalties.Penalty):
    def __call__(self, discriminator, real, fake, random):
        return discriminator(real)[:, 0] ** 2


@keras.saving.register_keras_serializable("tests")
@dataclasses.dataclass(frozen=True)
class KnownPenalty(penalties.Penalty):
    """Keeps the mean output near 0 (Karras et al. 2018, appendix A.1)."""

    weight: float = 0.001

    def __call__(self, discriminator, real, fake, random):
        return self.weight * discriminator(real)[:, 0] ** 2


@keras.saving.register_keras_serializable("tests")
def for_discriminator(real, fake):
    return keras.ops.mean(fake - real, axis=1)


@keras.saving.register_keras_serializable("tests")
def for_generator(real, fake):
    return -keras.ops.mean(fake, axis=1)


def own_loss(generator=for_generator):
    return ganzoo.losses.Loss("own", for_discriminator, generator)


@pytest.mark.parametrize(
    "compiled",
    [
        {"loss": ganzoo.losses.least_squares(-1.0, 1.0, generator_target=0.5)},
        {"loss": ganzoo.losses.zero_sum(ganzoo.losses.hinge())},
        {"loss": ganzoo.losses.zero_sum("hinge")},
        {"loss": own_loss()},
        {"loss": ganzoo.losses.zero_sum(own_loss())},
        {"penalty": penalties.GradientPenalty(3.0, one_sided=True)},
        {"penalty": KnownPenalty(0.5)},
        {"penalty": KnownPenalty() + penalties.R1(2.0)},
    ],
    ids=lambda compiled: str(*compiled.values())[:60],
)
def test_a_file_holds_losses_and_penalties_and_ones_own(
    compiled, tiny_gan, tiny_batches, state_of, tmp_path
):
    gan = tiny_gan(compiled=compiled)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert loaded.penalty == gan.penalty
    assert loaded.adversarial_loss.name == gan.adversarial_loss.name
    for model in (gan, loaded):
        model.fit(tiny_batches(1), verbose=0)
    for expected, value in zip(state_of(gan), state_of(loaded), strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("name", ganzoo.losses.names())
def test_every_loss_is_made_again_from_its_configuration(name):
    loss = ganzoo.losses.get(name)
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert (again.name, again.unit, again.made_by) == (name, loss.unit, (name, {}))


@pytest.mark.parametrize(
    "compiled",
    [
        {"loss": own_loss(generator=lambda real, fake: -fake[:, 0])},
        {"penalty": OwnPenalty()},
        {"penalty": OwnPenalty() + penalties.R1()},
    ],
    ids=["loss", "penalty", "sum"],
)
def test_what_a_file_cannot_hold_is_said_when_saving(compiled, tiny_gan, tmp_path):
    gan = tiny_gan(compiled=compiled)
    with pytest.warns(UserWarning, match=r"compile\(\) the model again"):
        gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.generate(2), gan.generate(2))


def test_a_model_is_saved_before_it_is_compiled_too(tiny_networks, tmp_path):
    gan = ganzoo.GAN(*tiny_networks())
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.generate(2), gan.generate(2))


def test_the_old_format_is_refused_before_a_file_is_written(tiny_gan, tmp_path):
    with pytest.raises(ValueError, match=r"gan\.h5' must end in \.keras"):
        tiny_gan().save(tmp_path / "gan.h5")
    assert not list(tmp_path.iterdir())
