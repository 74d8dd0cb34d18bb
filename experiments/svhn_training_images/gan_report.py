"""The reports of the DCGANs."""

from pathlib import Path

from experiments import sections
from experiments.svhn_training_images import pictures
from experiments.svhn_training_images.settings import CLASSES, Gan
from ganzoo import data, plots
from ganzoo.files import read_json, read_rows
from ganzoo.reports import Report
from ganzoo.runs import Run


def write(folder: Run, config: Gan, title: str, what: str) -> None:
    """Writes report.md and its figures.

    Args:
        folder: The run, trained for an epoch at least.
        config: Its settings.
        title: Of the report.
        what: What a picture shows.
    """
    report = Report(folder.path, title)
    epochs, steps = folder.rows("history.csv"), folder.rows("steps.csv")
    pictures.iterations_section(report, folder.path, config, what)
    report.table([_row(config, epochs)])
    sections.losses(report, epochs, steps, heading="Losses", loss=config.loss)
    sections.speed(report, epochs)
    sections.health(report, folder.path)
    report.provenance(folder)
    print(f"report: {report.write()}")


def write_digit(folder: Run, config) -> None:
    """Writes the short report of one of ten: its pictures, and what was run."""
    report = Report(folder.path, f"One DCGAN of ten: digit {config.digit}")
    pictures.iterations_section(report, folder.path, config, "Images")
    report.table([_row(config, folder.rows("history.csv"))])
    sections.health(report, folder.path)
    report.provenance(folder)
    report.write()


def write_ten(folder: Path, config: Gan, train: data.ImageSet) -> None:
    """Writes the report of all ten: their last pictures, and how sure the players are.

    Args:
        folder: Of the ten run folders.
        config: Their settings.
        train: The images of all digits.
    """
    report = Report(folder, f"Ten DCGANs ({config.loss}): {train.name}")
    paths = [folder / f"digit_{digit}" for digit in range(len(CLASSES))]
    histories = [read_rows(path / "history.csv") for path in paths]
    report.heading("Ten generators")
    grids = {
        f"digit {digit}": sections.picture(
            path / "samples" / f"epoch_{last['epoch']:04d}.png"
        )
        for digit, (path, (*_, last)) in enumerate(zip(paths, histories, strict=True))
    }
    figure = report.figure("digits", "Images of each generator, after the last epoch")
    plots.panels(figure, grids, columns=5)
    report.table(
        [
            {"digit": str(digit), "images": f"{(train.labels == digit).sum():,}"}
            | _row(config, rows)
            for digit, rows in enumerate(histories)
        ]
    )
    report.text(
        "D: what the discriminator says over the last epoch, as a mean: by most losses "
        "the probability that an image is real. Where it is sure of all generated "
        "images, the absolute-error losses leave either player without a gradient."
    )
    shared = min(map(len, histories))
    for kind, images in (("real", "real"), ("fake", "generated")):
        figure = report.figure(kind, f"What is said of {images} images, by epoch")
        plots.curves(
            figure,
            [row["epoch"] for row in histories[0][:shared]],
            {
                f"digit {digit}": [judged(row, kind) for row in rows[:shared]]
                for digit, rows in enumerate(histories)
            },
            title=f"The discriminators' mean of {images} images",
            xlabel="epoch",
            ylabel="D",
        )
    sections.health(report, *paths)
    report.provenance(opened(paths[-1]))
    print(f"report: {report.write()}")


def _row(config: Gan, epochs: list[dict]) -> dict[str, str]:
    """Returns in words how long a run was, and what was judged over its last epoch."""
    last = epochs[-1]
    return {
        "iterations": f"{last['step']:,}",
        "real images seen": f"{last['step'] * config.examples_per_step:,}",
        "D(real)": f"{judged(last, 'real'):.3f}",
        "D(generated)": f"{judged(last, 'fake'):.3f}",
        "minutes": f"{sum(row['seconds'] for row in epochs) / 60:.1f}",
    }


def opened(path: Path) -> Run:
    """Returns a run folder as it is."""
    manifest = read_json(path / "manifest.json")
    return Run(path, read_json(path / "config.json"), fingerprint=manifest["data"])


def judged(row: dict, kind: str) -> float:
    """Returns an epoch's mean probability, or score, of "real" or "fake" images."""
    return row.get(f"{kind}_probability", row.get(f"{kind}_score"))
