"""Compiling on JAX, in a process of its own, whatever the backend of these tests is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("jax")

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_steps_are_compiled_on_jax():
    flags = os.environ["XLA_FLAGS"]  # a compiler in a hurry: see tests/conftest.py
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-q", "--noconftest"]
        + ["tests/tpu/on_jax.py"],
        cwd=ROOT,
        env=os.environ
        | {"KERAS_BACKEND": "jax", "XLA_FLAGS": flags, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stdout[-3000:]
