"""Keeps TensorFlow's start-up notices off the console, and nothing else.

It writes some while it is being imported, before it heeds TF_CPP_MIN_LOG_LEVEL, and
past Python: what must be watched is the file descriptor of the standard errors. This
module imports the standard library only, so that it is there before TensorFlow is.
"""

import contextlib
import faulthandler
import importlib.abc
import importlib.util
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

_STDERR = 2  # what C++ writes to, whatever sys.stderr is
# Log lines of the levels information and warning in either format of TensorFlow's, the
# line that announces them, and the second line of the notice on CPU instructions.
_NOTICE = re.compile(
    rb"[IW]\d{4} \d\d:|\d{4}-\d\d-\d\d [\d:.]+: [IW] |"
    rb"WARNING: All log messages before absl::InitializeLog|"
    rb"To enable the following instructions: "
)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Holds back what is written to the standard errors; at the end drops the notices.

    Everything else then appears, and after an exception the notices, too. Whoever wants
    them always sets the environment variable TF_CPP_MIN_LOG_LEVEL to 0.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "0":
        yield
        return
    try:
        console = os.dup(_STDERR)
    except OSError:  # a program without a console
        yield
        return
    done = False
    with tempfile.TemporaryFile() as held:
        _flush()
        os.dup2(held.fileno(), _STDERR)
        try:
            with _crashes_shown(console):
                yield
            done = True
        finally:
            _flush()
            os.dup2(console, _STDERR)
            os.close(console)
            held.seek(0)
            for line in held:
                if not (done and _NOTICE.match(line)):
                    os.write(_STDERR, line)


@contextlib.contextmanager
def _crashes_shown(console: int) -> Iterator[None]:
    """A crash of the process would take what is held back with it: it says where."""
    if faulthandler.is_enabled():
        yield
        return
    faulthandler.enable(console)
    try:
        yield
    finally:
        faulthandler.disable()


def _flush() -> None:
    if sys.stderr is not None:
        sys.stderr.flush()


def keras_backend() -> str:
    """Returns the name of Keras's backend, without importing Keras.

    As Keras looks it up: the environment variable KERAS_BACKEND, then the user's
    keras.json.
    """
    if keras := sys.modules.get("keras"):
        return keras.backend.backend()
    if named := os.environ.get("KERAS_BACKEND"):
        return named
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    try:
        text = (Path(home) / "keras.json").read_text(encoding="utf-8")
        return json.loads(text).get("backend", "tensorflow")
    except (AttributeError, OSError, RuntimeError, ValueError):  # Keras ignores it, too
        return "tensorflow"


def start_tensorflow_quietly() -> None:
    """Has whoever imports TensorFlow first import it within `quiet`."""
    there = any(isinstance(finder, _QuietFinder) for finder in sys.meta_path)
    if "tensorflow" not in sys.modules and not there:
        sys.meta_path.insert(0, _QuietFinder())


class _QuietFinder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow as the other finders do, with a loader that is quiet."""

    def find_spec(self, name, path=None, target=None):
        """Returns the spec of TensorFlow; None of all else."""
        if name != "tensorflow":
            return None
        others = [one for one in sys.meta_path if one is not self]
        found = (one.find_spec(name, path, target) for one in others)
        spec = next((one for one in found if one is not None), None)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = self._quietly(spec.loader.exec_module)
        return spec

    def _quietly(self, execute):
        def run(module) -> None:
            with contextlib.suppress(ValueError):  # there already
                sys.meta_path.remove(self)
            with quiet():
                execute(module)

        return run
