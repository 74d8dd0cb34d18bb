"""Speedrun: seconds of training until a GAN's MNIST digits are as good as a target.

    python -m tests.benchmarks.speedrun --recipes quick --seeds 5 --data-dir tfds
    python -m tests.benchmarks.speedrun --readme

What modded-nanogpt's speedrun is for language models, for GANs on two CPU cores. Fixed
are the data (MNIST's 60,000 training digits), the targets, and the measure; networks,
losses, optimizers and everything else are free. A recipe is a configuration of an
experiment; a faster one is added to `RECIPES` and run with five seeds on an otherwise
idle machine. Its record has the commit, so that anyone can run it again, and replaces
that of the same recipe on such a machine.

The clock runs from the first train step, its compilation included, and stops while a
measurement is made. Seconds on the clock depend on what else the machine does;
processor seconds, of all threads together, hardly do.
"""

import dataclasses
import time
from pathlib import Path

import keras
import numpy as np
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from experiments import gan_variants, mnist_gan
from experiments.harness.config import Config as Recipe
from experiments.harness.pages import fill_in
from experiments.harness.report.sections import mean_and_spread
from experiments.harness.run import seed_everything
from ganzoo import data, metrics
from ganzoo.files import read_json, write_json
from ganzoo.runs import provenance
from ganzoo.runs.reports import table

RECORDS = Path("reports/speedrun/records.json")
TARGETS = (5.4, 1.0)  # of the paper's recipe after 50 epochs, and good digits
MEASURE = {
    "samples": 10_000,
    "extractor": "mnist",
    "reference": "the 60,000 training images",
    "sample_seed": 1,
}
MNIST = {"dataset": "mnist"}
RECIPES: dict[str, tuple[str, Recipe]] = {
    "paper": ("the seminar paper's DCGAN: `mnist_gan`", mnist_gan.Config()),
    "paper-fast": (
        "its networks, batches of 32, rates of 1e-3 and 2e-4",
        mnist_gan.Config(
            batch_size=32,
            generator_learning_rate=1e-3,
            discriminator_learning_rate=2e-4,
            ema_half_life=4_000.0,
        ),
    ),
    "infogan": (
        "InfoGAN with 256 units: `gan_variants infogan --units 256`",
        gan_variants.Infogan(units=256),
    ),
    "small": (
        "0.1 million weights per network, no labels: `mnist_gan quick --no-labels`",
        mnist_gan.Quick(labels=False, **MNIST),
    ),
    "quick-32": (
        "twice as wide, with labels: `mnist_gan quick --width 32 --batch-size 64`",
        mnist_gan.Quick(width=32, batch_size=64, **MNIST),
    ),
    "quick": ("with labels: `mnist_gan quick`", mnist_gan.Quick(**MNIST)),
}


@dataclasses.dataclass(frozen=True)
class Config:
    """What to run."""

    recipes: tuple[str, ...] = ()
    """Recipes to run, of those in the module; with none, only the table is printed."""
    seeds: int = 5
    """Number of runs per recipe, with seeds 0, 1, ..."""
    minutes: float = 30.0
    """Longest training per run, in minutes on the clock."""
    targets: tuple[float, ...] = TARGETS
    """Fréchet distances to reach, the largest first."""
    dataset: str = "mnist"
    """Training digits. Keep records of other data in another file."""
    data_dir: str | None = None
    """Where prepared TFDS sets are (or TFDS_DATA_DIR)."""
    records: Path = RECORDS
    """File of the records."""
    readme: bool = False
    """Also write the table to RESULTS.md."""


@dataclasses.dataclass(frozen=True)
class Point:
    """A measurement during training.

    Attributes:
        images: Real images trained on.
        seconds: Seconds on the clock.
        processor: Processor seconds of all threads.
        distance: Fréchet distance to the training images.
        confident: Fraction of samples that are clear to the classifier.
    """

    images: int
    seconds: float
    processor: float
    distance: float
    confident: float


class Clock(keras.callbacks.Callback):
    """Measures samples now and then while the clock is stopped; stops at the target."""

    def __init__(self, recipe: Recipe, reference: metrics.Reference, config: Config):
        super().__init__()
        self.recipe, self.reference, self.config = recipe, reference, config
        self.extractor = metrics.load_classifier(MEASURE["extractor"])
        self.points: list[Point] = []
        self._seconds = self._processor = 0.0
        self._images = 0
        self._due = 5_000

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Starts the clock."""
        self._start()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Measures when a tenth more images, and at least 5,000, were trained on."""
        self._images += self.recipe.images_per_step
        running = self._seconds + time.perf_counter() - self._started[0]
        over = running > 60 * self.config.minutes
        if self._images < self._due and not over:
            return
        self._stop()
        self._due = self._images + max(5_000, self._images // 10)
        self.points.append(self._measured())
        print(f"  {self.points[-1]}", flush=True)
        if over or self.points[-1].distance <= self.config.targets[-1]:
            self.model.stop_training = True
        self._start()

    def _start(self) -> None:
        self._started = time.perf_counter(), time.process_time()

    def _stop(self) -> None:
        self._seconds += time.perf_counter() - self._started[0]
        self._processor += time.process_time() - self._started[1]

    def _measured(self) -> Point:
        images = self.model.generate(
            MEASURE["samples"], seed=MEASURE["sample_seed"], average=self.recipe.average
        )
        found = metrics.measure(self.extractor, data.to_uint8(images), self.reference)
        return Point(
            self._images,
            round(self._seconds, 1),
            round(self._processor, 1),
            round(found.frechet_distance, 3),
            round(found.confident_fraction, 4),
        )


def run(recipe: Recipe, config: Config) -> list[Point]:
    """Trains a recipe until the last target is reached or the time is over."""
    seed_everything(recipe)
    experiment = next(
        paper.command_of(recipe)
        for paper in (mnist_gan.PAPER, gan_variants.PAPER)
        if type(recipe) in [one.config for one in paper.commands.values()]
    )
    loaded = experiment.data(recipe)
    model = experiment.build_model(recipe, data=loaded)
    extractor = metrics.load_classifier(MEASURE["extractor"])
    clock = Clock(recipe, metrics.Reference.build(extractor, loaded.train), config)
    model.fit(
        loaded.batches(),
        epochs=1_000_000,
        steps_per_epoch=loaded.steps_per_epoch,
        callbacks=[clock],
        verbose=0,
    )
    return clock.points


def record(name: str, config: Config) -> dict:
    """Runs a recipe with all seeds; returns its record."""
    courses = []
    for seed in range(config.seeds):
        print(f"{name}, seed {seed}:")
        recipe = dataclasses.replace(
            RECIPES[name][1],
            seed=seed,
            dataset=config.dataset,
            data_dir=config.data_dir,
        )
        courses.append([dataclasses.asdict(point) for point in run(recipe, config)])
        keras.backend.clear_session()
    described = provenance.describe()
    kept = ("time", "processor", "variables", "versions", "git_commit")
    return {
        "recipe": name,
        "measure": MEASURE,
        "machine": {key: described[key] for key in kept},
        "courses": courses,
    }


def arrival(course: list[dict], target: float) -> dict | None:
    """Returns the first measurement at the target; None if it was not reached."""
    return next((point for point in course if point["distance"] <= target), None)


def row(one: dict, targets: tuple[float, ...]) -> dict[str, str]:
    """Returns a record's row of the table."""
    cells = {"recipe": RECIPES[one["recipe"]][0], "seeds": str(len(one["courses"]))}
    for target in targets:
        there = [arrival(course, target) for course in one["courses"]]
        for title, key in (("s", "seconds"), ("processor s", "processor")):
            cells[f"{title} to {target:g}"] = _time(one["courses"], there, key)
    first = [arrival(course, targets[-1]) for course in one["courses"]]
    cells |= {"images": "", "clear": ""}
    if all(first):
        cells["images"] = mean_and_spread([p["images"] / 1e3 for p in first], "{:.0f}k")
        cells["clear"] = f"{np.mean([p['confident'] for p in first]):.1%}"
    machine = one["machine"]
    return cells | {
        "machine": ", ".join(_kind(one)[1:]),
        "commit": machine["git_commit"],
        "date": machine["time"][:10],
    }


def _kind(one: dict) -> tuple[str, ...]:
    """Returns what a record is replaced by: its recipe on a machine of that kind."""
    machine = one["machine"]
    variables = machine.get("variables", {})
    alone = variables.get("TF_NUM_INTRAOP_THREADS") == "1"
    return one["recipe"], machine["processor"], *["one thread"] * alone


def _time(courses: list[list[dict]], there: list[dict | None], key: str) -> str:
    reached = [point[key] for point in there if point]
    if reached:
        text = mean_and_spread(reached, "{:.0f}")
        missed = f" ({len(reached)} of {len(there)} seeds)"
        return text + missed * (len(reached) < len(there))
    last = min((course[-1] for course in courses), key=lambda point: point["distance"])
    return f"> {last[key]:.0f} (at {last['distance']:.1f})"


def main(config: Config) -> None:
    """Runs the recipes, keeps their records, and prints the table, slowest first."""
    if unknown := set(config.recipes) - set(RECIPES):
        names = ", ".join(RECIPES)
        raise SystemExit(f"unknown recipes: {', '.join(unknown)}; use {names}")
    records = read_json(config.records)["records"] if config.records.exists() else []
    for name in config.recipes:
        new = record(name, config)
        records = [one for one in records if _kind(one) != _kind(new)] + [new]
        config.records.parent.mkdir(parents=True, exist_ok=True)
        write_json(config.records, {"records": records})
    order = list(RECIPES)
    records.sort(key=lambda one: order.index(one["recipe"]))
    text = table([row(one, config.targets) for one in records])
    print(text)
    if config.readme:
        fill_in("speedrun", text)


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
