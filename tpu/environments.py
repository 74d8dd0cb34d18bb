"""The two helper environments of preflight, and the processes that run in them.

"lowering" holds the last TensorFlow with a TPU's kernels, "compiling" JAX with the TPU
compiler. The two need different versions of libtpu, and neither goes with the
TensorFlow that the project is used with otherwise. What is in them is fixed to the last
version number by lowering.txt and compiling.txt beside this module.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_FOLDER = Path(__file__).parent
_PACKAGES = ("ganzoo", "experiments", "tpu")  # what a step is made of
SIZES = {"lowering": "2.5 GB", "compiling": "1.3 GB"}


class HelperError(RuntimeError):
    """A helper environment that is not there, or a process in it that failed."""


def cache_folder(given: str | None = None) -> Path:
    """Returns where the environments are kept.

    Args:
        given: The folder; by default that of the environment variable
            `GANZOO_TPU_CACHE`, or one in the user's cache.
    """
    if given := given or os.environ.get("GANZOO_TPU_CACHE"):
        return Path(given).expanduser().resolve()
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(caches).expanduser() / "ganzoo" / "tpu"


def folder(name: str, cache: Path) -> Path:
    """Returns the folder of an environment; each version of Python has its own."""
    return cache / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"


def interpreter(name: str, cache: Path) -> Path | None:
    """Returns the environment's Python; None if it is not made, or of other pins."""
    where = folder(name, cache)
    done = where / "pins.txt"
    if not done.exists() or done.read_text(encoding="utf-8") != _pins(name):
        return None
    return where / "bin" / "python"


def made(quick: bool, cache: Path) -> bool:
    """Returns whether the environments of a check are made.

    Args:
        quick: Whether the check does without "lowering".
        cache: Where they are kept.
    """
    names = ["compiling"] if quick else ["lowering", "compiling"]
    return all(interpreter(name, cache) is not None for name in names)


def make(name: str, cache: Path) -> Path:
    """Makes an environment, unless it is made; returns its Python.

    Raises:
        HelperError: It cannot be made; the message says why and what helps.
    """
    if (python := interpreter(name, cache)) is not None:
        return python
    if platform.machine() != "x86_64" or sys.platform != "linux":
        raise HelperError(
            f"There is a TPU compiler for Linux on x86-64 only, not for {sys.platform} "
            f"on {platform.machine()}."
        )
    where = folder(name, cache)
    print(f"Making {where} ({SIZES[name]}), once: some minutes.", file=sys.stderr)
    try:
        where.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HelperError(
            f"The environment {name!r} cannot be made: {error}. Name another folder "
            "with --cache."
        ) from error
    _install(name, where)
    (where / "pins.txt").write_text(_pins(name), encoding="utf-8")
    return where / "bin" / "python"


def _install(name: str, where: Path) -> None:
    python = where / "bin" / "python"
    pins = _FOLDER / f"{name}.txt"
    commands = (
        [sys.executable, "-m", "venv", "--clear", where],
        [python, "-m", "pip", "install", "--quiet", "-r", pins],
    )
    for command in commands:
        done = subprocess.run(
            [str(part) for part in command],
            env=variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise HelperError(
                f"The environment {name!r} cannot be made: {_reason(done)}. pip must "
                f"reach a package index that has the versions of {pins.name}; "
                f"{_advice(name)}"
            )


def _advice(name: str) -> str:
    if name == "lowering":
        return "--quick does without this environment."
    return "without the TPU compiler nothing can be checked."


def run(
    python: Path, arguments: list[str], extra: Mapping[str, str] | None = None
) -> None:
    """Runs a process of a check to its end.

    Args:
        python: Of the environment.
        arguments: Of Python.
        extra: Environment variables, beside `variables()`.

    Raises:
        HelperError: The process failed; the message has its last words.
    """
    done = subprocess.run(
        [str(python), *arguments],
        env=variables() | dict(extra or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    said = _reason(done)
    if done.returncode == 2 and said.startswith("error: "):  # a wrong command line
        raise HelperError(said.removeprefix("error: "))
    if done.returncode:
        what = f"ended with status {done.returncode}"
        raise HelperError(f"{' '.join(arguments[:2])} {what}: {said}")


def variables() -> dict[str, str]:
    """Returns the environment variables of a process, without the caller's Python path.

    libtpu would ask a cloud's metadata server what TPU there is, and keep a second
    process from loading it; here there is none to be had, or to be kept apart.
    """
    dropped = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH")
    kept = {name: v for name, v in os.environ.items() if name not in dropped}
    return kept | {
        "TPU_SKIP_MDS_QUERY": "1",
        "TPU_WORKER_HOSTNAMES": "localhost",
        "TPU_ACCELERATOR_TYPE": "v5litepod-4",  # any: it is asked for
        "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",
        "JAX_PLATFORMS": "cpu",
        "KERAS_BACKEND": "tensorflow",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def link_sources(where: Path) -> Path:
    """Returns a folder that holds the project's packages, and nothing beside them.

    Installed among other packages they could not be put on another Python's path
    without these.
    """
    links = where / "source"
    links.mkdir()
    for package in _PACKAGES:
        (links / package).symlink_to(_FOLDER.parent / package)
    return links


def _pins(name: str) -> str:
    return (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def _reason(done: subprocess.CompletedProcess) -> str:
    """Returns the line of a failed process that says why."""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    said = (errors or lines or ["it said nothing"])[-1]
    return said.removeprefix("ERROR: ").rstrip(".")
