"""The report of vanilla, minibatch and unrolled: images, losses, mode collapse."""

from experiments import sample_measures, sections
from ganzoo import data, metrics, plots
from ganzoo.files import write_json
from ganzoo.reports import Report
from ganzoo.runs import Run

COLLAPSE = {
    "class_divergence": ("KL of the classes to the data's (nats)", "{:.3f}"),
    "duplicate_share": ("near-duplicates among all pairs", "{:.3%}"),
}


def write(folder: Run, config, train: data.ImageSet, test: data.ImageSet) -> None:
    """Writes report.md and its figures.

    Args:
        folder: The run, trained for an epoch at least.
        config: Its settings.
        train: The training images.
        test: Real images to compare the measures with.
    """
    report = Report(folder.path, f"{_title(config)}: {train.name}")
    epochs, steps = folder.rows("history.csv"), folder.rows("steps.csv")
    weights = sections.weights_drawn(config.ema_half_life)
    sections.samples(
        report,
        folder,
        sections.shown(config.show_epochs, epochs),
        heading="Images by epoch",
        weights=weights,
    )
    sections.losses(
        report, epochs, steps, heading="Losses", loss=config.loss, first_pass=True
    )
    real, card = sample_measures.floor(train, test, config.measure_samples)
    threshold = metrics.DuplicateThreshold.build(train)
    reals = data.some(test, min(config.measure_samples, len(test)))
    real |= metrics.near_duplicates(reals.images, threshold).scalars()
    write_json(folder.path / "floor.json", real)
    measured = [row for row in epochs if "frechet_distance" in row]
    _collapse(report, measured, real, threshold)
    sample_measures.section(report, measured, real, card, train.class_names, weights)
    sections.speed(report, epochs)
    sections.health(report, folder.path)
    report.provenance(folder)
    print(f"report: {report.write()}")


def _title(config) -> str:
    parts = ["A GAN", "convolutional" if config.architecture == "dcgan" else "dense"]
    if config.similarities:
        parts.append("minibatch discrimination")
    if config.unrolled_steps:
        parts.append(f"unrolled {config.unrolled_steps} steps")
    return ", ".join(parts)


def _collapse(report: Report, measured: list[dict], real: dict, threshold) -> None:
    """Adds what tells a collapse: the classes' divergence and the near-duplicates."""
    report.heading("Mode collapse, by epoch")
    report.table(
        [
            {"": name}
            | {title: form.format(row[key]) for key, (title, form) in COLLAPSE.items()}
            for name, row in (
                (f"epoch {measured[0]['epoch']:.0f}", measured[0]),
                (f"epoch {measured[-1]['epoch']:.0f}", measured[-1]),
                (sample_measures.FLOOR, real),
            )
        ]
    )
    report.text(
        "Near-duplicates: share of all pairs of samples that are at least as similar "
        f"(cosine of the pixels, {threshold.similarity:.3f}) as one pair in 10,000 of "
        "real training images; after Arora et al. 2018."
    )
    for key, (title, _) in COLLAPSE.items():
        rows = [row for row in measured if key in row]
        if not rows:
            continue
        path = report.figure(key, f"{title} by epoch")
        plots.curves(
            path,
            [row["epoch"] for row in rows],
            {"generated": [row[key] for row in rows]},
            title=title,
            xlabel="epoch",
            ylabel=title,
            lines={sample_measures.FLOOR: real[key]} if key in real else None,
        )
