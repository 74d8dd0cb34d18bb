"""The processes of the check: what they need, and what is said if they fail."""

import importlib.util
import os
import sys

import pytest

from tpu import processes


def test_without_a_compiler_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    processes.check_installed()
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "libtpu" else object()
    )
    with pytest.raises(processes.ProcessError) as refusal:
        processes.check_installed()
    said = str(refusal.value)
    assert said.startswith("libtpu not installed; ")
    assert "pip install -e '.[jax-tpu]'" in said
    assert "\n" not in said


def test_processes_ask_no_cloud_and_compute_with_jax(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("TPU_SKIP_MDS_QUERY", "0")
    found = processes.variables()
    assert found["PYTHONPATH"].endswith(f"{os.pathsep}/elsewhere")
    assert found["TPU_SKIP_MDS_QUERY"] == "1"
    assert (found["JAX_PLATFORMS"], found["KERAS_BACKEND"]) == ("cpu", "jax")
    assert found["PATH"] == os.environ["PATH"]
    monkeypatch.delenv("PYTHONPATH")
    assert os.pathsep not in processes.variables()["PYTHONPATH"]


def test_a_process_that_fails_is_quoted_with_its_last_words(monkeypatch):
    processes.run(["-c", "pass"])
    monkeypatch.setenv("SAID", "no luck.")
    program = "import os, sys; sys.exit(os.environ['SAID'])"
    with pytest.raises(processes.ProcessError, match=r"ended with status 1: no luck$"):
        processes.run(["-c", program])
    program = "import sys; print('error: no such option', file=sys.stderr); sys.exit(2)"
    with pytest.raises(processes.ProcessError, match=r"^no such option$"):
        processes.run(["-c", program])  # a wrong command line
    with pytest.raises(processes.ProcessError, match="-6: it printed no error"):
        processes.run(["-c", "import os; os.abort()"])


def test_it_is_this_python_that_runs(tmp_path):
    said = tmp_path / "said"
    program = (
        "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.executable)"
    )
    processes.run(["-c", program, str(said)])
    assert said.read_text() == sys.executable
