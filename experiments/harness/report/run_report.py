"""The report of one run, and what its sections need to know of the run."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from ganzoo import plots, runs
from ganzoo.callbacks import health_rollback
from ganzoo.files import read_json
from ganzoo.runs.reports import Report


class RunReport(Report):
    """A report that knows its run: configuration, data, model and logs.

    Attributes:
        run: The run folder, trained for at least an epoch.
        config: Its configuration.
        data: What `Experiment.data` returned.
        model: The trained model.
    """

    def __init__(self, run: runs.Run, title: str, config, data, model: keras.Model):
        """Starts the report."""
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
        """The rows of history.csv with metrics of the samples."""
        return [row for row in self.epochs if "frechet_distance" in row]

    @property
    def last_epoch(self) -> int:
        """Number of epochs trained."""
        return int(self.epochs[-1]["epoch"])

    def epochs_spread(self, count: int = 5) -> list[int]:
        """Returns up to `count` epochs, spread evenly from the first to the last."""
        return spread(self.last_epoch, count)

    def grid(self, name: str) -> np.ndarray:
        """Returns the image grid of that name, drawn while the model was trained."""
        return read_image(self.folder / "samples" / f"{name}.png")

    def epoch_grids(self, epochs: Sequence[int]) -> dict[str, np.ndarray]:
        """Returns the grids of these epochs, by title."""
        return {f"epoch {e}": self.grid(f"epoch_{e:04d}") for e in epochs}

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
        **options,
    ) -> None:
        """Adds a figure of columns of the logs, if there are rows that have them.

        Args:
            name: Of the figure's file.
            caption: Of the figure.
            columns: Label -> column.
            title: Above the axes.
            ylabel: What the curves are, with the unit.
            rows: Of a log; by default history.csv, or by step steps.csv.
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
    """What an experiment's report consists of.

    Speed, alarms and provenance follow the sections of every report.

    Attributes:
        title: (configuration, data) -> the title.
        sections: Each adds itself to the report.
        brief: Leave out the speed and the line on the console.
    """

    title: Callable
    sections: tuple[Section, ...]
    brief: bool = False


def write_report(sections: Sections, run: runs.Run, config, data, model) -> None:
    """Writes report.md and its figures from what the run folder holds."""
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
    """Returns an image that a run has left, uint8; a crossed box where it is gone.

    A resumed run has said so at its start.
    """
    if not path.exists():
        box = np.full((64, 64), 255, np.uint8)
        np.fill_diagonal(box, 0)
        np.fill_diagonal(box[:, ::-1], 0)
        return box
    with Image.open(path) as image:
        return np.asarray(image)


def spread(last: int, count: int = 5) -> list[int]:
    """Returns up to `count` epochs, spread evenly from the first to the last."""
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
        f"{rate:.0f} images/s (median of the epochs, without compilation){wait}; "
        f"{hours:.2f} hours of training, samples and metrics not counted."
    )


def health(report: Report, *folders) -> None:
    """Adds the alarms of one run, or of several, from each one's health.json."""
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
        f"Looked for after every epoch: {', '.join(names) or 'nothing'}; and at every "
        "step for a value that is not finite."
    )


def _alarms(found: dict) -> list[dict[str, str]]:
    """Returns the rows of the alarms of a run, and of its rollbacks."""
    rows = []
    for alarm in found["alarms"]:
        when = f"{alarm['first']} to {alarm['last'] or 'the end'}"
        seen = {"epochs": when, "alarm": alarm["sentence"], "remedy": alarm["remedy"]}
        rows.append(seen)
    for noted in found["rollbacks"]:
        said = health_rollback.in_words(noted)
        rows.append({"epochs": "", "alarm": said, "remedy": "rolled back"})
    return rows
