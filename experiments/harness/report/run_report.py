"""Writes the report of a run, and gives its sections access to the run."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from ganzoo import plots, runs
from ganzoo.callbacks import health_rollback
from ganzoo.files import read_json
from ganzoo.runs.reports import Report

# Column -> its title and the format of a number.
Columns = Mapping[str, tuple[str, str]]


def formatted(row: dict, columns: Columns) -> dict[str, str]:
    """Returns a table row: title -> formatted value, for the columns that exist."""
    return {
        title: form.format(row[key])
        for key, (title, form) in columns.items()
        if key in row
    }


class RunReport(Report):
    """A report with its run's configuration, data, model and logs.

    Attributes:
        run: The run folder, trained for at least one epoch.
        config: Configuration of the run.
        data: Data of the run; see `Experiment.data`.
        model: The trained model.
    """

    def __init__(
        self, run: runs.Run, title: str, config: Any, data: Any, model: keras.Model
    ):
        super().__init__(run.path, title)
        self.run = run
        self.config = config
        self.data = data
        self.model = model

    @functools.cached_property
    def epochs(self) -> list[dict]:
        """The rows of history.csv."""
        return self.run.rows("history.csv")

    @functools.cached_property
    def steps(self) -> list[dict]:
        """The rows of steps.csv."""
        return self.run.rows("steps.csv")

    @property
    def measured(self) -> list[dict]:
        """The rows of history.csv that have sample metrics."""
        return [row for row in self.epochs if "frechet_distance" in row]

    @property
    def last_epoch(self) -> int:
        """Number of epochs trained."""
        return int(self.epochs[-1]["epoch"])

    def epochs_spread(self, count: int = 5) -> list[int]:
        """Returns up to `count` epochs, evenly spaced from the first to the last."""
        return spread(self.last_epoch, count)

    def grid(self, name: str) -> np.ndarray:
        """Returns an image grid that was saved during training."""
        return read_image(self.folder / "samples" / f"{name}.png")

    def epoch_grids(self, epochs: Sequence[int]) -> dict[str, np.ndarray]:
        """Returns the grids of these epochs, by title."""
        return {f"epoch {e}": self.grid(f"epoch_{e:04d}") for e in epochs}

    def rows(self, rows: Mapping[str, dict], columns: Columns) -> None:
        """Adds a table with a row per name, of the columns that it has."""
        self.table([{"": name} | formatted(row, columns) for name, row in rows.items()])

    def image(self, name: str, caption: str, image: np.ndarray, scale: int = 1) -> None:
        """Adds an image as a figure."""
        plots.save_image(self.figure(name, caption), image, scale=scale)

    def panels(self, name: str, caption: str, grids: Mapping, columns: int = 3) -> None:
        """Adds a figure of several titled images."""
        plots.panels(self.figure(name, caption), grids, columns=columns)

    def curves(
        self,
        name: str,
        caption: str,
        columns: Mapping[str, str],
        *,
        title: str,
        ylabel: str,
        rows: list[dict] | None = None,
        x: str = "epoch",
        **options: Any,
    ) -> None:
        """Adds a figure with columns of a log, if any rows have them.

        Args:
            name: Name of the figure's file.
            caption: Caption of the figure.
            columns: Label of a curve -> its column.
            title: Title above the axes.
            ylabel: Label of the vertical axis, with the unit.
            rows: Rows of a log. Defaults to steps.csv if x is "step", else history.csv.
            x: Column of the horizontal axis.
            **options: Further arguments of `ganzoo.plots.curves`.
        """
        if rows is None:
            rows = self.steps if x == "step" else self.epochs
        rows = [row for row in rows if all(key in row for key in columns.values())]
        if rows:
            plots.curves(
                self.figure(name, caption),
                [row[x] for row in rows],
                {label: [row[key] for row in rows] for label, key in columns.items()},
                **{"title": title, "xlabel": x, "ylabel": ylabel} | options,
            )


Section = Callable[[RunReport], None]


@dataclasses.dataclass(frozen=True)
class Sections:
    """The title and sections of an experiment's report.

    Every report ends with speed, alarms and provenance.

    Attributes:
        title: (configuration, data) -> title.
        sections: Functions that each add a section to the report.
        brief: Whether to leave out the speed, and to print nothing.
    """

    title: Callable[[Any, Any], str]
    sections: tuple[Section, ...]
    brief: bool = False


def write_report(
    sections: Sections, run: runs.Run, config: Any, data: Any, model: keras.Model
) -> None:
    """Writes report.md and its figures from the contents of the run folder."""
    report = RunReport(run, sections.title(config, data), config, data, model)
    for section in sections.sections:
        section(report)
    if not sections.brief:
        speed(report)
    health(report, run.path)
    report.provenance(run)
    path = report.write()
    if not sections.brief:
        print(f"report: {path}")


def read_image(path: Path) -> np.ndarray:
    """Returns an image of a run folder, uint8, or a crossed box if it is missing.

    A resumed run has already reported the missing file at its start.
    """
    if not path.exists():
        box = np.full((64, 64), 255, np.uint8)
        np.fill_diagonal(box, 0)
        np.fill_diagonal(box[:, ::-1], 0)
        return box
    with Image.open(path) as image:
        return np.asarray(image)


def spread(last: int, count: int = 5) -> list[int]:
    """Returns up to `count` epochs, evenly spaced from 1 to `last`."""
    return sorted({round(epoch) for epoch in np.linspace(1, last, count)})


def speed(report: RunReport) -> None:
    """Adds the throughput, if any epoch was timed."""
    timed = [row for row in report.epochs if "images_per_second" in row]
    if not timed:
        return
    rate = np.median([row["images_per_second"] for row in timed])
    waits = [row["data_wait"] for row in timed if "data_wait" in row]
    wait = f", {np.median(waits):.2%} of the time waiting for data" if waits else ""
    hours = sum(row["seconds"] for row in report.epochs) / 3600
    report.heading("Speed")
    report.text(
        f"{rate:.0f} images/s (median over epochs, without compilation){wait}; "
        f"{hours:.2f} hours of training, without sampling and metrics."
    )


def health(report: Report, *folders: Path) -> None:
    """Adds the alarms in the health.json of one run, or of several."""
    found = {
        folder: read_json(folder / "health.json")
        for folder in folders
        if (folder / "health.json").exists()
    }
    if not found:
        return
    rows = [
        ({"run": folder.name} if len(folders) > 1 else {}) | row
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
        f"Checked after every epoch: {', '.join(names) or 'nothing'}. Checked at every "
        "step: values that are not finite."
    )


def _alarms(found: dict) -> list[dict[str, str]]:
    """Returns table rows for the alarms of a run, and for its rollbacks."""
    rows = []
    for alarm in found["alarms"]:
        when = f"{alarm['first']} to {alarm['last'] or 'the end'}"
        seen = {"epochs": when, "alarm": alarm["sentence"], "remedy": alarm["remedy"]}
        rows.append(seen)
    for noted in found["rollbacks"]:
        said = health_rollback.in_words(noted)
        rows.append({"epochs": "", "alarm": said, "remedy": "rolled back"})
    return rows
