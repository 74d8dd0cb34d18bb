"""What `import ganzoo` says where it cannot work, in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ganzoo

ROOT = Path(__file__).parents[1]


def last_line_of_import(preparation: str = "", **environment: str) -> str:
    """Imports the package in a process of its own; returns how that ended."""
    done = subprocess.run(
        [sys.executable, "-c", f"{preparation}\nimport ganzoo"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 1, done.stderr
    return done.stderr.strip().splitlines()[-1]


def test_without_tensorflow_the_extras_are_named():
    line = last_line_of_import("import sys; sys.modules['tensorflow'] = None")
    assert line == (
        "ImportError: ganzoo needs a build of TensorFlow: in the project's folder, run "
        'python -m pip install -e ".[cpu]" (or [gpu], [tpu]); or JAX, with '
        "KERAS_BACKEND=jax."
    )


def test_without_jax_its_extras_are_named():
    line = last_line_of_import(
        "import sys; sys.modules['jax'] = None", KERAS_BACKEND="jax"
    )
    assert line == (
        "ImportError: KERAS_BACKEND=jax needs JAX: in the project's folder, run python "
        '-m pip install -e ".[jax]" (or [jax-gpu], [jax-tpu]).'
    )


def test_another_backend_is_named_before_keras_fails_for_want_of_it():
    line = last_line_of_import(KERAS_BACKEND="torch")
    assert line == (
        "ImportError: ganzoo runs on Keras's backends TensorFlow and JAX, but the "
        "backend is 'torch': set KERAS_BACKEND=tensorflow."
    )


def test_a_backend_named_in_keras_own_file_is_reported_too(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "torch"}', encoding="utf-8")
    preparation = (
        "import os, sys; os.environ.pop('KERAS_BACKEND', None)\n"
        "sys.modules['torch'] = None"
    )
    line = last_line_of_import(preparation, KERAS_HOME=str(tmp_path))
    assert line.startswith("ImportError: ")
    assert "backends TensorFlow and JAX" in line
    assert "set KERAS_BACKEND=tensorflow" in line


def test_everything_that_is_promised_is_there():
    for name in ganzoo.__all__:
        assert hasattr(ganzoo, name)
    assert ganzoo.__version__.count(".") == 2


@pytest.mark.parametrize(
    ("preparation", "chosen"),
    [
        ("os.environ.pop('TF_ENABLE_ONEDNN_OPTS', None)", "1"),
        ("os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'", "0"),
        # Too late: TensorFlow has read it.
        (
            "os.environ.pop('TF_ENABLE_ONEDNN_OPTS', None)\n"
            "import types; sys.modules['tensorflow'] = types.ModuleType('tensorflow')\n"
            "sys.modules['tensorflow'].__spec__ = importlib.machinery.ModuleSpec("
            "'tensorflow', None)",
            "None",
        ),
    ],
)
def test_onednn_computes_on_any_processor_unless_the_user_decides(preparation, chosen):
    code = (
        f"import importlib.machinery, os, sys\n{preparation}\nimport ganzoo\n"
        "print(os.environ.get('TF_ENABLE_ONEDNN_OPTS'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.strip() == chosen, done.stderr
