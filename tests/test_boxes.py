"""Pasting and cropping against plain loops, Pillow and finite differences."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ganzoo import boxes
from ganzoo.boxes import crop, paste

NUMBERS = np.random.default_rng(0)
# In an image of 12 x 10: aligned, between pixels, thinner than a pixel, everything.
BOXES = np.array(
    [
        [2 / 12, 3 / 10, 8 / 12, 7 / 10],
        [0.13, 0.27, 0.71, 0.93],
        [0.52, 0.31, 0.57, 0.36],
        [0.0, 0.0, 1.0, 1.0],
    ],
    np.float32,
)


def noise(*shape):
    return NUMBERS.uniform(-1, 1, shape).astype(np.float32)


# ------------------------------------------------------------------ a plain resampling


def covered(pixel, low, high):
    """Length of a pixel between two edges."""
    return max(0.0, min(pixel + 1, high) - max(pixel, low))


def triangle(place, count, width, allowed=None):
    """Weights of 0 .. count - 1 about a place, of a sum of 1 (or all 0)."""
    width = max(width, 1.0)
    weights = np.array([max(0.0, 1 - abs(place - i) / width) for i in range(count)])
    weights = weights if allowed is None else weights * allowed
    return weights / weights.sum() if weights.sum() else weights


def plain_paste(objects, own_boxes, canvas):
    """One image, pixel by pixel."""
    image = canvas.astype(np.float64)
    height, width = image.shape[:2]
    h, w = objects.shape[1:3]
    for thing, (y0, x0, y1, x1) in zip(objects, own_boxes.astype(float), strict=True):
        y0, y1, x0, x1 = y0 * height, y1 * height, x0 * width, x1 * width
        for y in range(height):
            for x in range(width):
                share = covered(y, y0, y1) * covered(x, x0, x1)
                if share == 0:
                    continue
                step = h / (y1 - y0), w / (x1 - x0)
                rows = triangle((y + 0.5 - y0) * step[0] - 0.5, h, step[0])
                columns = triangle((x + 0.5 - x0) * step[1] - 0.5, w, step[1])
                value = np.einsum("h,hwc,w->c", rows, thing.astype(float), columns)
                image[y, x] = (1 - share) * image[y, x] + share * value
    return image


def plain_crop(image, box, size):
    """One box, sample by sample."""
    height, width = image.shape[:2]
    y0, x0, y1, x1 = box.astype(float) * [height, width, height, width]
    inside = (
        np.array([covered(i, y0, y1) for i in range(height)]),
        np.array([covered(i, x0, x1) for i in range(width)]),
    )
    result = np.zeros((*size, image.shape[2]))
    step = (y1 - y0) / size[0], (x1 - x0) / size[1]
    for i in range(size[0]):
        for j in range(size[1]):
            rows = triangle(y0 + (i + 0.5) * step[0] - 0.5, height, step[0], inside[0])
            columns = triangle(
                x0 + (j + 0.5) * step[1] - 0.5, width, step[1], inside[1]
            )
            result[i, j] = np.einsum("y,yxc,x->c", rows, image.astype(float), columns)
    return result


@pytest.mark.parametrize("shape", [(6, 4), (3, 9), (17, 2), (1, 1)])
def test_paste_is_the_plain_resampling(shape):
    objects, canvas = noise(2, 4, *shape, 2), noise(2, 12, 10, 2)
    own = np.stack([BOXES, BOXES[::-1]])
    pasted = paste(objects, own, canvas).numpy()
    for n in range(2):
        expected = plain_paste(objects[n], own[n], canvas[n])
        np.testing.assert_allclose(pasted[n], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("size", [(6, 4), (3, 9), (17, 2)])
def test_crop_is_the_plain_resampling(size):
    images = noise(2, 12, 10, 2)
    taken = crop(images, np.stack([BOXES, BOXES[::-1]]), size).numpy()
    for n in range(2):
        for o in range(4):
            box = BOXES[o] if n == 0 else BOXES[::-1][o]
            expected = plain_crop(images[n], box, size)
            np.testing.assert_allclose(taken[n, o], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("side", [5, 8, 11, 30])
def test_in_aligned_boxes_both_are_pillows_resampling(side):
    image, thing = noise(1, 32, 40, 1), noise(1, 1, side, side, 1)
    box = np.array([[[4 / 32, 10 / 40, 20 / 32, 34 / 40]]], np.float32)  # 16 x 24

    def resized(values, height, width):
        picture = Image.fromarray(values)
        return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))

    taken = crop(image, box, side)[0, 0, :, :, 0]
    expected = resized(image[0, 4:20, 10:34, 0], side, side)
    np.testing.assert_allclose(taken, expected, rtol=0, atol=1e-5)
    pasted = paste(thing, box, image)[0, :, :, 0].numpy()
    expected = image[0, :, :, 0].copy()
    expected[4:20, 10:34] = resized(thing[0, 0, :, :, 0], 16, 24)
    np.testing.assert_allclose(pasted, expected, rtol=0, atol=1e-5)


# ------------------------------------------------------------------------------- facts


@pytest.mark.parametrize("size", [7, 12, 96, 128, 331])
def test_aligned_boxes_are_exact_to_the_bit(size):
    corners = NUMBERS.integers(0, size - 3, (1, 9, 2))
    own = np.concatenate([corners, corners + 3], axis=2) / size
    own = own.astype(np.float32)
    canvas, objects = noise(1, size, size, 3), noise(1, 9, 3, 3, 3)
    expected = canvas.copy()
    for (y, x), thing in zip(corners[0], objects[0], strict=True):
        expected[0, y : y + 3, x : x + 3] = thing
    pasted = paste(objects, own, canvas).numpy()
    np.testing.assert_array_equal(pasted, expected)
    for (y, x), found in zip(corners[0], crop(pasted, own, 3)[0], strict=True):
        np.testing.assert_array_equal(found, expected[0, y : y + 3, x : x + 3])


def test_crop_of_paste_is_the_object():
    objects, canvas = noise(2, 4, 8, 8, 1), noise(2, 32, 32, 1)
    own = np.tile(boxes.grid(4), (2, 1, 1))
    pasted = paste(objects, own, canvas)
    np.testing.assert_array_equal(crop(pasted, own, 8), objects)
    assert not np.array_equal(pasted, canvas)


def test_nothing_outside_a_box_is_seen_in_it_or_changed_by_it():
    image = noise(1, 12, 12, 1)
    box = np.array([[[3 / 12, 2 / 12, 9 / 12, 8 / 12]]], np.float32)
    other = noise(1, 12, 12, 1)
    other[:, 3:9, 2:8] = image[:, 3:9, 2:8]
    for size in (4, 6, 15):
        np.testing.assert_array_equal(crop(image, box, size), crop(other, box, size))
    pasted = paste(noise(1, 1, 5, 5, 1), box, image).numpy()
    changed = np.argwhere(pasted[0, :, :, 0] != image[0, :, :, 0])
    assert changed.min(axis=0).tolist() == [3, 2]
    assert changed.max(axis=0).tolist() == [8, 7]


def test_later_objects_lie_over_earlier_ones():
    objects = np.stack([np.full((1, 4, 4, 1), value) for value in (1.0, 2.0)], axis=1)
    own = np.array([[[0, 0, 0.5, 0.5], [0.25, 0.25, 0.75, 0.75]]], np.float32)
    image = paste(objects.astype(np.float32), own, np.zeros((1, 8, 8, 1), np.float32))
    image = image[0, :, :, 0].numpy()
    assert (image[2:6, 2:6] == 2).all()
    assert (image[:4, :4] == 1).sum() == 12
    assert image.sum() == 12 + 2 * 16


def test_a_pixel_that_is_covered_in_part_keeps_the_rest():
    white = np.ones((1, 1, 1, 1, 1), np.float32)
    box = np.array([[[0.0, 0.0, 1.0, 0.625]]], np.float32)  # 2.5 of 4 columns
    image = paste(white, box, np.zeros((1, 1, 4, 1), np.float32))
    np.testing.assert_allclose(image[0, 0, :, 0], [1, 1, 0.5, 0], atol=1e-6)


def test_shrinking_keeps_the_mean_and_skips_no_stroke():
    stroke = np.zeros((1, 1, 28, 28, 1), np.float32)
    stroke[..., 13, :, :] = 1.0  # one line, which every second row would miss
    box = np.array([[[0, 0, 0.5, 0.5]]], np.float32)
    image = paste(stroke, box, np.zeros((1, 16, 16, 1), np.float32)).numpy()
    assert image[0, :8, :8].mean() == pytest.approx(1 / 28, rel=0.05)


# -------------------------------------------------------------------------- derivatives


def slopes_agree(function, values, places, step=1e-3):
    """Compares the gradient of sum(weights * function) with central differences."""
    weights = noise(*function(tf.constant(values)).shape)

    def total(at):
        return float(
            tf.reduce_sum(tf.cast(function(tf.constant(at)), tf.float64) * weights)
        )

    with tf.GradientTape() as tape:
        at = tf.constant(values)
        tape.watch(at)
        loss = tf.reduce_sum(function(at) * weights)
    gradient = tape.gradient(loss, at).numpy()
    for place in places:
        moved = np.zeros_like(values)
        moved[place] = step
        slope = (total(values + moved) - total(values - moved)) / (2 * step)
        assert gradient[place] == pytest.approx(slope, rel=2e-2, abs=2e-2), place


# Edges away from those of pixels, where the slope by a box would jump.
LOOSE = np.array([[[0.13, 0.21, 0.57, 0.73], [0.34, 0.36, 0.93, 0.81]]], np.float32)
CORNERS = [(0, o, edge) for o in range(2) for edge in range(4)]


def test_paste_is_differentiable_by_objects_canvas_and_boxes():
    objects, canvas = noise(1, 2, 3, 4, 1), noise(1, 8, 8, 1)
    places = [(0, 0, 1, 1, 0), (0, 1, 2, 3, 0)]
    slopes_agree(lambda v: paste(v, LOOSE, canvas), objects, places)
    places = [(0, 0, 0, 0), (0, 2, 3, 0), (0, 4, 1, 0)]
    slopes_agree(lambda v: paste(objects, LOOSE, v), canvas, places)
    slopes_agree(lambda v: paste(objects, v, canvas), LOOSE, CORNERS)


def test_crop_is_differentiable_by_images_and_boxes():
    images = noise(1, 8, 8, 1)
    places = [(0, 2, 3, 0), (0, 4, 4, 0), (0, 0, 7, 0)]
    slopes_agree(lambda v: crop(v, LOOSE, (3, 5)), images, places)
    slopes_agree(lambda v: crop(images, v, (3, 5)), LOOSE, CORNERS)


# ------------------------------------------------------------------ shapes, compilation


def test_both_compile_with_static_shapes():
    objects, canvas, own = noise(2, 3, 4, 4, 1), noise(2, 8, 8, 1), noise(2, 3, 4)
    own = np.sort(np.abs(own).reshape(2, 3, 2, 2), axis=2).reshape(2, 3, 4)

    @tf.function(jit_compile=True)
    def both(objects, own, canvas):
        pasted = paste(objects, own, canvas)
        assert pasted.shape == (2, 8, 8, 1)
        return pasted, crop(pasted, own, (3, 5))

    pasted, taken = both(objects, own, canvas)
    assert taken.shape == (2, 3, 3, 5, 1)
    np.testing.assert_allclose(pasted, paste(objects, own, canvas), atol=1e-5)
    np.testing.assert_allclose(taken, crop(pasted, own, (3, 5)), atol=1e-5)


def test_the_number_of_objects_may_be_unknown_and_the_type_stays():
    objects, canvas = noise(2, 4, 6, 6, 1), noise(2, 12, 10, 1)
    own = np.stack([BOXES, BOXES])
    unknown = tf.function(
        paste,
        input_signature=[
            tf.TensorSpec([None, None, 6, 6, 1]),
            tf.TensorSpec([None, None, 4]),
            tf.TensorSpec([None, 12, 10, 1]),
        ],
    )
    expected = paste(objects, own, canvas)
    np.testing.assert_allclose(unknown(objects, own, canvas), expected, atol=1e-6)
    half = tf.cast(canvas, tf.bfloat16)
    assert paste(objects, own, half).dtype == crop(half, own, 3).dtype == tf.bfloat16


# ------------------------------------------------------------------------- which boxes


def test_a_grid_is_in_reading_order_in_the_middle_of_its_cells():
    np.testing.assert_array_equal(
        boxes.grid(3) * 128,
        [[16, 16, 48, 48], [16, 80, 48, 112], [80, 16, 112, 48]],
    )
    np.testing.assert_allclose(boxes.grid(1, 1.0), [[0, 0, 1, 1]])
    assert [boxes.cells_along(n) for n in (1, 2, 4, 5, 9, 10)] == [1, 2, 2, 3, 3, 4]
    for number in (1, 4, 7):
        labels = np.zeros(number, int)
        boxes.check(labels, boxes.grid(number, 1.0), 10, number)
    with pytest.raises(ValueError, match="objects=0 must be at least 1"):
        boxes.grid(0)
    with pytest.raises(ValueError, match=r"side=1.5 in \(0, 1\]"):
        boxes.grid(2, 1.5)


GOOD = [0.1, 0.1, 0.4, 0.4]


@pytest.mark.parametrize(
    ("labels", "own", "message"),
    [
        ([3], [[0.1, 0.1, 1.2, 0.4]], r"\(0.1, 0.1, 1.2, 0.4\) cannot be drawn in"),
        ([3], [[-0.1, 0.1, 0.2, 0.4]], r"0 <= y0 < y1 <= 1"),
        ([3], [[0.1, 0.4, 0.3, 0.4]], r"\(1 such boxes\)"),
        ([3, 4], [GOOD, [0.5, 0.5, 0.4, 0.9]], r"The box \(0.5, 0.5, 0.4, 0.9\)"),
        ([3], [[np.nan, 0.1, 0.2, 0.4]], "nan"),
        ([10], [GOOD], "labels run from 10 to 10; there are the classes 0 to 9"),
        ([-1], [GOOD], "labels run from -1"),
        ([1.0], [GOOD], "must be whole numbers"),
        ([1, 2, 3], [GOOD] * 3, "3 boxes in an image; at most max_objects=2"),
        ([1, 2], [GOOD], r"shape \(2,\) and boxes of shape \(1, 4\)"),
        ([], np.zeros((0, 4)), "each object needs one label and one box"),
    ],
)
def test_what_cannot_be_drawn_is_refused(labels, own, message):
    with pytest.raises(ValueError, match=message):
        boxes.check(labels, own, 10, 2)
