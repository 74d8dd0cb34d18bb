"""Parses command lines, and ends commands with one clear line."""

import contextlib
import difflib
import io
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn, TypeVar

T = TypeVar("T")

FAILED, MISUSED = 1, 2  # exit statuses, as usual
_PIPE_CLOSED = 128 + 13  # that of a program that SIGPIPE ends
_OUT_OF_MEMORY = (
    "out of memory; give smaller numbers (--batch-size, --count, sizes of networks and "
    "images), or close other programs."
)
_BOX = re.compile(r"^[│|╭╰╮╯─+\s]+|[│|╭╰╮╯─+\s]+$")
_HINTS = ("Perhaps you meant", "Available subcommands", "Argument helptext", "For full")


def meant(word: object, known: Iterable[str]) -> str:
    """Returns a suggestion such as " Did you mean mnist_dcgan?", or ""."""
    names = {str(one).lower(): str(one) for one in known}
    near = difflib.get_close_matches(str(word).lower(), names, 1)
    return f" Did you mean {names[near[0]]}?" if near else ""


def parsed(parse: Callable[[], T], known: Iterable[str] = ()) -> T:
    """Returns what `parse` reads from a command line with tyro.

    An invalid one ends the program, with one line in place of tyro's box. `known` are
    the possible values of the first word.
    """
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return parse()
    except SystemExit as end:
        if end.code in (None, 0):  # --help
            raise
        print(f"error: {one_line(said.getvalue(), known)}", file=sys.stderr)
        sys.exit(MISUSED)


def one_line(box: str, known: Iterable[str] = ()) -> str:
    """Converts a box of tyro, a title and parts between rules, to one line."""
    lines = [_BOX.sub("", line) for line in box.strip().splitlines()]
    inner = [line for line in lines[1:] if line.strip("-")] or lines
    ends = [n for n, line in enumerate(inner) if line.startswith(_HINTS)]
    said = (
        " ".join(inner[: ends[0] if ends else None])
        .removesuffix("(required)")
        .rstrip(". ")
        or "wrong words"
    )
    listed = re.search(r"Available subcommands: (.+?)(?:For full|$)", " ".join(inner))
    known = {*known, *(listed[1].strip().split(", ") if listed else ())}
    options = re.findall(
        r"^(--[\w-]+)", "\n".join(inner[ends[0] :] if ends else ()), re.M
    )
    word = re.search(r"Unrecognized options: ([^,]+)", said)
    hint = ""
    if options and word:
        hint = f" Did you mean {' or '.join(dict.fromkeys(options[:2]))}?"
    elif word:
        hint = meant(word[1], known)
        if not hint and listed:
            hint = f" There are {', '.join(sorted(known))}."
    return f"{said}.{hint} --help says what there is."


@contextlib.contextmanager
def ends(*errors: type[Exception]) -> Iterator[None]:
    """Ends a failing command with one line and an exit status.

    The message of `errors` is for the user. It handles the errors of `resources`, too.
    All other errors are bugs, whose traceback is shown.
    """
    try:
        with resources():
            yield
    except errors as error:
        fail(str(error))
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)


@contextlib.contextmanager
def resources() -> Iterator[None]:
    """Ends a command that runs out of memory, or whose output pipe closes (`| head`).

    A number that is too large for a library is reported in one line, too.
    """
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _close_stdout()
        sys.exit(_PIPE_CLOSED)
    except OverflowError as error:
        fail(f"a number is too large: {str(error).rstrip(chr(46))}.")
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        fail(_OUT_OF_MEMORY)


def fail(message: str) -> NoReturn:
    """Prints a message and ends the program."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(FAILED)


def is_out_of_memory(error: BaseException | None) -> bool:
    """Returns whether an error, or one of its causes, is a lack of memory."""
    errors = getattr(sys.modules.get("tensorflow"), "errors", None)
    kinds = (MemoryError, *([errors.ResourceExhaustedError] if errors else []))
    while error is not None:
        of_jax = type(error).__name__ in ("JaxRuntimeError", "XlaRuntimeError")
        if isinstance(error, kinds) or (of_jax and "RESOURCE_EXHAUSTED" in str(error)):
            return True
        error = error.__cause__
    return False


def _close_stdout() -> None:
    """Redirects stdout, so that Python does not flush to a closed pipe at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
