"""One train step on TensorFlow and on JAX: the same numbers up to rounding.

The noise is the same, bit for bit, so weights can be compared after many steps. JAX
runs in processes of its own: `tests.backend.two_backends`.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.backend import two_backends as both

pytest.importorskip("jax")

TOLERANCE = 1e-5
ROOT = Path(__file__).parents[2]
# Four logical CPUs, and a compiler in a hurry.
FLAGS = "--xla_force_host_platform_device_count=4 --xla_backend_optimization_level=0"
PATHS = {"PYTHONPATH": str(ROOT)}
QUICK = "GAN, k = 2, normalized, averaged"
NAMES = [
    pytest.param(name, marks=() if name == QUICK else pytest.mark.slow)
    for name in both.MODELS
]
Results = Callable[[str], tuple[dict, dict]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder that all processes of these tests share."""
    own = tmp_path_factory.getbasetemp()
    several = "PYTEST_XDIST_WORKER" in os.environ
    path = (own.parent if several else own) / "two_backends"
    path.mkdir(exist_ok=True)
    return path


@pytest.fixture(scope="module")
def results(folder) -> Results:
    """Returns what TensorFlow and JAX found, by the name of a model or "terms"."""
    known: dict[str, tuple[dict, dict]] = {}

    def computed(name: str) -> tuple[dict, dict]:
        if name not in known:
            with open(folder / f"{name}.lock", "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not (folder / f"{name} on tensorflow.npz").exists():
                    compute(folder, name)
            paths = folder / f"{name} on tensorflow.npz", folder / f"{name}.npz"
            known[name] = tuple(dict(np.load(path)) for path in paths)
        return known[name]

    return computed


def compute(folder: Path, name: str) -> None:
    """Trains here, then in a process on JAX, then goes on here with what JAX began."""
    found = both.terms() if name == "terms" else both.trained(name, folder)
    environment = os.environ | {"KERAS_BACKEND": "jax", "XLA_FLAGS": FLAGS}
    process = subprocess.run(
        [sys.executable, "-m", "tests.backend.two_backends", str(folder), name],
        cwd=ROOT,
        env=environment | PATHS,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    if name != "terms":
        path = both.weights_file(folder, name, "jax")
        [found["continued"]] = both.resumed(name, path)
    np.savez(folder / f"{name} on tensorflow.npz", **found)


def close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("name", NAMES)
class TestEveryModel:
    @pytest.mark.parametrize("what", ["whole", "samples", "logs", "evaluated"])
    def test_jax_computes_what_tensorflow_does(self, results, name, what):
        tensorflow, jax = results(name)
        close(jax[what], tensorflow[what])

    def test_a_run_resumes_to_the_bit(self, results, name):
        _, jax = results(name)
        np.testing.assert_array_equal(jax["resumed"], jax["whole"])

    def test_a_saved_model_is_loaded_to_the_bit(self, results, name):
        _, jax = results(name)
        np.testing.assert_array_equal(jax["loaded"], jax["half"])

    @pytest.mark.parametrize("count", both.COUNTS)
    def test_several_devices_change_nothing_but_rounding(self, results, name, count):
        _, jax = results(name)
        close(jax[f"on {count}"], jax["whole"])

    def test_each_backend_continues_what_the_other_began(self, results, name):
        for found in results(name):
            close(found["continued"], found["whole"])


@pytest.mark.slow
@pytest.mark.parametrize("name", both.TERMS)
def test_every_loss_and_penalty_is_the_same_on_jax(results, name):
    tensorflow, jax = results("terms")
    close(jax[name], tensorflow[name])


def test_the_random_numbers_are_the_same_to_the_bit(results):
    _, jax = results(QUICK)
    for name, expected in both.numbers().items():
        assert jax[name].dtype == expected.dtype
        if name.endswith("normal"):  # logarithms and cosines round differently
            close(jax[name], expected)
        else:
            np.testing.assert_array_equal(jax[name], expected)


@pytest.mark.slow
def test_what_jax_does_in_its_own_way_works():
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-q", "--noconftest"]
        + ["tests/backend/on_jax.py"],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "jax", "XLA_FLAGS": FLAGS} | PATHS,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stdout[-3000:]
