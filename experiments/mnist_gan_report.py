"""The report of `experiments.mnist_gan`: the paper's figures and claims, in numbers."""

from pathlib import Path

import numpy as np

from experiments import sample_measures, sections
from experiments.sample_measures import FLOOR, table_row, with_extremes
from ganzoo import data
from ganzoo.files import read_json, read_rows, write_json
from ganzoo.reports import Report, shown_command, table


def write(folder, config, train: data.ImageSet, test: data.ImageSet | None) -> None:
    """Writes report.md and its figures from what the run folder holds.

    Args:
        folder: The `ganzoo.runs.Run`, trained for an epoch at least.
        config: Its settings.
        train: The training images.
        test: Real images to compare the measures with; None where nothing was measured.
    """
    report = Report(folder.path, f"A GAN for digits: {train.name}")
    epochs, steps = folder.rows("history.csv"), folder.rows("steps.csv")
    weights = sections.weights_drawn(config.ema_half_life)
    sections.samples(
        report,
        folder,
        sections.spread(int(epochs[-1]["epoch"])),
        heading="Figures 2.1 to 2.5: images from the same noise",
        weights=weights,
    )
    sections.losses(
        report, epochs, steps, heading="Figure 2.6: losses", loss=config.loss
    )
    measured = [row for row in epochs if "frechet_distance" in row]
    report.heading("The paper's claims")
    claims = _trends(epochs)
    if measured:
        floor, card = sample_measures.floor(train, test, config.measure_samples)
        write_json(folder.path / "floor.json", floor)
        claims = _claims(measured, floor) + claims
    report.table([{"source": claim, "ours": ours} for claim, ours in claims])
    if measured:
        sample_measures.section(
            report, measured, floor, card, train.class_names, weights
        )
    sections.speed(report, epochs)
    sections.health(report, folder.path)
    report.provenance(folder)
    print(f"report: {report.write()}")


def summary(run: Path, report: Path) -> str:
    """Returns the README's section on a finished run: command, picture, table."""
    start = read_json(run / "manifest.json")["starts"][0]
    epochs = read_rows(run / "history.csv")
    measured = {int(row["epoch"]): row for row in epochs if "frechet_distance" in row}
    shown = [e for e in sections.spread(int(epochs[-1]["epoch"]), 6) if e in measured]
    lines = [table_row(measured[epoch]) for epoch in shown]
    lines.append(table_row(read_json(run / "floor.json")))
    count = read_json(run / "measures.json")["count"]
    return "\n\n".join(
        [
            f"`{shown_command(start['command'])}`, {start['time'][:10]}, "
            f"{start['system']}, {start['devices']} ({start['cpu_cores']} cores):",
            f"![Images from the same noise, by epoch]({report}/figures/samples.png)",
            table(lines),
            f"{count:,} samples an epoch, measured by the shipped MNIST classifier "
            f"against the training images. All figures and claims: "
            f"[{report}/report.md]({report}/report.md).",
        ]
    )


def _claims(measured: list[dict], floor: dict) -> list[tuple[str, str]]:
    """Returns the claims on the images, each with what was measured."""
    first, last = (
        with_extremes(measured[0]),
        with_extremes(measured[-1]),
    )
    ratio = last["frechet_distance"] / first["frechet_distance"]
    return [
        (
            "digits become recognisable to the naked eye",
            "classified with over 0.9 confidence: "
            f"{first['confident_share']:.1%} after epoch {first['epoch']:.0f}, "
            f"{last['confident_share']:.1%} after epoch {last['epoch']:.0f} "
            f"({FLOOR}: {floor['confident_share']:.1%}); of one digit alone: "
            f"{first['largest_class']:.1%}, then {last['largest_class']:.1%}",
        ),
        (
            "images get visibly better with the epochs",
            f"Fréchet distance {first['frechet_distance']:.2f} -> "
            f"{last['frechet_distance']:.2f}, a ratio of {ratio:.3f} "
            f"({FLOOR}: {floor['frechet_distance']:.2f})" + _raw_claim(first, last),
        ),
        (
            "not in the paper: all digits are drawn",
            f"class shares {last['smallest_class']:.1%} to {last['largest_class']:.1%} "
            f"({FLOOR}: {floor['smallest_class']:.1%} to {floor['largest_class']:.1%})",
        ),
    ]


def _raw_claim(first: dict, last: dict) -> str:
    """The same of the raw weights, where the images come from their average."""
    before, after = (row.get("raw_frechet_distance") for row in (first, last))
    if before is None or after is None:
        return ""
    return (
        f"; by the raw weights {before:.2f} -> {after:.2f}, a ratio of "
        f"{after / before:.3f}"
    )


def _trends(epochs: list[dict]) -> list[tuple[str, str]]:
    """Returns the claims on the losses, each with what was logged."""
    rows = [
        ("the discriminator's loss rises slowly", trend(epochs, "discriminator_loss")),
        ("the generator's loss falls", trend(epochs, "generator_loss")),
    ]
    if "real_probability" in epochs[-1]:
        rows.append(
            (
                "D approaches 1/2 only in the ideal case; a generator is useful before",
                f"D(real) {epochs[-1]['real_probability']:.3f}, D(fake) "
                f"{epochs[-1]['fake_probability']:.3f} in the last epoch",
            )
        )
    return rows


def trend(epochs: list[dict], key: str) -> str:
    """Compares the first fifth of the epochs with the last, without judging."""
    values = [row[key] for row in epochs]
    if len(values) < 2:
        return f"{values[0]:.3f} in the only epoch: no trend"
    fifth = max(1, len(values) // 5)
    before, after = np.mean(values[:fifth]), np.mean(values[-fifth:])
    word = "rises" if after > before else "falls" if after < before else "stays"
    span = "epoch" if fifth == 1 else f"{fifth} epochs (mean)"
    return f"{word}: first {span} {before:.3f}, last {span} {after:.3f}"
