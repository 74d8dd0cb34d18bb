import json
import sys
import types

import keras
import tensorflow as tf

from ganzoo.runs import provenance


def test_a_description_names_versions_and_devices_in_json_types():
    found = provenance.describe()
    assert json.loads(json.dumps(found)) == found
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


def test_a_processor_is_told_by_its_name_and_unit(monkeypatch, tmp_path):
    told = tmp_path / "cpuinfo"
    core = "model name\t: Fast One\nflags\t\t: fpu avx512_bf16{}\npower management:\n\n"
    monkeypatch.setattr(provenance, "_CPUINFO", told)
    monkeypatch.setattr(provenance.os, "cpu_count", lambda: 4)
    told.write_text(2 * core.format(" amx_bf16"), encoding="utf-8")
    assert provenance.processor() == "4 cores (Fast One, AMX)"
    told.write_text(2 * core.format(""), encoding="utf-8")
    assert provenance.processor() == "4 cores (Fast One, AVX-512 BF16)"
    told.unlink()
    monkeypatch.setattr(provenance.platform, "machine", lambda: "arm64")
    assert provenance.processor() == "4 cores (arm64)"
