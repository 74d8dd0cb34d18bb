"""The sections that the reports of several experiments have."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from skimage import io

from ganzoo import plots
from ganzoo.callbacks import health_rollback
from ganzoo.files import read_json
from ganzoo.reports import Report
from ganzoo.runs import Run

CROSS_ENTROPIES = ("minimax", "non_saturating", "relativistic")


def spread(last: int, count: int = 5) -> list[int]:
    """Returns up to `count` epochs, spread evenly from the first to the last."""
    return sorted({round(epoch) for epoch in np.linspace(1, last, count)})


def shown(asked: Sequence[int], epochs: list[dict]) -> list[int]:
    """Returns the epochs asked for that there were, and the last one."""
    last = int(epochs[-1]["epoch"])
    return sorted({epoch for epoch in asked if epoch <= last} | {last})


def weights_drawn(ema_half_life: float | None) -> str:
    """Says which of the generator's weights samples and measures come from."""
    return "raw" if ema_half_life is None else "averaged"


def picture(path: Path) -> np.ndarray:
    """Reads a picture that a run has left, uint8; a crossed box where it is gone.

    A resumed run has said so at its start.
    """
    if path.exists():
        return io.imread(path)
    box = np.full((64, 64), 255, np.uint8)
    np.fill_diagonal(box, 0)
    np.fill_diagonal(box[:, ::-1], 0)
    return box


def samples(
    report: Report, folder: Run, shown: Sequence[int], *, heading: str, weights: str
) -> None:
    """Adds the grids from the same noise by epoch, and the last one of fresh noise.

    Args:
        report: The report.
        folder: The run that `ganzoo.callbacks.SampleGrids` drew in.
        shown: Epochs, counted from 1, each of which has its grids.
        heading: Of the section.
        weights: Which weights drew, "raw" or "averaged".
    """
    drawn = folder.path / "samples"
    grids = {
        f"epoch {epoch}": picture(drawn / f"epoch_{epoch:04d}.png") for epoch in shown
    }
    if (drawn / "reals.png").exists():
        grids["real images"] = picture(drawn / "reals.png")
    report.heading(heading)
    path = report.figure(
        "samples",
        f"Images from noise that stays the same, by epoch (the generator's {weights} "
        "weights); last: real images",
    )
    plots.panels(path, grids, columns=3)
    fresh = picture(drawn / f"fresh_{shown[-1]:04d}.png")
    path = report.figure("fresh", f"Images from fresh noise, epoch {shown[-1]}")
    plots.save_image(path, fresh)


def losses(
    report: Report,
    epochs: list[dict],
    steps: list[dict],
    *,
    heading: str,
    loss: str,
    first_pass: bool = False,
) -> None:
    """Adds the losses by epoch and by step, and what the discriminator says.

    Args:
        report: The report.
        epochs: The rows of history.csv.
        steps: The rows of steps.csv.
        heading: Of the section.
        loss: Name of the loss, which decides the unit.
        first_pass: Add the losses over the first epoch, too.
    """
    report.heading(heading)
    figures = [("losses_by_epoch", "epoch", "by epoch", epochs, 0.0)]
    figures += [("losses_by_step", "step", "by step", steps, 0.98)]
    if first_pass:
        rows = [row for row in steps if row["epoch"] == 1]
        figures += [("losses_first_pass", "step", "over the first pass", rows, 0.9)]
    players = {
        "discriminator": "discriminator_loss",
        "generator": "generator_loss",
    }
    for name, x, when, rows, smoothing in figures:
        path = report.figure(name, f"Loss of either player {when}")
        plots.curves(
            path,
            [row[x] for row in rows],
            {player: [row[key] for row in rows] for player, key in players.items()},
            title=f"Loss {when}",
            xlabel=x,
            ylabel="loss (nats)" if loss in CROSS_ENTROPIES else "loss",
            smoothing=smoothing,
            separate=True,
        )
    _judgements(report, epochs)


def _judgements(report: Report, epochs: list[dict]) -> None:
    reported = "probability" if "real_probability" in epochs[0] else "score"
    path = report.figure("discriminator", f"The discriminator's mean {reported}")
    plots.curves(
        path,
        [row["epoch"] for row in epochs],
        {
            f"on {kind} images": [row[f"{kind}_{reported}"] for row in epochs]
            for kind in ("real", "fake")
        },
        title=f"The discriminator's mean {reported}",
        xlabel="epoch",
        ylabel=reported,
        lines={"1/2": 0.5} if reported == "probability" else None,
    )


def speed(report: Report, epochs: list[dict]) -> None:
    """Adds the throughput, if any epoch was timed."""
    timed = [row for row in epochs if "images_per_second" in row]
    if not timed:
        return
    rate = np.median([row["images_per_second"] for row in timed])
    waits = [row["data_wait"] for row in timed if "data_wait" in row]
    wait = f", {np.median(waits):.2%} of the time waiting for data" if waits else ""
    hours = sum(row["seconds"] for row in epochs) / 3600
    report.heading("Speed")
    report.text(
        f"{rate:.0f} images/s (median of the epochs, without compilation){wait}; "
        f"{hours:.2f} hours of training, samples and measures not counted."
    )


def health(report: Report, *folders: Path) -> None:
    """Adds the alarms of one run, or of several, off each one's health.json."""
    found = {f: read_json(f / "health.json") for f in folders if _watched(f)}
    if not found:
        return
    several = len(folders) > 1
    rows = [
        ({"run": folder.name} if several else {}) | row
        for folder, one in found.items()
        for row in _alarms(one)
    ]
    report.heading("Health")
    if rows:
        report.table(rows)
    else:
        report.text("No alarm.")
    names = dict.fromkeys(name for one in found.values() for name in one["looked_at"])
    report.text(
        f"Looked for after every epoch: {', '.join(names) or 'nothing'}; and at every "
        "step for a value that is not finite."
    )


def _watched(folder: Path) -> bool:
    return (folder / "health.json").exists()


def _alarms(found: dict) -> list[dict[str, str]]:
    """Returns the rows of the alarms of a run, and of its rollbacks."""
    rows = []
    for alarm in found["alarms"]:
        last = alarm["last"] or "the end"
        when = f"{alarm['first']} to {last}"
        seen = {"epochs": when, "alarm": alarm["sentence"], "remedy": alarm["remedy"]}
        rows.append(seen)
    for noted in found["rollbacks"]:
        said = health_rollback.in_words(noted)
        rows.append({"epochs": "", "alarm": said, "remedy": "rolled back"})
    return rows


def examples_and_hours(
    epochs: list[dict], examples_per_step: int
) -> tuple[list[int], list[float]]:
    """Returns the examples processed by the end of each epoch, and the time it took.

    Args:
        epochs: The rows of history.csv.
        examples_per_step: Real examples that a train step takes.
    """
    examples = [int(row["step"]) * examples_per_step for row in epochs]
    seconds = np.cumsum([row["seconds"] for row in epochs])
    return examples, (seconds / 3600).tolist()


def mean_and_spread(values: Sequence[float], form: str) -> str:
    """Returns mean and standard deviation in words; of one value only the value."""
    text = form.format(np.mean(values))
    if len(values) > 1:
        text += f" ± {form.format(np.std(values, ddof=1))}"
    return text
