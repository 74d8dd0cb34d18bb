"""Structural similarity of every image of one set with every image of another."""

import concurrent.futures
import contextlib
import dataclasses
import functools
import itertools
import os

import keras
import numpy as np
from keras import KerasTensor, ops

from ganzoo import backend

# Images and references per block: the data of one window fit into the cache of a core.
_IMAGES, _REFERENCES = 128, 512
_TRUNCATE = 3.5  # standard deviations at which scikit-image cuts off the Gaussian


def structural_similarity(
    images: np.ndarray,
    references: np.ndarray,
    *,
    win_size: int | None = None,
    data_range: float | None = None,
    channel_axis: int | None = -1,
    gaussian_weights: bool = False,
    sigma: float = 1.5,
    use_sample_covariance: bool = True,
    K1: float = 0.01,
    K2: float = 0.03,
) -> np.ndarray:
    r"""Computes the mean structural similarity of all pairs of images.

    .. math:: \frac{(2 m_x m_y + C_1)(2 s_{xy} + C_2)}
                   {(m_x^2 + m_y^2 + C_1)(s_x^2 + s_y^2 + C_2)}

    with the means, variances and covariance of a window, averaged over all windows that
    lie inside of the image and over the channels (Wang et al. 2004, "Image quality
    assessment: from error visibility to structural similarity", section III).
    The arguments are those of `skimage.metrics.structural_similarity`, and so are the
    values, to 1e-6.

    Among the moments, only the covariance depends on the pair. It is the dot product of
    two vectors, each the pixels of a window minus their mean and times the square roots
    of their weights: for all pairs, one matrix product per window. Unlike the mean of
    the products minus the product of the means, this does not subtract large numbers
    with a small difference, so float32 is enough. XLA fuses the rest into one loop.

    Args:
        images: `[n, height, width, channels]`, uint8 or another dtype, n at least 1.
        references: `[m, height, width, channels]`, m at least 1.
        win_size: Side of the window in pixels, odd; by default 7, or the extent of the
            Gaussian. As in scikit-image, with a Gaussian it only changes the border
            that is left out and the number of pixels of the sample covariance.
        data_range: Largest minus smallest possible value; by default 255 for uint8.
        channel_axis: Axis of the channels in one image; None for gray images
            `[n, height, width]`.
        gaussian_weights: Whether to weight the pixels of a window by a Gaussian, cut
            off at 3.5 standard deviations.
        sigma: Standard deviation of the Gaussian, in pixels.
        use_sample_covariance: Whether to divide by the number of pixels in a window
            minus one.
        K1: Factor in the constant C1 = (K1 data_range)^2.
        K2: Factor in the constant C2 = (K2 data_range)^2.

    Returns:
        float32 `[n, m]`, -1 to 1; 1 for equal images.

    Raises:
        ValueError: The images' shapes differ, or an argument does not fit them.
    """
    if K1 < 0 or K2 < 0:
        raise ValueError(f"K1={K1} and K2={K2} must not be below 0.")
    images, references = (
        _with_channels(array, channel_axis) for array in (images, references)
    )
    if images.shape[1:] != references.shape[1:]:
        raise ValueError(
            f"the images have the shape {images.shape[1:]}, but the references "
            f"{references.shape[1:]}; both must be the same"
        )
    data_range = _data_range(data_range, images, references)
    window = _Window.of(win_size, gaussian_weights, sigma, use_sample_covariance)
    window.check(images.shape[1:3])

    def prepared(array: np.ndarray, start: int, size: int) -> np.ndarray:
        part = array[start : start + size].astype(np.float32) / np.float32(data_range)
        missing = size - len(part)  # padded: one shape needs one compilation
        part = np.pad(window.framed(part), ((0, missing), (0, 0), (0, 0), (0, 0)))
        return part.transpose(3, 1, 2, 0)

    rows, columns = min(_IMAGES, len(images)), min(_REFERENCES, len(references))
    function = functools.partial(
        _means_over_windows,
        weights=window.weights,
        correction=window.correction,
        constants=(K1**2, K2**2),
    )
    means = backend.compiled(function, True, ())
    result = np.full((len(images), len(references)), np.nan, np.float32)

    def fill(place: tuple[int, int]) -> None:
        row, column = place
        pair = prepared(images, row, rows), prepared(references, column, columns)
        with _exact():
            block = np.asarray(means(*pair))
        part = result[row : row + rows, column : column + columns]
        part[:] = block[: part.shape[0], : part.shape[1]]

    places = itertools.product(
        range(0, len(images), rows), range(0, len(references), columns)
    )
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(fill, places))
    return result


@dataclasses.dataclass(frozen=True)
class _Window:
    """The window over which a value of the similarity is computed."""

    # Weights of the pixels along one axis, summing to 1; their products are the weights
    # in the window
    weights: tuple[float, ...]
    # Side of the window according to scikit-image, which cuts off `side // 2` pixels at
    # each edge
    side: int
    correction: float  # factor from the mean square to the variance

    @classmethod
    def of(
        cls, side: int | None, gaussian: bool, sigma: float, sample_covariance: bool
    ) -> "_Window":
        """Returns the window for these arguments of scikit-image."""
        if gaussian and not sigma > 0:
            raise ValueError(f"sigma={sigma} pixels must be above 0.")
        radius = int(_TRUNCATE * sigma + 0.5) if gaussian else 3
        side = 2 * radius + 1 if side is None else side
        if side < 1 or side % 2 == 0 or (sample_covariance and side == 1):
            raise ValueError(
                f"win_size={side} must be odd, and at least 3 (or 1 with "
                "use_sample_covariance=False)."
            )
        weights = np.ones(side)
        if gaussian:
            weights = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma**2))
        pixels = side**2
        correction = pixels / (pixels - 1) if sample_covariance else 1.0
        return cls(tuple((weights / weights.sum()).tolist()), side, correction)

    def check(self, size: tuple[int, int]) -> None:
        """Raises a ValueError if an image is smaller than the window."""
        if min(size) < self.side:
            raise ValueError(
                f"images of {size[0]}x{size[1]} pixels are smaller than the window, "
                f"win_size={self.side}; choose an odd win_size up to {min(size)} (or a "
                "smaller sigma)"
            )

    def framed(self, images: np.ndarray) -> np.ndarray:
        """Returns `[n, h, w, c]`, cropped or padded to the windows that count."""
        trim = self.side // 2 - len(self.weights) // 2
        if trim > 0:
            return images[:, trim:-trim, trim:-trim]
        border = (-trim, -trim)
        return np.pad(images, ((0, 0), border, border, (0, 0)), mode="symmetric")


def _exact() -> contextlib.AbstractContextManager:
    """Returns a context of a device that multiplies matrices in float32."""
    if keras.backend.backend() == "tensorflow":
        return contextlib.nullcontext()
    return backend.on_cpu()  # a TPU multiplies in bfloat16


def _means_over_windows(
    images: KerasTensor,
    references: KerasTensor,
    *,
    weights: tuple[float, ...],
    correction: float,
    constants: tuple[float, float],
) -> KerasTensor:
    """Returns mean similarities `[n, m]` of `[channels, h, w, n]` and `[..., m]`."""
    channels, height, width, _ = images.shape
    rows, columns = height - len(weights) + 1, width - len(weights) + 1
    window = np.outer(weights, weights).reshape(-1, 1)
    # The dot product of two vectors is then twice the covariance.
    roots = np.sqrt(2 * correction * window).astype(np.float32)
    window = window.astype(np.float32)
    c1, c2 = constants

    def moments(stack: KerasTensor, corner: list) -> tuple[KerasTensor, ...]:
        size = [1, len(weights), len(weights), stack.shape[-1]]
        pixels = ops.reshape(ops.slice(stack, [*corner, 0], size), [-1, size[-1]])
        mean = ops.sum(window * pixels, axis=0)
        vectors = roots * (pixels - mean)
        return mean, 0.5 * ops.sum(vectors**2, axis=0), vectors

    def similarity(corner: list) -> KerasTensor:
        mean_x, variance_x, vectors_x = moments(images, corner)
        mean_y, variance_y, vectors_y = moments(references, corner)
        covariances = ops.matmul(ops.transpose(vectors_x), vectors_y)  # twice
        mean_x, variance_x = mean_x[:, None], variance_x[:, None]
        return ((2 * mean_x * mean_y + c1) * (covariances + c2)) / (
            (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
        )

    def row_sum(row: KerasTensor) -> KerasTensor:
        corner = [row // rows, row % rows]
        return ops.fori_loop(
            0,
            columns,
            lambda column, total: total + similarity([*corner, column]),
            nothing,
        )

    def add(row: KerasTensor, sums: tuple) -> tuple[KerasTensor, KerasTensor]:
        total, excess = sums
        value = row_sum(row) - excess
        larger = total + value
        return larger, (larger - total) - value

    # Rows are added with what rounding added before (Kahan 1965): in a plain sum of
    # thousands of equal values, as in flat images, all errors would have the same sign.
    nothing = ops.zeros([images.shape[-1], references.shape[-1]])
    total, _ = ops.fori_loop(0, channels * rows, add, (nothing, nothing))
    return total / (channels * rows * columns)


def _with_channels(images: np.ndarray, channel_axis: int | None) -> np.ndarray:
    """Returns the images as `[n, height, width, channels]`."""
    images = np.asarray(images)
    if channel_axis is None and images.ndim == 3:
        images = images[..., None]
    elif channel_axis is None or images.ndim != 4 or not -3 <= channel_axis <= 2:
        raise ValueError(
            f"images of shape {images.shape} with channel_axis={channel_axis}; they "
            "must be [n, height, width, channels] with an axis of -3 to 2 in one "
            "image, or [n, height, width] with channel_axis=None"
        )
    else:
        images = np.moveaxis(images, channel_axis % 3 + 1, -1)
    if 0 in images.shape:
        raise ValueError(f"there are no images to compare: shape {images.shape}")
    return images


def _data_range(data_range: float | None, *arrays: np.ndarray) -> float:
    if data_range is None:
        if any(array.dtype != np.uint8 for array in arrays):
            raise ValueError(
                f"images of {' and '.join(str(a.dtype) for a in arrays)} need a "
                "data_range, the largest minus the smallest possible value; only uint8 "
                "has a default (255)"
            )
        return 255.0
    if not data_range > 0:
        raise ValueError(f"data_range={data_range} must be above 0.")
    return float(data_range)
