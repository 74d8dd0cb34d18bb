"""The notebooks: as they are stored, and executed with settings for seconds."""

import configparser
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
# The one place of the project's address is setup.cfg.
_SETUP = configparser.ConfigParser()
_SETUP.read(Path(__file__).parents[1] / "setup.cfg", encoding="utf-8")
REPOSITORY = _SETUP["metadata"]["url"].removeprefix("https://github.com/")
# The folders of experiments/ with a command line of their own.
EXPERIMENTS = tuple(
    sorted(path.parent.name for path in (ROOT / "experiments").glob("*/__main__.py"))
)
NAMES = ("quickstart", *EXPERIMENTS)
DIGITS = {
    "dataset": "digits",
    "epochs": 1,
    "batch_size": 16,
    "train_images": 64,
    "sample_count": 4,
    "measure_samples": 20,
}
NOISE = {
    "dataset": "noise.npz",
    "epochs": 1,
    "batch_size": 6,
    "width": 2,
    "latent_dim": 4,
    "sample_count": 4,
}
# What makes a run one of seconds.
SMOKE = {
    "quickstart": DIGITS,
    "mnist_gan": DIGITS | {"measure_samples": 0},
    "gan_variants": {
        "epochs": 1,
        "epoch_steps": 3,
        "batch_size": 16,
        "unrolled_steps": 1,
        "measure_samples": 20,
    },
    "cifar10_gan": NOISE
    | {"architecture": "mlp", "train_images": 12, "extractor": "none", "neighbours": 4},
    "own_images": DIGITS
    | {"size": "16", "epoch_steps": 2, "width": 4, "latent_dim": 4, "neighbors": 2}
    | {"measure_every_images": 1, "hours": None},
    "svhn_training_images": NOISE,
    "multi_digit_mnist": {
        "dataset": "digits",
        "epochs": 1,
        "batch_size": 4,
        "images": 8,
        "train_images": 40,
        "size": 16,
        "digit_size": 6,
        "smallest": 4,
        "largest": 7,
        "object_size": 4,
        "width": 1 / 32,
        "scene_width": None,
        "penalty": None,
        "latent_dim": 4,
        "sample_count": 2,
        "measure_images": 10,
        "final_images": 10,
    },
}


def stored(name: str) -> dict:
    path = ROOT / "notebooks" / f"{name}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))


def sources(notebook: dict, kind: str = "code") -> list[str]:
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == kind]
    return ["".join(cell["source"]) for cell in cells]


# ------------------------------------------------------------------------- as stored


def test_there_is_one_for_each_experiment_and_one_to_start_with():
    found = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert found == set(NAMES)
    assert all(importlib.util.find_spec(f"experiments.{name}") for name in EXPERIMENTS)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_valid_and_stored_without_outputs(name):
    notebook = stored(name)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z]{1,64}", word) for word in ids)  # they stay readable
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    for number, source in enumerate(sources(notebook)):
        compile(source, f"{name}, code cell {number}", "exec")
    if importlib.util.find_spec("nbformat"):
        import nbformat

        nbformat.validate(nbformat.from_dict(notebook))


@pytest.mark.parametrize("name", NAMES)
def test_its_badge_opens_itself_and_the_settings_stand_in_one_cell(name):
    notebook = stored(name)
    title, *texts = sources(notebook, "markdown")
    place = f"github/{REPOSITORY}/blob/main/notebooks/{name}.ipynb"
    assert f"(https://colab.research.google.com/{place})" in title
    headings = [text.splitlines()[0] for text in texts if text.startswith("## ")]
    assert headings[-4:] == [
        "## Settings",
        "## Run",
        "## Result",
        "## What to change",
    ]
    tags = [cell["metadata"].get("tags") for cell in notebook["cells"]]
    assert tags.count(["parameters"]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_first_code_cell_is_the_setup_of_all(name):
    first = sources(stored(name))[0]
    assert first == sources(stored("quickstart"))[0]
    assert f'SOURCE = "git+https://github.com/{REPOSITORY}"' in first


# ---------------------------------------------------------------- what is set up where

# Runtime -> what is there: modules, paths or programs, variables; and the backend that
# is chosen, with the extra that is installed ("": ganzoo alone, None: nothing).
TPUS = {"Colab, TPU v5e": "/dev/vfio/0", "TPU v2": "/dev/accel0"}
RUNTIMES = {
    "Colab, CPU or GPU": ({"tensorflow", "jax"}, set(), {}, "tensorflow", ""),
    **{name: ({"jax"}, {path}, {}, "jax", "") for name, path in TPUS.items()},
    "a TPU by its name": (set(), set(), {"TPU_NAME": "x"}, "jax", "[jax-tpu]"),
    "a TPU with TensorFlow": (
        {"tensorflow"},
        {"/dev/accel0"},
        {"KERAS_BACKEND": "tensorflow"},
        "tensorflow",
        "",
    ),
    "a bare machine": (set(), set(), {}, "tensorflow", "[cpu]"),
    "a bare machine with a GPU": (set(), {"nvidia-smi"}, {}, "tensorflow", "[gpu]"),
    "JAX on a CPU": (set(), set(), {"KERAS_BACKEND": "jax"}, "jax", "[jax]"),
    "JAX on a GPU": (
        set(),
        {"nvidia-smi"},
        {"KERAS_BACKEND": "jax"},
        "jax",
        "[jax-gpu]",
    ),
    "a checkout": (
        {"tensorflow", "ganzoo", "experiments"},
        set(),
        {},
        "tensorflow",
        None,
    ),
    "a checkout on a TPU": (
        {"jax", "ganzoo", "experiments"},
        {"/dev/vfio/0"},
        {},
        "jax",
        None,
    ),
    "ganzoo without TensorFlow": (
        {"ganzoo", "experiments"},
        set(),
        {},
        "tensorflow",
        "[cpu]",
    ),
}


@pytest.fixture
def bare(monkeypatch):
    """Takes away what would choose a backend or a device."""
    for variable in ("TPU_NAME", "COLAB_TPU_ADDR", "KERAS_BACKEND"):
        # Set, and then deleted, so that what the cell sets is forgotten, too.
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_backend_and_build_are_those_for_the_runtime(
    runtime, bare, monkeypatch, capsys
):
    modules, there, environment, backend, extra = RUNTIMES[runtime]
    asked = []
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name in modules)
    monkeypatch.setattr(os.path, "exists", lambda path: path in there)
    monkeypatch.setattr(shutil, "which", lambda name: name in there or None)
    monkeypatch.setattr(
        subprocess, "run", lambda words, check: asked.append(" ".join(words[3:]))
    )
    exec(sources(stored("quickstart"))[0], {})
    source = f"git+https://github.com/{REPOSITORY}"
    wanted = [] if extra is None else [f"install -q ganzoo{extra} @ {source}"]
    assert asked == wanted
    assert os.environ["KERAS_BACKEND"] == backend
    said = capsys.readouterr().out
    assert said.endswith(f", with {backend}\n")
    assert ("already installed" in said) == (not wanted)


def test_an_uploaded_wheel_is_taken_before_the_repository(bare, monkeypatch, tmp_path):
    asked = []
    monkeypatch.chdir(tmp_path)
    for version in ("0.1.0", "0.2.0"):
        (tmp_path / f"ganzoo-{version}-py3-none-any.whl").touch()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "tensorflow")
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    monkeypatch.setattr(subprocess, "run", lambda words, check: asked.append(words[-1]))
    exec(sources(stored("quickstart"))[0], {})
    wheel = tmp_path / "ganzoo-0.2.0-py3-none-any.whl"
    assert asked == [f"ganzoo @ file://{wheel}"]


def test_where_nothing_can_be_installed_the_cell_says_what_to_do(bare, monkeypatch):
    def fails(words, check):
        raise subprocess.CalledProcessError(1, words)

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "tensorflow")
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    monkeypatch.setattr(subprocess, "run", fails)
    with pytest.raises(SystemExit, match="Upload a wheel"):
        exec(sources(stored("quickstart"))[0], {})


# ------------------------------------------------------------------------- executed


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """One kernel for all, in a folder of its own: TensorFlow starts slowly."""
    for package in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(package, reason="needs the extra `test`")
    from jupyter_client.manager import start_new_kernel

    folder = tmp_path_factory.mktemp("notebooks")
    numbers = np.random.default_rng(0)
    images = numbers.integers(0, 256, (60, 32, 32, 3)).astype("uint8")
    labels = np.arange(60) % 10
    np.savez(
        folder / "noise.npz",
        images=images,
        labels=labels,
        test_images=images,
        test_labels=labels,
        class_names=np.array(list("0123456789")),
    )
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    manager, client = start_new_kernel(
        cwd=str(folder), env=os.environ | {"PYTHONPATH": path}
    )
    client.stop_channels()
    yield manager, folder
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize(
    "name",
    [
        name if name == "quickstart" else pytest.param(name, marks=pytest.mark.slow)
        for name in NAMES
    ],
)
def test_it_runs_and_shows_its_figures(kernel, name):
    import nbclient
    import nbformat

    manager, folder = kernel
    notebook = nbformat.reads(json.dumps(stored(name)), as_version=4)
    tagged = [cell.metadata.get("tags") for cell in notebook.cells]
    changes = SMOKE[name] | {"output": name}
    small = f"import dataclasses\nconfig = dataclasses.replace(config, **{changes!r})"
    place = tagged.index(["parameters"]) + 1
    notebook.cells.insert(place, nbformat.v4.new_code_cell(small))
    notebook.cells.insert(0, nbformat.v4.new_code_cell("%reset -f"))
    nbclient.NotebookClient(notebook, km=manager, timeout=600).execute()
    texts, pictures = shown(notebook)
    assert "ganzoo is already installed" in texts
    report = (folder / name / "report.md").read_text(encoding="utf-8")
    assert report.splitlines()[0] in texts
    figures = len(re.findall(r"^!\[", report, re.MULTILINE))
    assert figures > 0
    assert pictures == figures + 2 * (name == "quickstart")  # samples and a path


def shown(notebook) -> tuple[str, int]:
    """Returns what the cells wrote, and the number of pictures that they showed."""
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    texts = [output.get("text", "") for output in outputs]
    data = [output.get("data", {}) for output in outputs]
    texts += [part.get("text/markdown", "") for part in data]
    return "\n".join(texts), sum("image/png" in part for part in data)
