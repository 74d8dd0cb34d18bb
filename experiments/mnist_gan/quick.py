"""quick: a small conditional GAN for a first try; not the paper's settings."""

import numpy as np

import ganzoo
from experiments import harness
from experiments.harness import ReferenceValue, compare, runs_with, sampling
from experiments.harness.report import RunReport, sections
from experiments.harness.report.metrics import digits_floor, metrics_by_epoch
from experiments.mnist_gan import train
from experiments.mnist_gan.config import SMOKE, VARIANTS, Compare, Quick
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
        + f" An epoch has {report.data.steps_per_epoch:,} steps."
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
        *(
            ReferenceValue(
                f"last/class_{digit}",
                f"all ten digits: at least 5 % are a {digit}",
                minimum=0.05,
                when=WHOLE,
            )
            for digit in range(train.DIGITS)
        ),
    ),
    zoo={"quick": harness.ZooEntry("Small conditional GAN", generator)},
    readme=harness.Row(
        "mnist_gan compare --systems wide --dataset mnist --seeds 3",
        "none: the quick start, wider and longer",
        "no document",
        "MNIST: Fréchet distance {quick_mnist.wide|last/frechet_distance|.2f}; "
        "{quick_mnist.wide|last/confident_share|.1%} of the digits clear (settings "
        "chosen with seed 0 and this measure)",
        ("mnist_conditional",),
    ),
)

BENCHMARK = harness.Benchmark(
    "a quick GAN for digits",
    EXPERIMENT,
    VARIANTS,
    {
        "Fréchet distance": ("frechet_distance", "{:.2f}"),
        "confident": ("confident_share", "{:.1%}"),
        "KL of the classes": ("class_divergence", "{:.4f}"),
    },
)
COMPARE = compare.command(Compare, BENCHMARK)
