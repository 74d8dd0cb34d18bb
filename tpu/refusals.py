"""Why a step cannot run on a TPU: the reason, the operation and its source line."""

import dataclasses
import os
import re
import traceback
from collections.abc import Iterable
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
# Stack frames of libraries, in which the user cannot fix anything.
_LIBRARIES = re.compile(r"/(?:jax|jaxlib|keras|numpy)/(?:_src|src|experimental)/|^<")


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Why a step cannot run on a TPU.

    Attributes:
        stage: The stage that failed: tracing or compiling.
        message: The reason, in one line.
        operation: The operation, as the compiler names it.
        source: Its source line, such as "ganzoo/gans/gan.py:246 in discriminate".
    """

    stage: str
    message: str
    operation: str | None = None
    source: str | None = None


class RefusedError(Exception):
    """A step was refused."""

    def __init__(self, refusal: Refusal):
        """Takes the reason."""
        super().__init__(refusal.message)
        self.refusal = refusal


def untraceable(error: Exception) -> Refusal:
    """Returns a refusal for a step that raised an exception during tracing."""
    frames = traceback.extract_tb(error.__traceback__)
    reason = next((line for line in str(error).splitlines() if line.strip()), "")
    return Refusal(
        "tracing",
        f"{type(error).__name__}: {reason}",
        source=innermost((f.filename, f.lineno, f.name) for f in frames),
    )


def rejected(message: str) -> Refusal:
    """Returns a refusal for the compiler's message."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    named = re.search(r'op_name="([^"]+)"', message)
    where = re.search(r'source_file="([^"]+)" source_line=(\d+)', message)
    return Refusal(
        "compiling",
        (lines or ["the compiler gave no reason"])[0],
        named[1] if named else None,
        f"{_short(where[1])}:{where[2]}" if where else None,
    )


def innermost(frames: Iterable[tuple]) -> str | None:
    """Returns the innermost line outside the libraries; None if there is none.

    Args:
        frames: Tuples (file, line, function), the innermost last.
    """
    own = [frame for frame in frames if not _LIBRARIES.search(frame[0])]
    if not own:
        return None
    file, line, function = own[-1]
    return f"{_short(file)}:{line} in {function}"


def _short(file: str) -> str:
    """Returns a path relative to the project or to the working directory."""
    path = Path(os.path.realpath(file))
    for root in (_ROOT, Path.cwd()):
        if path.is_relative_to(root):
            return str(path.relative_to(root))
    return file
