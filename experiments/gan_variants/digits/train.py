"""Fully connected GANs of digits, and metrics of mode collapse."""

import functools
from typing import Any

import ganzoo
from experiments import harness
from experiments.gan_variants.digits.config import (
    SMOKE,
    Digits,
    Minibatch,
    Unrolled,
    Vanilla,
)
from experiments.gan_variants.digits.report import REPORT
from experiments.gan_variants.model import variant
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.harness import sampling
from experiments.harness.data import images_and_test
from ganzoo import metrics, networks, runs

SHAPE = (28, 28, 1)


def load(config: Digits) -> harness.Data:
    """Loads the training and the test digits."""
    return images_and_test(config, SHAPE)


def generator(config: Digits) -> tuple[str, dict]:
    """Returns the name of the generator's builder, and its arguments."""
    if config.architecture == "dcgan":
        return "mnist_generator", {"latent_dim": config.latent_dim}
    return "mnist_mlp_generator", {
        "latent_dim": config.latent_dim,
        "batch_norm": config.normalise,
    }


def build(config: Digits) -> ganzoo.GAN:
    """Builds the networks of the configured architecture, and compiles the GAN."""
    generating = harness.network(generator(config))
    if config.architecture == "dcgan":
        discriminator = networks.mnist_discriminator(dropout=config.dropout)
    else:
        # Salimans et al. 2016: the discriminator compares the samples of a batch.
        discriminator = networks.mnist_mlp_discriminator(
            dropout=config.dropout, num_kernels=config.similarities
        )
    return variant(config, generating, discriminator)


def sample_and_measure(folder: runs.Run, config: Digits, data: harness.Data) -> list:
    """Returns the callbacks that sample and measure after epochs."""
    threshold = metrics.DuplicateThreshold.build(data.train)
    duplicates = functools.partial(metrics.near_duplicates, threshold=threshold)
    return [
        sampling.grids(folder, config, data.train),
        sampling.digit_metrics(folder, config, data),
        sampling.modes(folder, config, data, duplicates),
    ]


def experiment(
    config: type[Digits], kind: str, title: str, **arguments: Any
) -> harness.Experiment:
    """Returns one of the experiments, which differ in their defaults.

    Args:
        config: Class of the configuration.
        kind: Kind of generator in the zoo.
        title: Start of the card's title in the zoo.
        **arguments: Further arguments of `harness.Experiment`.
    """
    return harness.Experiment(
        config=config,
        data=load,
        build=build,
        inputs=harness.images_of(*SHAPE),
        callbacks=sample_and_measure,
        report=REPORT,
        smoke=SMOKE,
        reference_values=REFERENCE_VALUES,
        zoo={kind: harness.ZooEntry(title, generator)},
        **arguments,
    )


VANILLA = experiment(Vanilla, "vanilla", "Fully connected GAN")
MINIBATCH = experiment(
    Minibatch,
    "minibatch",
    "Fully connected GAN with minibatch discrimination",
    readme=(
        harness.Row(
            "gan_variants minibatch",
            "GAN variants (slides): minibatch discrimination",
            "digits of all classes after 90 epochs",
            "MNIST: Fréchet distance {minibatch|last/frechet_distance|.1f}, "
            "near-duplicates {minibatch|last/duplicate_share|.2%}; a collapsing "
            "GAN's fall from {collapse.collapsing|last/duplicate_share|.0%} to "
            "{collapse.collapsing-minibatch|last/duplicate_share|.1%}",
            ("mnist_minibatch",),
        ),
    ),
)
UNROLLED = experiment(Unrolled, "unrolled", "Fully connected GAN, unrolled")
# What the benchmark "digits" runs.
DIGITS = experiment(Digits, "digits", "GAN of digits")
