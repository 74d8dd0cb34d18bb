"""Keeps TensorFlow's start-up notices off the console, and nothing else.

It writes some while it is being imported, before it heeds TF_CPP_MIN_LOG_LEVEL, and
past Python: what must be watched is the file descriptor of the standard errors. This
module imports the standard library only, so that it is there before TensorFlow is.
"""

import contextlib
import faulthandler
import os
import re
import sys
import tempfile
from collections.abc import Iterator

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
