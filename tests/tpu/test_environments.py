"""The helper environments: where they lie, and what is said where they cannot be."""

import os
import sys
from pathlib import Path

import pytest

from tpu import environments

ROOT = Path(__file__).parents[2]


def test_the_cache_is_where_it_was_named(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("GANZOO_TPU_CACHE", raising=False)
    assert environments.cache_folder() == tmp_path / "xdg" / "ganzoo" / "tpu"
    monkeypatch.setenv("GANZOO_TPU_CACHE", str(tmp_path / "named"))
    assert environments.cache_folder() == tmp_path / "named"
    assert environments.cache_folder(str(tmp_path)) == tmp_path


@pytest.mark.parametrize("name", ["lowering", "compiling"])
def test_every_version_is_pinned(name):
    lines = (ROOT / "tpu" / f"{name}.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert len(pins) > 5
    assert all(pin.count("==") == 1 for pin in pins)


def test_the_two_environments_have_the_compilers_that_go_together():
    lowering, compiling = (
        (ROOT / "tpu" / f"{name}.txt").read_text() for name in ("lowering", "compiling")
    )
    assert "tensorflow-tpu==2.20.0\n" in lowering
    assert "libtpu==0.0.30\n" in lowering
    assert "jax==0.10.2\n" in compiling
    assert "libtpu==0.0.42.1\n" in compiling


def test_an_environment_of_other_pins_is_none(tmp_path):
    assert environments.interpreter("compiling", tmp_path) is None
    folder = environments.folder("compiling", tmp_path)
    folder.mkdir(parents=True)
    (folder / "pins.txt").write_text("jax==0.1\n")
    assert environments.interpreter("compiling", tmp_path) is None
    pins = (ROOT / "tpu" / "compiling.txt").read_text()
    (folder / "pins.txt").write_text(pins)
    python = environments.interpreter("compiling", tmp_path)
    assert python == folder / "bin" / "python"
    assert environments.make("compiling", tmp_path) == python
    assert environments.made(quick=True, cache=tmp_path)
    assert not environments.made(quick=False, cache=tmp_path)


def test_without_a_package_index_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(environments.HelperError) as refusal:
        environments.make("lowering", tmp_path)
    said = str(refusal.value)
    assert "\n" not in said
    assert said.startswith("The environment 'lowering' cannot be created: ")
    assert "No matching distribution found for absl-py" in said
    assert "pip needs a package index" in said
    assert "--quick" in said
    assert environments.interpreter("lowering", tmp_path) is None


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(environments.HelperError, match="--cache"):
        environments.make("compiling", tmp_path / "file")


def test_another_kind_of_machine_is_told_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(environments.platform, "machine", lambda: "arm64")
    with pytest.raises(environments.HelperError, match=r"Linux on x86-64 only.*arm64"):
        environments.make("compiling", tmp_path)
    assert not list(tmp_path.iterdir())


def test_processes_ask_no_cloud_and_see_no_path_of_the_callers(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    monkeypatch.setenv("TPU_SKIP_MDS_QUERY", "0")
    found = environments.variables()
    assert "PYTHONPATH" not in found
    assert "VIRTUAL_ENV" not in found
    assert found["TPU_SKIP_MDS_QUERY"] == "1"
    assert found["JAX_PLATFORMS"] == "cpu"
    assert found["PATH"] == os.environ["PATH"]


def test_a_process_that_fails_is_quoted_with_its_last_words():
    python = Path(sys.executable)
    environments.run(python, ["-c", "pass"])
    program = "import os, sys; sys.exit(os.environ['SAID'])"
    with pytest.raises(environments.HelperError, match="ended with status 1: no luck"):
        environments.run(python, ["-c", program], {"SAID": "no luck"})
    program = "import sys; print('error: no such option', file=sys.stderr); sys.exit(2)"
    with pytest.raises(environments.HelperError, match=r"^no such option$"):
        environments.run(python, ["-c", program])  # a wrong command line
    with pytest.raises(environments.HelperError, match="-6: it printed no error"):
        environments.run(python, ["-c", "import os; os.abort()"])


def test_only_the_projects_packages_are_on_the_path(tmp_path):
    links = environments.link_sources(tmp_path)
    assert {path.name for path in links.iterdir()} == {"ganzoo", "experiments", "tpu"}
    assert (links / "tpu" / "preflight.py").samefile(ROOT / "tpu" / "preflight.py")
