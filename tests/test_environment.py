import json
import sys
import types

import keras
import tensorflow as tf

from ganzoo import environment


def test_a_description_names_versions_and_devices_in_json_types():
    found = environment.describe()
    assert json.loads(json.dumps(found)) == found
    assert found["versions"]["tensorflow"] == tf.__version__
    assert found["versions"]["keras"] == keras.__version__
    assert "CPU" in found["devices"]


def test_a_command_is_the_one_that_was_typed(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/somewhere/mnist_gan.py", "--epochs", "2"])
    main = types.SimpleNamespace(__spec__=types.SimpleNamespace(name="experiments.x"))
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert environment.command() == "python -m experiments.x --epochs 2"
    monkeypatch.setattr(sys, "argv", ["x.py", "--faults", "two words"])
    assert environment.command() == "python -m experiments.x --faults 'two words'"
    monkeypatch.setattr(sys, "argv", ["/somewhere/mnist_gan.py", "--epochs", "2"])
    main.__spec__.name = "ganzoo.__main__"
    assert environment.command() == "python -m ganzoo --epochs 2"
    main.__spec__ = None
    assert environment.command() == "python /somewhere/mnist_gan.py --epochs 2"
    # A notebook is one that runs, not a library for it that somebody has imported.
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    shell = types.SimpleNamespace(kernel=None)
    ipython = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert environment.command() == "python /somewhere/mnist_gan.py --epochs 2"
    shell.kernel = object()
    assert environment.command() == "called in a notebook"


def test_outside_git_there_is_no_commit(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "environment.py"))
    assert environment.git_commit() is None
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    assert environment.git_commit() is None


def test_a_processor_is_told_by_its_name_and_unit(monkeypatch, tmp_path):
    told = tmp_path / "cpuinfo"
    core = "model name\t: Fast One\nflags\t\t: fpu avx512_bf16{}\npower management:\n\n"
    monkeypatch.setattr(environment, "_CPUINFO", told)
    monkeypatch.setattr(environment.os, "cpu_count", lambda: 4)
    told.write_text(2 * core.format(" amx_bf16"), encoding="utf-8")
    assert environment.processor() == "4 cores (Fast One, AMX)"
    told.write_text(2 * core.format(""), encoding="utf-8")
    assert environment.processor() == "4 cores (Fast One, AVX-512 BF16)"
    told.unlink()
    monkeypatch.setattr(environment.platform, "machine", lambda: "arm64")
    assert environment.processor() == "4 cores (arm64)"
