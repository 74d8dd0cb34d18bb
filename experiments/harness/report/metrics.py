"""Report section: sample metrics by epoch."""

from collections.abc import Callable, Sequence

import numpy as np

from experiments.harness.report.run_report import RunReport, formatted
from ganzoo import data, metrics, plots
from ganzoo.callbacks.sample_metrics import scalars
from ganzoo.files import write_json

FLOOR = "real test images"
METRICS = {
    "frechet_distance": ("Fréchet distance", "{:.2f}"),
    "raw_frechet_distance": ("of the raw weights", "{:.2f}"),
    "confident_share": ("confident", "{:.1%}"),
    "classifier_score": ("classifier score", "{:.2f}"),
    "contrast": ("contrast", "{:.0%}"),
    "smallest_class": ("smallest class", "{:.1%}"),
    "largest_class": ("largest class", "{:.1%}"),
    "kernel_distance": ("kernel distance", "{:.4f}"),
    "kernel_distance_spread": ("its spread", "{:.4f}"),
    "precision": ("precision", "{:.3f}"),
    "recall": ("recall", "{:.3f}"),
    "density": ("density", "{:.3f}"),
    "coverage": ("coverage", "{:.3f}"),
}


def real_images(
    extractor: metrics.Extractor,
    reference: metrics.Reference,
    test: data.ImageSet,
    count: int,
    also: Sequence[Callable] = (),
) -> tuple[dict[str, float], dict]:
    """Measures real test images like samples, as the best values to be expected."""
    images = data.some(test, min(count, len(test))).images
    measured = metrics.measure(extractor, images, reference, samples=FLOOR, also=also)
    return with_extremes(scalars(measured)), measured.card


def digits_floor(report: RunReport, **further: float) -> tuple[dict[str, float], dict]:
    """Measures the test digits with the shipped classifier; writes floor.json."""
    extractor = metrics.load_classifier("mnist")
    reference = metrics.Reference.build(extractor, report.data.train)
    count = report.config.measure_samples
    row, card = real_images(extractor, reference, report.data.test, count)
    write_json(report.folder / "floor.json", row | further)
    return row | further, card


def with_extremes(row: dict[str, float]) -> dict[str, float]:
    """Returns the row with the fractions of its rarest and most common class."""
    fractions = [row[key] for key in row if key.removeprefix("class_").isdigit()]
    if not fractions:
        return row
    return row | {"smallest_class": min(fractions), "largest_class": max(fractions)}


def metrics_by_epoch(
    report: RunReport,
    real: dict[str, float],
    card: dict,
    names: tuple[str, ...],
    *,
    most: int | None = None,
) -> None:
    """Adds the metrics by epoch: a curve, the classes and a table.

    Args:
        report: The report.
        real: Metrics of real images.
        card: Card of these metrics.
        names: Names of the classes.
        most: Largest number of rows in the table, evenly spaced. Defaults to all.
    """
    measured, weights = report.measured, report.config.weights
    report.heading("Metrics by epoch")
    columns = {f"by the {weights} weights": "frechet_distance"}
    if "raw_frechet_distance" in measured[-1]:
        columns["by the raw weights"] = "raw_frechet_distance"
    report.curves(
        "frechet",
        "Fréchet distance by epoch, and its floor",
        columns,
        title="Fréchet distance to the training images",
        ylabel="Fréchet distance",
        lines={FLOOR: real["frechet_distance"]},
        log_y=True,
    )
    by_class = f"class_{len(names) - 1}" in measured[-1]
    if by_class:
        _classes(report, real, names)
    rows = np.linspace(0, len(measured) - 1, min(most or len(measured), len(measured)))
    report.table([table_row(measured[round(n)]) for n in rows] + [table_row(real)])
    report.text(
        f"Generated: by the generator's {weights} weights. Every row: "
        f"{card['count']:,} images, extractor `{card['extractor']}` (SHA-256 "
        f"`{card['sha256'][:16]}...`) against {card['reference_count']:,} images of "
        f"{card['reference']}. Confident: the classifier gives a class over 0.9. "
        "Classifier score: the Inception score's formula"
        + (f", at most {len(names)}." if by_class else ".")
    )


def _classes(report: RunReport, real: dict, names: tuple[str, ...]) -> None:
    path = report.figure("classes", "Classes of the samples, as classified, last epoch")
    series = {"generated": report.measured[-1], FLOOR: real}
    plots.bars(
        path,
        names,
        {
            title: [row[f"class_{k}"] for k in range(len(names))]
            for title, row in series.items()
        },
        title="Fraction of each class",
        ylabel="fraction",
    )


def table_row(row: dict[str, float]) -> dict[str, str]:
    """Returns a row of the table of metrics as text, by column title."""
    row = with_extremes(row)
    first = {"epoch": f"{row['epoch']:.0f}" if "epoch" in row else FLOOR}
    return first | formatted(row, METRICS)
