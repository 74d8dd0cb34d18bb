"""The report of stacked: number and divergence of modes, by step."""

from experiments.harness.report import RunReport, Sections, sections
from experiments.harness.results import cached
from ganzoo import metrics
from ganzoo.files import read_json

# Published numbers of modes: Srivastava et al. 2017, Lin et al. 2018.
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
    """Returns the metrics of stacked real digits, computed only once."""
    stacked = report.data.train

    def count() -> dict[str, float]:
        real, _ = stacked.sample(report.config.measure_samples)
        classifier = metrics.load_classifier("mnist")
        fractions = stacked.class_fractions
        return metrics.class_modes(real, classifier, data_fractions=fractions).scalars()

    return cached(report.folder / "floor.json", {}, count)


def modes(report: RunReport) -> None:
    """Adds the number of modes after the last epoch."""
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
        f"{last['step']:,.0f}; the shipped MNIST classifier (SHA-256 "
        f"`{card['sha256'][:16]}...`) classifies each channel. Published, of 1,000, "
        f"with other classifiers and numbers of steps: {published}."
    )


def modes_by_step(report: RunReport) -> None:
    """Adds the number and divergence of modes by step."""
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
