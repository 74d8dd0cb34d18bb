"""Four logical CPU devices, the real data if they are at hand, no leftovers.

Tests run on Keras's backend. Files that import TensorFlow are for it alone.
"""

import contextlib
import os
import re
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# What XLA compiles here runs for a few tiny steps: optimizing its machine code, and a
# compiler run for every fusion, would take three times as long as all else. A flag
# that is there already is kept, for the last one of a name counts.
os.environ["XLA_FLAGS"] = (
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true "
    f"--xla_cpu_use_fusion_emitters=false {os.environ.get('XLA_FLAGS', '')}"
)

# Before Keras, for it keeps TensorFlow's notices off the console.
import ganzoo  # noqa: F401

# isort: split
import pytest

from ganzoo import console

TENSORFLOW = console.keras_backend() == "tensorflow"
if not TENSORFLOW:  # which has them by tests.process
    os.environ["XLA_FLAGS"] += " --xla_force_host_platform_device_count=4"


def pytest_ignore_collect(collection_path):
    """Leaves out what needs TensorFlow where that is not the backend."""
    if TENSORFLOW or collection_path.suffix != ".py":
        return None
    text = collection_path.read_text(encoding="utf-8")
    return True if re.search(r"^\s*(import|from) tensorflow", text, re.M) else None


def pytest_collectstart():
    """Starts TensorFlow where tests run; a process that hands them out needs none."""
    if TENSORFLOW:
        from tests import process  # noqa: F401


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Keeps prepared pictures out of the user's cache."""
    os.environ["GANZOO_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def defaults_of_the_process():
    """Gives every test the default precision, and operations as fast as they come.

    An experiment's run sets both for the whole process.
    """
    yield
    import keras

    if TENSORFLOW:
        _forget_determinism()
    if keras.config.dtype_policy().name != "float32":
        keras.config.set_dtype_policy("float32")


def _forget_determinism():
    from tensorflow.python import pywrap_tfe
    from tensorflow.python.eager import backprop
    from tensorflow.python.framework import config

    config.disable_op_determinism()
    pywrap_tfe.TFE_Py_RegisterVSpace(backprop._default_vspace)
    if "arithmetic_optimization" in config.get_optimizer_experimental_options():
        config.set_optimizer_experimental_options({"arithmetic_optimization": True})


@pytest.fixture
def graphs():
    """Traces a test's functions where others of its file are run without graphs."""


@contextlib.contextmanager
def eagerly():
    """Runs every function that would be traced: cheaper for a few steps.

    That a graph computes the same is shown by the checks of every model and by
    tests/gans/test_base.py. JAX has no such switch.
    """
    if not TENSORFLOW:
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


@pytest.fixture
def without_graphs(request):
    """Runs a test eagerly, unless it asks for `graphs` or for replicas."""
    if {"graphs", "mirrored"} & set(request.fixturenames):
        yield
    else:
        with eagerly():
            yield


@pytest.fixture(scope="module")
def without_graphs_at_all():
    """Runs all tests of a file eagerly, and the fixtures that ask for this one."""
    with eagerly():
        yield


@pytest.fixture(scope="session")
def tfds_dir() -> str:
    """Folder of prepared TensorFlow Datasets; skips the test where there is none."""
    folder = os.environ.get("TFDS_DATA_DIR", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("no prepared data sets: set TFDS_DATA_DIR to their folder")
    return folder


@pytest.fixture(scope="session")
def mirrored():
    """Returns count -> a strategy of that many replicas, each on a logical CPU."""
    from ganzoo import distribute

    def strategy(count: int):
        devices = [f"CPU:{number}" for number in range(count)]
        return distribute.strategy("mirrored", devices=devices)

    return strategy
