"""A disk that is full: one line, and once there is room, the same end."""

import contextlib
import dataclasses
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.reliability import children, ends


@dataclasses.dataclass
class Filled:
    """A run on a disk that was too small.

    Attributes:
        room: Bytes of the disk, or the most that a file may have.
        status: Exit status.
        lines: Lines on the errors, results left out.
        differences: As in `kills.Killed`, once there was room.
    """

    room: int
    status: int
    lines: list[str]
    differences: list[str]


def can_mount(folder: Path) -> bool:
    """Whether this user may make small disks."""
    if os.name != "posix" or os.geteuid() or shutil.which("mount") is None:
        return False
    with contextlib.suppress(subprocess.CalledProcessError), disk(folder, 1 << 20):
        return True
    return False


@contextlib.contextmanager
def disk(folder: Path, size: int) -> Iterator[None]:
    """Mounts a disk of so many bytes, in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    subprocess.run(["mount", *options], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def grow(folder: Path, size: int) -> None:
    """Makes a mounted disk larger."""
    options = ["-o", f"remount,size={size}", str(folder)]
    subprocess.run(["mount", *options], check=True)


def campaign(folder: Path, count: int) -> list[Filled]:
    """Runs on disks of as many sizes, from next to nothing to next to enough.

    Where no disks can be made, the size of files is limited.

    Args:
        folder: Where they lie.
        count: How many.
    """
    whole = folder / "whole"
    if children.start(whole, often=False).wait():
        raise RuntimeError("the run to be repeated failed")
    sizes = [path.stat().st_size for path in whole.rglob("*") if path.is_file()]
    mounts = can_mount(folder / "tried")
    most = sum(sizes) if mounts else max(sizes)
    expected, found = ends.end(whole), []
    for number in range(count):
        room = most * (2 * number + 1) // (2 * count)
        one = _on_disk if mounts else _limited
        found.append(one(folder / f"disk_{number}", room, expected))
        print(found[-1])
    return found


def _on_disk(place: Path, room: int, expected: dict) -> Filled:
    with disk(place, room):
        run, log = place / "run", place.with_name(f"{place.name}.log")
        child = children.start(run, often=False, log=log)
        status, lines = child.wait(), _errors(child)
        grow(place, 64 << 20)
        return Filled(room, status, lines, _again(run, log, expected))


def _limited(run: Path, room: int, expected: dict) -> Filled:
    log = run.with_name(f"{run.name}.log")
    child = children.start(run, often=False, log=log, file_limit=room)
    status, lines = child.wait(), _errors(child)
    return Filled(room, status, lines, _again(run, log, expected))


def _again(run: Path, log: Path, expected: dict) -> list[str]:
    again = children.start(run, often=False, log=log)
    if status := again.wait():
        return [f"exit status {status}", *again.lines()]
    return ends.differences(expected, ends.end(run))


def _errors(child: children.Child) -> list[str]:
    usual = ("epoch ", "report: ")
    return [line for line in child.lines() if not line.startswith(usual)]
