"""A flipped bit in any file of a run folder must never silently change the result."""

import dataclasses
import random
import shutil
from pathlib import Path

import tensorflow as tf

from ganzoo.files import DamagedError
from ganzoo.runs import checkpoints
from tests.reliability import children, ends

OUTCOMES = ("reported", "rewritten", "not read", "silently different")
TOLD, ANEW, SAME, OTHER = OUTCOMES


@dataclasses.dataclass
class Flipped:
    """The result of resuming a run with one flipped bit.

    Attributes:
        name: Name of the damaged file.
        bit: Index of the flipped bit.
        outcome: `TOLD`: a message reports it, and the run is either refused or ends
            with the usual result. `ANEW`: the file was rewritten. `SAME`: nothing
            reads the file, or not that bit. `OTHER`: none of these.
        line: The message that was printed.
    """

    name: str
    bit: int
    outcome: str
    line: str = ""


def flip(path: Path, bit: int) -> None:
    """Flips one bit of a file."""
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def chosen(folder: Path, chance: random.Random) -> tuple[str, int]:
    """Returns a random file of a folder, all equally likely, and a random bit of it."""
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.stat().st_size]
    path = chance.choice(paths)
    bit = chance.randrange(8 * path.stat().st_size)
    return path.relative_to(folder).as_posix(), bit


def campaign(folder: Path, count: int, seed: int = 0) -> list[Flipped]:
    """Flips single bits, each in a copy of a run, and resumes the copy.

    Every second run is finished; the others were stopped after half the steps.

    Args:
        folder: Folder for the runs.
        count: Number of bits.
        seed: Seed of the random files and bits.
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
    # A damaged sample that was reported may be missing from a figure.
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
    """Reads a file that a resumed run does not read, as its user would."""
    try:
        if name.startswith("checkpoints/"):
            checkpoints.read_facts(path)
        if name.startswith("tensorboard/"):
            list(tf.compat.v1.train.summary_iterator(str(path)))
    except (DamagedError, tf.errors.DataLossError) as error:
        message = str(error).splitlines()[0]
        return Flipped(name, bit, TOLD, f"when read: {message}")
    return Flipped(name, bit, SAME)
