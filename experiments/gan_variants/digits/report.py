"""The report of vanilla, minibatch and unrolled: images, losses, mode collapse."""

from experiments.harness.report import RunReport, Sections, sections
from experiments.harness.report.metrics import FLOOR, digits_floor, metrics_by_epoch
from ganzoo import data, metrics

COLLAPSE = {
    "class_divergence": ("KL of the classes to the data's (nats)", "{:.3f}"),
    "duplicate_share": ("near-duplicates among all pairs", "{:.3%}"),
}


def title(config, data) -> str:
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
    report.table(
        [
            {"": name} | sections.formatted(row, COLLAPSE)
            for name, row in (
                (f"epoch {first['epoch']:.0f}", first),
                (f"epoch {last['epoch']:.0f}", last),
                (FLOOR, real),
            )
        ]
    )
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


REPORT = Sections(
    title,
    (
        sections.samples("Images by epoch", chosen=True),
        sections.losses(first_pass=True),
        collapse,
    ),
)
