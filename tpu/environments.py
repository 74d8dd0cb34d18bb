"""The two helper environments of preflight, and the processes that run in them.

"lowering" has the last TensorFlow with TPU kernels, and "compiling" has JAX with the
TPU compiler. They need different versions of libtpu, and both conflict with the
TensorFlow that the project otherwise uses. The files lowering.txt and compiling.txt
next to this module pin the exact version of every package.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_FOLDER = Path(__file__).parent
_PACKAGES = ("ganzoo", "experiments", "tpu")  # all that a train step needs
SIZES = {"lowering": "2.5 GB", "compiling": "1.3 GB"}


class HelperError(RuntimeError):
    """A helper environment cannot be created, or a process in it failed."""


def cache_folder(given: str | None = None) -> Path:
    """Returns the parent folder of the environments.

    Args:
        given: The folder, if the user chose one. The default is the environment
            variable `GANZOO_TPU_CACHE`, or else a folder in the user's cache.
    """
    if given := given or os.environ.get("GANZOO_TPU_CACHE"):
        return Path(given).expanduser().resolve()
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(caches).expanduser() / "ganzoo" / "tpu"


def folder(name: str, cache: Path) -> Path:
    """Returns the folder of an environment for this version of Python."""
    return cache / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"


def interpreter(name: str, cache: Path) -> Path | None:
    """Returns the environment's Python; None if it is missing or has other pins."""
    where = folder(name, cache)
    done = where / "pins.txt"
    if not done.exists() or done.read_text(encoding="utf-8") != _pins(name):
        return None
    return where / "bin" / "python"


def made(quick: bool, cache: Path) -> bool:
    """Returns whether the environments that a check needs exist.

    Args:
        quick: Whether the check works without "lowering".
        cache: Parent folder of the environments.
    """
    names = ["compiling"] if quick else ["lowering", "compiling"]
    return all(interpreter(name, cache) is not None for name in names)


def make(name: str, cache: Path) -> Path:
    """Creates an environment unless it exists; returns its Python.

    Raises:
        HelperError: It cannot be created. The message gives the reason and a remedy.
    """
    if (python := interpreter(name, cache)) is not None:
        return python
    if platform.machine() != "x86_64" or sys.platform != "linux":
        raise HelperError(
            f"The TPU compiler exists for Linux on x86-64 only, not for {sys.platform} "
            f"on {platform.machine()}."
        )
    where = folder(name, cache)
    print(
        f"Creating {where} ({SIZES[name]}), once; this takes a few minutes.",
        file=sys.stderr,
    )
    try:
        where.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HelperError(
            f"The environment {name!r} cannot be created: {error}. Use another folder "
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
                f"The environment {name!r} cannot be created: {_reason(done)}. pip "
                f"needs a package index with the versions in {pins.name}; "
                f"{_advice(name)}"
            )


def _advice(name: str) -> str:
    if name == "lowering":
        return "--quick works without this environment."
    return "nothing can be checked without the TPU compiler."


def run(
    python: Path, arguments: list[str], extra: Mapping[str, str] | None = None
) -> None:
    """Runs a process of a check, and waits for it.

    Args:
        python: The environment's Python.
        arguments: Command-line arguments of Python.
        extra: Environment variables in addition to `variables()`.

    Raises:
        HelperError: The process failed. The message quotes its error.
    """
    done = subprocess.run(
        [str(python), *arguments],
        env=variables() | dict(extra or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    reason = _reason(done)
    if done.returncode == 2 and reason.startswith("error: "):  # a wrong command line
        raise HelperError(reason.removeprefix("error: "))
    if done.returncode:
        what = f"ended with status {done.returncode}"
        raise HelperError(f"{' '.join(arguments[:2])} {what}: {reason}")


def variables() -> dict[str, str]:
    """Returns the environment variables of a process, without the caller's Python path.

    Without them, libtpu would ask the cloud's metadata server for the TPU's type, and
    refuse to load in a second process. Neither makes sense without a TPU.
    """
    dropped = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH")
    kept = {name: v for name, v in os.environ.items() if name not in dropped}
    return kept | {
        "TPU_SKIP_MDS_QUERY": "1",
        "TPU_WORKER_HOSTNAMES": "localhost",
        "TPU_ACCELERATOR_TYPE": "v5litepod-4",  # required, but any type will do
        "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",
        "JAX_PLATFORMS": "cpu",
        "KERAS_BACKEND": "tensorflow",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def link_sources(where: Path) -> Path:
    """Creates a folder with links to the project's packages only; returns it.

    If the project is installed among other packages, its folder must not be on the
    helper's path, because the helper would import those packages, too.
    """
    links = where / "source"
    links.mkdir()
    for package in _PACKAGES:
        (links / package).symlink_to(_FOLDER.parent / package)
    return links


def _pins(name: str) -> str:
    return (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def _reason(done: subprocess.CompletedProcess) -> str:
    """Returns the line of a process's error output that says why it failed."""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    reason = (errors or lines or ["it printed no error"])[-1]
    return reason.removeprefix("ERROR: ").rstrip(".")
