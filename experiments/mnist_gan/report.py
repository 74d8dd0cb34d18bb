"""The report: the paper's figures, and its claims in numbers."""

from pathlib import Path

import numpy as np

from experiments.harness.report import RunReport, Sections, sections
from experiments.harness.report.metrics import (
    FLOOR,
    digits_floor,
    metrics_by_epoch,
    table_row,
    with_extremes,
)
from experiments.harness.report.run_report import spread
from ganzoo.files import read_json, read_rows
from ganzoo.runs.reports import shown_command, table


def claims(report: RunReport) -> None:
    """Adds the paper's claims with our results, and the metrics."""
    report.heading("The paper's claims")
    rows = trends(report.epochs)
    measured = report.measured
    if measured:
        floor, card = digits_floor(report)
        rows = _image_claims(measured, floor) + rows
    report.table([{"source": claim, "ours": ours} for claim, ours in rows])
    if measured:
        metrics_by_epoch(report, floor, card, report.data.train.class_names)


REPORT = Sections(
    lambda config, data: f"A GAN for digits: {data.train.name}",
    (
        sections.samples("Figures 2.1 to 2.5: images from the same noise"),
        sections.losses("Figure 2.6: losses"),
        claims,
    ),
)


def summary(run: Path, report: Path) -> str:
    """Returns the section of RESULTS.md for a finished run: command, picture, table."""
    start = read_json(run / "manifest.json")["starts"][0]
    epochs = read_rows(run / "history.csv")
    measured = {int(row["epoch"]): row for row in epochs if "frechet_distance" in row}
    shown = [e for e in spread(int(epochs[-1]["epoch"]), 6) if e in measured]
    lines = [table_row(measured[epoch]) for epoch in shown]
    lines.append(table_row(read_json(run / "floor.json")))
    count = read_json(run / "measures.json")["count"]
    return "\n\n".join(
        [
            f"`{shown_command(start['command'])}`, {start['time'][:10]}, "
            f"{start['system']}, {start['devices']} ({start['cpu_cores']} cores):",
            f"![Images from the same noise, by epoch]({report}/figures/samples.png)",
            table(lines),
            f"{count:,} samples per epoch, measured by the shipped MNIST classifier "
            f"against the training images. All figures and claims: "
            f"[{report}/report.md]({report}/report.md).",
        ]
    )


def _image_claims(measured: list[dict], floor: dict) -> list[tuple[str, str]]:
    """Returns the claims about the images, each with our result."""
    first, last = with_extremes(measured[0]), with_extremes(measured[-1])
    ratio = last["frechet_distance"] / first["frechet_distance"]
    return [
        (
            "digits become recognizable to the naked eye",
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
            "not in the paper: all digits are generated",
            f"classes {last['smallest_class']:.1%} to {last['largest_class']:.1%} "
            f"({FLOOR}: {floor['smallest_class']:.1%} to {floor['largest_class']:.1%})",
        ),
    ]


def _raw_claim(first: dict, last: dict) -> str:
    """Returns the distances of the raw weights, if samples come from their average."""
    before, after = (row.get("raw_frechet_distance") for row in (first, last))
    if before is None or after is None:
        return ""
    return (
        f"; by the raw weights {before:.2f} -> {after:.2f}, a ratio of "
        f"{after / before:.3f}"
    )


def trends(epochs: list[dict]) -> list[tuple[str, str]]:
    """Returns the claims about the losses, each with our result."""
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
    """Compares the means over the first and the last fifth of the epochs, in words."""
    values = [row[key] for row in epochs]
    if len(values) < 2:
        return f"{values[0]:.3f} in the only epoch: no trend"
    fifth = max(1, len(values) // 5)
    before, after = np.mean(values[:fifth]), np.mean(values[-fifth:])
    word = "rises" if after > before else "falls" if after < before else "stays"
    span = "epoch" if fifth == 1 else f"{fifth} epochs (mean)"
    return f"{word}: first {span} {before:.3f}, last {span} {after:.3f}"
