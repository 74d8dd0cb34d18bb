"""The processes of preflight, in which a step is compiled without a TPU."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


class ProcessError(RuntimeError):
    """A process cannot start, or it failed."""


def check_installed() -> None:
    """Checks that JAX and the TPU compiler are installed.

    Raises:
        ProcessError: One is missing. The message names it and the remedy.
    """
    missing = [n for n in ("jax", "libtpu") if importlib.util.find_spec(n) is None]
    if missing:
        raise ProcessError(
            f"{' and '.join(missing)} not installed; the check needs JAX and the TPU "
            "compiler: python -m pip install -e '.[jax-tpu]' (Linux on x86-64)."
        )


def run(arguments: list[str]) -> None:
    """Runs this Python with arguments, and waits for it.

    Raises:
        ProcessError: The process failed. The message quotes its error.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        env=variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    reason = _reason(done.stderr)
    if done.returncode == 2 and reason.startswith("error: "):  # a wrong command line
        raise ProcessError(reason.removeprefix("error: "))
    if done.returncode:
        what = f"ended with status {done.returncode}"
        raise ProcessError(f"{' '.join(arguments[:2])} {what}: {reason}")


def variables() -> dict[str, str]:
    """Returns the environment variables of a process.

    Without them, libtpu would ask the cloud's metadata server for the TPU's type, and
    refuse to load in a second process. Neither makes sense without a TPU.
    """
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {
        "TPU_SKIP_MDS_QUERY": "1",
        "TPU_WORKER_HOSTNAMES": "localhost",
        "TPU_ACCELERATOR_TYPE": "v5litepod-4",  # required, but any type will do
        "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",
        "JAX_PLATFORMS": "cpu",
        "KERAS_BACKEND": "jax",
        "PYTHONPATH": os.pathsep.join(paths),
    }


def _reason(said: str) -> str:
    """Returns the line of a process's error output that says why it failed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    reason = (errors or lines or ["it printed no error"])[-1]
    return reason.rstrip(".")
