"""What `ganzoo.console` shows, in processes of their own: it is about start-up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALONE = """
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("console", "ganzoo/console.py")
console = importlib.util.module_from_spec(spec)
spec.loader.exec_module(console)
NOTICES = b'''WARNING: All log messages before absl::InitializeLog() is called
I0000 00:00:1795326805.786838   21846 port.cc:153] oneDNN custom operations are on.
2026-01-02 03:04:05.678: W external/local_xla/a.cc:1] as older versions write it
To enable the following instructions: AVX2, rebuild TensorFlow.
E0000 00:00:1796047862.130476    9743 meta_optimizer.cc:967] remapper failed: INVALID
'''
"""


def stderr_of(code: str, status: int = 0, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", ALONE + code],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
        | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    return done.stderr


def test_notices_are_dropped_and_all_else_appears_in_order():
    code = """
print("before", file=sys.stderr)
with console.quiet():
    os.write(2, NOTICES + b"E0000 00:00:1.5 7 a.cc:1] a real error\\n")
    print("a warning of Python", file=sys.stderr)
    os.write(2, NOTICES)
os.write(2, b"I0000 00:00:1.5 7 a.cc:1] not start-up any more\\n")
"""
    assert stderr_of(code).splitlines() == [
        "before",
        "E0000 00:00:1.5 7 a.cc:1] a real error",
        "a warning of Python",
        "I0000 00:00:1.5 7 a.cc:1] not start-up any more",
    ]


def test_after_an_exception_everything_appears():
    code = """
with console.quiet():
    os.write(2, NOTICES)
    raise ImportError("no")
"""
    lines = stderr_of(code, status=1).splitlines()
    assert len([line for line in lines if "oneDNN" in line]) == 1
    assert lines[-1] == "ImportError: no"


def test_whoever_asks_for_the_notices_sees_them():
    code = "with console.quiet():\n    os.write(2, NOTICES)\n"
    assert "oneDNN" in stderr_of(code, TF_CPP_MIN_LOG_LEVEL="0")


def test_no_console_is_no_error():
    code = "os.close(2)\nwith console.quiet():\n    pass\n"
    assert stderr_of(code) == ""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_crash_is_not_silent():
    code = """
import faulthandler
faulthandler.disable()
with console.quiet():
    os.abort()
"""
    assert "Fatal Python error: Aborted" in stderr_of(code, status=-6)
