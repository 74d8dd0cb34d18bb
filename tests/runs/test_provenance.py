import json
import sys
import types

import keras
import pytest
import tensorflow as tf

from ganzoo.runs import provenance


def test_a_description_names_versions_and_devices_in_json_types():
    found = provenance.describe()
    assert json.loads(json.dumps(found)) == found
    assert found["backend"] == "tensorflow"
    assert found["versions"]["tensorflow"] == tf.__version__
    assert found["versions"]["keras"] == keras.__version__
    assert "CPU" in found["devices"]


def test_a_command_is_the_one_that_was_typed(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/somewhere/mnist_gan.py", "--epochs", "2"])
    main = types.SimpleNamespace(__spec__=types.SimpleNamespace(name="experiments.x"))
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert provenance.command() == "python -m experiments.x --epochs 2"
    monkeypatch.setattr(sys, "argv", ["x.py", "--faults", "two words"])
    assert provenance.command() == "python -m experiments.x --faults 'two words'"
    monkeypatch.setattr(sys, "argv", ["/somewhere/mnist_gan.py", "--epochs", "2"])
    main.__spec__.name = "ganzoo.__main__"
    assert provenance.command() == "python -m ganzoo --epochs 2"
    main.__spec__ = None
    assert provenance.command() == "python /somewhere/mnist_gan.py --epochs 2"
    # A notebook is one that runs, not a library for it that somebody has imported.
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    shell = types.SimpleNamespace(kernel=None)
    ipython = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert provenance.command() == "python /somewhere/mnist_gan.py --epochs 2"
    shell.kernel = object()
    assert provenance.command() == "called in a notebook"


def test_outside_git_there_is_no_commit(monkeypatch, tmp_path):
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "provenance.py"))
    assert provenance.git_commit() is None
    monkeypatch.setattr(provenance.shutil, "which", lambda name: None)
    assert provenance.git_commit() is None


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ("fpu avx2 avx512f avx512_bf16 amx_bf16", "AMX"),
        ("fpu avx2 avx512f avx512_bf16", "AVX-512 BF16"),
        ("fpu avx2 avx512f", "AVX-512 without bfloat16"),
        ("fpu avx2", "AVX2"),
    ],
)
def test_a_processor_is_told_by_its_name_and_instructions(
    flags, told, monkeypatch, tmp_path
):
    cpuinfo = tmp_path / "cpuinfo"
    core = f"model name\t: Fast One\nflags\t\t: {flags}\npower management:\n\n"
    cpuinfo.write_text(2 * core, encoding="utf-8")
    monkeypatch.setattr(provenance, "_CPUINFO", cpuinfo)
    monkeypatch.setattr(provenance.os, "cpu_count", lambda: 4)
    assert provenance.processor() == f"4 cores (Fast One, {told})"


def test_a_processor_that_the_system_does_not_describe(monkeypatch, tmp_path):
    monkeypatch.setattr(provenance, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(provenance.os, "cpu_count", lambda: 4)
    monkeypatch.setattr(provenance.platform, "machine", lambda: "arm64")
    assert provenance.processor() == "4 cores (arm64)"


def test_what_chose_the_kernels_is_recorded(monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    monkeypatch.setenv("TF_CONFIG", '{"cluster": {"worker": ["secret:1"]}}')
    variables = provenance.describe()["variables"]
    assert variables["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert not {"XLA_FLAGS", "TF_CONFIG"} & set(variables)
