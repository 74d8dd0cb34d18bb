"""A GAN of points in the plane, with a count of covered modes."""

import functools

import ganzoo
from experiments import harness
from experiments.gan_variants.model import variant
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.gan_variants.ring.config import SMOKE, Ring
from experiments.gan_variants.ring.report import REPORT
from experiments.harness import sampling
from ganzoo import callbacks, data, metrics, networks, runs

MIXTURES = {"ring": data.ring, "grid": data.grid}


def load(config: Ring) -> harness.EpochStepsData:
    """Returns the mixture of Gaussians that batches are sampled from."""
    return harness.EpochStepsData(config, MIXTURES[config.dataset]())


def build(config: Ring) -> ganzoo.GAN:
    """Builds the dense networks of Metz et al. 2017, and compiles the GAN."""
    return variant(
        config,
        networks.point_generator(config.latent_dim),
        networks.point_discriminator(num_kernels=config.similarities),
    )


def count_modes(folder: runs.Run, config: Ring, data: harness.EpochStepsData) -> list:
    """Returns the callbacks that sample points and count modes after epochs."""
    mixture = data.train
    count = functools.partial(metrics.point_modes, mixture=mixture)
    return [
        callbacks.PointClouds(folder, mixture.centers, average=config.average),
        sampling.modes(folder, config, data, count),
    ]


EXPERIMENT = harness.Experiment(
    config=Ring,
    data=load,
    build=build,
    inputs=harness.images_of(2),
    callbacks=count_modes,
    report=REPORT,
    smoke=SMOKE,
    reference_values=REFERENCE_VALUES,
    readme=(
        harness.Row(
            "gan_variants compare --bed ring",
            "GAN variants: unrolled, 8 Gaussians on a ring",
            "unrolled finds all 8, the plain GAN does not",
            "unrolled by 5: {ring.unrolled-5|last/modes|.0f} modes, "
            "{ring.unrolled-5|last/high_quality|.0%} of the points in one; plain: "
            "{ring.gan|last/modes|.0f}",
        ),
    ),
)
