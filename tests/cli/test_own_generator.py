"""The commands on a run folder of one's own, as they are typed."""

import keras
import numpy as np
import pytest
from PIL import Image

from ganzoo import cli, data, zoo
from ganzoo.zoo import sidecar


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A working folder with a run folder of a conditional generator, and typing."""
    keras.utils.set_random_seed(0)
    noise, label = keras.Input((3,)), keras.Input((), dtype="int32")
    joined = keras.layers.Concatenate()([noise, keras.ops.one_hot(label, 2)])
    drawn = keras.layers.Dense(12, activation="tanh")(joined)
    model = keras.Model([noise, label], keras.layers.Reshape((2, 2, 3))(drawn))
    (tmp_path / "run").mkdir()
    path = tmp_path / "run" / "generator.keras"
    model.save(path)
    classes = {"num_classes": 2, "names": ["cat", "dog"]}
    sidecar.write(path, {"classes": classes, "image_shape": [2, 2, 3]})
    monkeypatch.chdir(tmp_path)

    def typed(line: str) -> None:
        monkeypatch.setattr("sys.argv", ["ganzoo", *line.split()])
        cli.main()

    return typed


def test_a_run_is_sampled_in_every_form(run, capsys):
    run("sample run --output grid.png --classes dog --count 4 --scale 1")
    assert Image.open("grid.png").size == (10, 10)
    run("sample run --output drawn/ --classes dog --count 3 --seed 2")
    run("sample run --output drawn.npz --classes dog --count 3 --seed 2")
    expected = zoo.open_generator("run").of_classes(["dog"]).sample(3, seed=2)
    for name in ("drawn", "drawn.npz"):
        np.testing.assert_array_equal(data.load(f"./{name}").images, expected)
    run("sample run --output cut.npz --count 3 --truncation 0.5")
    cut = zoo.open_generator("run").truncated(0.5).sample(3)
    np.testing.assert_array_equal(data.load("./cut.npz").images, cut)
    assert "3 images of run, seed 2: drawn/" in capsys.readouterr().out


def test_a_run_is_interpolated_and_filmed(run, capsys):
    run("interpolate run --rows 2 --steps 3 --scale 1 --classes cat")
    assert Image.open("interpolation.png").size == (14, 10)
    run("film run --seconds 0.4 --fps 10 --rows 1 --columns 2 --scale 2")
    with Image.open("film.gif") as film:
        assert (film.n_frames, film.size) == (4, (20, 12))
    said = "2 walks, seed 0, of run: film.gif (4 frames of 20x12, "
    assert said in capsys.readouterr().out


def test_a_run_is_exported(run, capsys):
    run("export run --output new --formats keras")
    said = capsys.readouterr().out
    assert "keras: generator.keras, " in said
    assert said.endswith("written: new, how to load it: new/readme.md\n")
    np.testing.assert_array_equal(
        zoo.open_generator("new").sample(4), zoo.open_generator("run").sample(4)
    )
