"""The reports of the DCGANs."""

from pathlib import Path

from experiments.harness.config import Config
from experiments.harness.report import RunReport, Section, Sections, sections
from experiments.harness.report.run_report import health, read_image
from experiments.svhn_training_images import pictures
from experiments.svhn_training_images.config import CLASSES, Gan
from ganzoo import data, plots
from ganzoo.files import read_json, read_rows
from ganzoo.runs import Run
from ganzoo.runs.reports import Report


def iterations(what: str) -> Section:
    """Makes the section with the source's figure of images by iteration."""

    def section(report: RunReport) -> None:
        report.heading("Images by iteration")
        report.panels(
            "iterations",
            f"{what} after some iterations (train steps), from fixed noise, by the "
            f"{report.config.weights} weights",
            pictures.by_iteration(report.folder, report.config.show_steps),
        )
        report.table([run_row(report.config, report.epochs)])

    return section


DCGAN = Sections(
    lambda config, loaded: f"A DCGAN of one digit: {loaded.train.name}",
    (iterations("Images"), sections.losses()),
)
ONE_OF_TEN = Sections(
    lambda config, loaded: f"One DCGAN of ten: digit {config.digit}",
    (iterations("Images"),),
    brief=True,
)
CONDITIONAL = Sections(
    lambda config, loaded: f"A class-conditional DCGAN: {loaded.train.name}",
    (iterations("A digit per row"), sections.losses()),
)


def write_ten(folder: Path, config: Gan, train: data.ImageSet) -> None:
    """Writes the report of all ten DCGANs: last images and discriminator outputs."""
    report = Report(folder, f"Ten DCGANs ({config.loss}): {train.name}")
    paths = [folder / f"digit_{digit}" for digit in range(len(CLASSES))]
    histories = [read_rows(path / "history.csv") for path in paths]
    report.heading("Ten generators")
    grids = {
        f"digit {digit}": read_image(
            path / "samples" / f"epoch_{last['epoch']:04d}.png"
        )
        for digit, (path, (*_, last)) in enumerate(zip(paths, histories, strict=True))
    }
    figure = report.figure("digits", "Images of each generator, after the last epoch")
    plots.panels(figure, grids, columns=5)
    report.table(
        [
            {"digit": str(digit), "images": f"{(train.labels == digit).sum():,}"}
            | run_row(config, rows)
            for digit, rows in enumerate(histories)
        ]
    )
    report.text(
        "D is the discriminator's mean output over the last epoch, for most losses the "
        "probability that an image is real. If the discriminator is certain about all "
        "generated images, the gradients of the absolute-error losses vanish for both "
        "networks."
    )
    _outputs_by_epoch(report, histories)
    health(report, *paths)
    report.provenance(opened(paths[-1]))
    print(f"report: {report.write()}")


def _outputs_by_epoch(report: Report, histories: list[list[dict]]) -> None:
    shared = min(map(len, histories))
    for kind, images in (("real", "real"), ("fake", "generated")):
        figure = report.figure(kind, f"D of {images} images, by epoch")
        plots.curves(
            figure,
            [row["epoch"] for row in histories[0][:shared]],
            {
                f"digit {digit}": [mean_output(row, kind) for row in rows[:shared]]
                for digit, rows in enumerate(histories)
            },
            title=f"The discriminators' mean of {images} images",
            xlabel="epoch",
            ylabel="D",
        )


def run_row(config: Config, epochs: list[dict]) -> dict[str, str]:
    """Returns a table row with a run's length and final discriminator outputs."""
    last = epochs[-1]
    return {
        "iterations": f"{last['step']:,}",
        "real images seen": f"{last['step'] * config.images_per_step:,}",
        "D(real)": f"{mean_output(last, 'real'):.3f}",
        "D(generated)": f"{mean_output(last, 'fake'):.3f}",
        "minutes": f"{sum(row['seconds'] for row in epochs) / 60:.1f}",
    }


def opened(path: Path) -> Run:
    """Opens an existing run folder."""
    manifest = read_json(path / "manifest.json")
    return Run(path, read_json(path / "config.json"), fingerprint=manifest["data"])


def mean_output(row: dict, kind: str) -> float:
    """Returns the mean probability or score of "real" or "fake" images in an epoch."""
    if f"{kind}_probability" in row:
        return row[f"{kind}_probability"]
    return row[f"{kind}_score"]
