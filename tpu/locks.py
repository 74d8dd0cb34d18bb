"""One job at a time on one output, the programs of killed jobs included."""

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
    """What keeps a job from starting, in one line."""


@contextlib.contextmanager
def alone(name: str, wait: float) -> Iterator[IO[str]]:
    """Keeps other jobs of that name from starting meanwhile.

    The lock is of the open file: whoever inherits its descriptor holds it, too, to the
    end of the last of them. So a program that outlives its killed job has it still.

    Args:
        name: What two jobs may not share.
        wait: Most seconds to wait for the program of a job that is no more.

    Yields:
        The lock's file, for `note` and `pass_fds`.

    Raises:
        JobError: Another job is at work, or the program of a killed one does not end.
    """
    path = lock_file(name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with open(path, "a+", encoding="utf-8") as file:
        _acquire(file, name, wait)
        note(file)
        yield file


def note(file: IO[str], program: int | None = None) -> None:
    """Notes in the lock's file who holds it.

    Args:
        file: From `alone`.
        program: Process of the experiment.
    """
    job = os.getpid()
    file.truncate(0)
    file.write(json.dumps({"job": job, "started": started(job), "program": program}))
    file.flush()


def lock_file(name: str) -> Path:
    """Returns where the lock of that name is."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"ganzoo-jobs-{os.getuid()}" / digest


def started(process: int) -> str | None:
    """Returns when a process was started, in the system's words; None if it is none.

    With it another process that was given the same number is told apart.
    """
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    return told.rpartition(")")[2].split()[19]  # after the name, which may have spaces


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
                f"job.sh is at work on {name} already, as process {holder['job']}; "
                f"wait for it, end it by `kill {holder['job']}`, or name another "
                "--output."
            )
        if not told:
            print(
                f"A job.sh on {name} was killed; waiting for its program to save and "
                "end.",
                file=sys.stderr,
                flush=True,
            )
            told = True
        if time.monotonic() > end:
            raise JobError(
                f"the program of a killed job.sh is at work on {name} still, after "
                f"{wait:g} seconds; end it by `kill {holder.get('program')}`, or name "
                "another --output."
            )
        time.sleep(0.1)


def _holder(file: IO[str]) -> dict:
    """Returns what the last job that had the lock wrote of itself."""
    file.seek(0)
    try:
        return json.loads(file.read())
    except ValueError:  # it has not written yet
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
