"""The report of SimGAN: pictures of what is refined, and losses."""

from experiments import sections
from experiments.svhn_training_images import gan_report, images, pictures
from ganzoo import data, plots
from ganzoo.reports import Report
from ganzoo.runs import Run


def write(folder: Run, config, real: images.Real, synthetic: data.ImageSet) -> None:
    """Writes report.md and its figures.

    Args:
        folder: The run, trained for an epoch at least.
        config: Its settings.
        real: The real images.
        synthetic: The house numbers.
    """
    title = f"SimGAN: drawn house numbers made to look like {real.train.name}"
    report = Report(folder.path, title)
    epochs, steps = folder.rows("history.csv"), folder.rows("steps.csv")
    _refined(report, pictures.by_iteration(folder.path, config.show_steps), epochs)
    _domains(report, real, synthetic)
    _warm_up(report, config)
    sections.losses(report, epochs, steps, heading="Losses", loss=config.loss)
    _regularisation(report, steps)
    sections.speed(report, epochs)
    sections.health(report, folder.path)
    report.provenance(folder)
    print(f"report: {report.write()}")


def _refined(report: Report, grids: dict, epochs: list[dict]) -> None:
    report.heading("Refined images")
    path = report.figure(
        "refined",
        "Drawn images, each with the refined one to the right of it, by train step",
    )
    plots.panels(path, grids, columns=3)
    last = epochs[-1]
    report.table(
        [
            {
                "train steps": f"{last['step']:,}",
                "difference to the drawn image": f"{last['regularisation']:.3f}",
                "D(real)": f"{gan_report.judged(last, 'real'):.3f}",
                "D(refined)": f"{gan_report.judged(last, 'fake'):.3f}",
                "minutes": f"{sum(row['seconds'] for row in epochs) / 60:.1f}",
            }
        ]
    )


def _domains(report: Report, real: images.Real, synthetic: data.ImageSet) -> None:
    path = report.figure("domains", "What is refined, and what it is to look like")
    plots.panels(
        path,
        {
            "drawn": pictures.by_class(synthetic),
            "real": pictures.by_class(real.train),
        },
        columns=2,
    )


def _warm_up(report: Report, config) -> None:
    rounds = -(-config.refiner_warm_up // config.refiner_steps)
    alone = -(-config.discriminator_warm_up // config.discriminator_steps)
    report.text(
        f"In the first {rounds:,} train steps the refiner learns to leave images as "
        f"they are; in the {alone:,} after them the discriminator learns alone."
    )


def _regularisation(report: Report, steps: list[dict]) -> None:
    path = report.figure(
        "regularisation", "How far refined images are from the drawn ones, by step"
    )
    plots.curves(
        path,
        [row["step"] for row in steps],
        {"refiner": [row["regularisation"] for row in steps]},
        title="Self-regularisation",
        xlabel="step",
        ylabel="mean absolute difference (of a range of 2)",
        smoothing=0.98,
    )
