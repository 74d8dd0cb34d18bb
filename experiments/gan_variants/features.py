"""features: reuses the discriminator's features for classification."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

import ganzoo
from experiments import harness
from experiments.gan_variants.config import Features
from experiments.gan_variants.model import variant
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.harness import data as loading
from experiments.harness.report import RunReport, sections
from experiments.harness.results import Result, cached, of_run
from ganzoo import callbacks, networks, plots, runs
from ganzoo.files import read_json
from ganzoo.metrics import linear_probe

SHAPES = ((28, 28, 1), (32, 32, 3))
ERRORS = "features.json"
MANY = 10_000  # number of labels from which one subset suffices


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


def representations(report: RunReport) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yields the name of each representation, its training and its test features."""
    sets = (report.data.train, report.data.test)
    yield "raw pixels", *(s.images.reshape(len(s), -1) / 255.0 for s in sets)
    trained = report.model.discriminator
    untrained = keras.models.clone_model(trained)  # with new weights
    for name, network in (
        ("untrained network", untrained),
        ("trained discriminator", trained),
    ):
        yield name, *(linear_probe.pooled_features(network, s.images) for s in sets)


def probe(report: RunReport) -> dict[str, dict[str, tuple[float, ...]]]:
    """Returns the test errors: representation -> number of labels -> errors."""
    config, train, test = report.config, report.data.train, report.data.test
    keras.utils.set_random_seed(config.seed + 1)  # for the untrained network
    found = {}
    for name, seen, tested in representations(report):
        found[name] = {}
        for count in config.label_counts:
            probed = linear_probe.linear_probe(
                seen,
                train.labels,
                tested,
                test.labels,
                labels=count,
                draws=1 if count >= MANY else config.draws,
                seed=config.seed,
            )
            found[name][str(count)] = probed.errors
    return found


def errors(report: RunReport) -> None:
    """Adds the test errors, computing them only once."""
    new = not (report.folder / ERRORS).exists()
    found = cached(report.folder / ERRORS, {}, lambda: probe(report))
    probes = {
        name: [
            linear_probe.Probe(int(count), tuple(values))
            for count, values in row.items()
        ]
        for name, row in found.items()
    }
    for name, row in probes.items() if new else ():
        for one in row:
            said = f"{one.mean:.2%} of the test images wrong"
            print(f"{name}, {one.labels} labels: {said}")
    report.heading("Test error of a linear classifier")
    report.table(
        [
            {"features": name}
            | {
                f"{one.labels:,} labels": sections.mean_and_spread(one.errors, "{:.2%}")
                for one in row
            }
            for name, row in probes.items()
        ]
    )
    test = report.data.test
    report.text(
        f"On {len(test):,} images of {test.name} {test.split}. Mean and standard "
        f"deviation over {report.config.draws} random subsets of labeled images (one "
        f"subset from {MANY:,} labels on). The features are the activations of all "
        "convolutions, max-pooled to 4x4 (Radford et al. 2016, section 5.1). The "
        "classifier is a linear support vector machine; its regularization is chosen "
        "by cross-validation on the labeled images. The discriminator was trained "
        "without labels."
    )
    plots.bars(
        report.figure("errors", "Test error by number of labels"),
        [f"{one.labels:,} labels" for one in next(iter(probes.values()))],
        {name: [one.mean for one in row] for name, row in probes.items()},
        title="Test error of a linear classifier",
        ylabel="fraction of test images",
    )


EXPERIMENT = harness.Experiment(
    config=Features,
    data=load,
    build=build,
    inputs=harness.images_of(*SHAPES[0]),
    callbacks=sample,
    report=harness.Sections(
        lambda config, data: f"The features of a discriminator: {data.train.name}",
        (errors, sections.samples("Images by epoch"), sections.losses(first_pass=True)),
    ),
    smoke={
        "epochs": 1,
        "batch_size": 32,
        "train_images": 640,
        "test_images": 200,
        "label_counts": (30, 100),
        "draws": 2,
    },
    reference_values=REFERENCE_VALUES,
    tolerances={"error/": harness.Tolerance(-1, 0.15, 0.005)},
    ignored_fields=("draws",),
    results=read_results,
    readme=harness.Row(
        "gan_variants features",
        "GAN variants: a DCGAN's features",
        "the slides and Radford et al. 2016: good for classifying; not measured on "
        "MNIST",
        "test error by 1,000 labels on MNIST "
        "{features_mnist|error/trained discriminator/1000|.1%}, an untrained network's "
        "features {features_mnist|error/untrained network/1000|.1%}, raw pixels "
        "{features_mnist|error/raw pixels/1000|.1%}",
    ),
)
