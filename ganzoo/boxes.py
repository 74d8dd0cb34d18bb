"""Bounding boxes: which ones there may be, and pixels laid into or taken out of them.

A box is (y0, x0, y1, x1), as in `tf.image`: shares of the image's height and width. It
is measured along the edges of the pixels, so (0, 0, 1, 1) is the whole image and the
second row of an image of 8 reaches from 1/8 to 2/8.

Both ways to resample are linear and separable: two small matrix products, by rows and
by columns. There are no gathers, all shapes are static, and XLA makes of them what
accelerators like best. Making something smaller, the weights are widened to the pixels
that fall together, so that strokes neither vanish nor flicker (as in Pillow, and in
`tf.image.resize(antialias=True)`).
"""

import math

import numpy as np
import tensorflow as tf

_TINY = 1e-6
# In pixels: what float32 makes of a box such as 3/7 must lie on the edge of a pixel.
_ALIGNED = 1e-3


def grid(objects: int, side: float = 0.5) -> np.ndarray:
    """Returns boxes in the middle of the cells of a square grid, in reading order.

    Args:
        objects: Number of boxes; the grid is the smallest that holds them.
        side: Of a box, as a share of its cell.

    Returns:
        float32 `[objects, 4]`.

    Raises:
        ValueError: No objects, or a side outside (0, 1].
    """
    if objects < 1 or not 0 < side <= 1:
        raise ValueError(
            f"objects={objects} must be at least 1 and side={side} in (0, 1]."
        )
    cells = cells_along(objects)
    rows, columns = np.divmod(np.arange(objects), cells)
    corners = np.stack([rows, columns, rows, columns], axis=1) + (1 - side) / 2
    corners[:, 2:] += side
    return (corners / cells).astype(np.float32)


def cells_along(objects: int) -> int:
    """Returns the cells along an edge of the smallest square grid that holds them."""
    return math.isqrt(objects - 1) + 1


def check(
    labels: np.ndarray, boxes: np.ndarray, num_classes: int, max_objects: int
) -> None:
    """Checks what is to be drawn where.

    Args:
        labels: `[..., objects]`.
        boxes: `[..., objects, 4]`.
        num_classes: Labels are 0 to this, which is left out.
        max_objects: The most objects of an image.

    Raises:
        ValueError: Labels or boxes of another type or shape, too many of them, a label
            out of range, or a box that reaches out of the image or has no area.
    """
    labels, boxes = np.asarray(labels), np.asarray(boxes)
    if labels.ndim < 1 or boxes.shape != (*labels.shape, 4) or not labels.size:
        raise ValueError(
            f"labels of shape {labels.shape} and boxes of shape {boxes.shape}: each "
            "object needs one label and one box (y0, x0, y1, x1), as in shapes (n, 4) "
            "and (n, 4, 4) for four objects an image."
        )
    if labels.shape[-1] > max_objects:
        raise ValueError(
            f"{labels.shape[-1]} boxes in an image; there may be max_objects="
            f"{max_objects} at most."
        )
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels are {labels.dtype}; they must be whole numbers.")
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(
            f"labels run from {labels.min()} to {labels.max()}; there are the classes "
            f"0 to {num_classes - 1}."
        )
    wrong = ~_proper(boxes)
    if wrong.any():
        box = tuple(float(f"{edge:.6g}") for edge in boxes[wrong][0])
        raise ValueError(
            f"The box {box} cannot be drawn in ({np.count_nonzero(wrong)} such boxes): "
            "a box is (y0, x0, y1, x1) with 0 <= y0 < y1 <= 1 and 0 <= x0 < x1 <= 1, "
            "in shares of the image's height and width."
        )


def _proper(boxes: np.ndarray) -> np.ndarray:
    """Which boxes lie in the image and have an area; NaN does not."""
    inside = np.all((boxes >= 0) & (boxes <= 1), axis=-1)
    return inside & np.all(boxes[..., 2:] > boxes[..., :2], axis=-1)


def paste(objects: tf.Tensor, boxes: tf.Tensor, canvas: tf.Tensor) -> tf.Tensor:
    """Lays objects into boxes on a canvas, later ones over earlier ones.

    Where the edges of a box run along those of the pixels, and it has as many pixels as
    the object, the object's pixels are copied. Otherwise they are resampled, and a
    pixel that a box covers in part keeps the rest of what was there.

    Args:
        objects: `[n, objects, h, w, channels]`; with h = w = 1 boxes are filled.
        boxes: `[n, objects, 4]`.
        canvas: `[n, height, width, channels]`; height and width must be static.

    Returns:
        As `canvas`, differentiable by objects and canvas; by the boxes, too, except
        where an edge runs along that of a pixel.
    """
    height, width = canvas.shape[1:3]
    top, left, bottom, right = _edges(boxes, height, width)
    rows = _laying(top, bottom, height, objects.shape[2])
    columns = _laying(left, right, width, objects.shape[3])
    laid = tf.einsum("noyh,nohwc->noywc", rows, tf.cast(objects, tf.float32))
    laid = tf.einsum("noxw,noywc->noyxc", columns, laid)
    covered = tf.einsum(
        "noy,nox->noyx", _covered(top, bottom, height), _covered(left, right, width)
    )
    covered = covered[..., None]

    def over(below: tf.Tensor, above: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        value, share = above
        # Not below + share * (value - below), which is off by rounding at a share of 1.
        return (1.0 - share) * below + share * value

    image = tf.cast(canvas, tf.float32)
    if laid.shape[1] is not None:
        for number in range(laid.shape[1]):
            image = over(image, (laid[:, number], covered[:, number]))
    else:  # an exported generator takes any number
        by_object = [tf.transpose(t, [1, 0, 2, 3, 4]) for t in (laid, covered)]
        image = tf.foldl(over, tuple(by_object), image)
    return tf.cast(image, canvas.dtype)


def crop(images: tf.Tensor, boxes: tf.Tensor, size: int | tuple[int, int]) -> tf.Tensor:
    """Takes the content of boxes out of images, resampled to one size.

    What lies outside a box has no influence. Where the edges of a box run along those
    of the pixels, and it has as many pixels as asked for, they are copied.

    Args:
        images: `[n, height, width, channels]`; height and width must be static.
        boxes: `[n, objects, 4]`; what reaches out of the image is 0.
        size: Pixels of an edge, or height and width.

    Returns:
        `[n, objects, h, w, channels]`, of the type of `images`, differentiable as by
        `paste`.
    """
    high, wide = (size, size) if isinstance(size, int) else size
    height, width = images.shape[1:3]
    top, left, bottom, right = _edges(boxes, height, width)
    rows = _taking(top, bottom, height, high)
    columns = _taking(left, right, width, wide)
    taken = tf.einsum("nohy,nyxc->nohxc", rows, tf.cast(images, tf.float32))
    taken = tf.einsum("nowx,nohxc->nohwc", columns, taken)
    return tf.cast(taken, images.dtype)


def _edges(boxes: tf.Tensor, height: int, width: int) -> list[tf.Tensor]:
    """Top, left, bottom and right in pixels, each `[n, objects]`."""
    lengths = tf.constant([height, width, height, width], tf.float32)
    edges = tf.cast(boxes, tf.float32) * lengths
    nearest = tf.round(edges)
    away = nearest - edges
    # Added as a constant: it is the value that is moved, not the slope.
    edges += tf.stop_gradient(tf.where(tf.abs(away) < _ALIGNED, away, 0.0))
    return tf.unstack(edges, axis=-1)


def _covered(lower: tf.Tensor, upper: tf.Tensor, pixels: int) -> tf.Tensor:
    """Which share of each pixel lies between the edges, `[..., pixels]`."""
    pixel = tf.range(pixels, dtype=tf.float32)
    lower, upper = lower[..., None], upper[..., None]
    return tf.nn.relu(tf.minimum(pixel + 1.0, upper) - tf.maximum(pixel, lower))


def _laying(lower: tf.Tensor, upper: tf.Tensor, pixels: int, samples: int) -> tf.Tensor:
    """Weights `[..., pixels, samples]` of an object's samples in a canvas's pixels."""
    scale = (samples / tf.maximum(upper - lower, _TINY))[..., None]
    pixel = tf.range(pixels, dtype=tf.float32) + 0.5
    places = (pixel - lower[..., None]) * scale - 0.5
    return _normalized(_hats(places, samples, scale))


def _taking(lower: tf.Tensor, upper: tf.Tensor, pixels: int, samples: int) -> tf.Tensor:
    """Weights `[..., samples, pixels]` of an image's pixels in a crop's samples."""
    scale = ((upper - lower) / samples)[..., None]
    sample = tf.range(samples, dtype=tf.float32) + 0.5
    places = lower[..., None] + sample * scale - 0.5
    inside = _covered(lower, upper, pixels)[..., None, :]
    return _normalized(_hats(places, pixels, scale) * inside)


def _hats(places: tf.Tensor, count: int, scale: tf.Tensor) -> tf.Tensor:
    """Triangles about each place, as wide as what is resampled, `[..., count]`."""
    wide = tf.maximum(scale, 1.0)[..., None]
    distances = tf.abs(places[..., None] - tf.range(count, dtype=tf.float32))
    return tf.nn.relu(1.0 - distances / wide)


def _normalized(weights: tf.Tensor) -> tf.Tensor:
    """Weights of a sum of 1, or 0 where there is nothing to take them from."""
    return weights / tf.maximum(tf.reduce_sum(weights, -1, keepdims=True), _TINY)
