"""Locks that allow one job at a time per output, even after a job was killed."""

import contextlib
import fcntl
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO


class JobError(RuntimeError):
    """The reason why a job cannot start, in one line."""


@contextlib.contextmanager
def alone(name: str, wait: float) -> Iterator[IO[str]]:
    """Holds a lock, so that no other job of that name starts.

    The lock belongs to the open file, and every process that inherits the descriptor
    holds it. So a program that outlives its killed job still holds the lock.

    Args:
        name: What no two jobs may share.
        wait: Maximum seconds to wait for the program of a killed job.

    Yields:
        The lock file, for `note` and `pass_fds`.

    Raises:
        JobError: Another job is running, or the program of a killed job does not end.
    """
    path = lock_file(name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with open(path, "a+", encoding="utf-8") as file:
        _acquire(file, name, wait)
        note(file)
        yield file


def note(file: IO[str], program: int | None = None) -> None:
    """Writes into the lock file which processes hold the lock.

    Args:
        file: The lock file, from `alone`.
        program: Process ID of the experiment.
    """
    job = os.getpid()
    file.truncate(0)
    file.write(json.dumps({"job": job, "started": started(job), "program": program}))
    file.flush()


def lock_file(name: str) -> Path:
    """Returns the path of the lock file for a name."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"ganzoo-jobs-{os.getuid()}" / digest


def started(process: int) -> str | None:
    """Returns the start time of a process, in clock ticks; None if there is none.

    It distinguishes the process from a later one with the same ID.
    """
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    return told.rpartition(")")[2].split()[19]  # the name may have spaces


def _acquire(file: IO[str], name: str, wait: float) -> None:
    end = time.monotonic() + wait
    told = False
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        holder = _holder(file)
        if _alive(holder):
            raise JobError(
                f"job.sh is already running for {name}, as process {holder['job']}; "
                f"wait for it, end it with `kill {holder['job']}`, or use another "
                "--output."
            )
        if not told:
            print(
                f"A job.sh for {name} was killed; waiting for its program to save "
                "and end.",
                file=sys.stderr,
                flush=True,
            )
            told = True
        if time.monotonic() > end:
            raise JobError(
                f"the program of a killed job.sh is still running for {name} after "
                f"{wait:g} seconds; end it with `kill {holder.get('program')}`, or "
                "use another --output."
            )
        time.sleep(0.1)


def _holder(file: IO[str]) -> dict:
    """Returns what the last holder of the lock wrote into its file."""
    file.seek(0)
    try:
        return json.loads(file.read())
    except ValueError:  # not written yet
        return {}


def _alive(holder: dict) -> bool:
    if "job" not in holder:
        return False
    if holder["started"] is not None:
        return started(holder["job"]) == holder["started"]
    try:  # not on Linux
        os.kill(holder["job"], 0)
    except OSError:
        return False
    return True
