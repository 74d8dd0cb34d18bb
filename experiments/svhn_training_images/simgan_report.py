"""The report of SimGAN: refined images and losses."""

from experiments.harness.report import RunReport, Sections, sections
from experiments.svhn_training_images import pictures
from experiments.svhn_training_images.report import run_row


def refined(report: RunReport) -> None:
    """Adds refined images by train step, and both domains."""
    config, last = report.config, report.epochs[-1]
    row = run_row(config, report.epochs)
    report.heading("Refined images")
    report.panels(
        "refined",
        "Drawn images, each with the refined image on its right, by train step",
        pictures.by_iteration(report.folder, config.show_steps),
    )
    report.table(
        [
            {
                "train steps": row["iterations"],
                "difference from the drawn image": f"{last['regularisation']:.3f}",
                "D(real)": row["D(real)"],
                "D(refined)": row["D(generated)"],
                "minutes": row["minutes"],
            }
        ]
    )
    domains = {"drawn": report.data.synthetic, "real": report.data.train}
    report.panels(
        "domains",
        "The images to refine, and the images they should look like",
        {name: pictures.by_class(images) for name, images in domains.items()},
        columns=2,
    )
    rounds = -(-config.refiner_warm_up // config.refiner_steps)
    alone = -(-config.discriminator_warm_up // config.discriminator_steps)
    report.text(
        f"In the first {rounds:,} train steps the refiner learns to leave images "
        f"unchanged; in the next {alone:,} only the discriminator learns."
    )


def regularization(report: RunReport) -> None:
    """Adds the difference between refined and drawn images by step."""
    report.curves(
        "regularisation",
        "Difference between refined and drawn images, by step",
        {"refiner": "regularisation"},
        x="step",
        title="Self-regularization",
        ylabel="mean absolute difference (of a range of 2)",
        smoothing=0.98,
    )


REPORT = Sections(
    lambda config, loaded: (
        f"SimGAN: drawn house numbers made to look like {loaded.train.name}"
    ),
    (refined, sections.losses(), regularization),
)
