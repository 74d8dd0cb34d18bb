"""Report sections for samples and losses.

`samples` and `losses` return a section, a function that adds itself to a report:
`samples("Images by epoch")(report)`.
"""

from collections.abc import Sequence

import numpy as np

from experiments.harness.report.run_report import RunReport, Section
from ganzoo import losses as adversarial

NETWORKS = ("discriminator", "generator")


def samples(heading: str, *, chosen: bool = False) -> Section:
    """Makes the section with grids by epoch, and one from new noise at the end.

    Args:
        heading: Heading; "{epochs}" in it becomes the number of epochs trained.
        chosen: Whether to show the epochs in `config.show_epochs` instead of evenly
            spaced ones.
    """

    def section(report: RunReport) -> None:
        epochs = report.epochs_spread()
        if chosen:
            last = report.last_epoch
            wanted = {epoch for epoch in report.config.show_epochs if epoch <= last}
            epochs = sorted(wanted | {last})
        grids = report.epoch_grids(epochs)
        if (report.folder / "samples" / "reals.png").exists():
            grids["real images"] = report.grid("reals")
        report.heading(heading.format(epochs=report.last_epoch))
        report.panels(
            "samples",
            "Images from fixed noise, by epoch (the generator's "
            f"{report.config.weights} weights); last: real images",
            grids,
        )
        fresh = report.grid(f"fresh_{epochs[-1]:04d}")
        caption = f"Images from new noise, epoch {epochs[-1]}"
        report.image("fresh", caption, fresh)

    return section


def losses(
    heading: str = "Losses", *, loss: str | None = None, first_pass: bool = False
) -> Section:
    """Makes the section with the losses and the discriminator's mean outputs.

    Args:
        heading: Heading of the section.
        loss: Name of the loss, which determines the unit. Defaults to `config.loss`.
        first_pass: Whether to add a figure of the losses in the first epoch.
    """

    def section(report: RunReport) -> None:
        report.heading(heading)
        unit = adversarial.get(loss or report.config.loss).unit
        figures = [("losses_by_epoch", "epoch", "by epoch", report.epochs, 0.0)]
        figures += [("losses_by_step", "step", "by step", report.steps, 0.98)]
        if first_pass:
            rows = [row for row in report.steps if row["epoch"] == 1]
            name = "losses_first_pass"
            figures += [(name, "step", "over the first pass", rows, 0.9)]
        for name, x, when, rows, smoothing in figures:
            report.curves(
                name,
                f"Loss of either network {when}",
                {network: f"{network}_loss" for network in NETWORKS},
                rows=rows,
                x=x,
                title=f"Loss {when}",
                ylabel=f"loss ({unit})" if unit else "loss",
                smoothing=smoothing,
                separate=True,
            )
        _discriminator_outputs(report)

    return section


def _discriminator_outputs(report: RunReport) -> None:
    probability = "real_probability" in report.epochs[0]
    kind = "probability" if probability else "score"
    report.curves(
        "discriminator",
        f"The discriminator's mean {kind}",
        {f"on {images} images": f"{images}_{kind}" for images in ("real", "fake")},
        title=f"The discriminator's mean {kind}",
        ylabel=kind,
        lines={"1/2": 0.5} if probability else None,
    )


def images_and_hours(
    epochs: list[dict], images_per_step: int
) -> tuple[list[int], list[float]]:
    """Returns images processed and hours of training, by the end of each epoch."""
    images = [int(row["step"]) * images_per_step for row in epochs]
    seconds = np.cumsum([row["seconds"] for row in epochs])
    return images, (seconds / 3600).tolist()


def mean_and_spread(values: Sequence[float], form: str) -> str:
    """Returns "mean ± standard deviation", or just the value if there is only one."""
    text = form.format(np.mean(values))
    if len(values) > 1:
        text += f" ± {form.format(np.std(values, ddof=1))}"
    return text
