"""Speedrun: seconds of training until a GAN's images are as good as a target.

    python -m tests.benchmarks.speedrun --recipes quick --seeds 5 --data-dir tfds
    python -m tests.benchmarks.speedrun --readme

What modded-nanogpt's speedrun is for language models, for GANs on two CPU cores. Fixed
are the data (the training images of MNIST or CIFAR-10), the targets, and the measure:
the Fréchet distance by the data's shipped classifier, of 10,000 samples. Networks,
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
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tyro

import experiments  # noqa: F401  first: it keeps TensorFlow's notices off the console
from experiments import cifar10_gan, gan_variants, mnist_gan
from experiments.harness import precisions
from experiments.harness.config import Config as Recipe
from experiments.harness.data import Data
from experiments.harness.pages import fill_in
from experiments.harness.report.sections import mean_and_spread
from experiments.harness.run import seed_everything
from ganzoo import data, metrics
from ganzoo.files import read_json, write_json
from ganzoo.runs import provenance
from ganzoo.runs.reports import table

RECORDS = Path("reports/speedrun/records.json")
# Extractor -> distances to reach: those of the documents' own recipes, after 50 epochs
# of MNIST and 30 of CIFAR-10, and that of good digits.
TARGETS = {"mnist": (5.4, 1.0), "cifar10": (9.0,)}
MEASURE = {"samples": 10_000, "sample_seed": 1}
MNIST = {"dataset": "mnist"}
CIFAR10 = {"dataset": "cifar10_jpeg", "joined": False, "train_images": None}
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
    "dcgan": (
        "the project report's DC-GAN: `cifar10_gan`",
        dataclasses.replace(cifar10_gan.PAPER.variants["dcgan"], **CIFAR10),
    ),
    "cifar10-quick": (
        "`cifar10_gan quick`",
        dataclasses.replace(cifar10_gan.PAPER.variants["quick"], **CIFAR10),
    ),
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
    precision: str = "float32"
    """float32, mixed_bfloat16, or auto."""
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

    def __init__(self, recipe: Recipe, loaded: Data, minutes: float):
        super().__init__()
        self.recipe, self.minutes = recipe, minutes
        self.target = TARGETS[extractor(recipe)][-1]
        self.extractor = metrics.load_classifier(extractor(recipe))
        self.reference = metrics.Reference.build(self.extractor, loaded.train)
        self.offset = loaded.batch_arguments.get("pixel_offset", data.PIXEL_OFFSET)
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
        over = running > 60 * self.minutes
        if self._images < self._due and not over:
            return
        self._stop()
        self._due = self._images + max(5_000, self._images // 10)
        self.points.append(self._measured())
        print(f"  {self.points[-1]}", flush=True)
        if over or self.points[-1].distance <= self.target:
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
        images = data.to_uint8(images, self.offset)
        found = metrics.measure(self.extractor, images, self.reference)
        return Point(
            self._images,
            round(self._seconds, 1),
            round(self._processor, 1),
            round(found.frechet_distance, 3),
            round(found.confident_fraction, 4),
        )


def extractor(recipe: Recipe) -> str:
    """Returns the name of the classifier that measures a recipe."""
    return getattr(recipe, "extractor", "mnist")


def run(recipe: Recipe, minutes: float) -> list[Point]:
    """Trains a recipe until the last target is reached or the time is over."""
    seed_everything(recipe)
    experiment = next(
        paper.command_of(recipe)
        for paper in (mnist_gan.PAPER, gan_variants.PAPER, cifar10_gan.PAPER)
        if type(recipe) in [command.config for command in paper.commands.values()]
    )
    loaded = experiment.data(recipe)
    model = experiment.build_model(recipe, data=loaded)
    clock = Clock(recipe, loaded, minutes)
    model.fit(
        loaded.batches(),
        epochs=1_000_000,
        steps_per_epoch=loaded.steps_per_epoch,
        callbacks=[clock],
        verbose=0,
    )
    return clock.points


def record(name: str, config: Config, machine: dict) -> Iterator[dict]:
    """Runs a recipe with all seeds; yields its record after each of them."""
    courses: list[list[dict]] = []
    for seed in range(config.seeds):
        print(f"{name}, seed {seed}:")
        recipe = dataclasses.replace(
            RECIPES[name][1],
            seed=seed,
            data_dir=config.data_dir,
            precision=precisions.resolve(config.precision),
        )
        points = run(recipe, config.minutes)
        courses.append([dataclasses.asdict(point) for point in points])
        keras.backend.clear_session()
        yield {
            "recipe": name,
            "precision": recipe.precision,
            "measure": MEASURE | {"extractor": extractor(recipe)},
            "machine": machine,
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
    last = [course[-1] for course in one["courses"]]
    cells["images/s"] = f"{np.mean([p['images'] / p['seconds'] for p in last]):.0f}"
    machine = one["machine"]
    return cells | {
        "machine": ", ".join(_kind(one)[1:]),
        "commit": machine["git_commit"],
        "date": machine["time"][:10],
    }


def _kind(one: dict) -> tuple[str, ...]:
    """Returns the recipe and the kind of machine: a record replaces one of its kind."""
    machine = one["machine"]
    kind = [one["recipe"], machine["processor"]]
    if one.get("precision", "float32") != "float32":
        kind.append("in bfloat16")
    if machine.get("variables", {}).get("TF_NUM_INTRAOP_THREADS") == "1":
        kind.append("one thread")
    return tuple(kind)


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
    # Before the file of the records changes, which would count as a changed commit.
    described = provenance.describe()
    kept = ("time", "processor", "variables", "versions", "git_commit")
    machine = {key: described[key] for key in kept}
    for name in config.recipes:
        for new in record(name, config, machine):
            records = [one for one in records if _kind(one) != _kind(new)] + [new]
            config.records.parent.mkdir(parents=True, exist_ok=True)
            write_json(config.records, {"records": records})
    text = "\n\n".join(_tables(records))
    print(text)
    if config.readme:
        fill_in("speedrun", text)


def _tables(records: list[dict]) -> Iterator[str]:
    """Yields a table per data set."""
    order = list(RECIPES)
    records = sorted(records, key=lambda one: order.index(one["recipe"]))
    for name, targets in TARGETS.items():
        own = [one for one in records if one["measure"]["extractor"] == name]
        if own:
            yield table([row(one, targets) for one in own])


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
