"""vanilla, minibatch and unrolled: GANs of digits, and their mode collapse."""

import dataclasses
import functools

import ganzoo
from experiments import harness
from experiments.gan_variants.config import Digits, Minibatch, Unrolled, Vanilla
from experiments.gan_variants.model import variant
from experiments.gan_variants.reference_values import REFERENCE_VALUES
from experiments.harness import sampling
from experiments.harness.data import images_and_test
from experiments.harness.report import RunReport, sections
from experiments.harness.report.metrics import FLOOR, digits_floor, metrics_by_epoch
from ganzoo import data, metrics, networks, runs

SHAPE = (28, 28, 1)
SMOKE = {
    "epochs": 2,
    "batch_size": 64,
    "train_images": 640,
    "measure_samples": 500,
    "show_epochs": (1, 2),
}
COLLAPSE = {
    "class_divergence": ("KL of the classes to the data's (nats)", "{:.3f}"),
    "duplicate_share": ("near-duplicates among all pairs", "{:.3%}"),
}


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
            dropout=config.dropout,
            num_kernels=config.similarities,
            packing=config.packing,
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


def title(config: Digits, data: harness.Data) -> str:
    """Returns the report's title: the kind of GAN and the data set."""
    parts = ["A GAN", "convolutional" if config.architecture == "dcgan" else "dense"]
    if config.similarities:
        parts.append("minibatch discrimination")
    if config.unrolled_steps:
        parts.append(f"unrolled {config.unrolled_steps} steps")
    return f"{', '.join(parts)}: {data.train.name}"


def collapse(report: RunReport) -> None:
    """Adds the signs of mode collapse: divergence of the classes, near-duplicates."""
    threshold = metrics.DuplicateThreshold.build(report.data.train)
    test = report.data.test
    reals = data.some(test, min(report.config.measure_samples, len(test))).images
    duplicates = metrics.near_duplicates(reals, threshold).scalars()
    real, card = digits_floor(report, **duplicates)
    report.heading("Mode collapse, by epoch")
    first, last = report.measured[0], report.measured[-1]
    rows = {f"epoch {row['epoch']:.0f}": row for row in (first, last)} | {FLOOR: real}
    report.rows(rows, COLLAPSE)
    report.text(
        "Near-duplicates: fraction of pairs of samples whose similarity (cosine of the "
        f"pixels) is at least {threshold.similarity:.3f}, which one in 10,000 pairs of "
        "real training images reaches; after Arora et al. 2018."
    )
    for key, (name, _) in COLLAPSE.items():
        report.curves(
            key,
            f"{name} by epoch",
            {"generated": key},
            rows=report.measured,
            title=name,
            ylabel=name,
            lines={FLOOR: real[key]},
        )
    metrics_by_epoch(report, real, card, report.data.train.class_names)


VANILLA = harness.Experiment(
    config=Vanilla,
    data=load,
    build=build,
    inputs=harness.images_of(*SHAPE),
    callbacks=sample_and_measure,
    report=harness.Sections(
        title,
        (
            sections.samples("Images by epoch", chosen=True),
            sections.losses(first_pass=True),
            collapse,
        ),
    ),
    smoke=SMOKE,
    reference_values=REFERENCE_VALUES,
    zoo={"vanilla": harness.ZooEntry("Fully connected GAN", generator)},
)
MINIBATCH = dataclasses.replace(
    VANILLA,
    config=Minibatch,
    zoo={
        "minibatch": harness.ZooEntry(
            "Fully connected GAN with minibatch discrimination", generator
        )
    },
    readme=harness.Row(
        "gan_variants minibatch",
        "GAN variants (slides): minibatch discrimination",
        "the slides, in pictures: no collapse at epochs 12, 70 and 90",
        "MNIST: Fréchet distance {minibatch|last/frechet_distance|.1f}, "
        "near-duplicates {minibatch|last/duplicate_share|.2%}; a collapsing "
        "GAN's fall from {collapse.collapsing|last/duplicate_share|.0%} to "
        "{collapse.collapsing-minibatch|last/duplicate_share|.1%}",
        ("mnist_minibatch",),
    ),
)
UNROLLED = dataclasses.replace(
    VANILLA,
    config=Unrolled,
    zoo={"unrolled": harness.ZooEntry("Fully connected GAN, unrolled", generator)},
)
# What the benchmark "digits" runs.
DIGITS = dataclasses.replace(VANILLA, config=Digits)
