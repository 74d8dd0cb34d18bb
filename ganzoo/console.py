"""Keeps TensorFlow's start-up notices off the console, and nothing else.

TensorFlow writes some while it is imported, before it reads TF_CPP_MIN_LOG_LEVEL, and
bypasses Python, so this module redirects the file descriptor of standard error. It only
imports the standard library, so that it can run before TensorFlow.
"""

import contextlib
import faulthandler
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import re
import sys
import tempfile
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

_STDERR = 2  # what C++ writes to, whatever sys.stderr is
# Log lines of the levels info and warning in both of TensorFlow's formats, the line
# that announces them, the second line of the notice on CPU instructions, and an
# optimizer of graphs that does not find what another one removed, which harms nothing.
_NOTICE = re.compile(
    rb"[IW]\d{4} \d\d:|\d{4}-\d\d-\d\d [\d:.]+: [IW] |"
    rb"WARNING: All log messages before absl::InitializeLog|"
    rb"To enable the following instructions: |"
    rb"E\d{4} \d\d:\S+ +\d+ meta_optimizer.cc:\d+\] remapper failed: "
)


@contextlib.contextmanager
def quiet(*, everything: bool = False) -> Iterator[None]:
    """Buffers standard error, and drops TensorFlow's notices at the end.

    Everything else is then printed, and after an exception the notices, too; or, with
    `everything`, nothing at all, for converters whose errors are exceptions. To always
    see it, set the environment variable TF_CPP_MIN_LOG_LEVEL to 0.
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
                if not (everything or (done and _NOTICE.match(line))):
                    os.write(_STDERR, line)


@contextlib.contextmanager
def _crashes_shown(console: int) -> Iterator[None]:
    """Shows where the process crashed, which would lose the buffered output."""
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
    """Makes the first import of TensorFlow run within `quiet`."""
    there = any(isinstance(finder, _QuietFinder) for finder in sys.meta_path)
    if "tensorflow" not in sys.modules and not there:
        sys.meta_path.insert(0, _QuietFinder())


class _QuietFinder(importlib.abc.MetaPathFinder):
    """Finds TensorFlow as the other finders do, with a loader that is quiet."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Returns the spec of TensorFlow; None for other modules."""
        if name != "tensorflow":
            return None
        others = [one for one in sys.meta_path if one is not self]
        found = (one.find_spec(name, path, target) for one in others)
        spec = next((one for one in found if one is not None), None)
        if spec is not None and spec.loader is not None:
            quietly = self._quietly(spec.loader.exec_module)
            # The loader is TensorFlow's own, which nothing else uses.
            spec.loader.exec_module = quietly  # type: ignore[assignment, method-assign]
        return spec

    def _quietly(
        self, execute: Callable[[types.ModuleType], None]
    ) -> Callable[[types.ModuleType], None]:
        def run(module: types.ModuleType) -> None:
            with contextlib.suppress(ValueError):  # there already
                sys.meta_path.remove(self)
            with quiet():
                execute(module)

        return run
