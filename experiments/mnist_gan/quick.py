"""quick: a small conditional GAN for a first try; not the paper's settings."""

import numpy as np

import ganzoo
from experiments import harness
from experiments.harness import ReferenceValue, runs_with, sampling
from experiments.harness.report import RunReport, sections
from experiments.harness.report.metrics import digits_floor, metrics_by_epoch
from experiments.mnist_gan import train
from experiments.mnist_gan.config import SMOKE, Quick
from ganzoo import networks, runs

WHOLE = runs_with(Quick.epochs, dataset="digits")


def generator(config: Quick) -> tuple[str, dict]:
    """Returns the name of the generator's builder, and its arguments."""
    return "small_generator", {
        "latent_dim": config.latent_dim,
        "width": config.width,
        "num_classes": config.num_classes,
    }


def build(config: Quick) -> ganzoo.GAN:
    """Builds small networks that both take the label, and compiles the GAN."""
    return harness.gan(
        config,
        harness.network(generator(config)),
        networks.small_discriminator(
            width=config.width, num_classes=config.num_classes
        ),
        num_classes=config.num_classes,
    )


def sample_and_measure(folder: runs.Run, config: Quick, loaded: harness.Data) -> list:
    """Returns the callbacks that sample and measure."""
    drawn = {}
    if config.labels:  # a column per digit
        drawn["labels"] = np.arange(config.sample_count) % train.DIGITS
    grids = sampling.grids(
        folder, config, loaded.train, drawn=drawn, columns=train.DIGITS
    )
    return [grids, sampling.digit_metrics(folder, config, loaded)]


def recipe(report: RunReport) -> None:
    """Adds what was trained, and the metrics."""
    report.text(
        "A recipe for a first try, not the paper's settings: small networks, small "
        "batches, high learning rates and a moving average of the generator's weights. "
        + (
            "Both networks are told the digit (Mirza & Osindero 2014; Miyato & Koyama "
            "2018); the samples have a column per digit."
            if report.config.labels
            else "No labels are used."
        )
    )
    metrics_by_epoch(report, *digits_floor(report), report.data.train.class_names)


EXPERIMENT = harness.Experiment(
    config=Quick,
    data=train.load,
    build=build,
    inputs=harness.images_of(*train.SHAPE),
    callbacks=sample_and_measure,
    report=harness.Sections(
        lambda config, data: f"A quick GAN for digits: {data.train.name}",
        (
            sections.samples("Images from the same noise"),
            recipe,
            sections.losses(),
        ),
    ),
    summary=train.EXPERIMENT.summary,
    smoke=SMOKE,
    reference_values=(
        ReferenceValue(
            "last/confident_share",
            "digits to recognize: three in four are clear to the classifier",
            minimum=0.75,
            when=WHOLE,
        ),
        ReferenceValue(
            "last/frechet_distance",
            "near the training images: a Fréchet distance of at most 2",
            maximum=2.0,
            when=WHOLE,
        ),
    ),
    zoo={"quick": harness.ZooEntry("Small conditional GAN", generator)},
)
