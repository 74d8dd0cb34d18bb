"""A game can be written down, and read again."""

import keras
import numpy as np
import pytest

import ganzoo
from ganzoo import penalties


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


def test_a_variant_adds_its_arguments_without_code(tiny_players):
    game = Patient(*tiny_players(), patience=7, seed=3, ema_half_life=9.0)
    config = game.get_config()
    assert (config["patience"], config["seed"]) == (7, 3)
    again = Patient.from_config(config)
    assert (again.patience, again.ema_half_life) == (7, 9.0)
    assert again.get_config() == config


def test_a_loaded_game_goes_on_as_if_it_had_never_been_saved(
    tiny_gan, tiny_batches, state_of, tmp_path
):
    gan = tiny_gan(
        optimizer=lambda: keras.optimizers.Adam(0.01),
        players={
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
    for game in (gan, loaded):
        game.fit(tiny_batches(2), verbose=0)
    assert int(loaded.step) == 4
    for expected, value in zip(state_of(gan), state_of(loaded), strict=True):
        np.testing.assert_array_equal(value, expected)


class OwnPenalty(penalties.Penalty):
    def __call__(self, discriminator, real, fake, random):
        return discriminator(real)[:, 0] ** 2


@pytest.mark.parametrize(
    "compiled",
    [
        {"loss": ganzoo.losses.least_squares(-1.0, 1.0)},
        {"penalty": OwnPenalty()},
        {"penalty": OwnPenalty() + penalties.R1()},
    ],
    ids=["loss", "penalty", "sum"],
)
def test_what_a_file_cannot_hold_is_said_when_saving(compiled, tiny_gan, tmp_path):
    gan = tiny_gan(compiled=compiled)
    with pytest.warns(UserWarning, match=r"compile\(\) the game again"):
        gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.generate(2), gan.generate(2))


def test_a_game_is_saved_before_it_is_compiled_too(tiny_players, tmp_path):
    gan = ganzoo.GAN(*tiny_players())
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.generate(2), gan.generate(2))
