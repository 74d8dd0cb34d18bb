"""Exported files give Keras's images, each by its own runtime."""

import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from ganzoo import layers, zoo
from ganzoo.export import FORMATS, folder, to_folder
from ganzoo.gans.codes import Codes
from ganzoo.zoo.conditionings import Classes
from ganzoo.zoo.sampling import Sampler

PLAIN = ("keras", "savedmodel", "tflite")


def network(conditional: bool) -> keras.Model:
    keras.utils.set_random_seed(0)
    noise, label = keras.Input((6,)), keras.Input((), dtype="int32")
    joined = noise
    if conditional:
        joined = keras.layers.Concatenate()([noise, keras.ops.one_hot(label, 3)])
    small = keras.layers.Reshape((2, 2, 2))(keras.layers.Dense(8)(joined))
    wide = layers.Conv2DTranspose(3, 4, strides=2, padding="same")(small)
    drawn = keras.layers.Activation("tanh")(layers.LeakyReLU(0.2)(wide))
    return keras.Model([noise, label] if conditional else noise, drawn)


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    """A conditional generator, and the folder that it was exported to."""
    classes = Classes(3, ["cat", "dog", "owl"])
    sampler = Sampler(network(True), conditioning=classes, pixel_offset=128.0)
    path = tmp_path_factory.mktemp("export") / "owls"
    done = to_folder(sampler, path, PLAIN, title="Owls")
    return sampler, path, done


def test_each_format_is_written_and_compared(conditional):
    _, path, done = conditional
    assert [one.name for one in done] == list(PLAIN)
    for one in done:
        assert one.reason == ""
        assert one.difference < 1e-5
        assert one.bytes > 1000
        assert (path / FORMATS[one.name].file).exists()


def test_the_code_on_the_page_loads_each_file_without_ganzoo(conditional, tmp_path):
    sampler, path, _ = conditional
    page = (path / "readme.md").read_text(encoding="utf-8")
    blocks = page.split("```python\n")[1:]
    pixels, inputs, *loading = (block.split("```")[0] for block in blocks)
    assert len(loading) == len(PLAIN)
    assert all(block.count("\n") == 3 for block in loading)
    noise, labels = (np.asarray(rows) for rows in sampler.inputs(16))
    np.savez(tmp_path / "fed.npz", noise=noise, labels=labels)
    lines = ["import sys, numpy as np", "found = []", inputs]
    lines.append(f"fed = np.load({str(tmp_path / 'fed.npz')!r})")
    lines.append("assert noise.shape == (16, 6) and noise.dtype == 'float32'")
    lines.append("noise, labels = fed['noise'], fed['labels']")
    for block in loading:
        block = block.replace(
            "from ai_edge_litert.interpreter import Interpreter",
            "Interpreter = tf.lite.Interpreter",
        )
        lines += [block, pixels, "found.append(pixels)"]
    lines.append("assert not {'ganzoo', 'ganzoo.layers'} & set(sys.modules)")
    lines.append(f"np.save({str(tmp_path / 'found.npy')!r}, np.stack(found))")
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=path,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    expected = sampler.sample(16)
    for found in np.load(tmp_path / "found.npy"):
        assert np.abs(found.astype(int) - expected).max() <= 1


def test_the_page_says_what_a_stranger_asks(conditional):
    page = (conditional[1] / "readme.md").read_text(encoding="utf-8")
    for words in (
        "# Owls",
        "4x4 pixels, RGB: float32 `[n, 4, 4, 3]`, from -1 (black) to 1 (white)",
        "((images + 1) * 128)",
        "- `noise`: float32 `[n, 6]`, standard normal numbers.",
        "- `labels`: int32 `[n]`, the classes: 0 (cat), 1 (dog), 2 (owl).",
        "**TensorFlow SavedModel**: `saved_model`",
    ):
        assert words in page


def test_ganzoo_opens_the_folder_with_all_that_it_knew(conditional):
    sampler, path, _ = conditional
    found = zoo.open_generator(path)
    assert found.conditioning.names == ("cat", "dog", "owl")
    np.testing.assert_array_equal(found.sample(4, seed=1), sampler.sample(4, seed=1))


def test_onnx_gives_the_same_images(tmp_path):
    for name in FORMATS["onnx"].needs:
        pytest.importorskip(name, reason="needs the extra `export`")
    sampler = Sampler(network(False), Codes((3,), 1))
    (done,) = to_folder(sampler, tmp_path / "new", ["onnx"])
    assert done.difference < 1e-5
    page = (tmp_path / "new" / "readme.md").read_text(encoding="utf-8")
    assert "2 standard normal numbers, then a category of 3, one-hot, then 1" in page
    assert 'model.run(None, {"noise": noise})[0]' in page
    assert not (tmp_path / "new" / "generator.json").exists()


def test_a_file_that_is_wrong_is_not_kept(tmp_path, monkeypatch):
    wrong = FORMATS["keras"].__class__(
        "Keras",
        "generator.keras",
        FORMATS["keras"].write,
        lambda path, inputs: FORMATS["keras"].run(path, inputs) + 1e-3,
        FORMATS["keras"].loading,
    )
    monkeypatch.setattr(folder, "FORMATS", {"keras": wrong})
    (done,) = to_folder(Sampler(network(False)), tmp_path / "new", ["keras"])
    assert done.reason == "its images differ from Keras's by up to 1.0e-03"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["readme.md"]
    page = (tmp_path / "new" / "readme.md").read_text(encoding="utf-8")
    assert "**Keras**: not written; its images differ from Keras's" in page


def test_wrong_words_are_refused_before_anything_is_made(tmp_path, monkeypatch):
    sampler = Sampler(network(False))
    with pytest.raises(ValueError, match=r"no format 'onx'; .* Did you mean onnx"):
        to_folder(sampler, tmp_path / "new", ["onx"])
    monkeypatch.setitem(
        FORMATS,
        "onnx",
        FORMATS["onnx"].__class__("ONNX", "x", None, None, "", ("no_such_module",)),
    )
    with pytest.raises(ImportError, match=r'no_such_module.*install -e "\.\[export\]"'):
        to_folder(sampler, tmp_path / "new", ["onnx"])
    assert not (tmp_path / "new").exists()
    (tmp_path / "text").write_text("x")
    with pytest.raises(ValueError, match="has files already"):
        to_folder(sampler, tmp_path)


def test_without_tensorflow_only_keras_is_written(tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda n: None if n == "tensorflow" else found(n)
    )
    (done,) = to_folder(Sampler(network(False)), tmp_path / "new")
    assert (done.name, done.reason) == ("keras", "")
    for name in ("savedmodel", "tflite"):
        with pytest.raises(ImportError, match=rf'^{name} needs tens.*"\.\[cpu\]"\.$'):
            to_folder(Sampler(network(False)), tmp_path / "other", [name])
    assert not (tmp_path / "other").exists()


def test_what_generates_one_image_at_a_time_is_told_so(tmp_path):
    # Upsampling hides the height from the converter.
    noise = keras.Input((6,))
    small = keras.layers.Reshape((2, 2, 2))(keras.layers.Dense(8)(noise))
    wide = keras.layers.UpSampling2D()(small)
    drawn = keras.layers.Conv2D(1, 3, padding="same", activation="tanh")(wide)
    sampler = Sampler(keras.Model(noise, drawn))
    (done,) = to_folder(sampler, tmp_path / "new", ["tflite"])
    assert done.difference < 1e-5
    page = (tmp_path / "new" / "readme.md").read_text(encoding="utf-8")
    said = "It generates one image at a time: n is 1." in page
    assert said == done.one_by_one == ("model(noise=noise[:1])" in page)


@pytest.mark.slow
@pytest.mark.parametrize("name", zoo.names())
def test_every_generator_of_the_zoo_is_exported_in_every_format(name, tmp_path):
    for done in to_folder(zoo.sampler(name), tmp_path / name):
        assert done.reason == "", done
