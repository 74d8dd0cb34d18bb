"""The report of stacked: modes and divergence, by step."""

from experiments.harness.report import RunReport, Sections, sections
from experiments.harness.results import cached
from ganzoo import metrics
from ganzoo.files import read_json

# Modes of 1,000, as published: Srivastava et al. 2017, Lin et al. 2018.
PUBLISHED = {
    "ALI": 16.0,
    "unrolled GAN": 48.7,
    "DCGAN": 99.0,
    "VEEGAN": 150.0,
    "PacDCGAN2": 1000.0,
}
COLUMNS = {
    "modes": ("modes, of 1,000", "{:.0f}"),
    "mode_divergence": ("KL to uniform (nats)", "{:.3f}"),
    "data_divergence": ("KL to the data (nats)", "{:.3f}"),
}


def real_digits(report: RunReport) -> dict[str, float]:
    """Returns the modes of real digits, stacked; counted once."""
    stacked = report.data.train

    def count() -> dict[str, float]:
        real, _ = stacked.sample(report.config.measure_samples)
        classifier = metrics.load_classifier("mnist")
        shares = stacked.class_fractions
        return metrics.class_modes(real, classifier, data_fractions=shares).scalars()

    return cached(report.folder / "floor.json", {}, count)


def modes(report: RunReport) -> None:
    """Adds the modes after the last epoch."""
    weights, last = report.config.weights, report.epochs[-1]
    card = read_json(report.folder / "modes.json")[weights][0]["card"]
    rows = {"generated": last, "real digits, stacked": real_digits(report)}
    report.heading("Modes covered")
    report.table(
        [{"": name} | sections.formatted(row, COLUMNS) for name, row in rows.items()]
    )
    published = ", ".join(f"{name} {modes:g}" for name, modes in PUBLISHED.items())
    report.text(
        f"{card['count']:,} images by the generator's {weights} weights after step "
        f"{last['step']:,.0f}, each channel read by the shipped MNIST classifier "
        f"(SHA-256 `{card['sha256'][:16]}...`). Published, of 1,000, by other "
        f"classifiers and after other numbers of steps: {published}."
    )


def modes_by_step(report: RunReport) -> None:
    """Adds the modes during the training."""
    report.heading("Modes covered by step")
    for key, title, ylabel in (
        ("modes", "Modes covered", "modes, of 1,000"),
        ("mode_divergence", "KL of the modes to uniform", "nats"),
    ):
        report.curves(
            key,
            f"{title} by step",
            {f"{report.config.weights} weights": key},
            rows=report.epochs,
            x="step",
            title=title,
            ylabel=ylabel,
            lines={"real digits": real_digits(report)[key]},
        )


REPORT = Sections(
    lambda config, data: f"Modes of {data.train.name}",
    (modes, sections.samples("Images"), modes_by_step, sections.losses()),
)
