"""SIGKILL at random moments: the resumed run must equal an uninterrupted one."""

import dataclasses
import random
import shutil
import time
from pathlib import Path

from ganzoo.files import read_json
from ganzoo.runs import checkpoints
from tests.reliability import children, ends

STAGES = ("start-up", "training", "writing a checkpoint", "writing the report")
LAST = 16  # steps of the small run
_TRIES = 20  # attempts to kill a run in the chosen stage


@dataclasses.dataclass
class Killed:
    """A run that was killed once.

    Attributes:
        stage: Stage in which it was killed.
        step: Step of its newest checkpoint at that time; None before the first.
        differences: Files of the resumed run that differ from an uninterrupted one's.
        told: Lines that the resumed run printed in addition to the usual ones.
    """

    stage: str
    step: int | None
    differences: list[str]
    told: list[str]


def reference(folder: Path) -> tuple[dict[str, str], dict[str, float]]:
    """Performs an uninterrupted run.

    Returns:
        Its result, as in `ends.end`, and the duration of each stage in seconds.
    """
    child, begun, passed = children.start(folder), time.monotonic(), {}
    while len(passed) < 2:
        for stage, over in (("start-up", _started), ("training", _trained)):
            if stage not in passed and over(folder):
                passed[stage] = time.monotonic() - begun
        time.sleep(0.002)
    if child.wait():
        raise RuntimeError("\n".join(child.lines()))
    passed["report"] = time.monotonic() - begun
    return ends.end(folder), {
        "start-up": passed["start-up"],
        "training": passed["training"] - passed["start-up"],
        "writing a checkpoint": 0.02,
        "writing the report": passed["report"] - passed["training"],
    }


def killed(
    folder: Path, stage: str, seconds: float, chance: random.Random
) -> int | None:
    """Starts a run and kills it in a stage; returns its last saved step.

    Args:
        folder: The run folder; an existing one is removed first.
        stage: One of `STAGES`.
        seconds: Approximate duration of the stage.
        chance: Random numbers that choose the moment.

    Raises:
        RuntimeError: Every run ended before it could be killed.
    """
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        child, wanted = children.start(folder), chance.randrange(1, LAST)
        while not _begun(folder, stage, wanted) and not _trained(folder):
            time.sleep(0.0005)
        time.sleep(chance.random() * seconds)
        child.kill()
        ended = any(line.startswith("report:") for line in child.lines())
        if not ended and (stage == STAGES[-1] or not _trained(folder)):
            found = checkpoints.of(folder)
            return checkpoints.step(found[-1]) if found else None
    raise RuntimeError(f"no run could be killed during {stage}")


def campaign(folder: Path, count: int, seed: int = 0) -> list[Killed]:
    """Kills runs in each stage in turn, and resumes each of them.

    Args:
        folder: Folder for the runs.
        count: Number of runs.
        seed: Seed of the random moments.
    """
    chance = random.Random(seed)
    expected, seconds = reference(folder / "reference")
    found = []
    for number in range(count):
        stage, run = STAGES[number % len(STAGES)], folder / f"killed_{number}"
        step = killed(run, stage, seconds[stage], chance)
        again = children.start(run)
        status = again.wait()
        lines = [line for line in again.lines() if not usual(line)]
        differ = ends.differences(expected, ends.end(run)) if not status else lines
        found.append(Killed(stage, step, differ, lines))
        print(f"killed during {stage}, at step {step}: {differ or 'same result'}")
    return found


def _begun(folder: Path, stage: str, wanted: int) -> bool:
    """Returns whether a run has reached a stage."""
    if stage == "start-up":
        return True
    if stage == "training":
        return _started(folder)
    if stage == "writing the report":
        return _trained(folder)
    steps = [checkpoints.step(path) for path in checkpoints.of(folder)]
    writing = any((folder / "checkpoints").glob(".writing-*"))
    return writing and max(steps, default=0) + 1 >= wanted


def _started(folder: Path) -> bool:
    path = folder / "manifest.json"
    return path.exists() and bool(read_json(path)["starts"])


def _trained(folder: Path) -> bool:
    return checkpoints.path(folder, LAST).exists()


def usual(line: str) -> bool:
    """Returns whether a line is one that every run prints."""
    return line.startswith(("epoch ", "report: ")) or " resumes after step " in line
