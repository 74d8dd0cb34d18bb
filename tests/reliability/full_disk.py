"""A full disk: one error line, and with more space, the same result."""

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
        room: Size of the disk, or maximum size of a file, in bytes.
        status: Exit status.
        lines: Error messages.
        differences: As in `kills.Killed`, after resuming with more space.
    """

    room: int
    status: int
    lines: list[str]
    differences: list[str]


def can_mount(folder: Path) -> bool:
    """Returns whether this user may create small disks."""
    if os.name != "posix" or os.geteuid() or shutil.which("mount") is None:
        return False
    with contextlib.suppress(subprocess.CalledProcessError), disk(folder, 1 << 20):
        return True
    return False


@contextlib.contextmanager
def disk(folder: Path, size: int) -> Iterator[None]:
    """Mounts a disk of `size` bytes, in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    subprocess.run(["mount", *options], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def grow(folder: Path, size: int) -> None:
    """Enlarges a mounted disk to `size` bytes."""
    options = ["-o", f"remount,size={size}", str(folder)]
    subprocess.run(["mount", *options], check=True)


def campaign(folder: Path, count: int) -> list[Filled]:
    """Runs on disks of different sizes, from almost nothing to almost enough.

    If no disks can be mounted, the size of files is limited instead.

    Args:
        folder: Folder for the runs.
        count: Number of sizes.
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
