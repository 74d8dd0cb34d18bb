"""Runs small experiments in separate processes that can be killed.

The parent imports everything, which takes ten seconds, but runs nothing in TensorFlow.
Its children are forked, so they start training immediately.
"""

import contextlib
import dataclasses
import importlib
import json
import os
import resource
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

import numpy as np

# Module, class of the settings, and arguments that make the experiment small. NOISE
# stands for a data set of colored noise.
NOISE = "NOISE"
_RING = "--epochs 2 --epoch-steps 8 --batch-size 32 --latent-dim 8"
_DIGITS = "--dataset digits --smoke"
_OF_NOISE = f"--dataset {NOISE} --smoke"
_VARIANTS, _SVHN = "experiments.gan_variants", "experiments.svhn_training_images"
EXPERIMENTS = {
    "ring": (_VARIANTS, "Ring", f"{_RING} --measure-samples 200"),
    "mnist_gan": ("experiments.mnist_gan", "Config", f"{_DIGITS} --measure-samples 50"),
    "infogan": (_VARIANTS, "Infogan", _DIGITS),
    "discogan": (_VARIANTS, "Discogan", _DIGITS),
    "stacked": (_VARIANTS, "Stacked", _DIGITS),
    "cifar10_gan": (
        "experiments.cifar10_gan",
        "Config",
        f"{_OF_NOISE} --architecture mlp --width 8 --extractor none",
    ),
    "multi_digit_mnist": ("experiments.multi_digit_mnist", "Config", _DIGITS),
    "conditional": (_SVHN, "Conditional", _OF_NOISE),
    "simgan": (_SVHN, "Simgan", _OF_NOISE),
}
# A checkpoint after every step.
OFTEN = ("--checkpoint-minutes", "1e-9")


@dataclasses.dataclass
class Child:
    """A process that runs an experiment.

    Attributes:
        process: Process ID.
        log: File with its output and errors.
    """

    process: int
    log: Path

    def wait(self, seconds: float = 120.0) -> int:
        """Waits for its end; returns the exit status, negative for a signal.

        Raises:
            TimeoutError: It takes longer; it is then killed.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            done, status = os.waitpid(self.process, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.005)
        self.kill()
        raise TimeoutError(f"still running after {seconds:.0f} s: {self.log}")

    def kill(self) -> None:
        """Kills it, as a power cut would, and waits for its end."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)

    def lines(self) -> list[str]:
        """Returns its output without empty lines."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return [line for line in text.splitlines() if line.strip()]


def start(
    folder: Path,
    *more: str,
    experiment: str = "ring",
    often: bool = True,
    log: Path | None = None,
    file_limit: int | None = None,
    worker: tuple[int, list[str]] | None = None,
) -> Child:
    """Starts the experiment, or resumes it.

    Args:
        folder: The run folder.
        *more: Additional arguments of the command line.
        experiment: One of `EXPERIMENTS`.
        often: Whether to save a checkpoint after every step, not only every epoch.
        log: File for the output; next to the folder by default.
        file_limit: Maximum size of a file, in bytes.
        worker: Index of this worker, and the addresses of all workers.
    """
    log = log or folder.with_name(f"{folder.name}.log")
    module, kind, small = EXPERIMENTS[experiment]
    words = ["--output", str(folder), *small.split()]
    words += [*(OFTEN if often else ()), *more]
    if NOISE in words:
        words[words.index(NOISE)] = str(_noise(folder.parent / "noise.npz"))
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        return Child(process, log)
    status = 99
    try:
        _redirect(log)
        if file_limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
        if worker is not None:
            _be_worker(*worker)
        status = _carry_out(module, kind, words)
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def addresses(count: int) -> list[str]:
    """Returns `count` unused addresses of this machine."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("localhost", 0))
    found = [f"localhost:{one.getsockname()[1]}" for one in sockets]
    for one in sockets:
        one.close()
    return found


def _redirect(log: Path) -> None:
    opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(opened, 1)
    os.dup2(opened, 2)


def _be_worker(index: int, everyone: list[str]) -> None:
    task = {"type": "worker", "index": index}
    cluster = {"worker": everyone}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": task})


def _noise(path: Path) -> Path:
    """Returns a file of labeled noise, 32x32 in color, and writes it if needed."""
    if not path.exists():
        chance = np.random.default_rng(0)
        images = chance.integers(0, 256, (700, 32, 32, 3), np.uint8)
        labels = np.arange(700) % 10
        test = {"test_images": images[::5], "test_labels": labels[::5]}
        np.savez(path, images=images, labels=labels, **test)
    return path


def _carry_out(module: str, kind: str, words: list[str]) -> int:
    """Runs the command; returns its exit status."""
    import tyro

    from experiments.harness import command

    # As on the command line, for the manifest and the report.
    sys.argv = [module]
    home = importlib.import_module(module)
    try:
        config = tyro.cli(getattr(home, kind), description=kind, args=words)
        command.finish(config, home.PAPER.command_of(config))
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        return 99
    return 0
