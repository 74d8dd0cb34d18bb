"""TensorFlow is imported only where it is Keras's backend, or needed all the same."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests import rooms

# The modules that are for TensorFlow alone; elsewhere it is imported within functions.
FOR_TENSORFLOW = (
    "ganzoo.backend.tensorflow",
    "ganzoo.backend.unrolling",
    "ganzoo.data.tensorflow_batches",
    "ganzoo.data.tensorflow_random",
    "ganzoo.distribute.devices",
)
FOLDER = "ganzoo.gans.on_tensorflow"
# Imports modules by their names, where TensorFlow cannot be imported.
PROGRAM = """
import importlib, json, sys
sys.modules["tensorflow"] = None
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
"""


def modules() -> dict[str, str]:
    """Returns the text of each module of ganzoo and the experiments, by its name."""
    paths = [path for path in rooms.modules() if path.parts[-2] != "tpu"]
    names = {rooms.dotted(path): path for path in paths}
    return {
        name: path.read_text(encoding="utf-8")
        for name, path in names.items()
        if name.partition(".")[0] != "tpu"
    }


def is_for_tensorflow(name: str) -> bool:
    return name in FOR_TENSORFLOW or name.startswith(FOLDER)


def test_only_modules_for_tensorflow_import_it_when_they_are_imported():
    for name, text in modules().items():
        if not is_for_tensorflow(name):
            assert not re.search(r"^(import|from) tensorflow\b", text, re.M), name


def test_everything_else_is_imported_on_jax_without_tensorflow(tmp_path):
    pytest.importorskip("jax")
    # Commands, and the page that needs the extra `explore`.
    apart = re.compile(r"\.__main__$|^ganzoo\.explorer\b")
    names = [
        name
        for name in modules()
        if not is_for_tensorflow(name) and not apart.search(name)
    ]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(names)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(rooms.ROOT), "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
