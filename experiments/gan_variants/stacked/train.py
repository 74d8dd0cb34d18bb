"""A GAN of three digits in three color channels, with a count of covered modes."""

import functools

import ganzoo
from experiments import harness
from experiments.gan_variants.model import variant
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.gan_variants.stacked.config import SMOKE, Stacked
from experiments.gan_variants.stacked.report import REPORT
from experiments.harness import sampling
from experiments.harness.data import image_set
from ganzoo import data, metrics, networks, runs

SHAPE = (28, 28, 3)


def load(config: Stacked) -> harness.EpochStepsData:
    """Returns the stacked digits that batches are sampled from."""
    digits = image_set(config, "train", (28, 28, 1), classes=10)
    return harness.EpochStepsData(config, data.StackedDigits(digits))


def generator(config: Stacked) -> tuple[str, dict]:
    """Returns the name of the generator's builder, and its arguments."""
    arguments = {"latent_dim": config.latent_dim}
    if config.players == "large":
        arguments |= {"units": config.units, "channels": 3}
        return "mnist_infogan_generator", arguments
    return "stacked_generator", arguments | {"filters": config.filters}


def build(config: Stacked) -> ganzoo.GAN:
    """Builds the paper's networks or the large ones, and compiles the GAN."""
    generating = harness.network(generator(config))
    if config.players == "large":
        discriminator = networks.stacked_large_discriminator(
            num_kernels=config.similarities
        )
    else:
        # Metz et al. 2017: the discriminator is a fraction of the generator's size.
        discriminator = networks.stacked_discriminator(
            config.fraction,
            filters=config.filters,
            batch_norm=config.normalise,
            num_kernels=config.similarities,
        )
    return variant(config, generating, discriminator)


def count_modes(
    folder: runs.Run, config: Stacked, data: harness.EpochStepsData
) -> list:
    """Returns the callbacks that sample images and count modes after epochs."""
    reals, _ = data.train.sample(config.sample_count)
    modes = functools.partial(
        metrics.class_modes,
        extractor=metrics.load_classifier("mnist"),
        data_fractions=data.train.class_fractions,
    )
    return [
        sampling.grids(folder, config, reals),
        sampling.modes(folder, config, data, modes),
    ]


EXPERIMENT = harness.Experiment(
    config=Stacked,
    data=load,
    build=build,
    inputs=harness.images_of(*SHAPE),
    callbacks=count_modes,
    report=REPORT,
    smoke=SMOKE,
    reference_values=REFERENCE_VALUES,
    zoo={
        "stacked": harness.ZooEntry(
            "Three digits in the three channels",
            generator,
            images=lambda data: (data.train.digits, data.train.digits),
        )
    },
    readme=(
        harness.Row(
            "gan_variants compare --bed stacked",
            "GAN variants: unrolled, 1,000 modes of stacked digits",
            "plain 31, unrolled by 5 236, by 10 327 modes",
            "stacked MNIST: plain {stacked.gan|last/modes|.0f}, by 5 "
            "{stacked.unrolled-5|last/modes|.0f}, "
            "by 10 {stacked.unrolled-10|last/modes|.0f}; the zoo's best "
            "{stacked_large|last/modes|,.0f}",
            ("stacked_mnist",),
        ),
    ),
)
