"""What is offered, and what is said where the page cannot be opened."""

import importlib.util
import shutil

import keras
import pytest

from ganzoo import explorer, networks, zoo
from ganzoo.cli import main
from ganzoo.zoo import catalog


@pytest.fixture
def own_zoo(tmp_path, monkeypatch):
    """A zoo in a folder of its own, and a user's file."""
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    arguments = {"latent_dim": 4, "units": 2}
    network = networks.mnist_infogan_generator(**arguments)
    zoo.add("tiny", network, "mnist_infogan_generator", arguments, {"title": "T"})
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(16, "tanh")])
    model.add(keras.layers.Reshape((4, 4, 1)))
    model.save(tmp_path / "own.keras")
    return tmp_path


def test_a_users_files_are_offered_before_the_zoo_and_loaded_once(own_zoo):
    offered = explorer.samplers([str(own_zoo / "own.keras")])
    assert list(offered) == ["own.keras", "tiny"]
    for load in offered.values():
        assert load() is load()
    assert offered["own.keras"]().image_shape == (4, 4, 1)
    assert offered["tiny"]().image_shape == (28, 28, 1)


def test_files_of_one_name_are_told_apart(own_zoo):
    (own_zoo / "other").mkdir()
    shutil.copy(own_zoo / "own.keras", own_zoo / "other" / "own.keras")
    files = [str(own_zoo / "own.keras"), str(own_zoo / "other" / "own.keras")]
    assert list(explorer.samplers(files)) == [*files, "tiny"]


def test_run_folders_and_names_of_the_zoo_come_first(own_zoo):
    run = own_zoo / "run"
    run.mkdir()
    shutil.copy(own_zoo / "own.keras", run / "generator.keras")
    offered = explorer.samplers([str(run), "tiny"])
    assert list(offered) == ["run", "tiny"]
    assert offered["run"]().image_shape == (4, 4, 1)
    shutil.copytree(run, own_zoo / "other" / "tiny")
    path = str(own_zoo / "other" / "tiny")
    assert list(explorer.samplers([path])) == [path, "tiny"]


def test_without_gradio_the_command_names_the_extra(monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "gradio" else find(name),
    )
    monkeypatch.setattr("sys.argv", ["ganzoo", "explore"])
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr().err
    assert end.value.code == 1
    assert said.startswith("error: the explorer needs Gradio: in the project's folder,")


def test_a_file_that_is_no_generator_is_one_line(monkeypatch, capsys):
    pytest.importorskip("gradio", reason="needs the extra `explore`")
    monkeypatch.setattr("sys.argv", ["ganzoo", "explore", "absent.keras"])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err == "error: There is no file absent.keras.\n"
