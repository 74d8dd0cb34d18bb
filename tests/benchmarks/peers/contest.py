"""Measures the contestants, which take turns."""

import contextlib
import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ganzoo import data, metrics
from tests.benchmarks.peers.apart import Apart
from tests.benchmarks.peers.settings import Config
from tests.benchmarks.peers.systems import CONTESTANTS, SYSTEMS, System, Task
from tests.benchmarks.train_step import Contestant


@dataclasses.dataclass
class Course:
    """The distances of a contestant during training."""

    steps: list[int] = dataclasses.field(default_factory=list)
    seconds: list[float] = dataclasses.field(default_factory=list)
    distances: list[float] = dataclasses.field(default_factory=list)

    def arrival(self, goal: float) -> int | None:
        """Returns the index of the first measurement at the goal; None without one."""
        reached = np.flatnonzero(np.asarray(self.distances) <= goal)
        return int(reached[0]) if reached.size else None


@dataclasses.dataclass(frozen=True)
class Result:
    """The results of a contestant.

    Attributes:
        system: Name of the pair of networks.
        kind: Number format.
        name: Name of the contestant.
        rate: Speed in images/s.
        peak: Peak memory of its process, in GiB.
        course: Distances during training; None if none were measured.
        goal: The distance to reach.
    """

    system: str
    kind: str
    name: str
    rate: float
    peak: float
    course: Course | None
    goal: float

    @property
    def update(self) -> str:
        """The update, by our name for it."""
        return CONTESTANTS[self.name].update

    @property
    def seconds(self) -> float | None:
        """Seconds to the goal; None if it was not reached or not measured."""
        place = self.course.arrival(self.goal) if self.course else None
        return None if place is None else self.course.seconds[place]


def image_set(config: Config, system: System) -> tuple[data.ImageSet, bool]:
    """Returns the training images of a system, and whether they are real.

    Raises:
        ganzoo.data.DataError: The data set is missing, or has the wrong shape.
    """
    name = getattr(config, system.name)
    if name is None:
        pixels = np.random.default_rng(0).integers(
            0, 256, (10_000, *system.shape), np.uint8
        )
        return data.image_set(pixels, name="noise"), False
    images = data.load(name, "train", config.data_dir)
    if images.shape != system.shape:
        raise data.DataError(
            f"{system.name}={name!r} has images of shape {images.shape}; the networks "
            f"generate {system.shape}."
        )
    return images, True


def distance_to(system: System, images: data.ImageSet) -> Callable[[np.ndarray], float]:
    """Returns a function that computes the Fréchet distance of samples to images."""
    extractor = metrics.load_classifier(system.classifier)
    reference = metrics.Reference.build(extractor, images)

    def distance(samples: np.ndarray) -> float:
        return metrics.measure(extractor, samples, reference).frechet_distance

    return distance


def race(
    field: dict[str, Apart],
    distance: Callable[[np.ndarray], float],
    config: Config,
    goal: float,
) -> dict[str, Course]:
    """Trains all contestants in turns until each reaches the goal or the time limit."""
    courses = {name: Course([0], [0.0], [np.inf]) for name in field}
    running = list(field)
    while running:
        for name in list(running):
            course = courses[name]
            start = time.perf_counter()
            field[name].train(config.every)
            course.seconds.append(course.seconds[-1] + time.perf_counter() - start)
            course.steps.append(course.steps[-1] + config.every)
            course.distances.append(distance(field[name].images(config.samples)))
            if course.distances[-1] <= goal or (
                course.seconds[-1] >= config.limit_seconds
            ):
                running.remove(name)
    return courses


def rates(
    field: dict[str, Apart], contestants: dict[str, Contestant], config: Config
) -> dict[str, float]:
    """Returns images/s by name, the median of several turns."""
    for _ in range(config.turns):
        for contestant in contestants.values():
            contestant.take_turn()
    return {name: contestants[name].rate * config.batch_size for name in field}


def contest(
    config: Config, task: Task, distance: Callable | None, goal: float
) -> list[Result]:
    """Measures all contestants for a system and a number format."""
    entries = {name: CONTESTANTS[name] for name in config.contestants}
    if config.average:
        entries = {name: entry.averaged() for name, entry in entries.items()}
    with contextlib.ExitStack() as stack:
        field = {}
        for name, entry in entries.items():
            field[name] = Apart(name, entry, task)
            stack.callback(field[name].close)
        for apart in field.values():
            apart.wait()
        contestants = {
            name: Contestant(apart.train, config.seconds)
            for name, apart in field.items()
        }
        courses = race(field, distance, config, goal) if distance else {}
        speeds = rates(field, contestants, config)
        return [
            Result(
                task.system.name,
                task.kind,
                name,
                speeds[name],
                apart.peak(),
                courses.get(name),
                goal,
            )
            for name, apart in field.items()
        ]


def measure(config: Config, name: str, goal: float, folder: str) -> list[Result]:
    """Measures a system in all number formats.

    Args:
        config: The configuration.
        name: Name of the system.
        goal: Distance to reach.
        folder: Folder for the images, which all processes read.
    """
    system = SYSTEMS[name]
    images, real = image_set(config, system)
    path = Path(folder) / f"{name}.npy"
    np.save(path, images.images)
    results, distance = [], None
    if real and set(config.kinds) & set(config.race_kinds):
        distance = distance_to(system, images)
    for kind in config.kinds:
        task = Task(system, kind, config.batch_size, config.seed, str(path))
        raced = distance if kind in config.race_kinds else None
        results += contest(config, task, raced, goal)
    return results
