"""Builds the GANs of all benchmarks."""

import keras

import ganzoo
from experiments import harness
from experiments.gan_variants.config import VariantConfig


def variant(
    config: VariantConfig, generator: keras.Model, discriminator: keras.Model
) -> ganzoo.GAN:
    """Returns a compiled GAN, unrolled if configured."""
    if not config.unrolled_steps:
        return harness.gan(config, generator, discriminator)
    return harness.gan(
        config,
        generator,
        discriminator,
        ganzoo.UnrolledGAN,
        unrolled_steps=config.unrolled_steps,
    )
