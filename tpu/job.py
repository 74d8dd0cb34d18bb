"""Keeps an experiment running on a preemptible machine; see job.sh.

    python -m tpu.job experiments.mnist_gan --output gs://BUCKET/runs/mnist

It uses the standard library only, and needs no TensorFlow.
"""

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tpu import locks
from tpu.bucket import Bucket
from tpu.locks import JobError

ASKED_TO_STOP = 128 + signal.SIGTERM

# If the job is killed with SIGKILL, the kernel asks its child to stop.
_CHILD = """\
import ctypes, os, signal, sys
parent, command = int(sys.argv[1]), sys.argv[2:]
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
if os.getppid() == parent:
    os.execvp(command[0], command)
"""


@dataclasses.dataclass(frozen=True)
class Settings:
    """The environment variables of job.sh.

    Attributes:
        python: Interpreter that runs the experiment.
        strategy: The `--strategy` to add to a command without one.
        restarts: Maximum number of restarts.
        pause: Seconds before a restart.
        sync: Seconds between two snapshots.
        wait: Maximum seconds to wait for the program of a killed job.
        runs: Local folder for runs whose output is a bucket.
    """

    python: str
    strategy: str
    restarts: int
    pause: float
    sync: float
    wait: float
    runs: Path

    @classmethod
    def read(cls) -> "Settings":
        """Reads the environment variables.

        Raises:
            JobError: A variable that must be a number is not one.
        """
        asked = os.environ.get

        def number(name: str, default: float, kind: type = float):
            try:
                value = kind(asked(name) or default)
            except ValueError:
                raise JobError(f"{name}={asked(name)} must be a number.") from None
            if value < 0:
                raise JobError(f"{name}={asked(name)} must be at least 0.")
            return value

        return cls(
            python=asked("PYTHON") or sys.executable,
            strategy=asked("STRATEGY") or "tpu",
            restarts=number("RESTARTS", 20, int),
            pause=number("PAUSE", 10),
            sync=number("SYNC", 300),
            wait=number("WAIT", 600),
            runs=Path(asked("RUNS") or "~/runs").expanduser(),
        )


class Job:
    """One call of job.sh."""

    def __init__(self, words: list[str], settings: Settings):
        """Reads the command line of an experiment.

        Args:
            words: The experiment and its arguments.
            settings: The environment variables.

        Raises:
            JobError: There is no experiment, or the output is a whole bucket.
        """
        if not words:
            raise JobError(
                "name an experiment, such as: tpu/job.sh experiments.mnist_gan "
                "--epochs 50"
            )
        self.settings = settings
        self.output = output_of(words)
        self.bucket = None
        if self.output is not None and self.output.startswith("gs://"):
            self.bucket = Bucket(self.output, settings.runs)
            words = with_output(words, str(self.bucket.folder))
        if not any(word.partition("=")[0] == "--strategy" for word in words):
            words = [*words, "--strategy", settings.strategy]
        self.words = words
        self._child: subprocess.Popen | None = None
        self._stop = threading.Event()

    @property
    def lock_name(self) -> str:
        """What no two jobs may share: the output, or the command if it has none."""
        if self.bucket is not None:
            return self.bucket.url
        if self.output is not None:
            return str(Path(self.output).expanduser().resolve())
        return " ".join([str(Path.cwd()), *self.words])

    def carry_out(self) -> int:
        """Runs the experiment to its end; returns the exit status.

        Raises:
            JobError: Another job has the output, or the bucket cannot be used.
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                signal.signal(number, self._asked_to_stop)
        with locks.alone(self.lock_name, self.settings.wait) as lock:
            if self.bucket is None:
                return self._until_it_ends(lock)
            self.bucket.lock = lock.fileno()
            self.bucket.fetch()
            with self._snapshots():
                status = self._until_it_ends(lock)
            saved = self.bucket.save() and self.bucket.finish(status)
            return status if saved else status or 1

    def _asked_to_stop(self, number: int, frame) -> None:
        self._stop.set()
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)

    def _until_it_ends(self, lock: IO[str]) -> int:
        """Runs the experiment, and again after interruptions; returns the status."""
        for count in range(self.settings.restarts + 1):
            status = self._once(lock)
            if status != ASKED_TO_STOP or self._stop.is_set():
                break
            if count < self.settings.restarts:
                pause = self.settings.pause
                print(
                    f"Interrupted; start {count + 2} in {pause:g} seconds.",
                    file=sys.stderr,
                    flush=True,
                )
                if self._stop.wait(pause):
                    break
        return status

    def _once(self, lock: IO[str]) -> int:
        """Runs the experiment once; returns its exit status.

        The child inherits the lock, and so keeps it if this process is killed.
        """
        if self._stop.is_set():
            return ASKED_TO_STOP
        own = [sys.executable, "-c", _CHILD, str(os.getpid())]
        command = [self.settings.python, "-m", *self.words]
        with subprocess.Popen([*own, *command], pass_fds=[lock.fileno()]) as child:
            self._child = child
            locks.note(lock, child.pid)
            if self._stop.is_set():  # asked before the child existed
                child.send_signal(signal.SIGTERM)
            status = child.wait()
        return status if status >= 0 else 128 - status

    @contextlib.contextmanager
    def _snapshots(self) -> Iterator[None]:
        """Uploads snapshots in a thread, and waits for the last one at the end."""
        ended = threading.Event()

        def copy() -> None:
            while not ended.wait(self.settings.sync):
                self.bucket.save()

        copier = threading.Thread(target=copy)
        copier.start()
        try:
            yield
        finally:
            ended.set()
            copier.join()


def output_of(words: list[str]) -> str | None:
    """Returns the value of the last `--output` of a command line, if there is any."""
    found = None
    for before, word in zip([""] + words, words, strict=False):
        if before == "--output":
            found = word
        elif word.startswith("--output="):
            found = word.removeprefix("--output=")
    return found


def with_output(words: list[str], folder: str) -> list[str]:
    """Returns the command line with the value of `--output` replaced."""
    changed = []
    for before, word in zip([""] + words, words, strict=False):
        if before == "--output":
            word = folder
        elif word.startswith("--output="):
            word = f"--output={folder}"
        changed.append(word)
    return changed


def main(words: list[str]) -> int:
    """Runs a command line; returns the exit status."""
    try:
        return Job(words, Settings.read()).carry_out()
    except JobError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
