"""A DCGAN whose discriminator's features are evaluated by a linear classifier."""

import dataclasses
from pathlib import Path

import numpy as np

import ganzoo
from experiments import harness
from experiments.gan_variants.features.config import SMOKE, Features
from experiments.gan_variants.features.report import ERRORS, REPORT
from experiments.gan_variants.model import variant
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.harness import data as loading
from experiments.harness.results import Result, of_run
from ganzoo import callbacks, networks, runs
from ganzoo.files import read_json

SHAPES = ((28, 28, 1), (32, 32, 3))


class FeaturesData(harness.Data):
    """Images of one of two shapes, which determines the networks."""

    @property
    def model_arguments(self) -> dict:
        """The shape of the images."""
        return {"shape": self.train.shape}


def load(config: Features) -> FeaturesData:
    """Loads both splits, and cuts the test images if configured."""
    train, test = (loading.image_set(config, s, SHAPES) for s in loading.SPLITS)
    if config.test_images is not None:
        test = loading.first(test, min(config.test_images, len(test)))
    return FeaturesData(config, train, test)


def build(config: Features, shape: tuple[int, ...] = SHAPES[0]) -> ganzoo.GAN:
    """Builds and compiles the DCGAN for images of that shape."""
    if shape == SHAPES[0]:
        generator = networks.mnist_generator(config.latent_dim)
        discriminator = networks.mnist_discriminator(dropout=config.dropout)
    else:
        generator = networks.dcgan_generator(config.latent_dim)
        discriminator = networks.dcgan_discriminator()
    return variant(config, generator, discriminator)


def sample(folder: runs.Run, config: Features, data: FeaturesData) -> list:
    """Returns the callback that samples after epochs."""
    # Only the discriminator is evaluated, so the grids show the raw weights.
    return [callbacks.SampleGrids(folder, data.train, count=config.sample_count)]


def read_results(folder: Path) -> list[Result]:
    """Returns a run's results with the test errors: error/REPRESENTATION/LABELS."""
    if not (folder / ERRORS).exists():
        return []
    errors = {
        f"error/{name}/{labels}": float(np.mean(values))
        for name, row in read_json(folder / ERRORS).items()
        for labels, values in row.items()
    }
    return [
        dataclasses.replace(one, numbers=one.numbers | errors) for one in of_run(folder)
    ]


EXPERIMENT = harness.Experiment(
    config=Features,
    data=load,
    build=build,
    inputs=harness.images_of(*SHAPES[0]),
    callbacks=sample,
    report=REPORT,
    smoke=SMOKE,
    reference_values=REFERENCE_VALUES,
    tolerances={"error/": harness.Tolerance(-1, 0.15, 0.005)},
    ignored_fields=("draws",),
    results=read_results,
    readme=(
        harness.Row(
            "gan_variants features",
            "GAN variants: a DCGAN's features",
            "good for classifying",
            "test error by 1,000 labels on MNIST "
            "{features_mnist|error/trained discriminator/1000|.1%}, raw pixels "
            "{features_mnist|error/raw pixels/1000|.1%}",
        ),
    ),
)
