"""Runs a selection of the tests in environments that others have.

    python -m tests.environments              # all of them
    python -m tests.environments colab-tpu    # one

Each is a new virtual environment in a temporary folder: with what Colab has installed
on its runtimes, pinned in .ci/, or with the newest releases but without TensorFlow,
and with the TPU compiler or without.
Python is Colab's where that can be had, or else the one that runs this.
"""

import argparse
import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = "python3.13"  # Colab's

TENSORFLOW = (
    *("tests/test_import.py", "tests/test_losses.py", "tests/test_penalties.py"),
    *(f"tests/gans/test_{name}.py" for name in ("gan", "base", "saving", "sampling")),
    "tests/zoo/test_generators.py",
)
# Of their files, those that import TensorFlow are left out; see tests/conftest.py.
JAX = (
    *("tests/test_files.py", "tests/test_float16_weights.py", "tests/test_random.py"),
    *(f"tests/{room}" for room in ("callbacks", "data", "metrics", "plots", "runs")),
)
# With the TPU compiler; on_jax.py is no test of other backends.
TPU = ("tests/tpu", "tests/tpu/on_jax.py")
# Trains to a report: data, steps, samples, metrics, run folder.
TRAINING = ("-m", "experiments.mnist_gan", "quick", "--epochs", "1")
# Refuses an environment that has TensorFlow after all.
NO_TENSORFLOW = (
    "import importlib.util, sys\n"
    "sys.exit('TensorFlow is installed' if importlib.util.find_spec('tensorflow') "
    "else None)"
)


@dataclasses.dataclass(frozen=True)
class Environment:
    """An environment.

    Attributes:
        extras: Extras of ganzoo that are installed.
        tests: Files and folders of tests.
        pins: File of pip's constraints, if there is one.
        backend: Keras's backend.
    """

    extras: str
    tests: tuple[str, ...]
    pins: str | None = None
    backend: str = "tensorflow"

    def check(self, folder: Path) -> None:
        """Makes it in a folder, and runs the tests; raises CalledProcessError."""
        subprocess.run([_python(), "-m", "venv", folder], check=True)
        python = folder / "bin" / "python"
        pins = ["-c", str(ROOT / self.pins)] if self.pins else []
        words = ["-m", "pip", "install", "--quiet", *pins, "-e", f".[{self.extras}]"]
        self._run(python, *words)
        if self.backend != "tensorflow":
            self._run(python, "-c", NO_TENSORFLOW)
            self._run(python, *TRAINING, "--output", str(folder / "run"))
        self._run(python, "-m", "pytest", *self.tests)

    def _run(self, python: Path, *words: str) -> None:
        environment = os.environ | {"KERAS_BACKEND": self.backend}
        environment["JAX_PLATFORMS"] = "cpu"  # libtpu would look for a TPU
        for name in ("PYTHONPATH", "PYTHONHOME"):
            environment.pop(name, None)
        subprocess.run([python, *words], cwd=ROOT, env=environment, check=True)


ENVIRONMENTS = {
    "colab": Environment("cpu,test", TENSORFLOW, ".ci/colab.txt"),
    "colab-tpu": Environment("jax,test", JAX, ".ci/colab_tpu.txt", "jax"),
    "jax": Environment("jax,test", JAX, None, "jax"),
    "tpu": Environment("jax-tpu,test", TPU, None, "jax"),
}


def _python() -> str:
    found = shutil.which(PYTHON)
    if found and subprocess.run([found, "-c", ""], capture_output=True).returncode == 0:
        return found
    version = sys.version.split()[0]
    print(f"no {PYTHON} here: Python {version} takes its place", file=sys.stderr)
    return sys.executable


def main() -> None:
    """Checks the environments that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(ENVIRONMENTS)}")
    names = parser.parse_args().names or list(ENVIRONMENTS)
    if unknown := set(names) - set(ENVIRONMENTS):
        parser.error(f"there is no {', '.join(unknown)}, but {', '.join(ENVIRONMENTS)}")
    for name in names:
        print(f"-- {name}", flush=True)
        with tempfile.TemporaryDirectory(prefix=f"ganzoo-{name}-") as folder:
            ENVIRONMENTS[name].check(Path(folder))


if __name__ == "__main__":
    main()
