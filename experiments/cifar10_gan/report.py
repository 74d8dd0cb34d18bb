"""The report of a GAN of CIFAR-10: the source's figures 15 to 21, and metrics."""

import contextlib

import numpy as np

from experiments.cifar10_gan.config import ZERO_LEVEL
from experiments.cifar10_gan.nearest import nearest_images
from experiments.harness.report import RunReport, Sections, formatted, sections
from experiments.harness.report.metrics import FLOOR, METRICS, metrics_by_epoch
from ganzoo import data, plots
from ganzoo.zoo import interpolation

# Epochs after which the losses over the whole set are computed: those of the source,
# and the first.
EPOCHS = (1, 10, 20, 50, 100, 200, 400, 500, 600, 700, 800, 900, 1000)
FIGURES = {"discriminator": 17, "generator": 18}
MOST_ROWS = 24  # in the table of metrics by epoch
SUMMARY = ("frechet_distance", "kernel_distance", "classifier_score", "precision")
SUMMARY += ("recall", "density", "coverage", "confident_share")
TIME_AXIS = "hours of training, without sampling and metrics"


def title(config, loaded) -> str:
    """Returns the report's title: the variant and the data set."""
    words = [config.architecture, config.loss, config.penalty]
    variant = ", ".join(word.replace("_", " ") for word in words if word)
    return f"A GAN ({variant}): {loaded.train.name}"


def final_metrics(report: RunReport) -> None:
    """Adds the metrics after the last epoch, with their spread over sets of samples."""
    if report.data.evaluator is None:
        return
    final = report.data.evaluator.final(report)
    rows, card = final["rows"], final["card"]
    table = {"generated": {}, FLOOR: {}}
    for key in SUMMARY:
        name, form = METRICS[key]
        values = [row[key] for row in rows]
        table["generated"][name] = sections.mean_and_spread(values, form)
        table[FLOOR][name] = form.format(final["real"][key])
    report.heading("Metrics at the end")
    report.table([{"": images} | row for images, row in table.items()])
    report.text(
        f"Samples by the generator's {report.config.weights} weights after step "
        f"{final['step']:,}: mean and standard deviation over {len(rows)} sets of "
        f"{card['count']:,} samples, compared with {card['reference_count']:,} images "
        f"of {card['reference']}; extractor `{card['extractor']}` (SHA-256 "
        f"`{card['sha256'][:16]}...`). The source recognizes cars, animals and a ship; "
        "here, confident is the fraction of samples that the extractor assigns to a "
        "class with a probability over 0.9. The classes are shown below. Compare these "
        "numbers only with others of the same extractor, reference and count; they are "
        "not published Fréchet Inception distances."
    )


def sums(report: RunReport) -> None:
    """Adds figure 16: the sum of both losses, by step and over the whole set."""
    report.heading("Figure 16: sum of the losses")
    for name, rows, prefix, x, when, smoothing in (
        ("sum_by_step", report.steps, "", "step", "by training step", 0.98),
        ("sum_whole", report.epochs, "whole_", "epoch", WHOLE, 0.0),
    ):
        keys = [f"{prefix}{network}_loss" for network in FIGURES]
        report.curves(
            name,
            f"Sum of both networks' losses, {when}",
            {"sum": "sum"},
            rows=[
                row | {"sum": sum(row[key] for key in keys)}
                for row in rows
                if keys[0] in row
            ],
            x=x,
            title=f"Sum of the losses {when}",
            ylabel="loss",
            smoothing=smoothing,
        )


WHOLE = "over the whole training set"


def whole_set(report: RunReport) -> None:
    """Adds figures 17 and 18, and their numbers as a table."""
    report.heading(f"Figures 17 and 18: losses {WHOLE}")
    for network, number in FIGURES.items():
        report.curves(
            f"whole_{network}",
            f"Figure {number}: {network}, {WHOLE}",
            {network: f"whole_{network}_loss"},
            title=f"Loss of the {network} {WHOLE}",
            ylabel="loss",
        )
    columns = {f"whole_{network}_loss": (network, "{:.4f}") for network in FIGURES}
    report.table(
        [
            {"epoch": f"{row['epoch']:.0f}"} | formatted(row, columns)
            for row in report.epochs
            if "whole_generator_loss" in row
        ]
    )
    report.text(
        "Each loss is evaluated on all training images and equally many generated "
        "images, with both networks in inference mode. TensorBoard shows the same "
        "numbers during training, as `epoch/whole_...`."
    )


def time(report: RunReport) -> None:
    """Adds figure 19."""
    report.heading("Figure 19: images processed against time")
    images, hours = sections.images_and_hours(
        report.epochs, report.config.images_per_step
    )
    plots.curves(
        report.figure("examples_by_time", "Training images processed against time"),
        [0.0, *hours],
        {"images": [0, *images]},
        title="Images processed",
        xlabel=TIME_AXIS,
        ylabel="training images",
    )


def interpolations(report: RunReport) -> None:
    """Adds figure 21: 8 rows of 8 images between points of the latent space."""
    model, config = report.model, report.config

    def generate(points: np.ndarray) -> np.ndarray:
        return data.to_uint8(model.generator(points, training=False), ZERO_LEVEL)

    report.heading("Figure 21: latent interpolation")
    first, last = interpolation.ends(8, config.latent_dim)
    with model.averaged_weights() if config.average else contextlib.nullcontext():
        for path in (interpolation.linear, interpolation.spherical):
            name = path.__name__
            grid = interpolation.picture(generate, first, last, path=path)
            caption = "8 pairs of latent points at the ends of the rows, 6 in between"
            report.image(f"interpolation_{name}", f"{caption} ({name})", grid, scale=3)


def metrics(report: RunReport) -> None:
    """Adds the metrics by epoch."""
    if report.data.evaluator is not None and report.measured:
        final = report.data.evaluator.final(report)
        names = report.data.train.class_names
        metrics_by_epoch(report, final["real"], final["card"], names, most=MOST_ROWS)


REPORT = Sections(
    title,
    (
        sections.samples("Figure 15: samples, up to epoch {epochs} (the source: 1000)"),
        final_metrics,
        sums,
        whole_set,
        sections.losses("Losses of the steps"),
        time,
        nearest_images,
        interpolations,
        metrics,
    ),
)
