"""A user's own generators and images."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import ganzoo
from ganzoo.zoo import external
from ganzoo.zoo.external import read_generator, read_images
from ganzoo.zoo.sampling import Sampler


def generator(activation="tanh", scale=1.0, inputs=3, channels=1) -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((inputs,)),
            layers.Dense(16 * channels, activation=activation),
            layers.Rescaling(scale),
            layers.Reshape((4, 4, channels)),
        ]
    )


def saved(model, path):
    model.save(path / "own.keras")
    return path / "own.keras"


def test_a_generator_draws_what_it_did_before_it_was_saved(tmp_path):
    model = generator(channels=3)
    found = read_generator(saved(model, tmp_path))
    expected = Sampler(model).sample(5, seed=2)
    np.testing.assert_array_equal(found.sample(5, seed=2), expected)


def test_of_a_whole_game_it_is_the_generator(tmp_path):
    model = generator()
    critic = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    found = read_generator(saved(ganzoo.GAN(model, critic), tmp_path))
    np.testing.assert_array_equal(found.sample(3), Sampler(model).sample(3))


@pytest.mark.parametrize("white", [1.0, 255.0])
def test_black_and_white_may_be_others(tmp_path, white):
    path = saved(generator("sigmoid", white), tmp_path)
    images = read_generator(path, black=0.0, white=white).sample(9)
    drawn = generator("sigmoid")(Sampler(generator()).inputs(9)[0])
    np.testing.assert_allclose(images, np.asarray(drawn) * 255, atol=1)


def test_a_sigmoid_is_not_taken_for_a_tanh(tmp_path):
    path = saved(generator("sigmoid"), tmp_path)
    with pytest.raises(ValueError, match="none below 0: is its black 0 or -1"):
        read_generator(path)
    assert read_generator(path, black=-1.0).sample(9).min() >= 127


def test_noise_and_labels_are_fed_to_a_generator_of_classes(tmp_path):
    noise, label = keras.Input((3,)), keras.Input((), dtype="int32")
    layers = keras.layers
    joined = layers.Concatenate()([noise, layers.Embedding(5, 4)(label)])
    drawn = layers.Reshape((4, 4, 1))(layers.Dense(16, activation="tanh")(joined))
    path = saved(keras.Model([noise, label], drawn), tmp_path)
    found = read_generator(path, num_classes=5)
    assert found.sample(7).shape == (7, 4, 4, 1)
    np.testing.assert_array_equal(found.inputs(7)[1], [0, 1, 2, 3, 4, 0, 1])
    known = read_generator(path)  # the Embedding says how many there are
    np.testing.assert_array_equal(known.sample(7), found.sample(7))
    assert known.conditioning.names == ("0", "1", "2", "3", "4")
    label = keras.Input((1,))
    joined = layers.Concatenate()([noise, layers.Dense(4)(label)])
    drawn = layers.Reshape((4, 4, 1))(layers.Dense(16, activation="tanh")(joined))
    path = saved(keras.Model([noise, label], drawn), tmp_path)
    with pytest.raises(ValueError, match=r"has 2 inputs: .* Give --num-classes"):
        read_generator(path)


def classifier():
    return keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()])


def with_code():
    layer = keras.layers.Lambda(lambda noise: noise)
    return keras.Sequential([keras.Input((3,)), layer])


def broken():
    model = generator()
    model.layers[0].bias.assign(np.full(16, np.nan))
    return model


@keras.saving.register_keras_serializable("mine")
class OwnGAN(ganzoo.GAN):
    """A game of a user's own."""


class OwnLayer(keras.layers.Layer):
    """A layer that was not even registered."""


def of_own_class():
    critic = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    return OwnGAN(generator(), critic)


def large():
    noise = keras.layers.Reshape((8, 8, 1))
    grown = keras.layers.UpSampling2D(1_024)
    return keras.Sequential([keras.Input((64,)), noise, grown])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            of_own_class,
            r"OwnGAN of mine>OwnGAN, a class that is neither .*load_model in code that "
            r"imports the class; .* gan\.generator\.save\(path\)",
        ),
        (
            lambda: keras.Sequential([keras.Input((3,)), OwnLayer()]),
            r"holds OwnLayer of .*, a class that is neither Keras's nor ganzoo's",
        ),
        (large, "over the outputs of its layers; at most 67,108,864 are allowed"),
        (classifier, r"no generator: it maps \(None, 4, 4, 1\) to \(None, 16\), not"),
        (lambda: generator(channels=2), "no generator: it maps"),
        (with_code, "cannot be loaded as a Keras model: .*Lambda"),
        (broken, "generates NaN"),
        (lambda: generator(scale=3.0), "but black is -1 and white 1; set them"),
    ],
)
def test_what_is_no_generator_is_refused_by_saying_what_it_is(tmp_path, model, message):
    with pytest.raises(ValueError, match=message):
        read_generator(saved(model(), tmp_path))


def test_files_that_are_not_there_or_not_keras_are_refused(tmp_path):
    (tmp_path / "text.keras").write_text("hello")
    (tmp_path / "model.h5").write_text("hello")
    for name, message in (
        ("absent.keras", "There is no file"),
        ("text.keras", "cannot be loaded as a Keras model: .* Or write its images"),
        ("model.h5", "must be a .keras file"),
    ):
        with pytest.raises(ValueError, match=message):
            read_generator(tmp_path / name)
    path = saved(generator(), tmp_path)
    with pytest.raises(ValueError, match=r"black=2\.0 must be below white=1\.0"):
        read_generator(path, black=2.0)
    with pytest.raises(ValueError, match="has 1 inputs"):
        read_generator(path, num_classes=3)


def user_code():
    @tf.function
    def fail(x):
        if tf.reduce_sum(x) > 0:  # makes autograph convert it
            raise ValueError(f"no room for {x.shape}")
        return x

    return fail(tf.ones(3))


def layer_call():
    return keras.layers.Dense(3)(keras.layers.Dense(2)(keras.Input((None,))))


def graph():
    @tf.function
    def fail(x):
        return tf.debugging.check_numerics(x, "not finite here")

    return fail(tf.constant([np.nan]))


def embedding():
    @tf.function
    def fail(x):
        return tf.gather(tf.ones((2, 2)), x)

    return fail(tf.constant([5]))


def eager():
    layer = keras.layers.Conv2D(1, 3)
    layer.build((None, 4, 4, 1))
    return layer(np.ones((1, 4, 4, 2), "f4"))


def reshaped():
    return keras.layers.Reshape((3,))(np.ones((1, 4), "f4"))


@pytest.mark.parametrize(
    ("fail", "reason"),
    [
        (user_code, "ValueError: no room for"),
        (layer_call, "must be fully-defined"),
        (graph, "not finite here : Tensor had NaN"),
        (embedding, r"indices\[0\] = 5 is not in \[0, 2\)"),
        (eager, "expected axis -1 of input shape"),
        (reshaped, "total size of the tensor must be unchanged"),
        (lambda: {}["name"], "'name'"),
        (lambda: (_ for _ in ()).throw(MemoryError()), "MemoryError"),
    ],
)
def test_the_reason_is_the_line_that_says_why(fail, reason):
    with pytest.raises(Exception) as raised:
        fail()
    line = external._reason(raised.value)
    assert re.search(reason, line), line
    assert "\n" not in line
    assert not line.endswith(":")


# ---------------------------------------------------------------------------- images


def save_image(path, value, size=(4, 4)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, value).save(path)


def test_images_of_a_folder_and_its_sub_folders_come_sorted(tmp_path):
    for name, value in (("b.png", 2), ("a/1.png", 1), ("c/d/e.PNG", 3)):
        save_image(tmp_path / name, value)
    save_image(tmp_path / ".trash/x.png", 9)
    save_image(tmp_path / "c/.x.png", 9)
    (tmp_path / "notes.txt").write_text("no image")
    found = read_images(tmp_path)
    assert found.shape == (3, 4, 4, 1)
    np.testing.assert_array_equal(found[:, 0, 0, 0], [1, 2, 3])


def test_images_of_an_npz_are_read(tmp_path):
    images = np.arange(32, dtype=np.uint8).reshape(2, 4, 4)
    np.savez(tmp_path / "own.npz", images=images)
    np.testing.assert_array_equal(read_images(tmp_path / "own.npz")[..., 0], images)


def test_folders_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no images"):
        read_images(tmp_path)
    (tmp_path / "broken.png").write_text("no image")
    with pytest.raises(ValueError, match=r"broken.png cannot be read as an image"):
        read_images(tmp_path)
    (tmp_path / "broken.png").unlink()
    save_image(tmp_path / "a.png", 1)
    save_image(tmp_path / "b.png", 1, (5, 4))
    with pytest.raises(ValueError, match="All images must be of one size"):
        read_images(tmp_path)
    for name in ("config.json", "manifest.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(ValueError, match=r"a run folder without a generator\.keras"):
        read_images(tmp_path)
