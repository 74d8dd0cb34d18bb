"""The report of stacked: modes and divergence, by step."""

from experiments import sections
from ganzoo import data, metrics, plots
from ganzoo.files import kept_json, read_json, write_json
from ganzoo.reports import Report
from ganzoo.runs import Run

# Modes of 1,000, as published: Srivastava et al. 2017, Lin et al. 2018.
PUBLISHED = {
    "ALI": 16.0,
    "unrolled GAN": 48.7,
    "DCGAN": 99.0,
    "VEEGAN": 150.0,
    "PacDCGAN2": 1000.0,
}


def write(folder: Run, config, bed: data.StackedDigits) -> None:
    """Writes report.md and its figures.

    Args:
        folder: The run, trained for an epoch at least.
        config: Its settings.
        bed: The stacked digits.
    """
    report = Report(folder.path, f"Modes of {bed.name}")
    epochs, steps = folder.rows("history.csv"), folder.rows("steps.csv")
    weights = sections.weights_drawn(config.ema_half_life)
    floor = _modes(report, folder, epochs, bed, weights)
    sections.samples(
        report,
        folder,
        sections.spread(int(epochs[-1]["epoch"])),
        heading="Images",
        weights=weights,
    )
    _curves(report, epochs, floor, weights)
    sections.losses(report, epochs, steps, heading="Losses", loss=config.loss)
    sections.speed(report, epochs)
    sections.health(report, folder.path)
    report.provenance(folder)
    print(f"report: {report.write()}")


def _modes(
    report: Report, folder: Run, epochs: list[dict], bed, weights: str
) -> dict[str, float]:
    """Adds the modes after the last epoch; returns those of real digits."""
    card = read_json(folder.path / "modes.json")[weights][0]["card"]
    floor = _floor(folder, bed, card["count"])
    last = epochs[-1]
    report.heading("Modes covered")
    rows = [("generated", last), ("real digits, stacked", floor)]
    report.table(
        [
            {
                "": name,
                "modes, of 1,000": f"{row['modes']:.0f}",
                "KL to uniform (nats)": f"{row['mode_divergence']:.3f}",
                "KL to the data (nats)": f"{row['data_divergence']:.3f}",
            }
            for name, row in rows
        ]
    )
    published = ", ".join(f"{name} {modes:g}" for name, modes in PUBLISHED.items())
    report.text(
        f"{card['count']:,} images by the generator's {weights} weights after step "
        f"{last['step']:,.0f}, each channel read by the shipped MNIST classifier "
        f"(SHA-256 `{card['sha256'][:16]}...`). Published, of 1,000, by other "
        f"classifiers and after other numbers of steps: {published}."
    )
    return floor


def _curves(report: Report, epochs: list[dict], floor: dict, weights: str) -> None:
    report.heading("Modes covered by step")
    measured = [row for row in epochs if "modes" in row]
    for key, title, ylabel in (
        ("modes", "Modes covered", "modes, of 1,000"),
        ("mode_divergence", "KL of the modes to uniform", "nats"),
    ):
        path = report.figure(key, f"{title} by step")
        plots.curves(
            path,
            [row["step"] for row in measured],
            {f"{weights} weights": [row[key] for row in measured]},
            title=title,
            xlabel="step",
            ylabel=ylabel,
            lines={"real digits": floor[key]},
        )


def _floor(folder: Run, bed: data.StackedDigits, count: int) -> dict[str, float]:
    path = folder.path / "floor.json"
    if found := kept_json(path):
        return found
    real, _ = bed.sample(count)
    extractor = metrics.load_classifier("mnist")
    measured = metrics.class_modes(real, extractor, data_shares=bed.class_shares)
    write_json(path, measured.scalars(), sealed=True)
    return measured.scalars()
