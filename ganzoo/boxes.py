"""Bounding boxes: validation, and pasting into and cropping from images.

A box is (y0, x0, y1, x1), as in `tf.image`: fractions of the image's height and width,
measured along the edges of the pixels. So (0, 0, 1, 1) is the whole image, and the
second row of an image of height 8 reaches from 1/8 to 2/8.

Pasting and cropping resample linearly and separably: two small matrix products, by rows
and by columns. There are no gathers and all shapes are static, which suits XLA and
accelerators. When downsampling, the weights are widened to all pixels that are merged,
so that strokes neither vanish nor flicker (as in Pillow, and in
`tf.image.resize(antialias=True)`).

Constants are NumPy's: Keras's would be made when a functional model is built, outside
of the graph that is exported, and ONNX's converter would take them for inputs.
"""

import math

import numpy as np
from keras import KerasTensor, ops

_TINY = 1e-6
# In pixels: a box edge such as 3/7, rounded to float32, must lie on a pixel's edge.
_ALIGNED = 1e-3


def grid(objects: int, side: float = 0.5) -> np.ndarray:
    """Returns boxes, float32 `[objects, 4]`, at the cells' centers of a square grid.

    Args:
        objects: Number of boxes; the grid is the smallest that holds them.
        side: Side of a box, as a fraction of its cell.
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
    """Returns the number of cells per side of the smallest grid for the objects."""
    return math.isqrt(objects - 1) + 1


def check(
    labels: np.ndarray, boxes: np.ndarray, num_classes: int, max_objects: int
) -> None:
    """Checks labels `[..., objects]` and boxes `[..., objects, 4]` of images."""
    labels, boxes = np.asarray(labels), np.asarray(boxes)
    if labels.ndim < 1 or boxes.shape != (*labels.shape, 4) or not labels.size:
        raise ValueError(
            f"labels of shape {labels.shape} and boxes of shape {boxes.shape}: each "
            "object needs one label and one box (y0, x0, y1, x1), as in shapes (n, 4) "
            "and (n, 4, 4) for four objects per image."
        )
    if labels.shape[-1] > max_objects:
        raise ValueError(
            f"{labels.shape[-1]} boxes in an image; at most max_objects={max_objects} "
            "are allowed."
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
            "in fractions of the image's height and width."
        )


def _proper(boxes: np.ndarray) -> np.ndarray:
    """Returns which boxes lie in the image and have an area; NaN does not."""
    inside = np.all((boxes >= 0) & (boxes <= 1), axis=-1)
    return inside & np.all(boxes[..., 2:] > boxes[..., :2], axis=-1)


def paste(objects: KerasTensor, boxes: KerasTensor, canvas: KerasTensor) -> KerasTensor:
    """Pastes objects into boxes on a canvas, later ones over earlier ones.

    If a box is aligned with the pixels and has the object's size in pixels, the object
    is copied. Otherwise it is resampled, and a pixel that the box covers partly is
    blended with the canvas.

    Args:
        objects: Images of the objects, `[n, objects, h, w, channels]`; h = w = 1 fills
            the boxes with one value.
        boxes: Boxes, `[n, objects, 4]`.
        canvas: Images to paste on, `[n, height, width, channels]`, of static height and
            width.

    Returns:
        Images of the shape of `canvas`, differentiable with respect to objects and
        canvas, and with respect to boxes except where an edge is aligned with a
        pixel's.
    """
    height, width = canvas.shape[1:3]
    top, left, bottom, right = _edges(boxes, height, width)
    rows = _laying(top, bottom, height, objects.shape[2])
    columns = _laying(left, right, width, objects.shape[3])
    laid = ops.einsum("noyh,nohwc->noywc", rows, ops.cast(objects, "float32"))
    laid = ops.einsum("noxw,noywc->noyxc", columns, laid)
    covered = ops.einsum(
        "noy,nox->noyx", _covered(top, bottom, height), _covered(left, right, width)
    )
    covered = covered[..., None]

    def over(number: KerasTensor | int, below: KerasTensor) -> KerasTensor:
        value, alpha = laid[:, number], covered[:, number]
        # Not below + alpha * (value - below), which has a rounding error at alpha = 1.
        return (1.0 - alpha) * below + alpha * value

    image = ops.cast(canvas, "float32")
    if laid.shape[1] is not None:
        for number in range(laid.shape[1]):
            image = over(number, image)
    else:  # an exported generator takes any number
        image = ops.fori_loop(0, ops.shape(laid)[1], over, image)
    return ops.cast(image, canvas.dtype)


def crop(
    images: KerasTensor, boxes: KerasTensor, size: int | tuple[int, int]
) -> KerasTensor:
    """Crops boxes from images and resamples them to one size.

    Pixels outside a box have no influence. If a box is aligned with the pixels and has
    the requested size, its pixels are copied.

    Args:
        images: Images, `[n, height, width, channels]`, of static height and width.
        boxes: Boxes, `[n, objects, 4]`; crops are 0 outside of the image.
        size: Side of the crops in pixels, or height and width.

    Returns:
        Crops `[n, objects, h, w, channels]`, of the dtype of `images`, differentiable
        as in `paste`.
    """
    high, wide = (size, size) if isinstance(size, int) else size
    height, width = images.shape[1:3]
    top, left, bottom, right = _edges(boxes, height, width)
    rows = _taking(top, bottom, height, high)
    columns = _taking(left, right, width, wide)
    taken = ops.einsum("nohy,nyxc->nohxc", rows, ops.cast(images, "float32"))
    taken = ops.einsum("nowx,nohxc->nohwc", columns, taken)
    return ops.cast(taken, images.dtype)


def _edges(boxes: KerasTensor, height: int, width: int) -> list[KerasTensor]:
    """Returns top, left, bottom and right in pixels, each `[n, objects]`."""
    lengths = np.array([height, width, height, width], np.float32)
    edges = ops.cast(boxes, "float32") * lengths
    nearest = ops.round(edges)
    away = nearest - edges
    # Added as a constant: this moves the value and keeps the gradient.
    edges += ops.stop_gradient(ops.where(ops.abs(away) < _ALIGNED, away, 0.0))
    return ops.unstack(edges, axis=-1)


def _covered(lower: KerasTensor, upper: KerasTensor, pixels: int) -> KerasTensor:
    """Returns the fraction of each pixel between the edges, `[..., pixels]`."""
    pixel = np.arange(pixels, dtype=np.float32)
    lower, upper = lower[..., None], upper[..., None]
    return ops.relu(ops.minimum(pixel + 1.0, upper) - ops.maximum(pixel, lower))


def _laying(
    lower: KerasTensor, upper: KerasTensor, pixels: int, samples: int
) -> KerasTensor:
    """Returns weights `[..., pixels, samples]` of samples in the canvas's pixels."""
    scale = (samples / ops.maximum(upper - lower, _TINY))[..., None]
    pixel = np.arange(pixels, dtype=np.float32) + 0.5
    places = (pixel - lower[..., None]) * scale - 0.5
    return _normalized(_hats(places, samples, scale))


def _taking(
    lower: KerasTensor, upper: KerasTensor, pixels: int, samples: int
) -> KerasTensor:
    """Returns weights `[..., samples, pixels]` of pixels in the crop's samples."""
    scale = ((upper - lower) / samples)[..., None]
    sample = np.arange(samples, dtype=np.float32) + 0.5
    places = lower[..., None] + sample * scale - 0.5
    inside = _covered(lower, upper, pixels)[..., None, :]
    return _normalized(_hats(places, pixels, scale) * inside)


def _hats(places: KerasTensor, count: int, scale: KerasTensor) -> KerasTensor:
    """Returns triangle filters around each place, `[..., count]`."""
    wide = ops.maximum(scale, 1.0)[..., None]
    distances = ops.abs(places[..., None] - np.arange(count, dtype=np.float32))
    return ops.relu(1.0 - distances / wide)


def _normalized(weights: KerasTensor) -> KerasTensor:
    """Scales weights to a sum of 1; weights of a sum of 0 stay 0."""
    return weights / ops.maximum(ops.sum(weights, -1, keepdims=True), _TINY)
