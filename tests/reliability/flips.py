"""A single flipped bit in any file of a run folder: never silently another result."""

import dataclasses
import random
import shutil
from pathlib import Path

import tensorflow as tf

from ganzoo.files import DamagedError
from ganzoo.runs import checkpoints
from tests.reliability import children, ends

OUTCOMES = ("told", "written anew", "not read", "silently other")
TOLD, ANEW, SAME, OTHER = OUTCOMES


@dataclasses.dataclass
class Flipped:
    """What became of a run folder with one wrong bit.

    Attributes:
        name: The file.
        bit: Which bit of it.
        outcome: `TOLD`: a line says so, and either nothing is done or the end is the
            usual one. `ANEW`: the file is as it was. `SAME`: nothing reads the file in
            which the bit is, or not that bit. `OTHER`: none of these.
        line: What was said.
    """

    name: str
    bit: int
    outcome: str
    line: str = ""


def flip(path: Path, bit: int) -> None:
    """Turns one bit of a file over."""
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def chosen(folder: Path, chance: random.Random) -> tuple[str, int]:
    """Returns a file of a folder, each as likely as the others, and a bit of it."""
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.stat().st_size]
    path = chance.choice(paths)
    bit = chance.randrange(8 * path.stat().st_size)
    return path.relative_to(folder).as_posix(), bit


def campaign(folder: Path, count: int, seed: int = 0) -> list[Flipped]:
    """Flips as many single bits, each in a copy of a run, and resumes it.

    Every other run is a finished one, the others were stopped after half the steps.

    Args:
        folder: Where they lie.
        count: How many.
        seed: Of the bits.
    """
    chance = random.Random(seed)
    whole, half = folder / "whole", folder / "half"
    if children.start(half, "--epochs", "1").wait():
        raise RuntimeError("the run to be damaged failed")
    shutil.copytree(half, whole)
    if children.start(whole).wait():
        raise RuntimeError("the run to be damaged failed")
    expected, found = ends.end(whole), []
    for number in range(count):
        source, run = (whole, half)[number % 2], folder / f"flipped_{number}"
        shutil.copytree(source, run)
        name, bit = chosen(run, chance)
        flip(run / name, bit)
        found.append(_resumed(run, source, name, bit, expected))
        print(found[-1])
        shutil.rmtree(run)
    return found


def _resumed(run: Path, source: Path, name: str, bit: int, expected: dict) -> Flipped:
    before = (run / name).read_bytes()
    child = children.start(run)
    status, lines = child.wait(), child.lines()
    line = next((line for line in lines if Path(name).name in line), "")
    error = next((line for line in lines if line.startswith("error:")), "")
    if status == 1 and error:
        return Flipped(name, bit, TOLD, error)
    if status:
        return Flipped(name, bit, OTHER, f"exit status {status}: {lines[-1]}")
    differ = ends.differences(expected, ends.end(run))
    # A damaged picture of the past, of which a line tells, is missing from a figure.
    lost = [d for d in differ if d != name and not d.startswith("figures/")]
    past = name.startswith("samples/") and not lost
    if differ and (not line or not (past or differ == [name])):
        return Flipped(name, bit, OTHER, f"{', '.join(differ)} differ; {line}")
    if line:
        return Flipped(name, bit, TOLD, line)
    if not (run / name).exists() or (run / name).read_bytes() != before:
        return Flipped(name, bit, ANEW)
    return _read(run / name, name, bit)


def _read(path: Path, name: str, bit: int) -> Flipped:
    """What is not read by a resumed run is looked at as its reader would."""
    try:
        if name.startswith("checkpoints/"):
            checkpoints.read_facts(path)
        if name.startswith("tensorboard/"):
            list(tf.compat.v1.train.summary_iterator(str(path)))
    except (DamagedError, tf.errors.DataLossError) as error:
        return Flipped(
            name, bit, TOLD, f"when it is read: {str(error).splitlines()[0]}"
        )
    return Flipped(name, bit, SAME)
