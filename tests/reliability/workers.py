"""Kills one of two workers: the other reports it within a minute, and both resume."""

import dataclasses
import random
import time
from pathlib import Path

from ganzoo.runs import checkpoints
from tests.reliability import children, ends, kills

# Workers agree on when to save after every tenth step.
_TOGETHER = ("--strategy", "multi_worker", "--epoch-steps", "25")
_LATEST = 45  # of 50 steps: both are still training


@dataclasses.dataclass
class Lost:
    """A run of two workers, one of which was killed.

    Attributes:
        killed: Index of the killed worker.
        steps: Step of each worker's newest checkpoint then; -1 before the first.
        seconds: Time until the other worker had ended.
        line: Message of the other worker.
        differences: Files of either that differ from those of an uninterrupted run.
    """

    killed: int
    steps: list[int]
    seconds: float
    line: str
    differences: list[str]


def start(folder: Path) -> list[children.Child]:
    """Starts or resumes two workers, each in a separate folder."""
    folder.mkdir(parents=True, exist_ok=True)
    everyone = children.addresses(2)
    return [
        children.start(folder / str(index), *_TOGETHER, worker=(index, everyone))
        for index in range(2)
    ]


def finish(workers: list[children.Child]) -> None:
    """Waits for workers to end.

    Raises:
        RuntimeError: One of them failed.
    """
    for worker in workers:
        if worker.wait():
            raise RuntimeError("\n".join(worker.lines()))


def campaign(folder: Path, count: int, seed: int = 0) -> list[Lost]:
    """Kills one of two workers at random moments.

    Args:
        folder: Folder for the runs.
        count: Number of runs.
        seed: Seed of the random moments.
    """
    chance = random.Random(seed)
    finish(start(folder / "reference"))
    expected = [ends.end(folder / "reference" / str(index)) for index in range(2)]
    found = []
    for number in range(count):
        found.append(_lost(folder / str(number), number % 2, chance, expected))
        print(found[-1])
    return found


def _lost(
    folder: Path, victim: int, chance: random.Random, expected: list[dict]
) -> Lost:
    workers, wanted = start(folder), chance.randrange(_LATEST)
    while _saved(folder / str(victim)) < wanted:
        time.sleep(0.001)
    time.sleep(chance.random() * 0.2)
    workers[victim].kill()
    begun, other = time.monotonic(), workers[1 - victim]
    status = other.wait(60.0)
    seconds = time.monotonic() - begun
    steps = [_saved(folder / str(index)) for index in range(2)]
    errors = [line for line in other.lines() if not kills.usual(line)]
    line = errors[0] if len(errors) == 1 and status == 1 else f"{status}: {errors}"
    finish(start(folder))
    return Lost(
        victim,
        steps,
        seconds,
        line,
        [
            f"{index}/{name}"
            for index in range(2)
            for name in ends.differences(expected[index], ends.end(folder / str(index)))
        ],
    )


def _saved(folder: Path) -> int:
    steps = [checkpoints.step(path) for path in checkpoints.of(folder)]
    return max(steps, default=-1)
