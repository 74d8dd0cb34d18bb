"""What is measured of generated digits, in the reports of all who draw them."""

from collections.abc import Callable, Sequence

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
    """Measures real test images as if they were samples: nothing can do better.

    Args:
        train: What they are measured against.
        test: The images.
        samples: How many of them.
        also: Further measures, as in `metrics.measure`.

    Returns:
        The row of measures, and its card.
    """
    extractor = metrics.load_classifier("mnist")
    measured = metrics.measure(
        extractor,
        test.images[:samples],
        metrics.Reference.build(extractor, train, features=10_000 if also else 0),
        samples=FLOOR,
        also=also,
    )
    return with_extremes(scalars(measured)), measured.card


def with_extremes(row: dict[str, float]) -> dict[str, float]:
    """Returns the row with the shares of its rarest and its commonest class."""
    shares = [row[key] for key in row if key.removeprefix("class_").isdigit()]
    return row | {"smallest_class": min(shares), "largest_class": max(shares)}


def section(
    report: Report,
    measured: list[dict],
    real: dict[str, float],
    card: dict,
    names: tuple[str, ...],
    weights: str,
) -> None:
    """Adds the measures by epoch: curve, classes, table.

    Args:
        report: The report.
        measured: The rows of history.csv that were measured.
        real: The row of `floor`.
        card: Its card.
        names: Of the classes.
        weights: Which weights were measured, "raw" or "averaged".
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
    path = report.figure("classes", "Classes of the samples, as classified, last epoch")
    plots.bars(
        path,
        names,
        {
            "generated": [measured[-1][f"class_{k}"] for k in range(len(names))],
            FLOOR: [real[f"class_{k}"] for k in range(len(names))],
        },
        title="Share of each class",
        ylabel="share",
    )
    report.table([*map(table_row, measured), table_row(real)])
    report.text(
        f"Generated: by the generator's {weights} weights. Every row: "
        f"{card['count']:,} images, extractor `{card['extractor']}` (SHA-256 "
        f"`{card['sha256'][:16]}...`) against {card['reference_count']:,} images of "
        f"{card['reference']}. Confident: the classifier gives a class over 0.9. "
        f"Classifier score: the Inception score's formula, at most {len(names)}."
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
