import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo import boxes, layers

NUMBERS = np.random.default_rng(0)


def noise(*shape):
    return NUMBERS.uniform(-1, 1, shape).astype(np.float32)


OBJECTS, CANVAS = noise(2, 4, 3, 3, 1), noise(2, 8, 8, 1)
BOXES = np.tile(boxes.grid(4), (2, 1, 1))
LABELS = np.array([[3, 0, 1, 2], [0, 0, 3, 1]])
LAYERS = {
    "paste": (lambda: layers.Paste(), [OBJECTS, BOXES, CANVAS]),
    "crop": (lambda: layers.Crop(5, 0.1), [CANVAS, BOXES]),
    "blank": (lambda: layers.Blank(0.5), [CANVAS, BOXES]),
    "layout": (lambda: layers.LayoutImage(4, 6, 5), [LABELS, BOXES]),
}


@pytest.mark.parametrize("name", LAYERS)
def test_shapes_are_known_beforehand_and_arguments_are_saved(name):
    build, values = LAYERS[name]
    layer = build()
    output = layer(*values)
    symbols = [keras.KerasTensor((None, None, *np.shape(v)[2:])) for v in values]
    if name != "layout":
        image = 2 if name == "paste" else 0
        symbols[image] = keras.KerasTensor((None, *values[image].shape[1:]))
    known = build()(*symbols).shape
    assert all(a in (None, b) for a, b in zip(known, output.shape, strict=True))
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == layer.get_config()
    np.testing.assert_array_equal(again(*values), output)


@pytest.mark.parametrize("name", LAYERS)
def test_boxes_keep_full_precision_under_a_coarse_policy(name):
    build, values = LAYERS[name]
    values = [v + 0.01 * noise(*v.shape) if v is BOXES else v for v in values]
    expected = build()(*values)
    keras.config.set_dtype_policy("mixed_bfloat16")
    output = build()(*values)
    assert output.dtype == tf.float32
    np.testing.assert_array_equal(output, expected)


def test_paste_and_crop_are_those_of_the_functions():
    np.testing.assert_array_equal(
        layers.Paste()(OBJECTS, BOXES, CANVAS), boxes.paste(OBJECTS, BOXES, CANVAS)
    )
    np.testing.assert_array_equal(
        layers.Crop(5)(CANVAS, BOXES), boxes.crop(CANVAS, BOXES, 5)
    )


def test_context_is_a_larger_box_and_nothing_beyond_the_image():
    wide = BOXES + np.array([-0.125, -0.125, 0.125, 0.125], np.float32)
    np.testing.assert_array_equal(
        layers.Crop(6, 0.5)(CANVAS, BOXES), boxes.crop(CANVAS, wide, 6)
    )
    whole = np.array([[[0.0, 0.0, 1.0, 1.0]]] * 2, np.float32)
    framed = layers.Crop(16, 0.5)(CANVAS, whole)[:, 0].numpy()
    np.testing.assert_array_equal(framed[:, 4:12, 4:12], CANVAS)
    framed[:, 4:12, 4:12] = 0
    assert not framed.any()


def test_blank_hides_what_is_in_the_boxes_and_nothing_else():
    blank = layers.Blank(-1.0)
    other = boxes.paste(noise(2, 4, 3, 3, 1), BOXES, CANVAS)
    hidden = blank(CANVAS, BOXES)
    np.testing.assert_array_equal(hidden, blank(other, BOXES))
    np.testing.assert_array_equal(
        boxes.crop(hidden, BOXES, 2), -np.ones((2, 4, 2, 2, 1))
    )
    np.testing.assert_array_equal(hidden[:, 3:5], CANVAS[:, 3:5])


def test_a_layout_image_shows_each_label_in_its_box_the_last_on_top():
    own = np.array([[[0, 0, 0.5, 1], [0.25, 0, 0.75, 0.5]]], np.float32)
    image = layers.LayoutImage(3, 4, 2)(np.array([[2, 1]]), own)[0].numpy()
    expected = np.zeros((4, 2, 3))
    expected[:2, :, 2] = 1
    expected[1:3, 0] = [0, 1, 0]
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((0,), "size=0 must be at least 1"), ((4, -0.1), "context=-0.1 at least 0")],
)
def test_crops_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        layers.Crop(*arguments)
