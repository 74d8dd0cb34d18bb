"""What is measured of generated images, in the reports of all who draw them."""

from collections.abc import Callable, Sequence

import numpy as np

from ganzoo import data, metrics, plots
from ganzoo.callbacks.measures import scalars
from ganzoo.reports import Report

FLOOR = "real test images"
MEASURES = {
    "frechet_distance": ("Fréchet distance", "{:.2f}"),
    "raw_frechet_distance": ("of the raw weights", "{:.2f}"),
    "confident_share": ("confident", "{:.1%}"),
    "classifier_score": ("classifier score", "{:.2f}"),
    "smallest_class": ("smallest class", "{:.1%}"),
    "largest_class": ("largest class", "{:.1%}"),
    "kernel_distance": ("kernel distance", "{:.4f}"),
    "kernel_distance_spread": ("its spread", "{:.4f}"),
    "precision": ("precision", "{:.3f}"),
    "recall": ("recall", "{:.3f}"),
    "density": ("density", "{:.3f}"),
    "coverage": ("coverage", "{:.3f}"),
}


def floor(
    train: data.ImageSet,
    test: data.ImageSet,
    samples: int,
    also: Sequence[Callable] = (),
) -> tuple[dict[str, float], dict]:
    """Measures real digits of the test split as if they were samples.

    Args:
        train: What they are measured against.
        test: The images.
        samples: How many of them.
        also: Further measures, as in `metrics.measure`.

    Returns:
        The row of measures, and its card.
    """
    extractor = metrics.load_classifier("mnist")
    reference = metrics.Reference.build(
        extractor, train, features=10_000 if also else 0
    )
    return real_images(extractor, reference, test, samples, also)


def real_images(
    extractor: metrics.Extractor,
    reference: metrics.Reference,
    test: data.ImageSet,
    samples: int,
    also: Sequence[Callable] = (),
) -> tuple[dict[str, float], dict]:
    """Measures real test images as if they were samples: nothing can do better.

    Args:
        extractor: What is looked through.
        reference: What they are measured against.
        test: The images.
        samples: How many of them.
        also: Further measures, as in `metrics.measure`.

    Returns:
        The row of measures, and its card.
    """
    images = data.some(test, min(samples, len(test))).images
    measured = metrics.measure(extractor, images, reference, samples=FLOOR, also=also)
    return with_extremes(scalars(measured)), measured.card


def with_extremes(row: dict[str, float]) -> dict[str, float]:
    """Returns the row with the shares of its rarest and its commonest class, if any."""
    shares = [row[key] for key in row if key.removeprefix("class_").isdigit()]
    if not shares:
        return row
    return row | {"smallest_class": min(shares), "largest_class": max(shares)}


def section(
    report: Report,
    measured: list[dict],
    real: dict[str, float],
    card: dict,
    names: tuple[str, ...],
    weights: str,
    *,
    most: int | None = None,
) -> None:
    """Adds the measures by epoch: curve, classes, table.

    Args:
        report: The report.
        measured: The rows of history.csv that were measured.
        real: The row of `floor`.
        card: Its card.
        names: Of the classes.
        weights: Which weights were measured, "raw" or "averaged".
        most: Rows of the table, spread evenly; all by default.
    """
    report.heading("Measures by epoch")
    path = report.figure("frechet", "Fréchet distance by epoch, and its floor")
    curves = {f"by the {weights} weights": "frechet_distance"}
    if "raw_frechet_distance" in measured[-1]:
        curves["by the raw weights"] = "raw_frechet_distance"
    plots.curves(
        path,
        [row["epoch"] for row in measured],
        {name: [row[key] for row in measured] for name, key in curves.items()},
        title="Fréchet distance to the training images",
        xlabel="epoch",
        ylabel="Fréchet distance",
        lines={FLOOR: real["frechet_distance"]},
        log_y=True,
    )
    shares = f"class_{len(names) - 1}" in measured[-1]
    if shares:
        _classes(report, measured[-1], real, names)
    rows = np.linspace(0, len(measured) - 1, min(most or len(measured), len(measured)))
    report.table([table_row(measured[round(n)]) for n in rows] + [table_row(real)])
    report.text(
        f"Generated: by the generator's {weights} weights. Every row: "
        f"{card['count']:,} images, extractor `{card['extractor']}` (SHA-256 "
        f"`{card['sha256'][:16]}...`) against {card['reference_count']:,} images of "
        f"{card['reference']}. Confident: the classifier gives a class over 0.9. "
        "Classifier score: the Inception score's formula"
        + (f", at most {len(names)}." if shares else ".")
    )


def _classes(report: Report, last: dict, real: dict, names: tuple[str, ...]) -> None:
    path = report.figure("classes", "Classes of the samples, as classified, last epoch")
    plots.bars(
        path,
        names,
        {
            "generated": [last[f"class_{k}"] for k in range(len(names))],
            FLOOR: [real[f"class_{k}"] for k in range(len(names))],
        },
        title="Share of each class",
        ylabel="share",
    )


def table_row(row: dict[str, float]) -> dict[str, str]:
    """Returns one row of the table of measures, in words."""
    row = with_extremes(row)
    first = {"epoch": f"{row['epoch']:.0f}" if "epoch" in row else FLOOR}
    return first | {
        title: form.format(row[key])
        for key, (title, form) in MEASURES.items()
        if key in row
    }
